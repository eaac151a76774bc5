package event

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/web"
)

var errRenewWhy = errInput.WithField("reason", "请写明更换的原因（至少两个字）")

func (e Event) mayRenewCode() error {
	switch e.State {
	case Draft:
		return errNotPublished
	case Cancelled:
		return errIsCancelled
	case Closed:
		return errIsClosed
	case Published:
	}
	return nil
}

// RenewCode gives the event a new secret: every code and ticket made from the old one is worth nothing from then on, on
// any server within recall.Bound. It returns invalid_input without a reason, event_not_published, event_closed or
// event_cancelled.
func (s *Service) RenewCode(ctx context.Context, actor authz.Actor, id ident.ID, key, reason string) (Event, error) {
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) < minReason {
		return Event{}, errRenewWhy
	}
	return s.step(ctx, actor, id, StepCodeRenewed, key, reason, s.renewCode)
}

func (s *Service) renewCode(ctx context.Context, tx bun.IDB, e Event, now time.Time) (bool, error) {
	res, err := tx.NewRaw("UPDATE events SET code_key = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND state = ? AND revision = ?",
		hex.EncodeToString(s.ids.Bytes(codeKeyBytes)), clock.Millis(now), e.ID, Published, e.Revision).Exec(ctx)
	return store.Affected(res, err)
}

type renewInput struct {
	IDInput
	Body struct {
		Key    string `json:"key,omitempty" maxLength:"64"`
		Reason string `json:"reason" minLength:"2" maxLength:"200" doc:"Kept in the event's record"`
	}
}

func (s *Service) routeRenew(a *web.API) {
	web.Register(a, web.Op{
		ID: "renewCode", Method: http.MethodPost, Path: eventPath + "/code/renew", Tag: "events",
		Summary: "Replace the secret behind the event's codes: all codes and tickets of before are void.",
	}, s.renew)
}

func (s *Service) renew(ctx context.Context, in *renewInput) (*eventOutput, error) {
	e, err := s.RenewCode(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Key, in.Body.Reason)
	return s.answer(ctx, e, err)
}

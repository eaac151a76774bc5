package event

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/web"
)

// UsualReminders are those of an organisation that has chosen nothing: people hear of an event, are reminded in the
// evening before, and learn that their record is there. Two hours before would be a third message about one meeting.
func UsualReminders() Reminders {
	return Reminders{Published: true, DayBefore: true, RecordReady: true}
}

// RemindersInput chooses reminders; nil leaves one as it usually is.
type RemindersInput struct {
	Published   *bool `json:"published,omitempty"`
	DayBefore   *bool `json:"dayBefore,omitempty"`
	Soon        *bool `json:"soon,omitempty"`
	RecordReady *bool `json:"recordReady,omitempty"`
}

func (in *RemindersInput) over(usual Reminders) Reminders {
	if in == nil {
		return usual
	}
	return Reminders{
		Published: *cmp.Or(in.Published, &usual.Published), DayBefore: *cmp.Or(in.DayBefore, &usual.DayBefore),
		Soon: *cmp.Or(in.Soon, &usual.Soon), RecordReady: *cmp.Or(in.RecordReady, &usual.RecordReady),
	}
}

// usualRow is an organisation's choice as stored.
type usualRow struct {
	bun.BaseModel `bun:"table:reminder_defaults"`

	OrgID       ident.ID `bun:",pk"`
	Published   bool
	DayBefore   bool
	Soon        bool
	RecordReady bool
	ByMember    ident.ID
	UpdatedAt   int64
}

// usual returns which reminders the organisation's events begin with.
func (s *Service) usual(ctx context.Context, db bun.IDB, host ident.ID) (Reminders, error) {
	var r usualRow
	err := db.NewRaw("SELECT published, day_before, soon, record_ready FROM reminder_defaults WHERE org_id = ?", host).Scan(ctx, &r)
	if store.IsNoRows(err) {
		return UsualReminders(), nil
	}
	return Reminders{r.Published, r.DayBefore, r.Soon, r.RecordReady}, err
}

// setUsual writes the organisation's choice over the one before. Events that exist keep theirs.
func (s *Service) setUsual(ctx context.Context, host org.Org, choice Reminders, by ident.ID, now time.Time) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM reminder_defaults WHERE org_id = ?", host.ID).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&usualRow{
			OrgID: host.ID, Published: choice.Published, DayBefore: choice.DayBefore, Soon: choice.Soon, RecordReady: choice.RecordReady,
			ByMember: by, UpdatedAt: clock.Millis(now),
		}).Exec(ctx)
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{At: now, Action: audit.DefaultsSet, Subject: audit.On(audit.Org, host.ID), Org: host.Path})
	})
}

const usualPath = "/api/v1/orgs/{id}/reminder-defaults"

func (s *Service) routeUsual(a *web.API) {
	web.Register(a, web.Op{
		ID: "getReminderDefaults", Method: http.MethodGet, Path: usualPath,
		Tag: "events", Summary: "Which reminders the events of an organisation begin with.",
	}, s.getUsual)
	web.Register(a, web.Op{
		ID: "setReminderDefaults", Method: http.MethodPut, Path: usualPath,
		Tag: "events", Summary: "Choose which reminders new events of an organisation begin with.",
	}, s.putUsual)
}

type usualOutput struct{ Body Reminders }

func (s *Service) getUsual(ctx context.Context, in *IDInput) (*usualOutput, error) {
	o, err := s.orgs.OrgForActor(ctx, web.ActorFrom(ctx), authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	usual, err := s.usual(ctx, s.db.Read(), o.ID)
	return &usualOutput{usual}, err
}

type putUsualInput struct {
	IDInput
	Body Reminders
}

func (s *Service) putUsual(ctx context.Context, in *putUsualInput) (*usualOutput, error) {
	actor := web.ActorFrom(ctx)
	o, err := s.orgs.OrgForActor(ctx, actor, authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return &usualOutput{in.Body}, s.setUsual(ctx, o, in.Body, actor.MemberID, s.clock.Now())
}

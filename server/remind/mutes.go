package remind

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

const whyMuted = "本人关闭了这类微信提醒"

type muteRow struct {
	bun.BaseModel `bun:"table:mutes"`

	MemberID ident.ID
	Topic    Topic
	At       int64
}

// kindsOf returns the kinds of reminders of these topics.
func kindsOf(topics []Topic) []Kind {
	return slices.DeleteFunc(Kinds(), func(k Kind) bool { return traits[k].topic == "" || !slices.Contains(topics, traits[k].topic) })
}

// mutedAmong returns which of the members do not want the kind in WeChat.
func (s *Service) mutedAmong(ctx context.Context, db bun.IDB, kind Kind, members []org.Member) (map[ident.ID]bool, error) {
	muted := map[ident.ID]bool{}
	topic := traits[kind].topic
	if topic == "" || len(members) == 0 {
		return muted, nil
	}
	ids := make([]ident.ID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	var found []ident.ID
	err := db.NewRaw("SELECT member_id FROM mutes WHERE topic = ? AND member_id IN (?)", topic, bun.List(ids)).Scan(ctx, &found)
	for _, id := range found {
		muted[id] = true
	}
	return muted, err
}

// Mutes returns the topics that the member has switched off, in the order of Topics.
func (s *Service) Mutes(ctx context.Context, member ident.ID) ([]Topic, error) {
	var off []Topic
	if err := s.DB.Read().NewRaw("SELECT topic FROM mutes WHERE member_id = ?", member).Scan(ctx, &off); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(Topics(), func(t Topic) bool { return !slices.Contains(off, t) }), nil
}

// SetMutes makes these the topics that the member has switched off. What has not gone yet does not go any more.
func (s *Service) SetMutes(ctx context.Context, member ident.ID, topics []Topic) error {
	now := s.Clock.Now()
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM mutes WHERE member_id = ?", member).Exec(ctx); err != nil || len(topics) == 0 {
			return err
		}
		rows := make([]muteRow, len(topics))
		for i, topic := range topics {
			rows[i] = muteRow{MemberID: member, Topic: topic, At: clock.Millis(now)}
		}
		if _, err := s.insertIgnoring(ctx, tx, &rows, "member_id", "topic"); err != nil {
			return err
		}
		return s.silence(ctx, tx, member, topics, now)
	})
}

func (s *Service) silence(ctx context.Context, tx bun.IDB, member ident.ID, topics []Topic, now time.Time) error {
	return skip(ctx, tx, whyMuted, clock.Millis(now),
		"member_id = ? AND reminder_id IN (SELECT id FROM reminders WHERE kind IN (?) AND state <> ? AND due_at > ?)",
		member, bun.List(kindsOf(topics)), withdrawn, clock.Millis(now.AddDate(0, 0, -8)))
}

// MutesView is what a member has switched off.
type MutesView struct {
	Muted []Topic `json:"muted" enum:"news,before,record" maxItems:"10" doc:"Not sent in WeChat, but always in the inbox. Changes and cancellations cannot be switched off"`
}

type mutesOutput struct{ Body MutesView }

const mutesPath = "/api/v1/me/mutes"

func (s *Service) routeMutes(a *web.API) {
	web.Register(a, web.Op{ID: "getMyMutes", Method: http.MethodGet, Path: mutesPath, Tag: "reminders", Summary: "Which reminders the caller has switched off."}, s.getMutes)
	web.Register(a, web.Op{ID: "setMyMutes", Method: http.MethodPut, Path: mutesPath, Tag: "reminders", Summary: "Choose which reminders not to get in WeChat."}, s.putMutes)
}

func (s *Service) getMutes(ctx context.Context, _ *struct{}) (*mutesOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	muted, err := s.Mutes(ctx, actor.MemberID)
	return &mutesOutput{MutesView{muted}}, err
}

func (s *Service) putMutes(ctx context.Context, in *mutesOutput) (*mutesOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	if err := s.SetMutes(ctx, actor.MemberID, in.Body.Muted); err != nil {
		return nil, err
	}
	return s.getMutes(ctx, nil)
}

package remind

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/ident"
)

// Why a delivery was withdrawn, besides what the steps of an event say (whyWithdrawn).
const (
	whyTakenBack = "本人撤回了申请，不再发送"
	whyOnLeave   = "已请假，不再提醒"
)

// RequestMoved implements checkin.RequestFollower: who asked hears what was decided, and who is on leave is not reminded
// any more. A decision that was taken back before it was told is not told.
func (s *Service) RequestMoved(ctx context.Context, tx bun.IDB, r checkin.Request, now time.Time) error {
	kind := LeaveDecided
	if r.Kind == checkin.AskMakeup {
		kind = MakeupDecided
	}
	approved := r.State == checkin.RequestApproved
	switch {
	case r.State == checkin.RequestWithdrawn:
		return s.untold(ctx, tx, r, kind, now)
	case approved && kind == LeaveDecided:
		if err := s.spare(ctx, tx, r.Event.ID, r.Member.ID, now); err != nil {
			return err
		}
	}
	if r.DecidedBy == r.Member.ID { // alone in office
		return nil
	}
	told := facts{Besides: aside{Asked: r.Kind, Wanted: r.Wanted, Approved: approved, Why: r.DecisionReason}}
	a := prompt(kind, now, r.Event, told)
	a.To, a.Subject = r.Member.ID, r.ID.String()
	return s.plan(ctx, tx, r.Event, a, now)
}

// untold withdraws the reminder of a request's decision.
func (s *Service) untold(ctx context.Context, tx bun.IDB, r checkin.Request, kind Kind, now time.Time) error {
	var ids []ident.ID
	err := tx.NewRaw("SELECT id FROM reminders WHERE event_id = ? AND kind = ? AND subject = ? AND state <> ?",
		r.Event.ID, kind, r.ID.String(), withdrawn).Scan(ctx, &ids)
	if err != nil {
		return err
	}
	return s.withdraw(ctx, tx, ids, whyTakenBack, now)
}

// spare stops what only those who are awaited get and this member has not got yet.
func (s *Service) spare(ctx context.Context, tx bun.IDB, eventID, member ident.ID, now time.Time) error {
	err := skip(ctx, tx, whyOnLeave, clock.Millis(now),
		"event_id = ? AND member_id = ? AND reminder_id IN (SELECT id FROM reminders WHERE event_id = ? AND kind IN (?))",
		eventID, member, eventID, bun.List([]Kind{DayBefore, Soon}))
	if err != nil {
		return err
	}
	var leads []ident.ID
	err = tx.NewRaw("SELECT id FROM reminders WHERE event_id = ? AND kind IN (?) AND rounds > 0", eventID, bun.List([]Kind{DayBefore, Soon})).Scan(ctx, &leads)
	if err != nil || len(leads) == 0 {
		return err
	}
	return s.release(ctx, tx, leads, member, now)
}

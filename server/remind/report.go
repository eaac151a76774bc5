package remind

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/store"
)

// reportAge is how far back a report of WeChat is matched with a call: it comes within seconds, and is repeated twice.
const reportAge = time.Hour

const whyNotDelivered = "微信收下了，但没有送到（%d）"

// Sent takes WeChat's own report on a message that it sent to a person, or could not send (code not 0). It settles what
// an answer that got lost has left open, and corrects what the answer said.
func (s *Service) Sent(ctx context.Context, user ident.ID, templateID, msgID string, code int) error {
	if code != 0 {
		return s.notDelivered(ctx, user, templateID, msgID, code)
	}
	var v verdict
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		v = verdict{}
		now := s.Clock.Now()
		d, ok, err := s.openCall(ctx, tx, user, templateID, msgID, now)
		if err != nil || !ok {
			return err
		}
		o := outing{deliveryRow: d}
		changed, err := s.record(ctx, tx, o, Sending, verdict{state: Sent}, msgID, now)
		if err != nil || !changed {
			return err
		}
		v = verdict{state: Sent}
		return s.spend(ctx, tx, user, templateID, now)
	})
	if err == nil && v.state == Sent {
		s.count(v)
	}
	return err
}

// openCall returns the latest call to the person that is still without an answer, unless the message is known already.
func (s *Service) openCall(ctx context.Context, tx bun.IDB, user ident.ID, templateID, msgID string, now time.Time) (d deliveryRow, ok bool, err error) {
	var rows []deliveryRow
	err = tx.NewRaw(`
SELECT * FROM deliveries WHERE user_id = ? AND template_id = ? AND updated_at >= ? AND lead_id = 0 ORDER BY updated_at DESC`,
		user, templateID, clock.Millis(now.Add(-reportAge))).Scan(ctx, &rows)
	for _, r := range rows {
		if r.MsgID != "" && r.MsgID == msgID {
			return d, false, err // answered in the ordinary way
		}
		if !ok && (r.State == Sending || r.State == Failed && r.Reason == whyUnknown) {
			d, ok = r, true
		}
	}
	return d, ok, err
}

// notDelivered ends a delivery of which WeChat says that it has not arrived after all, and sends it on its way by the official
// account if the person follows it. A report that comes before the answer to the call waits for that.
func (s *Service) notDelivered(ctx context.Context, user ident.ID, templateID, msgID string, code int) error {
	v := verdict{state: Failed, code: code, reason: fmt.Sprintf(whyNotDelivered, code), certain: true}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := s.Clock.Now()
		d, ok, err := s.reported(ctx, tx, user, templateID, msgID, now)
		if err != nil || !ok {
			return err
		}
		if d.State == Sending && d.Doubt != inDoubt { // a call is under way
			return jobs.Postpone(reportRest)
		}
		return s.undo(ctx, tx, d, v, now)
	})
}

// reportRest is how long a report waits for the answer to the call that it is about.
const reportRest = 10 * time.Second

// reported returns the delivery that a report of a failure is about: the one with the message's id, else the latest call that
// is still without an answer.
func (s *Service) reported(ctx context.Context, tx bun.IDB, user ident.ID, templateID, msgID string, now time.Time) (d deliveryRow, ok bool, err error) {
	if msgID == "" {
		return d, false, nil
	}
	err = tx.NewRaw("SELECT * FROM deliveries WHERE user_id = ? AND template_id = ? AND updated_at >= ? AND msg_id = ?",
		user, templateID, clock.Millis(now.Add(-reportAge)), msgID).Scan(ctx, &d)
	if !store.IsNoRows(err) {
		return d, err == nil && d.State == Sent, err
	}
	return s.openCall(ctx, tx, user, templateID, msgID, now)
}

// undo records that a message has not arrived, and what is done instead.
func (s *Service) undo(ctx context.Context, tx bun.IDB, d deliveryRow, v verdict, now time.Time) error {
	r, ok, err := s.reminder(ctx, tx, d.ReminderID)
	if err != nil || !ok {
		return err
	}
	users, err := s.Contacts.UsersOf(ctx, tx, []ident.ID{d.MemberID})
	if err != nil {
		return err
	}
	o := outing{deliveryRow: d, occasion: occasion{reminder: r}, to: target{user: users[d.MemberID]}}
	if v, err = s.divert(ctx, tx, o, v); err != nil {
		return err
	}
	changed, err := s.record(ctx, tx, o, d.State, v, d.MsgID, now)
	switch {
	case err != nil:
		return err
	case !changed: // somebody has just begun to ask
		return jobs.Postpone(reportRest)
	case v.state != Pending:
		return nil
	}
	again := sendJobs(r, []deliveryRow{{ReminderID: d.ReminderID, MemberID: d.MemberID, UserID: d.UserID, State: Pending}})
	again[0].Unique += ":official" // the first job may be finished already
	return s.Jobs.Enqueue(ctx, tx, again...)
}

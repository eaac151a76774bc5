package remind

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
	"themeday/server/store"
)

// deliveryRow is a delivery as stored.
type deliveryRow struct {
	bun.BaseModel `bun:"table:deliveries"`

	ReminderID ident.ID
	MemberID   ident.ID
	EventID    ident.ID
	UserID     ident.ID
	TemplateID string
	State      State
	Code       int
	Reason     string
	Attempt    int
	Doubt      doubt
	MsgID      string
	CreatedAt  int64
	UpdatedAt  int64
	Also       string   // see digest.go
	LeadID     ident.ID // likewise
}

// outing is all that is known when a delivery's job runs.
type outing struct {
	deliveryRow
	occasion

	template Template
	now      time.Time
	deadline time.Time
}

// send is the job of one delivery. Jobs of one person run one at a time, in any process, so the grants that it reads are
// not spent by another delivery meanwhile.
func (s *Service) send(ctx context.Context, j jobs.Job) error {
	var p sendPayload
	if err := j.Decode(&p); err != nil {
		return jobs.GiveUp(err)
	}
	o, ok, err := s.outing(ctx, p)
	switch {
	case err != nil || !ok:
		return err
	case o.State == Pending:
		return s.try(ctx, o)
	case o.State == Sending:
		return s.ask(ctx, o)
	}
	return nil
}

func (s *Service) outing(ctx context.Context, p sendPayload) (o outing, ok bool, err error) {
	if o.deliveryRow, ok, err = s.deliveries.get(ctx, p); err != nil || !ok {
		return o, false, err
	}
	if o.occasion, ok, err = s.occasions.get(ctx, p.Reminder); err != nil || !ok {
		return o, false, err
	}
	o.template, o.now = s.Templates[o.reminder.Kind], s.Clock.Now()
	o.deadline = o.reminder.deadline(o.event)
	if o.Also != "" {
		o.event, err = s.merged(ctx, o.deliveryRow, o.event)
	}
	return o, err == nil, err
}

// obstacle returns how long to wait for the morning, or why there is no point in sending any more.
func (o outing) obstacle() (wait time.Duration, why string) {
	next := o.now
	if !o.reminder.Urgent {
		next = afterQuiet(o.now)
	}
	switch {
	case !o.now.Before(o.deadline):
		return 0, whyTooLate
	case !next.Before(o.deadline):
		return 0, whyQuiet
	}
	return next.Sub(o.now), ""
}

// try makes the first call for a delivery, or the next one after a refusal that passes.
func (s *Service) try(ctx context.Context, o outing) error {
	wait, why := o.obstacle()
	switch {
	case why != "":
		return s.settle(ctx, o, Pending, verdict{state: Skipped, reason: why}, "")
	case wait > 0:
		return jobs.Postpone(wait)
	}
	// Read before the transaction: who takes a permission back in between costs a call that WeChat refuses.
	to, _, err := s.reaches.get(ctx, addressee{o.MemberID, o.template.ID})
	if err != nil {
		return err
	}
	if why = unreachable(o.template.ID != "", to.user.ID != 0, to.left); why != "" {
		return s.settle(ctx, o, Pending, verdict{state: Skipped, reason: why}, "")
	}
	if v, held := s.heldBack(o); held {
		return s.settle(ctx, o, Pending, v, "")
	}
	var begun bool
	err = s.DB.Together(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		begun, err = s.begin(ctx, tx, o, to.user.ID, o.Doubt)
		return err
	})
	if err != nil || !begun {
		return err // or withdrawn a moment ago
	}
	return s.call(ctx, o, to.user, o.Doubt)
}

// ask goes on with a delivery whose last call has an unknown outcome: a worker died over it, or no answer came. The
// ledger still counts the grant that the call may have used: if it counts exactly one, there is none left for a repeat to
// use once more.
func (s *Service) ask(ctx context.Context, o outing) error {
	wait, why := o.obstacle()
	if rest := answerWait - o.now.Sub(clock.FromMillis(o.UpdatedAt)); rest > 0 {
		return jobs.Postpone(rest)
	}
	if o.Doubt == inRepeat || why != "" || o.reminder.State == withdrawn {
		return s.settle(ctx, o, Sending, unknown(), "")
	}
	if wait > 0 {
		return jobs.Postpone(wait)
	}
	var begun, safe bool
	var user org.User
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		var left int
		if user, left, err = s.reachNow(ctx, tx, o); err != nil {
			return err
		}
		safe = o.template.Type == OneTime && o.template.ID == o.TemplateID && user.ID == o.UserID && left == 1
		if safe {
			begun, err = s.begin(ctx, tx, o, user.ID, inRepeat)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !safe:
		return s.settle(ctx, o, Sending, unknown(), "")
	case !begun:
		return nil // WeChat has reported it meanwhile
	}
	return s.call(ctx, o, user, inRepeat)
}

// reachNow returns who stands for the member now, with the messages they still allow.
func (s *Service) reachNow(ctx context.Context, tx bun.IDB, o outing) (org.User, int, error) {
	users, allowed, err := s.reachOf(ctx, tx, []org.Member{{ID: o.MemberID}}, o.template.ID)
	user := users[o.MemberID]
	return user, allowed[user.ID], err
}

// begin writes down, before the call, that it is about to be made.
func (s *Service) begin(ctx context.Context, tx bun.IDB, o outing, user ident.ID, d doubt) (bool, error) {
	res, err := tx.NewRaw(`
UPDATE deliveries SET state = ?, attempt = attempt + 1, user_id = ?, template_id = ?, doubt = ?, updated_at = ?
WHERE reminder_id = ? AND member_id = ? AND state = ? AND attempt = ?`,
		Sending, user, o.template.ID, d, clock.Millis(o.now), o.ReminderID, o.MemberID, o.State, o.Attempt).Exec(ctx)
	return store.Affected(res, err)
}

// call sends the message and records the answer. What has been sent must be recorded, whoever has lost patience.
func (s *Service) call(ctx context.Context, o outing, user org.User, d doubt) error {
	o.Attempt++
	o.UserID, o.TemplateID = user.ID, o.template.ID
	msgID, err := s.Sender.SendSubscribe(ctx, Message{
		OpenID: user.OpenID, TemplateID: o.template.ID, Page: o.page(),
		Data: dataFor(o.template, o.reminder.Kind, o.event, o.told),
	})
	c := call{attempt: o.Attempt, doubt: d, urgent: o.reminder.Urgent, now: s.Clock.Now(), deadline: o.deadline}
	v := judge(c, err)
	if err != nil {
		s.Log.WarnContext(ctx, "message not sent", "reminder", o.ReminderID, "member", o.MemberID, "attempt", o.Attempt, "state", v.state, "cause", err)
	}
	return s.settle(context.WithoutCancel(ctx), o, Sending, v, msgID)
}

// settle records a verdict on a delivery that is still in the state, and what it does to the ledger.
func (s *Service) settle(ctx context.Context, o outing, from State, v verdict, msgID string) error {
	var changed bool
	err := s.DB.Together(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		now := s.Clock.Now()
		if changed, err = s.record(ctx, tx, o, from, v, msgID, now); err != nil || !changed {
			return err
		}
		switch {
		case v.spent:
			return s.enter(ctx, tx, entry{user: o.UserID, template: o.TemplateID, cause: causeSpent, source: sourceSend}, now)
		case v.state == Sent:
			return s.spend(ctx, tx, o.UserID, o.TemplateID, now)
		case v.code == codeDayQuota:
			return s.usedUp(ctx, tx, o, now)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if changed {
		s.count(v)
	}
	if v.state == Pending || v.state == Sending {
		if v.state == Pending {
			v.wait = spread(v.wait, s.IDs.Bytes(1)[0])
		}
		return jobs.Postpone(v.wait)
	}
	return nil
}

// record writes the verdict. That WeChat has accepted a message is written whatever has been thought of it meanwhile;
// anything else only by who made the last call.
func (s *Service) record(ctx context.Context, tx bun.IDB, o outing, from State, v verdict, msgID string, now time.Time) (bool, error) {
	query := `
UPDATE deliveries SET state = ?, code = ?, reason = ?, doubt = ?, msg_id = ?, updated_at = ?
WHERE reminder_id = ? AND member_id = ? AND `
	args := []any{v.state, v.code, v.reason, v.doubt, msgID, clock.Millis(now), o.ReminderID, o.MemberID}
	if v.state == Sent {
		query, args = query+"state IN (?)", append(args, bun.List([]State{Sending, Failed}))
	} else {
		query, args = query+"state = ? AND attempt = ?", append(args, from, o.Attempt)
	}
	res, err := tx.NewRaw(query, args...).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		return ok, err
	}
	return true, s.follow(ctx, tx, o.deliveryRow, v, now)
}

func (s *Service) count(v verdict) {
	if v.state == Pending || v.state == Sending {
		return
	}
	s.Delivered(string(v.state))
	if v.extra != "" {
		s.Delivered(v.extra)
	}
}

// buried ends a delivery whose job has failed too often, for reasons that are not WeChat's.
func (s *Service) buried(ctx context.Context, tx bun.IDB, j jobs.Job) error {
	var p sendPayload
	if err := j.Decode(&p); err != nil {
		return nil //nolint:nilerr // a job that nobody can read belongs to no delivery
	}
	for state, v := range map[State]verdict{Pending: {state: Failed, reason: whyFault}, Sending: unknown()} {
		res, err := tx.NewRaw("UPDATE deliveries SET state = ?, reason = ?, updated_at = ? WHERE reminder_id = ? AND member_id = ? AND state = ?",
			v.state, v.reason, clock.Millis(s.Clock.Now()), p.Reminder, p.Member, state).Exec(ctx)
		ok, err := store.Affected(res, err)
		if err != nil {
			return err
		}
		if ok {
			s.count(v)
		}
	}
	return nil
}

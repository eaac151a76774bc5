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
	Channel    Channel // tried last, or next
	Earlier    int     // calls on the channel before this one
	Since      int64   // when the first call began that may have been accepted
	CreatedAt  int64
	UpdatedAt  int64
	Also       string   // see digest.go
	LeadID     ident.ID // likewise
}

// outing is all that is known when a delivery's job runs.
type outing struct {
	deliveryRow
	occasion

	template Template // of the subscribe message
	to       target   // of the call that has been begun
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
		o.event, err = s.merged(ctx, o.deliveryRow, o.event, o.now)
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
	case o.reminder.State == withdrawn: // while a call was under way
		return 0, whyRevoked
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
	if meant, err := s.stillMeant(ctx, o.deliveryRow, o.ReminderID, o.now); err != nil {
		return err
	} else if !meant {
		return s.settle(ctx, o, Pending, verdict{state: Skipped, code: o.Code, reason: whyNotMeant}, "")
	}
	// Read before the transaction: who takes a permission back in between costs a call that WeChat refuses.
	to, _, err := s.reaches.get(ctx, addressee{o.MemberID, o.template.ID})
	if err != nil {
		return err
	}
	if o.to, why, err = s.aim(ctx, s.DB.Read(), o, to); err != nil {
		return err
	}
	if why != "" {
		return s.settle(ctx, o, Pending, o.stranded(why), "")
	}
	switch v, held, err := s.heldBack(ctx, o); {
	case err != nil:
		return err
	case held:
		return s.settle(ctx, o, Pending, v, "")
	}
	begun, err := s.beginNow(ctx, o)
	if err != nil || !begun {
		return err // or withdrawn a moment ago
	}
	return s.call(ctx, o, o.Doubt)
}

// stranded ends a delivery that cannot be sent any more: by what the first channel said when there was a second.
func (o outing) stranded(why string) verdict {
	if o.Channel == Official && o.Code != 0 {
		return verdict{state: Refused, code: o.Code, reason: o.Reason}
	}
	return verdict{state: Skipped, reason: why}
}

// ask goes on with a delivery whose last call has an unknown outcome: a worker died over it, or no answer came.
func (s *Service) ask(ctx context.Context, o outing) error {
	wait, why := o.obstacle()
	if rest := answerWait - o.now.Sub(clock.FromMillis(o.UpdatedAt)); rest > 0 {
		return jobs.Postpone(rest)
	}
	asked := o.Doubt == inRepeat && o.Channel == Subscribe
	if asked || why != "" {
		return s.settle(ctx, o, Sending, unknown(), "")
	}
	if wait > 0 {
		return jobs.Postpone(wait)
	}
	var begun, safe bool
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		to, err := s.reachNow(ctx, tx, o)
		if err != nil {
			return err
		}
		if o.to, _, err = s.aim(ctx, tx, o, to); err != nil {
			return err
		}
		if safe = o.repeatable(); safe {
			begun, err = s.begin(ctx, tx, o, inRepeat)
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
	return s.call(ctx, o, inRepeat)
}

// reachNow returns who stands for the member now, with the messages they still allow.
func (s *Service) reachNow(ctx context.Context, tx bun.IDB, o outing) (reach, error) {
	users, allowed, err := s.reachOf(ctx, tx, []org.Member{{ID: o.MemberID}}, o.template.ID)
	user := users[o.MemberID]
	return reach{user, allowed[user.ID]}, err
}

// keyLife is how long after the first call a repeat with the same key is certain to send no second message; WeChat
// promises ten minutes.
const keyLife = 8 * time.Minute

// repeatable reports whether a repeat cannot deliver a second message. The ledger still counts the grant that the call may
// have used: if it counts exactly one, there is none left for a repeat to use once more. The official account knows a
// repeat by its key.
func (o outing) repeatable() bool {
	same := o.to.channel == o.Channel && o.to.template.ID == o.TemplateID && o.to.user.ID == o.UserID
	if o.Channel == Official {
		return same && o.now.Sub(clock.FromMillis(o.Since)) < keyLife
	}
	return same && o.to.template.Type == OneTime && o.to.left == 1
}

// beginNow is begin for the first call, or the next one after a refusal that passes.
func (s *Service) beginNow(ctx context.Context, o outing) (begun bool, err error) {
	if o.steady() {
		return s.beginSteadily(ctx, o)
	}
	err = s.DB.Together(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		begun, err = s.begin(ctx, tx, o, o.Doubt)
		return err
	})
	return begun, err
}

// begin writes down, before the call, that it is about to be made.
func (s *Service) begin(ctx context.Context, tx bun.IDB, o outing, d doubt) (bool, error) {
	earlier, since := o.Earlier, o.Since
	if o.to.channel != o.Channel {
		earlier = o.Attempt
	}
	if o.Doubt == noDoubt {
		since = clock.Millis(o.now)
	}
	res, err := tx.NewRaw(`
UPDATE deliveries SET state = ?, attempt = attempt + 1, user_id = ?, template_id = ?, doubt = ?, channel = ?, earlier = ?, since = ?, updated_at = ?
WHERE reminder_id = ? AND member_id = ? AND state = ? AND attempt = ?`,
		Sending, o.to.user.ID, o.to.template.ID, d, o.to.channel, earlier, since, clock.Millis(o.now),
		o.ReminderID, o.MemberID, o.State, o.Attempt).Exec(ctx)
	return store.Affected(res, err)
}

// call sends the message and records the answer. What has been sent must be recorded, whoever has lost patience.
func (s *Service) call(ctx context.Context, o outing, d doubt) error {
	if o.to.channel != o.Channel {
		o.Earlier = o.Attempt
	}
	o.Attempt++
	o.UserID, o.TemplateID, o.Channel = o.to.user.ID, o.to.template.ID, o.to.channel
	send := s.Sender.SendSubscribe
	if o.Channel == Official {
		send = s.Official.SendTemplate
	}
	msgID, err := send(ctx, Message{
		OpenID: o.to.openID, TemplateID: o.TemplateID, Page: o.page(),
		Data: dataFor(o.to.template, o.reminder.Kind, o.event, o.told), Key: o.ReminderID.String() + o.MemberID.String(),
	})
	c := call{
		channel: o.Channel, attempt: o.Attempt - o.Earlier, doubt: d, urgent: o.reminder.Urgent, now: s.Clock.Now(), deadline: o.deadline,
	}
	v := judge(c, err)
	if err == nil && d == noDoubt && o.Channel == Subscribe && len(o.joined()) == 0 {
		return s.arriveOne(ctx, o, msgID)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "message not sent", "reminder", o.ReminderID, "member", o.MemberID, "channel", o.Channel, "attempt", o.Attempt, "state", v.state, "cause", err)
	}
	return s.settle(context.WithoutCancel(ctx), o, Sending, v, msgID)
}

// settle records a verdict on a delivery that is still in the state, what it does to the ledger, and where it goes from
// there.
func (s *Service) settle(ctx context.Context, o outing, from State, v verdict, msgID string) error {
	var changed bool
	told := v
	err := s.DB.Together(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		now := s.Clock.Now()
		if v, err = s.divert(ctx, tx, o, told); err != nil {
			return err
		}
		if changed, err = s.record(ctx, tx, o, from, v, msgID, now); err != nil || !changed {
			return err
		}
		switch {
		case v.left:
			return s.unfollowed(ctx, tx, o.to.openID)
		case v.spent:
			return s.enter(ctx, tx, entry{user: o.UserID, template: o.TemplateID, cause: causeSpent, source: sourceSend}, now)
		case v.state == Sent && o.Channel == Subscribe:
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
UPDATE deliveries SET state = ?, code = ?, reason = ?, doubt = ?, msg_id = ?, channel = ?, earlier = ?, updated_at = ?
WHERE reminder_id = ? AND member_id = ? AND `
	channel, earlier := o.Channel, o.Earlier
	if v.channel != "" {
		channel, earlier = v.channel, o.Attempt
	}
	args := []any{v.state, v.code, v.reason, v.doubt, msgID, channel, earlier, clock.Millis(now), o.ReminderID, o.MemberID}
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

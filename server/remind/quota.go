package remind

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/jobs"
)

// heldBack returns what happens to a delivery without a call while WeChat takes no more messages of the mini-program today,
// as it has told one of the servers.
func (s *Service) heldBack(ctx context.Context, o outing) (v verdict, held bool, err error) {
	if o.to.channel != Subscribe {
		return v, false, nil
	}
	until, err := s.heldUntil(ctx, o.now)
	rest := until.Sub(o.now)
	if err != nil || rest <= 0 {
		return v, false, err
	}
	c := call{channel: Subscribe, attempt: o.Attempt, doubt: o.Doubt, urgent: o.reminder.Urgent, now: o.now, deadline: o.deadline}
	v = c.later(&SendError{Code: codeDayQuota}, rest, whyQuota)
	v.certain = o.Doubt == noDoubt
	return v, true, nil
}

// usedUp notes that the day's messages are used up, and has the officers told of this reminder, once a day. A minute later
// it is known how many people are concerned.
func (s *Service) usedUp(ctx context.Context, tx bun.IDB, o outing, now time.Time) error {
	tomorrow := midnight(now).Add(24 * time.Hour)
	if o.Channel == Subscribe {
		if err := s.holdUntil(ctx, tx, tomorrow); err != nil {
			return err
		}
		s.hold.until.Store(clock.Millis(tomorrow)) // for what this server sends meanwhile
	}
	return s.Jobs.Enqueue(ctx, tx, jobs.Job{
		Kind: jobHeld, Payload: expandPayload{o.ReminderID}, RunAt: now.Add(time.Minute),
		Unique: jobHeld + ":" + o.ReminderID.String() + tomorrow.In(clock.Beijing).Format(":2006-01-02"),
	})
}

// tellHeld is the job that puts a note into the inboxes of those who run the event.
func (s *Service) tellHeld(ctx context.Context, j jobs.Job) error {
	var p expandPayload
	if err := j.Decode(&p); err != nil {
		return jobs.GiveUp(err)
	}
	db := s.DB.Read()
	r, ok, err := s.reminder(ctx, db, p.Reminder)
	if err != nil || !ok || r.EventID == 0 {
		return err // what is about no event goes to officers anyway
	}
	e, err := s.Events.Load(ctx, db, r.EventID)
	if err != nil {
		return err
	}
	var held, missed int
	err = db.NewRaw("SELECT COUNT(CASE WHEN state = ? THEN 1 END), COUNT(CASE WHEN state = ? THEN 1 END) FROM deliveries WHERE reminder_id = ? AND code = ?",
		Pending, Failed, r.ID, codeDayQuota).Scan(ctx, &held, &missed)
	if err != nil || held+missed == 0 {
		return err
	}
	officers, err := s.People.HoldersOf(ctx, db, e.Host.ID, authz.Secretary, authz.Organiser)
	if err != nil || len(officers) == 0 {
		return err
	}
	var rows []messageRow
	for _, m := range officers {
		rows = append(rows, messageRow{
			ID: s.IDs.New(), MemberID: m.ID, ReminderID: j.ID, EventID: e.ID, Kind: r.Kind, Title: "通知没有发完", Body: heldText(e.Title, held, missed),
			CreatedAt: clock.Millis(s.Clock.Now()),
		})
	}
	_, err = s.insertIgnoring(ctx, s.DB.Write(), &rows, "reminder_id", "member_id")
	return err
}

// heldText says whom the used-up day concerns: those who get their message tomorrow, and those for whom that is too late.
func heldText(title string, held, missed int) string {
	text := fmt.Sprintf("微信今天的发送额度已用完。“%s”", title)
	if held > 0 {
		text += fmt.Sprintf("还有 %d 人明天自动再发，", held)
	}
	if missed > 0 {
		text += fmt.Sprintf("有 %d 人等到明天就太迟了，", missed)
	}
	return text + "急的请在活动的提醒页查看名单，打电话通知。"
}

package remind

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/store"
)

// SendNowAnswer says whether a reminder can be brought forward.
type SendNowAnswer string

// The answers.
const (
	SendNowNo    SendNowAnswer = "no"    // nothing of it waits, or it is too late
	SendNowYes   SendNowAnswer = "yes"   //
	SendNowNight SendNowAnswer = "night" // yes, but it would ring at night: ask first
)

var (
	errReminderGone = fault.NotFound("reminder_not_found", "没有找到这条提醒")
	errWithdrawn    = fault.Conflict("reminder_withdrawn", "这条提醒已经撤回，不会再发")
	errTooLate      = fault.Conflict("too_late", "活动已经开始或结束，这条提醒不用再发")
	errQuietHours   = fault.Conflict("quiet_hours", "现在是夜间（21:30 到 7:30），发出去会吵醒人。真的要现在发吗？")
	errReminderMove = fault.Conflict("reminder_changed", "这条提醒刚有变化，请刷新后再看")
)

// forwardable decides whether there is something of the reminder to bring forward. What waits for the next day because of
// WeChat's limit would only fail again.
func forwardable(r reminderRow, e event.Event, deliveries []deliveryRow, now time.Time) SendNowAnswer {
	if r.State == withdrawn || !now.Before(r.deadline(e)) {
		return SendNowNo
	}
	night := isHeldByNight(r, now)
	waits := r.State == planned && r.Rounds == 0 && (night || clock.FromMillis(r.DueAt).After(now))
	for _, d := range deliveries {
		waits = waits || d.ReminderID == r.ID && d.waitsFor(r, now)
	}
	switch {
	case !waits:
		return SendNowNo
	case night:
		return SendNowNight
	}
	return SendNowYes
}

// waitsFor reports whether the delivery is held by something that the secretary may overrule.
func (d deliveryRow) waitsFor(r reminderRow, now time.Time) bool {
	state, _ := d.shown(r, now)
	return state == Held && d.Code != codeDayQuota
}

// SendNow brings a reminder forward that is planned for later, or those of its deliveries that are held. It adds jobs and
// takes none away: of two jobs for one delivery the first one sends and the second finds nothing left to do, so pressing
// it twice sends nothing twice. By night it wants to be told that this is meant. It returns reminder_not_found,
// reminder_withdrawn, too_late, quiet_hours, or reminder_changed.
func (s *Service) SendNow(ctx context.Context, e event.Event, id ident.ID, atNight bool) error {
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := s.Clock.Now()
		r, ok, err := s.reminder(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := mayForward(r, ok, e, now, atNight); err != nil {
			return err
		}
		if err := s.advance(ctx, tx, &r, now); err != nil {
			return err
		}
		if err := s.enqueueNow(ctx, tx, r, now); err != nil {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{
			At: now, Action: audit.SentNow, Subject: audit.On(audit.Event, e.ID), Org: e.Host.Path, Detail: map[string]any{"what": traits[r.Kind].heading, "title": e.Title},
		})
	})
	if err == nil {
		s.Jobs.Wake()
	}
	return err
}

func mayForward(r reminderRow, ok bool, e event.Event, now time.Time, atNight bool) error {
	switch {
	case !ok || r.EventID != e.ID:
		return errReminderGone
	case r.State == withdrawn:
		return errWithdrawn
	case !now.Before(r.deadline(e)):
		return errTooLate
	case isHeldByNight(r, now) && !atNight:
		return errQuietHours
	}
	return nil
}

// advance makes the reminder due, and urgent if it would otherwise wait for the morning. It holds the reminder's row, as
// expansion and withdrawal do.
func (s *Service) advance(ctx context.Context, tx bun.IDB, r *reminderRow, now time.Time) error {
	at, was := clock.Millis(now), *r
	r.DueAt, r.Urgent = min(r.DueAt, at), r.Urgent || isHeldByNight(*r, now)
	if r.DueAt == was.DueAt && r.Urgent == was.Urgent {
		return nil
	}
	res, err := tx.NewRaw("UPDATE reminders SET due_at = ?, urgent = ?, updated_at = ? WHERE id = ? AND state = ? AND due_at = ? AND urgent = ?",
		r.DueAt, r.Urgent, at, r.ID, r.State, was.DueAt, was.Urgent).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || ok {
		return err
	}
	return errReminderMove
}

// enqueueNow adds a job for the reminder, or for each of its deliveries that is held.
func (s *Service) enqueueNow(ctx context.Context, tx bun.IDB, r reminderRow, now time.Time) error {
	if r.State == planned {
		err := s.Jobs.Enqueue(ctx, tx, jobs.Job{Kind: jobExpand, Payload: expandPayload{r.ID}, Unique: jobExpand + ":" + r.ID.String() + ":now"})
		if err != nil || r.Rounds == 0 {
			return err
		}
	}
	var pending []deliveryRow
	err := tx.NewRaw("SELECT * FROM deliveries WHERE reminder_id = ? AND state = ? AND code <> ? ORDER BY member_id", r.ID, Pending, codeDayQuota).Scan(ctx, &pending)
	if err != nil {
		return err
	}
	more := sendJobs(r, pending)
	for i := range more {
		more[i].Unique += ":now" + strconv.Itoa(pending[i].Attempt)
	}
	return s.Jobs.Enqueue(ctx, tx, more...)
}

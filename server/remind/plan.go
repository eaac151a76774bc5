package remind

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/store"
)

// The states of a reminder as stored.
const (
	planned   = "planned"
	expanded  = "expanded"
	withdrawn = "withdrawn"
)

// reminderRow is a reminder as stored.
type reminderRow struct {
	bun.BaseModel `bun:"table:reminders"`

	ID        ident.ID
	EventID   ident.ID
	Revision  int
	Kind      Kind
	State     string
	DueAt     int64
	Urgent    bool
	Told      string
	Rounds    int
	CreatedAt int64
	UpdatedAt int64

	OrgID       ident.ID // of a reminder about no event
	RecipientID ident.ID
	Subject     string
	LeadID      ident.ID // see digest.go
}

// deadline returns from when on the reminder tells nothing of use.
func (r reminderRow) deadline(e event.Event) time.Time {
	return traits[r.Kind].useful(clock.FromMillis(r.DueAt), e)
}

// stored returns the facts as they are kept; "" when there are none.
func (f facts) stored() (string, error) {
	if f == (facts{}) {
		return "", nil
	}
	raw, err := json.Marshal(f)
	return string(raw), err
}

func (r reminderRow) told() (f facts, err error) {
	if r.Told != "" {
		err = json.Unmarshal([]byte(r.Told), &f)
	}
	return f, err
}

// Followed implements event.Follower: it plans and withdraws reminders in the transaction of the step.
func (s *Service) Followed(ctx context.Context, tx bun.IDB, step event.Step, now time.Time, before, after event.Event) error {
	open, err := s.openReminders(ctx, tx, after.ID)
	if err != nil {
		return err
	}
	p := planFor(step, now, before, after, open)
	if err := s.withdraw(ctx, tx, p.withdraw, cmp.Or(p.why, whyWithdrawn[step]), now); err != nil {
		return err
	}
	for _, a := range p.add {
		if err := s.plan(ctx, tx, after, a, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) openReminders(ctx context.Context, db bun.IDB, eventID ident.ID) ([]openReminder, error) {
	var rows []struct {
		reminderRow

		Waiting int
	}
	err := db.NewRaw(`
SELECT r.*, (SELECT COUNT(*) FROM deliveries d WHERE d.reminder_id = r.id AND (d.state IN (?) OR d.state = ? AND d.reason = ?)) AS waiting
FROM reminders r WHERE r.event_id = ? AND r.state <> ? ORDER BY r.id`, bun.List([]State{Pending, Sending}), Skipped, whyJoined, eventID, withdrawn).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	open := make([]openReminder, len(rows))
	for i, r := range rows {
		open[i] = openReminder{ID: r.ID, Kind: r.Kind, Begun: r.Rounds > 0, Waiting: r.State == planned || r.Waiting > 0}
		if open[i].Told, err = r.told(); err != nil {
			return nil, err
		}
	}
	return open, nil
}

// whyWithdrawn is what the secretary reads beside a delivery that an event's step has overtaken.
var whyWithdrawn = map[event.Step]string{
	event.StepEdited: "活动有变更，改发新通知", event.StepCancelled: "活动已取消，不再发送", event.StepClosed: "活动已结束，不再发送",
	event.StepReopened: "活动重新打开，记录有变",
}

const whySwitchedOff = "这类提醒已关掉，不再发送"

// withdraw stops reminders and those of their deliveries for which no call is open. It holds the reminder's row first, as
// the expansion does, so that neither sees half of what the other does.
func (s *Service) withdraw(ctx context.Context, tx bun.IDB, ids []ident.ID, why string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	at := clock.Millis(now)
	_, err := tx.NewRaw("UPDATE reminders SET state = ?, updated_at = ? WHERE id IN (?) AND state <> ?",
		withdrawn, at, bun.List(ids), withdrawn).Exec(ctx)
	if err != nil {
		return err
	}
	if err := skip(ctx, tx, why, at, "reminder_id IN (?)", bun.List(ids)); err != nil {
		return err
	}
	return s.release(ctx, tx, ids, 0, now)
}

// skip ends, for the reason, what meets the condition and is not on its way yet: what waits, and what another message was to
// tell as well.
func skip(ctx context.Context, tx bun.IDB, why string, at int64, condition string, args ...any) error {
	args = append([]any{Skipped, why, at, Pending, Skipped, whyJoined}, args...)
	_, err := tx.NewRaw("UPDATE deliveries SET state = ?, reason = ?, updated_at = ? WHERE (state = ? OR state = ? AND reason = ?) AND "+condition, args...).Exec(ctx)
	return err
}

type expandPayload struct {
	Reminder ident.ID `json:"reminder"`
}

func (s *Service) plan(ctx context.Context, tx bun.IDB, e event.Event, a addition, now time.Time) error {
	r := reminderRow{
		ID: s.IDs.New(), EventID: e.ID, Revision: e.Revision, Kind: a.Kind, State: planned, DueAt: clock.Millis(a.DueAt),
		Urgent: a.Urgent, CreatedAt: clock.Millis(now), UpdatedAt: clock.Millis(now), RecipientID: a.To, Subject: a.Subject,
	}
	var err error
	if r.Told, err = a.Told.stored(); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(&r).Exec(ctx); err != nil {
		return err
	}
	return s.Jobs.Enqueue(ctx, tx, jobs.Job{
		Kind: jobExpand, Payload: expandPayload{r.ID}, Unique: jobExpand + ":" + r.ID.String(), RunAt: a.DueAt,
	})
}

// reminder returns the reminder, and false when there is none.
func (s *Service) reminder(ctx context.Context, db bun.IDB, id ident.ID) (r reminderRow, ok bool, err error) {
	err = db.NewRaw("SELECT * FROM reminders WHERE id = ?", id).Scan(ctx, &r)
	if store.IsNoRows(err) {
		return r, false, nil
	}
	return r, err == nil, err
}

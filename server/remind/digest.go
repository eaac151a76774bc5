package remind

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// Reminders of one kind that fall together for a member go out as one message that names them all: the evening before
// with two meetings the day after, the morning after a night in which two were announced. The first one that is expanded
// leads: it names the others, which wait in the plan, and those are not sent to whom it tells of them. The inbox has each.
// A change or a cancellation is never merged: it must be read.
const (
	digestSpan = 30 * time.Minute // how far ahead reminders count as falling together
	digestMost = 5                // reminders in one message, besides the one that leads

	titleRoom = 20 // characters of a keyword that holds a title

	whyJoined = "与同时的另一条提醒合为一条"
)

// merges reports whether the reminder may be told together with others of its kind. An announcement goes out at once,
// unless the night has held it up.
func (r reminderRow) merges() bool {
	due := clock.FromMillis(r.DueAt)
	heldUp := r.Kind == Published && due.Sub(midnight(due)) == quietTo
	return r.EventID != 0 && (heldUp || r.Kind == RecordReady || traits[r.Kind].topic == Before)
}

// siblingsOf returns the reminders that fall together with this one, may be for the same people, and have no lead yet.
func (s *Service) siblingsOf(ctx context.Context, r reminderRow, e event.Event, now time.Time) (map[ident.ID]occasion, error) {
	if !r.merges() || r.LeadID != 0 {
		return nil, nil //nolint:nilnil // an empty set
	}
	var rows []reminderRow
	err := s.DB.Read().NewRaw(`
SELECT * FROM reminders WHERE kind = ? AND state = ? AND due_at <= ? AND id <> ? AND event_id <> ? AND lead_id = 0 AND rounds = 0 ORDER BY due_at, id LIMIT 1000`,
		r.Kind, planned, clock.Millis(now.Add(digestSpan)), r.ID, r.EventID).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]ident.ID, len(rows))
	for i, row := range rows {
		ids[i] = row.EventID
	}
	near, err := s.Events.Overlapping(ctx, s.DB.Read(), e, ids)
	siblings := map[ident.ID]occasion{}
	for _, row := range rows {
		i := slices.IndexFunc(near, func(other event.Event) bool { return other.ID == row.EventID })
		if i >= 0 && len(siblings) < digestMost {
			siblings[row.ID] = occasion{reminder: row, event: near[i]}
		}
	}
	return siblings, err
}

// joint returns for each member the reminders that the message of this one is to name, as stored.
func (s *Service) joint(ctx context.Context, r reminderRow, e event.Event, now time.Time) (map[ident.ID]string, error) {
	siblings, err := s.siblingsOf(ctx, r, e, now)
	if err != nil || len(siblings) == 0 {
		return nil, err
	}
	also, ids := map[ident.ID][]string{}, make([]ident.ID, 0, len(siblings))
	for id, o := range siblings {
		members, err := s.audienceOf(ctx, s.DB.Read(), o.reminder, o.event)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			also[m.ID] = append(also[m.ID], id.String())
		}
		ids = append(ids, id)
	}
	ids, err = s.lead(ctx, r.ID, ids)
	stored := make(map[ident.ID]string, len(also))
	for member, list := range also {
		list = slices.DeleteFunc(list, func(id string) bool {
			return !slices.ContainsFunc(ids, func(led ident.ID) bool { return led.String() == id })
		})
		slices.Sort(list)
		if len(list) > 0 {
			stored[member] = strings.Join(list, ",")
		}
	}
	return stored, err
}

// lead makes the reminder the lead of those that have not begun, and returns them. Two that are expanded in the same moment
// would lead each other: each locks the row of the other with its own, so one of them finds that it is led, and leads
// nobody. expandRound looks whether a reminder has a lead.
func (s *Service) lead(ctx context.Context, by ident.ID, ids []ident.ID) (led []ident.ID, err error) {
	all := append(slices.Clone(ids), by)
	slices.Sort(all)
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		led = nil
		now := clock.Millis(s.Clock.Now())
		_, err := tx.NewRaw(`
UPDATE reminders SET lead_id = CASE WHEN id = ? THEN lead_id ELSE ? END, updated_at = ?
WHERE id IN (?) AND state = ? AND lead_id = 0 AND (rounds = 0 OR id = ?)`, by, by, now, bun.List(all), planned, by).Exec(ctx)
		if err != nil {
			return err
		}
		var own ident.ID
		if err := tx.NewRaw("SELECT lead_id FROM reminders WHERE id = ?", by).Scan(ctx, &own); err != nil {
			return err
		}
		if own != 0 {
			return errLed
		}
		return tx.NewRaw("SELECT id FROM reminders WHERE id IN (?) AND lead_id = ?", bun.List(ids), by).Scan(ctx, &led)
	})
	if errors.Is(err, errLed) {
		return nil, nil
	}
	return led, err
}

// errLed undoes the work of a reminder that would lead others and is led itself.
var errLed = errors.New("remind: it is led by another one")

// leadPatience is how long a reminder waits for the one that leads it to say whom its message tells.
const leadPatience = time.Minute

// leading reports whether the reminder's lead is still being expanded. One that has not moved for a while is not waited for.
func (s *Service) leading(ctx context.Context, r reminderRow, now time.Time) (bool, error) {
	if r.LeadID == 0 {
		return false, nil
	}
	lead, ok, err := s.reminder(ctx, s.DB.Read(), r.LeadID)
	return ok && lead.State == planned && now.Sub(clock.FromMillis(lead.UpdatedAt)) < leadPatience, err
}

// ledBy returns what has become of the message that tells each member of this reminder too. Whom it will not reach is
// left out: they get this one by itself.
func (s *Service) ledBy(ctx context.Context, tx bun.IDB, r reminderRow, members []org.Member) (map[ident.ID]State, error) {
	if r.LeadID == 0 || len(members) == 0 {
		return nil, nil //nolint:nilnil // an empty set
	}
	ids := make([]ident.ID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	var rows []deliveryRow
	err := tx.NewRaw("SELECT * FROM deliveries WHERE reminder_id = ? AND member_id IN (?) AND state IN (?)",
		r.LeadID, bun.List(ids), bun.List([]State{Pending, Sending, Sent})).Scan(ctx, &rows)
	led := map[ident.ID]State{}
	for _, d := range rows {
		if slices.Contains(d.joined(), r.ID) {
			led[d.MemberID] = d.State
		}
	}
	return led, err
}

// digest writes into drafted deliveries what is told together: those of a lead name the others, those that a lead names
// are not sent by themselves.
func (s *Service) digest(ctx context.Context, tx bun.IDB, r reminderRow, members []org.Member, drafted []deliveryRow, also map[ident.ID]string) error {
	led, err := s.ledBy(ctx, tx, r, members)
	for i, d := range drafted {
		switch state, isLed := led[d.MemberID]; {
		case d.State != Pending:
		case isLed && state == Sent:
			drafted[i].State, drafted[i].Reason, drafted[i].LeadID = Sent, whyJoined, r.LeadID
		case isLed:
			drafted[i].State, drafted[i].Reason, drafted[i].LeadID = Skipped, whyJoined, r.LeadID
		default:
			drafted[i].Also = also[d.MemberID]
		}
	}
	return err
}

// joined returns the reminders that the delivery's message names besides its own.
func (d deliveryRow) joined() []ident.ID {
	var ids []ident.ID
	for part := range strings.SplitSeq(d.Also, ",") {
		if id, err := ident.Parse(part); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// merged returns the event of a message that tells of several: the first of them to start, under all their names. Events
// whose reminder has been withdrawn meanwhile, or does not mean the member any more, are not named.
func (s *Service) merged(ctx context.Context, d deliveryRow, own event.Event, now time.Time) (event.Event, error) {
	others, err := s.readOccasions(ctx, d.joined())
	if err != nil {
		return own, err
	}
	all := []event.Event{own}
	for id, o := range others {
		meant, err := s.stillMeant(ctx, d, id, now)
		if err != nil {
			return own, err
		}
		if meant && o.reminder.State != withdrawn && o.event.State != event.Cancelled {
			all = append(all, o.event)
		}
	}
	slices.SortFunc(all, func(a, b event.Event) int { return a.StartsAt.Compare(b.StartsAt) })
	first := all[0]
	first.Title = names(all)
	return first, nil
}

// names puts titles into the length of a keyword.
func names(all []event.Event) string {
	titles := make([]string, len(all))
	for i, e := range all {
		titles[i] = e.Title
	}
	if joined := strings.Join(titles, "、"); len(all) == 1 || length(joined) <= titleRoom {
		return joined
	}
	tail := fmt.Sprintf("等%d场活动", len(all))
	return shorten(titles[0], titleRoom-length(tail)) + tail
}

// follow makes what has become of a message the state of those that it told of as well, unless something else has become of
// them meanwhile. When it is not to be sent at all they get messages of their own: what stops it need not stop them.
func (s *Service) follow(ctx context.Context, tx bun.IDB, d deliveryRow, v verdict, now time.Time) error {
	others := d.joined()
	if len(others) == 0 {
		return nil
	}
	if v.state == Skipped || v.late {
		return s.release(ctx, tx, []ident.ID{d.ReminderID}, d.MemberID, now)
	}
	state, code, reason := v.state, v.code, v.reason
	switch v.state {
	case Pending, Sending:
		state, code, reason = Skipped, 0, whyJoined
	case Sent:
		reason = whyJoined
	case Skipped, Refused, Failed, Held:
	}
	_, err := tx.NewRaw(`
UPDATE deliveries SET state = ?, code = ?, reason = ?, updated_at = ? WHERE reminder_id IN (?) AND member_id = ? AND lead_id = ? AND reason IN (?)`,
		state, code, reason, clock.Millis(now), bun.List(others), d.MemberID, d.ReminderID, bun.List([]string{whyJoined, d.Reason})).Exec(ctx)
	return err
}

// release gives back to those reminders their own messages whose lead, or the lead's message to one member (0: to all), will
// not go out.
func (s *Service) release(ctx context.Context, tx bun.IDB, leads []ident.ID, member ident.ID, now time.Time) error {
	query, args := "SELECT * FROM deliveries WHERE reminder_id IN (?) AND also <> '' AND state IN (?)", []any{bun.List(leads), bun.List([]State{Skipped, Failed})}
	if member != 0 {
		query, args = query+" AND member_id = ?", append(args, member)
	}
	var rows []deliveryRow
	if err := tx.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return err
	}
	for _, lead := range rows {
		for _, id := range lead.joined() {
			if err := s.alone(ctx, tx, id, lead, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) alone(ctx context.Context, tx bun.IDB, id ident.ID, lead deliveryRow, now time.Time) error {
	n, err := store.Changed(tx.NewRaw(`
UPDATE deliveries SET state = ?, reason = '', lead_id = 0, updated_at = ? WHERE reminder_id = ? AND member_id = ? AND lead_id = ? AND state = ? AND reason = ?`,
		Pending, clock.Millis(now), id, lead.MemberID, lead.ReminderID, Skipped, whyJoined).Exec(ctx))
	if err != nil || n == 0 {
		return err
	}
	r, ok, err := s.reminder(ctx, tx, id)
	if err != nil || !ok {
		return err
	}
	freed := deliveryRow{ReminderID: id, MemberID: lead.MemberID, UserID: lead.UserID, State: Pending}
	return s.Jobs.Enqueue(ctx, tx, sendJobs(r, []deliveryRow{freed})...)
}

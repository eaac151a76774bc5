package remind

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// The states of a reminder as shown.
const (
	shownPlanned   = "planned"
	shownSending   = "sending"
	shownDone      = "done"
	shownWithdrawn = "withdrawn"
)

// maxShown bounds the lists of an overview; counts are of all.
const maxShown = 1000

const whyNeverTold = "名单有变动，还没有通知过"

// overview is what the secretary sees before and after sending.
type overview struct {
	reach      ReachView
	reminders  []ReminderView
	deliveries []DeliveryView
	phone      []PhoneView
}

func (s *Service) overview(ctx context.Context, e event.Event) (overview, error) {
	db := s.DB.Read()
	members, err := s.Roster.Expected(ctx, db, e)
	if err != nil {
		return overview{}, err
	}
	var reminders []reminderRow
	err = db.NewRaw("SELECT * FROM reminders WHERE event_id = ? ORDER BY id", e.ID).Scan(ctx, &reminders)
	if err != nil {
		return overview{}, err
	}
	var deliveries []deliveryRow
	err = db.NewRaw("SELECT * FROM deliveries WHERE event_id = ? ORDER BY reminder_id, member_id", e.ID).Scan(ctx, &deliveries)
	if err != nil {
		return overview{}, err
	}
	now := s.Clock.Now()
	era := eraOf(reminders)
	read, err := s.readers(ctx, db, era)
	if err != nil {
		return overview{}, err
	}
	o := overview{
		reminders: reminderViews(reminders, deliveries), deliveries: deliveryViews(deliveries, members),
		phone: s.phoneViews(toPhone(e, now, era, deliveries, members, read)),
	}
	o.reach, err = s.reach(ctx, db, nextKind(e, now), members)
	return o, err
}

// nextKind returns the reminder that would be sent next for the event: the one whose reach is of interest.
func nextKind(e event.Event, now time.Time) Kind {
	evening := e.Reminders.DayBefore && now.Before(dayBefore(e.StartsAt))
	switch {
	case e.State == event.Draft && (e.Reminders.Published || !evening):
		return Published
	case (e.State == event.Draft || e.State == event.Published) && evening:
		return DayBefore
	case e.State == event.Published:
		return Changed
	}
	return Cancelled
}

func (s *Service) reach(ctx context.Context, db bun.IDB, kind Kind, members []org.Member) (ReachView, error) {
	r := ReachView{Expected: len(members)}
	template, hasTemplate := s.Templates[kind]
	for chunk := range slices.Chunk(members, round) {
		users, allowed, err := s.reachOf(ctx, db, chunk, template.ID)
		if err != nil {
			return r, err
		}
		for _, m := range chunk {
			user, bound := users[m.ID]
			switch {
			case !bound:
				r.Unbound++
			case unreachable(hasTemplate, bound, allowed[user.ID]) != "":
				r.NoGrant++
			default:
				r.Reachable++
			}
		}
	}
	return r, nil
}

// eraOf returns the reminders since members were last told something new and of the event as a whole: who has got any
// of them knows what there is to know. There are none while such news is still to come: nobody has been missed yet.
func eraOf(reminders []reminderRow) []reminderRow {
	var era []reminderRow
	for _, r := range reminders {
		begun := r.Rounds > 0
		if r.Kind != DayBefore && (begun || r.State == planned) {
			era = nil
		}
		if begun {
			era = append(era, r)
		}
	}
	return era
}

// readers returns who has opened one of the reminders in the inbox: they know, however they came to look.
func (s *Service) readers(ctx context.Context, db bun.IDB, era []reminderRow) (map[ident.ID]bool, error) {
	read := map[ident.ID]bool{}
	if len(era) == 0 {
		return read, nil
	}
	ids := make([]ident.ID, len(era))
	for i, r := range era {
		ids[i] = r.ID
	}
	var members []ident.ID
	err := db.NewRaw("SELECT member_id FROM messages WHERE reminder_id IN (?) AND read_at > 0", bun.List(ids)).Scan(ctx, &members)
	for _, id := range members {
		read[id] = true
	}
	return read, err
}

// toCall is somebody whom nothing has reached.
type toCall struct {
	member org.Member
	why    string
}

// toPhone returns whom the secretary has to phone, in the order of the roster: everybody expected whom no reminder of
// the era has reached or is still on its way to, and who has not read it in the inbox. There is nobody to phone before the
// first reminder and after the event.
func toPhone(e event.Event, now time.Time, era []reminderRow, deliveries []deliveryRow, members []org.Member, read map[ident.ID]bool) []toCall {
	over := e.State == event.Draft || e.State == event.Closed || !now.Before(e.EndsAt)
	if over || len(era) == 0 {
		return nil
	}
	why, reached := map[ident.ID]string{}, maps.Clone(read)
	for _, d := range deliveries {
		if d.ReminderID < era[0].ID {
			continue
		}
		switch d.State {
		case Sent, Pending, Sending:
			reached[d.MemberID] = true
		case Refused, Failed, Skipped:
			why[d.MemberID] = d.Reason
		}
	}
	var all []toCall
	for _, m := range members {
		if !reached[m.ID] {
			all = append(all, toCall{m, cmp.Or(why[m.ID], whyNeverTold)})
		}
	}
	return all
}

func (s *Service) phoneViews(all []toCall) []PhoneView {
	views := make([]PhoneView, 0, min(len(all), maxShown))
	for _, c := range all[:min(len(all), maxShown)] {
		views = append(views, PhoneView{c.member.ID, c.member.Name, c.member.OrgName, s.Phones.Masked(c.member), c.why})
	}
	return views
}

func reminderViews(reminders []reminderRow, deliveries []deliveryRow) []ReminderView {
	counts := make(map[ident.ID]*DeliveryCounts, len(reminders))
	for _, r := range reminders {
		counts[r.ID] = &DeliveryCounts{}
	}
	for _, d := range deliveries {
		if c := counts[d.ReminderID]; c != nil {
			c.add(d.State)
		}
	}
	views := make([]ReminderView, len(reminders))
	for i, r := range reminders {
		c := *counts[r.ID]
		views[i] = ReminderView{r.ID, r.Kind, heading[r.Kind], clock.FromMillis(r.DueAt), shownState(r, c), c}
	}
	return views
}

func shownState(r reminderRow, c DeliveryCounts) string {
	switch {
	case r.State == withdrawn:
		return shownWithdrawn
	case r.State == planned && r.Rounds == 0:
		return shownPlanned
	case r.State == planned || c.Pending+c.Sending > 0:
		return shownSending
	}
	return shownDone
}

func (c *DeliveryCounts) add(state State) {
	switch state {
	case Pending:
		c.Pending++
	case Sending:
		c.Sending++
	case Sent:
		c.Sent++
	case Refused:
		c.Refused++
	case Failed:
		c.Failed++
	case Skipped:
		c.Skipped++
	}
}

// deliveryViews shows deliveries, what went wrong before what went well.
func deliveryViews(deliveries []deliveryRow, members []org.Member) []DeliveryView {
	names := make(map[ident.ID]string, len(members))
	for _, m := range members {
		names[m.ID] = m.Name
	}
	shown := slices.Clone(deliveries)
	slices.SortStableFunc(shown, func(a, b deliveryRow) int { return cmp.Compare(rank(a.State), rank(b.State)) })
	shown = shown[:min(len(shown), maxShown)]
	views := make([]DeliveryView, len(shown))
	for i, d := range shown {
		views[i] = DeliveryView{
			d.ReminderID, d.MemberID, cmp.Or(names[d.MemberID], "已不在名单"), d.State, d.Code, d.Reason, clock.FromMillis(d.UpdatedAt),
		}
	}
	return views
}

func rank(state State) int {
	return slices.Index([]State{Failed, Refused, Skipped, Sending, Pending, Sent}, state)
}

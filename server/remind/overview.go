package remind

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/checkin"
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

// overview is what the secretary sees before and after sending.
type overview struct {
	reach      ReachView
	told       *ToldView
	reminders  []ReminderView
	deliveries []DeliveryView
	phone      []PhoneView
	called     []CalledView
}

func (s *Service) overview(ctx context.Context, e event.Event) (overview, error) {
	db := s.DB.Read()
	members, err := s.Roster.Expected(ctx, db, e)
	if err != nil {
		return overview{}, err
	}
	reminders, err := s.remindersOf(ctx, db, e.ID)
	if err != nil {
		return overview{}, err
	}
	var deliveries []deliveryRow
	err = db.NewRaw(`
SELECT d.* FROM deliveries d JOIN reminders r ON r.id = d.reminder_id WHERE d.event_id = ? AND r.recipient_id = 0 AND r.kind <> ?
ORDER BY d.reminder_id, d.member_id`, e.ID, NotClosed).Scan(ctx, &deliveries)
	if err != nil {
		return overview{}, err
	}
	list, err := s.Roster.StandingOf(ctx, db, e)
	if err != nil {
		return overview{}, err
	}
	n, calls, err := s.newsNow(ctx, db, list, reminders, deliveries)
	if err != nil {
		return overview{}, err
	}
	now := s.Clock.Now()
	o := overview{
		told: n.view(members), reminders: reminderViews(e, reminders, deliveries, now), deliveries: worstFirst(reminders, deliveries, listed(list), now),
		phone: s.phoneViews(n.toPhone(e, now, members)), called: calledViews(calls, members),
	}
	o.reach, err = s.reach(ctx, db, nextKind(e, now), members, now)
	return o, err
}

// remindersOf returns what goes to the event's members together; what is for one of them, or asks the secretary to close
// the event, is no part of it.
func (s *Service) remindersOf(ctx context.Context, db bun.IDB, eventID ident.ID) (rows []reminderRow, err error) {
	err = db.NewRaw("SELECT * FROM reminders WHERE event_id = ? AND recipient_id = 0 AND kind <> ? ORDER BY id", eventID, NotClosed).Scan(ctx, &rows)
	return rows, err
}

// newsNow reads who has opened the news in the inbox, who has answered it and who has been phoned.
func (s *Service) newsNow(ctx context.Context, db bun.IDB, list []checkin.Attendance, reminders []reminderRow, deliveries []deliveryRow) (news, []called, error) {
	era := eraOf(reminders)
	if len(era) == 0 {
		return newsOf(reminders, deliveries, nil), nil, nil
	}
	read, err := s.readers(ctx, db, era)
	if err != nil {
		return news{}, nil, err
	}
	calls, err := s.calledFor(ctx, db, era[0].ID)
	phoned := make([]ident.ID, len(calls))
	for i, c := range calls {
		phoned[i] = c.member
	}
	return newsOf(reminders, deliveries, map[way][]ident.ID{byInbox: read, byAnswer: answered(list), byPhone: phoned}), calls, err
}

// readers returns who has opened one of the reminders in the inbox: they know, however they came to look.
func (s *Service) readers(ctx context.Context, db bun.IDB, era []reminderRow) (members []ident.ID, err error) {
	ids := make([]ident.ID, len(era))
	for i, r := range era {
		ids[i] = r.ID
	}
	err = db.NewRaw("SELECT DISTINCT member_id FROM messages WHERE reminder_id IN (?) AND read_at > 0", bun.List(ids)).Scan(ctx, &members)
	return members, err
}

// answered returns who has come or is on leave: nobody phones them about what they have answered.
func answered(list []checkin.Attendance) (members []ident.ID) {
	for _, a := range list {
		if a.Status != checkin.Pending && a.Status != checkin.Absent {
			members = append(members, a.Member.ID)
		}
	}
	return members
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

func (s *Service) reach(ctx context.Context, db bun.IDB, kind Kind, members []org.Member, now time.Time) (ReachView, error) {
	r := ReachView{Expected: len(members)}
	template, hasTemplate := s.Templates[kind]
	for chunk := range slices.Chunk(members, round) {
		users, allowed, err := s.reachOf(ctx, db, chunk, template.ID)
		if err != nil {
			return r, err
		}
		muted, err := s.mutedAmong(ctx, db, kind, chunk)
		if err != nil {
			return r, err
		}
		follows, err := s.following(ctx, db, kind, users)
		if err != nil {
			return r, err
		}
		spared, err := s.spared(ctx, db, kind, chunk, now)
		if err != nil {
			return r, err
		}
		for _, m := range chunk {
			user, bound := users[m.ID]
			switch {
			case !bound:
				r.Unbound++
			case muted[m.ID]:
				r.Muted++
			case unreachable(hasTemplate, bound, allowed[user.ID]) != "" && follows[user.ID] == "":
				r.NoGrant++
			case spared[m.ID]:
				r.Spared++
			default:
				r.Reachable++
			}
		}
	}
	return r, nil
}

func shownState(r reminderRow, c DeliveryCounts) string {
	switch {
	case r.State == withdrawn:
		return shownWithdrawn
	case r.State == planned && r.Rounds == 0:
		return shownPlanned
	case r.State == planned || c.Pending+c.Held+c.Sending > 0:
		return shownSending
	}
	return shownDone
}

// reminderViews shows the event's reminders with how their deliveries stand.
func reminderViews(e event.Event, reminders []reminderRow, deliveries []deliveryRow, now time.Time) []ReminderView {
	views := make([]ReminderView, len(reminders))
	for i, r := range reminders {
		var c DeliveryCounts
		for _, d := range deliveries {
			if d.ReminderID == r.ID {
				state, _ := d.shown(r, now)
				c.add(state)
			}
		}
		views[i] = ReminderView{r.ID, r.Kind, traits[r.Kind].heading, clock.FromMillis(r.DueAt), shownState(r, c), c, forwardable(r, e, deliveries, now)}
	}
	return views
}

func (c *DeliveryCounts) add(state State) {
	switch state {
	case Pending:
		c.Pending++
	case Held:
		c.Held++
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

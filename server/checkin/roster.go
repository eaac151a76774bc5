package checkin

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// asOf is the instant whose roster counts: the start of the meeting, or now while it has not begun. Who joins or leaves
// later changes no number.
func asOf(e event.Event, now time.Time) time.Time {
	if now.Before(e.StartsAt) {
		return now
	}
	return e.StartsAt
}

// Roster returns everybody the event is about, by member id: the expected and the excused, as of the meeting.
func (s *Service) Roster(ctx context.Context, db bun.IDB, e event.Event) ([]Person, error) {
	people, err := s.everybody(ctx, db, e)
	return slices.DeleteFunc(people, func(p Person) bool { return p.Expectation == Outside }), err
}

// everybody returns the members of the organisations that take part, as of the meeting, also those it does not ask.
func (s *Service) everybody(ctx context.Context, db bun.IDB, e event.Event) ([]Person, error) {
	members, err := s.people.MembersAsOf(ctx, db, e.Paths(), asOf(e, s.clock.Now()))
	if err != nil {
		return nil, err
	}
	officers, err := s.officers(ctx, db, e)
	people := make([]Person, len(members))
	for i, m := range members {
		why := reasonFor(m, e.Kind, officers[m.ID])
		people[i] = Person{m, why.expectation(), why}
	}
	return people, err
}

// officers returns who holds a role on the organisations of a committee meeting; nobody else asks.
func (s *Service) officers(ctx context.Context, db bun.IDB, e event.Event) (map[ident.ID]bool, error) {
	if e.Kind != event.CommitteeMeeting {
		return nil, nil //nolint:nilnil // an empty set
	}
	orgs := []ident.ID{e.Host.ID}
	for _, guest := range e.Guests {
		orgs = append(orgs, guest.ID)
	}
	return s.people.OfficersOf(ctx, db, orgs)
}

// Expected returns the members whom the event expects; reminders go to them.
func (s *Service) Expected(ctx context.Context, db bun.IDB, e event.Event) ([]org.Member, error) {
	roster, err := s.Roster(ctx, db, e)
	var members []org.Member
	for _, p := range roster {
		if p.Expectation == Expected {
			members = append(members, p.Member)
		}
	}
	return members, err
}

// StandingOf returns what is known of everybody the event is about, by member id: whom it expects, and what is recorded of
// them. A closed event is told as it was settled.
func (s *Service) StandingOf(ctx context.Context, db bun.IDB, e event.Event) ([]Attendance, error) {
	return s.list(ctx, db, e)
}

// expectationOf returns how the event counts one member.
func (s *Service) expectationOf(ctx context.Context, db bun.IDB, e event.Event, m org.Member) (Expectation, error) {
	if !takesPart(e, m) {
		return Outside, nil
	}
	officers, err := s.officers(ctx, db, e)
	return expectation(m, e.Kind, officers[m.ID]), err
}

// taken returns the member as the event takes them, and how it counts them: as they are now or, should it not ask them any
// more, as they were at its beginning. That roster counts, and nobody on it is turned away because they, or their branch, have
// gone elsewhere since.
func (s *Service) taken(ctx context.Context, db bun.IDB, e event.Event, m org.Member) (org.Member, Expectation, error) {
	x, err := s.expectationOf(ctx, db, e, m)
	now := s.clock.Now()
	if err != nil || x != Outside || now.Before(e.StartsAt) {
		return m, x, err
	}
	then, here, err := s.people.MemberAsOf(ctx, db, m.ID, e.Paths(), asOf(e, now))
	if err != nil || !here {
		return m, Outside, err
	}
	x, err = s.expectationOf(ctx, db, e, then)
	return then, x, err
}

func takesPart(e event.Event, m org.Member) bool {
	return slices.ContainsFunc(e.Paths(), func(path string) bool { return authz.Within(m.OrgPath, path) })
}

// Expects implements event.Attendance.
func (s *Service) Expects(ctx context.Context, member ident.ID, events []event.Event) (map[ident.ID]bool, error) {
	expects := make(map[ident.ID]bool, len(events))
	if member == 0 || len(events) == 0 {
		return expects, nil
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), member)
	if err != nil {
		return nil, err
	}
	frozen, err := s.frozenFor(ctx, member, events)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if expected, settled := frozen[e.ID]; settled {
			expects[e.ID] = expected
			continue
		}
		x, err := s.expectationOf(ctx, s.db.Read(), e, m)
		if err != nil {
			return nil, err
		}
		expects[e.ID] = x == Expected && e.State != event.Closed
	}
	return expects, nil
}

// CountsOf implements event.Attendance. Closed events have a row for everybody; for the others the roster of this
// moment is the denominator.
func (s *Service) CountsOf(ctx context.Context, events []event.Event) (map[ident.ID]event.Counts, error) {
	var closed []ident.ID
	for _, e := range events {
		if e.State == event.Closed {
			closed = append(closed, e.ID)
		}
	}
	counts, err := s.countClosed(ctx, closed)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if e.State == event.Closed {
			continue
		}
		list, err := s.list(ctx, s.db.Read(), e)
		if err != nil {
			return nil, err
		}
		counts[e.ID] = tally(list)
	}
	return counts, nil
}

// list returns the whole attendance of an event by member id: a row for everybody of the roster, pending where nothing
// is known, and for whoever has a row without being on it. A closed event is shown as it was settled.
func (s *Service) list(ctx context.Context, db bun.IDB, e event.Event) ([]Attendance, error) {
	rows, err := s.rowsOf(ctx, db, e.ID)
	if err != nil {
		return nil, err
	}
	var list []Attendance
	if e.State != event.Closed {
		roster, err := s.Roster(ctx, db, e)
		if err != nil {
			return nil, err
		}
		for _, p := range roster {
			list = append(list, p.merge(e.ID, rows))
			delete(rows, p.ID)
		}
	}
	return s.withOthers(ctx, db, e, list, rows)
}

// merge is what is known of the person at an event that is not closed: the roster decides who is expected.
func (p Person) merge(e ident.ID, rows map[ident.ID]row) Attendance {
	a := Attendance{EventID: e, Member: p.Member, Status: Pending, Position: NoPosition}
	if r, marked := rows[p.ID]; marked {
		a = r.on(p.Member)
	}
	a.Expected = p.Expectation == Expected
	return a
}

// withOthers adds people who have a row and are not on the roster: they are outside the denominator, unless the event
// is closed and the row says otherwise.
func (s *Service) withOthers(ctx context.Context, db bun.IDB, e event.Event, list []Attendance, rows map[ident.ID]row) ([]Attendance, error) {
	if len(rows) == 0 {
		return list, nil
	}
	members, err := s.people.MembersByID(ctx, db, slices.Collect(maps.Keys(rows)))
	if err != nil {
		return nil, err
	}
	for id, r := range rows {
		a := r.on(members[id])
		a.Expected = a.Expected && e.State == event.Closed
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Attendance) int { return cmp.Compare(a.Member.ID, b.Member.ID) })
	return list, s.placed(ctx, db, e, list)
}

// placed puts people under the organisation in which they took part, should they belong to another one by now, and this
// where it stood at the time, should the tree have changed.
func (s *Service) placed(ctx context.Context, db bun.IDB, e event.Event, list []Attendance) error {
	at := map[ident.ID][]int{}
	for i, a := range list {
		if !strings.HasSuffix(a.Member.OrgPath, "/"+a.Member.OrgID.String()+"/") {
			at[a.Member.OrgID] = append(at[a.Member.OrgID], i)
		}
	}
	orgs, err := s.people.Orgs(ctx, db, slices.Collect(maps.Keys(at)))
	for _, o := range orgs {
		for _, i := range at[o.ID] {
			list[i].Member.OrgName, list[i].Member.OrgPath = o.Name, o.Path
		}
	}
	if err != nil {
		return err
	}
	places, err := s.people.PlacesAsOf(ctx, db, e.Paths(), asOf(e, s.clock.Now()))
	for i, a := range list {
		if path, stood := places[a.Member.OrgID]; stood {
			list[i].Member.OrgPath = path
		}
	}
	return err
}

// Imported is a mark that was made elsewhere.
type Imported struct {
	Member     org.Member
	Status     Status
	Source     Source
	At         time.Time
	RecordedBy ident.ID
}

// Import adds marks of one event that has none for these members, all or nothing.
func (s *Service) Import(ctx context.Context, e event.Event, marks []Imported) error {
	now := s.clock.Now()
	list := make([]Attendance, len(marks))
	for i, m := range marks {
		list[i] = Attendance{
			EventID: e.ID, Member: m.Member, Expected: true, Status: m.Status, Source: m.Source, At: m.At, RecordedBy: m.RecordedBy,
			Position: NoPosition, Revision: 1, OpID: operation(m.Member.ID, "import"+e.ID.String()),
		}
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.insertSettled(ctx, tx, list, now) })
}

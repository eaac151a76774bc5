package checkin

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// Roster returns everybody the event is about, by member id: the expected and the excused.
func (s *Service) Roster(ctx context.Context, db bun.IDB, e event.Event) ([]Person, error) {
	members, err := s.people.MembersWithin(ctx, db, e.Paths())
	if err != nil {
		return nil, err
	}
	officers, err := s.officers(ctx, db, e)
	if err != nil {
		return nil, err
	}
	roster := make([]Person, 0, len(members))
	for _, m := range members {
		if x := expectation(m, e.Kind, officers[m.ID]); x != Outside {
			roster = append(roster, Person{m, x})
		}
	}
	return roster, nil
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

// expectationOf returns how the event counts one member.
func (s *Service) expectationOf(ctx context.Context, db bun.IDB, e event.Event, m org.Member) (Expectation, error) {
	if !takesPart(e, m) {
		return Outside, nil
	}
	officers, err := s.officers(ctx, db, e)
	return expectation(m, e.Kind, officers[m.ID]), err
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
	for _, e := range events {
		x, err := s.expectationOf(ctx, s.db.Read(), e, m)
		if err != nil {
			return nil, err
		}
		expects[e.ID] = x == Expected
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
	roster, err := s.Roster(ctx, db, e)
	if err != nil {
		return nil, err
	}
	rows, err := s.rowsOf(ctx, db, e.ID)
	if err != nil {
		return nil, err
	}
	var list []Attendance
	for _, p := range roster {
		r, marked := rows[p.ID]
		switch {
		case marked:
			list = append(list, p.merge(r, e.State))
		case e.State != event.Closed:
			list = append(list, Attendance{EventID: e.ID, Member: p.Member, Expected: p.Expectation == Expected, Status: Pending, Position: NoPosition})
		}
		delete(rows, p.ID)
	}
	return s.withOthers(ctx, db, list, rows)
}

// merge is the row on the person; until the close the roster decides who is expected, after it the row does.
func (p Person) merge(r row, state event.State) Attendance {
	a := r.on(p.Member)
	if state != event.Closed {
		a.Expected = p.Expectation == Expected
	}
	return a
}

// withOthers adds people who have a row and are no longer on the roster.
func (s *Service) withOthers(ctx context.Context, db bun.IDB, list []Attendance, rows map[ident.ID]row) ([]Attendance, error) {
	if len(rows) == 0 {
		return list, nil
	}
	ids := make([]ident.ID, 0, len(rows))
	for id := range rows {
		ids = append(ids, id)
	}
	members, err := s.people.MembersByID(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	for id, r := range rows {
		list = append(list, r.on(members[id]))
	}
	slices.SortFunc(list, func(a, b Attendance) int { return int(min(max(a.Member.ID-b.Member.ID, -1), 1)) })
	return list, nil
}

// Followed implements event.Follower: closing an event settles everybody.
func (s *Service) Followed(ctx context.Context, tx bun.IDB, step event.Step, now time.Time, _, after event.Event) error {
	if step != event.StepClosed {
		return nil
	}
	roster, err := s.Roster(ctx, tx, after)
	if err != nil {
		return err
	}
	rows, err := s.rowsOf(ctx, tx, after.ID)
	if err != nil {
		return err
	}
	return s.settle(ctx, tx, after, roster, rows, now)
}

// settle freezes the denominator and says of everybody what is known: who was not heard of is absent, or exempt when
// not expected. A mark that was taken back counts as not heard of.
func (s *Service) settle(ctx context.Context, tx bun.IDB, e event.Event, roster []Person, rows map[ident.ID]row, now time.Time) error {
	var unheard []Attendance
	frozen := map[bool][]ident.ID{}
	for _, p := range roster {
		expected := p.Expectation == Expected
		r, marked := rows[p.ID]
		if marked && r.Expected != expected {
			frozen[expected] = append(frozen[expected], p.ID)
		}
		settled := Attendance{
			EventID: e.ID, Member: p.Member, Expected: expected, Status: settledStatus(expected), Source: Settle, At: now,
			Position: NoPosition, Revision: 1, OpID: operation(p.ID, "settle"+e.ID.String()),
		}
		switch {
		case !marked:
			unheard = append(unheard, settled)
		case r.Status == Pending:
			if ok, err := s.replace(ctx, tx, r.on(p.Member), settled, 0, now); err != nil || !ok {
				return cmp.Or[error](err, errRowChanged)
			}
		}
	}
	if err := s.insertSettled(ctx, tx, unheard, now); err != nil {
		return err
	}
	for expected, members := range frozen {
		if err := s.setExpected(ctx, tx, e.ID, members, expected); err != nil {
			return err
		}
	}
	return nil
}

func settledStatus(expected bool) Status {
	if expected {
		return Absent
	}
	return Exempt
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

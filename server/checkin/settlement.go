package checkin

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
)

// Settlement is how an event counts everybody: as it was closed, or as it would be if it were closed now.
type Settlement struct {
	Event  event.Event
	Closed bool
	At     time.Time // of the close; now for a preview
	AsOf   time.Time // the instant whose roster counts
	Counts event.Counts
	Quorum *Quorum // nil when the kind of event needs none
	People []Counted
	Steps  []event.History // closes and reopenings
}

// Counted is one person of a settlement.
type Counted struct {
	Attendance

	Why   Why
	Votes bool // counts for the quorum
}

// Settlement returns the settlement of an event, with the people whom the actor may see; figures are of the whole event.
// It returns event_not_published for a draft and event_cancelled.
func (s *Service) Settlement(ctx context.Context, actor authz.Actor, id ident.ID) (Settlement, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err != nil {
		return Settlement{}, err
	}
	var st Settlement
	switch e.State {
	case event.Draft:
		return st, errNotPublished
	case event.Cancelled:
		return st, errCancelled
	case event.Closed:
		st, err = s.settled(ctx, s.db.Read(), e)
	case event.Published:
		st, err = s.preview(ctx, s.db.Read(), e)
	}
	if err != nil {
		return st, err
	}
	scope := actor.Scope(e.Object())
	st.People = slices.DeleteFunc(st.People, func(c Counted) bool { return !inScope(c.Member, scope) })
	steps, err := s.events.Steps(ctx, s.db.Read(), id)
	st.Steps = slices.DeleteFunc(steps, func(h event.History) bool { return h.Step != event.StepClosed && h.Step != event.StepReopened })
	return st, err
}

// preview is what closing now would settle.
func (s *Service) preview(ctx context.Context, db bun.IDB, e event.Event) (Settlement, error) {
	now := s.clock.Now()
	rows, err := s.rowsOf(ctx, db, e.ID)
	if err != nil {
		return Settlement{}, err
	}
	people, err := s.concerned(ctx, db, e, rows)
	if err != nil {
		return Settlement{}, err
	}
	list := make([]Attendance, len(people))
	for i, p := range people {
		list[i] = p.merge(e.ID, rows)
		if list[i].Status == Pending && (list[i].Revision > 0 || p.Expectation != Outside) {
			list[i].Status, list[i].Source, list[i].At = settledStatus(list[i].Expected), Settle, now
		}
	}
	if err := s.placed(ctx, db, e, list); err != nil {
		return Settlement{}, err
	}
	st := Settlement{Event: e, At: now, AsOf: asOf(e, now), Counts: tally(known(list)), Quorum: quorumOf(e.Kind, list)}
	for i, a := range list {
		st.People = append(st.People, Counted{a, people[i].Why, votes(a.Member, inDenominator(a.Status, a.Expected))})
	}
	return st, nil
}

// known leaves out those of whom the settlement speaks only to say that they do not count.
func known(list []Attendance) []Attendance {
	return slices.DeleteFunc(slices.Clone(list), func(a Attendance) bool { return a.Status == Pending })
}

// settled is the settlement of a closed event. Events that were closed before closes were kept are explained by what is
// known of their people now; their denominator is the frozen one all the same.
func (s *Service) settled(ctx context.Context, db bun.IDB, e event.Event) (Settlement, error) {
	list, err := s.list(ctx, db, e)
	if err != nil {
		return Settlement{}, err
	}
	kept, found, err := s.lastSettlement(ctx, db, e.ID)
	if err != nil {
		return Settlement{}, err
	}
	st := Settlement{Event: e, Closed: true, At: e.ClosedAt, AsOf: asOf(e, e.ClosedAt), Counts: tally(list)}
	if !found {
		for _, a := range list {
			st.People = append(st.People, Counted{a, unexplained(a), votes(a.Member, inDenominator(a.Status, a.Expected))})
		}
		st.Quorum = quorumOf(e.Kind, list)
		return st, nil
	}
	st.AsOf = clock.FromMillis(kept.AsOf)
	people, err := s.settledPeople(ctx, db, kept)
	if err != nil {
		return st, err
	}
	if st.People, err = s.explained(ctx, db, e, list, people); err != nil {
		return st, err
	}
	if kept.Rule != "" {
		st.Quorum = &Quorum{Voters: kept.Voters, Needed: kept.Needed, Present: votersPresent(st.People)}
	}
	return st, nil
}

func votersPresent(people []Counted) int {
	n := 0
	for _, c := range people {
		if c.Votes && c.Status.came() {
			n++
		}
	}
	return n
}

// unexplained is the reason of a row without one: what the row itself says.
func unexplained(a Attendance) Why {
	if a.Expected {
		return WhyMember
	}
	if why := reasonFor(a.Member, event.ThemeDay, false); why.expectation() == Excused {
		return why
	}
	return WhyElsewhere
}

// explained joins the rows with how the close counted each person. Who has no row is not counted, and listed for that.
func (s *Service) explained(ctx context.Context, db bun.IDB, e event.Event, list []Attendance, people map[ident.ID]settledRow) ([]Counted, error) {
	counted := make([]Counted, 0, len(people))
	for _, a := range list {
		p, kept := people[a.Member.ID]
		if !kept { // a scan from before the close that arrived after it
			counted = append(counted, Counted{a, WhyElsewhere, false})
			continue
		}
		a.Member.Kind, a.Member.Standing = p.Kind, p.Standing
		counted = append(counted, Counted{a, p.Why, p.Votes})
		delete(people, a.Member.ID)
	}
	ids := make([]ident.ID, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	members, err := s.people.MembersByID(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	rest := make([]Attendance, 0, len(ids))
	for _, id := range ids {
		m := members[id]
		m.OrgID, m.Kind, m.Standing = people[id].OrgID, people[id].Kind, people[id].Standing
		rest = append(rest, Attendance{EventID: people[id].EventID, Member: m, Status: Pending, Position: NoPosition})
	}
	if err := s.placed(ctx, db, e, rest); err != nil {
		return nil, err
	}
	for _, a := range rest {
		counted = append(counted, Counted{a, people[a.Member.ID].Why, false})
	}
	slices.SortFunc(counted, func(a, b Counted) int { return cmp.Compare(a.Member.ID, b.Member.ID) })
	return counted, nil
}

// Quorum returns whether enough of those with a vote are present, for those who see the list; nil when the kind of
// event needs no quorum.
func (s *Service) Quorum(ctx context.Context, actor authz.Actor, id ident.ID) (*Quorum, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err != nil {
		return nil, err
	}
	if _, ruled := quorumRules[e.Kind]; !ruled {
		return nil, nil //nolint:nilnil // no quorum is needed
	}
	if e.State == event.Closed {
		st, err := s.settled(ctx, s.db.Read(), e)
		return st.Quorum, err
	}
	list, err := s.list(ctx, s.db.Read(), e)
	return quorumOf(e.Kind, list), err
}

var errNotCounted = fault.NotFound("not_found", "这次活动的名单里没有这个人")

// Explain returns how the event counts one person.
func (s *Service) Explain(ctx context.Context, actor authz.Actor, id, member ident.ID) (Settlement, Counted, error) {
	st, err := s.Settlement(ctx, actor, id)
	if err != nil {
		return st, Counted{}, err
	}
	i := slices.IndexFunc(st.People, func(c Counted) bool { return c.Member.ID == member })
	if i < 0 {
		return st, Counted{}, errNotCounted
	}
	return st, st.People[i], nil
}

package checkin

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// Followed implements event.Follower: closing an event settles everybody, reopening it takes back what was filled in.
func (s *Service) Followed(ctx context.Context, tx bun.IDB, step event.Step, now time.Time, _, after event.Event) error {
	switch step {
	case event.StepClosed:
		return s.settle(ctx, tx, after, now)
	case event.StepReopened:
		return s.unsettle(ctx, tx, after.ID, now)
	case event.StepCreated, event.StepEdited, event.StepPublished, event.StepCancelled, event.StepCodeRenewed:
	}
	return nil
}

// settle freezes who counts and says of everybody what is known: who was not heard of is absent, or exempt when not
// expected. A mark that was taken back counts as not heard of.
func (s *Service) settle(ctx context.Context, tx bun.IDB, e event.Event, now time.Time) error {
	rows, err := s.rowsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	people, err := s.concerned(ctx, tx, e, rows)
	if err != nil {
		return err
	}
	if err := s.settleRows(ctx, tx, e, people, rows, now); err != nil {
		return err
	}
	return s.keepSettlement(ctx, tx, e, people, rows, now)
}

func (s *Service) settleRows(ctx context.Context, tx bun.IDB, e event.Event, people []Person, rows map[ident.ID]row, now time.Time) error {
	var unheard []Attendance
	frozen := map[bool][]ident.ID{}
	for _, p := range people {
		expected := p.Expectation == Expected
		r, marked := rows[p.ID]
		if marked && r.Expected != expected {
			frozen[expected] = append(frozen[expected], p.ID)
		}
		settled := Attendance{
			EventID: e.ID, Member: p.Member, Expected: expected, Status: settledStatus(expected), Source: Settle, At: now,
			Position: NoPosition, Revision: 1, OpID: operation(p.ID, "settle"+e.ID.String()+now.String()),
		}
		switch {
		case !marked && p.Expectation != Outside:
			unheard = append(unheard, settled)
		case marked && r.Status == Pending:
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

// concerned returns everybody of whom a settlement has to speak, by member id: all members as of the meeting (of a
// committee meeting only the committee), those who have joined since, and whoever else has a row.
func (s *Service) concerned(ctx context.Context, db bun.IDB, e event.Event, rows map[ident.ID]row) ([]Person, error) {
	people, err := s.everybody(ctx, db, e)
	if err != nil {
		return nil, err
	}
	seen := map[ident.ID]bool{}
	for _, p := range people {
		seen[p.ID] = true
	}
	joined, err := s.people.MembersWithin(ctx, db, e.Paths())
	if err != nil {
		return nil, err
	}
	for _, m := range joined {
		if !seen[m.ID] && (e.Kind != event.CommitteeMeeting || rows[m.ID].Revision > 0) {
			people, seen[m.ID] = append(people, Person{m, Outside, WhyJoinedLater}), true
		}
	}
	people = slices.DeleteFunc(people, func(p Person) bool { return p.Why == WhyNoOfficer && rows[p.ID].Revision == 0 })
	var others []ident.ID
	for id := range rows {
		if !seen[id] {
			others = append(others, id)
		}
	}
	members, err := s.people.MembersByID(ctx, db, others)
	for _, m := range members {
		people = append(people, Person{m, Outside, WhyElsewhere})
	}
	slices.SortFunc(people, func(a, b Person) int { return cmp.Compare(a.ID, b.ID) })
	return people, err
}

// unsettle makes pending again what the close had filled in; what people did or the roll says stays.
func (s *Service) unsettle(ctx context.Context, tx bun.IDB, e ident.ID, now time.Time) error {
	rows, err := s.rowsOf(ctx, tx, e)
	if err != nil {
		return err
	}
	for id, r := range rows {
		if r.Source != Settle || r.Status == Pending {
			continue
		}
		from := r.on(org.Member{ID: id})
		to := from
		to.Status, to.Reason, to.At = Pending, "活动重新打开", now
		if ok, err := s.replace(ctx, tx, from, to, 0, now); err != nil || !ok {
			return cmp.Or[error](err, errRowChanged)
		}
	}
	return nil
}

// settlementRow is one close as stored.
type settlementRow struct {
	bun.BaseModel `bun:"table:settlements,alias:s"`

	EventID  ident.ID
	Revision int
	At       int64
	AsOf     int64
	Rule     event.Kind // "" when no quorum is needed
	Voters   int
	Needed   int
	Present  int
}

// settledRow is how a close counted one person, as stored.
type settledRow struct {
	bun.BaseModel `bun:"table:settled_people,alias:p"`

	EventID  ident.ID
	Revision int
	MemberID ident.ID
	OrgID    ident.ID
	Kind     string
	Standing org.Standing
	Why      Why
	Votes    bool
}

func (s *Service) keepSettlement(ctx context.Context, tx bun.IDB, e event.Event, people []Person, rows map[ident.ID]row, now time.Time) error {
	kept := settlementRow{EventID: e.ID, Revision: e.Revision, At: clock.Millis(now), AsOf: clock.Millis(asOf(e, now))}
	list := make([]Attendance, len(people))
	settled := make([]settledRow, len(people))
	for i, p := range people {
		list[i] = p.merge(e.ID, rows)
		settled[i] = settledRow{
			EventID: e.ID, Revision: e.Revision, MemberID: p.ID, OrgID: p.OrgID, Kind: p.Kind, Standing: p.Standing, Why: p.Why,
			Votes: votes(p.Member, inDenominator(list[i].Status, list[i].Expected)),
		}
	}
	if q := quorumOf(e.Kind, list); q != nil {
		kept.Rule, kept.Voters, kept.Needed, kept.Present = e.Kind, q.Voters, q.Needed, q.Present
	}
	if _, err := tx.NewInsert().Model(&kept).Exec(ctx); err != nil {
		return err
	}
	for part := range slices.Chunk(settled, settleChunk) {
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lastSettlement returns the close that counts; false for events that were closed before closes were kept.
func (s *Service) lastSettlement(ctx context.Context, db bun.IDB, e ident.ID) (settlementRow, bool, error) {
	var rows []settlementRow
	err := db.NewRaw("SELECT s.* FROM settlements s WHERE s.event_id = ? ORDER BY s.revision DESC LIMIT 1", e).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return settlementRow{}, false, err
	}
	return rows[0], true, nil
}

func (s *Service) settledPeople(ctx context.Context, db bun.IDB, kept settlementRow) (map[ident.ID]settledRow, error) {
	var rows []settledRow
	err := db.NewRaw("SELECT p.* FROM settled_people p WHERE p.event_id = ? AND p.revision = ?", kept.EventID, kept.Revision).Scan(ctx, &rows)
	byMember := make(map[ident.ID]settledRow, len(rows))
	for _, r := range rows {
		byMember[r.MemberID] = r
	}
	return byMember, err
}

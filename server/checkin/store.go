package checkin

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// row is attendance as stored.
type row struct {
	bun.BaseModel `bun:"table:attendance,alias:a"`

	EventID    ident.ID
	MemberID   ident.ID
	OrgID      ident.ID
	Status     Status
	Source     Source
	At         int64
	RecordedBy ident.ID
	Expected   bool
	Position   Position
	Reason     string
	Revision   int
	OpID       int64
	UpdatedAt  int64
}

func rowOf(a Attendance, now time.Time) row {
	return row{
		EventID: a.EventID, MemberID: a.Member.ID, OrgID: a.Member.OrgID, Status: a.Status, Source: a.Source,
		At: clock.Millis(a.At), RecordedBy: a.RecordedBy, Expected: a.Expected, Position: a.Position, Reason: a.Reason,
		Revision: a.Revision, OpID: a.OpID, UpdatedAt: clock.Millis(now),
	}
}

// on returns the row as the attendance of a person.
func (r row) on(m org.Member) Attendance {
	m.OrgID = r.OrgID
	return Attendance{
		EventID: r.EventID, Member: m, Status: r.Status, Source: r.Source, At: clock.FromMillis(r.At), RecordedBy: r.RecordedBy,
		Expected: r.Expected, Position: r.Position, Reason: r.Reason, Revision: r.Revision, OpID: r.OpID,
	}
}

// insert adds the row unless the member has one already, and reports whether it did. One statement, one commit.
func (s *Service) insert(ctx context.Context, db bun.IDB, a Attendance, now time.Time) (bool, error) {
	r := rowOf(a, now)
	res, err := db.NewRaw(`
INSERT INTO attendance (event_id, member_id, org_id, status, source, at, recorded_by, expected, position, reason, revision, op_id, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`+s.db.IgnoreDuplicate("event_id", "member_id"),
		r.EventID, r.MemberID, r.OrgID, r.Status, r.Source, r.At, r.RecordedBy, r.Expected, r.Position, r.Reason, r.Revision, r.OpID, r.UpdatedAt).Exec(ctx)
	return store.Affected(res, err)
}

// find returns the member's row; Revision is 0 when there is none.
func (s *Service) find(ctx context.Context, db bun.IDB, e ident.ID, m org.Member) (Attendance, error) {
	var r row
	err := db.NewRaw("SELECT a.* FROM attendance a WHERE a.event_id = ? AND a.member_id = ?", e, m.ID).Scan(ctx, &r)
	if store.IsNoRows(err) {
		return Attendance{EventID: e, Member: m, Status: Pending, Position: NoPosition}, nil
	}
	return r.on(m), err
}

// replace writes over the revision that was read and appends the change to the history. A row begins its history when
// it is first written over: check-ins that nobody ever corrects need none.
func (s *Service) replace(ctx context.Context, tx bun.IDB, from, to Attendance, by ident.ID, now time.Time) (bool, error) {
	to.Revision = from.Revision + 1
	r := rowOf(to, now)
	res, err := tx.NewUpdate().Model(&r).
		Column("status", "source", "at", "recorded_by", "expected", "position", "reason", "revision", "op_id", "updated_at").
		Where("event_id = ? AND member_id = ? AND revision = ?", from.EventID, from.Member.ID, from.Revision).Exec(ctx)
	if ok, err := store.Affected(res, err); !ok || err != nil {
		return ok, err
	}
	if from.Revision == 1 {
		if err := s.appendChange(ctx, tx, Attendance{Status: Pending}, from, from.RecordedBy, from.At); err != nil {
			return false, err
		}
	}
	return true, s.appendChange(ctx, tx, from, to, by, now)
}

func (s *Service) appendChange(ctx context.Context, tx bun.IDB, from, to Attendance, by ident.ID, now time.Time) error {
	_, err := tx.NewRaw(`
INSERT INTO attendance_changes (event_id, member_id, revision, from_status, to_status, source, by_member, at, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		to.EventID, to.Member.ID, to.Revision, from.Status, to.Status, to.Source, by, clock.Millis(now), to.Reason).Exec(ctx)
	return err
}

// corrected reports whether the roll has taken back a presence in this row: no scan overrules that, not even one that a
// phone sends again.
func (s *Service) corrected(ctx context.Context, tx bun.IDB, a Attendance) (bool, error) {
	if a.Source != Roll || a.Status == Pending {
		return false, nil
	}
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM attendance_changes WHERE event_id = ? AND member_id = ? AND from_status IN (?)",
		a.EventID, a.Member.ID, bun.List([]Status{Present, Late})).Scan(ctx, &n)
	return n > 0, err
}

// Change is one entry of a row's history.
type Change struct {
	Revision int
	From     Status
	To       Status
	Source   Source
	By       ident.ID // member; 0 when the member did it or it was settled
	At       time.Time
	Reason   string
}

func (s *Service) changes(ctx context.Context, e, member ident.ID) ([]Change, error) {
	var rows []struct {
		Revision   int
		FromStatus Status
		ToStatus   Status
		Source     Source
		ByMember   ident.ID
		At         int64
		Reason     string
	}
	err := s.db.Read().NewRaw(`
SELECT revision, from_status, to_status, source, by_member, at, reason FROM attendance_changes
WHERE event_id = ? AND member_id = ? ORDER BY revision`, e, member).Scan(ctx, &rows)
	list := make([]Change, len(rows))
	for i, r := range rows {
		list[i] = Change{r.Revision, r.FromStatus, r.ToStatus, r.Source, r.ByMember, clock.FromMillis(r.At), r.Reason}
	}
	return list, err
}

// rowsOf returns all rows of an event by member.
func (s *Service) rowsOf(ctx context.Context, db bun.IDB, e ident.ID) (map[ident.ID]row, error) {
	var rows []row
	err := db.NewRaw("SELECT a.* FROM attendance a WHERE a.event_id = ?", e).Scan(ctx, &rows)
	byMember := make(map[ident.ID]row, len(rows))
	for _, r := range rows {
		byMember[r.MemberID] = r
	}
	return byMember, err
}

// countClosed counts closed events, whose rows are complete, in the database.
func (s *Service) countClosed(ctx context.Context, ids []ident.ID) (map[ident.ID]event.Counts, error) {
	counts := make(map[ident.ID]event.Counts, len(ids))
	if len(ids) == 0 {
		return counts, nil
	}
	for _, id := range ids {
		counts[id] = event.Counts{} // an event without anybody still has counts
	}
	var rows []struct {
		EventID  ident.ID
		Status   Status
		Expected bool
		N        int
	}
	err := s.db.Read().NewRaw(`
SELECT a.event_id, a.status, a.expected, COUNT(*) AS n FROM attendance a
WHERE a.event_id IN (?) GROUP BY a.event_id, a.status, a.expected`, bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		c := counts[r.EventID]
		count(&c, r.Status, r.Expected, r.N)
		counts[r.EventID] = c
	}
	return counts, err
}

// settleChunk bounds one statement: MySQL's placeholders end at 65,535, SQLite's at 32,766.
const settleChunk = 500

// insertSettled adds rows for people nobody has heard of. Who checks in at the same instant keeps that row.
func (s *Service) insertSettled(ctx context.Context, tx bun.IDB, list []Attendance, now time.Time) error {
	keep := strings.TrimPrefix(s.db.IgnoreDuplicate("event_id", "member_id"), " ON ")
	for start := 0; start < len(list); start += settleChunk {
		end := min(start+settleChunk, len(list))
		rows := make([]row, 0, end-start)
		for _, a := range list[start:end] {
			rows = append(rows, rowOf(a, now))
		}
		if _, err := tx.NewInsert().Model(&rows).On(keep).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// setExpected fixes who is in the denominator, for rows where it has changed since they were made.
func (s *Service) setExpected(ctx context.Context, tx bun.IDB, e ident.ID, members []ident.ID, expected bool) error {
	for start := 0; start < len(members); start += settleChunk {
		part := members[start:min(start+settleChunk, len(members))]
		_, err := tx.NewRaw("UPDATE attendance SET expected = ? WHERE event_id = ? AND member_id IN (?)", expected, e, bun.List(part)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// frozenFor returns whether the member was expected, for each of the events that are closed and have a row.
func (s *Service) frozenFor(ctx context.Context, member ident.ID, events []event.Event) (map[ident.ID]bool, error) {
	var closed []ident.ID
	for _, e := range events {
		if e.State == event.Closed {
			closed = append(closed, e.ID)
		}
	}
	frozen := make(map[ident.ID]bool, len(closed))
	if len(closed) == 0 {
		return frozen, nil
	}
	var rows []row
	err := s.db.Read().NewRaw("SELECT a.* FROM attendance a WHERE a.member_id = ? AND a.event_id IN (?)", member, bun.List(closed)).Scan(ctx, &rows)
	for _, r := range rows {
		frozen[r.EventID] = inDenominator(r.Status, r.Expected)
	}
	return frozen, err
}

// MarksOf implements event.Attendance.
func (s *Service) MarksOf(ctx context.Context, member ident.ID, events []ident.ID) (map[ident.ID]event.Mark, error) {
	marks := make(map[ident.ID]event.Mark, len(events))
	if member == 0 || len(events) == 0 {
		return marks, nil
	}
	var rows []row
	err := s.db.Read().NewRaw("SELECT a.* FROM attendance a WHERE a.member_id = ? AND a.event_id IN (?) AND a.status <> ?",
		member, bun.List(events), Pending).Scan(ctx, &rows)
	for _, r := range rows {
		marks[r.EventID] = event.Mark{Status: string(r.Status), Source: string(r.Source), At: clock.FromMillis(r.At), Reason: r.Reason}
	}
	return marks, err
}

// noteFailure keeps a refused scan. It must not stand in the way of the answer: a failure of its own is only logged.
func (s *Service) noteFailure(ctx context.Context, e, user ident.ID, reason string) {
	_, err := s.db.Write().NewRaw("INSERT INTO failed_scans (id, event_id, user_id, reason, at) VALUES (?, ?, ?, ?, ?)",
		s.ids.New(), e, user, reason, clock.Millis(s.clock.Now())).Exec(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "refused scan not kept", "reason", reason, "cause", err)
	}
}

// recordAfter returns the member's events of a year that have a mark, latest first, after the cursor event.
func (s *Service) recordAfter(ctx context.Context, member ident.ID, from, before time.Time, after event.Cursor, limit int) ([]ident.ID, error) {
	var ids []ident.ID
	err := s.db.Read().NewRaw(`
SELECT e.id FROM attendance a JOIN events e ON e.id = a.event_id
WHERE a.member_id = ? AND a.status <> ? AND e.state IN (?) AND e.starts_at >= ? AND e.starts_at < ?
  AND (e.starts_at < ? OR (e.starts_at = ? AND e.id < ?))
ORDER BY e.starts_at DESC, e.id DESC LIMIT ?`,
		member, Pending, bun.List([]event.State{event.Published, event.Closed}), clock.Millis(from), clock.Millis(before),
		after.StartsAt, after.StartsAt, after.ID, limit).Scan(ctx, &ids)
	return ids, err
}

func (s *Service) recordCounts(ctx context.Context, member ident.ID, from, before time.Time) (event.Counts, error) {
	var rows []struct {
		Status   Status
		Expected bool
		N        int
	}
	err := s.db.Read().NewRaw(`
SELECT a.status, a.expected, COUNT(*) AS n FROM attendance a JOIN events e ON e.id = a.event_id
WHERE a.member_id = ? AND a.status <> ? AND e.state IN (?) AND e.starts_at >= ? AND e.starts_at < ?
GROUP BY a.status, a.expected`,
		member, Pending, bun.List([]event.State{event.Published, event.Closed}), clock.Millis(from), clock.Millis(before)).Scan(ctx, &rows)
	var c event.Counts
	for _, r := range rows {
		count(&c, r.Status, r.Expected, r.N)
	}
	return c, err
}

// PruneFailedScans deletes up to limit refused scans from before the instant and returns how many.
func (s *Service) PruneFailedScans(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.db.DeleteSome(ctx, limit, "failed_scans", "at < ?", clock.Millis(before))
}

package checkin

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// requestRow is a request as stored.
type requestRow struct {
	bun.BaseModel `bun:"table:attendance_requests,alias:r"`

	ID             ident.ID
	EventID        ident.ID
	MemberID       ident.ID
	OrgID          ident.ID
	Kind           RequestKind
	Wanted         Status
	Reason         string
	State          RequestState
	OpenMark       ident.ID
	ClientKey      string
	DecidedBy      ident.ID
	DecidedAt      int64
	DecisionReason string
	CreatedAt      int64
	UpdatedAt      int64
}

func (r requestRow) request(e event.Event, m org.Member) Request {
	return Request{
		ID: r.ID, Event: e, Member: m, Kind: r.Kind, Wanted: r.Wanted, Reason: r.Reason, State: r.State, DecidedBy: r.DecidedBy,
		DecidedAt: clock.FromMillis(r.DecidedAt), DecisionReason: r.DecisionReason, CreatedAt: clock.FromMillis(r.CreatedAt),
	}
}

// insertRequest fails with a duplicate when the member has an open request for the event, or has used the key before.
func (s *Service) insertRequest(ctx context.Context, tx bun.IDB, r Request, key string, now time.Time) error {
	row := requestRow{
		ID: r.ID, EventID: r.Event.ID, MemberID: r.Member.ID, OrgID: r.Member.OrgID, Kind: r.Kind, Wanted: r.Wanted, Reason: r.Reason,
		State: RequestPending, ClientKey: key, CreatedAt: clock.Millis(now), UpdatedAt: clock.Millis(now),
	}
	_, err := tx.NewInsert().Model(&row).Exec(ctx)
	return err
}

// advanceRequest moves a request out of the state that was read, and reports whether it was still in it.
func (s *Service) advanceRequest(ctx context.Context, tx bun.IDB, from, to Request, now time.Time) (bool, error) {
	return store.Affected(tx.NewRaw(`
UPDATE attendance_requests SET state = ?, open_mark = id, decided_by = ?, decided_at = ?, decision_reason = ?, updated_at = ?
WHERE id = ? AND state = ?`,
		to.State, to.DecidedBy, clock.Millis(to.DecidedAt), to.DecisionReason, clock.Millis(now), from.ID, from.State).Exec(ctx))
}

func (s *Service) requestByKey(ctx context.Context, db bun.IDB, member ident.ID, key string) (ident.ID, error) {
	var id ident.ID
	err := db.NewRaw("SELECT id FROM attendance_requests WHERE member_id = ? AND client_key = ?", member, key).Scan(ctx, &id)
	if store.IsNoRows(err) {
		return 0, nil
	}
	return id, err
}

// loadRequest returns one request; not_found when there is none.
func (s *Service) loadRequest(ctx context.Context, db bun.IDB, id ident.ID) (Request, error) {
	var rows []requestRow
	if err := db.NewRaw("SELECT r.* FROM attendance_requests r WHERE r.id = ?", id).Scan(ctx, &rows); err != nil {
		return Request{}, err
	}
	list, err := s.requestsOf(ctx, db, rows)
	return store.One(list, err, errNoRequest)
}

// requestsOf completes rows with their events, people, pictures and what is recorded, with one query for each.
func (s *Service) requestsOf(ctx context.Context, db bun.IDB, rows []requestRow) ([]Request, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	ids, events, members := make([]ident.ID, len(rows)), make([]ident.ID, len(rows)), make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i], events[i], members[i] = r.ID, r.EventID, r.MemberID
	}
	loaded, err := s.events.LoadMany(ctx, db, events)
	if err != nil {
		return nil, err
	}
	byID := make(map[ident.ID]event.Event, len(loaded))
	for _, e := range loaded {
		byID[e.ID] = e
	}
	people, err := s.people.MembersByID(ctx, db, members)
	if err != nil {
		return nil, err
	}
	pictures, err := s.evidenceOf(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	recorded, err := s.statusesOf(ctx, db, events, members)
	list := make([]Request, len(rows))
	for i, r := range rows {
		list[i] = r.request(byID[r.EventID], people[r.MemberID])
		list[i].Evidence, list[i].Recorded = pictures[r.ID], recorded[place{r.EventID, r.MemberID}]
		if list[i].Recorded == "" {
			list[i].Recorded = Pending
		}
	}
	return list, err
}

// place is one member at one event.
type place struct{ event, member ident.ID }

// statusesOf returns what is recorded of these members at these events.
func (s *Service) statusesOf(ctx context.Context, db bun.IDB, events, members []ident.ID) (map[place]Status, error) {
	var rows []row
	err := db.NewRaw("SELECT a.event_id, a.member_id, a.status FROM attendance a WHERE a.event_id IN (?) AND a.member_id IN (?)",
		bun.List(events), bun.List(members)).Scan(ctx, &rows)
	found := make(map[place]Status, len(rows))
	for _, r := range rows {
		found[place{r.EventID, r.MemberID}] = r.Status
	}
	return found, err
}

// RequestQuery says which requests to list.
type RequestQuery struct {
	Mine  bool         // the actor's own; else those that the actor's roles are about
	Event ident.ID     // 0 is any
	State RequestState // "" is any
	After ident.ID     // cursor of the page before
	Limit int
}

// requestRows returns the page of a query, the latest first: of one's own, or of members and hosts below one's roles.
// The latter may hold a few that are not the actor's to see.
func (s *Service) requestRows(ctx context.Context, actor authz.Actor, q RequestQuery) ([]requestRow, error) {
	where, args := ownRequests(actor)
	if !q.Mine {
		where, args = requestsBelow(actor)
	}
	if q.Event != 0 {
		where, args = where+" AND r.event_id = ?", append(args, q.Event)
	}
	if q.State != "" {
		where, args = where+" AND r.state = ?", append(args, q.State)
	}
	if q.After != 0 {
		where, args = where+" AND r.id < ?", append(args, q.After)
	}
	var rows []requestRow
	err := s.db.Read().NewRaw(`
SELECT r.* FROM attendance_requests r JOIN events e ON e.id = r.event_id JOIN orgs h ON h.id = e.host_org_id
JOIN members m ON m.id = r.member_id JOIN orgs o ON o.id = m.org_id
WHERE `+where+" ORDER BY r.id DESC LIMIT ?", append(args, q.Limit)...).Scan(ctx, &rows)
	return rows, err
}

func ownRequests(actor authz.Actor) (where string, args []any) {
	return "r.member_id = ?", []any{actor.MemberID}
}

// requestsBelow leaves out cancelled events: there is nothing to decide any more.
func requestsBelow(actor authz.Actor) (where string, args []any) {
	below := []string{"1 = 0"}
	for _, g := range actor.Grants {
		if actor.Runs(g.OrgPath) {
			below = append(below, "h.path LIKE ? OR o.path LIKE ?")
			args = append(args, g.OrgPath+"%", g.OrgPath+"%")
		}
	}
	return "e.state <> ? AND (" + strings.Join(below, " OR ") + ")", append([]any{event.Cancelled}, args...)
}

package org

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
)

// detailRow is an organisation with everything, as stored.
type detailRow struct {
	Org

	Address     string
	TermStart   string
	TermYears   int
	ElectionDue string
	SuccessorID ident.ID
	Revision    int
	Arrivals    int64
	CreatedAt   int64
}

func (r detailRow) detail() Detail {
	return Detail{
		Org: r.Org, Successor: r.SuccessorID, Revision: r.Revision, CreatedAt: clock.FromMillis(r.CreatedAt),
		Facts: Facts{r.Name, r.ThemeDay, r.Address, r.TermStart, r.TermYears, r.ElectionDue},
	}
}

// detailRow returns the organisation, or not_found.
func (s *Service) detailRow(ctx context.Context, db bun.IDB, id ident.ID) (row detailRow, err error) {
	err = db.NewRaw("SELECT "+orgColumns+", o.address, o.term_start, o.term_years, o.election_due, o.successor_id, o.revision, o.arrivals, o.created_at FROM orgs o WHERE o.id = ?", id).Scan(ctx, &row)
	if store.IsNoRows(err) {
		return row, errOrgNotFound
	}
	return row, err
}

// holdTree lets one change of the tree in at a time, and returns the instant at which it happens: later than any before.
// It returns tree_changed to who was not the first.
func (s *Service) holdTree(ctx context.Context, tx bun.IDB) (at int64, err error) {
	var last struct{ Revision, At int64 }
	if err := tx.NewRaw("SELECT revision, at FROM org_tree WHERE id = 1").Scan(ctx, &last); err != nil {
		return 0, err
	}
	at = max(clock.Millis(s.clock.Now()), last.At+1)
	res, err := tx.NewRaw("UPDATE org_tree SET revision = revision + 1, at = ? WHERE id = 1 AND revision = ?", at, last.Revision).Exec(ctx)
	return at, guarded(ErrTreeChanged)(store.Affected(res, err))
}

// guarded makes a guarded update that changed nothing the conflict that it is.
func guarded(conflict *fault.Error) func(ok bool, err error) error {
	return func(ok bool, err error) error {
		if err != nil || ok {
			return err
		}
		return conflict
	}
}

// Receive makes sure, in the transaction that puts people or other things under organisations, that these are open and that
// none is closed at the same time. It returns org_closed.
func (s *Service) Receive(ctx context.Context, tx bun.IDB, ids ...ident.ID) error {
	distinct := map[ident.ID]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	n, err := store.Changed(tx.NewRaw("UPDATE orgs SET arrivals = arrivals + 1 WHERE id IN (?) AND closed_at = 0", bun.List(ids)).Exec(ctx))
	if err != nil || int(n) != len(distinct) {
		return cmp.Or[error](err, errOrgClosed)
	}
	return nil
}

// nameTaken reports whether another open organisation directly under the parent has the name.
func (s *Service) nameTaken(ctx context.Context, tx bun.IDB, parent, besides ident.ID, name string) error {
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM orgs WHERE parent_id = ? AND name = ? AND id <> ? AND closed_at = 0", parent, name, besides).Scan(ctx, &n)
	if err == nil && n > 0 {
		return errSameName
	}
	return err
}

func (s *Service) insertOrg(ctx context.Context, tx bun.IDB, id ident.ID, kind Kind, parent Org, f Facts, at int64) (Org, error) {
	o := Org{ID: id, ParentID: parent.ID, Kind: kind, Name: f.Name, ThemeDay: f.ThemeDay}
	o.Path = PathOf(parent.Path, o.ID)
	_, err := tx.NewRaw(`
INSERT INTO orgs (id, parent_id, kind, name, path, theme_day, address, term_start, term_years, election_due, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.ID, o.ParentID, o.Kind, o.Name, o.Path, o.ThemeDay, f.Address, f.TermStart, f.TermYears, f.ElectionDue, at, at).Exec(ctx)
	return o, err
}

// setFacts writes them over the revision that was read.
func (s *Service) setFacts(ctx context.Context, tx bun.IDB, o Detail, f Facts, at int64) error {
	res, err := tx.NewRaw(`
UPDATE orgs SET name = ?, theme_day = ?, address = ?, term_start = ?, term_years = ?, election_due = ?, revision = revision + 1, updated_at = ?
WHERE id = ? AND revision = ? AND closed_at = 0`,
		f.Name, f.ThemeDay, f.Address, f.TermStart, f.TermYears, f.ElectionDue, at, o.ID, o.Revision).Exec(ctx)
	return guarded(errOrgChanged)(store.Affected(res, err))
}

// setParent puts the organisation, as it was read, under another one, with everything below it, and keeps where all of these
// stood until then.
func (s *Service) setParent(ctx context.Context, tx bun.IDB, o Detail, parent Org, at int64) error {
	res, err := tx.NewRaw("UPDATE orgs SET parent_id = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND revision = ?",
		parent.ID, at, o.ID, o.Revision).Exec(ctx)
	if err := guarded(errOrgChanged)(store.Affected(res, err)); err != nil {
		return err
	}
	from, before := Subtree(o.Path)
	_, err = tx.NewRaw(`
INSERT INTO org_places (org_id, at, path) SELECT o.id, 0, o.path FROM orgs o
WHERE o.path >= ? AND o.path < ? AND NOT EXISTS (SELECT 1 FROM org_places p WHERE p.org_id = o.id)`, from, before).Exec(ctx)
	if err != nil {
		return err
	}
	path := PathOf(parent.Path, o.ID)
	_, err = tx.NewRaw("UPDATE orgs SET path = CONCAT(?, SUBSTR(path, ?)) WHERE path >= ? AND path < ?", path, len(o.Path)+1, from, before).Exec(ctx)
	if err != nil {
		return err
	}
	from, before = Subtree(path)
	_, err = tx.NewRaw("INSERT INTO org_places (org_id, at, path) SELECT o.id, ?, o.path FROM orgs o WHERE o.path >= ? AND o.path < ?", at, from, before).Exec(ctx)
	return err
}

// setClosed closes the organisation as it was read, unless somebody or something has arrived since.
func (s *Service) setClosed(ctx context.Context, tx bun.IDB, o detailRow, successor ident.ID, at int64) error {
	res, err := tx.NewRaw(`
UPDATE orgs SET closed_at = ?, successor_id = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND revision = ? AND arrivals = ? AND closed_at = 0`,
		at, successor, at, o.ID, o.Revision, o.Arrivals).Exec(ctx)
	return guarded(errOrgChanged)(store.Affected(res, err))
}

func (s *Service) setOpen(ctx context.Context, tx bun.IDB, o Detail, at int64) error {
	res, err := tx.NewRaw("UPDATE orgs SET closed_at = 0, successor_id = 0, revision = revision + 1, updated_at = ? WHERE id = ? AND revision = ? AND closed_at > 0",
		at, o.ID, o.Revision).Exec(ctx)
	return guarded(errOrgChanged)(store.Affected(res, err))
}

// passMembers makes all members of one organisation members of another one from the instant on, and returns how many. What
// they were before stays in their history.
func (s *Service) passMembers(ctx context.Context, tx bun.IDB, from, to, by ident.ID, at int64) (int, error) {
	_, err := tx.NewRaw(`
INSERT INTO member_moves (member_id, at, org_id, kind, standing, here, by_member)
SELECT m.id, 0, m.org_id, m.kind, m.standing, 1, 0 FROM members m WHERE m.org_id = ? AND `+present+" AND "+neverMoved, from).Exec(ctx)
	if err != nil {
		return 0, err
	}
	_, err = tx.NewRaw(`
INSERT INTO member_moves (member_id, at, org_id, kind, standing, here, by_member)
SELECT m.id, ?, ?, m.kind, m.standing, 1, ? FROM members m WHERE m.org_id = ? AND `+present, at, to, by, from).Exec(ctx)
	if err != nil {
		return 0, err
	}
	n, err := store.Changed(tx.NewRaw("UPDATE members SET org_id = ?, updated_at = ? WHERE org_id = ? AND left_at = 0", to, at, from).Exec(ctx))
	if err != nil {
		return 0, err
	}
	return int(n), endWithMerge(ctx, tx, from, at)
}

// childrenOf returns what stands directly under the organisation, in the order of their ids, the closed ones too.
func (s *Service) childrenOf(ctx context.Context, db bun.IDB, id ident.ID) ([]Org, error) {
	var orgs []Org
	err := db.NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE o.parent_id = ? ORDER BY o.id", id).Scan(ctx, &orgs)
	return orgs, err
}

// levelsOf returns how many levels the subtree at the path has, itself included.
func (s *Service) levelsOf(ctx context.Context, db bun.IDB, path string) (int, error) {
	orgs, err := s.OrgsWithin(ctx, db, path)
	deepest := strings.Count(path, "/")
	for _, o := range orgs {
		deepest = max(deepest, strings.Count(o.Path, "/"))
	}
	return deepest - strings.Count(path, "/") + 1, err
}

type changeRow struct {
	bun.BaseModel `bun:"table:org_changes"`

	OrgID     ident.ID
	Revision  int
	Act       OrgAct
	ByMember  ident.ID
	At        int64
	Detail    string
	ClientKey *string
}

// deed is an act as it goes into the history; key is the client's, "" when it sent none.
type deed struct {
	by  ident.ID
	at  int64
	key string
}

// done is what became of an organisation by an act.
type done struct {
	act      OrgAct
	org      Org            // after it
	revision int            // after it
	what     []Difference   // for people
	about    map[string]any // for the audit
}

var audited = map[OrgAct]audit.Action{
	ActCreated: audit.OrgCreated, ActEdited: audit.OrgEdited, ActMoved: audit.OrgMoved, ActMerged: audit.OrgMerged, ActClosed: audit.OrgClosed, ActReopened: audit.OrgReopened,
}

// keep writes an act into the history of the organisation and into the audit.
func (s *Service) keep(ctx context.Context, tx bun.IDB, e done, d deed) error {
	detail, err := json.Marshal(e.what)
	if err != nil {
		return err
	}
	row := changeRow{OrgID: e.org.ID, Revision: e.revision, Act: e.act, ByMember: d.by, At: d.at, Detail: string(detail)}
	if d.key != "" {
		row.ClientKey = &d.key
	}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return err
	}
	action := audited[e.act]
	if action == "" { // the act on the other organisation says it
		return nil
	}
	if slices.ContainsFunc(e.what, func(w Difference) bool { return e.act == ActEdited && w.What == "name" }) {
		action = audit.OrgRenamed
	}
	return audit.Note(ctx, tx, audit.Entry{At: asTime(d.at), Action: action, Subject: audit.On(audit.Org, e.org.ID), Org: e.org.Path, Detail: e.about})
}

func (s *Service) changedByKey(ctx context.Context, db bun.IDB, by ident.ID, key string) (id ident.ID, err error) {
	if key == "" {
		return 0, nil
	}
	err = db.NewRaw("SELECT org_id FROM org_changes WHERE by_member = ? AND client_key = ?", by, key).Scan(ctx, &id)
	if store.IsNoRows(err) {
		return 0, nil
	}
	return id, err
}

// changesBefore returns acts on the organisation, the latest first, from the revision on downwards; 0 is the latest.
func (s *Service) changesBefore(ctx context.Context, id ident.ID, revision, limit int) ([]Past, []int, error) {
	query, args := "SELECT * FROM org_changes WHERE org_id = ?", []any{id}
	if revision > 0 {
		query, args = query+" AND revision < ?", append(args, revision)
	}
	var rows []changeRow
	if err := s.db.Read().NewRaw(query+" ORDER BY revision DESC LIMIT ?", append(args, limit)...).Scan(ctx, &rows); err != nil {
		return nil, nil, err
	}
	past, revisions := make([]Past, len(rows)), make([]int, len(rows))
	for i, r := range rows {
		past[i], revisions[i] = Past{Act: r.Act, By: r.ByMember, At: clock.FromMillis(r.At)}, r.Revision
		if err := json.Unmarshal([]byte(r.Detail), &past[i].What); err != nil {
			return nil, nil, err
		}
	}
	return past, revisions, nil
}

// lastMove returns the latest instant in the history of the organisation's members, 0 when there is none.
func (s *Service) lastMove(ctx context.Context, db bun.IDB, id ident.ID) (at int64, err error) {
	err = db.NewRaw("SELECT COALESCE(MAX(v.at), 0) FROM member_moves v JOIN members m ON m.id = v.member_id WHERE m.org_id = ? AND "+present, id).Scan(ctx, &at)
	return at, err
}

// asTime is for whoever is told when something happened.
func asTime(millis int64) time.Time { return clock.FromMillis(millis) }

package org

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/store"
)

const orgColumns = "o.id, o.parent_id, o.kind, o.name, o.path, o.theme_day, o.closed_at"

// Orgs returns the organisations with these ids, in no particular order. Unknown ids are left out.
func (s *Service) Orgs(ctx context.Context, db bun.IDB, ids []ident.ID) ([]Org, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var orgs []Org
	err := db.NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE o.id IN (?)", bun.List(ids)).Scan(ctx, &orgs)
	return orgs, err
}

// OrgsByID returns the organisations with these ids. Unknown ids are left out.
func (s *Service) OrgsByID(ctx context.Context, db bun.IDB, ids []ident.ID) (map[ident.ID]Org, error) {
	orgs, err := s.Orgs(ctx, db, ids)
	byID := make(map[ident.ID]Org, len(orgs))
	for _, o := range orgs {
		byID[o.ID] = o
	}
	return byID, err
}

// orgsAfter returns organisations by id, the closed ones only when asked for.
func (s *Service) orgsAfter(ctx context.Context, after ident.ID, closed bool, limit int) ([]Org, error) {
	var orgs []Org
	err := s.db.Read().NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE o.id > ? AND (o.closed_at = 0 OR ?) ORDER BY o.id LIMIT ?", after, closed, limit).Scan(ctx, &orgs)
	return orgs, err
}

// memberRow is a member as the queries below return it.
type memberRow struct {
	ID          ident.ID
	OrgID       ident.ID
	OrgName     string
	OrgPath     string
	Name        string
	Initials    string
	Kind        string
	Standing    Standing
	PhoneHash   string
	PhoneCipher string
	PhoneKey    string
	PartySince  string
	Bound       int
	LeftAt      int64
	UpdatedAt   int64
}

func (r memberRow) member() Member {
	return Member{
		ID: r.ID, OrgID: r.OrgID, OrgName: r.OrgName, OrgPath: r.OrgPath, Name: r.Name, Initials: r.Initials, Kind: r.Kind, Standing: r.Standing,
		Phone: SealedPhone{r.PhoneHash, r.PhoneCipher, r.PhoneKey}, Since: r.PartySince, Bound: r.Bound != 0, Left: r.LeftAt != 0, Revision: r.UpdatedAt,
	}
}

const (
	isBound       = "EXISTS (SELECT 1 FROM users u WHERE u.member_id = m.id)"
	boundColumn   = "CASE WHEN " + isBound + " THEN 1 ELSE 0 END AS bound"
	memberColumns = `m.id, m.org_id, o.name AS org_name, o.path AS org_path, m.name, m.initials, m.kind, m.standing, m.phone_hash, m.phone_cipher, m.phone_key, m.party_since, m.left_at, m.updated_at,
       ` + boundColumn
	fromMembers   = " FROM members m JOIN orgs o ON o.id = m.org_id WHERE "
	selectMembers = "SELECT " + memberColumns + fromMembers
	present       = "m.left_at = 0"
)

func membersOf(rows []memberRow) []Member {
	members := make([]Member, len(rows))
	for i, row := range rows {
		members[i] = row.member()
	}
	return members
}

// MembersWithin returns everybody on the roster of the organisations at these paths and below, each once, by id.
func (s *Service) MembersWithin(ctx context.Context, db bun.IDB, paths []string) ([]Member, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	where, args := within("o.path", paths)
	var rows []memberRow
	err := db.NewRaw(selectMembers+present+" AND "+where+" ORDER BY m.id", args...).Scan(ctx, &rows)
	return membersOf(rows), err
}

// OfficersOf returns the committees of these organisations: who is secretary or organiser of one of them itself, or holds a
// post in it.
func (s *Service) OfficersOf(ctx context.Context, db bun.IDB, orgs []ident.ID) (map[ident.ID]bool, error) {
	var ids []ident.ID
	err := db.NewRaw("SELECT member_id FROM role_grants WHERE org_id IN (?) AND role IN (?) UNION SELECT member_id FROM member_posts WHERE org_id IN (?) AND post <> ?",
		bun.List(orgs), bun.List([]authz.Role{authz.Secretary, authz.Organiser}), bun.List(orgs), GroupLeader).Scan(ctx, &ids)
	officers := make(map[ident.ID]bool, len(ids))
	for _, id := range ids {
		officers[id] = true
	}
	return officers, err
}

// RunnersOf returns the members who hold a role on one of these organisations with which events are run.
func (s *Service) RunnersOf(ctx context.Context, db bun.IDB, orgs []ident.ID) (map[ident.ID]bool, error) {
	var ids []ident.ID
	err := db.NewRaw("SELECT DISTINCT g.member_id FROM role_grants g JOIN members m ON m.id = g.member_id WHERE g.org_id IN (?) AND g.role IN (?) AND "+present,
		bun.List(orgs), bun.List([]authz.Role{authz.Secretary, authz.Organiser, authz.Admin})).Scan(ctx, &ids)
	runners := make(map[ident.ID]bool, len(ids))
	for _, id := range ids {
		runners[id] = true
	}
	return runners, err
}

// HoldersOf returns the members who hold one of the roles on the organisation itself, by id.
func (s *Service) HoldersOf(ctx context.Context, db bun.IDB, id ident.ID, roles ...authz.Role) ([]Member, error) {
	var rows []memberRow
	err := db.NewRaw(selectMembers+present+" AND m.id IN (SELECT g.member_id FROM role_grants g WHERE g.org_id = ? AND g.role IN (?)) ORDER BY m.id",
		id, bun.List(roles)).Scan(ctx, &rows)
	return membersOf(rows), err
}

// Branches returns all branches that work, by id.
func (s *Service) Branches(ctx context.Context, db bun.IDB) ([]Org, error) {
	var orgs []Org
	err := db.NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE o.kind = ? AND o.closed_at = 0 ORDER BY o.id", Branch).Scan(ctx, &orgs)
	return orgs, err
}

// MemberByID returns the member, or not_found when there is none or the member has left.
func (s *Service) MemberByID(ctx context.Context, db bun.IDB, id ident.ID) (Member, error) {
	var row memberRow
	err := db.NewRaw(selectMembers+present+" AND m.id = ?", id).Scan(ctx, &row)
	if store.IsNoRows(err) {
		return Member{}, errMemberNotFound
	}
	return row.member(), err
}

// MembersByID returns these members, also those who have left since.
func (s *Service) MembersByID(ctx context.Context, db bun.IDB, ids []ident.ID) (map[ident.ID]Member, error) {
	found := make(map[ident.ID]Member, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	var rows []memberRow
	err := db.NewRaw(selectMembers+"m.id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	for _, m := range membersOf(rows) {
		found[m.ID] = m
	}
	return found, err
}

// membersByPhone returns who has the number with one of these hashes, as Vault.Find gives them.
func (s *Service) membersByPhone(ctx context.Context, db bun.IDB, hashes []string) ([]Member, error) {
	var rows []memberRow
	err := db.NewRaw(selectMembers+present+" AND m.phone_hash IN (?) ORDER BY m.id", bun.List(hashes)).Scan(ctx, &rows)
	return membersOf(rows), err
}

// within returns the condition that column lies in one of the subtrees, as ranges that the index can answer.
func within(column string, paths []string) (string, []any) {
	var parts []string
	var args []any
	for _, path := range paths {
		from, before := Subtree(path)
		parts = append(parts, "("+column+" >= ? AND "+column+" < ?)")
		args = append(args, from, before)
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// countWithin returns how many members each organisation has, itself and below.
func (s *Service) countWithin(ctx context.Context, orgs []Org) (map[ident.ID]int, error) {
	var rows []struct {
		ID ident.ID
		N  int
	}
	ids := make([]ident.ID, len(orgs))
	for i, o := range orgs {
		ids[i] = o.ID
	}
	err := s.db.Read().NewRaw(`
SELECT a.id, COUNT(m.id) AS n
FROM orgs a JOIN orgs o ON o.path >= a.path AND o.path < CONCAT(SUBSTR(a.path, 1, LENGTH(a.path) - 1), '0')
            JOIN members m ON m.org_id = o.id AND m.left_at = 0
WHERE a.id IN (?) GROUP BY a.id`, bun.List(ids)).Scan(ctx, &rows)
	counts := make(map[ident.ID]int, len(rows))
	for _, row := range rows {
		counts[row.ID] = row.N
	}
	return counts, err
}

// Roots returns the organisations at the top of the tree.
func (s *Service) Roots(ctx context.Context) ([]Org, error) { return s.roots(ctx, s.db.Read()) }

func (s *Service) roots(ctx context.Context, db bun.IDB) ([]Org, error) {
	var orgs []Org
	err := db.NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE o.parent_id = 0 ORDER BY o.id").Scan(ctx, &orgs)
	return orgs, err
}

// RolesOf returns the roles of each of the members.
func (s *Service) RolesOf(ctx context.Context, members []ident.ID) (map[ident.ID][]Role, error) {
	roles := make(map[ident.ID][]Role, len(members))
	if len(members) == 0 {
		return roles, nil
	}
	var rows []struct {
		MemberID ident.ID
		Role     authz.Role
		OrgID    ident.ID
		OrgName  string
	}
	err := s.db.Read().NewRaw(`
SELECT g.member_id, g.role, g.org_id, o.name AS org_name FROM role_grants g JOIN orgs o ON o.id = g.org_id
WHERE g.member_id IN (?) ORDER BY g.org_id, g.role`, bun.List(members)).Scan(ctx, &rows)
	for _, r := range rows {
		roles[r.MemberID] = append(roles[r.MemberID], Role{r.Role, r.OrgID, r.OrgName})
	}
	return roles, err
}

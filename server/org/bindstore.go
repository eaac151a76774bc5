package org

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// holder is an identity that stands for a member.
type holder struct {
	ID      ident.ID
	BoundAt int64
}

func (h holder) boundAt() time.Time { return clock.FromMillis(h.BoundAt) }

func (s *Service) holdersOf(ctx context.Context, db bun.IDB, member ident.ID) ([]holder, error) {
	var rows []holder
	err := db.NewRaw("SELECT id, bound_at FROM users WHERE member_id = ? ORDER BY id", member).Scan(ctx, &rows)
	return rows, err
}

// grantsOf returns the roles of each of the members, with the paths on which they hold.
func (s *Service) grantsOf(ctx context.Context, db bun.IDB, members []ident.ID) (map[ident.ID][]authz.Grant, error) {
	held := make(map[ident.ID][]authz.Grant, len(members))
	if len(members) == 0 {
		return held, nil
	}
	var rows []struct {
		MemberID ident.ID
		Role     authz.Role
		OrgID    ident.ID
		OrgPath  string
	}
	err := db.NewRaw(`
SELECT g.member_id, g.role, g.org_id, o.path AS org_path FROM role_grants g JOIN orgs o ON o.id = g.org_id WHERE g.member_id IN (?)`,
		bun.List(members)).Scan(ctx, &rows)
	for _, r := range rows {
		held[r.MemberID] = append(held[r.MemberID], authz.Grant{Role: r.Role, OrgID: r.OrgID, OrgPath: r.OrgPath})
	}
	return held, err
}

type logRow struct {
	bun.BaseModel `bun:"table:binding_log"`

	ID       ident.ID
	MemberID ident.ID
	UserID   ident.ID
	Act      BindingAct
	ByMember ident.ID
	Reason   string
	At       int64
}

// logBinding adds a line to the member's log, and to the record that those above read.
func (s *Service) logBinding(ctx context.Context, tx bun.IDB, member, user ident.ID, e BindingEntry) error {
	row := logRow{ID: s.ids.New(), MemberID: member, UserID: user, Act: e.Act, ByMember: e.By, Reason: e.Reason, At: clock.Millis(e.At)}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return err
	}
	var path string
	if err := tx.NewRaw("SELECT o.path FROM members m JOIN orgs o ON o.id = m.org_id WHERE m.id = ?", member).Scan(ctx, &path); err != nil {
		return err
	}
	action := audit.Unbound
	if e.Act.binds() {
		action = audit.Bound
	}
	return audit.Note(ctx, tx, audit.Entry{
		At: e.At, Action: action, Subject: audit.On(audit.Member, member), Org: path, Detail: map[string]any{"how": e.Act, "reason": e.Reason},
	})
}

// bindingLog returns the latest lines of a member's log, the latest first.
func (s *Service) bindingLog(ctx context.Context, db bun.IDB, member ident.ID, limit int) ([]BindingEntry, error) {
	var rows []logRow
	err := db.NewRaw("SELECT * FROM binding_log WHERE member_id = ? ORDER BY id DESC LIMIT ?", member, limit).Scan(ctx, &rows)
	entries := make([]BindingEntry, len(rows))
	for i, r := range rows {
		entries[i] = BindingEntry{Act: r.Act, By: r.ByMember, Reason: r.Reason, At: clock.FromMillis(r.At)}
	}
	return entries, err
}

type bindingRow struct {
	bun.BaseModel `bun:"table:binding_requests,alias:r"`

	ID             ident.ID
	UserID         ident.ID
	OrgID          ident.ID
	MemberID       ident.ID
	InvitationID   ident.ID
	Name           string
	Last4          string
	State          BindingState
	OpenMark       ident.ID
	ClientKey      string
	DecidedBy      ident.ID
	DecidedAt      int64
	DecisionReason string
	CreatedAt      int64
	UpdatedAt      int64
}

func (r bindingRow) request(o Org) BindingRequest {
	return BindingRequest{
		ID: r.ID, UserID: r.UserID, Org: o, MemberID: r.MemberID, Invitation: r.InvitationID, Name: r.Name, Last4: r.Last4, State: r.State,
		DecidedBy: r.DecidedBy, DecidedAt: clock.FromMillis(r.DecidedAt), Reason: r.DecisionReason, CreatedAt: clock.FromMillis(r.CreatedAt),
	}
}

// insertBinding fails with a duplicate when the user has an open request, or has used the key before.
func (s *Service) insertBinding(ctx context.Context, tx bun.IDB, r BindingRequest, key string) error {
	at := clock.Millis(r.CreatedAt)
	row := bindingRow{
		ID: r.ID, UserID: r.UserID, OrgID: r.Org.ID, MemberID: r.MemberID, InvitationID: r.Invitation, Name: r.Name, Last4: r.Last4,
		State: r.State, ClientKey: key, CreatedAt: at, UpdatedAt: at,
	}
	if r.State != BindingPending {
		row.OpenMark, row.DecidedAt = r.ID, at
	}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return err
	}
	return audit.Note(ctx, tx, audit.Entry{
		At: r.CreatedAt, Action: audit.BindingRequested, Subject: audit.On(audit.Account, r.UserID), Org: r.Org.Path,
		Detail: map[string]any{"request": r.ID, "member": r.MemberID, "invitation": r.Invitation},
	})
}

// closeBinding moves a request out of the pending state, and reports whether it was still in it.
func (s *Service) closeBinding(ctx context.Context, tx bun.IDB, r BindingRequest) (bool, error) {
	at := clock.Millis(r.DecidedAt)
	return store.Affected(tx.NewRaw(`
UPDATE binding_requests SET state = ?, member_id = ?, open_mark = id, last4 = '', decided_by = ?, decided_at = ?, decision_reason = ?, updated_at = ?
WHERE id = ? AND state = ?`, r.State, r.MemberID, r.DecidedBy, at, r.Reason, at, r.ID, BindingPending).Exec(ctx))
}

// withdrawOthers: whoever is bound asks for nothing any more.
func (s *Service) withdrawOthers(ctx context.Context, tx bun.IDB, user, except ident.ID, now time.Time) error {
	_, err := tx.NewRaw(`
UPDATE binding_requests SET state = ?, open_mark = id, last4 = '', updated_at = ? WHERE user_id = ? AND state = ? AND id <> ?`,
		BindingWithdrawn, clock.Millis(now), user, BindingPending, except).Exec(ctx)
	return err
}

// bindings returns requests with their organisations.
func (s *Service) bindings(ctx context.Context, db bun.IDB, condition string, args ...any) ([]BindingRequest, error) {
	var rows []bindingRow
	err := db.NewRaw("SELECT r.* FROM binding_requests r JOIN orgs o ON o.id = r.org_id WHERE "+condition, args...).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.OrgID
	}
	orgs, err := s.OrgsByID(ctx, db, ids)
	list := make([]BindingRequest, len(rows))
	for i, r := range rows {
		list[i] = r.request(orgs[r.OrgID])
	}
	return list, err
}

// below is the condition that an organisation is one that the actor runs; "" when there is none.
func below(actor authz.Actor) (string, []any) {
	var paths []string
	for _, g := range actor.Grants {
		if actor.Runs(g.OrgPath) {
			paths = append(paths, g.OrgPath)
		}
	}
	if len(paths) == 0 {
		return "", nil
	}
	return within("o.path", paths)
}

// pendingBindings counts the requests that wait in the organisations that the actor runs.
func (s *Service) pendingBindings(ctx context.Context, actor authz.Actor) (n int, err error) {
	where, args := below(actor)
	if where == "" {
		return 0, nil
	}
	err = s.db.Read().NewRaw("SELECT COUNT(*) FROM binding_requests r JOIN orgs o ON o.id = r.org_id WHERE r.state = ? AND "+where,
		append([]any{BindingPending}, args...)...).Scan(ctx, &n)
	return n, err
}

// namesakes returns the people on the roster of these organisations and below whose name is one of these.
func (s *Service) namesakes(ctx context.Context, paths, names []string) ([]Member, error) {
	where, args := within("o.path", paths)
	var rows []memberRow
	err := s.db.Read().NewRaw(selectMembers+present+" AND "+where+" AND m.name IN (?) ORDER BY m.id",
		append(args, bun.List(names))...).Scan(ctx, &rows)
	return membersOf(rows), err
}

type inviteRow struct {
	bun.BaseModel `bun:"table:invitations,alias:i"`

	ID        ident.ID
	OrgID     ident.ID
	MemberID  ident.ID
	CodeHash  string
	MaxUses   int
	Uses      int
	CreatedBy ident.ID
	ClientKey string
	CreatedAt int64
	ExpiresAt int64
	RevokedAt int64
}

func (s *Service) insertInvitation(ctx context.Context, tx bun.IDB, i Invitation, key string) error {
	row := inviteRow{
		ID: i.ID, OrgID: i.Org.ID, MemberID: i.Member.ID, CodeHash: s.seals.find(s.seals.code(i.ID)), MaxUses: i.MaxUses,
		CreatedBy: i.CreatedBy, ClientKey: key, CreatedAt: clock.Millis(i.CreatedAt), ExpiresAt: clock.Millis(i.ExpiresAt),
	}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return err
	}
	return audit.Note(ctx, tx, audit.Entry{
		At: i.CreatedAt, Action: audit.InvitationMade, Subject: audit.On(audit.Org, i.Org.ID), Org: i.Org.Path,
		Detail: map[string]any{"invitation": i.ID, "member": i.Member.ID, "uses": i.MaxUses, "until": i.ExpiresAt},
	})
}

// invitations returns invitations with their organisations and members.
func (s *Service) invitations(ctx context.Context, db bun.IDB, condition string, args ...any) ([]Invitation, error) {
	var rows []struct {
		inviteRow

		OrgName    string
		OrgKind    Kind
		OrgPath    string
		MemberName string
	}
	err := db.NewRaw(`
SELECT i.*, o.name AS org_name, o.kind AS org_kind, o.path AS org_path, COALESCE(m.name, '') AS member_name
FROM invitations i JOIN orgs o ON o.id = i.org_id LEFT JOIN members m ON m.id = i.member_id AND m.left_at = 0
WHERE `+condition, args...).Scan(ctx, &rows)
	list := make([]Invitation, len(rows))
	for n, r := range rows {
		list[n] = Invitation{
			ID: r.ID, Org: Org{ID: r.OrgID, Name: r.OrgName, Kind: r.OrgKind, Path: r.OrgPath}, Member: Member{ID: r.MemberID, Name: r.MemberName}, MaxUses: r.MaxUses,
			Uses: r.Uses, CreatedBy: r.CreatedBy, CreatedAt: clock.FromMillis(r.CreatedAt), ExpiresAt: clock.FromMillis(r.ExpiresAt),
		}
		if r.RevokedAt != 0 {
			list[n].RevokedAt = clock.FromMillis(r.RevokedAt)
		}
	}
	return list, err
}

// promoted: whoever was given a role after the invitation was made is not whom its maker could speak for.
const notPromoted = "NOT EXISTS (SELECT 1 FROM role_grants g WHERE g.member_id = i.member_id AND i.member_id <> 0 AND g.granted_at > i.created_at)"

// useInvitation takes one use of an invitation, and reports whether there was one.
func (s *Service) useInvitation(ctx context.Context, tx bun.IDB, id ident.ID, now time.Time) (bool, error) {
	return store.Affected(tx.NewRaw(`
UPDATE invitations SET uses = uses + 1 WHERE id = ? AND uses < max_uses AND revoked_at = 0 AND expires_at > ?`,
		id, clock.Millis(now)).Exec(ctx))
}

// memberNames returns the names of members, also of those who have left.
func (s *Service) memberNames(ctx context.Context, ids []ident.ID) (map[ident.ID]string, error) {
	people, err := s.MembersByID(ctx, s.db.Read(), ids)
	names := make(map[ident.ID]string, len(people))
	for id, m := range people {
		names[id] = strings.TrimSpace(m.Name)
	}
	return names, err
}

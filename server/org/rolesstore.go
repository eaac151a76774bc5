package org

import (
	"cmp"
	"context"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// claimRoles counts the change of an organisation's roles that the transaction makes. Whoever has read the number before
// somebody else's change was committed gets roles_changed: what was read with it no longer holds.
func (s *Service) claimRoles(ctx context.Context, tx bun.IDB, on ident.ID) error {
	var seen int
	if err := tx.NewRaw("SELECT roles_revision FROM orgs WHERE id = ?", on).Scan(ctx, &seen); err != nil {
		return err
	}
	ok, err := store.Affected(tx.NewRaw("UPDATE orgs SET roles_revision = roles_revision + 1 WHERE id = ? AND roles_revision = ?", on, seen).Exec(ctx))
	if err != nil || !ok {
		return cmp.Or[error](err, errRolesChanged)
	}
	return nil
}

type holdingRow struct {
	MemberID  ident.ID
	Role      authz.Role
	OrgID     ident.ID
	GrantedBy ident.ID
	GrantedAt int64
}

// holdings returns the roles that match, without those of people who have left. They come by organisation and role, in
// the order in which they were given.
func (s *Service) holdings(ctx context.Context, db bun.IDB, condition string, args ...any) ([]Holding, error) {
	var rows []holdingRow
	err := db.NewRaw("SELECT g.member_id, g.role, g.org_id, g.granted_by, g.granted_at FROM role_grants g JOIN members m ON m.id = g.member_id WHERE "+
		present+" AND "+condition+" ORDER BY g.org_id, g.granted_at, g.member_id, g.role", args...).Scan(ctx, &rows)
	held := make([]Holding, len(rows))
	for i, r := range rows {
		held[i] = Holding{r.MemberID, r.Role, r.OrgID, r.GrantedBy, clock.FromMillis(r.GrantedAt)}
	}
	return held, err
}

func (s *Service) holdingsOf(ctx context.Context, db bun.IDB, member ident.ID) ([]Holding, error) {
	return s.holdings(ctx, db, "g.member_id = ?", member)
}

// holding returns the member's role on the organisation, nil when there is none.
func (s *Service) holding(ctx context.Context, db bun.IDB, on ident.ID, role authz.Role, member ident.ID) (*Holding, error) {
	held, err := s.holdings(ctx, db, "g.member_id = ? AND g.org_id = ? AND g.role = ?", member, on, role)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return &held[0], nil
}

func (s *Service) insertGrant(ctx context.Context, tx bun.IDB, h Holding) error {
	_, err := tx.NewRaw("INSERT INTO role_grants (member_id, role, org_id, granted_by, granted_at) VALUES (?, ?, ?, ?, ?)",
		h.MemberID, h.Role, h.OrgID, h.By, clock.Millis(h.Since)).Exec(ctx)
	return err
}

func (s *Service) deleteGrant(ctx context.Context, tx bun.IDB, h Holding) (bool, error) {
	return store.Affected(tx.NewRaw("DELETE FROM role_grants WHERE member_id = ? AND org_id = ? AND role = ?", h.MemberID, h.OrgID, h.Role).Exec(ctx))
}

type roleLogRow struct {
	bun.BaseModel `bun:"table:role_log,alias:l"`

	ID         ident.ID
	OrgID      ident.ID
	MemberID   ident.ID
	Role       authz.Role
	Act        Act
	At         int64
	Since      int64
	ByMember   ident.ID
	Reason     string
	HandoverID ident.ID
}

func (s *Service) insertRoleChange(ctx context.Context, tx bun.IDB, c RoleChange) error {
	row := roleLogRow{
		ID: c.ID, OrgID: c.OrgID, MemberID: c.MemberID, Role: c.Role, Act: c.Act, At: clock.Millis(c.At), Since: clock.Millis(c.Since),
		ByMember: c.By, Reason: c.Reason, HandoverID: c.HandOver,
	}
	_, err := tx.NewInsert().Model(&row).Exec(ctx)
	return err
}

func (s *Service) roleChanges(ctx context.Context, condition string, args ...any) ([]RoleChange, error) {
	var rows []roleLogRow
	err := s.db.Read().NewRaw("SELECT l.* FROM role_log l WHERE "+condition, args...).Scan(ctx, &rows)
	changes := make([]RoleChange, len(rows))
	for i, r := range rows {
		changes[i] = RoleChange{
			ID: r.ID, MemberID: r.MemberID, Role: r.Role, OrgID: r.OrgID, Act: r.Act, At: clock.FromMillis(r.At), Since: clock.FromMillis(r.Since),
			By: r.ByMember, Reason: r.Reason, HandOver: r.HandoverID,
		}
	}
	return changes, err
}

// maxTerms is how many past terms are shown: more than a generation of a branch.
const maxTerms = 50

// pastTerms returns the ends of roles on the organisation, the latest first, without those that were taken back.
func (s *Service) pastTerms(ctx context.Context, on ident.ID) ([]RoleChange, error) {
	return s.roleChanges(ctx, `l.org_id = ? AND l.act = ?
AND NOT EXISTS (SELECT 1 FROM handovers h WHERE h.id = l.handover_id AND h.undone_at > 0) ORDER BY l.id DESC LIMIT ?`, on, Revoked, maxTerms)
}

// roleHistory returns all changes on the organisation before one of them (0 for the latest), the latest first.
func (s *Service) roleHistory(ctx context.Context, on, before ident.ID, limit int) ([]RoleChange, error) {
	if before == 0 {
		return s.roleChanges(ctx, "l.org_id = ? ORDER BY l.id DESC LIMIT ?", on, limit)
	}
	return s.roleChanges(ctx, "l.org_id = ? AND l.id < ? ORDER BY l.id DESC LIMIT ?", on, before, limit)
}

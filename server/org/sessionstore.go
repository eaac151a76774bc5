package org

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
)

// actorRow is one session joined with its user, member and one of the member's roles.
type actorRow struct {
	TokenHash string
	ExpiresAt int64
	RevokedAt int64
	UserID    ident.ID
	MemberID  ident.ID
	OrgID     ident.ID
	OrgPath   string
	Role      authz.Role
	GrantOrg  ident.ID
	GrantPath string
}

const (
	selectActor = `
u.id AS user_id, COALESCE(m.id, 0) AS member_id, COALESCE(m.org_id, 0) AS org_id, COALESCE(o.path, '') AS org_path,
COALESCE(g.role, '') AS role, COALESCE(g.org_id, 0) AS grant_org, COALESCE(a.path, '') AS grant_path`
	joinActor = `
LEFT JOIN members m ON m.id = u.member_id AND m.left_at = 0
LEFT JOIN orgs o ON o.id = m.org_id
LEFT JOIN role_grants g ON g.member_id = m.id
LEFT JOIN orgs a ON a.id = g.org_id AND a.closed_at = 0`
)

const selectSession = "SELECT s.token_hash, s.expires_at, s.revoked_at, " + selectActor +
	" FROM sessions s JOIN users u ON u.id = s.user_id " + joinActor + " WHERE "

func (s *Service) sessionRows(ctx context.Context, tokenHash string) ([]actorRow, error) {
	var rows []actorRow
	err := s.db.Read().NewRaw(selectSession+"s.token_hash = ?", tokenHash).Scan(ctx, &rows)
	return rows, err
}

func (s *Service) userRows(ctx context.Context, user ident.ID) ([]actorRow, error) {
	var rows []actorRow
	err := s.db.Read().NewRaw("SELECT "+selectActor+" FROM users u "+joinActor+" WHERE u.id = ?", user).Scan(ctx, &rows)
	return rows, err
}

func actorOf(rows []actorRow) authz.Actor {
	first := rows[0]
	actor := authz.Actor{UserID: first.UserID, MemberID: first.MemberID, OrgID: first.OrgID, OrgPath: first.OrgPath}
	for _, row := range rows {
		if row.Role != "" && row.GrantPath != "" {
			actor.Grants = append(actor.Grants, authz.Grant{Role: row.Role, OrgID: row.GrantOrg, OrgPath: row.GrantPath})
		}
	}
	return actor
}

func (s *Service) insertSession(ctx context.Context, tokenHash string, user ident.ID, now time.Time) error {
	_, err := s.db.Write().NewRaw("INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
		tokenHash, user, clock.Millis(now), clock.Millis(now.Add(SessionLife))).Exec(ctx)
	return err
}

func (s *Service) prolongSession(ctx context.Context, tokenHash string, until time.Time) error {
	_, err := s.db.Write().NewRaw("UPDATE sessions SET expires_at = ? WHERE token_hash = ? AND revoked_at = 0",
		clock.Millis(until), tokenHash).Exec(ctx)
	return err
}

func (s *Service) revokeSession(ctx context.Context, tx bun.IDB, tokenHash string, now time.Time) error {
	var user ident.ID
	err := tx.NewRaw("SELECT user_id FROM sessions WHERE token_hash = ?", tokenHash).Scan(ctx, &user)
	if store.IsNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("UPDATE sessions SET revoked_at = ? WHERE token_hash = ? AND revoked_at = 0", clock.Millis(now), tokenHash).Exec(ctx)
	if err != nil {
		return err
	}
	return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.User, ID: user})
}

// PruneSessions deletes up to limit sessions that ended before the instant and returns how many.
func (s *Service) PruneSessions(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.db.DeleteSome(ctx, limit, "sessions", "(expires_at < ? OR (revoked_at > 0 AND revoked_at < ?))", clock.Millis(before), clock.Millis(before))
}

package org

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/recall"
)

// EraseUser makes the WeChat identity nobody's: it stands for no member, its sessions are gone, and nothing of what WeChat calls it is
// left. Whoever comes again with the same WeChat is somebody new.
func (s *Service) EraseUser(ctx context.Context, tx bun.IDB, user ident.ID) error {
	if _, err := tx.NewRaw("DELETE FROM sessions WHERE user_id = ?", user).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw("UPDATE users SET openid = ?, unionid = '', member_id = 0, bound_at = 0, updated_at = ? WHERE id = ?",
		"closed:"+user.String(), clock.Millis(s.clock.Now()), user).Exec(ctx)
	if err != nil {
		return err
	}
	return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.User, ID: user})
}

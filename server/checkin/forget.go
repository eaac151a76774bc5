package checkin

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/store"
)

// ForgetPositions removes where the member was at their check-ins and visits, and returns from how many. The check-ins stay.
func (s *Service) ForgetPositions(ctx context.Context, tx bun.IDB, member ident.ID) (removed int64, err error) {
	for _, table := range []string{"attendance", "site_visitors"} {
		n, err := store.Changed(tx.NewRaw("UPDATE "+table+" SET position = 'none' WHERE member_id = ? AND position <> 'none'", member).Exec(ctx))
		if err != nil {
			return 0, err
		}
		removed += n
	}
	return removed, nil
}

// ForgetUser removes which phones the member has used, and whose the refused scans of the WeChat identity were: that they
// happened stays.
func (s *Service) ForgetUser(ctx context.Context, tx bun.IDB, user, member ident.ID) error {
	if _, err := tx.NewRaw("UPDATE failed_scans SET user_id = 0 WHERE user_id = ?", user).Exec(ctx); err != nil {
		return err
	}
	if member == 0 {
		return nil
	}
	_, err := tx.NewRaw("DELETE FROM checkin_devices WHERE member_id = ?", member).Exec(ctx)
	return err
}

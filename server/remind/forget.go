package remind

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
)

// ForgetUser removes what the WeChat identity has allowed, that it follows the official account, and which reminders its
// member did not want. What has been delivered stays, without saying to which identity; what is on its way finds nobody. Call it before the identity is erased.
func (s *Service) ForgetUser(ctx context.Context, tx bun.IDB, user, member ident.ID) error {
	steps := []struct {
		statement string
		id        ident.ID
	}{
		{"DELETE FROM grants WHERE user_id = ?", user},
		{"DELETE FROM grant_entries WHERE user_id = ?", user},
		{"DELETE FROM followers WHERE unionid <> '' AND unionid IN (SELECT unionid FROM users WHERE id = ?)", user},
		{"UPDATE deliveries SET user_id = 0 WHERE user_id = ? AND state NOT IN ('pending', 'sending')", user},
		{"DELETE FROM mutes WHERE member_id = ?", member},
	}
	for _, step := range steps {
		if _, err := tx.NewRaw(step.statement, step.id).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// PruneMessages deletes up to limit messages of the inbox from before the instant, and returns how many.
func (s *Service) PruneMessages(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.DB.DeleteSome(ctx, limit, "messages", "created_at < ?", clock.Millis(before))
}

// PruneDeliveries deletes up to limit deliveries that came to an end before the instant, and returns how many.
func (s *Service) PruneDeliveries(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.DB.DeleteSome(ctx, limit, "deliveries", "updated_at < ? AND state NOT IN ('pending', 'sending')", clock.Millis(before))
}

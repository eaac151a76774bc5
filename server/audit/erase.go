package audit

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/store"
)

// Erase takes the content off up to limit sealed looks from before the instant, and returns how many. Their links stay, so that
// the chain holds. Nothing but looks is ever erased.
func Erase(ctx context.Context, db *store.DB, before time.Time, limit int) (int64, error) {
	var looks []Action
	for _, a := range Actions() {
		if a.Looks() {
			looks = append(looks, a)
		}
	}
	var ids []int64
	err := db.Read().NewRaw("SELECT id FROM audit_entries WHERE action IN (?) AND erased = 0 AND at < ? AND seq IS NOT NULL LIMIT ?",
		bun.List(looks), clock.Millis(before), limit).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return store.Changed(db.Write().NewRaw(`
UPDATE audit_entries SET user_id = 0, member_id = 0, subject_kind = '', subject_id = 0, org_path = '', request_id = '', network = '', detail = '',
  look_key = NULL, erased = 1
WHERE id IN (?) AND erased = 0`, bun.List(ids)).Exec(ctx))
}

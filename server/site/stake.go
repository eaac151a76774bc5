package site

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// Stake returns what organisations hold of sites: those in use that they look after. A merge gives them, and
// the visits that are planned, to the successor.
func (s *Service) Stake() org.Stake { return stake{} }

type stake struct{}

// Open implements org.Stake.
func (stake) Open(ctx context.Context, db bun.IDB, id ident.ID) (n int, called string, err error) {
	err = db.NewRaw("SELECT COUNT(*) FROM sites WHERE org_id = ? AND closed_at = 0", id).Scan(ctx, &n)
	return n, "个在用的场馆", err
}

// HandOver implements org.Stake. Visits that are not over go along with those who were to come, and are not counted: whoever
// keeps the site sees them as before.
func (stake) HandOver(ctx context.Context, tx bun.IDB, from, to org.Org, _ ident.ID, at time.Time) (int, error) {
	_, err := tx.NewRaw("UPDATE site_visits SET org_id = ? WHERE org_id = ? AND ended_at = 0 AND closes_at > ?", to.ID, from.ID, clock.Millis(at)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	n, err := store.Changed(tx.NewRaw("UPDATE sites SET org_id = ?, revision = revision + 1, updated_at = ? WHERE org_id = ? AND closed_at = 0",
		to.ID, clock.Millis(at), from.ID).Exec(ctx))
	return int(n), err
}

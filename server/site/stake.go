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

// Stake returns what organisations hold of sites: those in use that they look after. A merge gives them to the successor.
func (s *Service) Stake() org.Stake { return stake{} }

type stake struct{}

// Open implements org.Stake.
func (stake) Open(ctx context.Context, db bun.IDB, id ident.ID) (n int, called string, err error) {
	err = db.NewRaw("SELECT COUNT(*) FROM sites WHERE org_id = ? AND closed_at = 0", id).Scan(ctx, &n)
	return n, "个在用的场馆", err
}

// HandOver implements org.Stake.
func (stake) HandOver(ctx context.Context, tx bun.IDB, from, to org.Org, _ ident.ID, at time.Time) (int, error) {
	n, err := store.Changed(tx.NewRaw("UPDATE sites SET org_id = ?, revision = revision + 1, updated_at = ? WHERE org_id = ? AND closed_at = 0",
		to.ID, clock.Millis(at), from.ID).Exec(ctx))
	return int(n), err
}

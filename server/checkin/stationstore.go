package checkin

import (
	"context"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// packRow is what is kept of a pack.
type packRow struct {
	EventID       ident.ID
	EventRevision int
	MemberID      ident.ID
	MadeAt        int64
	ExpiresAt     int64
}

// notePack records who has taken a roster along.
func (s *Service) notePack(ctx context.Context, p Pack, revision int, member ident.ID, device string) error {
	_, err := s.db.Write().NewRaw(`
INSERT INTO roster_packs (id, event_id, event_revision, member_id, device, people, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.EventID, revision, member, device, p.People, clock.Millis(p.MadeAt), clock.Millis(p.ExpiresAt)).Exec(ctx)
	return err
}

// packOf returns what is kept of a pack, or pack_unknown.
func (s *Service) packOf(ctx context.Context, id ident.ID) (packRow, error) {
	var row packRow
	err := s.db.Read().NewRaw("SELECT event_id, event_revision, member_id, made_at, expires_at FROM roster_packs WHERE id = ?", id).Scan(ctx, &row)
	if store.IsNoRows(err) {
		return row, errPackUnknown
	}
	return row, err
}

// PrunePacks forgets packs that expired before the instant and returns how many. Check-ins made from them are refused
// from then on; they are too old anyway.
func (s *Service) PrunePacks(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.db.DeleteSome(ctx, limit, "roster_packs", "expires_at < ?", clock.Millis(before))
}

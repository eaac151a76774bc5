package remind

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/store"
)

// hold is until when WeChat takes no more messages of the mini-program. One server is told (45009); all of them, and those
// that start later, read it in the database.
type hold struct {
	until  atomic.Int64 // unix milliseconds
	lookAt atomic.Int64 // not before this instant
}

// holdAge is how old a look at the database may be: many messages go out in a second, and one more call says the same.
const holdAge = time.Second

// heldUntil returns the end of the hold, which may be past.
func (s *Service) heldUntil(ctx context.Context, now time.Time) (time.Time, error) {
	look := s.hold.lookAt.Load()
	if clock.Millis(now) >= look && s.hold.lookAt.CompareAndSwap(look, clock.Millis(now.Add(holdAge))) {
		var until int64
		err := s.DB.Read().NewRaw("SELECT held_until FROM send_holds WHERE channel = ?", Subscribe).Scan(ctx, &until)
		if err != nil && !store.IsNoRows(err) {
			s.hold.lookAt.Store(look)
			return time.Time{}, err
		}
		s.hold.until.Store(until)
	}
	return clock.FromMillis(s.hold.until.Load()), nil
}

// holdUntil has every server wait.
func (s *Service) holdUntil(ctx context.Context, tx bun.IDB, until time.Time) error {
	rows := []holdRow{{Channel: Subscribe}}
	if _, err := s.insertIgnoring(ctx, tx, &rows, "channel"); err != nil {
		return err
	}
	_, err := tx.NewRaw("UPDATE send_holds SET held_until = ? WHERE channel = ? AND held_until < ?",
		clock.Millis(until), Subscribe, clock.Millis(until)).Exec(ctx)
	return err
}

type holdRow struct {
	bun.BaseModel `bun:"table:send_holds"`

	Channel   Channel
	HeldUntil int64
}

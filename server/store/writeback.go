package store

import (
	"context"
	"database/sql"
	"strconv"
	"sync"
	"time"

	"themeday/server/clock"
)

// How SQLite's log gets into the database file. The engine lets the commit that fills the log copy all of it, and in a rush
// everybody waits behind that one. Here a connection beside them copies, which stops nobody; the commit that finds logPages
// in the log copies only what came since, and the log begins anew. A page that was written ten times in between is
// copied once, so copying at every commit would be as wrong as doing it seldom.
const (
	logPages       = 16_000 // of 4 kB: the log takes up to 64 MB
	writeBackEvery = 150 * time.Millisecond
)

var sqliteLog = "&_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(" + strconv.Itoa(logPages) + ")"

// writeBack copies what is committed until the returned function is called. When nothing was committed it does not touch
// the disk; what it cannot copy, for want of room or because of a reader, stays in the log and is copied later.
func writeBack(ctx context.Context, db *sql.DB) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var going sync.WaitGroup
	going.Go(func() {
		for clock.Pause(ctx, writeBackEvery) {
			_, _ = db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
		}
	})
	return func() {
		cancel()
		going.Wait()
	}
}

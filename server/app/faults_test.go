package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/store"
)

// The rush of a fault: so many people, so many of them on the line at once. The trouble begins when a few have their
// answer, and ends when some have met it or, where it goes unnoticed, after a while.
const (
	rushers     = 200
	onTheLine   = 40
	before      = 25
	noticed     = 15
	holdAtMost  = 1500 * time.Millisecond
	backWithin  = 5 * time.Second // of the end of the trouble: the product's promise
	phonesPause = 50 * time.Millisecond
)

// trouble is one fault: how it begins and how it ends.
type trouble struct {
	name  string
	felt  bool // phones must notice it, or the test has not troubled anything
	begin func(*stage)
	end   func(*stage) // nil: it is over when it has begun
	send  func(*stage, *rusher) (answer, error)
}

// TestFaults breaks, in the middle of a rush, whatever the product stands on. In every case: what was acknowledged is
// stored as it was told, nothing is stored twice, nobody is lost, every answer is true, and the service is back soon.
func TestFaults(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { onSQLite(t).suffer(sqliteTroubles()) })
	t.Run("mariadb", func(t *testing.T) { onMariaDB(t).suffer(mariaDBTroubles()) })
}

func sqliteTroubles() []trouble {
	return []trouble{
		{name: "server killed (-9) and started again", felt: true, begin: (*stage).killServer, end: (*stage).restartServer},
		{name: "disk full", felt: true, begin: (*stage).fillDisk, end: (*stage).freeDisk},
		{name: "file locked by another program", felt: true, begin: (*stage).lockFile, end: (*stage).unlock},
		{name: "every request three times, in any order", send: (*stage).thrice},
		{name: "clock set back by ten minutes", begin: (*stage).clockBack, end: (*stage).clockRight},
	}
}

func mariaDBTroubles() []trouble {
	return []trouble{
		{name: "one of two servers killed (-9)", felt: true, begin: (*stage).killServer, end: (*stage).restartServer},
		{name: "one of two servers stalled", felt: true, begin: (*stage).stallServer, end: (*stage).wakeServer},
		{name: "database killed (-9) and started again", felt: true, begin: func(s *stage) { s.db.kill() }, end: func(s *stage) { s.db.start() }},
		{name: "connections to the database cut, three times", begin: (*stage).cutThrice},
		{name: "database silent", felt: true, begin: func(s *stage) { s.wire.hush() }, end: func(s *stage) { s.wire.speak() }},
		{name: "lock-wait limit", felt: true, begin: (*stage).lockRows, end: (*stage).unlock},
		{name: "deadlocks", begin: (*stage).crossLocks, end: (*stage).unlock},
		{name: "Redis emptied", begin: (*stage).emptyRedis},
		{name: "Redis gone", begin: func(s *stage) { s.redis.kill() }, end: func(s *stage) { s.redis.start() }},
		{name: "Redis silent", begin: func(s *stage) { s.redis.stall() }, end: func(s *stage) { s.redis.wake() }},
		{name: "same member at both servers at once", send: (*stage).atBoth},
		{name: "every request three times, in any order", send: (*stage).thrice},
		{name: "clock of one server set back by ten minutes", begin: (*stage).clockBack, end: (*stage).clockRight},
	}
}

func (s *stage) killServer() { s.last().Load().kill() }

func (s *stage) restartServer() {
	env := s.env
	if len(s.servers) == 1 {
		env = env[:len(env)-1] // its simulated WeChat has died with it; nobody needs to log in again
	}
	s.last().Store(serving(s.whole, env))
}

func (s *stage) stallServer() { s.last().Load().signal(syscall.SIGSTOP) }
func (s *stage) wakeServer()  { s.last().Load().signal(syscall.SIGCONT) }

const filler = "filler"

// fillDisk writes until nothing more fits, also not into what the database has reserved.
func (s *stage) fillDisk() {
	s.query(func(db *store.DB) {
		if _, err := db.Write().ExecContext(s.t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			s.t.Error(err)
		}
	})
	f, err := os.Create(filepath.Join(s.files, filler))
	if err != nil {
		s.t.Error(err)
		return
	}
	defer f.Close()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		if n, err := f.Write(chunk); err != nil {
			chunk = chunk[:(len(chunk)-n)/2]
		}
	}
}

func (s *stage) freeDisk() {
	if err := os.Remove(filepath.Join(s.files, filler)); err != nil {
		s.t.Error(err)
	}
}

// hold opens a transaction of the test's own that lives until unlock.
func (s *stage) hold(driver, source string, statements ...string) {
	db, err := sql.Open(driver, source)
	if err != nil {
		s.t.Error(err)
		return
	}
	db.SetMaxOpenConns(1)
	for _, statement := range statements {
		if _, err := db.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Errorf("%s: %v", statement, err)
		}
	}
	s.release = func() {
		_, _ = db.ExecContext(context.WithoutCancel(s.t.Context()), "ROLLBACK")
		_ = db.Close()
	}
}

func (s *stage) unlock() { s.release() }

func (s *stage) lockFile() {
	s.hold("sqlite", "file:"+strings.TrimPrefix(s.dsn, "sqlite:")+"?_pragma=busy_timeout(10000)", "BEGIN IMMEDIATE")
}

// lockRows locks the whole event, so that every insert waits until the engine gives it up after a second.
func (s *stage) lockRows() {
	s.hold("mysql", strings.TrimPrefix(s.dsn, "mysql:"), "BEGIN",
		fmt.Sprintf("SELECT COUNT(*) FROM attendance WHERE event_id >= %d FOR UPDATE", s.eventID()))
}

// crossLocks takes locks in the wrong order, over and over: the engine must give somebody up each time. The first of them
// is held before the rush goes on, so that nobody comes past it.
func (s *stage) crossLocks() {
	db, err := sql.Open("mysql", strings.TrimPrefix(s.dsn, "mysql:"))
	if err != nil {
		s.t.Error(err)
		return
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	before := deadlocks(s.t, db)
	held, crossed, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	onHeld, onCrossed := sync.OnceFunc(func() { close(held) }), sync.OnceFunc(func() { close(crossed) })
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			s.crossOnce(ctx, db, onHeld)
			if ctx.Err() == nil && deadlocks(s.t, db) > before {
				onCrossed()
			}
			clock.Pause(ctx, crossingPause) // lets those through who were in the way
		}
	}()
	s.release = func() {
		await(s.t, "a deadlock", crossed)
		cancel()
		<-ended
		s.t.Logf("%d deadlocks", deadlocks(s.t, db)-before)
		_ = db.Close()
	}
	await(s.t, "the first lock", held)
}

const crossingPause = 5 * time.Millisecond

func await(t *testing.T, what string, happened <-chan struct{}) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-happened:
	case <-timer.C:
		t.Errorf("waited in vain for %s", what)
	}
}

// deadlocks returns how many the engine has ended by giving somebody up.
func deadlocks(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	var name string
	if err := db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'").Scan(&name, &n); err != nil {
		t.Error(err)
	}
	return n
}

// crossOnce goes against the product, which puts a row first into the table and then into the index by member: this one
// has locked the index, waits until a row of the product stands in the table and its writer before the index, and then
// wants that row. Its ballast makes it the heavier of the two: the engine gives up the product's transaction and not this.
func (s *stage) crossOnce(ctx context.Context, db *sql.DB, held func()) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, ballastRows()); err != nil {
		return
	}
	if _, err := tx.ExecContext(ctx, "SELECT COUNT(*) FROM attendance FORCE INDEX (attendance_member) WHERE member_id >= 0 LOCK IN SHARE MODE"); err != nil {
		return
	}
	held()
	untilWaitedFor(ctx, db)
	_, _ = tx.ExecContext(ctx, fmt.Sprintf("SELECT COUNT(*) FROM attendance WHERE event_id = %d FOR UPDATE", s.eventID()))
}

// waitersPause is how long between two looks at who waits: the engine shows the same picture again to whoever looks within
// a tenth of a second.
const waitersPause = 120 * time.Millisecond

// untilWaitedFor pauses until somebody waits for the index that crossOnce has locked.
func untilWaitedFor(ctx context.Context, db *sql.DB) {
	const waiters = `
SELECT COUNT(*) FROM information_schema.INNODB_LOCK_WAITS w JOIN information_schema.INNODB_LOCKS l ON l.lock_id = w.requested_lock_id
WHERE l.lock_index = 'attendance_member'`
	for waiting := 0; waiting == 0 && ctx.Err() == nil; clock.Pause(ctx, waitersPause) {
		if db.QueryRowContext(ctx, waiters).Scan(&waiting) != nil {
			return
		}
	}
}

// ballastRows is a statement that makes a transaction heavy, with rows of an event that is none.
func ballastRows() string {
	values := make([]string, 400)
	for member := range values {
		values[member] = fmt.Sprintf("(1, %d, 0, 'absent', 'roll', 0, 0, 0)", member)
	}
	return "INSERT INTO attendance (event_id, member_id, org_id, status, source, at, op_id, updated_at) VALUES " + strings.Join(values, ", ")
}

func (s *stage) cutThrice() {
	for range 3 {
		s.wire.cut()
		clock.Pause(s.t.Context(), phonesPause)
	}
}

func (s *stage) emptyRedis() {
	if err := redisCommand(s.t.Context(), s.redis.address(), "FLUSHALL", "+OK\r\n"); err != nil {
		s.t.Error(err)
	}
}

func (s *stage) setClock(move map[string]any) {
	a, err := visitor{p: s.server(0)}.try(post, "/__sim/clock", move) // the one with the simulator
	if err != nil || a.Status != http.StatusOK {
		s.t.Errorf("clock: %d %s %v", a.Status, a.Text, err)
	}
}

func (s *stage) clockBack() {
	s.setClock(map[string]any{"now": clock.System().Now().Add(-10 * time.Minute)})
}
func (s *stage) clockRight() { s.setClock(map[string]any{"now": clock.System().Now()}) }

package checkin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
)

// writer commits check-ins that arrive together with one statement. There is no timer and no goroutine of its own: who
// finds nobody writing writes, with whatever is waiting; who arrives meanwhile waits and is either written along by the
// next one or becomes the next one. A lone check-in on an idle server waits for nothing.
type writer struct {
	db    *store.DB
	scans *store.RowInsert // rows that leave the rest to the table's defaults
	rows  *store.RowInsert

	mu      sync.Mutex
	waiting []*pending
	writing bool
}

func newWriter(db *store.DB) *writer {
	return &writer{
		db: db, scans: db.NewRowInsert("attendance", scanColumns, "event_id", "member_id"),
		rows: db.NewRowInsert("attendance", slices.Concat(scanColumns, restColumns), "event_id", "member_id"),
	}
}

// pending is one row that waits for its commit.
type pending struct {
	ctx  context.Context //nolint:containedctx // tells whether the phone is still there when its turn comes
	row  row
	turn chan bool // true: answered; false: write the next batch yourself

	made bool
	err  error
}

// Bounds of the writer. A batch of 256 rows costs the database hardly more than one; a queue of 8,192 is a third of a
// second of work, and more would only make people wait for an answer that the phone no longer expects.
const (
	maxBatch   = 256
	maxWaiting = 8192
	maxTries   = 8
	firstPause = 20 * time.Millisecond // doubled up to lastPause: all tries together bear a restart of three seconds
	lastPause  = time.Second
)

// errUnwritten is what a row has until it is written, should the writer be torn away in between.
var errUnwritten = errors.New("checkin: not written")

var errFull = fault.Unavailable("busy", "签到的人太多，请过几秒再试").WithRetryAfter(time.Second)

// insert adds the row unless the member has one already, and reports whether it did. A row that an earlier try of the
// same operation made is no news: the answer is what was recorded then. When it returns without an error the row is
// committed. It returns busy when too many are waiting, and the database's errors.
func (w *writer) insert(ctx context.Context, a Attendance, now time.Time) (bool, error) {
	p := &pending{ctx: ctx, row: rowOf(a, now), turn: make(chan bool, 1)}
	lead, err := w.join(p)
	if err != nil {
		return false, err
	}
	if lead || !<-p.turn {
		w.lead(ctx)
	}
	return p.made, p.err
}

// join puts the row into the queue and reports whether the caller has to write, because nobody else does.
func (w *writer) join(p *pending) (lead bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) >= maxWaiting {
		return false, errFull
	}
	w.waiting = append(w.waiting, p)
	lead = !w.writing
	w.writing = true
	return lead, nil
}

// lead writes one batch, which holds the caller's own row because that is the oldest.
func (w *writer) lead(ctx context.Context) {
	batch := w.take()
	defer w.handOver(batch) // whatever happens: the others must not wait for good
	// The batch is everybody's: that the leader's own phone has hung up must not stop it.
	w.commit(context.WithoutCancel(ctx), batch)
}

// handOver answers the batch and lets the oldest who is still waiting write the next.
func (w *writer) handOver(batch []*pending) {
	for _, p := range batch[1:] {
		p.turn <- true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		w.writing = false
		return
	}
	w.waiting[0].turn <- false
}

// Waiting returns how many check-ins wait for their commit.
func (s *Service) Waiting() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return len(s.writer.waiting)
}

func (w *writer) take() []*pending {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.waiting), maxBatch)
	batch := slices.Clone(w.waiting[:n])
	w.waiting = slices.Delete(w.waiting, 0, n)
	return batch
}

// commit writes the rows of those whose phones are still there and fills in the answers.
func (w *writer) commit(ctx context.Context, batch []*pending) {
	var alive []*pending
	for _, p := range batch {
		if p.err = p.ctx.Err(); p.err == nil {
			p.err = errUnwritten
			alive = append(alive, p)
		}
	}
	if len(alive) == 0 {
		return
	}
	// Sorted by key: two servers that write overlapping batches in different orders would block each other for good.
	slices.SortStableFunc(alive, func(a, b *pending) int {
		return cmp.Or(cmp.Compare(a.row.EventID, b.row.EventID), cmp.Compare(a.row.MemberID, b.row.MemberID))
	})
	err := w.write(ctx, alive)
	if err != nil && !store.IsUnavailable(err) && len(alive) > 1 {
		w.oneByOne(ctx, alive)
		return
	}
	for _, p := range alive {
		p.err = err
	}
}

// oneByOne finds the row that spoilt a batch: it fails alone.
func (w *writer) oneByOne(ctx context.Context, batch []*pending) {
	for _, p := range batch {
		p.err = w.write(ctx, []*pending{p})
	}
}

// write commits the rows and finds out which of them are new. A try whose outcome is unknown, because the connection
// was lost, is simply repeated: a row that it did make carries its operation.
func (w *writer) write(ctx context.Context, batch []*pending) error {
	rows := distinct(batch)
	pause := firstPause
	for try := 1; ; try++ {
		made, err := w.insertAll(ctx, rows)
		if err == nil {
			return w.answer(ctx, batch, rows, made == int64(len(rows)) && try == 1 && len(rows) == len(batch))
		}
		if try == maxTries || !store.IsUnavailable(err) || store.IsFull(err) {
			return err
		}
		clock.Pause(ctx, pause)
		pause = min(2*pause, lastPause)
	}
}

// distinct drops the second of two rows with the same key; the batch is sorted.
func distinct(batch []*pending) []row {
	rows := make([]row, 0, len(batch))
	for _, p := range batch {
		if n := len(rows); n == 0 || rows[n-1].EventID != p.row.EventID || rows[n-1].MemberID != p.row.MemberID {
			rows = append(rows, p.row)
		}
	}
	return rows
}

// The columns of a row that is made by a check-in. Those of the rest have defaults in the table, which are what a member's
// own scan without a position has: a third of the values, and of the statement's text, need not travel then.
var (
	scanColumns = []string{"event_id", "member_id", "org_id", "status", "source", "at", "op_id", "updated_at"}
	restColumns = []string{"recorded_by", "expected", "position", "reason", "revision"}
)

func (r *row) hasDefaults() bool {
	return r.RecordedBy == 0 && r.Expected && r.Position == NoPosition && r.Reason == "" && r.Revision == 1
}

// insertAll is the hot statement: one commit, and the number of rows that are new.
func (w *writer) insertAll(ctx context.Context, rows []row) (int64, error) {
	insert, whole := w.scans, false
	if slices.ContainsFunc(rows, func(r row) bool { return !r.hasDefaults() }) {
		insert, whole = w.rows, true
	}
	values := make([]any, 0, len(rows)*(len(scanColumns)+len(restColumns)))
	for i := range rows {
		r := &rows[i]
		values = append(values, int64(r.EventID), int64(r.MemberID), int64(r.OrgID), string(r.Status), string(r.Source), r.At, r.OpID, r.UpdatedAt)
		if whole {
			values = append(values, int64(r.RecordedBy), r.Expected, string(r.Position), r.Reason, r.Revision)
		}
	}
	return insert.Exec(ctx, values)
}

// answer says to each whether the row that is there now is its own: of the same operation and the same instants, since
// an earlier try of the operation has others. When all are new there is nothing to look up.
func (w *writer) answer(ctx context.Context, batch []*pending, rows []row, allNew bool) error {
	if allNew {
		for _, p := range batch {
			p.made = true
		}
		return nil
	}
	there, err := w.origins(ctx, rows)
	if err != nil {
		return err
	}
	for _, p := range batch {
		p.made = there[rowKey{p.row.EventID, p.row.MemberID}] == origin{p.row.OpID, p.row.At, p.row.UpdatedAt}
	}
	return nil
}

type rowKey struct{ event, member ident.ID }

// origin tells which try of which operation made a row.
type origin struct{ operation, at, updatedAt int64 }

// origins returns what made each row. It reads after the commit and outside any transaction: a snapshot
// from before would not see the rows of other servers.
func (w *writer) origins(ctx context.Context, rows []row) (map[rowKey]origin, error) {
	byEvent := map[ident.ID][]ident.ID{}
	for _, r := range rows {
		byEvent[r.EventID] = append(byEvent[r.EventID], r.MemberID)
	}
	found := make(map[rowKey]origin, len(rows))
	for e, members := range byEvent {
		if err := w.originsOf(ctx, e, members, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (w *writer) originsOf(ctx context.Context, e ident.ID, members []ident.ID, found map[rowKey]origin) error {
	var rows []struct {
		MemberID  ident.ID
		OpID      int64
		At        int64
		UpdatedAt int64
	}
	err := w.db.Read().NewRaw("SELECT member_id, op_id, at, updated_at FROM attendance WHERE event_id = ? AND member_id IN (?)", e, bun.List(members)).Scan(ctx, &rows)
	for _, r := range rows {
		found[rowKey{e, r.MemberID}] = origin{r.OpID, r.At, r.UpdatedAt}
	}
	return err
}

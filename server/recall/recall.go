// Package recall lets a server answer from memory what it has read from the database before, and hear soon enough of
// what has changed since.
//
// Whoever changes something that is remembered writes a row of the table changes in the same transaction (Watch.Note).
// Every server reads the new rows twice a second (Watch.Poll) and no longer believes what it had read before of these
// objects. A memory is asked only while the last successful Poll began at most Fresh ago; otherwise, as when the
// database hangs, everything is read from the database.
//
// So the bound is: what a Memory answers was true in the database Fresh (one second) before, or later. A change that
// was committed earlier than that had been heard. With the second that a request may take from there to its own commit,
// nothing is decided on facts more than Bound (two seconds) old, on any server. This holds while the clocks of the
// servers differ by less than Window; beyond that, what is remembered still ends after Life.
package recall

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// The times behind the bound.
const (
	Every  = 500 * time.Millisecond // between two polls
	Fresh  = time.Second            // a memory is not asked when the last good poll began longer ago
	Bound  = 2 * time.Second        // what may pass, at most, from the commit of a change until every server goes by it
	Life   = 30 * time.Second       // nothing is remembered for longer, whatever is heard
	Window = time.Minute            // how far back a poll looks, by the clocks of those who wrote
)

// Kind says what sort of thing has changed.
type Kind string

// The kinds.
const (
	User   Kind = "user"   // a session was ended, or the identity stands for somebody else now
	Member Kind = "member" // left, moved, another standing or other roles
	Event  Kind = "event"  // any step of its life
	Tree   Kind = "tree"   // organisations were added, renamed or moved; its id is 0
)

// Ref names something that can change.
type Ref struct {
	Kind Kind
	ID   ident.ID
}

// Watch hears of changes. A nil Watch is allowed: nothing is remembered then, and nothing noted.
type Watch struct {
	db    *store.DB
	clock clock.Clock
	ids   *ident.Source
	log   *slog.Logger

	mu      sync.RWMutex
	polled  time.Time              // when the last successful poll began
	seen    map[ident.ID]time.Time // rows that were heard, and from when they are
	marks   map[Ref]mark           // what has changed
	heard   int64                  // counts changes: what was read at 7 is not believed when the object changed at 8
	expire  []func(now time.Time)
	stop    context.CancelFunc
	stopped chan struct{}
}

// mark is the last change of one object that was heard.
type mark struct {
	number int64
	at     time.Time
}

// NewWatch returns a Watch that has heard nothing yet, so that no memory is asked before its first Poll.
func NewWatch(db *store.DB, clk clock.Clock, ids *ident.Source, log *slog.Logger) *Watch {
	return &Watch{db: db, clock: clk, ids: ids, log: log, seen: map[ident.ID]time.Time{}, marks: map[Ref]mark{}}
}

// Note tells every server that the object has changed: call it in the transaction of the change. This server stops
// believing its memory at once.
func (w *Watch) Note(ctx context.Context, tx bun.IDB, ref Ref) error {
	if w == nil {
		return nil
	}
	now := w.clock.Now()
	_, err := tx.NewRaw("INSERT INTO changes (id, kind, object_id, at) VALUES (?, ?, ?, ?)", w.ids.New(), ref.Kind, ref.ID, clock.Millis(now)).Exec(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mark(ref, now)
	return err
}

// Poll reads which changes were committed since the last time.
func (w *Watch) Poll(ctx context.Context) error {
	began := w.clock.Now()
	var rows []struct {
		ID       ident.ID
		Kind     Kind
		ObjectID ident.ID
		At       int64
	}
	err := w.db.Read().NewRaw("SELECT id, kind, object_id, at FROM changes WHERE at > ?", clock.Millis(began.Add(-Window))).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	w.mu.Lock()
	for _, r := range rows {
		if _, heard := w.seen[r.ID]; !heard {
			w.seen[r.ID] = clock.FromMillis(r.At)
			w.mark(Ref{r.Kind, r.ObjectID}, began)
		}
	}
	w.polled = began
	w.forget(began)
	expire := w.expire
	w.mu.Unlock()
	for _, f := range expire {
		f(began)
	}
	return nil
}

func (w *Watch) mark(ref Ref, now time.Time) {
	w.heard++
	w.marks[ref] = mark{w.heard, now}
}

// forget drops rows that no poll will see again, and marks that nothing remembered can be older than.
func (w *Watch) forget(now time.Time) {
	for id, at := range w.seen {
		if now.Sub(at) > 2*Window {
			delete(w.seen, id)
		}
	}
	for ref, m := range w.marks {
		if now.Sub(m.at) > 2*Life {
			delete(w.marks, ref)
		}
	}
}

// now returns the number of changes heard, to be kept with what is read from here on.
func (w *Watch) now() (number int64, at time.Time) {
	at = w.clock.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.heard, at
}

// believes reports whether what was read at a number and an instant, and says something of these objects, still counts.
func (w *Watch) believes(number int64, read time.Time, refs [3]Ref) bool {
	now := w.clock.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !within(now, w.polled, Fresh) || !within(now, read, Life) {
		return false
	}
	if w.heard == number { // mostly nothing has changed since
		return true
	}
	for _, ref := range refs {
		if ref.Kind != "" && w.marks[ref].number > number {
			return false
		}
	}
	return true
}

// Fresh reports whether memories are asked at all: the last successful poll began at most Fresh ago.
func (w *Watch) Fresh() bool {
	if w == nil {
		return false
	}
	now := w.clock.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	return within(now, w.polled, Fresh)
}

// within: an instant in the future means that the clock was put back, and says nothing.
func within(now, then time.Time, d time.Duration) bool {
	age := now.Sub(then)
	return age >= 0 && age <= d
}

// Prune deletes what no server reads any more and returns how many rows.
func (w *Watch) Prune(ctx context.Context) (int64, error) {
	return store.Changed(w.db.Write().NewRaw("DELETE FROM changes WHERE at < ?", clock.Millis(w.clock.Now().Add(-2*Window))).Exec(ctx))
}

// Start polls until Stop. Starting twice is starting once.
func (w *Watch) Start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop, w.stopped = stop, make(chan struct{})
	go w.loop(ctx)
}

// Stop ends the polling and waits for the poll in flight. Stopping twice is fine.
func (w *Watch) Stop() {
	w.mu.Lock()
	stop, stopped := w.stop, w.stopped
	w.mu.Unlock()
	if stop != nil {
		stop()
		<-stopped
	}
}

func (w *Watch) loop(ctx context.Context) {
	defer close(w.stopped)
	ticker := time.NewTicker(Every)
	defer ticker.Stop()
	deaf := false
	for {
		bounded, cancel := context.WithTimeout(ctx, Fresh)
		err := w.Poll(bounded)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != deaf {
			deaf = err != nil
			w.log.WarnContext(ctx, "remembering", "works", !deaf, "cause", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

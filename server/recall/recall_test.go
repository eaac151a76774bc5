package recall_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

var noon = time.Date(2026, 7, 10, 4, 0, 0, 0, time.UTC)

// server is one of several on a database: what it hears and what it remembers.
type server struct {
	t      *testing.T
	clock  *clock.Adjustable
	watch  *recall.Watch
	memory *recall.Memory[ident.ID, string]
	truth  map[ident.ID]string // what a read finds

	mu    sync.Mutex
	reads [][]ident.ID
	pause func() // called in the middle of a read, once
}

func newServer(t *testing.T, db *store.DB, clk *clock.Adjustable, truth map[ident.ID]string) *server {
	t.Helper()
	s := &server{t: t, clock: clk, truth: truth}
	s.watch = recall.NewWatch(db, clk, ident.NewSource(clk, nil), slog.New(slog.NewTextHandler(io.Discard, nil)))
	s.memory = recall.NewMemory(s.watch, s.read, func(string) [3]recall.Ref { return [3]recall.Ref{{Kind: recall.Event, ID: 1}, {Kind: recall.Tree}} })
	return s
}

func (s *server) read(_ context.Context, keys []ident.ID) (map[ident.ID]string, error) {
	found := map[ident.ID]string{}
	for _, key := range keys {
		if value, ok := s.truth[key]; ok {
			found[key] = value
		}
	}
	s.mu.Lock()
	s.reads = append(s.reads, keys)
	pause := s.pause
	s.pause = nil
	s.mu.Unlock()
	if pause != nil {
		pause()
	}
	return found, nil
}

func (s *server) poll() {
	s.t.Helper()
	if err := s.watch.Poll(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// want asks for the key and says how many reads it may cost.
func (s *server) want(key ident.ID, value string, reads int) {
	s.t.Helper()
	before := len(s.reads)
	got, found, err := s.memory.Get(s.t.Context(), key)
	if err != nil || got != value || found != (value != "") || len(s.reads)-before != reads {
		s.t.Errorf("got %q %t %v with %d reads, want %q with %d", got, found, err, len(s.reads)-before, value, reads)
	}
}

// change writes something new and notes it in one transaction, at this server.
func (s *server) change(db *store.DB, ref recall.Ref, key ident.ID, value string) {
	s.t.Helper()
	err := db.WithTx(s.t.Context(), func(ctx context.Context, tx bun.Tx) error { return s.watch.Note(ctx, tx, ref) })
	if err != nil {
		s.t.Fatal(err)
	}
	s.truth[key] = value
}

func TestHearsOfChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		clk, truth := clock.NewFake(noon), map[ident.ID]string{1: "one"}
		here, there := newServer(t, db, clk, truth), newServer(t, db, clk, truth)

		here.want(1, "one", 1) // before the first poll nothing is believed
		here.want(1, "one", 1)
		here.poll()
		there.poll()
		here.want(1, "one", 0) // read before the first poll, and nothing has changed since
		there.want(1, "one", 1)
		there.want(1, "one", 0)

		here.change(db, recall.Ref{Kind: recall.Event, ID: 1}, 1, "uno")
		here.want(1, "uno", 1) // who made the change knows at once
		there.want(1, "one", 0)
		there.poll()
		there.want(1, "uno", 1)
		there.want(1, "uno", 0)
		there.poll() // the same row again is no news
		there.want(1, "uno", 0)

		here.change(db, recall.Ref{Kind: recall.Event, ID: 2}, 1, "uno")
		there.poll()
		there.want(1, "uno", 0) // somebody else's change
		here.change(db, recall.Ref{Kind: recall.Tree}, 1, "eins")
		there.poll()
		there.want(1, "eins", 1)
	})
}

func TestBelievesNothingOld(t *testing.T) {
	for _, c := range []struct {
		name  string
		then  func(s *server)
		reads int
	}{
		{"kept at the edge", func(s *server) { s.clock.Advance(recall.Fresh) }, 0},
		{"read when no poll succeeded for too long", func(s *server) { s.clock.Advance(recall.Fresh + time.Millisecond) }, 1},
		{"believed again after a poll", func(s *server) { s.clock.Advance(time.Minute / 3); s.poll() }, 0},
		{"read at the end of its life", func(s *server) { s.clock.Advance(recall.Life + time.Millisecond); s.poll() }, 1},
		{"read when the clock was put back", func(s *server) { s.clock.Advance(-time.Millisecond) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, storetest.New(t), clock.NewFake(noon), map[ident.ID]string{1: "one"})
			s.poll()
			s.want(1, "one", 1)
			c.then(s)
			s.want(1, "one", c.reads)
		})
	}
}

func TestDoesNotBelieveWhatChangedWhileItWasRead(t *testing.T) {
	db, clk, truth := storetest.New(t), clock.NewFake(noon), map[ident.ID]string{1: "one"}
	here, there := newServer(t, db, clk, truth), newServer(t, db, clk, truth)
	there.poll()
	there.pause = func() {
		here.change(db, recall.Ref{Kind: recall.Event, ID: 1}, 1, "uno")
		there.poll()
	}
	there.want(1, "one", 1) // what the read saw
	there.want(1, "uno", 1)
}

func TestDoesNotRememberWhatIsNotThere(t *testing.T) {
	s := newServer(t, storetest.New(t), clock.NewFake(noon), map[ident.ID]string{})
	s.poll()
	s.want(1, "", 1)
	s.truth[1] = "one"
	s.want(1, "one", 1)
}

func TestReadsTogether(t *testing.T) {
	const crowd = 40
	truth := map[ident.ID]string{1: "one"}
	s := newServer(t, storetest.New(t), clock.NewFake(noon), truth)
	for id := range ident.ID(crowd) {
		truth[id+1] = id.String()
	}
	s.poll()
	reading, release := make(chan struct{}), make(chan struct{})
	s.pause = func() {
		close(reading)
		<-release
	}
	var group sync.WaitGroup
	ask := func(id ident.ID) {
		if got, found, err := s.memory.Get(t.Context(), id); err != nil || !found || got != truth[id] {
			t.Errorf("%d: %q %t %v", id, got, found, err)
		}
	}
	group.Go(func() { ask(1) })
	<-reading
	for id := range ident.ID(crowd - 1) {
		group.Go(func() { ask(id + 2) })
	}
	close(release)
	group.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Logf("%d people, %d reads", crowd, len(s.reads))
	asked := 0
	for _, keys := range s.reads {
		asked += len(keys)
	}
	if asked != crowd {
		t.Errorf("%d keys were read for %d people", asked, crowd)
	}
}

func TestWithoutWatch(t *testing.T) {
	var none *recall.Watch
	if err := none.Note(t.Context(), nil, recall.Ref{Kind: recall.Tree}); err != nil || none.Fresh() {
		t.Errorf("a nil Watch notes %v, fresh %t", err, none.Fresh())
	}
	reads := 0
	memory := recall.NewMemory(none, func(context.Context, []string) (map[string]int, error) {
		reads++
		return map[string]int{"a": reads}, nil
	}, func(int) [3]recall.Ref { return [3]recall.Ref{} })
	for want := 1; want <= 2; want++ {
		if got, _, err := memory.Get(t.Context(), "a"); got != want || err != nil {
			t.Errorf("read %d: %d %v", want, got, err)
		}
	}
}

func TestPrune(t *testing.T) {
	db, clk := storetest.New(t), clock.NewFake(noon)
	s := newServer(t, db, clk, map[ident.ID]string{})
	s.change(db, recall.Ref{Kind: recall.Tree}, 1, "")
	clk.Advance(2*recall.Window + time.Millisecond)
	s.change(db, recall.Ref{Kind: recall.Tree}, 1, "")
	if n, err := s.watch.Prune(t.Context()); n != 1 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
}

// TestStartAndStop: a started watch polls by itself, and stops when it is told, also when it never started.
func TestStartAndStop(t *testing.T) {
	s := newServer(t, storetest.New(t), clock.NewFake(noon), map[ident.ID]string{1: "one"})
	s.watch.Stop()
	s.watch.Start()
	s.watch.Start()
	for !s.watch.Fresh() {
		if !clock.Pause(t.Context(), time.Millisecond) {
			t.Fatal("never polled")
		}
	}
	s.watch.Stop()
	s.watch.Stop()
}

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

var start = time.Date(2026, 12, 10, 2, 0, 0, 0, time.UTC)

var errBroken = errors.New("broken")

// bench is one server's queue on a database.
type bench struct {
	*jobs.Queue
	t     *testing.T
	db    *store.DB
	clock *clock.Adjustable
	ran   []string // payloads in the order they ran
}

func newBench(t *testing.T, db *store.DB, clk *clock.Adjustable, opts jobs.Options) *bench {
	return &bench{Queue: jobs.New(db, clk, ident.NewSource(clk, nil), nil, opts), t: t, db: db, clock: clk}
}

// each runs the test on every engine with a fresh queue.
func each(t *testing.T, opts jobs.Options, body func(t *testing.T, b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { body(t, newBench(t, db, clock.NewFake(start), opts)) })
}

// eachPair gives the test two servers, each with connections of its own, on one database.
func eachPair(t *testing.T, opts jobs.Options, body func(t *testing.T, one, two *bench)) {
	run := func(t *testing.T, dsn string) {
		clk := clock.NewFake(start)
		body(t, newBench(t, storetest.Open(t, dsn), clk, opts), newBench(t, storetest.Open(t, dsn), clk, opts))
	}
	t.Run("sqlite", func(t *testing.T) { run(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { run(t, storetest.NewDatabase(t, server)) })
	}
}

func (b *bench) enqueue(all ...jobs.Job) {
	b.t.Helper()
	err := b.db.WithTx(b.t.Context(), func(ctx context.Context, tx bun.Tx) error { return b.Enqueue(ctx, tx, all...) })
	if err != nil {
		b.t.Fatalf("enqueue: %v", err)
	}
}

// note handles the kind by writing down the payload.
func (b *bench) note(kind string) {
	b.Handle(kind, func(_ context.Context, j jobs.Job) error {
		var text string
		err := j.Decode(&text)
		b.ran = append(b.ran, text)
		return err
	})
}

func (b *bench) runDue(want int) {
	b.t.Helper()
	if got, err := b.RunDue(b.t.Context()); err != nil || got != want {
		b.t.Fatalf("RunDue: %d runs, error %v; want %d", got, err, want)
	}
}

func (b *bench) wantDepth(want jobs.Depth) {
	b.t.Helper()
	if got, err := b.Len(b.t.Context()); err != nil || got != want {
		b.t.Fatalf("Len: %+v, error %v; want %+v", got, err, want)
	}
}

func (b *bench) wantRan(want ...string) {
	b.t.Helper()
	if !slices.Equal(b.ran, want) {
		b.t.Fatalf("ran %q, want %q", b.ran, want)
	}
}

func TestMostUrgentFirst(t *testing.T) {
	each(t, jobs.Options{}, func(t *testing.T, b *bench) {
		b.note("say")
		b.enqueue(
			jobs.Job{Kind: "say", Payload: "low", Priority: 5},
			jobs.Job{Kind: "say", Payload: "second", RunAt: start},
			jobs.Job{Kind: "say", Payload: "first", RunAt: start.Add(-59 * time.Second)},
			jobs.Job{Kind: "say", Payload: "urgent", Priority: -1},
			jobs.Job{Kind: "say", Payload: "tomorrow", RunAt: start.Add(24 * time.Hour), Priority: -9},
		)
		b.wantDepth(jobs.Depth{Ready: 5})
		b.runDue(4)
		b.wantRan("urgent", "first", "second", "low")
		b.wantDepth(jobs.Depth{Ready: 1})
		b.clock.Advance(24*time.Hour - time.Millisecond)
		b.runDue(0)
		b.clock.Advance(time.Millisecond)
		b.runDue(1)
		b.runDue(0)
	})
}

func TestEnqueuedByAHandlerRunsInTheSamePass(t *testing.T) {
	each(t, jobs.Options{}, func(t *testing.T, b *bench) {
		b.note("say")
		b.Handle("fan", func(ctx context.Context, _ jobs.Job) error {
			return b.Enqueue(ctx, b.db.Write(), jobs.Job{Kind: "say", Payload: "a"}, jobs.Job{Kind: "say", Payload: "b"})
		})
		b.enqueue(jobs.Job{Kind: "fan"})
		b.runDue(3)
		b.wantRan("a", "b")
	})
}

func TestNoCommitNoJob(t *testing.T) {
	each(t, jobs.Options{}, func(t *testing.T, b *bench) {
		err := b.db.WithTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := b.Enqueue(ctx, tx, jobs.Job{Kind: "say", Payload: "x"}); err != nil {
				t.Errorf("enqueue: %v", err)
			}
			return errBroken
		})
		if !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		b.wantDepth(jobs.Depth{})
	})
}

func TestUniqueKey(t *testing.T) {
	each(t, jobs.Options{Keep: time.Hour}, func(t *testing.T, b *bench) {
		b.note("say")
		one := jobs.Job{Kind: "say", Payload: "one", Unique: "k"}
		b.enqueue(one, jobs.Job{Kind: "say", Payload: "twin", Unique: "k"}, jobs.Job{Kind: "say", Payload: "other"}, jobs.Job{Kind: "say", Payload: "other"})
		b.enqueue(jobs.Job{Kind: "say", Payload: "later", Unique: "k"})
		b.runDue(3)
		b.wantRan("one", "other", "other")
		b.enqueue(one) // finished, but still known
		b.runDue(0)

		b.clock.Advance(time.Hour)
		b.wantPruned(0)
		b.clock.Advance(time.Millisecond)
		b.wantPruned(3)
		b.enqueue(one)
		b.runDue(1)
	})
}

func (b *bench) wantPruned(want int) {
	b.t.Helper()
	if n, err := b.Prune(b.t.Context()); err != nil || n != want {
		b.t.Errorf("pruned %d, error %v; want %d", n, err, want)
	}
}

func TestKindsOfOtherServersAreLeftAlone(t *testing.T) {
	eachPair(t, jobs.Options{}, func(t *testing.T, old, young *bench) {
		young.note("new")
		old.enqueue(jobs.Job{Kind: "new", Payload: "x"})
		old.runDue(0) // knows nothing
		old.note("say")
		old.runDue(0) // knows something else
		young.runDue(1)
		young.wantRan("x")
	})
}

func TestEnqueueRefusesWhatDoesNotFit(t *testing.T) {
	b := newBench(t, storetest.New(t), clock.NewFake(start), jobs.Options{})
	long := strings.Repeat("x", 97)
	for name, j := range map[string]jobs.Job{
		"no kind":      {},
		"long kind":    {Kind: long[:33]},
		"long unique":  {Kind: "say", Unique: long},
		"long serial":  {Kind: "say", Serial: long},
		"long payload": {Kind: "say", Payload: strings.Repeat("x", 60_000)},
		"no JSON":      {Kind: "say", Payload: func() {}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := b.Enqueue(t.Context(), b.db.Write(), jobs.Job{Kind: "fine"}, j); err == nil {
				t.Error("accepted")
			}
		})
	}
	b.enqueue()
	b.wantDepth(jobs.Depth{})
	if err := (jobs.Job{Payload: "x"}).Decode(new(string)); err == nil {
		t.Error("decoded a payload that was never queued")
	}
}

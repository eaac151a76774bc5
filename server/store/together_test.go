package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"themeday/server/store"
	"themeday/server/store/storetest"
)

var errOwn = errors.New("its own fault")

// add writes one row of a number; odd ones then fail, and 7 panics.
func add(n int) func(ctx context.Context, tx bun.Tx) error {
	return func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("INSERT INTO changes (id, kind, object_id, at) VALUES (?, 'test', ?, 0)", n, n).Exec(ctx)
		switch {
		case err != nil:
			return err
		case n == 7:
			panic("seven")
		case n%2 == 1:
			return errOwn
		}
		return nil
	}
}

// TestTogether: whatever the others do, each caller's function is committed, or taken back, by itself.
func TestTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const callers = 200
		var all sync.WaitGroup
		begin := make(chan struct{})
		for n := range callers {
			all.Go(func() {
				<-begin
				panicked := func() (p any) {
					defer func() { p = recover() }()
					if err := db.Together(t.Context(), add(n)); (err == nil) != (n%2 == 0) || err != nil && !errors.Is(err, errOwn) {
						t.Errorf("%d: %v", n, err)
					}
					return nil
				}()
				if (panicked != nil) != (n == 7) {
					t.Errorf("%d: panic %v", n, panicked)
				}
			})
		}
		close(begin)
		all.Wait()
		var ids []int
		if err := db.Read().NewRaw("SELECT id FROM changes ORDER BY id").Scan(t.Context(), &ids); err != nil || len(ids) != callers/2 {
			t.Fatalf("%d rows, %v", len(ids), err)
		}
		for i, id := range ids {
			if id != 2*i {
				t.Fatalf("row %d is of %d", i, id)
			}
		}
		if err := db.Together(t.Context(), add(2)); !store.IsDuplicate(err) {
			t.Errorf("again: %v", err)
		}
	})
}

// TestTogetherOnDeadContext: who has given up is not written, and spoils nothing for the others.
func TestTogetherOnDeadContext(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		var all sync.WaitGroup
		for n := range 40 {
			all.Go(func() {
				ctx := t.Context()
				if n%4 == 0 {
					ctx = gone
				}
				if err := db.Together(ctx, add(2*n)); errors.Is(err, context.Canceled) != (n%4 == 0) {
					t.Errorf("%d: %v", n, err)
				}
			})
		}
		all.Wait()
		var rows int
		if err := db.Read().NewRaw("SELECT COUNT(*) FROM changes").Scan(t.Context(), &rows); err != nil || rows != 30 {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

// BenchmarkCommits compares transactions of one row each, from many goroutines at once.
func BenchmarkCommits(b *testing.B) {
	for name, run := range map[string]func(*store.DB, context.Context, func(context.Context, bun.Tx) error) error{
		"alone": (*store.DB).WithTx, "together": (*store.DB).Together,
	} {
		b.Run(fmt.Sprintf("of=sqlite/%s", name), func(b *testing.B) {
			db := storetest.New(b)
			var mu sync.Mutex
			n := 0
			b.SetParallelism(50)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					n += 2
					id := n
					mu.Unlock()
					if err := run(db, context.Background(), add(id)); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

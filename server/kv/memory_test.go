package kv_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/kv"
)

func newMemory(t *testing.T) (*kv.Memory, *clock.Adjustable) {
	clk := clock.NewFake(time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC))
	store := kv.NewMemory(clk)
	t.Cleanup(func() { closeStore(t, store) })
	return store, clk
}

// Somebody who makes up keys without end must not fill the machine, nor push out what was written last.
func TestMemoryIsBounded(t *testing.T) {
	store, _ := newMemory(t)
	const size, written = 16 << 10, 3 * kv.MemoryBytes / (16 << 10)
	val := strings.Repeat("x", size)
	for i := range written {
		if err := store.Set(t.Context(), fmt.Sprint("key", i), val, time.Duration(i+1)*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for i := range written {
		if present(t, store, fmt.Sprint("key", i)) {
			kept++
		}
	}
	if most := kv.MemoryBytes / size; kept > most || kept < most*9/10 {
		t.Errorf("kept %d of %d values, room for %d", kept, written, most)
	}
	if !present(t, store, fmt.Sprint("key", written-1)) {
		t.Error("the newest is gone")
	}
}

// Deleting, replacing and expiring give back what an entry took, or the store would shrink to nothing in a long life.
func TestMemoryGivesRoomBack(t *testing.T) {
	store, clk := newMemory(t)
	val := strings.Repeat("x", 64<<10)
	if err := store.Set(t.Context(), "old", "1", 365*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * kv.MemoryBytes / len(val) {
		for _, key := range []string{"replaced", "deleted", fmt.Sprint("expired", i)} {
			if err := store.Set(t.Context(), key, val, time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.Delete(t.Context(), "deleted"); err != nil {
			t.Fatal(err)
		}
		clk.Advance(time.Second)
	}
	if !present(t, store, "old") {
		t.Error("the store ran out of room although almost nothing in it was alive")
	}
}

func TestMemoryLimitRefillsExactly(t *testing.T) {
	store, clk := newMemory(t)
	limit := kv.Limit{Rate: 2, Burst: 4}
	steps := []struct {
		after   time.Duration
		allowed int // calls that pass at this instant, before one is refused
		retry   time.Duration
	}{
		{0, 4, 500 * time.Millisecond},
		{400 * time.Millisecond, 0, 100 * time.Millisecond},
		{100 * time.Millisecond, 1, 500 * time.Millisecond},
		{1750 * time.Millisecond, 3, 250 * time.Millisecond},
		{time.Hour, 4, 500 * time.Millisecond},
		{-time.Minute, 0, 500 * time.Millisecond}, // a clock set back gives nothing
	}
	for i, step := range steps {
		clk.Advance(step.after)
		for range step.allowed {
			if got := must[kv.Decision](t)(store.Allow(t.Context(), "k", limit)); !got.Allowed {
				t.Fatalf("step %d: refused too early: %+v", i, got)
			}
		}
		if got := must[kv.Decision](t)(store.Allow(t.Context(), "k", limit)); got != (kv.Decision{RetryAfter: step.retry}) {
			t.Fatalf("step %d: %+v, want retry after %v", i, got, step.retry)
		}
	}
}

func TestMemoryRefusesToCountText(t *testing.T) {
	store, _ := newMemory(t)
	if err := store.Set(t.Context(), "k", "text", time.Hour); err != nil {
		t.Fatal(err)
	}
	if n, err := store.Incr(t.Context(), "k", time.Hour); err == nil {
		t.Errorf("counted to %d", n)
	}
}

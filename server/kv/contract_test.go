package kv_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"themeday/server/kv"
)

func TestContract(t *testing.T) {
	backends := map[string]func(t *testing.T) backend{"memory": memoryBackend, "redis": redisBackend}
	contract := map[string]func(t *testing.T, b backend){
		"value":              testValue,
		"value expires":      testValueExpires,
		"first setter wins":  testSetNX,
		"compare and delete": testCompareAndDelete,
		"counter":            testCounter,
		"limit":              testLimit,
		"rooms":              testRooms,
		"race":               testRace,
		"messages":           testMessages,
		"slow listener":      testSlowListener,
		"arguments":          testArguments,
		"ended context":      testEndedContext,
		"closed":             testClosed,
	}
	for name, make := range backends {
		t.Run(name, func(t *testing.T) {
			make(t) // skips them all, once, where there is no such store
			for what, test := range contract {
				t.Run(what, func(t *testing.T) { test(t, make(t)) })
			}
		})
	}
}

func testValue(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	if present(t, s, "name") {
		t.Fatal("found before it was set")
	}
	for _, val := range []string{"党员", "", "a\x00b\r\n", strings.Repeat("x", kv.MaxValue)} {
		if err := s.Set(ctx, "name", val, time.Hour); err != nil {
			t.Fatal(err)
		}
		if got, found, err := b.open(t).Get(ctx, "name"); got != val || !found || err != nil {
			t.Fatalf("got %q, %v, %v; want %q", got, found, err, val)
		}
	}
	for range 2 { // a missing key is no error
		if err := s.Delete(ctx, "name"); err != nil {
			t.Fatal(err)
		}
	}
	if present(t, s, "name") {
		t.Error("found after Delete")
	}
}

func testValueExpires(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	for key, ttl := range map[string]time.Duration{"long": time.Hour, "short": 30 * time.Millisecond} {
		if err := s.Set(ctx, key, "1", ttl); err != nil {
			t.Fatal(err)
		}
	}
	b.elapse(t, 30*time.Millisecond, func() bool { return !present(t, s, "short") })
	if !present(t, s, "long") {
		t.Error("the other one is gone too")
	}
	if err := s.Set(ctx, "long", "2", 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	b.elapse(t, 30*time.Millisecond, func() bool { return !present(t, s, "long") })
}

func testSetNX(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	for i, want := range []bool{true, false} {
		if got := must[bool](t)(s.SetNX(ctx, "lock", fmt.Sprint("owner", i), time.Hour)); got != want {
			t.Errorf("attempt %d: %v", i, got)
		}
	}
	if got, _, _ := s.Get(ctx, "lock"); got != "owner0" {
		t.Errorf("the lock is held by %q", got)
	}
	must[bool](t)(s.SetNX(ctx, "brief", "first", 20*time.Millisecond))
	b.elapse(t, 20*time.Millisecond, func() bool {
		return must[bool](t)(s.SetNX(ctx, "brief", "second", time.Hour))
	})
}

func testCompareAndDelete(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	if err := s.Set(ctx, "lock", "mine", time.Hour); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		key, val string
		want     bool
	}{{"lock", "theirs", false}, {"lock", "mine", true}, {"lock", "mine", false}, {"none", "", false}}
	for _, step := range steps {
		if got := must[bool](t)(s.CompareAndDelete(ctx, step.key, step.val)); got != step.want {
			t.Errorf("%+v: %v", step, got)
		}
	}
}

func testCounter(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	for want := int64(1); want <= 3; want++ {
		if got := must[int64](t)(s.Incr(ctx, "long", time.Hour)); got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	}
	if got, _, _ := s.Get(ctx, "long"); got != "3" {
		t.Errorf("the counter reads %q", got)
	}
	must[int64](t)(s.Incr(ctx, "short", 30*time.Millisecond))
	must[int64](t)(s.Incr(ctx, "short", time.Hour)) // must not prolong it
	b.elapse(t, 30*time.Millisecond, func() bool { return !present(t, s, "short") })
	if got := must[int64](t)(s.Incr(ctx, "short", time.Hour)); got != 1 {
		t.Errorf("begins again at %d", got)
	}
}

func testLimit(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	slow := kv.Limit{Rate: 0.01, Burst: 3}
	for i := range 3 {
		if got := must[kv.Decision](t)(s.Allow(ctx, "login:1", slow)); got != (kv.Decision{Allowed: true}) {
			t.Fatalf("call %d: %+v", i, got)
		}
	}
	refused := must[kv.Decision](t)(s.Allow(ctx, "login:1", slow))
	if refused.Allowed || refused.RetryAfter > 100*time.Second || refused.RetryAfter < 80*time.Second {
		t.Errorf("the fourth of three: %+v", refused)
	}
	if !must[kv.Decision](t)(s.Allow(ctx, "login:2", slow)).Allowed {
		t.Error("another key shares the bucket")
	}
	quick := kv.Limit{Rate: 20, Burst: 1}
	must[kv.Decision](t)(s.Allow(ctx, "quick", quick))
	b.elapse(t, 50*time.Millisecond, func() bool { return must[kv.Decision](t)(s.Allow(ctx, "quick", quick)).Allowed })
}

func testRooms(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	one := kv.Limit{Rate: 0.01, Burst: 1}
	must[kv.Decision](t)(s.Allow(ctx, "same", one))
	if present(t, s, "same") {
		t.Error("a limit reads as a value")
	}
	if err := errors.Join(s.Set(ctx, "same", "x", time.Hour), s.Delete(ctx, "same")); err != nil {
		t.Fatal(err)
	}
	if must[kv.Decision](t)(s.Allow(ctx, "same", one)).Allowed {
		t.Error("a value has emptied the limit")
	}
}

func testRace(t *testing.T, b backend) {
	s := b.open(t)
	var locks, tokens atomic.Int64
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			if set, err := s.SetNX(t.Context(), "lock", fmt.Sprint(i), time.Hour); err != nil || set {
				locks.Add(1)
			}
			if d, err := s.Allow(t.Context(), "limit", kv.Limit{Rate: 0.001, Burst: 5}); err != nil || d.Allowed {
				tokens.Add(1)
			}
			if _, err := s.Incr(t.Context(), "count", time.Hour); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got, _, _ := s.Get(t.Context(), "count"); locks.Load() != 1 || tokens.Load() != 5 || got != "20" {
		t.Errorf("%d locks, %d tokens, count %s", locks.Load(), tokens.Load(), got)
	}
}

func testMessages(t *testing.T, b backend) {
	here, there, ctx := b.open(t), b.open(t), t.Context()
	first := must[kv.Subscription](t)(here.Subscribe(ctx, "event:1"))
	second := must[kv.Subscription](t)(there.Subscribe(ctx, "event:1"))
	other := must[kv.Subscription](t)(there.Subscribe(ctx, "event:2"))
	for _, m := range []struct{ channel, payload string }{{"event:1", "一"}, {"event:2", "two"}, {"nobody", "x"}, {"event:1", "3"}} {
		if err := here.Publish(ctx, m.channel, m.payload); err != nil {
			t.Fatal(err)
		}
	}
	for name, sub := range map[string]kv.Subscription{"first": first, "second": second} {
		if a, b := receive(t, sub), receive(t, sub); a != "一" || b != "3" {
			t.Errorf("%s got %q, %q", name, a, b)
		}
	}
	if got := receive(t, other); got != "two" {
		t.Errorf("other got %q", got)
	}
	first.Close()
	first.Close()
	if _, open := <-first.C(); open {
		t.Error("delivers after Close")
	}
	if err := there.Publish(ctx, "event:1", "4"); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, second); got != "4" {
		t.Errorf("second got %q after first had left", got)
	}
}

// A listener that does not read holds nobody up and keeps the newest.
func testSlowListener(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	slow := must[kv.Subscription](t)(s.Subscribe(ctx, "live"))
	quick := must[kv.Subscription](t)(s.Subscribe(ctx, "live"))
	const sent = 3 * kv.Buffer
	for i := range sent {
		if err := s.Publish(ctx, "live", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, quick); got != fmt.Sprint(i) {
			t.Fatalf("the quick one got %s at %d", got, i)
		}
	}
	for i := range kv.Buffer {
		if got, want := receive(t, slow), fmt.Sprint(sent-kv.Buffer+i); got != want {
			t.Fatalf("the slow one got %s, want %s", got, want)
		}
	}
}

func testArguments(t *testing.T, b backend) {
	s, ctx := b.open(t), t.Context()
	long := strings.Repeat("k", kv.MaxKey+1)
	for name, err := range map[string]error{
		"no key":       s.Set(ctx, "", "x", time.Hour),
		"long key":     s.Set(ctx, long, "x", time.Hour),
		"large value":  s.Set(ctx, "k", strings.Repeat("x", kv.MaxValue+1), time.Hour),
		"no ttl":       s.Set(ctx, "k", "x", 0),
		"negative ttl": second(s.SetNX(ctx, "k", "x", -time.Second)),
		"counter ttl":  second(s.Incr(ctx, "k", 0)),
		"no rate":      second(s.Allow(ctx, "k", kv.Limit{Burst: 1})),
		"no burst":     second(s.Allow(ctx, "k", kv.Limit{Rate: 1})),
		"endless":      second(s.Allow(ctx, "k", kv.Limit{Rate: 1e-9, Burst: 1})),
		"limit key":    second(s.Allow(ctx, long, kv.Limit{Rate: 1, Burst: 1})),
	} {
		if !errors.Is(err, kv.ErrArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if present(t, s, "k") {
		t.Error("a refused write was kept")
	}
}

func second[T any](_ T, err error) error { return err }

// calls makes one call of every kind.
func calls(ctx context.Context, s kv.KV) map[string]error {
	return map[string]error{
		"Get":              third(s.Get(ctx, "k")),
		"Set":              s.Set(ctx, "k", "x", time.Hour),
		"SetNX":            second(s.SetNX(ctx, "k", "x", time.Hour)),
		"Delete":           s.Delete(ctx, "k"),
		"CompareAndDelete": second(s.CompareAndDelete(ctx, "k", "x")),
		"Incr":             second(s.Incr(ctx, "n", time.Hour)),
		"Allow":            second(s.Allow(ctx, "k", kv.Limit{Rate: 1, Burst: 1})),
		"Publish":          s.Publish(ctx, "c", "x"),
		"Ping":             s.Ping(ctx),
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }

func testEndedContext(t *testing.T, b backend) {
	s := b.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results := calls(ctx, s)
	results["Subscribe"] = second(s.Subscribe(ctx, "c"))
	for name, err := range results {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func testClosed(t *testing.T, b backend) {
	s := b.open(t)
	sub := must[kv.Subscription](t)(s.Subscribe(t.Context(), "c"))
	closeStore(t, s)
	if _, open := <-sub.C(); open {
		t.Error("the subscription outlives the store")
	}
	sub.Close()
	results := calls(t.Context(), s)
	results["Subscribe"] = second(s.Subscribe(t.Context(), "c"))
	for name, err := range results {
		if !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package kv_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"themeday/server/clock"
	"themeday/server/kv"
)

// patience bounds every wait of these tests; none waits that long unless it fails.
const patience = 10 * time.Second

// backend is one implementation under the contract. Handles opened from the same backend see the same store.
type backend struct {
	open   func(t *testing.T) kv.KV
	elapse func(t *testing.T, d time.Duration, until func() bool) // lets d pass, after which until must hold
}

func memoryBackend(*testing.T) backend {
	clk := clock.NewFake(time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC))
	var store kv.KV
	return backend{
		open: func(t *testing.T) kv.KV {
			if store == nil {
				store = kv.NewMemory(clk)
				t.Cleanup(func() { closeStore(t, store) })
			}
			return store
		},
		elapse: func(t *testing.T, d time.Duration, until func() bool) {
			t.Helper()
			clk.Advance(d)
			if !until() {
				t.Fatalf("not so after %v", d)
			}
		},
	}
}

// redisURL returns the test server with a database that only this package uses, emptied.
func redisURL(t *testing.T) string {
	t.Helper()
	raw := os.Getenv("TEST_REDIS_URL")
	if raw == "" {
		t.Skip("TEST_REDIS_URL is not set; scripts/engines starts a Redis and sets it")
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("TEST_REDIS_URL: %v", err)
	}
	u.Path = "/9"
	flush(t, u.String())
	return u.String()
}

func rawClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	settings, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(settings)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func flush(t *testing.T, url string) {
	t.Helper()
	client := rawClient(t, url)
	if err := errors.Join(client.FlushDB(t.Context()).Err(), client.ScriptFlush(t.Context()).Err()); err != nil {
		t.Fatalf("flush: %v", err)
	}
}

func redisBackend(t *testing.T) backend {
	url := redisURL(t)
	return backend{
		open: func(t *testing.T) kv.KV { return openRedis(t, url) },
		elapse: func(t *testing.T, d time.Duration, until func() bool) {
			t.Helper()
			eventually(t, fmt.Sprintf("so after %v", d), until)
		},
	}
}

func openRedis(t *testing.T, url string, opts ...kv.Option) kv.KV {
	t.Helper()
	store, err := kv.OpenRedis(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, store) })
	return store
}

func closeStore(t *testing.T, store kv.KV) {
	if err := errors.Join(store.Close(), store.Close()); err != nil {
		t.Errorf("close twice: %v", err)
	}
}

// eventually asks again and again until cond holds, for what another process does in its own time.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !cond() {
		select {
		case <-ctx.Done():
			t.Fatalf("never %s", what)
		case <-tick.C:
		}
	}
}

func receive(t *testing.T, sub kv.Subscription) string {
	t.Helper()
	select {
	case payload, open := <-sub.C():
		if !open {
			t.Fatal("the subscription has ended")
		}
		return payload
	case <-time.After(patience):
		t.Fatal("nothing received")
	}
	return ""
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func present(t *testing.T, s kv.KV, key string) bool {
	t.Helper()
	_, found, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%s): %v", key, err)
	}
	return found
}

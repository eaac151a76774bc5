package kv_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/kv"
)

// answer is the most that a call may take while Redis hangs: 0.2 s, and as much again for a busy test machine.
const answer = 400 * time.Millisecond

// sleeper is a Redis that accepts connections and says nothing until it is woken; then it answers every command.
type sleeper struct {
	url         string
	connections atomic.Int64
	awake       atomic.Bool
}

func newSleeper(t *testing.T) *sleeper {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sleeper{url: "redis://" + listener.Addr().String()}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			group.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); group.Wait() })
	return s
}

// serve reads commands, each "*n" and then n times "$length" and a word.
func (s *sleeper) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewScanner(conn)
	for in.Scan() {
		var words int
		if _, err := fmt.Sscanf(in.Text(), "*%d", &words); err != nil {
			return
		}
		reply := "+PONG\r\n"
		for range 2 * words {
			if in.Scan(); strings.EqualFold(in.Text(), "hello") {
				reply = "-ERR unknown command\r\n"
			}
		}
		if s.awake.Load() {
			_, _ = io.WriteString(conn, reply)
		}
	}
}

func TestHungRedisCostsLittle(t *testing.T) {
	for name, query := range map[string]string{"as given": "", "whatever the URL says": "?read_timeout=10s&max_retries=5&dial_timeout=10s"} {
		t.Run(name, func(t *testing.T) {
			store := openRedis(t, newSleeper(t).url+query)
			var group sync.WaitGroup
			for range 64 {
				group.Go(func() {
					took := clock.Stopwatch()
					err := store.Set(t.Context(), "k", "x", time.Hour)
					if d := took(); d > answer || !errors.Is(err, kv.ErrUnavailable) {
						t.Errorf("%v after %v", err, d)
					}
				})
			}
			group.Wait()
			for what, err := range calls(t.Context(), store) {
				if !errors.Is(err, kv.ErrUnavailable) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func TestBreaker(t *testing.T) {
	server := newSleeper(t)
	clk := clock.NewFake(time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC))
	var log bytes.Buffer
	store := openRedis(t, server.url, kv.WithClock(clk), kv.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	ping := func() error { return store.Ping(t.Context()) }
	expect := func(step string, asked int64) {
		t.Helper()
		before := server.connections.Load()
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if err := ping(); !errors.Is(err, kv.ErrUnavailable) {
					t.Errorf("%s: %v", step, err)
				}
			})
		}
		group.Wait()
		if got := server.connections.Load() - before; got != asked {
			t.Errorf("%s: asked %d times, want %d", step, got, asked)
		}
	}
	for range 3 {
		if err := ping(); !errors.Is(err, kv.ErrUnavailable) {
			t.Fatalf("closed: %v", err)
		}
	}
	expect("open", 0)
	clk.Advance(999 * time.Millisecond)
	expect("still open", 0)
	clk.Advance(time.Millisecond)
	expect("half open", 1)
	expect("open again", 0)
	server.awake.Store(true)
	expect("open though it answers", 0)
	clk.Advance(time.Second)
	for _, step := range []string{"recovering", "closed again"} { // one at a time: who comes after the first may ask as well
		if err := ping(); err != nil {
			t.Errorf("%s: %v", step, err)
		}
	}
	if text := log.String(); strings.Count(text, "does not answer") != 1 || strings.Count(text, "answers again") != 1 {
		t.Errorf("the log says %s", text)
	}
}

func TestRefusedPort(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	store := openRedis(t, "redis://"+addr)
	sub := must[kv.Subscription](t)(store.Subscribe(t.Context(), "live"))
	for what, err := range calls(t.Context(), store) {
		if !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := store.Publish(t.Context(), "live", "1"); !errors.Is(err, kv.ErrUnavailable) {
		t.Error(err)
	}
	if got := receive(t, sub); got != "1" {
		t.Errorf("this process heard %q of itself", got)
	}
}

func TestOpenRedisRefuses(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:6379", "http://h", "redis://u:geheim@h:x/0", "redis://u:geheim@h/db", "redis://u:geheim@h/0?x=1", "redis://u:geheim%zz@h"} {
		store, err := kv.OpenRedis(url)
		if err == nil {
			_ = store.Close()
			t.Errorf("%q was opened", url)
			continue
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("the password is in the error: %v", err)
		}
	}
}

// Emptying Redis loses nothing that matters: everything works on, from nothing.
func TestFlush(t *testing.T) {
	url := redisURL(t)
	store, ctx := openRedis(t, url), t.Context()
	limit := kv.Limit{Rate: 0.001, Burst: 1}
	sub := must[kv.Subscription](t)(store.Subscribe(ctx, "live"))
	for range 2 {
		if !must[bool](t)(store.SetNX(ctx, "lock", "me", time.Hour)) {
			t.Error("the lock is held by nobody")
		}
		if !must[kv.Decision](t)(store.Allow(ctx, "login", limit)).Allowed {
			t.Error("refused, though nothing is known")
		}
		if n := must[int64](t)(store.Incr(ctx, "n", time.Hour)); n != 1 {
			t.Errorf("counts from %d", n)
		}
		if err := store.Publish(ctx, "live", "1"); err != nil || receive(t, sub) != "1" {
			t.Errorf("publish: %v", err)
		}
		flush(t, url)
		if must[bool](t)(store.CompareAndDelete(ctx, "lock", "me")) || present(t, store, "n") {
			t.Error("something is left")
		}
	}
}

func TestEveryKeyExpiresAndIsOurs(t *testing.T) {
	url := redisURL(t)
	store, raw := openRedis(t, url), rawClient(t, url)
	for what, err := range calls(t.Context(), store) {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	must[bool](t)(store.SetNX(t.Context(), "lock", "x", time.Hour))
	keys := must[[]string](t)(raw.Keys(t.Context(), "*").Result())
	if len(keys) != 3 {
		t.Errorf("keys %v, want a lock, a counter and a limit", keys)
	}
	for _, key := range keys {
		if ttl := raw.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > time.Hour || !strings.HasPrefix(key, "themeday:") {
			t.Errorf("%s lives for %v", key, ttl)
		}
	}
}

// Whoever has cut the connection: the listener is told to read again and hears what comes afterwards.
func TestListenerSurvivesLostConnection(t *testing.T) {
	url := redisURL(t)
	store, raw := openRedis(t, url), rawClient(t, url)
	sub := must[kv.Subscription](t)(store.Subscribe(t.Context(), "live"))
	if err := raw.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, sub); got != kv.Resync {
		t.Fatalf("got %q, want a resync", got)
	}
	eventually(t, "heard again", func() bool {
		if err := store.Publish(t.Context(), "live", "after"); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-sub.C():
			return got == "after"
		default:
			return false
		}
	})
}

func TestDatabasesDoNotHearEachOther(t *testing.T) {
	url := redisURL(t)
	here, there := openRedis(t, url), openRedis(t, strings.TrimSuffix(url, "/9")+"/8")
	sub := must[kv.Subscription](t)(here.Subscribe(t.Context(), "live"))
	if err := errors.Join(there.Publish(t.Context(), "live", "theirs"), here.Publish(t.Context(), "live", "ours")); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, sub); got != "ours" {
		t.Errorf("got %q", got)
	}
}

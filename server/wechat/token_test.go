package wechat_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

// Two servers share a cache; twenty requests come at once; WeChat is asked for one token.
func TestOneFetchForAll(t *testing.T) {
	f := setUp(t)
	clients := []*wechat.Client{f.Client, f.newClient(f.sim.Transport())}
	var ready, done sync.WaitGroup
	ready.Add(20)
	for i := range 20 {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			if _, err := clients[i%2].Templates(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if n := f.calls(tokenPath); n != 1 {
		t.Errorf("%d token fetches, want 1", n)
	}
	if held := f.cache.value(lockKey); held != "" {
		t.Error("the lock is still held")
	}
}

// A token dies while it is in use: one refresh, one repeat, one message.
func TestStaleTokenIsRenewedOnce(t *testing.T) {
	for name, kill := range map[string]func(t *testing.T, f *fixture){
		"expired":                   func(_ *testing.T, f *fixture) { f.clock.Advance(2 * time.Hour) },
		"replaced by somebody else": func(_ *testing.T, f *fixture) { f.sim.KillTokens() },
		"40001 once":                func(t *testing.T, f *fixture) { f.fault(t, sim.Fault{Endpoint: "send", ErrCode: 40001}) },
		"40014 once":                func(t *testing.T, f *fixture) { f.fault(t, sim.Fault{Endpoint: "send", ErrCode: 40014}) },
		"42001 once":                func(t *testing.T, f *fixture) { f.fault(t, sim.Fault{Endpoint: "send", ErrCode: 42001}) },
	} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t)
			_, err := f.Templates(t.Context())
			must(t, err)
			kill(t, f)
			_, err = f.SendSubscribe(t.Context(), f.message())
			must(t, err)
			if fetched, sent, arrived := f.calls(tokenPath), f.calls(sendPath), f.onPhone(t, "wang"); fetched != 2 || sent != 2 || arrived != 1 {
				t.Errorf("%d fetches, %d sends, %d messages; want 2, 2, 1", fetched, sent, arrived)
			}
		})
	}
}

func TestTokenTroubleThatLasts(t *testing.T) {
	f := setUp(t)
	f.fault(t, sim.Fault{Endpoint: "send", ErrCode: 40001, Times: -1})
	_, err := f.SendSubscribe(t.Context(), f.message())
	if e := failed(t, err); e.Code != wechat.CodeInvalidCredential || !e.Temporary() {
		t.Errorf("got %v, want token trouble for later", e)
	}
	if n := f.calls(sendPath); n != 2 {
		t.Errorf("%d sends, want 2", n)
	}
}

// Another server has already put a newer token into the cache when this one learns that its own is stale.
func TestNewerTokenIsKept(t *testing.T) {
	f := setUp(t)
	_, err := f.Templates(t.Context())
	must(t, err)
	valid := f.cache.value(tokenKey)
	f.cache.put(tokenKey, strings.Repeat("stale", 24))
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		f.cache.put(tokenKey, valid)
		return f.sim.Transport().RoundTrip(r)
	})
	_, err = f.newClient(transport).SendSubscribe(t.Context(), f.message())
	must(t, err)
	if n := f.calls(tokenPath); n != 1 {
		t.Errorf("%d fetches, want none beyond the first", n)
	}
	if f.cache.value(tokenKey) != valid {
		t.Error("the newer token was dropped")
	}
}

func TestTokenTTL(t *testing.T) {
	for life, want := range map[int]time.Duration{
		7200: 6900 * time.Second, 301: time.Second, 300: time.Second, 120: time.Second, 1500: 1200 * time.Second,
	} {
		f := setUp(t)
		f.fault(t, sim.Fault{Endpoint: "stable_token", ExpiresIn: life})
		_, err := f.Templates(t.Context())
		must(t, err)
		if got := f.cache.ttls[tokenKey]; got != want {
			t.Errorf("token with %d s left is cached for %s, want %s", life, got, want)
		}
	}
}

// A cache that is out of order costs a fetch per minute, not an answer.
func TestBrokenCache(t *testing.T) {
	f := setUp(t)
	f.cache.broken = true
	for range 3 {
		_, err := f.Templates(t.Context())
		must(t, err)
	}
	if n := f.calls(tokenPath); n != 1 {
		t.Errorf("%d fetches within a minute, want 1", n)
	}
	f.clock.Advance(time.Minute)
	f.fault(t, sim.Fault{Endpoint: "templates", ErrCode: 42001})
	_, err := f.Templates(t.Context())
	must(t, err)
	if n := f.calls(tokenPath); n != 3 {
		t.Errorf("%d fetches, want one more for the minute and one for the stale token", n)
	}
	if !strings.Contains(f.log.String(), "cache cannot be read") {
		t.Error("the log does not mention the cache")
	}
}

func TestGarbageInCacheIsIgnored(t *testing.T) {
	for _, garbage := range []string{"", "a&force=1", "token\r\nHost: evil", strings.Repeat("x", 1001)} {
		f := setUp(t)
		f.cache.put(tokenKey, garbage)
		_, err := f.Templates(t.Context())
		must(t, err)
	}
}

// Another server holds the lock and stores its token while this one waits.
func TestWaitsForAnotherServer(t *testing.T) {
	f := setUp(t)
	_, err := f.Templates(t.Context())
	must(t, err)
	valid := f.cache.value(tokenKey)
	f.cache.put(tokenKey, "")
	f.cache.put(lockKey, "another server")
	var looks atomic.Int32
	f.cache.onGet = func(string) {
		if looks.Add(1) == 4 {
			f.cache.put(tokenKey, valid)
		}
	}
	_, err = f.Templates(t.Context())
	must(t, err)
	if n := f.calls(tokenPath); n != 1 {
		t.Errorf("%d fetches, want none beyond the first", n)
	}
	if f.cache.value(lockKey) != "another server" {
		t.Error("the other server's lock was taken away")
	}
}

// Another server took the lock and died.
func TestLockOfDeadServer(t *testing.T) {
	f := setUp(t)
	f.cache.put(lockKey, "dead server")
	wechat.SetPatience(f.Client, time.Millisecond)
	_, err := f.Templates(t.Context())
	must(t, err)
	if f.cache.value(tokenKey) == "" {
		t.Error("the token is not shared")
	}
}

// A failed fetch is one failure for everybody who waits for it, and the next call tries anew.
func TestFailedFetch(t *testing.T) {
	f := setUp(t)
	f.fault(t, sim.Fault{Endpoint: "stable_token", ErrCode: wechat.CodeForeignIP})
	_, err := f.Templates(t.Context())
	e := failed(t, err)
	if e.Op != "token" || e.Code != wechat.CodeForeignIP || e.Temporary() {
		t.Errorf("got %v, want 40164 of the token", e)
	}
	if !strings.Contains(e.Message, "203.0.113.7") {
		t.Errorf("message %q does not tell the operator the address", e.Message)
	}
	_, err = f.Templates(t.Context())
	must(t, err)
}

func TestWrongSecret(t *testing.T) {
	f := setUp(t, func(c *wechat.Config) { c.AppSecret = "wrong" })
	_, err := f.SendSubscribe(t.Context(), f.message())
	if wechat.CodeOf(err) != wechat.CodeInvalidSecret {
		t.Errorf("got %v, want 40125", err)
	}
	var e *wechat.Error
	if !errors.As(err, &e) || e.Outcome != wechat.NotSent {
		t.Errorf("got %v, want not sent", err)
	}
}

// A caller who gives up does not wait for the fetch, and does not spoil it for the others.
func TestCallerGivesUpDuringFetch(t *testing.T) {
	f := setUp(t)
	ctx, cancel := context.WithCancel(t.Context())
	reached, release := make(chan struct{}), make(chan struct{})
	client := f.newClient(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == tokenPath {
			close(reached)
			<-release
		}
		return f.sim.Transport().RoundTrip(r)
	}))
	others := make(chan error)
	go func() {
		<-reached
		go func() {
			_, err := client.Templates(t.Context())
			others <- err
		}()
		cancel()
	}()
	_, err := client.Templates(ctx)
	if e := failed(t, err); !errors.Is(e, context.Canceled) || e.Outcome != wechat.NotSent {
		t.Errorf("got %v (%s), want a cancelled call that was not sent", e, e.Outcome)
	}
	close(release)
	if err := <-others; err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if n := f.calls(tokenPath); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

// Many messages are under way on two servers when somebody else replaces the token. Each arrives once, and WeChat is
// asked for one new token.
func TestTokenReplacedUnderLoad(t *testing.T) {
	const messages = 40
	f := setUp(t)
	for range messages - 1 { // setUp has tapped once
		_, err := f.sim.Tap("wang", []string{f.tmpl}, nil)
		must(t, err)
	}
	clients := []*wechat.Client{f.Client, f.newClient(f.sim.Transport())}
	_, err := f.Templates(t.Context())
	must(t, err)
	f.sim.KillTokens()
	var all sync.WaitGroup
	for i := range messages {
		all.Go(func() {
			if _, err := clients[i%2].SendSubscribe(t.Context(), f.message()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if arrived, fetched := f.onPhone(t, "wang"), f.calls(tokenPath); arrived != messages || fetched != 2 {
		t.Errorf("%d messages and %d fetches, want %d and 2", arrived, fetched, messages)
	}
}

// The cache goes out of order between reading and storing.
func TestCacheBreaksMidway(t *testing.T) {
	f := setUp(t)
	client := f.newClient(roundTrip(func(r *http.Request) (*http.Response, error) {
		f.cache.mu.Lock()
		f.cache.broken = true
		f.cache.mu.Unlock()
		return f.sim.Transport().RoundTrip(r)
	}))
	_, err := client.Templates(t.Context())
	must(t, err)
	for _, note := range []string{"token cannot be cached", "lock cannot be released"} {
		if !strings.Contains(f.log.String(), note) {
			t.Errorf("the log does not say %q: %s", note, f.log)
		}
	}
}

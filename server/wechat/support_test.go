package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

const (
	appID  = "wx0123456789abcdef"
	secret = "5ecre7-5ecre7-5ecre7-5ecre7-5ecr" // never to be seen in an error or a log
)

var start = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// cache is a shared cache in memory that can be out of order.
type cache struct {
	mu     sync.Mutex
	values map[string]string
	ttls   map[string]time.Duration
	broken bool
	onGet  func(key string) // called before every Get, without the lock
}

var errBroken = errors.New("cache out of order")

func newCache() *cache {
	return &cache{values: map[string]string{}, ttls: map[string]time.Duration{}}
}

func (c *cache) Get(_ context.Context, key string) (string, bool, error) {
	if c.onGet != nil {
		c.onGet(key)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return "", false, errBroken
	}
	value, ok := c.values[key]
	return value, ok, nil
}

func (c *cache) Set(_ context.Context, key, value string, ttl time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return errBroken
	}
	c.values[key], c.ttls[key] = value, ttl
	return nil
}

func (c *cache) SetNX(_ context.Context, key, value string, ttl time.Duration) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return false, errBroken
	}
	if _, taken := c.values[key]; taken {
		return false, nil
	}
	c.values[key], c.ttls[key] = value, ttl
	return true, nil
}

func (c *cache) CompareAndDelete(_ context.Context, key, value string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return false, errBroken
	}
	if c.values[key] != value {
		return false, nil
	}
	delete(c.values, key)
	return true, nil
}

func (c *cache) value(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values[key]
}

func (c *cache) put(key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[key] = value
}

const (
	tokenKey = "wechat:token:" + appID
	lockKey  = "wechat:token-lock:" + appID
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// fixture is a client in front of a simulated platform with two people and two templates.
type fixture struct {
	*wechat.Client
	sim   *sim.Sim
	clock *clock.Adjustable
	cache *cache
	log   *bytes.Buffer
	tmpl  string // id of the template that the secretary has one grant for
}

func setUp(t *testing.T, change ...func(*wechat.Config)) *fixture {
	t.Helper()
	f := &fixture{clock: clock.NewFake(start), cache: newCache(), log: &bytes.Buffer{}}
	f.sim = sim.New(sim.Options{AppID: appID, AppSecret: secret, Clock: f.clock, UnionIDs: true, Pages: []string{"pages/home/home", "pages/event/event"}})
	f.sim.AddPerson(sim.Person{ID: "wang", Name: "王建国", Phone: "13800000001"})
	f.sim.AddPerson(sim.Person{ID: "chen", Name: "陈港生", Phone: "+852 91234567"})
	var err error
	f.tmpl, err = f.sim.AddTemplate(sim.Template{
		Title: "活动提醒", Content: "活动名称：{{thing1.DATA}}\n开始时间：{{time2.DATA}}\n状态：{{enum_string3.DATA}}",
		Enums: map[string][]string{"enum_string3": {"已发布", "已取消"}},
	})
	must(t, err)
	_, err = f.sim.Tap("wang", []string{f.tmpl}, nil)
	must(t, err)
	f.Client = f.newClient(f.sim.Transport(), change...)
	return f
}

// newClient returns another client, as another server of the same installation would have.
func (f *fixture) newClient(transport http.RoundTripper, change ...func(*wechat.Config)) *wechat.Client {
	cfg := wechat.Config{AppID: appID, AppSecret: secret}
	for _, c := range change {
		c(&cfg)
	}
	log := slog.New(slog.NewTextHandler(f.log, nil))
	return wechat.New(cfg, f.cache, transport, f.clock, ident.NewSource(f.clock, nil), log)
}

// message is one that the platform accepts.
func (f *fixture) message() wechat.SubscribeMessage {
	return wechat.SubscribeMessage{
		OpenID: f.openID("wang"), TemplateID: f.tmpl, Page: "pages/event/event?id=1",
		Data: map[string]string{"thing1": "三月主题党日", "time2": "2026年3月10日 09:00", "enum_string3": "已发布"},
	}
}

func (f *fixture) openID(person string) string {
	for _, p := range f.sim.People() {
		if p.ID == person {
			return p.OpenID
		}
	}
	return ""
}

func (f *fixture) fault(t *testing.T, fault sim.Fault) {
	t.Helper()
	_, err := f.sim.SetFault(fault)
	must(t, err)
}

// calls counts the requests that the platform saw at a path.
func (f *fixture) calls(path string) (n int) {
	for _, r := range f.sim.Requests() {
		if r.Path == path {
			n++
		}
	}
	return n
}

func (f *fixture) onPhone(t *testing.T, person string) int {
	t.Helper()
	messages, err := f.sim.Messages(person)
	must(t, err)
	return len(messages)
}

const (
	tokenPath = "/cgi-bin/stable_token"
	sendPath  = "/cgi-bin/message/subscribe/send"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// failed returns err as the package's own error, which every failure must be.
func failed(t *testing.T, err error) *wechat.Error {
	t.Helper()
	var e *wechat.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *wechat.Error", err)
	}
	return e
}

// replies is a transport that gives out a token and answers everything else with the same body.
func replies(status int, contentType, body string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == tokenPath {
			return response(200, "application/json", `{"access_token":"`+strings.Repeat("T", 120)+`","expires_in":7200}`), nil
		}
		return response(status, contentType, body), nil
	})
}

func response(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

package wechat_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

func TestConfigValidate(t *testing.T) {
	good := wechat.Config{AppID: appID, AppSecret: secret}
	tests := []struct {
		name   string
		change func(*wechat.Config)
		faults int
	}{
		{"good", func(*wechat.Config) {}, 0},
		{"trial, 30 s, loopback", func(c *wechat.Config) {
			c.State, c.Timeout, c.BaseURL = wechat.StateTrial, 30*time.Second, "http://127.0.0.1:8080/__sim/wx"
		}, 0},
		{"localhost", func(c *wechat.Config) { c.BaseURL = "http://localhost:1" }, 0},
		{"loopback v6", func(c *wechat.Config) { c.BaseURL = "https://[::1]:1/x" }, 0},
		{"empty", func(c *wechat.Config) { *c = wechat.Config{} }, 2},
		{"state", func(c *wechat.Config) { c.State = "release" }, 1},
		{"time-out", func(c *wechat.Config) { c.Timeout = time.Hour }, 1},
		{"foreign address", func(c *wechat.Config) { c.BaseURL = "http://192.0.2.1" }, 1},
		{"foreign name", func(c *wechat.Config) { c.BaseURL = "http://localhost.example.com" }, 1},
		{"user in front", func(c *wechat.Config) { c.BaseURL = "http://127.0.0.1@example.com" }, 1},
		{"no host", func(c *wechat.Config) { c.BaseURL = "/x" }, 1},
		{"no web address", func(c *wechat.Config) { c.BaseURL = "ftp://127.0.0.1" }, 1},
		{"no address", func(c *wechat.Config) { c.BaseURL = "http://[::1" }, 1},
		{"everything", func(c *wechat.Config) { *c = wechat.Config{State: "x", Timeout: -1, BaseURL: "x"} }, 5},
	}
	for _, tt := range tests {
		cfg := good
		tt.change(&cfg)
		got := 0
		if err := cfg.Validate(); err != nil {
			got = len(strings.Split(err.Error(), "\n"))
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the secret is in %q", tt.name, err)
			}
		}
		if got != tt.faults {
			t.Errorf("%s: %d faults, want %d: %v", tt.name, got, tt.faults, cfg.Validate())
		}
	}
}

// A base address that is not this machine gets nothing, even if nobody called Validate.
func TestForeignBaseIsRefused(t *testing.T) {
	for _, base := range []string{"http://192.0.2.1", "http://example.com", "http://127.0.0.1@example.com", "gopher://127.0.0.1"} {
		f := setUp(t)
		sent := false
		client := f.newClient(roundTrip(func(*http.Request) (*http.Response, error) {
			sent = true
			return nil, errors.New("sent")
		}), func(c *wechat.Config) { c.BaseURL = base })
		_, err := client.Login(t.Context(), "abc")
		if e := failed(t, err); !errors.Is(e, wechat.ErrForeignHost) || e.Outcome != wechat.NotSent || e.Temporary() || sent {
			t.Errorf("%s: got %v, sent %t", base, e, sent)
		}
	}
}

// The SDK sends nothing for anybody who does not come through a Client.
func TestSDKAloneIsRefused(t *testing.T) {
	setUp(t)
	for _, address := range []string{"https://api.weixin.qq.com/cgi-bin/token?secret=x", "https://example.com/"} {
		if _, err := util.HTTPGetContext(t.Context(), address); !errors.Is(err, wechat.ErrForeignHost) {
			t.Errorf("%s: got %v, want ErrForeignHost", address, err)
		}
	}
	if _, _, err := util.PostJSONWithRespContentType("https://api.weixin.qq.com/x", map[string]string{}); !errors.Is(err, wechat.ErrForeignHost) {
		t.Errorf("got %v, want ErrForeignHost", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var strayed atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer stranger.Close()
	server := httptest.NewServer(http.RedirectHandler(stranger.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	f := setUp(t)
	client := f.newClient(nil, func(c *wechat.Config) { c.BaseURL = server.URL })
	_, err := client.SendSubscribe(t.Context(), f.message())
	if e := failed(t, err); e.Status != http.StatusTemporaryRedirect || strayed.Load() != 0 {
		t.Errorf("got %v, %d requests strayed", e, strayed.Load())
	}
}

// Over a real socket, under the path where the application mounts the simulator.
func TestOverHTTP(t *testing.T) {
	f := setUp(t)
	server := httptest.NewServer(f.sim.Control())
	defer server.Close()
	client := f.newClient(nil, func(c *wechat.Config) {
		c.BaseURL, c.Timeout = server.URL+"/__sim/wx", time.Second
	})
	identity, err := client.Login(t.Context(), loginCode(t, f))
	if err != nil || identity.OpenID != f.openID("wang") {
		t.Errorf("login: %v, %v", identity, err)
	}
	f.fault(t, sim.Fault{Endpoint: "send", Drop: true, After: true})
	_, err = client.SendSubscribe(t.Context(), f.message())
	if e := failed(t, err); e.Outcome != wechat.Unknown || f.onPhone(t, "wang") != 1 {
		t.Errorf("send: got %v with %d messages on the phone", e, f.onPhone(t, "wang"))
	}
	f.fault(t, sim.Fault{Endpoint: "login", Truncate: true})
	_, err = client.Login(t.Context(), loginCode(t, f))
	if e := failed(t, err); e.Outcome != wechat.Unknown {
		t.Errorf("truncated: got %v", e)
	}
}

func TestReplyTooLarge(t *testing.T) {
	f := setUp(t)
	client := f.newClient(replies(200, "application/json", strings.Repeat(" ", 4<<20)+"{}"))
	_, err := client.Login(t.Context(), "abc")
	if e := failed(t, err); !errors.Is(e, wechat.ErrReplyTooLarge) {
		t.Errorf("got %v, want ErrReplyTooLarge", e)
	}
}

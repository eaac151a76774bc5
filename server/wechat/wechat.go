// Package wechat talks to api.weixin.qq.com on behalf of the mini-program: login, phone number, subscribe messages,
// mini-program codes. It is the only importer of github.com/silenceper/wechat.
//
// What the SDK does well is used as it is: addresses, request and reply types, login, phone number, decoding. What it
// does not do is done here: a time-out on every call, a guard that lets requests out to one host only (gate.go), an
// access token that many servers share and that is renewed when WeChat calls it stale (token.go), and errors that keep
// WeChat's code, say whether the request may have been accepted, and never show a secret (errors.go).
//
// A Client holds no goroutine and needs no stopping.
package wechat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
)

// The states of the mini-program that a message or a code opens.
const (
	StateDeveloper = "developer"
	StateTrial     = "trial"
	StateFormal    = "formal"
)

const (
	defaultTimeout = 5 * time.Second
	// maxTimeout also bounds the SDK's shared HTTP client, so that nothing outlives it whatever the context says.
	maxTimeout = 30 * time.Second
)

// Config says which mini-program to speak for, and where WeChat is.
type Config struct {
	AppID     string
	AppSecret string
	State     string        // StateDeveloper, StateTrial or StateFormal; empty = StateFormal
	Timeout   time.Duration // of one HTTP exchange, 0 < t <= 30 s; 0 = 5 s
	// BaseURL is empty for https://api.weixin.qq.com. Otherwise it must be on this machine (localhost or a loopback
	// address), because everything sent there carries the secret; e.g. http://127.0.0.1:8080/__sim/wx.
	BaseURL string
}

// Validate reports everything that is wrong with the settings, joined; nil when nothing is.
func (c Config) Validate() error {
	var problems []error
	if c.AppID == "" {
		problems = append(problems, errors.New("wechat: the app id is missing"))
	}
	if c.AppSecret == "" {
		problems = append(problems, errors.New("wechat: the app secret is missing"))
	}
	if !slices.Contains([]string{"", StateDeveloper, StateTrial, StateFormal}, c.State) {
		problems = append(problems, fmt.Errorf("wechat: state %q is none of developer, trial, formal", c.State))
	}
	if c.Timeout < 0 || c.Timeout > maxTimeout {
		problems = append(problems, fmt.Errorf("wechat: time-out %s is outside 0–%s", c.Timeout, maxTimeout))
	}
	if _, err := c.base(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// base returns the parsed BaseURL, nil when requests go to WeChat itself.
func (c Config) base() (*url.URL, error) {
	if c.BaseURL == "" {
		return nil, nil
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("wechat: the base URL is no http or https address")
	}
	if !loopback(base.Hostname()) {
		return nil, fmt.Errorf("wechat: the base URL's host %q is not this machine", base.Hostname())
	}
	return base, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// Client speaks for one mini-program. It is safe for concurrent use.
type Client struct {
	cfg    Config
	gate   *gate
	tokens *tokenKeeper
}

// New returns a client. Access tokens are shared through cache by all servers that use the same one. A nil transport
// is the network; the demonstration passes the simulator's. A nil log is silent.
//
// Settings that Validate refuses give a client that refuses every call with ErrForeignHost or is refused by WeChat.
func New(cfg Config, cache Cache, transport http.RoundTripper, clk clock.Clock, ids *ident.Source, log *slog.Logger) *Client {
	installSDK()
	if cfg.Timeout <= 0 || cfg.Timeout > maxTimeout {
		cfg.Timeout = defaultTimeout
	}
	if cfg.State == "" {
		cfg.State = StateFormal
	}
	if transport == nil {
		transport = network()
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	base, err := cfg.base()
	c := &Client{cfg: cfg, gate: &gate{base: base, shut: err != nil, next: transport}}
	c.tokens = &tokenKeeper{
		key: "wechat:token:" + cfg.AppID, lock: "wechat:token-lock:" + cfg.AppID,
		cache: cache, clock: clk, ids: ids, log: log, fetch: c.fetchToken, patience: lockPatience,
	}
	return c
}

// maxIdle is as many connections as a burst of reminders may keep busy: the largest setting of workers.
const maxIdle = 256

// network returns the transport for real use. It keeps as many idle connections to the one host as a burst of reminders
// keeps busy; the standard library's two would open and close one for nearly every message.
func network() http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   maxIdle,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// call runs one exchange: through the client's gate, bounded by its time-out, its error made safe to show.
func (c *Client) call(ctx context.Context, op string, exchange func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(through(ctx, c.gate), c.cfg.Timeout)
	defer cancel()
	return c.failure(op, exchange(ctx))
}

// callWithToken is call for the endpoints that want an access token. When WeChat says that the token is no good, the
// token is dropped, fetched once more, and the exchange repeated once: such a refusal means that nothing was done.
func (c *Client) callWithToken(ctx context.Context, op string, exchange func(ctx context.Context, token string) error) error {
	attempt := func() (token string, err error) {
		if token, err = c.tokens.get(ctx); err != nil {
			return "", notSent(c.failure("token", err))
		}
		return token, c.call(ctx, op, func(ctx context.Context) error { return exchange(ctx, token) })
	}
	token, err := attempt()
	if token == "" || !tokenTrouble(CodeOf(err)) {
		return err
	}
	c.tokens.drop(ctx, token)
	_, err = attempt()
	return err
}

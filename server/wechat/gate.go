package wechat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/silenceper/wechat/v2/util"
)

// apiHost is the one host that requests may go to; the SDK writes it into every address.
const apiHost = "api.weixin.qq.com"

// maxReply bounds what is read of a reply, in bytes. The largest good one is a code of 1280 pixels, well under 1 MiB.
const maxReply = 4 << 20

var (
	// ErrForeignHost is the cause when a request was about to leave for another host than the configured one.
	ErrForeignHost = errors.New("wechat: refused to send to a foreign host")
	// ErrReplyTooLarge is the cause when a reply is larger than 4 MiB.
	ErrReplyTooLarge = errors.New("wechat: reply too large")
)

// statusError is a reply whose HTTP status is not 200. WeChat answers 200 even when it refuses, so this comes from
// something between us and it.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("HTTP %d", int(s)) }

// installSDK points the SDK's HTTP client, a global of its package, at router. It happens once per process, before the
// first Client exists, and never again, so the SDK's unsynchronised reads of the global race with nothing. Which way a
// request goes is decided by its context; one without a Client's gate in it goes nowhere.
var installSDK = sync.OnceFunc(func() {
	util.DefaultHTTPClient = &http.Client{Transport: router{}, Timeout: maxTimeout}
})

type gateKey struct{}

// through returns a context whose requests pass the gate.
func through(ctx context.Context, g *gate) context.Context {
	return context.WithValue(ctx, gateKey{}, g)
}

type router struct{}

func (router) RoundTrip(r *http.Request) (*http.Response, error) {
	g, ok := r.Context().Value(gateKey{}).(*gate)
	if !ok {
		return nil, refuse(r)
	}
	return g.RoundTrip(r)
}

func refuse(r *http.Request) error {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return ErrForeignHost
}

// gate lets requests out to WeChat, or to the base address that stands for it, and to nowhere else.
type gate struct {
	base *url.URL // nil: api.weixin.qq.com itself
	shut bool     // the settings name no host that may be used
	next http.RoundTripper
}

// RoundTrip sends the request and returns the reply if its status is 200. Turning every other status into an error here
// also keeps the HTTP client from following redirects, which would carry the secret along.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.shut || r.URL.Scheme != "https" || r.URL.Host != apiHost {
		return nil, refuse(r)
	}
	if g.base != nil {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host, r.Host = g.base.Scheme, g.base.Host, g.base.Host
		r.URL.Path = strings.TrimSuffix(g.base.Path, "/") + r.URL.Path
	}
	reply, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		_ = reply.Body.Close()
		return nil, statusError(reply.StatusCode)
	}
	reply.Body = &boundedBody{ReadCloser: reply.Body, left: maxReply}
	return reply, nil
}

// boundedBody fails with ErrReplyTooLarge instead of returning more than left bytes.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrReplyTooLarge
	}
	return n, err
}

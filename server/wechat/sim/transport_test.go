package sim_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

func newOnce() *sync.Once { return &sync.Once{} }

// towards sends requests to a server, under the path where the simulator is mounted.
type towards struct{ host string }

func (t towards) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.URL.Path = "http", t.host, "/__sim/wx"+r.URL.Path
	r.Host = t.host
	return http.DefaultTransport.RoundTrip(r)
}

// The transport obeys the caller's context, as a connection would.
func TestTransportContext(t *testing.T) {
	for name, ctx := range map[string]func() (context.Context, context.CancelFunc){
		"time-out": func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), time.Millisecond)
		},
		"given up before": func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx, cancel
		},
	} {
		w := setUp(t)
		_, err := w.SetFault(sim.Fault{Hang: true, Times: -1})
		must(t, err)
		ctx, cancel := ctx()
		r, err := http.NewRequestWithContext(ctx, "POST", "https://api.weixin.qq.com/cgi-bin/stable_token", strings.NewReader("{}"))
		must(t, err)
		reply, err := w.Transport().RoundTrip(r)
		if !errors.Is(err, ctx.Err()) || err == nil {
			t.Errorf("%s: got %v, %v", name, reply, err)
		}
		cancel()
	}
}

func TestRequestTooLarge(t *testing.T) {
	w := setUp(t)
	if got := w.call(t, "POST", "/cgi-bin/stable_token", strings.Repeat(" ", 1<<20+1)); got.status != 413 {
		t.Errorf("status %d, want 413", got.status)
	}
}

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	w := setUp(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			w.grant(t, "wang", "remind")
			w.send(t, "wang")
			w.control(t, "POST", "/__sim/faults", `{"endpoint":"login","errcode":-1}`)
			w.control(t, "GET", "/__sim/requests", "")
			w.AddPerson(sim.Person{ID: "wang", Name: "王建国"})
			w.ClearFaults("")
		})
	}
	all.Wait()
	if n := len(w.onPhone(t, "wang")); n != 8 {
		t.Errorf("%d messages, want 8", n)
	}
}

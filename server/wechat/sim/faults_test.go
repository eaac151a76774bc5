package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

// What a fault makes of a message that would be accepted.
func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		fault   sim.Fault
		check   func(result) bool
		arrived int
	}{
		{"code", sim.Fault{ErrCode: 43107}, func(r result) bool { return r.ErrCode == 43107 && r.status == 200 }, 0},
		{"code with text", sim.Fault{ErrCode: -1, ErrMsg: "busy"}, func(r result) bool { return strings.HasPrefix(r.ErrMsg, "busy rid: ") }, 0},
		{"code nobody knows", sim.Fault{ErrCode: 12345}, func(r result) bool { return r.ErrCode == 12345 }, 0},
		{"code after accepting", sim.Fault{ErrCode: -1, After: true}, func(r result) bool { return r.ErrCode == -1 }, 1},
		{"code and status", sim.Fault{ErrCode: -1, Status: 500}, func(r result) bool { return r.ErrCode == -1 && r.status == 500 }, 0},
		{"status", sim.Fault{Status: 502}, func(r result) bool { return r.status == 502 && r.raw == "" }, 0},
		{"status after accepting", sim.Fault{Status: 504, After: true}, func(r result) bool { return r.status == 504 }, 1},
		{"another body", sim.Fault{Body: "<html>"}, func(r result) bool { return r.raw == "<html>" && r.status == 200 }, 0},
		{"drop", sim.Fault{Drop: true}, func(r result) bool { return r.err != nil }, 0},
		{"drop after accepting", sim.Fault{Drop: true, After: true}, func(r result) bool { return r.err != nil }, 1},
		{"delay", sim.Fault{Delay: sim.Duration(time.Millisecond)}, func(r result) bool { return r.ErrMsg == "ok" }, 1},
		{"delay after accepting", sim.Fault{Delay: sim.Duration(time.Millisecond), After: true}, func(r result) bool { return r.ErrMsg == "ok" }, 1},
		{"label", sim.Fault{ContentType: "image/png"}, func(r result) bool { return r.ErrMsg == "ok" && r.contentType == "image/png" }, 1},
		{"broken off", sim.Fault{Truncate: true}, func(r result) bool { return errors.Is(r.err, io.ErrUnexpectedEOF) && r.raw != "" }, 1},
		{"by path", sim.Fault{Endpoint: "/cgi-bin/message/subscribe/send", Status: 502}, func(r result) bool { return r.status == 502 }, 0},
		{"by content", sim.Fault{Match: "own-openid", Status: 502}, func(r result) bool { return r.status == 502 }, 0},
		{"for somebody else", sim.Fault{Match: "other", Status: 502}, func(r result) bool { return r.ErrMsg == "ok" }, 1},
		{"for another endpoint", sim.Fault{Endpoint: "login", Status: 502}, func(r result) bool { return r.ErrMsg == "ok" }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, socket := range []bool{false, true} {
				w := setUp(t)
				if socket {
					w.listen(t)
				}
				w.grant(t, "li", "remind")
				w.stableToken(t, false)
				setDefault(&tt.fault.Endpoint, "send")
				_, err := w.SetFault(tt.fault)
				must(t, err)
				if got := w.send(t, "li"); !tt.check(got) || len(w.onPhone(t, "li")) != tt.arrived {
					t.Errorf("socket %t: got %+v, %d messages", socket, got, len(w.onPhone(t, "li")))
				}
			}
		})
	}
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// listen makes the world's calls go over a socket, to where the application mounts the platform's side.
func (w *world) listen(t *testing.T) {
	t.Helper()
	server := httptest.NewServer(w.Control())
	t.Cleanup(server.Close)
	w.http.Transport = towards{strings.TrimPrefix(server.URL, "http://")}
}

func TestFaultCounts(t *testing.T) {
	hits := func(w *world, calls int) (n int) {
		for range calls {
			if w.plainToken(t).status == 502 {
				n++
			}
		}
		return n
	}
	for times, want := range map[int]int{0: 1, 1: 1, 3: 3, -1: 10} {
		w := setUp(t)
		_, err := w.SetFault(sim.Fault{Status: 502, Times: times})
		must(t, err)
		if got := hits(w, 10); got != want {
			t.Errorf("times %d: %d of 10 calls hit, want %d", times, got, want)
		}
		if left := len(w.Faults()); (left != 0) != (times == -1) {
			t.Errorf("times %d: %d faults left", times, left)
		}
		w.ClearFaults("")
		if hits(w, 1) != 0 {
			t.Errorf("times %d: hit after clearing", times)
		}
	}
	w := setUp(t)
	_, err := w.SetFault(sim.Fault{Status: 502, Times: -1, Rate: 0.5})
	must(t, err)
	if got := hits(w, 400); got < 120 || got > 280 { // 8 standard deviations
		t.Errorf("rate 0.5: %d of 400 calls hit", got)
	}
}

func TestHangEndsWithTheCaller(t *testing.T) {
	w := setUp(t)
	_, err := w.SetFault(sim.Fault{Hang: true})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := watched{ctx, make(chan struct{}), newOnce()}
	done := make(chan struct{})
	reply := httptest.NewRecorder()
	go func() {
		defer close(done)
		w.API().ServeHTTP(reply, httptest.NewRequestWithContext(cancelled, "GET", "/cgi-bin/token", nil))
	}()
	<-cancelled.waiting
	cancel()
	<-done
	if reply.Body.Len() != 0 {
		t.Errorf("answered %q", reply.Body)
	}
	if seen := w.Requests(); len(seen) != 1 || seen[0].Status != 0 || seen[0].Fault == "" {
		t.Errorf("log %+v", seen)
	}
}

func TestBadFaults(t *testing.T) {
	w := setUp(t)
	for name, bad := range map[string]sim.Fault{
		"nothing":     {},
		"only after":  {After: true},
		"endpoint":    {Endpoint: "nothing", Status: 502},
		"times":       {Times: -2, Status: 502},
		"rate":        {Rate: 1.1, Status: 502},
		"status":      {Status: 99},
		"delay":       {Delay: -1},
		"expiresIn":   {ExpiresIn: -1},
		"rate below":  {Rate: -0.1, Drop: true},
		"status high": {Status: 600},
	} {
		if _, err := w.SetFault(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := len(w.Faults()); n != 0 {
		t.Errorf("%d faults were kept", n)
	}
}

func TestFaultJSON(t *testing.T) {
	for body, want := range map[string]string{
		`{"endpoint":"send","errcode":43101}`:                    `{"endpoint":"send","times":1,"left":1,"rate":1,"errcode":43101}`,
		`{"path":"/sns/jscode2session","http_status":502,"n":2}`: `{"endpoint":"/sns/jscode2session","times":2,"left":2,"rate":1,"status":502}`,
		`{"ErrCode":-1,"errMsg":"x","count":-1,"rate":0.5}`:      `{"endpoint":"*","times":-1,"left":-1,"rate":0.5,"errcode":-1,"errmsg":"x"}`,
		`{"endpoint":"send","timeout":true,"after_accept":true}`: `{"endpoint":"send","times":1,"left":1,"rate":1,"hang":true,"after":true}`,
		`{"delay":1.5}`:   `{"endpoint":"*","times":1,"left":1,"rate":1,"delay":"1.5s"}`,
		`{"delayMs":250}`: `{"endpoint":"*","times":1,"left":1,"rate":1,"delay":"250ms"}`,
		`{"endpoint":"minicode","content-type":"image/png"}`:                                  `{"endpoint":"minicode","times":1,"left":1,"rate":1,"contentType":"image/png"}`,
		`{"endpoint":"stable_token","expires_in":300,"id":"mine","left":9,"truncated":false}`: `{"endpoint":"stable_token","times":1,"left":1,"rate":1,"expiresIn":300}`,
	} {
		w := setUp(t)
		status, got := w.control(t, "POST", "/__sim/faults", body)
		id := w.Faults()[0].ID
		want = fmt.Sprintf(`{"id":"%s",%s`, id, want[1:])
		if status != 200 || strings.TrimSpace(got) != want {
			t.Errorf("%s: got %d %s want %s", body, status, got, want)
		}
		if _, list := w.control(t, "GET", "/__sim/faults", ""); strings.TrimSpace(list) != `{"items":[`+want+`]}` {
			t.Errorf("%s: list %s", body, list)
		}
		if status, _ := w.control(t, "DELETE", "/__sim/faults?id=other", ""); status != 204 || len(w.Faults()) != 1 {
			t.Errorf("deleting another: %d", status)
		}
		if status, _ := w.control(t, "DELETE", "/__sim/faults?id="+id, ""); status != 204 || len(w.Faults()) != 0 {
			t.Errorf("deleting: %d", status)
		}
	}
	for _, body := range []string{``, `[]`, `{"errcode":"x"}`, `{}`, `{"endpoint":"x","drop":true}`, `{"delay":"soon"}`, `{"delayMs":{}}`, `{"delay":1e300}`} {
		if status, got := setUp(t).control(t, "POST", "/__sim/faults", body); status != 400 || !strings.Contains(got, `"code":"bad_`) {
			t.Errorf("%s: got %d %s", body, status, got)
		}
	}
}

func FuzzFaultJSON(f *testing.F) {
	f.Add(`{"endpoint":"send","errcode":-1,"times":2,"delay":"1s"}`)
	f.Add(`{"delayMs":"5","n":-1,"timeout":true}`)
	f.Add(`{"a":`)
	f.Fuzz(func(t *testing.T, body string) {
		w := setUp(t)
		status, got := w.control(t, "POST", "/__sim/faults", body)
		if accepted := len(w.Faults()) == 1; accepted != (status == 200) || (!accepted && status != 400) {
			t.Errorf("%q: %d %s with %v", body, status, got, w.Faults())
		}
	})
}

package sim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

func TestSendQuotas(t *testing.T) {
	w := setUp(t, func(o *sim.Options) { o.SendsPerMinute, o.SendsPerDay = 2, 3 })
	want := func(errcode int) {
		t.Helper()
		w.grant(t, "wang", "remind")
		if got := w.send(t, "wang"); got.ErrCode != errcode {
			t.Errorf("got %s, want %d", got.raw, errcode)
		}
	}
	want(0)
	want(0)
	want(45011)
	w.clock.Advance(time.Minute)
	want(0)
	want(45009)
	w.clock.Advance(24 * time.Hour)
	want(0)
}

// TestPush: what happened is pushed once, repeated until it is taken, and in the order that is asked for.
func TestPush(t *testing.T) {
	w := setUp(t)
	var events []string
	refusals := 2
	do := func(r *http.Request) (*http.Response, error) {
		var m struct{ Event, FromUserName string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.FromUserName != r.URL.Query().Get("openid") {
			t.Errorf("%+v, %v", m, err)
		}
		answer := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("success"))}
		if refusals > 0 {
			refusals--
			answer.StatusCode = http.StatusBadGateway
			return answer, nil
		}
		events = append(events, strings.TrimSuffix(strings.TrimPrefix(m.Event, "subscribe_msg_"), "_event"))
		return answer, nil
	}
	to := sim.Callback{URL: "https://party.example/wechat/callback", Token: "t"}
	push := func(want string, faults ...sim.PushFault) {
		t.Helper()
		events = nil
		if _, err := w.Push(t.Context(), to, do, faults...); err != nil || strings.Join(events, " ") != want {
			t.Errorf("pushed %q, %v; want %q", events, err, want)
		}
	}
	w.grant(t, "wang", "remind")
	w.send(t, "wang")
	push("popup sent")
	push("")
	w.grant(t, "wang", "remind")
	w.send(t, "wang")
	push("sent popup", sim.OutOfOrder)
	w.grant(t, "wang", "remind")
	refusals = 3
	push("") // it gives up after the third time
	w.grant(t, "wang", "remind")
	push("popup popup", sim.Duplicate)
}

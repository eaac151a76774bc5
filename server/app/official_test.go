package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// officialWorld has the official account's message push connected.
func officialWorld(t *testing.T, dsn string) *world {
	cfg := settings(t, dsn)
	cfg.Official.PushToken, cfg.Official.PushAESKey = callbackToken, callbackKey
	return worldOn(t, cfg)
}

// relay pushes what has happened at the simulated official account since the last time, with the faults, and works on it.
func (w *world) relay(faults ...sim.PushFault) []int {
	w.t.Helper()
	serve := func(r *http.Request) (*http.Response, error) {
		answered := httptest.NewRecorder()
		w.app.API.Handler().ServeHTTP(answered, r)
		return answered.Result(), nil
	}
	to := sim.Callback{URL: "/wechat/official", Token: callbackToken, AESKey: callbackKey}
	statuses, err := w.app.Sim.PushOfficial(w.t.Context(), to, serve, faults...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.due()
	return statuses
}

func (w *world) due() {
	w.t.Helper()
	if _, err := w.app.Queue.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// TestOfficialAccount: who has allowed nothing but follows the official account is told by it, sees nothing twice, and is
// not told by it any more after leaving; the secretary sees by which way.
func TestOfficialAccount(t *testing.T) {
	story := func(t *testing.T, dsn string) {
		w := officialWorld(t, dsn)
		w.as("本党员") // the login tells the unionid
		if err := w.app.Sim.Follow("本党员", true); err != nil {
			t.Fatal(err)
		}
		w.relay(sim.Duplicate)
		if got := w.toldMember(w.published("本村")); got != "official sent " {
			t.Errorf("a follower: %q", got)
		}
		if err := w.app.Sim.Follow("本党员", false); err != nil {
			t.Fatal(err)
		}
		if got := w.toldMember(w.published("本村")); got != "official refused 没有关注公众号" {
			t.Errorf("somebody who has left, which nobody has heard of yet: %q", got)
		}
		w.relay(sim.Duplicate)
		if got := w.toldMember(w.published("本村")); got != "subscribe skipped 未授权提醒" {
			t.Errorf("afterwards: %q", got)
		}
		if messages, err := w.app.Sim.Messages("本党员"); err != nil || len(messages) != 1 || !messages[0].Official {
			t.Errorf("on the phone: %+v, %v", messages, err)
		}
	}
	t.Run("sqlite", func(t *testing.T) { story(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { story(t, storetest.NewDatabase(t, server)) })
	}
}

// TestOfficialPushFaults: whatever the platform's pushes look like, and whatever somebody else sends in their place, the product
// knows who follows the official account, and what became of a message.
func TestOfficialPushFaults(t *testing.T) {
	attacks := []sim.PushFault{sim.Forged, sim.HalfSigned, sim.Downgraded, sim.Foreign, sim.Late, sim.Oversized}
	w := officialWorld(t, storetest.SQLiteDSN(t))
	w.as("本党员") // the login tells the unionid
	follow := func(follows ...bool) {
		for _, f := range follows {
			if err := w.app.Sim.Follow("本党员", f); err != nil {
				t.Fatal(err)
			}
		}
	}
	followers := func(when sim.PushFault, want int) {
		t.Helper()
		if got := w.number("SELECT COUNT(*) FROM followers"); got != want {
			t.Errorf("%s: %d followers, want %d", when, got, want)
		}
	}
	for _, fault := range sim.PushFaults() {
		attack := slices.Contains(attacks, fault)
		w.clock.Advance(time.Minute)
		follow(true)
		if statuses := w.relay(fault); (statuses[0] == http.StatusOK) == attack {
			t.Errorf("%s: answered %v", fault, statuses)
		}
		if attack {
			followers(fault, 0)
			follow(false)
			w.relay()
			continue
		}
		followers(fault, 1)
		w.clock.Advance(time.Minute)
		follow(false, true) // has left and come back
		w.relay(fault)
		followers(fault, 1)
		w.clock.Advance(time.Minute)
		follow(false)
		w.relay(fault)
		followers(fault, 0)
	}
	follow(true)
	w.relay()
	event := w.published("本村")
	for _, c := range []struct {
		status string
		fault  sim.PushFault
		want   string
	}{
		{sim.UserBlock, sim.Forged, "official sent "},
		{sim.Delivered, sim.Duplicate, "official sent "},
		{sim.FreqLimit, sim.Replayed, "official failed 微信收下了，但没有送到（公众号）"},
	} {
		w.toldMember(event) // what is due is sent first
		if err := w.app.Sim.Finish("本党员", c.status); err != nil {
			t.Fatal(err)
		}
		w.relay(c.fault)
		if got := w.toldMember(event); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.status, c.fault, got, c.want)
		}
	}
	for _, c := range []struct{ status, want string }{
		{sim.UserBlock, "official failed 本人屏蔽了公众号的消息"},
		{sim.SystemFailed, "official failed 微信收下了，但没有送到（公众号）"},
	} {
		event := w.published("本村")
		w.toldMember(event)
		if err := w.app.Sim.Finish("本党员", c.status); err != nil {
			t.Fatal(err)
		}
		w.relay(sim.OutOfOrder)
		if got := w.toldMember(event); got != c.want {
			t.Errorf("%s: %q, want %q", c.status, got, c.want)
		}
	}
}

// toldMember works on what is due and returns channel, state and reason of the event's delivery to 本党员, as the secretary sees
// them.
func (w *world) toldMember(event string) string {
	w.t.Helper()
	w.due()
	a := w.as("本书记").want(http.StatusOK, get, event+"/reminders", nil)
	for _, d := range a.list("deliveries") {
		if d["memberName"] == "本党员" {
			return fmt.Sprint(d["channel"], " ", d["state"], " ", d["reason"])
		}
	}
	return "nothing in " + a.Text
}

func TestOfficialPushForged(t *testing.T) {
	w := officialWorld(t, storetest.SQLiteDSN(t))
	const path = "/wechat/official?signature=0&timestamp=1&nonce=2&echostr=hello"
	for _, method := range []string{get, post} {
		if a := w.nobody().call(method, path, "<xml><Event>unsubscribe</Event></xml>"); a.Status != http.StatusForbidden || a.get("code") != "push_refused" {
			t.Errorf("%s: %d %s", method, a.Status, a.Text)
		}
	}
	stamp := strconv.FormatInt(w.clock.Now().Unix(), 10)
	echo := "/wechat/official?timestamp=" + stamp + "&nonce=2&echostr=hello&signature=" + util.Signature(callbackToken, stamp, "2")
	if a := w.nobody().want(http.StatusOK, get, echo, nil); a.Text != "hello" {
		t.Errorf("the console gets %q", a.Text)
	}
}

package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"themeday/server/app"
	"themeday/server/remind"
	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// allowed is the people of 本村 who allow a message of each kind.
func (w *world) allowed() []string {
	w.t.Helper()
	templates, err := remind.LoadTemplates("")
	if err != nil {
		w.t.Fatal(err)
	}
	people := []string{"本书记", "本组织", "本党员", "本讲解"}
	for _, name := range people {
		user, known, err := w.app.Orgs.UserByOpenID(w.t.Context(), openID(name))
		if err != nil || !known {
			w.t.Fatal(known, err)
		}
		for _, t := range templates.Subscribe {
			if _, err := w.app.Sim.Tap(name, []string{t.ID}, nil); err != nil {
				w.t.Fatal(err)
			}
			if err := w.app.Remind.Report(w.t.Context(), user.ID, "tap", map[string]remind.Answer{t.ID: remind.Accept}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return people
}

// live lets the queue work through the time, minute by minute.
func (w *world) live(d time.Duration) {
	w.t.Helper()
	for end := w.clock.Now().Add(d); ; w.clock.Advance(time.Minute) {
		if _, err := w.app.Queue.RunDue(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		if !w.clock.Now().Before(end) {
			return
		}
	}
}

// sends counts the messages that WeChat was asked to send.
func (w *world) sends() (n int) {
	for _, r := range w.app.Sim.Requests() {
		if strings.Contains(r.Path, "subscribe/send") {
			n++
		}
	}
	return n
}

// wantOneEach checks that each of these people has one message on the phone, and nobody else has any.
func (w *world) wantOneEach(people []string) {
	w.t.Helper()
	messages, err := w.app.Sim.Messages("")
	if err != nil {
		w.t.Fatal(err)
	}
	shown := map[string]int{}
	for _, m := range messages {
		shown[m.Person]++
	}
	for _, name := range people {
		if shown[name] != 1 {
			w.t.Errorf("%s has %d messages", name, shown[name])
		}
	}
	if len(messages) != len(people) {
		w.t.Errorf("%d messages for %d people", len(messages), len(people))
	}
}

// TestWeChatAwayForAnHour: nothing is lost, nobody is hammered meanwhile, and there is no storm afterwards.
func TestWeChatAwayForAnHour(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"busy":                   {Endpoint: "send", ErrCode: -1, Times: -1},
		"a gateway says no":      {Endpoint: "*", Status: http.StatusServiceUnavailable, Times: -1},
		"there is no new token":  {Endpoint: "stable_token", Drop: true, Times: -1},
		"too many in the minute": {Endpoint: "send", ErrCode: 45011, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			people := w.allowed()
			w.published("本村")
			w.app.Sim.KillTokens()
			if _, err := w.app.Sim.SetFault(fault); err != nil {
				t.Fatal(err)
			}
			w.live(time.Hour)
			meanwhile := w.sends()
			if most := 9 * len(people); meanwhile > most {
				t.Errorf("%d calls in the hour, at most %d", meanwhile, most)
			}
			w.app.Sim.ClearFaults("")
			w.live(40 * time.Minute)
			w.wantOneEach(people)
			if after := w.sends() - meanwhile; after != len(people) {
				t.Errorf("%d calls afterwards for %d people", after, len(people))
			}
		})
	}
}

// TestDayUsedUp: what WeChat takes no more today is held until the morning without asking again for each, and those who
// run the event are told.
func TestDayUsedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := w.allowed()
	if _, err := w.app.Sim.SetFault(sim.Fault{Endpoint: "send", ErrCode: 45009, Times: -1}); err != nil {
		t.Fatal(err)
	}
	secretary, body := w.as("本书记"), w.eventBody("本村")
	body["startsAt"], body["endsAt"] = start.Add(100*time.Hour), start.Add(102*time.Hour)
	event := "/api/v1/events/" + secretary.want(http.StatusCreated, http.MethodPost, "/api/v1/events", body).get("id")
	secretary.want(http.StatusOK, http.MethodPost, event+"/publish", nil)
	w.live(5 * time.Minute)
	w.published("本村") // it begins in two hours
	w.live(5 * time.Minute)
	if n := w.sends(); n != 1 {
		t.Errorf("%d calls, want the one that was told", n)
	}
	for _, name := range []string{"本书记", "本组织", "本党员"} {
		inbox := w.as(name).want(http.StatusOK, http.MethodGet, "/api/v1/messages", nil).Text
		want := map[bool]int{true: 0, false: 1}[name == "本党员"]
		for _, text := range []string{"还有 4 人明天自动再发", "有 4 人等到明天就太迟了"} {
			if told := strings.Count(inbox, text); told != want {
				t.Errorf("%s reads %d times %q, want %d", name, told, text, want)
			}
		}
	}
	if view := secretary.want(http.StatusOK, http.MethodGet, event+"/reminders", nil).Text; !strings.Contains(view, "今天的微信发送额度已用完") {
		t.Errorf("the secretary's view does not say it: %s", view)
	}
	w.clock.Advance(9 * time.Hour) // to 23:10
	w.live(time.Minute)
	w.app.Sim.ClearFaults("")
	w.live(8*time.Hour + 15*time.Minute) // to 07:26
	if n := w.sends(); n != 1 {
		t.Errorf("%d calls before the morning", n)
	}
	w.live(10 * time.Minute)
	w.wantOneEach(people)
}

// TestTokenDiesInABurst: two servers in the middle of a burst find that their token is no good. One of them gets a new one,
// once, for both.
func TestTokenDiesInABurst(t *testing.T) {
	redis := os.Getenv("TEST_REDIS_URL")
	if redis == "" {
		t.Skip("TEST_REDIS_URL is not set: two servers have no token in common")
	}
	k := newKiller(t, storetest.SQLiteDSN(t))
	var died, refreshed atomic.Int32
	k.before = func(r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "stable_token"):
			if asksFor(t, r, sim.DefaultAppID) { // the official account has a token of its own
				refreshed.Add(died.Load())
			}
		case int(k.sent.Add(1)) == toBeTold/3:
			k.wechat.KillTokens()
			died.Store(1)
		}
	}
	var log lockedBuffer
	for range 2 {
		cfg := k.cfg
		cfg.RedisURL, cfg.Workers = strings.TrimSuffix(redis, "/")+"/5", lines // a database that no other test has
		a, err := app.New(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)), app.WithoutDemo())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Stop(context.WithoutCancel(t.Context())) })
		a.Start()
	}
	eventually(t, "everybody to be told", func() bool { return k.count("deliveries WHERE state = 'sent'") == toBeTold })
	// A server that Redis does not answer in time goes on without it, which a loaded machine may bring about.
	alone := strings.Count(log.String(), "wechat token cache cannot be read") + strings.Count(log.String(), "wechat token lock cannot be asked for")
	if n := int(refreshed.Load()); n < 1 || n > 1+alone {
		t.Errorf("%d new tokens, want 1; the servers say:\n%s", n, log.String())
	}
}

// asksFor reports whether a request for a token names the app id, and leaves its body to be read.
func asksFor(t *testing.T, r *http.Request, appID string) bool {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return bytes.Contains(body, []byte(`"`+appID+`"`))
}

package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"themeday/server/app"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// lines is how many calls are made at a time.
const lines = 8

// The server is killed so often at each moment around a call: three times, or as TEST_KILLS says. There are enough people
// that calls are left for the last kill.
var (
	killsEach = killsFrom(os.Getenv("TEST_KILLS"))
	toBeTold  = 40 * killsEach
)

func killsFrom(text string) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return 3
}

// moment is when, around a call that it makes, a server dies.
type moment string

const (
	beforeCall  moment = "before the call"   // at any instant, at the latest when the call arrives
	duringCall  moment = "during the call"   // WeChat has not worked on it
	afterWork   moment = "before the answer" // the message is on the phone
	afterAnswer moment = "after the answer"  // at any instant until it is written down
)

// TestKilledWhileReminding kills a server again and again while it sends, and starts another one. Nobody gets a message
// twice, and in the end it is known of everybody what became of theirs.
func TestKilledWhileReminding(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killReminding(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { killReminding(t, storetest.NewDatabase(t, server)) })
	}
}

func killReminding(t *testing.T, dsn string) {
	t.Parallel()
	k := newKiller(t, dsn)
	for range killsEach {
		for _, m := range []moment{beforeCall, duringCall, afterWork, afterAnswer} {
			k.untilKilled(m)
		}
	}
	p := serving(t, k.env)
	for range 5 { // what is in doubt is asked about once
		k.passTime()
		eventually(t, "nothing to be due", func() bool {
			return k.count("jobs WHERE kind = 'remind.send' AND (state = 'running' OR state = 'ready' AND run_at <= ?)", clock.Millis(clock.System().Now())) == 0
		})
	}
	p.kill()
	k.account()
}

// killer is a simulated WeChat that outlives the servers, and kills them.
type killer struct {
	t      *testing.T
	app    *app.App // on the same database; sends nothing itself
	env    []string
	wechat *sim.Sim
	people []string
	cfg    config.Config
	before func(*http.Request) // called with each request; may be nil
	sent   atomic.Int32

	victim atomic.Pointer[program]
	mu     sync.Mutex
	moment moment
	calls  int // of this life until it ends
}

func newKiller(t *testing.T, dsn string) *killer {
	t.Helper()
	k := &killer{t: t, wechat: sim.New(sim.Options{OneSendPerPerson: true})}
	platform := httptest.NewServer(http.HandlerFunc(k.platform))
	t.Cleanup(platform.Close)
	k.env = demo(t, dsn, "THEMEDAY_WECHAT_API_URL="+platform.URL, fmt.Sprintf("THEMEDAY_WORKERS=%d", lines))
	k.cfg = settings(t, dsn)
	k.cfg.WeChat.APIURL = platform.URL
	k.cancelled(k.cfg)
	return k
}

// cancelled prepares an event that is cancelled two hours before it would begin: that is told at any time of the day. Half
// of the people allow one message, as far as both sides know, and the other half two.
func (k *killer) cancelled(cfg config.Config) {
	k.t.Helper()
	a, err := app.New(k.t.Context(), cfg, slog.New(slog.DiscardHandler), app.WithoutDemo())
	if err != nil {
		k.t.Fatal(err)
	}
	k.app = a
	k.t.Cleanup(func() { _ = a.Stop(context.WithoutCancel(k.t.Context())) })
	root := org.Tree{Name: "区委", Kind: org.District, Orgs: []org.Tree{{Name: "村", Kind: org.Branch}}}
	for i := range toBeTold {
		k.people = append(k.people, fmt.Sprintf("党员%d", i))
		root.Orgs[0].Members = append(root.Orgs[0].Members, org.Person{Name: k.people[i], OpenID: openID(k.people[i])})
	}
	must := func(err error) {
		k.t.Helper()
		if err != nil {
			k.t.Fatal(err)
		}
	}
	must(a.Orgs.Load(k.t.Context(), root))
	templates, err := remind.LoadTemplates("")
	must(err)
	k.allow(templates.Subscribe[remind.Cancelled])
	var host struct {
		ID   ident.ID
		Path string
	}
	must(a.DB.Read().NewRaw("SELECT id, path FROM orgs WHERE kind = 'branch'").Scan(k.t.Context(), &host.ID, &host.Path))
	secretary := authz.Actor{UserID: 1, MemberID: 1, OrgID: host.ID, OrgPath: host.Path, Grants: []authz.Grant{{Role: authz.Secretary, OrgID: host.ID, OrgPath: host.Path}}}
	now := a.Clock.Now()
	e, err := a.Events.Create(k.t.Context(), secretary, event.Draftable{
		Kind: event.ThemeDay, Title: "主题党日", Host: host.ID, StartsAt: now.Add(2 * time.Hour), EndsAt: now.Add(4 * time.Hour), Place: event.Place{Name: "会议室"},
	}, "")
	must(err)
	_, err = a.Events.Publish(k.t.Context(), secretary, e.ID, "")
	must(err)
	_, err = a.Events.Cancel(k.t.Context(), secretary, e.ID, "", "场地临时不能使用")
	must(err)
}

func (k *killer) allow(t remind.Template) {
	k.t.Helper()
	content := ""
	for _, w := range t.Keywords {
		content += w.Label + "：{{" + w.Key + ".DATA}}\n"
	}
	if _, err := k.wechat.AddTemplate(sim.Template{ID: t.ID, Title: t.Title, Type: sim.OneTime, Content: content}); err != nil {
		k.t.Fatal(err)
	}
	for i, name := range k.people {
		k.wechat.AddPerson(sim.Person{ID: name, OpenID: openID(name)})
		user, known, err := k.app.Orgs.UserByOpenID(k.t.Context(), openID(name))
		if err != nil || !known {
			k.t.Fatal(known, err)
		}
		for tap := range 1 + i%2 {
			if _, err := k.wechat.Tap(name, []string{t.ID}, nil); err != nil {
				k.t.Fatal(err)
			}
			if err := k.app.Remind.Report(k.t.Context(), user.ID, fmt.Sprint("tap", tap), map[string]remind.Answer{t.ID: remind.Accept}); err != nil {
				k.t.Fatal(err)
			}
		}
	}
}

// platform is WeChat, which takes a few milliseconds and sometimes has its caller killed.
func (k *killer) platform(w http.ResponseWriter, r *http.Request) {
	if k.before != nil {
		k.before(r)
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !strings.Contains(r.URL.Path, "/send") {
		k.wechat.API().ServeHTTP(w, r)
		return
	}
	clock.Pause(r.Context(), time.Millisecond+rand.N(4*time.Millisecond))
	now := k.due()
	if now == beforeCall || now == duringCall {
		k.kill()
	}
	reply := httptest.NewRecorder() // so that a dead caller does not keep WeChat from its work
	if now != beforeCall && now != duringCall {
		r.Body = io.NopCloser(bytes.NewReader(body))
		k.wechat.API().ServeHTTP(reply, r.WithContext(context.WithoutCancel(r.Context())))
	}
	if now == afterWork {
		k.kill()
	}
	w.WriteHeader(reply.Code)
	_, _ = w.Write(reply.Body.Bytes())
	if now == afterAnswer {
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		clock.Pause(context.Background(), rand.N(3*time.Millisecond))
		k.kill()
	}
}

// due returns the moment of the kill if this is the call for it.
func (k *killer) due() moment {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.calls--; k.calls == 0 {
		return k.moment
	}
	return ""
}

func (k *killer) kill() {
	if p := k.victim.Load(); p != nil {
		_ = p.cmd.Process.Kill()
	}
}

// untilKilled starts a server and waits until it has been killed at the moment of one of its first calls; the others are
// wherever they are.
func (k *killer) untilKilled(m moment) {
	k.t.Helper()
	k.passTime()
	k.mu.Lock()
	k.moment, k.calls = m, 1+rand.IntN(6)
	k.mu.Unlock()
	p := launch(k.t, k.env)
	k.victim.Store(p)
	if m == beforeCall {
		p.awaitReady()
		clock.Pause(k.t.Context(), rand.N(20*time.Millisecond))
		k.kill()
	}
	p.wait()
}

// passTime moves what waits for time to pass: the leases of the dead, and the rest before somebody asks about a call.
func (k *killer) passTime() {
	k.t.Helper()
	past := clock.Millis(clock.System().Now().Add(-2 * time.Minute))
	for _, statement := range []string{
		"UPDATE jobs SET lease_until = ? WHERE state = 'running'",
		"UPDATE jobs SET run_at = ? WHERE state = 'ready' AND kind = 'remind.send'",
		"UPDATE deliveries SET updated_at = ? WHERE state = 'sending'",
	} {
		if _, err := k.app.DB.Write().ExecContext(k.t.Context(), statement, past); err != nil {
			k.t.Fatal(err)
		}
	}
}

func (k *killer) count(from string, args ...any) int {
	k.t.Helper()
	var n int
	if err := k.app.DB.Read().NewRaw("SELECT COUNT(*) FROM "+from, args...).Scan(k.t.Context(), &n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

// account compares what the phones show with what the product says.
func (k *killer) account() {
	k.t.Helper()
	messages, err := k.wechat.Messages("")
	if err != nil {
		k.t.Fatal(err)
	}
	shown := map[string]int{}
	for _, m := range messages {
		shown[m.Person]++
	}
	var rows []struct{ Name, State, Reason string }
	err = k.app.DB.Read().NewRaw("SELECT m.name, d.state, d.reason FROM deliveries d JOIN members m ON m.id = d.member_id").Scan(k.t.Context(), &rows)
	if err != nil || len(rows) != toBeTold {
		k.t.Fatalf("%d deliveries, %v", len(rows), err)
	}
	states := map[string]int{}
	for _, r := range rows {
		states[r.State+" "+r.Reason]++
		n := shown[r.Name]
		switch {
		case n > 1:
			k.t.Errorf("%s has %d messages", r.Name, n)
		case r.State == "sent" && n != 1:
			k.t.Errorf("%s counts as told and has no message: %s", r.Name, r.Reason)
		case r.State != "sent" && (r.State != "failed" || r.Reason != "微信没有回音，可能已送达，为免重复没有再发"):
			k.t.Errorf("%s ended as %s: %s", r.Name, r.State, r.Reason)
		}
	}
	k.t.Logf("%d kills, %d people, %d messages, deliveries %v", 4*killsEach, toBeTold, len(messages), states)
}

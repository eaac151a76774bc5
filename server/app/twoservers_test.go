package app_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// pair is two servers on one database and one Redis. The phones of the simulated WeChat are a's; b asks a's platform.
type pair struct {
	t     *testing.T
	dsn   string
	redis *url.URL
	a, b  *program
	admin visitor // at a
	host  string  // the district
	crowd []figure
	next  int // of the crowd, who has not been used
}

// TestTwoServers tells one story, because every start costs seconds: what one server does, the other one knows.
func TestTwoServers(t *testing.T) {
	servers, redis := storetest.Servers(), os.Getenv("TEST_REDIS_URL")
	if len(servers) == 0 || redis == "" {
		t.Skip("needs a database server in TEST_DSNS and a Redis in TEST_REDIS_URL; scripts/engines provides both")
	}
	t.Parallel()
	p := newPair(t, storetest.NewDatabase(t, servers[0]), redis)
	for _, scene := range []struct {
		name string
		play func(*pair, *testing.T)
	}{
		{"a code of one is a code of the other", (*pair).codesCross},
		{"a session of one is a session of the other", (*pair).sessionsCross},
		{"who checks in here is seen there", (*pair).liveCrosses},
		{"the same member at both at once", (*pair).sameMember},
		{"a reminder goes out once", (*pair).remindersOnce},
		{"an emptied Redis changes nothing", (*pair).flushed},
		{"one stops and the other goes on", (*pair).oneStops},
	} {
		t.Run(scene.name, func(t *testing.T) { scene.play(p, t) })
	}
}

// database is the number of the Redis database that is ours alone, so that emptying it disturbs no other test.
const database = "/7"

// newPair starts two servers together on an empty database, each with its own simulator, sees that one of them has
// loaded the demonstration, and then exchanges the second one for one that uses the first one's simulator.
func newPair(t *testing.T, dsn, redis string) *pair {
	t.Helper()
	address, err := url.Parse(redis)
	if err != nil {
		t.Fatalf("TEST_REDIS_URL: %v", err)
	}
	address.Path = database
	p := &pair{t: t, dsn: dsn, redis: address}
	env := demo(t, dsn, "THEMEDAY_REDIS_URL="+address.String())
	p.a, p.b = launch(t, env), launch(t, env)
	p.a.awaitReady()
	p.b.awaitReady()
	p.loadedOnce()
	p.b.signal(syscall.SIGTERM)
	if status := p.b.wait(); status != 0 {
		t.Errorf("the second server ended with %d\n%s", status, p.b.log)
	}
	p.b = serving(t, append(env, "THEMEDAY_WECHAT_API_URL="+p.a.base+"/__sim/wx"))
	p.admin = p.a.as(p.a.who("admin").ID)
	p.host = p.admin.want(http.StatusOK, get, "/api/v1/me", nil).get("roles.0.orgId")
	for _, f := range p.a.people() {
		if f.Bound && f.Roles[0] == "member" {
			p.crowd = append(p.crowd, f)
		}
	}
	return p
}

func (p *pair) loadedOnce() {
	p.t.Helper()
	one, two := p.a.people(), p.b.people()
	if len(one) != len(two) || one[0].ID != two[0].ID {
		p.t.Errorf("the simulators know %d and %d people, %s and %s first", len(one), len(two), one[0].ID, two[0].ID)
	}
	for what, query := range map[string]string{
		"organisations": "SELECT COUNT(*), COUNT(DISTINCT name) FROM orgs",
		"people":        "SELECT COUNT(*), COUNT(DISTINCT name) FROM members",
		"theme days":    "SELECT COUNT(*), COUNT(DISTINCT host_org_id, title, starts_at) FROM events",
	} {
		all, distinct := p.count(query)
		p.t.Logf("started together: %d %s, %d distinct", all, what, distinct)
		if all == 0 || all != distinct {
			p.t.Errorf("%d %s, %d of them distinct", all, what, distinct)
		}
	}
}

func (p *pair) count(query string, args ...any) (first, second int) {
	p.t.Helper()
	db, err := store.Open(p.t.Context(), p.dsn)
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	if err := db.Read().QueryRowContext(p.t.Context(), query, args...).Scan(&first, &second); err != nil {
		p.t.Fatal(err)
	}
	return first, second
}

// somebody logs in, at a server, as a member who has not been used yet.
func (p *pair) somebody(at *program) visitor {
	p.t.Helper()
	f := p.crowd[p.next]
	p.next++
	v, err := at.loginWith(p.a, f.ID)
	if err != nil {
		p.t.Fatalf("login of %s: %v", f.Name, err)
	}
	return v
}

// code returns the event's code of this moment as a server makes it.
func (p *pair) code(at *program, event string) string {
	p.t.Helper()
	return p.admin.at(at).want(http.StatusOK, get, event+"/code", nil).get("url")
}

func (p *pair) codesCross(t *testing.T) {
	event := p.a.opened(p.admin, p.host)
	for _, way := range [][2]*program{{p.a, p.b}, {p.b, p.a}} {
		member := p.somebody(way[1])
		code := p.code(way[0], event)
		ticket := member.want(http.StatusOK, post, scans, map[string]string{"code": code}).get("ticket")
		first := member.at(way[0]).want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "ticket": ticket})
		again := member.want(http.StatusOK, post, checkins, map[string]string{"key": "k2", "code": code})
		if at := again.get("attendance.at"); at == "" || at != first.get("attendance.at") {
			t.Errorf("checked in at %s, told %s", first.get("attendance.at"), at)
		}
	}
}

func (p *pair) sessionsCross(t *testing.T) {
	here := p.somebody(p.b)
	there := here.at(p.a)
	there.want(http.StatusOK, get, "/api/v1/me", nil)
	there.want(http.StatusNoContent, http.MethodDelete, session, nil)
	for _, v := range []visitor{here, there} {
		if a := v.want(http.StatusUnauthorized, get, "/api/v1/me", nil); a.get("code") != "unauthenticated" {
			t.Errorf("after the logout: %s", a.Text)
		}
	}
}

// knock is how long news may take from one server to the other. It is shorter than the time after which a screen looks
// by itself, so that lost news cannot hide behind that.
const knock = 3 * time.Second

func (p *pair) liveCrosses(t *testing.T) {
	event := p.a.opened(p.admin, p.host)
	screen := newScreen(t, p.b.base, p.admin.token, event)
	for came := range 4 {
		if state := screen.next(patience); state.Counts.Present != came {
			t.Fatalf("%d have come, the screen shows %d", came, state.Counts.Present)
		}
		member := p.somebody(p.a)
		member.want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "code": p.code(p.a, event)})
		state := screen.next(knock)
		me := member.want(http.StatusOK, get, "/api/v1/me", nil).get("member.id")
		if state.Counts.Present != came+1 || state.Items[0].MemberID != me {
			t.Fatalf("the screen shows %+v, want %s as the latest of %d", state, me, came+1)
		}
		screen.unread(state)
	}
}

func (p *pair) sameMember(t *testing.T) {
	const members = 10
	event := p.a.opened(p.admin, p.host)
	type twin struct{ a, b visitor }
	twins := make([]twin, members)
	for i := range twins {
		v := p.somebody(p.a)
		twins[i] = twin{v, v.at(p.b)}
	}
	code := p.code(p.b, event)
	answers := make([]answer, 2*members)
	inParallel(2*members, func(i int) {
		v, key := twins[i/2].a, "same"
		if i%2 == 1 {
			v = twins[i/2].b
			if i/2%2 == 1 {
				key = "another" // every other member has tapped twice, the others' phone has sent one tap twice
			}
		}
		answers[i], _ = v.try(post, checkins, map[string]string{"key": key, "code": code})
	})
	for i := 0; i < len(answers); i += 2 {
		one, two := answers[i], answers[i+1]
		if one.get("attendance.at") == "" || one.get("attendance.at") != two.get("attendance.at") {
			t.Errorf("two answers: %s\n%s", one.Text, two.Text)
		}
		got, want := one.Status+two.Status, 2*http.StatusCreated
		if i/2%2 == 1 {
			want = http.StatusCreated + http.StatusOK
		}
		if got != want {
			t.Errorf("answered %d and %d", one.Status, two.Status)
		}
	}
	id, err := ident.Parse(path.Base(event))
	if err != nil {
		t.Fatal(err)
	}
	rows, distinct := p.count("SELECT COUNT(*), COUNT(DISTINCT member_id) FROM attendance WHERE event_id = ?", id)
	t.Logf("%d answers, %d rows of %d members", len(answers), rows, distinct)
	if rows != members || distinct != members {
		t.Errorf("%d rows of %d members, want %d", rows, distinct, members)
	}
}

// remindersOnce cancels an event that is about to begin: that is told at once, at any hour of the day.
func (p *pair) remindersOnce(t *testing.T) {
	const asked = 20
	event := p.a.opened(p.admin, p.host)
	template := ""
	for _, item := range p.admin.want(http.StatusOK, get, "/api/v1/message-templates", nil).list("items") {
		if item["kind"] == "cancelled" {
			template, _ = item["id"].(string)
		}
	}
	people := make([]string, asked)
	for i := range people {
		people[i] = p.crowd[p.next].ID
		tap := visitor{p: p.a}.want(http.StatusOK, post, "/__sim/taps", map[string]any{"person": people[i], "templateIds": []string{template}})
		if tap.get("results."+template) != "accept" {
			t.Fatalf("tap: %s", tap.Text)
		}
		p.somebody(p.b).want(http.StatusOK, post, "/api/v1/grants", map[string]any{"key": "tap", "results": map[string]string{template: "accept"}})
	}
	p.admin.at(p.b).want(http.StatusOK, post, event+"/cancel", map[string]string{"reason": "大雨"})
	var told answer
	eventually(t, "the reminder to be done", func() bool {
		told = p.admin.want(http.StatusOK, get, event+"/reminders", nil)
		return told.get("items.0.state") == "done"
	})
	arrived := map[string]int{}
	for _, message := range (visitor{p: p.a}).want(http.StatusOK, get, "/__sim/messages", nil).list("items") {
		if page, _ := message["page"].(string); strings.Contains(page, path.Base(event)) {
			arrived[fmt.Sprint(message["person"])]++
		}
	}
	sent, twice := 0, 0
	for _, delivery := range told.list("deliveries") {
		member := fmt.Sprint(delivery["memberId"])
		switch n := arrived[member]; {
		case delivery["state"] != "sent" && slices.Contains(people, member):
			t.Errorf("%s allowed it and the delivery is %s", member, delivery["state"])
		case delivery["state"] == "sent" && n != 1, delivery["state"] != "sent" && n != 0:
			t.Errorf("the delivery is %s, and %d messages arrived", delivery["state"], n)
		case n > 0:
			sent++
			twice += n - 1
		}
	}
	t.Logf("%d deliveries, %d sent, %d on phones, %d twice", len(told.list("deliveries")), sent, len(arrived), twice)
	if sent < asked/2 || sent != len(arrived) {
		t.Errorf("%d sent, %d phones have one", sent, len(arrived))
	}
}

// flushed empties Redis in the middle of a rush at both servers, while a screen follows it.
func (p *pair) flushed(t *testing.T) {
	const members = 60
	event := p.a.opened(p.admin, p.host)
	screen := newScreen(t, p.a.base, p.admin.token, event)
	phones := make([]visitor, members)
	for i := range phones {
		phones[i] = p.somebody([]*program{p.a, p.b}[i%2])
	}
	code := p.code(p.a, event)
	tickets := make([]string, members)
	for i, v := range phones[:members/2] {
		tickets[i] = v.want(http.StatusOK, post, scans, map[string]string{"code": code}).get("ticket")
	}
	var answered atomic.Int32
	inParallel(members, func(i int) {
		body := map[string]string{"key": "k", "ticket": tickets[i]}
		if tickets[i] == "" {
			body = map[string]string{"key": "k", "code": code}
		}
		if a, err := phones[i].try(post, checkins, body); err != nil || a.Status != http.StatusCreated {
			t.Errorf("check-in: %d %s %v", a.Status, a.Text, err)
		}
		if answered.Add(1) == members/3 {
			p.flush(t)
		}
	})
	p.flush(t)
	for i := range 4 { // sessions, the token of WeChat and the rate limits do without
		phones[i].want(http.StatusOK, get, "/api/v1/me", nil)
		phones[i].at(p.b).want(http.StatusOK, get, event, nil)
	}
	p.somebody(p.b).want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "code": p.code(p.b, event)})
	for screen.next(patience).Counts.Present != members+1 {
	}
}

// flush empties our Redis database.
func (p *pair) flush(t *testing.T) {
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.redis.Host)
	if err != nil {
		t.Errorf("redis: %v", err)
		return
	}
	defer conn.Close()
	commands := []string{"SELECT " + strings.TrimPrefix(database, "/"), "FLUSHDB"}
	if password, ok := p.redis.User.Password(); ok {
		commands = append([]string{"AUTH " + password}, commands...)
	}
	replies := bufio.NewReader(conn)
	for _, command := range commands {
		_, sent := fmt.Fprintf(conn, "%s\r\n", command)
		if reply, err := replies.ReadString('\n'); reply != "+OK\r\n" {
			t.Errorf("redis: %q %v %v", reply, sent, err)
		}
	}
}

func (p *pair) oneStops(t *testing.T) {
	event := p.a.opened(p.admin, p.host)
	member := p.somebody(p.b)
	newScreen(t, p.b.base, p.admin.token, event)
	statuses := p.b.whileLoggingIn(p.a, func() {
		elapsed := clock.Stopwatch()
		p.b.signal(syscall.SIGTERM)
		if status := p.b.wait(); status != 0 {
			t.Errorf("exit status %d\n%s", status, p.b.log)
		}
		took := elapsed()
		t.Logf("stopped in %s", took)
		if took > lastWord {
			t.Errorf("took %s to stop", took)
		}
	})
	for _, status := range statuses {
		if status != http.StatusCreated {
			t.Errorf("a login in flight was answered with %d, want 201", status)
		}
	}
	member.at(p.a).want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "code": p.code(p.a, event)})
	visitor{p: p.a}.want(http.StatusOK, get, "/readyz", nil)
}

package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"themeday/server/store/storetest"
)

// ground is a world in which everything exists that the requests get wrong.
type ground struct {
	*world
	words  *strings.Replacer
	phones map[string]*phone
}

// newGround prepares codes and tickets of the past and of the future, sessions that ended, and other people's events.
// 本村's event can be checked in to, and 本党员 has; the clock stands a quarter of an hour before its start.
func newGround(t *testing.T) *ground {
	t.Helper()
	cfg := settings(t, storetest.SQLiteDSN(t))
	cfg.Limits.SessionBurst, cfg.Limits.AddressBurst = 10_000, 10_000 // the clock stands still: nothing is regained
	g := &ground{world: worldOn(t, cfg), phones: map[string]*phone{}}
	g.clock.Set(start.Add(-40 * 24 * time.Hour))
	expired := g.as("本党员").token
	g.clock.Set(start)
	event, far := g.published("本村", "客村"), g.published("远村")
	cancelled, secretary := g.published("远村"), g.as("远书记")
	draft := secretary.want(http.StatusCreated, post, events, g.eventBody("远村")).get("id")
	url := func() string { return g.as("本书记").want(http.StatusOK, get, event+"/code", nil).get("url") }

	g.clock.Set(start.Add(time.Hour + 35*time.Minute))
	old := url()
	oldTicket := g.as("本党员").want(http.StatusOK, post, scans, map[string]string{"code": old}).get("ticket")
	g.clock.Set(start.Add(2 * time.Hour))
	future := url()
	g.clock.Set(start.Add(time.Hour + 45*time.Minute))
	secretary = g.as("远书记")
	cancelledCode := secretary.want(http.StatusOK, get, cancelled+"/code", nil).get("url")
	secretary.want(http.StatusOK, post, cancelled+"/cancel", map[string]string{"reason": "大雨"})
	later := g.eventBody("远村")
	later["checkin"] = map[string]any{"opensAt": g.clock.Now().Add(time.Hour), "closesAt": g.clock.Now().Add(4 * time.Hour), "lateAfter": g.clock.Now().Add(3 * time.Hour)}
	secretary.want(http.StatusOK, put, far, later)
	code, member := url(), g.as("本党员")
	ticket := member.want(http.StatusOK, post, scans, map[string]string{"code": code}).get("ticket")
	member.want(http.StatusCreated, post, checkins, map[string]string{"key": "first", "ticket": ticket})
	farCode := secretary.want(http.StatusOK, get, far+"/code", nil).get("url")
	revoked := g.as("本党员")
	revoked.want(http.StatusNoContent, http.MethodDelete, session, nil)

	asked, picture := g.asked("本党员")
	next := g.published("本村")
	closed := g.siteOf("本村")
	g.as("本书记").want(http.StatusOK, post, closed+"/close", nil)
	tail := code[strings.LastIndex(code, "/")+1:]
	seal := tail[strings.LastIndex(tail, ".")+1:]
	g.words = strings.NewReplacer(
		"{event}", path.Base(event), "{far}", path.Base(far), "{draft}", draft, "{cancelled}", path.Base(cancelled),
		"{org}", g.orgs["本村"].String(), "{farOrg}", g.orgs["远村"].String(), "{member}", g.ids["本党员"].String(), "{farMember}", g.ids["远党员"].String(),
		"{site}", path.Base(g.siteOf("本村")), "{closedSite}", path.Base(closed), "{forgedPlate}", "s"+path.Base(closed)+".AAAAAAAAAAAAAAAA",
		"{code}", code, "{truncated}", code[:len(code)-3], "{expired}", old, "{future}", future, "{farCode}", farCode, "{cancelledCode}", cancelledCode,
		"{forged}", strings.TrimSuffix(code, seal)+turned(seal), "{foreign}", strings.TrimSuffix(code, seal)+farCode[strings.LastIndex(farCode, ".")+1:],
		"{notSpoken}", turned(g.as("本书记").want(http.StatusOK, get, event+"/code", nil).get("spoken")),
		"{personal}", member.want(http.StatusOK, get, "/api/v1/me/personal-code", nil).get("url"),
		"{later}", path.Base(next), "{import}", path.Base(g.rosterImport(newcomers)), "{request}", asked, "{picture}", picture,
		"{pack}", g.as("本书记").want(http.StatusCreated, post, event+"/packs", map[string]string{}).get("id"),
		"{ticket}", ticket, "{oldTicket}", oldTicket, "{forgedTicket}", "t."+turned(ticket[2:]),
		"{expiredToken}", expired, "{revokedToken}", revoked.token,
		"{loginCode}", issued(t, g.app.Sim.LoginCode), "{phoneCode}", issued(t, g.app.Sim.PhoneCode), "{usedCode}", g.usedCode(),
	)
	return g
}

// turned changes the first character for another one that can stand there.
func turned(text string) string {
	if text[0] == '1' {
		return "2" + text[1:]
	}
	return "1" + text[1:]
}

func issued(t *testing.T, issue func(string) (string, error)) string {
	t.Helper()
	code, err := issue("居民")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (g *ground) usedCode() string {
	code := issued(g.t, g.app.Sim.LoginCode)
	g.nobody().want(http.StatusCreated, post, session, map[string]string{"code": code})
	return code
}

// send makes the request as it is on the wire.
func (g *ground) send(r wrong) answer {
	g.t.Helper()
	request := httptest.NewRequestWithContext(g.t.Context(), r.method, g.words.Replace(r.path), strings.NewReader(g.words.Replace(r.body)))
	request.Header.Set("Content-Type", "application/json")
	who := r.who
	if who == "" {
		who = "本党员"
	}
	if who != "nobody" {
		if g.phones[who] == nil {
			g.phones[who] = g.as(who)
		}
		request.Header.Set("Authorization", "Bearer "+g.phones[who].token)
	}
	for name, value := range r.header {
		request.Header.Set(name, g.words.Replace(value))
	}
	recorder := httptest.NewRecorder()
	g.app.API.Handler().ServeHTTP(recorder, request)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

func TestBadInput(t *testing.T) {
	g := newGround(t)
	for _, table := range [][]wrong{wrongSessions(), wrongRoutes(), wrongEvents(), wrongCheckins(), wrongPersonal(), wrongRequests(), wrongSites(), wrongView(), wrongReminders(), wrongRosters(), wrongBindings(), wrongMembers(), wrongJobs(), wrongRoles(), wrongAudit(), wrongTree()} {
		for _, r := range table {
			t.Run(r.name, func(t *testing.T) {
				a := g.send(r)
				if a.Status != r.status || a.get("code") != r.code {
					t.Errorf("%s %s: %d %s, want %d %s", r.method, r.path, a.Status, a.Text, r.status, r.code)
				}
				checkRefusal(t, a)
			})
		}
	}
	g.nothingHappened()
}

// nothingHappened: after all that, the event is as it was.
func (g *ground) nothingHappened() {
	g.t.Helper()
	secretary := g.as("本书记")
	e := secretary.want(http.StatusOK, get, g.words.Replace("/api/v1/events/{event}"), nil)
	if e.get("state") != "published" || e.get("revision") != "2" || e.get("counts.present") != "1" {
		g.t.Errorf("the event has changed: %s", e.Text)
	}
	if mine := secretary.want(http.StatusOK, get, events+"?scope=run", nil).list("items"); len(mine) != 3 {
		g.t.Errorf("%d events, want those of before", len(mine))
	}
	if made := g.as("本党员").want(http.StatusOK, get, "/api/v1/me/attendance?year=2026", nil).list("items"); len(made) != 1 {
		g.t.Errorf("%d entries in the record, want one", len(made))
	}
}

// internals is what an answer must not show: names of types and packages, what decoders and databases say, files.
var internals = regexp.MustCompile(`(?i:json:|unmarshal|invalid character|strconv|parse error|cannot |unexpected|expected |\bsql\b|sqlite|mysql|` +
	`constraint|syntax error|no such|goroutine|panic|\.go\b|/server/|themeday/|huma|\bgin\b|interface|reflect|` +
	`\bu?int(8|16|32|64)?\b|float64|\bnil\b|EOF|stack|geheim|openid|demo-secret)|[a-z]+\.[A-Z][a-zA-Z]+`)

// checkRefusal looks at what every refusal has in common.
func checkRefusal(t *testing.T, a answer) {
	t.Helper()
	message := a.get("message")
	if !strings.ContainsFunc(message, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("message %q is not Chinese", message)
	}
	if id := a.get("requestId"); id == "" || id != a.Header.Get("X-Request-Id") {
		t.Errorf("requestId %q, header %q", id, a.Header.Get("X-Request-Id"))
	}
	if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("Content-Type %q", kind)
	}
	shown := strings.ReplaceAll(a.Text, a.get("requestId"), "")
	if found := internals.FindString(shown); found != "" {
		t.Errorf("the answer shows %q: %s", found, a.Text)
	}
	if len(a.Text) > 2000 {
		t.Errorf("the answer has %d bytes: it repeats the input", len(a.Text))
	}
}

// TestSpokenCodeCannotBeGuessed: after five wrong tries the right digits do not help either, until the window has passed.
func TestSpokenCodeCannotBeGuessed(t *testing.T) {
	w := newWorld(t)
	event := w.published("本村")
	w.clock.Advance(2 * time.Hour)
	digits := func() string { return w.as("本书记").want(http.StatusOK, get, event+"/code", nil).get("spoken") }
	body := func(code string) map[string]string {
		return map[string]string{"code": code, "eventId": path.Base(event)}
	}
	member := w.as("本党员")
	for i := range 5 {
		if a := member.call(post, scans, body(turned(digits()))); a.get("code") != "spoken_wrong" {
			t.Fatalf("try %d: %d %s", i+1, a.Status, a.Text)
		}
	}
	a := member.want(http.StatusTooManyRequests, post, scans, body(digits()))
	checkRefusal(t, a)
	if a.get("code") != "too_many_attempts" {
		t.Errorf("got %s", a.Text)
	}
	w.as("本组织").want(http.StatusOK, post, scans, body(digits())) // nobody else is held back
	w.clock.Advance(11 * time.Minute)
	member.want(http.StatusOK, post, scans, body(digits()))
}

// TestLateScansAreJudgedOneByOne: a wrong item spoils neither the others nor the request.
func TestLateScansAreJudgedOneByOne(t *testing.T) {
	g := newGround(t)
	now := g.clock.Now().Format(time.RFC3339)
	item := func(code, at string) string {
		return fmt.Sprintf(`{"key":"k-%s","code":"%s","scannedAt":"%s"}`, code[:4], code, at)
	}
	body := g.words.Replace(`{"items":[` + strings.Join([]string{
		item("hello", now), item("{forged}", now), item("{expired}", now), item("{code}", "2036-01-01T00:00:00Z"), item("{code}", "2020-01-01T00:00:00Z"), item("{code}", now),
	}, ",") + `]}`)
	a := g.as("本组织").want(http.StatusOK, post, checkins+"/batch", body)
	var got []string
	for i := range a.list("items") {
		at := fmt.Sprintf("items.%d.", i)
		got = append(got, a.get(at+"status")+" "+a.get(at+"error.code"))
	}
	want := []string{"400 code_malformed", "400 code_forged", "409 code_expired", "409 scan_in_future", "409 scan_too_old", "201 "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if source := a.get("items.5.attendance.source"); source != "offline" {
		t.Errorf("source %q", source)
	}
}

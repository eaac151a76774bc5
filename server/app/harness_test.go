package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"themeday/server/app"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// start is the instant at which every test begins: a Thursday afternoon in Beijing, outside the quiet hours.
var start = time.Date(2026, 12, 10, 6, 0, 0, 0, time.UTC)

// world is one running program with a small district, its simulated WeChat and a clock that stands still.
type world struct {
	t     *testing.T
	app   *app.App
	clock *clock.Adjustable
	log   *lockedBuffer
	orgs  map[string]ident.ID // by name
	ids   map[string]ident.ID // members by name
	told  []string            // what only the people concerned may know: tokens and codes
	event string              // the path of the event that a table of calls is about
	keys  int                 // used up so far

	last    call   // of the access table
	binding string // the request to be bound that it is about
}

// district is who the tests are about. 远 belongs to another committee; 客 to a branch that can be invited.
func district() org.Tree {
	return org.Tree{Name: "区委", Kind: org.District, Orgs: []org.Tree{
		{Name: "乡党委", Kind: org.Committee, Orgs: []org.Tree{
			branch("本村", "本",
				org.Person{Name: "本流出", OpenID: openID("本流出"), Standing: org.FlowOut},
				org.Person{Name: "本未绑", Phone: "19900000001"},
				org.Person{Name: "本讲解", OpenID: openID("本讲解"), Roles: []string{"keeper"}},
			),
			branch("客村", "客", org.Person{Name: "乡组织", OpenID: openID("乡组织"), Roles: []string{"organiser@乡党委"}}),
			branch("邻村", "邻", org.Person{Name: "区管理", OpenID: openID("区管理"), Roles: []string{"admin@区委"}}),
		}},
		{Name: "镇党委", Kind: org.Committee, Orgs: []org.Tree{
			branch("远村", "远", org.Person{Name: "镇组织", OpenID: openID("镇组织"), Roles: []string{"organiser@镇党委"}}),
		}},
	}}
}

// branch has a secretary, an organiser and a member, and these.
func branch(name, prefix string, members ...org.Person) org.Tree {
	people := []org.Person{
		{Name: prefix + "书记", Phone: "", OpenID: openID(prefix + "书记"), Roles: []string{"secretary"}},
		{Name: prefix + "组织", OpenID: openID(prefix + "组织"), Roles: []string{"organiser"}},
		{Name: prefix + "党员", OpenID: openID(prefix + "党员")},
	}
	return org.Tree{Name: name, Kind: org.Branch, Members: append(people, members...)}
}

// openID makes up what WeChat would call a person.
func openID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "o-" + hex.EncodeToString(sum[:13])
}

// settings returns the configuration of a test on a database.
func settings(t *testing.T, dsn string) config.Config {
	t.Helper()
	cfg := config.Defaults()
	cfg.DatabaseDSN, cfg.DataDir, cfg.ClientDir = dsn, t.TempDir(), t.TempDir()
	cfg.PublicURL = "https://party.example"
	cfg.WeChat.Templates = "../../configs/message-templates.yaml"
	return cfg
}

// newWorld builds the program on SQLite and loads the district.
func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOn(t, settings(t, storetest.SQLiteDSN(t)))
}

// loggerTo writes everything down.
func loggerTo(out io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func worldOn(t *testing.T, cfg config.Config) *world {
	t.Helper()
	return worldOf(t, cfg, district())
}

func worldOf(t *testing.T, cfg config.Config, tree org.Tree) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(start), log: &lockedBuffer{}, orgs: map[string]ident.ID{}, ids: map[string]ident.ID{}}
	a, err := app.New(t.Context(), cfg, loggerTo(w.log), app.WithClock(w.clock), app.WithoutDemo())
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	w.app = a
	t.Cleanup(func() {
		if err := a.Stop(t.Context()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if err := a.Orgs.Load(t.Context(), tree); err != nil {
		t.Fatalf("load: %v", err)
	}
	w.learn()
	return w
}

// learn looks up the ids of the district and tells the simulator who there is.
func (w *world) learn() {
	w.t.Helper()
	roots, err := w.app.Orgs.Roots(w.t.Context())
	if err != nil || len(roots) != 1 {
		w.t.Fatalf("roots: %v %v", roots, err)
	}
	members, err := w.app.Orgs.MembersWithin(w.t.Context(), w.app.DB.Read(), []string{roots[0].Path})
	if err != nil {
		w.t.Fatal(err)
	}
	var places []ident.ID
	for _, m := range members {
		places = append(places, org.PathIDs(m.OrgPath)...)
		w.ids[m.Name] = m.ID
		person := sim.Person{ID: m.Name, Name: m.Name, Org: m.OrgName, Bound: m.Bound, Phone: w.app.Orgs.Phone(m)}
		if m.Bound {
			person.OpenID = openID(m.Name)
		}
		w.app.Sim.AddPerson(person)
	}
	all, err := w.app.Orgs.Orgs(w.t.Context(), w.app.DB.Read(), places)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range all {
		w.orgs[o.Name] = o.ID
	}
	w.app.Sim.AddPerson(sim.Person{ID: "居民", Name: "居民", Phone: "18600000009"})
}

// answer is what the server said.
type answer struct {
	Status int
	Header http.Header
	Text   string
}

// get returns the value at a dotted path of the JSON body, as text; "" when it is not there.
func (a answer) get(path string) string {
	var value any
	if json.Unmarshal([]byte(a.Text), &value) != nil {
		return ""
	}
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(v) {
				return ""
			}
			value = v[i]
		default:
			return ""
		}
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// list returns the objects at a key of the body.
func (a answer) list(key string) []map[string]any {
	var body map[string]json.RawMessage
	var items []map[string]any
	if json.Unmarshal([]byte(a.Text), &body) != nil || json.Unmarshal(body[key], &items) != nil {
		return nil
	}
	return items
}

// phone is one person's phone, logged in.
type phone struct {
	w     *world
	name  string
	token string
}

// as logs a person in.
func (w *world) as(name string) *phone {
	w.t.Helper()
	code, err := w.app.Sim.LoginCode(name)
	if err != nil {
		w.t.Fatalf("login code of %s: %v", name, err)
	}
	p := &phone{w: w, name: name}
	a := p.call(http.MethodPost, "/api/v1/session", map[string]string{"code": code})
	if a.Status != http.StatusCreated {
		w.t.Fatalf("login of %s: %d %s", name, a.Status, a.Text)
	}
	p.token = a.get("token")
	w.told = append(w.told, code, p.token)
	return p
}

// nobody is a phone without a session.
func (w *world) nobody() *phone { return &phone{w: w, name: "nobody"} }

// call sends a request with a JSON body (nil for none, a string as it is).
func (p *phone) call(method, path string, body any) answer {
	p.w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			p.w.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	request := httptest.NewRequestWithContext(p.w.t.Context(), method, path, reader)
	request.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	recorder := httptest.NewRecorder()
	p.w.app.API.Handler().ServeHTTP(recorder, request)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// want sends a request and fails the test unless it is answered with the status.
func (p *phone) want(status int, method, path string, body any) answer {
	p.w.t.Helper()
	a := p.call(method, path, body)
	if a.Status != status {
		p.w.t.Fatalf("%s: %s %s: %d, want %d: %s", p.name, method, path, a.Status, status, a.Text)
	}
	return a
}

// eventBody is an event in two hours, held by an organisation.
func (w *world) eventBody(host string, guests ...string) map[string]any {
	ids := []string{}
	for _, guest := range guests {
		ids = append(ids, w.orgs[guest].String())
	}
	now := w.clock.Now()
	return map[string]any{
		"kind": "theme_day", "title": "十二月主题党日", "hostOrgId": w.orgs[host].String(), "guestOrgIds": ids,
		"startsAt": now.Add(2 * time.Hour), "endsAt": now.Add(4 * time.Hour), "place": map[string]any{"name": "村部会议室"},
	}
}

// published makes and publishes an event of an organisation and returns its path.
func (w *world) published(host string, guests ...string) string {
	w.t.Helper()
	secretary := w.as(strings.TrimSuffix(host, "村") + "书记")
	path := "/api/v1/events/" + secretary.want(http.StatusCreated, http.MethodPost, "/api/v1/events", w.eventBody(host, guests...)).get("id")
	secretary.want(http.StatusOK, http.MethodPost, path+"/publish", nil)
	return path
}

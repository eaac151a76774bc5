package checkin_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/org"
	"themeday/server/site"
	"themeday/server/store"
)

var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// at returns an instant of 10 July 2026 in Beijing, "15:04" or "15:04:05".
func at(wall string) time.Time {
	layout := "15:04:05"[:len(wall)]
	parsed, err := time.Parse(layout, wall)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 7, 10, parsed.Hour(), parsed.Minute(), parsed.Second(), 0, beijing).UTC()
}

// world is a small district with real organisations and events, in which people check in.
type world struct {
	db      *store.DB
	clock   *clock.Adjustable
	ids     *ident.Source
	cache   *spy
	people  *org.Service
	events  *event.Service
	sites   *site.Service
	checkin *checkin.Service

	mu      sync.Mutex
	results []string
	serial  int
	known   map[string]authz.Actor
}

// district is the tree of these tests. Everybody's openid is the name.
func district() org.Tree {
	p := func(name string, standing org.Standing, roles ...string) org.Person {
		return org.Person{Name: name, Standing: standing, Roles: roles, OpenID: name}
	}
	return org.Tree{Name: "区委", Kind: org.District, Members: []org.Person{p("区委书记", "", "admin")}, Orgs: []org.Tree{
		{Name: "街道党委", Kind: org.Committee, Orgs: []org.Tree{
			{Name: "一支部", Kind: org.Branch, Members: []org.Person{
				p("书记", "", "secretary"), p("委员", "", "organiser"), p("党员", ""), p("流出", org.FlowOut), p("流入", org.FlowIn),
				p("病休", org.LongIllness), p("停权", org.Suspended),
			}, Orgs: []org.Tree{{Name: "一组", Kind: org.Group, Members: []org.Person{p("组员", "")}}}},
			{Name: "二支部", Kind: org.Branch, Members: []org.Person{p("客书记", "", "secretary"), p("客党员", "")}},
		}},
		{Name: "镇党委", Kind: org.Committee, Orgs: []org.Tree{
			{Name: "三支部", Kind: org.Branch, Members: []org.Person{p("外书记", "", "secretary"), p("外人", "")}},
		}},
	}}
}

// everybody expected at an event of 一支部: those in normal standing and who flowed in, the group included.
var expectedHere = []string{"书记", "委员", "党员", "流入", "组员"}

// wechat takes the code of a login for the openid.
type wechat struct{}

func (wechat) Identify(_ context.Context, code string) (openID, unionID string, err error) {
	return code, "", nil
}

func (wechat) Phone(context.Context, string) (string, error) { return "", errors.New("no phones here") }

type painter struct{}

func (painter) MiniCode(context.Context, string, string) (picture []byte, mediaType string, err error) {
	return []byte("png"), "image/png", nil
}

// spy is the cache, and remembers what was published and what could be read from the database at that moment.
type spy struct {
	kv.KV
	mu    sync.Mutex
	heard []string
	look  func() string
}

func (s *spy) Publish(ctx context.Context, channel, payload string) error {
	s.mu.Lock()
	seen := channel
	if s.look != nil {
		seen += " " + s.look()
	}
	s.heard = append(s.heard, seen)
	s.mu.Unlock()
	return s.KV.Publish(ctx, channel, payload)
}

// listen starts a new record with this look at the database and returns what was heard when called again.
func (s *spy) listen(look func() string) func() []string {
	s.mu.Lock()
	s.heard, s.look = nil, look
	s.mu.Unlock()
	return func() []string {
		s.mu.Lock()
		defer s.mu.Unlock()
		return append([]string{}, s.heard...)
	}
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{db: db, clock: clock.NewFake(at("08:00")), known: map[string]authz.Actor{}}
	w.ids = ident.NewSource(w.clock, nil)
	vault, err := org.NewVault([]byte("a secret of the tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	memory := kv.NewMemory(w.clock)
	t.Cleanup(func() { _ = memory.Close() })
	w.cache = &spy{KV: memory}
	w.people = org.New(org.Deps{DB: db, Clock: w.clock, IDs: w.ids, WeChat: wechat{}, Vault: vault, Log: quiet()})
	if err := w.people.Load(t.Context(), district()); err != nil {
		t.Fatal(err)
	}
	w.sites = site.New(site.Deps{DB: db, Clock: w.clock, IDs: w.ids, People: w.people, PublicURL: "https://party.example.cn/"})
	w.events = event.New(db, w.clock, w.ids, w.people)
	w.events.SetSites(w.sites)
	w.checkin = w.another(t)
	w.events.SetAttendance(w.checkin)
	w.events.Follow(w.checkin)
	return w
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// another returns one more server on the same database.
func (w *world) another(t *testing.T) *checkin.Service {
	t.Helper()
	s, err := checkin.New(checkin.Deps{
		DB: w.db, Clock: w.clock, IDs: w.ids, Cache: w.cache, People: w.people, Events: w.events, Sites: w.sites, Painter: painter{}, Log: quiet(),
		PublicURL: "https://party.example.cn/", Secret: []byte("a secret of the tests, long enough"), Observe: w.observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func (w *world) observe(result string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results = append(w.results, result)
}

// actor logs the person in, once; somebody who is not in the tree is a resident.
func (w *world) actor(t *testing.T, name string) authz.Actor {
	t.Helper()
	if actor, ok := w.known[name]; ok {
		return actor
	}
	_, _, actor, err := w.people.Login(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	w.known[name] = actor
	return actor
}

func (w *world) member(t *testing.T, name string) org.Member {
	t.Helper()
	m, err := w.people.MemberByID(t.Context(), w.db.Read(), w.actor(t, name).MemberID)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *world) orgID(t *testing.T, name string) ident.ID {
	t.Helper()
	var id ident.ID
	if err := w.db.Read().NewRaw("SELECT id FROM orgs WHERE name = ?", name).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// event publishes an event of 一支部 from 15:00 to 16:30 on 10 July; the clock then stands at 15:00.
func (w *world) event(t *testing.T, change ...func(*event.Draftable)) event.Event {
	t.Helper()
	w.clock.Set(at("08:00"))
	d := event.Draftable{
		Kind: event.ThemeDay, Title: "主题党日", Host: w.orgID(t, "一支部"), StartsAt: at("15:00"), EndsAt: at("16:30"),
		Place: event.Place{Name: "会议室", Position: &event.Position{Lat: 30, Lng: 120}},
	}
	for _, f := range change {
		f(&d)
	}
	e, err := w.events.Create(t.Context(), w.actor(t, "书记"), d, "")
	if err == nil {
		e, err = w.events.Publish(t.Context(), w.actor(t, "书记"), e.ID, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Set(at("15:00"))
	return e
}

func (w *world) close(t *testing.T, e event.Event) {
	t.Helper()
	if _, err := w.events.Close(t.Context(), w.actor(t, "书记"), e.ID, ""); err != nil {
		t.Fatal(err)
	}
}

// code returns the event's code of this moment.
func (w *world) code(t *testing.T, e event.Event) string {
	t.Helper()
	return w.show(t, e).URL
}

func (w *world) show(t *testing.T, e event.Event) checkin.Shown {
	t.Helper()
	shown, _, err := w.checkin.Show(t.Context(), w.actor(t, "书记"), e.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// newKey returns a key that no other act has.
func (w *world) newKey() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serial++
	return "key-" + strconv.Itoa(w.serial)
}

// scan checks the person in with the code of this moment.
func (w *world) scan(t *testing.T, e event.Event, name string) checkin.Attendance {
	t.Helper()
	a, _, repeated, err := w.checkin.CheckIn(t.Context(), w.actor(t, name), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Code: w.code(t, e)}})
	if err != nil || repeated {
		t.Fatalf("%s: repeated %v, %v", name, repeated, err)
	}
	return a
}

func (w *world) mark(t *testing.T, e event.Event, name string, status checkin.Status, reason string) checkin.Attendance {
	t.Helper()
	a, err := w.checkin.Mark(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, name).MemberID, status, reason)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return a
}

// list returns the event's attendance by name, as status/source with "!" for those in the denominator, and the counts.
func (w *world) list(t *testing.T, e event.Event) (map[string]string, event.Counts) {
	t.Helper()
	all, counts, next, err := w.checkin.List(t.Context(), w.actor(t, "书记"), e.ID, "", 0, 500)
	if err != nil || next != 0 {
		t.Fatal(next, err)
	}
	byName := map[string]string{}
	for _, a := range all {
		text := string(a.Status) + "/" + string(a.Source)
		if a.Expected {
			text += "!"
		}
		byName[a.Member.Name] = text
	}
	return byName, counts
}

func (w *world) status(t *testing.T, e event.Event, name string) string {
	t.Helper()
	byName, _ := w.list(t, e)
	return byName[name]
}

// counts of one number, for what is told nowhere else.
func (w *world) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := w.db.Read().NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// history returns the changes of a row as "revision from>to source reason".
func (w *world) history(t *testing.T, e event.Event, name string) string {
	t.Helper()
	list, err := w.checkin.Changes(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, name).MemberID)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range list {
		line := strconv.Itoa(c.Revision) + " " + string(c.From) + ">" + string(c.To) + " " + string(c.Source) + " " + c.Reason
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "; ")
}

// refused fails unless err is a fault with this code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want %q", err, code)
	}
}

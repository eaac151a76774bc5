package event_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// world is a small district with a real tree and an event service.
type world struct {
	db     *store.DB
	clock  *clock.Adjustable
	people *org.Service
	events *event.Service
	orgs   map[string]ident.ID
	known  map[string]authz.Actor
}

func district() org.Tree {
	p := func(name string, roles ...string) org.Person {
		return org.Person{Name: name, Roles: roles, OpenID: name}
	}
	return org.Tree{Name: "区委", Kind: org.District, Members: []org.Person{p("区管理", "admin"), p("区党员")}, Orgs: []org.Tree{
		{Name: "街道", Kind: org.Committee, Members: []org.Person{p("街道书记", "secretary")}, Orgs: []org.Tree{
			{
				Name: "一支部", Kind: org.Branch, Members: []org.Person{p("书记", "secretary"), p("委员", "organiser"), p("党员"), p("讲解员", "keeper")},
				Orgs: []org.Tree{{Name: "一组", Kind: org.Group, Members: []org.Person{p("组长", "secretary"), p("组员")}}},
			},
			{Name: "二支部", Kind: org.Branch, Members: []org.Person{p("邻书记", "secretary"), p("邻党员")}},
		}},
		{Name: "镇", Kind: org.Committee, Orgs: []org.Tree{
			{Name: "三支部", Kind: org.Branch, Members: []org.Person{p("客书记", "secretary"), p("客党员")}},
		}},
	}}
}

type wechat struct{}

func (wechat) Identify(_ context.Context, code string) (openID, unionID string, err error) {
	return code, "", nil
}

func (wechat) Phone(context.Context, string) (string, error) { return "", errors.New("no phones here") }

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{db: db, clock: clock.NewFake(now), orgs: map[string]ident.ID{}, known: map[string]authz.Actor{}}
	ids := ident.NewSource(w.clock, nil)
	vault, err := org.NewVault([]byte("a secret of the tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	w.people = org.New(org.Deps{DB: db, Clock: w.clock, IDs: ids, WeChat: wechat{}, Vault: vault, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := w.people.Load(t.Context(), district()); err != nil {
		t.Fatal(err)
	}
	var rows []org.Org
	if err := db.Read().NewRaw("SELECT id, name FROM orgs").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	for _, o := range rows {
		w.orgs[o.Name] = o.ID
	}
	w.events = event.New(db, w.clock, ids, w.people)
	return w
}

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

func (w *world) plan(change ...func(*event.Draftable)) event.Draftable {
	d := event.Draftable{Kind: event.ThemeDay, Title: "主题党日", Host: w.orgs["一支部"], StartsAt: starts, EndsAt: ends, Place: event.Place{Name: "会议室"}}
	for _, f := range change {
		f(&d)
	}
	return d
}

// draft makes a draft as the branch's secretary at the beginning of the month.
func (w *world) draft(t *testing.T, change ...func(*event.Draftable)) event.Event {
	t.Helper()
	w.clock.Set(now)
	e, err := w.events.Create(t.Context(), w.actor(t, "区管理"), w.plan(change...), "")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (w *world) published(t *testing.T, change ...func(*event.Draftable)) event.Event {
	t.Helper()
	e, err := w.events.Publish(t.Context(), w.actor(t, "区管理"), w.draft(t, change...).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (w *world) load(t *testing.T, id ident.ID) event.Event {
	t.Helper()
	e, err := w.events.Load(t.Context(), w.db.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (w *world) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := w.db.Read().NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want %q", err, code)
	}
}

func TestService(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"create": create, "create refused": createRefused, "create once": createOnce, "create once at the same time": createAtOnce,
		"life": life, "same key": sameKey, "steps at once": stepsAtOnce, "same key at once": sameKeyAtOnce, "followers": followers,
		"update": update, "visibility": visibility, "pages": pages, "lists": lists,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

func create(t *testing.T, w *world) {
	e := w.draft(t, func(d *event.Draftable) {
		d.Guests = []ident.ID{w.orgs["三支部"]}
		d.Place = event.Place{Name: "纪念馆", Address: "山上", Position: &event.Position{Lat: 30.123456, Lng: -120.654321}, Radius: 80}
		d.Reminders = event.Reminders{DayBefore: true}
		d.Summary = "一行\n两行"
	})
	if e.State != event.Draft || e.Revision != 1 || e.Host.Name != "一支部" || len(e.Guests) != 1 || e.Guests[0].Name != "三支部" {
		t.Errorf("%+v", e)
	}
	if e.Window != event.DefaultWindow(starts, ends) || len(e.CodeKey) != 32 || !e.PublishedAt.IsZero() || !e.CreatedAt.Equal(now) {
		t.Errorf("%+v", e)
	}
	got := w.load(t, e.ID)
	if *got.Place.Position != (event.Position{Lat: 30.123456, Lng: -120.654321}) || got.Place.Radius != 80 || got.Summary != "一行\n两行" {
		t.Errorf("%+v", got.Place)
	}
	if got.Reminders != (event.Reminders{DayBefore: true}) {
		t.Errorf("%+v", got.Reminders)
	}
	if other := w.draft(t); string(other.CodeKey) == string(e.CodeKey) {
		t.Error("two events have one code key")
	}
}

func createRefused(t *testing.T, w *world) {
	guests := func(names ...string) func(*event.Draftable) {
		return func(d *event.Draftable) {
			for _, name := range names {
				d.Guests = append(d.Guests, w.orgs[name])
			}
		}
	}
	for _, c := range []struct {
		name, who string
		change    func(*event.Draftable)
		code      string
		field     string
	}{
		{"secretary", "书记", func(*event.Draftable) {}, "", ""},
		{"organiser", "委员", func(*event.Draftable) {}, "", ""},
		{"from above", "街道书记", func(*event.Draftable) {}, "", ""},
		{"member", "党员", func(*event.Draftable) {}, "invalid_input", "hostOrgId"},
		{"keeper", "讲解员", func(*event.Draftable) {}, "invalid_input", "hostOrgId"},
		{"from below", "组长", func(*event.Draftable) {}, "invalid_input", "hostOrgId"},
		{"from beside", "邻书记", func(*event.Draftable) {}, "invalid_input", "hostOrgId"},
		{"resident", "路人", func(*event.Draftable) {}, "not_bound", ""},
		{"no host", "书记", func(d *event.Draftable) { d.Host = 0 }, "invalid_input", "hostOrgId"},
		{"a host that there is not", "书记", func(d *event.Draftable) { d.Host = 77 }, "invalid_input", "hostOrgId"},
		{"a guest from anywhere", "书记", guests("三支部", "二支部"), "", ""},
		{"a guest above", "书记", guests("街道"), "", ""},
		{"a guest that there is not", "书记", func(d *event.Draftable) { d.Guests = []ident.ID{77} }, "invalid_input", "guestOrgIds"},
		{"a guest below the host", "书记", guests("一组"), "invalid_input", "guestOrgIds"},
		{"the host as guest", "书记", guests("一支部"), "invalid_input", "guestOrgIds"},
		{"a wrong field", "书记", func(d *event.Draftable) { d.Title = "" }, "invalid_input", "title"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.count(t, "SELECT COUNT(*) FROM events")
			_, err := w.events.Create(t.Context(), w.actor(t, c.who), w.plan(c.change), "")
			refused(t, err, c.code)
			if f := fault.From(err); c.field != "" && f.Fields[c.field] == "" {
				t.Errorf("fields %v, want %s", f.Fields, c.field)
			}
			if made := w.count(t, "SELECT COUNT(*) FROM events") - before; (made == 1) != (c.code == "") {
				t.Errorf("%d events made", made)
			}
		})
	}
}

func createOnce(t *testing.T, w *world) {
	secretary := w.actor(t, "书记")
	first, err := w.events.Create(t.Context(), secretary, w.plan(), "create once")
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.events.Create(t.Context(), secretary, w.plan(func(d *event.Draftable) { d.Title = "别的" }), "create once")
	if err != nil || again.ID != first.ID || again.Title != first.Title {
		t.Errorf("the same key: %+v, %v", again, err)
	}
	other, err := w.events.Create(t.Context(), w.actor(t, "委员"), w.plan(), "create once")
	if err != nil || other.ID == first.ID {
		t.Errorf("somebody else's key: %v, %v", other.ID, err)
	}
	for range 2 {
		free, err := w.events.Create(t.Context(), secretary, w.plan(), "")
		if err != nil || free.ID == first.ID {
			t.Errorf("without a key: %v", err)
		}
	}
}

func createAtOnce(t *testing.T, w *world) {
	const phones = 6
	secretary := w.actor(t, "书记")
	ids := make([]ident.ID, phones)
	var group sync.WaitGroup
	for i := range phones {
		group.Go(func() {
			e, err := w.events.Create(t.Context(), secretary, w.plan(), "create at once")
			if err != nil {
				t.Errorf("phone %d: %v", i, err)
			}
			ids[i] = e.ID
		})
	}
	group.Wait()
	if len(slices.Compact(ids)) != 1 || w.count(t, "SELECT COUNT(*) FROM events WHERE client_key = ?", "create at once") != 1 {
		t.Errorf("made %v", ids)
	}
}

func life(t *testing.T, w *world) {
	secretary := w.actor(t, "书记")
	e := w.draft(t)
	_, err := w.events.Close(t.Context(), secretary, e.ID, "")
	refused(t, err, "event_not_published")
	w.clock.Set(now.Add(time.Hour))
	e, err = w.events.Publish(t.Context(), secretary, e.ID, "")
	if err != nil || e.State != event.Published || !e.PublishedAt.Equal(now.Add(time.Hour)) || e.Revision != 2 {
		t.Fatalf("%+v, %v", e, err)
	}
	_, err = w.events.Close(t.Context(), secretary, e.ID, "")
	refused(t, err, "event_not_started")
	w.clock.Set(starts)
	e, err = w.events.Close(t.Context(), secretary, e.ID, "")
	if err != nil || e.State != event.Closed || !e.ClosedAt.Equal(starts) || !e.PublishedAt.Equal(now.Add(time.Hour)) {
		t.Fatalf("%+v, %v", e, err)
	}
	_, err = w.events.Cancel(t.Context(), secretary, e.ID, "", "不办了")
	refused(t, err, "event_closed")
	if n := w.count(t, "SELECT COUNT(*) FROM event_steps WHERE event_id = ?", e.ID); n != 3 {
		t.Errorf("%d steps kept", n)
	}
	for who, code := range map[string]string{"党员": "forbidden", "邻书记": "not_found", "路人": "not_bound", "组长": "forbidden"} {
		_, err := w.events.Cancel(t.Context(), w.actor(t, who), w.published(t).ID, "", "不办了")
		t.Run(who, func(t *testing.T) { refused(t, err, code) })
	}
	cancelled, err := w.events.Cancel(t.Context(), secretary, w.draft(t).ID, "", "不办了")
	if err != nil || cancelled.State != event.Cancelled || cancelled.CancelReason != "不办了" || !cancelled.PublishedAt.IsZero() {
		t.Errorf("%+v, %v", cancelled, err)
	}
	_, err = w.events.Publish(t.Context(), secretary, 77, "")
	refused(t, err, "not_found")
}

func sameKey(t *testing.T, w *world) {
	secretary := w.actor(t, "书记")
	e := w.draft(t)
	first, err := w.events.Publish(t.Context(), secretary, e.ID, "tap")
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.events.Publish(t.Context(), secretary, e.ID, "tap")
	if err != nil || again.Revision != first.Revision {
		t.Errorf("the same tap: %+v, %v", again, err)
	}
	_, err = w.events.Publish(t.Context(), secretary, e.ID, "another tap")
	refused(t, err, "event_not_draft")
	_, err = w.events.Publish(t.Context(), w.actor(t, "委员"), e.ID, "tap")
	refused(t, err, "event_not_draft")
	_, err = w.events.Cancel(t.Context(), secretary, e.ID, "tap", "另一步")
	refused(t, err, "") // another step
}

// stepsAtOnce: one of two people who publish, cancel or close together wins, and the other is told so.
func stepsAtOnce(t *testing.T, w *world) {
	for name, c := range map[string]struct {
		step func(actor authz.Actor, id ident.ID) error
		lost string
	}{
		"publish": {func(a authz.Actor, id ident.ID) error { _, err := w.events.Publish(t.Context(), a, id, ""); return err }, "event_not_draft"},
		"cancel": {func(a authz.Actor, id ident.ID) error {
			_, err := w.events.Cancel(t.Context(), a, id, "", "不办了")
			return err
		}, "event_cancelled"},
	} {
		t.Run(name, func(t *testing.T) { race(t, w, w.draft(t), c.step, c.lost) })
	}
	e := w.published(t)
	w.clock.Set(starts)
	race(t, w, e, func(a authz.Actor, id ident.ID) error { _, err := w.events.Close(t.Context(), a, id, ""); return err }, "event_closed")
}

func race(t *testing.T, w *world, e event.Event, step func(authz.Actor, ident.ID) error, lost string) {
	t.Helper()
	const people = 4
	revision := e.Revision
	actors := []authz.Actor{w.actor(t, "书记"), w.actor(t, "委员"), w.actor(t, "街道书记"), w.actor(t, "区管理")}
	var group sync.WaitGroup
	errs := make([]error, people)
	for i := range people {
		group.Go(func() { errs[i] = step(actors[i], e.ID) })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			refused(t, err, lost)
		}
	}
	if won != 1 || w.load(t, e.ID).Revision != revision+1 {
		t.Errorf("%d won, revision %d after %d", won, w.load(t, e.ID).Revision, revision)
	}
}

func sameKeyAtOnce(t *testing.T, w *world) {
	e, secretary := w.draft(t), w.actor(t, "书记")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := w.events.Publish(t.Context(), secretary, e.ID, "double tap")
			if err != nil || got.State != event.Published || got.Revision != 2 {
				t.Errorf("%s, revision %d, %v", got.State, got.Revision, err)
			}
		})
	}
	group.Wait()
}

// follower notes the steps, leaves a row in the step's transaction, and can refuse.
type follower struct {
	mu    sync.Mutex
	steps []string
	err   error
}

func (f *follower) Followed(ctx context.Context, tx bun.IDB, step event.Step, at time.Time, before, after event.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps = append(f.steps, fmt.Sprintf("%s %s>%s %s", step, before.State, after.State, at.Format("15:04")))
	_, err := tx.NewRaw("INSERT INTO failed_scans (id, event_id, user_id, reason, at) VALUES (?, ?, 0, ?, 0)", after.Revision+int(after.ID&0xffff)*100, after.ID, step).Exec(ctx)
	return errors.Join(err, f.err)
}

func followers(t *testing.T, w *world) {
	f, g := &follower{}, &follower{}
	w.events.Follow(f)
	defer func() { f.err = nil }()
	secretary := w.actor(t, "书记")
	rows := func(id ident.ID) int { return w.count(t, "SELECT COUNT(*) FROM failed_scans WHERE event_id = ?", id) }
	e := w.draft(t)
	f.err = errors.New("no")
	if _, err := w.events.Publish(t.Context(), secretary, e.ID, "tap"); !errors.Is(err, f.err) {
		t.Errorf("got %v", err)
	}
	if got := w.load(t, e.ID); got.State != event.Draft || got.Revision != 1 || rows(e.ID) != 1 {
		t.Errorf("the step was not undone: %s, revision %d, %d rows", got.State, got.Revision, rows(e.ID))
	}
	events, made := w.count(t, "SELECT COUNT(*) FROM events"), len(f.steps)
	if _, err := w.events.Create(t.Context(), secretary, w.plan(), "undone"); !errors.Is(err, f.err) || w.count(t, "SELECT COUNT(*) FROM events") != events {
		t.Errorf("a creation was not undone: %v", err)
	}
	f.err = nil
	if _, err := w.events.Publish(t.Context(), secretary, e.ID, "tap"); err != nil {
		t.Errorf("the same tap, when it is possible: %v", err)
	}
	if _, err := w.events.Publish(t.Context(), secretary, e.ID, "tap"); err != nil || len(f.steps) != made+2 {
		t.Errorf("a repeated tap is followed again: %v, %v", f.steps, err)
	}
	if _, err := w.events.Update(t.Context(), secretary, e.ID, w.plan(), 0); err != nil {
		t.Error(err)
	}
	w.clock.Set(starts)
	if _, err := w.events.Close(t.Context(), secretary, e.ID, ""); err != nil {
		t.Error(err)
	}
	want := []string{"published draft>published 01:00", "edited published>published 01:00", "closed published>closed 07:00"}
	if got := f.steps[len(f.steps)-3:]; !slices.Equal(got, want) || rows(e.ID) != 4 {
		t.Errorf("followed %q with %d rows", got, rows(e.ID))
	}
	if len(g.steps) != 0 {
		t.Error("who does not follow is not called")
	}
}

func update(t *testing.T, w *world) {
	secretary := w.actor(t, "书记")
	e := w.published(t, func(d *event.Draftable) {
		d.Guests = []ident.ID{w.orgs["三支部"]}
		d.Place.Position = &event.Position{Lat: 1, Lng: 2}
	})
	edit := func(revision int, change func(*event.Draftable)) (event.Event, error) {
		return w.events.Update(t.Context(), secretary, e.ID, w.plan(change), revision)
	}
	got, err := edit(e.Revision, func(d *event.Draftable) { d.Title, d.Guests = "改过", []ident.ID{w.orgs["二支部"]} })
	if err != nil || got.Title != "改过" || got.Revision != e.Revision+1 || len(got.Guests) != 1 || got.Guests[0].Name != "二支部" || got.Place.Position != nil {
		t.Errorf("replaced by %+v, %v", got, err)
	}
	if string(got.CodeKey) != string(e.CodeKey) || got.State != event.Published || !got.PublishedAt.Equal(e.PublishedAt) {
		t.Errorf("more has changed than was asked: %+v", got)
	}
	_, err = edit(e.Revision, func(d *event.Draftable) { d.Title = "旧的" })
	refused(t, err, "event_changed")
	_, err = edit(0, func(d *event.Draftable) { d.Title = "不管版本" })
	refused(t, err, "")
	_, err = edit(0, func(d *event.Draftable) { d.StartsAt, d.EndsAt = now.Add(-2*time.Hour), now.Add(-time.Hour) })
	refused(t, err, "event_over")
	_, err = edit(0, func(d *event.Draftable) { d.Host = w.orgs["二支部"] })
	refused(t, err, "invalid_input")
	_, err = edit(0, func(d *event.Draftable) { d.Title = "" })
	refused(t, err, "invalid_input")
	if got := w.load(t, e.ID); got.Title != "不管版本" || got.Host.Name != "一支部" {
		t.Errorf("a refused edit left %+v", got)
	}
	w.clock.Set(starts)
	if _, err := w.events.Close(t.Context(), secretary, e.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = edit(0, func(*event.Draftable) {})
	refused(t, err, "event_not_editable")
}

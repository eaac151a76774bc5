package site_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/site"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// begin is a Friday afternoon in Beijing.
var begin = time.Date(2026, 7, 10, 6, 0, 0, 0, time.UTC)

type wechat struct{}

func (wechat) Identify(_ context.Context, code string) (openID, unionID string, err error) {
	return code, "", nil
}

func (wechat) Phone(context.Context, string) (string, error) { return "", errors.New("no phones here") }

// world is a small district with sites.
type world struct {
	db     *store.DB
	clock  *clock.Adjustable
	people *org.Service
	sites  *site.Service
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{db: db, clock: clock.NewFake(begin)}
	ids := ident.NewSource(w.clock, nil)
	vault, err := org.NewVault([]byte("a secret of the tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	w.people = org.New(org.Deps{DB: db, Clock: w.clock, IDs: ids, WeChat: wechat{}, Vault: vault, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	p := func(name string, roles ...string) org.Person {
		return org.Person{Name: name, Roles: roles, OpenID: name}
	}
	err = w.people.Load(t.Context(), org.Tree{Name: "区委", Kind: org.District, Members: []org.Person{p("管理员", "admin")}, Orgs: []org.Tree{
		{Name: "街道党委", Kind: org.Committee, Members: []org.Person{p("讲解员", "keeper")}, Orgs: []org.Tree{
			{Name: "一支部", Kind: org.Branch, Members: []org.Person{p("书记", "secretary"), p("党员"), p("志愿者")}},
			{Name: "二支部", Kind: org.Branch, Members: []org.Person{p("客书记", "secretary"), p("客党员")}},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.sites = site.New(site.Deps{DB: db, Clock: w.clock, IDs: ids, People: w.people, PublicURL: "https://party.example.cn/"})
	w.people.HasStake("sites", w.sites.Stake())
	return w
}

// actor logs the person in; somebody who is not in the tree is a resident.
func (w *world) actor(t *testing.T, name string) authz.Actor {
	t.Helper()
	_, _, actor, err := w.people.Login(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

func (w *world) orgID(t *testing.T, name string) ident.ID {
	t.Helper()
	var id ident.ID
	if err := w.db.Read().NewRaw("SELECT id FROM orgs WHERE name = ?", name).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// draft is a site of 一支部 that would be accepted.
func (w *world) draft(t *testing.T) site.Draftable {
	t.Helper()
	return site.Draftable{Kind: site.RedEducation, Name: "红色小屋", Org: w.orgID(t, "一支部"), Position: &site.Position{Lat: 32.955, Lng: 116.02}}
}

func (w *world) made(t *testing.T, change ...func(*site.Draftable)) site.Site {
	t.Helper()
	d := w.draft(t)
	for _, f := range change {
		f(&d)
	}
	made, err := w.sites.Create(t.Context(), w.actor(t, "管理员"), d, "")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want %q", err, code)
	}
}

// TestSites runs every story on every engine, each in a district of its own.
func TestSites(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"made": madeOnce, "who may": whoMay, "edited": edited, "closed and reopened": closedAndReopened, "plate renewed": plateRenewed,
		"search and pages": searchAndPages, "kept": keptOnes, "two at once": twoAtOnce,
	}
	for _, name := range slices.Sorted(maps.Keys(stories)) {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) { stories[name](t, newWorld(t, db)) })
		})
	}
}

func madeOnce(t *testing.T, w *world) {
	d := w.draft(t)
	d.Name, d.Opening, d.Keepers = "  红色小屋 ", "周二至周日 9:00–17:00", []ident.ID{w.actor(t, "志愿者").MemberID, w.actor(t, "志愿者").MemberID}
	first, err := w.sites.Create(t.Context(), w.actor(t, "书记"), d, "key")
	if err != nil {
		t.Fatal(err)
	}
	if first.Name != "红色小屋" || len(first.Keepers) != 1 || *first.Position != *d.Position || first.Org.Name != "一支部" || !first.Open() || first.Revision != 1 {
		t.Errorf("made %+v", first)
	}
	again, err := w.sites.Create(t.Context(), w.actor(t, "书记"), d, "key")
	if err != nil || again.ID != first.ID {
		t.Errorf("the same key made %v, %v", again.ID, err)
	}
	another, err := w.sites.Create(t.Context(), w.actor(t, "管理员"), d, "key")
	if err != nil || another.ID == first.ID {
		t.Errorf("somebody else's key made %v, %v", another.ID, err)
	}
	if string(another.Plate.Key) == string(first.Plate.Key) || len(first.Plate.Key) != 32 {
		t.Error("two sites share a key")
	}
}

func whoMay(t *testing.T, w *world) {
	there := w.made(t, func(d *site.Draftable) { d.Keepers = []ident.ID{w.actor(t, "志愿者").MemberID} })
	for _, c := range []struct {
		who                string
		create, edit, keep string
	}{
		{"管理员", "", "", ""},
		{"书记", "", "", ""},
		{"讲解员", "invalid_input", "forbidden", ""}, // keeper on the organisation above
		{"志愿者", "invalid_input", "forbidden", ""}, // named for the site
		{"党员", "invalid_input", "forbidden", "forbidden"},
		{"客书记", "invalid_input", "forbidden", "forbidden"},
		{"路人", "not_bound", "not_bound", "not_bound"},
	} {
		actor := w.actor(t, c.who)
		_, err := w.sites.Create(t.Context(), actor, w.draft(t), "")
		refused(t, err, c.create)
		d := w.draft(t)
		d.Keepers = there.Keepers
		_, err = w.sites.Update(t.Context(), actor, there.ID, d, 0)
		refused(t, err, c.edit)
		_, err = w.sites.For(t.Context(), w.db.Read(), actor, authz.KeepSite, there.ID)
		refused(t, err, c.keep)
	}
	_, err := w.sites.For(t.Context(), w.db.Read(), w.actor(t, "管理员"), authz.KeepSite, 1)
	refused(t, err, "not_found")
}

func edited(t *testing.T, w *world) {
	there := w.made(t)
	d := w.draft(t)
	d.Name, d.Position, d.Org = "新名字", nil, w.orgID(t, "街道党委")
	after, err := w.sites.Update(t.Context(), w.actor(t, "管理员"), there.ID, d, there.Revision)
	if err != nil || after.Name != "新名字" || after.Position != nil || after.Org.Name != "街道党委" || after.Revision != 2 || after.PlateText() != there.PlateText() {
		t.Errorf("after: %+v, %v", after, err)
	}
	_, err = w.sites.Update(t.Context(), w.actor(t, "管理员"), there.ID, d, there.Revision)
	refused(t, err, "site_changed")
	_, err = w.sites.Update(t.Context(), w.actor(t, "书记"), there.ID, w.draft(t), 0) // it belongs to the committee now
	refused(t, err, "forbidden")
	d.Keepers = []ident.ID{1}
	_, err = w.sites.Update(t.Context(), w.actor(t, "管理员"), there.ID, d, 0)
	refused(t, err, "invalid_input")
}

func closedAndReopened(t *testing.T, w *world) {
	there, admin := w.made(t), w.actor(t, "管理员")
	_, err := w.sites.Reopen(t.Context(), admin, there.ID)
	refused(t, err, "site_open")
	closed, err := w.sites.Close(t.Context(), admin, there.ID)
	if err != nil || closed.Open() || !closed.ClosedAt.Equal(begin) {
		t.Fatalf("%+v, %v", closed, err)
	}
	for name, f := range map[string]func() error{
		"close":  func() error { _, err := w.sites.Close(t.Context(), admin, there.ID); return err },
		"edit":   func() error { _, err := w.sites.Update(t.Context(), admin, there.ID, w.draft(t), 0); return err },
		"renew":  func() error { _, err := w.sites.RenewPlate(t.Context(), admin, there.ID); return err },
		"member": func() error { _, err := w.sites.Close(t.Context(), w.actor(t, "党员"), there.ID); return err },
	} {
		if want := map[bool]string{true: "forbidden", false: "site_closed"}[name == "member"]; fault.CodeOf(f()) != want {
			t.Errorf("%s: %v, want %s", name, f(), want)
		}
	}
	again, err := w.sites.Reopen(t.Context(), admin, there.ID)
	if err != nil || !again.Open() || again.PlateText() != there.PlateText() {
		t.Errorf("%+v, %v", again, err)
	}
}

func plateRenewed(t *testing.T, w *world) {
	there := w.made(t)
	old, err := site.ParsePlate(there.PlateText())
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	after, err := w.sites.RenewPlate(t.Context(), w.actor(t, "书记"), there.ID)
	if err != nil || after.Plate.Generation != 2 || !after.Plate.Since.Equal(begin.Add(time.Hour)) || after.PlateText() == there.PlateText() {
		t.Errorf("%+v, %v", after, err)
	}
	if err := after.Verify(old); !errors.Is(err, site.ErrPlateReplaced) {
		t.Errorf("the old plate: %v", err)
	}
	_, err = w.sites.RenewPlate(t.Context(), w.actor(t, "讲解员"), there.ID)
	refused(t, err, "forbidden")
}

func searchAndPages(t *testing.T, w *world) {
	for i, name := range []string{"红色小屋", "陈列馆", "纪念碑", "一村站点", "二村站点"} {
		w.made(t, func(d *site.Draftable) {
			d.Name, d.Address = name, strings.Repeat("路", i)
			if i >= 3 {
				d.Kind = site.Station
			}
		})
	}
	shut := w.made(t, func(d *site.Draftable) { d.Name = "旧小屋" })
	if _, err := w.sites.Close(t.Context(), w.actor(t, "管理员"), shut.ID); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		q    site.Query
		want string
	}{
		"all":              {site.Query{}, "红色小屋 陈列馆 纪念碑 一村站点 二村站点"},
		"by name":          {site.Query{Search: "小屋"}, "红色小屋"},
		"by address":       {site.Query{Search: "路路路"}, "一村站点 二村站点"},
		"by kind":          {site.Query{Kind: site.Station}, "一村站点 二村站点"},
		"closed":           {site.Query{Closed: true}, "旧小屋"},
		"wildcards no use": {site.Query{Search: "%"}, ""},
		"nothing":          {site.Query{Search: "没有"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for limit := 1; limit < 7; limit += 2 {
				c.q.Limit, c.q.After = limit, 0
				var names []string
				for first := true; first || c.q.After != 0; first = false {
					page, next, err := w.sites.List(t.Context(), w.actor(t, "客党员"), c.q)
					if err != nil || len(page) > limit {
						t.Fatal(len(page), err)
					}
					for _, s := range page {
						names = append(names, s.Name)
					}
					c.q.After = next
				}
				if got := strings.Join(names, " "); got != c.want {
					t.Errorf("limit %d: %s, want %s", limit, got, c.want)
				}
			}
		})
	}
	if list, _, err := w.sites.List(t.Context(), w.actor(t, "路人"), site.Query{Limit: 1}); err != nil || len(list) != 1 {
		t.Errorf("a resident sees %v, %v", list, err)
	}
}

func keptOnes(t *testing.T, w *world) {
	w.made(t)
	w.made(t, func(d *site.Draftable) {
		d.Name, d.Keepers = "有人看的", []ident.ID{w.actor(t, "志愿者").MemberID}
	})
	w.made(t, func(d *site.Draftable) { d.Name, d.Org = "区里的", w.orgID(t, "区委") })
	for who, want := range map[string]int{"管理员": 3, "书记": 2, "讲解员": 2, "志愿者": 1, "党员": 0, "客书记": 0} {
		list, _, err := w.sites.List(t.Context(), w.actor(t, who), site.Query{Scope: "kept", Limit: 10})
		if err != nil || len(list) != want {
			t.Errorf("%s keeps %d, want %d, %v", who, len(list), want, err)
		}
		for _, s := range list {
			if !authz.Can(w.actor(t, who), authz.KeepSite, s.Object()).Allowed {
				t.Errorf("%s is shown %s and may not keep it", who, s.Name)
			}
		}
	}
}

// twoAtOnce: of edits that are based on the same revision one wins.
func twoAtOnce(t *testing.T, w *world) {
	there, admin, d := w.made(t), w.actor(t, "管理员"), w.draft(t)
	const n = 4
	done := make(chan error, n)
	for range n {
		go func() {
			_, err := w.sites.Update(t.Context(), admin, there.ID, d, there.Revision)
			done <- err
		}()
	}
	won := 0
	for range n {
		switch err := <-done; fault.CodeOf(err) {
		case "":
			won++
		case "site_changed":
		default:
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d edits of the same revision were taken", won)
	}
}

func TestCheckNamesEveryField(t *testing.T) {
	d := site.Draftable{Name: "小\n", Address: "路\n口", Opening: "上\t午", Keepers: make([]ident.ID, 21)}
	for i := range d.Keepers {
		d.Keepers[i] = ident.ID(i + 1)
	}
	f := fault.From(d.Normal().Check())
	if got := slices.Sorted(maps.Keys(f.Fields)); !slices.Equal(got, []string{"address", "keeperIds", "name", "opening"}) {
		t.Errorf("fields %v", got)
	}
}

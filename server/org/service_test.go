package org_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

var start = time.Date(2026, 7, 10, 7, 0, 0, 0, time.UTC)

// wechat knows who is behind which code. A code is good once.
type wechat struct {
	mu     sync.Mutex
	codes  map[string]string
	away   bool
	issued int
}

var (
	errLoginCode = fault.Invalid("bad_login_code", "微信登录已失效")
	errPhoneCode = fault.Invalid("bad_phone_code", "授权已失效")
	errAway      = fault.Unavailable("wechat_unavailable", "微信没有响应")
)

// issue returns a new code for a value: an openid or a phone number.
func (w *wechat) issue(value string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.issued++
	code := fmt.Sprint("code ", w.issued)
	w.codes[code] = value
	return code
}

func (w *wechat) redeem(code string, wrong error) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away {
		return "", errAway
	}
	value, ok := w.codes[code]
	delete(w.codes, code)
	if !ok {
		return "", wrong
	}
	return value, nil
}

func (w *wechat) Identify(_ context.Context, code string) (openID, unionID string, err error) {
	openID, err = w.redeem(code, errLoginCode)
	return openID, "", err
}

func (w *wechat) Phone(_ context.Context, code string) (string, error) {
	return w.redeem(code, errPhoneCode)
}

type world struct {
	db     *store.DB
	clock  *clock.Adjustable
	wechat *wechat
	people *org.Service
}

func newService(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{db: db, clock: clock.NewFake(start), wechat: &wechat{codes: map[string]string{}}}
	w.people = org.New(org.Deps{
		DB: db, Clock: w.clock, IDs: ident.NewSource(w.clock, nil), WeChat: w.wechat, Vault: vault(t, "a secret of the tests, long enough"),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Cache: kv.NewMemory(w.clock), Secret: []byte("a secret of the tests"),
		PublicURL: "https://party.example",
	})
	return w
}

func district() org.Tree {
	return org.Tree{Name: "区委", Kind: org.District, ThemeDay: 5, Members: []org.Person{{Name: "管理员", Phone: "13800000001", Roles: []string{"admin", "keeper"}}}, Orgs: []org.Tree{
		{Name: "街道", Kind: org.Committee, Orgs: []org.Tree{
			{Name: "一支部", Kind: org.Branch, ThemeDay: 20, Members: []org.Person{
				{Name: "书记", Phone: "+86 138-0000-0002", Roles: []string{"secretary", "organiser@街道"}},
				{Name: "预备", Phone: "13800000003", Kind: "probationary"},
				{Name: "老伴", Phone: "13800000004"},
				{Name: "老伴儿", Phone: "13800000004"},
				{Name: "无号"},
			}, Orgs: []org.Tree{{Name: "一组", Kind: org.Group, Members: []org.Person{{Name: "组员", Phone: "13800000005", Standing: org.FlowIn}}}}},
			{Name: "二支部", Kind: org.Branch, Members: []org.Person{{Name: "邻居", Phone: "13800000006", Roles: []string{"secretary"}}}},
		}},
	}}
}

func (w *world) login(t *testing.T, openID string) (string, authz.Actor) {
	t.Helper()
	token, _, actor, err := w.people.Login(t.Context(), w.wechat.issue(openID))
	if err != nil {
		t.Fatal(err)
	}
	return token, actor
}

func (w *world) who(t *testing.T, token string) authz.Actor {
	t.Helper()
	actor, err := w.people.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

func (w *world) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := w.db.Read().NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// memberNamed returns the id of the member with this name.
func (w *world) memberNamed(t *testing.T, name string) (id ident.ID) {
	t.Helper()
	if err := w.db.Read().NewRaw("SELECT id FROM members WHERE name = ?", name).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *world) orgNamed(t *testing.T, name string) (o org.Org) {
	t.Helper()
	if err := w.db.Read().NewRaw("SELECT id, parent_id, kind, name, path, theme_day FROM orgs WHERE name = ?", name).Scan(t.Context(), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want %q", err, code)
	}
}

func TestLoadRefuses(t *testing.T) {
	w := newService(t, storetest.New(t))
	branch := func(change func(*org.Tree)) org.Tree {
		tree := district()
		change(&tree.Orgs[0].Orgs[0])
		return tree
	}
	person := func(p org.Person) org.Tree {
		return branch(func(b *org.Tree) { b.Members = append(b.Members, p) })
	}
	for name, c := range map[string]struct {
		tree  org.Tree
		names string // what the error names
	}{
		"no kind":                 {branch(func(b *org.Tree) { b.Kind = "" }), "一支部"},
		"unknown kind":            {branch(func(b *org.Tree) { b.Kind = "company" }), "一支部"},
		"no name":                 {branch(func(b *org.Tree) { b.Name = " " }), "name"},
		"theme day 29":            {branch(func(b *org.Tree) { b.ThemeDay = 29 }), "一支部"},
		"negative theme day":      {branch(func(b *org.Tree) { b.ThemeDay = -1 }), "一支部"},
		"person without name":     {person(org.Person{}), "一支部"},
		"unknown kind of member":  {person(org.Person{Name: "某某", Kind: "guest"}), "某某"},
		"unknown standing":        {person(org.Person{Name: "某某", Standing: "away"}), "某某"},
		"no phone number":         {person(org.Person{Name: "某某", Phone: "12345"}), "某某"},
		"unknown role":            {person(org.Person{Name: "某某", Roles: []string{"emperor"}}), "某某"},
		"role on nothing":         {person(org.Person{Name: "某某", Roles: []string{"admin@火星"}}), "火星"},
		"role on what is below":   {person(org.Person{Name: "某某", Roles: []string{"admin@一组"}}), "一组"},
		"role on what is beside":  {loadBeside(), "一支部"},
		"role twice":              {person(org.Person{Name: "某某", Roles: []string{"secretary", "secretary"}}), ""},
		"one WeChat for two":      {branch(func(b *org.Tree) { b.Members[0].OpenID, b.Members[1].OpenID = "same", "same" }), ""},
		"trouble after many rows": {loadMany(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := w.people.Load(t.Context(), c.tree)
			if err == nil || !strings.Contains(err.Error(), c.names) {
				t.Errorf("got %v", err)
			}
			for _, table := range []string{"orgs", "members", "role_grants", "users"} {
				if n := w.count(t, "SELECT COUNT(*) FROM "+table); n != 0 {
					t.Errorf("%d rows are left in %s", n, table)
				}
			}
		})
	}
}

// loadBeside gives somebody of the second branch a role on the first one.
func loadBeside() org.Tree {
	tree := district()
	tree.Orgs[0].Orgs[1].Members[0].Roles = []string{"admin@一支部"}
	return tree
}

func loadMany() org.Tree {
	tree := district()
	for i := range 600 {
		tree.Members = append(tree.Members, org.Person{Name: fmt.Sprint("第", i)})
	}
	tree.Members[0].OpenID, tree.Members[599].OpenID = "same", "same"
	return tree
}

func TestService(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"tree": tree, "login": login, "login together": loginTogether, "session life": sessionLife, "logout": logout,
		"bind": bind, "bind refused": bindRefused, "bind together": bindTogether, "unbind": unbind, "people": people,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newService(t, db)
		if err := w.people.Load(t.Context(), district()); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) {
				w.clock.Set(start)
				stories[name](t, w)
			})
		}
	})
}

func tree(t *testing.T, w *world) {
	if err := w.people.Load(t.Context(), district()); !errors.Is(err, org.ErrNotEmpty) {
		t.Errorf("loaded twice: %v", err)
	}
	root, branch, group := w.orgNamed(t, "区委"), w.orgNamed(t, "一支部"), w.orgNamed(t, "一组")
	if root.ParentID != 0 || root.ThemeDay != 5 || w.orgNamed(t, "街道").ThemeDay != 5 || branch.ThemeDay != 20 || group.ThemeDay != 20 {
		t.Errorf("%+v %+v %+v", root, branch, group)
	}
	if group.ParentID != branch.ID || group.Path != branch.Path+group.ID.String()+"/" || !strings.HasPrefix(branch.Path, root.Path) {
		t.Errorf("%+v %+v", branch, group)
	}
	roots, err := w.people.Roots(t.Context())
	if err != nil || len(roots) != 1 || roots[0] != root {
		t.Errorf("%+v, %v", roots, err)
	}
	secretary := w.memberNamed(t, "书记")
	roles, err := w.people.RolesOf(t.Context(), []ident.ID{secretary})
	if err != nil || len(roles[secretary]) != 2 {
		t.Errorf("%+v, %v", roles, err)
	}
}

func login(t *testing.T, w *world) {
	token, first := w.login(t, "somebody")
	other, second := w.login(t, "somebody")
	if first.UserID == 0 || first.UserID != second.UserID || first.MemberID != 0 || token == other {
		t.Errorf("%+v, %+v", first, second)
	}
	if _, stranger := w.login(t, "somebody else"); stranger.UserID == first.UserID {
		t.Error("two people are one")
	}
	if n := w.count(t, "SELECT COUNT(*) FROM sessions WHERE token_hash = ?", token); n != 0 {
		t.Error("the token itself is kept")
	}
	_, _, _, err := w.people.Login(t.Context(), "unknown code")
	refused(t, err, "bad_login_code")
	w.wechat.away = true
	defer func() { w.wechat.away = false }()
	_, _, _, err = w.people.Login(t.Context(), w.wechat.issue("somebody"))
	refused(t, err, "wechat_unavailable")
}

func loginTogether(t *testing.T, w *world) {
	const phones = 8
	users := make([]ident.ID, phones)
	var group sync.WaitGroup
	for i := range phones {
		group.Go(func() {
			_, _, actor, err := w.people.Login(t.Context(), w.wechat.issue("in a hurry"))
			if err != nil {
				t.Errorf("phone %d: %v", i, err)
			}
			users[i] = actor.UserID
		})
	}
	group.Wait()
	if len(slices.Compact(users)) != 1 || w.count(t, "SELECT COUNT(*) FROM users WHERE openid = 'in a hurry'") != 1 {
		t.Errorf("users %v", users)
	}
}

func sessionLife(t *testing.T, w *world) {
	const day = 24 * time.Hour
	token, actor := w.login(t, "regular")
	idle, _ := w.login(t, "regular")
	expires := func() time.Time {
		var at int64
		query := "SELECT MAX(expires_at) FROM sessions WHERE user_id = ?"
		if err := w.db.Read().NewRaw(query, actor.UserID).Scan(t.Context(), &at); err != nil {
			t.Fatal(err)
		}
		return clock.FromMillis(at)
	}
	for _, c := range []struct {
		name string
		at   time.Duration
		want time.Duration
	}{
		{"at once", 0, org.SessionLife},
		{"within the day", day, org.SessionLife},
		{"after a day", day + time.Second, day + time.Second + org.SessionLife},
		{"the same day again", day + time.Hour, day + time.Second + org.SessionLife},
		{"on its last day", day + org.SessionLife, day + 2*org.SessionLife},
	} {
		w.clock.Set(start.Add(c.at))
		if got := w.who(t, token); got.UserID != actor.UserID {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got := expires(); !got.Equal(start.Add(c.want)) {
			t.Errorf("%s: ends %v after the start, want %v", c.name, got.Sub(start), c.want)
		}
	}
	if got := w.who(t, idle); got.UserID != 0 {
		t.Errorf("a session that nobody used lives: %+v", got)
	}
	w.clock.Set(start.Add(day + 2*org.SessionLife - time.Millisecond))
	if w.who(t, token).UserID == 0 {
		t.Error("ended a moment too early")
	}
	w.clock.Set(start.Add(day + 4*org.SessionLife))
	if got := w.who(t, token); got.UserID != 0 {
		t.Errorf("outlives itself: %+v", got)
	}
	for _, unknown := range []string{"", "x", strings.Repeat("x", 10_000)} {
		if got := w.who(t, unknown); got.UserID != 0 {
			t.Errorf("%.10q is somebody: %+v", unknown, got)
		}
	}
	if n, err := w.people.PruneSessions(t.Context(), w.clock.Now(), 100); err != nil || n < 2 {
		t.Errorf("pruned %d, %v", n, err)
	}
}

func logout(t *testing.T, w *world) {
	token, _ := w.login(t, "leaving")
	other, _ := w.login(t, "leaving")
	for range 2 {
		if err := w.people.Logout(t.Context(), token); err != nil {
			t.Error(err)
		}
	}
	if w.who(t, token).UserID != 0 || w.who(t, other).UserID == 0 {
		t.Error("ends another session than the one")
	}
	if err := w.people.Logout(t.Context(), "unknown"); err != nil {
		t.Error(err)
	}
}

func people(t *testing.T, w *world) {
	within := func(orgs ...string) string {
		var paths, names []string
		for _, name := range orgs {
			paths = append(paths, w.orgNamed(t, name).Path)
		}
		members, err := w.people.MembersWithin(t.Context(), w.db.Read(), paths)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			names = append(names, m.Name)
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct {
		orgs []string
		want string
	}{
		{nil, ""},
		{[]string{"一组"}, "组员"},
		{[]string{"一支部"}, "书记 预备 老伴 老伴儿 无号 组员"},
		{[]string{"一支部", "一组"}, "书记 预备 老伴 老伴儿 无号 组员"},
		{[]string{"一组", "二支部"}, "组员 邻居"},
		{[]string{"区委"}, "管理员 书记 预备 老伴 老伴儿 无号 组员 邻居"},
	} {
		if got := within(c.orgs...); got != c.want {
			t.Errorf("%v: %s, want %s", c.orgs, got, c.want)
		}
	}
	officers, err := w.people.OfficersOf(t.Context(), w.db.Read(), []ident.ID{w.orgNamed(t, "街道").ID, w.orgNamed(t, "二支部").ID, w.orgNamed(t, "区委").ID})
	if want := map[ident.ID]bool{w.memberNamed(t, "书记"): true, w.memberNamed(t, "邻居"): true}; err != nil || !maps.Equal(officers, want) {
		t.Errorf("officers %v, %v", officers, err)
	}
	gone := w.memberNamed(t, "老伴儿")
	if _, err := w.db.Write().NewRaw("UPDATE members SET left_at = 1 WHERE id = ?", gone).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = w.people.MemberByID(t.Context(), w.db.Read(), gone)
	refused(t, err, "not_found")
	byID, err := w.people.MembersByID(t.Context(), w.db.Read(), []ident.ID{gone, 77})
	if err != nil || len(byID) != 1 || byID[gone].Name != "老伴儿" {
		t.Errorf("who has left keeps the name in old lists: %v, %v", byID, err)
	}
	_, actor := w.login(t, "widower")
	if err := w.bind(t, actor, w.wechat.issue("13800000004")); err != nil {
		t.Errorf("who has left shares the number no longer: %v", err)
	}
	m, err := w.people.MemberByID(t.Context(), w.db.Read(), w.memberNamed(t, "老伴"))
	if err != nil || !m.Bound || w.people.Masked(m) != "138****0004" || m.Kind != "full" || m.Standing != org.Normal {
		t.Errorf("%+v, %v", m, err)
	}
}

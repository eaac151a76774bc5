package org_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func TestRoles(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"appoint and dismiss": appointAndDismiss, "the last admin stays": lastAdminStays, "the last two at once": lastTwoAtOnce,
		"hand over and back": handOverAndBack, "hand over twice at once": handOverTwice, "an overtaken hand-over": overtaken,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newService(t, db)
		tree := district()
		tree.Members[0].OpenID = "admin"
		tree.Orgs[0].Orgs[0].Members[0].OpenID = "secretary"
		if err := w.people.Load(t.Context(), tree); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

// as returns who the person with the openid is now.
func (w *world) as(t *testing.T, openID string) authz.Actor {
	t.Helper()
	_, actor := w.login(t, openID)
	return actor
}

// holders returns who holds the role on the organisation itself.
func (w *world) holders(t *testing.T, on org.Org, role authz.Role) (names []string) {
	t.Helper()
	held, err := w.people.HoldersOf(t.Context(), w.db.Read(), on.ID, role)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range held {
		names = append(names, m.Name)
	}
	return names
}

func (w *world) appoint(t *testing.T, on org.Org, role authz.Role, name string) {
	t.Helper()
	if err := w.people.Appoint(t.Context(), w.as(t, "admin"), on.ID, role, w.memberNamed(t, name), ""); err != nil {
		t.Fatal(err)
	}
}

func (w *world) dismiss(t *testing.T, on org.Org, role authz.Role, name string) error {
	t.Helper()
	return w.people.Dismiss(t.Context(), w.as(t, "admin"), on.ID, role, w.memberNamed(t, name), "测试")
}

func appointAndDismiss(t *testing.T, w *world) {
	branch, other := w.orgNamed(t, "一支部"), w.orgNamed(t, "二支部")
	secretary := w.as(t, "secretary")
	appoint := func(on org.Org, role authz.Role, name string) error {
		return w.people.Appoint(t.Context(), secretary, on.ID, role, w.memberNamed(t, name), " 选举 ")
	}
	for range 2 { // the second time changes nothing
		if err := appoint(branch, authz.Organiser, "无号"); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count(t, "SELECT COUNT(*) FROM role_log WHERE org_id = ? AND act = 'granted' AND reason = '选举'", branch.ID); n != 1 {
		t.Errorf("%d lines of history", n)
	}
	refused(t, appoint(branch, authz.Secretary, "无号"), "appoint_admin")
	refused(t, appoint(other, authz.Organiser, "邻居"), "appoint_secretary") // an organiser of the committee above sees it
	refused(t, appoint(w.orgNamed(t, "区委"), authz.Keeper, "无号"), "appoint_above")
	refused(t, appoint(branch, authz.Organiser, "预备"), "not_electable")
	refused(t, appoint(branch, authz.Keeper, "管理员"), "not_found") // whom the secretary does not see
	refused(t, w.people.Appoint(t.Context(), secretary, 7, authz.Keeper, w.memberNamed(t, "无号"), ""), "not_found")

	refused(t, w.people.Dismiss(t.Context(), secretary, branch.ID, authz.Organiser, w.memberNamed(t, "无号"), " "), "reason_required")
	w.clock.Advance(time.Hour)
	for range 2 { // the wish is fulfilled
		if err := w.people.Dismiss(t.Context(), secretary, branch.ID, authz.Organiser, w.memberNamed(t, "无号"), "调离"); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.holders(t, branch, authz.Organiser); len(got) != 0 {
		t.Errorf("still %v", got)
	}
	if n := w.count(t, "SELECT COUNT(*) FROM role_log WHERE act = 'revoked' AND at - since = 3600000 AND member_id = ?", w.memberNamed(t, "无号")); n != 1 {
		t.Errorf("%d terms of an hour", n)
	}
}

func lastAdminStays(t *testing.T, w *world) {
	root, branch := w.orgNamed(t, "区委"), w.orgNamed(t, "一支部")
	admin := w.as(t, "admin")
	refused(t, w.dismiss(t, root, authz.Admin, "管理员"), "last_admin")
	_, err := w.people.MoveMember(t.Context(), admin, admin.MemberID, org.Move{OrgID: root.ID, Kind: org.MemberKindFull, Standing: org.Normal, Left: true})
	refused(t, err, "last_admin")
	if err := w.people.KeepsAdmin(t.Context(), w.db.Write(), admin.MemberID, 0); fault.CodeOf(err) != "last_admin" {
		t.Errorf("closing the account: %v", err)
	}
	if err := w.people.KeepsAdmin(t.Context(), w.db.Write(), admin.MemberID, branch.ID); err != nil {
		t.Errorf("moving within the district: %v", err)
	}
	w.appoint(t, branch, authz.Admin, "书记") // a branch does not need one
	if err := w.dismiss(t, branch, authz.Admin, "书记"); err != nil {
		t.Error(err)
	}
	w.appoint(t, root, authz.Admin, "邻居") // who leaves the roster holds nothing
	neighbour := w.memberNamed(t, "邻居")
	if _, err := w.people.MoveMember(t.Context(), admin, neighbour, org.Move{OrgID: w.orgNamed(t, "二支部").ID, Kind: org.MemberKindFull, Standing: org.Normal, Left: true}); err != nil {
		t.Fatal(err)
	}
	if n := w.count(t, "SELECT COUNT(*) FROM role_grants WHERE member_id = ?", neighbour); n != 0 {
		t.Errorf("%d roles are left", n)
	}
	refused(t, w.dismiss(t, root, authz.Admin, "管理员"), "last_admin")
}

// lastTwoAtOnce: two admins who take each other's role away, or their own, in the same moment: one stays.
func lastTwoAtOnce(t *testing.T, w *world) {
	root := w.orgNamed(t, "区委")
	admin := w.as(t, "admin")
	for range 4 {
		w.appoint(t, root, authz.Admin, "无号")
		var group sync.WaitGroup
		for _, name := range []string{"管理员", "无号"} {
			member := w.memberNamed(t, name)
			group.Go(func() {
				err := w.people.Dismiss(t.Context(), admin, root.ID, authz.Admin, member, "同时")
				if code := fault.CodeOf(err); err != nil && code != "last_admin" && code != "roles_changed" {
					t.Error(err)
				}
			})
		}
		group.Wait()
		left := w.holders(t, root, authz.Admin)
		if len(left) != 1 {
			t.Fatalf("left: %v", left)
		}
		if left[0] != "管理员" {
			err := w.people.Appoint(t.Context(), admin, root.ID, authz.Admin, admin.MemberID, "")
			if err == nil {
				err = w.people.Dismiss(t.Context(), admin, root.ID, authz.Admin, w.memberNamed(t, "无号"), "还原")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// shelf is a desk on which things carry a name.
type shelf struct{ owner ident.ID }

func (s *shelf) Tasks(_ context.Context, _ bun.IDB, _ org.Org, holder ident.ID) ([]org.Task, error) {
	if holder != s.owner {
		return nil, nil
	}
	return []org.Task{{Kind: "site", Count: 1, Named: true}}, nil
}

func (s *shelf) Pass(_ context.Context, _ bun.IDB, _ org.Org, from, to ident.ID, _ []ident.ID) ([]ident.ID, error) {
	if from != s.owner {
		return nil, nil
	}
	s.owner = to
	return []ident.ID{5}, nil
}

func (w *world) plan(t *testing.T, key string) org.HandOverPlan {
	t.Helper()
	return org.HandOverPlan{On: w.orgNamed(t, "一支部").ID, From: w.memberNamed(t, "书记"), To: w.memberNamed(t, "无号"), Roles: []authz.Role{authz.Secretary}, Key: key}
}

func handOverAndBack(t *testing.T, w *world) {
	branch, admin := w.orgNamed(t, "一支部"), w.as(t, "admin")
	named := &shelf{w.memberNamed(t, "书记")}
	w.people.SetDesks(named)
	since := w.count(t, "SELECT granted_at FROM role_grants WHERE role = 'secretary' AND org_id = ?", branch.ID)
	preview, err := w.people.PreviewHandOver(t.Context(), admin, branch.ID, named.owner)
	if err != nil || len(preview.Held) != 1 || len(preview.Tasks) != 1 {
		t.Fatalf("%+v, %v", preview, err)
	}
	for name, change := range map[string]func(*org.HandOverPlan){
		"invalid_input":        func(p *org.HandOverPlan) { p.To = p.From },
		"nothing_to_hand_over": func(p *org.HandOverPlan) { p.Roles = []authz.Role{authz.Keeper} },
		"not_electable":        func(p *org.HandOverPlan) { p.To = w.memberNamed(t, "预备") },
		"not_found":            func(p *org.HandOverPlan) { p.To = 7 },
	} {
		p := w.plan(t, "never")
		change(&p)
		_, err := w.people.HandOver(t.Context(), admin, p)
		refused(t, err, name)
	}
	_, err = w.people.HandOver(t.Context(), w.as(t, "secretary"), w.plan(t, "own"))
	refused(t, err, "appoint_admin")

	w.clock.Advance(time.Hour)
	done, err := w.people.HandOver(t.Context(), admin, w.plan(t, "first"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.people.HandOver(t.Context(), admin, w.plan(t, "first"))
	if err != nil || again.ID != done.ID {
		t.Errorf("once more: %+v, %v", again, err)
	}
	if got := w.holders(t, branch, authz.Secretary); !slices.Equal(got, []string{"无号"}) || named.owner != w.memberNamed(t, "无号") {
		t.Errorf("secretary %v", got)
	}
	if w.as(t, "secretary").Runs(branch.Path+"x/") && w.as(t, "secretary").Appoints(authz.Keeper, branch.Path) {
		t.Error("the predecessor still acts")
	}
	w.clock.Advance(org.UndoWithin - time.Second)
	if _, err := w.people.UndoHandOver(t.Context(), admin, branch.ID, done.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.people.UndoHandOver(t.Context(), admin, branch.ID, done.ID)
	refused(t, err, "already_undone")
	if got := w.holders(t, branch, authz.Secretary); !slices.Equal(got, []string{"书记"}) || named.owner != w.memberNamed(t, "书记") {
		t.Errorf("secretary %v", got)
	}
	if n := w.count(t, "SELECT granted_at FROM role_grants WHERE role = 'secretary' AND org_id = ?", branch.ID); n != since {
		t.Error("the term has begun anew")
	}
	w.people.SetDesks()
}

// handOverTwice: the same request, sent twice, is one hand-over.
func handOverTwice(t *testing.T, w *world) {
	branch, admin := w.orgNamed(t, "一支部"), w.as(t, "admin")
	var mu sync.Mutex
	var group sync.WaitGroup
	ids := map[ident.ID]bool{}
	for range 3 {
		group.Go(func() {
			done, err := w.people.HandOver(t.Context(), admin, w.plan(t, "twice"))
			if err != nil { // the client asks again
				done, err = w.people.HandOver(t.Context(), admin, w.plan(t, "twice"))
			}
			mu.Lock()
			defer mu.Unlock()
			if ids[done.ID] = true; err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(ids) != 1 {
		t.Errorf("%d hand-overs", len(ids))
	}
	w.clock.Advance(org.UndoWithin)
	for id := range ids {
		_, err := w.people.UndoHandOver(t.Context(), admin, branch.ID, id)
		refused(t, err, "undo_too_late")
	}
	w.appoint(t, branch, authz.Secretary, "书记")
	if err := w.dismiss(t, branch, authz.Secretary, "无号"); err != nil {
		t.Fatal(err)
	}
}

func overtaken(t *testing.T, w *world) {
	branch, admin := w.orgNamed(t, "一支部"), w.as(t, "admin")
	done, err := w.people.HandOver(t.Context(), admin, w.plan(t, "overtaken"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.dismiss(t, branch, authz.Secretary, "无号"); err != nil {
		t.Fatal(err)
	}
	_, err = w.people.UndoHandOver(t.Context(), admin, branch.ID, done.ID)
	refused(t, err, "handover_overtaken")
	_, err = w.people.UndoHandOver(t.Context(), admin, w.orgNamed(t, "二支部").ID, done.ID)
	refused(t, err, "not_found")
	w.appoint(t, branch, authz.Secretary, "书记")
}

func TestFirstAdmin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newService(t, db)
		_, stranger := w.login(t, "stranger")
		first := org.Setup{Code: "nothing", OrgName: "区委", Name: "张三"}
		refused(t, w.people.FirstAdmin(t.Context(), stranger, first), "setup_code")

		old := w.setupCode(t)
		w.clock.Advance(time.Second)
		code := w.setupCode(t)
		first.Code = old
		refused(t, w.people.FirstAdmin(t.Context(), stranger, first), "setup_code")
		first.Code = code
		refused(t, w.people.FirstAdmin(t.Context(), stranger, org.Setup{Code: code}), "invalid_input")
		w.clock.Advance(org.SetupLife)
		refused(t, w.people.FirstAdmin(t.Context(), stranger, first), "setup_code")

		w.clock.Advance(time.Second)
		first.Code = w.setupCode(t)
		for range 10 {
			refused(t, w.people.FirstAdmin(t.Context(), stranger, org.Setup{Code: "ABCD-ABCD-ABCD"}), "setup_code")
		}
		refused(t, w.people.FirstAdmin(t.Context(), stranger, first), "setup_code") // tried too often

		w.clock.Advance(time.Second)
		first.Code = " " + strings.ToLower(w.setupCode(t))
		if err := w.people.FirstAdmin(t.Context(), stranger, first); err != nil {
			t.Fatal(err)
		}
		admin := w.as(t, "stranger")
		root := w.orgNamed(t, "区委")
		if admin.MemberID == 0 || !admin.Appoints(authz.Admin, root.Path) || root.Kind != org.District {
			t.Errorf("%+v on %+v", admin, root)
		}
		_, other := w.login(t, "other")
		refused(t, w.people.FirstAdmin(t.Context(), other, first), "setup_code") // used
		if _, err := w.people.NewSetupCode(t.Context()); err == nil {
			t.Error("another code although there is an admin")
		}
		if n := w.count(t, "SELECT COUNT(*) FROM setup_codes WHERE code_hash = ?", first.Code); n != 0 {
			t.Error("the code itself is kept")
		}
		w.operatorGrants(t, admin)
	})
}

func (w *world) operatorGrants(t *testing.T, admin authz.Actor) {
	t.Helper()
	if _, m, err := w.people.GrantAdmin(t.Context(), org.AdminGrant{Member: admin.MemberID}); err != nil || m.Name != "张三" {
		t.Errorf("%+v, %v", m, err)
	}
	for name, g := range map[string]org.AdminGrant{"no number": {Phone: "12"}, "unknown number": {Phone: "13900000001"}, "unknown member": {Member: 5}, "unknown org": {Member: admin.MemberID, Org: 5}} {
		if _, _, err := w.people.GrantAdmin(t.Context(), g); err == nil {
			t.Error(name)
		}
	}
}

func (w *world) setupCode(t *testing.T) string {
	t.Helper()
	code, err := w.people.NewSetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

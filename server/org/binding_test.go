package org_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// village is who the stories of bindings are about. 乡干 belongs to 东村 and holds a role above it.
func village() org.Tree {
	return org.Tree{Name: "区委", Kind: org.District, Orgs: []org.Tree{{Name: "乡党委", Kind: org.Committee, Orgs: []org.Tree{
		{Name: "东村", Kind: org.Branch, Members: []org.Person{
			{Name: "书记甲", OpenID: "o-甲", Roles: []string{"secretary"}},
			{Name: "乡干", Roles: []string{"organiser@乡党委"}},
			{Name: "乡长", OpenID: "o-乡长", Roles: []string{"secretary@乡党委"}},
			{Name: "张三", Phone: "13900000001"},
			{Name: "李四", Phone: "13900000002"},
			{Name: "王强", Phone: "13900000003"},
			{Name: "李娟", Phone: "13900000003"},
			{Name: "王刚", Phone: "13900000004"},
			{Name: "王丽", Phone: "13900000004", OpenID: "o-王丽"},
			{Name: "换机", Phone: "13900000005", OpenID: "o-旧"},
			{Name: "同名", Phone: "13900000006", OpenID: "o-同名"},
			{Name: "待批", Phone: "13900000007"},
			{Name: "争抢"},
			{Name: "专邀"},
			{Name: "误绑", OpenID: "o-误"},
			{Name: "升官"},
		}},
		{Name: "西村", Kind: org.Branch, Members: []org.Person{{Name: "书记乙", OpenID: "o-乙", Roles: []string{"secretary"}}, {Name: "同名"}, {Name: "赵六"}}},
	}}}}
}

func TestBindings(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"couple": couple, "couple, one bound": halfBound, "changed phone": changedPhone, "invited": invited, "no oracle": noOracle,
		"attempts": attempts, "personal": personal, "promoted": promoted, "rank": rank, "released": released, "rivals": rivals,
		"one at a time": oneAtATime, "life of an invitation": inviteLife, "not ours": notOurs,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newService(t, db)
		if err := w.people.Load(t.Context(), village()); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Hour)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) {
				w.clock.Advance(time.Minute)
				stories[name](t, w)
			})
		}
	})
}

// office returns the actor of a secretary.
func (w *world) office(t *testing.T, openID string) authz.Actor {
	t.Helper()
	token, _ := w.login(t, openID)
	return w.who(t, token)
}

func (w *world) invite(t *testing.T, by authz.Actor, branch string, in org.Invite) (org.Invitation, string) {
	t.Helper()
	made, err := w.people.CreateInvitation(t.Context(), by, w.orgNamed(t, branch).ID, in)
	if err != nil {
		t.Fatal(err)
	}
	return made, w.people.CodeOf(made)
}

func (w *world) ask(t *testing.T, actor authz.Actor, ask org.BindingAsk) org.BindingRequest {
	t.Helper()
	r, _, err := w.people.AskBinding(t.Context(), actor, ask)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) asking(t *testing.T, actor authz.Actor, ask org.BindingAsk) error {
	t.Helper()
	_, _, err := w.people.AskBinding(t.Context(), actor, ask)
	return err
}

func (w *world) choices(t *testing.T, actor authz.Actor, number string) []org.Choice {
	t.Helper()
	choices, err := w.people.Bind(t.Context(), actor, w.wechat.issue(number))
	if err != nil {
		t.Fatal(err)
	}
	return choices
}

// wantMember checks whom the identity with the token stands for; "" for nobody.
func (w *world) wantMember(t *testing.T, token, name string) {
	t.Helper()
	var want ident.ID
	if name != "" {
		want = w.memberNamed(t, name)
	}
	if got := w.who(t, token).MemberID; got != want {
		t.Errorf("stands for %v, want %s %v", got, name, want)
	}
}

// couple: two people with one number, of whom nobody is bound. The first one needs the secretary, the second one does not.
func couple(t *testing.T, w *world) {
	secretary := w.office(t, "o-甲")
	husband, actor := w.login(t, "husband")
	choices := w.choices(t, actor, "13900000003")
	if len(choices) != 2 || choices[0].Name != "王＊" || choices[1].Name != "李＊" || choices[0].Taken || choices[1].Taken {
		t.Fatalf("%+v", choices)
	}
	r := w.ask(t, actor, org.BindingAsk{Key: "k", Pick: choices[0].Pick})
	if r.State != org.BindingPending {
		t.Errorf("%+v", r)
	}
	w.wantMember(t, husband, "")
	_, other := w.login(t, "somebody")
	refused(t, w.asking(t, other, org.BindingAsk{Key: "k", Pick: choices[0].Pick}), "choice_expired") // it is the husband's
	for range 2 {
		if _, err := w.people.ApproveBinding(t.Context(), secretary, r.ID, 0, false); err != nil {
			t.Fatal(err)
		}
	}
	w.wantMember(t, husband, "王强")
	wife, actor := w.login(t, "wife")
	choices = w.choices(t, actor, "13900000003")
	if !choices[0].Taken || choices[1].Taken {
		t.Fatalf("%+v", choices)
	}
	if r := w.ask(t, actor, org.BindingAsk{Key: "k", Pick: choices[1].Pick}); r.State != org.BindingApproved {
		t.Errorf("%+v", r)
	}
	w.wantMember(t, wife, "李娟")
}

// halfBound: the names look alike, so the last character is shown; and a choice ends after ten minutes.
func halfBound(t *testing.T, w *world) {
	token, actor := w.login(t, "o-王刚")
	choices := w.choices(t, actor, "13900000004")
	if choices[0].Name != "王刚" || choices[1].Name != "王丽" || !choices[1].Taken {
		t.Fatalf("%+v", choices)
	}
	w.clock.Advance(10 * time.Minute)
	refused(t, w.asking(t, actor, org.BindingAsk{Key: "k", Pick: choices[0].Pick}), "choice_expired")
	choices = w.choices(t, actor, "13900000004")
	w.ask(t, actor, org.BindingAsk{Key: "k", Pick: choices[0].Pick})
	w.wantMember(t, token, "王刚")
}

// changedPhone: a new identity takes the place of the old one when it is approved, and the old one keeps its sessions and
// nothing else.
func changedPhone(t *testing.T, w *world) {
	secretary := w.office(t, "o-甲")
	before, _ := w.login(t, "o-旧")
	w.wantMember(t, before, "换机")
	after, actor := w.login(t, "new phone of 换机")
	choices := w.choices(t, actor, "13900000005")
	if len(choices) != 1 || !choices[0].Taken {
		t.Fatalf("%+v", choices)
	}
	r := w.ask(t, actor, org.BindingAsk{Key: "k", Pick: choices[0].Pick})
	_, err := w.people.ApproveBinding(t.Context(), secretary, r.ID, 0, false)
	refused(t, err, "member_taken") // the secretary has to say that the old one shall go
	w.wantMember(t, before, "换机")
	if _, err := w.people.ApproveBinding(t.Context(), secretary, r.ID, 0, true); err != nil {
		t.Fatal(err)
	}
	w.wantMember(t, before, "")
	w.wantMember(t, after, "换机")
	b, err := w.people.BindingOf(t.Context(), secretary, w.memberNamed(t, "换机"))
	if err != nil || len(b.Log) != 2 || b.Log[1].Act != org.Replaced || b.Log[0].Act != org.BoundByApproval || b.Log[0].By != secretary.MemberID {
		t.Errorf("%+v, %v", b.Log, err)
	}
}

func invited(t *testing.T, w *world) {
	secretary := w.office(t, "o-甲")
	_, code := w.invite(t, secretary, "东村", org.Invite{Key: "invited"})
	if n := w.count(t, "SELECT COUNT(*) FROM invitations WHERE code_hash LIKE ?", "%"+strings.ToLower(code)+"%"); n != 0 {
		t.Error("the code itself is kept")
	}
	_, declined := w.login(t, "declined")
	r := w.ask(t, declined, org.BindingAsk{Key: "k", Code: "https://party.example/c/i" + code, Name: " 李 四", Last4: "0002"})
	again, repeated, err := w.people.AskBinding(t.Context(), declined, org.BindingAsk{Key: "k", Code: "whatever", Name: "李四"})
	if err != nil || !repeated || again.ID != r.ID {
		t.Errorf("%+v, %v", again, err)
	}
	refused(t, w.asking(t, declined, org.BindingAsk{Key: "another", Code: code, Name: "李四"}), "binding_open")
	_, err = w.people.DeclineBinding(t.Context(), secretary, r.ID, "x")
	refused(t, err, "invalid_input")
	for range 2 {
		if _, err := w.people.DeclineBinding(t.Context(), secretary, r.ID, "请带身份证来支部"); err != nil {
			t.Error(err)
		}
	}
	_, err = w.people.ApproveBinding(t.Context(), secretary, r.ID, w.memberNamed(t, "李四"), false)
	refused(t, err, "binding_decided")
	if mine, err := w.people.MyBinding(t.Context(), declined); err != nil || mine.Reason != "请带身份证来支部" || mine.Last4 != "" {
		t.Errorf("%+v, %v", mine, err)
	}
	token, actor := w.login(t, "李四's phone")
	r = w.ask(t, actor, org.BindingAsk{Key: "k", Code: strings.ToLower(code[:4] + " - " + code[4:]), Name: "李四"})
	_, err = w.people.ApproveBinding(t.Context(), secretary, r.ID, 0, false)
	refused(t, err, "invalid_input") // whom?
	if _, err := w.people.ApproveBinding(t.Context(), secretary, r.ID, w.memberNamed(t, "李四"), false); err != nil {
		t.Fatal(err)
	}
	w.wantMember(t, token, "李四")
	_, err = w.people.ApproveBinding(t.Context(), secretary, r.ID, w.memberNamed(t, "张三"), false)
	refused(t, err, "binding_decided")
	refused(t, w.asking(t, w.who(t, token), org.BindingAsk{Key: "more", Code: code, Name: "李四"}), "already_bound")
	if n := w.count(t, "SELECT uses FROM invitations WHERE client_key = 'invited'"); n != 2 {
		t.Errorf("used %d times", n)
	}
}

// noOracle: whatever is wrong with a code or a name, the answer is the same, and so is what it costs.
func noOracle(t *testing.T, w *world) {
	secretary := w.office(t, "o-甲")
	_, mine := w.invite(t, secretary, "东村", org.Invite{Key: "oracle", Member: w.memberNamed(t, "张三")})
	revoked, gone := w.invite(t, secretary, "东村", org.Invite{Key: "oracle revoked"})
	if _, err := w.people.RevokeInvitation(t.Context(), secretary, revoked.ID); err != nil {
		t.Fatal(err)
	}
	var statements int
	var mu sync.Mutex
	w.db.Observe(func(string, time.Duration) { mu.Lock(); statements++; mu.Unlock() })
	defer w.db.Observe(func(string, time.Duration) {})
	costs := map[int][]string{}
	for name, ask := range map[string]org.BindingAsk{
		"code of nobody": {Code: "ABCDEFGH", Name: "张三"}, "another name": {Code: mine, Name: "李四"},
		"name of nobody": {Code: mine, Name: "不存在"}, "revoked": {Code: gone, Name: "张三"},
	} {
		_, actor := w.login(t, "guesses "+name)
		statements, ask.Key = 0, "k"
		refused(t, w.asking(t, actor, ask), "invitation_wrong")
		costs[statements] = append(costs[statements], name)
	}
	if len(costs) != 1 {
		t.Errorf("they cost different numbers of statements: %v", costs)
	}
}

func attempts(t *testing.T, w *world) {
	secretary := w.office(t, "o-甲")
	_, code := w.invite(t, secretary, "东村", org.Invite{Key: "attempts"})
	wrong := func(actor authz.Actor, key string) error {
		return w.asking(t, actor, org.BindingAsk{Key: key, Code: "ABCDEFGH", Name: "张三", Address: "10.0.0.1"})
	}
	_, actor := w.login(t, "guesser")
	for i := range 5 {
		refused(t, wrong(actor, fmt.Sprint(i)), "invitation_wrong")
	}
	good := org.BindingAsk{Key: "good", Code: code, Name: "张三", Address: "10.0.0.1"}
	refused(t, w.asking(t, actor, good), "too_many_attempts")
	for i := range 19 {
		_, more := w.login(t, fmt.Sprint("guesser ", i))
		for n := range 5 {
			refused(t, wrong(more, fmt.Sprint(n)), "invitation_wrong")
		}
	}
	_, fresh := w.login(t, "behind the same address")
	refused(t, w.asking(t, fresh, good), "too_many_attempts")
	w.clock.Advance(15 * time.Minute)
	w.ask(t, fresh, good)
}

// personal: nobody has to approve it, it replaces what was before, and it is good once.
func personal(t *testing.T, w *world) {
	secretary, member := w.office(t, "o-甲"), w.memberNamed(t, "专邀")
	_, first := w.invite(t, secretary, "东村", org.Invite{Key: "personal 1", Member: member})
	_, code := w.invite(t, secretary, "东村", org.Invite{Key: "personal 2", Member: member})
	token, actor := w.login(t, "first WeChat of 专邀")
	refused(t, w.asking(t, actor, org.BindingAsk{Key: "k1", Code: first, Name: "专邀"}), "invitation_wrong") // the second took its place
	if r := w.ask(t, actor, org.BindingAsk{Key: "k2", Code: code, Name: "专邀"}); r.State != org.BindingApproved {
		t.Errorf("%+v", r)
	}
	w.wantMember(t, token, "专邀")
	next, actor := w.login(t, "second WeChat of 专邀")
	refused(t, w.asking(t, actor, org.BindingAsk{Key: "k1", Code: code, Name: "专邀"}), "invitation_wrong")
	w.clock.Advance(time.Second)
	_, code = w.invite(t, secretary, "东村", org.Invite{Key: "personal 3", Member: member})
	w.ask(t, actor, org.BindingAsk{Key: "k2", Code: code, Name: "专邀"})
	w.wantMember(t, token, "")
	w.wantMember(t, next, "专邀")
}

// promoted: an invitation does not hand over a role that its maker could not have handed over.
func promoted(t *testing.T, w *world) {
	member := w.memberNamed(t, "升官")
	_, code := w.invite(t, w.office(t, "o-甲"), "东村", org.Invite{Key: "promoted", Member: member})
	at := w.clock.Now().Add(time.Second).UnixMilli()
	if _, err := w.db.Write().NewRaw("INSERT INTO role_grants (member_id, role, org_id, granted_at) VALUES (?, 'admin', ?, ?)",
		member, w.orgNamed(t, "区委").ID, at).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, actor := w.login(t, "friend of the secretary")
	refused(t, w.asking(t, actor, org.BindingAsk{Key: "k", Code: code, Name: "升官"}), "invitation_wrong")
}

// rank: who runs the branch alone does not decide who the officer of the committee is.
func rank(t *testing.T, w *world) {
	secretary, above, member := w.office(t, "o-甲"), w.office(t, "o-乡长"), w.memberNamed(t, "乡干")
	_, err := w.people.CreateInvitation(t.Context(), secretary, w.orgNamed(t, "东村").ID, org.Invite{Key: "rank", Member: member})
	refused(t, err, "rank_above")
	refused(t, w.people.Release(t.Context(), secretary, w.memberNamed(t, "乡长"), "试试"), "rank_above")
	_, code := w.invite(t, secretary, "东村", org.Invite{Key: "rank 2"})
	token, actor := w.login(t, "乡干's phone")
	r := w.ask(t, actor, org.BindingAsk{Key: "k", Code: code, Name: "乡干"})
	_, err = w.people.ApproveBinding(t.Context(), secretary, r.ID, member, false)
	refused(t, err, "rank_above")
	if _, err := w.people.ApproveBinding(t.Context(), above, r.ID, member, false); err != nil {
		t.Fatal(err)
	}
	w.wantMember(t, token, "乡干")
	w.invite(t, above, "东村", org.Invite{Key: "rank 3", Member: member})
	if b, err := w.people.BindingOf(t.Context(), secretary, member); err != nil || b.Handed || b.Invitation.ID != 0 {
		t.Errorf("the secretary sees the invitation of an officer above: %+v, %v", b.Invitation, err)
	}
}

func released(t *testing.T, w *world) {
	secretary, member := w.office(t, "o-甲"), w.memberNamed(t, "误绑")
	token, actor := w.login(t, "o-误")
	refused(t, w.people.Release(t.Context(), secretary, member, " "), "invalid_input")
	for range 2 {
		refused(t, w.people.Release(t.Context(), secretary, member, "绑错人了"), "")
	}
	w.wantMember(t, token, "")
	_, code := w.invite(t, secretary, "东村", org.Invite{Key: "released", Member: member})
	w.ask(t, w.who(t, token), org.BindingAsk{Key: "k", Code: code, Name: "误绑"})
	w.wantMember(t, token, "误绑") // it is undone
	refused(t, w.people.Unbind(t.Context(), w.who(t, token)), "")
	refused(t, w.people.Release(t.Context(), secretary, member, "绑错人了"), "member_not_bound")
	refused(t, w.people.Unbind(t.Context(), actor), "not_bound")
	b, err := w.people.BindingOf(t.Context(), secretary, member)
	var acts []string
	for _, e := range b.Log {
		acts = append(acts, string(e.Act))
	}
	if err != nil || !b.BoundAt.IsZero() || strings.Join(acts, " ") != "left invitation released" || b.Log[2].Reason != "绑错人了" {
		t.Errorf("%v %+v, %v", acts, b, err)
	}
}

// rivals: of two approvals for one member one wins, whether or not the secretaries want to replace somebody.
func rivals(t *testing.T, w *world) {
	secretary, above, member := w.office(t, "o-甲"), w.office(t, "o-乡长"), w.memberNamed(t, "争抢")
	_, code := w.invite(t, secretary, "东村", org.Invite{Key: "rivals"})
	var group sync.WaitGroup
	errs := make([]error, 2)
	for i, by := range []authz.Actor{secretary, above} {
		_, actor := w.login(t, fmt.Sprint("rival for 争抢 ", i))
		r := w.ask(t, actor, org.BindingAsk{Key: "k", Code: code, Name: "争抢"})
		group.Go(func() { _, errs[i] = w.people.ApproveBinding(context.Background(), by, r.ID, member, true) })
	}
	group.Wait()
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(fault.CodeOf(a), fault.CodeOf(b)) })
	refused(t, errs[0], "")
	refused(t, errs[1], "member_taken")
	if n := w.count(t, "SELECT COUNT(*) FROM users WHERE member_id = ?", member); n != 1 {
		t.Errorf("%d identities are this member", n)
	}
	if n := w.count(t, "SELECT COUNT(*) FROM binding_requests WHERE state = 'pending' AND name = '争抢'"); n != 1 {
		t.Errorf("%d requests wait, want the loser's", n)
	}
}

// oneAtATime: somebody who was bound in another way meanwhile asks for nothing any more.
func oneAtATime(t *testing.T, w *world) {
	secretary := w.office(t, "o-甲")
	_, code := w.invite(t, secretary, "东村", org.Invite{Key: "one"})
	token, actor := w.login(t, "待批's phone")
	r := w.ask(t, actor, org.BindingAsk{Key: "k", Code: code, Name: "待批"})
	refused(t, w.bind(t, actor, w.wechat.issue("13900000007")), "")
	w.wantMember(t, token, "待批")
	_, err := w.people.ApproveBinding(t.Context(), secretary, r.ID, w.memberNamed(t, "张三"), false)
	refused(t, err, "binding_decided")
	_, actor = w.login(t, "changes their mind")
	r = w.ask(t, actor, org.BindingAsk{Key: "k", Code: code, Name: "张三"})
	for range 2 {
		refused(t, w.people.WithdrawBinding(t.Context(), actor), "")
	}
	_, err = w.people.DeclineBinding(t.Context(), secretary, r.ID, "不是他")
	refused(t, err, "binding_decided")
	w.ask(t, actor, org.BindingAsk{Key: "k2", Code: code, Name: "张三"})
}

func inviteLife(t *testing.T, w *world) {
	secretary := w.office(t, "o-甲")
	made, code := w.invite(t, secretary, "东村", org.Invite{Key: "life", Uses: 1, Life: time.Hour})
	if again, _ := w.invite(t, secretary, "东村", org.Invite{Key: "life", Uses: 1, Life: time.Hour}); again.ID != made.ID {
		t.Error("the same key makes another one")
	}
	if made.State(w.clock.Now().Add(time.Hour)) != org.InvitationExpired {
		t.Error("lives too long")
	}
	var group sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		_, actor := w.login(t, fmt.Sprint("life ", i))
		group.Go(func() {
			_, _, errs[i] = w.people.AskBinding(context.Background(), actor, org.BindingAsk{Key: "k", Code: code, Name: "张三"})
		})
	}
	group.Wait()
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(fault.CodeOf(a), fault.CodeOf(b)) })
	refused(t, errs[0], "")
	refused(t, errs[1], "invitation_wrong")
	refused(t, errs[2], "invitation_wrong")
	list, next, err := w.people.Invitations(t.Context(), secretary, made.Org.ID, 0, 1)
	if err != nil || len(list) != 1 || next == 0 || list[0].State(w.clock.Now()) != org.InvitationUsed {
		t.Errorf("%+v, %v, %v", list, next, err)
	}
}

// notOurs: what belongs to another branch looks as if it were not there.
func notOurs(t *testing.T, w *world) {
	here, there := w.office(t, "o-甲"), w.office(t, "o-乙")
	made, code := w.invite(t, here, "东村", org.Invite{Key: "ours"})
	_, actor := w.login(t, "of 东村")
	r := w.ask(t, actor, org.BindingAsk{Key: "k", Code: code, Name: "同名"})
	_, err := w.people.ApproveBinding(t.Context(), there, r.ID, w.memberNamed(t, "赵六"), false)
	refused(t, err, "not_found")
	_, err = w.people.ApproveBinding(t.Context(), here, r.ID, w.memberNamed(t, "赵六"), false)
	refused(t, err, "not_found")
	_, err = w.people.RevokeInvitation(t.Context(), there, made.ID)
	refused(t, err, "not_found")
	_, err = w.people.CreateInvitation(t.Context(), here, w.orgNamed(t, "东村").ID, org.Invite{Key: "theirs", Member: w.memberNamed(t, "赵六")})
	refused(t, err, "not_found")
	list, _, err := w.people.Bindings(t.Context(), there, org.BindingQuery{Open: true, Limit: 50})
	if err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	list, next, err := w.people.Bindings(t.Context(), here, org.BindingQuery{Open: true, Limit: 1})
	if err != nil || len(list) != 1 || list[0].ID != r.ID || next != r.ID {
		t.Errorf("%+v, %v, %v", list, next, err)
	}
}

func TestMaskNames(t *testing.T) {
	for want, names := range map[string][]string{
		"王＊ 李＊":   {"王强", "李娟"},
		"王＊＊":     {"王建国"},
		"王＊国 王＊华": {"王建国", "王爱华"},
		"王＊ 王＊＊":  {"王强", "王建国"},
		"欧＊＊＊":    {"欧阳建国"},
		" 王":      {"", "王"},
	} {
		if got := strings.Join(org.MaskNames(names), " "); got != want {
			t.Errorf("%v: %s, want %s", names, got, want)
		}
	}
}

func FuzzInvitationCode(f *testing.F) {
	for _, text := range []string{"ABCD2345", "abcd-2345", "https://party.example/c/iABCD2345?x=1#y", "ＡＢＣＤ２３４５", "ABCD 1O0I", "i", "", "/c/", strings.Repeat("A", 400)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, err := org.ParseInvitation(text)
		if err != nil {
			return
		}
		for _, spelling := range []string{code, strings.ToLower(code), code[:4] + "-" + code[4:], "https://party.example/c/i" + code} {
			if again, err := org.ParseInvitation(spelling); err != nil || again != code {
				t.Errorf("%q from %q: %q, %v", spelling, text, again, err)
			}
		}
	})
}

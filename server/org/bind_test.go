package org_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

var errChoose = fault.Conflict("choose", "有多人")

// bind binds by a phone code; choose stands for choices.
func (w *world) bind(t *testing.T, actor authz.Actor, code string) error {
	t.Helper()
	choices, err := w.people.Bind(t.Context(), actor, code)
	if err == nil && len(choices) > 0 {
		return errChoose
	}
	return err
}

func bind(t *testing.T, w *world) {
	token, actor := w.login(t, "secretary's phone")
	if err := w.bind(t, actor, w.wechat.issue("+86 13800000002")); err != nil {
		t.Fatal(err)
	}
	bound := w.who(t, token)
	want := []authz.Grant{
		{Role: authz.Organiser, OrgID: w.orgNamed(t, "街道").ID, OrgPath: w.orgNamed(t, "街道").Path},
		{Role: authz.Secretary, OrgID: w.orgNamed(t, "一支部").ID, OrgPath: w.orgNamed(t, "一支部").Path},
	}
	slices.SortFunc(bound.Grants, func(a, b authz.Grant) int { return strings.Compare(string(a.Role), string(b.Role)) })
	if bound.MemberID != w.memberNamed(t, "书记") || bound.OrgPath != w.orgNamed(t, "一支部").Path || !slices.Equal(bound.Grants, want) {
		t.Errorf("%+v", bound)
	}
	if err := w.bind(t, bound, w.wechat.issue("13800000002")); err != nil {
		t.Errorf("once more to the same: %v", err)
	}
	refused(t, w.bind(t, bound, w.wechat.issue("13800000003")), "already_bound")
	refused(t, w.bind(t, actor, w.wechat.issue("13800000003")), "already_bound") // with what the phone knew before
	_, second := w.login(t, "second phone")
	refused(t, w.bind(t, second, w.wechat.issue("13800000002")), "choose") // to take the place of the first one
}

func bindRefused(t *testing.T, w *world) {
	_, actor := w.login(t, "unlucky")
	for number, code := range map[string]string{
		"13900000000": "not_in_roster", "+1 555 1234567": "not_in_roster", "": "not_in_roster", "13800000004": "choose",
	} {
		if err := w.bind(t, actor, w.wechat.issue(number)); fault.CodeOf(err) != code {
			t.Errorf("%q: %v, want %s", number, err, code)
		}
	}
	refused(t, w.bind(t, actor, "unknown code"), "bad_phone_code")
	w.wechat.away = true
	refused(t, w.bind(t, actor, w.wechat.issue("13800000003")), "wechat_unavailable")
	w.wechat.away = false
	refused(t, w.people.Unbind(t.Context(), actor), "not_bound")
	if n := w.count(t, "SELECT COUNT(*) FROM users WHERE openid = 'unlucky' AND member_id <> 0"); n != 0 {
		t.Error("bound nevertheless")
	}
}

// bindTogether: a member is one WeChat identity's, also when several ask at the same time.
func bindTogether(t *testing.T, w *world) {
	for round := range 4 {
		var group sync.WaitGroup
		var mu sync.Mutex
		var won []authz.Actor
		for phone := range 4 {
			_, actor := w.login(t, fmt.Sprint("rival ", round, phone))
			code := w.wechat.issue("13800000005")
			group.Go(func() {
				err := w.bind(t, actor, code)
				if err != nil {
					if code := fault.CodeOf(err); code != "member_taken" && code != "choose" {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				defer mu.Unlock()
				actor.MemberID = w.memberNamed(t, "组员")
				won = append(won, actor)
			})
		}
		group.Wait()
		if n := w.count(t, "SELECT COUNT(*) FROM users WHERE member_id = ?", w.memberNamed(t, "组员")); n != 1 || len(won) != 1 {
			t.Errorf("round %d: %d identities are this member, %d were told so", round, n, len(won))
		}
		for _, actor := range won {
			if err := w.people.Unbind(t.Context(), actor); err != nil {
				t.Error(err)
			}
		}
	}
}

func unbind(t *testing.T, w *world) {
	token, actor := w.login(t, "changing")
	if err := w.bind(t, actor, w.wechat.issue("13800000006")); err != nil {
		t.Fatal(err)
	}
	bound := w.who(t, token)
	if err := w.people.Unbind(t.Context(), bound); err != nil {
		t.Fatal(err)
	}
	if got := w.who(t, token); got.UserID != actor.UserID || got.MemberID != 0 || len(got.Grants) != 0 {
		t.Errorf("%+v", got)
	}
	refused(t, w.people.Unbind(t.Context(), bound), "not_bound") // with what the phone knew before
	_, second := w.login(t, "new phone")
	if err := w.bind(t, second, w.wechat.issue("13800000006")); err != nil {
		t.Errorf("the member is free again: %v", err)
	}
}

// Both have read that the member is free before either has written: on engines with one writer that cannot happen.
func TestBindAfterBothHaveLooked(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, db *store.DB) {
		w := newService(t, db)
		if err := w.people.Load(t.Context(), district()); err != nil {
			t.Fatal(err)
		}
		var looked, group sync.WaitGroup
		var looks atomic.Int32
		looked.Add(2)
		actors, errs := make([]authz.Actor, 2), make([]error, 2)
		for i := range actors {
			_, actors[i] = w.login(t, fmt.Sprint("rival ", i))
		}
		db.Observe(func(verb string, _ time.Duration) {
			if verb == "SELECT" && looks.Add(1) <= 2 {
				looked.Done()
				looked.Wait()
			}
		})
		for i, actor := range actors {
			group.Go(func() { errs[i] = w.bind(t, actor, w.wechat.issue("13800000005")) })
		}
		group.Wait()
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(fault.CodeOf(a), fault.CodeOf(b)) })
		refused(t, errs[0], "")
		refused(t, errs[1], "member_taken")
	})
}

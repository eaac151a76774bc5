package remind_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store/storetest"
)

// The days on which a month's rungs are asked. The first can lie in the month before.
func TestRungDays(t *testing.T) {
	for _, c := range []struct {
		month    string
		themeDay int
		want     string
	}{
		{"2026-12", 10, "12-07 12-11 12-30"},
		{"2026-12", 1, "11-28 12-02 12-30"},
		{"2026-12", 28, "12-25 12-29 12-30"},
		{"2026-02", 28, "02-25 02-26 02-27"},
		{"2026-02", 27, "02-24 02-26 02-27"},
		{"2024-02", 28, "02-25 02-27 02-28"},
		{"2027-01", 3, "12-31 01-04 01-30"},
	} {
		month, err := time.ParseInLocation("2006-01", c.month, clock.Beijing)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for i, at := range remind.RungDays(month, c.themeDay) {
			local := at.In(clock.Beijing)
			if local.Hour() != 9 || local.Minute() != 0 {
				t.Errorf("%s: rung %d at %s", c.month, i, local)
			}
			got += local.Format(" 01-02")
		}
		if got[1:] != c.want {
			t.Errorf("%s, theme day %d: %s, want %s", c.month, c.themeDay, got[1:], c.want)
		}
	}
}

// onLadder makes a branch whose theme day is the tenth, with everybody who may be asked.
func (w *world) onLadder() {
	secretary, deputy, upper := w.member("书", 9), w.member("委", 9), w.member("镇", 9)
	w.runners[authz.Secretary], w.runners[authz.Organiser] = []org.Member{secretary}, []org.Member{deputy}
	w.upper = []org.Member{upper}
	if err := w.PlanLadder(w.t.Context(), w.db.Write(), w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// asked lists whom the ladder has asked.
func (w *world) asked() string {
	w.t.Helper()
	var names []string
	for _, m := range w.inboxes() {
		if m.kind == remind.NotHeld {
			names = append(names, m.name)
		}
	}
	return fmt.Sprint(names)
}

func (w *world) wantAsked(when, want string) {
	w.t.Helper()
	if got := w.asked(); got != want {
		w.t.Errorf("%s: asked %s, want %s", when, got, want)
	}
}

func TestLadder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.onLadder() // on the sixth
		w.workUntil(cst(7, 8, 59))
		w.wantAsked("before the first rung", "[]")
		w.workUntil(cst(10, 12, 0))
		w.wantAsked("three days before", "[书]")
		w.wantText("书", remind.NotHeld, "待办提醒：12月主题党日还没有安排", "柳树村党支部还没有安排12月的主题党日。点开可以马上安排；已经线下开展、合并开展或有事延期的，点一下说明就不再提醒。")
		w.workUntil(cst(29, 12, 0))
		w.wantAsked("the day after", "[书 委]")
		w.workUntil(cst(31, 12, 0))
		w.wantAsked("at the end", "[书 委 镇]")
		w.workUntil(cst(38, 8, 59)) // 7 January: the next month begins anew
		w.wantAsked("between the months", "[书 委 镇]")
		w.workUntil(cst(38, 9, 30))
		w.wantAsked("in January", "[书 委 镇 书]")
		w.wantDeliveries("书 not_held sent", "书 not_held sent", "委 not_held sent", "镇 not_held sent")
	})
}

// What stops the ladder, and what does not.
func TestLadderStops(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w *world)
		want string
	}{
		"a theme day is announced": {func(w *world) { w.publish(nil) }, "[书]"},
		"it is announced for later in the month": {
			func(w *world) {
				w.publish(func(e *event.Event) { e.StartsAt, e.EndsAt = cst(29, 9, 0), cst(29, 11, 0) })
			}, "[书]",
		},
		"it was called off":    {func(w *world) { w.step(event.StepCancelled, w.publish(nil), nil) }, "[书 委 镇]"},
		"there is but a draft": {func(w *world) { w.step(event.StepCreated, w.draft(), nil) }, "[书 委 镇]"},
		"nothing happens":      {func(*world) {}, "[书 委 镇]"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			w.onLadder()
			w.workUntil(cst(8, 12, 0))
			c.do(w)
			w.workUntil(cst(31, 12, 0))
			w.wantAsked("at the end", c.want)
		})
	}
}

// A morning on which the branches cannot be read is not the last one.
func TestLadderAfterTrouble(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	w.onLadder()
	w.broken = errCrash
	w.workUntil(cst(8, 8, 0))
	w.broken = nil
	w.workUntil(cst(8, 12, 0))
	w.wantAsked("the day after", "[书]")
}

// Two servers, or one that starts again and again, ask once; one that was away for days asks only what is of this day.
func TestLadderOnce(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	w.onLadder()
	w.clock.Set(cst(12, 20, 0)) // away from the seventh to the twelfth: the second rung is a day old
	w.work()
	w.onLadderAgain()
	w.work()
	w.workUntil(cst(13, 12, 0))
	w.wantAsked("after the pause", "[委]")
}

func (w *world) onLadderAgain() {
	w.t.Helper()
	if err := w.PlanLadder(w.t.Context(), w.db.Write(), w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
}

type monthBody struct {
	OrgName, Month string
	Planned        bool
	Quiet          *struct{ Reason, Note, ByName string }
	Asks           []struct{ At, Whom string }
}

func TestExcuses(t *testing.T) {
	s := newSite(t)
	s.orgs[host.ID] = host
	s.onLadder()
	secretary, member := s.login(s.member("书记", 9), true), s.login(s.member("甲", 9), false)
	path := "/orgs/" + host.ID.String() + "/months/2026-12"
	s.workUntil(cst(8, 12, 0))
	var got monthBody
	s.call(secretary, http.MethodGet, path, "", 200, &got)
	if got.Planned || got.Quiet != nil || len(got.Asks) != 3 || got.Asks[0].Whom != "书记" || got.OrgName != host.Name {
		t.Errorf("before: %+v", got)
	}
	var inbox struct{ Items []struct{ Month string } }
	s.call(s.login(s.runners[authz.Secretary][0], true), http.MethodGet, "/messages", "", 200, &inbox)
	if len(inbox.Items) != 1 || inbox.Items[0].Month != "2026-12" {
		t.Errorf("the message leads to %+v", inbox.Items)
	}
	for _, body := range []string{`{}`, `{"reason":"lazy"}`, `{"reason":"other"}`, `{"reason":"other","note":" 短 "}`} {
		s.call(secretary, http.MethodPut, path+"/excuse", body, 400, nil)
	}
	for _, month := range []string{"2026-13", "2024-12", "2028-01", "x"} {
		s.call(secretary, http.MethodGet, "/orgs/"+host.ID.String()+"/months/"+month, "", 400, nil)
	}
	s.call(member, http.MethodPut, path+"/excuse", `{"reason":"flood"}`, 404, nil)
	s.call(secretary, http.MethodPut, path+"/excuse", `{"reason":"other","note":"场地改造"}`, 200, nil)
	s.call(secretary, http.MethodPut, path+"/excuse", `{"reason":"flood","note":"上堤值守"}`, 200, &got)
	if got.Quiet == nil || got.Quiet.Reason != "flood" || got.Quiet.Note != "上堤值守" || got.Quiet.ByName != "书记" {
		t.Errorf("excused: %+v", got)
	}
	s.workUntil(cst(28, 12, 0))
	s.wantAsked("with an excuse", "[书]")
	got.Quiet = nil
	s.call(secretary, http.MethodDelete, path+"/excuse", "", 200, &got)
	if got.Quiet != nil {
		t.Errorf("taken back: %+v", got)
	}
	s.workUntil(cst(31, 12, 0))
	s.wantAsked("taken back", "[书 镇]")
}

func TestMutes(t *testing.T) {
	s := newSite(t)
	m := s.member("甲", 9)
	token := s.login(m, false)
	var got struct{ Muted []string }
	s.call(token, http.MethodGet, "/me/mutes", "", 200, &got)
	if len(got.Muted) != 0 || got.Muted == nil {
		t.Errorf("at first: %+v", got)
	}
	for _, body := range []string{`{"muted":["changed"]}`, `{"muted":["cancelled"]}`, `{"muted":"news"}`, `{}`} {
		s.call(token, http.MethodPut, "/me/mutes", body, 400, nil)
	}
	for range 2 {
		s.call(token, http.MethodPut, "/me/mutes", `{"muted":["before","news","before"]}`, 200, &got)
		s.want("muted", got.Muted, []string{"news", "before"})
	}
	e := s.publish(nil)
	s.workUntil(cst(9, 19, 0))
	s.wantDeliveries("甲 day_before skipped 本人关闭了这类微信提醒", "甲 published skipped 本人关闭了这类微信提醒")
	if n := len(s.inboxes()); n != 2 {
		t.Errorf("%d messages in the inbox, want both", n)
	}
	s.step(event.StepCancelled, e, nil)
	s.work()
	s.wantPhone("甲 cancelled")
	s.call(token, http.MethodPut, "/me/mutes", `{"muted":[]}`, 200, &got)
	s.want("muted", got.Muted, nil)
}

// What waits when a member switches it off does not go any more, and is not counted among those who can be reached.
func TestMutedMeanwhile(t *testing.T) {
	s := newSite(t)
	m := s.member("甲", 9)
	token, secretary := s.login(m, false), s.login(s.member("书记", 9), true)
	s.wechat.script = []behaviour{errcode(-1), errcode(-1)}
	e := s.publish(nil)
	s.work()
	s.call(token, http.MethodPut, "/me/mutes", `{"muted":["news","before"]}`, 200, nil)
	s.workUntil(noon.Add(time.Hour))
	s.wantDeliveries("书记 published sent", "甲 published skipped -1 本人关闭了这类微信提醒")
	var got struct {
		Reach struct{ Expected, Reachable, Muted int }
	}
	s.call(secretary, http.MethodGet, "/events/"+e.ID.String()+"/reminders", "", 200, &got)
	if got.Reach.Expected != 2 || got.Reach.Reachable != 1 || got.Reach.Muted != 1 {
		t.Errorf("reach %+v", got.Reach)
	}
}

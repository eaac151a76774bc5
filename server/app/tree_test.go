package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

const orgs = "/api/v1/orgs/"

// orgBody returns what a call of the access table sends.
func (w *world) orgBody(id, name string) (any, bool) {
	switch id {
	case "createOrg":
		return map[string]any{"kind": "group", "name": name + "的小组"}, true
	case "editOrg":
		return map[string]any{"name": "本村", "themeDay": 12}, true
	case "moveOrg":
		return map[string]any{"parentId": w.orgs["区委"].String()}, true
	case "mergeOrg":
		return map[string]any{"intoId": w.orgs["邻村"].String()}, true
	case "closeOrg", "reopenOrg":
		return map[string]any{}, true
	}
	return nil, false
}

func wrongTree() []wrong {
	wrongly := func(name, method, path, body string, status int, code string) wrong {
		return wrong{name: "tree: " + name, who: "区管理", method: method, path: orgs + path, body: body, status: status, code: code}
	}
	return []wrong{
		wrongly("unknown kind", post, "{org}/orgs", `{"kind":"cell","name":"小组"}`, 400, "invalid_input"),
		wrongly("no name", post, "{org}/orgs", `{"kind":"group"}`, 400, "invalid_input"),
		wrongly("blank name", post, "{org}/orgs", `{"kind":"group","name":"   "}`, 400, "invalid_input"),
		wrongly("name of two lines", post, "{org}/orgs", `{"kind":"group","name":"一\n组"}`, 400, "invalid_input"),
		wrongly("name too long", post, "{org}/orgs", `{"kind":"group","name":"`+strings.Repeat("长", 65)+`"}`, 400, "invalid_input"),
		wrongly("branch below a branch", post, "{org}/orgs", `{"kind":"branch","name":"支部"}`, 400, "invalid_input"),
		wrongly("below nothing", post, "zzz/orgs", `{"kind":"group","name":"小组"}`, 404, "not_found"),
		wrongly("theme day 29", put, "{org}", `{"name":"本村","themeDay":29}`, 400, "invalid_input"),
		wrongly("term of no day", put, "{org}", `{"name":"本村","termStart":"2024-02-30"}`, 400, "invalid_input"),
		wrongly("election before the term", put, "{org}", `{"name":"本村","termStart":"2024-06-18","electionDue":"2024-06-17"}`, 400, "invalid_input"),
		wrongly("term of a century", put, "{org}", `{"name":"本村","termYears":100}`, 400, "invalid_input"),
		wrongly("revision of the past", put, "{org}", `{"name":"本村","themeDay":9,"revision":99}`, 409, "org_changed"),
		wrongly("moved nowhere", post, "{org}/move", `{}`, 400, "invalid_input"),
		wrongly("moved under itself", post, "{org}/move", `{"parentId":"{org}"}`, 400, "invalid_input"),
		wrongly("moved under a person", post, "{org}/move", `{"parentId":"{member}"}`, 400, "invalid_input"),
		wrongly("merged into itself", post, "{org}/merge", `{"intoId":"{org}"}`, 400, "invalid_input"),
		wrongly("closed with people in it", post, "{org}/close", `{}`, 409, "org_not_empty"),
		wrongly("reopened while it is open", post, "{org}/reopen", `{}`, 409, "org_not_closed"),
		wrongly("history from nowhere", get, "{org}/history?after=x", "", 400, "bad_cursor"),
		wrongly("one that is not there", get, "zzz", "", 404, "not_found"),
	}
}

// tree learns the ids of all organisations and returns those that are shown, by name.
func (w *world) tree() map[string]map[string]any {
	w.t.Helper()
	shown := map[string]map[string]any{}
	for _, o := range w.as("区管理").want(http.StatusOK, get, "/api/v1/orgs?limit=200", nil).list("items") {
		name, _ := o["name"].(string)
		text, _ := o["id"].(string)
		id := w.orgs[name]
		if err := id.UnmarshalText([]byte(text)); err != nil {
			w.t.Fatal(err)
		}
		w.orgs[name], shown[name] = id, o
	}
	return shown
}

// of returns the path of an operation on an organisation.
func (w *world) of(name, act string) string { return orgs + w.orgs[name].String() + act }

// sound checks that every path is that of the parent and the organisation itself, and the last one that is remembered.
func (w *world) sound() {
	w.t.Helper()
	var rows []struct {
		org.Org

		Last string
	}
	err := w.app.DB.Read().NewRaw(`
SELECT o.id, o.parent_id, o.kind, o.name, o.path,
  COALESCE((SELECT p.path FROM org_places p WHERE p.org_id = o.id AND p.at = (SELECT MAX(q.at) FROM org_places q WHERE q.org_id = o.id)), o.path) AS last
FROM orgs o`).Scan(w.t.Context(), &rows)
	if err != nil {
		w.t.Fatal(err)
	}
	paths := map[string]string{}
	for _, r := range rows {
		paths[r.ID.String()] = r.Path
	}
	for _, r := range rows {
		if want := org.PathOf(paths[r.ParentID.String()], r.ID); r.ParentID != 0 && r.Path != want || r.Last != r.Path {
			w.t.Errorf("%s is at %s and was last seen at %s, want %s", r.Name, r.Path, r.Last, want)
		}
	}
}

func TestTreeIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := worldOn(t, settings(t, fresh(t, db)))
		w.tree()
		for _, step := range []struct {
			name, who, method, org, act string
			body                        map[string]any
			status                      int
			code                        string
			want                        map[string]string
		}{
			{"a general branch below a committee", "区管理", post, "乡党委", "/orgs", map[string]any{"kind": "general_branch", "name": "乡直总支", "key": "k1"}, 201, "", map[string]string{"themeDay": "10", "revision": "1", "parent.name": "乡党委", "can.below": "[branch]"}},
			{"the same key once more", "区管理", post, "乡党委", "/orgs", map[string]any{"kind": "general_branch", "name": "乡直总支", "key": "k1"}, 201, "", map[string]string{"revision": "1"}},
			{"the same name once more", "区管理", post, "乡党委", "/orgs", map[string]any{"kind": "general_branch", "name": " 乡直总支 "}, 409, "org_name_taken", nil},
			{"a group below a committee", "区管理", post, "乡党委", "/orgs", map[string]any{"kind": "group", "name": "一组"}, 400, "invalid_input", map[string]string{"fields.parentId": "党小组不能设在党委下面"}},
			{"a branch below it", "区管理", post, "乡直总支", "/orgs", map[string]any{"kind": "branch", "name": "机关支部", "themeDay": 5}, 201, "", map[string]string{"themeDay": "5"}},
			{"a group below that", "区管理", post, "机关支部", "/orgs", map[string]any{"kind": "group", "name": "一组"}, 201, "", nil},
			{"a secretary says when and where", "本书记", put, "本村", "", map[string]any{"name": "本村", "themeDay": 20, "address": "村部二楼", "termStart": "2024-03-01", "termYears": 3, "revision": 1}, 200, "", map[string]string{"themeDay": "20", "electionDue": "2027-03-01", "election": "near", "electionSet": "false", "revision": "2", "can.rename": "false"}},
			{"by what was there before", "本书记", put, "本村", "", map[string]any{"name": "本村", "themeDay": 21, "revision": 1}, 409, "org_changed", nil},
			{"a secretary cannot rename", "本书记", put, "本村", "", map[string]any{"name": "新村"}, 403, "forbidden", nil},
			{"who administers can", "区管理", put, "客村", "", map[string]any{"name": "客家村"}, 200, "", map[string]string{"name": "客家村"}},
			{"not to a name that is there", "区管理", put, "客村", "", map[string]any{"name": "本村"}, 409, "org_name_taken", nil},
			{"a group under a committee", "区管理", post, "一组", "/move", map[string]any{"parentId": w.orgs["乡党委"].String()}, 400, "invalid_input", nil},
			{"the general branch to the other committee", "区管理", post, "乡直总支", "/move", map[string]any{"parentId": w.orgs["镇党委"].String()}, 200, "", map[string]string{"parent.name": "镇党委"}},
			{"where it is already", "区管理", post, "乡直总支", "/move", map[string]any{"parentId": w.orgs["镇党委"].String()}, 409, "org_there_already", nil},
			{"and back", "区管理", post, "乡直总支", "/move", map[string]any{"parentId": w.orgs["乡党委"].String()}, 200, "", map[string]string{"parent.name": "乡党委", "revision": "3"}},
			{"the root", "区管理", post, "区委", "/move", map[string]any{"parentId": w.orgs["乡党委"].String()}, 409, "org_is_root", nil},
			{"close one with people", "区管理", post, "邻村", "/close", map[string]any{}, 409, "org_not_empty", map[string]string{"message": "邻村还有 4 名党员，请先转出或结束，再撤销"}},
			{"close one with others below", "区管理", post, "乡直总支", "/close", map[string]any{}, 409, "org_not_empty", map[string]string{"message": "乡直总支还有 1 个下级组织，请先转出或结束，再撤销"}},
			{"close the lowest", "区管理", post, "一组", "/close", map[string]any{"reason": "人数太少"}, 200, "", map[string]string{"closed": "true", "can.edit": "false"}},
			{"close it again", "区管理", post, "一组", "/close", map[string]any{}, 409, "org_closed", nil},
			{"create below what is closed", "区管理", post, "一组", "/orgs", map[string]any{"kind": "group", "name": "二组"}, 400, "invalid_input", nil},
			{"reopen it", "区管理", post, "一组", "/reopen", map[string]any{}, 200, "", map[string]string{"closed": "", "closedAt": ""}},
			{"close it after all", "区管理", post, "一组", "/close", map[string]any{}, 200, "", nil},
			{"then the branch", "区管理", post, "机关支部", "/close", map[string]any{}, 200, "", nil},
			{"a member looks at it", "本党员", get, "机关支部", "", nil, 200, "", map[string]string{"closed": "true", "remains": "[]", "memberCount": ""}},
		} {
			var body any
			if step.method != get {
				body = step.body
			}
			a := w.as(step.who).call(step.method, w.of(step.org, step.act), body)
			if a.Status != step.status || a.get("code") != step.code {
				t.Fatalf("%s: %d %s, want %d %s", step.name, a.Status, a.Text, step.status, step.code)
			}
			for at, want := range step.want {
				if got := a.get(at); got != want {
					t.Errorf("%s: %s is %q, want %q", step.name, at, got, want)
				}
			}
			if step.act == "/orgs" && step.status == 201 {
				w.tree()
			}
			w.sound()
		}
		if shown := w.tree(); shown["一组"] != nil || shown["机关支部"] != nil || shown["客家村"] == nil {
			t.Errorf("the tree shows %v", shown)
		}
		if all := w.as("本党员").want(http.StatusOK, get, "/api/v1/orgs?limit=200&closed=true", nil); !strings.Contains(all.Text, "机关支部") {
			t.Error("what was closed cannot be found any more")
		}
		var acts []string
		for _, p := range w.as("区管理").want(http.StatusOK, get, w.of("一组", "/history?limit=3"), nil).list("items") {
			acts = append(acts, fmt.Sprint(p["act"], " ", p["byName"]))
		}
		if fmt.Sprint(acts) != "[closed 区管理 reopened 区管理 closed 区管理]" {
			t.Errorf("history %v", acts)
		}
		w.as("本党员").want(http.StatusNotFound, get, w.of("本村", "/history"), nil)
	})
}

// TestMergeTakesEverythingAlong: 客村 becomes part of 邻村, with its people, its group and what it has announced.
func TestMergeTakesEverythingAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := worldOn(t, settings(t, fresh(t, db)))
		w.tree()
		admin := w.as("区管理")
		for _, name := range []string{"客村", "邻村"} {
			admin.want(http.StatusCreated, post, w.of(name, "/orgs"), map[string]any{"kind": "group", "name": "一组"})
		}
		w.tree()
		held := w.published("客村")
		w.clock.Advance(3 * time.Hour)
		merge := map[string]any{"intoId": w.orgs["邻村"].String()}
		if a := admin.want(http.StatusConflict, post, w.of("客村", "/merge"), merge); a.get("code") != "events_under_way" {
			t.Errorf("while an event is under way: %s", a.Text)
		}
		secretary := w.as("客书记")
		secretary.want(http.StatusOK, post, held+"/close", nil)
		own, shared := w.published("客村", "邻村"), w.published("本村", "客村")

		merged := admin.want(http.StatusOK, post, w.of("客村", "/merge"), merge)
		w.sound()
		if merged.get("successor.name") != "邻村" || merged.get("closed") != "true" {
			t.Errorf("merged: %s", merged.Text)
		}
		if a := admin.want(http.StatusOK, get, own, nil); a.get("host.name") != "邻村" || len(a.list("guests")) != 0 || a.get("counts.expected") != "8" {
			t.Errorf("its own event: %s", a.Text)
		}
		if a := admin.want(http.StatusOK, get, shared, nil); a.get("guests.0.name") != "邻村" || len(a.list("guests")) != 1 {
			t.Errorf("the event of others: %s", a.Text)
		}
		if a := admin.want(http.StatusOK, get, held, nil); a.get("host.name") != "客村" || a.get("counts.expected") != "4" {
			t.Errorf("what was held before: %s", a.Text)
		}
		if people := admin.want(http.StatusOK, get, w.of("邻村", "/members"), nil).list("items"); len(people) != 8 {
			t.Errorf("%d people, want eight", len(people))
		}
		shown := w.tree()
		if shown["客村"] != nil || shown["一组（客村）"]["parentId"] != w.orgs["邻村"].String() {
			t.Errorf("the tree shows %v", shown)
		}
		if me := secretary.want(http.StatusOK, get, "/api/v1/me", nil); me.get("member.orgName") != "邻村" || len(me.list("runs")) != 0 {
			t.Errorf("the old secretary: %s", me.Text)
		}
		secretary.want(http.StatusBadRequest, post, events, w.eventBody("客村")) // nobody holds events in its name any more
		w.clock.Advance(time.Second)
		move := map[string]any{"orgId": w.orgs["客村"].String(), "kind": "full", "standing": "normal"}
		admin.want(http.StatusBadRequest, post, "/api/v1/members/"+w.ids["客党员"].String()+"/moves", move)
		history := admin.want(http.StatusOK, get, w.of("邻村", "/history"), nil)
		if history.get("items.0.act") != "absorbed" || !strings.Contains(history.Text, `"what":"events","from":"","to":"2"`) {
			t.Errorf("history of the successor: %s", history.Text)
		}
		admin.want(http.StatusOK, post, w.of("客村", "/reopen"), map[string]any{}) // undone: it is there again, and empty
		if again := w.tree()["客村"]; again["memberCount"] != 0.0 {
			t.Errorf("reopened: %v", again)
		}
		admin.want(http.StatusOK, post, w.of("客村", "/merge"), merge)
		if again := admin.want(http.StatusOK, get, w.of("邻村", "/history"), nil); again.get("items.0.act") != "absorbed" || strings.Contains(again.get("items.0.what"), "people") {
			t.Errorf("nobody went along, and yet: %s", again.Text)
		}
	})
}

// TestPastStaysUnderTheOldParent: a branch that goes to another committee is counted where it was when the meeting began.
func TestPastStaysUnderTheOldParent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := worldOn(t, settings(t, fresh(t, db)))
		w.tree()
		old, admin := w.as("乡组织"), w.as("区管理")
		held := events + "/" + old.want(http.StatusCreated, post, events, w.eventBody("乡党委")).get("id")
		old.want(http.StatusOK, post, held+"/publish", nil)
		before := old.want(http.StatusOK, get, held, nil).get("counts.expected")
		names := func() string {
			var all []string
			for _, a := range old.want(http.StatusOK, get, held+"/attendance?limit=200", nil).list("items") {
				all = append(all, fmt.Sprint(a["memberName"]))
			}
			slices.Sort(all)
			return strings.Join(all, " ")
		}
		listed := names()
		if !strings.Contains(listed, "本党员") {
			t.Fatalf("the committee's list is %q", listed)
		}
		w.clock.Advance(3 * time.Hour)
		admin.want(http.StatusOK, post, w.of("本村", "/move"), map[string]any{"parentId": w.orgs["镇党委"].String()})
		w.clock.Advance(time.Minute)
		old.want(http.StatusOK, put, held+"/attendance/"+w.ids["本党员"].String(), map[string]string{"status": "sick"})
		for _, state := range []string{"before the close", "after it"} {
			if now := names(); now != listed {
				t.Errorf("%s the list is %q, want %q", state, now, listed)
			}
			st := old.want(http.StatusOK, get, held+"/settlement", nil)
			if got := old.want(http.StatusOK, get, held, nil).get("counts.expected"); got != before || !strings.Contains(st.Text, "本党员") {
				t.Errorf("%s %s are expected, want %s: %s", state, got, before, st.Text)
			}
			if state == "before the close" {
				old.want(http.StatusOK, post, held+"/close", nil)
			}
		}
		if month := w.as("本书记").want(http.StatusOK, get, w.of("本村", "/months/2026-12"), nil); month.get("planned") != "true" {
			t.Errorf("the theme day of the old committee does not count any more: %s", month.Text)
		}
		next := events + "/" + old.want(http.StatusCreated, post, events, w.eventBody("乡党委")).get("id")
		if now := old.want(http.StatusOK, get, next, nil).get("counts.expected"); now == before {
			t.Errorf("%s are expected at the next one, as many as with the branch that has gone", now)
		}
		w.clock.Set(time.Date(2027, 1, 5, 4, 0, 0, 0, time.UTC))
		admin.want(http.StatusOK, post, w.of("邻村", "/move"), map[string]any{"parentId": w.orgs["镇党委"].String()})
		w.clock.Advance(time.Second)
		for month, want := range map[string]string{"2026-12": "[客村 邻村]", "2027-01": "[客村]"} {
			var parts []string
			load := old.want(http.StatusOK, get, w.of("乡党委", "/reminder-load?month="+month), nil)
			for _, p := range load.list("parts") {
				name, _ := p["org"].(map[string]any)
				parts = append(parts, fmt.Sprint(name["name"]))
			}
			if members := map[string]string{"2026-12": "8", "2027-01": "4"}[month]; fmt.Sprint(parts) != want || load.get("members") != members {
				t.Errorf("%s: %v with %s members, want %s with %s", month, parts, load.get("members"), want, members)
			}
		}
	})
}

// TestMovesNeverMakeACycle: two committees are put under each other at once, and a branch is closed while somebody joins it.
func TestMovesNeverMakeACycle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := worldOn(t, settings(t, fresh(t, db)))
		w.tree()
		here, there := w.as("区管理"), w.as("区管理").at(w.neighbour())
		root := map[string]any{"parentId": w.orgs["区委"].String()}
		for round := range 8 {
			answers := together(
				func() answer {
					return here.call(post, w.of("乡党委", "/move"), map[string]any{"parentId": w.orgs["镇党委"].String()})
				},
				func() answer {
					return there.call(post, w.of("镇党委", "/move"), map[string]any{"parentId": w.orgs["乡党委"].String()})
				},
			)
			statuses := []int{answers[0].Status, answers[1].Status}
			slices.Sort(statuses)
			if fmt.Sprint(statuses) != "[200 400]" {
				t.Fatalf("round %d: %s and %s", round, answers[0].Text, answers[1].Text)
			}
			w.sound()
			for _, name := range []string{"乡党委", "镇党委"} {
				here.call(post, w.of(name, "/move"), root) // one of them is there already
			}
			w.sound()
		}
	})
}

// TestNobodyArrivesInWhatIsClosed: a branch is closed at one server while somebody is put into it at another.
func TestNobodyArrivesInWhatIsClosed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := worldOn(t, settings(t, fresh(t, db)))
		here, there := w.as("区管理"), w.as("区管理").at(w.neighbour())
		for round := range 6 {
			w.clock.Advance(time.Second)
			name := fmt.Sprint("新支部", round)
			id := here.want(http.StatusCreated, post, w.of("区委", "/orgs"), map[string]any{"kind": "branch", "name": name}).get("id")
			answers := together(
				func() answer { return here.call(post, orgs+id+"/close", map[string]any{}) },
				func() answer {
					return there.call(post, "/api/v1/members/"+w.ids["邻党员"].String()+"/moves", map[string]any{"orgId": id, "kind": "full", "standing": "normal"})
				},
			)
			if closed, moved := answers[0].Status == http.StatusOK, answers[1].Status == http.StatusOK; closed == moved {
				t.Fatalf("round %d: %d %s and %d %s", round, answers[0].Status, answers[0].Text, answers[1].Status, answers[1].Text)
			}
		}
	})
}

// together runs both at once and returns their answers.
func together(calls ...func() answer) []answer {
	answers := make([]answer, len(calls))
	var group sync.WaitGroup
	for i, call := range calls {
		group.Go(func() { answers[i] = call() })
	}
	group.Wait()
	return answers
}

// TestMovedBranchIsHeardOf: another server that remembers who is expected goes by the tree as it is now.
func TestMovedBranchIsHeardOf(t *testing.T) {
	here := newWorld(t)
	here.tree()
	there := here.neighbour()
	old := here.as("乡组织")
	event := events + "/" + old.want(http.StatusCreated, post, events, here.eventBody("乡党委")).get("id")
	old.want(http.StatusOK, post, event+"/publish", nil)
	here.clock.Advance(100 * time.Minute) // before the start: the roster of the moment counts
	here.poll()
	there.poll()
	code := old.want(http.StatusOK, get, event+"/code", nil).get("url")
	if a := here.as("本组织").at(there).checkIn(code); a.Status != http.StatusCreated {
		t.Fatalf("before: %d %s", a.Status, a.Text)
	}
	here.as("区管理").want(http.StatusOK, post, here.of("本村", "/move"), map[string]any{"parentId": here.orgs["镇党委"].String()})
	there.poll()
	if a := here.as("本党员").at(there).checkIn(code); a.get("code") != "not_expected" {
		t.Errorf("a member of the branch that has gone: %d %s", a.Status, a.Text)
	}
	if a := here.as("邻党员").at(there).checkIn(code); a.Status != http.StatusCreated {
		t.Errorf("a member of a branch that has stayed: %d %s", a.Status, a.Text)
	}
}

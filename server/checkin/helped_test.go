package checkin_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func TestMayHelp(t *testing.T) {
	branch, other := org.Member{ID: 1, OrgID: 7}, org.Member{ID: 2, OrgID: 8}
	beside := org.Member{ID: 3, OrgID: 7}
	for _, c := range []struct {
		name   string
		helper checkin.Attendance
		helped int
		x      checkin.Expectation
		there  checkin.Attendance
		code   string
	}{
		{"beside one", came(branch, checkin.Scan), 0, checkin.Expected, nothing(beside), ""},
		{"late oneself", checkin.Attendance{Member: branch, Status: checkin.Late, Source: checkin.Spoken}, 4, checkin.Expected, nothing(beside), ""},
		{"helper has not come", nothing(branch), 0, checkin.Expected, nothing(beside), "helper_not_present"},
		{"helper was ticked by the secretary", came(branch, checkin.Roll), 0, checkin.Expected, nothing(beside), "helper_not_present"},
		{"helper was helped", came(branch, checkin.Helped), 0, checkin.Expected, nothing(beside), "helper_not_present"},
		{"of another branch", came(other, checkin.Scan), 0, checkin.Expected, nothing(beside), "not_found"},
		{"oneself", came(beside, checkin.Scan), 0, checkin.Expected, nothing(beside), "not_found"},
		{"not expected", came(branch, checkin.Scan), 0, checkin.Excused, nothing(beside), "not_found"},
		{"the sixth", came(branch, checkin.Scan), 5, checkin.Expected, nothing(beside), "helped_enough"},
		{"the fifth once more", came(branch, checkin.Scan), 5, checkin.Expected, came(beside, checkin.Helped), ""},
		{"taken back by the secretary", came(branch, checkin.Scan), 0, checkin.Expected, checkin.Attendance{Member: beside, Status: checkin.Pending, Source: checkin.Roll}, "already_recorded"},
		{"absent by the secretary", came(branch, checkin.Scan), 0, checkin.Expected, checkin.Attendance{Member: beside, Status: checkin.Absent, Source: checkin.Roll}, "already_recorded"},
		{"on leave", came(branch, checkin.Scan), 0, checkin.Expected, checkin.Attendance{Member: beside, Status: checkin.Sick, Source: checkin.Leave}, "already_recorded"},
		{"leave withdrawn", came(branch, checkin.Scan), 0, checkin.Expected, checkin.Attendance{Member: beside, Status: checkin.Pending, Source: checkin.Leave}, ""},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, checkin.MayHelp(c.helper, c.helped, c.x, c.there), c.code) })
	}
}

func came(m org.Member, source checkin.Source) checkin.Attendance {
	return checkin.Attendance{Member: m, Status: checkin.Present, Source: source, Revision: 1}
}

func nothing(m org.Member) checkin.Attendance {
	return checkin.Attendance{Member: m, Status: checkin.Pending}
}

func TestHelped(t *testing.T) {
	stories := map[string]func(t *testing.T, w *world){
		"helped": helped, "limit": helpedLimit, "window": helpedWindow, "helpable": helpable, "own history": ownHistory,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

func helped(t *testing.T, w *world) {
	e := w.event(t)
	helper, beside := w.actor(t, "党员"), w.actor(t, "流入").MemberID
	_, _, err := w.checkin.Help(t.Context(), helper, e.ID, beside, "k")
	refused(t, err, "helper_not_present")
	w.scan(t, e, "党员")
	w.clock.Set(at("15:20"))
	a, repeated, err := w.checkin.Help(t.Context(), helper, e.ID, beside, "k")
	if err != nil || repeated || a.Status != checkin.Late || a.Source != checkin.Helped || a.RecordedBy != helper.MemberID || a.Revision != 1 {
		t.Fatalf("%+v, %v, %v", a, repeated, err)
	}
	w.clock.Set(at("15:22"))
	again, repeated, err := w.checkin.Help(t.Context(), helper, e.ID, beside, "k")
	if err != nil || repeated || !again.At.Equal(at("15:20")) {
		t.Errorf("the same key again: %+v, %v, %v", again, repeated, err)
	}
	if _, repeated, err = w.checkin.Help(t.Context(), helper, e.ID, beside, "another"); err != nil || !repeated {
		t.Errorf("recorded before: %v, %v", repeated, err)
	}
	_, err = w.checkin.Mark(t.Context(), w.actor(t, "书记"), e.ID, beside, checkin.Pending, "")
	refused(t, err, "reason_required")
	w.mark(t, e, "流入", checkin.Pending, "人没有来")
	_, _, err = w.checkin.Help(t.Context(), helper, e.ID, beside, "third")
	refused(t, err, "already_recorded")
	if got := w.history(t, e, "流入"); got != "1 pending>late helped; 2 late>pending roll 人没有来" {
		t.Errorf("history: %s", got)
	}
	for _, whom := range []string{"组员", "客党员", "外人", "流出", "停权"} {
		_, _, err := w.checkin.Help(t.Context(), helper, e.ID, w.actor(t, whom).MemberID, "x")
		refused(t, err, "not_found")
	}
}

// helpedLimit: all in the same moment, from two servers, so that the bound is not exceeded by sending at once.
func helpedLimit(t *testing.T, w *world) {
	e := w.event(t)
	branch := w.orgID(t, "一支部")
	var people []org.Member
	for i := range 8 {
		m := org.Member{ID: w.ids.New(), Name: "帮" + strings.Repeat("一", i+1)}
		_, err := w.db.Write().NewRaw("INSERT INTO members (id, org_id, name, kind, standing, joined_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 0, 0, 0)",
			m.ID, branch, m.Name, org.MemberKindFull, org.Normal).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, m)
	}
	t.Cleanup(func() {
		_, _ = w.db.Write().NewRaw("UPDATE members SET left_at = 1 WHERE name LIKE '帮%'").Exec(t.Context())
	})
	w.scan(t, e, "党员")
	helper, servers := w.actor(t, "党员"), []*checkin.Service{w.checkin, w.another(t)}
	var group sync.WaitGroup
	for i, m := range people {
		group.Go(func() {
			_, _, err := servers[i%2].Help(t.Context(), helper, e.ID, m.ID, "k")
			if err != nil {
				refused(t, err, "helped_enough")
			}
		})
	}
	group.Wait()
	if n := w.count(t, "SELECT COUNT(*) FROM attendance WHERE event_id = ? AND source = 'helped'", e.ID); n != 5 {
		t.Errorf("%d were helped, want five", n)
	}
}

func helpedWindow(t *testing.T, w *world) {
	e := w.event(t)
	w.scan(t, e, "党员")
	helper, beside := w.actor(t, "党员"), w.actor(t, "流入").MemberID
	w.clock.Set(at("16:31"))
	_, _, err := w.checkin.Help(t.Context(), helper, e.ID, beside, "k")
	refused(t, err, "event_over")
	_, _, err = w.checkin.Helpable(t.Context(), helper, e.ID)
	refused(t, err, "event_over")
	w.close(t, e)
	_, _, err = w.checkin.Help(t.Context(), helper, e.ID, beside, "k")
	refused(t, err, "event_closed")
}

func helpable(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Guests = append(d.Guests, w.orgID(t, "二支部")) })
	w.scan(t, e, "党员")
	w.scan(t, e, "书记")
	helper := w.actor(t, "党员")
	names := func() (names []string, left int) {
		people, left, err := w.checkin.Helpable(t.Context(), helper, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range people {
			names = append(names, m.Name)
		}
		return names, left
	}
	if got, left := names(); !slices.Equal(got, []string{"委员", "流入"}) || left != 5 {
		t.Errorf("%v, %d more", got, left)
	}
	if _, _, err := w.checkin.Help(t.Context(), helper, e.ID, w.actor(t, "流入").MemberID, "k"); err != nil {
		t.Fatal(err)
	}
	if got, left := names(); !slices.Equal(got, []string{"委员"}) || left != 4 {
		t.Errorf("%v, %d more", got, left)
	}
	_, _, err := w.checkin.Helpable(t.Context(), w.actor(t, "组员"), e.ID)
	refused(t, err, "helper_not_present")
	_, _, err = w.checkin.Helpable(t.Context(), w.actor(t, "外人"), e.ID)
	refused(t, err, "not_found")
}

func ownHistory(t *testing.T, w *world) {
	e := w.event(t)
	w.scan(t, e, "党员")
	member := w.actor(t, "党员")
	list, err := w.checkin.Changes(t.Context(), member, e.ID, member.MemberID)
	if err != nil || len(list) != 1 || list[0].To != checkin.Present || list[0].Source != checkin.Scan || !list[0].At.Equal(at("15:00")) {
		t.Errorf("%+v, %v", list, err)
	}
	w.mark(t, e, "党员", checkin.Late, "核对过")
	if list, err = w.checkin.Changes(t.Context(), member, e.ID, member.MemberID); err != nil || len(list) != 2 || list[1].Reason != "核对过" {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err = w.checkin.Changes(t.Context(), w.actor(t, "组员"), e.ID, w.actor(t, "组员").MemberID); err != nil || len(list) != 0 {
		t.Errorf("nothing yet: %+v, %v", list, err)
	}
	_, err = w.checkin.Changes(t.Context(), member, e.ID, w.actor(t, "组员").MemberID)
	refused(t, err, "forbidden")
	_, err = w.checkin.Changes(t.Context(), w.actor(t, "外人"), e.ID, w.actor(t, "外人").MemberID)
	refused(t, err, "not_found")
}

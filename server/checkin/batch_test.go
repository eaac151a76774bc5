package checkin_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func TestBatches(t *testing.T) {
	stories := map[string]func(t *testing.T, w *world){
		"several": several, "all or none": allOrNone, "same key": batchTwice, "undo": undo, "undo leaves changes alone": undoLeavesChanges,
		"undo after the close": undoAfterClose, "undo too late": undoLate, "undo by another": undoByAnother, "at once": batchesAtOnce,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

func (w *world) idsOf(t *testing.T, names ...string) []ident.ID {
	t.Helper()
	var ids []ident.ID
	for _, name := range names {
		ids = append(ids, w.actor(t, name).MemberID)
	}
	return ids
}

func (w *world) marksSeveral(t *testing.T, e event.Event, status checkin.Status, reason string, names ...string) checkin.Batch {
	t.Helper()
	b, err := w.checkin.MarkMany(t.Context(), w.actor(t, "书记"), e.ID, w.idsOf(t, names...), status, reason, w.newKey())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) undoes(t *testing.T, e event.Event, b checkin.Batch) checkin.Batch {
	t.Helper()
	undone, err := w.checkin.Undo(t.Context(), w.actor(t, "书记"), e.ID, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	return undone
}

// shows returns the statuses of these people.
func (w *world) shows(t *testing.T, e event.Event, names ...string) string {
	t.Helper()
	all, _ := w.list(t, e)
	var got []string
	for _, name := range names {
		got = append(got, strings.TrimSuffix(all[name], "!"))
	}
	return strings.Join(got, " ")
}

func namesIn(list []checkin.Attendance) string {
	var names []string
	for _, a := range list {
		names = append(names, a.Member.Name)
	}
	return strings.Join(names, " ")
}

func several(t *testing.T, w *world) {
	e := w.event(t)
	w.mark(t, e, "委员", checkin.Present, "")
	b := w.marksSeveral(t, e, checkin.Present, "", "组员", "党员", "委员", "党员")
	if namesIn(b.Changed) != "党员 组员" || namesIn(b.Same) != "委员" || !b.UndoUntil.Equal(at("15:10")) {
		t.Errorf("changed %s, same %s, until %v", namesIn(b.Changed), namesIn(b.Same), b.UndoUntil)
	}
	if got := w.shows(t, e, "党员", "组员", "委员"); got != "present/roll present/roll present/roll" {
		t.Error(got)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>present roll" {
		t.Error(got)
	}
}

func allOrNone(t *testing.T, w *world) {
	e := w.event(t)
	w.scan(t, e, "党员")
	w.scan(t, e, "流入")
	for _, c := range []struct {
		who    string
		status checkin.Status
		whom   []string
		code   string
	}{
		{"书记", checkin.Absent, []string{"组员", "党员", "流入"}, "reason_required"},
		{"书记", checkin.Present, []string{"组员", "外人"}, "not_found"},
		{"书记", checkin.Present, []string{"组员", "客党员"}, "not_found"},
		{"党员", checkin.Present, []string{"组员"}, "forbidden"},
		{"外书记", checkin.Present, []string{"组员"}, "not_found"},
	} {
		_, err := w.checkin.MarkMany(t.Context(), w.actor(t, c.who), e.ID, w.idsOf(t, c.whom...), c.status, "", w.newKey())
		refused(t, err, c.code)
		if c.code == "reason_required" && !strings.HasPrefix(fault.From(err).Message, "党员、流入：") {
			t.Errorf("whom it is about: %s", fault.From(err).Message)
		}
	}
	if got := w.shows(t, e, "组员", "党员"); got != "pending/ present/scan" {
		t.Errorf("something was marked: %s", got)
	}
}

func batchTwice(t *testing.T, w *world) {
	e := w.event(t)
	actor, ids := w.actor(t, "书记"), w.idsOf(t, "组员", "党员")
	var group sync.WaitGroup
	made := make([]checkin.Batch, 4)
	for i := range made {
		group.Go(func() {
			b, err := w.checkin.MarkMany(t.Context(), actor, e.ID, ids, checkin.Present, "", "several")
			if err != nil {
				t.Error(err)
			}
			made[i] = b
		})
	}
	group.Wait()
	for _, b := range made {
		if b.ID != made[0].ID || len(b.Changed) != 2 || b.Changed[0].Revision != 1 {
			t.Errorf("%+v", b)
		}
	}
}

func undo(t *testing.T, w *world) {
	e := w.event(t)
	w.scan(t, e, "党员")
	w.clock.Set(at("15:30"))
	w.mark(t, e, "流入", checkin.Sick, "发烧")
	b := w.marksSeveral(t, e, checkin.Absent, "没有来", "党员", "组员", "流入")
	w.clock.Set(at("15:39"))
	undone := w.undoes(t, e, b)
	if namesIn(undone.Changed) != "党员 流入 组员" || len(undone.Same) != 0 {
		t.Errorf("undone %s, left %s", namesIn(undone.Changed), namesIn(undone.Same))
	}
	if got := w.shows(t, e, "党员", "组员", "流入"); got != "present/scan pending/roll sick/roll" {
		t.Error(got)
	}
	again := w.undoes(t, e, b)
	if namesIn(again.Changed) != namesIn(undone.Changed) || again.Changed[0].Revision != undone.Changed[0].Revision {
		t.Errorf("undone twice: %+v", again)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>present scan; 2 present>absent roll 没有来; 3 absent>present scan" {
		t.Errorf("history: %s", got)
	}
	list, err := w.checkin.Changes(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, "党员").MemberID)
	if err != nil || list[2].By != w.actor(t, "书记").MemberID || !list[2].At.Equal(at("15:39")) {
		t.Errorf("who undid it, and when: %+v, %v", list, err)
	}
	w.clock.Set(at("15:40"))
	w.scan(t, e, "组员") // may still come
}

func undoLeavesChanges(t *testing.T, w *world) {
	e := w.event(t)
	b := w.marksSeveral(t, e, checkin.Absent, "", "党员", "组员", "流入")
	w.scan(t, e, "党员")
	w.mark(t, e, "流入", checkin.Sick, "")
	undone := w.undoes(t, e, b)
	if namesIn(undone.Changed) != "组员" || namesIn(undone.Same) != "党员 流入" {
		t.Errorf("undone %s, left %s", namesIn(undone.Changed), namesIn(undone.Same))
	}
	if got := w.shows(t, e, "党员", "组员", "流入"); got != "present/scan pending/roll sick/roll" {
		t.Error(got)
	}
}

func undoAfterClose(t *testing.T, w *world) {
	e := w.event(t)
	w.mark(t, e, "流入", checkin.Sick, "")
	b := w.marksSeveral(t, e, checkin.Present, "", "党员", "流入")
	w.close(t, e)
	undone := w.undoes(t, e, b)
	if namesIn(undone.Changed) != "流入" || namesIn(undone.Same) != "党员" {
		t.Errorf("after the close nobody is unheard of: undone %s, left %s", namesIn(undone.Changed), namesIn(undone.Same))
	}
}

func undoLate(t *testing.T, w *world) {
	e := w.event(t)
	b := w.marksSeveral(t, e, checkin.Present, "", "党员")
	w.clock.Set(at("15:10").Add(time.Millisecond))
	_, err := w.checkin.Undo(t.Context(), w.actor(t, "书记"), e.ID, b.ID)
	refused(t, err, "undo_too_late")
}

func undoByAnother(t *testing.T, w *world) {
	e, other := w.event(t), w.event(t)
	b := w.marksSeveral(t, e, checkin.Present, "", "党员")
	for who, code := range map[string]string{"委员": "not_found", "党员": "forbidden", "外书记": "not_found", "路人": "not_bound"} {
		_, err := w.checkin.Undo(t.Context(), w.actor(t, who), e.ID, b.ID)
		refused(t, err, code)
	}
	_, err := w.checkin.Undo(t.Context(), w.actor(t, "书记"), other.ID, b.ID)
	refused(t, err, "not_found")
	_, err = w.checkin.Undo(t.Context(), w.actor(t, "书记"), e.ID, codeEvent)
	refused(t, err, "not_found")
}

// batchesAtOnce: two people tick overlapping lists in different orders, while a member scans. Every row is one of what
// they said, and whoever scanned is present.
func batchesAtOnce(t *testing.T, w *world) {
	e := w.event(t)
	code, member := w.code(t, e), w.actor(t, "党员")
	one, two, second := w.actor(t, "书记"), w.actor(t, "委员"), w.another(t)
	ids := w.idsOf(t, "党员", "组员", "流入")
	backwards := slices.Clone(ids)
	slices.Reverse(backwards)
	var group sync.WaitGroup
	errs := make([]error, 3)
	group.Go(func() { _, errs[0] = w.checkin.MarkMany(t.Context(), one, e.ID, ids, checkin.Present, "", "one") })
	group.Go(func() { _, errs[1] = second.MarkMany(t.Context(), two, e.ID, backwards, checkin.Late, "", "two") })
	group.Go(func() {
		_, _, _, errs[2] = w.checkin.CheckIn(t.Context(), member, checkin.Act{Key: "k", Proof: checkin.Proof{Code: code}})
	})
	group.Wait()
	for i, err := range errs {
		if c := fault.CodeOf(err); c != "" && c != "attendance_changed" && (c != "reason_required" || i == 2) {
			t.Errorf("%d: %v", i, err)
		}
	}
	for _, name := range []string{"党员", "组员", "流入"} {
		if got := w.shows(t, e, name); !strings.HasPrefix(got, "present/") && !strings.HasPrefix(got, "late/") && errs[0] == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

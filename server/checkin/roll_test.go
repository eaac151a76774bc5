package checkin_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func roll(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:20"))
	secretary := w.actor(t, "书记").MemberID
	a := w.mark(t, e, "党员", checkin.Present, "  没带手机 ")
	if a.Status != checkin.Present || a.Source != checkin.Roll || !a.At.Equal(at("15:20")) || a.RecordedBy != secretary || a.Reason != "没带手机" || a.Revision != 1 {
		t.Errorf("%+v", a)
	}
	w.clock.Set(at("15:25"))
	if again := w.mark(t, e, "党员", checkin.Present, ""); again != a {
		t.Errorf("the same mark again: %+v", again)
	}
	if late := w.mark(t, e, "党员", checkin.Late, ""); late.Revision != 2 || !late.At.Equal(a.At) {
		t.Errorf("came all the same, so the instant stays: %+v", late)
	}
	if back := w.mark(t, e, "党员", checkin.Pending, ""); back.Status != checkin.Pending {
		t.Errorf("%+v", back)
	}
	if got := w.status(t, e, "党员"); got[:7] != "pending" {
		t.Errorf("taken back: %s", got)
	}
	marks, err := w.checkin.MarksOf(t.Context(), w.actor(t, "党员").MemberID, []ident.ID{e.ID})
	if err != nil || len(marks) != 0 {
		t.Errorf("a mark that was taken back is shown: %v, %v", marks, err)
	}
	w.clock.Set(at("15:30"))
	if a := w.scan(t, e, "党员"); a.Revision != 4 || a.Status != checkin.Late {
		t.Errorf("a scan over a mark taken back: %+v", a)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>present roll 没带手机; 2 present>late roll; 3 late>pending roll; 4 pending>late scan" {
		t.Errorf("history: %s", got)
	}
	if nothing := w.mark(t, e, "组员", checkin.Pending, ""); nothing.Revision != 0 {
		t.Errorf("taking back what is not there: %+v", nothing)
	}
}

func rollRefused(t *testing.T, w *world) {
	e := w.event(t)
	w.scan(t, e, "党员")
	for _, c := range []struct{ who, whom, code string }{
		{"委员", "组员", ""},
		{"区委书记", "组员", ""},
		{"党员", "组员", "forbidden"},
		{"客书记", "组员", "not_found"},
		{"外书记", "组员", "not_found"},
		{"路人", "组员", "not_bound"},
		{"书记", "外人", "not_found"},
		{"书记", "客党员", "not_found"},
		{"书记", "区委书记", "not_found"},
		{"书记", "停权", ""}, // not asked to come, but the secretary saw them
		{"书记", "党员", "reason_required"},
	} {
		_, err := w.checkin.Mark(t.Context(), w.actor(t, c.who), e.ID, w.actor(t, c.whom).MemberID, checkin.Late, "")
		t.Run(c.who+" marks "+c.whom, func(t *testing.T) { refused(t, err, c.code) })
	}
	_, err := w.checkin.Mark(t.Context(), w.actor(t, "书记"), e.ID, codeEvent, checkin.Late, "")
	refused(t, err, "not_found")
	_, err = w.checkin.Mark(t.Context(), w.actor(t, "书记"), codeEvent, w.actor(t, "党员").MemberID, checkin.Late, "")
	refused(t, err, "not_found")
	if got := w.status(t, e, "停权"); got != "late/roll" {
		t.Errorf("who is not expected does not enter the denominator: %s", got)
	}
}

func rollHistory(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:05"))
	w.scan(t, e, "党员")
	w.clock.Set(at("15:40"))
	w.mark(t, e, "党员", checkin.Absent, "替人扫码")
	w.close(t, e)
	w.clock.Set(at("18:00"))
	w.mark(t, e, "党员", checkin.Present, "核实到场")
	list, err := w.checkin.Changes(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, "党员").MemberID)
	if err != nil {
		t.Fatal(err)
	}
	secretary := w.actor(t, "书记").MemberID
	want := []checkin.Change{
		{Revision: 1, From: checkin.Pending, To: checkin.Present, Source: checkin.Scan, At: at("15:05")},
		{Revision: 2, From: checkin.Present, To: checkin.Absent, Source: checkin.Roll, By: secretary, At: at("15:40"), Reason: "替人扫码"},
		{Revision: 3, From: checkin.Absent, To: checkin.Present, Source: checkin.Roll, By: secretary, At: at("18:00"), Reason: "核实到场"},
	}
	if !slices.Equal(list, want) {
		t.Errorf("got  %+v\nwant %+v", list, want)
	}
	_, err = w.checkin.Changes(t.Context(), w.actor(t, "组员"), e.ID, w.actor(t, "党员").MemberID)
	refused(t, err, "forbidden")
}

func rollAtOnce(t *testing.T, w *world) {
	e := w.event(t)
	servers := []*checkin.Service{w.checkin, w.another(t)}
	marks := []checkin.Status{checkin.Present, checkin.Late, checkin.Sick, checkin.Duty}
	actor, member := w.actor(t, "书记"), w.actor(t, "党员").MemberID
	var group sync.WaitGroup
	var done sync.Map
	for i, status := range marks {
		group.Go(func() {
			_, err := servers[i%2].Mark(t.Context(), actor, e.ID, member, status, fmt.Sprint("原因", i))
			if err == nil {
				done.Store(status, true)
			} else {
				refused(t, err, "attendance_changed")
			}
		})
	}
	group.Wait()
	taken := 0
	done.Range(func(any, any) bool { taken++; return true })
	if taken == 0 {
		t.Fatal("nobody's mark was taken")
	}
	revision := w.count(t, "SELECT revision FROM attendance WHERE event_id = ? AND member_id = ?", e.ID, member)
	changes := w.count(t, "SELECT COUNT(*) FROM attendance_changes WHERE event_id = ? AND member_id = ?", e.ID, member)
	if revision != taken || taken > 1 && changes != taken {
		t.Errorf("%d marks taken, revision %d, %d entries of history", taken, revision, changes)
	}
}

func rollExempts(t *testing.T, w *world) {
	e := w.event(t)
	w.mark(t, e, "党员", checkin.Exempt, "")
	_, counts := w.list(t, e)
	if want := (event.Counts{Expected: 4, Exempt: 3, Pending: 4}); counts != want {
		t.Errorf("exempt people are outside the denominator: %+v, want %+v", counts, want)
	}
	w.close(t, e)
	now, err := w.events.Load(t.Context(), w.db.Read(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	settled, err := w.checkin.CountsOf(t.Context(), []event.Event{now})
	if want := (event.Counts{Expected: 4, Exempt: 3, Absent: 4}); err != nil || settled[e.ID] != want {
		t.Errorf("settled: %+v, %v; want %+v", settled[e.ID], err, want)
	}
}

func closeSettles(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:05"))
	w.scan(t, e, "书记")
	w.scan(t, e, "流出")
	w.mark(t, e, "委员", checkin.Duty, "开会")
	w.clock.Set(at("16:30"))
	w.close(t, e)
	byName, counts := w.list(t, e)
	want := map[string]string{
		"书记": "present/scan!", "委员": "duty/roll!", "党员": "absent/settle!", "流入": "absent/settle!", "组员": "absent/settle!",
		"流出": "present/scan", "病休": "exempt/settle",
	}
	if !maps.Equal(byName, want) {
		t.Errorf("got  %v\nwant %v", byName, want)
	}
	if want := (event.Counts{Expected: 5, Present: 2, Leave: 1, Exempt: 1, Absent: 3}); counts != want {
		t.Errorf("%+v, want %+v", counts, want)
	}
	for _, who := range expectedHere {
		if got := byName[who]; got[len(got)-1] != '!' {
			t.Errorf("%s is not in the denominator", who)
		}
	}
}

func closeAfterTakenBack(t *testing.T, w *world) {
	e := w.event(t)
	w.mark(t, e, "党员", checkin.Present, "")
	w.mark(t, e, "党员", checkin.Pending, "")
	w.close(t, e)
	if got := w.status(t, e, "党员"); got != "absent/settle!" {
		t.Errorf("a mark that was taken back counts as not heard of: %s", got)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>present roll; 2 present>pending roll; 3 pending>absent settle" {
		t.Errorf("history: %s", got)
	}
}

// closeBesideCheckins: members scan in the very moment in which the secretary closes. Whoever is told "present" is.
func closeBesideCheckins(t *testing.T, w *world) {
	for range 3 {
		e := w.event(t)
		code, secretary := w.code(t, e), w.actor(t, "书记")
		var group sync.WaitGroup
		var told sync.Map
		for _, who := range expectedHere {
			actor := w.actor(t, who)
			group.Go(func() {
				_, _, _, err := w.checkin.CheckIn(t.Context(), actor, checkin.Act{Key: "k", Proof: checkin.Proof{Code: code}})
				if err == nil {
					told.Store(who, true)
				} else {
					refused(t, err, "event_closed")
				}
			})
		}
		group.Go(func() {
			if _, err := w.events.Close(t.Context(), secretary, e.ID, ""); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		group.Wait()
		byName, _ := w.list(t, e)
		for _, who := range expectedHere {
			want := "absent/settle!"
			if _, ok := told.Load(who); ok {
				want = "present/scan!"
			}
			if byName[who] != want {
				t.Errorf("%s: %s, want %s", who, byName[who], want)
			}
		}
	}
}

// duplicate commits a check-in between the reading and the writing of the close, where the engine allows it.
type duplicate struct {
	checkIn func()
	next    event.Follower
}

func (d duplicate) Followed(ctx context.Context, tx bun.IDB, step event.Step, now time.Time, before, after event.Event) error {
	if step == event.StepClosed {
		d.checkIn()
	}
	return d.next.Followed(ctx, tx, step, now, before, after)
}

func TestCheckInDuringTheCloseIsKept(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		e := w.event(t)
		code, actor, secretary := w.code(t, e), w.actor(t, "党员"), w.actor(t, "书记")
		events := event.New(db, w.clock, w.ids, w.people)
		events.Follow(duplicate{next: w.checkin, checkIn: func() {
			_, _, _, err := w.checkin.CheckIn(t.Context(), actor, checkin.Act{Key: "k", Proof: checkin.Proof{Code: code}})
			if err != nil {
				t.Errorf("check in: %v", err)
			}
		}})
		if _, err := events.Close(t.Context(), secretary, e.ID, ""); err != nil {
			t.Errorf("close: %v", err)
		}
		if got := w.status(t, e, "党员"); got != "present/scan!" {
			t.Errorf("acknowledged, and then %s", got)
		}
	})
}

func frozenDenominator(t *testing.T, w *world) {
	e := w.event(t)
	code := w.code(t, e)
	w.close(t, e)
	_, before := w.list(t, e)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := w.db.Write().NewRaw(query, args...).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// The roster changes after the close: one comes back, one flows out, one comes from another branch.
	back, out, joined := w.actor(t, "病休").MemberID, w.actor(t, "党员").MemberID, w.actor(t, "外人").MemberID
	exec("UPDATE members SET standing = 'normal' WHERE id = ?", back)
	exec("UPDATE members SET standing = 'flow_out' WHERE id = ?", out)
	exec("UPDATE members SET org_id = ? WHERE id = ?", w.orgID(t, "一支部"), joined)
	defer exec("UPDATE members SET standing = 'long_illness' WHERE id = ?", back)
	defer exec("UPDATE members SET standing = 'normal' WHERE id = ?", out)
	defer exec("UPDATE members SET org_id = ? WHERE id = ?", w.orgID(t, "三支部"), joined)
	if _, after := w.list(t, e); after != before {
		t.Errorf("the denominator has moved: %+v, was %+v", after, before)
	}
	for _, who := range []string{"病休", "党员", "外人"} {
		if _, _, err := later(w, t, e, who, code, at("15:00")); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	_, after := w.list(t, e)
	want := event.Counts{Expected: before.Expected, Present: 3, Exempt: before.Exempt - 1, Absent: before.Absent - 1}
	if after != want {
		t.Errorf("with late scans: %+v, want %+v", after, want)
	}
}

func committeeMeeting(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Kind = event.CommitteeMeeting })
	byName, counts := w.list(t, e)
	if want := map[string]string{"书记": "pending/!", "委员": "pending/!"}; !maps.Equal(byName, want) || counts != (event.Counts{Expected: 2, Pending: 2}) {
		t.Errorf("%v, %+v", byName, counts)
	}
	_, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: w.code(t, e)}})
	refused(t, err, "not_expected")
	w.scan(t, e, "委员")
	w.close(t, e)
	if _, counts := w.list(t, e); counts != (event.Counts{Expected: 2, Present: 1, Absent: 1}) {
		t.Errorf("settled: %+v", counts)
	}
	members, err := w.checkin.Expected(t.Context(), w.db.Read(), e)
	if err != nil || len(members) != 2 {
		t.Errorf("%d are expected, %v", len(members), err)
	}
}

func guests(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Guests = []ident.ID{w.orgID(t, "二支部")} })
	guest := w.actor(t, "客书记")
	w.scan(t, e, "客党员")
	page, counts, _, err := w.checkin.List(t.Context(), guest, e.ID, "", 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range page {
		if a.Member.OrgName != "二支部" {
			t.Errorf("a guest's secretary sees %s of %s", a.Member.Name, a.Member.OrgName)
		}
	}
	if len(page) != 2 || counts.Expected != 7 {
		t.Errorf("%d people, counts %+v", len(page), counts)
	}
	if _, err := w.checkin.Mark(t.Context(), guest, e.ID, guest.MemberID, checkin.Present, ""); err != nil {
		t.Errorf("marks their own: %v", err)
	}
	_, err = w.checkin.Mark(t.Context(), guest, e.ID, w.actor(t, "党员").MemberID, checkin.Present, "")
	refused(t, err, "not_found")
	_, _, err = w.checkin.Show(t.Context(), guest, e.ID, 0)
	refused(t, err, "forbidden")
}

func listPages(t *testing.T, w *world) {
	e := w.event(t)
	w.scan(t, e, "流入")
	w.scan(t, e, "党员")
	w.mark(t, e, "停权", checkin.Present, "列席") // came without being on the roster
	var seen []ident.ID
	var after ident.ID
	for page := 0; ; page++ {
		items, counts, next, err := w.checkin.List(t.Context(), w.actor(t, "书记"), e.ID, "", after, 3)
		if err != nil || counts.Present != 3 {
			t.Fatal(counts, err)
		}
		for _, a := range items {
			seen = append(seen, a.Member.ID)
		}
		if after = next; next == 0 || page > 10 {
			break
		}
	}
	if len(seen) != 8 || !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != 8 {
		t.Errorf("pages show %v", seen)
	}
	items, _, _, err := w.checkin.List(t.Context(), w.actor(t, "书记"), e.ID, checkin.Present, 0, 500)
	if err != nil || len(items) != 3 {
		t.Errorf("%d present, %v", len(items), err)
	}
	for who, code := range map[string]string{"党员": "forbidden", "外书记": "not_found", "区委书记": ""} {
		_, _, _, err := w.checkin.List(t.Context(), w.actor(t, who), e.ID, "", 0, 500)
		t.Run(who, func(t *testing.T) { refused(t, err, code) })
	}
}

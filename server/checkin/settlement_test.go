package checkin_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestSettlement: each story has a district of its own, since it moves people about.
func TestSettlement(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"as of the meeting": settledAsOf, "before the start the present counts": beforeStart, "frozen": staysFrozen, "explained": explained,
		"reopened": reopened, "reopening refused": reopenRefused, "quorum": quorumCounts, "quorum of a committee": committeeQuorum,
		"review": review, "moves refused": movesRefused, "those who moved away can be corrected": correctsWhoMoved,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) {
				for _, table := range []string{
					"orgs", "members", "role_grants", "users", "sessions", "events", "event_orgs", "event_steps", "attendance", "attendance_changes",
					"member_moves", "settlements", "settled_people",
				} {
					if _, err := db.Write().NewRaw("DELETE FROM " + table).Exec(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				stories[name](t, newWorld(t, db))
			})
		}
	})
}

// move changes a person from an instant on; the district's admin may do that everywhere.
func (w *world) move(t *testing.T, name, to string, standing org.Standing, since time.Time) {
	t.Helper()
	m := w.member(t, name)
	_, err := w.people.MoveMember(t.Context(), w.actor(t, "区委书记"), m.ID, org.Move{OrgID: w.orgID(t, to), Kind: m.Kind, Standing: standing, At: since})
	if err != nil {
		t.Fatalf("%s to %s: %v", name, to, err)
	}
}

// whys returns how a settlement counts everybody, as status/why with "!" for those in the denominator.
func (w *world) whys(t *testing.T, e event.Event) (map[string]string, checkin.Settlement) {
	t.Helper()
	st, err := w.checkin.Settlement(t.Context(), w.actor(t, "书记"), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]string{}
	for _, c := range st.People {
		byName[c.Member.Name] = string(c.Status) + "/" + string(c.Why)
		if c.Expected {
			byName[c.Member.Name] += "!"
		}
	}
	return byName, st
}

// shuffled is an event around which people come and go; the clock stands at its end.
func shuffled(t *testing.T, w *world) event.Event {
	e := w.event(t)
	w.move(t, "组员", "二支部", org.Normal, at("14:00"))
	w.move(t, "委员", "一支部", org.FlowOut, at("14:30"))
	w.move(t, "病休", "一支部", org.Normal, at("14:59"))
	w.clock.Set(at("15:05"))
	w.scan(t, e, "书记")
	w.clock.Set(at("15:30"))
	w.move(t, "客党员", "一支部", org.Normal, at("15:10"))
	w.move(t, "党员", "二支部", org.Normal, at("15:20"))
	w.clock.Set(at("16:30"))
	return e
}

var shuffledWhys = map[string]string{
	"书记": "present/member!", "党员": "absent/member!", "流入": "absent/flow_in!", "病休": "absent/member!",
	"委员": "exempt/flow_out", "流出": "exempt/flow_out", "停权": "pending/suspended", "客党员": "pending/joined_later",
}

func settledAsOf(t *testing.T, w *world) {
	e := shuffled(t, w)
	want := event.Counts{Expected: 4, Present: 1, Exempt: 2, Absent: 3}
	preview, st := w.whys(t, e)
	if st.Closed || !maps.Equal(preview, shuffledWhys) || st.Counts != want {
		t.Errorf("before the close: %v %+v", preview, st.Counts)
	}
	if _, counts := w.list(t, e); counts.Expected != 4 || counts.Pending != 3 {
		t.Errorf("the list before the close: %+v", counts)
	}
	w.close(t, e)
	got, st := w.whys(t, e)
	if !st.Closed || !maps.Equal(got, shuffledWhys) || st.Counts != want || !st.AsOf.Equal(at("15:00")) {
		t.Errorf("after the close: %v %+v as of %v", got, st.Counts, st.AsOf)
	}
}

func beforeStart(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("14:40"))
	w.move(t, "客党员", "一支部", org.Normal, at("14:35"))
	if got := w.status(t, e, "客党员"); got != "pending/!" {
		t.Errorf("who joins before the start is expected: %s", got)
	}
	if a := w.scan(t, e, "客党员"); !a.Expected {
		t.Errorf("%+v", a)
	}
}

func staysFrozen(t *testing.T, w *world) {
	e := shuffled(t, w)
	w.close(t, e)
	before, st := w.whys(t, e)
	w.clock.Set(at("18:00"))
	w.move(t, "书记", "三支部", org.Normal, at("17:00"))
	w.move(t, "病休", "一支部", org.LongIllness, at("17:00"))
	w.move(t, "外人", "一支部", org.Normal, at("17:00"))
	after, now := w.whys(t, e)
	if !maps.Equal(before, after) || st.Counts != now.Counts {
		t.Errorf("the roster has changed and the record with it:\n%v %+v\n%v %+v", before, st.Counts, after, now.Counts)
	}
	if _, counts := w.list(t, e); counts != st.Counts {
		t.Errorf("the list says %+v, the record %+v", counts, st.Counts)
	}
}

func explained(t *testing.T, w *world) {
	e := shuffled(t, w)
	w.mark(t, e, "流入", checkin.Duty, "外出学习")
	w.close(t, e)
	for who, want := range map[string]string{
		"书记": "present member 一支部", "党员": "absent member 一支部", "流入": "duty flow_in 一支部", "客党员": "pending joined_later 一支部",
	} {
		_, c, err := w.checkin.Explain(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, who).MemberID)
		if got := fmt.Sprint(c.Status, " ", c.Why, " ", c.Member.OrgName); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", who, got, err, want)
		}
	}
	_, _, err := w.checkin.Explain(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, "组员").MemberID)
	refused(t, err, "not_found") // moved away before, and never came
	_, _, err = w.checkin.Explain(t.Context(), w.actor(t, "党员"), e.ID, w.actor(t, "党员").MemberID)
	refused(t, err, "forbidden")
}

func reopened(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:05"))
	w.scan(t, e, "书记")
	w.mark(t, e, "委员", checkin.Sick, "")
	w.close(t, e)
	w.clock.Set(at("17:00"))
	again, err := w.events.Reopen(t.Context(), w.actor(t, "书记"), e.ID, "k", "漏记两位到场的同志")
	if err != nil || again.State != event.Published || !again.ClosedAt.IsZero() {
		t.Fatalf("%+v, %v", again, err)
	}
	want := map[string]string{
		"书记": "present/scan!", "委员": "sick/roll!", "党员": "pending/settle!", "流入": "pending/settle!", "组员": "pending/settle!",
		"流出": "pending/settle", "病休": "pending/settle",
	}
	if got, _ := w.list(t, e); !maps.Equal(got, want) {
		t.Errorf("what was filled in is open again, the rest stays: %v", got)
	}
	if same, err := w.events.Reopen(t.Context(), w.actor(t, "书记"), e.ID, "k", "漏记两位到场的同志"); err != nil || same.Revision != again.Revision {
		t.Errorf("the same key: %+v, %v", same, err)
	}
	w.mark(t, e, "党员", checkin.Present, "")
	w.close(t, e)
	if got := w.history(t, e, "组员"); got != "1 pending>absent settle; 2 absent>pending settle 活动重新打开; 3 pending>absent settle" {
		t.Errorf("history: %s", got)
	}
	got, st := w.whys(t, e)
	if got["党员"] != "present/member!" || st.Counts != (event.Counts{Expected: 5, Present: 2, Leave: 1, Exempt: 2, Absent: 2}) {
		t.Errorf("settled anew: %v %+v", got, st.Counts)
	}
	var steps []string
	for _, h := range st.Steps {
		steps = append(steps, strings.TrimSpace(string(h.Step)+" "+h.Reason))
	}
	if want := []string{"closed", "reopened 漏记两位到场的同志", "closed"}; !slices.Equal(steps, want) {
		t.Errorf("steps %q", steps)
	}
}

func reopenRefused(t *testing.T, w *world) {
	e := w.event(t)
	reopen := func(who, reason string) error {
		_, err := w.events.Reopen(t.Context(), w.actor(t, who), e.ID, "", reason)
		return err
	}
	refused(t, reopen("书记", "漏记了"), "event_not_closed")
	w.close(t, e)
	refused(t, reopen("书记", " 漏 "), "invalid_input")
	refused(t, reopen("党员", "漏记了"), "forbidden")
	refused(t, reopen("客书记", "漏记了"), "not_found")
	w.clock.Advance(30*24*time.Hour + time.Second)
	refused(t, reopen("书记", "漏记了"), "reopen_too_late")
}

func quorumCounts(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Kind = event.MemberMeeting })
	m := w.member(t, "流入")
	_, err := w.people.MoveMember(t.Context(), w.actor(t, "区委书记"), m.ID, org.Move{OrgID: m.OrgID, Kind: org.MemberKindProbationary, Standing: m.Standing, At: at("14:00")})
	if err != nil {
		t.Fatal(err)
	}
	quorum := func() checkin.Quorum {
		t.Helper()
		q, err := w.checkin.Quorum(t.Context(), w.actor(t, "书记"), e.ID)
		if err != nil || q == nil {
			t.Fatal(q, err)
		}
		return *q
	}
	w.clock.Set(at("15:05"))
	w.scan(t, e, "书记")
	w.scan(t, e, "流入") // probationary
	w.scan(t, e, "流出") // outside the denominator
	if got := quorum(); got != (checkin.Quorum{Voters: 4, Needed: 3, Present: 1}) {
		t.Errorf("live: %+v", got)
	}
	w.mark(t, e, "委员", checkin.Exempt, "")
	w.mark(t, e, "党员", checkin.Late, "")
	if got := quorum(); got != (checkin.Quorum{Voters: 3, Needed: 2, Present: 2}) {
		t.Errorf("with an exemption: %+v", got)
	}
	w.close(t, e)
	w.mark(t, e, "党员", checkin.Absent, "替人扫码")
	w.move(t, "书记", "三支部", org.Normal, at("15:04"))
	if got := quorum(); got != (checkin.Quorum{Voters: 3, Needed: 2, Present: 1}) {
		t.Errorf("the denominator stands, the correction counts: %+v", got)
	}
	other := w.event(t)
	if q, err := w.checkin.Quorum(t.Context(), w.actor(t, "区委书记"), other.ID); q != nil || err != nil {
		t.Errorf("a theme day needs no quorum: %+v, %v", q, err)
	}
}

func committeeQuorum(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Kind = event.CommitteeMeeting })
	w.scan(t, e, "书记")
	w.close(t, e)
	got, st := w.whys(t, e)
	if want := map[string]string{"书记": "present/member!", "委员": "absent/member!"}; !maps.Equal(got, want) {
		t.Errorf("only the committee is spoken of: %v", got)
	}
	if *st.Quorum != (checkin.Quorum{Voters: 2, Needed: 2, Present: 1}) {
		t.Errorf("%+v", st.Quorum)
	}
}

func movesRefused(t *testing.T, w *world) {
	w.clock.Set(at("15:00"))
	m := w.member(t, "党员")
	move := func(who string, mv org.Move) error {
		_, err := w.people.MoveMember(t.Context(), w.actor(t, who), m.ID, mv)
		return err
	}
	here := org.Move{OrgID: m.OrgID, Kind: m.Kind, Standing: org.FlowOut}
	elsewhere := here
	elsewhere.OrgID = w.orgID(t, "二支部")
	ahead, early := here, here
	ahead.At, early.At = at("15:01"), at("14:00")
	refused(t, move("党员", here), "not_found")
	refused(t, move("客书记", here), "not_found")
	refused(t, move("路人", here), "not_bound")
	refused(t, move("书记", elsewhere), "invalid_input")
	refused(t, move("书记", ahead), "invalid_input")
	refused(t, move("书记", here), "")
	refused(t, move("书记", early), "move_out_of_order")
	w.clock.Set(at("16:00"))
	here.Left = true
	refused(t, move("书记", here), "")
	if _, err := w.people.MemberByID(t.Context(), w.db.Read(), m.ID); err == nil {
		t.Error("who has left is still on the roster")
	}
	then, err := w.people.MembersAsOf(t.Context(), w.db.Read(), []string{m.OrgPath}, at("15:30"))
	if i := slices.IndexFunc(then, func(x org.Member) bool { return x.ID == m.ID }); err != nil || i < 0 || then[i].Standing != org.FlowOut {
		t.Errorf("an hour before, the member was there: %v", err)
	}
}

func correctsWhoMoved(t *testing.T, w *world) {
	e := shuffled(t, w)
	w.close(t, e)
	a, err := w.checkin.Mark(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, "党员").MemberID, checkin.Present, "核实到场")
	if err != nil || !a.Expected || a.Member.OrgName != "一支部" {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = w.checkin.Mark(t.Context(), w.actor(t, "客书记"), e.ID, w.actor(t, "党员").MemberID, checkin.Absent, "弄错了吧")
	refused(t, err, "not_found")
}

func review(t *testing.T, w *world) {
	e := w.event(t)
	for range 5 {
		_, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: w.code(t, e)[:60]}})
		refused(t, err, "code_malformed") // names no event, so that nobody's list has it
	}
	old := w.code(t, e)
	w.clock.Advance(time.Minute)
	for _, who := range []string{"党员", "党员", "党员", "党员", "党员", "外人", "路人"} {
		_, err := w.checkin.Scan(t.Context(), w.actor(t, who), checkin.Proof{Code: old})
		refused(t, err, "code_expired")
	}
	failed, total, err := w.checkin.FailedScans(t.Context(), w.actor(t, "书记"), e.ID)
	if err != nil || total != 7 || len(failed) != 3 {
		t.Fatalf("%+v %d %v", failed, total, err)
	}
	named := 0
	for _, f := range failed {
		if f.Member != nil {
			named++
			if f.Member.Name != "党员" || f.Count != 5 || f.Reason != "code_expired" {
				t.Errorf("%+v", f)
			}
		}
	}
	if named != 1 {
		t.Errorf("%d names; somebody else's people and residents have none", named)
	}
	far := checkin.Act{Key: "far", Proof: checkin.Proof{Code: w.code(t, e)}, Point: north(90_000, 20)}
	if _, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "组员"), far); err != nil {
		t.Fatal("a hint holds nobody back: ", err)
	}
	hints, err := w.checkin.Hints(t.Context(), w.actor(t, "书记"), e.ID)
	if err != nil || len(hints) != 2 || hints[0].Kind != checkin.HintFar || hints[1].Kind != checkin.HintFailed {
		t.Errorf("%+v, %v", hints, err)
	}
	_, err = w.checkin.Hints(t.Context(), w.actor(t, "党员"), e.ID)
	refused(t, err, "forbidden")
}

package checkin_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func TestRequests(t *testing.T) {
	stories := map[string]func(t *testing.T, w *world){
		"leave": leave, "leave, then came": leaveThenCame, "came, then leave": cameThenLeave, "leave withdrawn": leaveWithdrawn,
		"leave over another mark": leaveOverMark, "declined": declined, "make-up after the close": makeupAfterClose,
		"leave decided after the close": leaveAfterClose, "make-up of who joined later": makeupOfNewcomer,
		"the same key": askTwice, "one at a time": oneOpen, "who may decide": whoDecides, "nobody for themselves": ownRequest,
		"alone": aloneAtTheTop, "guests": guestRequests, "listed": requestPages, "pictures": pictures, "decided at once": decidedAtOnce,
		"called off": calledOff, "pictures go": picturesGo,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

// asks makes a request, and the request that it makes.
func (w *world) asks(t *testing.T, e event.Event, name string, wanted checkin.Status, pictures ...ident.ID) checkin.Request {
	t.Helper()
	r, again, err := w.checkin.Ask(t.Context(), w.actor(t, name), e.ID, asking(w.newKey(), wanted, pictures...))
	if err != nil || again {
		t.Fatalf("%s: again %v, %v", name, again, err)
	}
	return r
}

func asking(key string, wanted checkin.Status, pictures ...ident.ID) checkin.Ask {
	ask := checkin.Ask{Key: key, Kind: checkin.AskLeave, Wanted: wanted, Reason: " 发烧了 ", Evidence: pictures}
	if wanted == checkin.Present {
		ask.Kind, ask.Reason = checkin.AskMakeup, "手机没电"
	}
	return ask
}

func (w *world) approves(t *testing.T, r checkin.Request) checkin.Request {
	t.Helper()
	decided, err := w.checkin.Approve(t.Context(), w.actor(t, "书记"), r.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	return decided
}

func (w *world) withdraws(t *testing.T, name string, r checkin.Request) checkin.Request {
	t.Helper()
	withdrawn, err := w.checkin.Withdraw(t.Context(), w.actor(t, name), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return withdrawn
}

func leave(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.asks(t, e, "党员", checkin.Sick)
	if r.State != checkin.RequestPending || r.Reason != "发烧了" || r.MayDecide || !r.MayWithdraw || r.Recorded != checkin.Pending {
		t.Errorf("asked: %+v", r)
	}
	if got := w.status(t, e, "党员"); got != "pending/!" {
		t.Errorf("not approved yet: %s", got)
	}
	w.clock.Set(at("12:30"))
	decided := w.approves(t, r)
	if decided.State != checkin.RequestApproved || decided.DecidedBy != w.actor(t, "书记").MemberID || !decided.DecidedAt.Equal(at("12:30")) || decided.Recorded != checkin.Sick {
		t.Errorf("approved: %+v", decided)
	}
	if again := w.approves(t, r); again.DecidedAt != decided.DecidedAt {
		t.Errorf("approved again: %+v", again)
	}
	all, counts := w.list(t, e)
	if all["党员"] != "sick/leave!" || counts.Leave != 1 {
		t.Errorf("%s, %+v", all["党员"], counts)
	}
	w.clock.Set(at("16:30"))
	w.close(t, e)
	if got := w.status(t, e, "党员"); got != "sick/leave!" {
		t.Errorf("excused is not absent: %s", got)
	}
	_, err := w.checkin.Withdraw(t.Context(), w.actor(t, "党员"), r.ID)
	refused(t, err, "event_closed")
}

func leaveThenCame(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.approves(t, w.asks(t, e, "党员", checkin.Private))
	w.clock.Set(at("15:00"))
	w.scan(t, e, "党员")
	if w.withdraws(t, "党员", r); w.status(t, e, "党员") != "present/scan!" {
		t.Errorf("withdrawing the leave undoes no presence: %s", w.status(t, e, "党员"))
	}
	if got := w.history(t, e, "党员"); got != "1 pending>private leave 发烧了; 2 private>present scan" {
		t.Errorf("history: %s", got)
	}
}

func cameThenLeave(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.asks(t, e, "党员", checkin.Sick)
	w.clock.Set(at("14:50"))
	w.scan(t, e, "党员")
	_, err := w.checkin.Approve(t.Context(), w.actor(t, "书记"), r.ID, "")
	refused(t, err, "already_present")
	if got := w.status(t, e, "党员"); got != "present/scan!" {
		t.Errorf("first presence wins: %s", got)
	}
	_, _, err = w.checkin.Ask(t.Context(), w.actor(t, "党员"), e.ID, asking(w.newKey(), checkin.Sick))
	refused(t, err, "already_present")
}

func leaveWithdrawn(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	open := w.asks(t, e, "党员", checkin.Sick)
	if r := w.withdraws(t, "党员", open); r.State != checkin.RequestWithdrawn || r.MayWithdraw {
		t.Errorf("%+v", r)
	}
	_, err := w.checkin.Approve(t.Context(), w.actor(t, "书记"), open.ID, "")
	refused(t, err, "request_decided")
	granted := w.approves(t, w.asks(t, e, "党员", checkin.Duty))
	w.clock.Set(at("13:00"))
	w.withdraws(t, "党员", granted)
	w.withdraws(t, "党员", granted)
	if got := w.status(t, e, "党员"); got[:7] != "pending" {
		t.Errorf("plans have changed: %s", got)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>duty leave 发烧了; 2 duty>pending leave" {
		t.Errorf("history: %s", got)
	}
	third := w.approves(t, w.asks(t, e, "党员", checkin.Private))
	if got := w.status(t, e, "党员"); got != "private/leave!" || third.State != checkin.RequestApproved {
		t.Errorf("asked once more: %s", got)
	}
	_, err = w.checkin.Withdraw(t.Context(), w.actor(t, "组员"), third.ID)
	refused(t, err, "not_found")
}

func leaveOverMark(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.approves(t, w.asks(t, e, "党员", checkin.Sick))
	w.mark(t, e, "党员", checkin.Exempt, "住院")
	if w.withdraws(t, "党员", r); w.status(t, e, "党员") != "exempt/roll!" {
		t.Errorf("what the secretary has set since stays: %s", w.status(t, e, "党员"))
	}
}

func declined(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.asks(t, e, "党员", checkin.Private)
	_, err := w.checkin.Decline(t.Context(), w.actor(t, "书记"), r.ID, " 不 ")
	refused(t, err, "reason_required")
	got, err := w.checkin.Decline(t.Context(), w.actor(t, "书记"), r.ID, "请先参加会议")
	if err != nil || got.State != checkin.RequestDeclined || got.DecisionReason != "请先参加会议" || got.MayWithdraw {
		t.Errorf("%+v, %v", got, err)
	}
	if status := w.status(t, e, "党员"); status != "pending/!" {
		t.Errorf("declined: %s", status)
	}
	_, err = w.checkin.Approve(t.Context(), w.actor(t, "委员"), r.ID, "")
	refused(t, err, "request_decided")
	w.asks(t, e, "党员", checkin.Sick) // another reason may do
}

func makeupAfterClose(t *testing.T, w *world) {
	e := w.event(t)
	w.close(t, e)
	_, before := w.list(t, e)
	w.clock.Set(at("15:00").AddDate(0, 0, 20))
	decided := w.approves(t, w.asks(t, e, "党员", checkin.Present))
	all, after := w.list(t, e)
	if all["党员"] != "present/makeup!" || after.Expected != before.Expected || after.Present != before.Present+1 || after.Absent != before.Absent-1 {
		t.Errorf("%s, %+v, was %+v", all["党员"], after, before)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>absent settle; 2 absent>present makeup 手机没电" {
		t.Errorf("history: %s", got)
	}
	_, err := w.checkin.Withdraw(t.Context(), w.actor(t, "党员"), decided.ID)
	refused(t, err, "request_decided")
	late := w.asks(t, e, "组员", checkin.Present)
	w.clock.Set(at("15:00").AddDate(0, 0, 61))
	_, err = w.checkin.Approve(t.Context(), w.actor(t, "书记"), late.ID, "")
	refused(t, err, "request_expired")
	_, _, err = w.checkin.Ask(t.Context(), w.actor(t, "流入"), e.ID, asking(w.newKey(), checkin.Present))
	refused(t, err, "makeup_too_late")
}

func leaveAfterClose(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.asks(t, e, "党员", checkin.Sick)
	w.clock.Set(at("17:00"))
	w.close(t, e)
	w.approves(t, r)
	if got := w.status(t, e, "党员"); got != "sick/leave!" {
		t.Errorf("asked in time, decided late: %s", got)
	}
}

func makeupOfNewcomer(t *testing.T, w *world) {
	e := w.event(t)
	w.close(t, e)
	_, before := w.list(t, e)
	joined := w.actor(t, "外人").MemberID
	move := func(to string) {
		if _, err := w.db.Write().NewRaw("UPDATE members SET org_id = ? WHERE id = ?", w.orgID(t, to), joined).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		delete(w.known, "外人")
	}
	move("一支部")
	defer move("三支部")
	w.approves(t, w.asks(t, e, "外人", checkin.Present))
	if _, after := w.list(t, e); after.Expected != before.Expected || after.Present != before.Present+1 {
		t.Errorf("the denominator has moved: %+v, was %+v", after, before)
	}
}

func askTwice(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	ask := asking("twice", checkin.Sick)
	var group sync.WaitGroup
	ids := make([]ident.ID, 4)
	actor := w.actor(t, "党员")
	for i := range ids {
		group.Go(func() {
			r, _, err := w.checkin.Ask(t.Context(), actor, e.ID, ask)
			if err != nil {
				t.Errorf("try %d: %v", i, err)
			}
			ids[i] = r.ID
		})
	}
	group.Wait()
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("one key has made %v", ids)
	}
	r, again, err := w.checkin.Ask(t.Context(), actor, e.ID, ask)
	if err != nil || !again || r.ID != ids[0] {
		t.Errorf("again %v, %+v, %v", again, r, err)
	}
}

func oneOpen(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("14:40"))
	first := w.asks(t, e, "党员", checkin.Sick)
	_, _, err := w.checkin.Ask(t.Context(), w.actor(t, "党员"), e.ID, asking(w.newKey(), checkin.Present))
	refused(t, err, "request_open")
	w.withdraws(t, "党员", first)
	w.asks(t, e, "党员", checkin.Present)
	w.asks(t, e, "组员", checkin.Sick)
}

func whoDecides(t *testing.T, w *world) {
	for who, code := range map[string]string{
		"委员": "", "区委书记": "", "组员": "not_found", "党员": "own_request", "客书记": "not_found", "外书记": "not_found", "路人": "not_bound",
	} {
		e := w.event(t)
		w.clock.Set(at("12:00"))
		r := w.asks(t, e, "党员", checkin.Sick)
		_, err := w.checkin.Approve(t.Context(), w.actor(t, who), r.ID, "")
		t.Run(who, func(t *testing.T) { refused(t, err, code) })
	}
	_, err := w.checkin.Approve(t.Context(), w.actor(t, "书记"), codeEvent, "")
	refused(t, err, "not_found")
}

func ownRequest(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.asks(t, e, "书记", checkin.Duty)
	if r.MayDecide {
		t.Error("the secretary is told to decide their own request")
	}
	_, err := w.checkin.Approve(t.Context(), w.actor(t, "书记"), r.ID, "")
	refused(t, err, "own_request")
	_, err = w.checkin.Decline(t.Context(), w.actor(t, "书记"), r.ID, "不去了")
	refused(t, err, "own_request")
	if _, err := w.checkin.Approve(t.Context(), w.actor(t, "委员"), r.ID, ""); err != nil {
		t.Errorf("another officer of the branch: %v", err)
	}
	r = w.asks(t, e, "委员", checkin.Duty)
	if _, err := w.checkin.Approve(t.Context(), w.actor(t, "区委书记"), r.ID, ""); err != nil {
		t.Errorf("the level above: %v", err)
	}
}

// aloneAtTheTop: above the district nobody stands, and it has one person with a role.
func aloneAtTheTop(t *testing.T, w *world) {
	top := w.actor(t, "区委书记")
	w.clock.Set(at("08:00"))
	e, err := w.events.Create(t.Context(), top, event.Draftable{
		Kind: event.ThemeDay, Title: "机关主题党日", Host: w.orgID(t, "区委"), StartsAt: at("15:00"), EndsAt: at("16:30"), Place: event.Place{Name: "会议室"},
	}, "")
	if err == nil {
		e, err = w.events.Publish(t.Context(), top, e.ID, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	r := w.asks(t, e, "区委书记", checkin.Duty)
	if !r.MayDecide {
		t.Error("nobody else could decide it")
	}
	if _, err := w.checkin.Approve(t.Context(), top, r.ID, ""); err != nil {
		t.Error(err)
	}
}

func guestRequests(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Guests = []ident.ID{w.orgID(t, "二支部")} })
	w.clock.Set(at("12:00"))
	ours, theirs := w.asks(t, e, "党员", checkin.Sick), w.asks(t, e, "客党员", checkin.Sick)
	guest := w.actor(t, "客书记")
	_, err := w.checkin.Approve(t.Context(), guest, ours.ID, "")
	refused(t, err, "not_found")
	if _, err := w.checkin.Approve(t.Context(), guest, theirs.ID, ""); err != nil {
		t.Errorf("a guest's secretary decides for the guest's people: %v", err)
	}
	seen := func(who string) string {
		list, _, err := w.checkin.Requests(t.Context(), w.actor(t, who), checkin.RequestQuery{Event: e.ID, Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range list {
			names = append(names, r.Member.Name)
		}
		return strings.Join(names, " ")
	}
	for who, want := range map[string]string{"客书记": "客党员", "书记": "客党员 党员", "区委书记": "客党员 党员", "外书记": "", "党员": ""} {
		if got := seen(who); got != want {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
}

func requestPages(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	for _, who := range []string{"书记", "党员", "流入", "组员"} {
		w.asks(t, e, who, checkin.Sick)
	}
	q := checkin.RequestQuery{Event: e.ID, State: checkin.RequestPending, Limit: 3}
	page, next, err := w.checkin.Requests(t.Context(), w.actor(t, "书记"), q)
	if err != nil || len(page) != 3 || page[0].Member.Name != "组员" || !page[0].MayDecide || next == 0 {
		t.Fatalf("%+v %v %v", page, next, err)
	}
	q.After = next
	page, next, err = w.checkin.Requests(t.Context(), w.actor(t, "书记"), q)
	if err != nil || len(page) != 1 || page[0].Member.Name != "书记" || page[0].MayDecide || next != 0 {
		t.Errorf("%+v %v %v", page, next, err)
	}
	mine, _, err := w.checkin.Requests(t.Context(), w.actor(t, "党员"), checkin.RequestQuery{Mine: true, Event: e.ID, Limit: 3})
	if err != nil || len(mine) != 1 || !mine[0].MayWithdraw || mine[0].Event.Title != "主题党日" {
		t.Errorf("%+v %v", mine, err)
	}
	_, _, err = w.checkin.Requests(t.Context(), authz.Actor{UserID: 1}, q)
	refused(t, err, "not_bound")
}

func (w *world) picture(t *testing.T, name string) ident.ID {
	t.Helper()
	id, err := w.checkin.Keep(t.Context(), w.actor(t, name), asJPEG(t, drawn(40, 20)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func pictures(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	one, two, foreign := w.picture(t, "党员"), w.picture(t, "党员"), w.picture(t, "组员")
	for _, c := range []struct {
		code string
		ids  []ident.ID
	}{{"no_picture", []ident.ID{foreign}}, {"no_picture", []ident.ID{one, one}}, {"invalid_input", []ident.ID{one, two, one}}} {
		_, _, err := w.checkin.Ask(t.Context(), w.actor(t, "党员"), e.ID, asking(w.newKey(), checkin.Sick, c.ids...))
		refused(t, err, c.code)
	}
	r := w.asks(t, e, "党员", checkin.Sick, one, two)
	if !slices.Equal(r.Evidence, []ident.ID{one, two}) {
		t.Errorf("%v", r.Evidence)
	}
	for who, code := range map[string]string{"党员": "", "书记": "", "区委书记": "", "组员": "not_found", "外书记": "not_found", "客书记": "not_found"} {
		raw, err := w.checkin.Picture(t.Context(), w.actor(t, who), r.ID, one)
		refused(t, err, code)
		if code == "" && len(raw) < 100 {
			t.Errorf("%s sees %d bytes", who, len(raw))
		}
	}
	_, err := w.checkin.Picture(t.Context(), w.actor(t, "书记"), r.ID, foreign)
	refused(t, err, "no_picture")
	for range 6 {
		w.picture(t, "流入")
	}
	_, err = w.checkin.Keep(t.Context(), w.actor(t, "流入"), asJPEG(t, drawn(4, 2)))
	refused(t, err, "too_many_pictures")
}

func picturesGo(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	left := func(r checkin.Request) int {
		return w.count(t, "SELECT COUNT(*) FROM attendance_evidence WHERE request_id = ?", r.ID)
	}
	open, decided := w.asks(t, e, "党员", checkin.Sick, w.picture(t, "党员")), w.asks(t, e, "组员", checkin.Sick, w.picture(t, "组员"))
	w.picture(t, "书记")
	w.approves(t, decided)
	now := w.clock.Now()
	if _, err := w.checkin.PruneEvidence(t.Context(), now, now, 100); err != nil || left(decided) != 1 {
		t.Errorf("not yet: %d, %v", left(decided), err)
	}
	if _, err := w.checkin.PruneEvidence(t.Context(), now.Add(time.Millisecond), now.Add(time.Millisecond), 100); err != nil {
		t.Fatal(err)
	}
	if loose := w.count(t, "SELECT COUNT(*) FROM attendance_evidence WHERE request_id = 0"); left(open) != 1 || left(decided) != 0 || loose != 0 {
		t.Errorf("open %d, decided %d, loose %d", left(open), left(decided), loose)
	}
}

// decidedAtOnce: one approves, one declines, the member withdraws, all in the same moment. One of them has it.
func decidedAtOnce(t *testing.T, w *world) {
	for range 5 {
		e := w.event(t)
		w.clock.Set(at("12:00"))
		r := w.asks(t, e, "党员", checkin.Sick)
		secretary, other, member, second := w.actor(t, "书记"), w.actor(t, "委员"), w.actor(t, "党员"), w.another(t)
		var group sync.WaitGroup
		errs := make([]error, 3)
		group.Go(func() { _, errs[0] = w.checkin.Approve(t.Context(), secretary, r.ID, "") })
		group.Go(func() { _, errs[1] = second.Decline(t.Context(), other, r.ID, "人手不够") })
		group.Go(func() { _, errs[2] = second.Withdraw(t.Context(), member, r.ID) })
		group.Wait()
		list, _, err := w.checkin.Requests(t.Context(), member, checkin.RequestQuery{Mine: true, Event: e.ID, Limit: 5})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		want := map[checkin.RequestState]string{checkin.RequestApproved: "sick", checkin.RequestDeclined: "pending", checkin.RequestWithdrawn: "pending"}[list[0].State]
		if got := w.status(t, e, "党员"); !strings.HasPrefix(got, want+"/") || want == "" {
			t.Errorf("the request is %s and the row %s (%v)", list[0].State, got, errs)
		}
	}
}

func calledOff(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("12:00"))
	r := w.asks(t, e, "党员", checkin.Sick)
	if _, err := w.events.Cancel(t.Context(), w.actor(t, "书记"), e.ID, "", "大雨"); err != nil {
		t.Fatal(err)
	}
	_, err := w.checkin.Approve(t.Context(), w.actor(t, "书记"), r.ID, "")
	refused(t, err, "event_cancelled")
	list, _, err := w.checkin.Requests(t.Context(), w.actor(t, "书记"), checkin.RequestQuery{Event: e.ID, Limit: 5})
	if err != nil || len(list) != 0 {
		t.Errorf("nothing is left to decide: %+v, %v", list, err)
	}
	w.withdraws(t, "党员", r)
}

package checkin_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestService runs every story on every engine. Each has an event of its own in one district.
func TestService(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"check in once": checkInOnce, "retry": retry, "retry too late": retryTooLate, "another act": anotherAct,
		"many at once": manyAtOnce, "two servers": twoServers, "instants": instants, "who may": whoMay, "position": position,
		"tickets": tickets, "codes refused": codesRefused, "spoken": spoken, "spoken limits": spokenLimits,
		"leave then scan": leaveThenScan, "a correction stands": correctionStands, "a ticket outlives the close": ticketOutlivesClose, "offline": offline, "offline after the close": offlineAfterClose,
		"roll": roll, "roll refused": rollRefused, "roll history": rollHistory, "roll at once": rollAtOnce, "roll exempts": rollExempts,
		"close settles": closeSettles, "close settles again": closeAfterTakenBack, "close beside check-ins": closeBesideCheckins,
		"frozen denominator": frozenDenominator, "committee meeting": committeeMeeting, "guests": guests,
		"list": listPages, "counts": countsAgree, "plate": plate, "plate refused": plateRefused, "plate of several": plateOfSeveral, "plate later": plateLater, "news": newsAfterCommit, "shown": shown, "own record": ownRecord,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

func checkInOnce(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:05"))
	a := w.scan(t, e, "党员")
	want := checkin.Attendance{
		EventID: e.ID, Member: w.member(t, "党员"), Expected: true, Status: checkin.Present, Source: checkin.Scan, At: at("15:05"),
		Position: checkin.NoPosition, Revision: 1, OpID: a.OpID,
	}
	if a != want {
		t.Errorf("got  %+v\nwant %+v", a, want)
	}
	if got := w.status(t, e, "党员"); got != "present/scan!" {
		t.Errorf("the list says %s", got)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>present scan" {
		t.Errorf("a row that was never changed has the history %s", got)
	}
}

func retry(t *testing.T, w *world) {
	e := w.event(t)
	act := checkin.Act{Key: "retry", Proof: checkin.Proof{Code: w.code(t, e)}}
	first, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), act)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(20 * time.Second)
	again, got, repeated, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), act)
	if err != nil || repeated || again != first || got.ID != e.ID {
		t.Errorf("the same key answers %+v (repeated %v), %v; first %+v", again, repeated, err, first)
	}
}

// The answer was lost on the way, and the phone asks again when neither the code nor the event lives any more.
func retryTooLate(t *testing.T, w *world) {
	for name, step := range map[string]struct {
		until time.Time
		close bool
	}{"the code has expired": {at("15:01"), false}, "the window has closed": {at("16:31"), false}, "the event is closed": {at("15:00:05"), true}} {
		t.Run(name, func(t *testing.T) {
			e := w.event(t)
			code := checkin.Proof{Code: w.code(t, e)}
			ticket, err := w.checkin.Scan(t.Context(), w.actor(t, "流入"), code)
			if err != nil {
				t.Fatal(err)
			}
			for who, proof := range map[string]checkin.Proof{"党员": code, "流入": {Ticket: ticket.Ticket}, "组员": {Code: w.show(t, e).Spoken, Event: e.ID}} {
				w.clock.Set(at("15:00"))
				act := checkin.Act{Key: "late retry", Proof: proof}
				first, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, who), act)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					w.clock.Set(step.until)
					again, got, repeated, err := w.checkin.CheckIn(t.Context(), w.actor(t, who), act)
					if err != nil || repeated || again != first || got.ID != e.ID {
						t.Errorf("%s: %+v (repeated %v) of %v, %v; first %+v", who, again, repeated, got.ID, err, first)
					}
					act.Key = "another key"
					if _, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, who), act); err == nil && step.until.After(at("16:30")) {
						t.Errorf("%s: a new act is recorded", who)
					}
				}()
			}
			if step.close {
				w.close(t, e)
			}
		})
	}
}

func anotherAct(t *testing.T, w *world) {
	e := w.event(t)
	first := w.scan(t, e, "党员")
	w.clock.Set(at("15:20"))
	second, _, repeated, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Code: w.code(t, e)}})
	if err != nil || !repeated || second != first {
		t.Errorf("got %+v (repeated %v), %v; want the first one %+v", second, repeated, err, first)
	}
}

func manyAtOnce(t *testing.T, w *world) { atOnce(t, w, w.checkin) }
func twoServers(t *testing.T, w *world) { atOnce(t, w, w.checkin, w.another(t)) }

// atOnce lets one member check in from many phones at the same time.
func atOnce(t *testing.T, w *world, servers ...*checkin.Service) {
	const phones = 20
	e := w.event(t)
	actor, code := w.actor(t, "党员"), w.code(t, e)
	var group sync.WaitGroup
	answers, fresh := make([]checkin.Attendance, phones), make([]bool, phones)
	for i := range phones {
		group.Go(func() {
			act := checkin.Act{Key: fmt.Sprint("phone ", i), Proof: checkin.Proof{Code: code}}
			a, _, repeated, err := servers[i%len(servers)].CheckIn(t.Context(), actor, act)
			if err != nil {
				t.Errorf("phone %d: %v", i, err)
			}
			answers[i], fresh[i] = a, !repeated
		})
	}
	group.Wait()
	news := 0
	for i, a := range answers {
		if a != answers[0] {
			t.Errorf("phone %d was told %+v, phone 0 %+v", i, a, answers[0])
		}
		if fresh[i] {
			news++
		}
	}
	if news != 1 {
		t.Errorf("%d phones were told that theirs was the first", news)
	}
	if n := w.count(t, "SELECT COUNT(*) FROM attendance WHERE event_id = ?", e.ID); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func instants(t *testing.T, w *world) {
	for _, c := range []struct {
		at   string
		want checkin.Status
		code string
	}{
		{"14:29:59", "", "event_not_open_yet"},
		{"14:30", checkin.Present, ""},
		{"15:10", checkin.Present, ""},
		{"15:10:01", checkin.Late, ""},
		{"16:30", checkin.Late, ""},
		{"16:30:01", "", "event_over"},
	} {
		e := w.event(t)
		w.clock.Set(at(c.at))
		a, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: w.code(t, e)}})
		if a.Status != c.want || fault.CodeOf(err) != c.code {
			t.Errorf("%s: %q, %v", c.at, a.Status, err)
		}
		if kept := w.count(t, "SELECT COUNT(*) FROM failed_scans WHERE event_id = ? AND reason = ?", e.ID, c.code); (kept == 1) != (c.code != "") {
			t.Errorf("%s: %d failed scans kept", c.at, kept)
		}
	}
}

func whoMay(t *testing.T, w *world) {
	e := w.event(t)
	for _, c := range []struct{ who, want string }{
		{"书记", "present/scan!"},
		{"组员", "present/scan!"},
		{"流入", "present/scan!"},
		{"流出", "present/scan"},
		{"病休", "present/scan"}, // welcome, outside the denominator
		{"停权", "not_expected"},
		{"外人", "not_expected"},
		{"客党员", "not_expected"},
		{"区委书记", "not_expected"},
		{"路人", "not_bound"},
	} {
		_, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, c.who), checkin.Act{Key: "k", Proof: checkin.Proof{Code: w.code(t, e)}})
		got := fault.CodeOf(err)
		if err == nil {
			got = w.status(t, e, c.who)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.who, got, c.want)
		}
	}
	if _, _, _, err := w.checkin.CheckIn(t.Context(), authz.Actor{}, checkin.Act{Key: "k", Proof: checkin.Proof{Code: w.code(t, e)}}); fault.CodeOf(err) != "not_bound" {
		t.Errorf("nobody: %v", err)
	}
}

func position(t *testing.T, w *world) {
	e := w.event(t)
	for who, c := range map[string]struct {
		metres float64
		want   checkin.Position
	}{"党员": {10, checkin.Near}, "流入": {900, checkin.Far1km}, "组员": {90_000, checkin.Far}} {
		act := checkin.Act{Key: "k", Proof: checkin.Proof{Code: w.code(t, e)}, Point: north(c.metres, 20)}
		a, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, who), act)
		if err != nil || a.Position != c.want || a.Status != checkin.Present {
			t.Errorf("%s: %+v, %v", who, a, err)
		}
	}
}

func tickets(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:08"))
	got, err := w.checkin.Scan(t.Context(), w.actor(t, "党员"), checkin.Proof{Code: w.code(t, e)})
	if err != nil || got.Event.ID != e.ID || got.Already != nil || !got.ExpiresAt.Equal(at("15:13")) {
		t.Fatalf("%+v, %v", got, err)
	}
	use := func(who string) (checkin.Attendance, bool, error) {
		a, _, repeated, err := w.checkin.CheckIn(t.Context(), w.actor(t, who), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Ticket: got.Ticket}})
		return a, repeated, err
	}
	_, _, err = use("组员")
	refused(t, err, "code_forged") // somebody else's
	w.clock.Set(at("15:12:59"))
	a, repeated, err := use("党员")
	if err != nil || repeated || !a.At.Equal(at("15:08")) || a.Status != checkin.Present {
		t.Errorf("the scan was in time, the tap was not: %+v, %v", a, err)
	}
	if again, repeated, err := use("党员"); err != nil || !repeated || again != a {
		t.Errorf("the ticket once more: %+v (repeated %v), %v", again, repeated, err)
	}
	w.clock.Set(at("15:13"))
	_, _, err = use("党员")
	refused(t, err, "ticket_expired")
	already, err := w.checkin.Scan(t.Context(), w.actor(t, "党员"), checkin.Proof{Code: w.code(t, e)})
	if err != nil || already.Already == nil || *already.Already != a {
		t.Errorf("scanned once more: %+v, %v", already.Already, err)
	}
	resident, err := w.checkin.Scan(t.Context(), w.actor(t, "路人"), checkin.Proof{Code: w.code(t, e)})
	if err != nil || resident.Ticket == "" {
		t.Errorf("who has not bound yet gets no ticket: %v", err)
	}
}

func codesRefused(t *testing.T, w *world) {
	e, foreign := w.event(t), w.event(t)
	honest := w.code(t, e)
	tail := strings.TrimPrefix(honest, "https://party.example.cn/c/")
	strange := checkin.MakeCode(codeKey, codeEvent, checkin.StepAt(at("15:00")))
	mac := func(code string) string { return code[strings.LastIndexByte(code, '.'):] }
	for _, c := range []struct {
		name  string
		proof checkin.Proof
		after time.Duration
		event event.Event
		code  string
	}{
		{"something else", checkin.Proof{Code: "https://example.com"}, 0, event.Event{}, "code_malformed"},
		{"truncated", checkin.Proof{Code: honest[:len(honest)-1]}, 0, event.Event{}, "code_malformed"},
		{"another event's mac", checkin.Proof{Code: strings.Replace(honest, mac(honest), mac(w.code(t, foreign)), 1)}, 0, e, "code_forged"},
		{"an event that there is not", checkin.Proof{Code: strange}, 0, event.Event{}, "code_forged"},
		{"too old", checkin.Proof{Code: honest}, 40 * time.Second, e, "code_expired"},
		{"too early", checkin.Proof{Code: honest}, -time.Second, e, "code_future"},
		{"a ticket that is a code", checkin.Proof{Ticket: tail}, 0, event.Event{}, "code_malformed"},
		{"nothing", checkin.Proof{}, 0, event.Event{}, "invalid_input"},
		{"both", checkin.Proof{Ticket: "t.x", Code: honest}, 0, event.Event{}, "invalid_input"},
		{"spoken, of no event", checkin.Proof{Code: "123456"}, 0, event.Event{}, "invalid_input"},
		{"spoken, of an unknown event", checkin.Proof{Code: "123456", Event: codeEvent}, 0, event.Event{}, "not_found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.clock.Set(at("15:00").Add(c.after))
			actor, since := w.actor(t, "党员"), w.ids.New()
			_, err := w.checkin.Scan(t.Context(), actor, c.proof)
			refused(t, err, c.code)
			_, _, _, err = w.checkin.CheckIn(t.Context(), actor, checkin.Act{Key: w.newKey(), Proof: c.proof})
			refused(t, err, c.code)
			kept := w.count(t, "SELECT COUNT(*) FROM failed_scans WHERE id > ? AND event_id = ? AND user_id = ? AND reason = ?", since, c.event.ID, actor.UserID, c.code)
			if kept != 2 {
				t.Errorf("%d of two failed scans are kept", kept)
			}
		})
	}
	if n := w.count(t, "SELECT COUNT(*) FROM attendance WHERE event_id IN (?, ?)", e.ID, foreign.ID); n != 0 {
		t.Errorf("%d rows nevertheless", n)
	}
}

func spoken(t *testing.T, w *world) {
	e := w.event(t)
	digits := w.show(t, e).Spoken
	w.clock.Set(at("15:05:59")) // the next one is shown since 15:05
	a, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: " " + digits + " ", Event: e.ID}})
	if err != nil || a.Source != checkin.Spoken || a.Status != checkin.Present {
		t.Errorf("%+v, %v", a, err)
	}
	got, err := w.checkin.Scan(t.Context(), w.actor(t, "组员"), checkin.Proof{Code: w.show(t, e).Spoken, Event: e.ID})
	if err != nil {
		t.Fatal(err)
	}
	a, _, _, err = w.checkin.CheckIn(t.Context(), w.actor(t, "组员"), checkin.Act{Key: "k", Proof: checkin.Proof{Ticket: got.Ticket}})
	if err != nil || a.Source != checkin.Spoken {
		t.Errorf("a ticket remembers what it was for: %+v, %v", a, err)
	}
	_, _, _, err = w.checkin.CheckIn(t.Context(), w.actor(t, "外人"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: digits, Event: e.ID}})
	refused(t, err, "not_found") // does not learn that there is an event
	_, _, _, err = w.checkin.CheckIn(t.Context(), w.actor(t, "路人"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: digits, Event: e.ID}})
	refused(t, err, "not_bound")
}

// wrong returns six digits that are not the event's.
func wrong(digits string) string {
	if digits == "111111" {
		return "222222"
	}
	return "111111"
}

func spokenLimits(t *testing.T, w *world) {
	e := w.event(t)
	try := func(who, digits string) error {
		_, err := w.checkin.Scan(t.Context(), w.actor(t, who), checkin.Proof{Code: digits, Event: e.ID})
		return err
	}
	good := w.show(t, e).Spoken
	for range 5 {
		refused(t, try("党员", wrong(good)), "spoken_wrong")
	}
	refused(t, try("党员", wrong(good)), "too_many_attempts")
	refused(t, try("党员", good), "too_many_attempts")
	refused(t, try("组员", good), "") // one member's mistakes hold nobody else back
	if a := w.scan(t, e, "党员"); a.Source != checkin.Scan {
		t.Errorf("the other ways in stay open: %+v", a)
	}
	w.clock.Advance(10*time.Minute + time.Second)
	refused(t, try("党员", w.show(t, e).Spoken), "")
	if err := w.cache.Set(t.Context(), "spoken:"+e.ID.String(), "200", time.Minute); err != nil {
		t.Fatal(err)
	}
	refused(t, try("组员", w.show(t, e).Spoken), "too_many_attempts") // the whole event's
}

func leaveThenScan(t *testing.T, w *world) {
	e := w.event(t)
	w.mark(t, e, "党员", checkin.Sick, "发烧")
	w.clock.Set(at("15:05"))
	a := w.scan(t, e, "党员")
	if a.Status != checkin.Present || a.Reason != "" || a.RecordedBy != 0 || a.Revision != 2 {
		t.Errorf("%+v", a)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>sick roll 发烧; 2 sick>present scan" {
		t.Errorf("history: %s", got)
	}
	// A later leave does not undo a presence: that takes the secretary and a reason.
	_, err := w.checkin.Mark(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, "党员").MemberID, checkin.Sick, "")
	refused(t, err, "reason_required")
}

// correctionStands: what the secretary has taken back with a reason stays so, whatever a phone sends again.
func correctionStands(t *testing.T, w *world) {
	e := w.event(t)
	actor, code := w.actor(t, "党员"), w.show(t, e).URL
	act := func(key string) error {
		_, _, _, err := w.checkin.CheckIn(t.Context(), actor, checkin.Act{Key: key, Proof: checkin.Proof{Code: code}})
		return err
	}
	refused(t, act("first"), "")
	w.mark(t, e, "党员", checkin.Absent, "请人代扫")
	refused(t, act("first"), "attendance_corrected")
	refused(t, act("second"), "attendance_corrected")
	if got := w.status(t, e, "党员"); got != "absent/roll!" {
		t.Errorf("the correction is gone: %s", got)
	}
	w.mark(t, e, "党员", checkin.Pending, "点错了") // taking the correction back opens the door again
	refused(t, act("third"), "")
}

// ticketOutlivesClose: who scanned in time and was still binding when the secretary closed the event was there.
func ticketOutlivesClose(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:30"))
	actor, code := w.actor(t, "党员"), w.show(t, e).URL
	scanned, err := w.checkin.Scan(t.Context(), actor, checkin.Proof{Code: code})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Set(at("15:31"))
	open := w.code(t, e)
	w.close(t, e)
	w.clock.Set(at("15:31").Add(time.Second))
	a, _, repeated, err := w.checkin.CheckIn(t.Context(), actor, checkin.Act{Key: "k", Proof: checkin.Proof{Ticket: scanned.Ticket}})
	if err != nil || repeated || !a.At.Equal(at("15:30")) || a.Status != checkin.Late || a.Source != checkin.Scan {
		t.Errorf("%+v, repeated %t, %v", a, repeated, err)
	}
	_, _, _, err = w.checkin.CheckIn(t.Context(), w.actor(t, "组员"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: open}})
	refused(t, err, "event_closed")
}

func countsAgree(t *testing.T, w *world) {
	e := w.event(t)
	w.scan(t, e, "党员")
	w.scan(t, e, "流出")
	w.mark(t, e, "组员", checkin.Late, "")
	w.mark(t, e, "委员", checkin.Private, "家中有事")
	check := func(want event.Counts) {
		t.Helper()
		now, err := w.events.Load(t.Context(), w.db.Read(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		counts, err := w.checkin.CountsOf(t.Context(), []event.Event{now})
		if err != nil || counts[e.ID] != want {
			t.Errorf("counts %+v, %v; want %+v", counts[e.ID], err, want)
		}
		if _, listed := w.list(t, e); listed != want {
			t.Errorf("with the list: %+v, want %+v", listed, want)
		}
	}
	check(event.Counts{Expected: 5, Present: 3, Late: 1, Leave: 1, Exempt: 1, Pending: 2})
	w.close(t, e)
	check(event.Counts{Expected: 5, Present: 3, Late: 1, Leave: 1, Exempt: 1, Absent: 2})
	empty, err := w.checkin.CountsOf(t.Context(), nil)
	if err != nil || len(empty) != 0 {
		t.Errorf("of nothing: %v, %v", empty, err)
	}
}

// newsAfterCommit: whoever hears the news can read what it is about.
func newsAfterCommit(t *testing.T, w *world) {
	e := w.event(t)
	heard := w.cache.listen(func() string {
		return fmt.Sprint(w.count(t, "SELECT COALESCE(SUM(revision), 0) FROM attendance WHERE event_id = ?", e.ID))
	})
	defer func() { w.cache.listen(nil) }()
	channel := checkin.NewsOf(e.ID)
	expect := func(what string, want ...string) {
		t.Helper()
		if got := heard(); !slices.Equal(got, want) {
			t.Errorf("%s: heard %q, want %q", what, got, want)
		}
	}
	w.scan(t, e, "党员")
	expect("a check-in", channel+" 1")
	w.mark(t, e, "组员", checkin.Sick, "")
	expect("a mark", channel+" 1", channel+" 2")
	w.mark(t, e, "组员", checkin.Sick, "")
	expect("the same mark again", channel+" 1", channel+" 2")
	w.scan(t, e, "组员")
	expect("a scan over a leave", channel+" 1", channel+" 2", channel+" 3")
	_, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "外人"), checkin.Act{Key: "k", Proof: checkin.Proof{Code: w.code(t, e)}})
	refused(t, err, "not_expected")
	_, _, repeated, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Code: w.code(t, e)}})
	if err != nil || !repeated {
		t.Error(repeated, err)
	}
	expect("what changes nothing", channel+" 1", channel+" 2", channel+" 3")
}

func shown(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:00:04"))
	got := w.show(t, e)
	if !strings.HasPrefix(got.URL, "https://party.example.cn/c/e"+e.ID.String()+".") {
		t.Errorf("url %s", got.URL)
	}
	if !got.RefreshAt.Equal(at("15:00:10")) || !got.ValidUntil.Equal(at("15:00:40")) || !got.SpokenUntil.Equal(at("15:05")) {
		t.Errorf("%+v", got)
	}
	for who, code := range map[string]string{"委员": "", "区委书记": "", "党员": "forbidden", "外书记": "not_found", "客书记": "not_found", "路人": "not_bound"} {
		_, _, err := w.checkin.Show(t.Context(), w.actor(t, who), e.ID, 0)
		if fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want %q", who, err, code)
		}
	}
	w.close(t, e)
	_, _, err := w.checkin.Show(t.Context(), w.actor(t, "书记"), e.ID, 0)
	refused(t, err, "event_closed")
	cancelled := w.event(t)
	if _, err := w.events.Cancel(t.Context(), w.actor(t, "书记"), cancelled.ID, "", "大雨"); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.checkin.Show(t.Context(), w.actor(t, "书记"), cancelled.ID, 0)
	refused(t, err, "event_cancelled")
}

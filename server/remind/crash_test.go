package remind_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/event"
	"themeday/server/jobs"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// The promise of the package: whatever happens around a call, the phone shows at most one message of a reminder, and the
// delivery ends in a state that says what is known.
func TestNeverTwice(t *testing.T) {
	for name, c := range map[string]struct {
		grants   int // accepted taps that we know of
		script   []behaviour
		delivery string
		shown    int // on the phone
		calls    int
		left     int // in our ledger
	}{
		"the answer is lost":                      {1, []behaviour{lostAnswer}, "sent 43101 " + unconfirmed, 1, 2, 0},
		"the request is lost":                     {1, []behaviour{lostRequest}, "sent", 1, 2, 0},
		"both requests are lost":                  {1, []behaviour{lostRequest, lostRequest}, "failed " + unknown, 0, 2, 1},
		"answer and repeat are lost":              {1, []behaviour{lostAnswer, lostRequest}, "failed " + unknown, 1, 2, 1},
		"request and answer of the repeat":        {1, []behaviour{lostRequest, lostAnswer}, "failed " + unknown, 1, 2, 1},
		"lost answer, more grants":                {2, []behaviour{lostAnswer}, "failed " + unknown, 1, 1, 2},
		"lost request, more grants":               {2, []behaviour{lostRequest}, "failed " + unknown, 0, 1, 2},
		"lost answer, repeat comes at a bad time": {1, []behaviour{lostAnswer, errcode(-1), dialFails}, "sent 43101 " + unconfirmed, 1, 4, 0},
		"lost answer, repeats never get through":  {1, append([]behaviour{lostAnswer}, many(errcode(-1), 20)...), "failed " + unknown, 1, 12, 1},
		"lost request after a busy moment":        {1, []behaviour{errcode(-1), lostRequest}, "sent", 1, 3, 0},
		"an error that nobody knows":              {1, []behaviour{strangeError}, "sent 43101 " + unconfirmed, 1, 2, 0},
		"a gateway is too slow":                   {1, []behaviour{gatewaySlow}, "sent", 1, 2, 0},
		"a gateway is too slow, more grants":      {2, []behaviour{gatewaySlow}, "failed " + unknown, 0, 1, 2},
		"a gateway lies":                          {1, []behaviour{gatewayLost}, "sent 43101 " + unconfirmed, 1, 2, 0},
		"death before the call":                   {1, []behaviour{diesBefore}, "sent", 1, 2, 0},
		"death after the call":                    {1, []behaviour{diesAfter}, "sent 43101 " + unconfirmed, 1, 2, 0},
		"death before the call, more grants":      {2, []behaviour{diesBefore}, "failed " + unknown, 0, 1, 2},
		"death after the call, more grants":       {2, []behaviour{diesAfter}, "failed " + unknown, 1, 1, 2},
		"death after a busy moment":               {1, []behaviour{errcode(-1), diesAfter}, "sent 43101 " + unconfirmed, 1, 3, 0},
		"lost answer, then death in the repeat":   {1, []behaviour{lostAnswer, diesBefore}, "failed " + unknown, 1, 2, 1},
		"lost request, then death after repeat":   {1, []behaviour{lostRequest, diesAfter}, "failed " + unknown, 1, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			eachPair(t, func(t *testing.T, one, two *world) {
				m := one.member("甲", c.grants)
				one.wechat.script = c.script
				one.onlyAnnounced()
				if err := one.liveUntil(noon.Add(time.Hour)); err != nil {
					t.Logf("the first server died: %v", err)
				}
				two.workUntil(noon.Add(5 * time.Hour))
				two.wantDeliveries("甲 published " + c.delivery)
				two.wantLeft(m, remind.Published, c.left)
				if shown := len(two.phone()); shown != c.shown || two.wechat.calls != c.calls {
					t.Errorf("%d messages after %d calls, want %d after %d", shown, two.wechat.calls, c.shown, c.calls)
				}
			})
		})
	}
}

// A server that was held up beyond its lease comes back in the middle of what another one has made of its delivery.
func TestHeldUpServer(t *testing.T) {
	for name, c := range map[string]struct {
		grants   int
		before   bool        // held up before the call, else after it
		script   []behaviour // of the calls as they arrive
		delivery string
		shown    int
		left     int
	}{
		"before the call":                      {1, true, nil, "sent", 1, 0},
		"before the call, more grants":         {2, true, nil, "sent", 1, 1},
		"before a call that is refused":        {1, true, []behaviour{errcode(-1), errcode(47003)}, "sent", 1, 0},
		"after the call":                       {1, false, nil, "sent 43101 " + unconfirmed, 1, 0},
		"after the call, more grants":          {2, false, nil, "sent", 1, 1},
		"after a call that was refused":        {1, false, []behaviour{errcode(47003)}, "sent", 1, 0},
		"after a call, the other one is asked": {1, false, []behaviour{well, errcode(-1)}, "sent", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachPair(t, func(t *testing.T, one, two *world) {
				m := one.member("甲", c.grants)
				one.wechat.script = c.script
				meanwhile := func() {
					two.clock.Advance(lease)
					two.work()
				}
				if c.before {
					one.wechat.hold = meanwhile
				} else {
					one.wechat.linger = meanwhile
				}
				one.onlyAnnounced()
				one.work()
				two.workUntil(noon.Add(time.Hour))
				two.wantDeliveries("甲 published " + c.delivery)
				two.wantLeft(m, remind.Published, c.left)
				if shown := len(two.phone()); shown != c.shown {
					t.Errorf("%d messages, want %d", shown, c.shown)
				}
			})
		})
	}
}

// A repeat must not be made when it could deliver a second message, for whatever reason that has come up meanwhile.
func TestNoRepeatWhen(t *testing.T) {
	for name, c := range map[string]struct {
		long      bool
		meanwhile func(w *world, e event.Event)
	}{
		"the template is long-term": {true, func(*world, event.Event) {}},
		"the person has accepted again": {false, func(w *world, _ event.Event) {
			u := w.users[w.members[0].ID]
			w.tap(u, w.Templates[remind.Published])
			w.report(u, w.Templates[remind.Published].ID, remind.Accept)
		}},
		"the person has switched it off": {false, func(w *world, _ event.Event) {
			w.report(w.users[w.members[0].ID], w.Templates[remind.Published].ID, remind.Ban)
		}},
		"somebody else has the member's place": {false, func(w *world, _ event.Event) {
			w.branch.mu.Lock()
			defer w.branch.mu.Unlock()
			u := w.users[w.members[0].ID]
			u.ID, u.OpenID = w.ids.New(), "openid-else"
			w.users[w.members[0].ID] = u
			w.tap(u, w.Templates[remind.Published])
			w.report(u, w.Templates[remind.Published].ID, remind.Accept)
		}},
		"the event was cancelled": {false, func(w *world, e event.Event) { w.step(event.StepCancelled, e, nil) }},
		"the event is over":       {false, func(w *world, _ event.Event) { w.clock.Set(start.Add(2 * time.Hour)) }},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				var long []remind.Kind
				if c.long {
					long = []remind.Kind{remind.Published}
				}
				w := newWorld(t, db, long...)
				w.member("甲", 1)
				w.wechat.script = []behaviour{lostAnswer}
				e := w.onlyAnnounced()
				w.work()
				c.meanwhile(w, e)
				w.workUntil(start.Add(3 * time.Hour))
				if got := w.deliveries(); got[len(got)-1] != "甲 published failed "+unknown {
					t.Errorf("deliveries %q", got)
				}
				shown := strings.Join(w.phone(), ",")
				if strings.Count(shown, "甲 published") != 1 || strings.Count(shown, "published") != 1 {
					t.Errorf("phones show %s", shown)
				}
			})
		})
	}
}

// The server dies between the rounds of an expansion, and the job is run again by hand besides: one of everything.
func TestExpansionIsCompletedOnce(t *testing.T) {
	const people = 450
	eachPair(t, func(t *testing.T, one, two *world) {
		for i := range people {
			one.unbound(fmt.Sprint("党员", i))
		}
		e := one.onlyAnnounced()
		rounds := 0
		one.onUsers = func() error {
			if rounds++; rounds == 2 {
				one.wechat.die()
				return errCrash
			}
			return nil
		}
		if _, err := one.queue.RunDue(t.Context()); err == nil {
			t.Fatal("the server did not die")
		}
		two.clock.Advance(lease)
		two.work()
		two.again(t, e)
		two.work()
		for _, query := range []string{
			"SELECT COUNT(*) FROM deliveries", "SELECT COUNT(DISTINCT member_id) FROM deliveries",
			"SELECT COUNT(*) FROM messages", "SELECT COUNT(DISTINCT member_id) FROM messages",
		} {
			var n int
			if err := two.db.Read().NewRaw(query).Scan(t.Context(), &n); err != nil || n != people {
				t.Errorf("%s: %d, error %v; want %d", query, n, err, people)
			}
		}
		one.wantCounted(map[string]int{"skipped": 200})
		two.wantCounted(map[string]int{"skipped": people - 200})
	})
}

// again enqueues the event's expansions and sends once more.
func (w *world) again(t *testing.T, e event.Event) {
	t.Helper()
	var ids []string
	var reminders []struct{ ID int64 }
	err := w.db.Read().NewRaw("SELECT id FROM reminders WHERE event_id = ?", e.ID).Scan(t.Context(), &reminders)
	if err != nil || len(reminders) == 0 {
		t.Fatalf("%d reminders, error %v", len(reminders), err)
	}
	var all []jobs.Job
	err = w.db.Read().NewRaw("SELECT payload FROM jobs WHERE kind IN ('remind.expand', 'remind.send')").Scan(t.Context(), &ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range ids {
		kind := "remind.expand"
		if len(payload) > len(`{"reminder":"0000000000000"}`) {
			kind = "remind.send"
		}
		all = append(all, jobs.Job{Kind: kind, Payload: rawJSON(payload)})
	}
	if err := w.queue.Enqueue(t.Context(), w.db.Write(), all...); err != nil {
		t.Fatal(err)
	}
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestRunningEverythingAgainChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.member("甲", 5)
		w.member("乙", 1)
		e := w.onlyAnnounced()
		w.work()
		w.again(t, e)
		w.work()
		w.wantPhone("乙 published", "甲 published")
		w.wantCounted(map[string]int{"sent": 2})
	})
}

// Two servers share the work: each person gets each reminder once, one send at a time.
func TestTwoServers(t *testing.T) {
	const people, events = 12, 3
	eachPair(t, func(t *testing.T, one, two *world) {
		for i := range people {
			one.member(fmt.Sprint("党员", i), events)
		}
		for range events {
			one.onlyAnnounced()
		}
		one.queue.Start()
		two.queue.Start()
		for one.due() > 0 {
			one.queue.Wake() // stands in for the poll
			two.queue.Wake()
		}
		if err := errors.Join(one.queue.Stop(t.Context()), two.queue.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for openID, messages := range one.wechat.arrived {
			for _, m := range messages {
				seen[openID+m.Page]++
			}
		}
		for key, n := range seen {
			if n != 1 {
				t.Errorf("%s: %d messages", key, n)
			}
		}
		if len(seen) != people*events || one.wechat.calls != people*events || one.wechat.overlap {
			t.Errorf("%d messages after %d calls, overlapping %t; want %d", len(seen), one.wechat.calls, one.wechat.overlap, people*events)
		}
	})
}

// A delivery whose job dies of something else than WeChat's answers is accounted for as well. When the job is revived by
// hand, one that was only waiting is sent; one that may be on the phone is not sent again.
func TestBuriedDeliveries(t *testing.T) {
	for name, c := range map[string]struct {
		script        []behaviour
		want, revived string
	}{
		"waiting":  {[]behaviour{errcode(-1)}, "甲 published failed -1 系统故障，没有送出", "甲 published sent"},
		"in doubt": {[]behaviour{lostAnswer}, "甲 published failed " + unknown, "甲 published failed " + unknown},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.member("甲", 1)
				w.wechat.script = c.script
				w.onlyAnnounced()
				w.work()
				w.broken = errCrash
				for range 40 {
					w.clock.Advance(time.Hour)
					w.work()
				}
				w.wantDeliveries(c.want)
				dead, err := w.queue.Dead(t.Context(), 0, 10)
				if err != nil || len(dead) != 1 {
					t.Fatalf("dead %+v, error %v", dead, err)
				}
				w.broken = nil
				w.clock.Set(noon.Add(20 * time.Hour))
				if ok, err := w.queue.Revive(t.Context(), dead[0].ID); !ok || err != nil {
					t.Errorf("revive: %t, %v", ok, err)
				}
				w.work()
				w.wantDeliveries(c.revived)
			})
		})
	}
}

func TestAStepThatFailsLeavesNoReminder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		e := w.draft()
		after := e
		after.State = event.Published
		err := w.db.WithTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := w.Followed(ctx, tx, event.StepPublished, noon, e, after); err != nil {
				t.Errorf("followed: %v", err)
			}
			return errCrash
		})
		if !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		w.want("plan", w.plans(e), nil)
		if depth, err := w.queue.Len(t.Context()); err != nil || depth != (jobs.Depth{}) {
			t.Errorf("queue %+v, error %v", depth, err)
		}
	})
}

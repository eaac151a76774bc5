package remind_test

import (
	"sync"
	"testing"
	"time"

	"themeday/server/fault"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// teller tells of one tap, as the phone (with or without a key) or as WeChat.
type teller func(w *world, u org.User, templateID string) error

func phone(key string, answer remind.Answer) teller {
	return func(w *world, u org.User, id string) error {
		return w.Report(w.t.Context(), u.ID, key, map[string]remind.Answer{id: answer})
	}
}

func push(accepted bool) teller {
	return func(w *world, u org.User, id string) error {
		return w.Told(w.t.Context(), u.ID, "", id, accepted, time.Time{})
	}
}

// pushOf is a report of what happened so long before.
func pushOf(ago time.Duration, accepted bool) teller {
	return func(w *world, u org.User, id string) error {
		return w.Told(w.t.Context(), u.ID, "", id, accepted, w.clock.Now().Add(-ago).Truncate(time.Second))
	}
}

func wait(d time.Duration) teller {
	return func(w *world, _ org.User, _ string) error { w.clock.Advance(d); return nil }
}

func TestLedger(t *testing.T) {
	for name, c := range map[string]struct {
		told     []teller
		oneTime  int
		longTerm int
	}{
		"nothing":                             {nil, 0, 0},
		"two taps":                            {[]teller{phone("", remind.Accept), phone("", remind.Accept)}, 2, 1},
		"one tap, reported twice":             {[]teller{phone("k", remind.Accept), phone("k", remind.Accept)}, 1, 1},
		"two taps with keys":                  {[]teller{phone("k", remind.Accept), phone("l", remind.Accept)}, 2, 1},
		"accepted with sound":                 {[]teller{phone("", "acceptWithAudio")}, 1, 1},
		"rejected":                            {[]teller{phone("", remind.Accept), phone("", remind.Accept), phone("", remind.Reject)}, 2, 0},
		"banned":                              {[]teller{phone("", remind.Accept), phone("", remind.Ban)}, 0, 0},
		"not asked":                           {[]teller{phone("", remind.Accept), phone("", remind.Filter)}, 1, 1},
		"rejected first":                      {[]teller{phone("", remind.Reject), phone("", remind.Accept)}, 1, 1},
		"phone, then WeChat":                  {[]teller{phone("k", remind.Accept), push(true)}, 1, 1},
		"WeChat, then phone":                  {[]teller{push(true), phone("k", remind.Accept), phone("k", remind.Accept)}, 1, 1},
		"WeChat alone":                        {[]teller{push(true), push(true)}, 2, 1},
		"two taps, both sources":              {[]teller{phone("k", remind.Accept), phone("l", remind.Accept), push(true), push(true)}, 2, 1},
		"two taps, one of the phone's lost":   {[]teller{push(true), phone("l", remind.Accept), push(true)}, 2, 1},
		"two taps, one of WeChat's lost":      {[]teller{phone("k", remind.Accept), phone("l", remind.Accept), push(true)}, 2, 1},
		"the phone was without signal":        {[]teller{push(true), wait(24 * time.Hour), phone("k", remind.Accept)}, 1, 1},
		"too long ago to be the same":         {[]teller{push(true), wait(24*time.Hour + time.Millisecond), phone("k", remind.Accept)}, 2, 1},
		"switched off in WeChat":              {[]teller{phone("", remind.Accept), phone("", remind.Accept), push(true), push(false)}, 0, 0},
		"WeChat repeats itself":               {[]teller{pushOf(0, true), pushOf(0, true)}, 1, 1},
		"yes and no in one second":            {[]teller{pushOf(0, true), pushOf(0, false)}, 0, 0},
		"yes after no":                        {[]teller{pushOf(9*time.Second, true), pushOf(5*time.Second, false), pushOf(0, true)}, 1, 1},
		"the no is told of last":              {[]teller{pushOf(9*time.Second, true), pushOf(0, true), pushOf(5*time.Second, false)}, 1, 1},
		"the no is late, the phone knows":     {[]teller{phone("k", remind.Accept), phone("l", remind.Accept), pushOf(0, true), pushOf(5*time.Second, false)}, 2, 1},
		"the yes is told of last":             {[]teller{pushOf(5*time.Second, false), pushOf(9*time.Second, true)}, 0, 0},
		"the phone repeats after a rejection": {[]teller{phone("k", remind.Accept), phone("l", remind.Reject), phone("k", remind.Accept)}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t), remind.DayBefore)
			m := w.member("甲", 0)
			for kind, want := range map[remind.Kind]int{remind.Published: c.oneTime, remind.DayBefore: c.longTerm} {
				w.clock.Set(noon)
				for i, tell := range c.told {
					if err := tell(w, w.users[m.ID], w.Templates[kind].ID); err != nil {
						t.Fatalf("step %d: %v", i, err)
					}
				}
				w.wantLeft(m, kind, want)
			}
		})
	}
}

func TestReportLeavesOutAndRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		m := w.member("甲", 0)
		u, id := w.users[m.ID], w.Templates[remind.Published].ID
		if err := w.Report(t.Context(), u.ID, "", map[string]remind.Answer{"template-of-last-year": remind.Accept}); err != nil {
			t.Errorf("an old template: %v", err)
		}
		if err := w.Told(t.Context(), u.ID, "", "template-of-last-year", true, time.Time{}); err != nil {
			t.Errorf("an old template: %v", err)
		}
		err := w.Report(t.Context(), u.ID, "", map[string]remind.Answer{id: remind.Accept, "x": "perhaps"})
		if fault.CodeOf(err) != "invalid_input" {
			t.Errorf("perhaps: %v", err)
		}
		w.wantLeft(m, remind.Published, 0)
	})
}

// Many reports at once neither lose nor double a tap.
func TestReportsAtOnce(t *testing.T) {
	const taps = 8
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		m := w.member("甲", 0)
		u := w.users[m.ID]
		all := map[string]remind.Answer{}
		for _, template := range w.Templates {
			all[template.ID] = remind.Accept
		}
		var group sync.WaitGroup
		for i := range taps * 2 {
			group.Go(func() {
				if err := w.Report(t.Context(), u.ID, "tap"+string(rune('a'+i/2)), all); err != nil {
					t.Errorf("report: %v", err)
				}
			})
		}
		group.Wait()
		for _, kind := range remind.Kinds() {
			w.wantLeft(m, kind, taps)
		}
	})
}

func TestSendingUsesGrants(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, remind.DayBefore)
		m := w.member("甲", 1)
		for range 2 {
			w.publish(nil)
		}
		w.work()
		w.clock.Set(dayBefore)
		w.work()
		w.wantDeliveries("甲 day_before sent", "甲 day_before sent 与同时的另一条提醒合为一条", "甲 published sent", "甲 published skipped 未授权提醒")
		w.wantLeft(m, remind.Published, 0)
		w.wantLeft(m, remind.DayBefore, 1)
	})
}

// WeChat's own report settles what a lost answer left open, once, and corrects what the answer said.
func TestWeChatReportsWhatItSent(t *testing.T) {
	type report struct {
		after time.Duration
		msgID string
		code  int
	}
	for name, c := range map[string]struct {
		script  []behaviour
		reports []report
		want    string
		left    int
		counted map[string]int
	}{
		"in the ordinary case": {nil, []report{{0, "msg1", 0}, {0, "msg1", 0}}, "sent", 1, map[string]int{"sent": 1}},
		"while it is in doubt": {[]behaviour{lostAnswer}, []report{{time.Second, "m", 0}, {time.Second, "m", 0}}, "sent", 1, map[string]int{"sent": 1}},
		"when it has failed":   {[]behaviour{lostAnswer}, []report{{10 * time.Minute, "m", 0}, {0, "m", 0}}, "sent", 1, map[string]int{"failed": 1, "unknown": 1, "sent": 1}},
		"much too late":        {[]behaviour{lostAnswer}, []report{{time.Minute, "", 0}, {3 * time.Hour, "m", 0}}, "failed " + unknown, 2, map[string]int{"failed": 1, "unknown": 1}},
		"after a refusal":      {[]behaviour{errcode(47003)}, []report{{time.Second, "m", 0}}, "failed 47003 内容不合微信的要求，请联系管理员", 2, map[string]int{"failed": 1}},
		"not delivered":        {nil, []report{{time.Second, "msg1", 20006}}, "failed 20006 微信收下了，但没有送到（20006）", 1, map[string]int{"sent": 1}},
		"another one's":        {nil, []report{{time.Second, "msg9", 20006}, {0, "", 20006}}, "sent", 1, map[string]int{"sent": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				m := w.member("甲", 2)
				w.wechat.script = c.script
				w.onlyAnnounced()
				w.work()
				for _, r := range c.reports {
					w.clock.Advance(r.after)
					w.work()
					if r == (report{after: time.Minute}) {
						continue // only time goes by
					}
					if err := w.Sent(t.Context(), w.users[m.ID].ID, w.Templates[remind.Published].ID, r.msgID, r.code); err != nil {
						t.Fatal(err)
					}
				}
				w.clock.Advance(time.Hour)
				w.work()
				w.wantDeliveries("甲 published " + c.want)
				w.wantLeft(m, remind.Published, c.left)
				w.wantCounted(c.counted)
			})
		})
	}
}

// WeChat's report on one message must not be taken for another one that is still in doubt.
func TestAReportIsOfItsOwnMessage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		m := w.member("甲", 5)
		w.wechat.script = []behaviour{well, lostAnswer}
		w.onlyAnnounced()
		w.work()
		w.onlyAnnounced()
		w.work()
		for _, msgID := range []string{"msg1", "msg2"} {
			w.wantDeliveries("甲 published sending", "甲 published sent")
			if err := w.Sent(t.Context(), w.users[m.ID].ID, w.Templates[remind.Published].ID, msgID, 0); err != nil {
				t.Fatal(err)
			}
		}
		w.wantDeliveries("甲 published sent", "甲 published sent")
	})
}

package remind_test

import (
	"slices"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store/storetest"
)

// TestWithdrawnDuringTheCall: what is withdrawn while a call is under way, and is refused for the moment, is not tried again.
func TestWithdrawnDuringTheCall(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.member("甲", 9)
		e := w.draft()
		w.wechat.script = []behaviour{errcode(-1)}
		w.wechat.hold = func() { w.step(event.StepCancelled, e, nil) }
		e = w.step(event.StepPublished, e, func(e *event.Event) { e.Reminders.DayBefore = false })
		w.workUntil(noon.Add(time.Hour))
		w.wantPhone("甲 cancelled")
		w.wantDeliveries("甲 cancelled sent", "甲 published skipped 这条提醒已经撤回，不再发送")
	})
}

// TestNotMeantAnyMore: who does not belong to those whom a reminder means when WeChat takes messages again is not sent it.
func TestNotMeantAnyMore(t *testing.T) {
	leave := func(w *world, m org.Member) {
		w.members = slices.DeleteFunc(w.members, func(other org.Member) bool { return other.ID == m.ID })
	}
	for name, c := range map[string]struct {
		do   func(w *world, m org.Member)
		want []string
	}{
		"still meant":                   {func(*world, org.Member) {}, []string{"甲 day_before", "甲 published"}},
		"has left, or moved away":       {leave, nil},
		"marked as excused by the roll": {func(w *world, m org.Member) { w.marks[m.ID] = checkin.Duty }, []string{"甲 published"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			m := w.member("甲", 9)
			w.clock.Set(cst(9, 17, 59))
			w.wechat.script = many(errcode(-1), 4)
			w.publish(nil)
			w.workUntil(cst(9, 18, 0))
			c.do(w, m)
			w.workUntil(cst(9, 20, 0))
			w.wantPhone(c.want...)
		})
	}
}

// TestLadderOvertaken: the secretary is not asked about a month for which a theme day has been announced meanwhile.
func TestLadderOvertaken(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	w.onLadder()
	w.wechat.script = many(errcode(-1), 1)
	w.workUntil(cst(7, 9, 0))
	w.publish(func(e *event.Event) { e.Reminders = event.Reminders{} })
	w.workUntil(cst(7, 12, 0))
	w.wantDeliveries("书 not_held skipped -1 已不用提醒（不在名单，或已有安排），不再发送")
}

// TestCancelledBeforeTheChangeWasHeard: people are told that what they know of does not take place, not what they never heard of.
func TestCancelledBeforeTheChangeWasHeard(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	m := w.member("甲", 9)
	e := w.publish(nil)
	w.work()
	w.clock.Set(cst(6, 22, 0))
	e = w.step(event.StepEdited, e, func(e *event.Event) { later(e); move(e); retitle(e) })
	w.step(event.StepCancelled, e, nil)
	w.workUntil(cst(7, 8, 0))
	w.wantText("甲", remind.Cancelled, "取消通知：重温入党誓词", "原定12月10日（周四）14:30在村部会议室开展的主题党日已取消。原因：下大雨")
	w.want("phone", w.lines(m)[1:], []string{"重温入党誓词|2026年12月10日 14:30|下大雨|柳树村党支部"})
}

// TestSwitchedOffMeanwhile: who was not reached because a reminder was switched off is not said to get another one.
func TestSwitchedOffMeanwhile(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	w.member("甲", 9)
	w.wechat.script = []behaviour{errcode(-1)}
	e := w.publish(nil)
	w.work()
	w.step(event.StepEdited, e, func(e *event.Event) { e.Reminders.Published = false })
	w.workUntil(noon.Add(time.Hour))
	w.wantDeliveries("甲 published skipped -1 这类提醒已关掉，不再发送")
}

package remind_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store/storetest"
)

// every turns all of an event's reminders on.
func every(e *event.Event) {
	e.Reminders = event.Reminders{Published: true, DayBefore: true, Soon: true, RecordReady: true}
}

// Who gets which reminder, by what is known of them when it goes out.
func TestAudiences(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, status := range map[string]checkin.Status{
			"等": checkin.Pending, "到": checkin.Present, "迟": checkin.Late, "病": checkin.Sick, "公": checkin.Duty, "事": checkin.Private, "缺": checkin.Absent, "免": checkin.Exempt,
		} {
			w.marks[w.member(name, 9).ID] = status
		}
		w.runners[authz.Secretary] = []org.Member{w.member("书", 9)}
		w.members = w.members[:8] // the secretary is no member of this branch: told of duties alone
		e := w.publish(every)
		w.workUntil(cst(9, 12, 0))
		w.wantWho("published", "事 免 公 到 病 等 缺 迟")
		w.workUntil(cst(10, 13, 0))
		w.wantWho("day_before", "等")
		w.wantWho("soon", "等")
		w.workUntil(cst(12, 17, 0)) // two days after the end
		w.wantWho("not_closed", "书")
		e = w.step(event.StepClosed, e, nil)
		w.workUntil(cst(13, 12, 0))
		w.wantWho("record_ready", "事 公 到 病 等 缺 迟")
		w.step(event.StepReopened, e, func(e *event.Event) { e.State = event.Published })
		w.workUntil(cst(20, 12, 0))
		w.wantWho("not_closed", "书 书") // asked again, for the reopened one
	})
}

// wantWho compares the names of those who have a message of the kind in their inbox.
func (w *world) wantWho(kind remind.Kind, want string) {
	w.t.Helper()
	var names []string
	for _, m := range w.inboxes() {
		if m.kind == kind {
			names = append(names, m.name)
		}
	}
	w.want(string(kind), []string{joined(names)}, []string{want})
}

// Steps and the kinds that came after the first four: what is planned, what is withdrawn.
func TestFurtherSteps(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w *world, e event.Event)
		want []string
	}{
		"published with all": {
			func(*world, event.Event) {},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 planned", "soon 10 12:30 planned", "not_closed 12 16:30 planned"},
		},
		"put off by a day": {
			func(w *world, e event.Event) { w.step(event.StepEdited, e, later) },
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "soon 10 12:30 withdrawn", "not_closed 12 16:30 withdrawn",
				"not_closed 13 16:30 planned", "changed 6 12:00 planned", "day_before 10 18:00 planned", "soon 11 12:30 planned",
			},
		},
		"moved elsewhere": {
			func(w *world, e event.Event) { w.step(event.StepEdited, e, move) },
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "soon 10 12:30 withdrawn", "not_closed 12 16:30 planned",
				"changed 6 12:00 planned", "day_before 9 18:00 planned", "soon 10 12:30 planned",
			},
		},
		"two hours before switched off": {
			func(w *world, e event.Event) {
				w.step(event.StepEdited, e, func(e *event.Event) { e.Reminders.Soon = false })
			},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 planned", "soon 10 12:30 withdrawn", "not_closed 12 16:30 planned"},
		},
		"cancelled": {
			func(w *world, e event.Event) { w.step(event.StepCancelled, e, nil) },
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "soon 10 12:30 withdrawn", "not_closed 12 16:30 withdrawn",
				"cancelled 6 12:00 planned",
			},
		},
		"closed": {
			func(w *world, e event.Event) { w.clock.Set(cst(10, 16, 30)); w.step(event.StepClosed, e, nil) },
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "soon 10 12:30 withdrawn", "not_closed 12 16:30 withdrawn",
				"record_ready 10 17:00 planned",
			},
		},
		"closed, reopened at once and closed again": {
			func(w *world, e event.Event) {
				w.clock.Set(cst(10, 16, 30))
				e = w.step(event.StepClosed, e, nil)
				e = w.step(event.StepReopened, e, func(e *event.Event) { e.State = event.Published })
				w.step(event.StepClosed, e, nil)
			},
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "soon 10 12:30 withdrawn", "not_closed 12 16:30 withdrawn",
				"record_ready 10 17:00 withdrawn", "not_closed 12 16:30 withdrawn", "record_ready 10 17:00 planned",
			},
		},
		"closed again when the record was told of": {
			func(w *world, e event.Event) {
				w.clock.Set(cst(10, 16, 30))
				e = w.step(event.StepClosed, e, nil)
				w.workUntil(cst(10, 18, 0))
				e = w.step(event.StepReopened, e, func(e *event.Event) { e.State = event.Published })
				w.step(event.StepClosed, e, nil)
			},
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "soon 10 12:30 withdrawn", "not_closed 12 16:30 withdrawn",
				"record_ready 10 17:00 expanded", "not_closed 12 18:00 withdrawn",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			w.member("甲", 9)
			e := w.publish(every)
			w.work()
			c.do(w, e)
			w.want("plan", w.allPlans(e), c.want)
		})
	}
}

// When two hours before is, around the quiet hours.
func TestSoon(t *testing.T) {
	for name, c := range map[string]struct {
		now, start time.Time
		want       []string
	}{
		"afternoon":          {noon, start, []string{"soon 10 12:30 planned"}},
		"early morning":      {noon, cst(10, 8, 30), []string{"soon 10 07:30 planned"}},
		"before quiet ends":  {noon, cst(10, 7, 30), nil},
		"late evening":       {noon, cst(10, 23, 45), nil}, // 21:45 is quiet, and the morning after is too late
		"published too late": {cst(10, 13, 0), start, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			w.clock.Set(c.now)
			e := w.publish(func(e *event.Event) {
				e.StartsAt, e.EndsAt, e.Reminders = c.start, c.start.Add(time.Hour), event.Reminders{Soon: true}
			})
			w.want("plan", w.plans(e), c.want)
		})
	}
}

// request is what a member has asked for, as checkin hands it over.
func (w *world) request(e event.Event, m org.Member, kind checkin.RequestKind, wanted checkin.Status) checkin.Request {
	return checkin.Request{ID: w.ids.New(), Event: e, Member: m, Kind: kind, Wanted: wanted, DecidedBy: w.ids.New()}
}

func (w *world) moved(r checkin.Request, to checkin.RequestState, reason string) {
	w.t.Helper()
	r.State, r.DecisionReason = to, reason
	err := w.db.WithTx(w.t.Context(), func(ctx context.Context, tx bun.Tx) error { return w.RequestMoved(ctx, tx, r, w.clock.Now()) })
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestDecisions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asks, other := w.member("甲", 9), w.member("乙", 9)
		e := w.onlyAnnounced()
		w.work()
		leave := w.request(e, asks, checkin.AskLeave, checkin.Sick)
		w.moved(leave, checkin.RequestApproved, "")
		w.moved(w.request(e, other, checkin.AskLeave, checkin.Private), checkin.RequestDeclined, "请先参加会议")
		w.work()
		makeup := w.request(e, asks, checkin.AskMakeup, checkin.Present)
		w.step(event.StepClosed, e, nil) // does not concern the make-up
		w.moved(makeup, checkin.RequestApproved, "")
		alone := w.request(e, other, checkin.AskMakeup, checkin.Present)
		alone.DecidedBy = other.ID
		w.moved(alone, checkin.RequestApproved, "")
		w.work()
		w.wantDeliveries(
			"乙 leave_decided sent", "乙 published sent", "甲 leave_decided sent", "甲 makeup_decided sent", "甲 published sent",
		)
		w.wantText("乙", remind.LeaveDecided, "请假结果：重温入党誓词", "您申请的事假未同意。书记说：请先参加会议")
		w.wantText("甲", remind.LeaveDecided, "请假结果：重温入党誓词", "您申请的病假已同意。")
		w.wantText("甲", remind.MakeupDecided, "补签结果：重温入党誓词", "您申请的补签已同意。")
	})
}

// Only a change or a cancellation rings at night, however near the start is.
func TestDecidedAtNight(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	m := w.member("甲", 9)
	e := w.onlyAnnounced()
	w.work()
	w.clock.Set(cst(10, 3, 0))
	w.moved(w.request(e, m, checkin.AskLeave, checkin.Sick), checkin.RequestDeclined, "请先参加会议")
	w.want("plan", w.plans(e), []string{"published 6 12:00 expanded", "leave_decided 10 07:30 planned"})
}

// Decided in the night, taken back before the morning: nothing goes out; and who is on leave is not told that it is tomorrow.
func TestTakenBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		m := w.member("甲", 9)
		e := w.publish(nil)
		w.work()
		w.clock.Set(cst(7, 22, 0))
		leave := w.request(e, m, checkin.AskLeave, checkin.Sick)
		w.moved(leave, checkin.RequestApproved, "")
		w.marks[m.ID] = checkin.Sick
		w.moved(leave, checkin.RequestWithdrawn, "")
		w.marks[m.ID] = checkin.Pending
		w.workUntil(cst(9, 18, 1))
		w.wantDeliveries("甲 day_before sent", "甲 published sent")
	})
}

// The reminder has been expanded and waits for WeChat when the leave is granted.
func TestLeaveGrantedMeanwhile(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	m := w.member("甲", 9)
	e := w.publish(func(e *event.Event) { e.Reminders.Published = false })
	w.wechat.script = []behaviour{errcode(-1)}
	w.clock.Set(cst(9, 18, 0))
	w.work()
	w.moved(w.request(e, m, checkin.AskLeave, checkin.Sick), checkin.RequestApproved, "")
	w.workUntil(cst(9, 19, 0))
	w.wantDeliveries("甲 day_before skipped -1 已请假，不再提醒", "甲 leave_decided sent")
}

// Somebody alone in office decides on their own leave: nobody tells them, and they are not reminded any more.
func TestOwnLeave(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	m := w.member("甲", 9)
	e := w.publish(func(e *event.Event) { e.Reminders.Published = false })
	w.wechat.script = []behaviour{errcode(-1)}
	w.clock.Set(cst(9, 18, 0))
	w.work()
	own := w.request(e, m, checkin.AskLeave, checkin.Sick)
	own.DecidedBy = m.ID
	w.moved(own, checkin.RequestApproved, "")
	w.workUntil(cst(9, 19, 0))
	w.wantDeliveries("甲 day_before skipped -1 已请假，不再提醒")
}

// message is one of an inbox.
type message struct {
	name        string
	kind        remind.Kind
	title, body string
}

func (w *world) inboxes() []message {
	w.t.Helper()
	var rows []struct {
		MemberID    ident.ID
		Kind        remind.Kind
		Title, Body string
	}
	if err := w.db.Read().NewRaw("SELECT member_id, kind, title, body FROM messages ORDER BY id").Scan(w.t.Context(), &rows); err != nil {
		w.t.Fatal(err)
	}
	all := make([]message, len(rows))
	for i, r := range rows {
		all[i] = message{w.nameOf(r.MemberID), r.Kind, r.Title, r.Body}
	}
	return all
}

func (w *world) wantText(name string, kind remind.Kind, title, body string) {
	w.t.Helper()
	for _, m := range w.inboxes() {
		if m.name == name && m.kind == kind && m.title == title && m.body == body {
			return
		}
	}
	w.t.Errorf("%s has no %s %q %q among %+v", name, kind, title, body, w.inboxes())
}

package remind_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// pair publishes two events of the same day; their first announcement is not sent.
func (w *world) pair() (first, second event.Event) {
	w.t.Helper()
	quiet := func(e *event.Event) { e.Reminders = event.Reminders{DayBefore: true} }
	first = w.publish(quiet)
	second = w.publish(func(e *event.Event) {
		quiet(e)
		e.Title, e.Place.Name = "书记讲党课", "文化广场"
		e.StartsAt, e.EndsAt = start.Add(-4*time.Hour), start.Add(-2*time.Hour)
	})
	return first, second
}

// titles lists what a phone shows under the first keyword.
func (w *world) titles(m org.Member) (titles, pages []string) {
	w.wechat.mu.Lock()
	defer w.wechat.mu.Unlock()
	for _, message := range w.wechat.arrived[w.users[m.ID].OpenID] {
		titles, pages = append(titles, message.Data["thing1"]), append(pages, message.Page)
	}
	return titles, pages
}

func (w *world) wantTitles(m org.Member, want ...string) {
	w.t.Helper()
	got, _ := w.titles(m)
	w.want(m.Name+"'s phone", got, want)
}

// Two events on one day: one message names both, costs one grant, and both count as sent. The inbox has each.
func TestTwoEventsAreOneMessage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		both, none := w.member("甲", 5), w.member("乙", 0)
		first, _ := w.pair()
		w.workUntil(cst(9, 19, 0))
		w.wantTitles(both, "书记讲党课、重温入党誓词")
		if _, pages := w.titles(both); pages[0] != "pages/messages/messages" {
			t.Errorf("opens %s", pages[0])
		}
		w.wantLeft(both, remind.DayBefore, 4)
		w.wantDeliveries("乙 day_before skipped 未授权提醒", "乙 day_before skipped 未授权提醒", "甲 day_before sent", "甲 day_before sent 与同时的另一条提醒合为一条")
		w.wantWho(remind.DayBefore, "乙 乙 甲 甲")
		w.wantTitles(none)
		w.step(event.StepEdited, first, move) // what is told to all must be read: never merged
		w.work()
		w.wantTitles(both, "书记讲党课、重温入党誓词", "重温入党誓词")
	})
}

// One message is one of the month's load and of its ceiling, whatever it tells.
func TestDigestIsOneOfTheMonth(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		w := newTown(s)
		m := w.resident("乙", 2)
		w.insert("INSERT INTO reminder_ceilings (org_id, ceiling, set_by, set_at) VALUES (1, 2, 0, 0)")
		w.pair()
		w.workUntil(cst(9, 19, 0))
		var got loadBody
		w.call(w.appointed(authz.Secretary, 2), "GET", "/orgs/"+ident.ID(2).String()+"/reminder-load", "", 200, &got)
		if got.Messages != 1 || got.Over != 0 {
			t.Errorf("%d messages, %d over", got.Messages, got.Over)
		}
		w.onlyAnnounced()
		w.work()
		w.wantTitles(m, "书记讲党课、重温入党誓词", "重温入党誓词")
	})
}

// What happens to one of the two before the message is out.
func TestDigestThatComesApart(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w *world, m org.Member, first, second event.Event)
		want []string
	}{
		"nothing": {func(*world, org.Member, event.Event, event.Event) {}, []string{"书记讲党课、重温入党誓词"}},
		"the one that leads is called off": {
			func(w *world, _ org.Member, first, _ event.Event) { w.step(event.StepCancelled, first, nil) },
			[]string{"书记讲党课", "重温入党誓词"},
		},
		"the other one is called off": {
			func(w *world, _ org.Member, _, second event.Event) { w.step(event.StepCancelled, second, nil) },
			[]string{"书记讲党课", "重温入党誓词"},
		},
		"leave from the other one": {
			func(w *world, m org.Member, _, second event.Event) {
				w.excused[[2]ident.ID{second.ID, m.ID}] = checkin.Sick
				w.moved(w.request(second, m, checkin.AskLeave, checkin.Sick), checkin.RequestApproved, "")
			},
			[]string{"书记讲党课", "重温入党誓词"}, // the granted leave, and what is still true
		},
		"leave from the one that leads": {
			func(w *world, m org.Member, first, _ event.Event) {
				w.marks[m.ID] = checkin.Sick
				w.moved(w.request(first, m, checkin.AskLeave, checkin.Sick), checkin.RequestApproved, "")
			},
			[]string{"书记讲党课", "重温入党誓词"}, // and that the leave is granted
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				m := w.member("甲", 5)
				first, second := w.pair()
				w.wechat.script = []behaviour{errcode(-1)}
				w.clock.Set(cst(9, 18, 0))
				w.work()
				c.do(w, m, first, second)
				w.workUntil(cst(9, 20, 0))
				got, _ := w.titles(m)
				w.want("phone", strings.Fields(joined(got)), c.want)
			})
		})
	}
}

// A refusal of the one message is a refusal of both: whoever phones knows why.
func TestDigestRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.member("甲", 5)
		w.pair()
		w.wechat.script = []behaviour{errcode(43101)}
		w.workUntil(cst(9, 20, 0))
		w.wantDeliveries("甲 day_before refused 43101 没有允许提醒，或允许的次数已用完", "甲 day_before refused 43101 没有允许提醒，或允许的次数已用完")
	})
}

// TestDigestAccounted: whatever becomes of the one message, both events say so.
func TestDigestAccounted(t *testing.T) {
	const joinedTo, failed = "与同时的另一条提醒合为一条", "微信收下了，但没有送到（1）"
	report := func(msgID string, code int) func(*world, org.Member) {
		return func(w *world, m org.Member) {
			if err := w.Sent(w.t.Context(), w.users[m.ID].ID, w.Templates[remind.DayBefore].ID, msgID, code); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		script []behaviour
		do     func(w *world, m org.Member)
		want   [2]string
	}{
		"not delivered after all": {nil, report("msg1", 1), [2]string{"failed 1 " + failed, "failed 1 " + failed}},
		"delivered after all":     {[]behaviour{lostAnswer}, func(w *world, m org.Member) { w.workUntil(cst(9, 18, 30)); report("m", 0)(w, m) }, [2]string{"sent", "sent " + joinedTo}},
		"switched off": {[]behaviour{errcode(-1)}, func(w *world, m org.Member) {
			if err := w.SetMutes(w.t.Context(), m.ID, []remind.Topic{remind.Before}); err != nil {
				w.t.Fatal(err)
			}
		}, [2]string{"skipped -1 本人关闭了这类微信提醒", "skipped 本人关闭了这类微信提醒"}},
		"the server is broken": {[]behaviour{errcode(-1)}, func(w *world, _ org.Member) {
			w.broken = errCrash
			for range 40 {
				w.clock.Advance(time.Hour)
				w.work()
			}
			w.broken = nil
		}, [2]string{"failed -1 系统故障，没有送出", "failed -1 系统故障，没有送出"}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				m := w.member("甲", 5)
				w.pair()
				w.wechat.script = c.script
				w.clock.Set(cst(9, 18, 0))
				w.work()
				c.do(w, m)
				w.work()
				w.wantDeliveries("甲 day_before "+c.want[0], "甲 day_before "+c.want[1])
			})
		})
	}
}

// TestDigestRevived: the job that an operator has tried again sends the one message, and both events count as told.
func TestDigestRevived(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	m := w.member("甲", 5)
	w.pair()
	w.wechat.script = []behaviour{errcode(-1)}
	w.clock.Set(cst(9, 18, 0))
	w.work()
	w.broken = errCrash
	for range 40 {
		w.clock.Advance(time.Hour)
		w.work()
	}
	w.broken = nil
	w.clock.Set(cst(9, 20, 0))
	if n, err := w.queue.ReviveAll(t.Context(), func(context.Context, bun.IDB, ident.ID) error { return nil }); n != 1 || err != nil {
		t.Fatalf("revived %d, %v", n, err)
	}
	w.work()
	w.wantTitles(m, "书记讲党课、重温入党誓词")
	w.wantDeliveries("甲 day_before sent", "甲 day_before sent 与同时的另一条提醒合为一条")
}

// TestDigestLeadTooLate: that it is too late for the event that leads does not make it too late for the other one.
func TestDigestLeadTooLate(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	m := w.member("甲", 5)
	soon := func(title string, at time.Time) {
		w.publish(func(e *event.Event) {
			e.Title, e.Reminders = title, event.Reminders{Soon: true}
			e.StartsAt, e.EndsAt = at, at.Add(2*time.Hour)
		})
	}
	soon("上党课", start)
	soon("看电影", start.Add(25*time.Minute))
	w.wechat.script = many(errcode(-1), 1)
	w.clock.Set(start.Add(-2 * time.Hour))
	w.work()
	w.clock.Set(start.Add(time.Minute)) // the server was away
	w.workUntil(start.Add(20 * time.Minute))
	w.wantTitles(m, "看电影")
}

// TestDigestLeadFails: tomorrow is too late for the event that leads, and not for the other one.
func TestDigestLeadFails(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	m := w.member("甲", 5)
	w.clock.Set(cst(6, 22, 0))
	w.publish(func(e *event.Event) {
		e.Title, e.Reminders.DayBefore = "上党课", false
		e.StartsAt, e.EndsAt = cst(7, 9, 0), cst(7, 10, 0)
	})
	w.onlyAnnounced()
	w.wechat.script = many(errcode(45009), 1)
	w.workUntil(cst(8, 8, 0))
	w.wantTitles(m, "重温入党誓词")
	w.wantDeliveries("甲 published failed 45009 今天的微信发送额度已用完", "甲 published sent")
}

// TestTwoServersMakeOneMessage: reminders that fall due in the same moment are expanded in the same moment, each by another
// worker. One of them leads all the same.
func TestTwoServersMakeOneMessage(t *testing.T) {
	eachPair(t, func(t *testing.T, one, two *world) {
		var people []org.Member
		for i := range 5 {
			people = append(people, one.member(fmt.Sprint("党员", i), 9))
		}
		for round := range 5 {
			one.clock.Set(noon)
			one.pair()
			one.clock.Set(cst(9, 19, round))
			one.queue.Start()
			two.queue.Start()
			for one.due() > 0 {
				one.queue.Wake() // stands in for the poll
				two.queue.Wake()
			}
			if err := errors.Join(one.queue.Stop(t.Context()), two.queue.Stop(t.Context())); err != nil {
				t.Fatal(err)
			}
			one.workUntil(cst(9, 19, round).Add(3 * time.Second)) // who finds that another one leads looks again
			for _, m := range people {
				if got, _ := one.titles(m); len(got) != round+1 {
					t.Fatalf("round %d: %s has %q", round+1, m.Name, got)
				}
			}
		}
	})
}

package remind

import (
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
)

// Kind is what a reminder is about.
type Kind string

// The kinds.
const (
	Published     Kind = "published"      // 活动通知: an event was published
	DayBefore     Kind = "day_before"     // 活动提醒: it is tomorrow
	Soon          Kind = "soon"           // 活动提醒: it is in two hours
	Changed       Kind = "changed"        // 变更通知: time, place or title are different now
	Cancelled     Kind = "cancelled"      // 取消通知: it does not take place
	LeaveDecided  Kind = "leave_decided"  // 请假结果: to who asked for leave
	MakeupDecided Kind = "makeup_decided" // 补签结果: to who asked for a make-up
	RecordReady   Kind = "record_ready"   // 参加记录: the event is closed, the record is there
	NotClosed     Kind = "not_closed"     // 待办: an event that ended two days ago is not closed
	NotHeld       Kind = "not_held"       // 待办: a branch has nothing planned in a month
)

// Topic is a group of reminders that a member can switch off in WeChat. The inbox has them all the same.
type Topic string

// The topics. Changes and cancellations belong to none, since who misses them stands before a closed door; nor do
// reminders of a duty, which end when the duty is done or excused.
const (
	News   Topic = "news"   // an event was published
	Before Topic = "before" // it is tomorrow, it is in two hours
	Record Topic = "record" // the record is there, a request was decided
)

// Topics lists all topics.
func Topics() []Topic { return []Topic{News, Before, Record} }

// audience is to whom a kind of reminder goes.
type audience int

const (
	toExpected  audience = iota // whom the event expects, excused or not: they may stand before a closed door
	toAwaited                   // whom it expects and of whom nothing is known yet: neither come nor excused
	toAccounted                 // who stands in its record: expected, or came all the same
	toRecipient                 // the one member whom it names
	toRunners                   // those who look after the event's host
	toRung                      // those of the ladder's rung
)

// trait is what holds for a kind of reminder.
type trait struct {
	heading string
	to      audience
	topic   Topic
	useful  func(due time.Time, e event.Event) time.Time // until when it tells something of use
}

var traits = map[Kind]trait{
	Published:     {"活动通知", toExpected, News, untilEnd},
	DayBefore:     {"活动提醒", toAwaited, Before, untilStart},
	Soon:          {"活动提醒", toAwaited, Before, untilStart},
	Changed:       {"变更通知", toExpected, "", untilEnd},
	Cancelled:     {"取消通知", toExpected, "", untilEnd},
	LeaveDecided:  {"请假结果", toRecipient, Record, untilEnd},
	MakeupDecided: {"补签结果", toRecipient, Record, forDays(7)},
	RecordReady:   {"参加记录", toAccounted, Record, forDays(7)},
	NotClosed:     {"待办提醒", toRunners, "", forDays(7)},
	NotHeld:       {"待办提醒", toRung, "", forDays(3)},
}

// Kinds lists all kinds, in the order in which people meet them.
func Kinds() []Kind {
	return []Kind{Published, DayBefore, Soon, Changed, Cancelled, LeaveDecided, MakeupDecided, RecordReady, NotClosed, NotHeld}
}

func untilStart(_ time.Time, e event.Event) time.Time { return e.StartsAt }

func untilEnd(_ time.Time, e event.Event) time.Time { return e.EndsAt }

func forDays(n int) func(time.Time, event.Event) time.Time {
	return func(due time.Time, _ event.Event) time.Time { return due.AddDate(0, 0, n) }
}

// ofEvent reports whether it speaks of the event as it is to be held, to all whom it expects: those kinds are planned
// anew when the event is edited, and whom none of them has reached is phoned.
func (k Kind) ofEvent() bool {
	return k == Published || k == DayBefore || k == Soon || k == Changed || k == Cancelled
}

// isNews reports whether it tells everybody something new: who has got anything since knows it.
func (k Kind) isNews() bool { return k == Published || k == Changed || k == Cancelled }

// byKind is the event's choice of reminders by kind.
func byKind(r event.Reminders) map[Kind]bool {
	return map[Kind]bool{Published: r.Published, DayBefore: r.DayBefore, Soon: r.Soon, RecordReady: r.RecordReady}
}

// belongs reports whether somebody with this attendance is among those.
func (to audience) belongs(a checkin.Attendance) bool {
	came := a.Status == checkin.Present || a.Status == checkin.Late
	switch to {
	case toExpected:
		return a.Expected
	case toAwaited:
		return a.Expected && a.Status == checkin.Pending
	case toAccounted:
		return a.Expected || came
	case toRecipient, toRunners, toRung: // they are no question of attendance
	}
	return false
}

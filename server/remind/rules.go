package remind

import (
	"slices"
	"strings"
	"time"

	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
)

// Nobody's phone rings between 21:30 and 07:30, except for a change or cancellation of what starts within 12 hours. The
// reminder of the day before goes out at 18:00, when people are back from work.
const (
	quietFrom   = 21*time.Hour + 30*time.Minute
	quietTo     = 7*time.Hour + 30*time.Minute
	eveningAt   = 18 * time.Hour
	urgentAhead = 12 * time.Hour
	soonAhead   = 2 * time.Hour
	closeLife   = 48 * time.Hour   // after which an event that has ended should be closed
	settleLife  = 30 * time.Minute // within which a secretary sees what is wrong with a close
)

// midnight returns the start of t's day in Shanghai.
func midnight(t time.Time) time.Time {
	year, month, day := t.In(clock.Beijing).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, clock.Beijing)
}

// afterQuiet returns t, or the end of the quiet hours that t lies in.
func afterQuiet(t time.Time) time.Time {
	day := midnight(t)
	switch since := t.Sub(day); {
	case since >= quietFrom:
		return day.Add(24*time.Hour + quietTo).UTC()
	case since < quietTo:
		return day.Add(quietTo).UTC()
	}
	return t
}

// dayBefore returns when the reminder of the day before is due for an event that starts then.
func dayBefore(start time.Time) time.Time {
	return midnight(start).Add(eveningAt - 24*time.Hour).UTC()
}

// soonBefore returns when the reminder of the last hours is due: not at night, and never if that is after the start.
func soonBefore(start time.Time) time.Time { return afterQuiet(start.Add(-soonAhead)) }

// isUrgent reports whether a change that concerns these starts cannot wait for the morning.
func isUrgent(now time.Time, starts ...time.Time) bool {
	return slices.ContainsFunc(starts, func(start time.Time) bool {
		ahead := start.Sub(now)
		return ahead >= 0 && ahead <= urgentAhead
	})
}

// facts are what a member has been told about an event, and what a reminder tells besides.
type facts struct {
	Title   string `json:"title"`
	Starts  int64  `json:"starts"`
	Ends    int64  `json:"ends"`
	Place   string `json:"place"`
	Address string `json:"address"`
	Besides aside  `json:"besides,omitzero"`
}

// aside is what a reminder tells that is no fact of the event: what was decided on a request, or a branch's month.
type aside struct {
	Asked    checkin.RequestKind `json:"asked,omitempty"`
	Wanted   checkin.Status      `json:"wanted,omitempty"`
	Approved bool                `json:"approved,omitempty"`
	Why      string              `json:"why,omitempty"`
	Month    string              `json:"month,omitempty"` // such as 2026-12
	Rung     int                 `json:"rung,omitempty"`  // of the ladder, from 1
}

func factsOf(e event.Event) facts {
	return facts{
		Title: e.Title, Starts: clock.Millis(e.StartsAt), Ends: clock.Millis(e.EndsAt), Place: e.Place.Name, Address: e.Place.Address,
	}
}

// change names what a member has to know anew.
type change string

const (
	newTime  change = "时间"
	newPlace change = "地点"
	newTitle change = "名称"
)

// changes returns how b differs from a, in the order in which it matters.
func changes(a, b facts) []change {
	var all []change
	if a.Starts != b.Starts || a.Ends != b.Ends {
		all = append(all, newTime)
	}
	if a.Place != b.Place || a.Address != b.Address {
		all = append(all, newPlace)
	}
	if a.Title != b.Title {
		all = append(all, newTitle)
	}
	return all
}

// openReminder is a reminder that has not been withdrawn.
type openReminder struct {
	ID      ident.ID
	Kind    Kind
	Begun   bool // some members may have it already
	Waiting bool // some members do not have it yet
	Told    facts
}

// addition is a reminder to be planned.
type addition struct {
	Kind    Kind
	DueAt   time.Time
	Urgent  bool
	Told    facts
	To      ident.ID // the one member it is for; 0 = as the kind says
	Subject string   // tells reminders of one kind and event apart
}

// plan is what follows from a step of an event.
type plan struct {
	withdraw []ident.ID
	why      string // of what is withdrawn; "" = what the step says
	add      []addition
}

// overtaken says what a step makes untrue or pointless, as far as it has not gone. What an edit overtakes depends on what
// it changed (planEdit). A make-up is decided after the close, so the close does not concern it.
var overtaken = map[event.Step][]Kind{
	event.StepCancelled: {Published, DayBefore, Soon, Changed, LeaveDecided, MakeupDecided, NotClosed},
	event.StepClosed:    {Published, DayBefore, Soon, Changed, LeaveDecided, NotClosed},
	event.StepReopened:  {RecordReady},
}

// planFor decides what follows from the step. before and after are the event around it.
func planFor(step event.Step, now time.Time, before, after event.Event, open []openReminder) plan {
	p := plan{withdraw: waiting(open, overtaken[step]...)}
	switch step {
	case event.StepPublished:
		p.add = append(announce(now, after), overdue(now, after))
	case event.StepEdited:
		if after.State == event.Published {
			return planEdit(now, before, after, open)
		}
	case event.StepCancelled:
		if before.State == event.Published {
			p.add = []addition{prompt(Cancelled, now, after, unheard(open))}
		}
	case event.StepClosed:
		p.add = recordReady(now, after, open)
	case event.StepReopened:
		p.add = []addition{overdue(now, after)}
	case event.StepCreated, event.StepCodeRenewed:
	}
	return p
}

// announce plans what an event's first publication asks for.
func announce(now time.Time, e event.Event) []addition {
	var add []addition
	if e.Reminders.Published {
		add = append(add, addition{Kind: Published, DueAt: afterQuiet(now)})
	}
	return append(add, ahead(now, e)...)
}

// ahead plans the reminders before the start that are wanted and not over.
func ahead(now time.Time, e event.Event) []addition {
	var add []addition
	if due := dayBefore(e.StartsAt); e.Reminders.DayBefore && !due.Before(now) {
		add = append(add, addition{Kind: DayBefore, DueAt: due})
	}
	if due := soonBefore(e.StartsAt); e.Reminders.Soon && !due.Before(now) && due.Before(e.StartsAt) {
		add = append(add, addition{Kind: Soon, DueAt: due})
	}
	return add
}

// overdue plans to ask the secretary why the event is not closed, two days after its end or after it was reopened.
func overdue(now time.Time, e event.Event) addition {
	end := e.EndsAt
	if now.After(end) {
		end = now
	}
	return addition{Kind: NotClosed, DueAt: afterQuiet(end.Add(closeLife))}
}

// recordReady plans to say that the record is there: once, however often the event is reopened, and not at once, since
// what is wrong with a close is seen in the minutes after it.
func recordReady(now time.Time, e event.Event, open []openReminder) []addition {
	told := slices.ContainsFunc(open, func(r openReminder) bool { return r.Kind == RecordReady && r.Begun })
	if !e.Reminders.RecordReady || told {
		return nil
	}
	return []addition{{Kind: RecordReady, DueAt: afterQuiet(now.Add(settleLife))}}
}

// prompt plans something that goes out at once, or in the morning if it can wait until then.
func prompt(kind Kind, now time.Time, e event.Event, told facts) addition {
	rings := kind == Changed || kind == Cancelled
	a := addition{Kind: kind, DueAt: now, Told: told, Urgent: rings && isUrgent(now, e.StartsAt, clock.FromMillis(told.Starts))}
	if !a.Urgent {
		a.DueAt = afterQuiet(now)
	}
	return a
}

// waiting returns the reminders of these kinds that somebody does not have yet.
func waiting(open []openReminder, kinds ...Kind) []ident.ID {
	var ids []ident.ID
	for _, r := range open {
		if r.Waiting && slices.Contains(kinds, r.Kind) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// planEdit follows an edit of a published event. When members care about nothing that changed, what is planned stays,
// but for reminders that were switched on or off. Otherwise all that has not gone is withdrawn and planned anew.
func planEdit(now time.Time, before, after event.Event, open []openReminder) plan {
	if len(changes(factsOf(before), factsOf(after))) == 0 {
		return planSwitch(now, before, after, open)
	}
	p := plan{withdraw: waiting(open, Published, DayBefore, Soon, Changed)}
	if !before.EndsAt.Equal(after.EndsAt) {
		p.withdraw = append(p.withdraw, waiting(open, NotClosed)...)
		p.add = append(p.add, overdue(now, after))
	}
	told, announced := heard(before, after, open)
	switch {
	case !announced:
		// Nobody has been told of the event yet: they are told of it as it is now.
		p.add = append(announce(now, after), p.add...)
		return p
	case len(changes(told, factsOf(after))) > 0:
		p.add = append(p.add, prompt(Changed, now, after, told))
	}
	p.add = append(p.add, ahead(now, after)...)
	return p
}

// heard returns what members know of the event, and false while its announcement has reached nobody. A change before
// this one that is not with everybody is told again, unless it has been undone and nobody has heard of it.
func heard(before, after event.Event, open []openReminder) (told facts, announced bool) {
	told, announced = factsOf(before), true
	begun := slices.ContainsFunc(open, func(r openReminder) bool { return r.Begun && r.Kind.ofEvent() })
	for _, r := range open {
		switch {
		case r.Kind == Published && r.Waiting && !begun:
			announced = false
		case r.Kind == Changed && r.Waiting && (!r.Begun || len(changes(r.Told, factsOf(after))) > 0):
			told = r.Told
		}
	}
	return told, announced
}

// unheard returns what members know of the event when a change of it has reached none of them yet; else nothing.
func unheard(open []openReminder) facts {
	for _, r := range open {
		if r.Kind == Changed && !r.Begun {
			return r.Told
		}
	}
	return facts{}
}

// on returns the event as members know it.
func (f facts) on(e event.Event) event.Event {
	if f.Starts != 0 {
		e.Title, e.StartsAt, e.EndsAt = f.Title, clock.FromMillis(f.Starts), clock.FromMillis(f.Ends)
		e.Place.Name, e.Place.Address = f.Place, f.Address
	}
	return e
}

// planSwitch follows a change of which reminders are wanted.
func planSwitch(now time.Time, before, after event.Event, open []openReminder) plan {
	p := plan{why: whySwitchedOff}
	for kind, on := range byKind(after.Reminders) {
		if !on {
			p.withdraw = append(p.withdraw, waiting(open, kind)...)
		}
	}
	for _, a := range ahead(now, after) {
		if !byKind(before.Reminders)[a.Kind] {
			p.add = append(p.add, a)
		}
	}
	return p
}

// list joins changes as in 时间、地点.
func list(all []change) string {
	words := make([]string, len(all))
	for i, c := range all {
		words[i] = string(c)
	}
	return strings.Join(words, "、")
}

package remind

import (
	"slices"
	"strings"
	"time"

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

// isUrgent reports whether a change that concerns these starts cannot wait for the morning.
func isUrgent(now time.Time, starts ...time.Time) bool {
	return slices.ContainsFunc(starts, func(start time.Time) bool {
		ahead := start.Sub(now)
		return ahead >= 0 && ahead <= urgentAhead
	})
}

// deadline returns from when on the reminder tells nothing of use.
func deadline(kind Kind, e event.Event) time.Time {
	if kind == DayBefore {
		return e.StartsAt
	}
	return e.EndsAt
}

// facts are what a member has been told about an event.
type facts struct {
	Title   string `json:"title"`
	Starts  int64  `json:"starts"`
	Ends    int64  `json:"ends"`
	Place   string `json:"place"`
	Address string `json:"address"`
}

func factsOf(e event.Event) facts {
	return facts{e.Title, clock.Millis(e.StartsAt), clock.Millis(e.EndsAt), e.Place.Name, e.Place.Address}
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
	Kind   Kind
	DueAt  time.Time
	Urgent bool
	Told   facts
}

// plan is what follows from a step of an event.
type plan struct {
	withdraw []ident.ID
	add      []addition
}

// planFor decides what follows from the step. before and after are the event around it.
func planFor(step event.Step, now time.Time, before, after event.Event, open []openReminder) plan {
	switch step {
	case event.StepPublished:
		return plan{add: announce(now, after)}
	case event.StepEdited:
		if after.State == event.Published {
			return planEdit(now, before, after, open)
		}
	case event.StepCancelled:
		p := plan{withdraw: waiting(open)}
		if before.State == event.Published {
			p.add = []addition{prompt(Cancelled, now, after, facts{})}
		}
		return p
	case event.StepClosed:
		return plan{withdraw: waiting(open)}
	case event.StepCreated, event.StepReopened, event.StepCodeRenewed: // the close has planned nothing that would have to be taken back
	}
	return plan{}
}

// announce plans what an event's first publication asks for.
func announce(now time.Time, e event.Event) []addition {
	var add []addition
	if e.Reminders.Published {
		add = append(add, addition{Kind: Published, DueAt: afterQuiet(now)})
	}
	return append(add, evening(now, e)...)
}

// evening plans the reminder of the day before if that is wanted and not over.
func evening(now time.Time, e event.Event) []addition {
	due := dayBefore(e.StartsAt)
	if !e.Reminders.DayBefore || due.Before(now) {
		return nil
	}
	return []addition{{Kind: DayBefore, DueAt: due}}
}

// prompt plans something that goes out at once, or in the morning if it can wait until then.
func prompt(kind Kind, now time.Time, e event.Event, told facts) addition {
	a := addition{Kind: kind, DueAt: now, Told: told, Urgent: isUrgent(now, e.StartsAt, clock.FromMillis(told.Starts))}
	if !a.Urgent {
		a.DueAt = afterQuiet(now)
	}
	return a
}

func waiting(open []openReminder) []ident.ID {
	var ids []ident.ID
	for _, r := range open {
		if r.Waiting {
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
	p := plan{withdraw: waiting(open)}
	told, announced := heard(before, after, open)
	switch {
	case !announced:
		// Nobody has been told of the event yet: they are told of it as it is now.
		p.add = announce(now, after)
		return p
	case len(changes(told, factsOf(after))) > 0:
		p.add = append(p.add, prompt(Changed, now, after, told))
	}
	p.add = append(p.add, evening(now, after)...)
	return p
}

// heard returns what members know of the event, and false while its announcement has reached nobody. A change before
// this one that is not with everybody is told again, unless it has been undone and nobody has heard of it.
func heard(before, after event.Event, open []openReminder) (told facts, announced bool) {
	told, announced = factsOf(before), true
	begun := slices.ContainsFunc(open, func(r openReminder) bool { return r.Begun })
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

// planSwitch follows a change of which reminders are wanted.
func planSwitch(now time.Time, before, after event.Event, open []openReminder) plan {
	var p plan
	for _, r := range open {
		unwanted := r.Kind == Published && !after.Reminders.Published || r.Kind == DayBefore && !after.Reminders.DayBefore
		if r.Waiting && unwanted {
			p.withdraw = append(p.withdraw, r.ID)
		}
	}
	if after.Reminders.DayBefore && !before.Reminders.DayBefore {
		p.add = evening(now, after)
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

package remind

import (
	"cmp"

	"themeday/server/event"
)

// officialLimit is where the official account cuts any value, in characters, and does not say so.
const officialLimit = 20

// line is one line of a message: what was to be said and what can be said.
type line struct {
	keyword Keyword
	wanted  string // before it was fitted
	value   string
}

// shortened reports whether the reader gets less than there was to say.
func (l line) shortened() bool { return l.value != clean(l.wanted) }

// linesFor fills in a template for one reminder, in the template's order.
func linesFor(t Template, kind Kind, e event.Event, told facts) []line {
	if kind == Cancelled {
		e = told.on(e)
	}
	texts := map[string]string{
		"title": e.Title, "kind": e.Kind.Chinese(), "place": e.Place.Name, "address": e.Place.Address,
		"host": e.Host.Name, "reason": e.CancelReason, "note": t.Note, "number": e.ID.String(),
		"asked": leaves[told.Besides.Wanted], "result": told.Besides.result(), "task": task(kind, e, told),
	}
	switch kind { //nolint:exhaustive // the others say what the event says
	case Changed:
		texts["change"] = brief(told, factsOf(e))
	case LeaveDecided, MakeupDecided:
		texts["reason"] = cmp.Or(told.Besides.Why, "点开看活动安排")
	}
	lines := make([]line, len(t.Keywords))
	for i, k := range t.Keywords {
		lines[i] = line{keyword: k}
		lines[i].wanted, lines[i].value = k.fill(texts, e)
		if t.Channel == Official {
			lines[i].value = shorten(lines[i].value, officialLimit)
		}
	}
	return lines
}

// fill returns what the keyword is to say, and that as the key allows it.
func (k Keyword) fill(texts map[string]string, e event.Event) (wanted, value string) {
	switch k.Value {
	case "startsAt":
		value = FitTime(k.keyType(), e.StartsAt)
	case "endsAt":
		value = FitTime(k.keyType(), e.EndsAt)
	case "period":
		value = FitPeriod(k.keyType(), e.StartsAt, e.EndsAt)
	case fixed:
		value = k.Text
	default:
		return texts[k.Value], k.fit(texts[k.Value])
	}
	return value, value
}

// dataFor fills in a template for one reminder.
func dataFor(t Template, kind Kind, e event.Event, told facts) map[string]string {
	data := make(map[string]string, len(t.Keywords))
	for _, l := range linesFor(t, kind, e, told) {
		data[l.keyword.Key] = l.value
	}
	return data
}

package remind_test

import (
	"slices"
	"strings"

	"themeday/server/event"
	"themeday/server/ident"
)

// joined sorts names and puts them into one line.
func joined(names []string) string {
	slices.Sort(names)
	return strings.Join(names, " ")
}

// nameOf knows everybody by the openid they were given.
func (w *world) nameOf(id ident.ID) string {
	for _, m := range w.members {
		if m.ID == id {
			return m.Name
		}
	}
	return strings.TrimPrefix(w.users[id].OpenID, "openid-")
}

// allPlans is plans with what the event's secretary is asked.
func (w *world) allPlans(e event.Event) []string {
	w.t.Helper()
	return w.plansOf("event_id = ?", e.ID)
}

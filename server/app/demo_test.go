package app_test

import (
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"themeday/server/app"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/store/storetest"
)

// TestDemo: the demonstration tells some months of a district that meets on the tenth, once.
func TestDemo(t *testing.T) {
	cfg := settings(t, storetest.SQLiteDSN(t))
	beijing := time.FixedZone("", 8*60*60)
	now := time.Date(2026, 11, 22, 18, 0, 0, 0, beijing)
	for _, run := range []string{"first start", "second start"} {
		a, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.WithClock(clock.NewFake(now)))
		if err != nil {
			t.Fatal(err)
		}
		var rows []struct {
			StartsAt int64
			State    event.State
		}
		if err := a.DB.Read().NewRaw("SELECT starts_at, state FROM events ORDER BY starts_at").Scan(t.Context(), &rows); err != nil {
			t.Fatal(err)
		}
		if people := len(a.Sim.People()); people < 350 || people > 500 {
			t.Errorf("%s: %d people", run, people)
		}
		onTheDay, upcoming := 0, 0
		for _, r := range rows {
			at := clock.FromMillis(r.StartsAt).In(beijing)
			if at.Day() == 10 && at.Hour() == 15 {
				onTheDay++
			}
			if at.After(now) {
				upcoming++
			} else if r.State != event.Closed {
				t.Errorf("%s: an event of %s is %s", run, at, r.State)
			}
		}
		if len(rows) < 90 || len(rows)-onTheDay != 2 || upcoming != 20 { // two more: the one that is on now, and the joint one
			t.Errorf("%s: %d events, %d of them on the tenth, %d ahead", run, len(rows), onTheDay, upcoming)
		}
		if err := a.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDemoOnAnyDay: whatever the day and the hour, the first branch has what the pages of the demonstration are shown with.
func TestDemoOnAnyDay(t *testing.T) {
	for _, now := range []string{"2026-12-01 00:10", "2026-12-09 22:00", "2026-12-10 16:00", "2026-12-31 23:50"} {
		t.Run(now, func(t *testing.T) {
			t.Parallel()
			at, err := time.ParseInLocation("2006-01-02 15:04", now, clock.Beijing)
			if err != nil {
				t.Fatal(err)
			}
			w := &world{t: t, clock: clock.NewFake(at)}
			w.app, err = app.New(t.Context(), settings(t, storetest.SQLiteDSN(t)), slog.New(slog.DiscardHandler), app.WithClock(w.clock))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.app.Stop(t.Context()) }()
			w.showsAll()
		})
	}
}

// showsAll reports what is missing in the first branch.
func (w *world) showsAll() {
	w.t.Helper()
	var bound, unbound, silent []string
	people := w.app.Sim.People()
	for _, p := range people {
		switch {
		case p.Org != people[0].Org || !slices.Equal(p.Roles, []string{"member"}):
		case !p.Bound:
			unbound = append(unbound, p.ID)
		default:
			bound = append(bound, p.ID)
			templates := w.as(p.ID).want(http.StatusOK, http.MethodGet, "/api/v1/message-templates", nil).list("items")
			asked := slices.ContainsFunc(templates, func(m map[string]any) bool { return m["setting"] != "unknown" })
			if !p.Follows && !asked {
				silent = append(silent, p.ID)
			}
		}
	}
	if len(bound) < 8 || len(unbound) == 0 || len(silent) < 2 {
		w.t.Fatalf("%d have bound, %d have not, %d can be reached by nothing", len(bound), len(unbound), len(silent))
	}
	ahead := w.as(silent[0]).want(http.StatusOK, http.MethodGet, "/api/v1/events?when=upcoming&scope=mine", nil).list("items")
	held := w.as(silent[0]).want(http.StatusOK, http.MethodGet, "/api/v1/events?when=past&scope=mine", nil).list("items")
	if len(ahead) != 3 || len(held) < 3 { // the one that is on now, the theme day, the joint one
		w.t.Errorf("%d events ahead, %d held", len(ahead), len(held))
	}
	asked := w.as(people[0].ID).want(http.StatusOK, http.MethodGet, "/api/v1/requests?scope=run&state=pending", nil).list("items")
	if len(asked) != 3 {
		w.t.Errorf("%d requests to decide", len(asked))
	}
}

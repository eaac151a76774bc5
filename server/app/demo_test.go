package app_test

import (
	"log/slog"
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

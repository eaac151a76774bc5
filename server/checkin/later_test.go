package checkin_test

import (
	"slices"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
)

// later sends a scan that was kept until now.
func later(w *world, t *testing.T, e event.Event, who, code string, scanned time.Time) (checkin.Attendance, bool, error) {
	t.Helper()
	return w.checkin.CheckInLater(t.Context(), w.actor(t, who), checkin.Act{Key: "later " + e.ID.String(), Proof: checkin.Proof{Code: code}}, scanned)
}

func offline(t *testing.T, w *world) {
	e := w.event(t)
	code := w.code(t, e)
	w.clock.Set(at("17:30")) // the signal is back
	a, repeated, err := later(w, t, e, "党员", code, at("15:00:09").Add(123456*time.Nanosecond))
	if err != nil || repeated || a.Source != checkin.Offline || a.Status != checkin.Present || !a.At.Equal(at("15:00:09")) {
		t.Errorf("%+v, %v", a, err)
	}
	again, repeated, err := later(w, t, e, "党员", code, at("15:00:09"))
	if err != nil || repeated || again != a {
		t.Errorf("sent twice: %+v (repeated %v), %v", again, repeated, err)
	}
	for name, c := range map[string]struct {
		scanned time.Time
		code    string
	}{
		"before its code was made":   {at("14:59:59"), "code_future"},
		"after its code had died":    {at("15:00:40"), "code_expired"},
		"in the future":              {at("17:31:01"), "scan_in_future"},
		"longer than seven days ago": {at("17:29").AddDate(0, 0, -7), "scan_too_old"},
	} {
		_, _, err := later(w, t, e, "组员", code, c.scanned)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func offlineAfterClose(t *testing.T, w *world) {
	e := w.event(t)
	early := w.code(t, e)
	w.clock.Set(at("15:40"))
	w.close(t, e)
	if got := w.status(t, e, "党员"); got != "absent/settle!" {
		t.Fatalf("settled as %s", got)
	}
	w.clock.Set(at("20:00"))
	a, repeated, err := later(w, t, e, "党员", early, at("15:00"))
	if err != nil || repeated || a.Status != checkin.Present || a.Source != checkin.Offline {
		t.Errorf("%+v (repeated %v), %v", a, repeated, err)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>absent settle; 2 absent>present offline" {
		t.Errorf("history: %s", got)
	}
	_, counts := w.list(t, e)
	if want := (event.Counts{Expected: 5, Present: 1, Exempt: 2, Absent: 4}); counts != want {
		t.Errorf("%+v, want %+v", counts, want)
	}
	code := checkin.MakeCode(e.CodeKey, e.ID, checkin.StepAt(at("15:41")))
	_, _, err = later(w, t, e, "组员", code, at("15:41"))
	refused(t, err, "event_closed")
}

// ownRecord: a year is a year of Beijing, the latest comes first, pages do not skip events that start together.
func ownRecord(t *testing.T, w *world) {
	on := func(month time.Month, day, hour, minute int) func(*event.Draftable) {
		return func(d *event.Draftable) {
			year := 2027 - int(month)/12
			d.StartsAt = time.Date(year, month, day, hour, minute, 0, 0, beijing).UTC()
			d.EndsAt = d.StartsAt.Add(time.Hour)
		}
	}
	spring := on(time.March, 5, 15, 0)
	var want []ident.ID
	for _, when := range []func(*event.Draftable){on(time.December, 31, 23, 59), on(time.January, 1, 0, 0), spring, spring, spring} {
		e := w.event(t, when)
		w.mark(t, e, "组员", checkin.Sick, "住院")
		want = append(want, e.ID)
	}
	cancelled, takenBack := w.event(t, spring), w.event(t, spring)
	w.mark(t, cancelled, "组员", checkin.Sick, "")
	w.mark(t, takenBack, "组员", checkin.Sick, "")
	w.mark(t, takenBack, "组员", checkin.Pending, "")
	if _, err := w.events.Cancel(t.Context(), w.actor(t, "书记"), cancelled.ID, "", "大雨"); err != nil {
		t.Fatal(err)
	}
	old := want[0]
	want = want[1:]
	slices.Reverse(want)
	var got []ident.ID
	for after, pages := "", 0; pages == 0 || after != "" && pages < 9; pages++ {
		entries, counts, next, err := w.checkin.Record(t.Context(), w.actor(t, "组员"), 2027, after, 2)
		if err != nil || counts != (event.Counts{Expected: 4, Leave: 4}) {
			t.Fatal(counts, err)
		}
		for _, entry := range entries {
			got = append(got, entry.Event.ID)
			if entry.Mark.Status != "sick" || entry.Mark.Source != "roll" {
				t.Errorf("%+v", entry.Mark)
			}
		}
		after = next
	}
	if !slices.Equal(got, want) {
		t.Errorf("2027: %v, want %v", got, want)
	}
	entries, _, _, err := w.checkin.Record(t.Context(), w.actor(t, "组员"), 2026, "", 100)
	if err != nil || len(entries) == 0 || entries[0].Event.ID != old {
		t.Errorf("the last of 2026 is not the first of its list: %v", err)
	}
	for name, cursor := range map[string]string{"words": "x", "no id": "12.", "no instant": ".0000000000001"} {
		_, _, _, err := w.checkin.Record(t.Context(), w.actor(t, "组员"), 2027, cursor, 2)
		if fault.CodeOf(err) != "bad_cursor" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, _, err = w.checkin.Record(t.Context(), w.actor(t, "路人"), 2027, "", 2)
	refused(t, err, "not_bound")
}

package checkin_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/org"
)

// planned is an event of 2026-07-10 15:00–16:30 in Beijing with the usual window.
func planned(state event.State) event.Event {
	starts := time.Date(2026, 7, 10, 7, 0, 0, 0, time.UTC)
	e := event.Event{State: state, StartsAt: starts, EndsAt: starts.Add(90 * time.Minute)}
	e.Window = event.DefaultWindow(e.StartsAt, e.EndsAt)
	if state != event.Draft {
		e.PublishedAt = starts.Add(-24 * time.Hour)
	}
	if state == event.Closed {
		e.ClosedAt = starts.Add(80 * time.Minute)
	}
	return e
}

func TestJudge(t *testing.T) {
	const ms = time.Millisecond
	opens, late, closes, closed := -30*time.Minute, 10*time.Minute, 90*time.Minute, 80*time.Minute
	for _, c := range []struct {
		name       string
		state      event.State
		at         time.Duration // after the start
		afterwards bool
		want       checkin.Status
		code       string
	}{
		{"before the window", event.Published, opens - ms, false, "", "event_not_open_yet"},
		{"the window opens", event.Published, opens, false, checkin.Present, ""},
		{"the start", event.Published, 0, false, checkin.Present, ""},
		{"the last moment on time", event.Published, late, false, checkin.Present, ""},
		{"the first moment late", event.Published, late + ms, false, checkin.Late, ""},
		{"the window closes", event.Published, closes, false, checkin.Late, ""},
		{"after the window", event.Published, closes + ms, false, "", "event_over"},
		{"sent later", event.Published, 0, true, checkin.Present, ""},
		{"sent later, too early", event.Published, opens - ms, true, "", "event_not_open_yet"},
		{"sent later, too late", event.Published, closes + ms, true, "", "event_over"},
		{"draft", event.Draft, 0, false, "", "code_forged"},
		{"draft, sent later", event.Draft, 0, true, "", "code_forged"},
		{"cancelled", event.Cancelled, 0, false, "", "event_cancelled"},
		{"cancelled, sent later", event.Cancelled, 0, true, "", "event_cancelled"},
		{"closed", event.Closed, 0, false, "", "event_closed"},
		{"closed, scanned before", event.Closed, 5 * time.Minute, true, checkin.Present, ""},
		{"closed, scanned late before", event.Closed, closed, true, checkin.Late, ""},
		{"closed, scanned after", event.Closed, closed + ms, true, "", "event_closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := planned(c.state)
			got, err := checkin.Judge(e, e.StartsAt.Add(c.at), c.afterwards)
			if got != c.want || fault.CodeOf(err) != c.code {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	_, err := checkin.Judge(planned(event.Published), planned(event.Published).Window.OpensAt.Add(-ms), false)
	if message := fault.From(err).Message; !strings.Contains(message, "7月10日 14:30") {
		t.Errorf("the sentence does not say when, in Beijing: %s", message)
	}
}

func TestJudgeOffline(t *testing.T) {
	now := time.Date(2026, 7, 10, 7, 0, 0, 0, time.UTC)
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name string
		ago  time.Duration
		code string
	}{
		{"now", 0, ""},
		{"a week ago", week, ""},
		{"longer than a week ago", week + time.Millisecond, "scan_too_old"},
		{"a phone a minute ahead", -time.Minute, ""},
		{"a phone further ahead", -time.Minute - time.Millisecond, "scan_in_future"},
	} {
		if err := checkin.JudgeOffline(now.Add(-c.ago), now); fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %q", c.name, err, c.code)
		}
	}
	if err := checkin.JudgeOffline(time.Time{}, now); fault.CodeOf(err) != "scan_too_old" {
		t.Errorf("no instant: %v", err)
	}
}

func TestWhoIsExpected(t *testing.T) {
	for _, c := range []struct {
		standing  org.Standing
		themeDay  checkin.Expectation
		committee checkin.Expectation // of an officer
	}{
		{org.Normal, checkin.Expected, checkin.Expected},
		{org.FlowIn, checkin.Expected, checkin.Expected},
		{org.FlowOut, checkin.Excused, checkin.Excused},
		{org.LongIllness, checkin.Excused, checkin.Excused},
		{org.Suspended, checkin.Outside, checkin.Outside},
		{"something new", checkin.Outside, checkin.Outside},
	} {
		m := org.Member{Standing: c.standing}
		for _, kind := range []event.Kind{event.ThemeDay, event.MemberMeeting, event.GroupMeeting, event.Lecture, event.Volunteering} {
			if got := checkin.Expectations(m, kind, false); got != c.themeDay {
				t.Errorf("%s at %s: %v", c.standing, kind, got)
			}
		}
		if got := checkin.Expectations(m, event.CommitteeMeeting, true); got != c.committee {
			t.Errorf("officer, %s at a committee meeting: %v", c.standing, got)
		}
		if got := checkin.Expectations(m, event.CommitteeMeeting, false); got != checkin.Outside {
			t.Errorf("no officer, %s at a committee meeting: %v", c.standing, got)
		}
	}
}

// north returns a point so many metres north of the place.
func north(metres, accuracy float64) *checkin.Point {
	return &checkin.Point{Lat: 30 + metres/6_371_000*180/math.Pi, Lng: 120, Accuracy: accuracy}
}

func TestBand(t *testing.T) {
	here := event.Place{Position: &event.Position{Lat: 30, Lng: 120}}
	narrow := here
	narrow.Radius = 50
	for _, c := range []struct {
		name  string
		place event.Place
		point *checkin.Point
		want  checkin.Position
	}{
		{"no point", here, nil, checkin.NoPosition},
		{"no place", event.Place{Radius: 300}, north(0, 0), checkin.NoPosition},
		{"on the spot", here, north(0, 0), checkin.Near},
		{"within the usual radius", here, north(299, 0), checkin.Near},
		{"outside the usual radius", here, north(301, 0), checkin.Far1km},
		{"within its own radius", narrow, north(49, 0), checkin.Near},
		{"outside its own radius", narrow, north(51, 0), checkin.Far1km},
		{"allowing for the accuracy", here, north(390, 100), checkin.Near},
		{"an accuracy that knows nothing", here, north(5000, 100_000), checkin.Far5km},
		{"under a kilometre outside", here, north(1299, 0), checkin.Far1km},
		{"over a kilometre outside", here, north(1301, 0), checkin.Far5km},
		{"under five kilometres outside", here, north(5299, 0), checkin.Far5km},
		{"over five kilometres outside", here, north(5301, 0), checkin.Far},
		{"the other side of the world", here, &checkin.Point{Lat: -30, Lng: -60}, checkin.Far},
		{"across the date line", event.Place{Position: &event.Position{Lat: 0, Lng: 179.9999}}, &checkin.Point{Lat: 0, Lng: -179.9999}, checkin.Near},
		{"north pole", event.Place{Position: &event.Position{Lat: 90, Lng: 0}}, &checkin.Point{Lat: 90, Lng: 170}, checkin.Near},
		{"not a number", here, &checkin.Point{Lat: math.NaN(), Lng: 120}, checkin.Far},
		{"infinite", here, &checkin.Point{Lat: math.Inf(1), Lng: math.Inf(-1)}, checkin.Far},
		{"an accuracy that is no number", here, &checkin.Point{Lat: 31, Lng: 120, Accuracy: math.NaN()}, checkin.Far},
	} {
		if got := checkin.Band(c.place, c.point); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzBand(f *testing.F) {
	for _, x := range []float64{0, 90, -180, 1e308, math.NaN(), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64} {
		f.Add(x, -x, x, x/2, 300)
	}
	order := map[checkin.Position]int{checkin.Near: 0, checkin.Far1km: 1, checkin.Far5km: 2, checkin.Far: 3}
	f.Fuzz(func(t *testing.T, lat, lng, placeLat, accuracy float64, radius int) {
		place := event.Place{Position: &event.Position{Lat: placeLat, Lng: 120}, Radius: radius}
		got, known := order[checkin.Band(place, &checkin.Point{Lat: lat, Lng: lng, Accuracy: accuracy})]
		if !known {
			t.Fatal("a place and a point give no band")
		}
		exact := order[checkin.Band(place, &checkin.Point{Lat: lat, Lng: lng})]
		if accuracy > 0 && got > exact {
			t.Errorf("allowing for the accuracy makes it further: %d, %d", got, exact)
		}
	})
}

func TestMayMark(t *testing.T) {
	none := checkin.Attendance{Status: checkin.Pending}
	row := func(status checkin.Status, source checkin.Source) checkin.Attendance {
		return checkin.Attendance{Status: status, Source: source, Revision: 1}
	}
	const before, during, after = -time.Hour, time.Hour, 3 * time.Hour
	for _, c := range []struct {
		name   string
		state  event.State
		at     time.Duration
		row    checkin.Attendance
		to     checkin.Status
		reason string
		code   string
	}{
		{"present in time", event.Published, during, none, checkin.Present, "", ""},
		{"late in time", event.Published, during, none, checkin.Late, "", ""},
		{"present before the window", event.Published, before, none, checkin.Present, "", "event_not_open_yet"},
		{"late before the window", event.Published, before, none, checkin.Late, "", "event_not_open_yet"},
		{"leave before the window", event.Published, before, none, checkin.Sick, "", ""},
		{"absent before the window", event.Published, before, none, checkin.Absent, "", ""},
		{"present after the window, before the close", event.Published, after, none, checkin.Present, "", ""},
		{"over the roll's own mark", event.Published, during, row(checkin.Present, checkin.Roll), checkin.Sick, "", ""},
		{"taking the roll's own mark back", event.Published, during, row(checkin.Present, checkin.Roll), checkin.Pending, "", ""},
		{"over a scan, unexplained", event.Published, during, row(checkin.Present, checkin.Scan), checkin.Absent, "", "reason_required"},
		{"over a spoken code, unexplained", event.Published, during, row(checkin.Late, checkin.Spoken), checkin.Present, "", "reason_required"},
		{"over an offline scan, unexplained", event.Published, during, row(checkin.Late, checkin.Offline), checkin.Pending, "", "reason_required"},
		{"over a scan, one word", event.Published, during, row(checkin.Present, checkin.Scan), checkin.Absent, "错", "reason_required"},
		{"over a scan, explained", event.Published, during, row(checkin.Present, checkin.Scan), checkin.Absent, "代签", ""},
		{"over a mark taken back", event.Published, during, row(checkin.Pending, checkin.Roll), checkin.Present, "", ""},
		{"closed, unexplained", event.Closed, after, row(checkin.Absent, checkin.Settle), checkin.Present, "", "reason_required"},
		{"closed, explained", event.Closed, after, row(checkin.Absent, checkin.Settle), checkin.Present, "补登", ""},
		{"closed, nothing there, unexplained", event.Closed, after, none, checkin.Sick, "", "reason_required"},
		{"closed, taking back", event.Closed, after, row(checkin.Absent, checkin.Settle), checkin.Pending, "补登", "event_closed"},
		{"draft", event.Draft, during, none, checkin.Present, "说明", "event_not_published"},
		{"cancelled", event.Cancelled, during, none, checkin.Present, "说明", "event_cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := planned(c.state)
			if err := checkin.MayMark(e, c.row, c.to, c.reason, e.StartsAt.Add(c.at)); fault.CodeOf(err) != c.code {
				t.Errorf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestTally(t *testing.T) {
	in := func(status checkin.Status, expected bool) checkin.Attendance {
		return checkin.Attendance{Status: status, Expected: expected}
	}
	for _, c := range []struct {
		name string
		list []checkin.Attendance
		want event.Counts
	}{
		{"nobody", nil, event.Counts{}},
		{"on time", []checkin.Attendance{in(checkin.Present, true)}, event.Counts{Expected: 1, Present: 1}},
		{"late is present too", []checkin.Attendance{in(checkin.Late, true)}, event.Counts{Expected: 1, Present: 1, Late: 1}},
		{"all kinds of leave", []checkin.Attendance{in(checkin.Sick, true), in(checkin.Duty, true), in(checkin.Private, true)}, event.Counts{Expected: 3, Leave: 3}},
		{"absent", []checkin.Attendance{in(checkin.Absent, true)}, event.Counts{Expected: 1, Absent: 1}},
		{"not heard of", []checkin.Attendance{in(checkin.Pending, true)}, event.Counts{Expected: 1, Pending: 1}},
		{"excused and not heard of", []checkin.Attendance{in(checkin.Pending, false)}, event.Counts{Exempt: 1}},
		{"excused and came", []checkin.Attendance{in(checkin.Present, false)}, event.Counts{Present: 1}},
		{"exempt", []checkin.Attendance{in(checkin.Exempt, false)}, event.Counts{Exempt: 1}},
		{"exempt by the roll leaves the denominator", []checkin.Attendance{in(checkin.Exempt, true), in(checkin.Present, true)}, event.Counts{Expected: 1, Present: 1, Exempt: 1}},
	} {
		if got := checkin.Tally(c.list); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

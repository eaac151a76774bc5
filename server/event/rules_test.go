package event_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
)

var (
	now    = time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC)
	starts = time.Date(2026, 7, 10, 7, 0, 0, 0, time.UTC)
	ends   = starts.Add(90 * time.Minute)
)

// sound returns a draft that nothing is wrong with, after a change.
func sound(change func(*event.Draftable)) event.Draftable {
	d := event.Draftable{
		Kind: event.ThemeDay, Title: "主题党日", Host: 1, Guests: []ident.ID{2}, StartsAt: starts, EndsAt: ends, Place: event.Place{Name: "会议室"},
	}
	if change != nil {
		change(&d)
	}
	return d.Normal()
}

func window(opens, closes, late time.Duration) func(*event.Draftable) {
	return func(d *event.Draftable) {
		d.Window = &event.Window{OpensAt: starts.Add(opens), ClosesAt: ends.Add(closes), LateAfter: starts.Add(late)}
	}
}

func TestCheckFields(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name   string
		change func(*event.Draftable)
		fields []string // that are complained about
	}{
		{"sound", nil, nil},
		{"title of two characters", func(d *event.Draftable) { d.Title = "党课" }, nil},
		{"title of one character", func(d *event.Draftable) { d.Title = "课" }, []string{"title"}},
		{"title of spaces", func(d *event.Draftable) { d.Title = "  \t " }, []string{"title"}},
		{"title with a line break", func(d *event.Draftable) { d.Title = "主题\n党日" }, []string{"title"}},
		{"place of spaces", func(d *event.Draftable) { d.Place.Name = "  " }, []string{"place.name"}},
		{"place with a control character", func(d *event.Draftable) { d.Place.Name = "会议\x00室" }, []string{"place.name"}},
		{"ends when it starts", func(d *event.Draftable) { d.EndsAt = d.StartsAt }, []string{"endsAt"}},
		{"ends before it starts", func(d *event.Draftable) { d.EndsAt = d.StartsAt.Add(-time.Hour) }, []string{"endsAt"}},
		{"a day long", func(d *event.Draftable) { d.EndsAt = d.StartsAt.Add(day) }, nil},
		{"longer than a day", func(d *event.Draftable) { d.EndsAt = d.StartsAt.Add(day + time.Millisecond) }, []string{"endsAt"}},
		{"400 days ahead", func(d *event.Draftable) { d.StartsAt = now.Add(400 * day); d.EndsAt = d.StartsAt.Add(time.Hour) }, nil},
		{"further ahead", func(d *event.Draftable) {
			d.StartsAt = now.Add(400*day + time.Millisecond)
			d.EndsAt = d.StartsAt.Add(time.Hour)
		}, []string{"startsAt"}},
		{"the host as its own guest", func(d *event.Draftable) { d.Guests = []ident.ID{2, 1} }, []string{"guestOrgIds"}},
		{"a hundred guests", func(d *event.Draftable) { d.Guests = many(100) }, nil},
		{"too many guests", func(d *event.Draftable) { d.Guests = many(101) }, []string{"guestOrgIds"}},
		{"a guest twice", func(d *event.Draftable) { d.Guests = append(many(100), 2) }, nil},
		{"window of its own", window(-2*time.Hour, time.Hour, 0), nil},
		{"opens a day before", window(-day, 0, 0), nil},
		{"opens earlier", window(-day-time.Millisecond, 0, 0), []string{"checkin.opensAt"}},
		{"closes a day after", window(0, day, 0), nil},
		{"closes later", window(0, day+time.Millisecond, 0), []string{"checkin.closesAt"}},
		{"opens after the end", window(91*time.Minute, time.Hour, 92*time.Minute), []string{"checkin.opensAt"}},
		{"closes before the start", window(-time.Hour, -91*time.Minute, -30*time.Minute), []string{"checkin.closesAt"}},
		{"closes when it opens", window(90*time.Minute, 0, 90*time.Minute), []string{"checkin.closesAt"}},
		{"late before it opens", window(0, 0, -time.Millisecond), []string{"checkin.lateAfter"}},
		{"late when it opens", window(0, 0, 0), nil},
		{"never late", window(0, 0, 90*time.Minute), nil},
		{"late after it closes", window(0, 0, 90*time.Minute+time.Millisecond), []string{"checkin.lateAfter"}},
		{"several at once", func(d *event.Draftable) { d.Title, d.Place.Name, d.EndsAt = "", "", d.StartsAt.Add(2*day) }, []string{"endsAt", "place.name", "title"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fault.From(sound(c.change).Check(now))
			if f == nil {
				f = &fault.Error{}
			} else if f.Code != "invalid_input" {
				t.Errorf("code %s", f.Code)
			}
			if got := slices.Sorted(maps.Keys(f.Fields)); !slices.Equal(got, c.fields) {
				t.Errorf("complains about %v, want %v", f.Fields, c.fields)
			}
		})
	}
}

func many(n int) []ident.ID {
	ids := make([]ident.ID, n)
	for i := range ids {
		ids[i] = ident.ID(i + 2)
	}
	return ids
}

func TestNormal(t *testing.T) {
	d := sound(func(d *event.Draftable) {
		d.Title, d.Summary, d.Place.Name, d.Place.Address = " 主题党日 ", "\n内容\n", " 会议室\t", " 三楼 "
		d.Guests = []ident.ID{5, 3, 5}
	})
	if d.Title != "主题党日" || d.Summary != "内容" || d.Place.Name != "会议室" || d.Place.Address != "三楼" || !slices.Equal(d.Guests, []ident.ID{3, 5}) {
		t.Errorf("%+v", d)
	}
	if *d.Window != event.DefaultWindow(starts, ends) {
		t.Errorf("window %+v", *d.Window)
	}
}

func TestDefaultWindow(t *testing.T) {
	for name, c := range map[string]struct{ length, late time.Duration }{
		"usual": {90 * time.Minute, 10 * time.Minute}, "short": {5 * time.Minute, 5 * time.Minute}, "ten minutes": {10 * time.Minute, 10 * time.Minute},
	} {
		w := event.DefaultWindow(starts, starts.Add(c.length))
		if !w.OpensAt.Equal(starts.Add(-30*time.Minute)) || !w.ClosesAt.Equal(starts.Add(c.length)) || !w.LateAfter.Equal(starts.Add(c.late)) {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

func TestPhaseAt(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		state event.State
		at    time.Duration // after the start
		want  event.Phase
	}{
		{event.Published, -24 * time.Hour, event.PhaseUpcoming},
		{event.Published, -30*time.Minute - ms, event.PhaseUpcoming},
		{event.Published, -30 * time.Minute, event.PhaseOpen},
		{event.Published, 0, event.PhaseOpen},
		{event.Published, 90*time.Minute - ms, event.PhaseOpen},
		{event.Published, 90 * time.Minute, event.PhaseEnded},
		{event.Published, 1000 * time.Hour, event.PhaseEnded},
		{event.Draft, 0, event.PhaseDraft},
		{event.Draft, 1000 * time.Hour, event.PhaseDraft},
		{event.Closed, 0, event.PhaseClosed},
		{event.Cancelled, 0, event.PhaseCancelled},
	} {
		e := event.Event{State: c.state, StartsAt: starts, EndsAt: ends, Window: event.DefaultWindow(starts, ends)}
		if got := e.PhaseAt(starts.Add(c.at)); got != c.want {
			t.Errorf("%s %v after the start: %s, want %s", c.state, c.at, got, c.want)
		}
	}
}

func TestMayStep(t *testing.T) {
	const ms = time.Millisecond
	before, begun, over := -ms, 0*ms, 90*time.Minute
	for _, c := range []struct {
		state              event.State
		at                 time.Duration // after the start
		edit, publish      string
		cancel, closeEvent string
	}{
		{event.Draft, before, "", "", "", "event_not_published"},
		{event.Draft, begun, "", "", "", "event_not_published"},
		{event.Draft, over - ms, "", "", "", "event_not_published"},
		{event.Draft, over, "", "event_over", "", "event_not_published"},
		{event.Published, before, "", "event_not_draft", "", "event_not_started"},
		{event.Published, begun, "", "event_not_draft", "", ""},
		{event.Published, over, "", "event_not_draft", "", ""},
		{event.Closed, before, "event_not_editable", "event_not_draft", "event_closed", "event_closed"},
		{event.Closed, over, "event_not_editable", "event_not_draft", "event_closed", "event_closed"},
		{event.Cancelled, before, "event_not_editable", "event_cancelled", "event_cancelled", "event_cancelled"},
		{event.Cancelled, over, "event_not_editable", "event_cancelled", "event_cancelled", "event_cancelled"},
	} {
		e := event.Event{State: c.state, StartsAt: starts, EndsAt: ends}
		for step, want := range map[event.Step]string{
			event.StepEdited: c.edit, event.StepPublished: c.publish, event.StepCancelled: c.cancel, event.StepClosed: c.closeEvent,
		} {
			if err := e.MayStep(step, starts.Add(c.at)); fault.CodeOf(err) != want {
				t.Errorf("%s %v after the start, %s: %v, want %q", c.state, c.at, step, err, want)
			}
		}
	}
}

func TestMayReopen(t *testing.T) {
	for _, c := range []struct {
		state event.State
		after time.Duration // the close
		want  string
	}{
		{event.Closed, 0, ""},
		{event.Closed, 30 * 24 * time.Hour, ""},
		{event.Closed, 30*24*time.Hour + time.Millisecond, "reopen_too_late"},
		{event.Published, 0, "event_not_closed"},
		{event.Draft, 0, "event_not_closed"},
		{event.Cancelled, 0, "event_not_closed"},
	} {
		e := event.Event{State: c.state, StartsAt: starts, EndsAt: ends, ClosedAt: ends}
		if err := e.MayStep(event.StepReopened, ends.Add(c.after)); fault.CodeOf(err) != c.want {
			t.Errorf("%s, %v after the close: %v, want %q", c.state, c.after, err, c.want)
		}
	}
}

func TestKindsHaveWords(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range []event.Kind{event.ThemeDay, event.MemberMeeting, event.CommitteeMeeting, event.GroupMeeting, event.Lecture, event.Volunteering} {
		word := kind.Chinese()
		if strings.TrimSpace(word) == "" || seen[word] {
			t.Errorf("%s is called %q", kind, word)
		}
		seen[word] = true
	}
}

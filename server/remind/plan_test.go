package remind_test

import (
	"slices"
	"testing"
	"time"

	"themeday/server/event"
	"themeday/server/store/storetest"
)

// When the first two reminders are due, around the quiet hours, midnight and the year's end.
func TestPublishing(t *testing.T) {
	both := event.Reminders{Published: true, DayBefore: true}
	for name, c := range map[string]struct {
		now, start time.Time
		wanted     event.Reminders
		want       []string
	}{
		"by day":                 {cst(6, 12, 0), start, both, []string{"published 6 12:00 planned", "day_before 9 18:00 planned"}},
		"none wanted":            {cst(6, 12, 0), start, event.Reminders{}, nil},
		"announcement only":      {cst(6, 12, 0), start, event.Reminders{Published: true}, []string{"published 6 12:00 planned"}},
		"evening before only":    {cst(6, 12, 0), start, event.Reminders{DayBefore: true}, []string{"day_before 9 18:00 planned"}},
		"just before quiet":      {cst(6, 21, 30).Add(-time.Millisecond), start, both, []string{"published 6 21:29 planned", "day_before 9 18:00 planned"}},
		"quiet begins":           {cst(6, 21, 30), start, both, []string{"published 7 07:30 planned", "day_before 9 18:00 planned"}},
		"just before midnight":   {cst(7, 0, 0).Add(-time.Millisecond), start, both, []string{"published 7 07:30 planned", "day_before 9 18:00 planned"}},
		"midnight":               {cst(7, 0, 0), start, both, []string{"published 7 07:30 planned", "day_before 9 18:00 planned"}},
		"just before the end":    {cst(7, 7, 30).Add(-time.Millisecond), start, both, []string{"published 7 07:30 planned", "day_before 9 18:00 planned"}},
		"quiet ends":             {cst(7, 7, 30), start, both, []string{"published 7 07:30 planned", "day_before 9 18:00 planned"}},
		"last minute of the eve": {cst(9, 18, 0), start, both, []string{"published 9 18:00 planned", "day_before 9 18:00 planned"}},
		"after the eve":          {cst(9, 18, 0).Add(time.Millisecond), start, both, []string{"published 9 18:00 planned"}},
		"night, day before gone": {cst(9, 23, 0), start, both, []string{"published 10 07:30 planned"}},
		"same day":               {cst(10, 9, 0), start, both, []string{"published 10 09:00 planned"}},
		"starts at midnight":     {cst(6, 12, 0), cst(10, 0, 0), both, []string{"published 6 12:00 planned", "day_before 9 18:00 planned"}},
		"starts before midnight": {cst(6, 12, 0), cst(10, 0, 0).Add(-time.Minute), both, []string{"published 6 12:00 planned", "day_before 8 18:00 planned"}},
		"first of a month":       {cst(6, 12, 0), cst(32, 8, 0), both, []string{"published 6 12:00 planned", "day_before 31 18:00 planned"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			w.clock.Set(c.now)
			e := w.publish(func(e *event.Event) { e.StartsAt, e.EndsAt, e.Reminders = c.start, c.start.Add(time.Hour), c.wanted })
			w.want("plan", w.plans(e), c.want)
		})
	}
}

// retitle, move and later are the edits that members care about.
func retitle(e *event.Event) { e.Title = "参观纪念馆" }
func move(e *event.Event)    { e.Place.Name = "文化广场" }
func later(e *event.Event) {
	e.StartsAt, e.EndsAt = e.StartsAt.Add(24*time.Hour), e.EndsAt.Add(24*time.Hour)
}
func back(e *event.Event) { e.Place.Name = "村部会议室" }

// One action after another, and the plan at the end. "run" does what is due.
func TestSteps(t *testing.T) {
	type do func(w *world, e event.Event) event.Event
	at := func(now time.Time) do {
		return func(w *world, e event.Event) event.Event { w.clock.Set(now); return e }
	}
	step := func(s event.Step, edit func(*event.Event)) do {
		return func(w *world, e event.Event) event.Event { return w.step(s, e, edit) }
	}
	edit := func(change func(*event.Event)) do { return step(event.StepEdited, change) }
	publish, cancel, closing := step(event.StepPublished, nil), step(event.StepCancelled, nil), step(event.StepClosed, nil)
	run := func(w *world, e event.Event) event.Event { w.work(); return e }
	reminders := func(published, eve bool) func(*event.Event) {
		return func(e *event.Event) { e.Reminders = event.Reminders{Published: published, DayBefore: eve} }
	}
	for name, c := range map[string]struct {
		steps []do
		want  []string
	}{
		"a draft is edited":    {[]do{step(event.StepCreated, nil), edit(later)}, nil},
		"a draft is cancelled": {[]do{cancel}, nil},
		"moved to another day": {
			[]do{publish, run, edit(later)},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 6 12:00 planned", "day_before 10 18:00 planned"},
		},
		"renamed at night": {
			[]do{publish, run, at(cst(6, 23, 0)), edit(retitle)},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 7 07:30 planned", "day_before 9 18:00 planned"},
		},
		"moved in the night before": {
			[]do{publish, run, at(cst(10, 2, 30)), edit(move)},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 10 02:30 planned urgent"},
		},
		"moved a little earlier in that night": {
			[]do{publish, run, at(cst(10, 2, 30).Add(-time.Millisecond)), edit(move)},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 10 07:30 planned"},
		},
		"put off in that night": { // the old start is what people would come to
			[]do{publish, run, at(cst(10, 3, 0)), edit(later)},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 10 03:00 planned urgent", "day_before 10 18:00 planned"},
		},
		"summary edited": {
			[]do{publish, run, edit(func(e *event.Event) { e.Summary = "带笔记本" })},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 planned"},
		},
		"edited before anybody was told": {
			[]do{at(cst(6, 22, 0)), publish, edit(later)},
			[]string{"published 7 07:30 withdrawn", "day_before 9 18:00 withdrawn", "published 7 07:30 planned", "day_before 10 18:00 planned"},
		},
		"edited when nobody is to be told": {
			[]do{step(event.StepPublished, reminders(false, false)), edit(move)},
			[]string{"changed 6 12:00 planned"},
		},
		"changed twice before anybody was told": {
			[]do{publish, run, at(cst(6, 22, 0)), edit(move), edit(retitle)},
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 7 07:30 withdrawn", "day_before 9 18:00 withdrawn",
				"changed 7 07:30 planned", "day_before 9 18:00 planned",
			},
		},
		"changed and changed back before anybody was told": {
			[]do{publish, run, at(cst(6, 22, 0)), edit(move), edit(back)},
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 7 07:30 withdrawn", "day_before 9 18:00 withdrawn",
				"day_before 9 18:00 planned",
			},
		},
		"changed and changed back": {
			[]do{publish, run, edit(move), run, edit(back)},
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 6 12:00 expanded", "day_before 9 18:00 withdrawn",
				"changed 6 12:00 planned", "day_before 9 18:00 planned",
			},
		},
		"summary edited while a change waits": {
			[]do{publish, run, at(cst(6, 22, 0)), edit(move), edit(func(e *event.Event) { e.Summary = "带笔记本" })},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 7 07:30 planned", "day_before 9 18:00 planned"},
		},
		"reminders switched off": {
			[]do{at(cst(6, 22, 0)), publish, edit(reminders(false, false))},
			[]string{"published 7 07:30 withdrawn", "day_before 9 18:00 withdrawn"},
		},
		"evening before switched on": {
			[]do{step(event.StepPublished, reminders(true, false)), run, edit(reminders(true, true))},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 planned"},
		},
		"cancelled": {
			[]do{publish, run, cancel},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "cancelled 6 12:00 planned"},
		},
		"cancelled at night": {
			[]do{publish, run, at(cst(8, 23, 0)), cancel},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "cancelled 9 07:30 planned"},
		},
		"cancelled in the night before": {
			[]do{publish, run, at(cst(10, 6, 0)), cancel},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "cancelled 10 06:00 planned urgent"},
		},
		"cancelled while a change waits": {
			[]do{publish, run, at(cst(6, 22, 0)), edit(move), cancel},
			[]string{
				"published 6 12:00 expanded", "day_before 9 18:00 withdrawn", "changed 7 07:30 withdrawn", "day_before 9 18:00 withdrawn",
				"cancelled 7 07:30 planned",
			},
		},
		"closed": {
			[]do{publish, run, at(cst(9, 17, 0)), closing},
			[]string{"published 6 12:00 expanded", "day_before 9 18:00 withdrawn"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			w.member("甲", 9)
			e := w.draft()
			for _, do := range c.steps {
				e = do(w, e)
			}
			w.want("plan", w.plans(e), c.want)
		})
	}
}

// What has gone stays, what waits for a repeat does not go any more.
func TestWithdrawnIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.member("甲", 9)
		w.member("乙", 9)
		w.wechat.script = []behaviour{well, errcode(-1)} // one of them has to wait
		e := w.onlyAnnounced()
		w.work()
		if n := len(w.phone()); n != 1 {
			t.Fatalf("%d messages, want 1", n)
		}
		w.step(event.StepCancelled, e, nil)
		w.workUntil(cst(9, 12, 0))
		states := w.deliveries()
		wantOne := []string{"published sent", "published skipped -1 活动已取消，不再发送", "cancelled sent", "cancelled sent"}
		for _, want := range wantOne {
			i := slices.IndexFunc(states, func(line string) bool { return line == "甲 "+want || line == "乙 "+want })
			if i < 0 {
				t.Fatalf("no %q among %q", want, states)
			}
			states = slices.Delete(states, i, i+1)
		}
		if n := len(w.phone()); n != 3 || len(states) != 0 {
			t.Errorf("%d messages, want 3; left over %q", n, states)
		}
	})
}

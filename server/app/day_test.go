package app_test

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

// The theme day of the stories: Tuesday 15 December at 15:00 in Beijing, announced on Thursday the 10th at 14:00.
var (
	themeDay    = time.Date(2026, 12, 15, 7, 0, 0, 0, time.UTC)
	eveEvening  = time.Date(2026, 12, 14, 10, 0, 0, 0, time.UTC) // 18:00 on the day before
	afterwards  = themeDay.Add(2*time.Hour + 10*time.Minute)
	published   = "demo-published-0000000000000000000000000000"
	dayBefore   = "demo-day-before-000000000000000000000000000"
	changedOne  = "demo-changed-000000000000000000000000000000"
	cancelledIt = "demo-cancelled-0000000000000000000000000000"
)

// day is one theme day of 本村 and what people do about it.
type day struct {
	*world
	secretary *phone
	event     string // its path
}

// newDay lets the secretary make a draft.
func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{world: newWorld(t)}
	d.secretary = d.as("本书记")
	made := d.secretary.want(http.StatusCreated, post, events, d.plan())
	d.event = "/api/v1/events/" + made.get("id")
	if made.get("state") != "draft" || made.get("can.publish") != "true" {
		t.Errorf("made %s", made.Text)
	}
	return d
}

// plan is what the secretary fills in.
func (d *day) plan() map[string]any {
	plan := d.eventBody("本村")
	plan["key"], plan["startsAt"], plan["endsAt"] = "made on the phone", themeDay, themeDay.Add(2*time.Hour)
	return plan
}

// allow lets people accept templates, on the phone and then in the product.
func (d *day) allow(templates []string, names ...string) {
	d.t.Helper()
	for _, name := range names {
		results, err := d.app.Sim.Tap(name, templates, nil)
		if err != nil {
			d.t.Fatal(err)
		}
		d.as(name).want(http.StatusOK, post, "/api/v1/grants", map[string]any{"key": "tap", "results": results})
	}
}

// until moves the clock and lets the queue do what has become due.
func (d *day) until(t time.Time) {
	d.t.Helper()
	d.clock.Set(t)
	if _, err := d.app.Queue.RunDue(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// onPhone returns what is on a person's phone, oldest first: the titles that the templates have in WeChat.
func (d *day) onPhone(name string) (titles []string) {
	d.t.Helper()
	messages, err := d.app.Sim.Messages(name)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, m := range slices.Backward(messages) {
		titles = append(titles, m.Title)
	}
	return titles
}

func (d *day) wantOnPhone(name string, titles ...string) {
	d.t.Helper()
	if got := d.onPhone(name); !slices.Equal(got, titles) {
		d.t.Errorf("on the phone of %s: %q, want %q", name, got, titles)
	}
}

// lastLine returns a labelled line of the newest message on a phone.
func (d *day) lastLine(name, label string) string {
	d.t.Helper()
	messages, err := d.app.Sim.Messages(name)
	if err != nil || len(messages) == 0 {
		d.t.Fatalf("no message for %s: %v", name, err)
	}
	for _, line := range messages[0].Lines {
		if line.Label == label {
			return line.Value
		}
	}
	return ""
}

// code returns what the secretary's screen shows now.
func (d *day) code() string {
	d.t.Helper()
	url := d.secretary.want(http.StatusOK, get, d.event+"/code", nil).get("url")
	d.told = append(d.told, url, path.Base(url))
	return url
}

// scan exchanges a code for a ticket.
func (d *day) scan(p *phone, code string) answer {
	d.t.Helper()
	got := p.want(http.StatusOK, post, scans, map[string]string{"code": code})
	d.told = append(d.told, got.get("ticket"))
	return got
}

// row returns what the secretary's list says of a member: status, source and expected.
func (d *day) row(name string) string {
	d.t.Helper()
	for _, item := range d.secretary.want(http.StatusOK, get, d.event+"/attendance", nil).list("items") {
		if item["memberName"] == name {
			return fmt.Sprint(item["status"], " ", item["source"], " ", item["expected"])
		}
	}
	return "not on the list"
}

// counts returns the figures of the event as expected/present/late/leave/exempt/absent/pending.
func (d *day) counts() string {
	d.t.Helper()
	e := d.secretary.want(http.StatusOK, get, d.event, nil)
	var figures []string
	for _, name := range []string{"expected", "present", "late", "leave", "exempt", "absent", "pending"} {
		figures = append(figures, e.get("counts."+name))
	}
	return strings.Join(figures, "/")
}

func (d *day) wantCounts(want string) {
	d.t.Helper()
	if got := d.counts(); got != want {
		d.t.Errorf("counts %s, want %s", got, want)
	}
}

func (d *day) wantRow(name, want string) {
	d.t.Helper()
	if got := d.row(name); got != want {
		d.t.Errorf("%s: %s, want %s", name, got, want)
	}
}

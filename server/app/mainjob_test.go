package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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

// TestMainJob is the whole work in one story: publish, remind, scan, check in, look, correct, close.
func TestMainJob(t *testing.T) {
	d := newDay(t)
	d.announce()
	d.remind()
	d.comeAndGo()
	d.correct()
	d.closeAndLook()
	d.nothingLeaked()
}

// announce: the secretary sees before publishing whom WeChat reaches, and afterwards whom it did not.
func (d *day) announce() {
	d.t.Helper()
	again := d.secretary.want(http.StatusCreated, post, events, d.plan())
	if "/api/v1/events/"+again.get("id") != d.event {
		d.t.Errorf("the same key made another event: %s", again.Text)
	}
	reach := func(want string) {
		d.t.Helper()
		r := d.secretary.want(http.StatusOK, get, d.event+"/reminders", nil)
		if got := r.get("reach.expected") + "/" + r.get("reach.reachable") + "/" + r.get("reach.unbound") + "/" + r.get("reach.noGrant"); got != want {
			d.t.Errorf("expected/reachable/unbound/without grant: %s, want %s", got, want)
		}
	}
	reach("5/0/1/4")
	d.allow([]string{published, dayBefore}, "本党员", "本讲解")
	reach("5/2/1/2")
	d.as("本党员").want(http.StatusNotFound, get, d.event, nil) // a draft is nobody else's
	first := d.secretary.want(http.StatusOK, post, d.event+"/publish", map[string]string{"key": "p"})
	if twice := d.secretary.want(http.StatusOK, post, d.event+"/publish", map[string]string{"key": "p"}); twice.get("publishedAt") != first.get("publishedAt") {
		d.t.Errorf("published twice: %s", twice.Text)
	}
	d.wantOnPhone("本党员")
	d.until(start)
	d.wantOnPhone("本党员", "活动通知")
	if title, at := d.lastLine("本党员", "活动名称"), d.lastLine("本党员", "活动时间"); title != "十二月主题党日" || at != "2026年12月15日 15:00" {
		d.t.Errorf("the message says %q, %q", title, at)
	}
	d.wantOnPhone("本组织") // has not allowed it
	inbox := d.as("本组织").want(http.StatusOK, get, "/api/v1/messages", nil)
	if inbox.get("unread") != "1" || inbox.get("items.0.kind") != "published" || inbox.get("items.0.eventId") != path.Base(d.event) {
		d.t.Errorf("inbox: %s", inbox.Text)
	}
	var toCall []string
	for _, p := range d.secretary.want(http.StatusOK, get, d.event+"/reminders", nil).list("phone") {
		toCall = append(toCall, fmt.Sprint(p["memberName"], " ", p["phoneMasked"], " ", p["why"]))
	}
	if want := []string{"本书记  未授权提醒", "本组织  未授权提醒", "本未绑 199****0001 未绑定微信"}; !slices.Equal(toCall, want) {
		d.t.Errorf("to phone: %q, want %q", toCall, want)
	}
}

// remind: the second reminder comes on the evening before, not earlier and not twice; who has read it is not phoned.
func (d *day) remind() {
	d.t.Helper()
	d.until(eveEvening.Add(-time.Minute))
	d.wantOnPhone("本党员", "活动通知")
	d.until(eveEvening)
	d.wantOnPhone("本党员", "活动通知", "活动即将开始提醒")
	d.until(eveEvening.Add(time.Hour))
	d.wantOnPhone("本党员", "活动通知", "活动即将开始提醒")
	me := d.as("本党员")
	if unread := me.want(http.StatusOK, get, "/api/v1/me", nil).get("unread"); unread != "2" {
		d.t.Errorf("%s unread, want 2", unread)
	}
	if left := me.want(http.StatusOK, post, "/api/v1/messages/read", map[string]bool{"all": true}).get("unread"); left != "0" {
		d.t.Errorf("%s unread after reading", left)
	}
	for _, item := range me.want(http.StatusOK, get, "/api/v1/message-templates", nil).list("items") {
		if item["remaining"] != 0.0 {
			d.t.Errorf("one tap was one message: %v", item)
		}
	}
	if coming := me.want(http.StatusOK, get, events+"?when=upcoming&scope=mine", nil); coming.get("items.0.mine.expected") != "true" {
		d.t.Errorf("coming: %s", coming.Text)
	}
}

// comeAndGo: the member scans and checks in; list and screen show it; a second scan and a forwarded code add nothing;
// a newcomer binds within the ticket's life.
func (d *day) comeAndGo() {
	d.t.Helper()
	server := httptest.NewServer(d.app.API.Handler())
	defer server.Close()
	defer d.app.Checkin.Stop() // or the server would wait for the screen
	d.clock.Set(themeDay.Add(-10 * time.Minute))
	d.secretary, d.told = d.as("本书记"), append(d.told, d.secretary.token)
	wall := newScreen(d.t, server.URL, d.secretary.token, d.event)
	if state := wall.next(patience); state.Counts.Present != 0 || state.Counts.Expected != 5 || len(state.Items) != 0 {
		d.t.Errorf("before anybody came the screen shows %+v", state)
	}
	code, member := d.code(), d.as("本党员")
	scanned := d.scan(member, code)
	if scanned.get("subject.title") != "十二月主题党日" || scanned.get("needsBinding") != "false" || scanned.get("already") != "" {
		d.t.Errorf("scanned: %s", scanned.Text)
	}
	act := map[string]string{"key": "k", "ticket": scanned.get("ticket")}
	first := member.want(http.StatusCreated, post, checkins, act)
	if first.get("attendance.status") != "present" || first.get("attendance.at") != "2026-12-15T06:50:00Z" || first.get("repeated") != "false" {
		d.t.Errorf("checked in: %s", first.Text)
	}
	if state := wall.next(patience); state.Counts.Present != 1 || state.Items[0].MemberName != "本党员" || state.Items[0].Source != "scan" {
		d.t.Errorf("the screen shows %+v", state)
	}
	d.wantRow("本党员", "present scan true")

	d.clock.Advance(20 * time.Second)
	if got := d.scan(member, d.code()).get("already.at"); got != first.get("attendance.at") {
		d.t.Errorf("the second scan says %q", got)
	}
	repeated := member.want(http.StatusOK, post, checkins, map[string]string{"key": "k2", "code": d.code()})
	if repeated.get("repeated") != "true" || repeated.get("attendance.at") != first.get("attendance.at") {
		d.t.Errorf("the second act: %s", repeated.Text)
	}
	retried := member.want(http.StatusCreated, post, checkins, act)
	if retried.get("attendance.at") != first.get("attendance.at") || retried.get("repeated") != "false" {
		d.t.Errorf("the same act again: %s", retried.Text)
	}

	d.clock.Advance(time.Minute)
	if late := d.as("本组织").want(http.StatusConflict, post, checkins, map[string]string{"key": "k", "code": code}); late.get("code") != "code_expired" {
		d.t.Errorf("a forwarded code: %s", late.Text)
	}
	d.newcomer()
	if state := wall.next(patience); state.Counts.Present != 2 || state.Items[0].MemberName != "本未绑" {
		d.t.Errorf("the screen shows %+v", state)
	}
}

// newcomer scans without being anybody yet, binds by the phone number of the roster, and checks in with the ticket.
func (d *day) newcomer() {
	d.t.Helper()
	p := d.as("本未绑")
	scanned := d.scan(p, d.code())
	act := map[string]string{"key": "k", "ticket": scanned.get("ticket")}
	if scanned.get("needsBinding") != "true" {
		d.t.Errorf("scanned: %s", scanned.Text)
	}
	if refused := p.want(http.StatusForbidden, post, checkins, act); refused.get("code") != "not_bound" {
		d.t.Errorf("unbound: %s", refused.Text)
	}
	d.clock.Advance(4 * time.Minute)
	code, err := d.app.Sim.PhoneCode("本未绑")
	if err != nil {
		d.t.Fatal(err)
	}
	d.told = append(d.told, code)
	if me := p.want(http.StatusOK, post, "/api/v1/me/binding", map[string]string{"phoneCode": code}); me.get("member.name") != "本未绑" || me.get("member.phoneMasked") != "199****0001" {
		d.t.Errorf("bound: %s", me.Text)
	}
	if came := p.want(http.StatusCreated, post, checkins, act); came.get("attendance.at") != "2026-12-15T06:51:20Z" {
		d.t.Errorf("came: %s", came.Text)
	}
	d.wantRow("本未绑", "present scan true")
}

// correct: the roll is an equal way in; over a member's own check-in it needs a reason, and every change is kept.
func (d *day) correct() {
	d.t.Helper()
	row := func(name string) string { return d.event + "/attendance/" + d.ids[name].String() }
	d.secretary.want(http.StatusOK, put, row("本讲解"), map[string]string{"status": "present"})
	d.wantRow("本讲解", "present roll true")
	if no := d.secretary.want(http.StatusBadRequest, put, row("本党员"), map[string]string{"status": "sick"}); no.get("code") != "reason_required" {
		d.t.Errorf("without a reason: %s", no.Text)
	}
	d.secretary.want(http.StatusOK, put, row("本党员"), map[string]string{"status": "late", "reason": "中途才到，扫码是家属代扫"})
	d.secretary.want(http.StatusOK, put, row("本流出"), map[string]string{"status": "present"})
	d.wantRow("本流出", "present roll false")
	history := d.secretary.want(http.StatusOK, get, row("本党员")+"/changes", nil).list("items")
	last := history[len(history)-1]
	by, _ := last["by"].(map[string]any)
	if last["from"] != "present" || last["to"] != "late" || by["name"] != "本书记" || last["reason"] != "中途才到，扫码是家属代扫" {
		d.t.Errorf("history: %v", history)
	}
	d.wantCounts("5/4/1/0/0/0/2") // the one who flowed out came without being expected
}

// closeAndLook: closing settles everybody; the member finds it in the record.
func (d *day) closeAndLook() {
	d.t.Helper()
	d.clock.Set(afterwards)
	if e := d.secretary.want(http.StatusOK, post, d.event+"/close", map[string]string{"key": "c"}); e.get("state") != "closed" || e.get("closedAt") == "" {
		d.t.Errorf("closed: %s", e.Text)
	}
	d.wantCounts("5/4/1/0/0/2/0")
	d.wantRow("本组织", "absent settle true")
	d.secretary.want(http.StatusOK, put, d.event+"/attendance/"+d.ids["本组织"].String(), map[string]string{"status": "duty", "reason": "补交了公假条"})
	d.wantCounts("5/4/1/1/0/1/0")
	record := d.as("本党员").want(http.StatusOK, get, "/api/v1/me/attendance?year=2026", nil)
	if record.get("items.0.attendance.status") != "late" || record.get("items.0.event.phase") != "closed" || record.get("summary.expected") != "1" || record.get("summary.late") != "1" {
		d.t.Errorf("record: %s", record.Text)
	}
	if none := d.as("本党员").want(http.StatusOK, get, events+"?when=upcoming", nil); len(none.list("items")) != 0 {
		d.t.Errorf("still to come: %s", none.Text)
	}
}

// nothingLeaked: the log of all that, at its most talkative, has nothing that only the people concerned may know.
func (d *day) nothingLeaked() {
	d.t.Helper()
	log := d.log.String()
	if !strings.Contains(log, "route=/api/v1/checkins") {
		d.t.Error("the log does not even mention the check-ins")
	}
	for name := range d.ids {
		d.told = append(d.told, openID(name), name)
	}
	for _, secret := range append(d.told, "19900000001", "199****0001", "/c/e", "Bearer", "SELECT", "INSERT") {
		if secret != "" && strings.Contains(log, secret) {
			line := log[strings.LastIndex(log[:strings.Index(log, secret)], "\n")+1:]
			line, _, _ = strings.Cut(line, "\n")
			d.t.Errorf("the log shows %q: %s", secret, line)
		}
	}
}

// TestLeaveAndPresence: presence wins over leave that was noted before; leave that comes later does not undo presence
// unless the secretary says why.
func TestLeaveAndPresence(t *testing.T) {
	d := newDay(t)
	d.secretary.want(http.StatusOK, post, d.event+"/publish", nil)
	row := func(name string) string { return d.event + "/attendance/" + d.ids[name].String() }
	for name, leave := range map[string]string{"本党员": "sick", "本组织": "duty", "本讲解": "private"} {
		d.secretary.want(http.StatusOK, put, row(name), map[string]string{"status": leave, "reason": "来电请假"})
	}
	d.wantCounts("5/0/0/3/1/0/2")
	if early := d.secretary.want(http.StatusConflict, put, row("本未绑"), map[string]string{"status": "present"}); early.get("code") != "event_not_open_yet" {
		t.Errorf("present five days before: %s", early.Text)
	}
	d.clock.Set(themeDay.Add(20 * time.Minute))
	came := d.as("本党员").want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "code": d.code()})
	if came.get("attendance.status") != "late" || came.get("repeated") != "false" {
		t.Errorf("came all the same: %s", came.Text)
	}
	d.wantCounts("5/1/1/2/1/0/2")
	d.secretary.want(http.StatusBadRequest, put, row("本党员"), map[string]string{"status": "sick"})
	d.wantRow("本党员", "late scan true")
	d.secretary.want(http.StatusOK, put, row("本组织"), map[string]string{"status": "pending"}) // taken back
	d.wantCounts("5/1/1/1/1/0/3")
	d.clock.Set(afterwards)
	d.secretary.want(http.StatusOK, post, d.event+"/close", nil)
	d.wantCounts("5/1/1/1/1/3/0")
	if no := d.secretary.want(http.StatusConflict, put, row("本讲解"), map[string]string{"status": "pending", "reason": "写错了"}); no.get("code") != "event_closed" {
		t.Errorf("taken back after the close: %s", no.Text)
	}
}

// TestCancelledEvent: who was told of it is told that it is off; what has not gone does not go; nobody can check in.
func TestCancelledEvent(t *testing.T) {
	d := newDay(t)
	d.allow([]string{published, dayBefore, cancelledIt}, "本党员")
	d.secretary.want(http.StatusOK, post, d.event+"/publish", nil)
	d.until(start.Add(time.Minute))
	reason := "大雪封山，另行通知"
	gone := d.secretary.want(http.StatusOK, post, d.event+"/cancel", map[string]string{"key": "x", "reason": reason})
	if gone.get("state") != "cancelled" || gone.get("cancelReason") != reason {
		t.Errorf("cancelled: %s", gone.Text)
	}
	d.until(start.Add(2 * time.Minute))
	d.wantOnPhone("本党员", "活动通知", "活动取消通知")
	if said := d.lastLine("本党员", "取消原因"); said != reason {
		t.Errorf("the message says %q", said)
	}
	d.until(eveEvening.Add(time.Hour))
	d.wantOnPhone("本党员", "活动通知", "活动取消通知")
	inbox := d.as("本组织").want(http.StatusOK, get, "/api/v1/messages", nil)
	if len(inbox.list("items")) != 2 || !strings.Contains(inbox.get("items.0.body"), reason) {
		t.Errorf("inbox: %s", inbox.Text)
	}
	var states []string
	for _, r := range d.secretary.want(http.StatusOK, get, d.event+"/reminders", nil).list("items") {
		states = append(states, fmt.Sprint(r["kind"], " ", r["state"]))
	}
	if want := []string{"published done", "day_before withdrawn", "cancelled done"}; !slices.Equal(states, want) {
		t.Errorf("reminders %q, want %q", states, want)
	}
	d.clock.Set(themeDay)
	if no := d.as("本书记").want(http.StatusConflict, get, d.event+"/code", nil); no.get("code") != "event_cancelled" {
		t.Errorf("code: %s", no.Text)
	}
	if coming := d.as("本党员").want(http.StatusOK, get, events+"?when=upcoming", nil).list("items"); len(coming) != 0 {
		t.Errorf("still to come: %v", coming)
	}
}

// TestQuietHours: nobody's phone rings at night, unless what is about to begin does not take place.
func TestQuietHours(t *testing.T) {
	night := time.Date(2026, 12, 10, 14, 0, 0, 0, time.UTC)    // 22:00 in Beijing
	morning := time.Date(2026, 12, 10, 23, 30, 0, 0, time.UTC) // 07:30
	d := newDay(t)
	d.allow([]string{published, cancelledIt}, "本党员")
	d.clock.Set(night)
	d.secretary.want(http.StatusOK, post, d.event+"/publish", nil)
	for _, still := range []time.Time{night, night.Add(5 * time.Hour), morning.Add(-time.Second)} {
		d.until(still)
		d.wantOnPhone("本党员")
	}
	d.until(morning)
	d.wantOnPhone("本党员", "活动通知")

	d.clock.Set(night.Add(24 * time.Hour)) // five days before: the morning is early enough
	d.secretary.want(http.StatusOK, post, d.event+"/cancel", map[string]string{"reason": "大雪封山"})
	d.until(night.Add(25 * time.Hour))
	d.wantOnPhone("本党员", "活动通知")
	d.until(morning.Add(24 * time.Hour))
	d.wantOnPhone("本党员", "活动通知", "活动取消通知")

	urgent := newDay(t)
	urgent.allow([]string{published, cancelledIt}, "本党员")
	plan := urgent.plan()
	delete(plan, "key")
	tomorrow := night.Add(10 * time.Hour) // 08:00
	plan["startsAt"], plan["endsAt"] = tomorrow, tomorrow.Add(time.Hour)
	urgent.event = "/api/v1/events/" + urgent.secretary.want(http.StatusCreated, post, events, plan).get("id")
	urgent.secretary.want(http.StatusOK, post, urgent.event+"/publish", nil)
	urgent.until(night)
	urgent.secretary.want(http.StatusOK, post, urgent.event+"/cancel", map[string]string{"reason": "大雪封山"})
	urgent.until(night)
	if got := urgent.onPhone("本党员"); !slices.Contains(got, "活动取消通知") {
		t.Errorf("on the phone at night: %q", got)
	}
}

// TestEditedEvent: a change of time or place is told anew, with the old and the new; what people do not care about is
// not; and an event that is moved moves its reminder and its check-in.
func TestEditedEvent(t *testing.T) {
	d := newDay(t)
	d.allow([]string{published, changedOne, dayBefore}, "本党员")
	d.secretary.want(http.StatusOK, post, d.event+"/publish", nil)
	d.until(start)
	plan := d.plan()
	plan["summary"] = "请带笔记本"
	d.secretary.want(http.StatusOK, put, d.event, plan)
	d.until(start.Add(time.Minute))
	d.wantOnPhone("本党员", "活动通知")

	moved := themeDay.Add(25 * time.Hour) // Wednesday, 16:00
	plan["startsAt"], plan["endsAt"], plan["place"] = moved, moved.Add(time.Hour), map[string]string{"name": "镇文化站"}
	e := d.secretary.want(http.StatusOK, put, d.event, plan)
	stale := d.plan()
	stale["revision"] = 1
	if no := d.secretary.want(http.StatusConflict, put, d.event, stale); no.get("code") != "event_changed" {
		t.Errorf("an edit of an old revision: %s", no.Text)
	}
	if e.get("checkin.opensAt") != "2026-12-16T07:30:00Z" {
		t.Errorf("the window has not moved: %s", e.Text)
	}
	d.until(start.Add(2 * time.Minute))
	d.wantOnPhone("本党员", "活动通知", "活动变更通知")
	if said := d.lastLine("本党员", "变更内容"); said != "时间、地点有变更" {
		t.Errorf("the message says %q", said)
	}
	body := d.as("本党员").want(http.StatusOK, get, "/api/v1/messages", nil).get("items.0.body")
	contains(t, "the inbox", body, "12月15日（周二）15:00", "12月16日（周三）16:00", "村部会议室", "镇文化站")

	d.until(eveEvening)
	d.wantOnPhone("本党员", "活动通知", "活动变更通知")
	d.until(eveEvening.Add(24 * time.Hour))
	d.wantOnPhone("本党员", "活动通知", "活动变更通知", "活动即将开始提醒")
	if at := d.lastLine("本党员", "开始时间"); at != "2026年12月16日 16:00" {
		t.Errorf("the reminder says %q", at)
	}
	d.clock.Set(themeDay)
	if early := d.as("本党员").want(http.StatusConflict, post, checkins, map[string]string{"key": "k", "code": d.code()}); early.get("code") != "event_not_open_yet" {
		t.Errorf("at the old time: %s", early.Text)
	}
}

// TestRetryAfterTheCodeHasExpired: a phone whose answer got lost sends the same act again when the code or ticket is long
// dead, and even after the close. It was recorded, so it is told so; another act with the same code is refused.
func TestRetryAfterTheCodeHasExpired(t *testing.T) {
	d := newDay(t)
	d.secretary.want(http.StatusOK, post, d.event+"/publish", nil)
	d.clock.Set(themeDay)
	code := d.code()
	byCode, byTicket := d.as("本党员"), d.as("本组织")
	acts := map[*phone]map[string]string{
		byCode:   {"key": "k", "code": code},
		byTicket: {"key": "k", "ticket": d.scan(byTicket, code).get("ticket")},
	}
	first := map[*phone]answer{}
	for p, act := range acts {
		first[p] = p.want(http.StatusCreated, post, checkins, act)
	}
	retry := func(when string) {
		t.Helper()
		for p, act := range acts {
			again := p.call(post, checkins, act)
			if again.Status != http.StatusCreated || again.get("attendance.at") != first[p].get("attendance.at") || again.get("repeated") != "false" {
				t.Errorf("%s, %s: %d %s", when, p.name, again.Status, again.Text)
			}
		}
	}
	d.clock.Advance(10 * time.Minute)
	retry("ten minutes later")
	if other := d.as("本讲解").want(http.StatusConflict, post, checkins, map[string]string{"key": "k", "code": code}); other.get("code") != "code_expired" {
		t.Errorf("somebody else: %s", other.Text)
	}
	d.clock.Set(afterwards)
	d.secretary.want(http.StatusOK, post, d.event+"/close", nil)
	retry("after the close")
	d.wantCounts("5/2/0/0/1/3/0")
}

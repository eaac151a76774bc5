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
		if before, after, found := strings.Cut(log, secret); found && secret != "" {
			line, _, _ := strings.Cut(after, "\n")
			d.t.Errorf("the log shows %q: %s%s%s", secret, before[strings.LastIndex(before, "\n")+1:], secret, line)
		}
	}
}

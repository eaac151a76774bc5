package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

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

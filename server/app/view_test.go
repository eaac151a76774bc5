package app_test

import (
	"net/http"
	"testing"
)

// wrongView is what can be got wrong about reminders.
func wrongView() []wrong {
	const deliveries, now, call = "/api/v1/events/{event}/reminders/{event}/deliveries", "/api/v1/events/{event}/reminders/{event}/send-now", "/api/v1/events/{event}/calls/"
	return []wrong{
		{name: "deliveries of no reminder", who: "本书记", method: get, path: deliveries, status: 404, code: "reminder_not_found"},
		{name: "deliveries from half a cursor", who: "本书记", method: get, path: deliveries + "?after=1.", status: 400, code: "bad_cursor"},
		{name: "deliveries by an endless name", who: "本书记", method: get, path: deliveries + "?name=abcdefghijabcdefghijabcdefghij1", status: 400, code: "invalid_input"},
		{name: "send what is not there", who: "本书记", method: post, path: now, body: `{}`, status: 404, code: "reminder_not_found"},
		{name: "send it perhaps", who: "本书记", method: post, path: now, body: `{"atNight":"perhaps"}`, status: 400, code: "invalid_input"},
		{name: "phoned about nothing", who: "本书记", method: put, path: call + "{member}", body: `{"newsId":"{event}","told":true}`, status: 409, code: "news_changed"},
		{name: "phoned without saying whether", who: "本书记", method: put, path: call + "{member}", body: `{"newsId":"{event}"}`, status: 400, code: "invalid_input"},
		{name: "phoned about a word", who: "本书记", method: put, path: call + "{member}", body: `{"newsId":"!","told":true}`, status: 400, code: "invalid_input"},
		{name: "phoned with an endless key", who: "本书记", method: put, path: call + "{member}", body: `{"newsId":"{event}","told":true,"key":"12345678901234567890123456789012345678901234567890123456789012345"}`, status: 400, code: "invalid_input"},
		{name: "phoned somebody of elsewhere", who: "本书记", method: put, path: call + "{farMember}", body: `{"newsId":"{event}","told":true}`, status: 404, code: "member_not_found"},
		{name: "load of somebody else", who: "本书记", method: get, path: "/api/v1/orgs/{farOrg}/reminder-load", status: 404, code: "not_found"},
		{name: "load of a month in words", who: "本书记", method: get, path: "/api/v1/orgs/{org}/reminder-load?month=may", status: 400, code: "invalid_input"},
		{name: "load of the thirteenth month", who: "本书记", method: get, path: "/api/v1/orgs/{org}/reminder-load?month=2026-13", status: 400, code: "invalid_input"},
		{name: "a ceiling in words", who: "区管理", method: put, path: "/api/v1/orgs/{org}/reminder-ceiling", body: `{"ceiling":"few"}`, status: 400, code: "invalid_input"},
		{name: "a ceiling below the floor", who: "区管理", method: put, path: "/api/v1/orgs/{org}/reminder-ceiling", body: `{"ceiling":-1}`, status: 400, code: "invalid_input"},
		{name: "no ceiling at all", who: "区管理", method: put, path: "/api/v1/orgs/{org}/reminder-ceiling", body: `{}`, status: 400, code: "invalid_input"},
	}
}

// TestToldByPhone: what one of those who run the event ticks, the others see with the name and can take back.
func TestToldByPhone(t *testing.T) {
	d := newDay(t)
	d.secretary.want(http.StatusOK, post, d.event+"/publish", nil)
	d.until(start)
	look := func() answer { return d.secretary.want(http.StatusOK, get, d.event+"/reminders", nil) }
	before := look()
	call := d.event + "/calls/" + d.ids["本未绑"].String()
	body := map[string]any{"newsId": before.get("told.newsId"), "told": true, "key": "k"}
	d.as("乡组织").want(http.StatusOK, put, call, body)
	after := look()
	if len(after.list("phone")) != len(before.list("phone"))-1 || after.get("told.phoned") != "1" || after.get("called.0.byName") != "乡组织" || after.get("called.0.memberName") != "本未绑" {
		t.Errorf("after the call: %s", after.Text)
	}
	d.secretary.want(http.StatusOK, put, call, map[string]any{"newsId": before.get("told.newsId"), "told": false})
	if back := look(); len(back.list("phone")) != len(before.list("phone")) || len(back.list("called")) != 0 {
		t.Errorf("after taking it back: %s", back.Text)
	}
}

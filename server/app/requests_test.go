package app_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"
)

const evidence = "/api/v1/evidence"

// dot is the smallest picture.
var dot = func() string {
	var out bytes.Buffer
	_ = png.Encode(&out, image.NewRGBA(image.Rect(0, 0, 2, 1)))
	return out.String()
}()

// asked publishes an event of the person's branch for which they ask for leave with a picture.
func (w *world) asked(name string) (request, picture string) {
	w.t.Helper()
	p, at := w.as(name), w.published("本村", "客村")
	picture = p.want(http.StatusCreated, post, evidence, dot).get("id")
	body := map[string]any{"key": path.Base(at), "kind": "leave", "status": "sick", "reason": "发烧了", "evidence": []string{picture}}
	return p.want(http.StatusCreated, post, at+"/requests", body).get("id"), picture
}

func wrongRequests() []wrong {
	ask := func(name, body string, status int, reason string) wrong {
		return wrong{name: name, method: post, path: events + "/{later}/requests", body: body, status: status, code: reason}
	}
	decide := func(name, act, body string, status int, reason string) wrong {
		return wrong{name: name, who: "本书记", method: post, path: "/api/v1/requests/" + act, body: body, status: status, code: reason}
	}
	several := func(name, body string, status int, reason string) wrong {
		return wrong{name: name, who: "本书记", method: post, path: events + "/{event}/attendance/marks", body: body, status: status, code: reason}
	}
	send := func(name, body string, status int, reason string) wrong {
		return wrong{name: name, method: post, path: evidence, body: body, status: status, code: reason}
	}
	return []wrong{
		ask("request without anything", `{}`, 400, "invalid_input"),
		ask("request without a key", `{"key":"","kind":"leave","status":"sick","reason":"发烧了"}`, 400, "invalid_input"),
		ask("request of another kind", `{"key":"a","kind":"holiday","status":"sick","reason":"发烧了"}`, 400, "invalid_input"),
		ask("leave to be present", `{"key":"a","kind":"leave","status":"present","reason":"发烧了"}`, 400, "invalid_input"),
		ask("leave to be exempt", `{"key":"a","kind":"leave","status":"exempt","reason":"发烧了"}`, 400, "invalid_input"),
		ask("leave without a reason", `{"key":"a","kind":"leave","status":"sick","reason":"  "}`, 400, "reason_required"),
		ask("reason too long", `{"key":"a","kind":"leave","status":"sick","reason":"`+strings.Repeat("长", 101)+`"}`, 400, "invalid_input"),
		ask("picture that is not there", `{"key":"a","kind":"leave","status":"sick","reason":"发烧了","evidence":["0000000000001"]}`, 404, "no_picture"),
		ask("picture of another request", `{"key":"a","kind":"leave","status":"sick","reason":"发烧了","evidence":["{picture}"]}`, 404, "no_picture"),
		ask("three pictures", `{"key":"a","kind":"leave","status":"sick","reason":"发烧了","evidence":["{picture}","{picture}","{picture}"]}`, 400, "invalid_input"),
		ask("picture is a number", `{"key":"a","kind":"leave","status":"sick","reason":"发烧了","evidence":[1]}`, 400, "invalid_input"),
		ask("make-up before the window", `{"key":"a","kind":"makeup","status":"present","reason":"没电了"}`, 409, "event_not_open_yet"),
		{name: "leave from somebody else's event", method: post, path: events + "/{far}/requests", body: `{"key":"a","kind":"leave","status":"sick","reason":"发烧了"}`, status: 404, code: "not_found"},
		{name: "leave after having come", method: post, path: events + "/{event}/requests", body: `{"key":"a","kind":"leave","status":"sick","reason":"发烧了"}`, status: 409, code: "already_present"},
		{name: "requests of no state", method: get, path: "/api/v1/requests?state=lost", status: 400, code: "invalid_input"},
		{name: "requests of no scope", method: get, path: "/api/v1/requests?scope=all", status: 400, code: "invalid_input"},
		{name: "requests of no event", method: get, path: "/api/v1/requests?eventId=1", status: 400, code: "invalid_input"},
		decide("decline without a reason", "{request}/decline", `{}`, 400, "reason_required"),
		decide("decline without a body", "{request}/decline", ``, 400, "reason_required"),
		decide("decline at length", "{request}/decline", `{"reason":"`+strings.Repeat("长", 101)+`"}`, 400, "invalid_input"),
		decide("approve what is not there", "0000000000001/approve", `{}`, 404, "not_found"),
		decide("approve a word", "hello/approve", `{}`, 404, "not_found"),
		{name: "somebody else's withdrawal", who: "本书记", method: post, path: "/api/v1/requests/{request}/withdraw", status: 404, code: "not_found"},
		{name: "picture of nothing", method: get, path: "/api/v1/requests/{request}/evidence/0000000000001", status: 404, code: "no_picture"},
		{name: "picture of a word", method: get, path: "/api/v1/requests/{request}/evidence/hello", status: 404, code: "not_found"},
		several("nobody to mark", `{"key":"a","memberIds":[],"status":"present"}`, 400, "invalid_input"),
		several("marks without a key", `{"memberIds":["{member}"],"status":"present"}`, 400, "invalid_input"),
		several("marks of no status", `{"key":"a","memberIds":["{member}"],"status":"asleep"}`, 400, "invalid_input"),
		several("three hundred and one", `{"key":"a","memberIds":["{member}"`+strings.Repeat(`,"{member}"`, 300)+`],"status":"late"}`, 400, "invalid_input"),
		several("one of another branch among them", `{"key":"a","memberIds":["{member}","{farMember}"],"status":"late"}`, 404, "not_found"),
		several("over a member's own scan", `{"key":"a","memberIds":["{member}"],"status":"late"}`, 400, "reason_required"),
		{name: "undo of nothing", who: "本书记", method: post, path: events + "/{event}/attendance/marks/0000000000001/undo", status: 404, code: "not_found"},
		{name: "help for somebody far", method: post, path: events + "/{event}/helped", body: `{"key":"a","memberId":"{farMember}"}`, status: 404, code: "not_found"},
		{name: "help for oneself", method: post, path: events + "/{event}/helped", body: `{"key":"a","memberId":"{member}"}`, status: 404, code: "not_found"},
		{name: "help without a key", method: post, path: events + "/{event}/helped", body: `{"memberId":"{member}"}`, status: 400, code: "invalid_input"},
		{name: "help before having come", who: "本组织", method: post, path: events + "/{event}/helped", body: `{"key":"a","memberId":"{member}"}`, status: 409, code: "helper_not_present"},
		send("no picture at all", "", 400, "not_a_picture"),
		send("a page as a picture", "<html><script>alert(1)</script></html>", 400, "not_a_picture"),
		send("half a picture", dot[:40], 400, "not_a_picture"),
		send("a picture beyond the bound", dot+strings.Repeat("x", 1<<20), 400, "picture_too_large"),
	}
}

// TestEvidenceIsShownAsPicture: what is sent as any kind of picture comes back as a plain JPEG that nobody may keep.
func TestEvidenceIsShownAsPicture(t *testing.T) {
	w := newWorld(t)
	request, picture := w.asked("本党员")
	shown := w.as("本书记").want(http.StatusOK, get, "/api/v1/requests/"+request+"/evidence/"+picture, nil)
	if kind := shown.Header.Get("Content-Type"); kind != "image/jpeg" || !strings.Contains(shown.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("%s, %s", kind, shown.Header.Get("Cache-Control"))
	}
	if _, err := jpeg.Decode(strings.NewReader(shown.Text)); err != nil {
		t.Error(err)
	}
}

// TestRequestDay: a member asks for leave, the secretary finds it and grants it, and it is in the member's record.
func TestRequestDay(t *testing.T) {
	w := newWorld(t)
	w.asked("本党员")
	secretary, member := w.as("本书记"), w.as("本党员")
	open := secretary.want(http.StatusOK, get, "/api/v1/requests?scope=run&state=pending", nil)
	if open.get("items.0.memberName") != "本党员" || open.get("items.0.canDecide") != "true" || open.get("items.0.reason") != "发烧了" {
		t.Fatalf("the secretary finds %s", open.Text)
	}
	secretary.want(http.StatusOK, post, "/api/v1/requests/"+open.get("items.0.id")+"/approve", nil)
	if left := secretary.want(http.StatusOK, get, "/api/v1/requests?scope=run&state=pending", nil); len(left.list("items")) != 0 {
		t.Errorf("still open: %s", left.Text)
	}
	mine := member.want(http.StatusOK, get, "/api/v1/requests", nil)
	if mine.get("items.0.state") != "approved" || mine.get("items.0.decidedBy.name") != "本书记" || mine.get("items.0.recorded") != "sick" {
		t.Errorf("the member sees %s", mine.Text)
	}
	seen := member.want(http.StatusOK, get, events+"/"+open.get("items.0.event.id"), nil)
	if seen.get("mine.attendance.status") != "sick" || seen.get("mine.attendance.source") != "leave" {
		t.Errorf("the event says %s", seen.Text)
	}
}

func TestPicturesGoAtNight(t *testing.T) {
	w := newWorld(t)
	request, _ := w.asked("本党员")
	w.as("本书记").want(http.StatusOK, post, "/api/v1/requests/"+request+"/approve", nil)
	pictures := func() (n int) {
		if err := w.app.DB.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM attendance_evidence").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	night := func(days int) {
		w.clock.Advance(time.Duration(days) * 24 * time.Hour)
		if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if night(2); pictures() != 1 {
		t.Error("gone before anybody could ask back")
	}
	if night(40); pictures() != 0 {
		t.Error("kept for longer than it is needed")
	}
}

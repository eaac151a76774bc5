package app_test

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"
)

// TestRenewedCode: after a leak every code and ticket of before is void, and the new one works.
func TestRenewedCode(t *testing.T) {
	w := newWorld(t)
	event, secretary, member := w.published("本村"), w.as("本书记"), w.as("本党员")
	w.clock.Advance(2 * time.Hour)
	shown := secretary.want(http.StatusOK, get, event+"/code?ahead=120", nil)
	if ahead := shown.list("ahead"); len(ahead) != 12 {
		t.Fatalf("%d codes ahead, want 12: %s", len(ahead), shown.Text)
	}
	if a := member.want(http.StatusConflict, post, scans, map[string]string{"code": shown.get("ahead.0.url")}); a.get("code") != "code_future" {
		t.Errorf("a code before its time: %s", a.Text)
	}
	ticket := member.want(http.StatusOK, post, scans, map[string]string{"code": shown.get("url")}).get("ticket")
	e := secretary.want(http.StatusOK, post, event+"/code/renew", map[string]string{"reason": "二维码被转发到群里", "key": "k"})
	if again := secretary.want(http.StatusOK, post, event+"/code/renew", map[string]string{"reason": "二维码被转发到群里", "key": "k"}); again.get("revision") != e.get("revision") {
		t.Errorf("the same key renewed twice: %s", again.Text)
	}
	if a := member.want(http.StatusBadRequest, post, scans, map[string]string{"code": shown.get("url")}); a.get("code") != "code_forged" {
		t.Errorf("the old code: %s", a.Text)
	}
	a := member.want(http.StatusConflict, post, checkins, map[string]string{"key": "old", "ticket": ticket})
	if a.get("code") != "code_renewed" {
		t.Errorf("the old ticket: %s", a.Text)
	}
	checkRefusal(t, a)
	w.clock.Advance(10 * time.Second)
	member.want(http.StatusBadRequest, post, scans, map[string]string{"code": shown.get("ahead.0.url")}) // what was fetched before is void too
	url := secretary.want(http.StatusOK, get, event+"/code", nil).get("url")
	member.want(http.StatusCreated, post, checkins, map[string]string{"key": "new", "code": url})
}

// TestAheadIsWhatWillBeShown: what a screen fetched before it lost its network is what the server shows when the time comes.
func TestAheadIsWhatWillBeShown(t *testing.T) {
	w := newWorld(t)
	event, secretary := w.published("本村"), w.as("本书记")
	w.clock.Advance(2 * time.Hour)
	shown := secretary.want(http.StatusOK, get, event+"/code?ahead=120", nil)
	for i := range 12 {
		foretold := fmt.Sprintf("ahead.%d.", i)
		at, err := time.Parse(time.RFC3339, shown.get(foretold+"showFrom"))
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Set(at)
		now := secretary.want(http.StatusOK, get, event+"/code", nil)
		for _, field := range []string{"url", "validUntil", "spoken", "spokenUntil"} {
			if want := shown.get(foretold + field); now.get(field) != want {
				t.Errorf("%d: %s is %s, was foretold as %s", i, field, now.get(field), want)
			}
		}
	}
}

// TestReview: refused scans and odd check-ins are listed for the secretary; nobody is held back by them.
func TestReview(t *testing.T) {
	w := newWorld(t)
	event, secretary := w.published("本村"), w.as("本书记")
	w.clock.Advance(2 * time.Hour)
	digits := secretary.want(http.StatusOK, get, event+"/code", nil).get("spoken")
	for range 5 {
		w.as("本组织").want(http.StatusConflict, post, scans, map[string]string{"code": turned(digits), "eventId": path.Base(event)})
	}
	url := secretary.want(http.StatusOK, get, event+"/code", nil).get("url")
	w.as("居民").call(post, checkins, map[string]string{"key": "k", "code": url})
	for _, who := range []string{"本党员", "本讲解"} {
		w.as(who).want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "code": url, "device": "phone-of-the-family"})
	}
	w.as("本书记").want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "code": url, "device": "another phone"})
	check := func() {
		t.Helper()
		failed := secretary.want(http.StatusOK, get, event+"/failed-scans", nil)
		if failed.get("total") != "6" || !strings.Contains(failed.Text, "口令输错") || !strings.Contains(failed.Text, "微信还没绑定党员") || !strings.Contains(failed.Text, "本组织") {
			t.Errorf("failed scans: %s", failed.Text)
		}
		hints := secretary.want(http.StatusOK, get, event+"/hints", nil)
		if n := len(hints.list("items")); n != 2 || hints.get("items.0.kind") != "one_device" || !strings.Contains(hints.get("items.0.sentence"), "本党员") || !strings.Contains(hints.get("items.1.sentence"), "失败了5次") {
			t.Errorf("hints: %s", hints.Text)
		}
	}
	check()
	secretary.want(http.StatusOK, post, event+"/close", nil)
	check() // also when it is over
	var kept []string
	if err := w.app.DB.Read().NewRaw("SELECT device FROM checkin_devices").Scan(t.Context(), &kept); err != nil || len(kept) != 3 {
		t.Fatalf("%v, %v", kept, err)
	}
	for _, device := range kept {
		if strings.Contains(device, "phone") || len(device) != 32 {
			t.Errorf("the phone's own name is kept: %s", device)
		}
	}
	w.clock.Advance(31 * 24 * time.Hour)
	if n, err := w.app.Checkin.PruneDevices(t.Context(), w.clock.Now().Add(-30*24*time.Hour), 100); n != 3 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
}

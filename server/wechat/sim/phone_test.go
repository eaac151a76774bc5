package sim_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"themeday/server/wechat/sim"
)

// The page must run where scripts and styles may only come from the same server.
func TestPhonePage(t *testing.T) {
	w := setUp(t, func(o *sim.Options) { o.Name = "<党>日" })
	for _, path := range []string{"/__sim/phone", "/__sim/phone?person=wang", "/__sim/push"} {
		status, page := w.control(t, "GET", path, "")
		if status != 200 {
			t.Fatalf("%s: status %d", path, status)
		}
		for what, form := range map[string]string{
			"inline script": `<script(?:\s[^>]*)?>[^<]`, "inline style": `<style|\sstyle=`, "handler": `\son[a-z]+=`, "foreign resource": `(?:src|href)="(?:https?:)?//`,
		} {
			if found := regexp.MustCompile(form).FindString(page); found != "" {
				t.Errorf("%s: %s %q", path, what, found)
			}
		}
		if !strings.Contains(page, "&lt;党&gt;日") || strings.Contains(page, "<党>") {
			t.Errorf("%s: the name is not escaped", path)
		}
		for _, asset := range regexp.MustCompile(`(?:src|href)="(/__sim/[a-z]+\.[a-z]+)"`).FindAllStringSubmatch(page, -1) {
			if status, content := w.control(t, "GET", asset[1], ""); status != 200 || content == "" {
				t.Errorf("%s: status %d", asset[1], status)
			}
		}
	}
}

// What can be chosen on the page is said in Chinese, and sent as the interface spells it.
func TestPushPageWords(t *testing.T) {
	_, page := setUp(t).control(t, "GET", "/__sim/push", "")
	choices := sim.Statuses()
	for _, f := range sim.PushFaults() {
		choices = append(choices, string(f))
	}
	for _, choice := range choices {
		said := regexp.MustCompile(`value="` + choice + `">([^<]*)<`).FindStringSubmatch(page)
		if len(said) != 2 || !regexp.MustCompile(`\p{Han}`).MatchString(said[1]) {
			t.Errorf("%s: %q", choice, said)
		}
	}
}

func TestPhoneAssets(t *testing.T) {
	w := setUp(t)
	for path, kind := range map[string]string{"/__sim/phone.css": "text/css", "/__sim/phone.js": "text/javascript", "/__sim/phone": "text/html", "/__sim/push": "text/html", "/__sim/push.js": "text/javascript"} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		reply := httptest.NewRecorder()
		w.Control().ServeHTTP(reply, r)
		if got := reply.Header().Get("Content-Type"); !strings.HasPrefix(got, kind) {
			t.Errorf("%s: labelled %q, want %s", path, got, kind)
		}
		if regexp.MustCompile(`https?://|innerHTML|eval\(`).MatchString(reply.Body.String()) {
			t.Errorf("%s: loads something foreign or writes markup", path)
		}
	}
}

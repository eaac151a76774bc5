package sim_test

import (
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/wechat/sim"
)

func TestOnlyThisMachine(t *testing.T) {
	tests := []struct {
		remote, forwarded string
		allowed           bool
	}{
		{"127.0.0.1:1234", "", true},
		{"127.8.9.1:1234", "", true},
		{"[::1]:1234", "", true},
		{"[::ffff:127.0.0.1]:1234", "", true},
		{"127.0.0.1:1234", "127.0.0.1", true},
		{"127.0.0.1:1234", "203.0.113.7", false},
		{"127.0.0.1:1234", "127.0.0.1, 203.0.113.7", false},
		{"192.168.1.5:1234", "", false},
		{"192.168.1.5:1234", "127.0.0.1", false},
		{"[fe80::1]:1234", "", false},
		{"localhost", "", false},
		{"", "", false},
	}
	w := setUp(t)
	for _, tt := range tests {
		for _, path := range []string{"/__sim/people", "/__sim/phone", "/__sim/wx/cgi-bin/token"} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			r.RemoteAddr = tt.remote
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			reply := httptest.NewRecorder()
			w.Control().ServeHTTP(reply, r)
			refused := reply.Code == 403 && strings.Contains(reply.Body.String(), `"code":"loopback_only"`)
			if refused == tt.allowed {
				t.Errorf("%s for %q via %q: got %d %s", path, tt.remote, tt.forwarded, reply.Code, reply.Body)
			}
		}
	}
}

// The control calls, as a client sees them.
func TestControl(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // regular expression for the whole body
	}{
		{
			"people", "GET", "/__sim/people", "", 200,
			`\{"items":\[\{"id":"wang","name":"王建国","roles":\["secretary"\],"org":"冉庙村党支部","bound":true\},\{"id":"chen","name":"陈港生","roles":\[\],"org":"光明社区","bound":false\},.*\]\}`,
		},
		{"login code", "POST", "/__sim/login-codes", `{"person":"wang"}`, 200, `\{"code":"[0-9A-Za-z_-]{32}"\}`},
		{"login code by openid", "POST", "/__sim/login-codes", `{"person":"own-openid"}`, 200, `\{"code":"[0-9A-Za-z_-]{32}"\}`},
		{"login code by name", "POST", "/__sim/login-codes", `{"person":"王建国"}`, 200, `\{"code":"[0-9A-Za-z_-]{32}"\}`},
		{"phone code", "POST", "/__sim/phone-codes", `{"person":"wang"}`, 200, `\{"code":"[0-9a-f]{64}"\}`},
		{"nobody", "POST", "/__sim/login-codes", `{"person":"x"}`, 404, `\{"code":"person_not_found","message":"[^"]+"\}`},
		{"two of a name", "POST", "/__sim/login-codes", `{"person":"李秀英"}`, 404, `\{"code":"person_not_found","message":"[^"]+"\}`},
		{"no JSON", "POST", "/__sim/phone-codes", `person=wang`, 400, `\{"code":"bad_json","message":"[^"]+"\}`},
		{"too long", "POST", "/__sim/phone-codes", `{"person":"` + strings.Repeat("x", 70_000) + `"}`, 400, `\{"code":"bad_json","message":"[^"]+"\}`},
		{"tap", "POST", "/__sim/taps", `{"person":"wang","templateIds":["remind","again"]}`, 200, `\{"results":\{"again":"filter","remind":"accept"\}\}`},
		{"tap that rejects", "POST", "/__sim/taps", `{"person":"wang","templateIds":["remind"],"results":{"remind":"reject"}}`, 200, `\{"results":\{"remind":"reject"\}\}`},
		{"tap with nonsense", "POST", "/__sim/taps", `{"person":"wang","templateIds":["remind"],"results":{"remind":"maybe"}}`, 400, `\{"code":"bad_result","message":"[^"]+"\}`},
		{"tap for nothing", "POST", "/__sim/taps", `{"person":"wang"}`, 400, `\{"code":"tap_refused","message":"[^"]+","errCode":10001\}`},
		{"tap of nobody", "POST", "/__sim/taps", `{"person":"x","templateIds":["remind"]}`, 404, `\{"code":"person_not_found".*`},
		{"no messages", "GET", "/__sim/messages?person=wang", "", 200, `\{"items":\[\]\}`},
		{"nobody's messages", "GET", "/__sim/messages?person=x", "", 404, `\{"code":"person_not_found".*`},
		{"clock", "GET", "/__sim/clock", "", 200, `\{"now":"2026-03-09T01:00:00Z"\}`},
		{"no faults", "GET", "/__sim/faults", "", 200, `\{"items":\[\]\}`},
		{"no requests", "GET", "/__sim/requests", "", 200, `\{"items":\[\]\}`},
		{"unknown path", "GET", "/__sim/x", "", 404, `\{"code":"not_found","message":"[^"]+"\}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := setUp(t)
			w.AddPerson(sim.Person{ID: "li2", Name: "李秀英"})
			status, got := w.control(t, tt.method, tt.path, tt.body)
			if status != tt.status || !regexp.MustCompile(`^`+tt.want+`\n$`).MatchString(got) {
				t.Errorf("got %d %s want %d %s", status, got, tt.status, tt.want)
			}
		})
	}
}

func TestMessagesNewestFirst(t *testing.T) {
	w := setUp(t)
	w.grant(t, "wang", "remind")
	w.grant(t, "wang", "remind")
	first := w.send(t, "wang")
	w.clock.Advance(time.Minute)
	second := w.send(t, "wang", func(m map[string]any) { m["page"] = "" })
	_, got := w.control(t, "GET", "/__sim/messages?person=wang", "")
	item := func(id, page, at string) string {
		return `{"id":"` + id + `","person":"wang","templateId":"remind","title":"活动提醒","page":"` + page + `",` +
			`"lines":[{"label":"活动名称","value":"三月主题党日"},{"label":"开始时间","value":"2026年3月10日 09:00"}],` +
			`"data":{"thing1":"三月主题党日","time2":"2026年3月10日 09:00"},"at":"` + at + `"}`
	}
	want := `{"items":[` + item(second.MsgID.String(), "", "2026-03-09T01:01:00Z") + `,` +
		item(first.MsgID.String(), "pages/event/event?id=1", "2026-03-09T01:00:00Z") + `]}`
	if strings.TrimSpace(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, all := w.control(t, "GET", "/__sim/messages", ""); all != got {
		t.Errorf("all phones: %s", all)
	}
}

func TestClock(t *testing.T) {
	tests := []struct {
		body   string
		status int
		want   time.Time
	}{
		{`{"advance":"60s"}`, 200, start.Add(time.Minute)},
		{`{"advance":"1h30m"}`, 200, start.Add(90 * time.Minute)},
		{`{"advance":60}`, 200, start.Add(time.Minute)},
		{`{"advance":"60"}`, 200, start.Add(time.Minute)},
		{`{"advance":0.5}`, 200, start.Add(500 * time.Millisecond)},
		{`{"advanceSeconds":60}`, 200, start.Add(time.Minute)},
		{`{"now":"2026-03-10T09:00:00+08:00"}`, 200, start.Add(24 * time.Hour)},
		{`{"now":"2026-03-08T01:00:00Z"}`, 200, start.Add(-24 * time.Hour)},
		{`{"advance":"-60s"}`, 400, start},
		{`{"advance":"soon"}`, 400, start},
		{`{"advance":1e30}`, 400, start},
		{`{"advance":"NaN"}`, 400, start},
		{`{"advance":"60s","now":"2026-03-10T09:00:00Z"}`, 400, start},
		{`{"now":"tomorrow"}`, 400, start},
		{`{"now":"9999-01-01T00:00:00Z"}`, 400, start},
		{`{}`, 400, start},
		{`60`, 400, start},
		{``, 400, start},
	}
	for _, tt := range tests {
		w := setUp(t)
		status, got := w.control(t, "POST", "/__sim/clock", tt.body)
		if status != tt.status || !w.clock.Now().Equal(tt.want) {
			t.Errorf("%s: got %d and %s, want %d and %s", tt.body, status, w.clock.Now(), tt.status, tt.want)
		}
		if _, now := w.control(t, "GET", "/__sim/clock", ""); status == 200 && now != got {
			t.Errorf("%s: answered %s, then %s", tt.body, got, now)
		}
	}
	fixed := setUp(t, func(o *sim.Options) { o.Clock = clock.System() })
	if status, got := fixed.control(t, "POST", "/__sim/clock", `{"advance":1}`); status != 409 || !strings.Contains(got, "clock_fixed") {
		t.Errorf("a clock that cannot be moved: got %d %s", status, got)
	}
}

func FuzzClock(f *testing.F) {
	f.Add(`{"advance":"60s"}`)
	f.Add(`{"advance":1e9}`)
	f.Add(`{"now":"2026-03-10T09:00:00Z"}`)
	f.Fuzz(func(t *testing.T, body string) {
		w := setUp(t)
		status, _ := w.control(t, "POST", "/__sim/clock", body)
		year := w.clock.Now().Year()
		if (status != 200 && status != 400) || year < 2020 || year > 2100 || (status == 400 && !w.clock.Now().Equal(start)) {
			t.Errorf("%q: %d, year %d", body, status, year)
		}
	})
}

func TestRequestLogMasksSecrets(t *testing.T) {
	w := setUp(t)
	code, err := w.LoginCode("wang")
	must(t, err)
	phone, err := w.PhoneCode("wang")
	must(t, err)
	w.login(t, code)
	token := w.plainToken(t).AccessToken
	w.withToken(t, "POST", "/wxa/business/getuserphonenumber", `{"code" : "`+phone+`"}`)
	w.send(t, "wang")
	_, log := w.control(t, "GET", "/__sim/requests", "")
	for _, hidden := range []string{code, phone, token, w.stableToken(t, false).AccessToken, sim.DefaultAppSecret} {
		if strings.Contains(log, hidden) {
			t.Errorf("%q is in the log", hidden)
		}
	}
	var list struct{ Items []sim.Request }
	must(t, json.Unmarshal([]byte(log), &list))
	if len(list.Items) != 6 {
		t.Fatalf("%d requests, want 6: %s", len(list.Items), log)
	}
	if last := list.Items[0]; last.Path != "/cgi-bin/message/subscribe/send" || last.ErrCode != 43101 || last.Status != 200 || last.Query != "access_token=%2A%2A%2A" {
		t.Errorf("newest: %+v", last)
	}
}

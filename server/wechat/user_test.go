package wechat_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

func TestLogin(t *testing.T) {
	f := setUp(t)
	code, err := f.sim.LoginCode("wang")
	must(t, err)
	got, err := f.Login(t.Context(), code)
	must(t, err)
	if want := f.openID("wang"); got.OpenID != want {
		t.Errorf("openid %q, want %q", got.OpenID, want)
	}
	if len(got.UnionID) != 28 {
		t.Errorf("unionid %q, want 28 characters", got.UnionID)
	}
	if n := f.calls(tokenPath); n != 0 {
		t.Errorf("login fetched %d access tokens; it needs none", n)
	}
}

func TestLoginRefused(t *testing.T) {
	tests := []struct {
		name    string
		arrange func(t *testing.T, f *fixture) (code string)
		code    int
		badCode bool
		outcome wechat.Outcome
	}{
		{"code used before", func(t *testing.T, f *fixture) string {
			code := loginCode(t, f)
			_, err := f.Login(t.Context(), code)
			must(t, err)
			return code
		}, wechat.CodeUsedCode, true, wechat.Refused},
		{"code older than five minutes", func(t *testing.T, f *fixture) string {
			code := loginCode(t, f)
			f.clock.Advance(5*time.Minute + time.Millisecond)
			return code
		}, wechat.CodeInvalidCode, true, wechat.Refused},
		{"code never issued", func(*testing.T, *fixture) string { return "0d1Ya9000" }, wechat.CodeInvalidCode, true, wechat.Refused},
		{"phone code", func(t *testing.T, f *fixture) string { return phoneCode(t, f, "wang") }, wechat.CodeInvalidCode, true, wechat.Refused},
		{"high-risk user", func(t *testing.T, f *fixture) string {
			f.fault(t, sim.Fault{Endpoint: "login", ErrCode: 40226})
			return loginCode(t, f)
		}, wechat.CodeHighRiskUser, false, wechat.Refused},
		{"HTML instead of JSON", func(t *testing.T, f *fixture) string {
			f.fault(t, sim.Fault{Endpoint: "login", Body: "<html>"})
			return loginCode(t, f)
		}, 0, false, wechat.Unknown},
		{"connection broken off", func(t *testing.T, f *fixture) string {
			f.fault(t, sim.Fault{Endpoint: "login", Truncate: true})
			return loginCode(t, f)
		}, 0, false, wechat.Unknown},
		{"no openid in the reply", func(t *testing.T, f *fixture) string {
			f.fault(t, sim.Fault{Endpoint: "login", Body: `{"session_key":"x"}`})
			return loginCode(t, f)
		}, 0, false, wechat.Unknown},
		{"gateway error", func(t *testing.T, f *fixture) string {
			f.fault(t, sim.Fault{Endpoint: "login", Status: 502})
			return loginCode(t, f)
		}, 0, false, wechat.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := setUp(t)
			code := tt.arrange(t, f)
			got, err := f.Login(t.Context(), code)
			e := failed(t, err)
			if e.Op != "login" || e.Code != tt.code || e.BadUserCode() != tt.badCode || e.Outcome != tt.outcome {
				t.Errorf("got %v (op %s, code %d, bad code %t, %s), want code %d, bad code %t, %s",
					e, e.Op, e.Code, e.BadUserCode(), e.Outcome, tt.code, tt.badCode, tt.outcome)
			}
			if got != (wechat.Identity{}) {
				t.Errorf("got an identity %v with the error", got)
			}
		})
	}
}

// Whatever a phone sends as its code, nothing but a well-formed code goes into the address that also holds the secret.
func TestHostileCodesAreNotSent(t *testing.T) {
	hostile := []string{
		"", " ", "c&appid=evil", "c&grant_type=x", "c#", "c?x=1", "c/../../cgi-bin/token", "c%26appid%3Devil", "c\r\nHost: evil", "c\x00",
		"码", "c code", strings.Repeat("a", 129),
	}
	f := setUp(t)
	for _, code := range hostile {
		_, err := f.Login(t.Context(), code)
		if e := failed(t, err); !errors.Is(e, wechat.ErrInvalid) || e.Outcome != wechat.NotSent || !e.BadUserCode() {
			t.Errorf("login code %q: got %v, want ErrInvalid", code, e)
		}
	}
	for _, code := range []string{"", "a b", "码", "a\n", strings.Repeat("a", 257)} {
		_, err := f.Phone(t.Context(), code)
		if e := failed(t, err); !errors.Is(e, wechat.ErrInvalid) || !e.BadUserCode() {
			t.Errorf("phone code %q: got %v, want ErrInvalid", code, e)
		}
	}
	if seen := f.sim.Requests(); len(seen) != 0 {
		t.Errorf("the platform saw %v", seen)
	}
}

func TestPhone(t *testing.T) {
	for person, want := range map[string]string{"wang": "13800000001", "chen": "+85291234567"} {
		f := setUp(t)
		got, err := f.Phone(t.Context(), phoneCode(t, f, person))
		must(t, err)
		if got != want {
			t.Errorf("%s: got %q, want %q", person, got, want)
		}
	}
}

func TestPhoneRefused(t *testing.T) {
	f := setUp(t)
	spent := phoneCode(t, f, "wang")
	_, err := f.Phone(t.Context(), spent)
	must(t, err)
	for name, code := range map[string]string{"spent": spent, "login code": loginCode(t, f), "unknown": "e31968a7f94cc5ee"} {
		_, err := f.Phone(t.Context(), code)
		if e := failed(t, err); e.Code != wechat.CodeInvalidCode || !e.BadUserCode() {
			t.Errorf("%s: got %v, want 40029", name, e)
		}
	}
}

func TestPhoneUnreadable(t *testing.T) {
	for name, body := range map[string]string{
		"HTML":            "<html>",
		"null":            "null",
		"nothing":         "",
		"no number":       `{"errcode":0,"errmsg":"ok","phone_info":{}}`,
		"words as number": `{"errcode":0,"phone_info":{"purePhoneNumber":"call me","countryCode":"86"}}`,
		"long country":    `{"errcode":0,"phone_info":{"purePhoneNumber":"13800000001","countryCode":"86868"}}`,
		"another app's":   `{"errcode":0,"phone_info":{"purePhoneNumber":"13800000001","watermark":{"appid":"wxother"}}}`,
		"wrong types":     `{"errcode":"zero"}`,
	} {
		f := setUp(t)
		number, err := f.newClient(replies(200, "application/json", body)).Phone(t.Context(), "abc")
		if e := failed(t, err); !errors.Is(e, wechat.ErrUnreadable) || number != "" {
			t.Errorf("%s: got %q, %v, want ErrUnreadable", name, number, e)
		}
	}
}

// A number is written in several ways in practice; all give the form that the roster has.
func TestPhoneForms(t *testing.T) {
	for body, want := range map[string]string{
		`{"phone_info":{"purePhoneNumber":"138 0000 0001","countryCode":"86"}}`: "13800000001",
		`{"phone_info":{"purePhoneNumber":"138-0000-0001","countryCode":""}}`:   "13800000001",
		`{"phone_info":{"purePhoneNumber":"13800000001","countryCode":"+86"}}`:  "13800000001",
		`{"phone_info":{"purePhoneNumber":"2025550101","countryCode":"1"}}`:     "+12025550101",
	} {
		f := setUp(t)
		got, err := f.newClient(replies(200, "text/plain", body)).Phone(t.Context(), "abc")
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", body, got, err, want)
		}
	}
}

func loginCode(t *testing.T, f *fixture) string {
	t.Helper()
	code, err := f.sim.LoginCode("wang")
	must(t, err)
	return code
}

func phoneCode(t *testing.T, f *fixture, person string) string {
	t.Helper()
	code, err := f.sim.PhoneCode(person)
	must(t, err)
	return code
}

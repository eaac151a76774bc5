package web_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/fault"
)

func TestEveryKindOfFault(t *testing.T) {
	timeout := &url.Error{Op: "Post", URL: "https://api.weixin.qq.com", Err: context.DeadlineExceeded}
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
		retry  string
	}{
		{"invalid", fault.Invalid("wrong_thing", "不对"), 400, "wrong_thing", ""},
		{"unauthenticated", fault.Unauthenticated("who", "请登录"), 401, "who", ""},
		{"forbidden", fault.Forbidden("no_right", "不行"), 403, "no_right", ""},
		{"not found", fault.NotFound("gone", "没有"), 404, "gone", ""},
		{"conflict", fault.Conflict("too_late", "晚了"), 409, "too_late", ""},
		{"too many", fault.TooMany("slow", "慢点").WithRetryAfter(1500 * time.Millisecond), 429, "slow", "2"},
		{"unavailable", fault.Unavailable("away", "稍后").WithRetryAfter(3 * time.Second), 503, "away", "3"},
		{"internal", fault.Internal(errInternal), 500, "internal", ""},
		{"no fault at all", errInternal, 500, "internal", ""},
		{"wrapped", fmt.Errorf("more: %w", fault.Conflict("too_late", "晚了").WithCause(errInternal)), 409, "too_late", ""},
		{"the database is away", fmt.Errorf("more: %w", net.ErrClosed), 503, "unavailable", "1"},
		{"the database times out", fmt.Errorf("more: %w", context.DeadlineExceeded), 503, "unavailable", "1"},
		{"another service times out", fault.Unavailable("wechat_unavailable", "微信没有响应").WithCause(timeout), 503, "wechat_unavailable", ""},
		{"a refusal because of a time-out", fault.Conflict("too_late", "晚了").WithCause(timeout), 409, "too_late", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.note.err = c.err
			for path, r := range map[string]request{"json": {}, "raw": {method: http.MethodGet, path: notePath + "/picture"}} {
				res := s.do(t, r)
				p := refusal(t, res, c.status, c.code)
				if got := res.Header.Get("Retry-After"); got != c.retry {
					t.Errorf("%s: Retry-After %q, want %q", path, got, c.retry)
				}
				for _, secret := range []string{"SELECT", "10.0.0.5", "weixin", "deadline"} {
					if strings.Contains(fmt.Sprint(p), secret) {
						t.Errorf("%s: %q is in the answer: %+v", path, secret, p)
					}
				}
			}
			if c.status >= 500 && !strings.Contains(s.log.String(), "level=ERROR") {
				t.Errorf("the operator is not told: %s", s.log)
			}
		})
	}
}

func TestValidation(t *testing.T) {
	edit := func(old, replacement string) request {
		return request{body: strings.Replace(soundNote, old, replacement, 1)}
	}
	for _, c := range []struct {
		name   string
		r      request
		status int
		code   string
		fields []string
	}{
		{"sound", request{}, 200, "", nil},
		{"unknown fields", edit(`{"title"`, `{"new":{"a":[1]},"title"`), 200, "", nil},
		{"charset", request{header: map[string]string{"Content-Type": "application/json; charset=utf-8"}}, 200, "", nil},
		{"no media type", request{header: map[string]string{"Content-Type": ""}}, 200, "", nil},
		{"too short", edit("主题党日", "党"), 400, "invalid_input", []string{"title"}},
		{"too long, counted in characters", edit("主题党日", "主题党日活动"), 400, "invalid_input", []string{"title"}},
		{"as long as it may be", edit("主题党日", "主题党日会"), 200, "", nil},
		{"none of the choices", edit("plan", "song"), 400, "invalid_input", []string{"kind"}},
		{"too small", edit(":3", ":0"), 400, "invalid_input", []string{"pages"}},
		{"a word for a number", edit(":3", `:"drei"`), 400, "invalid_input", []string{"pages"}},
		{"a fraction", edit(":3", `:2.5`), 400, "invalid_input", []string{"pages"}},
		{"within another", edit("会议室", ""), 400, "invalid_input", []string{"place.name"}},
		{"no date", edit(`{"title"`, `{"at":"tomorrow","title"`), 400, "invalid_input", []string{"at"}},
		{"missing", edit(`"kind":"plan",`, ""), 400, "invalid_input", []string{"kind"}},
		{"several missing", edit(`"title":"主题党日","kind":"plan",`, ""), 400, "invalid_input", []string{"kind", "title"}},
		{"missing within another", edit(`"name":"会议室"`, ""), 400, "invalid_input", []string{"place.name"}},
		{"several problems", edit(`"主题党日","kind":"plan"`, `"党","kind":"song"`), 400, "invalid_input", []string{"kind", "title"}},
		{"an id that is none", edit(`{"title"`, `{"org":"xyz","title"`), 400, "invalid_input", nil},
		{"broken JSON", request{body: `{"title":`}, 400, "invalid_input", nil},
		{"a list for an object", request{body: `[]`}, 400, "invalid_input", nil},
		{"null", request{body: `null`}, 400, "invalid_input", nil},
		{"a query out of range", request{path: notePath + "?limit=11"}, 400, "invalid_input", []string{"query.limit"}},
		{"a query of another kind", request{path: notePath + "?limit=many"}, 400, "invalid_input", []string{"query.limit"}},
		{"a form", request{header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 415, "unsupported_media_type", nil},
		{"xml", request{header: map[string]string{"Content-Type": "application/xml"}}, 415, "unsupported_media_type", nil},
		{"too large", request{body: `{"title":"` + strings.Repeat("x", 129<<10) + `"}`}, 413, "too_large", nil},
		{"a malformed id in the path", request{path: "/api/v1/notes/xyz"}, 404, "not_found", nil},
		{"an upper-case id in the path", request{path: "/api/v1/notes/000000000000A"}, 404, "not_found", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			res := s.do(t, c.r)
			if c.status == http.StatusOK {
				if res.StatusCode != http.StatusOK || s.note.calls != 1 {
					t.Errorf("status %d: %s", res.StatusCode, text(t, res))
				}
				return
			}
			p := refusal(t, res, c.status, c.code)
			if s.note.calls != 0 {
				t.Error("the feature was called")
			}
			if got := slices.Sorted(maps.Keys(p.Fields)); c.fields != nil && !slices.Equal(got, c.fields) {
				t.Errorf("fields %v, want %v", p.Fields, c.fields)
			}
			for _, internal := range []string{"unmarshal", "ident", "schema", "drei", "xyz"} {
				if strings.Contains(strings.ToLower(fmt.Sprint(p)), internal) {
					t.Errorf("%q is in the answer: %+v", internal, p)
				}
			}
		})
	}
}

func TestPanicIsAnInternalError(t *testing.T) {
	s := newServer(t)
	s.note.panic = "the secret plan: " + errInternal.Error()
	p := refusal(t, s.do(t, request{}), 500, "internal")
	if strings.Contains(fmt.Sprint(p), "secret") {
		t.Errorf("%+v", p)
	}
	if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, p.RequestID) {
		t.Errorf("the operator is not told: %s", log)
	}
	s.note.panic = nil
	if res := s.do(t, request{}); res.StatusCode != http.StatusOK {
		t.Errorf("the next request: %d", res.StatusCode)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		method, path string
		status       int
		code         string
	}{
		{http.MethodGet, "/api/v1/nothing", 404, "not_found"},
		{http.MethodPost, "/api/v1/nothing", 404, "not_found"},
		{http.MethodGet, "/api/", 404, "not_found"},
		{http.MethodGet, "/api/v2/notes/0000000000001", 404, "not_found"},
		{http.MethodGet, "/__sim/people", 404, "not_found"},
		{http.MethodPost, "/index.html", 404, "not_found"},
		{http.MethodGet, "/nothing.js", 404, "not_found"},
		{http.MethodGet, notePath, 405, "method_not_allowed"},
		{http.MethodDelete, notePath, 405, "method_not_allowed"},
		{http.MethodPatch, notePath, 405, "method_not_allowed"},
		{http.MethodPut, notePath + "/", 404, "not_found"},
		{http.MethodGet, notePath + "/picture/", 404, "not_found"},
		{http.MethodGet, "/healthz/", 404, "not_found"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			refusal(t, s.do(t, request{method: c.method, path: c.path}), c.status, c.code)
		})
	}
}

func TestErrorsOfSessions(t *testing.T) {
	s := newServer(t)
	refusal(t, s.do(t, request{anonymous: true}), 401, "unauthenticated")
	refusal(t, s.do(t, request{anonymous: true, method: http.MethodGet, path: notePath + "/picture"}), 401, "unauthenticated")
	refusal(t, s.do(t, request{header: map[string]string{"Authorization": "Bearer unknown"}}), 401, "unauthenticated")
	refusal(t, s.do(t, request{header: map[string]string{"Authorization": "Basic " + secretToken}}), 401, "unauthenticated")
	refusal(t, s.do(t, request{anonymous: true, body: `{`}), 401, "unauthenticated") // before anything is read
	if s.note.calls != 0 {
		t.Error("the feature was called")
	}
	if res := s.do(t, request{anonymous: true, method: http.MethodPost, path: "/api/v1/open/0000000000001"}); res.StatusCode != http.StatusOK {
		t.Errorf("a public operation: %d", res.StatusCode)
	}
	s.sessions.err = errors.New("database away")
	refusal(t, s.do(t, request{}), 500, "internal")
}

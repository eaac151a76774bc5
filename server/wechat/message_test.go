package wechat_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

func TestSendSubscribe(t *testing.T) {
	f := setUp(t)
	id, err := f.SendSubscribe(t.Context(), f.message())
	must(t, err)
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n < 1<<53 {
		t.Errorf("message id %q, want the exact number beyond 2^53", id)
	}
	messages, err := f.sim.Messages("wang")
	must(t, err)
	if len(messages) != 1 || messages[0].ID != id || messages[0].Page != "pages/event/event?id=1" {
		t.Fatalf("on the phone: %+v", messages)
	}
	want := []sim.Line{{Label: "活动名称", Value: "三月主题党日"}, {Label: "开始时间", Value: "2026年3月10日 09:00"}, {Label: "状态", Value: "已发布"}}
	if !slices.Equal(messages[0].Lines, want) {
		t.Errorf("lines %v, want %v", messages[0].Lines, want)
	}

	_, err = f.SendSubscribe(t.Context(), f.message())
	if e := failed(t, err); e.Code != wechat.CodeNoGrant {
		t.Errorf("second message on one grant: got %v, want 43101", e)
	}
}

func TestSendWithoutPage(t *testing.T) {
	f := setUp(t)
	m := f.message()
	m.Page = ""
	_, err := f.SendSubscribe(t.Context(), m)
	must(t, err)
	for _, r := range f.sim.Requests() {
		if r.Path == sendPath && containsAny(r.Body, `"page"`, `"color"`) {
			t.Errorf("sent %s, want neither page nor colour", r.Body)
		}
	}
}

// What the platform refuses for its own reasons.
func TestSendRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*wechat.SubscribeMessage)
		code   int
	}{
		{"unknown openid", func(m *wechat.SubscribeMessage) { m.OpenID = "nobody" }, 40003},
		{"unknown template", func(m *wechat.SubscribeMessage) { m.TemplateID = "none" }, 40037},
		{"page that is not released", func(m *wechat.SubscribeMessage) { m.Page = "pages/none" }, 41030},
		{"value too long", func(m *wechat.SubscribeMessage) {
			m.Data["thing1"] = "一二三四五六七八九十一二三四五六七八九十一"
		}, 47003},
		{"key missing", func(m *wechat.SubscribeMessage) { delete(m.Data, "time2") }, 47003},
		{"value not in the list", func(m *wechat.SubscribeMessage) { m.Data["enum_string3"] = "已推迟" }, 47003},
		{"blocked word", func(m *wechat.SubscribeMessage) { m.Data["thing1"] = "敏感词测试" }, 45168},
		{"nobody", func(m *wechat.SubscribeMessage) { m.OpenID = "" }, 0},
		{"nothing", func(m *wechat.SubscribeMessage) { m.Data = nil }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := setUp(t)
			m := f.message()
			tt.change(&m)
			_, err := f.SendSubscribe(t.Context(), m)
			if e := failed(t, err); wechat.CodeOf(err) != tt.code || e.Temporary() {
				t.Errorf("got %v, want code %d, for good", e, tt.code)
			}
			if n := f.onPhone(t, ""); n != 0 {
				t.Errorf("%d messages arrived", n)
			}
		})
	}
}

// What the platform may answer to anything, and whether it may answer otherwise later.
func TestRefusals(t *testing.T) {
	tests := []struct {
		code      int
		temporary bool
	}{
		{-1, true},
		{43108, true},
		{45011, true},
		{45009, true},
		{43101, false},
		{40003, false},
		{40037, false},
		{43107, false},
		{48001, false},
		{45168, false},
		{47003, false},
		{41030, false},
		{40241, false},
		{99999, false},
	}
	for _, tt := range tests {
		f := setUp(t)
		f.fault(t, sim.Fault{Endpoint: "send", ErrCode: tt.code})
		_, err := f.SendSubscribe(t.Context(), f.message())
		e := failed(t, err)
		if e.Code != tt.code || e.Temporary() != tt.temporary || e.Outcome != wechat.Refused {
			t.Errorf("%d: got %v, temporary %t, %s; want %t", tt.code, e, e.Temporary(), e.Outcome, tt.temporary)
		}
		if n := f.calls(sendPath); n != 1 {
			t.Errorf("%d: %d sends, want no repeat", tt.code, n)
		}
	}
}

// Failures after which the message may be on the phone all the same. They must never look like a refusal.
func TestSendOutcomeUnknown(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"time-out after accepting":                   {Hang: true, After: true},
		"connection dropped after accepting":         {Drop: true, After: true},
		"gateway error after accepting":              {Status: 504, After: true},
		"reply broken off":                           {Truncate: true},
		"reply of something in between":              {Body: "<html>ok</html>", After: true},
		"reply without a verdict":                    {Body: "{}", After: true},
		"reply that is null":                         {Body: "null", After: true},
		"reply that comes after the sender gave up":  {Delay: sim.Duration(time.Hour), After: true},
		"reply of another type after accepting (#2)": {Body: "[]", After: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t, func(c *wechat.Config) { c.Timeout = 100 * time.Millisecond })
			fault.Endpoint = "send"
			f.fault(t, fault)
			_, err := f.SendSubscribe(t.Context(), f.message())
			e := failed(t, err)
			if e.Outcome != wechat.Unknown || e.Code != 0 {
				t.Errorf("got %v (%s), want unknown", e, e.Outcome)
			}
			if n := f.onPhone(t, "wang"); n != 1 {
				t.Errorf("%d messages on the phone, want the one that was accepted and no repeat", n)
			}
		})
	}
}

func TestSendOutcomeKnown(t *testing.T) {
	dialError := roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	})
	nameError := roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "api.weixin.qq.com"}
	})
	tests := []struct {
		name      string
		transport http.RoundTripper
		outcome   wechat.Outcome
		temporary bool
	}{
		{"no connection", dialError, wechat.NotSent, true},
		{"no such name", nameError, wechat.NotSent, true},
		{"slowed down by something in between", replies(429, "text/html", ""), wechat.Refused, true},
		{"forbidden by something in between", replies(403, "text/html", ""), wechat.Refused, false},
	}
	for _, tt := range tests {
		f := setUp(t)
		_, err := f.newClient(tt.transport).SendSubscribe(t.Context(), f.message())
		if e := failed(t, err); e.Outcome != tt.outcome || e.Temporary() != tt.temporary {
			t.Errorf("%s: got %v, %s, temporary %t; want %s, %t", tt.name, e, e.Outcome, e.Temporary(), tt.outcome, tt.temporary)
		}
	}
}

// When there is no token, the message cannot have gone, whatever became of the request for the token.
func TestSendWithoutTokenIsNotSent(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"refused":         {ErrCode: 40164},
		"no answer":       {Drop: true},
		"unreadable":      {Body: "<html>"},
		"empty token":     {Body: `{"access_token":"","expires_in":7200}`},
		"token of a kind": {Body: `{"access_token":"a&b=c","expires_in":7200}`},
	} {
		f := setUp(t)
		fault.Endpoint = "stable_token"
		f.fault(t, fault)
		_, err := f.SendSubscribe(t.Context(), f.message())
		if e := failed(t, err); e.Op != "token" || e.Outcome != wechat.NotSent || f.calls(sendPath) != 0 {
			t.Errorf("%s: got %v, %s, %d sends", name, e, e.Outcome, f.calls(sendPath))
		}
	}
}

func TestCallerGivesUp(t *testing.T) {
	f := setUp(t)
	ctx, cancel := context.WithCancel(t.Context())
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == sendPath {
			cancel()
		}
		return f.sim.Transport().RoundTrip(r)
	})
	_, err := f.newClient(transport).SendSubscribe(ctx, f.message())
	if e := failed(t, err); !errors.Is(e, context.Canceled) || e.Outcome != wechat.Unknown {
		t.Errorf("got %v (%s), want a cancelled call of unknown outcome", e, e.Outcome)
	}
}

func TestTemplates(t *testing.T) {
	f := setUp(t)
	_, err := f.sim.AddTemplate(sim.Template{ID: "long", Title: "学习提醒", Content: "主题：{{thing1.DATA}}", Type: sim.LongTerm})
	must(t, err)
	got, err := f.Templates(t.Context())
	must(t, err)
	if len(got) != 2 || got[0].ID != f.tmpl || got[0].Title != "活动提醒" || got[0].Type != wechat.TemplateOneTime || got[1].Type != wechat.TemplateLongTerm {
		t.Fatalf("got %+v", got)
	}
	if !slices.Equal(got[0].Enums["enum_string3"], []string{"已发布", "已取消"}) || got[1].Enums != nil {
		t.Errorf("enums %v and %v", got[0].Enums, got[1].Enums)
	}
	want := []wechat.Field{{Label: "活动名称", Key: "thing1"}, {Label: "开始时间", Key: "time2"}, {Label: "状态", Key: "enum_string3"}}
	if !slices.Equal(got[0].Fields(), want) {
		t.Errorf("fields %v, want %v", got[0].Fields(), want)
	}

	f.fault(t, sim.Fault{Endpoint: "templates", ErrCode: 200100})
	if _, err := f.Templates(t.Context()); wechat.CodeOf(err) != 200100 {
		t.Errorf("got %v, want 200100", err)
	}
}

func TestTemplateFields(t *testing.T) {
	for content, want := range map[string][]wechat.Field{
		"":                     nil,
		"no key here":          nil,
		"{{thing1.DATA}}":      {{Label: "", Key: "thing1"}},
		"时间: {{ time2.DATA }}": {{Label: "时间", Key: "time2"}},
		"\n 地点 ：{{thing3.DATA}}\r\n说明\n":       {{Label: "地点", Key: "thing3"}},
		"编号{{character_string12.DATA}}":        {{Label: "编号", Key: "character_string12"}},
		"甲：{{thing1.DATA}}\n乙：{{thing2.DATA}}": {{Label: "甲", Key: "thing1"}, {Label: "乙", Key: "thing2"}},
		"坏：{{thing.DATA}} {{thing1}}":          nil,
	} {
		if got := (wechat.Template{Content: content}).Fields(); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", content, got, want)
		}
	}
}

func FuzzTemplateFields(f *testing.F) {
	f.Add("活动名称：{{thing1.DATA}}\n开始时间：{{time2.DATA}}")
	f.Add("{{ }} {{x.DATA}}")
	f.Fuzz(func(t *testing.T, content string) {
		for _, field := range (wechat.Template{Content: content}).Fields() {
			if field.Key == "" || containsAny(field.Key, "{", " ", "\n") || containsAny(field.Label, "\n") {
				t.Errorf("%q: field %+v", content, field)
			}
		}
	})
}

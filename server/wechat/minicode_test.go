package wechat_test

import (
	"bytes"
	"errors"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"strings"
	"testing"

	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

func TestMiniCode(t *testing.T) {
	tests := []struct {
		name    string
		request wechat.MiniCodeRequest
		kind    string
		width   int
	}{
		{"plain", wechat.MiniCodeRequest{Scene: "e=1", Page: "pages/event/event"}, "image/jpeg", 430},
		{"wide", wechat.MiniCodeRequest{Scene: "e=1", Width: 1280}, "image/jpeg", 1280},
		{"without background", wechat.MiniCodeRequest{Scene: "e=1", Transparent: true, Width: 280}, "image/png", 280},
		{"page to come", wechat.MiniCodeRequest{Scene: "e=1", Page: "pages/new/new", SkipPageCheck: true}, "image/jpeg", 430},
		{"all the signs", wechat.MiniCodeRequest{Scene: "!#$&'()*+,/:;=?@-._~0aZ"}, "image/jpeg", 430},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := setUp(t)
			picture, kind, err := f.MiniCode(t.Context(), tt.request)
			must(t, err)
			decoded, _, err := image.Decode(bytes.NewReader(picture))
			must(t, err)
			if kind != tt.kind || decoded.Bounds().Dx() != tt.width {
				t.Errorf("got %s of %d pixels, want %s of %d", kind, decoded.Bounds().Dx(), tt.kind, tt.width)
			}
		})
	}
}

// The picture is judged by its bytes, so what the reply is labelled as does not matter.
func TestMiniCodeLabels(t *testing.T) {
	for _, label := range []string{"image/png", "image/jpeg; charset=utf-8", "application/json", "text/plain", "IMAGE/JPEG"} {
		f := setUp(t)
		f.fault(t, sim.Fault{Endpoint: "minicode", ContentType: label})
		_, kind, err := f.MiniCode(t.Context(), wechat.MiniCodeRequest{Scene: "a"})
		if err != nil || kind != "image/jpeg" {
			t.Errorf("labelled %q: got %q, %v", label, kind, err)
		}
	}
}

func TestMiniCodeRefused(t *testing.T) {
	tests := []struct {
		name  string
		fault sim.Fault
		code  int
	}{
		{"page that is not released", sim.Fault{}, wechat.CodeInvalidPage},
		{"JSON with 200", sim.Fault{ErrCode: 45009}, wechat.CodeDailyQuota},
		{"JSON labelled as a picture", sim.Fault{ErrCode: 40129, ContentType: "image/jpeg"}, wechat.CodeInvalidScene},
		{"JSON without a verdict", sim.Fault{Body: ` {"errcode":0,"errmsg":"ok"}`}, 0},
		{"nothing", sim.Fault{Status: 200}, 0},
		{"HTML", sim.Fault{Body: "<html>"}, 0},
		{"another kind of picture", sim.Fault{Body: "GIF89a......"}, 0},
		{"broken off", sim.Fault{Truncate: true}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := setUp(t)
			request := wechat.MiniCodeRequest{Scene: "a", Page: "pages/none"}
			if tt.fault != (sim.Fault{}) {
				tt.fault.Endpoint = "minicode"
				f.fault(t, tt.fault)
				request.Page = ""
			}
			picture, kind, err := f.MiniCode(t.Context(), request)
			if e := failed(t, err); e.Code != tt.code || picture != nil || kind != "" {
				t.Errorf("got %d bytes, %q, %v; want code %d", len(picture), kind, e, tt.code)
			}
		})
	}
}

func TestMiniCodeInvalid(t *testing.T) {
	f := setUp(t)
	for name, request := range map[string]wechat.MiniCodeRequest{
		"no scene":        {},
		"long scene":      {Scene: strings.Repeat("a", 33)},
		"percent":         {Scene: "a%20b"},
		"Chinese scene":   {Scene: "党日"},
		"leading slash":   {Scene: "a", Page: "/pages/home/home"},
		"page with query": {Scene: "a", Page: "pages/home/home?a=1"},
		"too narrow":      {Scene: "a", Width: 279},
		"too wide":        {Scene: "a", Width: 1281},
	} {
		if _, _, err := f.MiniCode(t.Context(), request); !errors.Is(err, wechat.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	if n := len(f.sim.Requests()); n != 0 {
		t.Errorf("the platform saw %d requests", n)
	}
}

func TestMiniCodeState(t *testing.T) {
	for state, version := range map[string]string{"": "release", wechat.StateFormal: "release", wechat.StateTrial: "trial", wechat.StateDeveloper: "develop"} {
		f := setUp(t, func(c *wechat.Config) { c.State = state })
		_, _, err := f.MiniCode(t.Context(), wechat.MiniCodeRequest{Scene: "a"})
		must(t, err)
		if body := f.sim.Requests()[0].Body; !strings.Contains(body, `"env_version":"`+version+`"`) {
			t.Errorf("state %q asked with %s, want %s", state, body, version)
		}
	}
}

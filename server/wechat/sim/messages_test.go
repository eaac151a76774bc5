package sim_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

func TestSend(t *testing.T) {
	w := setUp(t)
	w.grant(t, "wang", "remind")
	got := w.send(t, "wang")
	id, err := got.MsgID.Int64()
	if got.ErrCode != 0 || err != nil || id < 1<<53 {
		t.Fatalf("got %s", got.raw)
	}
	messages := w.onPhone(t, "wang")
	if len(messages) != 1 {
		t.Fatalf("%d messages on the phone", len(messages))
	}
	m := messages[0]
	if m.ID != got.MsgID.String() || m.Person != "wang" || m.TemplateID != "remind" || m.Title != "活动提醒" || !m.At.Equal(start) ||
		!maps.Equal(m.Data, map[string]string{"thing1": "三月主题党日", "time2": "2026年3月10日 09:00"}) ||
		len(m.Lines) != 2 || m.Lines[1] != (sim.Line{Label: "开始时间", Value: "2026年3月10日 09:00"}) {
		t.Errorf("got %+v", m)
	}
	if len(w.onPhone(t, "chen")) != 0 {
		t.Error("somebody else got it too")
	}
}

const emptyText = "emtpy" //nolint:misspell // so the platform spells it

func TestSendRefused(t *testing.T) {
	set := func(key string, value any) func(map[string]any) { return func(m map[string]any) { m[key] = value } }
	tests := []struct {
		name    string
		change  func(map[string]any)
		errcode int
		says    string
	}{
		{"nobody", set("touser", ""), 40003, ""},
		{"unknown openid", set("touser", "oOther"), 40003, ""},
		{"unknown template", set("template_id", "x"), 40037, ""},
		{"banned template", set("template_id", "banned"), 43107, ""},
		{"page not released", set("page", "pages/none?id=1"), 41030, ""},
		{"page with a slash", set("page", "/pages/event/event"), 41030, ""},
		{"state", set("miniprogram_state", "release"), 47003, "miniprogram_state"},
		{"language", set("lang", "zh"), 47003, "lang"},
		{"no data", set("data", map[string]any{}), 47003, "data.thing1.value is " + emptyText},
		{"missing key", set("data", data("thing1", "会议")), 47003, "data.time2.value is " + emptyText},
		{"empty value", set("data", data("thing1", "", "time2", "09:00")), 47003, "data.thing1.value is " + emptyText},
		{"wrong value", set("data", data("thing1", "会议", "time2", "上午九点")), 47003, "data.time2.value is invalid"},
		{"number for text", set("data", data("thing1", 5, "time2", "09:00")), 47003, "data.thing1.value is invalid"},
		{"blocked word", set("data", data("thing1", "这是敏感词测试", "time2", "09:00")), 45168, ""},
		{"data of the wrong form", set("data", "x"), 47001, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := setUp(t)
			w.grant(t, "wang", "remind")
			got := w.send(t, "wang", tt.change)
			if got.ErrCode != tt.errcode || !strings.Contains(got.ErrMsg, tt.says) {
				t.Errorf("got %d %q, want %d %q", got.ErrCode, got.ErrMsg, tt.errcode, tt.says)
			}
			if n := len(w.onPhone(t, "")); n != 0 {
				t.Errorf("%d messages arrived", n)
			}
			if again := w.send(t, "wang"); again.ErrCode != 0 {
				t.Errorf("the refusal spent the grant: %d", again.ErrCode)
			}
		})
	}
}

// One accepted tap is one message, without a limit in time; a long-term template is accepted once.
func TestGrants(t *testing.T) {
	w := setUp(t)
	if got := w.send(t, "wang"); got.ErrCode != 43101 {
		t.Errorf("never asked: got %d, want 43101", got.ErrCode)
	}
	w.grant(t, "wang", "remind")
	w.grant(t, "wang", "remind")
	w.clock.Advance(400 * 24 * time.Hour)
	for i, want := range []int{0, 0, 43101} {
		if got := w.send(t, "wang"); got.ErrCode != want {
			t.Errorf("message %d of two grants: got %d, want %d", i+1, got.ErrCode, want)
		}
	}
	if got := w.send(t, "chen"); got.ErrCode != 43101 {
		t.Errorf("somebody else's grant: got %d, want 43101", got.ErrCode)
	}
	study := func(m map[string]any) { m["template_id"], m["data"] = "study", data("enum_string1", "开始") }
	w.grant(t, "wang", "study")
	for i := range 3 {
		if got := w.send(t, "wang", study); got.ErrCode != 0 {
			t.Errorf("long-term message %d: got %d", i+1, got.ErrCode)
		}
	}
}

func TestTap(t *testing.T) {
	tests := []struct {
		name      string
		templates []string
		wanted    map[string]string
		want      map[string]string
		errCode   string
	}{
		{"accept", []string{"remind"}, nil, map[string]string{"remind": "accept"}, ""},
		{"reject", []string{"remind"}, map[string]string{"remind": "reject"}, map[string]string{"remind": "reject"}, ""},
		{"same title", []string{"remind", "again"}, nil, map[string]string{"remind": "accept", "again": "filter"}, ""},
		{"same template twice", []string{"remind", "remind"}, nil, map[string]string{"remind": "accept"}, ""},
		{"banned", []string{"banned"}, nil, map[string]string{"banned": "ban"}, ""},
		{"nothing", nil, nil, nil, `"errCode":10001`},
		{"unknown", []string{"remind", "x"}, nil, nil, `"errCode":20001`},
		{"mixed", []string{"remind", "study"}, nil, nil, `"errCode":20002`},
		{"too many", []string{"a", "b", "c", "d", "e", "f"}, nil, nil, `"errCode":20003`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := setUp(t)
			got, err := w.Tap("wang", tt.templates, tt.wanted)
			if (err != nil) != (tt.errCode != "") || !maps.Equal(got, tt.want) {
				t.Errorf("got %v, %v; want %v", got, err, tt.want)
			}
			want := 43101
			if got["remind"] == "accept" {
				want = 0
			}
			if sent := w.send(t, "wang"); sent.ErrCode != want {
				t.Errorf("a message afterwards: got %d, want %d", sent.ErrCode, want)
			}
		})
	}
}

func TestOneSendPerPerson(t *testing.T) {
	w := setUp(t, func(o *sim.Options) { o.OneSendPerPerson = true })
	w.grant(t, "wang", "remind")
	w.grant(t, "wang", "remind")
	w.grant(t, "chen", "remind")
	finish := w.hang(t, "send", func() { w.send(t, "wang") })
	if got := w.send(t, "wang"); got.ErrCode != 43108 {
		t.Errorf("second message at once: got %d, want 43108", got.ErrCode)
	}
	if got := w.send(t, "chen"); got.ErrCode != 0 {
		t.Errorf("somebody else at once: got %d", got.ErrCode)
	}
	finish()
	if got := w.send(t, "wang"); got.ErrCode != 0 {
		t.Errorf("second message afterwards: got %d", got.ErrCode)
	}
}

package sim_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"themeday/server/wechat/sim"
)

// The rules for values, by the kind of their key.
func TestValues(t *testing.T) {
	tests := []struct {
		key       string
		good, bad []string
	}{
		{"thing1", []string{"三月主题党日", "A1，（二楼）", strings.Repeat("字", 20), "𠮷村", "缅怀 先烈"}, []string{strings.Repeat("字", 21), "第一行\n第二行", "党日🎉", "制表\t符", "  ", "\x7f"}},
		{"number1", []string{"0", "12.5", strings.Repeat("9", 32)}, []string{strings.Repeat("9", 33), "1,000", "十", "1.", "-1"}},
		{"letter1", []string{"ABC", strings.Repeat("a", 32)}, []string{strings.Repeat("a", 33), "A1", "甲"}},
		{"symbol1", []string{"+", "+-*/=", "。"}, []string{"+-*/=%", "a", "1"}},
		{"character_string1", []string{"A-001", strings.Repeat("x", 32)}, []string{strings.Repeat("x", 33), "编号1"}},
		{"time1", []string{"09:00", "9:05", "23:59:59", "2026年3月10日 15:01", "2026-03-10 15:01", "2026年3月10日15:01", "09:00~11:30", "2026年3月10日 09:00~2026年3月10日 11:30"}, []string{"24:00", "9:60", "上午九点", "2026年3月10日", "2026年2月30日 09:00", "09:00~", "09:00-11:30"}},
		{"date1", []string{"2026年3月10日", "2026年3月", "3月10日", "2026-03-10", "2026/3/10", "2026.3.10", "2026年3月10日 15:01", "2026年3月10日~2026年3月12日", "2月29日"}, []string{"2026年2月29日", "2026年13月", "15:01", "三月十日", "2026-3", "2026年3月10日 25:00"}},
		{"amount1", []string{"100元", "¥12.50", "0", "$1234567890"}, []string{"12345678901", "¥$1", "一百元", "100 元"}},
		{"phone_number1", []string{"13800000001", "+86-0558-2311234"}, []string{"138000000011380000", "电话"}},
		{"car_number1", []string{"皖K8Z888", "粤Z1234港", "AB123456"}, []string{"皖K8Z8888888", "皖 K8Z888"}},
		{"name1", []string{"王建国", strings.Repeat("字", 10), strings.Repeat("a", 20), "O'Brien"}, []string{strings.Repeat("字", 11), "Li" + strings.Repeat("字", 9), strings.Repeat("a", 21), "王1"}},
		{"phrase1", []string{"已发布", "一二三四五"}, []string{"一二三四五六", "OK", "已 发"}},
		{"enum_string1", []string{"开始"}, []string{"取消", "开"}},
		{"other1", nil, []string{"什么都不行"}},
	}
	for _, tt := range tests {
		w := setUp(t)
		_, err := w.AddTemplate(sim.Template{ID: "t", Title: "t", Content: "值：{{" + tt.key + ".DATA}}", Enums: map[string][]string{"enum_string1": {"开始", "结束"}}})
		must(t, err)
		check := func(value string, want int) {
			got := w.send(t, "wang", func(m map[string]any) { m["template_id"], m["data"] = "t", data(tt.key, value) })
			if got.ErrCode != want {
				t.Errorf("%s %q: got %d, want %d", tt.key, value, got.ErrCode, want)
			}
		}
		for _, value := range tt.good {
			check(value, 43101) // past the check of values, where the missing grant stops it
		}
		for _, value := range tt.bad {
			check(value, 47003)
		}
	}
}

func FuzzSend(f *testing.F) {
	f.Add(`{"touser":"own-openid","template_id":"remind","data":{"thing1":{"value":"会"},"time2":{"value":"09:00"}}}`)
	f.Add(`{"touser":"own-openid","template_id":"remind","data":{"thing1":{"value":1}}}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, body string) {
		w := setUp(t)
		w.grant(t, "li", "remind")
		got := w.withToken(t, "POST", "/cgi-bin/message/subscribe/send", body)
		messages := w.onPhone(t, "")
		if got.err != nil || (got.ErrCode == 0) != (len(messages) == 1) {
			t.Fatalf("%q: %+v with %d messages", body, got, len(messages))
		}
		for _, m := range messages {
			for _, line := range m.Lines {
				if line.Value == "" || utf8.RuneCountInString(line.Value) > 60 || strings.ContainsAny(line.Value, "\n\r\t") {
					t.Errorf("%q: line %q", body, line)
				}
			}
		}
	})
}

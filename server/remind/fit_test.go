package remind_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"themeday/server/remind"
)

func TestFit(t *testing.T) {
	twenty := strings.Repeat("党", 20)
	for _, c := range []struct{ keyType, value, want string }{
		{"thing", "重温入党誓词", "重温入党誓词"},
		{"thing", twenty, twenty},
		{"thing", twenty + "课", strings.Repeat("党", 19) + "…"},
		{"thing", "", "无"},
		{"thing", " \t\n ", "无"},
		{"thing", "第一行\n第二行\t 完", "第一行 第二行 完"},
		{"thing", "学习😀二十大🇨🇳精神★", "学习二十大精神"},
		{"thing", "\u202e反向\u200b零宽\x00", "反向零宽"},
		{"thing", "坏\xff字节", "坏字节"},
		{"thing", "a\u0301" + strings.Repeat("b", 18) + "c\u0301d", "a\u0301" + strings.Repeat("b", 17) + "…"},
		{"thing", strings.Repeat("x", 18) + "c\u0301d", strings.Repeat("x", 18) + "…"}, // not c without its accent
		{"thing", strings.Repeat("党", 19) + "𠀀", strings.Repeat("党", 19) + "…"},        // counts twice, as on the phone
		{"thing", strings.Repeat("党", 18) + " 课堂", strings.Repeat("党", 18) + "…"},
		{"phrase", "主题党日", "主题党日"},
		{"phrase", "党员大会（扩大）", "党员大会扩"},
		{"phrase", "第3支部", "第三支部"},
		{"phrase", "abc", "无"},
		{"name", "柳树村党支部", "柳树村党支部"},
		{"name", "黄河社区党委流动党员第三支部", "黄河社区党委流动党员"},
		{"name", "第12党支部", "第一二党支部"},
		{"name", "Norman Bethune the Third", "Norman Bethune the T"},
		{"name", "白求恩 Bethune", "白求恩 Bethun"},
		{"character_string", "A-001", "A-001"},
		{"character_string", "编号 A-001", "A-001"},
		{"character_string", strings.Repeat("9", 40), strings.Repeat("9", 32)},
		{"character_string", "编号", "-"},
		{"amount", "1", ""},
	} {
		if got := remind.Fit(c.keyType, c.value); got != c.want {
			t.Errorf("Fit(%s, %q) = %q, want %q", c.keyType, c.value, got, c.want)
		}
	}
}

func TestFitTime(t *testing.T) {
	at := time.Date(2026, 12, 31, 16, 5, 59, 0, time.UTC) // next year in Shanghai
	for keyType, want := range map[string]string{
		"time": "2027年1月1日 00:05", "date": "2027年1月1日 00:05", "character_string": "2027-01-01 00:05",
	} {
		if got := remind.FitTime(keyType, at); got != want {
			t.Errorf("FitTime(%s) = %q, want %q", keyType, got, want)
		}
	}
}

// FuzzFit holds every value against WeChat's rules, written down a second time.
func FuzzFit(f *testing.F) {
	for _, seed := range []string{"", "重温入党誓词", "😀😀", "a\u0301\u0301", "第3党支部 x", strings.Repeat("𠀀", 30), "\xff\xfe", "e\ufe0f\u200d", "〇〇", "第1 部 0"} {
		f.Add(seed)
	}
	is := func(tables ...*unicode.RangeTable) func(rune) bool {
		return func(r rune) bool { return unicode.In(r, tables...) }
	}
	limits := map[string]int{"thing": 20, "phrase": 5, "name": 20, "character_string": 32}
	f.Fuzz(func(t *testing.T, value string) {
		for keyType, limit := range limits {
			got := remind.Fit(keyType, value)
			if keyType == "name" && strings.ContainsFunc(got, is(unicode.Han)) {
				limit = 10
			}
			switch {
			case got == "" || strings.TrimSpace(got) != got:
				t.Errorf("%s: %q is empty or padded", keyType, got)
			case !utf8.ValidString(got):
				t.Errorf("%s: %q is broken", keyType, got)
			case len(utf16.Encode([]rune(got))) > limit:
				t.Errorf("%s: %q is longer than %d", keyType, got, limit)
			case strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) || is(unicode.So)(r) }):
				t.Errorf("%s: %q has what WeChat refuses", keyType, got)
			case remind.Fit(keyType, got) != got:
				t.Errorf("%s: %q changes when fitted again", keyType, got)
			case keyType == "phrase" && strings.ContainsFunc(got, func(r rune) bool { return !is(unicode.Han)(r) }):
				t.Errorf("phrase: %q is not purely Chinese", got)
			case keyType == "name" && strings.ContainsFunc(got, unicode.IsDigit):
				t.Errorf("name: %q has digits", got)
			case keyType == "character_string" && strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }):
				t.Errorf("character_string: %q has other characters", got)
			}
		}
	})
}

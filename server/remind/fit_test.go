package remind_test

import (
	"regexp"
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
		{"letter", "ABC-12 de", "ABCde"},
		{"letter", "编号", "NA"},
		{"letter", strings.Repeat("x", 40), strings.Repeat("x", 32)},
		{"symbol", "好 + - ！a", "+-！"},
		{"symbol", "无", "-"},
		{"symbol", "++++++", "+++++"},
		{"number", "约 12.5 公里", "12.5"},
		{"number", "没有", "0"},
		{"number", strings.Repeat("9", 33), "0"}, // cut, it would be another number
		{"number", "3.", "3"},
		{"amount", "党费 ¥12.50元 每月", "¥12.50元"},
		{"amount", "12345678901", "0元"},
		{"amount", "面议", "0元"},
		{"phone_number", "请打 0558-2311234 找老王", "0558-2311234"},
		{"phone_number", "(0558) 231 1234", "(0558) 231 1234"},
		{"phone_number", "1", "-"},
		{"phone_number", "没有", "-"},
		{"phone_number", strings.Repeat("1", 18), "-"},
		{"car_number", "皖k·8z888", "皖K8Z888"},
		{"car_number", "乘车：皖KD12345 到村", "无"}, // with 到 after it, it would have nine characters
		{"car_number", "走路", "无"},
		{"weight", "1", ""},
		{"time", "1", ""},
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

func TestFitPeriod(t *testing.T) {
	from := time.Date(2026, 12, 10, 6, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		keyType string
		hours   time.Duration
		want    string
	}{
		{"time", 2, "2026年12月10日 14:30~16:30"},
		{"time", 10, "2026年12月10日 14:30~2026年12月11日 00:30"},
		{"date", 2, "2026年12月10日 14:30~2026年12月10日 16:30"},
	} {
		if got := remind.FitPeriod(c.keyType, from, from.Add(c.hours*time.Hour)); got != c.want {
			t.Errorf("FitPeriod(%s, %d h) = %q, want %q", c.keyType, c.hours, got, c.want)
		}
	}
}

// forms are WeChat's rules for types whose values have a form of their own.
var forms = map[string]*regexp.Regexp{
	"letter":       regexp.MustCompile(`^[A-Za-z]{1,32}$`),
	"symbol":       regexp.MustCompile(`^[\pP\pS]{1,5}$`),
	"number":       regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`),
	"amount":       regexp.MustCompile(`^[¥￥$€£]?[0-9]{1,10}(\.[0-9]+)?元?$`),
	"phone_number": regexp.MustCompile(`^[0-9+()\- ]{1,17}$`),
	"car_number":   regexp.MustCompile(`^[\p{Han}A-Z0-9][A-Z0-9]{0,6}[\p{Han}A-Z0-9]?$`),
}

// FuzzFit holds every value against WeChat's rules, written down a second time.
func FuzzFit(f *testing.F) {
	for _, seed := range []string{"", "重温入党誓词", "😀😀", "a\u0301\u0301", "第3党支部 x", strings.Repeat("𠀀", 30), "\xff\xfe", "e\ufe0f\u200d", "〇〇", "第1 部 0", "¥12.5元", "皖K8Z888", "+86 (558) 1-2", "`´"} {
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
		for keyType, form := range forms {
			if got := remind.Fit(keyType, value); !form.MatchString(got) || len([]rune(got)) > 32+1 || remind.Fit(keyType, got) != got {
				t.Errorf("%s: %q does not fit, or changes when fitted again", keyType, got)
			}
		}
	})
}

package sim

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// kind is what the platform accepts under the keys of one prefix (thing1, time2 …).
type kind struct {
	fits    func(value string) bool
	example string
}

// kinds are the rules of the platform's page on sending subscribe messages.
var kinds = map[string]kind{
	"thing":            {func(v string) bool { return chars(v) <= 20 && all(v, plain) }, "三月主题党日"},
	"number":           {func(v string) bool { return numberForm.MatchString(v) && count(v, unicode.IsDigit) <= 32 }, "12.5"},
	"letter":           {regexp.MustCompile(`^[A-Za-z]{1,32}$`).MatchString, "ABC"},
	"symbol":           {func(v string) bool { return chars(v) <= 5 && all(v, sign) }, "+"},
	"character_string": {regexp.MustCompile(`^[\x20-\x7e]{1,32}$`).MatchString, "A-001"},
	"time":             {func(v string) bool { return span(v, isTime) }, "2026年3月10日 15:01"},
	"date":             {func(v string) bool { return span(v, isDate) }, "2026年3月10日"},
	"amount":           {regexp.MustCompile(`^[¥￥$€£]?[0-9]{1,10}(\.[0-9]+)?元?$`).MatchString, "100元"},
	"phone_number":     {regexp.MustCompile(`^[0-9+()\- ]{1,17}$`).MatchString, "+86-0558-2311234"},
	"car_number":       {regexp.MustCompile(`^[\p{Han}A-Za-z0-9][A-Za-z0-9]{0,6}[\p{Han}A-Za-z0-9]?$`).MatchString, "皖K8Z888"},
	"name":             {isName, "张三"},
	"phrase":           {regexp.MustCompile(`^\p{Han}{1,5}$`).MatchString, "已发布"},
	"enum_string":      {nil, ""}, // the list of values decides
}

// keyForm splits a key into kind and number.
var (
	keyForm    = regexp.MustCompile(`^([a-z_]+?)[0-9]+$`)
	numberForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

func prefix(key string) string {
	if found := keyForm.FindStringSubmatch(key); found != nil {
		return found[1]
	}
	return ""
}

// valueFits reports whether the platform accepts the value, which is not empty, under the key.
func valueFits(key, value string, enum []string) bool {
	if !utf8.ValidString(value) || strings.TrimSpace(value) == "" || !all(value, func(r rune) bool { return !unicode.IsControl(r) }) {
		return false
	}
	if strings.HasPrefix(key, "enum") {
		return slices.Contains(enum, value)
	}
	k, known := kinds[prefix(key)]
	return known && k.fits(value)
}

func chars(v string) int { return utf8.RuneCountInString(v) }

func all(v string, ok func(rune) bool) bool {
	return !strings.ContainsFunc(v, func(r rune) bool { return !ok(r) })
}

func count(v string, is func(rune) bool) (n int) {
	for _, r := range v {
		if is(r) {
			n++
		}
	}
	return n
}

// plain is a character of a thing: Chinese, digit, letter or common symbol, but no pictograph.
func plain(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(unicode.So, r) && (r <= 0xffff || unicode.Is(unicode.Han, r))
}

func sign(r rune) bool { return plain(r) && (unicode.IsPunct(r) || unicode.IsSymbol(r)) }

// isName reports whether v is at most ten characters with Chinese among them, or twenty without; no digits.
func isName(v string) bool {
	limit := 20
	if count(v, func(r rune) bool { return unicode.Is(unicode.Han, r) }) > 0 {
		limit = 10
	}
	return chars(v) <= limit && all(v, func(r rune) bool { return plain(r) && !unicode.IsDigit(r) })
}

// span reports whether v is one instant or two of them joined by “~”.
func span(v string, instant func(string) bool) bool {
	from, to, two := strings.Cut(v, "~")
	return instant(strings.TrimSpace(from)) && (!two || instant(strings.TrimSpace(to)))
}

var (
	clockForm = regexp.MustCompile(`^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$`)
	dateForms = []*regexp.Regexp{
		regexp.MustCompile(`^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日$`),
		regexp.MustCompile(`^([0-9]{4})年([0-9]{1,2})月()$`),
		regexp.MustCompile(`^()([0-9]{1,2})月([0-9]{1,2})日$`),
		regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$`),
		regexp.MustCompile(`^([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})$`),
		regexp.MustCompile(`^([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})$`),
	}
)

// isTime reports whether v is a time of the day, with or without a date before it.
func isTime(v string) bool {
	day, clock := splitClock(v)
	return clock != "" && (day == "" || isDay(day))
}

// isDate reports whether v is a date, with or without a time of the day after it.
func isDate(v string) bool {
	day, _ := splitClock(v)
	return isDay(day)
}

// splitClock cuts a time of the day, which a space or 日 precedes, off the end of v.
func splitClock(v string) (day, clock string) {
	at := strings.LastIndexAny(v, " 日")
	if at >= 0 {
		_, size := utf8.DecodeRuneInString(v[at:])
		day, clock = strings.TrimSpace(v[:at+size]), v[at+size:]
	} else {
		day, clock = "", v
	}
	if !clockForm.MatchString(clock) {
		return strings.TrimSpace(v), ""
	}
	return day, clock
}

func isDay(v string) bool {
	for _, form := range dateForms {
		if found := form.FindStringSubmatch(v); found != nil {
			return isCalendarDay(found[1], found[2], found[3])
		}
	}
	return false
}

// isCalendarDay reports whether such a day exists; a missing year is taken as a leap year, a missing day as the first.
func isCalendarDay(year, month, day string) bool {
	part := func(text string, missing int) int {
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
		return missing
	}
	y, m, d := part(year, 2024), part(month, 0), part(day, 1)
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return date.Year() == y && date.Month() == time.Month(m) && date.Day() == d
}

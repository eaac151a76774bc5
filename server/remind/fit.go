package remind

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"themeday/server/clock"
)

// WeChat refuses a message of which a value does not fit its key (47003), so every value is fitted first. The rules are
// those of the platform's page on sending subscribe messages; where it says "characters" the longer way of counting is
// taken, UTF-16 units. A rule returns "" for a value of which nothing is left, and Fit then says what the form has for that.
type rule func(value string) string

// form is what WeChat accepts under the keys of one type.
type form struct {
	fit     rule
	limit   int    // the longest value, in characters; 0 where the form of the value bounds it
	nothing string // what is said when nothing is left of a value: WeChat refuses an empty one
}

const (
	maxNameHan   = 10 // a name with Chinese in it
	maxNameLatin = 20 // a name without
	maxCar       = 8
	maxPhone     = 17
	maxDigits    = 32 // of a number
	maxAmount    = 10 // digits before the point of an amount
)

// forms are the types whose values are texts. Times are written by FitTime and FitPeriod; an enumeration takes one of the
// options that the account's template lists and nothing else (Keyword.Options).
var forms = map[string]form{
	"thing":            {func(v string) string { return shorten(v, 20) }, 20, nothing},
	"character_string": {func(v string) string { return cut(keep(v, isASCII), 32) }, 32, nothingASCII},
	"phrase":           {func(v string) string { return cut(keep(inWords(v), isHan), 5) }, 5, nothing},
	"name":             {fitName, maxNameHan, nothing},
	"letter":           {func(v string) string { return cut(strings.ReplaceAll(keep(v, isLatin), " ", ""), 32) }, 32, "NA"},
	"symbol":           {func(v string) string { return cut(strings.ReplaceAll(keep(v, isSign), " ", ""), 5) }, 5, nothingASCII},
	"number":           {fitNumber, maxDigits, "0"},
	"amount":           {fitAmount, 0, "0元"},
	"phone_number":     {fitPhone, maxPhone, nothingASCII},
	"car_number":       {fitCar, maxCar, nothing},
}

const (
	nothing      = "无"
	nothingASCII = "-"
)

// Fit returns the value in the form that WeChat accepts under keys of the type (thing, phrase, name, character_string,
// letter, symbol, number, amount, phone_number, car_number): cleaned of what the type does not allow, cut where it is too
// long, never empty, never in the middle of a character. A number that is too long is not cut, since it would be another
// one: it counts as nothing. Fitting twice changes nothing. Fit returns "" for a type that is none of these; for times see
// FitTime.
func Fit(keyType, value string) string {
	f, ok := forms[keyType]
	if !ok {
		return ""
	}
	if v := strings.TrimSpace(f.fit(clean(value))); v != "" {
		return v
	}
	return f.nothing
}

// clean makes one line of it: blanks and line breaks become single spaces; pictographs, invisible characters and
// anything that is no character go.
func clean(value string) string {
	value = strings.ToValidUTF8(value, "")
	value = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r), unicode.Is(unicode.So, r), unicode.Is(unicode.Mn, r) && isVariation(r), r > 0xffff && !isHan(r):
			return -1
		}
		return r
	}, value)
	return strings.Join(strings.Fields(value), " ")
}

func isVariation(r rune) bool { return r >= 0xfe00 && r <= 0xfe0f }

func isASCII(r rune) bool { return r >= ' ' && r <= '~' }

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) && unicode.IsLetter(r) }

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// isSign takes the punctuation and symbols of ASCII and of Chinese writing.
func isSign(r rune) bool {
	return (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !unicode.Is(unicode.Sk, r)
}

// keep drops all other characters, and the spaces that would then stand side by side.
func keep(value string, ok func(rune) bool) string {
	kept := strings.Map(func(r rune) rune {
		if ok(r) {
			return r
		}
		return -1
	}, value)
	return strings.Join(strings.Fields(kept), " ")
}

// units counts as JavaScript does: characters beyond the basic plane count twice.
func units(r rune) int { return max(1, utf16.RuneLen(r)) }

func length(value string) (n int) {
	for _, r := range value {
		n += units(r)
	}
	return n
}

// cut returns the longest start of value that has at most limit characters, and does not end between a character and
// the marks that belong to it.
func cut(value string, limit int) string {
	used, end := 0, 0
	for i, r := range value {
		if !unicode.Is(unicode.M, r) {
			end = i
		}
		if used += units(r); used > limit {
			return value[:end]
		}
	}
	return value
}

// shorten is cut with an … in place of what is missing.
func shorten(value string, limit int) string {
	if length(value) <= limit {
		return value
	}
	return strings.TrimSpace(cut(value, limit-1)) + "…"
}

// inWords writes digits as a name or phrase may contain them: 第3党支部 becomes 第三党支部.
func inWords(value string) string {
	digits := []rune("〇一二三四五六七八九")
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return digits[r-'0']
		}
		return r
	}, value)
}

func fitName(value string) string {
	value = keep(inWords(value), func(r rune) bool { return !unicode.IsDigit(r) })
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return cut(value, maxNameHan)
	}
	return cut(value, maxNameLatin)
}

var (
	numberIn = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)
	amountIn = regexp.MustCompile(`[¥￥$€£]?([0-9]+)(?:\.[0-9]+)?元?`)
	phoneIn  = regexp.MustCompile(`[+(]?[0-9][0-9() -]*[0-9]`)
	carIn    = regexp.MustCompile(`\p{Han}?[0-9A-Z]+\p{Han}?`)
)

// fitNumber returns the first number in the value.
func fitNumber(value string) string {
	found := numberIn.FindString(value)
	if len(strings.ReplaceAll(found, ".", "")) > maxDigits {
		return ""
	}
	return found
}

// fitAmount returns the first sum of money in the value.
func fitAmount(value string) string {
	found := amountIn.FindStringSubmatch(value)
	if found == nil || len(found[1]) > maxAmount || length(found[0]) > maxDigits {
		return ""
	}
	return found[0]
}

// fitPhone returns the first telephone number in the value.
func fitPhone(value string) string {
	found := phoneIn.FindString(value)
	if len(found) > maxPhone {
		return ""
	}
	return found
}

// fitCar returns the first licence plate in the value, as 皖K8Z888: Chinese at both ends only.
func fitCar(value string) string {
	found := carIn.FindString(strings.ToUpper(strings.NewReplacer("·", "", " ", "", "-", "").Replace(value)))
	if length(found) > maxCar {
		return ""
	}
	return found
}

// The forms in which WeChat reads an instant under keys of type time and date, and without Chinese.
const (
	momentForm = "2006年1月2日 15:04"
	asciiForm  = "2006-01-02 15:04"
	clockForm  = "15:04"
)

// FitTime writes an instant in Shanghai's time for keys of the type (time, date, character_string).
func FitTime(keyType string, t time.Time) string {
	if keyType == "character_string" {
		return t.In(clock.Beijing).Format(asciiForm)
	}
	return t.In(clock.Beijing).Format(momentForm)
}

// FitPeriod writes from when until when for keys of type time or date. Under time the day is not said twice.
func FitPeriod(keyType string, from, to time.Time) string {
	end := FitTime(keyType, to)
	if keyType == "time" && midnight(from).Equal(midnight(to)) {
		end = to.In(clock.Beijing).Format(clockForm)
	}
	return FitTime(keyType, from) + "~" + end
}

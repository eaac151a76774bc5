package remind

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"themeday/server/clock"
)

// WeChat refuses a message of which a value does not fit its key (47003), so every value is fitted first. The rules are
// those of the platform's page on sending subscribe messages; where it says "characters" the longer way of counting is
// taken, UTF-16 units. A rule returns "" for a value of which nothing is left, and Fit then says 无 or -.
type rule func(value string) string

// The longest values, in characters.
const (
	maxThing     = 20
	maxCharacter = 32
	maxPhrase    = 5
	maxNameHan   = 10 // a name with Chinese in it
	maxNameLatin = 20 // a name without
)

var rules = map[string]rule{
	"thing":            func(v string) string { return shorten(v, maxThing) },
	"character_string": func(v string) string { return cut(keep(v, isASCII), maxCharacter) },
	"phrase":           func(v string) string { return cut(keep(inWords(v), isHan), maxPhrase) },
	"name":             fitName,
}

const (
	nothing      = "无"
	nothingASCII = "-"
)

// Fit returns the value in the form that WeChat accepts under keys of the type (thing, character_string, phrase, name):
// cleaned of what the type does not allow, cut where it is too long, never empty, never in the middle of a character.
// Fitting twice changes nothing. It returns "" for a type that is none of these; for times see FitTime.
func Fit(keyType, value string) string {
	fit, ok := rules[keyType]
	if !ok {
		return ""
	}
	if v := strings.TrimSpace(fit(clean(value))); v != "" {
		return v
	}
	if keyType == "character_string" {
		return nothingASCII
	}
	return nothing
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

// The forms in which WeChat reads an instant under keys of type time and date, and without Chinese.
const (
	momentForm = "2006年1月2日 15:04"
	asciiForm  = "2006-01-02 15:04"
)

// FitTime writes an instant in Shanghai's time for keys of the type (time, date, character_string).
func FitTime(keyType string, t time.Time) string {
	if keyType == "character_string" {
		return t.In(clock.Beijing).Format(asciiForm)
	}
	return t.In(clock.Beijing).Format(momentForm)
}

package roster

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"themeday/server/org"
)

// plain makes a cell comparable: half-width digits and marks, no control characters, one space where there were several.
func plain(text string) string {
	var out strings.Builder
	space := false
	for _, r := range strings.TrimPrefix(strings.TrimSpace(text), "'") {
		switch r = org.HalfWidth(r); {
		case unicode.IsSpace(r), r == '\ufeff', r == '\u200b':
			r = ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			continue
		}
		if r == ' ' {
			space = out.Len() > 0
			continue
		}
		if space {
			out.WriteByte(' ')
			space = false
		}
		out.WriteRune(r)
	}
	return out.String()
}

// tight is plain without any space.
func tight(text string) string { return strings.ReplaceAll(plain(text), " ", "") }

var digitRun = regexp.MustCompile(`[0-9Xx*]{6,}`)

// told is text of the file as it may be repeated to the person and stored: short, and without anything like a number.
func told(text string) string {
	runes := []rune(digitRun.ReplaceAllString(plain(text), "…"))
	if len(runes) > 40 {
		return string(runes[:39]) + "…"
	}
	return string(runes)
}

var (
	brackets = regexp.MustCompile(`[(\[【〔][^)\]】〕]*[)\]】〕]?`)
	dots     = strings.NewReplacer("•", "·", "・", "·", "‧", "·", "●", "·", ".", "·")
)

// readName returns the name, what stood behind it in brackets, and whether it can be one.
func readName(text string) (name, note string, ok bool) {
	whole := plain(text)
	note = strings.Join(brackets.FindAllString(whole, -1), " ")
	name = dots.Replace(strings.TrimSpace(brackets.ReplaceAllString(whole, "")))
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		name = strings.ReplaceAll(name, " ", "")
	}
	n := 0
	for _, r := range name {
		if !unicode.IsLetter(r) && r != '·' && r != ' ' && r != '-' {
			return "", note, false
		}
		n++
	}
	return name, note, n >= 2 && n <= 20
}

var (
	scientific = regexp.MustCompile(`^[0-9](\.[0-9]+)?[Ee]\+?[0-9]{1,2}$`)
	masked     = regexp.MustCompile(`^1[3-9][0-9]\*{4}[0-9]{4}$`)
	separators = regexp.MustCompile(`[/\\、,;|]|\s{2,}|或`)
	notDigits  = regexp.MustCompile(`[^0-9+]`)
	noPhone    = map[string]bool{"": true, "无": true, "没有": true, "暂无": true, "无手机": true, "无电话": true, "/": true, "-": true, "--": true, "—": true, "——": true, "空": true, "0": true}
)

// phoneCell is what stands in a phone cell: a number, a masked number, something that is neither, or nothing.
type phoneCell struct {
	number string
	mask   string
	bad    bool
	more   bool // several numbers; the first is taken
}

func readPhone(text string) phoneCell {
	text = plain(text)
	if noPhone[strings.ReplaceAll(text, " ", "")] {
		return phoneCell{}
	}
	if scientific.MatchString(text) {
		if f, err := strconv.ParseFloat(text, 64); err == nil && f < 1e15 {
			text = strconv.FormatFloat(f, 'f', 0, 64)
		}
	}
	text = strings.TrimSuffix(text, ".0")
	if masked.MatchString(text) {
		return phoneCell{mask: text}
	}
	if n, ok := mobile(text); ok {
		return phoneCell{number: n}
	}
	for _, part := range separators.Split(text, -1) {
		if n, ok := mobile(part); ok {
			return phoneCell{number: n, more: true}
		}
	}
	return phoneCell{bad: true}
}

// mobile reads a number with whatever marks people put between its digits.
func mobile(text string) (string, bool) {
	n, err := org.NormalPhone(notDigits.ReplaceAllString(text, ""))
	return n, err == nil
}

var (
	dayParts   = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?( ?[0-9]{1,2}:[0-9:.]+)?$`)
	monthParts = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})月?$`)
	yearOnly   = regexp.MustCompile(`^([0-9]{4})年?$`)
	serial     = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)
)

// The day numbers of a spreadsheet that can be dates of this Party, from July 1921 to the year 2100.
const (
	firstDay = 7853
	lastDay  = 73415
)

// readDate reads a date in the spellings that offices use: 1968-01-03, 1994/8/4, 1992.09, 1989年1月25日, 19821014, 198210, or
// the number that a spreadsheet shows when the cell has lost its format. It returns 1968-01-03, 1992-09 or 1992.
func readDate(text string) (string, bool) {
	text = tight(text)
	if serial.MatchString(text) {
		days, err := strconv.ParseFloat(text, 64)
		if err != nil || days < firstDay || days > lastDay {
			return "", false
		}
		return time.Date(1899, 12, 30+int(days), 0, 0, 0, 0, time.UTC).Format(time.DateOnly), true
	}
	if len(text) == 8 || len(text) == 6 {
		if _, err := strconv.Atoi(text); err == nil {
			text = strings.TrimSuffix(text[:4]+"-"+text[4:6]+"-"+text[6:], "-")
		}
	}
	if p := dayParts.FindStringSubmatch(text); p != nil {
		return calendar(p[1], p[2], p[3])
	}
	if p := monthParts.FindStringSubmatch(text); p != nil {
		date, ok := calendar(p[1], p[2], "1")
		return strings.TrimSuffix(date, "-01"), ok
	}
	if p := yearOnly.FindStringSubmatch(text); p != nil {
		_, ok := calendar(p[1], "1", "1")
		return p[1], ok
	}
	return "", false
}

func calendar(year, month, day string) (string, bool) {
	date := fmt.Sprintf("%s-%02s-%02s", year, month, day)
	t, err := time.Parse(time.DateOnly, date)
	return date, err == nil && t.Year() >= 1900 && t.Year() <= 2100
}

var (
	identityWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	identityShape   = regexp.MustCompile(`^[0-9]{17}[0-9Xx]$`)
)

const identityChecks = "10X98765432"

// isIdentity reports whether the text is an identity number: 18 characters, the last of which checks the others.
func isIdentity(text string) bool {
	if !identityShape.MatchString(text) {
		return false
	}
	sum := 0
	for i, weight := range identityWeights {
		sum += int(text[i]-'0') * weight
	}
	return identityChecks[sum%11] == strings.ToUpper(text)[17]
}

// hint is a word in a cell and what it says about a person.
type hint[T ~string] struct {
	word string
	says T
}

var kindHints = []hint[string]{
	{"预备", org.MemberKindProbationary}, {"正式", org.MemberKindFull},
}

var standingHints = []hint[org.Standing]{
	{"停止党籍", org.Suspended},
	{"流入", org.FlowIn},
	{"流出", org.FlowOut},
	{"流动", org.FlowOut},
	{"外出", org.FlowOut},
	{"务工", org.FlowOut},
	{"卧床", org.LongIllness},
	{"长期病", org.LongIllness},
	{"长病", org.LongIllness},
	{"瘫痪", org.LongIllness},
	{"重病", org.LongIllness},
	{"正常", org.Normal},
	{"在册", org.Normal},
}

// notMembers are words for people who do not belong on a roster, or no longer.
var notMembers = []string{"积极分子", "发展对象", "申请人", "去世", "死亡", "病故", "亡故", "已转出", "开除", "除名", "退党"}

func read[T ~string](hints []hint[T], text string) (T, bool) {
	for _, h := range hints {
		if strings.Contains(text, h.word) {
			return h.says, true
		}
	}
	return "", false
}

// kindIn: a remark on a confirmation, past or to come, leaves it open which kind it is.
func kindIn(text string) string {
	if strings.Contains(text, "转正") {
		return ""
	}
	kind, _ := read(kindHints, text)
	return kind
}

func standingIn(text string) org.Standing {
	standing, _ := read(standingHints, text)
	return standing
}

func notMember(text string) (string, bool) {
	for _, word := range notMembers {
		if strings.Contains(text, word) {
			return word, true
		}
	}
	return "", false
}

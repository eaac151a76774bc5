package org

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// surnames are read differently at the beginning of a name than the characters mostly are. Those of two characters come
// first where both would fit.
var surnames = []struct{ written, read string }{
	{"尉迟", "yu chi"},
	{"万俟", "mo qi"},
	{"长孙", "zhang sun"},
	{"澹台", "tan tai"},
	{"单于", "chan yu"},
	{"宰父", "zai fu"},
	{"单", "shan"},
	{"曾", "zeng"},
	{"解", "xie"},
	{"仇", "qiu"},
	{"查", "zha"},
	{"区", "ou"},
	{"翟", "zhai"},
	{"乐", "yue"},
	{"尉", "wei"},
	{"盖", "ge"},
	{"员", "yun"},
	{"种", "chong"},
	{"冼", "xian"},
	{"缪", "miao"},
	{"朴", "piao"},
	{"召", "shao"},
	{"任", "ren"},
	{"华", "hua"},
	{"秘", "bi"},
	{"覃", "qin"},
	{"黑", "he"},
	{"折", "she"},
	{"繁", "po"},
	{"都", "du"},
	{"那", "na"},
	{"祭", "zhai"},
	{"牟", "mu"},
	{"句", "gou"},
	{"薄", "bo"},
	{"贲", "ben"},
	{"洗", "xian"},
	{"哈", "ha"},
	{"曲", "qu"},
	{"沈", "shen"},
	{"盛", "sheng"},
	{"车", "che"},
	{"燕", "yan"},
	{"葛", "ge"},
	{"宁", "ning"},
	{"卜", "bu"},
	{"隗", "wei"},
	{"过", "guo"},
	{"郗", "xi"},
	{"石", "shi"},
	{"合", "he"},
}

// Widths of the columns that keep how a name is said, in bytes.
const (
	maxInitials = 40
	maxPinyin   = 60
)

// unread stands for a name that has no reading; it sorts behind all that have one.
const unread = "~"

// Initials returns the first letters of a name in pinyin, lower case, to search by: "zs" for 张三. Letters and digits
// stand for themselves; what has no reading is left out.
func Initials(name string) string {
	var out strings.Builder
	for _, syllable := range syllables(name) {
		out.WriteString(syllable[:1])
	}
	return out.String()
}

// said is how a name is kept to be found and sorted by: 张桂芳 is "zgf" and "zhangguifang". Neither is ever empty.
func said(name string) (initials, spelling string) {
	initials, spelling = Initials(name), strings.Join(syllables(name), "")
	if initials == "" {
		return unread, unread
	}
	return initials[:min(len(initials), maxInitials)], spelling[:min(len(spelling), maxPinyin)]
}

// syllables reads a name: letters from a to z and digits only.
func syllables(name string) []string {
	var read []string
	for _, surname := range surnames {
		if rest, found := strings.CutPrefix(name, surname.written); found {
			read, name = strings.Fields(surname.read), rest
			break
		}
	}
	for _, r := range name {
		if syllable := reading(r); syllable != "" {
			read = append(read, syllable)
		}
	}
	return read
}

// toneless are the letters with a tone that readings are written with.
var toneless = strings.NewReplacer(
	"ā", "a", "á", "a", "ǎ", "a", "à", "a", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ē", "e", "é", "e", "ě", "e", "è", "e", "ê", "e", "ế", "e", "ề", "e",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ü", "v", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v",
	"ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m",
)

// reading returns the usual reading of a character, "" when there is none. It looks into the library's table itself,
// because the library goes through regular expressions each time, and every check-in is answered with a name.
func reading(r rune) string {
	if r < utf8.RuneSelf {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToLower(r))
		}
		return ""
	}
	usual, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, toneless.Replace(usual))
}

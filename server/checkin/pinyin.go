package checkin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// surnames are read differently at the beginning of a name than the character mostly is.
var surnames = map[rune]string{'单': "s", '曾': "z", '解': "x", '仇': "q", '查': "z", '区': "o", '翟': "z", '乐': "y", '尉': "y", '盖': "g", '员': "y", '种': "c", '冼': "x", '缪': "m"}

// initials returns the first letters of a name in pinyin, lower case, to search by: "zs" for 张三. Letters and digits
// stand for themselves; what has no reading is left out.
func initials(name string) string {
	var out strings.Builder
	for i, r := range name {
		switch letter, known := surnames[r]; {
		case i == 0 && known:
			out.WriteString(letter)
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			out.WriteRune(unicode.ToLower(r))
		default:
			out.WriteString(firstLetter(r))
		}
	}
	return out.String()
}

// toneless are the letters with a tone that a reading can begin with.
var toneless = map[rune]string{
	'ā': "a", 'á': "a", 'ǎ': "a", 'à': "a", 'ō': "o", 'ó': "o", 'ǒ': "o", 'ò': "o", 'ē': "e", 'é': "e", 'ě': "e", 'è': "e", 'ê': "e",
	'ế': "e", 'ề': "e", 'ń': "n", 'ň': "n", 'ǹ': "n", 'ḿ': "m",
}

// firstLetter returns the first letter of the usual reading, "" when there is none. It looks into the library's table
// itself, because the library goes through regular expressions each time, and every check-in is answered with a name.
func firstLetter(r rune) string {
	reading := pinyin.PinyinDict[int(r)]
	first, size := utf8.DecodeRuneInString(reading)
	if letter, toned := toneless[first]; toned {
		return letter
	}
	return reading[:min(size, 1)]
}

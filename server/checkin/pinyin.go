package checkin

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// surnames are read differently at the beginning of a name than the character mostly is.
var surnames = map[rune]string{'单': "s", '曾': "z", '解': "x", '仇': "q", '查': "z", '区': "o", '翟': "z", '乐': "y", '尉': "y", '盖': "g", '员': "y", '种': "c", '冼': "x", '缪': "m"}

// initials returns the first letters of a name in pinyin, lower case, to search by: "zs" for 张三. Letters and digits
// stand for themselves; what has no reading is left out.
func initials(name string) string {
	var out strings.Builder
	args := pinyin.NewArgs()
	args.Style = pinyin.FirstLetter
	for i, r := range []rune(name) {
		switch letter, known := surnames[r]; {
		case i == 0 && known:
			out.WriteString(letter)
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			out.WriteRune(unicode.ToLower(r))
		default:
			if readings := pinyin.SinglePinyin(r, args); len(readings) > 0 {
				out.WriteString(readings[0])
			}
		}
	}
	return out.String()
}

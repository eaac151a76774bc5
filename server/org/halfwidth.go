package org

import "strings"

// HalfWidth returns a full-width character, which a Chinese keyboard writes for letters, digits and marks, as the ASCII one
// it stands for; any other as it is.
func HalfWidth(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '　':
		return ' '
	}
	return r
}

// ungrouped drops what people write between the groups of a code or number.
var ungrouped = strings.NewReplacer(" ", "", "-", "")

package web_test

import (
	"slices"
	"testing"

	"themeday/server/web"
)

func TestCut(t *testing.T) {
	for name, c := range map[string]struct {
		read, page []int
		next       int
	}{
		"nothing":            {nil, nil, 0},
		"less than a page":   {[]int{7}, []int{7}, 0},
		"a page and no more": {[]int{7, 8}, []int{7, 8}, 0},
		"one more":           {[]int{7, 8, 9}, []int{7, 8}, 8},
		"all that there are": {[]int{6, 7, 8, 9}, []int{6, 7}, 7},
	} {
		page, next := web.Cut(c.read, 2, func(i int) int { return i })
		if !slices.Equal(page, c.page) || next != c.next {
			t.Errorf("%s: %v, then behind %d", name, page, next)
		}
	}
}

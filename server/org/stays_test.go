package org_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"themeday/server/org"
)

// TestStays: moves of the member and moves of the organisation each begin a stay.
func TestStays(t *testing.T) {
	still := []org.Placed{{OrgID: 1, Path: "/a/1/"}, {OrgID: 2, Path: "/a/2/"}}
	shifted := []org.Placed{{OrgID: 1, Path: "/a/1/"}, {OrgID: 2, Path: "/a/2/"}, {OrgID: 1, At: 20, Path: "/b/1/"}, {OrgID: 1, At: 40, Path: "/c/1/"}}
	for _, c := range []struct {
		name   string
		moves  []org.MoveRow
		places []org.Placed
		want   string
	}{
		{"always here", []org.MoveRow{{OrgID: 1, Here: true}}, still, "/a/1/ 0-0"},
		{"moved", []org.MoveRow{{OrgID: 1, Here: true}, {OrgID: 2, At: 30, Here: true}}, still, "/a/1/ 0-30, /a/2/ 30-0"},
		{"left and back", []org.MoveRow{{OrgID: 1, At: 10, Here: true}, {OrgID: 1, At: 20}, {OrgID: 1, At: 30, Here: true}}, still, "/a/1/ 10-20, /a/1/ 30-0"},
		{"the organisation moved", []org.MoveRow{{OrgID: 1, Here: true}}, shifted, "/a/1/ 0-20, /b/1/ 20-40, /c/1/ 40-0"},
		{"both moved", []org.MoveRow{{OrgID: 1, At: 10, Here: true}, {OrgID: 2, At: 30, Here: true}}, shifted, "/a/1/ 10-20, /b/1/ 20-30, /a/2/ 30-0"},
		{"came later", []org.MoveRow{{OrgID: 1, At: 30, Here: true}}, shifted, "/b/1/ 30-40, /c/1/ 40-0"},
		{"gone", []org.MoveRow{{OrgID: 1, At: 10, Here: true}, {OrgID: 1, At: 15}}, shifted, "/a/1/ 10-15"},
	} {
		var got []string
		for _, s := range org.StaysOf(c.moves, c.places) {
			from, to := int64(0), int64(0)
			if !s.From.IsZero() {
				from = s.From.UnixMilli()
			}
			if !s.To.IsZero() {
				to = s.To.UnixMilli()
			}
			got = append(got, fmt.Sprintf("%s %d-%d", s.Path, from, to))
		}
		if !slices.Equal(got, strings.Split(c.want, ", ")) {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

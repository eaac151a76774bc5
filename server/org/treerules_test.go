package org_test

import (
	"fmt"
	"testing"
	"time"

	"themeday/server/org"
)

func TestWhatMayStandUnderWhat(t *testing.T) {
	kinds := []org.Kind{org.District, org.Committee, org.GeneralBranch, org.Branch, org.Group}
	for kind, want := range map[org.Kind]string{ // under each of kinds, in their order
		org.District:      "yes no no no no",
		org.Committee:     "yes yes no no no",
		org.GeneralBranch: "yes yes no no no",
		org.Branch:        "yes yes yes no no",
		org.Group:         "no no no yes no",
		"cell":            "no no no no no",
	} {
		got := ""
		for _, under := range kinds {
			got += map[bool]string{true: " yes", false: " no"}[org.MayStand(kind, under)]
		}
		if got[1:] != want {
			t.Errorf("%s: %s, want %s", kind, got[1:], want)
		}
	}
}

func TestElectionIsToldInTime(t *testing.T) {
	for _, c := range []struct {
		name, today, start string
		years              int
		due                string
		want               org.Election
		day                string
	}{
		{"nothing is known", "2026-12-10", "", 0, "", org.ElectionUnknown, ""},
		{"a term without a length", "2026-12-10", "2024-03-01", 0, "", org.ElectionUnknown, ""},
		{"more than three months before", "2026-11-30", "2024-03-01", 3, "", org.ElectionFar, "2027-03-01"},
		{"three months before", "2026-12-01", "2024-03-01", 3, "", org.ElectionNear, "2027-03-01"},
		{"on the day", "2027-03-01", "2024-03-01", 3, "", org.ElectionNear, "2027-03-01"},
		{"the day after", "2027-03-02", "2024-03-01", 3, "", org.ElectionOver, "2027-03-01"},
		{"a day that was set goes before the term", "2027-03-02", "2024-03-01", 3, "2027-09-01", org.ElectionFar, "2027-09-01"},
		{"a term that began on a leap day", "2026-12-10", "2024-02-29", 3, "", org.ElectionNear, "2027-03-01"},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.today+" 00:30", time.FixedZone("Beijing", 8*60*60))
		if err != nil {
			t.Fatal(err)
		}
		f := org.Facts{TermStart: c.start, TermYears: c.years, ElectionDue: c.due}
		if got := org.ElectionOf(f, now); got != c.want || org.DueOf(f) != c.day {
			t.Errorf("%s: %s on %q, want %s on %q", c.name, got, org.DueOf(f), c.want, c.day)
		}
	}
}

func TestWhereItStoodIsSeenFromToday(t *testing.T) {
	for _, c := range []struct{ name, from, then, want string }{
		{"itself", "/a/b/", "/a/b/", "/a/b/ true"},
		{"below", "/a/b/", "/a/b/c/d/", "/a/b/c/d/ true"},
		{"below one that has been moved since", "/x/b/", "/a/b/c/", "/x/b/c/ true"},
		{"elsewhere", "/a/b/", "/a/c/", " false"},
		{"above", "/a/b/", "/a/", " false"},
		{"one whose id begins alike", "/a/b/", "/a/bb/", " false"},
	} {
		path, below := org.SeenFrom([]string{c.from}, c.then)
		if got := fmt.Sprint(path, " ", below); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if path, _ := org.SeenFrom([]string{"/a/", "/z/b/"}, "/a/b/c/"); path != "/z/b/c/" {
		t.Errorf("of two the nearer one counts: %q", path)
	}
}

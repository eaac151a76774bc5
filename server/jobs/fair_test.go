package jobs

import (
	"slices"
	"strings"
	"testing"

	"themeday/server/ident"
)

// due is a job that waits since the second.
func due(id int, kind string, priority int, second int64, key string) row {
	return row{ID: ident.ID(id), Kind: kind, Priority: priority, RunAt: second * 1000, SerialKey: key}
}

func TestFair(t *testing.T) {
	for name, c := range map[string]struct {
		turns string
		due   []row
		n     int
		want  []ident.ID
		next  string
	}{
		"nothing is due": {"a b", nil, 4, nil, "a b"},
		"in the order in which they became due": {
			"a", []row{due(1, "a", 0, 9, ""), due(2, "a", 0, 8, ""), due(3, "a", 0, 8, "")}, 4, []ident.ID{2, 3, 1}, "a",
		},
		"the urgent before the ordinary before the patient": {
			"a", []row{due(1, "a", Patient, 7, ""), due(2, "a", Ordinary, 8, ""), due(3, "a", Urgent, 9, "")}, 4, []ident.ID{3, 2, 1}, "a",
		},
		"who has waited a minute longer goes before the next priority": {
			"a", []row{due(1, "a", Patient, 0, ""), due(2, "a", Ordinary, 60, ""), due(3, "a", Ordinary, 61, "")}, 4, []ident.ID{1, 2, 3}, "a",
		},
		"who has waited two minutes longer goes before the urgent": {
			"a", []row{due(1, "a", Patient, 0, ""), due(2, "a", Urgent, 121, "")}, 1, []ident.ID{1}, "a",
		},
		"kinds take turns whatever one of them has waiting": {
			"a b c",
			[]row{due(1, "a", 0, 1, ""), due(2, "a", 0, 2, ""), due(3, "a", 0, 3, ""), due(4, "b", 0, 9, ""), due(5, "c", 0, 8, "")},
			4,
			[]ident.ID{1, 4, 5, 2},
			"b c a",
		},
		"the turn goes on where the last choice ended": {
			"b a", []row{due(1, "a", 0, 1, ""), due(2, "a", 0, 2, ""), due(3, "b", 0, 9, "")}, 1, []ident.ID{3}, "a b",
		},
		"who has nothing to do keeps the turn": {
			"b a", []row{due(1, "a", 0, 1, "")}, 2, []ident.ID{1}, "b a",
		},
		"an urgent job of one kind does not go before another kind's turn": {
			"a b", []row{due(1, "b", Urgent, 1, ""), due(2, "a", Patient, 9, "")}, 2, []ident.ID{2, 1}, "a b",
		},
		"one of a key": {
			"a b", []row{due(1, "a", 0, 1, "k"), due(2, "a", 0, 2, "k"), due(3, "b", 0, 3, "k"), due(4, "a", 0, 4, "m")}, 4, []ident.ID{1, 4}, "b a",
		},
	} {
		t.Run(name, func(t *testing.T) {
			chosen, next := fair(strings.Fields(c.turns), c.due, c.n)
			var got []ident.ID
			for _, r := range chosen {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, c.want) || strings.Join(next, " ") != c.next {
				t.Errorf("chose %v, then turns of %v; want %v, %s", got, next, c.want, c.next)
			}
		})
	}
}

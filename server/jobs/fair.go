package jobs

import (
	"cmp"
	"slices"
	"time"
)

// The priorities. They order the jobs of one kind; kinds take turns.
const (
	Urgent   = -1
	Ordinary = 0
	Patient  = 1 // can wait: reminders of what is days away
)

// priorities lists all of them, as the queue asks for each.
var priorities = []int{Urgent, Ordinary, Patient}

// aging is what one step of priority is worth: a job that has been due for so much longer goes first all the same.
const aging = time.Minute

// rank orders the jobs of one kind: the lowest goes first. It does not change while a job waits, so whoever comes later
// has sooner or later a higher one, whatever its priority.
func (r row) rank() int64 { return r.RunAt + int64(r.Priority)*aging.Milliseconds() }

// fair chooses up to n of the due jobs to be run now, in this order, and returns the order of turns for the next choice.
// turns names the kinds, the one that was served longest ago first: each has one job in its turn, so that a kind with
// one job waits for as many others as there are kinds, and not for the backlog of one of them. Of a serial key one job is
// chosen: the others would have to wait for it anyway.
func fair(turns []string, due []row, n int) (chosen []row, next []string) {
	slices.SortFunc(due, func(a, b row) int { return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.ID, b.ID)) })
	waiting, busy := map[string][]row{}, map[string]bool{}
	for _, r := range due {
		if r.SerialKey != "" && busy[r.SerialKey] {
			continue
		}
		busy[r.SerialKey] = true
		waiting[r.Kind] = append(waiting[r.Kind], r)
	}
	next = slices.Clone(turns)
	for len(chosen) < n {
		i := slices.IndexFunc(next, func(kind string) bool { return len(waiting[kind]) > 0 })
		if i < 0 {
			break
		}
		kind := next[i]
		chosen, waiting[kind] = append(chosen, waiting[kind][0]), waiting[kind][1:]
		next = append(slices.Delete(next, i, i+1), kind)
	}
	return chosen, next
}

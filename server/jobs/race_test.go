package jobs_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/jobs"
)

const lease = time.Minute

func TestLostWorker(t *testing.T) {
	eachPair(t, jobs.Options{Lease: lease, MaxAttempts: 2}, func(t *testing.T, one, two *bench) {
		one.Handle("work", func(context.Context, jobs.Job) error { return one.db.Close() }) // nothing of it can be recorded
		one.enqueue(jobs.Job{Kind: "work", Serial: "s"}, jobs.Job{Kind: "work", Serial: "s"})
		if n, _ := one.RunDue(t.Context()); n != 1 {
			t.Fatalf("%d runs", n)
		}
		var attempts []int
		two.Handle("work", func(_ context.Context, j jobs.Job) error {
			attempts = append(attempts, j.Attempt)
			return nil
		})
		two.clock.Advance(lease - time.Millisecond)
		two.runDue(0) // the lease still holds, for the key as well
		two.wantDepth(jobs.Depth{Ready: 1, Running: 1})
		two.clock.Advance(time.Millisecond)
		two.runDue(2)
		if len(attempts) != 2 || attempts[0]+attempts[1] != 3 {
			t.Errorf("attempts %v, want one first and one second", attempts)
		}
	})
}

func TestAJobThatKillsItsWorkersDies(t *testing.T) {
	eachPair(t, jobs.Options{Lease: lease, MaxAttempts: 1}, func(t *testing.T, one, two *bench) {
		one.Handle("work", func(context.Context, jobs.Job) error { return one.db.Close() })
		one.enqueue(jobs.Job{Kind: "work", Payload: "deadly"})
		if n, _ := one.RunDue(t.Context()); n != 1 {
			t.Fatalf("%d runs", n)
		}
		two.note("work")
		told := ""
		two.Buried("work", func(_ context.Context, _ bun.IDB, j jobs.Job) error { return j.Decode(&told) })
		two.clock.Advance(lease)
		two.runDue(0)
		two.wantDepth(jobs.Depth{Dead: 1})
		if told != "deadly" {
			t.Errorf("told of %q", told)
		}
	})
}

// A worker that was held up beyond its lease must not touch the job any more, whatever it wants to report.
func TestFencing(t *testing.T) {
	for name, c := range map[string]struct {
		late  error // of the worker that was held up
		taken bool  // another one has the job by then
	}{
		"done, job retaken":     {nil, true},
		"dead, job retaken":     {jobs.GiveUp(errBroken), true},
		"retry, job retaken":    {errBroken, true},
		"done, lease only over": {nil, false},
		"dead, lease only over": {jobs.GiveUp(errBroken), false},
	} {
		t.Run(name, func(t *testing.T) {
			eachPair(t, jobs.Options{Lease: lease}, func(t *testing.T, slow, quick *bench) {
				quickRuns := 0
				quick.Handle("work", func(context.Context, jobs.Job) error { quickRuns++; return nil })
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				slow.Handle("work", func(context.Context, jobs.Job) error {
					slow.clock.Advance(lease)
					if c.taken {
						quick.runDue(1)
					}
					stop() // so that the slow one does not pick the job up again itself
					return c.late
				})
				slow.enqueue(jobs.Job{Kind: "work", Serial: "s"})
				if n, err := slow.RunDue(ctx); n != 1 || !errors.Is(err, context.Canceled) {
					t.Fatalf("%d runs, %v", n, err)
				}
				quick.runDue(map[bool]int{true: 0, false: 1}[c.taken])
				quick.wantDepth(jobs.Depth{})
				if quickRuns != 1 {
					t.Errorf("the second worker ran it %d times", quickRuns)
				}
			})
		})
	}
}

func TestEachJobOnceAmongManyWorkers(t *testing.T) {
	const total, keys = 120, 7
	eachPair(t, jobs.Options{Lease: lease, Workers: 4, Poll: time.Hour}, func(t *testing.T, one, two *bench) {
		var mu sync.Mutex
		runs, busy := map[string]int{}, map[string]bool{}
		finished := make(chan struct{})
		handle := func(_ context.Context, j jobs.Job) error {
			var name string
			if err := j.Decode(&name); err != nil {
				return err
			}
			mu.Lock()
			if busy[j.Serial] {
				t.Errorf("two jobs of %s at a time", j.Serial)
			}
			busy[j.Serial] = true
			mu.Unlock()
			runtime.Gosched() // here another one of the key would be noticed
			mu.Lock()
			defer mu.Unlock()
			busy[j.Serial] = false
			if runs[name]++; len(runs) == total && runs[name] == 1 {
				close(finished)
			}
			return nil
		}
		one.Handle("work", handle)
		two.Handle("work", handle)
		for i := range total {
			one.enqueue(jobs.Job{Kind: "work", Payload: strconv.Itoa(i), Serial: "key" + strconv.Itoa(i%keys)})
		}
		one.Start()
		two.Start()
		for waiting := true; waiting; {
			one.Wake() // stands in for the poll: a claim lost to the other server is looked at again
			two.Wake()
			select {
			case <-finished:
				waiting = false
			default:
			}
		}
		one.stop()
		two.stop()
		one.wantDepth(jobs.Depth{})
		for name, n := range runs {
			if n != 1 {
				t.Errorf("job %s ran %d times", name, n)
			}
		}
	})
}

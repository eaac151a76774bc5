package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/jobs"
)

// What a handler's error leads to: when the job runs next, and whether the attempt counted.
func TestOutcomes(t *testing.T) {
	opts := jobs.Options{Backoff: 8 * time.Second, MaxBackoff: time.Minute, MaxAttempts: 3}
	for name, c := range map[string]struct {
		err              error
		panics           bool
		notBefore, until time.Duration // of the next run; 0 = none
		attempt          int           // of the next run
		dead             bool
	}{
		"done":             {},
		"error":            {err: errBroken, notBefore: 4 * time.Second, until: 8 * time.Second, attempt: 2},
		"long error":       {err: errors.New(strings.Repeat("长", 300)), notBefore: 4 * time.Second, until: 8 * time.Second, attempt: 2},
		"panic":            {panics: true, notBefore: 4 * time.Second, until: 8 * time.Second, attempt: 2},
		"postpone":         {err: jobs.Postpone(9 * time.Hour), notBefore: 9 * time.Hour, until: 9 * time.Hour, attempt: 1},
		"wrapped":          {err: fmt.Errorf("x: %w", jobs.Postpone(time.Second)), notBefore: time.Second, until: time.Second, attempt: 1},
		"postpone by none": {err: jobs.Postpone(0), notBefore: time.Millisecond, until: time.Millisecond, attempt: 1},
		"give up":          {err: jobs.GiveUp(errBroken), dead: true},
		"give up silently": {err: jobs.GiveUp(nil), dead: true},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, opts, func(t *testing.T, b *bench) {
				var attempts []int
				b.Handle("work", func(_ context.Context, j jobs.Job) error {
					if attempts = append(attempts, j.Attempt); len(attempts) > 1 {
						return nil
					}
					if c.panics {
						panic("on purpose")
					}
					return c.err
				})
				b.enqueue(jobs.Job{Kind: "work"})
				b.runDue(1)
				if c.dead {
					b.wantDepth(jobs.Depth{Dead: 1})
				}
				if c.attempt == 0 {
					b.clock.Advance(1000 * time.Hour)
					b.runDue(0)
					return
				}
				b.clock.Advance(c.notBefore - time.Millisecond)
				b.runDue(0)
				b.clock.Advance(c.until - c.notBefore + time.Millisecond)
				b.runDue(1)
				if attempts[1] != c.attempt {
					t.Errorf("the second run is attempt %d, want %d", attempts[1], c.attempt)
				}
				b.wantDepth(jobs.Depth{})
			})
		})
	}
}

func TestBackoffGrowsToItsLimitThenTheJobDies(t *testing.T) {
	opts := jobs.Options{Backoff: 10 * time.Second, MaxBackoff: 40 * time.Second, MaxAttempts: 6}
	each(t, opts, func(t *testing.T, b *bench) {
		var last []bool
		b.Handle("work", func(_ context.Context, j jobs.Job) error {
			last = append(last, j.Last)
			return errBroken
		})
		buried := 0
		b.Buried("work", func(_ context.Context, _ bun.IDB, j jobs.Job) error {
			buried++
			if j.Attempt != 6 || !j.Last {
				t.Errorf("buried %+v", j)
			}
			return nil
		})
		b.enqueue(jobs.Job{Kind: "work"})
		b.runDue(1)
		for _, wait := range []time.Duration{10, 20, 40, 40, 40} {
			b.wantDepth(jobs.Depth{Ready: 1})
			b.clock.Advance(wait*time.Second/2 - time.Millisecond)
			b.runDue(0) // never earlier than half of it
			b.clock.Advance(wait*time.Second/2 + time.Millisecond)
			b.runDue(1) // never later than all of it
		}
		b.wantDepth(jobs.Depth{Dead: 1})
		if buried != 1 || fmt.Sprint(last) != "[false false false false false true]" {
			t.Errorf("buried %d times, last %v", buried, last)
		}
		b.clock.Advance(1000 * time.Hour)
		b.runDue(0)
		b.wantPruned(0) // dead ones stay visible
	})
}

func TestBurialIsOneTransaction(t *testing.T) {
	each(t, jobs.Options{Lease: time.Minute}, func(t *testing.T, b *bench) {
		b.note("obituary")
		broken := true
		b.Handle("work", func(context.Context, jobs.Job) error { return jobs.GiveUp(errBroken) })
		b.Buried("work", func(ctx context.Context, tx bun.IDB, _ jobs.Job) error {
			if err := b.Enqueue(ctx, tx, jobs.Job{Kind: "obituary", Payload: "gone"}); err != nil || !broken {
				return err
			}
			return errBroken
		})
		b.enqueue(jobs.Job{Kind: "work"})
		b.runDue(1)
		b.wantDepth(jobs.Depth{Running: 1}) // neither dead nor announced
		broken = false
		b.clock.Advance(time.Minute)
		b.runDue(2)
		b.wantRan("gone")
		b.wantDepth(jobs.Depth{Dead: 1})
	})
}

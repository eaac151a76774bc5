package jobs

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"

	"github.com/uptrace/bun"
)

// batch is how many due jobs are read at once.
const batch = 32

// RunDue runs everything that is due now, one after the other, including what the handlers enqueue, and returns how
// many runs there were. It is what tests and tools use; a server uses Start. A handler's error is not RunDue's.
func (q *Queue) RunDue(ctx context.Context) (int, error) {
	ran := 0
	for {
		n, err := q.each(ctx, func(r row) (bool, error) {
			ok, err := q.claim(ctx, &r, q.clock.Now())
			if ok {
				q.run(ctx, r)
			}
			return ok, err
		})
		ran += n
		if err != nil || n == 0 {
			return ran, err
		}
	}
}

// each shows the jobs of one batch to visit, which reports whether it could claim the job, and counts the claims.
func (q *Queue) each(ctx context.Context, visit func(row) (bool, error)) (int, error) {
	if err := q.rescue(ctx); err != nil {
		return 0, err
	}
	rows, err := q.due(ctx, q.kinds(), q.clock.Now(), batch)
	if err != nil {
		return 0, err
	}
	claimed, seen := 0, map[string]bool{}
	for _, r := range rows {
		if ctx.Err() != nil {
			return claimed, ctx.Err()
		}
		if r.SerialKey != "" && seen[r.SerialKey] {
			continue // one of its key is running or has just run; the next batch looks again
		}
		seen[r.SerialKey] = true
		ok, err := visit(r)
		if err != nil {
			return claimed, err
		}
		if ok {
			claimed++
		}
	}
	return claimed, nil
}

// rescue takes back the jobs of workers that died, and buries those that have killed too many.
func (q *Queue) rescue(ctx context.Context) error {
	now := q.clock.Now()
	rows, err := q.lost(ctx, now)
	for _, r := range rows {
		state := ready
		if r.Attempts >= q.opts.MaxAttempts {
			state = dead
		}
		err = q.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			ok, err := q.reclaim(ctx, tx, r, state, now)
			if err != nil || !ok || state != dead {
				return err
			}
			return q.bury(ctx, tx, r)
		})
		if err != nil {
			return err
		}
		q.log.WarnContext(ctx, "worker lost", "job", r.ID, "kind", r.Kind, "attempt", r.Attempts, "state", state)
	}
	return err
}

func (q *Queue) bury(ctx context.Context, tx bun.IDB, r row) error {
	q.mu.Lock()
	tell := q.buried[r.Kind]
	q.mu.Unlock()
	if tell == nil {
		return nil
	}
	return tell(ctx, tx, r.job(q.opts.MaxAttempts))
}

// run does the work of a claimed job and records how it ended.
func (q *Queue) run(ctx context.Context, r row) {
	err := q.work(ctx, r)
	e := q.endingOf(r, err)
	if err != nil {
		level := slog.LevelWarn
		if outcomeOf(err).postpone {
			level = slog.LevelDebug
		}
		q.log.Log(ctx, level, "job not done", "job", r.ID, "kind", r.Kind, "attempt", r.Attempts, "state", e.state, "cause", err)
	}
	held := false
	// The work is done; a caller who has gone away meanwhile must not make it be done again.
	err = q.db.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx bun.Tx) (err error) {
		if held, err = q.release(ctx, tx, r, e, q.clock.Now()); err != nil || !held || e.state != dead {
			return err
		}
		return q.bury(ctx, tx, r)
	})
	switch {
	case err != nil:
		q.log.ErrorContext(ctx, "job not released; it will run again after its lease", "job", r.ID, "kind", r.Kind, "cause", err)
	case !held:
		q.log.WarnContext(ctx, "job took longer than its lease", "job", r.ID, "kind", r.Kind)
	}
}

// leaseMargin is how long before the end of the lease the handler's context ends, so that it can still be released.
const leaseMargin = 10 // a tenth of the lease

func (q *Queue) work(ctx context.Context, r row) (err error) {
	ctx, cancel := context.WithTimeout(ctx, q.opts.Lease-q.opts.Lease/leaseMargin)
	defer cancel()
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return q.handler(r.Kind)(ctx, r.job(q.opts.MaxAttempts))
}

func (q *Queue) endingOf(r row, err error) ending {
	now := q.clock.Now()
	if err == nil {
		return ending{state: done, runAt: now, attempts: r.Attempts}
	}
	o := outcomeOf(err)
	e := ending{state: ready, runAt: now.Add(o.after), attempts: r.Attempts, problem: problem(err)}
	switch {
	case o.postpone:
		e.attempts--
	case o.giveUp || r.Attempts >= q.opts.MaxAttempts:
		e.state = dead
	case o.after <= 0:
		e.runAt = now.Add(backoff(r.Attempts, q.opts.Backoff, q.opts.MaxBackoff, q.chance()))
	}
	return e
}

// chance returns a random number in [0,1).
func (q *Queue) chance() float64 {
	return float64(binary.BigEndian.Uint16(q.ids.Bytes(2))) / (1 << 16)
}

// pruneEvery is how often a running queue deletes what is finished and old.
const pruneEvery = time.Hour

func (q *Queue) pruneSometimes(ctx context.Context) {
	now := q.clock.Now()
	q.mu.Lock()
	due := !now.Before(q.nextPrune)
	if due {
		q.nextPrune = now.Add(pruneEvery)
	}
	q.mu.Unlock()
	if !due {
		return
	}
	if n, err := q.Prune(ctx); err != nil {
		q.log.WarnContext(ctx, "finished jobs not pruned", "cause", err)
	} else if n > 0 {
		q.log.InfoContext(ctx, "finished jobs pruned", "count", n)
	}
}

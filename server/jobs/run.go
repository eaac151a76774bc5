package jobs

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
)

// batch is how many jobs are claimed at once at most, and how many of each kind and priority are looked at for it.
const batch = 128

// RunDue runs everything that is due now, one after the other, including what the handlers enqueue, and returns how
// many runs there were. It is what tests and tools use; a server uses Start. A handler's error is not RunDue's.
func (q *Queue) RunDue(ctx context.Context) (int, error) {
	ran := 0
	for {
		rows, err := q.next(ctx, batch)
		if err != nil || len(rows) == 0 {
			return ran, err
		}
		before := ran
		for _, r := range rows {
			if ctx.Err() != nil {
				return ran, ctx.Err()
			}
			claimed, err := q.claim(ctx, []row{r}, q.clock.Now())
			for _, r := range claimed {
				q.finish(ctx, r, q.perform(ctx, r))
				ran++
			}
			if err != nil {
				return ran, err
			}
		}
		if ran == before {
			return ran, nil
		}
	}
}

// next returns up to n jobs that are to be claimed now, in this order.
func (q *Queue) next(ctx context.Context, n int) ([]row, error) {
	if err := q.rescue(ctx); err != nil {
		return nil, err
	}
	rows, err := q.due(ctx, q.kinds(), q.clock.Now(), n)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	rows, q.turns = fair(q.turns, rows, n)
	return rows, nil
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
	return q.tell(ctx, tx, q.buried, r)
}

func (q *Queue) tell(ctx context.Context, tx bun.IDB, undertakers map[string]Undertaker, r row) error {
	q.mu.Lock()
	u := undertakers[r.Kind]
	q.mu.Unlock()
	if u == nil {
		return nil
	}
	return u(ctx, tx, r.job(q.opts.MaxAttempts))
}

// perform does the work of a claimed job and says how it ended.
func (q *Queue) perform(ctx context.Context, r row) ending {
	err := q.work(ctx, r)
	e := q.endingOf(r, err)
	if err != nil {
		level := slog.LevelWarn
		if outcomeOf(err).postpone > 0 {
			level = slog.LevelDebug
		}
		q.log.Log(ctx, level, "job not done", "job", r.ID, "kind", r.Kind, "attempt", r.Attempts, "state", e.state, "cause", err)
	}
	return e
}

// finish records how a job ended. The work is done; a caller who has gone away meanwhile must not make it be done again.
func (q *Queue) finish(ctx context.Context, r row, e ending) {
	held := false
	err := q.db.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx bun.Tx) (err error) {
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
			err = fmt.Errorf(problemPanic+"%v", reason)
		}
	}()
	return q.handler(r.Kind)(ctx, r.job(q.opts.MaxAttempts))
}

func (q *Queue) endingOf(r row, err error) ending {
	now := q.clock.Now()
	if err == nil {
		return ending{state: done, runAt: clock.FromMillis(r.RunAt), attempts: r.Attempts}
	}
	o := outcomeOf(err)
	e := ending{state: ready, runAt: now, attempts: r.Attempts, problem: problem(err)}
	switch {
	case o.postpone > 0:
		e.runAt, e.attempts = now.Add(o.postpone), r.Attempts-1
	case o.giveUp || r.Attempts >= q.opts.MaxAttempts:
		e.state = dead
	default:
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

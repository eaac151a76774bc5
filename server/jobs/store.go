package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

const (
	ready   = "ready"
	running = "running"
	done    = "done"
	dead    = "dead"
)

// row is a job as stored.
type row struct {
	bun.BaseModel `bun:"table:jobs"`

	ID         ident.ID
	Kind       string
	UniqueKey  string `bun:",nullzero"`
	SerialKey  string `bun:",nullzero"`
	Payload    string
	Priority   int
	State      string
	RunAt      int64
	Owner      ident.ID
	LeaseUntil int64
	Attempts   int
	CreatedAt  int64
	UpdatedAt  int64
}

func (r row) job(maxAttempts int) Job {
	return Job{
		Kind: r.Kind, Payload: json.RawMessage(r.Payload), Unique: r.UniqueKey, Serial: r.SerialKey,
		RunAt: clock.FromMillis(r.RunAt), Priority: r.Priority, ID: r.ID, Attempt: r.Attempts, Last: r.Attempts >= maxAttempts,
	}
}

func (q *Queue) insert(ctx context.Context, tx bun.IDB, rows []row) error {
	ignore := strings.TrimPrefix(q.db.IgnoreDuplicate("unique_key"), " ON ")
	_, err := tx.NewInsert().Model(&rows).On(ignore).Exec(ctx)
	return err
}

// due returns jobs that could be claimed now: of each kind and priority up to limit, those that have been due longest, with
// what choosing among them takes. It leaves out keys of which a job is running; what it returns may be gone by the time it
// is claimed. Each part is a range of the index jobs_lane, so its cost does not depend on what else is in the table.
func (q *Queue) due(ctx context.Context, kinds []string, now time.Time, limit int) ([]row, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	var parts []string
	var args []any
	for _, kind := range kinds {
		for _, priority := range priorities {
			parts = append(parts, lane)
			args = append(args, ready, kind, priority, clock.Millis(now), limit)
		}
	}
	var rows []row
	err := q.db.Read().NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &rows)
	return rows, err
}

const lane = `
SELECT * FROM (
  SELECT j.id, j.kind, j.serial_key, j.priority, j.run_at FROM jobs j
  WHERE j.state = ? AND j.kind = ? AND j.priority = ? AND j.run_at <= ?
    AND (j.serial_key IS NULL OR NOT EXISTS (SELECT 1 FROM jobs r WHERE r.running_key = j.serial_key))
  ORDER BY j.run_at, j.id LIMIT ?) lane`

// claim takes those of the jobs that are still to be had, and returns them as they are now. Others may have been faster,
// or run one of the same key.
func (q *Queue) claim(ctx context.Context, wanted []row, now time.Time) ([]row, error) {
	rows, err := q.claimTogether(ctx, wanted, now)
	if !store.IsDuplicate(err) || len(wanted) == 1 {
		if store.IsDuplicate(err) || store.IsRetryable(err) {
			return nil, nil
		}
		return rows, err
	}
	// A key has begun to run elsewhere: each on its own, so that only the jobs of this key are left.
	var all []row
	for _, r := range wanted {
		got, err := q.claim(ctx, []row{r}, now)
		if err != nil {
			return all, err
		}
		all = append(all, got...)
	}
	return all, nil
}

const columns = "id, kind, unique_key, serial_key, payload, priority, state, run_at, owner, lease_until, attempts"

func (q *Queue) claimTogether(ctx context.Context, wanted []row, now time.Time) (rows []row, err error) {
	owner, ids := q.ids.New(), make([]ident.ID, len(wanted))
	for i, r := range wanted {
		ids[i] = r.ID
	}
	err = q.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows = nil
		n, err := store.Changed(tx.NewRaw(`
UPDATE jobs SET state = ?, owner = ?, lease_until = ?, attempts = attempts + 1, running_key = serial_key, updated_at = ?
WHERE id IN (?) AND state = ? AND run_at <= ?`,
			running, owner, clock.Millis(now.Add(q.opts.Lease)), clock.Millis(now), bun.List(ids), ready, clock.Millis(now)).Exec(ctx))
		if err != nil || n == 0 {
			return err
		}
		return tx.NewRaw("SELECT "+columns+" FROM jobs WHERE id IN (?) AND owner = ?", bun.List(ids), owner).Scan(ctx, &rows)
	})
	return rows, err
}

// ending is the state a job is left in after a run.
type ending struct {
	state    string
	runAt    time.Time
	attempts int
	problem  string
}

// release ends a run. It reports false when the claim is no longer good: the lease ran out, or another has the job.
func (q *Queue) release(ctx context.Context, tx bun.IDB, r row, e ending, now time.Time) (bool, error) {
	res, err := tx.NewRaw(`
UPDATE jobs SET state = ?, run_at = ?, attempts = ?, problem = ?, owner = 0, lease_until = 0, running_key = NULL, updated_at = ?
WHERE id = ? AND state = ? AND owner = ? AND lease_until > ?`,
		e.state, clock.Millis(e.runAt), e.attempts, e.problem, clock.Millis(now), r.ID, running, r.Owner, clock.Millis(now)).Exec(ctx)
	return store.Affected(res, err)
}

// errUneven says that a statement for many did not find all of them.
var errUneven = errors.New("jobs: not all of them were held")

// complete ends runs that went well, all or none.
func (q *Queue) complete(ctx context.Context, rows []row, now time.Time) error {
	ids, owners := make([]ident.ID, len(rows)), make([]ident.ID, len(rows))
	for i, r := range rows {
		if r.LeaseUntil <= clock.Millis(now) {
			return errUneven // somebody may have it under one of the other claims
		}
		ids[i], owners[i] = r.ID, r.Owner
	}
	slices.Sort(owners)
	return q.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		n, err := store.Changed(tx.NewRaw(`
UPDATE jobs SET state = ?, problem = '', owner = 0, lease_until = 0, running_key = NULL, updated_at = ?
WHERE id IN (?) AND state = ? AND owner IN (?) AND lease_until > ?`,
			done, clock.Millis(now), bun.List(ids), running, bun.List(slices.Compact(owners)), clock.Millis(now)).Exec(ctx))
		if err != nil || int(n) != len(rows) {
			return cmp.Or(err, errUneven)
		}
		return nil
	})
}

// lost returns jobs whose lease has run out.
func (q *Queue) lost(ctx context.Context, now time.Time) ([]row, error) {
	var rows []row
	err := q.db.Read().NewRaw("SELECT "+columns+" FROM jobs WHERE state = ? AND lease_until <= ?", running, clock.Millis(now)).Scan(ctx, &rows)
	// Sorted here: asked for in this order, some engines walk through the whole table by its key.
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.ID, b.ID) })
	return rows, err
}

// reclaim takes a job away from a worker whose lease has run out.
func (q *Queue) reclaim(ctx context.Context, tx bun.IDB, r row, state string, now time.Time) (bool, error) {
	res, err := tx.NewRaw(`
UPDATE jobs SET state = ?, problem = ?, owner = 0, lease_until = 0, running_key = NULL, updated_at = ?
WHERE id = ? AND state = ? AND owner = ? AND lease_until <= ?`,
		state, problemLost, clock.Millis(now), r.ID, running, r.Owner, clock.Millis(now)).Exec(ctx)
	return store.Affected(res, err)
}

func (q *Queue) count(ctx context.Context) (Depth, error) {
	var rows []struct {
		State string
		N     int
	}
	err := q.db.Read().NewRaw("SELECT state, COUNT(*) AS n FROM jobs WHERE state IN (?) GROUP BY state",
		bun.List([]string{ready, running, dead})).Scan(ctx, &rows)
	var d Depth
	for _, r := range rows {
		switch r.State {
		case ready:
			d.Ready = r.N
		case running:
			d.Running = r.N
		case dead:
			d.Dead = r.N
		}
	}
	return d, err
}

// pruneBatch keeps the write lock short.
const pruneBatch = 500

func (q *Queue) deleteDone(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		var ids []ident.ID
		err := q.db.Read().NewRaw("SELECT id FROM jobs WHERE state = ? AND updated_at < ? ORDER BY updated_at LIMIT ?",
			done, clock.Millis(before), pruneBatch).Scan(ctx, &ids)
		if err != nil || len(ids) == 0 {
			return total, err
		}
		if _, err := q.db.Write().NewRaw("DELETE FROM jobs WHERE state = ? AND id IN (?)", done, bun.List(ids)).Exec(ctx); err != nil {
			return total, err
		}
		total += len(ids)
	}
}

package jobs

import (
	"context"
	"encoding/json"
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

const columns = "id, kind, unique_key, serial_key, payload, priority, state, run_at, owner, lease_until, attempts"

// due returns jobs that could be claimed now, the most urgent first. It leaves out kinds that this server does not know
// and keys of which a job is running; what it returns may be gone by the time it is claimed.
func (q *Queue) due(ctx context.Context, kinds []string, now time.Time, limit int) ([]row, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	var rows []row
	err := q.db.Read().NewRaw(`
SELECT `+columns+` FROM jobs j
WHERE j.state = ? AND j.run_at <= ? AND j.kind IN (?)
  AND (j.serial_key IS NULL OR NOT EXISTS (SELECT 1 FROM jobs r WHERE r.running_key = j.serial_key))
ORDER BY j.priority, j.run_at, j.id LIMIT ?`, ready, clock.Millis(now), bun.List(kinds), limit).Scan(ctx, &rows)
	return rows, err
}

// claim takes the job as it was seen by due. It reports false when somebody else was faster, or runs one of its key.
func (q *Queue) claim(ctx context.Context, r *row, now time.Time) (bool, error) {
	owner, until := q.ids.New(), clock.Millis(now.Add(q.opts.Lease))
	res, err := q.db.Write().NewRaw(`
UPDATE jobs SET state = ?, owner = ?, lease_until = ?, attempts = attempts + 1, running_key = serial_key, updated_at = ?
WHERE id = ? AND state = ? AND attempts = ? AND run_at = ?`,
		running, owner, until, clock.Millis(now), r.ID, ready, r.Attempts, r.RunAt).Exec(ctx)
	if store.IsDuplicate(err) || store.IsRetryable(err) {
		return false, nil
	}
	ok, err := store.Affected(res, err)
	r.Owner, r.LeaseUntil, r.Attempts = owner, until, r.Attempts+1
	return ok, err
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

// lost returns jobs whose lease has run out.
func (q *Queue) lost(ctx context.Context, now time.Time) ([]row, error) {
	var rows []row
	err := q.db.Read().NewRaw("SELECT "+columns+" FROM jobs WHERE state = ? AND lease_until <= ? ORDER BY id",
		running, clock.Millis(now)).Scan(ctx, &rows)
	return rows, err
}

// reclaim takes a job away from a worker whose lease has run out.
func (q *Queue) reclaim(ctx context.Context, tx bun.IDB, r row, state string, now time.Time) (bool, error) {
	res, err := tx.NewRaw(`
UPDATE jobs SET state = ?, problem = ?, owner = 0, lease_until = 0, running_key = NULL, updated_at = ?
WHERE id = ? AND state = ? AND owner = ? AND lease_until <= ?`,
		state, "the worker was lost", clock.Millis(now), r.ID, running, r.Owner, clock.Millis(now)).Exec(ctx)
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

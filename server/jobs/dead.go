package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// DeadJob is a job that was given up. It is kept until somebody has it tried again or drops it. What went wrong in full is
// in the log, beside its id.
type DeadJob struct {
	ID        ident.ID
	Kind      string
	Payload   json.RawMessage
	Attempts  int // claims until it was given up
	Trouble   Trouble
	CreatedAt time.Time
	DiedAt    time.Time
}

// Trouble is the sort of thing that a job died of.
type Trouble string

// The troubles.
const (
	Lost     Trouble = "lost"     // the servers that worked on it died over it
	Broken   Trouble = "broken"   // the program made a mistake (panic)
	Hopeless Trouble = "hopeless" // its handler said that trying again is no use
	Failing  Trouble = "failing"  // every attempt failed, for whatever reason
)

// What the column problem begins with.
const (
	problemLost     = "the worker was lost"
	problemPanic    = "panic: "
	problemHopeless = "given up: "
)

func troubleOf(problem string) Trouble {
	for start, trouble := range map[string]Trouble{problemLost: Lost, problemPanic: Broken, problemHopeless: Hopeless} {
		if strings.HasPrefix(problem, start) {
			return trouble
		}
	}
	return Failing
}

// Dead returns up to limit dead jobs with an id above after, in the order of their ids.
func (q *Queue) Dead(ctx context.Context, after ident.ID, limit int) ([]DeadJob, error) {
	var rows []grave
	err := q.db.Read().NewRaw("SELECT id, kind, payload, attempts, problem, created_at, updated_at AS died_at FROM jobs WHERE state = ? AND id > ? ORDER BY id LIMIT ?",
		dead, after, limit).Scan(ctx, &rows)
	all := make([]DeadJob, len(rows))
	for i, r := range rows {
		all[i] = r.job()
	}
	return all, err
}

// grave is a job that died, as stored here or there.
type grave struct {
	ID        ident.ID
	Kind      string
	Payload   string
	Attempts  int
	Problem   string
	CreatedAt int64
	DiedAt    int64
	DroppedAt int64
	DroppedBy ident.ID
	Reason    string
}

func (g grave) job() DeadJob {
	return DeadJob{
		ID: g.ID, Kind: g.Kind, Payload: json.RawMessage(g.Payload), Attempts: g.Attempts, Trouble: troubleOf(g.Problem),
		CreatedAt: clock.FromMillis(g.CreatedAt), DiedAt: clock.FromMillis(g.DiedAt),
	}
}

// ReviveAll is Revive for every job that was dead when it began, and returns how many there were. An error ends it; those
// before it are revived.
func (q *Queue) ReviveAll(ctx context.Context, also func(ctx context.Context, tx bun.IDB, id ident.ID) error) (revived int, err error) {
	var ids []ident.ID
	if err := q.db.Read().NewRaw("SELECT id FROM jobs WHERE state = ? ORDER BY id", dead).Scan(ctx, &ids); err != nil {
		return 0, err
	}
	for _, id := range ids {
		ok, err := q.Revive(ctx, id, func(ctx context.Context, tx bun.IDB) error { return also(ctx, tx, id) })
		if err != nil {
			return revived, err
		}
		if ok {
			revived++
		}
	}
	return revived, nil
}

// Drop takes a dead job out of the queue for good and keeps a note of it: by whom, and why in at most 200 characters. Its
// Unique key is free again. What is passed besides runs in the same transaction. It reports false when there is no such dead job.
func (q *Queue) Drop(ctx context.Context, id, by ident.ID, reason string, also ...func(ctx context.Context, tx bun.IDB) error) (ok bool, err error) {
	err = q.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw(`
INSERT INTO dropped_jobs (id, kind, payload, attempts, problem, created_at, died_at, dropped_at, dropped_by, reason)
SELECT id, kind, payload, attempts, problem, created_at, updated_at, ?, ?, ? FROM jobs WHERE id = ? AND state = ?`,
			clock.Millis(q.clock.Now()), by, reason, id, dead).Exec(ctx)
		if ok, err = store.Affected(res, err); err != nil || !ok {
			return err
		}
		res, err = tx.NewRaw("DELETE FROM jobs WHERE id = ? AND state = ?", id, dead).Exec(ctx)
		if gone, err := store.Affected(res, err); err != nil || !gone {
			return cmp.Or(err, errUneven)
		}
		for _, f := range also {
			if err := f(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if store.IsDuplicate(err) || errors.Is(err, errUneven) { // somebody else did, in the same moment
		return false, nil
	}
	return ok && err == nil, err
}

// DroppedJob is a job that somebody has decided not to try again.
type DroppedJob struct {
	DeadJob

	DroppedAt time.Time
	By        ident.ID
	Reason    string
}

// Dropped returns the latest jobs that were dropped, the newest first.
func (q *Queue) Dropped(ctx context.Context, limit int) ([]DroppedJob, error) {
	var rows []grave
	err := q.db.Read().NewRaw("SELECT * FROM dropped_jobs ORDER BY dropped_at DESC, id DESC LIMIT ?", limit).Scan(ctx, &rows)
	all := make([]DroppedJob, len(rows))
	for i, r := range rows {
		all[i] = DroppedJob{DeadJob: r.job(), DroppedAt: clock.FromMillis(r.DroppedAt), By: r.DroppedBy, Reason: r.Reason}
	}
	return all, err
}

// PruneDropped deletes up to limit notes of jobs that were dropped before the instant, and returns how many.
func (q *Queue) PruneDropped(ctx context.Context, before time.Time, limit int) (int64, error) {
	return q.db.DeleteSome(ctx, limit, "dropped_jobs", "dropped_at < ?", clock.Millis(before))
}

// Revive lets a dead job be tried again, at once and with all its attempts. It reports false when there is no such dead
// job. What else is to happen is done in the same transaction.
func (q *Queue) Revive(ctx context.Context, id ident.ID, also ...func(ctx context.Context, tx bun.IDB) error) (ok bool, err error) {
	err = q.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var r row
		err := tx.NewRaw("SELECT "+columns+" FROM jobs WHERE id = ? AND state = ?", id, dead).Scan(ctx, &r)
		if ok = false; store.IsNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		at := clock.Millis(q.clock.Now())
		res, err := tx.NewRaw("UPDATE jobs SET state = ?, attempts = 0, problem = '', run_at = ?, updated_at = ? WHERE id = ? AND state = ?",
			ready, at, at, id, dead).Exec(ctx)
		if ok, err = store.Affected(res, err); err != nil || !ok {
			return err
		}
		for _, f := range also {
			if err := f(ctx, tx); err != nil {
				return err
			}
		}
		return q.tell(ctx, tx, q.revived, r)
	})
	if ok && err == nil {
		q.Wake()
	}
	return ok && err == nil, err
}

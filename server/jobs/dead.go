package jobs

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// DeadJob is a job that was given up. It is kept until somebody has it tried again. What went wrong is in the log, beside
// its id, and in the table's column problem.
type DeadJob struct {
	ID        ident.ID
	Kind      string
	Attempts  int // claims until it was given up
	CreatedAt time.Time
	DiedAt    time.Time
}

// Dead returns up to limit dead jobs with an id above after, in the order of their ids.
func (q *Queue) Dead(ctx context.Context, after ident.ID, limit int) ([]DeadJob, error) {
	var rows []row
	err := q.db.Read().NewRaw("SELECT id, kind, attempts, created_at, updated_at FROM jobs WHERE state = ? AND id > ? ORDER BY id LIMIT ?",
		dead, after, limit).Scan(ctx, &rows)
	all := make([]DeadJob, len(rows))
	for i, r := range rows {
		all[i] = DeadJob{
			ID: r.ID, Kind: r.Kind, Attempts: r.Attempts,
			CreatedAt: clock.FromMillis(r.CreatedAt), DiedAt: clock.FromMillis(r.UpdatedAt),
		}
	}
	return all, err
}

// Revive lets a dead job be tried again, at once and with all its attempts. It reports false when there is no such dead
// job.
func (q *Queue) Revive(ctx context.Context, id ident.ID) (ok bool, err error) {
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
		return q.tell(ctx, tx, q.revived, r)
	})
	if ok && err == nil {
		q.Wake()
	}
	return ok && err == nil, err
}

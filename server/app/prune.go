package app

import (
	"context"
	"fmt"
	"time"

	"themeday/server/audit"
	"themeday/server/clock"
	"themeday/server/jobs"
)

// jobPrune deletes, once a day and on one of the servers, what nobody needs any more.
const jobPrune = "app.prune"

const (
	keepLoose  = 24 * time.Hour // pictures that no request was made with
	pruneAt    = 3 * time.Hour  // after midnight in Beijing: nobody meets
	pruneBatch = 500            // rows deleted at once, so that nobody waits for long behind them
	pruneRuns  = 50             // batches of one kind in one run, so that it ends within the lease of a job; the rest goes in a next run
)

// ending is one kind of thing that is deleted when its time is over.
type ending struct {
	name string
	days int // it is kept after it has lost its use
	some func(ctx context.Context, before time.Time, limit int) (int64, error)
}

func (a *App) endings() []ending {
	keep := a.Config.Retention
	return []ending{
		{"sessions", keep.Sessions, a.Orgs.PruneSessions},
		{"failedScans", keep.FailedScans, a.Checkin.PruneFailedScans},
		{"pictures", keep.Evidence, func(ctx context.Context, before time.Time, limit int) (int64, error) {
			return a.Checkin.PruneEvidence(ctx, before, a.Clock.Now().Add(-keepLoose), limit)
		}},
		{"devices", keep.Devices, a.Checkin.PruneDevices},
		{"packs", keep.Packs, a.Checkin.PrunePacks},
		{"messages", keep.Messages, a.Remind.PruneMessages},
		{"deliveries", keep.Deliveries, a.Remind.PruneDeliveries},
		{"corrections", keep.Corrections, a.MyData.PruneCorrections},
		{"droppedJobs", keep.DroppedJobs, a.Queue.PruneDropped},
		{"looks", keep.Looks, func(ctx context.Context, before time.Time, limit int) (int64, error) {
			return audit.Erase(ctx, a.DB, before, limit)
		}},
		{"accounts", 0, func(ctx context.Context, _ time.Time, limit int) (int64, error) { return a.MyData.CloseDue(ctx, limit) }},
	}
}

func (a *App) buildPruning() {
	a.Queue.Handle(jobPrune, func(ctx context.Context, _ jobs.Job) error {
		now, told, more := a.Clock.Now(), []any{}, false
		for _, e := range a.endings() {
			n, err := e.many(ctx, now)
			if err != nil {
				return fmt.Errorf("app: prune %s: %w", e.name, err)
			}
			told, more = append(told, e.name, n), more || n == pruneRuns*pruneBatch
		}
		if err := a.Roster.Prune(ctx); err != nil {
			return err
		}
		changes, err := a.Watch.Prune(ctx)
		if err != nil {
			return err
		}
		a.log.InfoContext(ctx, "pruned", append(told, "changes", changes)...)
		if more {
			return jobs.Postpone(time.Minute)
		}
		if err := a.logAnchor(ctx); err != nil {
			return err
		}
		return a.planPruning(ctx, now)
	})
}

// many deletes what is over, a batch after the other, and returns how much it was.
func (e ending) many(ctx context.Context, now time.Time) (total int64, err error) {
	before := now.Add(-time.Duration(e.days) * 24 * time.Hour)
	for range pruneRuns {
		n, err := e.some(ctx, before, pruneBatch)
		total += n
		if err != nil || n < pruneBatch {
			return total, err
		}
	}
	return total, nil
}

// logAnchor writes the end of the audit's chain where those who can change the database perhaps cannot: audit verify
// takes it.
func (a *App) logAnchor(ctx context.Context) error {
	end, err := audit.Head(ctx, a.DB)
	if err == nil && end.Seq > 0 {
		a.log.InfoContext(ctx, "audit", "anchor", end.String())
	}
	return err
}

// planPruning enqueues the next night's run. The day is the key, so that several servers plan it once.
func (a *App) planPruning(ctx context.Context, now time.Time) error {
	local := now.In(clock.Beijing)
	next := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, clock.Beijing).Add(pruneAt)
	return a.Queue.Enqueue(ctx, a.DB.Write(), jobs.Job{Kind: jobPrune, Unique: jobPrune + next.Format(":2006-01-02"), RunAt: next})
}

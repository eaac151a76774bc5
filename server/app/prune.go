package app

import (
	"context"
	"time"

	"themeday/server/clock"
	"themeday/server/jobs"
)

// jobPrune deletes, once a day and on one of the servers, what nobody needs any more.
const jobPrune = "app.prune"

// How long things are kept after they have lost their use. Refused scans are looked at within the half year in which an
// event's record may be questioned.
const (
	keepSessions    = 7 * 24 * time.Hour
	keepFailedScans = 180 * 24 * time.Hour
	keepEvidence    = 30 * 24 * time.Hour // after the decision: long enough to ask back
	keepLoose       = 24 * time.Hour      // pictures that no request was made with
	keepDevices     = 30 * 24 * time.Hour // which phone checked in whom is a hint for the weeks after
	keepPacks       = 30 * 24 * time.Hour
	pruneAt         = 3 * time.Hour // after midnight in Beijing: nobody meets
)

func (a *App) buildPruning() {
	a.Queue.Handle(jobPrune, func(ctx context.Context, _ jobs.Job) error {
		now := a.Clock.Now()
		sessions, err := a.Orgs.PruneSessions(ctx, now.Add(-keepSessions))
		if err != nil {
			return err
		}
		scans, err := a.Checkin.PruneFailedScans(ctx, now.Add(-keepFailedScans))
		if err != nil {
			return err
		}
		pictures, err := a.Checkin.PruneEvidence(ctx, now.Add(-keepEvidence), now.Add(-keepLoose))
		if err != nil {
			return err
		}
		if _, err := a.Checkin.PruneDevices(ctx, now.Add(-keepDevices)); err != nil {
			return err
		}
		if err := a.Roster.Prune(ctx); err != nil {
			return err
		}
		changes, err := a.Watch.Prune(ctx)
		if err != nil {
			return err
		}
		a.log.InfoContext(ctx, "pruned", "sessions", sessions, "failedScans", scans, "pictures", pictures, "changes", changes)
		return a.planPruning(ctx, now)
	})
}

// planPruning enqueues the next night's run. The day is the key, so that several servers plan it once.
func (a *App) planPruning(ctx context.Context, now time.Time) error {
	local := now.In(clock.Beijing)
	next := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, clock.Beijing).Add(pruneAt)
	return a.Queue.Enqueue(ctx, a.DB.Write(), jobs.Job{Kind: jobPrune, Unique: jobPrune + next.Format(":2006-01-02"), RunAt: next})
}

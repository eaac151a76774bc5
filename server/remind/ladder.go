package remind

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
)

// rung is one step of the ladder by which a branch is asked about its month: help comes before it is asked for, and from
// near before from above. Nobody is told who does not have to do something about it.
type rung struct {
	name  string // of whom it asks
	role  authz.Role
	above bool // of the organisation above the branch
	ask   string
}

// The rungs, from the first: the secretary, then the deputy, who can step in, then the organiser above, who can help.
var ladder = [rungs]rung{
	{"书记", authz.Secretary, false, "%s还没有安排%s的主题党日。点开可以马上安排；已经线下开展、合并开展或有事延期的，点一下说明就不再提醒。"},
	{"组织委员", authz.Organiser, false, "%s还没有安排%s的主题党日，书记可能正忙。您可以帮着安排，或说明原因，就不再提醒。"},
	{"上级组织委员", authz.Organiser, true, "%s%s的主题党日还没有安排，月底将近。请问问支部有没有困难，能不能帮一把；已说明原因的不会再提醒。"},
}

const (
	rungs = 3
	// askAt is the time of day at which the ladder is climbed.
	askAt = 9 * time.Hour
	// askLate is how long after its day a rung is still asked, should the server have been away.
	askLate = 36 * time.Hour
)

// rungDays returns when the rungs of the month are asked: three days before the branch's theme day, the day after it, and
// the day before the month's last. The second comes before the third however late the theme day is.
func rungDays(month time.Time, themeDay int) [rungs]time.Time {
	first := firstOf(month)
	last := first.AddDate(0, 1, -1).Day()
	at := func(day int) time.Time { return first.AddDate(0, 0, day-1).Add(askAt).UTC() }
	return [rungs]time.Time{at(themeDay - 3), at(min(themeDay+1, last-2)), at(last - 1)}
}

// firstOf returns the start of t's month in Shanghai.
func firstOf(t time.Time) time.Time {
	from, _ := month(t)
	return from.In(clock.Beijing)
}

// asking is a rung of a month that is to be asked now.
type asking struct {
	month time.Time
	rung  int // from 1
}

// askingsAt returns the rungs to be asked at the instant, at most one for each month. The first rung of a month can lie
// in the month before.
func askingsAt(now time.Time, themeDay int) []asking {
	var all []asking
	for _, month := range []time.Time{firstOf(now), firstOf(now).AddDate(0, 1, 0)} {
		for i, at := range slices.Backward(rungSlice(month, themeDay)) {
			if !now.Before(at) && now.Sub(at) < askLate {
				all = append(all, asking{month, i + 1})
				break
			}
		}
	}
	return all
}

func rungSlice(month time.Time, themeDay int) []time.Time {
	days := rungDays(month, themeDay)
	return days[:]
}

// meetings are the theme days of a month.
type meetings struct {
	orgs  map[ident.ID]bool     // take part in one
	paths map[ident.ID][]string // of organisations that have been moved since the month began, during the month
}

// cover reports whether the branch takes part in a theme day, or an organisation that was above it in the month: who holds a
// theme day for all its branches holds it for this one.
func (m meetings) cover(branch org.Org) bool {
	paths, moved := m.paths[branch.ID]
	if !moved {
		paths = []string{branch.Path}
	}
	return m.orgs[branch.ID] || slices.ContainsFunc(paths, func(path string) bool {
		return slices.ContainsFunc(org.PathIDs(path), func(id ident.ID) bool { return m.orgs[id] })
	})
}

// meetingsOf returns the theme days of the month that begins then.
func (s *Service) meetingsOf(ctx context.Context, db bun.IDB, month time.Time) (meetings, error) {
	next := month.AddDate(0, 1, 0)
	ids, err := s.Events.ThemeDays(ctx, db, month, next)
	if err != nil {
		return meetings{}, err
	}
	m := meetings{orgs: make(map[ident.ID]bool, len(ids))}
	for _, id := range ids {
		m.orgs[id] = true
	}
	m.paths, err = s.People.PathsDuring(ctx, db, month, next)
	return m, err
}

// PlanLadder plans the next climb, at nine in the morning. The day is the key, so that several servers plan it once.
func (s *Service) PlanLadder(ctx context.Context, db bun.IDB, now time.Time) error {
	next := midnight(now).Add(askAt)
	if !next.After(now) {
		next = midnight(now).AddDate(0, 0, 1).Add(askAt)
	}
	return s.Jobs.Enqueue(ctx, db, jobs.Job{Kind: jobLadder, Unique: jobLadder + next.Format(":2006-01-02"), RunAt: next})
}

// climb is the job of a morning: it asks about every branch whose rung has come, has nothing planned and no excuse.
func (s *Service) climb(ctx context.Context, _ jobs.Job) error {
	now := s.Clock.Now()
	if err := s.PlanLadder(ctx, s.DB.Write(), now); err != nil { // before anything can go wrong
		return err
	}
	branches, err := s.People.Branches(ctx, s.DB.Read())
	if err != nil {
		return err
	}
	open := map[string]func(org.Org) bool{}
	for _, b := range branches {
		for _, q := range askingsAt(now, b.ThemeDay) {
			key := q.month.Format(monthLayout)
			if open[key] == nil {
				if open[key], err = s.openMonth(ctx, s.DB.Read(), q.month); err != nil {
					return err
				}
			}
			if !open[key](b) {
				continue
			}
			if err := s.askAbout(ctx, b, key, q.rung, now); err != nil {
				return err
			}
		}
	}
	s.Jobs.Wake()
	return nil
}

// openMonth returns what tells whether a branch still has to be asked about the month.
func (s *Service) openMonth(ctx context.Context, db bun.IDB, month time.Time) (func(org.Org) bool, error) {
	meetings, err := s.meetingsOf(ctx, db, month)
	if err != nil {
		return nil, err
	}
	quiet, err := s.quietOrgs(ctx, db, month.Format(monthLayout))
	return func(b org.Org) bool { return !quiet[b.ID] && !meetings.cover(b) }, err
}

// askAbout plans the reminder of a rung, unless another server or an earlier run has.
func (s *Service) askAbout(ctx context.Context, b org.Org, month string, number int, now time.Time) error {
	told, err := facts{Besides: aside{Month: month, Rung: number}}.stored()
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows := []reminderRow{{
			ID: s.IDs.New(), OrgID: b.ID, Kind: NotHeld, State: planned, DueAt: clock.Millis(now), Told: told,
			Subject: fmt.Sprintf("%s:%d", month, number), CreatedAt: clock.Millis(now), UpdatedAt: clock.Millis(now),
		}}
		if n, err := s.insertIgnoring(ctx, tx, &rows, "event_id", "org_id", "kind", "revision", "subject"); err != nil || n == 0 {
			return err
		}
		return s.Jobs.Enqueue(ctx, tx, jobs.Job{Kind: jobExpand, Payload: expandPayload{rows[0].ID}, Unique: jobExpand + ":" + rows[0].ID.String()})
	})
}

// onRung returns whom the reminder's rung means, nobody when the month is not open any more. Where nobody holds the
// deputy's or the upper role, the rung is empty: the others have been asked, or will be.
func (s *Service) onRung(ctx context.Context, db bun.IDB, r reminderRow, branch org.Org) ([]org.Member, error) {
	told, err := r.told()
	if err != nil || told.Besides.Rung < 1 || told.Besides.Rung > rungs {
		return nil, err
	}
	month, err := time.ParseInLocation(monthLayout, told.Besides.Month, clock.Beijing)
	if err != nil {
		return nil, err
	}
	open, err := s.openMonth(ctx, db, month)
	if err != nil || !open(branch) {
		return nil, err
	}
	step := ladder[told.Besides.Rung-1]
	return s.People.HoldersOf(ctx, db, step.org(branch), step.role)
}

func (g rung) org(branch org.Org) ident.ID {
	if g.above {
		return branch.ParentID
	}
	return branch.ID
}

// monthWord writes 2026-12 as 12月.
func monthWord(month string) string {
	t, err := time.ParseInLocation(monthLayout, month, clock.Beijing)
	if err != nil {
		return "本月"
	}
	return fmt.Sprintf("%d月", t.Month())
}

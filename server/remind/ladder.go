package remind

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/org"
)

// rung is one step of the ladder by which a branch is asked about its month: help comes before it is asked for, and from
// near before from above. Nobody is told who does not have to do something about it.
type rung struct {
	role  authz.Role
	above bool // of the organisation above the branch
	ask   string
}

// The rungs, from the first: the secretary, then the deputy, who can step in, then the organiser above, who can help.
var ladder = []rung{
	{authz.Secretary, false, "%s还没有安排%s的主题党日。点开可以马上安排；已经线下开展、合并开展或有事延期的，点一下说明就不再提醒。"},
	{authz.Organiser, false, "%s还没有安排%s的主题党日，书记可能正忙。您可以帮着安排，或说明原因，就不再提醒。"},
	{authz.Organiser, true, "%s%s的主题党日还没有安排，月底将近。请问问支部有没有困难，能不能帮一把；已说明原因的不会再提醒。"},
}

// monthForm is how a month is written down.
const monthForm = "2006-01"

// askAt is the time of day at which the ladder is climbed.
const askAt = 9 * time.Hour

// rungDays returns the days of the month's ladder: three days before the branch's theme day, the day after it, and the
// day before the month's last. The second comes before the third however late the theme day is.
func rungDays(month time.Time, themeDay int) [3]time.Time {
	first := time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, clock.Beijing)
	last := first.AddDate(0, 1, -1).Day()
	at := func(day int) time.Time { return first.AddDate(0, 0, day-1).Add(askAt).UTC() }
	return [3]time.Time{at(themeDay - 3), at(min(themeDay+1, last-2)), at(last - 1)}
}

// onRung returns whom the reminder's rung means. Where nobody holds the deputy's or the upper role, the rung is empty: the
// others have been asked, or will be.
func (s *Service) onRung(ctx context.Context, db bun.IDB, r reminderRow, branch org.Org) ([]org.Member, error) {
	told, err := r.told()
	if err != nil || told.Besides.Rung < 1 || told.Besides.Rung > len(ladder) {
		return nil, err
	}
	step := ladder[told.Besides.Rung-1]
	id := branch.ID
	if step.above {
		id = branch.ParentID
	}
	return s.People.HoldersOf(ctx, db, id, step.role)
}

// monthWord writes 2026-12 as 12月.
func monthWord(month string) string {
	t, err := time.ParseInLocation(monthForm, month, clock.Beijing)
	if err != nil {
		return "本月"
	}
	return fmt.Sprintf("%d月", t.Month())
}

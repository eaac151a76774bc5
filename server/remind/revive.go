package remind

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/jobs"
)

// revived takes back that a delivery has failed for want of a server that could work on it: its job is tried again. One
// that ended as unknown stays so, because its message may be on the phone.
func (s *Service) revived(ctx context.Context, tx bun.IDB, j jobs.Job) error {
	var p sendPayload
	if err := j.Decode(&p); err != nil {
		return nil //nolint:nilerr // a job that nobody can read belongs to no delivery
	}
	_, err := tx.NewRaw("UPDATE deliveries SET state = ?, reason = '', updated_at = ? WHERE reminder_id = ? AND member_id = ? AND state = ? AND reason = ?",
		Pending, clock.Millis(s.Clock.Now()), p.Reminder, p.Member, Failed, whyFault).Exec(ctx)
	return err
}

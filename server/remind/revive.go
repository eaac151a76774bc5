package remind

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/jobs"
)

// revived takes back that a delivery has failed for want of a server that could work on it: its job is tried again. One
// that ended as unknown stays so, because its message may be on the phone.
func (s *Service) revived(ctx context.Context, tx bun.IDB, j jobs.Job) error {
	var p sendPayload
	if err := j.Decode(&p); err != nil {
		return nil //nolint:nilerr // a job that nobody can read belongs to no delivery
	}
	d, ok, err := s.delivery(ctx, tx, p)
	if err != nil || !ok || d.State != Failed || d.Reason != whyFault {
		return err
	}
	_, err = s.record(ctx, tx, outing{deliveryRow: d}, Failed, verdict{state: Pending, code: d.Code, doubt: d.Doubt}, d.MsgID, s.Clock.Now())
	return err
}

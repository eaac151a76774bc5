package remind

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/jobs"
	"themeday/server/store"
)

// buried ends a delivery whose job has failed too often, for reasons that are not WeChat's.
func (s *Service) buried(ctx context.Context, tx bun.IDB, j jobs.Job) error {
	var p sendPayload
	if err := j.Decode(&p); err != nil {
		return nil //nolint:nilerr // a job that nobody can read belongs to no delivery
	}
	d, ok, err := s.delivery(ctx, tx, p)
	if err != nil || !ok {
		return err
	}
	v, open := map[State]verdict{Pending: {state: Failed, reason: whyFault}, Sending: unknown()}[d.State]
	if !open {
		return nil
	}
	v.code, v.doubt = d.Code, d.Doubt
	ok, err = s.record(ctx, tx, outing{deliveryRow: d}, d.State, v, d.MsgID, s.Clock.Now())
	if ok {
		s.count(v)
	}
	return err
}

// delivery returns the delivery, and false when there is none.
func (s *Service) delivery(ctx context.Context, tx bun.IDB, p sendPayload) (d deliveryRow, ok bool, err error) {
	err = tx.NewRaw("SELECT * FROM deliveries WHERE reminder_id = ? AND member_id = ?", p.Reminder, p.Member).Scan(ctx, &d)
	if store.IsNoRows(err) {
		return d, false, nil
	}
	return d, err == nil, err
}

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

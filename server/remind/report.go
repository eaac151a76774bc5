package remind

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
)

// reportAge is how far back a report of WeChat is matched with a call: it comes within seconds, and is repeated twice.
const reportAge = time.Hour

const whyNotDelivered = "微信收下了，但没有送到（%d）"

// Sent takes WeChat's own report on a message that it sent to a person, or could not send (code not 0). It settles what
// an answer that got lost has left open, and corrects what the answer said.
func (s *Service) Sent(ctx context.Context, user ident.ID, templateID, msgID string, code int) error {
	if code != 0 {
		return s.notDelivered(ctx, user, templateID, msgID, code)
	}
	var v verdict
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		v = verdict{}
		now := s.Clock.Now()
		d, ok, err := s.openCall(ctx, tx, user, templateID, msgID, now)
		if err != nil || !ok {
			return err
		}
		o := outing{deliveryRow: d}
		changed, err := s.record(ctx, tx, o, Sending, verdict{state: Sent}, msgID, now)
		if err != nil || !changed {
			return err
		}
		v = verdict{state: Sent}
		return s.spend(ctx, tx, user, templateID, now)
	})
	if err == nil && v.state == Sent {
		s.count(v)
	}
	return err
}

// openCall returns the latest call to the person that is still without an answer, unless the message is known already.
func (s *Service) openCall(ctx context.Context, tx bun.IDB, user ident.ID, templateID, msgID string, now time.Time) (d deliveryRow, ok bool, err error) {
	var rows []deliveryRow
	err = tx.NewRaw(`
SELECT * FROM deliveries WHERE user_id = ? AND template_id = ? AND updated_at >= ? ORDER BY updated_at DESC`,
		user, templateID, clock.Millis(now.Add(-reportAge))).Scan(ctx, &rows)
	for _, r := range rows {
		if r.MsgID != "" && r.MsgID == msgID {
			return d, false, err // answered in the ordinary way
		}
		if !ok && (r.State == Sending || r.State == Failed && r.Reason == whyUnknown) {
			d, ok = r, true
		}
	}
	return d, ok, err
}

func (s *Service) notDelivered(ctx context.Context, user ident.ID, templateID, msgID string, code int) error {
	if msgID == "" {
		return nil
	}
	_, err := s.DB.Write().NewRaw(`
UPDATE deliveries SET state = ?, code = ?, reason = ? WHERE user_id = ? AND template_id = ? AND updated_at >= ? AND state = ? AND msg_id = ?`,
		Failed, code, fmt.Sprintf(whyNotDelivered, code), user, templateID, clock.Millis(s.Clock.Now().Add(-reportAge)), Sent, msgID).Exec(ctx)
	return err
}

package remind

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/jobs"
)

const (
	whyBlocked         = "本人屏蔽了公众号的消息"
	whyOfficialDropped = whyNotArrived + "（公众号）"
)

// OfficialSent takes WeChat's own report on a template message of the official account: that it was delivered, or not,
// blocked by the person or otherwise. It is Sent for the second channel, where the report names no template.
func (s *Service) OfficialSent(ctx context.Context, openID, msgID string, delivered, blocked bool) error {
	reason := whyOfficialDropped
	if blocked {
		reason = whyBlocked
	}
	var ended State
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		ended = ""
		d, known, err := s.officialCall(ctx, tx, openID, msgID)
		switch {
		case err != nil || d == nil:
			return err
		case delivered && known:
			return nil // answered in the ordinary way
		case delivered:
			changed, err := s.record(ctx, tx, outing{deliveryRow: *d}, Sending, verdict{state: Sent}, msgID, s.Clock.Now())
			if changed {
				ended = Sent
			}
			return err
		case !known && d.State == Sending:
			return jobs.Postpone(reportRest) // the answer to the call is not written down yet
		case !known:
			return nil
		}
		_, err = s.record(ctx, tx, outing{deliveryRow: *d}, Sent, verdict{state: Failed, reason: reason}, msgID, s.Clock.Now())
		return err
	})
	if err == nil && ended != "" {
		s.count(verdict{state: ended})
	}
	return err
}

// officialCall returns the delivery with this message id (known), else the latest call to the follower that is still
// without an answer; nil when there is neither.
func (s *Service) officialCall(ctx context.Context, tx bun.IDB, openID, msgID string) (d *deliveryRow, known bool, err error) {
	var rows []deliveryRow
	err = tx.NewRaw(`
SELECT d.* FROM deliveries d JOIN users u ON u.id = d.user_id JOIN followers f ON f.unionid = u.unionid
WHERE f.openid = ? AND d.channel = ? AND d.updated_at >= ? AND d.lead_id = 0 ORDER BY d.updated_at DESC`,
		openID, Official, clock.Millis(s.Clock.Now().Add(-reportAge))).Scan(ctx, &rows)
	for i, r := range rows {
		if r.MsgID != "" && r.MsgID == msgID {
			return &rows[i], true, err
		}
		if d == nil && (r.State == Sending || r.State == Failed && r.Reason == whyUnknown) {
			d = &rows[i]
		}
	}
	return d, false, err
}

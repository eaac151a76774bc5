package remind

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
)

// circle is whose messages of a span of time are counted: the people of these organisations at an instant, each where they
// were then. Who has no history has always been where they are.
type circle struct {
	orgs     []ident.ID
	at       time.Time
	from, to time.Time
}

// The people of a circle, and the messages that have arrived at them: one that told of several events is one.
const (
	people = ` FROM (
  SELECT m.id, m.name, m.org_id FROM members m
  WHERE m.org_id IN (?) AND m.left_at = 0 AND NOT EXISTS (SELECT 1 FROM member_moves v WHERE v.member_id = m.id)
  UNION ALL
  SELECT m.id, m.name, v.org_id FROM member_moves v JOIN members m ON m.id = v.member_id
  WHERE v.org_id IN (?) AND v.here = 1 AND v.at = (SELECT MAX(w.at) FROM member_moves w WHERE w.member_id = v.member_id AND w.at <= ?)
) m `
	arrived = "JOIN deliveries d ON d.member_id = m.id AND d.state = ? AND d.updated_at >= ? AND d.updated_at < ? AND d.lead_id = 0 "
)

// args are those of people and arrived.
func (c circle) args() []any {
	return []any{bun.List(c.orgs), bun.List(c.orgs), clock.Millis(c.at), Sent, clock.Millis(c.from), clock.Millis(c.to)}
}

// circleOf returns the people of the organisation and of all below it in the month that begins then, as they were at its end, or
// as they are now, and those organisations.
func (s *Service) circleOf(ctx context.Context, top org.Org, month time.Time) (circle, []org.Org, error) {
	c := circle{from: month, to: month.AddDate(0, 1, 0), at: s.Clock.Now()}
	if last := c.to.Add(-time.Millisecond); last.Before(c.at) {
		c.at = last
	}
	tree, err := s.People.TreeAsOf(ctx, s.DB.Read(), top, c.at)
	c.orgs = make([]ident.ID, len(tree))
	for i, o := range tree {
		c.orgs[i] = o.ID
	}
	return c, tree, err
}

// crowds returns how many people of each organisation of the circle have got how many messages.
func (s *Service) crowds(ctx context.Context, c circle) (all []crowd, err error) {
	err = s.DB.Read().NewRaw(`
SELECT org_id, messages, COUNT(*) AS members FROM (
  SELECT m.id AS id, m.org_id AS org_id, COUNT(d.member_id) AS messages`+people+"LEFT "+arrived+`GROUP BY m.id, m.org_id
) per_member GROUP BY org_id, messages`, c.args()...).Scan(ctx, &all)
	return all, err
}

// byKind returns how many messages of each kind, the most frequent first.
func (s *Service) byKind(ctx context.Context, c circle) (all []KindLoadView, err error) {
	err = s.DB.Read().NewRaw("SELECT r.kind, COUNT(*) AS messages"+people+arrived+"JOIN reminders r ON r.id = d.reminder_id "+
		"GROUP BY r.kind ORDER BY messages DESC, r.kind", c.args()...).Scan(ctx, &all)
	return all, err
}

// messagesIn returns how many messages there were.
func (s *Service) messagesIn(ctx context.Context, c circle) (n int, err error) {
	err = s.DB.Read().NewRaw("SELECT COUNT(*)"+people+arrived, c.args()...).Scan(ctx, &n)
	return n, err
}

// byPerson returns everybody of the circle, in the order in which they were entered: it is no ranking.
func (s *Service) byPerson(ctx context.Context, c circle) (all []PersonLoadView, err error) {
	err = s.DB.Read().NewRaw("SELECT m.id AS member_id, m.name AS member_name, COUNT(d.member_id) AS messages"+people+"LEFT "+arrived+
		"GROUP BY m.id, m.name ORDER BY m.id", c.args()...).Scan(ctx, &all)
	return all, err
}

package remind

import (
	"context"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
)

// arrived joins the members of a subtree with the messages that have arrived at them in a span of time. They are counted
// where the people are now. Arguments: state, from, to, path with a %.
const (
	people  = " FROM members m JOIN orgs o ON o.id = m.org_id "
	arrived = "JOIN deliveries d ON d.member_id = m.id AND d.state = ? AND d.updated_at >= ? AND d.updated_at < ? "
	below   = " WHERE o.path LIKE ? AND m.left_at = 0 "
)

func arrivedArgs(path string, from, to time.Time) []any {
	return []any{Sent, clock.Millis(from), clock.Millis(to), path + "%"}
}

// crowds returns how many people of each organisation of the subtree have got how many messages.
func (s *Service) crowds(ctx context.Context, path string, from, to time.Time) (all []crowd, err error) {
	err = s.DB.Read().NewRaw(`
SELECT org_id, messages, COUNT(*) AS members FROM (
  SELECT m.id AS id, m.org_id AS org_id, COUNT(d.member_id) AS messages`+people+"LEFT "+arrived+below+`GROUP BY m.id, m.org_id
) per_member GROUP BY org_id, messages`, arrivedArgs(path, from, to)...).Scan(ctx, &all)
	return all, err
}

// byKind returns how many messages of each kind, the most frequent first.
func (s *Service) byKind(ctx context.Context, path string, from, to time.Time) (all []KindLoadView, err error) {
	err = s.DB.Read().NewRaw("SELECT r.kind, COUNT(*) AS messages"+people+arrived+"JOIN reminders r ON r.id = d.reminder_id"+below+
		"GROUP BY r.kind ORDER BY messages DESC, r.kind", arrivedArgs(path, from, to)...).Scan(ctx, &all)
	return all, err
}

// messagesIn returns how many messages there were.
func (s *Service) messagesIn(ctx context.Context, path string, from, to time.Time) (n int, err error) {
	err = s.DB.Read().NewRaw("SELECT COUNT(*)"+people+arrived+below, arrivedArgs(path, from, to)...).Scan(ctx, &n)
	return n, err
}

// byPerson returns everybody of the subtree, in the order in which they were entered: it is no ranking.
func (s *Service) byPerson(ctx context.Context, path string, from, to time.Time) (all []PersonLoadView, err error) {
	err = s.DB.Read().NewRaw("SELECT m.id AS member_id, m.name AS member_name, COUNT(d.member_id) AS messages"+people+"LEFT "+arrived+below+
		"GROUP BY m.id, m.name ORDER BY m.id", arrivedArgs(path, from, to)...).Scan(ctx, &all)
	return all, err
}

// subtree returns the organisations below the one with this id and path, and of those the direct children.
func (s *Service) subtree(ctx context.Context, id ident.ID, path string) (tree, children []org.Org, err error) {
	err = s.DB.Read().NewRaw("SELECT id, parent_id, kind, name, path FROM orgs WHERE path LIKE ? AND id <> ? ORDER BY id", path+"%", id).Scan(ctx, &tree)
	for _, o := range tree {
		if o.ParentID == id {
			children = append(children, o)
		}
	}
	return tree, children, err
}

package checkin

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/org"
)

// Tasks implements org.Desk: requests of the organisation's own people, and for its events, that nobody has decided.
// Whoever holds the role decides them.
func (s *Service) Tasks(ctx context.Context, db bun.IDB, o org.Org, _ ident.ID) ([]org.Task, error) {
	var names []string
	err := db.NewRaw(`
SELECT m.name FROM attendance_requests r JOIN members m ON m.id = r.member_id JOIN events e ON e.id = r.event_id
WHERE r.state = ? AND (e.host_org_id = ? OR r.org_id = ?) ORDER BY r.id`, RequestPending, o.ID, o.ID).Scan(ctx, &names)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	task := org.Task{Kind: "request"}
	for _, name := range names {
		task.Add(name)
	}
	return []org.Task{task}, nil
}

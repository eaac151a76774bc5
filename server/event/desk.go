package event

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/org"
)

// Tasks implements org.Desk: the organisation's drafts, and what is published and not closed. They are run by whoever
// holds the role, so nothing about them changes when it passes.
func (s *Service) Tasks(ctx context.Context, db bun.IDB, o org.Org, _ ident.ID) ([]org.Task, error) {
	var rows []struct {
		Title string
		State State
	}
	err := db.NewRaw("SELECT e.title, e.state FROM events e WHERE e.host_org_id = ? AND e.state IN (?) ORDER BY e.starts_at, e.id",
		o.ID, bun.List([]State{Draft, Published})).Scan(ctx, &rows)
	var tasks []org.Task
	for _, state := range []State{Draft, Published} {
		task := org.Task{Kind: string(state)}
		for _, r := range rows {
			if r.State == state {
				task.Add(r.Title)
			}
		}
		if task.Count > 0 {
			tasks = append(tasks, task)
		}
	}
	return tasks, err
}

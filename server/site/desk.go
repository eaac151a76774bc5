package site

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/org"
)

const keptBy = `
SELECT s.id, s.name FROM sites s JOIN site_keepers k ON k.site_id = s.id JOIN orgs o ON o.id = s.org_id
WHERE k.member_id = ? AND s.closed_at = 0 AND o.path >= ? AND o.path < ? ORDER BY s.id`

type named struct {
	ID   ident.ID
	Name string
}

func (s *Service) keptBy(ctx context.Context, db bun.IDB, o org.Org, keeper ident.ID) (sites []named, err error) {
	from, before := org.Subtree(o.Path)
	err = db.NewRaw(keptBy, keeper, from, before).Scan(ctx, &sites)
	return sites, err
}

// Tasks implements org.Estate: the sites of the organisation and of those below it that name the holder as a keeper.
func (s *Service) Tasks(ctx context.Context, db bun.IDB, o org.Org, holder ident.ID) ([]org.Task, error) {
	sites, err := s.keptBy(ctx, db, o, holder)
	if err != nil || len(sites) == 0 {
		return nil, err
	}
	task := org.Task{Kind: "site", Named: true}
	for _, one := range sites {
		task.Add(one.Name)
	}
	return []org.Task{task}, nil
}

// Pass implements org.Estate: on these sites to keeps in the place of from. A site that to keeps already is left alone,
// so that giving back takes nothing from them.
func (s *Service) Pass(ctx context.Context, tx bun.IDB, o org.Org, from, to ident.ID, only []ident.ID) ([]ident.ID, error) {
	sites, err := s.keptBy(ctx, tx, o, from)
	if err != nil {
		return nil, err
	}
	theirs, err := s.keptBy(ctx, tx, o, to)
	if err != nil {
		return nil, err
	}
	skip := make(map[ident.ID]bool, len(theirs))
	for _, one := range theirs {
		skip[one.ID] = true
	}
	wanted := make(map[ident.ID]bool, len(only))
	for _, id := range only {
		wanted[id] = true
	}
	var moved []ident.ID
	for _, one := range sites {
		if skip[one.ID] || (only != nil && !wanted[one.ID]) {
			continue
		}
		if _, err := tx.NewRaw("UPDATE site_keepers SET member_id = ? WHERE site_id = ? AND member_id = ?", to, one.ID, from).Exec(ctx); err != nil {
			return nil, err
		}
		moved = append(moved, one.ID)
	}
	return moved, nil
}

package org

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
)

// changedSince reports whether an organisation has been moved after the instant.
func (s *Service) changedSince(ctx context.Context, db bun.IDB, at time.Time) (bool, error) {
	var last []int64
	err := db.NewRaw("SELECT at FROM org_places WHERE at > ? ORDER BY at LIMIT 1", clock.Millis(at)).Scan(ctx, &last)
	return len(last) > 0, err
}

// PlacesAsOf returns the organisations that stood at or below those at these paths at the instant, each with where it stood
// in terms of today's paths. It is nil when the tree has not changed since: then the paths themselves tell.
func (s *Service) PlacesAsOf(ctx context.Context, db bun.IDB, paths []string, at time.Time) (map[ident.ID]string, error) {
	if changed, err := s.changedSince(ctx, db, at); err != nil || !changed {
		return nil, err
	}
	var then []Org
	err := db.NewRaw(`
SELECT o.id, COALESCE(p.path, o.path) AS path FROM orgs o LEFT JOIN org_places p ON p.org_id = o.id AND p.at =
  (SELECT MAX(q.at) FROM org_places q WHERE q.org_id = o.id AND q.at <= ?)`, clock.Millis(at)).Scan(ctx, &then)
	places := map[ident.ID]string{}
	for _, o := range then {
		if path, below := seenFrom(paths, o.Path); below {
			places[o.ID] = path
		}
	}
	return places, err
}

// TreeAsOf returns the organisation and all that stood below it at the instant, with their paths as of then, in the order of
// their ids. What had been closed by then is left out.
func (s *Service) TreeAsOf(ctx context.Context, db bun.IDB, top Org, at time.Time) ([]Org, error) {
	places, err := s.PlacesAsOf(ctx, db, []string{top.Path}, at)
	if err != nil {
		return nil, err
	}
	where, args := within("o.path", []string{top.Path})
	if places != nil {
		ids := make([]ident.ID, 0, len(places))
		for id := range places {
			ids = append(ids, id)
		}
		where, args = "o.id IN (?)", []any{bun.List(ids)}
	}
	var orgs []Org
	err = db.NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE "+where+" AND (o.closed_at = 0 OR o.closed_at > ?) ORDER BY o.id",
		append(args, clock.Millis(at))...).Scan(ctx, &orgs)
	for i, o := range orgs {
		if path, moved := places[o.ID]; moved {
			orgs[i].Path, orgs[i].ParentID = path, lastID(PathOfParent(path))
		}
	}
	return orgs, err
}

func lastID(path string) ident.ID {
	ids := PathIDs(path)
	if len(ids) == 0 {
		return 0
	}
	return ids[len(ids)-1]
}

// PathsDuring returns, for every organisation that has been moved since the span of time began, all its paths of that span, as
// they were then. An organisation that is not in it has had its present one throughout.
func (s *Service) PathsDuring(ctx context.Context, db bun.IDB, from, before time.Time) (map[ident.ID][]string, error) {
	var all []placed
	err := db.NewRaw("SELECT org_id, at, path FROM org_places WHERE org_id IN (SELECT p.org_id FROM org_places p WHERE p.at > ?) ORDER BY org_id, at",
		clock.Millis(from)).Scan(ctx, &all)
	return during(all, clock.Millis(from), clock.Millis(before)), err
}

package site

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// Query says which sites to list.
type Query struct {
	Search string // part of the name or the address; "" is any
	Kind   Kind   // "" is any
	Scope  string // all, or kept: those whose plate the actor may show
	Closed bool   // those taken out of use instead of the others
	After  ident.ID
	Limit  int
}

// List returns a page of sites, which are public, in the order in which they were made, and the last id of it when there are more, else 0.
func (s *Service) List(ctx context.Context, actor authz.Actor, q Query) ([]Site, ident.ID, error) {
	condition, args := "s.id > ? AND s.closed_at = 0", []any{q.After}
	if q.Closed {
		condition = "s.id > ? AND s.closed_at > 0"
	}
	if q.Kind != "" {
		condition, args = condition+" AND s.kind = ?", append(args, q.Kind)
	}
	if text := strings.TrimSpace(q.Search); text != "" {
		condition, args = condition+" AND (INSTR(s.name, ?) > 0 OR INSTR(s.address, ?) > 0)", append(args, text, text)
	}
	if q.Scope == "kept" {
		part, more := kept(actor)
		condition, args = condition+" AND "+part, append(args, more...)
	}
	sites, err := s.find(ctx, s.db.Read(), condition+" ORDER BY s.id LIMIT ?", append(args, q.Limit+1)...)
	sites, next := web.Cut(sites, q.Limit, func(at Site) ident.ID { return at.ID })
	return sites, next, err
}

// kept is authz.Can(KeepSite) as a condition of the query.
func kept(actor authz.Actor) (string, []any) {
	parts := []string{"EXISTS (SELECT 1 FROM site_keepers k WHERE k.site_id = s.id AND k.member_id = ?)"}
	args := []any{actor.MemberID}
	for _, g := range actor.Grants { // every role runs sites or keeps them
		from, before := org.Subtree(g.OrgPath)
		parts = append(parts, "(o.path >= ? AND o.path < ?)")
		args = append(args, from, before)
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// names returns the keepers of these sites, by id.
func (s *Service) names(ctx context.Context, db bun.IDB, sites []Site) (map[ident.ID]org.Member, error) {
	var ids []ident.ID
	for _, found := range sites {
		ids = append(ids, found.Keepers...)
	}
	return s.people.MembersByID(ctx, db, ids)
}

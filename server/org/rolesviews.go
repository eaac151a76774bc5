package org

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
)

func (s *Service) rolesView(ctx context.Context, actor authz.Actor, o Org) (RolesView, error) {
	view := RolesView{Org: o.Ref(), Items: []HolderView{}, Above: []HolderView{}, Former: []TermView{}, Appoints: []authz.Role{}}
	for _, role := range authz.Roles() {
		if actor.Appoints(role, o.Path) {
			view.Appoints = append(view.Appoints, role)
		}
	}
	held, err := s.holdings(ctx, s.db.Read(), "g.org_id IN (?)", bun.List(PathIDs(o.Path)))
	if err != nil {
		return view, err
	}
	terms, err := s.pastTerms(ctx, o.ID)
	if err != nil {
		return view, err
	}
	var ids []ident.ID
	for _, h := range held {
		ids = append(ids, h.MemberID, h.By)
	}
	for _, c := range terms {
		ids = append(ids, c.MemberID)
	}
	people, err := s.MembersByID(ctx, s.db.Read(), ids)
	if err != nil {
		return view, err
	}
	for _, c := range terms {
		view.Former = append(view.Former, TermView{nameOf(people, c.MemberID), c.Role, c.Since, c.At})
	}
	return view, s.addHolders(ctx, &view, o, held, people)
}

// addHolders puts those of the organisation itself and those of the ones above it into their lists.
func (s *Service) addHolders(ctx context.Context, view *RolesView, o Org, held []Holding, people map[ident.ID]Member) error {
	chain, err := s.OrgsByID(ctx, s.db.Read(), PathIDs(o.Path))
	for _, h := range held {
		m := people[h.MemberID]
		one := HolderView{Member: PersonRef{m.ID, m.Name}, OrgName: m.OrgName, Role: h.Role, On: chain[h.OrgID].Ref(), Since: h.Since, By: byOf(people, h.By), Bound: m.Bound}
		if h.OrgID == o.ID {
			view.Items = append(view.Items, one)
		} else {
			view.Above = append(view.Above, one)
		}
	}
	return err
}

func (s *Service) changeViews(ctx context.Context, changes []RoleChange) ([]RoleChangeView, error) {
	var ids []ident.ID
	for _, c := range changes {
		ids = append(ids, c.MemberID, c.By)
	}
	people, err := s.MembersByID(ctx, s.db.Read(), ids)
	views := make([]RoleChangeView, len(changes))
	for i, c := range changes {
		views[i] = RoleChangeView{ID: c.ID, Member: nameOf(people, c.MemberID), Role: c.Role, Act: c.Act, At: c.At, By: byOf(people, c.By), Reason: c.Reason}
	}
	return views, err
}

func nameOf(people map[ident.ID]Member, id ident.ID) PersonRef { return PersonRef{id, people[id].Name} }

func byOf(people map[ident.ID]Member, id ident.ID) *PersonRef {
	if id == 0 {
		return nil
	}
	ref := nameOf(people, id)
	return &ref
}

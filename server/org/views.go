package org

import (
	"context"

	"themeday/server/authz"
	"themeday/server/ident"
)

func (s *Service) view(m Member) MemberView {
	return MemberView{
		ID: m.ID, Name: m.Name, Kind: m.Kind, Standing: m.Standing, PhoneMasked: s.vault.Masked(m.Phone),
		OrgID: m.OrgID, OrgName: m.OrgName, Bound: m.Bound,
	}
}

// orgViews shows organisations; head counts only where the actor may see people.
func (s *Service) orgViews(ctx context.Context, actor authz.Actor, orgs []Org) ([]OrgView, error) {
	views := make([]OrgView, len(orgs))
	var counted []Org
	for i, o := range orgs {
		views[i] = OrgView{OrgRef: o.Ref(), ThemeDay: o.ThemeDay, Closed: !o.Open()}
		if o.ParentID != 0 {
			views[i].ParentID = &orgs[i].ParentID
		}
		if actor.Runs(o.Path) {
			counted = append(counted, o)
		}
	}
	if len(counted) == 0 {
		return views, nil
	}
	counts, err := s.countWithin(ctx, counted)
	for i, o := range orgs {
		if actor.Runs(o.Path) {
			n := counts[o.ID]
			views[i].MemberCount = &n
		}
	}
	return views, err
}

// describe gathers all that the first page needs, so that it is usable after one request.
func (s *Service) describe(ctx context.Context, actor authz.Actor) (Me, error) {
	me := Me{ServerTime: s.clock.Now(), Demo: s.demo, Orgs: []OrgView{}, Roles: []RoleView{}, Runs: []OrgRef{}}
	user, err := s.userByID(ctx, actor.UserID)
	if err != nil {
		return me, err
	}
	me.User = UserView{user.ID, user.CreatedAt}
	if actor.MemberID == 0 {
		me.Binding, err = s.myBinding(ctx, actor)
		return me, err
	}
	member, err := s.MemberByID(ctx, s.db.Read(), actor.MemberID)
	if err != nil {
		return me, err
	}
	view := s.view(member)
	me.Member = &view
	if me.Unread, err = s.inbox.Unread(ctx, actor.MemberID); err != nil {
		return me, err
	}
	if me.Asking, err = s.pendingBindings(ctx, actor); err != nil {
		return me, err
	}
	return me, s.describeOrgs(ctx, actor, &me)
}

func (s *Service) describeOrgs(ctx context.Context, actor authz.Actor, me *Me) error {
	above := PathIDs(actor.OrgPath)
	ids := append([]ident.ID{}, above...)
	for _, g := range actor.Grants {
		ids = append(ids, g.OrgID)
	}
	byID, err := s.OrgsByID(ctx, s.db.Read(), ids)
	if err != nil {
		return err
	}
	chain := make([]Org, len(above))
	for i, id := range above {
		chain[i] = byID[id]
	}
	me.Orgs, err = s.orgViews(ctx, actor, chain)
	seen := map[ident.ID]bool{}
	for _, g := range actor.Grants {
		o := byID[g.OrgID]
		me.Roles = append(me.Roles, RoleView{g.Role, o.ID, o.Name})
		if actor.Runs(o.Path) && !seen[o.ID] {
			seen[o.ID] = true
			me.Runs = append(me.Runs, o.Ref())
		}
	}
	return err
}

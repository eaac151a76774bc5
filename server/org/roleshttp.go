package org

import (
	"context"
	"net/http"
	"time"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/web"
)

// PersonRef names a person.
type PersonRef struct {
	ID   ident.ID `json:"id"`
	Name string   `json:"name"`
}

// HolderView is a role that somebody holds now.
type HolderView struct {
	Member  PersonRef  `json:"member"`
	OrgName string     `json:"orgName" doc:"Where the person belongs"`
	Role    authz.Role `json:"role" enum:"secretary,organiser,admin,keeper"`
	On      OrgRef     `json:"on" doc:"The organisation that the role is held on"`
	Since   time.Time  `json:"since"`
	By      *PersonRef `json:"by" doc:"Who gave it; null for the operator of the server"`
	Bound   bool       `json:"bound" doc:"A WeChat identity stands for this person"`
}

// TermView is a role that somebody held. It does not change any more.
type TermView struct {
	Member PersonRef  `json:"member"`
	Role   authz.Role `json:"role" enum:"secretary,organiser,admin,keeper"`
	Since  time.Time  `json:"since"`
	Until  time.Time  `json:"until"`
}

// RolesView is who holds and held which role on an organisation.
type RolesView struct {
	Org      OrgRef       `json:"org"`
	Items    []HolderView `json:"items" doc:"On the organisation itself, the earliest first"`
	Above    []HolderView `json:"above" doc:"On those above it: their roles hold here too"`
	Former   []TermView   `json:"former" doc:"The latest first, at most 50"`
	Appoints []authz.Role `json:"appoints" doc:"Roles that the caller may give and take here: secretary, organiser, admin, keeper"`
}

// RoleChangeView is one line of the history.
type RoleChangeView struct {
	ID     ident.ID   `json:"id"`
	Member PersonRef  `json:"member"`
	Role   authz.Role `json:"role" enum:"secretary,organiser,admin,keeper"`
	Act    Act        `json:"act" enum:"granted,revoked"`
	At     time.Time  `json:"at"`
	By     *PersonRef `json:"by" doc:"null for the operator of the server"`
	Reason string     `json:"reason"`
}

func (s *Service) routeRoles(a *web.API) {
	web.Register(a, web.Op{
		ID: "listRoles", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/roles",
		Tag: "roles", Summary: "Who holds and held which role on an organisation.",
	}, s.listRoles)
	web.Register(a, web.Op{
		ID: "grantRole", Method: http.MethodPut, Path: "/api/v1/orgs/{id}/roles/{role}/{memberId}", Status: http.StatusNoContent,
		Tag: "roles", Summary: "Give a role to a member; who holds it already keeps it.",
	}, s.grantRole)
	web.Register(a, web.Op{
		ID: "revokeRole", Method: http.MethodPost, Path: "/api/v1/orgs/{id}/roles/{role}/{memberId}/revoke", Status: http.StatusNoContent,
		Tag: "roles", Summary: "Take a role from a member.",
	}, s.revokeRole)
	web.Register(a, web.Op{
		ID: "listRoleChanges", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/role-changes",
		Tag: "roles", Summary: "Every grant and every end of a role, with reasons, for those who run the organisation.",
	}, s.listRoleChanges)
}

type rolesInput struct {
	ID web.IDParam `path:"id"`
}

type rolesOutput struct{ Body RolesView }

func (s *Service) listRoles(ctx context.Context, in *rolesInput) (*rolesOutput, error) {
	actor := web.ActorFrom(ctx)
	o, err := s.OrgForActor(ctx, actor, authz.SeeRoles, in.ID.ID)
	if err != nil {
		return nil, err
	}
	view, err := s.rolesView(ctx, actor, o)
	return &rolesOutput{view}, err
}

type appointInput struct {
	ID       web.IDParam `path:"id"`
	Role     authz.Role  `path:"role" enum:"secretary,organiser,admin,keeper"`
	MemberID web.IDParam `path:"memberId"`
	Body     struct {
		Reason string `json:"reason,omitempty" maxLength:"200" doc:"Needed for taking a role"`
	}
}

func (s *Service) grantRole(ctx context.Context, in *appointInput) (*struct{}, error) {
	return nil, s.Appoint(ctx, web.ActorFrom(ctx), in.ID.ID, in.Role, in.MemberID.ID, in.Body.Reason)
}

func (s *Service) revokeRole(ctx context.Context, in *appointInput) (*struct{}, error) {
	return nil, s.Dismiss(ctx, web.ActorFrom(ctx), in.ID.ID, in.Role, in.MemberID.ID, in.Body.Reason)
}

type roleChangesInput struct {
	ID web.IDParam `path:"id"`
	web.Page
}

type roleChangesOutput struct {
	Body struct {
		Items []RoleChangeView `json:"items" doc:"The latest first"`
		Next  ident.ID         `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listRoleChanges(ctx context.Context, in *roleChangesInput) (*roleChangesOutput, error) {
	o, err := s.OrgForActor(ctx, web.ActorFrom(ctx), authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	before, err := in.AfterID()
	if err != nil {
		return nil, err
	}
	changes, err := s.roleHistory(ctx, o.ID, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &roleChangesOutput{}
	changes, out.Body.Next = web.Cut(changes, in.Limit, func(c RoleChange) ident.ID { return c.ID })
	out.Body.Items, err = s.changeViews(ctx, changes)
	return out, err
}

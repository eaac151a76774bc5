package org

import (
	"context"
	"net/http"
	"strings"
	"time"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/web"
)

// OrgRef names an organisation.
type OrgRef struct {
	ID   ident.ID `json:"id"`
	Name string   `json:"name"`
	Kind Kind     `json:"kind" enum:"district,committee,general_branch,branch,group"`
}

// Ref returns the reference of an organisation.
func (o Org) Ref() OrgRef { return OrgRef{o.ID, o.Name, o.Kind} }

// OrgView is an organisation as clients see it.
type OrgView struct {
	OrgRef
	ParentID    *ident.ID `json:"parentId" doc:"null for the root"`
	ThemeDay    int       `json:"themeDay" minimum:"1" maximum:"28" doc:"Day of the month on which the branch holds its theme day"`
	MemberCount *int      `json:"memberCount" doc:"With everybody below; null where the caller may not see people"`
	Closed      bool      `json:"closed,omitempty" doc:"It was closed, and is kept for its past"`
}

// MemberView is a member as those who run the organisation see it.
type MemberView struct {
	ID          ident.ID `json:"id"`
	Name        string   `json:"name"`
	Kind        string   `json:"kind" enum:"full,probationary"`
	Standing    Standing `json:"standing" enum:"normal,flow_out,flow_in,long_illness,suspended"`
	PhoneMasked string   `json:"phoneMasked" doc:"Such as 138****0001; empty when there is none"`
	OrgID       ident.ID `json:"orgId"`
	OrgName     string   `json:"orgName"`
	Bound       bool     `json:"bound" doc:"A WeChat identity stands for this person"`
}

// RoleView is one role of the caller.
type RoleView struct {
	Role    authz.Role `json:"role" enum:"secretary,organiser,admin,keeper"`
	OrgID   ident.ID   `json:"orgId"`
	OrgName string     `json:"orgName"`
}

// UserView is the caller's WeChat identity. The openid is never shown.
type UserView struct {
	ID        ident.ID  `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
}

// Me is who the caller is.
type Me struct {
	User       UserView    `json:"user"`
	Member     *MemberView `json:"member" doc:"null for a resident"`
	Orgs       []OrgView   `json:"orgs" doc:"From the root down to the caller's own"`
	Roles      []RoleView  `json:"roles"`
	Runs       []OrgRef    `json:"runs" doc:"Organisations on which the caller may hold events"`
	Unread     int         `json:"unread" doc:"Messages not read yet"`
	Binding    *MyBinding  `json:"binding" doc:"A resident's latest request to be bound; null when there is none"`
	Asking     int         `json:"asking" doc:"Requests to be bound that wait in the organisations that the caller runs"`
	ServerTime time.Time   `json:"serverTime"`
	Demo       bool        `json:"demo" doc:"The server demonstrates with a simulated WeChat"`
}

// Session is a new session.
type Session struct {
	Token     string    `json:"token" doc:"Opaque; send as Authorization: Bearer"`
	ExpiresAt time.Time `json:"expiresAt" doc:"30 days after the last use"`
	Me        Me        `json:"me"`
}

type meOutput struct{ Body Me }

// Routes adds the operations of this package.
func (s *Service) Routes(a *web.API) {
	web.Register(a, web.Op{
		ID: "login", Method: http.MethodPost, Path: "/api/v1/session", Status: http.StatusCreated, Public: true,
		Tag: "who", Summary: "Log in with a WeChat login code.",
	}, s.login)
	web.Register(a, web.Op{
		ID: "logout", Method: http.MethodDelete, Path: "/api/v1/session", Status: http.StatusNoContent,
		Tag: "who", Summary: "End this session.",
	}, s.logout)
	web.Register(a, web.Op{ID: "me", Method: http.MethodGet, Path: "/api/v1/me", Tag: "who", Summary: "Who am I."}, s.getMe)
	web.Register(a, web.Op{ID: "listOrgs", Method: http.MethodGet, Path: "/api/v1/orgs", Tag: "organisation", Summary: "The tree of organisations."}, s.listOrgs)
	s.routeMembers(a)
	s.routeTransfers(a)
	s.routeMoves(a)
	s.routeBindings(a)
	s.routeInvitations(a)
	s.routeRoles(a)
	s.routeHandOvers(a)
	s.routeSetup(a)
	s.routesTree(a)
}

type loginInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"128" doc:"Of wx.login; five minutes, once"`
	}
}

type loginOutput struct{ Body Session }

func (s *Service) login(ctx context.Context, in *loginInput) (*loginOutput, error) {
	token, expires, actor, err := s.Login(ctx, in.Body.Code)
	if err != nil {
		return nil, err
	}
	me, err := s.describe(ctx, actor)
	return &loginOutput{Session{Token: token, ExpiresAt: expires, Me: me}}, err
}

type logoutInput struct {
	Authorization string `header:"Authorization" hidden:"true"`
}

func (s *Service) logout(ctx context.Context, in *logoutInput) (*struct{}, error) {
	return nil, s.Logout(ctx, strings.TrimSpace(strings.TrimPrefix(in.Authorization, "Bearer ")))
}

func (s *Service) getMe(ctx context.Context, _ *struct{}) (*meOutput, error) {
	me, err := s.describe(ctx, web.ActorFrom(ctx))
	return &meOutput{me}, err
}

type orgsOutput struct {
	Body struct {
		Items []OrgView `json:"items"`
		Next  ident.ID  `json:"next" doc:"Empty at the end"`
	}
}

type orgsInput struct {
	web.Page
	Closed bool `query:"closed" doc:"Also those that were closed"`
}

func (s *Service) listOrgs(ctx context.Context, in *orgsInput) (*orgsOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	after, err := in.AfterID()
	if err != nil {
		return nil, err
	}
	orgs, err := s.orgsAfter(ctx, after, in.Closed, in.Limit+1)
	if err != nil {
		return nil, err
	}
	var out orgsOutput
	orgs, out.Body.Next = web.Cut(orgs, in.Limit, func(o Org) ident.ID { return o.ID })
	out.Body.Items, err = s.orgViews(ctx, actor, orgs)
	return &out, err
}

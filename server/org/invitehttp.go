package org

import (
	"context"
	"net/http"
	"time"

	"themeday/server/ident"
	"themeday/server/web"
)

func (s *Service) routeInvitations(a *web.API) {
	web.Register(a, web.Op{
		ID: "createInvitation", Method: http.MethodPost, Path: "/api/v1/orgs/{id}/invitations", Status: http.StatusCreated, Tag: "bindings",
		Summary: "Make a code with which people ask to be bound; the same key answers with the same one.",
	}, s.createInvitation)
	web.Register(a, web.Op{
		ID: "listInvitations", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/invitations", Tag: "bindings",
		Summary: "The organisation's invitations, without personal ones.",
	}, s.listInvitations)
	web.Register(a, web.Op{
		ID: "revokeInvitation", Method: http.MethodPost, Path: "/api/v1/invitations/{invitationId}/revoke", Tag: "bindings",
		Summary: "End an invitation.",
	}, s.revokeInvitation)
}

// InvitationView is an invitation as those who run the organisation see it.
type InvitationView struct {
	ID         ident.ID        `json:"id"`
	State      InvitationState `json:"state" enum:"open,used,expired,revoked"`
	OrgID      ident.ID        `json:"orgId"`
	OrgName    string          `json:"orgName"`
	MemberName string          `json:"memberName" doc:"Whom a personal one is for; empty for anybody of the organisation"`
	Code       string          `json:"code" doc:"Eight characters to read out or type; empty unless it is open"`
	URL        string          `json:"url" doc:"Draw it as a QR code; empty unless it is open"`
	Uses       int             `json:"uses"`
	MaxUses    int             `json:"maxUses"`
	CreatedBy  string          `json:"createdBy" doc:"The name"`
	CreatedAt  time.Time       `json:"createdAt"`
	ExpiresAt  time.Time       `json:"expiresAt"`
}

func (s *Service) invitationView(i Invitation, names map[ident.ID]string) InvitationView {
	v := InvitationView{
		ID: i.ID, State: i.State(s.clock.Now()), OrgID: i.Org.ID, OrgName: i.Org.Name, MemberName: i.Member.Name, Uses: i.Uses, MaxUses: i.MaxUses,
		CreatedBy: names[i.CreatedBy], CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt,
	}
	if v.State == InvitationOpen {
		v.Code = s.seals.code(i.ID)
		v.URL = s.publicURL + "/c/" + codePrefix + v.Code
	}
	return v
}

type createInvitationInput struct {
	ID   web.IDParam `path:"id"`
	Body struct {
		Key      string   `json:"key" minLength:"1" maxLength:"64" doc:"The same key gives the same invitation"`
		MemberID ident.ID `json:"memberId,omitempty" doc:"For this member alone, who is bound without an approval: one use within three days"`
		Uses     int      `json:"uses,omitempty" minimum:"0" maximum:"500" doc:"How often it can be used; 0 is 50"`
		Days     int      `json:"days,omitempty" minimum:"0" maximum:"30" doc:"How long it can be used; 0 is 7"`
	}
}

type invitationOutput struct{ Body InvitationView }

func (s *Service) invitationAnswer(ctx context.Context, i Invitation, err error) (*invitationOutput, error) {
	if err != nil {
		return nil, err
	}
	names, err := s.memberNames(ctx, []ident.ID{i.CreatedBy})
	return &invitationOutput{s.invitationView(i, names)}, err
}

func (s *Service) createInvitation(ctx context.Context, in *createInvitationInput) (*invitationOutput, error) {
	b := in.Body
	made, err := s.CreateInvitation(ctx, web.ActorFrom(ctx), in.ID.ID, Invite{b.Key, b.MemberID, b.Uses, time.Duration(b.Days) * 24 * time.Hour})
	return s.invitationAnswer(ctx, made, err)
}

type invitationsInput struct {
	ID    web.IDParam `path:"id"`
	After web.IDParam `query:"after" doc:"next of the page before"`
	Limit int         `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type invitationsOutput struct {
	Body struct {
		Items []InvitationView `json:"items" doc:"The latest first"`
		Next  ident.ID         `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listInvitations(ctx context.Context, in *invitationsInput) (*invitationsOutput, error) {
	list, next, err := s.Invitations(ctx, web.ActorFrom(ctx), in.ID.ID, in.After.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(list))
	for i, invitation := range list {
		ids[i] = invitation.CreatedBy
	}
	names, err := s.memberNames(ctx, ids)
	out := &invitationsOutput{}
	out.Body.Next, out.Body.Items = next, make([]InvitationView, len(list))
	for i, invitation := range list {
		out.Body.Items[i] = s.invitationView(invitation, names)
	}
	return out, err
}

type revokeInput struct {
	InvitationID web.IDParam `path:"invitationId"`
}

func (s *Service) revokeInvitation(ctx context.Context, in *revokeInput) (*invitationOutput, error) {
	i, err := s.RevokeInvitation(ctx, web.ActorFrom(ctx), in.InvitationID.ID)
	return s.invitationAnswer(ctx, i, err)
}

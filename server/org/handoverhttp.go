package org

import (
	"context"
	"net/http"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/web"
)

// PostView is a role that would pass.
type PostView struct {
	Role  authz.Role `json:"role" enum:"secretary,organiser,admin,keeper"`
	Since time.Time  `json:"since"`
	May   bool       `json:"may" doc:"The caller may hand it over"`
}

// TaskView is what is open.
type TaskView struct {
	Kind   string   `json:"kind" enum:"draft,published,request,site"`
	Count  int      `json:"count" minimum:"1"`
	Titles []string `json:"titles" doc:"Of the first three"`
	Named  bool     `json:"named" doc:"Carries the predecessor's name, and is given to the successor; everything else goes with the role by itself"`
}

// HandOverPreviewView is what would pass from somebody.
type HandOverPreviewView struct {
	Org   OrgRef     `json:"org"`
	From  PersonRef  `json:"from"`
	Posts []PostView `json:"posts"`
	Tasks []TaskView `json:"tasks"`
}

// HandOverView is a hand-over that was done.
type HandOverView struct {
	ID        ident.ID     `json:"id"`
	From      PersonRef    `json:"from"`
	To        PersonRef    `json:"to"`
	Roles     []authz.Role `json:"roles" doc:"secretary, organiser, admin, keeper"`
	Named     int          `json:"named" doc:"How many things passed that carried the predecessor's name"`
	Reason    string       `json:"reason"`
	By        PersonRef    `json:"by"`
	At        time.Time    `json:"at"`
	UndoneAt  *time.Time   `json:"undoneAt" doc:"null while it holds"`
	UndoUntil *time.Time   `json:"undoUntil" doc:"null when it cannot be taken back any more"`
}

func (s *Service) routeHandOvers(a *web.API) {
	web.Register(a, web.Op{
		ID: "previewHandOver", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/hand-over-preview",
		Tag: "roles", Summary: "What would pass from the holder of roles to a successor.",
	}, s.previewHandOver)
	web.Register(a, web.Op{
		ID: "handOver", Method: http.MethodPost, Path: "/api/v1/orgs/{id}/hand-overs", Status: http.StatusCreated,
		Tag: "roles", Summary: "Move roles, and what carries the predecessor's name, to the successor.",
	}, s.handOver)
	web.Register(a, web.Op{
		ID: "listHandOvers", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/hand-overs",
		Tag: "roles", Summary: "What was handed over, for those who run the organisation.",
	}, s.listHandOvers)
	web.Register(a, web.Op{
		ID: "undoHandOver", Method: http.MethodPost, Path: "/api/v1/orgs/{id}/hand-overs/{handOverId}/undo",
		Tag: "roles", Summary: "Give everything back, within a day.",
	}, s.undoHandOver)
}

type previewInput struct {
	ID     web.IDParam `path:"id"`
	FromID web.IDParam `query:"fromId" required:"true" doc:"The predecessor"`
}

type previewOutput struct{ Body HandOverPreviewView }

func (s *Service) previewHandOver(ctx context.Context, in *previewInput) (*previewOutput, error) {
	actor := web.ActorFrom(ctx)
	p, err := s.PreviewHandOver(ctx, actor, in.ID.ID, in.FromID.ID)
	if err != nil {
		return nil, err
	}
	view := HandOverPreviewView{Org: p.On.Ref(), From: PersonRef{p.From.ID, p.From.Name}, Posts: []PostView{}, Tasks: []TaskView{}}
	for _, h := range p.Held {
		view.Posts = append(view.Posts, PostView{h.Role, h.Since, actor.Appoints(h.Role, p.On.Path)})
	}
	for _, t := range p.Tasks {
		view.Tasks = append(view.Tasks, TaskView(t))
	}
	return &previewOutput{view}, nil
}

type handOverInput struct {
	ID   web.IDParam `path:"id"`
	Body struct {
		Key    string       `json:"key" minLength:"1" maxLength:"64" doc:"Of the caller: the same key gives the same answer"`
		FromID ident.ID     `json:"fromId"`
		ToID   ident.ID     `json:"toId"`
		Roles  []authz.Role `json:"roles" minItems:"1" maxItems:"4" uniqueItems:"true" enum:"secretary,organiser,admin,keeper" doc:"Of those that the predecessor holds here"`
		Reason string       `json:"reason,omitempty" maxLength:"200"`
	}
}

type handOverOutput struct{ Body HandOverView }

func (s *Service) handOver(ctx context.Context, in *handOverInput) (*handOverOutput, error) {
	b := in.Body
	done, err := s.HandOver(ctx, web.ActorFrom(ctx), HandOverPlan{On: in.ID.ID, From: b.FromID, To: b.ToID, Roles: b.Roles, Reason: b.Reason, Key: b.Key})
	return s.handOverAnswer(ctx, done, err)
}

type handOversOutput struct {
	Body struct {
		Items []HandOverView `json:"items" doc:"The latest first, at most 20"`
	}
}

func (s *Service) listHandOvers(ctx context.Context, in *rolesInput) (*handOversOutput, error) {
	o, err := s.OrgForActor(ctx, web.ActorFrom(ctx), authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	list, err := s.handOvers(ctx, s.db.Read(), "h.org_id = ? ORDER BY h.id DESC LIMIT ?", o.ID, maxHandOvers)
	if err != nil {
		return nil, err
	}
	out := &handOversOutput{}
	out.Body.Items, err = s.handOverViews(ctx, list)
	return out, err
}

type undoInput struct {
	ID         web.IDParam `path:"id"`
	HandOverID web.IDParam `path:"handOverId"`
}

func (s *Service) undoHandOver(ctx context.Context, in *undoInput) (*handOverOutput, error) {
	done, err := s.UndoHandOver(ctx, web.ActorFrom(ctx), in.ID.ID, in.HandOverID.ID)
	return s.handOverAnswer(ctx, done, err)
}

func (s *Service) handOverAnswer(ctx context.Context, done HandOver, err error) (*handOverOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := s.handOverViews(ctx, []HandOver{done})
	if err != nil {
		return nil, err
	}
	return &handOverOutput{views[0]}, nil
}

func (s *Service) handOverViews(ctx context.Context, list []HandOver) ([]HandOverView, error) {
	var ids []ident.ID
	for _, h := range list {
		ids = append(ids, h.From, h.To, h.By)
	}
	people, err := s.MembersByID(ctx, s.db.Read(), ids)
	views := make([]HandOverView, len(list))
	for i, h := range list {
		v := HandOverView{
			ID: h.ID, From: nameOf(people, h.From), To: nameOf(people, h.To), Named: len(h.Moved.Named), Reason: h.Reason, By: nameOf(people, h.By), At: h.At,
			Roles: make([]authz.Role, len(h.Moved.Roles)),
		}
		for k, r := range h.Moved.Roles {
			v.Roles[k] = r.Role
		}
		if !h.UndoneAt.IsZero() {
			v.UndoneAt = &h.UndoneAt
		}
		if h.Undoable(s.clock.Now()) {
			until := clock.Trim(h.At.Add(UndoWithin))
			v.UndoUntil = &until
		}
		views[i] = v
	}
	return views, err
}

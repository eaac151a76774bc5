package org

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/web"
)

const bindingRequest = "/api/v1/binding-requests/{requestId}"

func (s *Service) routeBindings(a *web.API) {
	web.Register(a, web.Op{
		ID: "bind", Method: http.MethodPost, Path: "/api/v1/me/binding", Tag: "who",
		Summary: "Bind this WeChat identity to the member with its phone number, or learn between whom to choose.",
	}, s.bind)
	web.Register(a, web.Op{
		ID: "unbind", Method: http.MethodDelete, Path: "/api/v1/me/binding", Status: http.StatusNoContent, Tag: "who",
		Summary: "Undo the binding.",
	}, s.unbind)
	web.Register(a, web.Op{
		ID: "askBinding", Method: http.MethodPost, Path: "/api/v1/me/binding-request", Status: http.StatusCreated, Tag: "who",
		Summary: "Ask to be bound, with a choice or an invitation; 200 when the key has asked before.",
	}, s.askBinding)
	web.Register(a, web.Op{
		ID: "withdrawBinding", Method: http.MethodDelete, Path: "/api/v1/me/binding-request", Status: http.StatusNoContent, Tag: "who",
		Summary: "Take one's own open request back.",
	}, s.withdrawBinding)
	web.Register(a, web.Op{
		ID: "listBindingRequests", Method: http.MethodGet, Path: "/api/v1/binding-requests", Tag: "bindings",
		Summary: "Requests to be bound in the organisations that one runs.",
	}, s.listBindings)
	web.Register(a, web.Op{
		ID: "approveBinding", Method: http.MethodPost, Path: bindingRequest + "/approve", Tag: "bindings",
		Summary: "Let the asker's WeChat identity stand for a member.",
	}, s.approveBinding)
	web.Register(a, web.Op{
		ID: "declineBinding", Method: http.MethodPost, Path: bindingRequest + "/decline", Tag: "bindings",
		Summary: "Refuse a request to be bound, with a reason.",
	}, s.declineBinding)
	web.Register(a, web.Op{
		ID: "releaseBinding", Method: http.MethodPost, Path: "/api/v1/members/{memberId}/binding/release", Tag: "bindings",
		Summary: "Let a member's WeChat identity go, with a reason.",
	}, s.releaseBinding)
	web.Register(a, web.Op{
		ID: "getBinding", Method: http.MethodGet, Path: "/api/v1/members/{memberId}/binding", Tag: "bindings",
		Summary: "How a member is bound, and how it came about.",
	}, s.getBinding)
}

// MyBinding is one's own request to be bound.
type MyBinding struct {
	ID        ident.ID     `json:"id"`
	State     BindingState `json:"state" enum:"pending,approved,declined"`
	OrgName   string       `json:"orgName" doc:"Who decides"`
	Name      string       `json:"name" doc:"As the caller gave it; masked when it was chosen by the phone number"`
	Reason    string       `json:"reason" doc:"Of a declined one"`
	CreatedAt time.Time    `json:"createdAt"`
}

func myBindingView(r BindingRequest) *MyBinding {
	if r.ID == 0 {
		return nil
	}
	name := r.Name
	if r.Invitation == 0 { // the name is the roster's
		name = mask(name, false)
	}
	return &MyBinding{ID: r.ID, State: r.State, OrgName: r.Org.Name, Name: name, Reason: r.Reason, CreatedAt: r.CreatedAt}
}

func (s *Service) myBinding(ctx context.Context, actor authz.Actor) (*MyBinding, error) {
	r, err := s.MyBinding(ctx, actor)
	return myBindingView(r), err
}

// ChoiceView is one of the people between whom somebody can choose.
type ChoiceView struct {
	Name  string `json:"name" doc:"Masked, such as 王＊"`
	Taken bool   `json:"taken" doc:"Another WeChat identity stands for this person; choosing asks to take its place"`
	Pick  string `json:"pick" doc:"For askBinding; good for ten minutes"`
}

// Bound is who the caller is after bind.
type Bound struct {
	Me

	Choices []ChoiceView `json:"choices" doc:"Nothing was bound: several people have the number, or the one who has it is bound to another WeChat identity"`
}

type bindInput struct {
	Body struct {
		PhoneCode string `json:"phoneCode" minLength:"1" maxLength:"128" doc:"Of the getPhoneNumber button; five minutes, once"`
	}
}

type boundOutput struct{ Body Bound }

func (s *Service) bind(ctx context.Context, in *bindInput) (*boundOutput, error) {
	actor := web.ActorFrom(ctx)
	choices, err := s.Bind(ctx, actor, in.Body.PhoneCode)
	if err != nil {
		return nil, err
	}
	out := &boundOutput{Bound{Choices: make([]ChoiceView, len(choices))}}
	for i, c := range choices {
		out.Body.Choices[i] = ChoiceView(c)
	}
	if actor, err = s.ActorOf(ctx, actor.UserID); err != nil {
		return nil, err
	}
	out.Body.Me, err = s.describe(ctx, actor)
	return out, err
}

func (s *Service) unbind(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.Unbind(ctx, web.ActorFrom(ctx))
}

type askBindingInput struct {
	Body struct {
		Key   string `json:"key" minLength:"1" maxLength:"64" doc:"The same key gives the same request"`
		Pick  string `json:"pick,omitempty" maxLength:"300" doc:"One of bind's choices; without it code and name are needed"`
		Code  string `json:"code,omitempty" maxLength:"300" doc:"Of an invitation: the eight characters, or what its QR code says"`
		Name  string `json:"name,omitempty" maxLength:"60"`
		Last4 string `json:"last4,omitempty" maxLength:"4" doc:"Last four digits of the phone number in the roster; helps whoever decides"`
	}
}

type askBindingOutput struct {
	Status int
	Body   MyBinding
}

func (s *Service) askBinding(ctx context.Context, in *askBindingInput) (*askBindingOutput, error) {
	b := in.Body
	r, again, err := s.AskBinding(ctx, web.ActorFrom(ctx), BindingAsk{b.Key, b.Pick, b.Code, b.Name, b.Last4, web.AddressFrom(ctx)})
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if again {
		status = http.StatusOK
	}
	return &askBindingOutput{status, *myBindingView(r)}, nil
}

func (s *Service) withdrawBinding(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.WithdrawBinding(ctx, web.ActorFrom(ctx))
}

// BindingMatch is a member whom an asker may be.
type BindingMatch struct {
	MemberView

	LastFour bool `json:"lastFour" doc:"The number in the roster ends as the asker said"`
	Above    bool `json:"above" doc:"Holds a role above the caller's: somebody above has to decide"`
}

// BindingRequestView is a request as those who decide see it.
type BindingRequestView struct {
	ID        ident.ID       `json:"id"`
	State     BindingState   `json:"state" enum:"pending,approved,declined,withdrawn"`
	Invited   bool           `json:"invited" doc:"With an invitation's code; else the phone number was proven, and the person is one of several who have it, or changes to another WeChat identity"`
	Name      string         `json:"name" doc:"As the asker gave it"`
	Last4     string         `json:"last4" doc:"As the asker gave it; empty once it is decided"`
	OrgID     ident.ID       `json:"orgId"`
	OrgName   string         `json:"orgName"`
	Member    *BindingMatch  `json:"member" doc:"Whom the asker has chosen, or the request was approved for; null until then"`
	Matches   []BindingMatch `json:"matches" doc:"While it waits, without a member: people of this name, the likely ones first"`
	CreatedAt time.Time      `json:"createdAt"`
	DecidedBy string         `json:"decidedBy" doc:"The name; empty while it waits, and when nobody had to decide"`
	DecidedAt *time.Time     `json:"decidedAt"`
	Reason    string         `json:"reason" doc:"Of a declined one"`
}

func (s *Service) bindingViews(ctx context.Context, actor authz.Actor, list []BindingRequest) ([]BindingRequestView, error) {
	f, err := s.factsOf(ctx, list)
	views := make([]BindingRequestView, len(list))
	for i, r := range list {
		match := func(m Member) BindingMatch {
			return BindingMatch{s.view(m), endsIn(s.vault, m, r.Last4), !handsIdentity(actor, f.held[m.ID])}
		}
		v := BindingRequestView{
			ID: r.ID, State: r.State, Invited: r.Invitation != 0, Name: r.Name, Last4: r.Last4, OrgID: r.Org.ID, OrgName: r.Org.Name,
			Matches: []BindingMatch{}, CreatedAt: r.CreatedAt, DecidedBy: f.people[r.DecidedBy].Name, Reason: r.Reason,
		}
		if m, known := f.people[r.MemberID]; known && actor.Runs(m.OrgPath) {
			chosen := match(m)
			v.Member = &chosen
		}
		for _, m := range f.named[r.ID] {
			v.Matches = append(v.Matches, match(m))
		}
		if !r.DecidedAt.IsZero() {
			v.DecidedAt = &r.DecidedAt
		}
		views[i] = v
	}
	return views, err
}

type bindingsInput struct {
	Open  bool        `query:"open" default:"true" doc:"Those that wait; else those that were decided"`
	After web.IDParam `query:"after" doc:"next of the page before"`
	Limit int         `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type bindingsOutput struct {
	Body struct {
		Items []BindingRequestView `json:"items" doc:"The latest first"`
		Next  ident.ID             `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listBindings(ctx context.Context, in *bindingsInput) (*bindingsOutput, error) {
	actor := web.ActorFrom(ctx)
	list, next, err := s.Bindings(ctx, actor, BindingQuery{in.Open, in.After.ID, in.Limit})
	if err != nil {
		return nil, err
	}
	var out bindingsOutput
	out.Body.Next = next
	out.Body.Items, err = s.bindingViews(ctx, actor, list)
	return &out, err
}

// BindingInput is an operation on one request.
type BindingInput struct {
	RequestID web.IDParam `path:"requestId"`
}

type bindingOutput struct{ Body BindingRequestView }

func (s *Service) bindingAnswer(ctx context.Context, r BindingRequest, err error) (*bindingOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := s.bindingViews(ctx, web.ActorFrom(ctx), []BindingRequest{r})
	return &bindingOutput{views[0]}, err
}

type approveBindingInput struct {
	BindingInput
	Body struct {
		MemberID ident.ID `json:"memberId,omitempty" doc:"Who the asker is; may be left out when the asker has chosen"`
		Replace  bool     `json:"replace,omitempty" doc:"Another WeChat identity stands for this person: let it go"`
	}
}

func (s *Service) approveBinding(ctx context.Context, in *approveBindingInput) (*bindingOutput, error) {
	r, err := s.ApproveBinding(ctx, web.ActorFrom(ctx), in.RequestID.ID, in.Body.MemberID, in.Body.Replace)
	return s.bindingAnswer(ctx, r, err)
}

type declineBindingInput struct {
	BindingInput
	Body struct {
		Reason string `json:"reason" maxLength:"100" doc:"At least two characters; the asker reads it"`
	}
}

func (s *Service) declineBinding(ctx context.Context, in *declineBindingInput) (*bindingOutput, error) {
	r, err := s.DeclineBinding(ctx, web.ActorFrom(ctx), in.RequestID.ID, in.Body.Reason)
	return s.bindingAnswer(ctx, r, err)
}

// BindingEntryView is one line of the log of a member's bindings.
type BindingEntryView struct {
	Act    BindingAct `json:"act" enum:"phone,invitation,approval,replaced,left,released" doc:"Bound by the phone number, a personal invitation or an approval; let go because another took its place, by the person, or by somebody who runs the organisation"`
	By     string     `json:"by" doc:"The name; empty when the person did it alone"`
	Reason string     `json:"reason"`
	At     time.Time  `json:"at"`
}

// BindingView is how a member is bound.
type BindingView struct {
	Member     MemberView         `json:"member"`
	BoundAt    *time.Time         `json:"boundAt" doc:"null when no WeChat identity stands for them"`
	Invitation *InvitationView    `json:"invitation" doc:"The personal one that is open; null when there is none, and for those who may not hand it out"`
	Above      bool               `json:"above" doc:"Holds a role above the caller's: only somebody above may invite or release"`
	Log        []BindingEntryView `json:"log" doc:"The latest first"`
}

// MemberBindingInput is an operation on one member's binding.
type MemberBindingInput struct {
	MemberID web.IDParam `path:"memberId"`
}

type memberBindingOutput struct{ Body BindingView }

func (s *Service) getBinding(ctx context.Context, in *MemberBindingInput) (*memberBindingOutput, error) {
	b, err := s.BindingOf(ctx, web.ActorFrom(ctx), in.MemberID.ID)
	if err != nil {
		return nil, err
	}
	looked := audit.Entry{At: s.clock.Now(), Action: audit.LookMember, Subject: audit.On(audit.Member, b.Member.ID), Org: b.Member.OrgPath}
	if err := audit.Look(ctx, s.db, looked); err != nil {
		return nil, err
	}
	ids := []ident.ID{b.Invitation.CreatedBy}
	for _, e := range b.Log {
		ids = append(ids, e.By)
	}
	names, err := s.memberNames(ctx, slices.Compact(ids))
	view := BindingView{Member: s.view(b.Member), Above: !b.Handed, Log: make([]BindingEntryView, len(b.Log))}
	for i, e := range b.Log {
		view.Log[i] = BindingEntryView{Act: e.Act, By: names[e.By], Reason: e.Reason, At: e.At}
	}
	if !b.BoundAt.IsZero() {
		view.BoundAt = &b.BoundAt
	}
	if b.Invitation.ID != 0 {
		shown := s.invitationView(b.Invitation, names)
		view.Invitation = &shown
	}
	return &memberBindingOutput{view}, err
}

type releaseInput struct {
	MemberBindingInput
	Body struct {
		Reason string `json:"reason" maxLength:"100" doc:"At least two characters"`
	}
}

func (s *Service) releaseBinding(ctx context.Context, in *releaseInput) (*memberBindingOutput, error) {
	if err := s.Release(ctx, web.ActorFrom(ctx), in.MemberID.ID, strings.TrimSpace(in.Body.Reason)); err != nil {
		return nil, err
	}
	return s.getBinding(ctx, &in.MemberBindingInput)
}

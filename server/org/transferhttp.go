package org

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/web"
)

// TransferView is a transfer as both sides see it.
type TransferView struct {
	ID         ident.ID      `json:"id"`
	Member     Transferred   `json:"member"`
	From       OrgRef        `json:"from"`
	To         OrgRef        `json:"to"`
	State      TransferState `json:"state" enum:"pending,accepted,declined,withdrawn"`
	Since      time.Time     `json:"since" doc:"From when it holds; from when it is accepted where a later change of the member is known"`
	Note       string        `json:"note"`
	ByName     string        `json:"byName" doc:"Who handed over"`
	CreatedAt  time.Time     `json:"createdAt"`
	DecidedAt  *time.Time    `json:"decidedAt"`
	Reason     string        `json:"reason" doc:"Why it was declined"`
	MayDecide  bool          `json:"mayDecide" doc:"The caller may accept or decline"`
	MayRetract bool          `json:"mayRetract" doc:"The caller may withdraw"`
}

// Transferred is what the receiving side is told of a member before they have come. No number.
type Transferred struct {
	ID       ident.ID `json:"id"`
	Name     string   `json:"name"`
	Kind     string   `json:"kind" enum:"full,probationary"`
	Standing Standing `json:"standing" enum:"normal,flow_out,flow_in,long_illness,suspended"`
}

func (s *Service) routeTransfers(a *web.API) {
	web.Register(a, web.Op{
		ID: "transferMember", Method: http.MethodPost, Path: "/api/v1/members/{memberId}/transfers", Status: http.StatusCreated,
		Tag: "organisation", Summary: "Hand a member over to another organisation.",
	}, s.postTransfer)
	web.Register(a, web.Op{
		ID: "listTransfers", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/transfers",
		Tag: "organisation", Summary: "Members handed over to or from an organisation, the newest first.",
	}, s.listTransfers)
	web.Register(a, web.Op{
		ID: "acceptTransfer", Method: http.MethodPost, Path: "/api/v1/transfers/{transferId}/accept",
		Tag: "organisation", Summary: "Take a member in.",
	}, s.acceptTransfer)
	web.Register(a, web.Op{
		ID: "declineTransfer", Method: http.MethodPost, Path: "/api/v1/transfers/{transferId}/decline",
		Tag: "organisation", Summary: "Do not take a member in.",
	}, s.declineTransfer)
	web.Register(a, web.Op{
		ID: "withdrawTransfer", Method: http.MethodPost, Path: "/api/v1/transfers/{transferId}/withdraw",
		Tag: "organisation", Summary: "Take back a transfer that has not been answered.",
	}, s.withdrawTransfer)
}

type transferInput struct {
	MemberID web.IDParam `path:"memberId"`
	Body     struct {
		ToOrgID ident.ID   `json:"toOrgId"`
		Since   *time.Time `json:"since,omitempty" doc:"From when it holds, not in the future; now when left out. Events closed before stay as they were settled"`
		Note    string     `json:"note,omitempty" maxLength:"100" doc:"For the receiving side"`
	}
}

type transferOutput struct{ Body TransferView }

func (s *Service) postTransfer(ctx context.Context, in *transferInput) (*transferOutput, error) {
	var since time.Time
	if in.Body.Since != nil {
		since = clock.Trim(*in.Body.Since)
	}
	actor := web.ActorFrom(ctx)
	t, err := s.Transfer(ctx, actor, in.MemberID.ID, in.Body.ToOrgID, since, strings.TrimSpace(in.Body.Note))
	if err != nil {
		return nil, err
	}
	return s.showTransfer(ctx, actor, t.ID)
}

type oneTransfer struct {
	TransferID web.IDParam `path:"transferId"`
}

func (s *Service) acceptTransfer(ctx context.Context, in *oneTransfer) (*transferOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := s.Accept(ctx, actor, in.TransferID.ID); err != nil {
		return nil, err
	}
	return s.showTransfer(ctx, actor, in.TransferID.ID)
}

type declineInput struct {
	TransferID web.IDParam `path:"transferId"`
	Body       struct {
		Reason string `json:"reason" minLength:"1" maxLength:"100"`
	}
}

func (s *Service) declineTransfer(ctx context.Context, in *declineInput) (*transferOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := s.Decline(ctx, actor, in.TransferID.ID, strings.TrimSpace(in.Body.Reason)); err != nil {
		return nil, err
	}
	return s.showTransfer(ctx, actor, in.TransferID.ID)
}

func (s *Service) withdrawTransfer(ctx context.Context, in *oneTransfer) (*transferOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := s.Withdraw(ctx, actor, in.TransferID.ID); err != nil {
		return nil, err
	}
	return s.showTransfer(ctx, actor, in.TransferID.ID)
}

func (s *Service) showTransfer(ctx context.Context, actor authz.Actor, id ident.ID) (*transferOutput, error) {
	t, err := s.transferByID(ctx, s.db.Write(), id)
	if err != nil {
		return nil, err
	}
	views, err := s.transferViews(ctx, actor, []Transfer{t})
	if err != nil {
		return nil, err
	}
	return &transferOutput{views[0]}, nil
}

type transfersInput struct {
	ID        web.IDParam `path:"id"`
	Direction string      `query:"direction" enum:"in,out" default:"in" doc:"Handed over to this organisation and those below it, or from them"`
	Pending   bool        `query:"pending" doc:"Only those that wait for an answer"`
	web.Page
}

type transfersOutput struct {
	Body struct {
		Items []TransferView `json:"items"`
		Next  ident.ID       `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listTransfers(ctx context.Context, in *transfersInput) (*transfersOutput, error) {
	actor := web.ActorFrom(ctx)
	o, err := s.OrgForActor(ctx, actor, authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	before, err := in.AfterID()
	if err != nil {
		return nil, err
	}
	transfers, err := s.transfersOf(ctx, o.Path, in.Direction == "in", in.Pending, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	var out transfersOutput
	transfers, out.Body.Next = web.Cut(transfers, in.Limit, func(t Transfer) ident.ID { return t.ID })
	out.Body.Items, err = s.transferViews(ctx, actor, transfers)
	return &out, err
}

func (s *Service) transferViews(ctx context.Context, actor authz.Actor, transfers []Transfer) ([]TransferView, error) {
	var members, orgIDs []ident.ID
	for _, t := range transfers {
		members, orgIDs = append(members, t.MemberID, t.ByMember), append(orgIDs, t.FromOrg, t.ToOrg)
	}
	people, err := s.MembersByID(ctx, s.db.Read(), members)
	orgs, orgsErr := s.OrgsByID(ctx, s.db.Read(), orgIDs)
	views := make([]TransferView, len(transfers))
	for i, t := range transfers {
		m, from, to := people[t.MemberID], orgs[t.FromOrg], orgs[t.ToOrg]
		views[i] = TransferView{
			ID: t.ID, Member: Transferred{m.ID, m.Name, m.Kind, m.Standing}, From: from.Ref(), To: to.Ref(), State: t.State, Since: t.Since, Note: t.Note,
			ByName: people[t.ByMember].Name, CreatedAt: t.CreatedAt, Reason: t.Reason,
			MayDecide:  t.State == TransferPending && actor.Runs(to.Path),
			MayRetract: t.State == TransferPending && actor.Runs(from.Path),
		}
		if !t.DecidedAt.IsZero() {
			views[i].DecidedAt = &t.DecidedAt
		}
	}
	return views, cmp.Or(err, orgsErr)
}

package checkin

import (
	"context"
	"net/http"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/site"
	"themeday/server/web"
)

var errVisitTicket = fault.Conflict("ticket_of_visit", "这是参观登记的凭据，不能用来签到，请重新扫码")

// visitsHere returns the visits that are open at the site to the actor's organisation, each with a ticket.
func (s *Service) visitsHere(ctx context.Context, actor authz.Actor, at site.Site, now time.Time) ([]Here, error) {
	visits, err := s.sites.VisitsOpen(ctx, s.db.Read(), at.ID, now, actor.OrgPath)
	list := make([]Here, len(visits))
	for i, v := range visits {
		list[i] = Here{Visit: &v, Ticket: sealTicket(s.ticketKey, ticket{Event: v.ID, User: actor.UserID, Scanned: now, Visit: true})}
	}
	return list, err
}

func (s *Service) visitSubject(at site.Site, v site.Visit) SubjectView {
	brief := v.Brief(s.clock.Now())
	return SubjectView{Kind: "visit", ID: v.ID, Title: at.Name, Visit: &brief}
}

// JoinVisit records the actor as a visitor, by the ticket of a scanned plate. It returns code_malformed, code_forged (also
// for the ticket of anything else), ticket_expired, not_bound, visit_ended or not_found.
func (s *Service) JoinVisit(ctx context.Context, actor authz.Actor, id ident.ID, text string, p *Point) (site.Visit, bool, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return site.Visit{}, false, err
	}
	t, err := openTicket(s.ticketKey, text, actor.UserID, s.clock.Now())
	switch {
	case err != nil:
		return site.Visit{}, false, sentence(err, errTicketOld)
	case !t.Visit || t.Event != id:
		return site.Visit{}, false, errPlateForged
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), actor.MemberID)
	if err != nil {
		return site.Visit{}, false, err
	}
	v, made, err := s.sites.Join(ctx, id, m, t.Scanned, func(at site.Site) string {
		return string(band(event.Place{Position: at.Position, Radius: at.Radius}, p))
	})
	return v, made, err
}

type joinInput struct {
	site.IDInput
	Body struct {
		Ticket   string `json:"ticket" minLength:"1" maxLength:"200" doc:"Of POST /scans with a plate"`
		Position *Point `json:"position,omitempty" doc:"With the member's consent; judged and not kept"`
	}
}

type joinOutput struct {
	Status int
	Body   struct {
		Visit    site.VisitBrief `json:"visit"`
		At       time.Time       `json:"at" doc:"Now"`
		Repeated bool            `json:"repeated" doc:"Recorded before"`
	}
}

func (s *Service) joinVisit(ctx context.Context, in *joinInput) (*joinOutput, error) {
	v, made, err := s.JoinVisit(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Ticket, in.Body.Position)
	if err != nil {
		return nil, err
	}
	out := &joinOutput{Status: http.StatusCreated}
	if !made {
		out.Status = http.StatusOK
	}
	out.Body.Visit, out.Body.At, out.Body.Repeated = v.Brief(s.clock.Now()), clock.Trim(s.clock.Now()), !made
	return out, nil
}

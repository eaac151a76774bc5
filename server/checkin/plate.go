package checkin

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/site"
	"themeday/server/web"
)

// Sites is what check-in needs of sites. Package site provides it.
type Sites interface {
	Load(ctx context.Context, db bun.IDB, id ident.ID) (site.Site, error)
	VisitsOpen(ctx context.Context, db bun.IDB, id ident.ID, at time.Time, path string) ([]site.Visit, error)
	Join(ctx context.Context, id ident.ID, m org.Member, at time.Time, position func(site.Site) string) (site.Visit, bool, error)
}

// Refusals of a plate.
var (
	errPlateForged   = fault.Invalid("code_forged", "这个场馆码无效，请扫场馆里挂的场馆码")
	errPlateReplaced = fault.Conflict("plate_replaced", "这张场馆码已换新，请扫新的场馆码，或请讲解员更换")
	errSiteClosed    = fault.Conflict("site_closed", "这个场馆已停用，请找书记登记")
	errNothingHere   = fault.Conflict("nothing_here", "现在这里没有您要参加的活动，请核对时间和地点，或找书记登记")
	errSeveralHere   = fault.Conflict("several_here", "现在这里有几场您要参加的活动，请先选一场")
)

// plateSite returns the site whose plate was scanned. A plate of another server names a site that is not here.
func (s *Service) plateSite(ctx context.Context, code string) (site.Site, error) {
	if len(code) > maxCodeText {
		return site.Site{}, errMalformed
	}
	p, err := site.ParsePlate(lastSegment(code))
	if err != nil {
		return site.Site{}, errMalformed
	}
	at, err := s.sites.Load(ctx, s.db.Read(), p.Site)
	if fault.CodeOf(err) == "not_found" {
		return at, errPlateForged
	}
	if err != nil {
		return at, err
	}
	switch err := at.Verify(p); {
	case errors.Is(err, site.ErrPlateReplaced):
		return at, errPlateReplaced
	case err != nil:
		return at, errPlateForged
	case !at.Open():
		return at, errSiteClosed
	}
	return at, nil
}

// soonHere is how far ahead the answer to somebody who is early looks.
const soonHere = 12 * time.Hour

// mineAt returns the events at the site that ask the actor to come: those whose check-in is open, or, when none is, the
// refusal that says when the next one opens.
func (s *Service) mineAt(ctx context.Context, actor authz.Actor, at ident.ID, now time.Time) ([]event.Event, error) {
	if actor.MemberID == 0 {
		return nil, errNotBound
	}
	all, err := s.events.AtSite(ctx, s.db.Read(), at, now, now.Add(soonHere))
	if err != nil {
		return nil, err
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), actor.MemberID)
	if err != nil {
		return nil, err
	}
	var open []event.Event
	refusal := errNothingHere
	for _, e := range all {
		_, x, err := s.taken(ctx, s.db.Read(), e, m)
		switch {
		case err != nil:
			return nil, err
		case x == Outside:
		case !e.Window.OpensAt.After(now):
			open = append(open, e)
		case errors.Is(refusal, errNothingHere):
			refusal = errNotOpen.WithMessage("签到还没有开始，%s开始", sayTime(e.Window.OpensAt))
		}
	}
	if len(open) == 0 {
		return nil, refusal
	}
	return open, nil
}

// verifyPlate finds the one event that a plate stands for at an instant. A plate says nothing about when it was scanned:
// what a phone kept without signal is believed only while the event has not been closed, which AtSite sees to.
func (s *Service) verifyPlate(ctx context.Context, actor authz.Actor, p Proof, at time.Time) (seen, ident.ID, error) {
	here, err := s.plateSite(ctx, p.Code)
	if err != nil {
		return seen{}, 0, err
	}
	open, err := s.mineAt(ctx, actor, here.ID, at)
	switch {
	case err != nil:
		return seen{}, 0, err
	case len(open) > 1:
		return seen{}, 0, errSeveralHere
	}
	return seen{open[0], at, Plate}, open[0].ID, nil
}

// Here is one thing that a scanned plate can mean for the actor.
type Here struct {
	Ticket  string
	Event   event.Event
	Visit   *site.Visit // instead of Event
	Already *Attendance // the member has been recorded before
}

// ScanPlate turns a scanned plate into tickets for what goes on at the site now and concerns the actor: at least one.
// Visits are looked for only when no event is on: whoever has come for an event is no visitor. It returns code_malformed,
// code_forged, plate_replaced, site_closed, not_bound, nothing_here or event_not_open_yet.
func (s *Service) ScanPlate(ctx context.Context, actor authz.Actor, code string) (site.Site, []Here, time.Time, error) {
	now := s.clock.Now()
	expires := now.Add(ticketLife)
	at, err := s.plateSite(ctx, code)
	if err != nil {
		s.refused(ctx, 0, actor, err)
		return at, nil, expires, err
	}
	open, refusal := s.mineAt(ctx, actor, at.ID, now)
	if fault.From(refusal) != nil && fault.From(refusal).Kind == fault.KindConflict {
		if visits, err := s.visitsHere(ctx, actor, at, now); len(visits) > 0 || err != nil {
			return at, visits, expires, err
		}
	}
	if refusal != nil {
		s.refused(ctx, 0, actor, refusal)
		return at, nil, expires, refusal
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), actor.MemberID)
	list := make([]Here, len(open))
	for i := 0; i < len(open) && err == nil; i++ {
		e := open[i]
		list[i] = Here{Event: e, Ticket: sealTicket(s.ticketKey, ticket{Event: e.ID, User: actor.UserID, Scanned: now, Plate: true})}
		var row Attendance
		if row, err = s.find(ctx, s.db.Read(), e.ID, m); row.Status.came() {
			list[i].Already = &row
		}
	}
	return at, list, expires, err
}

// HereView is one thing to choose from.
type HereView struct {
	Ticket  string          `json:"ticket" doc:"As the scan's own"`
	Subject SubjectView     `json:"subject"`
	Already *AttendanceView `json:"already" doc:"The caller has checked in before; null otherwise"`
}

func (s *Service) subject(e event.Event) SubjectView {
	brief := e.Brief(s.clock.Now())
	return SubjectView{Kind: "event", ID: e.ID, Title: e.Title, Event: &brief}
}

// scanPlate answers a scan with the one thing that goes on at the site, or with a choice.
func (s *Service) scanPlate(ctx context.Context, code string) (*scanOutput, error) {
	at, list, expires, err := s.ScanPlate(ctx, web.ActorFrom(ctx), code)
	if err != nil {
		return nil, err
	}
	views := make([]HereView, len(list))
	for i, here := range list {
		views[i] = HereView{Ticket: here.Ticket, Subject: s.subject(here.Event)}
		if here.Visit != nil {
			views[i].Subject = s.visitSubject(at, *here.Visit)
		}
		if here.Already != nil {
			if views[i].Already, err = s.attendanceView(ctx, *here.Already); err != nil {
				return nil, err
			}
		}
	}
	var out scanOutput
	out.Body.ExpiresAt = expires
	if len(views) == 1 {
		out.Body.Ticket, out.Body.Subject, out.Body.Already, out.Body.Items = views[0].Ticket, views[0].Subject, views[0].Already, []HereView{}
		return &out, nil
	}
	out.Body.Subject, out.Body.Items = SubjectView{Kind: "choice", ID: at.ID, Title: at.Name}, views
	return &out, nil
}

package site

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// Visit is an organisation's stay at a site outside of events. Nobody is expected, and it counts as no meeting.
type Visit struct {
	ID        ident.ID
	Site      ident.ID
	Org       org.Org // whose members can come
	Note      string
	OpensAt   time.Time
	ClosesAt  time.Time
	EndedAt   time.Time // zero unless it was ended before ClosesAt
	Visitors  int
	CreatedBy ident.ID
}

// OpenAt reports whether the plate counts for the visit at an instant.
func (v Visit) OpenAt(at time.Time) bool {
	return v.EndedAt.IsZero() && !at.Before(v.OpensAt) && at.Before(v.ClosesAt)
}

// VisitPlan is what a visit is opened with.
type VisitPlan struct {
	Org      ident.ID
	Note     string
	OpensAt  time.Time
	ClosesAt time.Time
}

// Bounds of a visit: a day trip, planned within a season.
const (
	maxVisit      = 24 * time.Hour
	maxVisitAhead = 100 * 24 * time.Hour
)

var (
	errVisitGone   = fault.NotFound("not_found", "没有找到这次参观")
	errVisitEnded  = fault.Conflict("visit_ended", "这次参观已经结束")
	errVisitFuture = fault.Conflict("visit_not_open", "这次参观还没有开始")
	errVisitOrg    = errInput.WithField("orgId", "没有找到参观的组织，或您不能为它登记")
)

// check returns nil or invalid_input.
func (p VisitPlan) check(now time.Time) error {
	switch {
	case hasControl(p.Note):
		return errInput.WithField("note", "说明不能换行")
	case !p.ClosesAt.After(p.OpensAt):
		return errInput.WithField("closesAt", "结束时间要晚于开始时间")
	case p.ClosesAt.Sub(p.OpensAt) > maxVisit:
		return errInput.WithField("closesAt", "一次参观不能超过一天")
	case !p.ClosesAt.After(now):
		return errInput.WithField("closesAt", "结束时间已经过了")
	case p.OpensAt.Sub(now) > maxVisitAhead:
		return errInput.WithField("opensAt", "开始时间太远了，请检查日期")
	}
	return nil
}

// mayOpen: the keepers of the site for anybody's visit, and whoever runs the visiting organisation.
func mayOpen(actor authz.Actor, at Site, visiting org.Org) bool {
	return authz.Can(actor, authz.KeepSite, at.Object()).Allowed || actor.Runs(visiting.Path)
}

// OpenVisit lets an organisation's members be recorded as visitors by the plate. The same key of the same member
// answers with the first one. It returns site_closed or invalid_input, also for an organisation that is closed or that the
// actor may not speak for, and org_closed when that happens at the same time.
func (s *Service) OpenVisit(ctx context.Context, actor authz.Actor, id ident.ID, p VisitPlan, key string) (Visit, error) {
	p.Note = strings.TrimSpace(p.Note)
	now := s.clock.Now()
	var made ident.ID
	try := func(ctx context.Context, tx bun.Tx) error {
		at, err := s.For(ctx, tx, actor, authz.BeMember, id)
		if err != nil {
			return err
		}
		if made, err = s.visitByKey(ctx, tx, actor.MemberID, key); err != nil || made != 0 {
			return err
		}
		orgs, err := s.people.Orgs(ctx, tx, []ident.ID{p.Org})
		switch {
		case err != nil:
			return err
		case len(orgs) == 0 || !orgs[0].Open() || !mayOpen(actor, at, orgs[0]):
			return errVisitOrg
		case !at.Open():
			return errClosed
		}
		if err := p.check(now); err != nil {
			return err
		}
		if err := s.people.Receive(ctx, tx, p.Org); err != nil {
			return err
		}
		made, err = s.insertVisit(ctx, tx, id, p, actor.MemberID, key, now)
		return err
	}
	err := s.db.WithTx(ctx, try)
	if store.IsDuplicate(err) { // the same key, twice at once: the other one has made it
		err = s.db.WithTx(ctx, try)
	}
	if err != nil {
		return Visit{}, err
	}
	return s.LoadVisit(ctx, s.db.Write(), made)
}

// EndVisit ends a visit before its time. It returns not_found for those who could not have opened it, and visit_ended.
func (s *Service) EndVisit(ctx context.Context, actor authz.Actor, id ident.ID) (Visit, error) {
	now := s.clock.Now()
	v, _, err := s.visitFor(ctx, actor, id)
	if err != nil {
		return v, err
	}
	res, err := s.db.Write().NewRaw("UPDATE site_visits SET ended_at = ? WHERE id = ? AND ended_at = 0 AND closes_at > ?", clock.Millis(now), id, clock.Millis(now)).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		if err == nil {
			err = errVisitEnded
		}
		return v, err
	}
	return s.LoadVisit(ctx, s.db.Write(), id)
}

// visitFor returns the visit and its site to those who could have opened it; to others it is not there.
func (s *Service) visitFor(ctx context.Context, actor authz.Actor, id ident.ID) (Visit, Site, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Visit{}, Site{}, err
	}
	v, err := s.LoadVisit(ctx, s.db.Read(), id)
	if err != nil {
		return v, Site{}, err
	}
	at, err := s.Load(ctx, s.db.Read(), v.Site)
	if err == nil && !mayOpen(actor, at, v.Org) {
		err = errVisitGone
	}
	return v, at, err
}

// Visits returns the visits to the site that begin within the half-open time, the latest first, for its keepers.
func (s *Service) Visits(ctx context.Context, actor authz.Actor, id ident.ID, from, before time.Time) (Site, []Visit, error) {
	at, err := s.For(ctx, s.db.Read(), actor, authz.KeepSite, id)
	if err != nil {
		return at, nil, err
	}
	list, err := s.findVisits(ctx, s.db.Read(), "v.site_id = ? AND v.opens_at >= ? AND v.opens_at < ? ORDER BY v.opens_at DESC, v.id DESC LIMIT ?",
		id, clock.Millis(from), clock.Millis(before), maxVisits)
	return at, list, err
}

// VisitsOpen returns the visits to the site that are open at the instant to somebody of the organisation at path.
func (s *Service) VisitsOpen(ctx context.Context, db bun.IDB, id ident.ID, at time.Time, path string) ([]Visit, error) {
	return s.findVisits(ctx, db, "v.site_id = ? AND v.closes_at > ? AND v.opens_at <= ? AND v.ended_at = 0 AND o.id IN (?) ORDER BY v.opens_at, v.id LIMIT ?",
		id, clock.Millis(at), clock.Millis(at), bun.List(org.PathIDs(path)), maxVisits)
}

// Visitor is one member who was there.
type Visitor struct {
	Member   org.Member
	OrgID    ident.ID // the member's organisation at the time
	At       time.Time
	Position string // band of the distance
}

// Join records the member as a visitor, once; position gives the band of the distance from the site. It returns visit_ended or visit_not_open, and not_found when the member's
// organisation does not take part.
func (s *Service) Join(ctx context.Context, id ident.ID, m org.Member, at time.Time, position func(Site) string) (Visit, bool, error) {
	v, err := s.LoadVisit(ctx, s.db.Read(), id)
	switch {
	case err != nil:
		return v, false, err
	case !authz.Within(m.OrgPath, v.Org.Path):
		return v, false, errVisitGone
	case at.Before(v.OpensAt):
		return v, false, errVisitFuture
	case !v.OpenAt(at):
		return v, false, errVisitEnded
	}
	there, err := s.Load(ctx, s.db.Read(), v.Site)
	if err != nil {
		return v, false, err
	}
	res, err := s.db.Write().NewRaw("INSERT INTO site_visitors (visit_id, member_id, org_id, at, position) VALUES (?, ?, ?, ?, ?)"+
		s.db.IgnoreDuplicate("visit_id", "member_id"), id, m.ID, m.OrgID, clock.Millis(at), position(there)).Exec(ctx)
	made, err := store.Affected(res, err)
	if made {
		v.Visitors++
	}
	return v, made, err
}

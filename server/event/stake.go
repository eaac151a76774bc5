package event

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// errUnderWay: what has begun is counted with the organisations of its beginning, and has to be settled with them.
var errUnderWay = fault.Conflict("events_under_way", "还有已经开始、没有结束的活动，请先结束活动，再合并")

// Stake returns what organisations hold of events: drafts, and those that were announced and not closed. A merge gives
// them to the successor; it is refused with events_under_way while one of them has begun.
func (s *Service) Stake() org.Stake { return stake{s} }

type stake struct{ *Service }

// openOf returns the events in which the organisation takes part and that are not over.
func (s *Service) openOf(ctx context.Context, db bun.IDB, id ident.ID) ([]Event, error) {
	return s.find(ctx, db, "e.state IN (?) AND EXISTS (SELECT 1 FROM event_orgs eo WHERE eo.event_id = e.id AND eo.org_id = ?) ORDER BY e.id",
		bun.List([]State{Draft, Published}), id)
}

// Open implements org.Stake.
func (h stake) Open(ctx context.Context, db bun.IDB, id ident.ID) (int, string, error) {
	events, err := h.openOf(ctx, db, id)
	return len(events), "场未结束的活动", err
}

// HandOver implements org.Stake.
func (h stake) HandOver(ctx context.Context, tx bun.IDB, from, to org.Org, by ident.ID, at time.Time) (int, error) {
	events, err := h.openOf(ctx, tx, from.ID)
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		if e.State == Published && !at.Before(e.StartsAt) {
			return 0, errUnderWay.WithMessage("“%s”已经开始，还没有结束，请先结束活动，再合并", e.Title)
		}
		if err := h.replace(ctx, tx, e, from, to, by, at); err != nil {
			return 0, err
		}
	}
	return len(events), nil
}

// replace lets the successor take part in the event instead.
func (h stake) replace(ctx context.Context, tx bun.IDB, e Event, from, to org.Org, by ident.ID, at time.Time) error {
	d := successors(e, from, to)
	res, err := tx.NewRaw("UPDATE events SET host_org_id = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND state = ? AND revision = ?",
		d.Host, clock.Millis(at), e.ID, e.State, e.Revision).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		if err == nil {
			err = errChanged
		}
		return err
	}
	if err := h.setOrgs(ctx, tx, e.ID, d); err != nil {
		return err
	}
	_, err = h.noted(ctx, tx, e.ID, StepEdited, authz.Actor{MemberID: by}, "", from.Name+"并入"+to.Name, at, e)
	return err
}

// successors returns who takes part when one organisation stands in for another: nobody twice, and no guest that belongs to
// the host anyway.
func successors(e Event, from, to org.Org) Draftable {
	host, guests := e.Host, slices.Clone(e.Guests)
	if host.ID == from.ID {
		host = to
	} else {
		guests = append(guests, to)
	}
	d := Draftable{Host: host.ID}
	for _, g := range guests {
		if g.ID != from.ID && !authz.Within(g.Path, host.Path) && !slices.Contains(d.Guests, g.ID) {
			d.Guests = append(d.Guests, g.ID)
		}
	}
	return d
}

package event

import (
	"cmp"
	"context"
	"slices"
	"time"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
)

// views shows events to the actor, with two queries about attendance for all of them together.
func (s *Service) views(ctx context.Context, actor authz.Actor, events []Event) ([]EventView, error) {
	now := s.clock.Now()
	ids := make([]ident.ID, len(events))
	var counted []Event
	for i, e := range events {
		ids[i] = e.ID
		if len(actor.Scope(e.Object())) > 0 {
			counted = append(counted, e)
		}
	}
	counts, err := s.attendance.CountsOf(ctx, counted)
	if err != nil {
		return nil, err
	}
	marks, err := s.attendance.MarksOf(ctx, actor.MemberID, ids)
	if err != nil {
		return nil, err
	}
	expects, err := s.attendance.Expects(ctx, actor.MemberID, events)
	if err != nil {
		return nil, err
	}
	views := make([]EventView, len(events))
	for i, e := range events {
		views[i] = e.view(now)
		views[i].Can = e.can(actor, now)
		if c, ok := counts[e.ID]; ok {
			views[i].Counts = &c
		}
		if mark, marked := marks[e.ID]; marked {
			views[i].Mine = &MineView{Expected: expects[e.ID], Attendance: &mark}
		} else if e.concerns(actor) {
			views[i].Mine = &MineView{Expected: expects[e.ID]}
		}
	}
	return views, nil
}

// concerns reports whether the actor belongs to an organisation that takes part.
func (e Event) concerns(actor authz.Actor) bool {
	return slices.ContainsFunc(e.Paths(), func(path string) bool { return authz.Within(actor.OrgPath, path) })
}

func (e Event) view(now time.Time) EventView {
	v := EventView{
		ID: e.ID, Kind: e.Kind, Title: e.Title, Summary: e.Summary, State: e.State, Phase: e.PhaseAt(now),
		Host: e.Host.Ref(), HostOrgID: e.Host.ID, Guests: []org.OrgRef{}, GuestOrgIDs: []ident.ID{},
		StartsAt: e.StartsAt, EndsAt: e.EndsAt,
		Place:   PlaceView{e.Place.Name, e.Place.Address, e.Place.Position, cmp.Or(e.Place.Radius, DefaultRadius)},
		SiteID:  e.SiteID,
		Checkin: e.Window, Reminders: e.Reminders, CancelReason: e.CancelReason, CreatedAt: e.CreatedAt, Revision: e.Revision,
		PublishedAt: unlessZero(e.PublishedAt), ClosedAt: unlessZero(e.ClosedAt),
	}
	for _, guest := range e.Guests {
		v.Guests = append(v.Guests, guest.Ref())
		v.GuestOrgIDs = append(v.GuestOrgIDs, guest.ID)
	}
	return v
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (e Event) can(actor authz.Actor, now time.Time) CanView {
	runs := authz.Can(actor, authz.RunEvent, e.Object()).Allowed
	may := func(step Step) bool { return runs && e.mayStep(step, now) == nil }
	return CanView{
		Edit: may(StepEdited), Publish: may(StepPublished), Cancel: may(StepCancelled), Close: may(StepClosed), Reopen: may(StepReopened),
		Code:       runs && e.State == Published,
		Attendance: e.State != Draft && authz.Can(actor, authz.SeePeople, e.Object()).Allowed,
	}
}

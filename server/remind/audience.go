package remind

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// about returns the event that a reminder is about. For one about an organisation's month that is an event of which
// nothing is known but the host.
func (s *Service) about(ctx context.Context, db bun.IDB, r reminderRow) (event.Event, error) {
	if r.OrgID == 0 {
		return s.Events.Load(ctx, db, r.EventID)
	}
	orgs, err := s.People.Orgs(ctx, db, []ident.ID{r.OrgID})
	if err == nil && len(orgs) == 0 {
		err = fmt.Errorf("reminder %s: its organisation is gone", r.ID)
	}
	if err != nil {
		return event.Event{}, err
	}
	return event.Event{Host: orgs[0]}, nil
}

// audienceOf returns to whom the reminder goes now.
func (s *Service) audienceOf(ctx context.Context, db bun.IDB, r reminderRow, e event.Event) ([]org.Member, error) {
	to := traits[r.Kind].to
	switch to {
	case toExpected:
		return s.Roster.Expected(ctx, db, e)
	case toRecipient:
		found, err := s.People.MembersByID(ctx, db, []ident.ID{r.RecipientID})
		if m, ok := found[r.RecipientID]; ok {
			return []org.Member{m}, err
		}
		return nil, err
	case toRunners:
		return s.People.HoldersOf(ctx, db, e.Host.ID, authz.Secretary, authz.Organiser)
	case toRung:
		return s.onRung(ctx, db, r, e.Host)
	case toAwaited, toAccounted:
	}
	list, err := s.Roster.StandingOf(ctx, db, e)
	var members []org.Member
	for _, a := range list {
		if to.belongs(a) {
			members = append(members, a.Member)
		}
	}
	return members, err
}

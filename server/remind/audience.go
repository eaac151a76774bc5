package remind

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
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

const (
	whyRevoked  = "这条提醒已经撤回，不再发送"
	whyNotMeant = "已不用提醒（不在名单，或已有安排），不再发送"
)

// meantFor is how long what was found at the expansion is believed of who is meant.
const meantFor = 5 * time.Minute

// stillMeant reports whether the reminder means the member of the delivery. That is asked again when the delivery has been
// held up: in the hours of a night or of an outage people leave, are excused, or have done what they were to be asked for.
func (s *Service) stillMeant(ctx context.Context, d deliveryRow, reminder ident.ID, now time.Time) (bool, error) {
	if d.Attempt == 0 && now.Sub(clock.FromMillis(d.CreatedAt)) < meantFor {
		return true, nil
	}
	members, _, err := s.audiences.get(ctx, reminder)
	return members[d.MemberID], err
}

// readAudiences returns whom each of the reminders means now.
func (s *Service) readAudiences(ctx context.Context, reminders []ident.ID) (map[ident.ID]map[ident.ID]bool, error) {
	occasions, err := s.readOccasions(ctx, reminders)
	all := make(map[ident.ID]map[ident.ID]bool, len(occasions))
	for id, o := range occasions {
		members, err := s.audienceOf(ctx, s.DB.Read(), o.reminder, o.event)
		if err != nil {
			return nil, err
		}
		all[id] = map[ident.ID]bool{}
		for _, m := range members {
			all[id][m.ID] = true
		}
	}
	return all, err
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

package remind

import (
	"cmp"
	"context"
	"errors"

	"github.com/uptrace/bun"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
	"themeday/server/store"
)

// gather reads what many ask for at the same time with one query for all of them. Whoever asks gets what is there then:
// no read serves somebody who asked after it had begun.
type gather[K comparable, V any] struct {
	coach store.Coach[*question[K, V]]
	read  func(ctx context.Context, keys []K) (map[K]V, error)
}

type question[K comparable, V any] struct {
	key    K
	answer V
	found  bool
	err    error
}

func (g *gather[K, V]) get(ctx context.Context, key K) (V, bool, error) {
	q := &question[K, V]{key: key, err: errUnread}
	g.coach.Ride(q, func(all []*question[K, V]) { g.answer(context.WithoutCancel(ctx), all) }) // for the others as well
	return q.answer, q.found, q.err
}

// answer reads for all. When that fails each is read by itself: what cannot be read fails alone.
func (g *gather[K, V]) answer(ctx context.Context, all []*question[K, V]) {
	keys := make([]K, len(all))
	for i, q := range all {
		keys[i] = q.key
	}
	answers, err := g.read(ctx, keys)
	for _, q := range all {
		if err != nil && len(all) > 1 {
			g.answer(ctx, []*question[K, V]{q})
			continue
		}
		q.answer, q.found = answers[q.key]
		q.err = err
	}
}

// errUnread is what a question has until it is answered.
var errUnread = errors.New("remind: not read")

// occasion is what the deliveries of one reminder have in common.
type occasion struct {
	reminder reminderRow
	told     facts
	event    event.Event
}

// readOccasions reads the reminders with their events. One whose event cannot be had is left out.
func (s *Service) readOccasions(ctx context.Context, ids []ident.ID) (map[ident.ID]occasion, error) {
	var rows []reminderRow
	db := s.DB.Read()
	if err := db.NewRaw("SELECT * FROM reminders WHERE id IN (?)", bun.List(ids)).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	occasions, events := map[ident.ID]occasion{}, map[ident.ID]event.Event{}
	for _, r := range rows {
		o := occasion{reminder: r}
		var err error
		if o.told, err = r.told(); err != nil {
			return nil, jobs.GiveUp(err)
		}
		subject := cmp.Or(r.EventID, r.OrgID)
		e, read := events[subject]
		if !read {
			if e, err = s.about(ctx, db, r); err != nil {
				return nil, err
			}
			events[subject] = e
		}
		o.event = e
		occasions[r.ID] = o
	}
	return occasions, nil
}

// readDeliveries reads the deliveries, which mostly are of few reminders.
func (s *Service) readDeliveries(ctx context.Context, keys []sendPayload) (map[sendPayload]deliveryRow, error) {
	members := map[ident.ID][]ident.ID{}
	for _, k := range keys {
		members[k.Reminder] = append(members[k.Reminder], k.Member)
	}
	found := map[sendPayload]deliveryRow{}
	for reminder, list := range members {
		var rows []deliveryRow
		err := s.DB.Read().NewRaw("SELECT * FROM deliveries WHERE reminder_id = ? AND member_id IN (?)", reminder, bun.List(list)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[sendPayload{r.ReminderID, r.MemberID}] = r
		}
	}
	return found, nil
}

// addressee asks who stands for a member, and how many messages of the template they allow.
type addressee struct {
	member   ident.ID
	template string
}

// reach is the answer.
type reach struct {
	user org.User
	left int
}

func (s *Service) readReaches(ctx context.Context, keys []addressee) (map[addressee]reach, error) {
	members := map[string][]org.Member{}
	for _, k := range keys {
		members[k.template] = append(members[k.template], org.Member{ID: k.member})
	}
	found := map[addressee]reach{}
	for template, list := range members {
		users, allowed, err := s.reachOf(ctx, s.DB.Read(), list, template)
		if err != nil {
			return nil, err
		}
		for member, user := range users {
			found[addressee{member, template}] = reach{user, allowed[user.ID]}
		}
	}
	return found, nil
}

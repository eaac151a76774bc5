package remind

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// A delivery that meets no trouble writes twice: before its call, and after it. Those that do so at the same moment are
// written with one transaction for all of them, which costs the database hardly more than one. Nobody waits for company.
// When it turns out that one of them is not as it was read, each is written by itself, the general way.

// beginning is a delivery whose call is about to be made.
type beginning struct {
	outing

	begun bool
	err   error
}

// arrival is a delivery that WeChat has accepted.
type arrival struct {
	outing

	msgID   string
	changed bool
	err     error
}

var (
	// errUnwritten is what a delivery has until it is written.
	errUnwritten = errors.New("remind: not written")
	// errUneven says that a statement for many did not find all of them.
	errUneven = errors.New("remind: not all are as they were read")
)

// steady reports whether the call goes where the row says already, and nothing is in doubt.
func (o *outing) steady() bool {
	return o.Doubt == noDoubt && o.to.channel == o.Channel && o.to.template.ID == o.TemplateID && o.to.user.ID == o.UserID
}

// beginSteadily is begin for a steady delivery, together with others.
func (s *Service) beginSteadily(ctx context.Context, o outing) (bool, error) {
	b := &beginning{outing: o, err: errUnwritten}
	s.beginnings.Ride(b, func(all []*beginning) { s.beginAll(context.WithoutCancel(ctx), all) })
	return b.begun, b.err
}

func (s *Service) beginAll(ctx context.Context, all []*beginning) {
	err := s.inOne(ctx, len(all), func(ctx context.Context, tx bun.Tx) error { return s.beginTogether(ctx, tx, all) })
	for _, b := range all {
		if err == nil || store.IsUnavailable(err) {
			b.begun, b.err = err == nil, err
			continue
		}
		b.err = s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
			b.begun, err = s.begin(ctx, tx, b.outing, b.Doubt)
			return err
		})
	}
}

// inOne writes for n deliveries in one transaction. For a single one that is not worth it: errUneven.
func (s *Service) inOne(ctx context.Context, n int, write func(ctx context.Context, tx bun.Tx) error) error {
	if n < 2 {
		return errUneven
	}
	return s.DB.WithTx(ctx, write)
}

// beginTogether is begin for deliveries of which only the state, the attempt and the instants change.
func (s *Service) beginTogether(ctx context.Context, tx bun.IDB, all []*beginning) error {
	now := clock.Millis(s.Clock.Now())
	outings := make([]*outing, len(all))
	for i, b := range all {
		outings[i] = &b.outing
	}
	which, keys := keysOf(outings)
	args := append([]any{Sending, now, now, Pending}, keys...)
	n, err := store.Changed(tx.NewRaw("UPDATE deliveries SET state = ?, attempt = attempt + 1, since = ?, updated_at = ? WHERE state = ? AND ("+which+")", args...).Exec(ctx))
	return even(n, err, len(all))
}

// arriveOne is settle for a message that was accepted at the first asking, together with others.
func (s *Service) arriveOne(ctx context.Context, o outing, msgID string) error {
	a := &arrival{outing: o, msgID: msgID, err: errUnwritten}
	s.arrivals.Ride(a, func(all []*arrival) { s.arriveAll(context.WithoutCancel(ctx), all) })
	if a.err == nil && a.changed {
		s.count(verdict{state: Sent})
	}
	return a.err
}

func (s *Service) arriveAll(ctx context.Context, all []*arrival) {
	err := s.inOne(ctx, len(all), func(ctx context.Context, tx bun.Tx) error { return s.arrive(ctx, tx, all) })
	for _, a := range all {
		if err == nil || store.IsUnavailable(err) {
			a.changed, a.err = err == nil, err
			continue
		}
		a.err = s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
			now := s.Clock.Now()
			if a.changed, err = s.record(ctx, tx, a.outing, Sending, verdict{state: Sent}, a.msgID, now); err != nil || !a.changed {
				return err
			}
			return s.spend(ctx, tx, a.UserID, a.TemplateID, now)
		})
	}
}

// arrive records that the messages were sent and that each has used what its person allowed.
func (s *Service) arrive(ctx context.Context, tx bun.IDB, all []*arrival) error {
	now := clock.Millis(s.Clock.Now())
	ids, args := "CASE ", []any{Sent}
	outings := make([]*outing, len(all))
	for i, a := range all {
		outings[i] = &a.outing
		ids += "WHEN reminder_id = ? AND member_id = ? THEN ? "
		args = append(args, a.ReminderID, a.MemberID, a.msgID)
	}
	which, keys := keysOf(outings)
	args = append(append(args, now, Sending), keys...)
	n, err := store.Changed(tx.NewRaw("UPDATE deliveries SET state = ?, code = 0, reason = '', doubt = 0, msg_id = "+ids+"ELSE msg_id END, updated_at = ? WHERE state = ? AND ("+which+")", args...).Exec(ctx))
	if err := even(n, err, len(all)); err != nil {
		return err
	}
	return s.spendAll(ctx, tx, all, now)
}

// spendAll is spend for many.
func (s *Service) spendAll(ctx context.Context, tx bun.IDB, all []*arrival, now int64) error {
	users := map[string][]ident.ID{} // by template, of those that are used up by a message
	entries := make([]entryRow, len(all))
	for i, a := range all {
		entries[i] = entryRow{ID: s.IDs.New(), UserID: a.UserID, TemplateID: a.TemplateID, Cause: causeSent, Source: sourceSend, At: now}
		if a.template.Type == OneTime {
			users[a.TemplateID], entries[i].Delta = append(users[a.TemplateID], a.UserID), -1
		}
	}
	for template, list := range users {
		slices.Sort(list) // in one order everywhere, so that two servers do not wait for each other
		n, err := store.Changed(tx.NewRaw("UPDATE grants SET remaining = remaining - 1, revision = revision + 1, updated_at = ? WHERE template_id = ? AND user_id IN (?) AND remaining > 0",
			now, template, bun.List(list)).Exec(ctx))
		if err := even(n, err, len(list)); err != nil {
			return err
		}
	}
	_, err := tx.NewInsert().Model(&entries).Exec(ctx)
	return err
}

// even returns errUneven unless as many rows were changed as were to be.
func even(changed int64, err error, want int) error {
	if err == nil && changed != int64(want) {
		return errUneven
	}
	return err
}

// keysOf returns a condition that finds the deliveries as they were read, and its arguments. Most are of few reminders.
func keysOf(all []*outing) (where string, args []any) {
	type lot struct {
		reminder ident.ID
		attempt  int
	}
	members := map[lot][]ident.ID{}
	for _, o := range all {
		key := lot{o.ReminderID, o.Attempt}
		members[key] = append(members[key], o.MemberID)
	}
	var parts []string
	for key, list := range members {
		parts = append(parts, "reminder_id = ? AND attempt = ? AND member_id IN (?)")
		args = append(args, key.reminder, key.attempt, bun.List(list))
	}
	return strings.Join(parts, " OR "), args
}

package checkin

import (
	"context"
	"math"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
)

// Entry is one line of a member's own record.
type Entry struct {
	Event event.Event
	Mark  event.Mark
}

// latest is the cursor before all events, which come latest first.
var latest = event.Cursor{StartsAt: math.MaxInt64}

// Record returns a page of the actor's own record of a year in Beijing, latest first, the counts of the whole year and
// the cursor of the next page, "" at the end.
func (s *Service) Record(ctx context.Context, actor authz.Actor, year int, after string, limit int) ([]Entry, event.Counts, string, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, event.Counts{}, "", err
	}
	cursor := latest
	if after != "" {
		var err error
		if cursor, err = event.ParseCursor(after); err != nil {
			return nil, event.Counts{}, "", err
		}
	}
	from, before := time.Date(year, 1, 1, 0, 0, 0, 0, clock.Beijing), time.Date(year+1, 1, 1, 0, 0, 0, 0, clock.Beijing)
	ids, err := s.recordAfter(ctx, actor.MemberID, from, before, cursor, limit+1)
	if err != nil {
		return nil, event.Counts{}, "", err
	}
	counts, err := s.recordCounts(ctx, actor.MemberID, from, before)
	if err != nil {
		return nil, event.Counts{}, "", err
	}
	more := len(ids) > limit
	entries, err := s.entries(ctx, actor.MemberID, ids[:min(limit, len(ids))])
	if err != nil || !more {
		return entries, counts, "", err
	}
	return entries, counts, entries[len(entries)-1].Event.Cursor().String(), nil
}

func (s *Service) entries(ctx context.Context, member ident.ID, ids []ident.ID) ([]Entry, error) {
	events, err := s.events.LoadMany(ctx, s.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	marks, err := s.MarksOf(ctx, member, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[ident.ID]event.Event, len(events))
	for _, e := range events {
		byID[e.ID] = e
	}
	entries := make([]Entry, len(ids))
	for i, id := range ids {
		entries[i] = Entry{byID[id], marks[id]}
	}
	return entries, nil
}

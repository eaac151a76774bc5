package checkin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/web"
)

// Entry is one line of a member's own record.
type Entry struct {
	Event event.Event
	Mark  event.Mark
}

// recordCursor is where a page of a record ends: events come latest first.
type recordCursor struct {
	startsAt int64
	id       ident.ID
}

func (c recordCursor) String() string { return strconv.FormatInt(c.startsAt, 10) + "." + c.id.String() }

func parseRecordCursor(text string) (recordCursor, error) {
	if text == "" {
		return recordCursor{startsAt: 1 << 62}, nil
	}
	at, id, _ := strings.Cut(text, ".")
	starts, err := strconv.ParseInt(at, 10, 64)
	last, err2 := ident.Parse(id)
	if err != nil || err2 != nil {
		return recordCursor{}, web.ErrCursor
	}
	return recordCursor{starts, last}, nil
}

// Record returns a page of the actor's own record of a year in Beijing, latest first, the counts of the whole year and
// the cursor of the next page, "" at the end.
func (s *Service) Record(ctx context.Context, actor authz.Actor, year int, after string, limit int) ([]Entry, event.Counts, string, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, event.Counts{}, "", err
	}
	cursor, err := parseRecordCursor(after)
	if err != nil {
		return nil, event.Counts{}, "", err
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
	last := entries[len(entries)-1].Event
	return entries, counts, recordCursor{clock.Millis(last.StartsAt), last.ID}.String(), nil
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

package event

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// Query says which events to list.
type Query struct {
	When  string   // upcoming, past or all
	Scope string   // visible, mine or run
	Kind  Kind     // "" is any
	Site  ident.ID // 0 is any
	After string   // cursor of the page before
	Limit int
}

// List returns a page of the events that the actor may see, and the cursor of the next page, "" at the end. Upcoming
// ones come soonest first, all others latest first.
func (s *Service) List(ctx context.Context, actor authz.Actor, q Query) ([]Event, string, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, "", err
	}
	w := &where{}
	w.scope(actor, q.Scope)
	w.when(q.When, q.Scope, s.clock.Now())
	if q.Kind != "" {
		w.and("e.kind = ?", q.Kind)
	}
	if q.Site != 0 {
		w.and("e.site_id = ?", q.Site)
	}
	ascending := q.When == "upcoming"
	if err := w.after(q.After, ascending); err != nil {
		return nil, "", err
	}
	order := " ORDER BY e.starts_at DESC, e.id DESC LIMIT ?"
	if ascending {
		order = " ORDER BY e.starts_at, e.id LIMIT ?"
	}
	events, err := s.find(ctx, s.db.Read(), strings.Join(w.parts, " AND ")+order, append(w.args, q.Limit+1)...)
	events, next := web.Cut(events, q.Limit, func(e Event) string { return e.Cursor().String() })
	return events, next, err
}

// Cursor is the place of an event in a list by its beginning.
type Cursor struct {
	StartsAt int64 // unix milliseconds
	ID       ident.ID
}

// Cursor returns the place of the event.
func (e Event) Cursor() Cursor { return Cursor{clock.Millis(e.StartsAt), e.ID} }

// String returns the cursor as a list gives it; ParseCursor reads it.
func (c Cursor) String() string { return strconv.FormatInt(c.StartsAt, 10) + "." + c.ID.String() }

// ParseCursor reads what String wrote. It returns bad_cursor.
func ParseCursor(text string) (c Cursor, err error) {
	at, id, _ := strings.Cut(text, ".")
	c.StartsAt, err = strconv.ParseInt(at, 10, 64)
	var err2 error
	if c.ID, err2 = ident.Parse(id); err != nil || err2 != nil {
		return Cursor{}, web.ErrCursor
	}
	return c, nil
}

// where collects conditions and their arguments.
type where struct {
	parts []string
	args  []any
}

func (w *where) and(condition string, args ...any) {
	w.parts = append(w.parts, condition)
	w.args = append(w.args, args...)
}

const takesPart = "EXISTS (SELECT 1 FROM event_orgs eo JOIN orgs o ON o.id = eo.org_id WHERE eo.event_id = e.id AND "

// scope is authz.Can(SeeEvent), or the part of it that was asked for, as a condition of the query.
func (w *where) scope(actor authz.Actor, scope string) {
	concerned, runs := &where{}, &where{}
	concerned.and("o.id IN (?)", bun.List(org.PathIDs(actor.OrgPath)))
	for _, g := range actor.Grants {
		if !actor.Runs(g.OrgPath) {
			continue
		}
		from, before := org.Subtree(g.OrgPath)
		runs.and("(o.path >= ? AND o.path < ?)", from, before)
		if scope == "visible" {
			concerned.and("o.id IN (?)", bun.List(org.PathIDs(g.OrgPath)))
		}
	}
	if scope == "run" {
		w.and(takesPart+"eo.part = ? AND "+runs.either()+")", append([]any{partHost}, runs.args...)...)
		return
	}
	if scope == "visible" {
		concerned.and(runs.either(), runs.args...)
	}
	w.and(takesPart+concerned.either()+")", concerned.args...)
	w.and("e.published_at > 0")
}

// either joins the conditions with OR; without any nothing matches.
func (w *where) either() string {
	if len(w.parts) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(w.parts, " OR ") + ")"
}

func (w *where) when(when, scope string, now time.Time) {
	switch when {
	case "upcoming":
		w.and("e.ends_at >= ?", clock.Millis(now))
		if scope == "run" {
			w.and("e.state IN (?)", bun.List([]State{Published, Draft}))
		} else {
			w.and("e.state = ?", Published)
		}
	case "past":
		w.and("(e.ends_at < ? OR e.state IN (?))", clock.Millis(now), bun.List([]State{Closed, Cancelled}))
	}
}

func (w *where) after(text string, ascending bool) error {
	if text == "" {
		return nil
	}
	last, err := ParseCursor(text)
	if err != nil {
		return err
	}
	compare := "<"
	if ascending {
		compare = ">"
	}
	w.and("(e.starts_at "+compare+" ? OR (e.starts_at = ? AND e.id "+compare+" ?))", last.StartsAt, last.StartsAt, last.ID)
	return nil
}

// ThemeDays returns the organisations that take part in a theme day, announced or held, which starts from one instant on and
// before the other.
func (s *Service) ThemeDays(ctx context.Context, db bun.IDB, from, before time.Time) ([]ident.ID, error) {
	var ids []ident.ID
	err := db.NewRaw(`
SELECT DISTINCT eo.org_id FROM events e JOIN event_orgs eo ON eo.event_id = e.id
WHERE e.starts_at >= ? AND e.starts_at < ? AND e.kind = ? AND e.state IN (?)`,
		clock.Millis(from), clock.Millis(before), ThemeDay, bun.List([]State{Published, Closed})).Scan(ctx, &ids)
	return ids, err
}

// Overlapping returns those of the events in which an organisation takes part that is, or is above or below, one of the
// event's own: they may be for the same people.
func (s *Service) Overlapping(ctx context.Context, db bun.IDB, e Event, among []ident.ID) ([]Event, error) {
	events, err := s.LoadMany(ctx, db, among)
	return slices.DeleteFunc(events, func(other Event) bool { return !e.overlaps(other) }), err
}

func (e Event) overlaps(other Event) bool {
	return slices.ContainsFunc(e.Paths(), func(a string) bool {
		return slices.ContainsFunc(other.Paths(), func(b string) bool { return authz.Within(a, b) || authz.Within(b, a) })
	})
}

package checkin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

var errNotOnList = fault.NotFound("not_found", "名单里没有这个人")

// List returns a page of the event's attendance, of the people the actor may see, by member id; status "" is any. It
// also returns the counts of the whole event and the cursor of the next page, 0 at the end.
func (s *Service) List(ctx context.Context, actor authz.Actor, id ident.ID, status Status, after ident.ID, limit int) ([]Attendance, event.Counts, ident.ID, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err != nil {
		return nil, event.Counts{}, 0, err
	}
	all, err := s.list(ctx, s.db.Read(), e)
	if err != nil {
		return nil, event.Counts{}, 0, err
	}
	scope := actor.Scope(e.Object())
	var page []Attendance
	for _, a := range all {
		if a.Member.ID > after && (status == "" || a.Status == status) && inScope(a.Member, scope) {
			page = append(page, a)
		}
	}
	page, next := web.Cut(page, limit, func(a Attendance) ident.ID { return a.Member.ID })
	return page, tally(all), next, nil
}

func inScope(m org.Member, scope []string) bool {
	return slices.ContainsFunc(scope, func(path string) bool { return authz.Within(m.OrgPath, path) })
}

// Mark sets what the roll says of a member: the secretary's way into the same record, and the way to correct it. The
// same mark again changes nothing. It returns reason_required after the close and over a member's own check-in,
// event_not_open_yet for a presence before the window, event_not_published, event_cancelled, event_closed, or not_found
// for somebody who is not on the list.
func (s *Service) Mark(ctx context.Context, actor authz.Actor, id, member ident.ID, status Status, reason string) (Attendance, error) {
	now, reason := s.clock.Now(), strings.TrimSpace(reason)
	var marked Attendance
	var changed bool
	err := s.again(func() error {
		return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			e, there, err := s.onList(ctx, tx, actor, id, member)
			if err != nil {
				return err
			}
			if marked, changed = there, false; saysSo(there, status, reason) {
				return nil
			}
			if err := mayMark(e, there, status, reason, now); err != nil {
				return err
			}
			marked, err = s.mark(ctx, tx, there, status, reason, actor.MemberID, now)
			changed = true
			if err != nil {
				return err
			}
			return noteCorrection(ctx, tx, e, there, status, now)
		})
	})
	if err == nil && changed {
		s.announce(ctx, id)
	}
	return marked, err
}

// noteCorrection puts on record that somebody else's attendance now says status, if that writes over something.
func noteCorrection(ctx context.Context, tx bun.IDB, e event.Event, there Attendance, status Status, now time.Time) error {
	if !corrects(e, there) {
		return nil
	}
	return audit.Note(ctx, tx, audit.Entry{
		At: now, Action: audit.AttendanceCorrected, Subject: audit.On(audit.Member, there.Member.ID), Org: there.Member.OrgPath,
		Detail: map[string]any{"event": e.ID, "title": e.Title, "from": there.Status, "to": status},
	})
}

// onList returns the event and what is recorded of a member whom the actor may mark: somebody of the roster as of the
// meeting, somebody who is there now, or somebody who has a row.
func (s *Service) onList(ctx context.Context, tx bun.IDB, actor authz.Actor, id, member ident.ID) (event.Event, Attendance, error) {
	e, err := s.events.For(ctx, tx, actor, authz.SeePeople, id)
	if err != nil {
		return e, Attendance{}, err
	}
	there, err := s.entry(ctx, tx, e, member)
	if err == nil && !inScope(there.Member, actor.Scope(e.Object())) {
		err = errNotOnList
	}
	return e, there, err
}

// entry is one member's line of the event's list; Revision is 0 when nothing is recorded.
func (s *Service) entry(ctx context.Context, tx bun.IDB, e event.Event, member ident.ID) (Attendance, error) {
	then, here, err := s.people.MemberAsOf(ctx, tx, member, e.Paths(), asOf(e, s.clock.Now()))
	if err != nil {
		return Attendance{}, err
	}
	there, err := s.find(ctx, tx, e.ID, then)
	if err != nil {
		return there, err
	}
	if there.Revision == 0 && !here {
		there.Member, err = s.people.MemberByID(ctx, tx, member)
		return there, err
	}
	if there.Revision == 0 || e.State != event.Closed {
		x, err := s.expectationOf(ctx, tx, e, then)
		if err != nil {
			return there, err
		}
		there.Expected = here && x == Expected
	}
	list := []Attendance{there}
	err = s.placed(ctx, tx, e, list)
	return list[0], err
}

func (s *Service) mark(ctx context.Context, tx bun.IDB, there Attendance, status Status, reason string, by ident.ID, now time.Time) (Attendance, error) {
	to := there
	to.Status, to.Source, to.RecordedBy, to.Reason = status, Roll, by, reason
	to.OpID = operation(there.Member.ID, "roll"+now.String())
	if !there.Status.came() || !status.came() {
		to.At = now
	}
	return s.put(ctx, tx, there, to, by, now)
}

// put makes the row, or writes over the one that was read, and returns what it has become. It returns
// attendance_changed when somebody else was faster.
func (s *Service) put(ctx context.Context, tx bun.IDB, there, to Attendance, by ident.ID, now time.Time) (Attendance, error) {
	if there.Revision > 0 {
		return s.change(ctx, tx, there, to, by)
	}
	to.Revision = 1
	made, err := s.insert(ctx, tx, to, now)
	if err == nil && !made {
		err = errRowChanged
	}
	return to, err
}

// Changes returns the history of one row, for those who may mark it and for the member. A row that was never written
// over has one entry: how it came to be.
func (s *Service) Changes(ctx context.Context, actor authz.Actor, id, member ident.ID) ([]Change, error) {
	there, err := s.history(ctx, actor, id, member)
	if err != nil {
		return nil, err
	}
	list, err := s.changes(ctx, id, member)
	if err == nil && len(list) == 0 && there.Revision > 0 {
		list = []Change{{there.Revision, Pending, there.Status, there.Source, there.RecordedBy, there.At, there.Reason}}
	}
	return list, err
}

// history returns the row whose history the actor may see.
func (s *Service) history(ctx context.Context, actor authz.Actor, id, member ident.ID) (Attendance, error) {
	if actor.MemberID == 0 || actor.MemberID != member {
		_, there, err := s.onList(ctx, s.db.Read(), actor, id, member)
		return there, err
	}
	_, there, err := s.ownRow(ctx, s.db.Read(), actor, id)
	return there, err
}

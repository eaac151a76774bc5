package checkin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
)

// undoLife is how long an act of the roll on several people can be undone: a slip of the thumb shows at once.
const undoLife = 10 * time.Minute

var (
	errNoBatch   = fault.NotFound("not_found", "没有找到这次批量登记")
	errUndoLate  = fault.Conflict("undo_too_late", "超过十分钟，不能一键撤销了，请逐个更正")
	errUndoEvent = fault.Conflict("event_cancelled", "活动已取消，不用再撤销")
)

// Batch is one act of the roll on several people.
type Batch struct {
	ID        ident.ID
	UndoUntil time.Time
	Changed   []Attendance // by member id
	Same      []Attendance // said so before, or was left alone by an undo
}

// MarkMany sets what the roll says of several people, all or none. The same key gives the same batch. It returns what
// Mark returns, naming the people it is about.
func (s *Service) MarkMany(ctx context.Context, actor authz.Actor, id ident.ID, members []ident.ID, status Status, reason, key string) (Batch, error) {
	now, reason := s.clock.Now(), strings.TrimSpace(reason)
	var b Batch
	try := func(ctx context.Context, tx bun.Tx) error {
		e, all, err := s.allOnList(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if earlier, err := s.batchByKey(ctx, tx, actor.MemberID, key); err != nil || earlier.ID != 0 {
			b, err = s.batchAgain(ctx, tx, earlier, all, err)
			return err
		}
		wanted, err := chosen(all, members, actor.Scope(e.Object()))
		if err != nil {
			return err
		}
		if err := mayMarkAll(e, wanted, status, reason, now); err != nil {
			return err
		}
		b = Batch{ID: s.ids.New(), UndoUntil: now.Add(undoLife)}
		if err := s.insertBatch(ctx, tx, b.ID, id, actor.MemberID, key, now); err != nil {
			return err
		}
		return s.markAll(ctx, tx, &b, e, wanted, status, reason, actor.MemberID, now)
	}
	err := s.again(func() error { return s.db.WithTx(ctx, try) })
	if store.IsDuplicate(err) { // the same key, twice at once: the other one has done it
		err = s.db.WithTx(ctx, try)
	}
	if err == nil && len(b.Changed) > 0 {
		s.announce(ctx, id)
	}
	return b, err
}

// allOnList returns the event and everybody on its list, by member.
func (s *Service) allOnList(ctx context.Context, tx bun.IDB, actor authz.Actor, id ident.ID) (event.Event, map[ident.ID]Attendance, error) {
	e, err := s.events.For(ctx, tx, actor, authz.SeePeople, id)
	if err != nil {
		return e, nil, err
	}
	list, err := s.list(ctx, tx, e)
	all := make(map[ident.ID]Attendance, len(list))
	for _, a := range list {
		all[a.Member.ID] = a
	}
	return e, all, err
}

// chosen returns the rows of the members, by id; not_found when one is not on the list or not within the scope.
func chosen(all map[ident.ID]Attendance, members []ident.ID, scope []string) ([]Attendance, error) {
	sorted := slices.Clone(members)
	slices.Sort(sorted) // whoever locks rows in the same order waits for nobody in a circle
	var wanted []Attendance
	for _, id := range slices.Compact(sorted) {
		a, ok := all[id]
		if !ok || !inScope(a.Member, scope) {
			return nil, errNotOnList
		}
		wanted = append(wanted, a)
	}
	return wanted, nil
}

func saysSo(there Attendance, status Status, reason string) bool {
	return there.Status == status && (reason == "" || there.Reason == reason)
}

// mayMarkAll returns the first reason why the roll may not set the status, with the names that it holds for.
func mayMarkAll(e event.Event, wanted []Attendance, status Status, reason string, now time.Time) error {
	var first *fault.Error
	var names []string
	for _, there := range wanted {
		if saysSo(there, status, reason) {
			continue
		}
		f := fault.From(mayMark(e, there, status, reason, now))
		if f == nil {
			continue
		}
		if first == nil {
			first = f
		}
		if f.Code == first.Code {
			names = append(names, there.Member.Name)
		}
	}
	if first == nil {
		return nil
	}
	return first.WithMessage("%s：%s", namesOf(names), first.Message)
}

// namesOf lists at most three names.
func namesOf(names []string) string {
	const shown = 3
	if len(names) <= shown {
		return strings.Join(names, "、")
	}
	return strings.Join(names[:shown], "、") + "等"
}

func (s *Service) markAll(ctx context.Context, tx bun.IDB, b *Batch, e event.Event, wanted []Attendance, status Status, reason string, by ident.ID, now time.Time) error {
	for _, there := range wanted {
		if saysSo(there, status, reason) {
			b.Same = append(b.Same, there)
			continue
		}
		marked, err := s.mark(ctx, tx, there, status, reason, by, now)
		if err != nil {
			return err
		}
		if err := s.insertBatchItem(ctx, tx, b.ID, there, marked.Revision); err != nil {
			return err
		}
		if err := noteCorrection(ctx, tx, e, there, status, now); err != nil {
			return err
		}
		b.Changed = append(b.Changed, marked)
	}
	return nil
}

// batchAgain is what a batch that was made before looks like now.
func (s *Service) batchAgain(ctx context.Context, tx bun.IDB, earlier batchRow, all map[ident.ID]Attendance, err error) (Batch, error) {
	if err != nil {
		return Batch{}, err
	}
	items, err := s.batchItems(ctx, tx, earlier.ID)
	b := Batch{ID: earlier.ID, UndoUntil: earlier.at().Add(undoLife)}
	for _, item := range items {
		b.Changed = append(b.Changed, all[item.MemberID])
	}
	return b, err
}

// Undo takes the actor's own batch back: every row that nobody has changed since says again what it said before. Changed
// holds those, Same the ones that were left alone. Doing it again changes nothing. It returns not_found, undo_too_late
// or event_cancelled.
func (s *Service) Undo(ctx context.Context, actor authz.Actor, id, batch ident.ID) (Batch, error) {
	now := s.clock.Now()
	var b Batch
	err := s.again(func() error {
		return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			e, all, err := s.allOnList(ctx, tx, actor, id)
			if err != nil {
				return err
			}
			found, err := s.batchByID(ctx, tx, batch)
			switch {
			case err != nil:
				return err
			case found.EventID != id || found.ByMember != actor.MemberID:
				return errNoBatch
			case e.State == event.Cancelled:
				return errUndoEvent
			case found.UndoneAt == 0 && now.Sub(found.at()) > undoLife:
				return errUndoLate
			}
			b = Batch{ID: batch, UndoUntil: found.at().Add(undoLife)}
			return s.undo(ctx, tx, &b, e, all, actor.MemberID, now)
		})
	})
	if err == nil && len(b.Changed) > 0 {
		s.announce(ctx, id)
	}
	return b, err
}

func (s *Service) undo(ctx context.Context, tx bun.IDB, b *Batch, e event.Event, all map[ident.ID]Attendance, by ident.ID, now time.Time) error {
	first, err := s.claimUndo(ctx, tx, b.ID, now)
	if err != nil {
		return err
	}
	items, err := s.batchItems(ctx, tx, b.ID)
	if err != nil {
		return err
	}
	for _, item := range items {
		there := all[item.MemberID]
		switch {
		case !first && item.Undone != 0:
			b.Changed = append(b.Changed, there)
		case !first || !mayUndo(e, there, item):
			b.Same = append(b.Same, there)
		default:
			back, err := s.change(ctx, tx, there, item.before(there, by, now), by)
			if err != nil {
				return err
			}
			if err := s.noteUndone(ctx, tx, item); err != nil {
				return err
			}
			if err := noteCorrection(ctx, tx, e, there, back.Status, now); err != nil {
				return err
			}
			b.Changed = append(b.Changed, back)
		}
	}
	return nil
}

// mayUndo: what somebody has changed since is not overwritten, and after the close nobody is unheard of.
func mayUndo(e event.Event, there Attendance, item batchItem) bool {
	return there.Revision == item.Revision && (e.State != event.Closed || item.FromStatus != Pending)
}

package org

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
)

// Task is what is open on the desk of those who run an organisation.
type Task struct {
	Kind   string   // draft, published, request or site
	Count  int      // how many there are
	Titles []string // of the first few
	Named  bool     // carries the predecessor's name, and is given to the successor; everything else goes with the role
}

// titlesShown is how many titles a Task carries.
const titlesShown = 3

// Add counts one more, and keeps its title if it is among the first.
func (t *Task) Add(title string) {
	if t.Count++; t.Count <= titlesShown {
		t.Titles = append(t.Titles, title)
	}
}

// Desk is a feature that knows of open tasks.
type Desk interface {
	// Tasks lists what is open at the organisation itself for the member who runs it.
	Tasks(ctx context.Context, db bun.IDB, o Org, holder ident.ID) ([]Task, error)
}

// Estate is a Desk with things that carry a member's name.
type Estate interface {
	Desk
	// Pass puts one member's name in the place of another's on what belongs to the organisation or to one below it, and
	// returns what was changed. only limits it to these, for giving back; nil is all.
	Pass(ctx context.Context, tx bun.IDB, o Org, from, to ident.ID, only []ident.ID) ([]ident.ID, error)
}

// SetDesks connects the features that know of open tasks, which higher packages keep.
func (s *Service) SetDesks(desks ...Desk) { s.desks = desks }

// HandOver is the roles of one organisation passing from a member to the next.
type HandOver struct {
	ID       ident.ID
	OrgID    ident.ID
	From, To ident.ID
	Moved    Moved
	Reason   string
	By       ident.ID
	At       time.Time
	UndoneAt time.Time // zero while it holds
}

// Moved is what passed, so that it can be given back.
type Moved struct {
	Roles []MovedRole `json:"roles"`
	Named []ident.ID  `json:"named,omitempty"` // sites and the like
}

// MovedRole is a role that passed.
type MovedRole struct {
	Role  authz.Role `json:"role"`
	Since int64      `json:"since"` // of the predecessor's term, in milliseconds
	By    ident.ID   `json:"by"`    // who had given it
	New   bool       `json:"new"`   // the successor did not hold it before
}

// UndoWithin is how long a hand-over can be taken back.
const UndoWithin = 24 * time.Hour

// Undoable reports whether the hand-over can still be taken back at the instant.
func (h HandOver) Undoable(now time.Time) bool {
	return h.UndoneAt.IsZero() && now.Before(h.At.Add(UndoWithin))
}

// Errors of handing over.
var (
	errNoPosts     = fault.Conflict("nothing_to_hand_over", "这位党员在这里没有可以移交的职务")
	errSamePerson  = fault.Invalid("invalid_input", "继任者和前任是同一人").WithField("toId", "请选择另一位党员")
	errNoHandOver  = fault.NotFound("not_found", "没有找到这次交接")
	errUndoTooLate = fault.Conflict("undo_too_late", "交接已超过一天，请用任免来更改职务")
	errUndone      = fault.Conflict("already_undone", "这次交接已经撤销")
	errOvertaken   = fault.Conflict("handover_overtaken", "交接后职务又有变动，不能整体撤销，请用任免来更改")
)

// HandOverPlan is who hands over what to whom.
type HandOverPlan struct {
	On       ident.ID
	From, To ident.ID
	Roles    []authz.Role // of those that the predecessor holds on the organisation
	Reason   string
	Key      string // of the caller: repeated, it answers with the first one
}

// HandOver moves the roles, and what carries the predecessor's name, in one go. The actor must be allowed to appoint each
// of the roles. It returns not_found, what authz says against it, nothing_to_hand_over, not_electable, member_suspended,
// invalid_input or roles_changed.
func (s *Service) HandOver(ctx context.Context, actor authz.Actor, p HandOverPlan) (HandOver, error) {
	if done, err := s.handOverByKey(ctx, actor, p.Key); err != nil || done.ID != 0 {
		return done, err
	}
	var done HandOver
	err := s.atRoles(ctx, actor, p.On, authz.Organiser, func(ctx context.Context, a appointing) error {
		passing, err := a.passing(ctx, actor, p)
		if err != nil {
			return err
		}
		a.over, a.reason = a.ids.New(), cmp.Or(strings.TrimSpace(p.Reason), "换届交接")
		done = HandOver{ID: a.over, OrgID: p.On, From: p.From, To: p.To, Reason: a.reason, By: a.by, At: a.now}
		if done.Moved, err = a.pass(ctx, p.To, passing); err != nil {
			return err
		}
		if done.Moved.Named, err = a.passNamed(ctx, p.From, p.To, nil); err != nil {
			return err
		}
		if err := s.insertHandOver(ctx, a.tx, done, p.Key); err != nil {
			return err
		}
		return a.noteHandOver(ctx, done)
	})
	if store.IsDuplicate(err) { // the same key, twice at once: the other one has done it
		return s.handOverByKey(ctx, actor, p.Key)
	}
	return done, err
}

// passing returns what the predecessor holds of the plan's roles, all of which the actor may give to the successor.
func (a appointing) passing(ctx context.Context, actor authz.Actor, p HandOverPlan) ([]Holding, error) {
	for _, role := range p.Roles {
		if err := authz.Can(actor, authz.Appoint, authz.Object{Host: a.on.Path, Role: role}).Fault(); err != nil {
			return nil, err
		}
	}
	if p.From == p.To {
		return nil, errSamePerson
	}
	successor, err := a.visible(ctx, actor, p.To)
	if err != nil {
		return nil, err
	}
	var passing []Holding
	for _, role := range p.Roles {
		held, err := a.holding(ctx, a.tx, a.on.ID, role, p.From)
		if err == nil && held == nil {
			err = errNoPosts
		}
		if err == nil {
			err = appointable(successor, role)
		}
		if err != nil {
			return nil, err
		}
		passing = append(passing, *held)
	}
	return passing, nil
}

// pass ends each role and gives it to the successor.
func (a appointing) pass(ctx context.Context, to ident.ID, passing []Holding) (moved Moved, err error) {
	for _, h := range passing {
		fresh, err := a.grant(ctx, to, h.Role)
		if err == nil {
			err = a.revoke(ctx, h)
		}
		if err != nil {
			return moved, err
		}
		moved.Roles = append(moved.Roles, MovedRole{Role: h.Role, Since: clock.Millis(h.Since), By: h.By, New: fresh})
	}
	return moved, nil
}

// passNamed puts the successor's name in the place of the predecessor's; only limits it for giving back.
func (a appointing) passNamed(ctx context.Context, from, to ident.ID, only []ident.ID) ([]ident.ID, error) {
	var moved []ident.ID
	for _, desk := range a.desks {
		estate, named := desk.(Estate)
		if !named {
			continue
		}
		ids, err := estate.Pass(ctx, a.tx, a.on, from, to, only)
		if err != nil {
			return nil, err
		}
		moved = append(moved, ids...)
	}
	return moved, nil
}

// UndoHandOver gives everything back, within a day and while nothing of it has changed since. It returns not_found, what
// authz says against it, already_undone, undo_too_late, handover_overtaken, last_admin or roles_changed.
func (s *Service) UndoHandOver(ctx context.Context, actor authz.Actor, on, id ident.ID) (HandOver, error) {
	var done HandOver
	err := s.atRoles(ctx, actor, on, authz.Organiser, func(ctx context.Context, a appointing) error {
		var err error
		if done, err = s.handOverOf(ctx, a.tx, on, id); err != nil {
			return err
		}
		switch {
		case !done.UndoneAt.IsZero():
			return errUndone
		case !done.Undoable(a.now):
			return errUndoTooLate
		}
		done.UndoneAt = a.now
		if ok, err := s.setUndone(ctx, a.tx, done, a.by); err != nil || !ok {
			return cmp.Or[error](err, errUndone)
		}
		a.over, a.reason = done.ID, "撤销交接"
		for _, r := range done.Moved.Roles {
			if err := authz.Can(actor, authz.Appoint, authz.Object{Host: a.on.Path, Role: r.Role}).Fault(); err != nil {
				return err
			}
			if err := a.giveBack(ctx, done, r); err != nil {
				return err
			}
		}
		if len(done.Moved.Named) > 0 {
			if _, err := a.passNamed(ctx, done.To, done.From, done.Moved.Named); err != nil {
				return err
			}
		}
		if err := a.keepAdmin(ctx); err != nil {
			return err
		}
		return a.noteHandOver(ctx, done)
	})
	return done, err
}

func (a appointing) noteHandOver(ctx context.Context, done HandOver) error {
	return audit.Note(ctx, a.tx, audit.Entry{
		At: a.now, Action: audit.RolesHandedOver, Subject: audit.On(audit.Org, a.on.ID), Org: a.on.Path,
		Detail: map[string]any{"from": done.From, "to": done.To, "handOver": done.ID, "named": len(done.Moved.Named), "undone": !done.UndoneAt.IsZero()},
	})
}

// giveBack returns one role, with the term that the predecessor had begun.
func (a appointing) giveBack(ctx context.Context, done HandOver, r MovedRole) error {
	held, err := a.holding(ctx, a.tx, a.on.ID, r.Role, done.To)
	if err != nil {
		return err
	}
	if _, err := a.MemberByID(ctx, a.tx, done.From); err != nil || held == nil {
		return errOvertaken.WithCause(err)
	}
	if r.New {
		if err := a.revoke(ctx, *held); err != nil {
			return err
		}
	}
	a.since, a.giver = clock.FromMillis(r.Since), r.By
	fresh, err := a.grant(ctx, done.From, r.Role)
	if err == nil && !fresh {
		err = errOvertaken
	}
	return err
}

// HandOverPreview is what would pass from a member.
type HandOverPreview struct {
	On    Org
	From  Member
	Held  []Holding
	Tasks []Task
}

// PreviewHandOver tells what the member holds on the organisation and what is open there. It returns not_found, or what
// authz says against appointing there.
func (s *Service) PreviewHandOver(ctx context.Context, actor authz.Actor, on, from ident.ID) (p HandOverPreview, err error) {
	if p.On, err = s.orgOrNone(ctx, s.db.Read(), on); err != nil {
		return p, err
	}
	if err := authz.Can(actor, authz.Appoint, authz.Object{Host: p.On.Path, Role: authz.Organiser}).Fault(); err != nil {
		return p, err
	}
	if p.Held, err = s.holdings(ctx, s.db.Read(), "g.member_id = ? AND g.org_id = ?", from, on); err != nil {
		return p, err
	}
	if len(p.Held) == 0 {
		return p, errNoPosts
	}
	if p.From, err = s.MemberByID(ctx, s.db.Read(), from); err != nil {
		return p, err
	}
	for _, desk := range s.desks {
		open, err := desk.Tasks(ctx, s.db.Read(), p.On, from)
		if err != nil {
			return p, err
		}
		p.Tasks = append(p.Tasks, open...)
	}
	return p, nil
}

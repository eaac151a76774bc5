package event

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/recall"
	"themeday/server/store"
)

// Organisations is what events need to know about the tree.
type Organisations interface {
	// OrgsByID returns the organisations with these ids; unknown ids are left out.
	OrgsByID(ctx context.Context, db bun.IDB, ids []ident.ID) (map[ident.ID]org.Org, error)
	// OrgForActor returns the organisation if the actor may do the action on it; else not_found or forbidden.
	OrgForActor(ctx context.Context, actor authz.Actor, action authz.Action, id ident.ID) (org.Org, error)
	// Receive returns org_closed unless all the organisations are open, and stay so until the transaction ends.
	Receive(ctx context.Context, tx bun.IDB, ids ...ident.ID) error
}

// Service is the use cases of events.
type Service struct {
	db         *store.DB
	clock      clock.Clock
	ids        *ident.Source
	orgs       Organisations
	attendance Attendance
	sites      Sites
	followers  []Follower
	watch      *recall.Watch
	memory     *recall.Memory[ident.ID, *Event]
}

// New returns the service. Use SetAttendance and Follow before serving.
func New(db *store.DB, clk clock.Clock, ids *ident.Source, orgs Organisations) *Service {
	s := &Service{db: db, clock: clk, ids: ids, orgs: orgs}
	s.Remember(nil)
	return s
}

// SetAttendance connects the attendance, which a higher package keeps.
func (s *Service) SetAttendance(a Attendance) { s.attendance = a }

// Follow adds somebody who works in the transaction of every step. Followers are called in the order they were added.
func (s *Service) Follow(f Follower) { s.followers = append(s.followers, f) }

var (
	errNotFound = authz.ErrNotFound
	errGuests   = errInput.WithField("guestOrgIds", "有联合开展的组织不存在")
	errHost     = errInput.WithField("hostOrgId", "没有找到主办组织，或您不能以它的名义发布")
)

// codeKeyBytes is the length of the secret behind an event's codes: as long as the hash that uses it.
const codeKeyBytes = 32

// Create makes a draft. The same key of the same member answers with the first event. It returns invalid_input, also
// for a host that the actor does not run: it might as well not exist.
func (s *Service) Create(ctx context.Context, actor authz.Actor, d Draftable, key string) (Event, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Event{}, err
	}
	now := s.clock.Now()
	d = d.normal()
	var made Event
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if id, err := s.earlier(ctx, tx, actor, key); err != nil || id != 0 {
			made, err = s.loadIf(ctx, tx, id, err)
			return err
		}
		if err := s.allowed(ctx, tx, actor, d, now); err != nil {
			return err
		}
		d, err := s.atSite(ctx, tx, d, 0)
		if err != nil {
			return err
		}
		id, err := s.insert(ctx, tx, d, actor.MemberID, key, now)
		if err != nil {
			return err
		}
		made, err = s.noted(ctx, tx, id, StepCreated, actor, key, "", now, Event{})
		return err
	})
	if store.IsDuplicate(err) { // the same key, twice at once: the other one has made it
		id, err := s.idByKey(ctx, s.db.Write(), actor.MemberID, key)
		return s.loadIf(ctx, s.db.Write(), id, err)
	}
	return made, err
}

func (s *Service) earlier(ctx context.Context, tx bun.IDB, actor authz.Actor, key string) (ident.ID, error) {
	if key == "" {
		return 0, nil
	}
	return s.idByKey(ctx, tx, actor.MemberID, key)
}

func (s *Service) loadIf(ctx context.Context, db bun.IDB, id ident.ID, err error) (Event, error) {
	if err != nil {
		return Event{}, err
	}
	return s.Load(ctx, db, id)
}

// allowed checks the content and that the actor may hold events in the host's name.
func (s *Service) allowed(ctx context.Context, tx bun.IDB, actor authz.Actor, d Draftable, now time.Time) error {
	concerned := append([]ident.ID{d.Host}, d.Guests...)
	known, err := s.orgs.OrgsByID(ctx, tx, concerned)
	if err != nil {
		return err
	}
	host, ok := known[d.Host]
	if !ok || !host.Open() || !authz.Can(actor, authz.RunEvent, authz.Object{Host: host.Path, Draft: true}).Allowed {
		return errHost
	}
	for _, guest := range d.Guests {
		o, ok := known[guest]
		if !ok || !o.Open() {
			return errGuests
		}
		if authz.Within(o.Path, host.Path) {
			return errInput.WithField("guestOrgIds", o.Name+"已包含在主办组织里，不用再选")
		}
	}
	if err := d.check(now); err != nil {
		return err
	}
	return s.orgs.Receive(ctx, tx, concerned...)
}

// For returns the event if the actor may do the action on it; else not_found or forbidden.
func (s *Service) For(ctx context.Context, db bun.IDB, actor authz.Actor, action authz.Action, id ident.ID) (Event, error) {
	e, err := s.Load(ctx, db, id)
	if err != nil {
		return Event{}, err
	}
	return e, authz.Can(actor, action, e.Object()).Fault()
}

// Update replaces the content of a draft or a published event. revision is the one the client has seen, 0 when it does
// not care. It returns event_changed when another step came between, event_not_editable, or what Create returns.
func (s *Service) Update(ctx context.Context, actor authz.Actor, id ident.ID, d Draftable, revision int) (Event, error) {
	d = d.normal()
	return s.step(ctx, actor, id, StepEdited, "", "", func(ctx context.Context, tx bun.IDB, e Event, now time.Time) (bool, error) {
		if revision != 0 && revision != e.Revision {
			return false, errChanged
		}
		if err := s.allowed(ctx, tx, actor, d, now); err != nil {
			return false, err
		}
		if e.State == Published && !d.EndsAt.After(now) {
			return false, errPast
		}
		d, err := s.atSite(ctx, tx, d, e.SiteID)
		if err != nil {
			return false, err
		}
		return s.update(ctx, tx, e, d, now)
	})
}

// Publish shows a draft to those it concerns and plans its reminders. It returns event_not_draft, event_over or
// event_cancelled; publishing again with the same key answers as the first time.
func (s *Service) Publish(ctx context.Context, actor authz.Actor, id ident.ID, key string) (Event, error) {
	return s.step(ctx, actor, id, StepPublished, key, "", s.advanceTo(Published, ""))
}

// Cancel calls the event off. It returns invalid_input without a reason, event_closed or event_cancelled.
func (s *Service) Cancel(ctx context.Context, actor authz.Actor, id ident.ID, key, reason string) (Event, error) {
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) < minReason {
		return Event{}, errReason
	}
	return s.step(ctx, actor, id, StepCancelled, key, reason, s.advanceTo(Cancelled, reason))
}

// Close ends the event and settles its attendance. It returns event_not_published, event_not_started, event_closed or
// event_cancelled.
func (s *Service) Close(ctx context.Context, actor authz.Actor, id ident.ID, key string) (Event, error) {
	return s.step(ctx, actor, id, StepClosed, key, "", s.advanceTo(Closed, ""))
}

// Reopen takes a close back, so that the attendance can be put right and settled anew. It returns invalid_input without
// a reason, event_not_closed, or reopen_too_late a month after the close.
func (s *Service) Reopen(ctx context.Context, actor authz.Actor, id ident.ID, key, reason string) (Event, error) {
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) < minReason {
		return Event{}, errReopenWhy
	}
	return s.step(ctx, actor, id, StepReopened, key, reason, s.reopen)
}

type change func(ctx context.Context, tx bun.IDB, e Event, now time.Time) (bool, error)

func (s *Service) advanceTo(to State, reason string) change {
	return func(ctx context.Context, tx bun.IDB, e Event, now time.Time) (bool, error) {
		return s.advance(ctx, tx, e, to, reason, now)
	}
}

// step is the frame of every change: allowed, possible, guarded, noted, followed, all in one transaction.
func (s *Service) step(ctx context.Context, actor authz.Actor, id ident.ID, step Step, key, reason string, apply change) (Event, error) {
	now := s.clock.Now()
	var after Event
	try := func(ctx context.Context, tx bun.Tx) error {
		before, err := s.For(ctx, tx, actor, authz.RunEvent, id)
		if err != nil {
			return err
		}
		if done, err := s.stepByKey(ctx, tx, id, step, actor.MemberID, key); err != nil || done {
			after = before
			return err
		}
		if err := before.mayStep(step, now); err != nil {
			return err
		}
		if ok, err := apply(ctx, tx, before, now); err != nil || !ok {
			return cmp.Or[error](err, errChanged)
		}
		after, err = s.noted(ctx, tx, id, step, actor, key, reason, now, before)
		return err
	}
	err := s.db.WithTx(ctx, try)
	// Who lost against another step looks again: it may have been the same one, with the same key.
	for n := 1; n < races && errors.Is(err, errChanged); n++ {
		err = s.db.WithTx(ctx, try)
	}
	return after, err
}

// races bounds how often a step is tried again because another one came between its reading and its writing.
const races = 3

// noted records the step and lets the followers do theirs.
func (s *Service) noted(ctx context.Context, tx bun.IDB, id ident.ID, step Step, actor authz.Actor, key, reason string, now time.Time, before Event) (Event, error) {
	after, err := s.Load(ctx, tx, id)
	if err != nil {
		return after, err
	}
	if err := s.note(ctx, tx, id, after.Revision, step, actor.MemberID, key, reason, now); err != nil {
		return after, err
	}
	if err := s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Event, ID: id}); err != nil {
		return after, err
	}
	if err := audited(ctx, tx, step, now, after, reason); err != nil {
		return after, err
	}
	for _, f := range s.followers {
		if err := f.Followed(ctx, tx, step, now, before, after); err != nil {
			return after, err
		}
	}
	return after, nil
}

package checkin

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
)

// CheckIn records the actor's presence. repeated says that it was recorded before by another act. It returns the
// refusals of rules.go. What it returns without an error is committed.
//
// It is judged from memory first, which costs no query. But nobody is turned away because of what a server remembers:
// whoever has just been bound, or is welcome since a moment ago, is judged again by the database.
func (s *Service) CheckIn(ctx context.Context, actor authz.Actor, act Act) (a Attendance, e event.Event, repeated bool, err error) {
	now := s.clock.Now()
	if isSpoken(strings.TrimSpace(act.Proof.Code)) { // each try counts
		return s.attempt(ctx, actor, act, now, false)
	}
	a, e, repeated, err = s.quickly(ctx, actor, act, now)
	switch kind := fault.From(err); {
	case err == nil:
		return a, e, repeated, nil
	case kind.Kind == fault.KindUnavailable || kind.Kind == fault.KindInternal:
		s.refused(ctx, e.ID, actor, err)
		return a, e, false, err
	}
	if actor, err = s.people.ActorOf(ctx, actor.UserID); err != nil {
		return a, e, false, err
	}
	return s.attempt(ctx, actor, act, now, false)
}

// quickly is an attempt by what the server remembers.
func (s *Service) quickly(ctx context.Context, actor authz.Actor, act Act, at time.Time) (a Attendance, e event.Event, repeated bool, err error) {
	got, _, err := s.quick.verify(ctx, actor, act.Proof, at)
	if err == nil {
		s.warm(got.event)
		a, repeated, err = s.quick.record(ctx, actor, got, act, false)
	}
	return a, got.event, repeated, err
}

// believing returns the service as it judges from memory. Only the two questions of the hot path are answered so, and
// only outside transactions.
func (s *Service) believing() *Service {
	quick := *s
	quick.people, quick.events = recalledPeople{s.people}, recalledEvents{s.events}
	return &quick
}

type recalledPeople struct{ People }

// MemberByID answers from memory.
func (p recalledPeople) MemberByID(ctx context.Context, _ bun.IDB, id ident.ID) (org.Member, error) {
	return p.RecallMember(ctx, id)
}

type recalledEvents struct{ Events }

// Load answers from memory.
func (e recalledEvents) Load(ctx context.Context, _ bun.IDB, id ident.ID) (event.Event, error) {
	return e.Recall(ctx, id)
}

// warmEvery is how often those who may come to an event are read: before their memory ends.
const warmEvery = 20 * time.Second

// warmed remembers for which events everybody has been read, and when.
type warmed struct {
	group sync.WaitGroup
	mu    sync.Mutex
	last  map[ident.ID]time.Time
}

// warm reads, beside the request, everybody whom a hot event may expect, so that a hall that scans in the same minute
// reads nothing. An event is hot while its code is shown or scanned.
func (s *Service) warm(e event.Event) {
	s.warmed.mu.Lock()
	defer s.warmed.mu.Unlock()
	if s.running.Err() != nil || !s.warmed.due(e.ID, s.clock.Now()) {
		return
	}
	s.warmed.group.Go(func() {
		if err := s.people.Warm(s.running, e.Paths()); err != nil {
			s.log.WarnContext(s.running, "people not read beforehand", "cause", err)
		}
	})
}

func (w *warmed) due(id ident.ID, now time.Time) bool {
	if age := now.Sub(w.last[id]); age >= 0 && age < warmEvery {
		return false
	}
	for old, at := range w.last {
		if now.Sub(at) >= warmEvery {
			delete(w.last, old)
		}
	}
	w.last[id] = now
	return true
}

// stop waits for what is being read; the service has been stopped, so that nothing more begins.
func (w *warmed) stop() {
	w.mu.Lock()   // whoever saw the service running has begun by now
	w.mu.Unlock() //nolint:staticcheck // see above
	w.group.Wait()
}

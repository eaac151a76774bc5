package checkin

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
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
		s.warm(got.event) //nolint:contextcheck // it goes on beside the request
		a, repeated, err = s.quick.record(ctx, actor, got, act, false)
	}
	return a, got.event, repeated, err
}

// checkInQuickly serves what is plainly in order: a key, and a code or a ticket, as our clients write them. Positions, and
// texts with escapes or of doubtful length, are left to the declared way.
func (s *Service) checkInQuickly(ctx context.Context, body []byte) (status int, answer web.Answer, taken bool, err error) {
	if bytes.ContainsRune(body, '\\') || bytes.Contains(body, []byte("null")) {
		return 0, nil, false, nil
	}
	var in checkinInput
	if json.Unmarshal(body, &in.Body) != nil || !in.Body.plain() {
		return 0, nil, false, nil //nolint:nilerr // the declared way finds it again, and has the words
	}
	out, err := s.checkIn(ctx, &in)
	if err != nil {
		return 0, nil, true, err
	}
	return out.Status, &out.Body, true, nil
}

// plain is narrower than what the declaration allows, so that it needs no words for what is wrong. It counts bytes, of
// which there are at least as many as characters.
func (in CheckinInput) plain() bool {
	return in.Key != "" && len(in.Key) <= 64 && len(in.Ticket) <= 200 && len(in.Code) <= 300 && len(in.Device) <= 64 && in.Position == nil
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

// warmLimit bounds one reading, and with it how long stopping may wait for it.
const warmLimit = 2 * time.Second

// warmed remembers whose people have been read, and when.
type warmed struct {
	mu   sync.Mutex
	last map[string]time.Time // by the organisations that take part
	one  sync.Mutex           // held while reading: it must not take the processor from the check-ins
}

// warm reads, beside the request, everybody whom a hot event may expect, so that a hall that scans in the same minute
// reads nothing. An event is hot while its code is shown or scanned.
func (s *Service) warm(e event.Event) {
	if !s.warmed.due(strings.Join(e.Paths(), " "), s.clock.Now()) {
		return
	}
	s.beside(func() {
		s.warmed.one.Lock()
		defer s.warmed.one.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.running), warmLimit) // stopping waits for it
		defer cancel()
		if err := s.people.Warm(ctx, e.Paths()); err != nil {
			s.log.WarnContext(ctx, "people not read beforehand", "cause", err)
		}
	})
}

func (w *warmed) due(whose string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := now.Sub(w.last[whose]); age >= 0 && age < warmEvery {
		return false
	}
	for old, at := range w.last {
		if now.Sub(at) >= warmEvery {
			delete(w.last, old)
		}
	}
	w.last[whose] = now
	return true
}

// background is what goes on beside the requests.
type background struct {
	mu    sync.Mutex
	group sync.WaitGroup
}

// beside lets f run beside the requests, unless the service has been stopped.
func (s *Service) beside(f func()) {
	s.background.mu.Lock()
	defer s.background.mu.Unlock()
	if s.running.Err() == nil {
		s.background.group.Go(f)
	}
}

// stop waits for what goes on. The service has been stopped, so that nothing begins any more.
func (b *background) stop() {
	b.mu.Lock()   // whoever saw the service running has begun by now
	b.mu.Unlock() //nolint:staticcheck // see above
	b.group.Wait()
}

package checkin

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/site"
)

// Shown is what a code screen shows.
type Shown struct {
	URL         string
	ValidUntil  time.Time // accepted until then
	RefreshAt   time.Time // show the next one from then
	Spoken      string
	SpokenUntil time.Time
}

// Show returns the event's code of this moment, for those who run the event, and those that follow within ahead. They are
// refused before their time, so that a screen that goes on without a network shows nothing that could be used early. It
// returns event_not_published, event_closed or event_cancelled when there is nothing to check in to.
func (s *Service) Show(ctx context.Context, actor authz.Actor, id ident.ID, ahead time.Duration) (Shown, []Shown, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.RunEvent, id)
	if err == nil {
		err = mustBePublished(e)
	}
	if err != nil {
		return Shown{}, nil, err
	}
	now := s.clock.Now()
	var next []Shown
	for later := codeStep; later <= ahead; later += codeStep {
		next = append(next, s.shownAt(e, now.Add(later)))
	}
	return s.shownAt(e, now), next, nil
}

func (s *Service) shownAt(e event.Event, at time.Time) Shown {
	shown := Shown{URL: s.publicURL + "/c/" + makeCode(e.CodeKey, e.ID, stepAt(at))}
	shown.ValidUntil, shown.RefreshAt = codeTimes(at)
	shown.Spoken, shown.SpokenUntil = spokenCode(e.CodeKey, e.ID, at)
	return shown
}

// Proof is what a member brings: a ticket, or the code itself; Event says which event a spoken code is for.
type Proof struct {
	Ticket string
	Code   string
	Event  ident.ID
}

// seen is a proof that has been believed.
type seen struct {
	event  event.Event
	at     time.Time // the instant of the scan
	source Source
}

// verify checks a proof at an instant. It also returns the event that the proof names, even when it is refused; 0 when
// it names none.
func (s *Service) verify(ctx context.Context, actor authz.Actor, p Proof, at time.Time) (seen, ident.ID, error) {
	switch {
	case p.Ticket != "" && p.Code == "":
		return s.verifyTicket(ctx, actor, p.Ticket, at)
	case p.Ticket != "" || p.Code == "":
		return seen{}, 0, errChooseOne
	case isSpoken(strings.TrimSpace(p.Code)):
		return s.verifySpoken(ctx, actor, p, at)
	case site.IsPlate(lastSegment(p.Code)):
		return s.verifyPlate(ctx, actor, p, at)
	}
	c, err := parseCode(p.Code)
	if err != nil {
		return seen{}, 0, notEventCode(p.Code)
	}
	e, err := s.events.Load(ctx, s.db.Read(), c.Event)
	if fault.CodeOf(err) == "not_found" {
		return seen{}, 0, errForged
	}
	if err != nil {
		return seen{}, 0, err
	}
	return seen{e, at, Scan}, e.ID, sentence(s.codes.verify(e.CodeKey, c, at), errExpired)
}

func (s *Service) verifyTicket(ctx context.Context, actor authz.Actor, text string, now time.Time) (seen, ident.ID, error) {
	t, refusal := openTicket(s.ticketKey, text, actor.UserID, now)
	if refusal != nil && !errors.Is(refusal, errCodeExpired) {
		return seen{}, 0, sentence(refusal, errTicketOld)
	}
	if t.Visit {
		return seen{}, 0, errVisitTicket
	}
	e, err := s.events.Load(ctx, s.db.Read(), t.Event)
	source := Scan
	if t.Spoken {
		source = Spoken
	} else if t.Plate {
		source = Plate
	}
	if err == nil && !t.Plate && t.Key != keyTag(e.CodeKey) { // a plate is made from another key, and proves presence by other means
		err = errRenewed
	}
	return seen{e, t.Scanned, source}, t.Event, cmp.Or[error](err, sentence(refusal, errTicketOld))
}

// sentence gives the error of a code the words for people.
func sentence(err error, expired *fault.Error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errCodeMalformed):
		return errMalformed
	case errors.Is(err, errCodeExpired):
		return expired
	case errors.Is(err, errCodeFuture):
		return errFuture
	}
	return errForged
}

// A member may get the spoken code wrong this often per event; and all members together this often, so that an event
// cannot be guessed from many accounts: 200 tries at a million numbers, two of them good, hit once in 2,500 windows.
const (
	attemptsPerMember = 5
	attemptsPerEvent  = 200
	attemptsWindow    = 10 * time.Minute
)

func (s *Service) verifySpoken(ctx context.Context, actor authz.Actor, p Proof, at time.Time) (seen, ident.ID, error) {
	if p.Event == 0 {
		return seen{}, 0, errSpokenEvent
	}
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeeEvent, p.Event)
	if err != nil {
		return seen{}, 0, err
	}
	mine := "spoken:" + e.ID.String() + ":" + actor.UserID.String()
	all := "spoken:" + e.ID.String()
	if s.attempts(ctx, mine) >= attemptsPerMember || s.attempts(ctx, all) >= attemptsPerEvent {
		return seen{event: e}, e.ID, errAttempts
	}
	if !verifySpoken(e.CodeKey, e.ID, strings.TrimSpace(p.Code), at) {
		s.countAttempt(ctx, mine)
		s.countAttempt(ctx, all)
		return seen{event: e}, e.ID, errSpokenWrong
	}
	return seen{e, at, Spoken}, e.ID, nil
}

// attempts: counters that cannot be read hold nobody back.
func (s *Service) attempts(ctx context.Context, key string) int {
	text, _, err := s.cache.Get(ctx, key)
	if err != nil {
		s.log.WarnContext(ctx, "attempts not counted", "cause", err)
	}
	n := 0
	for _, c := range []byte(text) {
		n = n*10 + int(c-'0')
	}
	return n
}

func (s *Service) countAttempt(ctx context.Context, key string) {
	if _, err := s.cache.Incr(ctx, key, attemptsWindow); err != nil {
		s.log.WarnContext(ctx, "attempt not counted", "cause", err)
	}
}

// refused counts and keeps a scan that did not lead to a check-in.
func (s *Service) refused(ctx context.Context, e ident.ID, actor authz.Actor, err error) {
	code := fault.CodeOf(err)
	s.observe(code)
	if code != "internal" {
		s.noteFailure(ctx, e, actor.UserID, code)
	}
}

package checkin

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
)

// MakePack seals the event's roster, as far as the actor may see it, for a phone that is going where there is no signal.
// device says which phone, for the record. It returns roster_too_large, and event_not_published, event_closed or
// event_cancelled when there is nothing to check in to.
func (s *Service) MakePack(ctx context.Context, actor authz.Actor, id ident.ID, device string) (Pack, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err == nil {
		err = mustBePublished(e)
	}
	if err != nil {
		return Pack{}, err
	}
	now := s.clock.Now()
	pack := Pack{
		ID: s.ids.New(), EventID: e.ID, MadeAt: now, ExpiresAt: e.EndsAt.Add(packLife), Key: s.ids.Bytes(packKeyBytes),
	}
	content, err := s.packContent(ctx, actor, e, pack.ID)
	if err != nil {
		return Pack{}, err
	}
	if pack.People = len(content.People); pack.People > maxPack {
		return Pack{}, errPackTooLarge
	}
	text, err := json.Marshal(content)
	if err != nil {
		return Pack{}, err
	}
	const nonceBytes = 12
	if pack.Sealed, err = sealPack(pack.Key, s.ids.Bytes(nonceBytes), pack.ID, text); err != nil {
		return Pack{}, err
	}
	if err := s.notePack(ctx, pack, e.Revision, actor.MemberID, device); err != nil {
		return Pack{}, err
	}
	return pack, audit.Look(ctx, s.db, audit.Entry{At: now, Action: audit.LookPack, Subject: audit.On(audit.Event, e.ID), Org: e.Host.Path})
}

// mustBePublished refuses what cannot be checked in to.
func mustBePublished(e event.Event) error {
	switch e.State {
	case event.Draft:
		return errNotPublished
	case event.Closed:
		return errClosed
	case event.Cancelled:
		return errCancelled
	case event.Published:
	}
	return nil
}

func (s *Service) packContent(ctx context.Context, actor authz.Actor, e event.Event, id ident.ID) (PackContent, error) {
	all, err := s.list(ctx, s.db.Read(), e)
	if err != nil {
		return PackContent{}, err
	}
	content := PackContent{ID: id, EventID: e.ID, Title: e.Title, Window: e.Window, Salt: s.ids.Bytes(packSalt), People: []PackPerson{}}
	var members []org.Member
	scope := actor.Scope(e.Object())
	for _, a := range all {
		if inScope(a.Member, scope) {
			members = append(members, a.Member)
			content.People = append(content.People, PackPerson{
				ID: a.Member.ID, Name: a.Member.Name, Org: a.Member.OrgName, Expected: a.Expected, Status: a.Status,
				Proof: packProof(s.personalKey, id, a.Member.ID),
			})
		}
	}
	generations, err := s.generations(ctx, s.db.Read(), idsOf(members))
	for i, m := range members {
		content.People[i].Hash = hashPersonal(content.Salt, makePersonal(s.personalKey, m.ID, generations[m.ID].current()))
	}
	return content, err
}

func idsOf(members []org.Member) []ident.ID {
	ids := make([]ident.ID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	return ids
}

// KeptResult says what became of a kept check-in.
type KeptResult struct {
	Outcome Outcome
	There   Attendance // what is recorded now; of nobody when it was refused
	Doubt   Doubt      // when Questioned
	Offered Attendance // what the station says, when Questioned
	Err     error      // when Refused
}

// SyncKept records what a station has kept, each on its own, judged by the instant of the scan. What contradicts the
// record is neither recorded nor dropped: it comes back as a question, for AnswerKept. An error is trouble of the
// server's, or that the actor may not see the event's people: the phone sends everything again.
func (s *Service) SyncKept(ctx context.Context, actor authz.Actor, id ident.ID, items []Kept) ([]KeptResult, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err != nil {
		return nil, err
	}
	results := make([]KeptResult, len(items))
	for i, item := range items {
		if results[i], err = s.syncOne(ctx, actor, e, item); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func (s *Service) syncOne(ctx context.Context, actor authz.Actor, e event.Event, item Kept) (KeptResult, error) {
	var result KeptResult
	err := s.again(func() error {
		w, err := s.weigh(ctx, actor, e, item)
		if err == nil {
			result, err = s.recordKept(ctx, w)
		}
		return err
	})
	if f := fault.From(err); f != nil {
		if f.Kind == fault.KindInternal || f.Kind == fault.KindUnavailable || errors.Is(err, errRowChanged) {
			return result, err // not the item's fault: it is sent again
		}
		s.refused(ctx, e.ID, actor, err)
		return KeptResult{Outcome: Refused, Err: err}, nil
	}
	switch result.Outcome {
	case Questioned:
		s.observe("question")
	default:
		s.told(ctx, e.ID, result.Outcome == Repeated)
	}
	return result, nil
}

// recordKept records what is beyond doubt.
func (s *Service) recordKept(ctx context.Context, w weighed) (KeptResult, error) {
	switch {
	case w.there.Status.came() && w.there.OpID == w.offered.OpID:
		return KeptResult{Outcome: Recorded, There: w.there}, nil
	case w.settled():
		return KeptResult{Outcome: Repeated, There: w.there}, nil
	}
	doubt, err := w.doubt()
	switch {
	case doubt != NoDoubt && w.there.Status.came(): // an earlier instant that is in doubt does not move the one recorded
		return KeptResult{Outcome: Repeated, There: w.there}, nil
	case doubt != NoDoubt:
		return KeptResult{Outcome: Questioned, There: w.there, Doubt: doubt, Offered: w.offered}, nil
	case err != nil:
		return KeptResult{}, err
	}
	a, err := s.writeKept(ctx, w)
	return KeptResult{Outcome: Recorded, There: a}, err
}

// writeKept makes the row, or writes over the one that was read; it returns attendance_changed when there is another by now.
func (s *Service) writeKept(ctx context.Context, w weighed) (Attendance, error) {
	there, to, now := w.there, w.offered, s.clock.Now()
	if there.Revision == 0 {
		made, err := s.writer.insert(ctx, to, now)
		if err == nil && !made {
			err = errRowChanged
		}
		return to, err
	}
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if to, err = s.change(ctx, tx, there, to, to.RecordedBy); err != nil {
			return err
		}
		return noteCorrection(ctx, tx, w.event, there, to.Status, now)
	})
	return to, err
}

// AnswerKept settles a question: the station's version is recorded, or what is there is kept. revision is that of the
// row that the secretary has seen; it returns attendance_changed when there is another by now, and the refusals of
// SyncKept.
func (s *Service) AnswerKept(ctx context.Context, actor authz.Actor, id ident.ID, item Kept, record bool, revision int) (Attendance, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err != nil {
		return Attendance{}, err
	}
	w, err := s.weigh(ctx, actor, e, item)
	switch {
	case err != nil:
		return Attendance{}, err
	case w.there.Status.came() && w.there.OpID == w.offered.OpID:
		return w.there, nil
	case w.there.Revision != revision:
		return Attendance{}, errRowChanged
	case !record:
		s.noteFailure(ctx, e.ID, actor.UserID, "station_overruled")
		return w.there, nil
	}
	if _, err := w.doubt(); err != nil {
		return Attendance{}, err
	}
	w.offered.Reason = "离线签到台，书记确认"
	a, err := s.writeKept(ctx, w)
	if err == nil {
		s.told(ctx, e.ID, false)
	}
	return a, err
}

// weigh checks that the actor's station can have made the check-in, and collects what is known about it.
func (s *Service) weigh(ctx context.Context, actor authz.Actor, e event.Event, item Kept) (weighed, error) {
	pack, err := s.packOf(ctx, item.Pack)
	if err != nil {
		return weighed{}, err
	}
	if pack.EventID != e.ID || pack.MemberID != actor.MemberID || !hmac.Equal([]byte(item.Proof), []byte(packProof(s.personalKey, item.Pack, item.Member))) {
		return weighed{}, errPackUnknown
	}
	at := clock.Trim(item.ScannedAt)
	if err := judgeKept(at, clock.FromMillis(pack.MadeAt), clock.FromMillis(pack.ExpiresAt), s.clock.Now()); err != nil {
		return weighed{}, err
	}
	renewed, err := s.shown(ctx, item, pack)
	if err != nil {
		return weighed{}, err
	}
	w := weighed{event: e, edited: e.Revision != pack.EventRevision, renewed: renewed}
	return s.withRecord(ctx, actor, w, item)
}

// shown checks the code of a kept check-in, if there is one, and reports whether it was replaced after the pack was made.
func (s *Service) shown(ctx context.Context, item Kept, pack packRow) (renewed bool, err error) {
	if item.Code == "" {
		return false, nil
	}
	c, err := parsePersonal(item.Code)
	if err != nil {
		return false, errPersonalMalformed
	}
	generation, now, err := s.generationOf(ctx, c)
	switch {
	case err != nil:
		return false, err
	case generation == 0 || c.Member != item.Member:
		return false, errPersonalForged
	case generation == now.current():
		return false, nil
	case now.ChangedAt <= pack.MadeAt:
		return false, errPersonalRevoked
	}
	return true, nil
}

// withRecord adds the member, the row and what would be written.
func (s *Service) withRecord(ctx context.Context, actor authz.Actor, w weighed, item Kept) (weighed, error) {
	found, err := s.people.MembersByID(ctx, s.db.Read(), []ident.ID{item.Member})
	if err != nil {
		return w, err
	}
	m, known := found[item.Member]
	if !known {
		return w, errPackUnknown
	}
	m, x, err := s.listed(ctx, actor, w.event, m)
	if err != nil {
		return w, err
	}
	w.listed = x != Outside
	if w.there, err = s.find(ctx, s.db.Read(), w.event.ID, m); err != nil {
		return w, err
	}
	if w.corrected, err = s.corrected(ctx, s.db.Read(), w.there); err != nil {
		return w, err
	}
	source := Personal
	if item.Code == "" {
		source = Roll
	}
	at := clock.Trim(item.ScannedAt)
	w.offered = Attendance{
		EventID: w.event.ID, Member: m, Expected: x == Expected, Status: arrival(w.event, at), Source: source, At: at,
		RecordedBy: actor.MemberID, Position: w.there.Position, Revision: 1, OpID: stationOperation(m.ID, item.Key),
	}
	if w.event.State == event.Closed { // frozen
		w.offered.Expected = w.there.Revision > 0 && w.there.Expected
	}
	return w, nil
}

// listed returns the member as the event takes them, and how it counts them; Outside also for who has left and who is beyond
// the actor's scope.
func (s *Service) listed(ctx context.Context, actor authz.Actor, e event.Event, m org.Member) (org.Member, Expectation, error) {
	if m.Left {
		return m, Outside, nil
	}
	m, x, err := s.taken(ctx, s.db.Read(), e, m)
	if !inScope(m, actor.Scope(e.Object())) {
		x = Outside
	}
	return m, x, err
}

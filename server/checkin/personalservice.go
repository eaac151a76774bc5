package checkin

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// MyCode returns the actor's own personal code.
func (s *Service) MyCode(ctx context.Context, actor authz.Actor) (PersonalCode, error) {
	m, err := s.myself(ctx, actor)
	if err != nil {
		return PersonalCode{}, err
	}
	return s.codeOf(ctx, m)
}

func (s *Service) myself(ctx context.Context, actor authz.Actor) (org.Member, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return org.Member{}, err
	}
	return s.people.MemberByID(ctx, s.db.Read(), actor.MemberID)
}

func (s *Service) codeOf(ctx context.Context, m org.Member) (PersonalCode, error) {
	codes, err := s.codesOf(ctx, s.db.Read(), []org.Member{m})
	if err != nil {
		return PersonalCode{}, err
	}
	return codes[0], nil
}

// codesOf returns the present code of each of the members, in their order.
func (s *Service) codesOf(ctx context.Context, db bun.IDB, members []org.Member) ([]PersonalCode, error) {
	generations, err := s.generations(ctx, db, idsOf(members))
	codes := make([]PersonalCode, len(members))
	for i, m := range members {
		g := generations[m.ID]
		codes[i] = PersonalCode{m, s.publicURL + "/c/" + makePersonal(s.personalKey, m.ID, g.current()).String(), g.current(), g.since()}
	}
	return codes, err
}

// RenewMine makes the actor a new code; from then on the one before is refused. seen is the generation that is to be
// replaced: when it has been replaced already nothing happens, so that a retry does not kill the new one.
func (s *Service) RenewMine(ctx context.Context, actor authz.Actor, seen int) (PersonalCode, error) {
	m, err := s.myself(ctx, actor)
	if err != nil {
		return PersonalCode{}, err
	}
	return s.renew(ctx, actor, m, seen)
}

// RenewFor does the same for a member of an organisation that the actor runs; not_found for anybody else.
func (s *Service) RenewFor(ctx context.Context, actor authz.Actor, member ident.ID, seen int) (PersonalCode, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return PersonalCode{}, err
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), member)
	if err != nil {
		return PersonalCode{}, err
	}
	if err := authz.Can(actor, authz.RunOrg, authz.Object{Host: m.OrgPath}).Fault(); err != nil {
		return PersonalCode{}, err
	}
	return s.renew(ctx, actor, m, seen)
}

// renew writes the next generation; that somebody else did it goes on record.
func (s *Service) renew(ctx context.Context, actor authz.Actor, m org.Member, seen int) (PersonalCode, error) {
	now := s.clock.Now()
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		moved, err := s.nextGeneration(ctx, tx, m.ID, seen, actor.MemberID, now)
		if err != nil || !moved || actor.MemberID == m.ID {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{At: now, Action: audit.CodeRenewed, Subject: audit.On(audit.Member, m.ID), Org: m.OrgPath})
	})
	if err != nil {
		return PersonalCode{}, err
	}
	return s.codeOf(ctx, m)
}

// Cards returns a page of the personal codes of an organisation's people, to be printed, and the cursor of the next
// page, 0 at the end: of those without WeChat, or of all. It returns not_found for an organisation that the actor does
// not run.
func (s *Service) Cards(ctx context.Context, actor authz.Actor, id ident.ID, all bool, after ident.ID, limit int) ([]PersonalCode, ident.ID, error) {
	o, err := s.people.OrgForActor(ctx, actor, authz.RunOrg, id)
	if err != nil {
		return nil, 0, err
	}
	members, err := s.people.MembersWithin(ctx, s.db.Read(), []string{o.Path})
	if err != nil {
		return nil, 0, err
	}
	var page []org.Member
	for _, m := range members {
		if m.ID > after && (all || !m.Bound) {
			page = append(page, m)
		}
	}
	page, next := web.Cut(page, limit, func(m org.Member) ident.ID { return m.ID })
	looked := audit.Entry{At: s.clock.Now(), Action: audit.LookCodes, Subject: audit.On(audit.Org, o.ID), Org: o.Path}
	if err := audit.Look(ctx, s.db, looked); err != nil {
		return nil, 0, err
	}
	codes, err := s.codesOf(ctx, s.db.Read(), page)
	return codes, next, err
}

// ScanPersonal records the presence of the member whose personal code the actor has scanned at the event. repeated says
// that it was recorded before by another act. It returns personal_malformed, personal_forged, personal_revoked,
// personal_not_expected, attendance_corrected, and what an event says that cannot be checked in to.
func (s *Service) ScanPersonal(ctx context.Context, actor authz.Actor, id ident.ID, key, text string) (a Attendance, repeated bool, err error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err != nil {
		return Attendance{}, false, err
	}
	a, repeated, err = s.personal(ctx, actor, e, key, text)
	if err != nil {
		s.refused(ctx, e.ID, actor, err)
		return Attendance{}, false, err
	}
	s.told(ctx, e.ID, repeated)
	return a, repeated, nil
}

func (s *Service) personal(ctx context.Context, actor authz.Actor, e event.Event, key, text string) (Attendance, bool, error) {
	m, current, err := s.whose(ctx, text)
	if err != nil {
		return Attendance{}, false, err
	}
	m, x, err := s.taken(ctx, s.db.Read(), e, m)
	if err != nil {
		return Attendance{}, false, err
	}
	if x == Outside || !inScope(m, actor.Scope(e.Object())) {
		return Attendance{}, false, errPersonalElsewhere
	}
	op := stationOperation(m.ID, key)
	there, err := s.find(ctx, s.db.Read(), e.ID, m)
	if err != nil || there.Status.came() && there.OpID == op {
		return there, false, err // the answer to the first try was lost on the way
	}
	if !current {
		return Attendance{}, false, errPersonalRevoked
	}
	now := s.clock.Now()
	status, err := judge(e, now, false)
	if err != nil {
		return Attendance{}, false, err
	}
	a, repeated, err := s.write(ctx, Attendance{
		EventID: e.ID, Member: m, Expected: x == Expected, Status: status, Source: Personal, At: now, RecordedBy: actor.MemberID,
		Position: NoPosition, Revision: 1, OpID: op,
	}, false)
	if errors.Is(err, errCorrected) {
		err = errStationCorrected
	}
	return a, repeated, err
}

// errStationCorrected is errCorrected as the one who scans reads it.
var errStationCorrected = errCorrected.WithMessage("这个人的记录已被更正过，扫码不再更改，如需更改请在名单里处理")

// stationOperation names one act of a station; a member's own acts have other names, also with the same key.
func stationOperation(member ident.ID, key string) int64 { return operation(member, "station "+key) }

// whose returns the member behind a personal code, and whether it is the present one. Somebody who has left has none.
func (s *Service) whose(ctx context.Context, text string) (m org.Member, current bool, err error) {
	c, err := parsePersonal(text)
	if err != nil {
		return m, false, errPersonalMalformed
	}
	generation, now, err := s.generationOf(ctx, c)
	if err != nil {
		return m, false, err
	}
	if generation == 0 {
		return m, false, errPersonalForged
	}
	m, err = s.people.MemberByID(ctx, s.db.Read(), c.Member)
	if fault.CodeOf(err) == "not_found" {
		err = errPersonalElsewhere
	}
	return m, generation == now.current(), err
}

// generationOf returns which generation a code is, 0 when it is forged, and what is known of the member's present one.
func (s *Service) generationOf(ctx context.Context, c personalText) (int, generation, error) {
	known, err := s.generations(ctx, s.db.Read(), []ident.ID{c.Member})
	now := known[c.Member]
	return generationOf(s.personalKey, c, now.current()), now, err
}

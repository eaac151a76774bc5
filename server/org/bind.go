package org

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
)

// Bind makes the actor's WeChat identity stand for the member with the phone number behind the code. When that is not
// certain — several people have the number, or another identity stands for the one who has it — nothing is changed, and
// the choices are returned, to be made with AskBinding. Binding again to the same member changes nothing. It returns
// not_in_roster, already_bound (to somebody else), member_taken (a moment ago), or what Phone returns.
func (s *Service) Bind(ctx context.Context, actor authz.Actor, phoneCode string) ([]Choice, error) {
	phone, err := s.wechat.Phone(ctx, phoneCode)
	if err != nil {
		return nil, err
	}
	phone, err = NormalPhone(phone)
	if err != nil {
		return nil, errNotInRoster.WithCause(err)
	}
	var choices []Choice
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		found, err := s.membersByPhone(ctx, tx, s.vault.Find(phone))
		if err != nil {
			return err
		}
		choices, err = s.bindToOne(ctx, tx, actor, found)
		return err
	})
	return choices, err
}

func (s *Service) bindToOne(ctx context.Context, tx bun.Tx, actor authz.Actor, found []Member) ([]Choice, error) {
	switch {
	case len(found) == 0:
		return nil, errNotInRoster
	case actor.MemberID != 0 && slices.ContainsFunc(found, func(m Member) bool { return m.ID == actor.MemberID }):
		return nil, nil
	case actor.MemberID != 0:
		return nil, errAlready
	case len(found) > 1 || found[0].Bound:
		return s.choices(actor, found), nil
	}
	return nil, s.attach(ctx, tx, attachment{User: actor.UserID, Member: found[0].ID, Act: BoundByPhone})
}

func (s *Service) choices(actor authz.Actor, found []Member) []Choice {
	names := make([]string, len(found))
	for i, m := range found {
		names[i] = m.Name
	}
	choices, until := make([]Choice, len(found)), s.clock.Now().Add(pickLife)
	for i, name := range MaskNames(names) {
		m := found[i]
		choices[i] = Choice{Name: name, Taken: m.Bound, Pick: s.seals.sealPick(pick{m.ID, actor.UserID, until, m.Phone.Hash})}
	}
	return choices
}

// attachment is a binding to be made.
type attachment struct {
	User   ident.ID
	Member ident.ID
	Act    BindingAct
	By     ident.ID  // who has decided; 0 for nobody
	Over   time.Time // a binding made before this instant may be replaced; the zero time: none
	For    ident.ID  // the request that is fulfilled; 0 for none
}

// attach binds, in one transaction with its cause: at most one identity stands for a member, so the one before is let go
// first, if it may be. It returns member_taken or already_bound.
func (s *Service) attach(ctx context.Context, tx bun.IDB, a attachment) error {
	now := s.clock.Now()
	held, err := s.holdersOf(ctx, tx, a.Member)
	if err != nil {
		return err
	}
	for _, h := range held {
		if !h.boundAt().Before(a.Over) {
			return errTaken
		}
	}
	if ok, err := s.claim(ctx, tx, a.Member, now); err != nil || !ok {
		return cmp.Or[error](err, errTaken)
	}
	if err := s.detach(ctx, tx, held, a.Member, BindingEntry{Act: Replaced, By: a.By, At: now}); err != nil {
		return err
	}
	if ok, err := s.setBinding(ctx, tx, a.User, 0, a.Member, now); err != nil || !ok {
		return cmp.Or[error](err, errAlready)
	}
	if err := s.withdrawOthers(ctx, tx, a.User, a.For, now); err != nil {
		return err
	}
	return s.logBinding(ctx, tx, a.Member, a.User, BindingEntry{Act: a.Act, By: a.By, At: now})
}

// detach lets identities go; one that has gone by itself meanwhile is no matter.
func (s *Service) detach(ctx context.Context, tx bun.IDB, held []holder, member ident.ID, why BindingEntry) error {
	for _, h := range held {
		ok, err := s.setBinding(ctx, tx, h.ID, member, 0, why.At)
		if err == nil && ok {
			err = s.logBinding(ctx, tx, member, h.ID, why)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Unbind makes the actor's WeChat identity a resident's again. It returns not_bound when it stands for nobody.
func (s *Service) Unbind(ctx context.Context, actor authz.Actor) error {
	if actor.MemberID == 0 {
		return errNotBoundYet
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := s.clock.Now()
		ok, err := s.setBinding(ctx, tx, actor.UserID, actor.MemberID, 0, now)
		if err != nil || !ok {
			return cmp.Or[error](err, errNotBoundYet)
		}
		return s.logBinding(ctx, tx, actor.MemberID, actor.UserID, BindingEntry{Act: LetGo, At: now})
	})
}

// Release lets the WeChat identity of a member go, for a reason; binding again undoes it. The second of two equal calls
// changes nothing. It returns invalid_input, not_found, rank_above, member_not_bound, or member_taken when somebody was
// bound in this moment.
func (s *Service) Release(ctx context.Context, actor authz.Actor, member ident.ID, reason string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := s.handed(ctx, tx, actor, member); err != nil {
			return err
		}
		if err := checkReason(reason); err != nil {
			return err
		}
		held, err := s.holdersOf(ctx, tx, member)
		if err != nil {
			return err
		}
		if len(held) == 0 {
			return s.releasedBefore(ctx, tx, actor, member)
		}
		now := s.clock.Now()
		if ok, err := s.claim(ctx, tx, member, now); err != nil || !ok {
			return cmp.Or[error](err, errTaken)
		}
		return s.detach(ctx, tx, held, member, BindingEntry{Act: Released, By: actor.MemberID, Reason: reason, At: now})
	})
}

// releasedBefore: the answer to the same call may have been lost on the way.
func (s *Service) releasedBefore(ctx context.Context, tx bun.IDB, actor authz.Actor, member ident.ID) error {
	last, err := s.bindingLog(ctx, tx, member, 1)
	if err != nil {
		return err
	}
	if len(last) == 1 && last[0].Act == Released && last[0].By == actor.MemberID {
		return nil
	}
	return errUnbound
}

// handed returns the member if the actor may say which identity stands for them; else not_found or rank_above.
func (s *Service) handed(ctx context.Context, db bun.IDB, actor authz.Actor, member ident.ID) (Member, error) {
	m, err := s.runMember(ctx, db, actor, member)
	if err != nil {
		return m, err
	}
	held, err := s.grantsOf(ctx, db, []ident.ID{member})
	if err == nil && !handsIdentity(actor, held[member]) {
		err = errRank
	}
	return m, err
}

// runMember returns the member if the actor runs their organisation; else not_bound or not_found.
func (s *Service) runMember(ctx context.Context, db bun.IDB, actor authz.Actor, member ident.ID) (Member, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Member{}, err
	}
	m, err := s.MemberByID(ctx, db, member)
	if err == nil && !actor.Runs(m.OrgPath) {
		err = errMemberNotFound
	}
	return m, err
}

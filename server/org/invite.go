package org

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/web"
)

// Invite is what an invitation shall be.
type Invite struct {
	Key    string        // of the client; the same key gives the same invitation
	Member ident.ID      // of a personal one; 0 for anybody of the organisation
	Uses   int           // 0 is the usual number; a personal one has one
	Life   time.Duration // 0 is the usual one; a personal one has its own
}

// CreateInvitation makes an invitation of an organisation that the actor runs. A personal one stands for the actor's
// approval, so it takes the rights for that, and replaces the member's personal ones of before. It returns not_found,
// rank_above or invalid_input.
func (s *Service) CreateInvitation(ctx context.Context, actor authz.Actor, of ident.ID, in Invite) (Invitation, error) {
	o, err := s.OrgForActor(ctx, actor, authz.RunOrg, of)
	if err != nil {
		return Invitation{}, err
	}
	made, err := s.inviteByKey(ctx, actor, in.Key)
	if err != nil || made.ID != 0 {
		return made, err
	}
	now := s.clock.Now()
	made = Invitation{
		ID: s.ids.New(), Org: o, MaxUses: cmp.Or(in.Uses, usualUses), CreatedBy: actor.MemberID, CreatedAt: now,
		ExpiresAt: now.Add(cmp.Or(in.Life, usualLife)),
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if in.Member != 0 {
			if err := s.makePersonal(ctx, tx, actor, &made, in.Member); err != nil {
				return err
			}
		}
		return s.insertInvitation(ctx, tx, made, in.Key)
	})
	if store.IsDuplicate(err) { // the same key, twice at once: the other one has made it
		return s.inviteByKey(ctx, actor, in.Key)
	}
	return made, err
}

func (s *Service) makePersonal(ctx context.Context, tx bun.IDB, actor authz.Actor, made *Invitation, member ident.ID) error {
	m, err := s.handed(ctx, tx, actor, member)
	if err != nil {
		return err
	}
	if m.OrgID != made.Org.ID {
		return errMemberNotFound
	}
	made.Member, made.MaxUses, made.ExpiresAt = m, 1, made.CreatedAt.Add(personalLife)
	_, err = tx.NewRaw("UPDATE invitations SET revoked_at = ? WHERE member_id = ? AND revoked_at = 0", clock.Millis(made.CreatedAt), member).Exec(ctx)
	return err
}

func (s *Service) inviteByKey(ctx context.Context, actor authz.Actor, key string) (Invitation, error) {
	found, err := s.invitations(ctx, s.db.Write(), "i.created_by = ? AND i.client_key = ?", actor.MemberID, key)
	return store.One(found, err, nil)
}

// Invitations returns a page of the organisation's invitations for anybody, the latest first, and the cursor of the next
// page, 0 at the end. It returns not_found.
func (s *Service) Invitations(ctx context.Context, actor authz.Actor, of, after ident.ID, limit int) ([]Invitation, ident.ID, error) {
	if _, err := s.OrgForActor(ctx, actor, authz.RunOrg, of); err != nil {
		return nil, 0, err
	}
	where, args := "i.org_id = ? AND i.member_id = 0", []any{of}
	if after != 0 {
		where, args = where+" AND i.id < ?", append(args, after)
	}
	list, err := s.invitations(ctx, s.db.Read(), where+" ORDER BY i.id DESC LIMIT ?", append(args, limit+1)...)
	list, next := web.Cut(list, limit, func(i Invitation) ident.ID { return i.ID })
	return list, next, err
}

// RevokeInvitation ends an invitation; who has asked with it keeps the request. Revoking again changes nothing. It returns
// not_found.
func (s *Service) RevokeInvitation(ctx context.Context, actor authz.Actor, id ident.ID) (i Invitation, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		found, err := s.invitations(ctx, tx, "i.id = ?", id)
		if err != nil || len(found) == 0 {
			return cmp.Or[error](err, errNoInvite)
		}
		i = found[0]
		if err := authz.Can(actor, authz.RunOrg, authz.Object{Host: i.Org.Path}).Fault(); err != nil {
			return err
		}
		if !i.RevokedAt.IsZero() {
			return nil
		}
		i.RevokedAt = s.clock.Now()
		if _, err := tx.NewRaw("UPDATE invitations SET revoked_at = ? WHERE id = ? AND revoked_at = 0", clock.Millis(i.RevokedAt), id).Exec(ctx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{
			At: i.RevokedAt, Action: audit.InvitationRevoked, Subject: audit.On(audit.Org, i.Org.ID), Org: i.Org.Path, Detail: map[string]any{"invitation": id},
		})
	})
	return i, err
}

// MemberBinding is how a member is bound, for those who run the organisation.
type MemberBinding struct {
	Member     Member
	BoundAt    time.Time  // zero when no identity stands for them
	Invitation Invitation // the personal one that is open; zero when there is none
	Handed     bool       // the actor may invite, approve and release
	Log        []BindingEntry
}

// loggedAtMost is how much of a member's log is shown.
const loggedAtMost = 50

// BindingOf returns how a member is bound. It returns not_found.
func (s *Service) BindingOf(ctx context.Context, actor authz.Actor, member ident.ID) (b MemberBinding, err error) {
	db := s.db.Read()
	if b.Member, err = s.runMember(ctx, db, actor, member); err != nil {
		return b, err
	}
	held, err := s.holdersOf(ctx, db, member)
	if err != nil {
		return b, err
	}
	for _, h := range held {
		b.BoundAt = h.boundAt()
	}
	roles, err := s.grantsOf(ctx, db, []ident.ID{member})
	if err != nil {
		return b, err
	}
	b.Handed = handsIdentity(actor, roles[member])
	if b.Handed { // whoever sees the code can give the member's roles away
		if b.Invitation, err = s.openInvitation(ctx, db, member); err != nil {
			return b, err
		}
	}
	b.Log, err = s.bindingLog(ctx, db, member, loggedAtMost)
	return b, err
}

func (s *Service) openInvitation(ctx context.Context, db bun.IDB, member ident.ID) (Invitation, error) {
	latest, err := s.invitations(ctx, db, "i.member_id = ? ORDER BY i.id DESC LIMIT 1", member)
	if err != nil || len(latest) == 0 || latest[0].State(s.clock.Now()) != InvitationOpen {
		return Invitation{}, err
	}
	return latest[0], nil
}

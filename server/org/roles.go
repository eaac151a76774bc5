package org

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
)

// Holding is a role that a member holds on an organisation.
type Holding struct {
	MemberID ident.ID
	Role     authz.Role
	OrgID    ident.ID
	By       ident.ID // member who gave it; 0 for the operator of the server
	Since    time.Time
}

// Act is what was done to a role.
type Act string

// The acts.
const (
	Granted Act = "granted" // 任
	Revoked Act = "revoked" // 免
)

// RoleChange is one line of the history of an organisation's roles. Lines are only ever added.
type RoleChange struct {
	ID       ident.ID
	MemberID ident.ID
	Role     authz.Role
	OrgID    ident.ID
	Act      Act
	At       time.Time
	Since    time.Time // of what was revoked: when it had begun
	By       ident.ID  // 0 for the operator of the server
	Reason   string
	HandOver ident.ID // 0 for a change made by itself
}

// Errors of appointing.
var (
	errLastAdmin    = fault.Conflict("last_admin", "这是这里最后一位管理员，请先任命另一位管理员")
	errRolesChanged = fault.Conflict("roles_changed", "这里的职务刚被别人改过，请刷新后再操作")
	errNoVote       = fault.Conflict("not_electable", "预备党员没有被选举权，不能担任书记或组织委员")
	errSuspended    = fault.Conflict("member_suspended", "这位党员已停止党籍，不能担任职务")
	errWhy          = fault.Invalid("reason_required", "请写明免职原因").WithField("reason", "请写明原因")
)

// appointable returns why the member cannot be given the role, nil when nothing stands against it. Probationary members
// cannot be elected; suspended ones hold nothing.
func appointable(m Member, role authz.Role) error {
	switch {
	case m.Standing == Suspended:
		return errSuspended
	case m.Kind == MemberKindProbationary && (role == authz.Secretary || role == authz.Organiser):
		return errNoVote
	}
	return nil
}

// needsAdmin reports whether the organisation may not be left without an admin of its own: nobody above could help.
func needsAdmin(o Org) bool { return o.ParentID == 0 || o.Kind == District }

// appointing is a change of roles on one organisation, under way.
type appointing struct {
	*Service
	tx     bun.IDB
	on     Org
	now    time.Time
	by     ident.ID
	reason string
	over   ident.ID // the hand-over that it is part of

	since time.Time // of what is given: when it began, and who gave it; the zero values are now and by
	giver ident.ID
}

// atRoles runs f on the organisation for an actor who may appoint the role there, and holds off everybody who changes
// its roles at the same moment: the later one gets roles_changed. It returns not_found or why not.
func (s *Service) atRoles(ctx context.Context, actor authz.Actor, on ident.ID, role authz.Role, f func(ctx context.Context, a appointing) error) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		o, err := s.orgOrNone(ctx, tx, on)
		if err != nil {
			return err
		}
		if err := authz.Can(actor, authz.Appoint, authz.Object{Host: o.Path, Role: role}).Fault(); err != nil {
			return err
		}
		if err := s.claimRoles(ctx, tx, o.ID); err != nil {
			return err
		}
		return f(ctx, appointing{Service: s, tx: tx, on: o, now: s.clock.Now(), by: actor.MemberID})
	})
}

// orgOrNone returns the organisation, or the zero one, which nobody sees.
func (s *Service) orgOrNone(ctx context.Context, db bun.IDB, id ident.ID) (Org, error) {
	found, err := s.Orgs(ctx, db, []ident.ID{id})
	return store.One(found, err, nil)
}

// visible returns a member whom the actor can see.
func (a appointing) visible(ctx context.Context, actor authz.Actor, id ident.ID) (Member, error) {
	m, err := a.MemberByID(ctx, a.tx, id)
	if err == nil && !actor.Runs(m.OrgPath) {
		err = errMemberNotFound
	}
	return m, err
}

// Appoint gives a role to a member whom the actor can see. Somebody who holds it already keeps it. It returns not_found,
// what authz says against it, not_electable, member_suspended or roles_changed.
func (s *Service) Appoint(ctx context.Context, actor authz.Actor, on ident.ID, role authz.Role, member ident.ID, reason string) error {
	return s.atRoles(ctx, actor, on, role, func(ctx context.Context, a appointing) error {
		m, err := a.visible(ctx, actor, member)
		if err == nil {
			err = appointable(m, role)
		}
		if err != nil {
			return err
		}
		a.reason = strings.TrimSpace(reason)
		_, err = a.grant(ctx, member, role)
		return err
	})
}

// Dismiss takes a role from a member, and needs a reason. That somebody does not hold it is no error: the wish is
// fulfilled. It returns not_found, what authz says against it, reason_required, last_admin or roles_changed.
func (s *Service) Dismiss(ctx context.Context, actor authz.Actor, on ident.ID, role authz.Role, member ident.ID, reason string) error {
	return s.atRoles(ctx, actor, on, role, func(ctx context.Context, a appointing) error {
		a.reason = strings.TrimSpace(reason)
		if a.reason == "" {
			return errWhy
		}
		held, err := s.holding(ctx, a.tx, on, role, member)
		if err != nil || held == nil {
			return err
		}
		if err := a.revoke(ctx, *held); err != nil {
			return err
		}
		return a.keepAdmin(ctx)
	})
}

// grant gives the role and reports whether it is new.
func (a appointing) grant(ctx context.Context, member ident.ID, role authz.Role) (bool, error) {
	held, err := a.holding(ctx, a.tx, a.on.ID, role, member)
	if err != nil || held != nil {
		return false, err
	}
	given := Holding{MemberID: member, Role: role, OrgID: a.on.ID, By: a.by, Since: a.now}
	if !a.since.IsZero() { // given back as it was
		given.By, given.Since = a.giver, a.since
	}
	if err := a.insertGrant(ctx, a.tx, given); err != nil {
		return false, err
	}
	if err := a.log(ctx, RoleChange{MemberID: member, Role: role, Act: Granted}); err != nil {
		return false, err
	}
	return true, a.watch.Note(ctx, a.tx, recall.Ref{Kind: recall.Member, ID: member})
}

// revoke ends the role and keeps its term.
func (a appointing) revoke(ctx context.Context, held Holding) error {
	if ok, err := a.deleteGrant(ctx, a.tx, held); err != nil || !ok {
		return cmp.Or[error](err, errRolesChanged)
	}
	if err := a.log(ctx, RoleChange{MemberID: held.MemberID, Role: held.Role, Act: Revoked, Since: held.Since}); err != nil {
		return err
	}
	return a.watch.Note(ctx, a.tx, recall.Ref{Kind: recall.Member, ID: held.MemberID})
}

func (a appointing) log(ctx context.Context, c RoleChange) error {
	c.ID, c.OrgID, c.At, c.By, c.Reason, c.HandOver = a.ids.New(), a.on.ID, a.now, a.by, a.reason, a.over
	if err := a.insertRoleChange(ctx, a.tx, c); err != nil {
		return err
	}
	action := audit.RoleGranted
	if c.Act == Revoked {
		action = audit.RoleRevoked
	}
	return audit.Note(ctx, a.tx, audit.Entry{
		At: a.now, Action: action, Subject: audit.On(audit.Member, c.MemberID), Org: a.on.Path,
		Detail: map[string]any{"role": c.Role, "reason": c.Reason, "handOver": c.HandOver},
	})
}

// keepAdmin refuses what has left the organisation without an admin although it needs one.
func (a appointing) keepAdmin(ctx context.Context) error {
	if !needsAdmin(a.on) {
		return nil
	}
	left, err := a.HoldersOf(ctx, a.tx, a.on.ID, authz.Admin)
	if err == nil && len(left) == 0 {
		err = errLastAdmin
	}
	return err
}

// endRoles takes all roles from somebody who leaves the roster at this moment. It returns last_admin when an
// organisation would be left without its admin, and roles_changed.
func (s *Service) endRoles(ctx context.Context, tx bun.IDB, member, by ident.ID) error {
	held, err := s.holdingsOf(ctx, tx, member)
	if err != nil || len(held) == 0 {
		return err
	}
	orgs, err := s.Orgs(ctx, tx, orgsOf(held))
	if err != nil {
		return err
	}
	// Always in the same order: two who leave at once do not wait for each other.
	slices.SortFunc(orgs, func(a, b Org) int { return cmp.Compare(a.ID, b.ID) })
	for _, o := range orgs {
		if err := s.claimRoles(ctx, tx, o.ID); err != nil {
			return err
		}
		a := appointing{Service: s, tx: tx, on: o, now: s.clock.Now(), by: by, reason: "离开花名册"}
		for _, h := range held {
			if h.OrgID != o.ID {
				continue
			}
			if err := a.revoke(ctx, h); err != nil {
				return err
			}
		}
		if err := a.keepAdmin(ctx); err != nil {
			return err
		}
	}
	return nil
}

func orgsOf(held []Holding) []ident.ID {
	ids := make([]ident.ID, len(held))
	for i, h := range held {
		ids[i] = h.OrgID
	}
	return ids
}

// KeepsAdmin returns last_admin when the member is the only one who administers a district or the root that does not
// hold the organisation they stay in: such a person cannot be moved out, nor close the account, before somebody else is
// appointed. stays is 0 for nowhere.
func (s *Service) KeepsAdmin(ctx context.Context, tx bun.IDB, member, stays ident.ID) error {
	held, err := s.holdingsOf(ctx, tx, member)
	if err != nil || len(held) == 0 {
		return err
	}
	orgs, err := s.Orgs(ctx, tx, append(orgsOf(held), stays))
	if err != nil {
		return err
	}
	path := ""
	if i := slices.IndexFunc(orgs, func(o Org) bool { return o.ID == stays }); i >= 0 {
		path = orgs[i].Path
	}
	for _, h := range held {
		i := slices.IndexFunc(orgs, func(o Org) bool { return o.ID == h.OrgID })
		if h.Role != authz.Admin || i < 0 || !needsAdmin(orgs[i]) || authz.Within(path, orgs[i].Path) {
			continue
		}
		if err := s.othersAdminister(ctx, tx, h); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) othersAdminister(ctx context.Context, tx bun.IDB, h Holding) error {
	if err := s.claimRoles(ctx, tx, h.OrgID); err != nil {
		return err
	}
	admins, err := s.HoldersOf(ctx, tx, h.OrgID, authz.Admin)
	if err == nil && len(admins) < 2 {
		err = errLastAdmin
	}
	return err
}

// rolesFollow does what a change of a member's place means for the roles they hold: who leaves the roster holds none,
// and who is moved keeps them until they are taken. It returns last_admin or roles_changed.
func (s *Service) rolesFollow(ctx context.Context, tx bun.IDB, before Member, m Move, by ident.ID) error {
	switch {
	case m.Left:
		return s.endRoles(ctx, tx, before.ID, by)
	case m.OrgID != before.OrgID:
		return s.KeepsAdmin(ctx, tx, before.ID, m.OrgID)
	}
	return nil
}

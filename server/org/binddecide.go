package org

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/web"
)

// BindingQuery says which requests to list.
type BindingQuery struct {
	Open  bool     // those that wait; else those that were decided
	After ident.ID // cursor of the page before
	Limit int
}

// Bindings returns a page of the requests in the organisations that the actor runs, the latest first, and the cursor of the
// next page, 0 at the end.
func (s *Service) Bindings(ctx context.Context, actor authz.Actor, q BindingQuery) ([]BindingRequest, ident.ID, error) {
	if err := authz.Can(actor, authz.RunAny, authz.Object{}).Fault(); err != nil {
		return nil, 0, err
	}
	states := []BindingState{BindingApproved, BindingDeclined}
	if q.Open {
		states = []BindingState{BindingPending}
	}
	where, args := below(actor)
	where, args = "r.state IN (?) AND "+where, append([]any{bun.List(states)}, args...)
	if q.After != 0 {
		where, args = where+" AND r.id < ?", append(args, q.After)
	}
	list, err := s.bindings(ctx, s.db.Read(), where+" ORDER BY r.id DESC LIMIT ?", append(args, q.Limit+1)...)
	list, next := web.Cut(list, q.Limit, func(r BindingRequest) ident.ID { return r.ID })
	return list, next, err
}

// ApproveBinding lets the asker's identity stand for the member; 0 is the one whom the asker has chosen. replace allows to
// take the place of another identity, if it was there before the request. Of two approvals for one member one wins. The
// second of two equal calls changes nothing. It returns not_found, invalid_input, rank_above, binding_decided, asker_bound or
// member_taken.
func (s *Service) ApproveBinding(ctx context.Context, actor authz.Actor, id, member ident.ID, replace bool) (BindingRequest, error) {
	r, err := s.decideBinding(ctx, actor, id, BindingApproved, func(ctx context.Context, tx bun.IDB, r *BindingRequest) error {
		if r.MemberID != 0 && member != 0 && r.MemberID != member || r.MemberID == 0 && member == 0 {
			return errWhom
		}
		r.MemberID = cmp.Or(r.MemberID, member)
		_, err := s.handed(ctx, tx, actor, r.MemberID)
		return err
	}, func(ctx context.Context, tx bun.IDB, r BindingRequest) error {
		a := attachment{User: r.UserID, Member: r.MemberID, Act: BoundByApproval, By: actor.MemberID, For: r.ID}
		if replace {
			a.Over = r.CreatedAt
		}
		err := s.attach(ctx, tx, a)
		if err == errAlready { //nolint:errorlint // the very value
			err = errAsksBound
		}
		return err
	})
	if err == nil && member != 0 && r.MemberID != member { // decided before, for somebody else
		err = errDecided
	}
	return r, err
}

// DeclineBinding refuses a request, for a reason that the asker reads. It returns not_found, invalid_input or
// binding_decided.
func (s *Service) DeclineBinding(ctx context.Context, actor authz.Actor, id ident.ID, reason string) (BindingRequest, error) {
	reason = strings.TrimSpace(reason)
	return s.decideBinding(ctx, actor, id, BindingDeclined, func(_ context.Context, _ bun.IDB, r *BindingRequest) error {
		r.Reason = reason
		return checkReason(reason)
	}, nil)
}

// decideBinding loads the request, lets check complete it, moves it on and lets follow do what comes of it.
func (s *Service) decideBinding(ctx context.Context, actor authz.Actor, id ident.ID, to BindingState,
	check func(context.Context, bun.IDB, *BindingRequest) error, follow func(context.Context, bun.IDB, BindingRequest) error,
) (BindingRequest, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return BindingRequest{}, err
	}
	var r BindingRequest
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		found, err := s.bindings(ctx, tx, "r.id = ?", id)
		if err != nil || len(found) == 0 || !actor.Runs(found[0].Org.Path) {
			return cmp.Or[error](err, errNoRequest)
		}
		r = found[0]
		if r.State == to && r.DecidedBy == actor.MemberID { // the answer was lost on the way
			return nil
		}
		if r.State != BindingPending {
			return errDecided
		}
		if err := check(ctx, tx, &r); err != nil {
			return err
		}
		r.State, r.DecidedBy, r.DecidedAt, r.Last4 = to, actor.MemberID, s.clock.Now(), ""
		if ok, err := s.closeBinding(ctx, tx, r); err != nil || !ok {
			return cmp.Or[error](err, errDecided)
		}
		if err := auditDecision(ctx, tx, r); err != nil || follow == nil {
			return err
		}
		return follow(ctx, tx, r)
	})
	return r, err
}

func auditDecision(ctx context.Context, tx bun.IDB, r BindingRequest) error {
	action := audit.BindingRefused
	if r.State == BindingApproved {
		action = audit.BindingApproved
	}
	return audit.Note(ctx, tx, audit.Entry{
		At: r.DecidedAt, Action: action, Subject: audit.On(audit.Account, r.UserID), Org: r.Org.Path,
		Detail: map[string]any{"request": r.ID, "member": r.MemberID, "reason": r.Reason},
	})
}

// bindingFacts are what the views of requests need besides, read with one query each.
type bindingFacts struct {
	people map[ident.ID]Member // chosen or approved members, and who decided
	named  map[ident.ID][]Member
	held   map[ident.ID][]authz.Grant
}

// factsOf looks up whom requests are about: the members chosen, and for those that wait the people of the asker's name.
func (s *Service) factsOf(ctx context.Context, list []BindingRequest) (f bindingFacts, err error) {
	f.named = map[ident.ID][]Member{}
	var ids []ident.ID
	var paths, names []string
	for _, r := range list {
		ids = append(ids, r.MemberID, r.DecidedBy)
		if r.State == BindingPending && r.MemberID == 0 {
			paths, names = append(paths, r.Org.Path), append(names, plainName(r.Name))
		}
	}
	if f.people, err = s.MembersByID(ctx, s.db.Read(), ids); err != nil {
		return f, err
	}
	if len(paths) > 0 {
		alike, err := s.namesakes(ctx, paths, names)
		if err != nil {
			return f, err
		}
		f.match(list, alike, s.vault)
		for _, m := range alike {
			ids = append(ids, m.ID)
		}
	}
	f.held, err = s.grantsOf(ctx, s.db.Read(), ids)
	return f, err
}

func (f *bindingFacts) match(list []BindingRequest, alike []Member, vault *Vault) {
	for _, r := range list {
		if r.State != BindingPending || r.MemberID != 0 {
			continue
		}
		same := slices.DeleteFunc(slices.Clone(alike), func(m Member) bool {
			return m.Name != plainName(r.Name) || !authz.Within(m.OrgPath, r.Org.Path)
		})
		f.named[r.ID] = likely(same, func(m Member) bool { return endsIn(vault, m, r.Last4) })
	}
}

// endsIn reports whether the member's number ends in these digits.
func endsIn(vault *Vault, m Member, last4 string) bool {
	return last4 != "" && strings.HasSuffix(vault.Masked(m.Phone), last4)
}

package org

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/store"
)

// BindingAsk is what somebody asks with: a choice that their phone number allows, or an invitation's code and their name.
type BindingAsk struct {
	Key     string // of the client; the same key gives the same request
	Pick    string
	Code    string
	Name    string
	Last4   string // of the phone number; may be ""
	Address string // the network address, for counting wrong codes
}

// AskBinding asks that the actor's WeChat identity may stand for a member. Where nothing is left to decide — a personal
// invitation, or the only one with the number whom no identity stands for — it does so at once. again says that the key has
// asked before. It returns invalid_input, already_bound, choice_expired, binding_open, member_taken, invitation_wrong for
// whatever is wrong with a code or the name that belongs to it, too_many_attempts, or try_later when wrong codes cannot be
// counted.
func (s *Service) AskBinding(ctx context.Context, actor authz.Actor, ask BindingAsk) (r BindingRequest, again bool, err error) {
	if made, err := s.askedBefore(ctx, actor.UserID, ask.Key); err != nil || made.ID != 0 {
		return made, true, err
	}
	if actor.MemberID != 0 {
		return r, false, errAlready
	}
	how := s.askByCode
	if ask.Pick != "" {
		how = s.askByPick
	}
	r, err = how(ctx, actor, ask)
	if !store.IsDuplicate(err) {
		return r, false, err
	}
	r, err = s.askedBefore(ctx, actor.UserID, ask.Key) // the same call, twice at once; or another request is open
	if err == nil && r.ID == 0 {
		err = errAskOpen
	}
	return r, true, err
}

func (s *Service) askedBefore(ctx context.Context, user ident.ID, key string) (BindingRequest, error) {
	made, err := s.bindings(ctx, s.db.Write(), "r.user_id = ? AND r.client_key = ?", user, key)
	return store.One(made, err, nil)
}

func (s *Service) askByPick(ctx context.Context, actor authz.Actor, ask BindingAsk) (r BindingRequest, err error) {
	p, err := s.seals.openPick(ask.Pick, actor.UserID, s.clock.Now())
	if err != nil {
		return r, errPick.WithCause(err)
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		found, err := s.MembersByID(ctx, tx, []ident.ID{p.Member})
		if err != nil {
			return err
		}
		same := s.vault.hashesOf(found[p.Member].Phone) // the number may have been sealed anew since
		if !slices.Contains(same, p.Phone) {
			return errPick
		}
		sharing, err := s.membersByPhone(ctx, tx, same)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(sharing, func(m Member) bool { return m.ID == p.Member })
		if at < 0 {
			return errPick
		}
		m := sharing[at]
		r = s.newRequest(actor, BindingRequest{Org: Org{ID: m.OrgID, Name: m.OrgName, Path: m.OrgPath}, MemberID: m.ID, Name: m.Name})
		return s.place(ctx, tx, &r, ask.Key, alone(m.ID, sharing), attachment{Act: BoundByPhone})
	})
	return r, err
}

func (s *Service) newRequest(actor authz.Actor, r BindingRequest) BindingRequest {
	r.ID, r.UserID, r.State, r.CreatedAt = s.ids.New(), actor.UserID, BindingPending, s.clock.Now()
	return r
}

// place keeps the request, fulfilled at once when nothing is left to decide.
func (s *Service) place(ctx context.Context, tx bun.IDB, r *BindingRequest, key string, decided bool, a attachment) error {
	if !decided {
		return s.insertBinding(ctx, tx, *r, key)
	}
	r.State, r.DecidedAt = BindingApproved, r.CreatedAt
	if err := s.insertBinding(ctx, tx, *r, key); err != nil {
		return err
	}
	a.User, a.Member, a.For = r.UserID, r.MemberID, r.ID
	return s.attach(ctx, tx, a)
}

func (s *Service) askByCode(ctx context.Context, actor authz.Actor, ask BindingAsk) (r BindingRequest, err error) {
	ask.Name = strings.TrimSpace(ask.Name)
	if err := checkAsk(ask.Name, ask.Last4); err != nil {
		return r, err
	}
	code, err := ParseInvitation(ask.Code)
	if err != nil {
		return r, errCodeText
	}
	if err := s.mayTry(ctx, actor.UserID, ask.Address); err != nil {
		return r, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		r, err = s.askInvited(ctx, tx, actor, code, ask)
		return err
	})
	if err == errInvitation { //nolint:errorlint // the very value
		return r, cmp.Or(s.countWrong(ctx, actor.UserID, ask.Address), err)
	}
	return r, err
}

// askInvited: a code that is not there, one that is over and a name that does not belong to it are told apart neither by the
// answer nor by what they cost: one query.
func (s *Service) askInvited(ctx context.Context, tx bun.IDB, actor authz.Actor, code string, ask BindingAsk) (BindingRequest, error) {
	found, err := s.invitations(ctx, tx, "i.code_hash = ? AND "+notPromoted, s.seals.find(code))
	if err != nil {
		return BindingRequest{}, err
	}
	invitation := append(found, Invitation{})[0]
	now := s.clock.Now()
	if !invitation.admits(ask.Name, now) {
		return BindingRequest{}, errInvitation
	}
	if ok, err := s.useInvitation(ctx, tx, invitation.ID, now); err != nil || !ok {
		return BindingRequest{}, cmp.Or[error](err, errInvitation)
	}
	r := s.newRequest(actor, BindingRequest{
		Org: invitation.Org, MemberID: invitation.Member.ID, Invitation: invitation.ID, Name: ask.Name, Last4: ask.Last4,
	})
	if invitation.Personal() {
		r.Last4 = ""
	}
	a := attachment{Act: BoundByInvitation, By: invitation.CreatedBy, Over: invitation.CreatedAt}
	return r, s.place(ctx, tx, &r, ask.Key, invitation.Personal(), a)
}

// Somebody may send a wrong code this often, and all behind one address together this often: a hall full of people may
// share one. A million tries a day on a thousand open invitations would hit one within three years.
const (
	wrongPerUser    = 5
	wrongPerAddress = 100
	wrongWindow     = 15 * time.Minute
)

func wrongKeys(user ident.ID, address string) map[string]int {
	return map[string]int{"invite:user:" + user.String(): wrongPerUser, "invite:address:" + address: wrongPerAddress}
}

// mayTry: while wrong codes cannot be counted nobody may try, for guessing must not become free.
func (s *Service) mayTry(ctx context.Context, user ident.ID, address string) error {
	for key, most := range wrongKeys(user, address) {
		text, found, err := s.cache.Get(ctx, key)
		if err != nil {
			return errUncounted.WithCause(err)
		}
		if n, _ := strconv.Atoi(text); found && n >= most {
			return errAttempts.WithRetryAfter(wrongWindow)
		}
	}
	return nil
}

func (s *Service) countWrong(ctx context.Context, user ident.ID, address string) error {
	for key := range wrongKeys(user, address) {
		if _, err := s.cache.Incr(ctx, key, wrongWindow); err != nil {
			return errUncounted.WithCause(err)
		}
	}
	return nil
}

// MyBinding returns the actor's latest request, unless it was withdrawn; the zero request when there is none.
func (s *Service) MyBinding(ctx context.Context, actor authz.Actor) (BindingRequest, error) {
	made, err := s.bindings(ctx, s.db.Read(), "r.user_id = ? ORDER BY r.id DESC LIMIT 1", actor.UserID)
	if err != nil || len(made) == 0 || made[0].State == BindingWithdrawn {
		return BindingRequest{}, err
	}
	return made[0], nil
}

// WithdrawBinding takes the actor's open request back. Without one the wish is fulfilled.
func (s *Service) WithdrawBinding(ctx context.Context, actor authz.Actor) error {
	now := s.clock.Now()
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		open, err := s.bindings(ctx, tx, "r.user_id = ? AND r.state = ?", actor.UserID, BindingPending)
		if err != nil || len(open) == 0 {
			return err
		}
		r := open[0]
		r.State, r.DecidedAt = BindingWithdrawn, now
		if ok, err := s.closeBinding(ctx, tx, r); err != nil || !ok {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{
			At: now, Action: audit.BindingWithdrawn, Subject: audit.On(audit.Account, r.UserID), Org: r.Org.Path,
			Detail: map[string]any{"request": r.ID, "member": r.MemberID},
		})
	})
}

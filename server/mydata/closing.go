package mydata

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/origin"
	"themeday/server/store"
)

var errNotClosing = fault.Conflict("not_closing", "没有正在等待的注销申请")

// WithdrawLocation takes back what was allowed of the position: from where it was near or far, the actor's check-ins and visits no longer
// say so. It returns from how many it was removed; the check-ins themselves stay.
func (s *Service) WithdrawLocation(ctx context.Context, actor authz.Actor) (removed int64, err error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return 0, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		removed, err = s.forgetPositions(ctx, tx, actor)
		return err
	})
	return removed, err
}

func (s *Service) forgetPositions(ctx context.Context, tx bun.IDB, actor authz.Actor) (int64, error) {
	removed, err := s.Attendance.ForgetPositions(ctx, tx, actor.MemberID)
	if err != nil {
		return 0, err
	}
	return removed, audit.Note(ctx, tx, audit.Entry{
		At: s.Clock.Now(), Action: audit.ConsentWithdrawn, Subject: audit.On(audit.Member, actor.MemberID), Org: actor.OrgPath, Detail: map[string]any{"count": removed},
	})
}

// Closing returns when the user's account is to be closed; the zero time when it is not.
func (s *Service) Closing(ctx context.Context, user ident.ID) (time.Time, error) {
	var due int64
	err := s.DB.Read().NewRaw("SELECT due_at FROM account_closings WHERE user_id = ?", user).Scan(ctx, &due)
	if store.IsNoRows(err) {
		return time.Time{}, nil
	}
	return clock.FromMillis(due), err
}

// AskClosing has the actor's account closed after the days of grace, and returns when. Asking again changes nothing.
func (s *Service) AskClosing(ctx context.Context, actor authz.Actor) (due time.Time, err error) {
	now := s.Clock.Now()
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw("INSERT INTO account_closings (user_id, asked_at, due_at) VALUES (?, ?, ?)"+s.DB.IgnoreDuplicate("user_id"),
			actor.UserID, clock.Millis(now), clock.Millis(now.Add(s.Grace))).Exec(ctx)
		if added, err := store.Affected(res, err); err != nil || !added {
			return err
		}
		return s.noteAccount(ctx, tx, actor, audit.AccountClosing, now)
	})
	if err != nil {
		return time.Time{}, err
	}
	return s.Closing(ctx, actor.UserID)
}

// KeepAccount takes the closing back. It returns not_closing when there is none any more.
func (s *Service) KeepAccount(ctx context.Context, actor authz.Actor) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw("DELETE FROM account_closings WHERE user_id = ?", actor.UserID).Exec(ctx)
		if ok, err := store.Affected(res, err); err != nil || !ok {
			return cmp.Or[error](err, errNotClosing)
		}
		return s.noteAccount(ctx, tx, actor, audit.AccountKept, s.Clock.Now())
	})
}

func (s *Service) noteAccount(ctx context.Context, tx bun.IDB, actor authz.Actor, action audit.Action, now time.Time) error {
	by := origin.From(ctx)
	by.UserID, by.MemberID = actor.UserID, actor.MemberID // also when a job does it for them
	return audit.Note(origin.With(ctx, &by), tx, audit.Entry{
		At: now, Action: action, Subject: audit.On(audit.Account, actor.UserID), Org: actor.OrgPath,
	})
}

// Close closes the account at once: nobody is behind the WeChat identity any more, its sessions have ended, what it has allowed and
// where its owner was is gone. The line on the roster and the record of meetings are the branch's and stay.
func (s *Service) Close(ctx context.Context, user ident.ID) error {
	actor, err := s.People.ActorOf(ctx, user)
	if err != nil || actor.UserID == 0 {
		return err
	}
	now := s.Clock.Now()
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if actor.MemberID != 0 {
			if _, err := s.Attendance.ForgetPositions(ctx, tx, actor.MemberID); err != nil {
				return err
			}
		}
		if err := s.Attendance.ForgetUser(ctx, tx, user, actor.MemberID); err != nil {
			return err
		}
		if err := s.Messages.ForgetUser(ctx, tx, user, actor.MemberID); err != nil {
			return err
		}
		if err := s.People.EraseUser(ctx, tx, user); err != nil {
			return err
		}
		if _, err := tx.NewRaw("DELETE FROM account_closings WHERE user_id = ?", user).Exec(ctx); err != nil {
			return err
		}
		return s.noteAccount(ctx, tx, actor, audit.AccountClosed, now)
	})
}

// CloseDue closes up to limit accounts whose days of grace are over, and returns how many.
func (s *Service) CloseDue(ctx context.Context, limit int) (int64, error) {
	var due []ident.ID
	err := s.DB.Read().NewRaw("SELECT user_id FROM account_closings WHERE due_at <= ? ORDER BY due_at LIMIT ?", clock.Millis(s.Clock.Now()), limit).Scan(ctx, &due)
	if err != nil {
		return 0, err
	}
	for i, user := range due {
		if err := s.Close(ctx, user); err != nil {
			return int64(i), err
		}
	}
	return int64(len(due)), nil
}

// Revoked honours that somebody has taken back in WeChat what the mini-program might use. Nothing but the position is kept of what can be
// taken back there: phone numbers come from the roster, names and pictures are never read.
func (s *Service) Revoked(ctx context.Context, user ident.ID, what int) error {
	const location, chosenLocation = 13, 18
	if what != location && what != chosenLocation {
		return nil
	}
	actor, err := s.People.ActorOf(ctx, user)
	if err != nil || actor.MemberID == 0 {
		return err
	}
	by := origin.With(ctx, &origin.Origin{UserID: actor.UserID, MemberID: actor.MemberID})
	_, err = s.WithdrawLocation(by, actor)
	return err
}

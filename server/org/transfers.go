package org

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
	"themeday/server/store"
)

// TransferState is where a transfer stands.
type TransferState string

// The states. All but the first are final.
const (
	TransferPending   TransferState = "pending"   // waits for those who run the receiving organisation
	TransferAccepted  TransferState = "accepted"  // the member belongs there now
	TransferDeclined  TransferState = "declined"  // by those who run the receiving organisation
	TransferWithdrawn TransferState = "withdrawn" // by those who run the other one, or overtaken by another change
)

// Transfer hands a member over from one organisation to another.
type Transfer struct {
	ID        ident.ID
	MemberID  ident.ID
	FromOrg   ident.ID
	ToOrg     ident.ID
	State     TransferState
	Since     time.Time // from when it holds
	Note      string    // for the receiving side
	ByMember  ident.ID
	CreatedAt time.Time
	DecidedBy ident.ID
	DecidedAt time.Time // zero while it is pending
	Reason    string    // why it was declined
}

var (
	errNoTransfer   = fault.NotFound("not_found", "没有找到这次转接，或不在您的范围内")
	errTransferDone = fault.Conflict("transfer_decided", "这次转接已经处理过了，请刷新")
	errPending      = fault.Conflict("transfer_pending", "这位党员已有一次转接在等对方确认，请先撤回")
	errSameOrg      = fault.Invalid("invalid_input", "这位党员本来就在这个组织").WithField("toOrgId", "这位党员本来就在这个组织")
	errTransferOrg  = fault.Invalid("invalid_input", "没有找到要转入的组织").WithField("toOrgId", "没有找到要转入的组织")
	errForeignGroup = fault.Invalid("invalid_input", "请选对方的支部，由对方编入党小组").WithField("toOrgId", "请选支部，不要选党小组")
	errOwnTransfer  = fault.Forbidden("forbidden", "要由转入的组织确认；您可以撤回")
	errNotYours     = fault.Forbidden("forbidden", "只有转出的组织可以撤回")
)

// Transfer hands a member over from an instant on; the zero time is now. Who runs both organisations moves the member at
// once; otherwise the receiving one has to accept. It returns not_found, member_left, invalid_input, move_out_of_order, or
// transfer_pending.
func (s *Service) Transfer(ctx context.Context, actor authz.Actor, member, to ident.ID, since time.Time, note string) (Transfer, error) {
	now := s.clock.Now()
	if since.IsZero() {
		since = now
	}
	if since.After(now) {
		return Transfer{}, errMoveAhead
	}
	t := Transfer{ID: s.ids.New(), MemberID: member, ToOrg: to, State: TransferPending, Since: since, Note: note, ByMember: actor.MemberID, CreatedAt: now}
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.memberHere(ctx, tx, actor, member)
		if err != nil {
			return err
		}
		target, err := s.transferTarget(ctx, tx, actor, m, to)
		if err != nil {
			return err
		}
		t.FromOrg = m.OrgID
		if actor.Runs(target.Path) {
			t.State, t.DecidedBy, t.DecidedAt = TransferAccepted, actor.MemberID, now
			if err := s.moveAndAudit(ctx, tx, m, Move{OrgID: to, Kind: m.Kind, Standing: m.Standing, At: since}, actor.MemberID); err != nil {
				return err
			}
		} else if err := audit.Note(ctx, tx, s.about(audit.MemberHanded, member, m.OrgPath, map[string]any{"toOrg": to, "since": since})); err != nil {
			return err
		}
		if err := s.insertTransfer(ctx, tx, t); err != nil {
			return err
		}
		return s.tellTransfer(ctx, tx, t, actor.MemberID)
	})
	return t, err
}

// transferTarget returns the organisation that a member may be handed over to.
func (s *Service) transferTarget(ctx context.Context, tx bun.IDB, actor authz.Actor, m Member, to ident.ID) (Org, error) {
	orgs, err := s.Orgs(ctx, tx, []ident.ID{to})
	switch {
	case err != nil:
		return Org{}, err
	case len(orgs) == 0 || !orgs[0].Open():
		return Org{}, errTransferOrg
	case to == m.OrgID:
		return Org{}, errSameOrg
	case orgs[0].Kind == Group && !actor.Runs(orgs[0].Path):
		return Org{}, errForeignGroup
	}
	return orgs[0], nil
}

// Accept takes the member in: they belong to the receiving organisation from the transfer's instant on, or from now on where
// a later change of the member is known. The actor must run the receiving organisation. It returns not_found, forbidden to the
// other side, or transfer_decided.
func (s *Service) Accept(ctx context.Context, actor authz.Actor, id ident.ID) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		t, err := s.received(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if err := s.decide(ctx, tx, t, TransferAccepted, "", actor.MemberID); err != nil {
			return err
		}
		found, err := s.MembersByID(ctx, tx, []ident.ID{t.MemberID})
		m := found[t.MemberID]
		if err != nil {
			return err
		}
		if m.Left || m.OrgID != t.FromOrg {
			return errMoved
		}
		at, err := s.afterLastMove(ctx, tx, t)
		if err != nil {
			return err
		}
		if err := s.moveAndAudit(ctx, tx, m, Move{OrgID: t.ToOrg, Kind: m.Kind, Standing: m.Standing, At: at}, actor.MemberID); err != nil {
			return err
		}
		t.State = TransferAccepted
		return s.tellTransfer(ctx, tx, t, actor.MemberID)
	})
}

// Decline sends the member back. The actor must run the receiving organisation. It returns what Accept returns.
func (s *Service) Decline(ctx context.Context, actor authz.Actor, id ident.ID, reason string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		t, err := s.received(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if err := s.decide(ctx, tx, t, TransferDeclined, reason, actor.MemberID); err != nil {
			return err
		}
		if err := s.auditTransfer(ctx, tx, audit.MemberDeclined, t); err != nil {
			return err
		}
		t.State, t.Reason = TransferDeclined, reason
		return s.tellTransfer(ctx, tx, t, actor.MemberID)
	})
}

func (s *Service) moveAndAudit(ctx context.Context, tx bun.Tx, m Member, to Move, by ident.ID) error {
	if err := s.noteMove(ctx, tx, m, to, by); err != nil {
		return err
	}
	return auditMove(ctx, tx, m, to, s.clock.Now())
}

// auditTransfer puts on record, where the member is, what became of a transfer.
func (s *Service) auditTransfer(ctx context.Context, tx bun.IDB, action audit.Action, t Transfer) error {
	found, err := s.MembersByID(ctx, tx, []ident.ID{t.MemberID})
	if err != nil {
		return err
	}
	return audit.Note(ctx, tx, s.about(action, t.MemberID, found[t.MemberID].OrgPath, map[string]any{"fromOrg": t.FromOrg, "toOrg": t.ToOrg}))
}

// Withdraw takes a transfer back that has not been answered. The actor must run the organisation that hands over. It returns
// not_found, forbidden to the other side, or transfer_decided.
func (s *Service) Withdraw(ctx context.Context, actor authz.Actor, id ident.ID) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		t, from, _, err := s.transferSides(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if !from {
			return errNotYours
		}
		if err := s.decide(ctx, tx, t, TransferWithdrawn, "", actor.MemberID); err != nil {
			return err
		}
		return s.auditTransfer(ctx, tx, audit.MemberRetained, t)
	})
}

// received returns a transfer to whoever runs the receiving side.
func (s *Service) received(ctx context.Context, tx bun.IDB, actor authz.Actor, id ident.ID) (Transfer, error) {
	t, _, to, err := s.transferSides(ctx, tx, actor, id)
	if err == nil && !to {
		err = errOwnTransfer
	}
	return t, err
}

// transferSides returns a transfer and which of its sides the actor runs; not_found to whoever runs neither.
func (s *Service) transferSides(ctx context.Context, tx bun.IDB, actor authz.Actor, id ident.ID) (t Transfer, from, to bool, err error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return t, false, false, err
	}
	if t, err = s.transferByID(ctx, tx, id); err != nil {
		return t, false, false, err
	}
	orgs, err := s.Orgs(ctx, tx, []ident.ID{t.FromOrg, t.ToOrg})
	for _, o := range orgs {
		if actor.Runs(o.Path) {
			from, to = from || o.ID == t.FromOrg, to || o.ID == t.ToOrg
		}
	}
	if err == nil && !from && !to {
		err = errNoTransfer
	}
	return t, from, to, err
}

type transferRow struct {
	bun.BaseModel `bun:"table:member_transfers"`

	ID         ident.ID
	MemberID   ident.ID
	FromOrg    ident.ID
	ToOrg      ident.ID
	State      TransferState
	PendingFor ident.ID `bun:",nullzero"`
	Since      int64
	Note       string
	ByMember   ident.ID
	CreatedAt  int64
	DecidedBy  ident.ID
	DecidedAt  int64
	Reason     string
}

func (r transferRow) transfer() Transfer {
	t := Transfer{
		ID: r.ID, MemberID: r.MemberID, FromOrg: r.FromOrg, ToOrg: r.ToOrg, State: r.State, Since: clock.FromMillis(r.Since), Note: r.Note,
		ByMember: r.ByMember, CreatedAt: clock.FromMillis(r.CreatedAt), DecidedBy: r.DecidedBy, Reason: r.Reason,
	}
	if r.DecidedAt > 0 {
		t.DecidedAt = clock.FromMillis(r.DecidedAt)
	}
	return t
}

func (s *Service) insertTransfer(ctx context.Context, tx bun.IDB, t Transfer) error {
	row := transferRow{
		ID: t.ID, MemberID: t.MemberID, FromOrg: t.FromOrg, ToOrg: t.ToOrg, State: t.State, Since: clock.Millis(t.Since), Note: t.Note,
		ByMember: t.ByMember, CreatedAt: clock.Millis(t.CreatedAt), DecidedBy: t.DecidedBy,
	}
	if t.State == TransferPending {
		row.PendingFor = t.MemberID
	} else {
		row.DecidedAt = clock.Millis(t.DecidedAt)
	}
	_, err := tx.NewInsert().Model(&row).Exec(ctx)
	if store.IsDuplicate(err) {
		return errPending.WithCause(err)
	}
	return err
}

// decide ends a transfer that is pending.
func (s *Service) decide(ctx context.Context, tx bun.IDB, t Transfer, to TransferState, reason string, by ident.ID) error {
	res, err := tx.NewRaw("UPDATE member_transfers SET state = ?, pending_for = NULL, reason = ?, decided_by = ?, decided_at = ? WHERE id = ? AND state = ?",
		to, reason, by, clock.Millis(s.clock.Now()), t.ID, TransferPending).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		return cmp.Or[error](err, errTransferDone)
	}
	return nil
}

// overtake withdraws the transfers that wait and meet the condition, since something else has become of the member or of the
// organisation.
func overtake(ctx context.Context, tx bun.IDB, at int64, condition string, args ...any) error {
	_, err := tx.NewRaw("UPDATE member_transfers SET state = ?, pending_for = NULL, decided_at = ? WHERE state = ? AND ("+condition+")",
		append([]any{TransferWithdrawn, at, TransferPending}, args...)...).Exec(ctx)
	return err
}

// afterLastMove returns from when an accepted transfer holds.
func (s *Service) afterLastMove(ctx context.Context, tx bun.IDB, t Transfer) (time.Time, error) {
	var later int
	err := tx.NewRaw("SELECT COUNT(*) FROM member_moves WHERE member_id = ? AND at >= ?", t.MemberID, clock.Millis(t.Since)).Scan(ctx, &later)
	if later > 0 {
		return s.clock.Now(), err
	}
	return t.Since, err
}

const transferColumns = "x.id, x.member_id, x.from_org, x.to_org, x.state, x.since, x.note, x.by_member, x.created_at, x.decided_by, x.decided_at, x.reason"

func (s *Service) transferByID(ctx context.Context, db bun.IDB, id ident.ID) (Transfer, error) {
	var row transferRow
	err := db.NewRaw("SELECT "+transferColumns+" FROM member_transfers x WHERE x.id = ?", id).Scan(ctx, &row)
	if store.IsNoRows(err) {
		return Transfer{}, errNoTransfer
	}
	return row.transfer(), err
}

// transfersOf returns transfers to (incoming) or from the organisations below a path, the newest first, those before an id.
func (s *Service) transfersOf(ctx context.Context, path string, incoming, pending bool, before ident.ID, limit int) ([]Transfer, error) {
	side := "x.from_org"
	if incoming {
		side = "x.to_org"
	}
	where, args := within("o.path", []string{path})
	if pending {
		where, args = where+" AND x.state = ?", append(args, TransferPending)
	}
	if before != 0 {
		where, args = where+" AND x.id < ?", append(args, before)
	}
	var rows []transferRow
	err := s.db.Read().NewRaw("SELECT "+transferColumns+" FROM member_transfers x JOIN orgs o ON o.id = "+side+" WHERE "+where+" ORDER BY x.id DESC LIMIT ?",
		append(args, limit)...).Scan(ctx, &rows)
	transfers := make([]Transfer, len(rows))
	for i, r := range rows {
		transfers[i] = r.transfer()
	}
	return transfers, err
}

// incoming counts the transfers to the organisations below a path that wait for an answer.
func (s *Service) incoming(ctx context.Context, path string) (n int, err error) {
	where, args := within("o.path", []string{path})
	err = s.db.Read().NewRaw("SELECT COUNT(*) FROM member_transfers x JOIN orgs o ON o.id = x.to_org WHERE x.state = ? AND "+where,
		append([]any{TransferPending}, args...)...).Scan(ctx, &n)
	return n, err
}

// pendingTransfer returns the transfer of a member that waits for an answer; the zero value when there is none.
func (s *Service) pendingTransfer(ctx context.Context, member ident.ID) (Transfer, error) {
	var row transferRow
	err := s.db.Read().NewRaw("SELECT "+transferColumns+" FROM member_transfers x WHERE x.pending_for = ?", member).Scan(ctx, &row)
	if store.IsNoRows(err) {
		return Transfer{}, nil
	}
	return row.transfer(), err
}

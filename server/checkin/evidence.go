package checkin

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

// maxLoose bounds how many pictures a member can have sent without making a request with them.
const maxLoose = 6

var (
	errNoPicture   = fault.NotFound("no_picture", "照片已不在了，请重新选择")
	errManyPicture = fault.TooMany("too_many_pictures", "照片传得太多了，请先提交申请，或明天再试")
	errTooManyHere = fault.Invalid("invalid_input", "一个申请最多附两张照片").WithField("evidence", "最多两张照片")
)

type evidenceRow struct {
	bun.BaseModel `bun:"table:attendance_evidence"`

	ID        ident.ID
	MemberID  ident.ID
	RequestID ident.ID
	Picture   []byte
	CreatedAt int64
}

// Keep keeps a picture for a request that the actor is about to make, without anything that the file told besides the
// picture. It returns not_a_picture, picture_too_large or too_many_pictures.
func (s *Service) Keep(ctx context.Context, actor authz.Actor, raw []byte) (ident.ID, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return 0, err
	}
	var loose int
	err := s.db.Read().NewRaw("SELECT COUNT(*) FROM attendance_evidence WHERE member_id = ? AND request_id = 0", actor.MemberID).Scan(ctx, &loose)
	if err != nil {
		return 0, err
	}
	if loose >= maxLoose {
		return 0, errManyPicture
	}
	s.drawing.Lock()
	picture, err := redraw(raw)
	s.drawing.Unlock()
	if err != nil {
		return 0, err
	}
	row := evidenceRow{ID: s.ids.New(), MemberID: actor.MemberID, Picture: picture, CreatedAt: clock.Millis(s.clock.Now())}
	_, err = s.db.Write().NewInsert().Model(&row).Exec(ctx)
	return row.ID, err
}

// attachEvidence makes the member's own loose pictures the request's.
func (s *Service) attachEvidence(ctx context.Context, tx bun.IDB, r Request, pictures []ident.ID) error {
	if len(pictures) > maxEvidence {
		return errTooManyHere
	}
	for _, id := range pictures {
		ok, err := store.Affected(tx.NewRaw("UPDATE attendance_evidence SET request_id = ? WHERE id = ? AND member_id = ? AND request_id = 0",
			r.ID, id, r.Member.ID).Exec(ctx))
		if err != nil || !ok {
			return cmp.Or[error](err, errNoPicture)
		}
	}
	return nil
}

func (s *Service) evidenceOf(ctx context.Context, db bun.IDB, requests []ident.ID) (map[ident.ID][]ident.ID, error) {
	var rows []evidenceRow
	err := db.NewRaw("SELECT id, request_id FROM attendance_evidence WHERE request_id IN (?) ORDER BY id", bun.List(requests)).Scan(ctx, &rows)
	found := map[ident.ID][]ident.ID{}
	for _, r := range rows {
		found[r.RequestID] = append(found[r.RequestID], r.ID)
	}
	return found, err
}

// Picture returns a picture of a request as JPEG, to the member and to those who may decide: for anybody else it is not
// there.
func (s *Service) Picture(ctx context.Context, actor authz.Actor, request, id ident.ID) ([]byte, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	r, err := s.loadRequest(ctx, s.db.Read(), request)
	if err != nil {
		return nil, err
	}
	if r.Member.ID != actor.MemberID && !decides(actor, r) {
		return nil, errNoRequest
	}
	var row evidenceRow
	err = s.db.Read().NewRaw("SELECT picture FROM attendance_evidence WHERE id = ? AND request_id = ?", id, request).Scan(ctx, &row)
	if store.IsNoRows(err) {
		err = errNoPicture
	}
	if err != nil || r.Member.ID == actor.MemberID {
		return row.Picture, err
	}
	looked := audit.Entry{At: s.clock.Now(), Action: audit.LookEvidence, Subject: audit.On(audit.Member, r.Member.ID), Org: r.Member.OrgPath}
	return row.Picture, audit.Look(ctx, s.db, looked)
}

// PruneEvidence deletes up to limit pictures of requests that were decided or withdrawn before the one instant, and those that
// no request was made with before the other. It returns how many.
func (s *Service) PruneEvidence(ctx context.Context, decided, loose time.Time, limit int) (int64, error) {
	return s.db.DeleteSome(ctx, limit, "attendance_evidence",
		"((request_id = 0 AND created_at < ?) OR request_id IN (SELECT r.id FROM attendance_requests r WHERE r.state <> ? AND r.updated_at < ?))",
		clock.Millis(loose), RequestPending, clock.Millis(decided))
}

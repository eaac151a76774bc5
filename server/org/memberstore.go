package org

import (
	"cmp"
	"context"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// enrolledBy returns whom the request with this key has put on the roster; 0 for nobody.
func (s *Service) enrolledBy(ctx context.Context, db bun.IDB, key string) (id ident.ID, err error) {
	err = db.NewRaw("SELECT id FROM members WHERE enrol_key = ?", key).Scan(ctx, &id)
	if store.IsNoRows(err) {
		return 0, nil
	}
	return id, err
}

func (s *Service) noNamesake(ctx context.Context, db bun.IDB, org ident.ID, name string) error {
	var n int
	err := db.NewRaw("SELECT COUNT(*) FROM members m WHERE m.org_id = ? AND m.name = ? AND "+present, org, name).Scan(ctx, &n)
	if err == nil && n > 0 {
		err = errNamesake
	}
	return err
}

// enrolOne is Enrol for one person, and remembers by which request.
func (s *Service) enrolOne(ctx context.Context, tx bun.Tx, m Member, key string, by ident.ID) (ident.ID, error) {
	if err := s.Receive(ctx, tx, m.OrgID); err != nil {
		return 0, err
	}
	members, moves := s.enrolment([]Member{m}, by)
	members[0].EnrolKey = key
	if err := insertAll(ctx, tx, members); err != nil {
		return 0, err
	}
	return members[0].ID, insertAll(ctx, tx, moves)
}

// writeCorrection changes a member who is still at the revision.
func (s *Service) writeCorrection(ctx context.Context, tx bun.IDB, member ident.ID, c Correction, phone SealedPhone) error {
	initials, spelling := said(c.Name)
	set, args := "name = ?, initials = ?, pinyin = ?, party_since = ?", []any{c.Name, initials, spelling, c.Since}
	if c.Phone != nil {
		set, args = set+", phone_hash = ?, phone_cipher = ?, phone_key = ?", append(args, phone.Hash, phone.Cipher, phone.Key)
	}
	args = append(args, max(clock.Millis(s.clock.Now()), c.Revision+1), member, c.Revision)
	res, err := tx.NewRaw("UPDATE members SET "+set+", updated_at = ? WHERE id = ? AND left_at = 0 AND updated_at = ?", args...).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		return cmp.Or[error](err, errMoved)
	}
	return nil
}

// boundAt returns when the newest WeChat identity that stands for the member began to.
func (s *Service) boundAt(ctx context.Context, member ident.ID) (at int64, err error) {
	err = s.db.Read().NewRaw("SELECT COALESCE(MAX(bound_at), 0) FROM users WHERE member_id = ?", member).Scan(ctx, &at)
	return at, err
}

// movesOf returns the history of a member, the newest first.
func (s *Service) movesOf(ctx context.Context, member ident.ID) ([]MoveView, error) {
	var rows []struct {
		At       int64
		OrgName  string
		Kind     string
		Standing Standing
		Here     bool
		ByName   string
	}
	err := s.db.Read().NewRaw(`
SELECT v.at, o.name AS org_name, v.kind, v.standing, v.here, COALESCE(b.name, '') AS by_name
FROM member_moves v JOIN orgs o ON o.id = v.org_id LEFT JOIN members b ON b.id = v.by_member
WHERE v.member_id = ? ORDER BY v.at DESC`, member).Scan(ctx, &rows)
	views := make([]MoveView, len(rows))
	for i, r := range rows {
		views[i] = MoveView{OrgName: r.OrgName, Kind: r.Kind, Standing: r.Standing, Here: r.Here, ByName: r.ByName}
		if r.At > 0 {
			at := clock.FromMillis(r.At)
			views[i].At = &at
		}
	}
	return views, err
}

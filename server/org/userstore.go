package org

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
)

type userRow struct {
	ID        ident.ID
	Openid    string
	Unionid   string
	MemberID  ident.ID
	CreatedAt int64
}

func (r userRow) user() User {
	return User{ID: r.ID, OpenID: r.Openid, UnionID: r.Unionid, MemberID: r.MemberID, CreatedAt: clock.FromMillis(r.CreatedAt)}
}

const userColumns = "id, openid, unionid, member_id, created_at"

// userByOpenID returns the WeChat identity, made now when it is new.
func (s *Service) userByOpenID(ctx context.Context, openID, unionID string, now time.Time) (User, error) {
	var row userRow
	find := func() error {
		return s.db.Write().NewRaw("SELECT "+userColumns+" FROM users WHERE openid = ?", openID).Scan(ctx, &row)
	}
	err := find()
	if store.IsNoRows(err) {
		_, err = s.db.Write().NewRaw("INSERT INTO users (id, openid, unionid, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"+
			s.db.IgnoreDuplicate("openid"), s.ids.New(), openID, unionID, clock.Millis(now), clock.Millis(now)).Exec(ctx)
		if err == nil {
			err = find()
		}
	}
	if err == nil && unionID != "" && row.Unionid != unionID { // the accounts have been bound since the last login
		row.Unionid = unionID
		_, err = s.db.Write().NewRaw("UPDATE users SET unionid = ?, updated_at = ? WHERE id = ?", unionID, clock.Millis(now), row.ID).Exec(ctx)
	}
	return row.user(), err
}

// UserByOpenID returns the WeChat identity and whether there is one.
func (s *Service) UserByOpenID(ctx context.Context, openID string) (User, bool, error) {
	var row userRow
	err := s.db.Read().NewRaw("SELECT "+userColumns+" FROM users WHERE openid = ?", openID).Scan(ctx, &row)
	if store.IsNoRows(err) {
		return User{}, false, nil
	}
	return row.user(), err == nil, err
}

func (s *Service) userByID(ctx context.Context, id ident.ID) (User, error) {
	var row userRow
	err := s.db.Read().NewRaw("SELECT "+userColumns+" FROM users WHERE id = ?", id).Scan(ctx, &row)
	return row.user(), err
}

// UsersOf returns the WeChat identity that stands for each of the members; the newest where there are several.
func (s *Service) UsersOf(ctx context.Context, db bun.IDB, members []ident.ID) (map[ident.ID]User, error) {
	users := make(map[ident.ID]User, len(members))
	if len(members) == 0 {
		return users, nil
	}
	var rows []userRow
	err := db.NewRaw("SELECT "+userColumns+" FROM users WHERE member_id IN (?) ORDER BY bound_at, id", bun.List(members)).Scan(ctx, &rows)
	for _, row := range rows {
		users[row.MemberID] = row.user()
	}
	return users, err
}

// claim touches the member whom the transaction has read, and reports whether nobody else has since: of two identities
// that ask for one member in the same moment one loses, although they write different rows.
func (s *Service) claim(ctx context.Context, tx bun.IDB, member ident.ID, now time.Time) (bool, error) {
	var seen int64
	if err := tx.NewRaw("SELECT updated_at FROM members WHERE id = ?", member).Scan(ctx, &seen); err != nil {
		return false, err
	}
	res, err := tx.NewRaw("UPDATE members SET updated_at = ? WHERE id = ? AND updated_at = ?",
		max(clock.Millis(now), seen+1), member, seen).Exec(ctx)
	return store.Affected(res, err)
}

// setBinding changes which member the identity stands for, if it still stands for from.
func (s *Service) setBinding(ctx context.Context, tx bun.IDB, user, from, to ident.ID, now time.Time) (bool, error) {
	res, err := tx.NewRaw("UPDATE users SET member_id = ?, bound_at = ?, updated_at = ? WHERE id = ? AND member_id = ?",
		to, clock.Millis(now), clock.Millis(now), user, from).Exec(ctx)
	if ok, err := store.Affected(res, err); !ok || err != nil {
		return ok, err
	}
	return true, s.watch.Note(ctx, tx, recall.Ref{Kind: recall.User, ID: user})
}

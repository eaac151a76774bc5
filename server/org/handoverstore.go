package org

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

type handOverRow struct {
	bun.BaseModel `bun:"table:handovers,alias:h"`

	ID         ident.ID
	OrgID      ident.ID
	FromMember ident.ID
	ToMember   ident.ID
	Moved      string
	Reason     string
	ByMember   ident.ID
	ClientKey  string
	At         int64
	UndoneAt   int64
	UndoneBy   ident.ID
}

func (r handOverRow) handOver() (HandOver, error) {
	h := HandOver{
		ID: r.ID, OrgID: r.OrgID, From: r.FromMember, To: r.ToMember, Reason: r.Reason, By: r.ByMember,
		At: clock.FromMillis(r.At), UndoneAt: clock.FromMillis(r.UndoneAt),
	}
	return h, json.Unmarshal([]byte(r.Moved), &h.Moved)
}

// insertHandOver fails with a duplicate when the same member has used the key before.
func (s *Service) insertHandOver(ctx context.Context, tx bun.IDB, h HandOver, key string) error {
	moved, err := json.Marshal(h.Moved)
	if err != nil {
		return err
	}
	row := handOverRow{
		ID: h.ID, OrgID: h.OrgID, FromMember: h.From, ToMember: h.To, Moved: string(moved), Reason: h.Reason, ByMember: h.By,
		ClientKey: key, At: clock.Millis(h.At),
	}
	_, err = tx.NewInsert().Model(&row).Exec(ctx)
	return err
}

func (s *Service) setUndone(ctx context.Context, tx bun.IDB, h HandOver, by ident.ID) (bool, error) {
	return store.Affected(tx.NewRaw("UPDATE handovers SET undone_at = ?, undone_by = ? WHERE id = ? AND undone_at = 0",
		clock.Millis(h.UndoneAt), by, h.ID).Exec(ctx))
}

func (s *Service) handOvers(ctx context.Context, db bun.IDB, condition string, args ...any) ([]HandOver, error) {
	var rows []handOverRow
	if err := db.NewRaw("SELECT h.* FROM handovers h WHERE "+condition, args...).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	list := make([]HandOver, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.handOver(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// handOverByKey returns what the actor did with the key, the zero HandOver when nothing.
func (s *Service) handOverByKey(ctx context.Context, actor authz.Actor, key string) (HandOver, error) {
	list, err := s.handOvers(ctx, s.db.Write(), "h.by_member = ? AND h.client_key = ?", actor.MemberID, key)
	return store.One(list, err, nil)
}

func (s *Service) handOverOf(ctx context.Context, tx bun.IDB, on, id ident.ID) (HandOver, error) {
	list, err := s.handOvers(ctx, tx, "h.id = ? AND h.org_id = ?", id, on)
	return store.One(list, err, errNoHandOver)
}

// maxHandOvers is how many are listed: the elections of a few decades.
const maxHandOvers = 20

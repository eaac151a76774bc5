package org

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
)

// Stay is a part of the time during which a member belonged to an organisation that stood at one place in the tree.
type Stay struct {
	Path string
	From time.Time // zero: ever since
	To   time.Time // zero: until now
}

// Stays returns where a member has been, the earliest first: moves of the member begin a new one, and so do moves of the
// organisation.
func (s *Service) Stays(ctx context.Context, db bun.IDB, member ident.ID) ([]Stay, error) {
	m, err := s.MembersByID(ctx, db, []ident.ID{member})
	if err != nil || m[member].ID == 0 {
		return nil, err
	}
	var moves []moveRow
	if err := db.NewRaw("SELECT at, org_id, here FROM member_moves WHERE member_id = ? ORDER BY at", member).Scan(ctx, &moves); err != nil {
		return nil, err
	}
	if len(moves) == 0 {
		moves = []moveRow{{OrgID: m[member].OrgID, Here: true}}
	}
	var places []placed
	err = db.NewRaw(`
SELECT o.id AS org_id, COALESCE(p.at, 0) AS at, COALESCE(p.path, o.path) AS path FROM orgs o LEFT JOIN org_places p ON p.org_id = o.id
WHERE o.id IN (SELECT v.org_id FROM member_moves v WHERE v.member_id = ?) OR o.id = ? ORDER BY at`, member, m[member].OrgID).Scan(ctx, &places)
	return staysOf(moves, places), err
}

// forever is later than any instant in the tables.
const forever = int64(1) << 62

// staysOf cuts the moves of a member, in their order, at the moves of the organisations.
func staysOf(moves []moveRow, places []placed) []Stay {
	var stays []Stay
	for i, m := range moves {
		if !m.Here {
			continue
		}
		until := forever
		if i+1 < len(moves) {
			until = moves[i+1].At
		}
		there := placesOf(m.OrgID, places)
		for j, p := range there {
			from, to := max(m.At, p.At), until
			if j+1 < len(there) {
				to = min(to, there[j+1].At)
			}
			if from < to {
				stays = append(stays, Stay{p.Path, instantOr(from, 0), instantOr(to, forever)})
			}
		}
	}
	return stays
}

func placesOf(org ident.ID, places []placed) (there []placed) {
	for _, p := range places {
		if p.OrgID == org {
			there = append(there, p)
		}
	}
	return there
}

// instantOr returns the instant, and the zero time for the one that means none.
func instantOr(ms, none int64) time.Time {
	if ms == none {
		return time.Time{}
	}
	return clock.FromMillis(ms)
}

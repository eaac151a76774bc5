package checkin

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// generation is what is stored of a member's personal code; the zero value is that of somebody who has never renewed it.
type generation struct {
	Generation int
	ChangedAt  int64
}

// firstGeneration is that of members without a row.
const firstGeneration = 1

func (g generation) current() int { return max(g.Generation, firstGeneration) }

// since returns from when the present code counts; zero for the first.
func (g generation) since() time.Time { return clock.FromMillis(g.ChangedAt) }

// generations returns the present generation of each member who has renewed the code.
func (s *Service) generations(ctx context.Context, db bun.IDB, members []ident.ID) (map[ident.ID]generation, error) {
	found := make(map[ident.ID]generation, len(members))
	for start := 0; start < len(members); start += settleChunk {
		var rows []struct {
			MemberID   ident.ID
			Generation int
			ChangedAt  int64
		}
		part := members[start:min(start+settleChunk, len(members))]
		err := db.NewRaw("SELECT member_id, generation, changed_at FROM personal_codes WHERE member_id IN (?)", bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.MemberID] = generation{r.Generation, r.ChangedAt}
		}
	}
	return found, nil
}

// nextGeneration follows the generation that was seen, once: when another has followed it already nothing changes. It reports
// whether something has.
func (s *Service) nextGeneration(ctx context.Context, tx bun.IDB, member ident.ID, seen int, by ident.ID, now time.Time) (bool, error) {
	if seen == firstGeneration {
		return store.Affected(tx.NewRaw("INSERT INTO personal_codes (member_id, generation, changed_at, changed_by) VALUES (?, ?, ?, ?)"+
			s.db.IgnoreDuplicate("member_id"), member, seen+1, clock.Millis(now), by).Exec(ctx))
	}
	return store.Affected(tx.NewRaw("UPDATE personal_codes SET generation = ?, changed_at = ?, changed_by = ? WHERE member_id = ? AND generation = ?",
		seen+1, clock.Millis(now), by, member, seen).Exec(ctx))
}

package remind

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
)

// ceiling is how many messages a month the people at path and below it may get before the lesser ones stay in the inbox.
type ceiling struct {
	org  org.Org
	most int
}

// canWait reports whether the month's ceiling may keep a reminder of the kind in the inbox: what is said again on the eve
// of the event, or is only good to know. A change or cancellation is told whatever it costs.
func canWait(kind Kind) bool { return kind == Published || kind == RecordReady }

// isSpared reports whether somebody who has had so many messages this month is spared one more of the kind.
func isSpared(kind Kind, had, most int) bool { return most > 0 && had >= most && canWait(kind) }

// strictest returns the lowest of the ceilings that hold at path: an organisation may be stricter than the ones above it,
// never looser. The zero ceiling is none.
func strictest(all []ceiling, path string) (least ceiling) {
	for _, c := range all {
		if c.most > 0 && authz.Within(path, c.org.Path) && (least.most == 0 || c.most < least.most) {
			least = c
		}
	}
	return least
}

// month returns the span of t's month in Shanghai.
func month(t time.Time) (from, to time.Time) {
	t = t.In(clock.Beijing)
	from = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, clock.Beijing)
	return from, from.AddDate(0, 1, 0)
}

// spared returns which of the members are spared a message of the kind because of the month's ceiling. What is on its
// way counts as had.
func (s *Service) spared(ctx context.Context, db bun.IDB, kind Kind, members []org.Member, now time.Time) (map[ident.ID]bool, error) {
	spared := map[ident.ID]bool{}
	if !canWait(kind) {
		return spared, nil
	}
	all, err := s.ceilings(ctx, db)
	if err != nil || len(all) == 0 {
		return spared, err
	}
	had, err := s.hadThisMonth(ctx, db, members, now)
	for _, m := range members {
		spared[m.ID] = isSpared(kind, had[m.ID], strictest(all, m.OrgPath).most)
	}
	return spared, err
}

func (s *Service) hadThisMonth(ctx context.Context, db bun.IDB, members []org.Member, now time.Time) (map[ident.ID]int, error) {
	ids := make([]ident.ID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	var rows []struct {
		MemberID ident.ID
		N        int
	}
	from, to := month(now)
	err := db.NewRaw(`
SELECT member_id, COUNT(*) AS n FROM deliveries
WHERE member_id IN (?) AND state IN (?) AND updated_at >= ? AND updated_at < ? AND lead_id = 0 GROUP BY member_id`,
		bun.List(ids), bun.List([]State{Pending, Sending, Sent}), clock.Millis(from), clock.Millis(to)).Scan(ctx, &rows)
	had := make(map[ident.ID]int, len(rows))
	for _, r := range rows {
		had[r.MemberID] = r.N
	}
	return had, err
}

// ceilings returns all that have been set; there are few.
func (s *Service) ceilings(ctx context.Context, db bun.IDB) ([]ceiling, error) {
	var rows []struct {
		ID      ident.ID
		Kind    org.Kind
		Name    string
		Path    string
		Ceiling int
	}
	err := db.NewRaw(`
SELECT o.id, o.kind, o.name, o.path, c.ceiling FROM reminder_ceilings c JOIN orgs o ON o.id = c.org_id WHERE c.ceiling > 0`).Scan(ctx, &rows)
	all := make([]ceiling, len(rows))
	for i, r := range rows {
		all[i] = ceiling{org.Org{ID: r.ID, Kind: r.Kind, Name: r.Name, Path: r.Path}, r.Ceiling}
	}
	return all, err
}

var errCeilingLooser = fault.Invalid("invalid_input", "不能比上级规定的更多")

// SetCeiling sets the organisation's own ceiling; 0 takes it away. It returns invalid_input when an organisation above
// has a lower one.
func (s *Service) SetCeiling(ctx context.Context, actor authz.Actor, o org.Org, most int) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		all, err := s.ceilings(ctx, tx)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(c ceiling) bool { return c.org.ID == o.ID })
		if above := strictest(all, o.Path); above.most > 0 && most > above.most {
			return errCeilingLooser.WithField("ceiling", fmt.Sprintf("%s规定每人每月最多 %d 条", above.org.Name, above.most))
		}
		return s.storeCeiling(ctx, tx, actor, o, most)
	})
}

func (s *Service) storeCeiling(ctx context.Context, tx bun.IDB, actor authz.Actor, o org.Org, most int) error {
	at := clock.Millis(s.Clock.Now())
	_, err := tx.NewRaw("INSERT INTO reminder_ceilings (org_id, ceiling, set_by, set_at) VALUES (?, ?, ?, ?)"+s.DB.IgnoreDuplicate("org_id"),
		o.ID, most, actor.MemberID, at).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("UPDATE reminder_ceilings SET ceiling = ?, set_by = ?, set_at = ? WHERE org_id = ?", most, actor.MemberID, at, o.ID).Exec(ctx)
	if err != nil {
		return err
	}
	return audit.Note(ctx, tx, audit.Entry{
		At: clock.FromMillis(at), Action: audit.CeilingSet, Subject: audit.On(audit.Org, o.ID), Org: o.Path, Detail: map[string]any{"ceiling": most},
	})
}

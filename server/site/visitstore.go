package site

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// maxVisits bounds a list of visits: a busy site has a dozen on a day.
const maxVisits = 500

// LoadVisit returns the visit, or not_found.
func (s *Service) LoadVisit(ctx context.Context, db bun.IDB, id ident.ID) (Visit, error) {
	list, err := s.findVisits(ctx, db, "v.id = ?", id)
	return store.One(list, err, errVisitGone)
}

func (s *Service) findVisits(ctx context.Context, db bun.IDB, condition string, args ...any) ([]Visit, error) {
	var rows []struct {
		ID, SiteID, OrgID, CreatedBy ident.ID
		Note                         string
		OpensAt, ClosesAt, EndedAt   int64
		OrgKind                      org.Kind
		OrgName, OrgPath             string
		Visitors                     int
	}
	err := db.NewRaw(`
SELECT v.id, v.site_id, v.org_id, v.created_by, v.note, v.opens_at, v.closes_at, v.ended_at, o.kind AS org_kind, o.name AS org_name, o.path AS org_path,
       (SELECT COUNT(*) FROM site_visitors p WHERE p.visit_id = v.id) AS visitors
FROM site_visits v JOIN orgs o ON o.id = v.org_id WHERE `+condition, args...).Scan(ctx, &rows)
	list := make([]Visit, len(rows))
	for i, r := range rows {
		list[i] = Visit{
			ID: r.ID, Site: r.SiteID, Org: org.Org{ID: r.OrgID, Kind: r.OrgKind, Name: r.OrgName, Path: r.OrgPath}, Note: r.Note, Visitors: r.Visitors,
			OpensAt: clock.FromMillis(r.OpensAt), ClosesAt: clock.FromMillis(r.ClosesAt), EndedAt: clock.FromMillis(r.EndedAt), CreatedBy: r.CreatedBy,
		}
	}
	return list, err
}

func (s *Service) insertVisit(ctx context.Context, tx bun.IDB, at ident.ID, p VisitPlan, by ident.ID, key string, now time.Time) (ident.ID, error) {
	id := s.ids.New()
	var clientKey *string
	if key != "" {
		clientKey = &key
	}
	_, err := tx.NewRaw("INSERT INTO site_visits (id, site_id, org_id, note, opens_at, closes_at, created_by, client_key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		id, at, p.Org, p.Note, clock.Millis(p.OpensAt), clock.Millis(p.ClosesAt), by, clientKey, clock.Millis(now)).Exec(ctx)
	return id, err
}

func (s *Service) visitByKey(ctx context.Context, db bun.IDB, by ident.ID, key string) (ident.ID, error) {
	if key == "" {
		return 0, nil
	}
	var id ident.ID
	err := db.NewRaw("SELECT id FROM site_visits WHERE created_by = ? AND client_key = ?", by, key).Scan(ctx, &id)
	if store.IsNoRows(err) {
		return 0, nil
	}
	return id, err
}

// visitors returns who was there on these visits, by visit, in the order of coming.
func (s *Service) visitors(ctx context.Context, visits []ident.ID) (map[ident.ID][]Visitor, error) {
	byVisit := map[ident.ID][]Visitor{}
	if len(visits) == 0 {
		return byVisit, nil
	}
	var rows []struct {
		VisitID, MemberID, OrgID ident.ID
		At                       int64
		Position                 string
	}
	err := s.db.Read().NewRaw("SELECT visit_id, member_id, org_id, at, position FROM site_visitors WHERE visit_id IN (?) ORDER BY at, member_id", bun.List(visits)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.MemberID
	}
	people, err := s.people.MembersByID(ctx, s.db.Read(), ids)
	for _, r := range rows {
		byVisit[r.VisitID] = append(byVisit[r.VisitID], Visitor{people[r.MemberID], r.OrgID, clock.FromMillis(r.At), r.Position})
	}
	return byVisit, err
}

package site

import (
	"context"
	"encoding/hex"
	"math"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// row is a site as stored.
type row struct {
	bun.BaseModel `bun:"table:sites,alias:s"`

	ID              ident.ID `bun:",pk"`
	Kind            Kind
	Name            string
	Address         string
	Lat             *int64
	Lng             *int64
	Radius          int
	OrgID           ident.ID
	Introduction    string
	Opening         string
	ClosedAt        int64
	PlateKey        string
	PlateGeneration int
	PlateSince      int64
	CreatedBy       ident.ID
	ClientKey       *string
	Revision        int
	CreatedAt       int64
	UpdatedAt       int64
}

// microDegrees is how positions are stored: a millionth of a degree is about 0.1 m.
const microDegrees = 1e6

// Stored returns the point as the database keeps it; nil for none.
func (p *Position) Stored() (lat, lng *int64) {
	if p == nil {
		return nil, nil
	}
	lat, lng = new(int64), new(int64)
	*lat, *lng = int64(math.Round(p.Lat*microDegrees)), int64(math.Round(p.Lng*microDegrees))
	return lat, lng
}

// StoredPosition is the way back from Stored.
func StoredPosition(lat, lng *int64) *Position {
	if lat == nil || lng == nil {
		return nil
	}
	return &Position{Lat: float64(*lat) / microDegrees, Lng: float64(*lng) / microDegrees}
}

func (r *row) set(d Draftable) {
	r.Kind, r.Name, r.Address, r.Radius, r.OrgID = d.Kind, d.Name, d.Address, d.Radius, d.Org
	r.Introduction, r.Opening = d.Introduction, d.Opening
	r.Lat, r.Lng = d.Position.Stored()
}

func (r *row) site() (Site, error) {
	key, err := hex.DecodeString(r.PlateKey)
	s := Site{
		ID: r.ID, Kind: r.Kind, Name: r.Name, Address: r.Address, Radius: r.Radius, Introduction: r.Introduction, Opening: r.Opening,
		ClosedAt: clock.FromMillis(r.ClosedAt), Plate: Plate{key, r.PlateGeneration, clock.FromMillis(r.PlateSince)},
		CreatedAt: clock.FromMillis(r.CreatedAt), Revision: r.Revision, Position: StoredPosition(r.Lat, r.Lng),
	}
	return s, err
}

// Load returns the site with its organisation and keepers, or not_found.
func (s *Service) Load(ctx context.Context, db bun.IDB, id ident.ID) (Site, error) {
	sites, err := s.find(ctx, db, "s.id = ?", id)
	return store.One(sites, err, errNotFound)
}

// find returns the sites that match, in the order of the condition's ORDER BY.
func (s *Service) find(ctx context.Context, db bun.IDB, condition string, args ...any) ([]Site, error) {
	var rows []struct {
		row
		OrgKind org.Kind
		OrgName string
		OrgPath string
	}
	err := db.NewRaw("SELECT s.*, o.kind AS org_kind, o.name AS org_name, o.path AS org_path FROM sites s JOIN orgs o ON o.id = s.org_id WHERE "+condition, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	sites := make([]Site, len(rows))
	for i := range rows {
		if sites[i], err = rows[i].site(); err != nil {
			return nil, err
		}
		sites[i].Org = org.Org{ID: rows[i].OrgID, Kind: rows[i].OrgKind, Name: rows[i].OrgName, Path: rows[i].OrgPath}
	}
	return sites, s.attachKeepers(ctx, db, sites)
}

// attachKeepers loads the keepers of all the sites with one query.
func (s *Service) attachKeepers(ctx context.Context, db bun.IDB, sites []Site) error {
	if len(sites) == 0 {
		return nil
	}
	at := make(map[ident.ID]int, len(sites))
	ids := make([]ident.ID, len(sites))
	for i, found := range sites {
		ids[i], at[found.ID] = found.ID, i
	}
	var rows []struct{ SiteID, MemberID ident.ID }
	err := db.NewRaw("SELECT site_id, member_id FROM site_keepers WHERE site_id IN (?) ORDER BY member_id", bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		of := &sites[at[r.SiteID]]
		of.Keepers = append(of.Keepers, r.MemberID)
	}
	return err
}

func (s *Service) insert(ctx context.Context, tx bun.IDB, d Draftable, by ident.ID, key string, now time.Time) (ident.ID, error) {
	r := row{
		ID: s.ids.New(), PlateKey: hex.EncodeToString(s.ids.Bytes(plateKeyBytes)), PlateGeneration: 1, PlateSince: clock.Millis(now),
		CreatedBy: by, Revision: 1, CreatedAt: clock.Millis(now), UpdatedAt: clock.Millis(now),
	}
	if key != "" {
		r.ClientKey = &key
	}
	r.set(d)
	if _, err := tx.NewInsert().Model(&r).Exec(ctx); err != nil {
		return 0, err
	}
	return r.ID, s.setKeepers(ctx, tx, r.ID, d.Keepers)
}

func (s *Service) setKeepers(ctx context.Context, tx bun.IDB, id ident.ID, keepers []ident.ID) error {
	if _, err := tx.NewRaw("DELETE FROM site_keepers WHERE site_id = ?", id).Exec(ctx); err != nil || len(keepers) == 0 {
		return err
	}
	type keeperRow struct {
		bun.BaseModel `bun:"table:site_keepers"`

		SiteID   ident.ID
		MemberID ident.ID
	}
	rows := make([]keeperRow, len(keepers))
	for i, keeper := range keepers {
		rows[i] = keeperRow{SiteID: id, MemberID: keeper}
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// update writes a new content over the revision that was read.
func (s *Service) update(ctx context.Context, tx bun.IDB, there Site, d Draftable, now time.Time) (bool, error) {
	r := row{UpdatedAt: clock.Millis(now), Revision: there.Revision + 1}
	r.set(d)
	res, err := tx.NewUpdate().Model(&r).
		Column("kind", "name", "address", "lat", "lng", "radius", "org_id", "introduction", "opening", "revision", "updated_at").
		Where("id = ? AND revision = ? AND closed_at = 0", there.ID, there.Revision).Exec(ctx)
	if ok, err := store.Affected(res, err); !ok || err != nil {
		return ok, err
	}
	return true, s.setKeepers(ctx, tx, there.ID, d.Keepers)
}

// setClosed closes the site at an instant, or opens it again with the zero one.
func (s *Service) setClosed(ctx context.Context, tx bun.IDB, there Site, at, now time.Time) (bool, error) {
	res, err := tx.NewRaw("UPDATE sites SET closed_at = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND revision = ? AND closed_at = ?",
		clock.Millis(at), clock.Millis(now), there.ID, there.Revision, clock.Millis(there.ClosedAt)).Exec(ctx)
	return store.Affected(res, err)
}

func (s *Service) nextPlate(ctx context.Context, tx bun.IDB, there Site, now time.Time) (bool, error) {
	res, err := tx.NewRaw("UPDATE sites SET plate_generation = plate_generation + 1, plate_since = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND revision = ? AND plate_generation = ? AND closed_at = 0",
		clock.Millis(now), clock.Millis(now), there.ID, there.Revision, there.Plate.Generation).Exec(ctx)
	return store.Affected(res, err)
}

func (s *Service) idByKey(ctx context.Context, db bun.IDB, by ident.ID, key string) (ident.ID, error) {
	var id ident.ID
	err := db.NewRaw("SELECT id FROM sites WHERE created_by = ? AND client_key = ?", by, key).Scan(ctx, &id)
	if store.IsNoRows(err) {
		return 0, nil
	}
	return id, err
}

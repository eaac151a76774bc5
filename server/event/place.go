package event

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/site"
)

// Sites is what events need to know about sites. Package site provides it.
type Sites interface {
	Load(ctx context.Context, db bun.IDB, id ident.ID) (site.Site, error)
}

// SetSites connects the sites. Without it no event can name one.
func (s *Service) SetSites(sites Sites) { s.sites = sites }

var errSite = errInput.WithField("siteId", "没有找到这个场馆，或它已停用")

// atSite takes from the site what the place leaves out. An event may stay at a site that was closed after it was
// planned; it returns invalid_input for any other that is unknown or closed.
func (s *Service) atSite(ctx context.Context, tx bun.IDB, d Draftable, before ident.ID) (Draftable, error) {
	if d.Site == 0 {
		return d, nil
	}
	at, err := s.sites.Load(ctx, tx, d.Site)
	if fault.CodeOf(err) == "not_found" || err == nil && !at.Open() && d.Site != before {
		return d, errSite
	}
	if err != nil || d.Place.Position != nil || at.Position == nil {
		return d, err
	}
	d.Place.Position, d.Place.Radius = at.Position, at.Radius
	return d, nil
}

// maxAtSite bounds how many events are looked at for one scan.
const maxAtSite = 50

// AtSite returns the published events at the site whose check-in window is open at the instant or opens before the
// other one, by start.
func (s *Service) AtSite(ctx context.Context, db bun.IDB, at ident.ID, now, before time.Time) ([]Event, error) {
	return s.find(ctx, db, "e.site_id = ? AND e.checkin_closes_at >= ? AND e.checkin_opens_at < ? AND e.state = ? ORDER BY e.starts_at, e.id LIMIT ?",
		at, clock.Millis(now), clock.Millis(before), Published, maxAtSite)
}

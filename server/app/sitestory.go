package app

import (
	"context"
	"time"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/site"
)

// sites opens the district's red-education sites and lets a branch visit the second of them now. It returns them in the order
// of the data.
func (s *story) sites(ctx context.Context) ([]site.Site, error) {
	roots, err := s.app.Orgs.Roots(ctx)
	if err != nil {
		return nil, err
	}
	admin := actorOf(s.branches[0][0])
	admin.Grants = []authz.Grant{{Role: authz.Admin, OrgID: roots[0].ID, OrgPath: roots[0].Path}}
	var made []site.Site
	for _, d := range s.district.Sites {
		opened, err := s.app.Sites.Create(ctx, admin, site.Draftable{
			Kind: site.RedEducation, Name: d.Name, Address: d.Near, Org: roots[0].ID, Opening: "周二至周日 9:00–17:00，团体请提前一天联系",
			Position: &site.Position{Lat: d.Position.Lat, Lng: d.Position.Lng},
		}, "")
		if err != nil {
			return nil, err
		}
		made = append(made, opened)
	}
	if len(made) > 1 {
		plan := site.VisitPlan{Org: s.branches[1][0].OrgID, Note: "新党员参观学习", OpensAt: s.now.Truncate(time.Minute), ClosesAt: s.now.Add(hours(3))}
		_, err = s.app.Sites.OpenVisit(ctx, admin, made[1].ID, plan, "")
	}
	return made, err
}

// placeOf is an event's place at a site.
func placeOf(at site.Site) (event.Place, ident.ID) {
	return event.Place{Name: at.Name, Address: at.Address, Position: at.Position, Radius: at.Radius}, at.ID
}

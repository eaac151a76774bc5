package site

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// SiteInput is what those who run the organisation fill in.
type SiteInput struct {
	Key          string     `json:"key,omitempty" maxLength:"64" doc:"Chosen by the client; the same key answers with the same site"`
	Kind         Kind       `json:"kind" enum:"red_education,station"`
	Name         string     `json:"name" minLength:"2" maxLength:"60"`
	Address      string     `json:"address,omitempty" maxLength:"120" doc:"How to find it"`
	Position     *Position  `json:"position,omitempty" doc:"Where it is on the map; without it distance is never judged"`
	Radius       int        `json:"radius,omitempty" minimum:"0" maximum:"5000" doc:"Metres around the position that count as there; 0 is 300"`
	OrgID        ident.ID   `json:"orgId" doc:"Who looks after it: an organisation that the caller runs"`
	KeeperIDs    []ident.ID `json:"keeperIds,omitempty" maxItems:"20" doc:"Members who show its plate, beside those who hold a role on the organisation"`
	Introduction string     `json:"introduction,omitempty" maxLength:"2000"`
	Opening      string     `json:"opening,omitempty" maxLength:"120" doc:"When it is open, in words"`
	Revision     int        `json:"revision,omitempty" minimum:"0" doc:"When editing: the revision the change is based on; 0 overwrites"`
}

func (in SiteInput) draftable() Draftable {
	return Draftable{
		Kind: in.Kind, Name: in.Name, Address: in.Address, Position: in.Position, Radius: in.Radius, Org: in.OrgID,
		Keepers: in.KeeperIDs, Introduction: in.Introduction, Opening: in.Opening,
	}
}

// KeeperView names a keeper.
type KeeperView struct {
	ID   ident.ID `json:"id"`
	Name string   `json:"name"`
}

// CanSiteView says which buttons to show.
type CanSiteView struct {
	Edit bool `json:"edit" doc:"Edit, close, reopen, renew the plate"`
	Keep bool `json:"keep" doc:"Show the plate, see the visits"`
}

// SiteView is a site as clients see it.
type SiteView struct {
	ID           ident.ID     `json:"id"`
	Kind         Kind         `json:"kind" enum:"red_education,station"`
	Name         string       `json:"name"`
	Address      string       `json:"address"`
	Position     *Position    `json:"position" doc:"null when it is not on the map"`
	Radius       int          `json:"radius" doc:"Metres around the position that count as there"`
	Org          org.OrgRef   `json:"org"`
	Keepers      []KeeperView `json:"keepers" doc:"Members see them; empty for a resident"`
	Introduction string       `json:"introduction"`
	Opening      string       `json:"opening"`
	ClosedAt     *time.Time   `json:"closedAt" doc:"null while it is in use"`
	Revision     int          `json:"revision" doc:"Grows with every change"`
	Can          CanSiteView  `json:"can"`
}

func (s Site) view(actor authz.Actor, names map[ident.ID]org.Member) SiteView {
	v := SiteView{
		ID: s.ID, Kind: s.Kind, Name: s.Name, Address: s.Address, Position: s.Position, Radius: cmp.Or(s.Radius, DefaultRadius),
		Org: s.Org.Ref(), Keepers: []KeeperView{}, Introduction: s.Introduction, Opening: s.Opening, Revision: s.Revision,
		Can: CanSiteView{Edit: authz.Can(actor, authz.RunSite, s.Object()).Allowed, Keep: authz.Can(actor, authz.KeepSite, s.Object()).Allowed},
	}
	for _, id := range s.Keepers {
		if actor.MemberID == 0 { // a site is public, who works there is not
			break
		}
		v.Keepers = append(v.Keepers, KeeperView{id, names[id].Name})
	}
	if !s.Open() {
		v.ClosedAt = &s.ClosedAt
	}
	return v
}

type siteOutput struct{ Body SiteView }

// IDInput is an operation on one site.
type IDInput struct {
	ID web.IDParam `path:"id"`
}

const sitePath = "/api/v1/sites/{id}"

// Routes adds the operations of this package.
func (s *Service) Routes(a *web.API) {
	web.Register(a, web.Op{ID: "createSite", Method: http.MethodPost, Path: "/api/v1/sites", Status: http.StatusCreated, Tag: "sites", Summary: "Open a site."}, s.create)
	web.Register(a, web.Op{ID: "listSites", Method: http.MethodGet, Path: "/api/v1/sites", Tag: "sites", Summary: "The sites, or those whose plate I may show."}, s.list)
	web.Register(a, web.Op{ID: "getSite", Method: http.MethodGet, Path: sitePath, Tag: "sites", Summary: "One site."}, s.get)
	web.Register(a, web.Op{ID: "editSite", Method: http.MethodPut, Path: sitePath, Tag: "sites", Summary: "Replace the content of a site."}, s.edit)
	web.Register(a, web.Op{ID: "closeSite", Method: http.MethodPost, Path: sitePath + "/close", Tag: "sites", Summary: "Take it out of use."}, s.step(s.Close))
	web.Register(a, web.Op{ID: "reopenSite", Method: http.MethodPost, Path: sitePath + "/reopen", Tag: "sites", Summary: "Take it into use again."}, s.step(s.Reopen))
	web.Register(a, web.Op{ID: "getPlate", Method: http.MethodGet, Path: sitePath + "/plate", Tag: "sites", Summary: "What the plate says, for those who keep the site."}, s.getPlate)
	web.Register(a, web.Op{ID: "renewPlate", Method: http.MethodPost, Path: sitePath + "/plate/renew", Tag: "sites", Summary: "Make all earlier plates worthless."}, s.renewPlate)
	s.routesVisits(a)
	a.Raw(web.Op{ID: "plateMiniCode", Method: http.MethodGet, Path: sitePath + "/minicode", Tag: "sites", Summary: "Picture of the plate's mini-program code."}, s.miniCode(a))
}

type createInput struct{ Body SiteInput }

func (s *Service) create(ctx context.Context, in *createInput) (*siteOutput, error) {
	made, err := s.Create(ctx, web.ActorFrom(ctx), in.Body.draftable(), in.Body.Key)
	return s.answer(ctx, made, err)
}

type editInput struct {
	IDInput
	Body SiteInput
}

func (s *Service) edit(ctx context.Context, in *editInput) (*siteOutput, error) {
	after, err := s.Update(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.draftable(), in.Body.Revision)
	return s.answer(ctx, after, err)
}

func (s *Service) get(ctx context.Context, in *IDInput) (*siteOutput, error) {
	found, err := s.Load(ctx, s.db.Read(), in.ID.ID) // public
	return s.answer(ctx, found, err)
}

func (s *Service) step(take func(context.Context, authz.Actor, ident.ID) (Site, error)) func(context.Context, *IDInput) (*siteOutput, error) {
	return func(ctx context.Context, in *IDInput) (*siteOutput, error) {
		after, err := take(ctx, web.ActorFrom(ctx), in.ID.ID)
		return s.answer(ctx, after, err)
	}
}

func (s *Service) answer(ctx context.Context, found Site, err error) (*siteOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := s.views(ctx, []Site{found})
	if err != nil {
		return nil, err
	}
	return &siteOutput{views[0]}, nil
}

func (s *Service) views(ctx context.Context, sites []Site) ([]SiteView, error) {
	names, err := s.names(ctx, s.db.Read(), sites)
	views := make([]SiteView, len(sites))
	for i, found := range sites {
		views[i] = found.view(web.ActorFrom(ctx), names)
	}
	return views, err
}

type listInput struct {
	Search string      `query:"q" maxLength:"60" doc:"Part of the name or the address"`
	Kind   Kind        `query:"kind" enum:"red_education,station"`
	Scope  string      `query:"scope" enum:"all,kept" default:"all" doc:"kept: I may show the plate"`
	Closed bool        `query:"closed" doc:"Those taken out of use instead of the others"`
	After  web.IDParam `query:"after" doc:"next of the page before"`
	Limit  int         `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type listOutput struct {
	Body struct {
		Items []SiteView `json:"items"`
		Next  ident.ID   `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	sites, next, err := s.List(ctx, web.ActorFrom(ctx), Query{in.Search, in.Kind, in.Scope, in.Closed, in.After.ID, in.Limit})
	if err != nil {
		return nil, err
	}
	var out listOutput
	out.Body.Next = next
	out.Body.Items, err = s.views(ctx, sites)
	return &out, err
}

type plateOutput struct {
	Body struct {
		Name       string    `json:"name"`
		URL        string    `json:"url" doc:"Draw it as a QR code"`
		Scene      string    `json:"scene" doc:"Of the mini-program code"`
		Generation int       `json:"generation" doc:"Counts the renewals, from 1; small enough to be printed"`
		Since      time.Time `json:"since" doc:"Plates from before are worthless"`
	}
}

func (s *Service) getPlate(ctx context.Context, in *IDInput) (*plateOutput, error) {
	found, err := s.For(ctx, s.db.Read(), web.ActorFrom(ctx), authz.KeepSite, in.ID.ID)
	return s.plate(found, err)
}

func (s *Service) renewPlate(ctx context.Context, in *IDInput) (*plateOutput, error) {
	after, err := s.RenewPlate(ctx, web.ActorFrom(ctx), in.ID.ID)
	return s.plate(after, err)
}

func (s *Service) plate(of Site, err error) (*plateOutput, error) {
	if err != nil {
		return nil, err
	}
	var out plateOutput
	out.Body.Name, out.Body.Scene, out.Body.URL = of.Name, of.PlateText(), s.publicURL+"/c/"+of.PlateText()
	out.Body.Generation, out.Body.Since = of.Plate.Generation, of.Plate.Since
	return &out, nil
}

// checkinPage is the page of the mini-program that a plate opens; the scene is the plate's text.
const checkinPage = "pages/checkin/checkin"

func (s *Service) miniCode(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		id, err := ident.Parse(c.Param("id"))
		if err != nil {
			a.Fail(c, errNotFound)
			return
		}
		found, err := s.For(ctx, s.db.Read(), web.ActorFrom(ctx), authz.KeepSite, id)
		if err != nil {
			a.Fail(c, err)
			return
		}
		picture, mediaType, err := s.painter.MiniCode(ctx, found.PlateText(), checkinPage)
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.Data(http.StatusOK, mediaType, picture)
	}
}

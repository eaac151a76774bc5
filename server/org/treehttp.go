package org

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/web"
)

// OrgCan says what the caller may do with an organisation, as it is now.
type OrgCan struct {
	Edit   bool   `json:"edit" doc:"Theme day, address and term"`
	Rename bool   `json:"rename"`
	Shape  bool   `json:"shape" doc:"Move it, merge it into another one, close it, or reopen it"`
	Below  []Kind `json:"below" doc:"What the caller may create directly below it; mostly empty"`
}

// OrgDetail is an organisation with all that is kept of it.
type OrgDetail struct {
	OrgView
	Parent      *OrgRef   `json:"parent" doc:"null for the root"`
	Address     string    `json:"address"`
	TermStart   string    `json:"termStart" doc:"When the committee was elected, such as 2024-06-18; empty when not known"`
	TermYears   int       `json:"termYears" minimum:"0" maximum:"10" doc:"0 when not known"`
	ElectionDue string    `json:"electionDue" doc:"When the next election has to be held: what was set, else what the term leads to; empty when not known"`
	ElectionSet bool      `json:"electionSet" doc:"The day was set by hand"`
	Election    Election  `json:"election" enum:"unknown,far,near,over" doc:"near: within three months; over: the day has passed"`
	ClosedAt    string    `json:"closedAt" doc:"RFC 3339; empty while it works"`
	Successor   *OrgRef   `json:"successor" doc:"What it was merged into; null unless it was"`
	Remains     []string  `json:"remains" doc:"Such as 12 名党员, 2 场未结束的活动: stands in the way of a close, and goes along when it is merged. Empty for those who may do neither"`
	CreatedAt   time.Time `json:"createdAt"`
	Revision    int       `json:"revision" doc:"To be sent with a change"`
	Can         OrgCan    `json:"can"`
}

// PastView is one act in the history of an organisation.
type PastView struct {
	Act    OrgAct       `json:"act" enum:"created,edited,moved,merged,absorbed,closed,reopened"`
	ByName string       `json:"byName" doc:"Empty when nobody is known"`
	At     time.Time    `json:"at"`
	What   []Difference `json:"what"`
}

const orgPath = "/api/v1/orgs/{id}"

func (s *Service) routesTree(a *web.API) {
	op := func(id, method, path, summary string) web.Op {
		return web.Op{ID: id, Method: method, Path: path, Tag: "organisation", Summary: summary}
	}
	created := op("createOrg", http.MethodPost, orgPath+"/orgs", "Create an organisation below this one.")
	created.Status = http.StatusCreated
	web.Register(a, created, s.createOrg)
	web.Register(a, op("getOrg", http.MethodGet, orgPath, "One organisation, also after it was closed."), s.getOrg)
	web.Register(a, op("editOrg", http.MethodPut, orgPath, "Change its name, theme day, address or term."), s.editOrg)
	web.Register(a, op("moveOrg", http.MethodPost, orgPath+"/move", "Put it, with everything below it, under another one."), s.moveOrg)
	web.Register(a, op("mergeOrg", http.MethodPost, orgPath+"/merge", "Make it part of another one of the same kind."), s.mergeOrg)
	web.Register(a, op("closeOrg", http.MethodPost, orgPath+"/close", "Close it, once nobody and nothing open is left in it."), s.closeOrg)
	web.Register(a, op("reopenOrg", http.MethodPost, orgPath+"/reopen", "Take a close back."), s.reopenOrg)
	web.Register(a, op("listOrgHistory", http.MethodGet, orgPath+"/history", "Who has changed what and when, the latest first."), s.listOrgHistory)
}

// OrgInput is an operation on an organisation.
type OrgInput struct {
	ID web.IDParam `path:"id"`
}

type orgOutput struct{ Body OrgDetail }

// OrgFacts are what can be said about an organisation.
type OrgFacts struct {
	Name        string `json:"name" minLength:"2" maxLength:"64"`
	ThemeDay    int    `json:"themeDay,omitempty" minimum:"0" maximum:"28" doc:"Day of the month; 0 or left out is the 10th"`
	Address     string `json:"address,omitempty" maxLength:"120"`
	TermStart   string `json:"termStart,omitempty" maxLength:"10" doc:"Such as 2024-06-18"`
	TermYears   int    `json:"termYears,omitempty" minimum:"0" maximum:"10"`
	ElectionDue string `json:"electionDue,omitempty" maxLength:"10" doc:"Such as 2027-06-18; left out: what the term leads to"`
}

func (f OrgFacts) facts() Facts {
	if f.ThemeDay == 0 {
		f.ThemeDay = defaultThemeDay
	}
	return Facts(f)
}

// Change is what every change of an organisation takes.
type Change struct {
	Revision int    `json:"revision,omitempty" minimum:"0" doc:"The one that the caller has seen; 0 or left out: whatever it is"`
	Key      string `json:"key,omitempty" maxLength:"64" doc:"The same key gives the same answer"`
}

type createOrgInput struct {
	OrgInput
	Body struct {
		OrgFacts
		Kind Kind   `json:"kind" enum:"district,committee,general_branch,branch,group"`
		Key  string `json:"key,omitempty" maxLength:"64" doc:"The same key gives the same answer"`
	}
}

func (s *Service) createOrg(ctx context.Context, in *createOrgInput) (*orgOutput, error) {
	d, err := s.Create(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Kind, in.Body.facts(), in.Body.Key)
	return s.told(ctx, d, err)
}

func (s *Service) getOrg(ctx context.Context, in *OrgInput) (*orgOutput, error) {
	d, err := s.Detail(ctx, web.ActorFrom(ctx), in.ID.ID)
	return s.told(ctx, d, err)
}

type editOrgInput struct {
	OrgInput
	Body struct {
		OrgFacts
		Change
	}
}

func (s *Service) editOrg(ctx context.Context, in *editOrgInput) (*orgOutput, error) {
	d, err := s.Edit(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.facts(), in.Body.Revision, in.Body.Key)
	return s.told(ctx, d, err)
}

type moveOrgInput struct {
	OrgInput
	Body struct {
		Change
		ParentID ident.ID `json:"parentId"`
	}
}

func (s *Service) moveOrg(ctx context.Context, in *moveOrgInput) (*orgOutput, error) {
	d, err := s.Move(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.ParentID, in.Body.Revision, in.Body.Key)
	return s.told(ctx, d, err)
}

type mergeOrgInput struct {
	OrgInput
	Body struct {
		Change
		IntoID ident.ID `json:"intoId"`
	}
}

func (s *Service) mergeOrg(ctx context.Context, in *mergeOrgInput) (*orgOutput, error) {
	d, err := s.Merge(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.IntoID, in.Body.Revision, in.Body.Key)
	return s.told(ctx, d, err)
}

type closeOrgInput struct {
	OrgInput
	Body struct {
		Change
		Reason string `json:"reason,omitempty" maxLength:"100" doc:"Kept in its history"`
	}
}

func (s *Service) closeOrg(ctx context.Context, in *closeOrgInput) (*orgOutput, error) {
	d, err := s.Close(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Reason, in.Body.Revision, in.Body.Key)
	return s.told(ctx, d, err)
}

type reopenOrgInput struct {
	OrgInput
	Body struct {
		Key string `json:"key,omitempty" maxLength:"64" doc:"The same key gives the same answer"`
	}
}

func (s *Service) reopenOrg(ctx context.Context, in *reopenOrgInput) (*orgOutput, error) {
	d, err := s.Reopen(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Key)
	return s.told(ctx, d, err)
}

// told answers with an organisation, as the caller may see it.
func (s *Service) told(ctx context.Context, d Detail, err error) (*orgOutput, error) {
	if err != nil {
		return nil, err
	}
	view, err := s.detailView(ctx, web.ActorFrom(ctx), d)
	return &orgOutput{view}, err
}

func (s *Service) detailView(ctx context.Context, actor authz.Actor, d Detail) (OrgDetail, error) {
	views, err := s.orgViews(ctx, actor, []Org{d.Org})
	if err != nil {
		return OrgDetail{}, err
	}
	v := OrgDetail{
		OrgView: views[0], Address: d.Address, TermStart: d.TermStart, TermYears: d.TermYears, ElectionDue: d.due(), ElectionSet: d.ElectionDue != "",
		Election: d.election(s.clock.Now()), Remains: []string{}, CreatedAt: d.CreatedAt, Revision: d.Revision, Can: can(actor, d.Org),
	}
	if !d.Open() {
		v.ClosedAt, v.Election = clock.FromMillis(d.ClosedAt).Format(time.RFC3339), ElectionUnknown
	}
	around, err := s.Orgs(ctx, s.db.Write(), []ident.ID{d.ParentID, d.Successor})
	if err != nil {
		return v, err
	}
	for _, o := range around {
		ref := o.Ref()
		if o.ID == d.ParentID {
			v.Parent = &ref
		}
		if o.ID == d.Successor {
			v.Successor = &ref
		}
	}
	if v.Can.Shape && d.Open() {
		v.Remains, err = s.remains(ctx, s.db.Write(), d.Org)
	}
	return v, err
}

// can says what the actor may do with the organisation.
func can(actor authz.Actor, o Org) OrgCan {
	admin := authz.Can(actor, authz.AdminOrg, authz.Object{Host: o.Path}).Allowed
	above := authz.Can(actor, authz.AdminOrg, authz.Object{Host: PathOfParent(o.Path)}).Allowed
	c := OrgCan{Edit: o.Open() && actor.Runs(o.Path), Rename: o.Open() && admin, Shape: above, Below: []Kind{}}
	for _, kind := range []Kind{District, Committee, GeneralBranch, Branch, Group} {
		if admin && o.Open() && MayStand(kind, o.Kind) {
			c.Below = append(c.Below, kind)
		}
	}
	return c
}

type historyInput struct {
	OrgInput
	After string `query:"after" maxLength:"80" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type historyOutput struct {
	Body struct {
		Items []PastView `json:"items"`
		Next  string     `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listOrgHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	o, err := s.OrgForActor(ctx, web.ActorFrom(ctx), authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	before, err := strconv.Atoi("0" + in.After)
	if err != nil {
		return nil, web.ErrCursor
	}
	past, revisions, err := s.changesBefore(ctx, o.ID, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &historyOutput{}
	if len(past) > in.Limit {
		past, out.Body.Next = past[:in.Limit], strconv.Itoa(revisions[in.Limit-1])
	}
	out.Body.Items, err = s.pastViews(ctx, past)
	return out, err
}

func (s *Service) pastViews(ctx context.Context, past []Past) ([]PastView, error) {
	by := make([]ident.ID, len(past))
	for i, p := range past {
		by[i] = p.By
	}
	people, err := s.MembersByID(ctx, s.db.Read(), slices.Compact(by))
	views := make([]PastView, len(past))
	for i, p := range past {
		views[i] = PastView{Act: p.Act, ByName: people[p.By].Name, At: p.At, What: append([]Difference{}, p.What...)}
	}
	return views, err
}

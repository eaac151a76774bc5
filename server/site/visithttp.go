package site

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/audit"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

const visitPath = "/api/v1/visits/{id}"

func (s *Service) routesVisits(a *web.API) {
	web.Register(a, web.Op{ID: "openVisit", Method: http.MethodPost, Path: sitePath + "/visits", Status: http.StatusCreated, Tag: "sites", Summary: "Let an organisation's members be recorded as visitors by the plate."}, s.openVisit)
	web.Register(a, web.Op{ID: "listVisits", Method: http.MethodGet, Path: sitePath + "/visits", Tag: "sites", Summary: "The visits of a month, for those who keep the site."}, s.listVisits)
	web.Register(a, web.Op{ID: "getVisit", Method: http.MethodGet, Path: visitPath, Tag: "sites", Summary: "One visit with its visitors."}, s.getVisit)
	web.Register(a, web.Op{ID: "endVisit", Method: http.MethodPost, Path: visitPath + "/end", Tag: "sites", Summary: "End a visit before its time."}, s.endVisit)
	a.Raw(web.Op{ID: "exportVisits", Method: http.MethodGet, Path: sitePath + "/visits.csv", Tag: "sites", Summary: "The visitors of a month as CSV."}, s.exportVisits(a))
}

// VisitBrief is a visit in one line.
type VisitBrief struct {
	ID       ident.ID   `json:"id"`
	SiteID   ident.ID   `json:"siteId"`
	Org      org.OrgRef `json:"org" doc:"Whose members can be recorded"`
	Note     string     `json:"note"`
	OpensAt  time.Time  `json:"opensAt"`
	ClosesAt time.Time  `json:"closesAt"`
	EndedAt  *time.Time `json:"endedAt" doc:"null unless it was ended before its time"`
	Open     bool       `json:"open" doc:"The plate counts for it now"`
	Visitors int        `json:"visitors" doc:"How many have come"`
}

// Brief returns the visit in one line.
func (v Visit) Brief(now time.Time) VisitBrief {
	b := VisitBrief{ID: v.ID, SiteID: v.Site, Org: v.Org.Ref(), Note: v.Note, OpensAt: v.OpensAt, ClosesAt: v.ClosesAt, Open: v.OpenAt(now), Visitors: v.Visitors}
	if !v.EndedAt.IsZero() {
		b.EndedAt = &v.EndedAt
	}
	return b
}

// VisitorView is one visitor.
type VisitorView struct {
	MemberID ident.ID  `json:"memberId"`
	Name     string    `json:"name"`
	OrgName  string    `json:"orgName"`
	At       time.Time `json:"at"`
	Position string    `json:"position" enum:"none,near,far_1km,far_5km,far" doc:"Distance from the site, as a band"`
}

// VisitInput is what a visit is opened with.
type VisitInput struct {
	Key      string    `json:"key,omitempty" maxLength:"64" doc:"Chosen by the client; the same key answers with the same visit"`
	OrgID    ident.ID  `json:"orgId" doc:"Who visits: it and everybody below it. Keepers may name any organisation, others one that they run"`
	Note     string    `json:"note,omitempty" maxLength:"100"`
	OpensAt  time.Time `json:"opensAt"`
	ClosesAt time.Time `json:"closesAt" doc:"At most a day later"`
}

type visitOutput struct{ Body VisitBrief }

type openVisitInput struct {
	IDInput
	Body VisitInput
}

func (s *Service) openVisit(ctx context.Context, in *openVisitInput) (*visitOutput, error) {
	plan := VisitPlan{in.Body.OrgID, in.Body.Note, clock.Trim(in.Body.OpensAt), clock.Trim(in.Body.ClosesAt)}
	v, err := s.OpenVisit(ctx, web.ActorFrom(ctx), in.ID.ID, plan, in.Body.Key)
	return &visitOutput{v.Brief(s.clock.Now())}, err
}

func (s *Service) endVisit(ctx context.Context, in *IDInput) (*visitOutput, error) {
	v, err := s.EndVisit(ctx, web.ActorFrom(ctx), in.ID.ID)
	return &visitOutput{v.Brief(s.clock.Now())}, err
}

type visitDetailOutput struct {
	Body struct {
		VisitBrief
		Items []VisitorView `json:"items" doc:"In the order of coming"`
	}
}

func (s *Service) getVisit(ctx context.Context, in *IDInput) (*visitDetailOutput, error) {
	v, _, err := s.visitFor(ctx, web.ActorFrom(ctx), in.ID.ID)
	if err != nil {
		return nil, err
	}
	byVisit, err := s.visitors(ctx, []ident.ID{v.ID})
	out := &visitDetailOutput{}
	out.Body.VisitBrief, out.Body.Items = v.Brief(s.clock.Now()), []VisitorView{}
	for _, p := range byVisit[v.ID] {
		out.Body.Items = append(out.Body.Items, VisitorView{p.Member.ID, p.Member.Name, p.Member.OrgName, p.At, p.Position})
	}
	return out, err
}

var errMonth = fault.Invalid("invalid_input", "月份的写法如 2026-11").WithField("month", "月份的写法如 2026-11")

// monthOf returns the half-open time of a month in Beijing, "2026-11".
func monthOf(text string) (from, before time.Time, err error) {
	from, err = time.ParseInLocation("2006-01", text, clock.Beijing)
	if err != nil || from.Year() < 2020 || from.Year() > 2100 {
		return from, before, errMonth
	}
	return from, from.AddDate(0, 1, 0), nil
}

type visitsInput struct {
	IDInput
	Month string `query:"month" required:"true" maxLength:"7" doc:"Of Beijing, as 2026-11"`
}

type visitsOutput struct {
	Body struct {
		Items    []VisitBrief `json:"items" doc:"The latest first, at most 500"`
		Next     string       `json:"next" doc:"Always empty: a month has few visits"`
		Visitors int          `json:"visitors" doc:"Of the month"`
		Today    int          `json:"today" doc:"Visitors of the visits that begin today in Beijing"`
	}
}

func (s *Service) listVisits(ctx context.Context, in *visitsInput) (*visitsOutput, error) {
	from, before, err := monthOf(in.Month)
	if err != nil {
		return nil, err
	}
	_, list, err := s.Visits(ctx, web.ActorFrom(ctx), in.ID.ID, from, before)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	today := now.In(clock.Beijing).Format(time.DateOnly)
	out := &visitsOutput{}
	out.Body.Items = make([]VisitBrief, len(list))
	for i, v := range list {
		out.Body.Items[i] = v.Brief(now)
		out.Body.Visitors += v.Visitors
		if v.OpensAt.In(clock.Beijing).Format(time.DateOnly) == today {
			out.Body.Today += v.Visitors
		}
	}
	return out, nil
}

var bandWords = map[string]string{"near": "在场馆附近", "far_1km": "一公里内", "far_5km": "五公里内", "far": "更远"}

func (s *Service) exportVisits(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		text, err := s.exported(c.Request.Context(), c.Param("id"), c.Query("month"))
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.Header("Content-Disposition", `attachment; filename="visits-`+c.Query("month")+`.csv"`)
		c.Data(http.StatusOK, "text/csv; charset=utf-8", text)
	}
}

// exported writes one line per visitor. The mark in front tells Excel that it is UTF-8.
func (s *Service) exported(ctx context.Context, id, month string) ([]byte, error) {
	parsed, err := ident.Parse(id)
	if err != nil {
		return nil, errNotFound
	}
	from, before, err := monthOf(month)
	if err != nil {
		return nil, err
	}
	at, list, err := s.Visits(ctx, web.ActorFrom(ctx), parsed, from, before)
	if err != nil {
		return nil, err
	}
	looked := audit.Entry{At: s.clock.Now(), Action: audit.LookVisits, Subject: audit.On(audit.Site, at.ID), Org: at.Org.Path, Detail: map[string]any{"name": at.Name}}
	if err := audit.Look(ctx, s.db, looked); err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	byVisit, err := s.visitors(ctx, ids)
	if err != nil {
		return nil, err
	}
	lines := [][]string{{"场馆", "日期", "参观组织", "说明", "姓名", "所在组织", "扫码时间", "位置"}}
	for _, v := range list {
		for _, p := range byVisit[v.ID] {
			lines = append(lines, []string{
				at.Name, v.OpensAt.In(clock.Beijing).Format(time.DateOnly), v.Org.Name, v.Note, p.Member.Name, p.Member.OrgName,
				p.At.In(clock.Beijing).Format("15:04"), bandWords[p.Position],
			})
		}
	}
	return web.Table(lines), nil
}

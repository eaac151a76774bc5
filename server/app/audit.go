package app

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// AuditPerson is somebody in the audit.
type AuditPerson struct {
	ID      ident.ID `json:"id" doc:"Of the member"`
	Name    string   `json:"name"`
	OrgName string   `json:"orgName"`
}

// AuditView is one thing that was done.
type AuditView struct {
	ID      ident.ID      `json:"id"`
	At      time.Time     `json:"at"`
	Action  audit.Action  `json:"action" doc:"A stable word, such as role.granted"`
	Title   string        `json:"title" doc:"The action in Chinese"`
	By      *AuditPerson  `json:"by" doc:"null when the server did it by itself, or somebody who is on no roster"`
	Subject string        `json:"subject" doc:"The name of what it was done to; empty when the title says it all"`
	OrgName string        `json:"orgName" doc:"The organisation that it concerns; empty for the district as a whole"`
	Network string        `json:"network" doc:"The network it came from, such as 203.0.113.0/24; empty for the server's own work"`
	Detail  []AuditDetail `json:"detail"`
	Sealed  bool          `json:"sealed" doc:"It has its place in the chain"`
}

// AuditDetail is one more thing to know of an entry, in Chinese.
type AuditDetail struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// AuditAction is an action that can be asked for.
type AuditAction struct {
	Action audit.Action `json:"action"`
	Title  string       `json:"title"`
}

// AuditQuery chooses entries.
type AuditQuery struct {
	Org    string    `query:"org" maxLength:"13" doc:"An organisation: with all below it; everything the caller answers for when left out"`
	Member string    `query:"member" maxLength:"13" doc:"Done by this member, or to them"`
	Action string    `query:"action" maxLength:"40" doc:"One action, or the noun of several, such as role"`
	From   time.Time `query:"from" doc:"Since this instant"`
	To     time.Time `query:"to" doc:"Before this instant"`
}

type auditInput struct {
	AuditQuery
	web.Page
}

type auditOutput struct {
	Body struct {
		Items []AuditView `json:"items" doc:"The newest first"`
		Next  string      `json:"next" doc:"Empty at the end"`
	}
}

type auditActionsOutput struct {
	Body struct {
		Items []AuditAction `json:"items"`
	}
}

const auditPath = "/api/v1/audit"

func (a *App) routeAudit() {
	web.Register(a.API, web.Op{
		ID: "listAudit", Method: http.MethodGet, Path: auditPath,
		Tag: "audit", Summary: "Who did what to whom, when and from where, for secretaries and admins.",
	}, a.listAudit)
	web.Register(a.API, web.Op{
		ID: "listAuditActions", Method: http.MethodGet, Path: auditPath + "/actions", Tag: "audit", Summary: "The actions that are on record.",
	}, a.listAuditActions)
	a.API.Raw(web.Op{
		ID: "exportAudit", Method: http.MethodGet, Path: auditPath + "/export", Tag: "audit",
		Summary: "The same as a table (CSV), at most 10,000 lines; takes the filters of the list.",
	}, a.exportAudit)
}

var (
	errAuditOrg    = authz.ErrNotFound
	errAuditFilter = fault.Invalid("invalid_input", "筛选条件无效")
)

// filter turns the query into what the caller may read of it. It returns not_found or forbidden for an organisation that
// the caller does not answer for, and invalid_input.
func (a *App) filter(ctx context.Context, q AuditQuery) (audit.Filter, org.Org, error) {
	actor := web.ActorFrom(ctx)
	f := audit.Filter{Paths: actor.Answers(), From: q.From, To: q.To}
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return f, org.Org{}, err
	}
	if len(f.Paths) == 0 {
		return f, org.Org{}, authz.Can(authz.Actor{UserID: actor.UserID, MemberID: actor.MemberID}, authz.RunAny, authz.Object{}).Fault()
	}
	var asked ident.ID
	if asked.UnmarshalText([]byte(q.Org)) != nil {
		return f, org.Org{}, errAuditOrg
	}
	if f.Member.UnmarshalText([]byte(q.Member)) != nil {
		return f, org.Org{}, errAuditFilter.WithField("member", "没有找到这位党员")
	}
	if f.Actions = actionsOf(q.Action); q.Action != "" && len(f.Actions) == 0 {
		return f, org.Org{}, errAuditFilter.WithField("action", "没有这种操作")
	}
	if asked != 0 {
		o, err := a.Orgs.OrgForActor(ctx, actor, authz.ReadAudit, asked)
		f.Paths = []string{o.Path}
		return f, o, err
	}
	if a.administersAll(ctx) == nil { // also what belongs to no organisation
		f.Paths = nil
	}
	return f, org.Org{}, nil
}

// actionsOf returns the action with this word, or all of this noun.
func actionsOf(word string) []audit.Action {
	if word == "" {
		return nil
	}
	return slices.DeleteFunc(audit.Actions(), func(a audit.Action) bool {
		return string(a) != word && !strings.HasPrefix(string(a), word+".")
	})
}

func (a *App) listAudit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	f, _, err := a.filter(ctx, in.AuditQuery)
	if err != nil {
		return nil, err
	}
	if f.After, err = audit.ParseCursor(in.After); err != nil {
		return nil, err
	}
	entries, err := audit.List(ctx, a.DB, f, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	entries, out.Body.Next = web.Cut(entries, in.Limit, func(r audit.Read) string { return r.Cursor().String() })
	out.Body.Items, err = a.auditViews(ctx, entries)
	return out, err
}

func (a *App) listAuditActions(ctx context.Context, _ *struct{}) (*auditActionsOutput, error) {
	if err := authz.Can(web.ActorFrom(ctx), authz.RunAny, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	out := &auditActionsOutput{}
	for _, action := range audit.Actions() {
		out.Body.Items = append(out.Body.Items, AuditAction{action, action.Title()})
	}
	return out, nil
}

// maxAuditLines bounds an export: who needs more asks for one part of the time after another.
const maxAuditLines = 10_000

func (a *App) exportAudit(c *gin.Context) {
	lines, name, err := a.auditLines(c.Request.Context(), c.Request.URL.Query())
	if err != nil {
		a.API.Fail(c, err)
		return
	}
	c.Header("Cache-Control", "private, no-store")
	c.Header("Content-Disposition", `attachment; filename="audit.csv"; filename*=UTF-8''`+url.PathEscape(name+"操作记录.csv"))
	c.Data(http.StatusOK, "text/csv; charset=utf-8", web.Table(lines))
}

func (a *App) auditLines(ctx context.Context, values url.Values) ([][]string, string, error) {
	q := AuditQuery{Org: values.Get("org"), Member: values.Get("member"), Action: values.Get("action")}
	for name, into := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if text := values.Get(name); text != "" {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return nil, "", errAuditFilter.WithField(name, "时间格式不对")
			}
			*into = at
		}
	}
	f, o, err := a.filter(ctx, q)
	if err != nil {
		return nil, "", err
	}
	looked := audit.Entry{At: a.Clock.Now(), Action: audit.LookAudit, Subject: audit.On(audit.Org, o.ID), Org: cmp.Or(o.Path, f.First())}
	if err := audit.Look(ctx, a.DB, looked); err != nil {
		return nil, "", err
	}
	entries, err := audit.List(ctx, a.DB, f, maxAuditLines)
	if err != nil {
		return nil, "", err
	}
	views, err := a.auditViews(ctx, entries)
	lines := [][]string{{"时间", "操作人", "所在组织", "操作", "对象", "相关组织", "说明", "来源网段", "已封存"}}
	for _, v := range views {
		lines = append(lines, v.line())
	}
	return lines, o.Name, err
}

func (v AuditView) line() []string {
	by := AuditPerson{Name: "系统"}
	if v.By != nil {
		by = *v.By
	} else if v.Network != "" {
		by.Name = "未绑定的微信"
	}
	var detail []string
	for _, d := range v.Detail {
		detail = append(detail, d.Label+"："+d.Value)
	}
	sealed := "否"
	if v.Sealed {
		sealed = "是"
	}
	at := v.At.In(clock.Beijing).Format(time.DateTime)
	return []string{at, by.Name, by.OrgName, v.Title, v.Subject, v.OrgName, strings.Join(detail, "；"), v.Network, sealed}
}

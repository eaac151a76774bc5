package app

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/web"
)

// DeadJobView is a job that was given up after all its attempts. The technical cause is in the server's log, beside its id.
type DeadJobView struct {
	ID        ident.ID     `json:"id"`
	Kind      string       `json:"kind" doc:"Such as remind.send"`
	Title     string       `json:"title" doc:"What it was to do, in Chinese"`
	Subject   string       `json:"subject" doc:"What it is about, such as an event and a member, in Chinese; empty when that cannot be told"`
	Trouble   jobs.Trouble `json:"trouble" enum:"lost,broken,hopeless,failing" doc:"The sort of thing that it died of"`
	Why       string       `json:"why" doc:"In Chinese"`
	Advice    string       `json:"advice" doc:"What to do about it, in Chinese"`
	Attempts  int          `json:"attempts"`
	CreatedAt time.Time    `json:"createdAt"`
	DiedAt    time.Time    `json:"diedAt"`
}

// DroppedJobView is a job that somebody has decided not to try again.
type DroppedJobView struct {
	ID        ident.ID  `json:"id"`
	Title     string    `json:"title"`
	Subject   string    `json:"subject"`
	DroppedAt time.Time `json:"droppedAt"`
	ByName    string    `json:"byName"`
	Reason    string    `json:"reason"`
}

// jobTitles say what a kind of job does, to those who administer the district.
var jobTitles = map[string]string{
	"remind.send": "向一位党员发送提醒", "remind.expand": "准备一次提醒的名单", "remind.held": "告知负责人提醒没有发完",
	"remind.ladder": "检查各支部本月有没有安排活动", "remind.followers": "核对公众号的关注者",
	jobPush: "处理微信的推送", jobOfficialPush: "处理公众号的推送", jobPrune: "每夜清理过期数据", "roster.apply": "写入导入的花名册",
}

// troubles say why a job was given up, and what helps.
var troubles = map[jobs.Trouble]struct{ why, advice string }{
	jobs.Lost:     {"服务器在处理时中断，试了多次都没有做完", "先请技术人员查看服务器，再点重试"},
	jobs.Broken:   {"程序处理时出错", "请把编号告诉技术人员，升级以后再重试"},
	jobs.Hopeless: {"程序判断做不下去，重试多半没有用", "请把编号告诉技术人员；不再需要的可以放弃"},
	jobs.Failing:  {"试了多次都没有成功，多半是数据库或网络出了故障", "故障排除后点重试"},
}

func (a *App) routeDeadJobs() {
	web.Register(a.API, web.Op{
		ID: "listDeadJobs", Method: http.MethodGet, Path: "/api/v1/dead-jobs",
		Tag: "server", Summary: "Work that was given up, for those who administer the district.",
	}, a.listDeadJobs)
	web.Register(a.API, web.Op{
		ID: "retryDeadJob", Method: http.MethodPost, Path: "/api/v1/dead-jobs/{id}/retry", Status: http.StatusNoContent,
		Tag: "server", Summary: "Have it tried again, at once and with all its attempts.",
	}, a.retryDeadJob)
	web.Register(a.API, web.Op{
		ID: "retryDeadJobs", Method: http.MethodPost, Path: "/api/v1/dead-jobs/retry",
		Tag: "server", Summary: "Have all of them tried again.",
	}, a.retryDeadJobs)
	web.Register(a.API, web.Op{
		ID: "dropDeadJob", Method: http.MethodPost, Path: "/api/v1/dead-jobs/{id}/drop", Status: http.StatusNoContent,
		Tag: "server", Summary: "Decide, for a reason, that it will not be tried again.",
	}, a.dropDeadJob)
}

// administersAll returns not_found or forbidden unless the caller administers the whole tree.
func (a *App) administersAll(ctx context.Context) error {
	roots, err := a.Orgs.Roots(ctx)
	if err != nil {
		return err
	}
	var object authz.Object
	if len(roots) > 0 {
		object.Host = roots[0].Path
	}
	return authz.Can(web.ActorFrom(ctx), authz.AdminOrg, object).Fault()
}

type deadJobsOutput struct {
	Body struct {
		Items   []DeadJobView    `json:"items" doc:"The oldest first"`
		Next    ident.ID         `json:"next" doc:"Empty at the end"`
		Dropped []DroppedJobView `json:"dropped" doc:"The latest twenty that were not tried again, newest first"`
	}
}

var errNoJob = fault.NotFound("not_found", "没有找到，可能已经重试过")

func (a *App) listDeadJobs(ctx context.Context, in *web.Page) (*deadJobsOutput, error) {
	if err := a.administersAll(ctx); err != nil {
		return nil, err
	}
	after, err := in.AfterID()
	if err != nil {
		return nil, err
	}
	dead, err := a.Queue.Dead(ctx, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &deadJobsOutput{}
	dead, out.Body.Next = web.Cut(dead, in.Limit, func(d jobs.DeadJob) ident.ID { return d.ID })
	out.Body.Items = make([]DeadJobView, len(dead))
	for i, d := range dead {
		out.Body.Items[i] = a.deadJobView(ctx, d)
	}
	out.Body.Dropped, err = a.droppedJobs(ctx)
	return out, err
}

// deadJobView shows a job. What it was about may be the very thing that cannot be read: it is shown without, then.
func (a *App) deadJobView(ctx context.Context, d jobs.DeadJob) DeadJobView {
	subject, err := a.Remind.Subject(ctx, jobs.Job{Kind: d.Kind, Payload: d.Payload})
	if err != nil {
		a.log.WarnContext(ctx, "the subject of a dead job cannot be told", "job", d.ID, "cause", err)
		subject = ""
	}
	said := troubles[d.Trouble]
	return DeadJobView{
		ID: d.ID, Kind: d.Kind, Title: cmp.Or(jobTitles[d.Kind], "其他后台工作"), Subject: subject,
		Trouble: d.Trouble, Why: said.why, Advice: said.advice, Attempts: d.Attempts, CreatedAt: d.CreatedAt, DiedAt: d.DiedAt,
	}
}

// shownDropped is how many of the jobs that were dropped are shown.
const shownDropped = 20

func (a *App) droppedJobs(ctx context.Context) ([]DroppedJobView, error) {
	dropped, err := a.Queue.Dropped(ctx, shownDropped)
	if err != nil {
		return nil, err
	}
	by := make([]ident.ID, len(dropped))
	for i, d := range dropped {
		by[i] = d.By
	}
	members, err := a.Orgs.MembersByID(ctx, a.DB.Read(), by)
	if err != nil {
		return nil, err
	}
	views := make([]DroppedJobView, len(dropped))
	for i, d := range dropped {
		v := a.deadJobView(ctx, d.DeadJob)
		views[i] = DroppedJobView{ID: d.ID, Title: v.Title, Subject: v.Subject, DroppedAt: d.DroppedAt, ByName: members[d.By].Name, Reason: d.Reason}
	}
	return views, nil
}

type retryInput struct {
	ID web.IDParam `path:"id"`
}

// retryDeadJob returns not_found when there is no such job, or it is not dead any more.
func (a *App) retryDeadJob(ctx context.Context, in *retryInput) (*struct{}, error) {
	if err := a.administersAll(ctx); err != nil {
		return nil, err
	}
	ok, err := a.Queue.Revive(ctx, in.ID.ID, func(ctx context.Context, tx bun.IDB) error {
		return a.noteRetry(ctx, tx, in.ID.ID)
	})
	if err == nil && !ok {
		return nil, errNoJob
	}
	return nil, err
}

type retryAllOutput struct {
	Body struct {
		Retried int `json:"retried" doc:"How many are tried again"`
	}
}

func (a *App) retryDeadJobs(ctx context.Context, _ *struct{}) (*retryAllOutput, error) {
	if err := a.administersAll(ctx); err != nil {
		return nil, err
	}
	out := &retryAllOutput{}
	var err error
	out.Body.Retried, err = a.Queue.ReviveAll(ctx, a.noteRetry)
	return out, err
}

type dropInput struct {
	ID   web.IDParam `path:"id"`
	Body struct {
		Reason string `json:"reason" maxLength:"100" doc:"Why it need not be done any more"`
	}
}

var errDropReason = fault.Invalid("reason_required", "请写明为什么不再处理")

// dropDeadJob returns reason_required, or not_found when there is no such job, or it is not dead any more.
func (a *App) dropDeadJob(ctx context.Context, in *dropInput) (*struct{}, error) {
	if err := a.administersAll(ctx); err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(in.Body.Reason)
	if reason == "" {
		return nil, errDropReason
	}
	ok, err := a.Queue.Drop(ctx, in.ID.ID, web.ActorFrom(ctx).MemberID, reason, func(ctx context.Context, tx bun.IDB) error {
		return audit.Note(ctx, tx, audit.Entry{
			At: a.Clock.Now(), Action: audit.JobDropped, Subject: audit.On(audit.Job, in.ID.ID), Detail: map[string]any{"reason": reason},
		})
	})
	if err == nil && !ok {
		return nil, errNoJob
	}
	return nil, err
}

func (a *App) noteRetry(ctx context.Context, tx bun.IDB, id ident.ID) error {
	return audit.Note(ctx, tx, audit.Entry{At: a.Clock.Now(), Action: audit.JobRetried, Subject: audit.On(audit.Job, id)})
}

package app

import (
	"context"
	"net/http"
	"time"

	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
	"themeday/server/web"
)

// DeadJobView is a job that was given up after all its attempts. Why is in the server's log, beside its id.
type DeadJobView struct {
	ID        ident.ID  `json:"id"`
	Kind      string    `json:"kind" doc:"Such as remind.send"`
	Title     string    `json:"title" doc:"What it was to do, in Chinese"`
	Attempts  int       `json:"attempts"`
	CreatedAt time.Time `json:"createdAt"`
	DiedAt    time.Time `json:"diedAt"`
}

// jobTitles say what a kind of job does, to those who administer the district.
var jobTitles = map[string]string{
	"remind.send": "向一位党员发送提醒", "remind.expand": "准备一次提醒的名单", "remind.held": "告知负责人提醒没有发完",
	jobPush: "处理微信的推送", jobPrune: "每夜清理过期数据",
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
		Items []DeadJobView `json:"items" doc:"The oldest first"`
		Next  string        `json:"next" doc:"Empty at the end"`
	}
}

var errNoJob = fault.NotFound("not_found", "没有找到，可能已经重试过")

func (a *App) listDeadJobs(ctx context.Context, in *org.Page) (*deadJobsOutput, error) {
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
	dead, out.Body.Next = org.Cut(dead, in.Limit, func(d jobs.DeadJob) ident.ID { return d.ID })
	out.Body.Items = make([]DeadJobView, len(dead))
	for i, d := range dead {
		out.Body.Items[i] = deadJobView(d)
	}
	return out, nil
}

func deadJobView(d jobs.DeadJob) DeadJobView {
	title, known := jobTitles[d.Kind]
	if !known {
		title = "其他后台工作"
	}
	return DeadJobView{ID: d.ID, Kind: d.Kind, Title: title, Attempts: d.Attempts, CreatedAt: d.CreatedAt, DiedAt: d.DiedAt}
}

type retryInput struct {
	ID web.IDParam `path:"id"`
}

// retryDeadJob returns not_found when there is no such job, or it is not dead any more.
func (a *App) retryDeadJob(ctx context.Context, in *retryInput) (*struct{}, error) {
	if err := a.administersAll(ctx); err != nil {
		return nil, err
	}
	ok, err := a.Queue.Revive(ctx, in.ID.ID)
	if err == nil && !ok {
		return nil, errNoJob
	}
	return nil, err
}

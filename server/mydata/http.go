package mydata

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/ident"
	"themeday/server/web"
)

// MyData is what is held about the caller, and what they can do about it.
type MyData struct {
	Categories  []DataCategory   `json:"categories" doc:"What is held; the export has every line"`
	Corrections []CorrectionView `json:"corrections" doc:"What the caller has asked to have put right, the latest first"`
	ClosingAt   *time.Time       `json:"closingAt" doc:"When the account will be closed; null when it will not"`
	GraceDays   int              `json:"graceDays" doc:"For how many days a closing can be taken back"`
}

// CorrectionView is something a member asks to have put right.
type CorrectionView struct {
	ID         ident.ID   `json:"id"`
	MemberID   ident.ID   `json:"memberId"`
	MemberName string     `json:"memberName"`
	OrgName    string     `json:"orgName"`
	Field      string     `json:"field" enum:"name,phone,kind,standing,since,org,other"`
	Wanted     string     `json:"wanted"`
	State      string     `json:"state" enum:"open,done,declined"`
	Answer     string     `json:"answer"`
	AnsweredAt *time.Time `json:"answeredAt" doc:"null while it is open"`
	CreatedAt  time.Time  `json:"createdAt"`
}

const path = "/api/v1/me/data"

// Routes adds the operations of this package.
func (s *Service) Routes(a *web.API) {
	op := func(id, method, at, summary string) web.Op {
		return web.Op{ID: id, Method: method, Path: at, Tag: "my data", Summary: summary}
	}
	web.Register(a, op("getMyData", http.MethodGet, path, "What is held about me, why and until when."), s.getMine)
	web.Register(a, op("listMyLooks", http.MethodGet, path+"/looks", "Who has looked at what is held about me."), s.listLooks)
	web.Register(a, op("askCorrection", http.MethodPost, path+"/corrections", "Ask the secretary to put something right on the roster."), s.ask)
	web.Register(a, op("withdrawLocation", http.MethodPost, path+"/location-withdrawal", "Take back that positions may be used; past check-ins forget theirs."), s.withdraw)
	web.Register(a, op("closeAccount", http.MethodPost, path+"/closing", "Have the account closed after the days of grace."), s.close)
	web.Register(a, op("keepAccount", http.MethodDelete, path+"/closing", "Take the closing back."), s.keep)
	a.Raw(op("exportMyData", http.MethodGet, path+"/export", "All of it, as JSON or (format=html) as a page."), s.export(a))
	web.Register(a, op("listCorrections", http.MethodGet, "/api/v1/orgs/{id}/corrections", "What the people of an organisation ask to have put right."), s.listAsked)
	web.Register(a, op("answerCorrection", http.MethodPost, "/api/v1/corrections/{correctionId}/answer", "Say what became of a correction."), s.answer)
}

type myDataOutput struct{ Body MyData }

func (s *Service) getMine(ctx context.Context, _ *struct{}) (*myDataOutput, error) {
	actor := web.ActorFrom(ctx)
	held, err := s.Held(ctx, actor)
	if err != nil {
		return nil, err
	}
	mine, err := s.Mine(ctx, actor)
	if err != nil {
		return nil, err
	}
	due, err := s.Closing(ctx, actor.UserID)
	return &myDataOutput{MyData{
		Categories: held, Corrections: correctionViews(mine), ClosingAt: orNull(due), GraceDays: int(s.Grace / (24 * time.Hour)),
	}}, err
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func correctionViews(list []Correction) []CorrectionView {
	views := make([]CorrectionView, len(list))
	for i, c := range list {
		views[i] = CorrectionView{
			ID: c.ID, MemberID: c.Member.ID, MemberName: c.Member.Name, OrgName: c.Member.OrgName, Field: c.Field, Wanted: c.Wanted, State: c.State,
			Answer: c.Answer, AnsweredAt: orNull(c.AnsweredAt), CreatedAt: c.CreatedAt,
		}
	}
	return views
}

type dataLooksOutput struct {
	Body struct {
		Items []DataLook `json:"items" doc:"The newest first"`
		Next  string     `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listLooks(ctx context.Context, in *web.Page) (out *dataLooksOutput, err error) {
	out = &dataLooksOutput{}
	out.Body.Items, out.Body.Next, err = s.Looks(ctx, web.ActorFrom(ctx), in.After, in.Limit)
	return out, err
}

type correctionInput struct {
	Body struct {
		Field  string `json:"field" enum:"name,phone,kind,standing,since,org,other"`
		Wanted string `json:"wanted" maxLength:"100" doc:"What it should be; never a phone number"`
	}
}

func (s *Service) ask(ctx context.Context, in *correctionInput) (*myDataOutput, error) {
	if err := s.AskCorrection(ctx, web.ActorFrom(ctx), in.Body.Field, in.Body.Wanted); err != nil {
		return nil, err
	}
	return s.getMine(ctx, nil)
}

type locationWithdrawalOutput struct {
	Body struct {
		Removed int64 `json:"removed" doc:"From how many check-ins and visits the position was removed"`
	}
}

func (s *Service) withdraw(ctx context.Context, _ *struct{}) (out *locationWithdrawalOutput, err error) {
	out = &locationWithdrawalOutput{}
	out.Body.Removed, err = s.WithdrawLocation(ctx, web.ActorFrom(ctx))
	return out, err
}

func (s *Service) close(ctx context.Context, _ *struct{}) (*myDataOutput, error) {
	if _, err := s.AskClosing(ctx, web.ActorFrom(ctx)); err != nil {
		return nil, err
	}
	return s.getMine(ctx, nil)
}

func (s *Service) keep(ctx context.Context, _ *struct{}) (*myDataOutput, error) {
	if err := s.KeepAccount(ctx, web.ActorFrom(ctx)); err != nil {
		return nil, err
	}
	return s.getMine(ctx, nil)
}

func (s *Service) export(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		e, err := s.Export(c.Request.Context(), web.ActorFrom(c.Request.Context()))
		write, media, name := e.JSON, "application/json; charset=utf-8", "json"
		if c.Query("format") == "html" {
			write, media, name = e.Page, "text/html; charset=utf-8", "html"
		}
		var raw []byte
		if err == nil {
			raw, err = write()
		}
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.Header("Cache-Control", "private, no-store")
		c.Header("Content-Disposition", `attachment; filename="my-data.`+name+`"; filename*=UTF-8''`+url.PathEscape("我的信息."+name))
		c.Data(http.StatusOK, media, raw)
	}
}

type correctionsInput struct {
	ID    web.IDParam `path:"id"`
	After web.IDParam `query:"after" doc:"next of the page before"`
	Limit int         `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type correctionsOutput struct {
	Body struct {
		Items []CorrectionView `json:"items" doc:"Those without an answer, the oldest first"`
		Next  ident.ID         `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listAsked(ctx context.Context, in *correctionsInput) (*correctionsOutput, error) {
	list, next, err := s.Asked(ctx, web.ActorFrom(ctx), in.ID.ID, in.After.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &correctionsOutput{}
	out.Body.Items, out.Body.Next = correctionViews(list), next
	return out, nil
}

type correctionAnswerInput struct {
	CorrectionID web.IDParam `path:"correctionId"`
	Body         struct {
		Corrected bool   `json:"corrected" doc:"It has been put right on the roster"`
		Answer    string `json:"answer,omitempty" maxLength:"100" doc:"Needed when it was not"`
	}
}

func (s *Service) answer(ctx context.Context, in *correctionAnswerInput) (*struct{}, error) {
	return nil, s.Answer(ctx, web.ActorFrom(ctx), in.CorrectionID.ID, in.Body.Corrected, in.Body.Answer)
}

package checkin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/web"
)

const requestPath = "/api/v1/requests/{requestId}"

func (s *Service) requestRoutes(a *web.API) {
	web.Register(a, web.Op{
		ID: "askForAttendance", Method: http.MethodPost, Path: eventPath + "/requests", Status: http.StatusCreated, Tag: "requests",
		Summary: "Ask for leave before an event or for a make-up after it; 200 when the key has asked before.",
	}, s.askFor)
	web.Register(a, web.Op{ID: "listRequests", Method: http.MethodGet, Path: "/api/v1/requests", Tag: "requests", Summary: "One's own requests, or those of one's people."}, s.listRequests)
	web.Register(a, web.Op{ID: "approveRequest", Method: http.MethodPost, Path: requestPath + "/approve", Tag: "requests", Summary: "Grant what was asked; the attendance says so."}, s.approveRequest)
	web.Register(a, web.Op{ID: "declineRequest", Method: http.MethodPost, Path: requestPath + "/decline", Tag: "requests", Summary: "Refuse what was asked, with a reason."}, s.declineRequest)
	web.Register(a, web.Op{ID: "withdrawRequest", Method: http.MethodPost, Path: requestPath + "/withdraw", Tag: "requests", Summary: "Take one's own request back."}, s.withdrawRequest)
	a.Raw(web.Op{ID: "keepEvidence", Method: http.MethodPost, Path: "/api/v1/evidence", Tag: "requests", Summary: "Send a picture, as the body itself, for a request.", MaxBody: maxPicture}, s.keepEvidence(a))
	a.Raw(web.Op{ID: "showEvidence", Method: http.MethodGet, Path: requestPath + "/evidence/{evidenceId}", Tag: "requests", Summary: "A picture of a request."}, s.showEvidence(a))
}

// AskInput is what a member asks for.
type AskInput struct {
	Key      string      `json:"key" minLength:"1" maxLength:"64" doc:"The same key gives the same request"`
	Kind     RequestKind `json:"kind" enum:"leave,makeup"`
	Status   Status      `json:"status" enum:"sick,duty,private,present" doc:"What the attendance shall say: a kind of leave, or present for a make-up"`
	Reason   string      `json:"reason" maxLength:"100" doc:"At least two characters"`
	Evidence []ident.ID  `json:"evidence,omitempty" maxItems:"2" doc:"Of POST /evidence"`
}

// RequestView is one request as clients see it.
type RequestView struct {
	ID             ident.ID         `json:"id"`
	Event          event.EventBrief `json:"event"`
	MemberID       ident.ID         `json:"memberId"`
	MemberName     string           `json:"memberName"`
	OrgName        string           `json:"orgName"`
	Kind           RequestKind      `json:"kind" enum:"leave,makeup"`
	Status         Status           `json:"status" enum:"sick,duty,private,present" doc:"What the attendance says when it is approved"`
	Reason         string           `json:"reason"`
	State          RequestState     `json:"state" enum:"pending,approved,declined,withdrawn"`
	CreatedAt      time.Time        `json:"createdAt"`
	DecidedBy      *PersonRef       `json:"decidedBy" doc:"null while nobody has"`
	DecidedAt      *time.Time       `json:"decidedAt"`
	DecisionReason string           `json:"decisionReason"`
	Evidence       []ident.ID       `json:"evidence" doc:"Pictures; deleted some time after the decision"`
	Recorded       Status           `json:"recorded" enum:"pending,present,late,sick,duty,private,exempt,absent" doc:"What the attendance says now"`
	CanDecide      bool             `json:"canDecide" doc:"The caller may approve or decline it"`
	CanWithdraw    bool             `json:"canWithdraw" doc:"The caller may take it back"`
}

func (s *Service) requestViews(ctx context.Context, list []Request) ([]RequestView, error) {
	ids := make([]ident.ID, len(list))
	for i, r := range list {
		ids[i] = r.DecidedBy
	}
	names, err := s.names(ctx, ids)
	views := make([]RequestView, len(list))
	for i, r := range list {
		views[i] = RequestView{
			ID: r.ID, Event: r.Event.Brief(s.clock.Now()), MemberID: r.Member.ID, MemberName: r.Member.Name, OrgName: r.Member.OrgName,
			Kind: r.Kind, Status: r.Wanted, Reason: r.Reason, State: r.State, CreatedAt: r.CreatedAt, DecidedBy: personRef(names, r.DecidedBy),
			DecisionReason: r.DecisionReason, Evidence: append([]ident.ID{}, r.Evidence...), Recorded: r.Recorded,
			CanDecide: r.MayDecide, CanWithdraw: r.MayWithdraw,
		}
		if !r.DecidedAt.IsZero() {
			views[i].DecidedAt = &r.DecidedAt
		}
	}
	return views, err
}

type askInput struct {
	event.IDInput
	Body AskInput
}

type requestOutput struct {
	Status int
	Body   RequestView
}

func (s *Service) requestAnswer(ctx context.Context, status int, r Request, err error) (*requestOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := s.requestViews(ctx, []Request{r})
	if err != nil {
		return nil, err
	}
	return &requestOutput{status, views[0]}, nil
}

func (s *Service) askFor(ctx context.Context, in *askInput) (*requestOutput, error) {
	ask := Ask{in.Body.Key, in.Body.Kind, in.Body.Status, in.Body.Reason, in.Body.Evidence}
	r, again, err := s.Ask(ctx, web.ActorFrom(ctx), in.ID.ID, ask)
	if again {
		return s.requestAnswer(ctx, http.StatusOK, r, err)
	}
	return s.requestAnswer(ctx, http.StatusCreated, r, err)
}

type requestsInput struct {
	Scope string       `query:"scope" enum:"mine,run" default:"mine" doc:"One's own, or of the people whose attendance one keeps"`
	Event web.IDParam  `query:"eventId" doc:"Of this event alone"`
	State RequestState `query:"state" enum:"pending,approved,declined,withdrawn"`
	After web.IDParam  `query:"after" doc:"next of the page before"`
	Limit int          `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type requestsOutput struct {
	Body struct {
		Items []RequestView `json:"items" doc:"The latest first; a page may be shorter than the limit and yet have a next one"`
		Next  ident.ID      `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listRequests(ctx context.Context, in *requestsInput) (*requestsOutput, error) {
	q := RequestQuery{Mine: in.Scope == "mine", Event: in.Event.ID, State: in.State, After: in.After.ID, Limit: in.Limit}
	list, next, err := s.Requests(ctx, web.ActorFrom(ctx), q)
	if err != nil {
		return nil, err
	}
	var out requestsOutput
	out.Body.Next = next
	out.Body.Items, err = s.requestViews(ctx, list)
	return &out, err
}

// RequestInput is an operation on one request.
type RequestInput struct {
	RequestID web.IDParam `path:"requestId"`
}

// DecisionInput says why.
type DecisionInput struct {
	Reason string `json:"reason,omitempty" maxLength:"100" doc:"Shown to the member; required when declining"`
}

type decisionInput struct {
	RequestInput
	Body *DecisionInput
}

func (in *decisionInput) reason() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Reason
}

func (s *Service) approveRequest(ctx context.Context, in *decisionInput) (*requestOutput, error) {
	r, err := s.Approve(ctx, web.ActorFrom(ctx), in.RequestID.ID, in.reason())
	return s.requestAnswer(ctx, http.StatusOK, r, err)
}

func (s *Service) declineRequest(ctx context.Context, in *decisionInput) (*requestOutput, error) {
	r, err := s.Decline(ctx, web.ActorFrom(ctx), in.RequestID.ID, in.reason())
	return s.requestAnswer(ctx, http.StatusOK, r, err)
}

func (s *Service) withdrawRequest(ctx context.Context, in *RequestInput) (*requestOutput, error) {
	r, err := s.Withdraw(ctx, web.ActorFrom(ctx), in.RequestID.ID)
	return s.requestAnswer(ctx, http.StatusOK, r, err)
}

func (s *Service) keepEvidence(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		raw, err := io.ReadAll(c.Request.Body)
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			err = errPictureBig
		case err != nil:
			err = errNotPicture.WithCause(err)
		}
		var id ident.ID
		if err == nil {
			id, err = s.Keep(c.Request.Context(), web.ActorFrom(c.Request.Context()), raw)
		}
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.JSON(http.StatusCreated, gin.H{"id": id})
	}
}

func (s *Service) showEvidence(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		request, err := ident.Parse(c.Param("requestId"))
		id, err2 := ident.Parse(c.Param("evidenceId"))
		if err != nil || err2 != nil {
			request, id = 0, 0 // as if it were not there
		}
		picture, err := s.Picture(ctx, web.ActorFrom(ctx), request, id)
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.Header("Cache-Control", "private, no-store")
		c.Data(http.StatusOK, "image/jpeg", picture)
	}
}

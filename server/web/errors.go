package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"themeday/server/fault"
	"themeday/server/store"
)

// Problem is the body of every error answer.
type Problem struct {
	Code      string            `json:"code" doc:"Stable snake_case code for programs"`
	Message   string            `json:"message" doc:"A Chinese sentence that may be shown to the person as it is"`
	Fields    map[string]string `json:"fields,omitempty" doc:"By input field: what is wrong with it, in Chinese"`
	RequestID string            `json:"requestId" doc:"Names this request in the server's log"`

	status     int
	retryAfter int
}

// Error returns the code.
func (p *Problem) Error() string { return p.Code }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.status }

// GetHeaders returns Retry-After where it is known.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	return h
}

// statuses is the one table from kinds of failure to HTTP.
var statuses = map[fault.Kind]int{
	fault.KindInternal:        http.StatusInternalServerError,
	fault.KindInvalid:         http.StatusBadRequest,
	fault.KindUnauthenticated: http.StatusUnauthorized,
	fault.KindForbidden:       http.StatusForbidden,
	fault.KindNotFound:        http.StatusNotFound,
	fault.KindConflict:        http.StatusConflict,
	fault.KindTooMany:         http.StatusTooManyRequests,
	fault.KindUnavailable:     http.StatusServiceUnavailable,
}

var (
	errInvalid     = fault.Invalid("invalid_input", "填写的内容有误，请检查后重试")
	errTooLarge    = fault.Invalid("too_large", "提交的内容太大")
	errMedia       = fault.Invalid("unsupported_media_type", "只接受 JSON 格式的内容")
	errMethod      = fault.Invalid("method_not_allowed", "不支持这种操作方式")
	errNoRoute     = fault.NotFound("not_found", "没有找到，可能已被删除，或不在您的范围内")
	errBusy        = fault.Unavailable("unavailable", "系统正忙，请稍后再试")
	errSlowRequest = fault.Invalid("request_timeout", "网络太慢，内容没有收全，请重试")
)

// statusOf holds the statuses that have no kind of their own because only the frame answers with them.
var statusOf = map[string]int{
	errTooLarge.Code: http.StatusRequestEntityTooLarge, errMedia.Code: http.StatusUnsupportedMediaType,
	errMethod.Code: http.StatusMethodNotAllowed, errSlowRequest.Code: http.StatusRequestTimeout,
}

// problemOf turns any error into the answer, and logs what the answer hides.
func (a *API) problemOf(ctx context.Context, err error) *Problem {
	var told *fault.Error
	if !errors.As(err, &told) && store.IsUnavailable(err) { // a fault keeps its own code, whatever caused it
		err = errBusy.WithCause(err).WithRetryAfter(retryWhenBusy)
	}
	f := fault.From(err)
	a.logFailure(ctx, f)
	return render(ctx, f)
}

func render(ctx context.Context, f *fault.Error) *Problem {
	return &Problem{
		Code: f.Code, Message: f.Message, Fields: f.Fields, RequestID: requestID(ctx),
		status: StatusOf(f), retryAfter: int((f.RetryAfter + almostOneSecond) / oneSecond),
	}
}

func (a *API) logFailure(ctx context.Context, f *fault.Error) {
	level := slog.LevelDebug
	if f.Kind == fault.KindInternal || f.Kind == fault.KindUnavailable {
		level = slog.LevelError
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug // the phone has gone; nobody is waiting for the answer
	}
	a.opts.Log.Log(ctx, level, "request failed", "requestId", requestID(ctx), "code", f.Code, "cause", f.Unwrap())
}

// Fail answers a plain Gin request with the error and stops its chain.
func (a *API) Fail(c *gin.Context, err error) {
	p := a.problemOf(c.Request.Context(), err)
	for name, values := range p.GetHeaders() {
		c.Header(name, values[0])
	}
	c.AbortWithStatusJSON(p.status, p)
}

func (a *API) writeProblem(ctx huma.Context, p *Problem) {
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetHeader("Content-Type", "application/json")
	ctx.SetStatus(p.status)
	if err := json.NewEncoder(ctx.BodyWriter()).Encode(p); err != nil {
		a.opts.Log.Debug("answer not sent", "requestId", p.RequestID, "cause", err)
	}
}

// problemFromHuma renders what huma itself refuses: broken JSON, wrong types, missing or overlong values.
func problemFromHuma(ctx context.Context, status int, errs []error) *Problem {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return render(ctx, errTooLarge)
	case http.StatusUnsupportedMediaType:
		return render(ctx, errMedia)
	case http.StatusRequestTimeout:
		return render(ctx, errSlowRequest)
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return render(ctx, fieldsOf(errs))
	}
	return render(ctx, fault.Internal(errors.Join(errs...)))
}

// fieldsOf keeps the place and the translated sentence of each validation error and drops everything else: the texts
// of decoders name Go types, and echoed values may be secrets.
func fieldsOf(errs []error) *fault.Error {
	f := errInvalid
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if !errors.As(err, &detail) || detail.Location == "" {
			continue
		}
		if strings.HasPrefix(detail.Location, "path.") {
			return errNoRoute // a malformed id names nothing
		}
		f = f.WithField(fieldOf(detail))
	}
	return f
}

// fieldOf returns the field and what is wrong with it. The library reports a missing field at what should hold it, so
// that of several only one would be told.
func fieldOf(detail *huma.ErrorDetail) (field, sentence string) {
	field = strings.TrimPrefix(detail.Location, "body.")
	name, missing := strings.CutPrefix(detail.Message, missingField)
	switch {
	case !missing:
		return field, inChinese(detail.Message)
	case field == "body":
		return name, "请填写"
	}
	return field + "." + name, "请填写"
}

// StatusOf returns the HTTP status that a fault is answered with.
func StatusOf(f *fault.Error) int {
	if status, ok := statusOf[f.Code]; ok {
		return status
	}
	return statuses[f.Kind]
}

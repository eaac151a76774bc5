package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/kv"
	"themeday/server/origin"
)

// Authenticator says who a bearer token belongs to.
type Authenticator interface {
	// Authenticate returns the zero Actor for a token that is unknown, expired or revoked, and an error only when it
	// cannot tell.
	Authenticate(ctx context.Context, token string) (authz.Actor, error)
	// Recognise is Authenticate for swift operations: it may answer as it was a second ago.
	Recognise(ctx context.Context, token string) (authz.Actor, error)
}

// call is what is known of the request under way. It is one value, because every one costs a copy of the request.
type call struct {
	origin origin.Origin
	actor  authz.Actor // the zero Actor until authenticate has found out
	quick  Quick       // nil for all but swift operations
}

type callKey struct{}

// callOf returns the request's call; an empty one for work that is not a request.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

func requestID(ctx context.Context) string { return callOf(ctx).origin.RequestID }

// ActorFrom returns who is asking; the zero Actor without a session.
func ActorFrom(ctx context.Context) authz.Actor { return callOf(ctx).actor }

// AddressFrom returns the caller's network address.
func AddressFrom(ctx context.Context) string { return callOf(ctx).origin.Address }

var foreignID = regexp.MustCompile(`^[0-9A-Za-z-]{8,64}$`)

// identify gives the request a name for the log: the proxy's when it sends a sane one.
func (a *API) identify(c *gin.Context) {
	id := c.GetHeader("X-Request-Id")
	if id == "" || !foreignID.MatchString(id) {
		id = a.opts.IDs.Token(9)
	}
	c.Writer.Header()["X-Request-Id"] = []string{id}
	known := &call{origin: origin.Origin{RequestID: id, Address: c.ClientIP()}, quick: a.swift[swiftKey{c.Request.Method, c.FullPath()}]}
	c.Request = c.Request.WithContext(context.WithValue(origin.With(c.Request.Context(), &known.origin), callKey{}, known))
}

// observe logs and counts the request under its route: the path itself may hold a code.
func (a *API) observe(c *gin.Context) {
	elapsed := clock.Stopwatch()
	c.Next()
	path := cmp.Or(c.FullPath(), "other")
	took := elapsed()
	a.opts.Metrics.request(route{c.Request.Method, path, c.Writer.Status()}, took)
	ctx, level := c.Request.Context(), slog.LevelInfo
	known := callOf(ctx)
	if known.quick != nil && c.Writer.Status() < http.StatusBadRequest {
		level = slog.LevelDebug // thousands a second, all alike: the metrics count them, and what they did is on record
	}
	if a.opts.Log.Enabled(ctx, level) {
		a.opts.Log.Log(ctx, level, "request", "requestId", known.origin.RequestID, "method", c.Request.Method,
			"route", path, "status", c.Writer.Status(), "ms", took.Milliseconds())
	}
}

func (a *API) recoverPanic(c *gin.Context) {
	defer func() {
		if reason := recover(); reason != nil {
			a.opts.Log.Error("panic", "requestId", requestID(c.Request.Context()), "reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
			a.Fail(c, fault.Internal(errors.New("panic")))
		}
	}()
	c.Next()
}

// contentPolicy lets the client load only from this server. Styles may be inline because the client's framework sets
// them on elements; pictures may be data because QR codes are drawn on the phone.
const contentPolicy = "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
	"media-src 'self' blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// The headers of every answer, written once: the map is filled without copying, and nobody changes a value in place.
// What concerns only a page that is looked at is left out of the API's answers, which are never shown as one.
var (
	pageHeaders = http.Header{
		"X-Content-Type-Options":  {"nosniff"},
		"X-Frame-Options":         {"DENY"},
		"Referrer-Policy":         {"no-referrer"},
		"Content-Security-Policy": {contentPolicy},
		"Permissions-Policy":      {"camera=(self), geolocation=(self), microphone=()"},
	}
	apiHeaders = http.Header{
		"X-Content-Type-Options":  {"nosniff"},
		"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
		"Cache-Control":           {"no-store"},
	}
)

func (a *API) secureHeaders(c *gin.Context) {
	headers := pageHeaders
	if strings.HasPrefix(c.Request.URL.Path, "/api/") {
		headers = apiHeaders
	}
	h := c.Writer.Header()
	maps.Copy(h, headers)
	if a.opts.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (a *API) limitBody(c *gin.Context) {
	limit := cmp.Or(a.bodies[c.FullPath()], maxBody)
	if n := c.Request.ContentLength; n >= 0 && n <= limit {
		return // more than it announces is never read of a body
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit+1)
}

var errSlowDown = fault.TooMany("too_many_requests", "操作太频繁了，请稍等一会儿再试")

// authenticate finds out who is asking, and holds back who asks too often: by session, or by address without one.
// When the counters cannot be reached nobody is held back: they are no reason to turn a member away.
func (a *API) authenticate(c *gin.Context) {
	if !strings.HasPrefix(c.Request.URL.Path, "/api/") && !strings.HasPrefix(c.Request.URL.Path, "/c/") {
		return
	}
	token := tokenOf(c.Request)
	known := callOf(c.Request.Context())
	if token != "" {
		whose := a.opts.Sessions.Authenticate
		if known.quick != nil {
			whose = a.opts.Sessions.Recognise
		}
		actor, err := whose(c.Request.Context(), token)
		if err != nil {
			a.Fail(c, err)
			return
		}
		known.actor, known.origin.UserID, known.origin.MemberID = actor, actor.UserID, actor.MemberID
	}
	if known.actor.UserID != 0 {
		a.holdBack(c, "rate:user:"+known.actor.UserID.String(), a.opts.Limits.Session)
		return
	}
	a.holdBack(c, "rate:address:"+known.origin.Address, a.opts.Limits.Address)
}

func (a *API) holdBack(c *gin.Context, key string, limit kv.Limit) {
	decision, err := a.opts.Cache.Allow(c.Request.Context(), key, limit)
	if err != nil || decision.Allowed {
		return
	}
	a.Fail(c, errSlowDown.WithRetryAfter(decision.RetryAfter))
}

// Subprotocol is what a live connection speaks. A browser cannot send headers with it, so the token may come as a
// second subprotocol with TokenProtocol before it.
const (
	Subprotocol   = "themeday.v1"
	TokenProtocol = "bearer."
)

func tokenOf(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(token)
	}
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(header, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(offered), TokenProtocol); ok {
				return token
			}
		}
	}
	return ""
}

package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"themeday/server/authz"
)

const bearer = "session"

// Op declares one operation.
type Op struct {
	ID      string // camelCase, unique; the name in the contract
	Method  string
	Path    string // with {names}
	Summary string // one English sentence
	Tag     string // the noun it belongs to
	Status  int    // of success; 0 is 200
	Public  bool   // needs no session
	Raw     bool   // set by Raw: not JSON, not in the contract's schemas
	MaxBody int64  // bytes that Raw takes; 0 is what JSON operations take
}

// Register adds a JSON operation. Input is validated by its declaration before handler runs; an error that handler
// returns is rendered as in package fault. Without a session anything but a public operation answers 401 first.
func Register[I, O any](a *API, op Op, handler func(context.Context, *I) (*O, error)) {
	a.ops = append(a.ops, op)
	declared := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, DefaultStatus: op.Status,
		Tags: []string{op.Tag}, MaxBodyBytes: maxBody, BodyReadTimeout: bodyReadTimeout,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests},
	}
	if !op.Public {
		declared.Security = []map[string][]string{{bearer: {}}}
		declared.Errors = append(declared.Errors, http.StatusUnauthorized, http.StatusForbidden)
		declared.Middlewares = huma.Middlewares{a.requireSession}
	}
	huma.Register(a.huma, declared, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, a.problemOf(ctx, err)
		}
		return out, nil
	})
}

// Raw adds an operation that is not JSON: a picture, a page, a socket.
func (a *API) Raw(op Op, handler gin.HandlerFunc) {
	op.Raw = true
	if op.MaxBody > 0 {
		a.bodies[ginPath(op.Path)] = op.MaxBody
	}
	a.ops = append(a.ops, op)
	chain := []gin.HandlerFunc{handler}
	if !op.Public {
		chain = []gin.HandlerFunc{func(c *gin.Context) {
			if err := authz.Can(ActorFrom(c.Request.Context()), authz.UseSession, authz.Object{}).Fault(); err != nil {
				a.Fail(c, err)
			}
		}, handler}
	}
	a.engine.Handle(op.Method, ginPath(op.Path), chain...)
}

// Mount serves everything below prefix with h, outside the API: the simulator of the demonstration.
func (a *API) Mount(prefix string, h http.Handler) {
	a.engine.Any(prefix+"/*rest", gin.WrapH(h))
}

func (a *API) requireSession(ctx huma.Context, next func(huma.Context)) {
	if err := authz.Can(ActorFrom(ctx.Context()), authz.UseSession, authz.Object{}).Fault(); err != nil {
		a.writeProblem(ctx, a.problemOf(ctx.Context(), err))
		return
	}
	next(ctx)
}

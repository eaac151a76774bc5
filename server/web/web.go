// Package web is the HTTP frame: the Gin engine with its middleware, the registration of JSON operations with huma, the
// one place where an error becomes an answer, health, metrics and the static client. It knows no feature.
package web

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/kv"
)

// Options are what the frame needs.
type Options struct {
	Log            *slog.Logger
	Clock          clock.Clock
	IDs            *ident.Source
	Cache          kv.KV         // rate limits
	Sessions       Authenticator // who a bearer token belongs to
	Metrics        *Metrics
	ClientDir      string   // folder of the browser build; may be missing
	Secure         bool     // served over https: adds Strict-Transport-Security
	TrustedProxies []string // addresses whose X-Forwarded-For is believed
	Limits         Limits
	Ready          func() error    // nil error when the database answers; for /readyz
	Notes          func() []string // what an operator should look at though the server is ready, for /readyz; may be nil
}

// Limits bound how fast one caller may be.
type Limits struct {
	Address kv.Limit // requests without a session, by address
	Session kv.Limit // requests with a session, by session
}

// API collects operations and serves them.
type API struct {
	opts   Options
	engine *gin.Engine
	huma   huma.API
	ops    []Op
	bodies map[string]int64 // routes that take more than maxBody, in bytes
	swift  map[swiftKey]Quick
	finish func()
	spec   func() ([]byte, error)
}

// Body and time limits of one request. The largest honest body is a batch of 100 scans, well under 64 KiB.
const (
	maxBody         = 128 << 10
	bodyReadTimeout = 10 * time.Second
)

// New returns a frame with health, metrics and contract routes; features add theirs with Register and Raw.
func New(opts Options) *API {
	gin.SetMode(gin.ReleaseMode)
	translateValidation()
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // an address that is not there is answered as the API answers
	engine.ContextWithFallback = true
	// nil means that no proxy is believed; the error is only about addresses that config has already checked.
	_ = engine.SetTrustedProxies(opts.TrustedProxies)
	api := &API{opts: opts, engine: engine, bodies: map[string]int64{}, swift: map[swiftKey]Quick{}}
	engine.Use(api.identify, api.observe, api.recoverPanic, api.secureHeaders, api.limitBody, api.authenticate, api.serveQuick)
	api.huma = humagin.New(engine, humaConfig())
	api.finish = sync.OnceFunc(func() { finish(api.huma.OpenAPI().Components.Schemas) })
	api.spec = sync.OnceValues(api.Contract)
	api.system()
	engine.NoRoute(api.noRoute)
	engine.NoMethod(func(c *gin.Context) { api.Fail(c, errMethod) })
	return api
}

func humaConfig() huma.Config {
	cfg := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Themeday 主题党日",
				Version:     "1",
				Description: "Theme-day events of grass-roots Party branches. Ids are 13-character strings, instants RFC 3339 in UTC.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					bearer: {Type: "http", Scheme: "bearer", Description: "the token of POST /api/v1/session"},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
	cfg.AllowAdditionalPropertiesByDefault = true // old clients live for weeks and send what we have forgotten
	return cfg
}

// Handler returns the whole server as one handler. No operation may be added after it.
func (a *API) Handler() http.Handler {
	a.finish()
	return a.engine
}

// Contract returns the OpenAPI document as YAML.
func (a *API) Contract() ([]byte, error) {
	a.finish()
	return a.huma.OpenAPI().YAML()
}

// Operations lists everything that can be called, for the test that walks operations and roles.
func (a *API) Operations() []Op { return a.ops }

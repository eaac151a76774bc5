package web

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// system adds what operators and clients need to know about the server itself.
func (a *API) system() {
	a.Raw(Op{ID: "healthz", Method: http.MethodGet, Path: "/healthz", Summary: "Alive.", Tag: "system", Public: true},
		func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) })
	a.Raw(Op{ID: "readyz", Method: http.MethodGet, Path: "/readyz", Summary: "Database and migrations ready.", Tag: "system", Public: true}, a.readyz)
	a.Raw(Op{ID: "metrics", Method: http.MethodGet, Path: "/metrics", Summary: "Prometheus metrics.", Tag: "system", Public: true},
		gin.WrapH(promhttp.HandlerFor(a.opts.Metrics.registry, promhttp.HandlerOpts{})))
	a.Raw(Op{ID: "contract", Method: http.MethodGet, Path: "/api/v1/openapi.yaml", Summary: "This contract.", Tag: "system", Public: true}, a.contract)
}

func (a *API) readyz(c *gin.Context) {
	if err := a.opts.Ready(); err != nil {
		a.Fail(c, errBusy.WithCause(err))
		return
	}
	answer := gin.H{"status": "ready"}
	if a.opts.Notes != nil {
		if notes := a.opts.Notes(); len(notes) > 0 {
			answer["notes"] = notes
		}
	}
	c.JSON(http.StatusOK, answer)
}

func (a *API) contract(c *gin.Context) {
	text, err := a.spec()
	if err != nil {
		a.Fail(c, err)
		return
	}
	c.Data(http.StatusOK, "application/yaml; charset=utf-8", text)
}

// noRoute serves the browser client, or says in JSON that an API path does not exist.
func (a *API) noRoute(c *gin.Context) {
	name := path.Clean("/" + c.Request.URL.Path)
	if strings.HasPrefix(name, "/api/") || strings.HasPrefix(name, "/__sim") || c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		a.Fail(c, errNoRoute)
		return
	}
	if name == "/" {
		name = "/index.html"
	}
	file := filepath.Join(a.opts.ClientDir, filepath.FromSlash(name))
	info, err := os.Stat(file)
	switch {
	// Without a folder the name would be looked up from the root of the machine.
	case a.opts.ClientDir != "" && err == nil && info.Mode().IsRegular():
		serveClient(c, name, file)
	case name == "/index.html":
		c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(noClient))
	default:
		a.Fail(c, errNoRoute)
	}
}

// serveClient: files under assets carry a hash of their content in their names and never change.
func serveClient(c *gin.Context, name, file string) {
	caching := "no-cache"
	if strings.HasPrefix(name, "/assets/") {
		caching = "public, max-age=31536000, immutable"
	}
	c.Header("Cache-Control", caching)
	http.ServeFile(c.Writer, c.Request, file)
}

const noClient = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>主题党日</title><body style="font:18px/1.7 sans-serif;max-width:36em;margin:3em auto;padding:0 1em">
<h1>服务已启动</h1><p>网页客户端还没有构建。请在项目目录运行：</p><pre>./scripts/run</pre>
<p>它会安装依赖、构建客户端并重新启动服务。接口已可使用，说明见 <a href="/api/v1/openapi.yaml">/api/v1/openapi.yaml</a>。</p></body></html>`

func ginPath(p string) string {
	return strings.ReplaceAll(strings.ReplaceAll(p, "{", ":"), "}", "")
}

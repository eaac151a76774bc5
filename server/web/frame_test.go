package web_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"themeday/server/kv"
	"themeday/server/web"
)

func TestRequestID(t *testing.T) {
	for sent, kept := range map[string]bool{
		"0123456789abcdef": true, "A-b-C-1-2-3": true, "": false, "short": false, strings.Repeat("x", 65): false, "with space": false,
		"line\nbreak-line": false, "<script>alert": false, "中文中文中文": false, "semi;colon;semi": false,
	} {
		s := newServer(t)
		res := s.do(t, request{header: map[string]string{"X-Request-Id": sent}})
		got := res.Header.Get("X-Request-Id")
		if (got == sent) != kept || len(got) < 8 {
			t.Errorf("sent %q, got %q", sent, got)
		}
		if !strings.Contains(s.log.String(), "requestId="+got) {
			t.Errorf("%q is not in the log: %s", got, s.log)
		}
	}
}

func TestActorAndAddressReachTheFeature(t *testing.T) {
	s := newServer(t)
	var out struct{ User, Address string }
	if err := json.Unmarshal([]byte(text(t, s.do(t, request{}))), &out); err != nil || out.User != somebody.String() || out.Address != "192.0.2.1" {
		t.Errorf("%+v, %v", out, err)
	}
	forged := map[string]string{"X-Forwarded-For": "198.51.100.9"}
	if err := json.Unmarshal([]byte(text(t, s.do(t, request{header: forged}))), &out); err != nil || out.Address != "192.0.2.1" {
		t.Errorf("anybody may say where they are: %+v, %v", out, err)
	}
	s = newServer(t, func(o *web.Options) { o.TrustedProxies = []string{"192.0.2.0/24"} })
	if err := json.Unmarshal([]byte(text(t, s.do(t, request{header: forged}))), &out); err != nil || out.Address != "198.51.100.9" {
		t.Errorf("the proxy is not believed: %+v, %v", out, err)
	}
}

func TestTokenByWebSocketSubprotocol(t *testing.T) {
	for header, want := range map[string]int{
		"themeday.v1, bearer." + secretToken: 200, "bearer." + secretToken: 200, "themeday.v1": 401, "themeday.v1, bearer.": 401, "bearer.unknown": 401, secretToken: 401,
	} {
		s := newServer(t)
		res := s.do(t, request{method: http.MethodGet, path: notePath + "/picture", anonymous: true, header: map[string]string{"Sec-WebSocket-Protocol": header}})
		if res.StatusCode != want {
			t.Errorf("%q: %d, want %d", header, res.StatusCode, want)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := newServer(t, func(o *web.Options) { o.Secure = secure })
		for _, path := range []string{notePath + "/picture", "/", "/healthz", "/api/v1/nothing"} {
			h := s.do(t, request{method: http.MethodGet, path: path}).Header
			wanted, sources := map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}, "default-src 'self'"
			if strings.HasPrefix(path, "/api/") { // never shown as a page: what says so suffices
				wanted, sources = map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}, "default-src 'none'"
			}
			for name, want := range wanted {
				if h.Get(name) != want {
					t.Errorf("%s: %s is %q", path, name, h.Get(name))
				}
			}
			if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, sources) || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe-eval") {
				t.Errorf("%s: %s", path, policy)
			}
			if (h.Get("Strict-Transport-Security") != "") != secure {
				t.Errorf("%s: secure %v, HSTS %q", path, secure, h.Get("Strict-Transport-Security"))
			}
			if strings.HasPrefix(path, "/api/") && h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept: %q", path, h.Get("Cache-Control"))
			}
			if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
				t.Errorf("%s boasts: %v", path, h)
			}
		}
	}
}

func TestRateLimits(t *testing.T) {
	narrow := func(o *web.Options) {
		o.Limits = web.Limits{Address: kv.Limit{Rate: 0.5, Burst: 2}, Session: kv.Limit{Rate: 1, Burst: 3}}
	}
	s := newServer(t, narrow)
	open := request{method: http.MethodPost, path: "/api/v1/open/0000000000001", anonymous: true}
	held := func(r request, retry string) {
		t.Helper()
		res := s.do(t, r)
		refusal(t, res, 429, "too_many_requests")
		if got := res.Header.Get("Retry-After"); got != retry {
			t.Errorf("Retry-After %q, want %q", got, retry)
		}
	}
	passes := func(r request, times int) {
		t.Helper()
		for i := range times {
			if res := s.do(t, r); res.StatusCode != http.StatusOK {
				t.Errorf("request %d: %d", i+1, res.StatusCode)
			}
		}
	}
	passes(open, 2)
	held(open, "2")
	held(request{path: "/api/v1/nothing", anonymous: true}, "2") // guessing paths counts too
	passes(request{}, 3)                                         // a session at the same address has its own measure
	held(request{}, "1")
	held(request{address: "198.51.100.1"}, "1") // and takes it along to another address
	elsewhere := open
	elsewhere.address = "198.51.100.1"
	passes(elsewhere, 2)
	s.clock.Advance(2 * time.Second)
	passes(open, 1)
	held(open, "2")
	if res := s.do(t, request{method: http.MethodGet, path: "/healthz", anonymous: true}); res.StatusCode != http.StatusOK {
		t.Errorf("health is held back: %d", res.StatusCode)
	}
	if err := s.cache.Close(); err != nil {
		t.Fatal(err)
	}
	passes(open, 5) // without counters nobody is turned away
}

func TestClient(t *testing.T) {
	s := newServer(t)
	if got := text(t, s.do(t, request{method: http.MethodGet, path: "/"})); !strings.Contains(got, "网页客户端还没有构建") {
		t.Errorf("without a client: %.80s", got)
	}
	secret := filepath.Join(filepath.Dir(s.client), "secret.txt")
	for name, content := range map[string]string{
		filepath.Join(s.client, "index.html"): "<title>主题党日</title>", filepath.Join(s.client, "assets", "app-1a2b.js"): "run()", secret: "the secret",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]struct{ body, cache string }{
		"/": {"<title>", "no-cache"}, "/assets/app-1a2b.js": {"run()", "immutable"},
	} {
		res := s.do(t, request{method: http.MethodGet, path: path, anonymous: true})
		if body := text(t, res); res.StatusCode != http.StatusOK || !strings.Contains(body, want.body) || !strings.Contains(res.Header.Get("Cache-Control"), want.cache) {
			t.Errorf("%s: %d, %q, %s", path, res.StatusCode, res.Header.Get("Cache-Control"), body)
		}
	}
	if res := s.do(t, request{method: http.MethodHead, path: "/", anonymous: true}); res.StatusCode != http.StatusOK {
		t.Errorf("HEAD: %d", res.StatusCode)
	}
	for _, path := range []string{
		"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
		"//secret.txt", `/..\secret.txt`, "/assets", "/assets/", "/secret.txt", "/etc/passwd", "//etc/passwd", secret,
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		req.URL.Path, req.URL.RawPath = unescaped(path), path
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, req)
		if w.Code < 400 || strings.Contains(w.Body.String(), "the secret") || strings.Contains(w.Body.String(), "root:") {
			t.Errorf("%s: %d %.60s", path, w.Code, w.Body)
		}
	}
}

func unescaped(path string) string {
	return strings.NewReplacer("%2e", ".", "%2f", "/").Replace(path)
}

func TestNoClientFolderServesNothing(t *testing.T) {
	s := newServer(t, func(o *web.Options) { o.ClientDir = "" })
	for _, path := range []string{"/etc/passwd", "/etc/hostname", "/proc/self/environ"} {
		refusal(t, s.do(t, request{method: http.MethodGet, path: path}), 404, "not_found")
	}
	if res := s.do(t, request{method: http.MethodGet, path: "/"}); res.StatusCode != http.StatusOK {
		t.Errorf("the page that explains: %d", res.StatusCode)
	}
}

func TestHealth(t *testing.T) {
	s := newServer(t)
	get := func(path string) *http.Response {
		return s.do(t, request{method: http.MethodGet, path: path, anonymous: true})
	}
	if res := get("/healthz"); res.StatusCode != http.StatusOK {
		t.Errorf("alive: %d", res.StatusCode)
	}
	if res := get("/readyz"); res.StatusCode != http.StatusOK {
		t.Errorf("ready: %d", res.StatusCode)
	}
	s.ready = errors.New("dial tcp 10.0.0.5:3306")
	p := refusal(t, get("/readyz"), 503, "unavailable")
	if strings.Contains(p.Message, "10.0.0.5") {
		t.Error(p)
	}
	if res := get("/healthz"); res.StatusCode != http.StatusOK {
		t.Errorf("alive without a database: %d", res.StatusCode)
	}
	if contract := text(t, get("/api/v1/openapi.yaml")); !strings.Contains(contract, "operationId: writeNote") || !strings.Contains(contract, "/api/v1/notes/{id}") {
		t.Errorf("contract: %.200s", contract)
	}
}

func TestMetricsAndLogHoldNoSecrets(t *testing.T) {
	s := newServer(t)
	const code = "e0123456789abc.178373160.secretmacsecretm"
	s.Raw(web.Op{ID: "landing", Method: http.MethodGet, Path: "/c/{code}", Public: true}, nothing)
	s.do(t, request{})
	s.do(t, request{method: http.MethodGet, path: "/c/" + code + "?phone=13812340001"})
	s.do(t, request{method: http.MethodGet, path: "/api/v1/nothing/" + code})
	s.do(t, request{body: strings.Replace(soundNote, "主题党日", "13812340001", 1)})
	s.do(t, request{method: http.MethodGet, path: notePath + "/picture", anonymous: true, header: map[string]string{"Sec-WebSocket-Protocol": "themeday.v1, bearer." + secretToken}})
	metrics := text(t, s.do(t, request{method: http.MethodGet, path: "/metrics", anonymous: true}))
	for _, want := range []string{`route="/api/v1/notes/:id"`, `route="/c/:code"`, `route="other"`, `status="200"`, `method="PUT"`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
	for name, out := range map[string]string{"metrics": metrics, "log": s.log.String()} {
		for _, secret := range []string{code, "secretmac", secretToken, "13812340001", "0000000000001", "nothing"} {
			if strings.Contains(out, secret) {
				t.Errorf("the %s hold %q", name, secret)
			}
		}
	}
	if !strings.Contains(s.log.String(), "route=/api/v1/notes/:id") {
		t.Errorf("the log does not say which operation: %s", s.log)
	}
}

func TestOperationsList(t *testing.T) {
	s := newServer(t)
	seen := map[string]web.Op{}
	for _, op := range s.Operations() {
		if _, twice := seen[op.ID]; twice {
			t.Errorf("%s twice", op.ID)
		}
		seen[op.ID] = op
	}
	if op := seen["picture"]; !op.Raw || op.Public {
		t.Errorf("%+v", op)
	}
	if op := seen["openNote"]; op.Raw || !op.Public {
		t.Errorf("%+v", op)
	}
	if _, err := io.WriteString(io.Discard, seen["healthz"].Path); err != nil || !seen["healthz"].Public {
		t.Error("health needs a session")
	}
}

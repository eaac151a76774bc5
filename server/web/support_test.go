package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/web"
)

// sessions knows who has which token, and can be out of order.
type sessions struct {
	mu     sync.Mutex
	tokens map[string]authz.Actor
	err    error
	asked  []string
}

func (s *sessions) Recognise(ctx context.Context, token string) (authz.Actor, error) {
	return s.Authenticate(ctx, token)
}

func (s *sessions) Authenticate(_ context.Context, token string) (authz.Actor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, token)
	return s.tokens[token], s.err
}

// note is the small feature of these tests: something that can be written down and read again.
type note struct {
	mu    sync.Mutex
	err   error // what every operation answers with, if any
	panic any
	last  noteBody
	calls int
}

type noteBody struct {
	Title string   `json:"title" minLength:"2" maxLength:"5"`
	Kind  string   `json:"kind" enum:"plan,report"`
	Pages int      `json:"pages" minimum:"1" maximum:"9"`
	Org   ident.ID `json:"org,omitempty"`
	Place struct {
		Name string `json:"name" minLength:"1"`
	} `json:"place"`
	At time.Time `json:"at,omitempty"`
}

type writeInput struct {
	ID    web.IDParam `path:"id"`
	Limit int         `query:"limit" minimum:"1" maximum:"10" default:"5"`
	Body  noteBody
}

type writeOutput struct {
	Body struct {
		User    ident.ID `json:"user"`
		Address string   `json:"address"`
	}
}

func (n *note) write(ctx context.Context, in *writeInput) (*writeOutput, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls++
	n.last = in.Body
	if n.panic != nil {
		panic(n.panic)
	}
	out := &writeOutput{}
	out.Body.User, out.Body.Address = web.ActorFrom(ctx).UserID, web.AddressFrom(ctx)
	return out, n.err
}

// server is a whole frame with one feature.
type server struct {
	*web.API
	clock    *clock.Adjustable
	log      *bytes.Buffer
	sessions *sessions
	note     *note
	cache    kv.KV
	ready    error
	client   string
}

const (
	secretToken = "s3cr3t-t0ken-of-somebody"
	somebody    = ident.ID(7)
)

func newServer(t *testing.T, change ...func(*web.Options)) *server {
	t.Helper()
	s := &server{
		clock: clock.NewFake(time.Date(2026, 7, 10, 7, 0, 0, 0, time.UTC)), log: &bytes.Buffer{}, note: &note{}, client: t.TempDir(),
		sessions: &sessions{tokens: map[string]authz.Actor{secretToken: {UserID: somebody, MemberID: 8}}},
	}
	s.cache = kv.NewMemory(s.clock)
	t.Cleanup(func() { _ = s.cache.Close() })
	opts := web.Options{
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Clock: s.clock, IDs: ident.NewSource(s.clock, nil),
		Cache: s.cache, Sessions: s.sessions, Metrics: web.NewMetrics(), ClientDir: s.client,
		Limits: web.Limits{Address: kv.Limit{Rate: 100, Burst: 100}, Session: kv.Limit{Rate: 100, Burst: 100}},
		Ready:  func() error { return s.ready },
	}
	for _, f := range change {
		f(&opts)
	}
	s.API = web.New(opts)
	web.Register(s.API, web.Op{ID: "writeNote", Method: http.MethodPut, Path: "/api/v1/notes/{id}", Tag: "notes", Summary: "Write."}, s.note.write)
	web.Register(s.API, web.Op{ID: "openNote", Method: http.MethodPost, Path: "/api/v1/open/{id}", Tag: "notes", Summary: "Open.", Public: true}, s.note.write)
	s.Raw(web.Op{ID: "picture", Method: http.MethodGet, Path: "/api/v1/notes/{id}/picture", Tag: "notes", Summary: "Picture."}, func(c *gin.Context) {
		if s.note.err != nil {
			s.Fail(c, s.note.err)
			return
		}
		c.Data(http.StatusOK, "image/png", []byte("png"))
	})
	return s
}

// request is one call with its unusual parts; the rest is a sound write with a session.
type request struct {
	method, path, body string
	header             map[string]string
	anonymous          bool
	address            string
}

const (
	notePath  = "/api/v1/notes/0000000000001"
	soundNote = `{"title":"主题党日","kind":"plan","pages":3,"place":{"name":"会议室"}}`
)

func (s *server) do(t *testing.T, r request) *http.Response {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodPut
	}
	if r.path == "" {
		r.path = notePath
	}
	if r.body == "" && r.method != http.MethodGet {
		r.body = soundNote
	}
	req := httptest.NewRequestWithContext(t.Context(), r.method, r.path, strings.NewReader(r.body))
	req.RemoteAddr = "192.0.2.1:1234"
	if r.address != "" {
		req.RemoteAddr = r.address + ":1234"
	}
	if !r.anonymous {
		req.Header.Set("Authorization", "Bearer "+secretToken)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	res := w.Result()
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

type problem struct {
	Code      string            `json:"code"`
	Message   string            `json:"message"`
	Fields    map[string]string `json:"fields"`
	RequestID string            `json:"requestId"`
}

// refusal checks the frame that every error has, and returns it.
func refusal(t *testing.T, res *http.Response, status int, code string) problem {
	t.Helper()
	raw := text(t, res)
	var p problem
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		t.Fatalf("status %d, no JSON: %.200s", res.StatusCode, raw)
	}
	if res.StatusCode != status || p.Code != code {
		t.Errorf("status %d, code %q; want %d, %q: %s", res.StatusCode, p.Code, status, code, raw)
	}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		t.Errorf("media type %s", res.Header.Get("Content-Type"))
	}
	if !chinese(p.Message) {
		t.Errorf("message %q is not for a member", p.Message)
	}
	for field, sentence := range p.Fields {
		if !chinese(sentence) {
			t.Errorf("field %s says %q", field, sentence)
		}
	}
	if p.RequestID == "" || p.RequestID != res.Header.Get("X-Request-Id") {
		t.Errorf("request id %q, header %q", p.RequestID, res.Header.Get("X-Request-Id"))
	}
	var all map[string]any
	_ = json.Unmarshal([]byte(raw), &all)
	for name := range maps.Keys(all) {
		if name != "code" && name != "message" && name != "fields" && name != "requestId" {
			t.Errorf("the frame has %q", name)
		}
	}
	return p
}

func chinese(sentence string) bool {
	return strings.ContainsFunc(sentence, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

var errInternal = errors.New("SELECT * FROM members: dial tcp 10.0.0.5:3306")

func nothing(c *gin.Context) { c.Status(http.StatusOK) }

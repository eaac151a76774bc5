package sim_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/wechat/sim"
)

var start = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// world is a simulator with three people and three templates.
type world struct {
	*sim.Sim
	clock *clock.Adjustable
	http  *http.Client
}

func setUp(t *testing.T, change ...func(*sim.Options)) *world {
	t.Helper()
	w := &world{clock: clock.NewFake(start)}
	options := sim.Options{Clock: w.clock, Pages: []string{"pages/home/home", "pages/event/event"}}
	for _, c := range change {
		c(&options)
	}
	w.Sim = sim.New(options)
	w.http = &http.Client{Transport: w.Transport()}
	w.AddPerson(sim.Person{ID: "wang", Name: "王建国", Roles: []string{"secretary"}, Org: "冉庙村党支部", Bound: true, Phone: "13800000001"})
	w.AddPerson(sim.Person{ID: "chen", Name: "陈港生", Org: "光明社区", Phone: "+852 91234567"})
	w.AddPerson(sim.Person{ID: "li", Name: "李秀英", Roles: []string{"member"}, OpenID: "own-openid"})
	for _, tmpl := range []sim.Template{
		{ID: "remind", Title: "活动提醒", Content: "活动名称：{{thing1.DATA}}\n开始时间：{{time2.DATA}}"},
		{ID: "again", Title: "活动提醒", Content: "活动名称：{{thing1.DATA}}"},
		{ID: "study", Title: "学习提醒", Content: "状态：{{enum_string1.DATA}}", Type: sim.LongTerm, Enums: map[string][]string{"enum_string1": {"开始", "结束"}}},
		{ID: "banned", Title: "停用的提醒", Content: "内容：{{thing1.DATA}}", Banned: true},
	} {
		_, err := w.AddTemplate(tmpl)
		must(t, err)
	}
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// result is what the platform answered, with the fields that the tests look at.
type result struct {
	status      int
	contentType string
	raw         string
	err         error // of the transport

	ErrCode     int         `json:"errcode"`
	ErrMsg      string      `json:"errmsg"`
	AccessToken string      `json:"access_token"`
	ExpiresIn   int         `json:"expires_in"`
	OpenID      string      `json:"openid"`
	UnionID     string      `json:"unionid"`
	SessionKey  string      `json:"session_key"`
	MsgID       json.Number `json:"msgid"`
}

// call sends a request to the platform's side.
func (w *world) call(t *testing.T, method, address, body string) result {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://api.weixin.qq.com"+address, strings.NewReader(body))
	must(t, err)
	reply, err := w.http.Do(r)
	if err != nil {
		return result{err: err}
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(reply.Body)
	got := result{status: reply.StatusCode, contentType: reply.Header.Get("Content-Type"), raw: string(raw), err: err}
	_ = json.Unmarshal(raw, &got) // what is no JSON leaves the fields empty
	return got
}

const credentials = "&appid=" + sim.DefaultAppID + "&secret=" + sim.DefaultAppSecret

func (w *world) stableToken(t *testing.T, force bool) result {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"grant_type": "client_credential", "appid": sim.DefaultAppID, "secret": sim.DefaultAppSecret, "force_refresh": force,
	})
	must(t, err)
	return w.call(t, "POST", "/cgi-bin/stable_token", string(body))
}

func (w *world) plainToken(t *testing.T) result {
	t.Helper()
	return w.call(t, "GET", "/cgi-bin/token?grant_type=client_credential"+credentials, "")
}

// withToken calls an endpoint that wants a token.
func (w *world) withToken(t *testing.T, method, path, body string) result {
	t.Helper()
	return w.call(t, method, path+"?access_token="+w.stableToken(t, false).AccessToken, body)
}

func (w *world) openID(id string) string {
	for _, p := range w.People() {
		if p.ID == id {
			return p.OpenID
		}
	}
	return ""
}

// send sends template remind to a person; change alters the request.
func (w *world) send(t *testing.T, person string, change ...func(map[string]any)) result {
	t.Helper()
	request := map[string]any{
		"touser": w.openID(person), "template_id": "remind", "page": "pages/event/event?id=1", "miniprogram_state": "formal", "lang": "zh_CN",
		"data": data("thing1", "三月主题党日", "time2", "2026年3月10日 09:00"),
	}
	for _, c := range change {
		c(request)
	}
	body, err := json.Marshal(request)
	must(t, err)
	return w.withToken(t, "POST", "/cgi-bin/message/subscribe/send", string(body))
}

func data(pairs ...any) map[string]any {
	d := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i].(string)] = map[string]any{"value": pairs[i+1]}
	}
	return d
}

// grant lets a person tap for templates.
func (w *world) grant(t *testing.T, person string, templates ...string) {
	t.Helper()
	_, err := w.Tap(person, templates, nil)
	must(t, err)
}

func (w *world) onPhone(t *testing.T, person string) []sim.Message {
	t.Helper()
	messages, err := w.Messages(person)
	must(t, err)
	return messages
}

// control sends a request to the control side from this machine and returns status and body.
func (w *world) control(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	reply := httptest.NewRecorder()
	w.Control().ServeHTTP(reply, r)
	return reply.Code, reply.Body.String()
}

// watched is a context that tells when somebody starts to wait for its end.
type watched struct {
	context.Context
	waiting chan struct{}
	once    *sync.Once
}

func (c watched) Done() <-chan struct{} {
	c.once.Do(func() { close(c.waiting) })
	return c.Context.Done()
}

// hang makes a call to the endpoint whose answer never comes. It returns when the platform has done its work, with a
// function that ends the call.
func (w *world) hang(t *testing.T, endpoint string, call func()) (finish func()) {
	t.Helper()
	_, err := w.SetFault(sim.Fault{Endpoint: endpoint, Hang: true, After: true})
	must(t, err)
	cancelled, cancel := context.WithCancel(t.Context())
	ctx := watched{cancelled, make(chan struct{}), &sync.Once{}}
	transport, ended := w.http.Transport, make(chan struct{})
	w.http.Transport = served(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, "/"+endpoint) {
			return transport.RoundTrip(r)
		}
		w.http.Transport = transport // the calls that follow go the usual way
		w.API().ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
		return nil, context.Canceled
	})
	go func() {
		defer close(ended)
		call()
	}()
	<-ctx.waiting
	return func() {
		cancel()
		<-ended
	}
}

type served func(*http.Request) (*http.Response, error)

func (f served) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

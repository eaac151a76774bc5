package sim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// app says which of the two accounts is meant.
type app int

const (
	noApp app = iota
	miniApp
	officialApp
)

// endpoint is one path of the platform's side.
type endpoint struct {
	name   string // short name, for faults
	method string
	path   string
	app    app // whose token it wants
	handle func(*Sim, call) reply
}

var endpoints = []endpoint{
	{"token", http.MethodGet, "/cgi-bin/token", noApp, (*Sim).getToken},
	{"stable_token", http.MethodPost, "/cgi-bin/stable_token", noApp, (*Sim).getStableToken},
	{"login", http.MethodGet, "/sns/jscode2session", noApp, (*Sim).jscode2session},
	{"phone", http.MethodPost, "/wxa/business/getuserphonenumber", miniApp, (*Sim).getuserphonenumber},
	{"send", http.MethodPost, "/cgi-bin/message/subscribe/send", miniApp, (*Sim).send},
	{"templates", http.MethodGet, "/wxaapi/newtmpl/gettemplate", miniApp, (*Sim).gettemplate},
	{"minicode", http.MethodPost, "/wxa/getwxacodeunlimit", miniApp, (*Sim).getwxacodeunlimit},
	{"official_send", http.MethodPost, "/cgi-bin/message/template/send", officialApp, (*Sim).officialSend},
	{"official_templates", http.MethodGet, "/cgi-bin/template/get_all_private_template", officialApp, (*Sim).officialTemplates},
	{"followers", http.MethodGet, "/cgi-bin/user/get", officialApp, (*Sim).userGet},
	{"follower", http.MethodGet, "/cgi-bin/user/info", officialApp, (*Sim).userInfo},
	{"follower_batch", http.MethodPost, "/cgi-bin/user/info/batchget", officialApp, (*Sim).userBatchGet},
}

// call is one request, read.
type call struct {
	now         time.Time
	query       url.Values
	body        []byte
	life        time.Duration // of a token handed out now; 0 = as usual
	undelivered int           // what is reported of a message that is accepted now; 0 = that it has arrived
}

// read decodes the body and reports whether it was JSON of the right form.
func (c call) read(target any) bool { return json.Unmarshal(c.body, target) == nil }

// reply is what the platform answers, before a fault spoils it.
type reply struct {
	status      int // 0 = 200
	contentType string
	body        []byte
	errcode     int
	errmsg      string
}

func answer(v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		return refuse(-1, "system error")
	}
	return reply{contentType: "application/json; encoding=utf-8", body: body}
}

func refuse(code int, message string) reply { return reply{errcode: code, errmsg: message} }

// render writes a refusal out with a fresh request id, as the platform appends one to every failure.
func (s *Sim) render(r reply) reply {
	if r.errcode == 0 || r.body != nil {
		return r
	}
	id := hex.EncodeToString(s.ids.Bytes(12))
	message := r.errmsg + " rid: " + id[:8] + "-" + id[8:16] + "-" + id[16:]
	written := answer(map[string]any{"errcode": r.errcode, "errmsg": message})
	written.status, written.errcode, written.errmsg = r.status, r.errcode, message
	return written
}

// none reports whether there is no answer at all.
func (r reply) none() bool { return r.status == 0 && r.errcode == 0 && r.body == nil }

func (r reply) httpStatus() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// maxRequest bounds a request's body, in bytes.
const maxRequest = 1 << 20

// API returns the platform's side, with the paths of api.weixin.qq.com.
func (s *Sim) API() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request entity too large", http.StatusRequestEntityTooLarge)
		return
	}
	i := slices.IndexFunc(endpoints, func(e endpoint) bool { return e.path == r.URL.Path })
	if i < 0 {
		unknown := s.render(refuse(40066, "invalid url"))
		s.record(r, body, unknown, Fault{})
		write(w, unknown, Fault{})
		return
	}
	e := endpoints[i]
	defer s.startSend(e, body)()
	fault := s.takeFault(e, r.URL.RawQuery, body)
	if !fault.After && !pause(r, fault) {
		s.record(r, body, reply{}, fault)
		return
	}
	answered := s.render(s.respond(e, r, body, fault))
	s.record(r, body, answered, fault)
	if !fault.After || pause(r, fault) {
		write(w, answered, fault)
	}
}

// respond decides what the platform does and what it answers. The two differ when the fault only hits the answer.
func (s *Sim) respond(e endpoint, r *http.Request, body []byte, fault Fault) reply {
	spoilt, spoils := fault.instead()
	if spoils && !fault.After {
		return spoilt
	}
	worked := s.perform(e, r.Method, call{
		query: r.URL.Query(), body: body, life: time.Duration(fault.ExpiresIn) * time.Second, undelivered: fault.Undelivered,
	})
	if spoils {
		return spoilt
	}
	return worked
}

// perform lets the platform do its work.
func (s *Sim) perform(e endpoint, method string, c call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = s.opts.Clock.Now()
	switch {
	case method != e.method && e.method == http.MethodPost:
		return refuse(43002, "require POST method")
	case method != e.method:
		return refuse(43001, "require GET method")
	}
	if e.app != noApp {
		if refusal := s.checkToken(c.query.Get("access_token"), s.appID(e.app), c.now); refusal.errcode != 0 {
			return refusal
		}
	}
	if e.method == http.MethodPost && len(bytes.TrimSpace(c.body)) == 0 {
		return refuse(44002, "empty post data")
	}
	return e.handle(s, c)
}

// write sends the answer, broken off in the middle if the fault says so.
func write(w http.ResponseWriter, answered reply, fault Fault) {
	if fault.Drop || fault.Hang {
		dropConnection(w)
		return
	}
	if fault.ContentType != "" {
		answered.contentType = fault.ContentType
	}
	w.Header().Set("Content-Type", answered.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(answered.body)))
	if fault.Truncate {
		answered.body = answered.body[:len(answered.body)/2]
	}
	w.WriteHeader(answered.httpStatus())
	_, _ = w.Write(answered.body) // a caller who has gone misses nothing
}

// dropConnection ends the exchange without an answer. Closing the connection works behind a recovering middleware too,
// which would turn the panic into an answer.
func dropConnection(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

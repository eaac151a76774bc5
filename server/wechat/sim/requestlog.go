package sim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// Request is one entry of the log of the platform's side.
type Request struct {
	At      time.Time `json:"at"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Query   string    `json:"query"`  // secrets masked
	Body    string    `json:"body"`   // secrets masked
	Status  int       `json:"status"` // 0 when there was no answer
	ErrCode int       `json:"errcode"`
	Fault   string    `json:"fault,omitempty"` // id of the fault that hit
}

const keptRequests = 500

// secretField finds the values of a JSON body that are secrets.
var secretField = regexp.MustCompile(`("(?:secret|code|js_code)"\s*:\s*)"(?:[^"\\]|\\.)*"`)

func (s *Sim) record(r *http.Request, body []byte, answered reply, fault Fault) {
	entry := Request{
		At: s.opts.Clock.Now(), Method: r.Method, Path: r.URL.Path, Query: maskQuery(r.URL.Query()),
		Body:    secretField.ReplaceAllString(string(body), `$1"***"`),
		ErrCode: answered.errcode, Fault: fault.ID,
	}
	if !answered.none() {
		entry.Status = answered.httpStatus()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = keepLast(append(s.requests, entry), keptRequests)
}

func maskQuery(query url.Values) string {
	for _, name := range []string{"secret", "access_token", "js_code"} {
		if query.Has(name) {
			query.Set(name, "***")
		}
	}
	return query.Encode()
}

// Requests returns the latest requests to the platform's side, newest first, at most 500.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	latest := append([]Request{}, s.requests[max(0, len(s.requests)-keptRequests):]...)
	slices.Reverse(latest)
	return latest
}

package sim

import (
	"net"
	"net/http"
	"slices"
	"time"
)

// pushTimeout is how long the platform waits for an answer to a push.
const pushTimeout = 5 * time.Second

// pending is what has happened and was not pushed yet.
type pending struct {
	Event  string              `json:"event"`
	OpenID string              `json:"openid"`
	Name   string              `json:"name,omitempty"` // whose openid it is
	Items  []map[string]string `json:"items"`
	At     time.Time           `json:"at"`
}

// nameOf returns whose openid at the account it is, empty when nobody's. The caller holds the lock.
func (s *Sim) nameOf(of app, openID string) string {
	find := s.personByOpenID
	if of == officialApp {
		find = s.personByOfficialOpenID
	}
	if p := find(openID); p != nil {
		return p.Name
	}
	return ""
}

// controlPending lists what waits at one of the accounts.
func (s *Sim) controlPending(of app) func(*http.Request) (any, error) {
	return func(*http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		items := make([]pending, len(s.events[of]))
		for i, e := range s.events[of] {
			items[i] = pending{e.name, e.openID, s.nameOf(of, e.openID), e.items, e.at}
		}
		return list[pending]{items}, nil
	}
}

// controlPush pushes by hand, what waits at one of the accounts, to the server that serves the control side.
func (s *Sim) controlPush(of app) func(*http.Request) (any, error) {
	to, setting := s.opts.Callback, "THEMEDAY_WECHAT_PUSH_TOKEN"
	if of == officialApp {
		to, setting = s.opts.OfficialCallback, "THEMEDAY_OFFICIAL_PUSH_TOKEN"
	}
	return func(r *http.Request) (any, error) {
		var request struct{ Faults []PushFault }
		if err := readJSON(r, &request); err != nil {
			return nil, err
		}
		for _, f := range request.Faults {
			if !slices.Contains(PushFaults(), f) {
				return nil, &problem{status: http.StatusBadRequest, Code: "bad_fault", Message: "没有这种推送故障：" + string(f)}
			}
		}
		here, known := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if to.Token == "" || !known {
			return nil, &problem{status: http.StatusConflict, Code: "push_off", Message: "没有设置消息推送，请先设置 " + setting}
		}
		at := to
		at.URL = "http://" + here.String() + to.URL
		statuses, err := s.pushAll(r.Context(), of, at, (&http.Client{Timeout: pushTimeout}).Do, request.Faults)
		if err != nil {
			return nil, err
		}
		if statuses == nil {
			statuses = []int{}
		}
		return map[string][]int{"statuses": statuses}, nil
	}
}

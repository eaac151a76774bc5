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
	Items  []map[string]string `json:"items"`
	At     time.Time           `json:"at"`
}

func (s *Sim) controlPending(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := make([]pending, len(s.events))
	for i, e := range s.events {
		items[i] = pending{e.name, e.openID, e.items, e.at}
	}
	return list[pending]{items}, nil
}

// controlPush pushes by hand to the server that serves the control side.
func (s *Sim) controlPush(r *http.Request) (any, error) {
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
	if s.opts.Callback.Token == "" || !known {
		return nil, &problem{status: http.StatusConflict, Code: "push_off", Message: "没有设置消息推送，请先设置 THEMEDAY_WECHAT_PUSH_TOKEN"}
	}
	to := s.opts.Callback
	to.URL = "http://" + here.String() + to.URL
	statuses, err := s.Push(r.Context(), to, (&http.Client{Timeout: pushTimeout}).Do, request.Faults...)
	if err != nil {
		return nil, err
	}
	if statuses == nil {
		statuses = []int{}
	}
	return map[string][]int{"statuses": statuses}, nil
}

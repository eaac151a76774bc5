package sim

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Control returns the control side, with full paths (/__sim/…), including the platform's side under /__sim/wx/.
// It answers callers on this machine only.
func (s *Sim) Control() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*http.Request) (any, error){
		"GET /__sim/people":           s.controlPeople,
		"POST /__sim/login-codes":     s.controlCode(s.LoginCode),
		"POST /__sim/phone-codes":     s.controlCode(s.PhoneCode),
		"POST /__sim/taps":            s.controlTap,
		"POST /__sim/follows":         s.controlFollow,
		"GET /__sim/messages":         s.controlMessages,
		"GET /__sim/settings":         s.controlSettings,
		"POST /__sim/settings":        s.controlSettle,
		"GET /__sim/pushes":           s.controlPending(miniApp),
		"POST /__sim/pushes":          s.controlPush(miniApp),
		"GET /__sim/official-pushes":  s.controlPending(officialApp),
		"POST /__sim/official-pushes": s.controlPush(officialApp),
		"POST /__sim/finishes":        s.controlFinish,
		"GET /__sim/clock":            s.controlNow,
		"POST /__sim/clock":           s.controlClock,
		"GET /__sim/faults":           s.controlFaults,
		"POST /__sim/faults":          s.controlSetFault,
		"DELETE /__sim/faults":        s.controlClearFaults,
		"GET /__sim/requests":         s.controlRequests,
		"DELETE /__sim/tokens":        s.controlKillTokens,
	} {
		mux.Handle(pattern, asJSON(handle))
	}
	mux.Handle("GET /__sim/phone", s.page("phone.html"))
	mux.Handle("GET /__sim/push", s.page("push.html"))
	for _, name := range []string{"phone.css", "phone.js", "push.css", "push.js"} {
		mux.Handle("GET /__sim/"+name, asset(name))
	}
	mux.Handle("/__sim/wx/", http.StripPrefix("/__sim/wx", s.API()))
	mux.Handle("/__sim/", asJSON(func(*http.Request) (any, error) {
		return nil, &problem{status: http.StatusNotFound, Code: "not_found", Message: "模拟器没有这个接口"}
	}))
	return onlyHere(mux)
}

// onlyHere refuses callers from other machines, also those whom a proxy on this one names.
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		callers := []string{host}
		for _, forwarded := range r.Header.Values("X-Forwarded-For") {
			callers = append(callers, strings.Split(forwarded, ",")...)
		}
		for _, caller := range callers {
			address, bad := netip.ParseAddr(strings.TrimSpace(caller))
			if err != nil || bad != nil || !address.Unmap().IsLoopback() {
				writeJSON(w, http.StatusForbidden, &problem{Code: "loopback_only", Message: "模拟器只对本机开放"})
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// asJSON answers with what handle returns; nil is 204.
func asJSON(handle func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, err := handle(r)
		var p *problem
		switch {
		case errors.As(err, &p):
			writeJSON(w, p.status, p)
		case err != nil:
			writeJSON(w, http.StatusInternalServerError, &problem{Code: "internal", Message: "模拟器出了点问题"})
		case result == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			writeJSON(w, http.StatusOK, result)
		}
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a caller who has gone misses nothing
}

// maxControl bounds the body of a control request, in bytes.
const maxControl = 64 << 10

func readBody(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxControl+1))
	if err != nil || len(raw) > maxControl {
		return nil, badJSON()
	}
	return raw, nil
}

func readJSON(r *http.Request, target any) error {
	raw, err := readBody(r)
	if err != nil {
		return err
	}
	if json.Unmarshal(raw, target) != nil {
		return badJSON()
	}
	return nil
}

type list[T any] struct {
	Items []T `json:"items"`
}

func (s *Sim) controlPeople(*http.Request) (any, error) { return list[Person]{s.People()}, nil }

func (s *Sim) controlCode(issue func(person string) (string, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		var request struct{ Person string }
		if err := readJSON(r, &request); err != nil {
			return nil, err
		}
		issued, err := issue(request.Person)
		if err != nil {
			return nil, err
		}
		return map[string]string{"code": issued}, nil
	}
}

func (s *Sim) controlTap(r *http.Request) (any, error) {
	var request struct {
		Person      string
		TemplateIDs []string `json:"templateIds"`
		Results     map[string]string
	}
	if err := readJSON(r, &request); err != nil {
		return nil, err
	}
	for _, result := range request.Results {
		if !oneOf(result, "accept", "reject", "ban", "filter") {
			return nil, &problem{status: http.StatusBadRequest, Code: "bad_result", Message: "结果应为 accept、reject、ban 或 filter"}
		}
	}
	results, err := s.Tap(request.Person, request.TemplateIDs, request.Results)
	if err != nil {
		return nil, err
	}
	return map[string]any{"results": results}, nil
}

func (s *Sim) controlFollow(r *http.Request) (any, error) {
	var request struct {
		Person  string
		Follows bool
	}
	if err := readJSON(r, &request); err != nil {
		return nil, err
	}
	return nil, s.Follow(request.Person, request.Follows)
}

func (s *Sim) controlMessages(r *http.Request) (any, error) {
	messages, err := s.Messages(r.URL.Query().Get("person"))
	if err != nil {
		return nil, err
	}
	return list[Message]{messages}, nil
}

func (s *Sim) controlNow(*http.Request) (any, error) {
	return map[string]time.Time{"now": s.opts.Clock.Now()}, nil
}

// clockMove is the body of POST /__sim/clock. It also says by how much, or to when.
type clockMove struct {
	Advance        *Duration  `json:"advance"`
	AdvanceSeconds *Duration  `json:"advanceSeconds"`
	Now            *time.Time `json:"now"`
}

// parseClockMove reads {advance}, {advanceSeconds} or {now}, of which there must be one.
func parseClockMove(raw []byte) (clockMove, error) {
	var move clockMove
	if json.Unmarshal(raw, &move) != nil {
		return move, &problem{status: http.StatusBadRequest, Code: "bad_clock", Message: "时间格式不对，例如 60s 或 2026-03-10T09:00:00+08:00"}
	}
	if move.Advance == nil {
		move.Advance = move.AdvanceSeconds
	}
	switch {
	case (move.Advance == nil) == (move.Now == nil):
		return move, &problem{status: http.StatusBadRequest, Code: "bad_clock", Message: "请给出 advance 或 now 之一"}
	case move.Advance != nil && *move.Advance < 0:
		return move, &problem{status: http.StatusBadRequest, Code: "bad_clock", Message: "只能往后拨，往前拨请用 now"}
	case move.Now != nil && (move.Now.Year() < 2020 || move.Now.Year() > 2100):
		return move, &problem{status: http.StatusBadRequest, Code: "bad_clock", Message: "年份应在 2020 到 2100 之间"}
	}
	return move, nil
}

func (s *Sim) controlClock(r *http.Request) (any, error) {
	raw, err := readBody(r)
	if err != nil {
		return nil, err
	}
	move, err := parseClockMove(raw)
	if err != nil {
		return nil, err
	}
	clock, ok := s.opts.Clock.(Movable)
	if !ok {
		return nil, &problem{status: http.StatusConflict, Code: "clock_fixed", Message: "当前使用真实时间，不能拨动"}
	}
	if move.Now != nil {
		clock.Set(*move.Now)
	} else {
		clock.Advance(time.Duration(*move.Advance))
	}
	return s.controlNow(r)
}

func (s *Sim) controlFaults(*http.Request) (any, error) { return list[Fault]{s.Faults()}, nil }

func (s *Sim) controlSetFault(r *http.Request) (any, error) {
	raw, err := readBody(r)
	if err != nil {
		return nil, err
	}
	fault, err := parseFault(raw)
	if err != nil {
		return nil, err
	}
	return s.SetFault(fault)
}

func (s *Sim) controlClearFaults(r *http.Request) (any, error) {
	s.ClearFaults(r.URL.Query().Get("id"))
	return nil, nil
}

func (s *Sim) controlRequests(*http.Request) (any, error) { return list[Request]{s.Requests()}, nil }

func (s *Sim) controlKillTokens(*http.Request) (any, error) {
	s.KillTokens()
	return nil, nil
}

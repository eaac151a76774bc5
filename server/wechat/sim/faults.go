package sim

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault makes calls to the platform's side fail. The package documentation describes the fields.
type Fault struct {
	ID          string   `json:"id"`
	Endpoint    string   `json:"endpoint"`
	Times       int      `json:"times"`
	Left        int      `json:"left"` // calls still to be hit; -1 = no end
	Rate        float64  `json:"rate"`
	Match       string   `json:"match,omitempty"`
	ErrCode     int      `json:"errcode,omitempty"`
	ErrMsg      string   `json:"errmsg,omitempty"`
	Status      int      `json:"status,omitempty"`
	Body        string   `json:"body,omitempty"`
	Drop        bool     `json:"drop,omitempty"`
	Hang        bool     `json:"hang,omitempty"`
	Delay       Duration `json:"delay,omitempty"`
	After       bool     `json:"after,omitempty"`
	ContentType string   `json:"contentType,omitempty"`
	Truncate    bool     `json:"truncate,omitempty"`
	ExpiresIn   int      `json:"expiresIn,omitempty"`
	Undelivered int      `json:"undelivered,omitempty"`
}

// Duration is written as "1m0s" and read from that or from a number of seconds, also as a string.
type Duration time.Duration

// MarshalJSON writes the duration as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// maxDuration, ten years, keeps the simulated clock within what a date can show.
const maxDuration = 10 * 365 * 24 * time.Hour

var errDuration = errors.New("no duration")

// UnmarshalJSON reads "60s", "60" or 60; anything beyond ten years is an error.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	text := strings.Trim(string(raw), `"`)
	parsed, err := time.ParseDuration(text)
	if seconds, bad := strconv.ParseFloat(text, 64); bad == nil {
		if math.IsNaN(seconds) || math.Abs(seconds) > maxDuration.Seconds() {
			return errDuration
		}
		parsed, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || parsed.Abs() > maxDuration {
		return errDuration
	}
	*d = Duration(parsed)
	return nil
}

// SetFault adds a fault and returns it with its id and defaults. It returns an error for one that could never hit or
// would do nothing.
func (s *Sim) SetFault(f Fault) (Fault, error) {
	setDefault(&f.Endpoint, "*")
	if f.Times == 0 {
		f.Times = 1
	}
	if f.Rate == 0 {
		f.Rate = 1
	}
	known := f.Endpoint == "*" || slices.ContainsFunc(endpoints, f.names)
	switch {
	case !known:
		return f, badFault("endpoint", "没有这个接口")
	case f.Times < -1:
		return f, badFault("times", "次数应为正数，或 -1 表示一直")
	case f.Rate < 0 || f.Rate > 1:
		return f, badFault("rate", "比例应在 0 到 1 之间")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return f, badFault("status", "HTTP 状态应在 200 到 599 之间")
	case f.Delay < 0 || f.ExpiresIn < 0:
		return f, badFault("delay", "时间不能为负")
	}
	if _, instead := f.instead(); !instead && f.Delay == 0 && f.ContentType == "" && !f.Truncate && f.ExpiresIn == 0 && f.Undelivered == 0 {
		return f, badFault("errcode", "没有说明怎样出错")
	}
	f.ID, f.Left = s.ids.New().String(), f.Times
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return f, nil
}

func badFault(field, why string) error {
	return &problem{status: http.StatusBadRequest, Code: "bad_fault", Message: fmt.Sprintf("%s：%s", field, why)}
}

// Faults returns the faults that are not used up, oldest first.
func (s *Sim) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		faults[i] = *f
	}
	return faults
}

// ClearFaults removes the fault with this id, or all of them when it is empty.
func (s *Sim) ClearFaults(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return id == "" || f.ID == id })
}

func (f *Fault) names(e endpoint) bool {
	return f.Endpoint == "*" || f.Endpoint == e.name || f.Endpoint == e.path
}

// instead returns the answer that the fault gives in place of the platform's, if it does. A drop and a hang have none.
func (f *Fault) instead() (reply, bool) {
	switch {
	case f.ErrCode != 0:
		r := refuse(f.ErrCode, usualText(f.ErrCode))
		if f.ErrMsg != "" {
			r.errmsg = f.ErrMsg
		}
		r.status = f.Status
		return r, true
	case f.Status != 0 || f.Body != "":
		return reply{status: f.Status, contentType: "text/html", body: []byte(f.Body)}, true
	}
	return reply{}, f.Drop || f.Hang
}

// takeFault uses up one hit of the first fault that is meant for the call; the zero Fault when there is none.
func (s *Sim) takeFault(e endpoint, query string, body []byte) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		meant := strings.Contains(query, f.Match) || bytes.Contains(body, []byte(f.Match))
		if !meant || !f.names(e) {
			continue
		}
		if f.Rate < 1 && float64(binary.BigEndian.Uint32(s.ids.Bytes(4)))/(1<<32) >= f.Rate {
			continue
		}
		if f.Left > 0 {
			f.Left--
		}
		hit := *f
		if f.Left == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return hit
	}
	return Fault{}
}

// maxHang ends a hang whose caller does not give up.
const maxHang = 60 * time.Second

// pause makes the call wait, in real time, and reports whether the caller is still there.
func pause(r *http.Request, f Fault) bool {
	wait := time.Duration(f.Delay)
	if f.Hang {
		wait = maxHang
	}
	if wait == 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// usualText is what the platform says with a code.
func usualText(code int) string {
	texts := map[int]string{
		-1: "system error", 40001: "invalid credential", 40003: "invalid openid", 40013: "invalid appid",
		40014: "invalid access_token", 40029: "invalid code", 40037: "invalid template_id", 40125: "invalid appsecret",
		40163: "code been used", 40164: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
		40226: "code blocked", 40241: "The message is duplicate in 60 seconds", 40243: "AppSecret is frozen",
		42001: "access_token expired", 43101: "user refuse to accept the msg", 43107: "subscribe ability is banned",
		43108: "concurrent sending to the same user", 45009: "reach max api daily quota limit",
		45011: "api minute-quota reach limit  mustslower  retry next minute", 45168: "message contains sensitive words",
		47003: "argument invalid!", 48001: "api unauthorized", 89503: "ip not confirmed by administrator",
	}
	if text, ok := texts[code]; ok {
		return text
	}
	return "simulated failure"
}

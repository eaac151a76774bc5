package remind_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"themeday/server/remind"
)

// behaviour is how WeChat, or the way to it, treats one call.
type behaviour string

const (
	well         behaviour = ""              // as documented: accepts while there is a grant, else 43101
	lostAnswer   behaviour = "lost answer"   // does its work, but the answer does not arrive
	lostRequest  behaviour = "lost request"  // the request does not arrive, and nobody knows
	diesBefore   behaviour = "dies before"   // this server dies before the call
	diesAfter    behaviour = "dies after"    // this server dies after the call
	dialFails    behaviour = "dial fails"    // certainly not sent
	badSetting   behaviour = "bad setting"   // refused before it was sent, and would be again
	gatewayBusy  behaviour = "502"           // somebody in between says no
	gatewaySlow  behaviour = "504"           // somebody in between gave up waiting; nothing arrived
	gatewayLost  behaviour = "502 after"     // as 502, but it had arrived
	strangeError behaviour = "strange error" // an error of another type, after it had arrived
)

// errcode is a refusal with this code.
func errcode(code int) behaviour { return behaviour(fmt.Sprint("errcode ", code)) }

// wechat is the platform with people's phones. Safe for concurrent use.
type wechat struct {
	mu      sync.Mutex
	grants  map[string]int // openid|template; -1 = long-term
	script  []behaviour    // of the next calls, then well
	calls   int
	arrived map[string][]remind.Message // by openid: what the phone shows
	busy    map[string]bool
	overlap bool
	die     func() // kills this server
	hold    func() // holds the next call up before it leaves; may be nil
	linger  func() // holds the next call's answer up; may be nil
}

var errCrash = errors.New("crash")

func (w *wechat) SendSubscribe(_ context.Context, m remind.Message) (string, error) {
	w.mu.Lock()
	hold, linger := w.hold, w.linger
	w.hold, w.linger = nil, nil
	w.mu.Unlock()
	if hold != nil {
		hold()
	}
	if linger != nil {
		defer linger()
	}
	w.enter(m.OpenID)
	runtime.Gosched() // here another send to the same person would be noticed
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy[m.OpenID] = false
	w.calls++
	var how behaviour
	if len(w.script) > 0 {
		how, w.script = w.script[0], w.script[1:]
	}
	return w.behave(how, m)
}

func (w *wechat) enter(openID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.overlap = w.overlap || w.busy[openID]
	w.busy[openID] = true
}

func (w *wechat) behave(how behaviour, m remind.Message) (string, error) {
	var code int
	if _, err := fmt.Sscanf(string(how), "errcode %d", &code); err == nil {
		return "", &remind.SendError{Code: code, Cause: errCrash}
	}
	switch how {
	case lostAnswer, strangeError, gatewayLost, diesAfter:
		_, _ = w.accept(m)
	case well:
		return w.accept(m)
	}
	switch how {
	case diesBefore, diesAfter:
		w.die()
		panic(errCrash)
	case dialFails:
		return "", &remind.SendError{Cause: errCrash}
	case badSetting:
		return "", &remind.SendError{Final: true, Cause: errCrash}
	case gatewayBusy, gatewayLost:
		return "", &remind.SendError{Status: 502, Unknown: true, Cause: errCrash}
	case gatewaySlow:
		return "", &remind.SendError{Status: 504, Unknown: true, Cause: errCrash}
	case strangeError:
		return "", errCrash
	}
	return "", &remind.SendError{Unknown: true, Cause: context.DeadlineExceeded}
}

func (w *wechat) accept(m remind.Message) (string, error) {
	key := m.OpenID + "|" + m.TemplateID
	if w.grants[key] == 0 {
		return "", &remind.SendError{Code: 43101, Cause: errCrash}
	}
	if w.grants[key] > 0 {
		w.grants[key]--
	}
	w.arrived[m.OpenID] = append(w.arrived[m.OpenID], m)
	return fmt.Sprint("msg", w.calls), nil
}

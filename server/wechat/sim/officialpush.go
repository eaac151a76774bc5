package sim

import (
	"net/http"
	"slices"
)

// What the official account is told: who comes and leaves, and what became of a template message.
const (
	followEvent   = "subscribe"
	unfollowEvent = "unsubscribe"
	finishEvent   = "TEMPLATESENDJOBFINISH"
)

// The statuses with which a template message ends, spelt as the platform does.
const (
	Delivered    = "success"
	UserBlock    = "failed:user block"
	SystemFailed = "failed: system failed"
	FreqLimit    = "failed:freq limit"
)

// Statuses lists all of them.
func Statuses() []string { return []string{Delivered, UserBlock, SystemFailed, FreqLimit} }

func (s *Sim) followChanged(p *Person, follows bool) {
	name := unfollowEvent
	if follows {
		name = followEvent
	}
	s.happenedAt(officialApp, s.officialOpenID(p), name, nil)
}

// finished notes what became of a message. A report that was not pushed yet gives way to the new one.
func (s *Sim) finished(openID, msgID, status string) {
	s.events[officialApp] = slices.DeleteFunc(s.events[officialApp], func(e event) bool { return e.name == finishEvent && e.items[0]["MsgID"] == msgID })
	s.happenedAt(officialApp, openID, finishEvent, map[string]string{"MsgID": msgID, "Status": status})
}

var (
	errStatus    = &problem{status: http.StatusBadRequest, Code: "bad_status", Message: "没有这种结果"}
	errNoMessage = &problem{status: http.StatusNotFound, Code: "message_not_found", Message: "这个人还没有收到服务号的消息"}
)

// Finish settles what becomes of the latest message of the official account on the person's phone: one of Statuses. It is
// reported with the next push, also when another end was reported before.
func (s *Sim) Finish(person, status string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(person)
	if err != nil {
		return err
	}
	if !slices.Contains(Statuses(), status) {
		return errStatus
	}
	for _, m := range slices.Backward(s.messages) {
		if m.Official && m.Person == p.ID {
			s.finished(s.officialOpenID(p), m.ID, status)
			return nil
		}
	}
	return errNoMessage
}

func (s *Sim) controlFinish(r *http.Request) (any, error) {
	var request struct{ Person, Status string }
	if err := readJSON(r, &request); err != nil {
		return nil, err
	}
	return nil, s.Finish(request.Person, request.Status)
}

package app_test

import (
	"net/http"
)

// asked is the last request of a member: a leave or a make-up.
type asked struct {
	id, kind, status, state string
	granted                 known // the row as it was granted
}

// ask is a member who asks for leave or for a make-up.
func (m *model) ask() {
	who := pick(m.r, modelCast[:5])
	want := asked{kind: "leave", status: pick(m.r, []string{"sick", "duty", "private"}), state: "pending"}
	if m.r.IntN(2) == 0 {
		want.kind, want.status = "makeup", "present"
	}
	code := m.askRule(who, want.kind)
	m.note("%s asks for %s: %s", who, want.status, code)
	a := m.phones[who].call(post, m.event+"/requests", map[string]any{"key": m.key(), "kind": want.kind, "status": want.status, "reason": "家里有事"})
	if code != "" {
		m.answered(a, http.StatusConflict, code)
		return
	}
	m.answered(a, http.StatusCreated, "")
	want.id = a.get("id")
	m.asked[who] = &want
}

func (m *model) askRule(who, kind string) string {
	status, last := m.members[who].status, m.asked[who]
	switch {
	case isPresence(status):
		return "already_present"
	case kind == "leave" && who == "本流出":
		return "not_expected"
	case kind == "leave" && (!m.closed.IsZero() || !m.now().Before(m.starts)):
		return "leave_too_late"
	case kind == "leave" && isLeave(status):
		return "already_on_leave"
	case kind == "makeup" && m.now().Before(m.opens):
		return "event_not_open_yet"
	case last != nil && last.state == "pending":
		return "request_open"
	}
	return ""
}

func isLeave(status string) bool { return status == "sick" || status == "duty" || status == "private" }

// request picks a member who has asked for something.
func (m *model) request() (string, *asked) {
	who := pick(m.r, modelCast[:5])
	return who, m.asked[who]
}

// decide is an officer who grants or refuses: the secretary, but for their own the organiser.
func (m *model) decide() {
	who, r := m.request()
	if r == nil {
		return
	}
	officer, verb, k := "本书记", pick(m.r, []string{"approve", "decline"}), m.members[who]
	if who == officer {
		m.answered(m.phones[officer].call(post, "/api/v1/requests/"+r.id+"/approve", nil), http.StatusForbidden, "own_request")
		officer = "本组织"
	}
	code, repeated := "", map[string]string{"approve": "approved", "decline": "declined"}[verb] == r.state
	switch {
	case repeated: // whoever has decided is told again
	case r.state != "pending":
		code = "request_decided"
	case verb == "approve" && isPresence(k.status):
		code = "already_present"
	case verb == "approve":
		*k = known{status: r.status, source: r.kind, at: m.now(), came: k.came}
		r.state, r.granted = "approved", *k
	default:
		r.state = "declined"
	}
	m.note("%s of %s: %s %s", verb, who, r.status, code)
	a := m.phones[officer].call(post, "/api/v1/requests/"+r.id+"/"+verb, map[string]string{"reason": "已了解情况"})
	if code != "" {
		m.answered(a, http.StatusConflict, code)
		return
	}
	m.answered(a, http.StatusOK, "")
}

// withdraw is a member whose plans have changed.
func (m *model) withdraw() {
	who, r := m.request()
	if r == nil {
		return
	}
	code, k := "", m.members[who]
	switch {
	case r.state == "withdrawn" || r.state == "pending":
		r.state = "withdrawn"
	case r.state != "approved" || r.kind != "leave":
		code = "request_decided"
	case !m.closed.IsZero():
		code = "event_closed"
	default:
		r.state = "withdrawn"
		if *k == r.granted { // nobody has written over it
			*k = known{status: "pending", source: r.kind, came: k.came}
		}
	}
	m.note("%s withdraws %s: %s", who, r.status, code)
	a := m.phones[who].call(post, "/api/v1/requests/"+r.id+"/withdraw", nil)
	if code != "" {
		m.answered(a, http.StatusConflict, code)
		return
	}
	m.answered(a, http.StatusOK, "")
}

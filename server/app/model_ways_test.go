package app_test

import (
	"net/http"
	"path"
	"strings"
	"time"
)

// The ways in besides the code on the screen: the six digits beside it, the plate on the wall, the member's own code, and
// the person beside one.

// wayIn tells the acts apart that a member sends to the same address.
type wayIn string

const (
	byCode   wayIn = "scan"
	bySpoken wayIn = "spoken"
	byPlate  wayIn = "plate"
)

// wrongDigits bounds how often a member gets the digits wrong in a sequence: the product refuses the sixth try.
const wrongDigits = 4

// say is a member who types the digits, mostly those on the screen.
func (m *model) say() {
	who, code := pick(m.r, modelCast), m.aCode()
	m.try(past{who: who, way: bySpoken, code: code, body: map[string]any{"key": m.key(), "code": code.spoken, "eventId": m.w.lastPart(m.event)}})
}

// atTheWall is a member who scans the plate, at once or with a ticket for later.
func (m *model) atTheWall() {
	who := pick(m.r, modelCast)
	if m.r.IntN(2) == 0 {
		m.try(past{who: who, way: byPlate, body: map[string]any{"key": m.key(), "code": m.plate}})
		return
	}
	a := m.phones[who].call(post, scans, map[string]any{"code": m.plate})
	if refusal := m.plateRule(who, m.now()); refusal != "" {
		m.answered(a, http.StatusConflict, refusal)
		return
	}
	m.answered(a, http.StatusOK, "")
	m.tickets[who] = append(m.tickets[who], held{a.get("ticket"), m.now(), byPlate})
}

// try sends an act for the first time and keeps it for later.
func (m *model) try(p past) {
	if m.isMisheard(p) && m.misheard[p.who] == wrongDigits {
		return
	}
	m.acts = append(m.acts, p)
	m.send(p)
}

func (m *model) isMisheard(p past) bool {
	return p.way == bySpoken && p.held.text == "" && spokenAge(p.code.at, m.now()) != ""
}

// spokenAge is the rule of the digits: they change every five minutes, and those before are good for a minute more.
func spokenAge(shown, at time.Time) string {
	step := func(t time.Time) int64 { return t.Unix() / 300 }
	if step(shown) == step(at) || step(shown) == step(at.Add(-time.Minute)) {
		return ""
	}
	return "spoken_wrong"
}

// plateRule is what a plate stands for: the event here that asks the member to come, while one can check in to it.
func (m *model) plateRule(who string, at time.Time) string {
	_, listed := m.members[who]
	switch {
	case !listed || !m.closed.IsZero() || at.After(m.closes):
		return "nothing_here"
	case at.Before(m.opens):
		return "event_not_open_yet"
	}
	return ""
}

// station is the secretary who scans a member's own code, now and then one that has been renewed since.
func (m *model) station() {
	who := pick(m.r, modelCast)
	if m.r.IntN(6) == 0 {
		m.renew(who)
	}
	codes, key, refusal := m.personal[who], m.key(), ""
	code := codes[len(codes)-1]
	if m.r.IntN(5) == 0 {
		code = codes[0]
	}
	if _, listed := m.members[who]; listed && code != codes[len(codes)-1] {
		refusal = "personal_revoked"
	}
	for range 1 + m.r.IntN(2) { // the second time as a phone does that had no answer
		status, problem := m.attempt(who, "station "+key, m.now(), refusal, "personal", false)
		if problem == "not_expected" {
			problem = "personal_not_expected"
		}
		m.note("the secretary scans %s: %d %s", who, status, problem)
		m.answered(m.phones["本书记"].call(post, m.event+"/station/scans", map[string]any{"key": key, "code": code}), status, problem)
	}
}

func (m *model) renew(who string) {
	codes := m.personal[who]
	a := m.phones[who].want(http.StatusOK, post, "/api/v1/me/personal-code/renew", map[string]any{"generation": len(codes)})
	m.personal[who] = append(codes, a.get("url"))
}

// help is a member who checks in somebody beside them.
func (m *model) help() {
	helper, who, key := pick(m.r, modelCast), pick(m.r, []string{"本书记", "本党员", "本组织", "本流出", "本未绑", "客党员"}), m.key()
	for range 1 + m.r.IntN(2) {
		status, problem := m.helpRule(helper, who, "helped"+key)
		m.note("%s helps %s: %d %s", helper, who, status, problem)
		m.answered(m.phones[helper].call(post, m.event+"/helped", map[string]any{"key": key, "memberId": m.w.ids[who].String()}), status, problem)
	}
}

func (m *model) helpRule(helper, who, key string) (int, string) {
	by, listed := m.members[helper]
	if !listed {
		return http.StatusNotFound, "not_found"
	}
	if refusal := m.window(m.now(), false); refusal != "" {
		return http.StatusConflict, refusal
	}
	k := m.members[who]
	switch {
	case !isPresence(by.status) || !byOwnHand(by.source):
		return http.StatusConflict, "helper_not_present"
	case who == helper || who == "本流出" || !strings.HasPrefix(who, helper[:len("本")]):
		return http.StatusNotFound, "not_found"
	case isPresence(k.status) && k.key == key:
		return http.StatusCreated, ""
	case isPresence(k.status):
		return http.StatusOK, ""
	case k.status != "pending" || k.source == "roll":
		return http.StatusConflict, "already_recorded"
	}
	m.arrive(k, "helped", key, m.now())
	return http.StatusCreated, ""
}

// byOwnHand tells the ways in which a member acts, or shows the own code.
func byOwnHand(source string) bool {
	switch source {
	case "scan", "offline", "spoken", "plate", "personal":
		return true
	}
	return false
}

// arrive writes a presence.
func (m *model) arrive(k *known, source, key string, at time.Time) {
	*k = known{status: "present", source: source, at: at, key: key, came: k.came}
	if at.After(m.late) {
		k.status = "late"
	}
}

// furnish hangs the plate on the wall and asks everybody's own code.
func (m *model) furnish(site string) {
	m.plate = m.w.as("区管理").want(http.StatusOK, get, site+"/plate", nil).get("url")
	for _, name := range modelCast {
		m.personal[name] = []string{m.phones[name].want(http.StatusOK, get, "/api/v1/me/personal-code", nil).get("url")}
	}
}

// announced makes the event, at a site, with a guest.
func (m *model) announced() (event, site string) {
	site = m.w.siteOf("区委")
	body := m.w.eventBody("本村", "客村")
	body["siteId"] = m.w.lastPart(site)
	secretary := m.w.as("本书记")
	event = events + "/" + secretary.want(http.StatusCreated, post, events, body).get("id")
	secretary.want(http.StatusOK, post, event+"/publish", nil)
	return event, site
}

// lastPart returns the id at the end of a path.
func (w *world) lastPart(p string) string { return path.Base(p) }

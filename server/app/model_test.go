package app_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/store/storetest"
)

// modelTime is how long TestModel looks for a sequence that the model and the product answer differently. PROPERTY_TIME
// sets it; CI takes a minute.
func modelTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("PROPERTY_TIME")
	if text == "" {
		return 3 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("PROPERTY_TIME: %v", err)
	}
	return d
}

const modelSteps = 60

// TestModel drives random sequences of every way into the record, kept scans, tickets, retries, corrections, requests,
// closing and the passing of time on the product and on a model of it that fits on two pages, and compares every answer and, after every step, the
// whole list.
func TestModel(t *testing.T) {
	t.Parallel()
	elapsed, limit := clock.Stopwatch(), modelTime(t)
	sequences := 0
	for seed := uint64(1); sequences == 0 || elapsed() < limit && !t.Failed(); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { newModel(t, seed).run() })
		sequences++
	}
	t.Logf("%d sequences of %d steps", sequences, modelSteps)
}

// known is what the model says of one member at the event.
type known struct {
	status, source string
	at             time.Time // zero where it does not matter
	key            string    // of the act that made it; "" when it was no act
	came           bool      // a presence has been here, also one that was taken back
}

// onScreen is a code that stood on the screen.
type onScreen struct {
	text   string
	spoken string
	at     time.Time
}

// held is a ticket that a phone holds.
type held struct {
	text string
	at   time.Time
	way  wayIn
}

// past is an act that a phone may send again.
type past struct {
	who  string
	way  wayIn
	body map[string]any
	code onScreen // or
	held held
}

// model is the event as it should be.
type model struct {
	t       *testing.T
	r       *rand.Rand
	w       *world
	phones  map[string]*phone
	event   string
	opens   time.Time
	late    time.Time
	closes  time.Time
	starts  time.Time
	closed  time.Time // zero while open
	members map[string]*known
	asked   map[string]*asked // by member: the last request
	codes   []onScreen
	tickets map[string][]held
	acts    []past
	keys    int
	log     []string // what has been done, for a sequence that fails

	plate    string              // the text of the site's plate
	personal map[string][]string // everybody's own codes, the present one last
	misheard map[string]int      // how often a member got the digits wrong
}

// The people of the model: 本流出 is outside the denominator, 邻党员 not asked to come.
var modelCast = []string{"本书记", "本党员", "本组织", "本流出", "客党员", "邻党员"}

func newModel(t *testing.T, seed uint64) *model {
	t.Helper()
	cfg := settings(t, storetest.SQLiteDSN(t))
	cfg.Limits.SessionBurst = 10_000 // the secretary looks after every step, and time may stand still
	m := &model{
		t: t, r: rand.New(rand.NewPCG(seed, 0)), w: worldOn(t, cfg), //nolint:gosec // a sequence that can be repeated
		phones: map[string]*phone{}, members: map[string]*known{}, tickets: map[string][]held{}, asked: map[string]*asked{},
		personal: map[string][]string{}, misheard: map[string]int{},
	}
	var site string
	m.event, site = m.announced()
	for _, name := range modelCast {
		m.phones[name] = m.w.as(name)
		m.members[name] = &known{status: "pending"}
	}
	m.furnish(site)
	delete(m.members, "邻党员")
	for _, name := range []string{"本未绑", "本讲解", "客书记", "客组织", "乡组织"} {
		m.members[name] = &known{status: "pending"}
	}
	plan := m.phones["本书记"].want(http.StatusOK, get, m.event, nil)
	for field, at := range map[string]*time.Time{"startsAt": &m.starts, "checkin.opensAt": &m.opens, "checkin.lateAfter": &m.late, "checkin.closesAt": &m.closes} {
		got, err := time.Parse(time.RFC3339, plan.get(field))
		if err != nil {
			t.Fatalf("%s: %v", field, err)
		}
		*at = got
	}
	return m
}

func (m *model) run() {
	steps := []func(){m.wait, m.wait, m.show, m.scan, m.scan, m.scan, m.ticket, m.useTicket, m.say, m.atTheWall, m.station, m.station, m.help, m.help, m.later, m.later, m.again, m.again, m.mark, m.mark, m.mark, m.ask, m.ask, m.decide, m.decide, m.withdraw, m.close, m.reopen}
	m.w.clock.Set(m.opens.Add(-time.Minute))
	m.show()
	for range modelSteps {
		steps[m.r.IntN(len(steps))]()
		m.compare()
		if m.t.Failed() {
			m.t.Fatalf("the sequence was\n%s", strings.Join(m.log, "\n"))
		}
	}
}

func (m *model) now() time.Time { return m.w.clock.Now() }

func (m *model) note(format string, args ...any) {
	m.log = append(m.log, m.now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// wait lets seconds or, now and then, half an hour pass.
func (m *model) wait() {
	d := time.Duration(m.r.IntN(20)) * time.Second
	if m.r.IntN(4) == 0 {
		d = time.Duration(m.r.IntN(30)) * time.Minute
	}
	m.w.clock.Advance(d)
}

func (m *model) show() {
	a := m.phones["本书记"].call(get, m.event+"/code", nil)
	if !m.closed.IsZero() {
		m.answered(a, http.StatusConflict, "event_closed")
		return
	}
	m.codes = append(m.codes, onScreen{a.get("url"), a.get("spoken"), m.now()})
}

// key makes the key of a new act.
func (m *model) key() string {
	m.keys++
	return fmt.Sprint("k", m.keys)
}

func (m *model) scan() {
	p := past{who: pick(m.r, modelCast), way: byCode, code: m.aCode()}
	p.body = map[string]any{"key": m.key(), "code": p.code.text}
	m.try(p)
}

// aCode is mostly the latest.
func (m *model) aCode() onScreen {
	if m.r.IntN(3) > 0 {
		m.show()
		return m.codes[len(m.codes)-1]
	}
	return pick(m.r, m.codes)
}

func (m *model) ticket() {
	who, code := pick(m.r, modelCast), m.aCode()
	a := m.phones[who].call(post, scans, map[string]any{"code": code.text})
	if refusal := codeAge(code.at, m.now()); refusal != "" {
		m.answered(a, http.StatusConflict, refusal)
		return
	}
	m.answered(a, http.StatusOK, "")
	m.tickets[who] = append(m.tickets[who], held{a.get("ticket"), m.now(), byCode})
}

func (m *model) useTicket() {
	who := pick(m.r, modelCast)
	if len(m.tickets[who]) == 0 {
		return
	}
	p := past{who: who, held: pick(m.r, m.tickets[who])}
	p.way, p.body = p.held.way, map[string]any{"key": m.key(), "ticket": p.held.text}
	m.try(p)
}

// again sends an earlier act once more, as a phone does that had no answer.
func (m *model) again() {
	if len(m.acts) == 0 {
		return
	}
	if p := pick(m.r, m.acts); !m.isMisheard(p) || m.misheard[p.who] < wrongDigits {
		m.send(p)
	}
}

// send sends an act and compares the answer.
func (m *model) send(p past) {
	at, refusal := m.now(), ""
	switch {
	case p.held.text != "":
		at = p.held.at
		if m.now().Sub(at) >= 5*time.Minute {
			refusal = "ticket_expired"
		}
	case p.way == byPlate:
		refusal = m.plateRule(p.who, at)
	case p.way == bySpoken:
		refusal = spokenAge(p.code.at, at)
	default:
		refusal = codeAge(p.code.at, at)
	}
	status, code := m.attempt(p.who, fmt.Sprint(p.body["key"]), at, refusal, string(p.way), p.held.text != "")
	if m.isMisheard(p) && m.members[p.who] != nil {
		m.misheard[p.who]++
	}
	if p.way == bySpoken && m.members[p.who] == nil { // whoever cannot see the event cannot guess at it
		status, code = http.StatusNotFound, "not_found"
	}
	m.note("%s sends %v (of %s): %d %s", p.who, p.body["key"], at.Format("15:04:05"), status, code)
	a := m.phones[p.who].call(post, checkins, p.body)
	m.answered(a, status, code)
	if status < 300 && a.get("attendance.status") != m.members[p.who].status {
		m.t.Errorf("told %s, the model says %s", a.get("attendance.status"), m.members[p.who].status)
	}
}

// later hands in a scan that was kept.
func (m *model) later() {
	who, code, key := pick(m.r, modelCast), pick(m.r, m.codes), m.key()
	at := code.at.Add(time.Duration(m.r.IntN(50)-5) * time.Second)
	refusal := codeAge(code.at, at)
	if at.After(m.now().Add(time.Minute)) {
		refusal = "scan_in_future"
	}
	status, problem := m.attempt(who, key, at, refusal, "offline", true)
	m.note("%s hands in %s of %s: %d %s", who, key, at.Format("15:04:05"), status, problem)
	a := m.phones[who].want(http.StatusOK, post, checkins+"/batch", map[string]any{"items": []any{map[string]any{"key": key, "code": code.text, "scannedAt": at}}})
	if got := a.get("items.0.status"); got != fmt.Sprint(status) || a.get("items.0.error.code") != problem {
		m.t.Errorf("item answered with %s %s, want %d %q", got, a.get("items.0.error.code"), status, problem)
	}
}

// codeAge is the rule of an event code: a step of ten seconds, three steps of grace.
func codeAge(shown, at time.Time) string {
	switch age := at.Unix()/10 - shown.Unix()/10; {
	case age < 0:
		return "code_future"
	case age > 3:
		return "code_expired"
	}
	return ""
}

// attempt is the whole rule of a presence: it returns how the product must answer and moves the model on. afterwards
// says that the instant lies before the sending, so that the event may have closed meanwhile.
func (m *model) attempt(who, key string, at time.Time, refusal, source string, afterwards bool) (int, string) {
	k, listed := m.members[who]
	if refusal == "" && !listed {
		return http.StatusForbidden, "not_expected"
	}
	if refusal == "" {
		refusal = m.window(at, afterwards)
	}
	if refusal == "" && !isPresence(k.status) && k.came && k.source == "roll" && k.status != "pending" {
		refusal = "attendance_corrected"
	}
	mine := listed && isPresence(k.status) && k.key == key
	switch {
	case mine && refusal != "scan_in_future": // the same act: the same answer, whatever has become of its code
		return http.StatusCreated, ""
	case refusal != "":
		return http.StatusConflict, refusal
	case isPresence(k.status): // the first presence wins
		return http.StatusOK, ""
	}
	m.arrive(k, source, key, at)
	return http.StatusCreated, ""
}

func isPresence(status string) bool { return status == "present" || status == "late" }

func (m *model) window(at time.Time, afterwards bool) string {
	switch {
	case !m.closed.IsZero() && (!afterwards || at.After(m.closed)):
		return "event_closed"
	case at.Before(m.opens):
		return "event_not_open_yet"
	case at.After(m.closes):
		return "event_over"
	}
	return ""
}

// mark is the secretary's roll.
func (m *model) mark() {
	names := make([]string, 0, len(m.members))
	for name := range m.members {
		names = append(names, name)
	}
	slices.Sort(names)
	who := pick(m.r, names)
	status := pick(m.r, []string{"pending", "present", "late", "sick", "duty", "private", "exempt", "absent"})
	reason := pick(m.r, []string{"", "书记更正"})
	code := m.markRule(m.members[who], status, reason)
	m.note("roll: %s is %s (%s): %s", who, status, reason, code)
	a := m.phones["本书记"].call(http.MethodPut, m.event+"/attendance/"+m.w.ids[who].String(), map[string]string{"status": status, "reason": reason})
	switch code {
	case "":
		m.answered(a, http.StatusOK, "")
	case "reason_required":
		m.answered(a, http.StatusBadRequest, code)
	default:
		m.answered(a, http.StatusConflict, code)
	}
}

func (m *model) markRule(k *known, status, reason string) string {
	byMember := byOwnHand(k.source) || k.source == "helped"
	over := !m.closed.IsZero()
	switch {
	case k.status == status && reason == "":
		return ""
	case over && status == "pending":
		return "event_closed"
	case isPresence(status) && m.now().Before(m.opens):
		return "event_not_open_yet"
	case reason == "" && (over || k.status != "pending" && byMember):
		return "reason_required"
	}
	if k.status == "pending" && status == "pending" && k.source == "" && reason == "" {
		return ""
	}
	at := m.now()
	if isPresence(k.status) && isPresence(status) {
		at = k.at
	}
	*k = known{status: status, source: "roll", at: at, came: k.came || isPresence(k.status)}
	return ""
}

// close ends the event, rarely, so that a sequence has a before and an after.
func (m *model) close() {
	if m.r.IntN(4) > 0 {
		return
	}
	a := m.phones["本书记"].call(post, m.event+"/close", nil)
	m.note("close: %d", a.Status)
	switch {
	case !m.closed.IsZero():
		m.answered(a, http.StatusConflict, "event_closed")
	case m.now().Before(m.starts):
		m.answered(a, http.StatusConflict, "event_not_started")
	default:
		m.answered(a, http.StatusOK, "")
		m.closed = m.now()
		for name, k := range m.members {
			if k.status == "pending" {
				*k = known{status: "absent", source: "settle", came: k.came}
				if name == "本流出" {
					k.status = "exempt"
				}
			}
		}
	}
}

// reopen takes the close back: what it has filled in is unknown again, everything else stays.
func (m *model) reopen() {
	a := m.phones["本书记"].call(post, m.event+"/reopen", map[string]string{"reason": "漏登了三位同志"})
	m.note("reopen: %d", a.Status)
	if m.closed.IsZero() {
		m.answered(a, http.StatusConflict, "event_not_closed")
		return
	}
	m.answered(a, http.StatusOK, "")
	m.closed = time.Time{}
	for _, k := range m.members {
		if k.source == "settle" {
			*k = known{status: "pending", source: "settle", came: k.came}
		}
	}
}

func (m *model) answered(a answer, status int, code string) {
	m.t.Helper()
	if a.Status != status || a.Status >= 400 && a.get("code") != code {
		m.t.Errorf("answered with %d %s, the model says %d %q", a.Status, a.Text, status, code)
	}
}

// compare holds the whole list against the model.
func (m *model) compare() {
	m.t.Helper()
	list := m.phones["本书记"].want(http.StatusOK, get, m.event+"/attendance?limit=500", nil).list("items")
	if len(list) != len(m.members) {
		m.t.Errorf("%d on the list, the model has %d", len(list), len(m.members))
	}
	for _, row := range list {
		name := fmt.Sprint(row["memberName"])
		k := m.members[name]
		if k == nil {
			m.t.Errorf("%s is on the list", name)
			continue
		}
		source := k.source
		if k.status == "pending" {
			source = fmt.Sprint(row["source"]) // a mark that was taken back may say by whom
		}
		if row["status"] != k.status || row["source"] != source {
			m.t.Errorf("%s is %v by %v, the model says %s by %s", name, row["status"], row["source"], k.status, k.source)
		}
		at, err := time.Parse(time.RFC3339, fmt.Sprint(row["at"]))
		if isPresence(k.status) && (err != nil || !at.Equal(k.at)) {
			m.t.Errorf("%s came at %v, the model says %s", name, row["at"], k.at)
		}
	}
}

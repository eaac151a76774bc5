package app_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"themeday/server/store/storetest"
	"themeday/server/web"
)

// The people of the access table, each with the relation to the event of 本村 (with 客村 as guest) that it stands for.
var cast = []string{
	"nobody", // no session
	"居民",     // a WeChat identity without a member
	"本党员",    // of the host
	"本书记",    // runs the host
	"本讲解",    // keeper on the host
	"客党员",    // of the guest
	"客书记",    // runs the guest
	"邻党员",    // sibling
	"邻书记",    // runs a sibling
	"乡组织",    // runs the committee above
	"区管理",    // runs the district
	"镇组织",    // runs another committee
}

const (
	ok    = "ok"   // any 2xx
	anon  = "401"  // log in first
	bind  = "403b" // become a member first
	no    = "403"
	gone  = "404" // as if it were not there
	again = "409" // somebody else has done it, or it is not in the state for it: the rights were checked before
	bad   = "400" // allowed, but this input is wrong: the rights were checked before
)

// access says for every operation what each of cast gets, in the order of cast.
var access = map[string]string{
	// who am I
	"login":  "bad bad bad bad bad bad bad bad bad bad bad bad",
	"logout": "anon ok ok ok ok ok ok ok ok ok ok ok",
	"me":     "anon ok ok ok ok ok ok ok ok ok ok ok",
	"bind":   "anon bad bad bad bad bad bad bad bad bad bad bad",
	"unbind": "anon 409 ok ok ok ok ok ok ok ok ok ok",
	// bindings: of 本村. 409: whom it was about is bound, or decided on, by the caller before
	"askBinding":          "anon bad 409 409 409 409 409 409 409 409 409 409",
	"withdrawBinding":     "anon ok ok ok ok ok ok ok ok ok ok ok",
	"listBindingRequests": "anon bind no ok no no ok no ok ok ok ok",
	"approveBinding":      "anon bind gone ok gone gone gone gone gone 409 409 gone",
	"declineBinding":      "anon bind gone ok gone gone gone gone gone 409 409 gone",
	"releaseBinding":      "anon bind gone ok gone gone gone gone gone 409 409 gone",
	"getBinding":          "anon bind gone ok gone gone gone gone gone ok ok gone",
	"createInvitation":    "anon bind gone ok gone gone gone gone gone ok ok gone",
	"listInvitations":     "anon bind gone ok gone gone gone gone gone ok ok gone",
	"revokeInvitation":    "anon bind gone ok gone gone gone gone gone ok ok gone",
	// the tree
	"listOrgs":         "anon bind ok ok ok ok ok ok ok ok ok ok",
	"listMembers":      "anon bind gone ok gone gone gone gone gone ok ok gone",
	"createMember":     "anon bind gone ok gone gone gone gone gone ok ok gone",
	"getMember":        "anon bind gone ok gone gone gone gone gone ok ok gone",
	"correctMember":    "anon bind gone ok gone gone gone gone gone ok ok gone",
	"setMemberPosts":   "anon bind gone ok gone gone gone gone gone ok ok gone",
	"revealPhone":      "anon bind gone ok gone gone gone gone gone ok ok gone", // of 本未绑
	"transferMember":   "anon bind gone ok gone gone gone gone gone ok ok gone", // 本未绑 to 客村
	"listTransfers":    "anon bind gone ok gone gone gone gone gone ok ok gone",
	"acceptTransfer":   "anon bind gone no gone gone ok gone gone ok ok gone", // handed over by 本书记: the other side accepts
	"declineTransfer":  "anon bind gone no gone gone ok gone gone ok ok gone",
	"withdrawTransfer": "anon bind gone ok gone gone no gone gone ok ok gone",
	"moveMember":       "anon bind gone ok gone gone gone gone gone ok ok gone",
	// one's own data, and what others of 本村 have put right
	"getMyData":        "anon ok ok ok ok ok ok ok ok ok ok ok",
	"listMyLooks":      "anon ok ok ok ok ok ok ok ok ok ok ok",
	"exportMyData":     "anon ok ok ok ok ok ok ok ok ok ok ok",
	"askCorrection":    "anon bind ok ok ok ok ok ok ok ok ok ok",
	"withdrawLocation": "anon bind ok ok ok ok ok ok ok ok ok ok",
	"closeAccount":     "anon ok ok ok ok ok ok ok ok ok ok ok",
	"keepAccount":      "anon 409 409 409 409 409 409 409 409 409 409 409",
	"listCorrections":  "anon bind gone ok gone gone gone gone gone ok ok gone",
	"answerCorrection": "anon bind gone ok gone gone gone gone gone ok ok gone",
	// what was done: for secretaries and admins
	"listAudit":        "anon bind no ok no no ok no ok no ok no",
	"listAuditActions": "anon bind no ok no no ok no ok ok ok ok",
	"exportAudit":      "anon bind no ok no no ok no ok no ok no",
	// roles on 本村: 组织委员 of 本党员
	"listRoles":       "anon bind ok ok ok gone gone gone gone ok ok gone",
	"grantRole":       "anon bind no ok no gone gone gone gone no ok gone",
	"revokeRole":      "anon bind no ok no gone gone gone gone no ok gone",
	"listRoleChanges": "anon bind gone ok gone gone gone gone gone ok ok gone",
	"previewHandOver": "anon bind no ok no gone gone gone gone no ok gone",
	"handOver":        "anon bind no ok no gone gone gone gone no ok gone",
	"listHandOvers":   "anon bind gone ok gone gone gone gone gone ok ok gone",
	"undoHandOver":    "anon bind no ok no gone gone gone gone no ok gone",
	"getSetup":        "anon ok ok ok ok ok ok ok ok ok ok ok",
	"redeemSetupCode": "anon bad bad bad bad bad bad bad bad bad bad bad",
	// rosters of 本村; its secretary is no admin. An import is there for those who keep the roster
	"uploadRoster":        "anon bind gone no gone gone gone gone gone no ok gone",
	"listRosterImports":   "anon bind gone no gone gone gone gone gone no ok gone",
	"getRosterImport":     "anon bind gone gone gone gone gone gone gone gone ok gone",
	"listRosterRows":      "anon bind gone gone gone gone gone gone gone gone ok gone",
	"decideRosterRows":    "anon bind gone gone gone gone gone gone gone gone ok gone",
	"settleRosterBranch":  "anon bind gone gone gone gone gone gone gone gone ok gone",
	"applyRosterImport":   "anon bind gone gone gone gone gone gone gone gone ok gone",
	"discardRosterImport": "anon bind gone gone gone gone gone gone gone gone ok gone",
	"exportRoster":        "anon bind gone no gone gone gone gone gone no ok gone",
	"rosterTemplate":      "anon bind gone no gone gone gone gone gone no ok gone",
	// events
	"createEvent":         "anon bind bad ok bad bad bad bad bad ok ok bad",
	"listEvents":          "anon bind ok ok ok ok ok ok ok ok ok ok",
	"getEvent":            "anon bind ok ok ok ok ok gone gone ok ok gone",
	"editEvent":           "anon bind no ok no no no gone gone ok ok gone",
	"publishEvent":        "anon bind gone ok gone gone gone gone gone ok ok gone", // a draft is seen by those who run it
	"cancelEvent":         "anon bind no ok no no no gone gone ok ok gone",
	"closeEvent":          "anon bind no ok no no no gone gone ok ok gone",
	"reopenEvent":         "anon bind no 409 no no no gone gone 409 409 gone", // 409: it is not closed; the rights were checked before
	"getReminderDefaults": "anon bind gone ok gone gone gone gone gone ok ok gone",
	"setReminderDefaults": "anon bind gone ok gone gone gone gone gone ok ok gone",
	// sites: everybody may know of them
	"createSite":    "anon bind bad ok bad bad bad bad bad ok ok bad",
	"listSites":     "anon ok ok ok ok ok ok ok ok ok ok ok",
	"getSite":       "anon ok ok ok ok ok ok ok ok ok ok ok",
	"editSite":      "anon bind no ok no no no no no ok ok no",
	"closeSite":     "anon bind no ok no no no no no ok ok no",
	"reopenSite":    "anon bind no ok no no no no no ok ok no",
	"getPlate":      "anon bind no ok ok no no no no ok ok no",
	"renewPlate":    "anon bind no ok no no no no no ok ok no",
	"plateMiniCode": "anon bind no ok ok no no no no ok ok no",
	"openVisit":     "anon bind bad ok ok bad bad bad bad ok ok bad",
	"listVisits":    "anon bind no ok ok no no no no ok ok no",
	"exportVisits":  "anon bind no ok ok no no no no ok ok no",
	"getVisit":      "anon bind gone ok ok gone gone gone gone ok ok gone",
	"endVisit":      "anon bind gone ok ok gone gone gone gone ok ok gone",
	"joinVisit":     "anon bind bad bad bad bad bad bad bad bad bad bad", // without a ticket of a plate
	// the shape of the tree
	"getOrg":         "anon bind ok ok ok ok ok ok ok ok ok ok",
	"listOrgHistory": "anon bind gone ok gone gone gone gone gone ok ok gone",
	"editOrg":        "anon bind gone ok gone gone gone gone gone ok ok gone",
	"createOrg":      "anon bind gone no gone gone gone gone gone no ok gone", // only who administers shapes the tree
	"moveOrg":        "anon bind gone no gone gone gone gone gone no ok gone",
	"mergeOrg":       "anon bind gone no gone gone gone gone gone no ok gone",
	"closeOrg":       "anon bind gone no gone gone gone gone gone no 409 gone", // 409: people are in it; the rights were checked before
	"reopenOrg":      "anon bind gone no gone gone gone gone gone no 409 gone",
	// check-in
	"showCode":              "anon bind no ok no no no gone gone ok ok gone",
	"scan":                  "anon ok ok ok ok ok ok ok ok ok ok ok", // whoever stands before the code may read it
	"checkIn":               "anon bind ok ok ok ok ok no no ok no no",
	"checkInLater":          "anon ok ok ok ok ok ok ok ok ok ok ok", // refusals are in the items
	"listAttendance":        "anon bind no ok no no ok gone gone ok ok gone",
	"markAttendance":        "anon bind no ok no no gone gone gone ok ok gone", // the guest's secretary marks the guest's people only
	"markSeveral":           "anon bind no ok no no gone gone gone ok ok gone",
	"undoMarks":             "anon bind no gone no no gone gone gone gone gone gone", // one's own act only
	"listHelpable":          "anon bind 409 409 409 409 409 gone gone 409 409 gone",  // after having scanned
	"helpCheckIn":           "anon bind 409 409 409 409 409 gone gone 409 409 gone",
	"listAttendanceChanges": "anon bind ok ok no no gone gone gone ok ok gone",
	"myAttendance":          "anon bind ok ok ok ok ok ok ok ok ok ok",
	"live":                  "anon bind no bad no no bad gone gone bad bad gone", // 400: this request is no socket
	"getSettlement":         "anon bind no ok no no ok gone gone ok ok gone",
	"exportSettlement":      "anon bind no ok no no ok gone gone ok ok gone",
	"explainAttendance":     "anon bind no ok no no gone gone gone ok ok gone", // of one of the host's people
	"renewCode":             "anon bind no ok no no no gone gone ok ok gone",
	"listFailedScans":       "anon bind no ok no no no gone gone ok ok gone",
	"listHints":             "anon bind no ok no no no gone gone ok ok gone",
	"miniCode":              "anon bind no ok no no no gone gone ok ok gone",
	"landing":               "ok ok ok ok ok ok ok ok ok ok ok ok",
	// personal codes
	"myPersonalCode":      "anon bind ok ok ok ok ok ok ok ok ok ok",
	"renewMyPersonalCode": "anon bind ok ok ok ok ok ok ok ok ok ok",
	"renewPersonalCode":   "anon bind gone ok gone gone gone gone gone ok ok gone",
	"listPersonalCodes":   "anon bind gone ok gone gone gone gone gone ok ok gone",
	"scanPersonalCode":    "anon bind no ok no no no gone gone ok ok gone", // the guest's secretary scans the guest's people only
	// requests: of 本党员 for the event
	"askForAttendance": "anon bind ok ok ok ok ok gone gone ok no gone", // those whom the event expects
	"listRequests":     "anon bind ok ok ok ok ok ok ok ok ok ok",
	"approveRequest":   "anon bind no ok gone gone gone gone gone ok ok gone", // not one's own, else as the roll
	"declineRequest":   "anon bind no ok gone gone gone gone gone ok ok gone",
	"withdrawRequest":  "anon bind ok gone gone gone gone gone gone gone gone gone",
	"keepEvidence":     "anon bind ok ok ok ok ok ok ok ok ok ok",
	"showEvidence":     "anon bind ok ok gone gone gone gone gone ok ok gone",
	"makePack":         "anon bind no ok no no ok gone gone ok ok gone",
	"syncStation":      "anon bind no ok no no ok gone gone ok ok gone",       // refusals are in the items
	"answerStation":    "anon bind no ok no no gone gone gone gone gone gone", // it is 本书记's pack
	// reminders and messages
	"listMessageTemplates": "anon ok ok ok ok ok ok ok ok ok ok ok",
	"reportGrants":         "anon ok ok ok ok ok ok ok ok ok ok ok",
	"previewMessages":      "anon bind no ok no no ok no ok ok ok ok",
	"getEventReminders":    "anon bind no ok no no no gone gone ok ok gone",
	"listDeliveries":       "anon bind no gone no no no gone gone gone gone gone", // of a reminder that is not there: the rights were checked before
	"sendReminderNow":      "anon bind no gone no no no gone gone gone gone gone",
	"tickPhoneCall":        "anon bind no 409 no no no gone gone 409 409 gone", // nobody has been told anything yet
	"getReminderLoad":      "anon bind gone ok gone gone gone gone gone ok ok gone",
	"setReminderCeiling":   "anon bind gone no gone gone gone gone gone no ok gone", // those who administer the organisation
	"getMyMutes":           "anon bind ok ok ok ok ok ok ok ok ok ok",
	"setMyMutes":           "anon bind ok ok ok ok ok ok ok ok ok ok",
	"getMonth":             "anon bind gone ok gone gone gone gone gone ok ok gone",
	"excuseMonth":          "anon bind gone ok gone gone gone gone gone ok ok gone",
	"askAgain":             "anon bind gone ok gone gone gone gone gone ok ok gone",
	"listMessages":         "anon bind ok ok ok ok ok ok ok ok ok ok",
	"readMessages":         "anon bind ok ok ok ok ok ok ok ok ok ok",
	// WeChat itself, known by its signature
	"verifyPush":          "no no no no no no no no no no no no",
	"receivePush":         "no no no no no no no no no no no no",
	"verifyOfficialPush":  "no no no no no no no no no no no no",
	"receiveOfficialPush": "no no no no no no no no no no no no",
	// the server itself
	"listDeadJobs":  "anon bind gone gone gone gone gone gone gone gone gone gone",
	"retryDeadJob":  "anon bind gone gone gone gone gone gone gone gone gone gone", // of a job that is not dead
	"dropDeadJob":   "anon bind gone gone gone gone gone gone gone gone gone gone",
	"retryDeadJobs": "anon bind gone gone gone gone gone gone gone gone gone gone",
	"healthz":       "ok ok ok ok ok ok ok ok ok ok ok ok",
	"readyz":        "ok ok ok ok ok ok ok ok ok ok ok ok",
	"metrics":       "ok ok ok ok ok ok ok ok ok ok ok ok",
	"contract":      "ok ok ok ok ok ok ok ok ok ok ok ok",
}

var named = map[string]string{"ok": ok, "anon": anon, "bind": bind, "no": no, "gone": gone, "bad": bad, "409": again}

// TestAccess walks every operation with every role in every relation. A new operation without a row fails it.
func TestAccess(t *testing.T) {
	w := newWorld(t)
	for _, op := range w.app.API.Operations() {
		want := rowOf(op.ID)
		if want == nil {
			t.Errorf("operation %s (%s %s) has no row in the table, or one without a cell for everybody", op.ID, op.Method, op.Path)
			continue
		}
		t.Run(op.ID, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, settings(t, storetest.SQLiteDSN(t)), city())
			for _, name := range refusedFirst(want) {
				w.clock.Set(start) // everybody calls at the same instant, about an event of their own
				a := w.try(op.ID, op.Method, op.Path, name)
				if got := outcome(a); got != want[name] {
					t.Errorf("%s: got %s, want %s: %s", name, got, want[name], a.Text)
				}
				w.looksAbsent(name, a)
			}
			w.mustBeNoted(t, op.ID)
		})
	}
	for id := range access {
		if !slices.ContainsFunc(w.app.API.Operations(), func(op web.Op) bool { return op.ID == id }) {
			t.Errorf("the table has a row for %s, which does not exist", id)
		}
	}
}

// rowOf returns the whole row of an operation, nil when there is none or one of another length.
func rowOf(id string) row {
	cells := strings.Fields(access[id])
	if len(cells) != len(cast) {
		return nil
	}
	said := row{}
	for i, name := range cast {
		said[name] = named[cells[i]]
	}
	return said.all(id)
}

// everybody is the cast, in its order, and then those who are not in it.
func everybody() []string {
	names := slices.Clone(cast)
	for _, p := range parts {
		if !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
	}
	return names
}

// refusedFirst puts those in front who change nothing.
func refusedFirst(want row) []string {
	names := everybody()
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(weight(want[a]), weight(want[b])) })
	return names
}

func weight(outcome string) int {
	if outcome == ok || outcome == again {
		return 1
	}
	return 0
}

// requestID is what differs between any two refusals.
var requestID = regexp.MustCompile(`"requestId":"[^"]*"`)

// looksAbsent checks that what somebody without a part in 本村 is not to see is answered, to the letter, as what is not there.
func (w *world) looksAbsent(name string, a answer) {
	w.t.Helper()
	at := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
	relation := parts[at].relation
	if relation != "other district" && relation != "sibling" || a.Status != http.StatusNotFound && a.Status != http.StatusBadRequest {
		return
	}
	blank := func(a answer) string { return requestID.ReplaceAllString(a.Text, "") }
	if b := w.last.ofNothing(w.t, a.Status == http.StatusNotFound); b.Status != a.Status || blank(b) != blank(a) {
		w.t.Errorf("%s: what is not theirs: %d %s; what is not there: %d %s", name, a.Status, a.Text, b.Status, b.Text)
	}
}

// ofNothing repeats the call with the ids of nothing in its body, and in its path.
func (c call) ofNothing(t *testing.T, path bool) answer {
	t.Helper()
	nothing := func(text string) string { return anID.ReplaceAllString(text, "0000000000001") }
	at := c.path
	if path {
		at = nothing(at)
	}
	switch body := c.body.(type) {
	case nil:
		return c.caller.call(c.method, at, nil)
	case string:
		return c.caller.call(c.method, at, nothing(body))
	default:
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return c.caller.call(c.method, at, nothing(string(text)))
	}
}

// anID is an id as it is in paths and bodies.
var anID = regexp.MustCompile(`\b0[0-9a-z]{12}\b`)

// outcome sorts an answer into the words of the table.
func outcome(a answer) string {
	switch {
	case a.Status < 300:
		return ok
	case a.get("code") == "not_bound" && a.Status == http.StatusForbidden:
		return bind
	}
	return strconv.Itoa(a.Status)
}

// try calls the operation on the event of 本村 in the way it is meant to be called.
func (w *world) try(id, method, path, name string) answer {
	w.t.Helper()
	if w.event == "" || id == "editEvent" || id == "cancelEvent" || id == "closeEvent" { // everything else leaves the event as it is
		w.event = w.published("本村", "客村")
	}
	event := w.event
	caller := w.nobody()
	if name != "nobody" {
		caller = w.as(name)
	}
	var body any
	switch id {
	case "login":
		body = map[string]string{"code": "not-a-code"}
	case "bind":
		body = map[string]string{"phoneCode": "not-a-code"}
	case "createEvent", "editEvent":
		body = w.eventBody("本村")
	case "publishEvent":
		event = "/api/v1/events/" + w.as("本书记").want(http.StatusCreated, http.MethodPost, "/api/v1/events", w.eventBody("本村", "客村")).get("id")
	case "moveMember":
		w.clock.Advance(time.Duration(slices.Index(everybody(), name)) * time.Second) // each a little later than the one before
		body = map[string]any{"orgId": w.orgs["本村"].String(), "kind": "full", "standing": "normal"}
	case "askCorrection":
		body = map[string]string{"field": "name", "wanted": "改名字"}
	case "answerCorrection":
		body = map[string]bool{"corrected": true}
		path = strings.Replace(path, "{correctionId}", w.openCorrection(), 1)
	case "setReminderDefaults":
		body = map[string]bool{"published": true, "dayBefore": true, "soon": false, "recordReady": true}
	case "setMyMutes":
		body = map[string][]string{"muted": {"news"}}
	case "excuseMonth":
		body = map[string]string{"reason": "flood"}
	case "renewCode":
		body = map[string]string{"reason": "二维码被转发"}
	case "dropDeadJob":
		body = map[string]string{"reason": "活动已取消"}
	case "reopenEvent":
		body = map[string]string{"reason": "漏记了"}
	case "cancelEvent":
		body = map[string]string{"reason": "大雨"}
	case "closeEvent":
		w.clock.Advance(3 * time.Hour)
	case "scan", "checkIn", "checkInLater":
		w.clock.Advance(2 * time.Hour)
		body = w.scanBody(id, event)
	case "renewMyPersonalCode", "renewPersonalCode":
		body = map[string]int{"generation": 1}
	case "scanPersonalCode":
		w.clock.Advance(2 * time.Hour)
		body = map[string]string{"key": "k", "code": w.as("本党员").want(http.StatusOK, http.MethodGet, "/api/v1/me/personal-code", nil).get("url")}
	case "makePack":
		body = map[string]string{"device": "华为"}
	case "syncStation", "answerStation":
		w.clock.Advance(2 * time.Hour)
		body = w.stationBody(id, event)
	case "markSeveral":
		body = map[string]any{"key": "k", "memberIds": []string{w.ids["本党员"].String()}, "status": "sick"}
	case "helpCheckIn":
		body = map[string]any{"key": "k", "memberId": w.ids["本党员"].String()}
	case "markAttendance":
		body = map[string]string{"status": "sick"}
	case "askForAttendance":
		body = map[string]any{"key": "k", "kind": "leave", "status": "sick", "reason": "发烧了"}
	case "declineRequest":
		body = map[string]any{"reason": "请先参加会议"}
	case "keepEvidence":
		body = dot
	case "reportGrants":
		body = map[string]any{"results": map[string]string{}}
	case "setReminderCeiling":
		body = map[string]any{"ceiling": 8}
	case "sendReminderNow":
		body = map[string]any{}
	case "tickPhoneCall":
		body = map[string]any{"newsId": w.ids["本党员"].String(), "told": true}
	case "readMessages":
		body = map[string]any{"all": true}
	}
	if made, ok := w.memberBody(id); ok {
		body = made
	}
	if made, ok := w.siteBody(id); ok {
		body = made
	}
	if made, ok := rosterBody(id); ok {
		body = made
	}
	if made, ok := bindingBody(id, w.ids["本未绑"].String()); ok {
		body = made
	}
	if made, ok := w.roleBody(id); ok {
		body = made
	}
	if made, ok := w.orgBody(id, name); ok {
		body = made
	}
	path = w.memberFor(id, w.rolesFor(id, w.bindingFor(w.rosterFor(id, w.siteFor(id, path)))))
	request, picture := "", ""
	if strings.Contains(path, "{requestId}") {
		request, picture = w.asked("本党员")
	}
	path = strings.NewReplacer("/api/v1/events/{id}", event, "{requestId}", request, "{reminderId}", w.ids["本党员"].String(), "{evidenceId}", picture, "{batchId}", w.ids["本党员"].String(), "{id}", w.orgs["本村"].String(), "{memberId}", w.ids["本党员"].String(), "{code}", "x", "{month}", "2026-12").Replace(path)
	if id == "myAttendance" {
		path += "?year=2026"
	}
	w.last = call{caller, method, path, body}
	return caller.call(method, path, body)
}

// call is a request of the table.
type call struct {
	caller       *phone
	method, path string
	body         any
}

func (w *world) scanBody(id, event string) any {
	url := w.as("本书记").want(http.StatusOK, http.MethodGet, event+"/code", nil).get("url")
	switch id {
	case "checkIn":
		return map[string]string{"key": "k", "code": url}
	case "checkInLater":
		return map[string]any{"items": []any{map[string]any{"key": "k", "code": url, "scannedAt": w.clock.Now()}}}
	}
	return map[string]string{"code": url}
}

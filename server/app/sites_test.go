package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const sites = "/api/v1/sites"

func (w *world) siteInput(host string) map[string]any {
	return map[string]any{"kind": "red_education", "name": "红色小屋", "orgId": w.orgs[host].String(), "introduction": "1938 年的交通站", "opening": "周二至周日"}
}

// siteOf opens a site of an organisation and returns its path.
func (w *world) siteOf(host string) string {
	w.t.Helper()
	return sites + "/" + w.as("区管理").want(http.StatusCreated, post, sites, w.siteInput(host)).get("id")
}

// siteFor fills in the site or the visit of 本村 that a call of the access table is about, in the state that it expects.
func (w *world) siteFor(id, path string) string {
	w.t.Helper()
	visits := strings.HasPrefix(path, "/api/v1/visits/")
	if !visits && !strings.HasPrefix(path, sites+"/{id}") {
		return path
	}
	made := w.siteOf("本村")
	switch id {
	case "reopenSite":
		w.as("区管理").want(http.StatusOK, post, made+"/close", nil)
	case "listVisits", "exportVisits":
		path += "?month=2026-12"
	}
	if visits {
		return strings.Replace(path, "/api/v1/visits/{id}", w.visitTo(made), 1)
	}
	return strings.Replace(path, sites+"/{id}", made, 1)
}

func (w *world) visitInput(org string) map[string]any {
	return map[string]any{"orgId": w.orgs[org].String(), "note": "参观学习", "opensAt": w.clock.Now(), "closesAt": w.clock.Now().Add(3 * time.Hour)}
}

// visitTo opens a visit of 本村 to a site and returns its path.
func (w *world) visitTo(site string) string {
	w.t.Helper()
	return "/api/v1/visits/" + w.as("区管理").want(http.StatusCreated, post, site+"/visits", w.visitInput("本村")).get("id")
}

// siteBody returns what a call of the access table sends.
func (w *world) siteBody(id string) (any, bool) {
	switch id {
	case "createSite", "editSite":
		return w.siteInput("本村"), true
	case "openVisit":
		return w.visitInput("本村"), true
	case "joinVisit":
		return map[string]string{"ticket": "t.none"}, true
	}
	return nil, false
}

func wrongSites() []wrong {
	input := func(part, by string) string {
		return strings.Replace(`{"kind":"station","name":"远程站点","orgId":"{org}","radius":300,"position":{"lat":32.9,"lng":115.8},"keeperIds":["{member}"]}`, part, by, 1)
	}
	bad := func(name, part, by string) wrong {
		return wrong{name: "site: " + name, who: "本书记", method: post, path: sites, body: input(part, by), status: 400, code: "invalid_input"}
	}
	visit := func(part, by string) string {
		return strings.ReplaceAll(`{"orgId":"{org}","note":"参观","opensAt":"2026-12-10T08:00:00Z","closesAt":"2026-12-10T10:00:00Z"}`, part, by)
	}
	wrongVisit := func(name, part, by string) wrong {
		return wrong{name: "visit: " + name, who: "本书记", method: post, path: sites + "/{site}/visits", body: visit(part, by), status: 400, code: "invalid_input"}
	}
	scan := func(name, code string, status int, reason string) wrong {
		return wrong{name: "plate: " + name, method: post, path: scans, body: `{"code":"` + code + `"}`, status: status, code: reason}
	}
	return []wrong{
		bad("no name", "远程站点", ""), bad("blank name", "远程站点", "   "), bad("name of two lines", "远程站点", "远程\\n站点"),
		bad("endless name", "远程站点", strings.Repeat("长", 61)), bad("unknown kind", "station", "museum"),
		bad("somebody else's organisation", "{org}", "{farOrg}"), bad("no organisation", "{org}", "0000000000001"), bad("no id", "{org}", "x"),
		bad("north of the pole", "32.9", "91"), bad("radius of a province", "300", "100000"), bad("keeper nobody knows", "{member}", "0000000000001"),
		bad("event as keeper", "{member}", "{event}"),
		{name: "site that is not there", method: get, path: sites + "/0000000000001", status: 404, code: "not_found"},
		{name: "event as site", method: get, path: sites + "/{event}", status: 404, code: "not_found"},
		{name: "site id of another alphabet", who: "本书记", method: get, path: sites + "/红色小屋/minicode", status: 404, code: "not_found"},
		{name: "site list from nowhere", method: get, path: sites + "?after=x", status: 400, code: "invalid_input"},
		{name: "too many sites at once", method: get, path: sites + "?limit=1000", status: 400, code: "invalid_input"},
		{name: "close a closed site", who: "本书记", method: post, path: sites + "/{closedSite}/close", status: 409, code: "site_closed"},
		{name: "reopen an open site", who: "本书记", method: post, path: sites + "/{site}/reopen", status: 409, code: "site_open"},
		{name: "renew the plate of a closed site", who: "本书记", method: post, path: sites + "/{closedSite}/plate/renew", status: 409, code: "site_closed"},
		{name: "event at no site", who: "本书记", method: post, path: events, body: eventJSON(`"guestOrgIds":[]`, `"siteId":"0000000000001"`), status: 400, code: "invalid_input"},
		{name: "event at a closed site", who: "本书记", method: post, path: events, body: eventJSON(`"guestOrgIds":[]`, `"siteId":"{closedSite}"`), status: 400, code: "invalid_input"},
		{name: "visit to a closed site", who: "本书记", method: post, path: sites + "/{closedSite}/visits", body: visit("~", ""), status: 409, code: "site_closed"},
		wrongVisit("of nobody", "{org}", "0000000000001"), wrongVisit("that never ends", "2026-12-10T10:00:00Z", "2026-12-12T10:00:00Z"),
		wrongVisit("that ends before it begins", "2026-12-10T10:00:00Z", "2026-12-10T07:00:00Z"), wrongVisit("of the past", "2026-12-10", "2026-12-01"),
		wrongVisit("next year", "2026-12-10", "2027-12-10"), wrongVisit("with a line break", "参观", "参\\n观"),
		{name: "visit that is not there", who: "本书记", method: post, path: "/api/v1/visits/0000000000001/end", status: 404, code: "not_found"},
		{name: "join without a scan", method: post, path: "/api/v1/visits/0000000000001/visitors", body: `{"ticket":"{ticket}"}`, status: 400, code: "code_forged"},
		{name: "join with an old ticket", method: post, path: "/api/v1/visits/0000000000001/visitors", body: `{"ticket":"{oldTicket}"}`, status: 409, code: "ticket_expired"},
		{name: "visits of no month", who: "本书记", method: get, path: sites + "/{site}/visits?month=2026-13", status: 400, code: "invalid_input"},
		{name: "export of no month", who: "本书记", method: get, path: sites + "/{site}/visits.csv?month=%27--", status: 400, code: "invalid_input"},
		scan("forged", "{forgedPlate}", 400, "code_forged"), scan("of another server", "s0000000000001.AAAAAAAAAAAAAAAA", 400, "code_forged"),
		scan("truncated", "s{site}.AAA", 400, "code_malformed"), scan("with something behind it", "s{site}.AAAAAAAAAAAAAAAA.5", 400, "code_malformed"),
	}
}

// TestPlateOnTheWall: the whole way, from the site to the list of the event, with a renewal in between.
func TestPlateOnTheWall(t *testing.T) {
	w := newWorld(t)
	there := w.siteOf("区委")
	shown := w.as("区管理").want(http.StatusOK, get, there+"/plate", nil)
	if !strings.HasPrefix(shown.get("url"), "https://party.example/c/s") || len(shown.get("scene")) > 32 || shown.get("generation") != "1" {
		t.Fatalf("plate %s", shown.Text)
	}
	body := w.eventBody("本村")
	body["siteId"] = strings.TrimPrefix(there, sites+"/")
	secretary := w.as("本书记")
	made := events + "/" + secretary.want(http.StatusCreated, post, events, body).get("id")
	if got := secretary.want(http.StatusOK, post, made+"/publish", nil).get("siteId"); got != body["siteId"] {
		t.Errorf("siteId %q", got)
	}
	if list := w.as("本党员").want(http.StatusOK, get, events+"?siteId="+body["siteId"].(string), nil).list("items"); len(list) != 1 {
		t.Errorf("%d events at the site", len(list))
	}
	if list := w.as("本党员").want(http.StatusOK, get, events+"?siteId=0000000000001", nil).list("items"); len(list) != 0 {
		t.Errorf("%d events at another site", len(list))
	}
	w.clock.Advance(2 * time.Hour)
	member := w.as("本党员")
	scanned := member.want(http.StatusOK, post, scans, map[string]string{"code": shown.get("url")})
	if scanned.get("subject.kind") != "event" || scanned.get("subject.event.title") == "" || len(scanned.list("items")) != 0 {
		t.Fatalf("scan: %s", scanned.Text)
	}
	got := member.want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "ticket": scanned.get("ticket")})
	if got.get("attendance.source") != "plate" {
		t.Errorf("check-in: %s", got.Text)
	}
	w.as("区管理").want(http.StatusOK, post, there+"/plate/renew", nil)
	if a := w.as("本组织").call(post, scans, map[string]string{"code": shown.get("scene")}); a.Status != http.StatusConflict || a.get("code") != "plate_replaced" {
		t.Errorf("the old plate: %d %s", a.Status, a.Text)
	}
	again := map[string]string{"key": "again", "code": w.as("区管理").want(http.StatusOK, get, there+"/plate", nil).get("url")}
	first := w.as("本组织").want(http.StatusCreated, post, checkins, again)
	secretary.want(http.StatusOK, post, made+"/close", nil)
	if a := w.as("本组织").want(http.StatusCreated, post, checkins, again); a.get("attendance.at") != first.get("attendance.at") || a.get("event.id") == "" {
		t.Errorf("the act sent again after the close: %s", a.Text)
	}
}

// TestPlateOffersAChoice: two events of mine at once, each with a ticket of its own.
func TestPlateOffersAChoice(t *testing.T) {
	w := newWorld(t)
	there := w.siteOf("区委")
	for _, guest := range []string{"客村", "邻村"} {
		body := w.eventBody("本村", guest)
		body["siteId"] = strings.TrimPrefix(there, sites+"/")
		made := events + "/" + w.as("本书记").want(http.StatusCreated, post, events, body).get("id")
		w.as("本书记").want(http.StatusOK, post, made+"/publish", nil)
	}
	w.clock.Advance(2 * time.Hour)
	url := w.as("区管理").want(http.StatusOK, get, there+"/plate", nil).get("url")
	member := w.as("本党员")
	scanned := member.want(http.StatusOK, post, scans, map[string]string{"code": url})
	if scanned.get("subject.kind") != "choice" || scanned.get("subject.title") != "红色小屋" || scanned.get("ticket") != "" || len(scanned.list("items")) != 2 {
		t.Fatalf("scan: %s", scanned.Text)
	}
	member.want(http.StatusCreated, post, checkins, map[string]string{"key": "k", "ticket": scanned.get("items.1.ticket")})
	if guest := w.as("客党员").want(http.StatusOK, post, scans, map[string]string{"code": url}); guest.get("subject.kind") != "event" {
		t.Errorf("a guest of one: %s", guest.Text)
	}
}

// TestLandingSaysWhatTheCodeIs: each kind of code tells its reader what to do with it, and whatever else is in the path
// is text.
func TestLandingSaysWhatTheCodeIs(t *testing.T) {
	w := newWorld(t)
	for code, want := range map[string]string{"e0123.5.abc": "会场屏幕", "s0123.abc": "场馆", "p0123.abc": "请给书记扫", "x": "会场屏幕", "%3Cscript%3E": "会场屏幕"} {
		a := w.nobody().want(http.StatusOK, get, "/c/"+code, nil)
		if !strings.Contains(a.Text, want) || strings.Contains(a.Text, "<script>") {
			t.Errorf("%s: %s", code, a.Text)
		}
		if personal := code[0] == 'p'; personal == strings.Contains(a.Text, "在网页中继续") {
			t.Errorf("%s: the way on", code)
		}
	}
}

// TestVisitByThePlate: no event is on, so the plate stands for the visit; the keeper sees who came, and it is no attendance.
func TestVisitByThePlate(t *testing.T) {
	w := newWorld(t)
	there := w.siteOf("区委")
	url := w.as("区管理").want(http.StatusOK, get, there+"/plate", nil).get("url")
	opened := w.as("本书记").want(http.StatusCreated, post, there+"/visits", w.visitInput("本村")).get("id")
	member := w.as("本党员")
	scanned := member.want(http.StatusOK, post, scans, map[string]string{"code": url})
	if scanned.get("subject.kind") != "visit" || scanned.get("subject.id") != opened || scanned.get("subject.visit.org.name") != "本村" {
		t.Fatalf("scan: %s", scanned.Text)
	}
	ticket := map[string]any{"key": "k", "ticket": scanned.get("ticket")}
	if a := member.call(post, checkins, ticket); a.get("code") != "ticket_of_visit" {
		t.Errorf("a visit is no event: %s", a.Text)
	}
	visitors := "/api/v1/visits/" + opened + "/visitors"
	if first := member.want(http.StatusCreated, post, visitors, ticket); first.get("repeated") != "false" || first.get("visit.visitors") != "1" {
		t.Errorf("first: %s", first.Text)
	}
	if second := member.want(http.StatusOK, post, visitors, ticket); second.get("repeated") != "true" || second.get("visit.visitors") != "1" {
		t.Errorf("second: %s", second.Text)
	}
	if a := w.as("客党员").call(post, scans, map[string]string{"code": url}); a.get("code") != "nothing_here" {
		t.Errorf("who does not visit: %s", a.Text)
	}
	month := w.as("区管理").want(http.StatusOK, get, there+"/visits?month=2026-12", nil)
	if month.get("visitors") != "1" || month.get("today") != "1" || len(month.list("items")) != 1 {
		t.Errorf("month: %s", month.Text)
	}
	if one := w.as("本书记").want(http.StatusOK, get, "/api/v1/visits/"+opened, nil); one.get("items.0.name") != "本党员" || one.get("items.0.position") != "none" {
		t.Errorf("visit: %s", one.Text)
	}
	text := w.as("区管理").want(http.StatusOK, get, there+"/visits.csv?month=2026-12", nil).Text
	if want := "红色小屋,2026-12-10,本村,参观学习,本党员,本村,14:00,"; !strings.Contains(text, want) || !strings.HasPrefix(text, "\ufeff场馆") {
		t.Errorf("export: %q", text)
	}
	w.as("本书记").want(http.StatusOK, post, "/api/v1/visits/"+opened+"/end", nil)
	if a := w.as("本组织").call(post, scans, map[string]string{"code": url}); a.get("code") != "nothing_here" {
		t.Errorf("after the end: %s", a.Text)
	}
	if mine := member.want(http.StatusOK, get, "/api/v1/me/attendance?year=2026", nil).list("items"); len(mine) != 0 {
		t.Errorf("the visit is in the record of meetings: %v", mine)
	}
}

package app_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"themeday/server/org"
)

func (w *world) rolesOn(name string) string {
	return "/api/v1/orgs/" + w.orgs[name].String() + "/roles"
}

// roleBody returns what a call of the access table sends. 本组织 hands over to 本党员.
func (w *world) roleBody(id string) (any, bool) {
	switch id {
	case "grantRole":
		return map[string]string{}, true
	case "revokeRole":
		return map[string]string{"reason": "调离"}, true
	case "redeemSetupCode":
		return map[string]string{"code": "ABCD-ABCD-ABCD"}, true
	case "handOver":
		return w.handOverBody(), true
	}
	return nil, false
}

// handOverBody makes sure that 本组织 has something to hand over.
func (w *world) handOverBody() map[string]any {
	w.t.Helper()
	w.as("区管理").want(http.StatusNoContent, put, w.rolesOn("本村")+"/organiser/"+w.ids["本组织"].String(), map[string]string{})
	w.keys++
	return map[string]any{"key": strconv.Itoa(w.keys), "fromId": w.ids["本组织"].String(), "toId": w.ids["本党员"].String(), "roles": []string{"organiser"}}
}

// rolesFor fills in what a call of the access table is about.
func (w *world) rolesFor(id, path string) string {
	w.t.Helper()
	path = strings.Replace(path, "{role}", "organiser", 1)
	switch id {
	case "previewHandOver":
		path += "?fromId=" + w.ids["本书记"].String()
	case "undoHandOver":
		done := w.as("区管理").want(http.StatusCreated, post, "/api/v1/orgs/"+w.orgs["本村"].String()+"/hand-overs", w.handOverBody())
		path = strings.Replace(path, "{handOverId}", done.get("id"), 1)
	}
	return path
}

func wrongRoles() []wrong {
	const roles = "/api/v1/orgs/{org}/roles"
	const overs = "/api/v1/orgs/{org}/hand-overs"
	grant := func(name, path, body string, status int, code string) wrong {
		return wrong{name: "role: " + name, who: "本书记", method: put, path: path, body: body, status: status, code: code}
	}
	over := func(name, body string, status int, code string) wrong {
		return wrong{name: "hand-over: " + name, who: "区管理", method: post, path: overs, body: body, status: status, code: code}
	}
	return []wrong{
		grant("that there is not", roles+"/emperor/{member}", `{}`, 404, "not_found"),
		grant("without a body", roles+"/organiser/{member}", ``, 400, "invalid_input"),
		grant("reason without end", roles+"/organiser/{member}", `{"reason":"`+strings.Repeat("长", 201)+`"}`, 400, "invalid_input"),
		grant("for a stranger", roles+"/organiser/{farMember}", `{}`, 404, "not_found"),
		grant("for an organisation", roles+"/organiser/{org}", `{}`, 404, "not_found"),
		grant("far away", "/api/v1/orgs/{farOrg}/roles/organiser/{member}", `{}`, 404, "not_found"),
		grant("on nothing", "/api/v1/orgs/zzz/roles/organiser/{member}", `{}`, 404, "not_found"),
		grant("beyond one's own", roles+"/admin/{member}", `{}`, 403, "appoint_admin"),
		{name: "role taken without a reason", who: "本书记", method: post, path: roles + "/organiser/{member}/revoke", body: `{"reason":"  "}`, status: 400, code: "reason_required"},
		{name: "role changes: bad cursor", who: "本书记", method: get, path: "/api/v1/orgs/{org}/role-changes?after=x", status: 400, code: "bad_cursor"},
		{name: "hand-over preview of nobody", who: "本书记", method: get, path: "/api/v1/orgs/{org}/hand-over-preview", status: 400, code: "invalid_input"},
		{name: "hand-over preview of who holds nothing", who: "本书记", method: get, path: "/api/v1/orgs/{org}/hand-over-preview?fromId={member}", status: 409, code: "nothing_to_hand_over"},
		over("without a key", `{"fromId":"{member}","toId":"{member}","roles":["organiser"]}`, 400, "invalid_input"),
		over("of no role", `{"key":"k","fromId":"{member}","toId":"{member}","roles":[]}`, 400, "invalid_input"),
		over("of a role that there is not", `{"key":"k","fromId":"{member}","toId":"{member}","roles":["emperor"]}`, 400, "invalid_input"),
		over("to oneself", `{"key":"k","fromId":"{member}","toId":"{member}","roles":["organiser"]}`, 400, "invalid_input"),
		over("of what is not held", `{"key":"k","fromId":"{member}","toId":"{farMember}","roles":["organiser"]}`, 409, "nothing_to_hand_over"),
		over("to words", `{"key":"k","fromId":"{member}","toId":"him","roles":["organiser"]}`, 400, "invalid_input"),
		{name: "hand-over undone that never was", who: "区管理", method: post, path: overs + "/{member}/undo", status: 404, code: "not_found"},
		{name: "setup code: none", method: post, path: "/api/v1/setup", body: `{"code":""}`, status: 400, code: "invalid_input"},
		{name: "setup code: without end", method: post, path: "/api/v1/setup", body: `{"code":"` + strings.Repeat("A", 33) + `"}`, status: 400, code: "invalid_input"},
		{name: "setup code: guessed", method: post, path: "/api/v1/setup", body: `{"code":"0000-0000-0000"}`, status: 400, code: "setup_code"},
	}
}

// TestRevokedSecretaryActsNoMore: on every server, from the moment of the answer on, although the other remembers who the
// secretary is.
func TestRevokedSecretaryActsNoMore(t *testing.T) {
	here := newWorld(t)
	there := here.neighbour()
	first, codes := here.opened()
	there.poll()
	secretary := here.as("本书记").at(there)
	if a := secretary.checkIn(codes[0]); a.Status != http.StatusCreated { // remembered from here on
		t.Fatalf("%d %s", a.Status, a.Text)
	}
	secretary.want(http.StatusOK, get, first+"/code", nil)
	here.as("区管理").want(http.StatusNoContent, post, here.rolesOn("本村")+"/secretary/"+here.ids["本书记"].String()+"/revoke", map[string]string{"reason": "换届"})
	for method, path := range map[string]string{get: first + "/code", post: first + "/cancel"} {
		if a := secretary.call(method, path, map[string]string{"reason": "还是我"}); a.Status != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", method, path, a.Status, a.Text)
		}
	}
	secretary.want(http.StatusNotFound, get, "/api/v1/orgs/"+here.orgs["本村"].String()+"/members", nil)
}

// TestHandOverPassesWhatIsOpen: drafts and requests follow the role, and a site that names the keeper names the next one.
func TestHandOverPassesWhatIsOpen(t *testing.T) {
	w := newWorld(t)
	w.published("本村")
	w.as("本书记").want(http.StatusCreated, post, events, w.eventBody("本村"))
	site := w.as("本书记").want(http.StatusCreated, post, "/api/v1/sites", map[string]any{
		"kind": "station", "name": "本村站点", "orgId": w.orgs["本村"].String(), "keeperIds": []string{w.ids["本组织"].String()},
	}).get("id")
	w.asked("本党员")
	overs := "/api/v1/orgs/" + w.orgs["本村"].String() + "/hand-over"
	preview := w.as("本书记").want(http.StatusOK, get, overs+"-preview?fromId="+w.ids["本组织"].String(), nil)
	got := ""
	for i := range preview.list("tasks") {
		at := "tasks." + strconv.Itoa(i) + "."
		got += preview.get(at+"kind") + preview.get(at+"count") + " "
	}
	if got != "draft1 published2 request1 site1 " {
		t.Errorf("open: %s%s", got, preview.Text)
	}
	done := w.as("本书记").want(http.StatusCreated, post, overs+"s", w.handOverBody())
	keepers := func() string {
		return w.as("本书记").want(http.StatusOK, get, "/api/v1/sites/"+site, nil).get("keepers.0.name")
	}
	if keepers() != "本党员" || done.get("named") != "1" || done.get("undoUntil") == "" {
		t.Errorf("keeper %s; %s", keepers(), done.Text)
	}
	roles := w.as("本党员").want(http.StatusOK, get, w.rolesOn("本村"), nil)
	if roles.get("former.0.member.name") != "本组织" || !strings.Contains(roles.Text, `"本党员"`) {
		t.Errorf("roles: %s", roles.Text)
	}
	w.as("本党员").want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/members", nil) // the successor's
	w.as("本书记").want(http.StatusOK, post, overs+"s/"+done.get("id")+"/undo", nil)
	if keepers() != "本组织" {
		t.Errorf("keeper %s after all", keepers())
	}
}

// TestPredecessorOnlyLooks: after the hand-over whoever ran the branch sees what its members see, and their own term, and
// changes nothing, also through what was fetched or begun before; the successor goes on with it, and an undo gives it back.
func TestPredecessorOnlyLooks(t *testing.T) {
	w := newWorld(t)
	event, old := w.published("本村"), w.as("本组织")
	over := w.handOverBody()
	draft := events + "/" + old.want(http.StatusCreated, post, events, w.eventBody("本村")).get("id")
	request, _ := w.asked("本书记")
	pack := old.want(http.StatusCreated, post, event+"/packs", map[string]string{"device": "华为"}).get("id")
	done := w.as("区管理").want(http.StatusCreated, post, orgs+w.orgs["本村"].String()+"/hand-overs", over)
	branch, member := orgs+w.orgs["本村"].String(), w.ids["本党员"].String()
	for _, c := range []struct {
		method, path string
		body         any

		successor, predecessor int
	}{
		{get, event, nil, 200, 200},
		{get, branch + "/roles", nil, 200, 200},
		{get, draft, nil, 200, 404},
		{put, draft, w.eventBody("本村"), 200, 404},
		{put, event, w.eventBody("本村"), 200, 403},
		{get, event + "/code", nil, 200, 403},
		{get, event + "/attendance", nil, 200, 403},
		{put, event + "/attendance/" + member, map[string]string{"status": "sick"}, 200, 403},
		{post, event + "/station/batch", map[string]any{"items": []any{map[string]any{"key": "k", "packId": pack, "memberId": member, "proof": "p", "scannedAt": w.clock.Now()}}}, 200, 403},
		{post, "/api/v1/requests/" + request + "/approve", map[string]any{}, 200, 404},
		{get, branch + "/members", nil, 200, 404},
		{post, branch + "/invitations", map[string]string{"key": "k"}, 201, 404},
		{post, events, w.eventBody("本村"), 201, 400}, // no organisation of theirs
		{get, branch + "/role-changes", nil, 200, 404},
		{put, branch + "/roles/organiser/" + member, map[string]string{}, 403, 403},
		{post, branch + "/hand-overs/" + done.get("id") + "/undo", nil, 403, 403},
		{post, event + "/cancel", map[string]string{"reason": "大雨"}, 200, 403},
	} {
		for name, want := range map[string]int{"本组织": c.predecessor, "本党员": c.successor} {
			if a := w.as(name).call(c.method, c.path, c.body); a.Status != want {
				t.Errorf("%s: %s %s: %d, want %d: %s", name, c.method, c.path, a.Status, want, a.Text)
			}
		}
	}
	if a := old.want(http.StatusOK, get, branch+"/roles", nil); a.get("former.0.member.name") != "本组织" || len(a.list("appoints")) != 0 {
		t.Errorf("the term: %s", a.Text)
	}
	w.as("区管理").want(http.StatusOK, post, branch+"/hand-overs/"+done.get("id")+"/undo", nil)
	old.want(http.StatusOK, get, draft, nil)
	w.as("本党员").want(http.StatusNotFound, get, draft, nil)
}

// TestSetup: the first administrator begins with the code, and nobody is offered another one.
func TestSetup(t *testing.T) {
	w := newWorld(t)
	if a := w.as("居民").want(http.StatusOK, get, "/api/v1/setup", nil); a.get("open") != "false" {
		t.Errorf("open although there is an admin: %s", a.Text)
	}
	w.change("member", w.ids["区管理"], "DELETE FROM role_grants WHERE role = 'admin'")
	code, err := w.app.Orgs.NewSetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a := w.as("居民").want(http.StatusOK, get, "/api/v1/setup", nil); a.get("open")+a.get("empty") != "truefalse" {
		t.Errorf("not open: %s", a.Text)
	}
	if a := w.as("居民").want(http.StatusForbidden, post, "/api/v1/setup", map[string]string{"code": code}); a.get("code") != "not_bound" {
		t.Errorf("a resident: %s", a.Text)
	}
	w.as("区管理").want(http.StatusNoContent, post, "/api/v1/setup", map[string]string{"code": strings.ToLower(code)})
	w.as("区管理").want(http.StatusNoContent, put, w.rolesOn("本村")+"/admin/"+w.ids["本书记"].String(), map[string]string{})
	if _, _, err := w.app.Orgs.GrantAdmin(t.Context(), org.AdminGrant{Phone: "199 0000 0001"}); err != nil {
		t.Error(err)
	}
	if strings.Contains(w.log.String(), code) {
		t.Error("the log shows the code")
	}
}

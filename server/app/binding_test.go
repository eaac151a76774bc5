package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/ident"
)

const bindingRequest = "/api/v1/me/binding-request"

// invitation makes an invitation of 本村 and returns it.
func (w *world) invitation(key string) answer {
	w.t.Helper()
	return w.as("本书记").want(http.StatusCreated, post, "/api/v1/orgs/"+w.orgs["本村"].String()+"/invitations", map[string]string{"key": key})
}

// bindingAsked is the request of somebody of 本村 who is not bound yet.
func (w *world) bindingAsked() string {
	w.t.Helper()
	code := w.invitation("asked").get("code")
	asker := w.as("本未绑")
	if mine := asker.want(http.StatusOK, get, "/api/v1/me", nil); mine.get("member") != "" { // approved before
		return mine.get("member.id")
	}
	return asker.want(http.StatusCreated, post, bindingRequest, map[string]string{"key": "k", "code": code, "name": "本未绑"}).get("id")
}

// bindingFor fills in the request or the invitation of 本村 that a call of the access table is about.
func (w *world) bindingFor(path string) string {
	w.t.Helper()
	switch {
	case strings.Contains(path, "{invitationId}"):
		path = strings.Replace(path, "{invitationId}", w.invitation("table").get("id"), 1)
	case strings.HasPrefix(path, "/api/v1/binding-requests/"):
		if w.binding == "" {
			w.binding = w.bindingAsked()
		}
		path = strings.Replace(path, "{requestId}", w.binding, 1)
	}
	return path
}

// bindingBody returns what a call of the access table sends.
func bindingBody(id string, member string) (any, bool) {
	switch id {
	case "askBinding":
		return map[string]string{"key": "k", "pick": "none"}, true
	case "approveBinding":
		return map[string]string{"memberId": member}, true
	case "declineBinding", "releaseBinding":
		return map[string]string{"reason": "请当面核对"}, true
	case "createInvitation":
		return map[string]string{"key": "k"}, true
	}
	return nil, false
}

func wrongBindings() []wrong {
	const invitations = "/api/v1/orgs/{org}/invitations"
	ask := func(name, body string, status int, code string) wrong {
		return wrong{name: name, who: "居民", method: post, path: bindingRequest, body: body, status: status, code: code}
	}
	return []wrong{
		ask("ask for nothing", `{}`, 400, "invalid_input"),
		ask("ask without a key", `{"key":"","code":"ABCDEFGH","name":"张三"}`, 400, "invalid_input"),
		ask("ask without a code", `{"key":"k","name":"张三"}`, 400, "invalid_input"),
		ask("ask without a name", `{"key":"k","code":"ABCDEFGH"}`, 400, "invalid_input"),
		ask("ask with spaces for a name", `{"key":"k","code":"ABCDEFGH","name":"  "}`, 400, "invalid_input"),
		ask("ask with a name of two lines", `{"key":"k","code":"ABCDEFGH","name":"张\n三"}`, 400, "invalid_input"),
		ask("ask with an endless name", `{"key":"k","code":"ABCDEFGH","name":"`+strings.Repeat("长", 61)+`"}`, 400, "invalid_input"),
		ask("ask with three digits", `{"key":"k","code":"ABCDEFGH","name":"张三","last4":"123"}`, 400, "invalid_input"),
		ask("ask with letters for digits", `{"key":"k","code":"ABCDEFGH","name":"张三","last4":"12e4"}`, 400, "invalid_input"),
		ask("ask with a code too short", `{"key":"k","code":"ABC","name":"张三"}`, 400, "invalid_input"),
		ask("ask with characters no code has", `{"key":"k","code":"ABCD0O1I","name":"张三"}`, 400, "invalid_input"),
		ask("ask with SQL for a code", `{"key":"k","code":"' OR 1=1","name":"张三"}`, 400, "invalid_input"),
		ask("ask with a code of nobody", `{"key":"k","code":"ABCDEFGH","name":"张三"}`, 404, "invitation_wrong"),
		ask("ask with an endless pick", `{"key":"k","pick":"`+strings.Repeat("x", 301)+`"}`, 400, "invalid_input"),
		ask("ask with a forged pick", `{"key":"k","pick":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, 400, "choice_expired"),
		{name: "invite without a key", who: "本书记", method: post, path: invitations, body: `{}`, status: 400, code: "invalid_input"},
		{name: "invite too many", who: "本书记", method: post, path: invitations, body: `{"key":"k","uses":501}`, status: 400, code: "invalid_input"},
		{name: "invite for ever", who: "本书记", method: post, path: invitations, body: `{"key":"k","days":31}`, status: 400, code: "invalid_input"},
		{name: "invite a negative number", who: "本书记", method: post, path: invitations, body: `{"key":"k","uses":-1}`, status: 400, code: "invalid_input"},
		{name: "invite nobody", who: "本书记", method: post, path: invitations, body: `{"key":"k","memberId":"{event}"}`, status: 404, code: "not_found"},
		{name: "invitations after nothing", who: "本书记", method: get, path: invitations + "?after=x", status: 400, code: "invalid_input"},
		{name: "revoke nothing", who: "本书记", method: post, path: "/api/v1/invitations/{event}/revoke", status: 404, code: "not_found"},
		{name: "approve nothing", who: "本书记", method: post, path: "/api/v1/binding-requests/{event}/approve", body: `{}`, status: 404, code: "not_found"},
		{name: "decline nothing", who: "本书记", method: post, path: "/api/v1/binding-requests/{event}/decline", body: `{"reason":"不是他"}`, status: 404, code: "not_found"},
		{name: "requests of an unknown sort", who: "本书记", method: get, path: "/api/v1/binding-requests?open=perhaps", status: 400, code: "invalid_input"},
		{name: "release without a reason", who: "本书记", method: post, path: "/api/v1/members/{member}/binding/release", body: `{}`, status: 400, code: "invalid_input"},
		{name: "release for too long a reason", who: "本书记", method: post, path: "/api/v1/members/{member}/binding/release", body: `{"reason":"` + strings.Repeat("长", 101) + `"}`, status: 400, code: "invalid_input"},
		{name: "binding of nobody", who: "本书记", method: get, path: "/api/v1/members/{event}/binding", status: 404, code: "not_found"},
	}
}

// TestBindingByInvitation is the whole way over HTTP: invite, ask, see who it may be, approve, change to another phone.
func TestBindingByInvitation(t *testing.T) {
	w := newWorld(t)
	secretary := w.as("本书记")
	made := w.invitation("way")
	if url := made.get("url"); url != "https://party.example/c/i"+made.get("code") {
		t.Errorf("url %s", url)
	}
	page := w.nobody().want(http.StatusOK, get, strings.TrimPrefix(made.get("url"), "https://party.example"), nil)
	if !strings.Contains(page.Text, "支部邀请您绑定") || !strings.Contains(page.Text, "pkg-binding/pages/ask/ask?code=i"+made.get("code")) {
		t.Errorf("landing page: %s", page.Text)
	}
	resident := w.as("居民")
	asked := map[string]string{"key": "k", "code": made.get("url"), "name": "本未绑", "last4": "0001"}
	resident.want(http.StatusCreated, post, bindingRequest, asked)
	if a := resident.want(http.StatusOK, post, bindingRequest, asked); a.get("state") != "pending" || a.get("orgName") != "本村" {
		t.Errorf("asked again: %s", a.Text)
	}
	if me := resident.want(http.StatusOK, get, "/api/v1/me", nil); me.get("binding.state") != "pending" || me.get("member") != "" {
		t.Errorf("me: %s", me.Text)
	}
	if me := secretary.want(http.StatusOK, get, "/api/v1/me", nil); me.get("asking") != "1" {
		t.Errorf("me: %s", me.Text)
	}
	item := secretary.want(http.StatusOK, get, "/api/v1/binding-requests", nil)
	if item.get("items.0.matches.0.name") != "本未绑" || item.get("items.0.matches.0.lastFour") != "true" || item.get("items.0.matches.0.bound") != "false" {
		t.Errorf("matches: %s", item.Text)
	}
	approve := "/api/v1/binding-requests/" + item.get("items.0.id") + "/approve"
	a := secretary.want(http.StatusOK, post, approve, map[string]string{"memberId": w.ids["本未绑"].String()})
	if a.get("member.name") != "本未绑" || a.get("decidedBy") != "本书记" || a.get("last4") != "" {
		t.Errorf("approved: %s", a.Text)
	}
	if me := resident.want(http.StatusOK, get, "/api/v1/me", nil); me.get("member.name") != "本未绑" || me.get("binding") != "" {
		t.Errorf("me: %s", me.Text)
	}
	w.changesPhone(resident)
}

// changesPhone: what the old identity allowed belongs to the old identity, and its phone is a resident's.
func (w *world) changesPhone(before *phone) {
	w.t.Helper()
	template := before.want(http.StatusOK, get, "/api/v1/message-templates", nil).list("items")[0]["id"]
	before.want(http.StatusOK, post, "/api/v1/grants", map[string]any{"key": "g", "results": map[string]any{template.(string): "accept"}})
	w.clock.Advance(time.Minute)
	after := w.as("本未绑") // another WeChat, with the number of the roster
	code, err := w.app.Sim.PhoneCode("本未绑")
	if err != nil {
		w.t.Fatal(err)
	}
	a := after.want(http.StatusOK, post, "/api/v1/me/binding", map[string]string{"phoneCode": code})
	if a.get("choices.0.taken") != "true" || a.get("choices.0.name") != "本＊＊" || a.get("member") != "" || strings.Contains(a.Text, "1990") {
		w.t.Fatalf("choices: %s", a.Text)
	}
	id := after.want(http.StatusCreated, post, bindingRequest, map[string]string{"key": "k", "pick": a.get("choices.0.pick")}).get("id")
	w.as("本书记").want(http.StatusOK, post, "/api/v1/binding-requests/"+id+"/approve", map[string]bool{"replace": true})
	if me := after.want(http.StatusOK, get, "/api/v1/me", nil); me.get("member.name") != "本未绑" {
		w.t.Errorf("me: %s", me.Text)
	}
	before.want(http.StatusForbidden, get, events, nil)
	stock := func(p *phone) (n int) {
		user, err := ident.Parse(p.want(http.StatusOK, get, "/api/v1/me", nil).get("user.id"))
		if err != nil {
			w.t.Fatal(err)
		}
		if err := w.app.DB.Read().NewRaw("SELECT COALESCE(SUM(remaining), 0) FROM grants WHERE user_id = ?", user).Scan(w.t.Context(), &n); err != nil {
			w.t.Fatal(err)
		}
		return n
	}
	if stock(before) != 1 || stock(after) != 0 {
		w.t.Errorf("grants: %d at the old identity, %d at the new one", stock(before), stock(after))
	}
}

// TestResidentSeesOnlyPublic pins what somebody without a member can do at all, and reads all of it for what is not public.
func TestResidentSeesOnlyPublic(t *testing.T) {
	public := []string{
		"askBinding", "checkInLater", "closeAccount", "contract", "exportMyData", "getMyData", "getSetup", "getSite", "healthz", "landing",
		"listMessageTemplates", "listMyLooks", "listSites", "logout", "me", "metrics", "readyz", "reportGrants", "scan", "withdrawBinding",
	}
	var allowed []string
	resident := slices.Index(cast, "居民")
	for id, row := range access {
		if cell := strings.Fields(row)[resident]; cell == "ok" || id == "askBinding" {
			allowed = append(allowed, id)
		}
	}
	slices.Sort(allowed)
	if !slices.Equal(allowed, public) {
		t.Errorf("a resident may call %v, want %v", allowed, public)
	}
	w := newWorld(t)
	w.published("本村")
	input := w.siteInput("本村")
	input["keeperIds"] = []string{w.ids["本讲解"].String()}
	site := sites + "/" + w.as("区管理").want(http.StatusCreated, post, sites, input).get("id")
	somebody := w.as("居民")
	for _, path := range []string{"/api/v1/me", sites, sites + "?scope=kept", site, "/api/v1/message-templates"} {
		a := somebody.want(http.StatusOK, get, path, nil)
		for name := range w.ids {
			if strings.Contains(a.Text, name) {
				t.Errorf("%s names %s: %s", path, name, a.Text)
			}
		}
		if strings.Contains(a.Text, "十二月主题党日") {
			t.Errorf("%s speaks of an event: %s", path, a.Text)
		}
	}
	if a := w.as("本党员").want(http.StatusOK, get, site, nil); a.get("keepers.0.name") != "本讲解" {
		t.Errorf("a member does not see the keeper: %s", a.Text)
	}
}

package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"themeday/server/ident"
	"themeday/server/store/storetest"
)

const members = "/api/v1/members/"

// memberBody returns what a call of the access table sends.
func (w *world) memberBody(id string) (any, bool) {
	switch id {
	case "createMember":
		return map[string]any{"key": "k", "name": "本添加", "kind": "full", "standing": "normal", "namesake": true}, true
	case "correctMember":
		card := w.as("区管理").want(http.StatusOK, get, members+w.ids["本党员"].String(), nil)
		return correction(card, "name", "本党员"), true
	case "setMemberPosts":
		return map[string]any{"posts": []string{"publicity"}}, true
	case "transferMember":
		return map[string]any{"toOrgId": w.orgs["客村"].String()}, true
	case "declineTransfer":
		return map[string]string{"reason": "材料不全"}, true
	}
	return nil, false
}

// memberFor fills in the member or the transfer that a call of the access table is about: 本未绑, who belongs to 本村 each time.
func (w *world) memberFor(id, path string) string {
	w.t.Helper()
	someone := w.ids["本未绑"].String()
	switch id {
	case "revealPhone":
		return strings.Replace(path, "{memberId}", someone, 1)
	case "transferMember":
		w.bringBack(someone)
		return strings.Replace(path, "{memberId}", someone, 1)
	}
	if !strings.Contains(path, "{transferId}") {
		return path
	}
	w.bringBack(someone)
	return strings.Replace(path, "{transferId}", w.handOver("本书记", someone, "客村"), 1)
}

// bringBack makes somebody a member of 本村 whom nobody has handed over.
func (w *world) bringBack(member string) {
	w.t.Helper()
	admin := w.as("区管理")
	card := admin.want(http.StatusOK, get, members+member, nil)
	if pending := card.get("transfer.id"); pending != "" {
		admin.want(http.StatusOK, post, "/api/v1/transfers/"+pending+"/withdraw", nil)
	}
	w.clock.Advance(time.Duration(len(w.told)) * time.Second) // the table sets the clock back each time, and moves go forward only
	if card.get("orgName") != "本村" {
		admin.want(http.StatusOK, post, members+member+"/moves", map[string]any{"orgId": w.orgs["本村"].String(), "kind": "full", "standing": "normal"})
	}
	w.clock.Advance(time.Second)
}

// handOver hands a member over and returns the transfer's id.
func (w *world) handOver(by, member, to string) string {
	w.t.Helper()
	body := map[string]any{"toOrgId": w.orgs[to].String(), "note": "搬家"}
	return w.as(by).want(http.StatusCreated, post, members+member+"/transfers", body).get("id")
}

// correction is what a card says, with changes as pairs of name and value.
func correction(card answer, changes ...any) map[string]any {
	var seen struct{ Revision int64 }
	_ = json.Unmarshal([]byte(card.Text), &seen) // 0 is refused as an old card
	body := map[string]any{"name": card.get("name"), "kind": card.get("kind"), "since": card.get("since"), "revision": seen.Revision}
	for i := 0; i < len(changes); i += 2 {
		body[changes[i].(string)] = changes[i+1]
	}
	return body
}

func wrongMembers() []wrong {
	const list, card = "/api/v1/orgs/{org}/members", members + "{member}"
	create := func(name, body string) wrong {
		return wrong{name: "member: " + name, who: "本书记", method: post, path: list, body: body, status: 400, code: "invalid_input"}
	}
	fresh := func(part, by string) string {
		return strings.Replace(`{"key":"k","name":"新来","kind":"full","standing":"normal","phone":"","since":""}`, part, by, 1)
	}
	correct := func(name, body string, status int, code string) wrong {
		return wrong{name: "correction: " + name, who: "本书记", method: put, path: card, body: body, status: status, code: code}
	}
	hand := func(name, body string) wrong {
		return wrong{name: "transfer: " + name, who: "本书记", method: post, path: card + "/transfers", body: body, status: 400, code: "invalid_input"}
	}
	return []wrong{
		{name: "members: bad cursor", who: "本书记", method: get, path: list + "?after=x", status: 400, code: "bad_cursor"},
		{name: "members: cursor of no member", who: "本书记", method: get, path: list + "?after=zhang.x", status: 400, code: "bad_cursor"},
		{name: "members: unknown standing", who: "本书记", method: get, path: list + "?standing=rich", status: 400, code: "invalid_input"},
		{name: "members: endless search", who: "本书记", method: get, path: list + "?q=" + strings.Repeat("a", 41), status: 400, code: "invalid_input"},
		create("no key", fresh(`"key":"k"`, `"key":""`)),
		create("blank name", fresh("新来", "  ")),
		create("number as a name", fresh("新来", "13800009999")),
		create("unknown kind", fresh("full", "honorary")),
		create("bad number", fresh(`"phone":""`, `"phone":"1380000999"`)),
		create("since tomorrow", fresh(`"since":""`, `"since":"2026-12-11"`)),
		create("since no day", fresh(`"since":""`, `"since":"1989-02-30"`)),
		create("since before the Party", fresh(`"since":""`, `"since":"1920"`)),
		{name: "member: namesake", who: "本书记", method: post, path: list, body: fresh("新来", "本党员"), status: 409, code: "namesake"},
		{name: "member: elsewhere", who: "本书记", method: post, path: "/api/v1/orgs/{farOrg}/members", body: fresh("", ""), status: 404, code: "not_found"},
		{name: "card of somebody else's", who: "本书记", method: get, path: members + "{farMember}", status: 404, code: "not_found"},
		{name: "card of nobody", who: "本书记", method: get, path: members + "zzz", status: 404, code: "not_found"},
		correct("of an old card", `{"name":"新名","kind":"full","since":"","revision":1}`, 409, "member_changed"),
		correct("without a revision", `{"name":"新名","kind":"full","since":""}`, 400, "invalid_input"),
		correct("bad number", `{"name":"新名","kind":"full","since":"","phone":"13800009999x","revision":1}`, 400, "invalid_input"),
		{name: "unknown post", who: "本书记", method: put, path: card + "/posts", body: `{"posts":["king"]}`, status: 400, code: "invalid_input"},
		{name: "leader of no group", who: "本书记", method: put, path: card + "/posts", body: `{"posts":["group_leader"]}`, status: 400, code: "invalid_input"},
		{name: "number of somebody without", who: "本书记", method: post, path: card + "/phone", status: 404, code: "no_phone"},
		{name: "number of somebody else's", who: "本书记", method: post, path: members + "{farMember}/phone", status: 404, code: "not_found"},
		hand("to nowhere", `{"toOrgId":"{member}"}`),
		hand("to where they are", `{"toOrgId":"{org}"}`),
		hand("without a target", `{}`),
		hand("ahead of time", `{"toOrgId":"{farOrg}","since":"2036-01-01T00:00:00Z"}`),
		{name: "transfers: unknown direction", who: "本书记", method: get, path: "/api/v1/orgs/{org}/transfers?direction=up", status: 400, code: "invalid_input"},
		{name: "transfer of nobody", who: "本书记", method: post, path: "/api/v1/transfers/{member}/accept", status: 404, code: "not_found"},
		{name: "transfer declined without a reason", who: "本书记", method: post, path: "/api/v1/transfers/{member}/decline", body: `{"reason":""}`, status: 400, code: "invalid_input"},
	}
}

// TestMembers tells the story of 本村's roster by hand, on every engine.
func TestMembers(t *testing.T) {
	story := func(t *testing.T, dsn string) {
		w := worldOn(t, settings(t, dsn))
		for _, part := range []struct {
			name string
			tell func(*testing.T, *world)
		}{{"create", createMember}, {"correct", correctMember}, {"find", findMembers}, {"posts", memberPosts}, {"hand over", handOverMember}, {"leave", leaveMember}, {"reveal", revealPhone}} {
			t.Run(part.name, func(t *testing.T) {
				w.t = t
				w.clock.Advance(time.Minute)
				part.tell(t, w)
			})
		}
		w.t = t
	}
	t.Run("sqlite", func(t *testing.T) { story(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { story(t, storetest.NewDatabase(t, server)) })
	}
}

func createMember(t *testing.T, w *world) {
	secretary, list := w.as("本书记"), "/api/v1/orgs/"+w.orgs["本村"].String()+"/members"
	old := map[string]any{"key": "1", "name": " 张桂芳 ", "kind": "full", "standing": "normal", "since": "1969-07"}
	made := secretary.want(http.StatusCreated, post, list, old)
	if got := made.get("name") + made.get("phoneMasked") + made.get("since") + made.get("moves.0.byName"); got != "张桂芳1969-07本书记" {
		t.Errorf("somebody without a number: %s", made.Text)
	}
	if again := secretary.want(http.StatusCreated, post, list, old); again.get("id") != made.get("id") {
		t.Errorf("the same request twice makes another: %s", again.Text)
	}
	old["key"] = "2"
	if a := secretary.want(http.StatusConflict, post, list, old); a.get("code") != "namesake" {
		t.Errorf("%s", a.Text)
	}
	old["namesake"], old["phone"] = true, "138 0000 0001"
	if another := secretary.want(http.StatusCreated, post, list, old); another.get("id") == made.get("id") || another.get("phoneMasked") != "138****0001" {
		t.Errorf("another of the name: %s", another.Text)
	}
	for i, name := range []string{"单雄信", "曾大妈", "章华"} {
		secretary.want(http.StatusCreated, post, list, map[string]any{"key": name, "name": name, "kind": "probationary", "standing": "flow_in", "phone": fmt.Sprint("1390000000", i)})
	}
}

func correctMember(t *testing.T, w *world) {
	secretary := w.as("本书记")
	path := members + w.memberNamed("章华")
	card := secretary.want(http.StatusOK, get, path, nil)
	w.clock.Advance(time.Minute)
	after := secretary.want(http.StatusOK, put, path, correction(card, "name", "张华", "kind", "full", "phone", "13900000001"))
	if got := after.get("name") + after.get("kind") + after.get("phoneMasked") + after.get("sharedPhone") + after.get("moves.0.kind"); got != "张华full139****0001truefull" {
		t.Errorf("corrected: %s", after.Text)
	}
	if a := secretary.want(http.StatusConflict, put, path, correction(card, "name", "李华")); a.get("code") != "member_changed" {
		t.Errorf("with the card of before: %s", a.Text)
	}
	if kept := secretary.want(http.StatusOK, put, path, correction(after, "since", "1999")); kept.get("phoneMasked") != "139****0001" {
		t.Errorf("nothing was said of the number: %s", kept.Text)
	} else if gone := secretary.want(http.StatusOK, put, path, correction(kept, "phone", "")); gone.get("phoneMasked") != "" || gone.get("sharedPhone") != "false" {
		t.Errorf("taken away: %s", gone.Text)
	}
}

// memberNamed returns the id of somebody whom the district did not begin with.
func (w *world) memberNamed(name string) (id string) {
	w.t.Helper()
	found := w.as("区管理").want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["区委"].String()+"/members?q="+name, nil)
	return found.get("items.0.id")
}

func findMembers(t *testing.T, w *world) {
	secretary, list := w.as("本书记"), "/api/v1/orgs/"+w.orgs["本村"].String()+"/members"
	names := func(query string) string {
		var found []string
		for _, item := range secretary.want(http.StatusOK, get, list+query, nil).list("items") {
			found = append(found, fmt.Sprint(item["name"]))
		}
		return strings.Join(found, " ")
	}
	for query, want := range map[string]string{
		"?q=zgf": "张桂芳 张桂芳", "?q=gf": "张桂芳 张桂芳", "?q=ZHANG": "张桂芳 张桂芳 张华", "?q=张": "张桂芳 张桂芳 张华", "?q=sx": "单雄信", "?q=zdm": "曾大妈",
		"?q=0001": "本未绑 曾大妈 张桂芳", "?q=00": "单雄信", "?q=13900000001": "曾大妈", "?q=139000": "", "?q=%25": "", "?q='": "",
		"?phone=no&q=张": "张桂芳 张华", "?phone=yes&bound=no&kind=full": "本未绑 张桂芳", "?standing=flow_out": "本流出", "?bound=yes&q=书记": "本书记",
		"?left=true": "", "?kind=probationary&standing=flow_in": "单雄信 曾大妈", "": "本党员 本讲解 本流出 本书记 本未绑 本组织 单雄信 曾大妈 张桂芳 张桂芳 张华",
	} {
		if got := names(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	first := secretary.want(http.StatusOK, get, list, nil)
	for count, want := range map[string]string{"all": "11", "full": "9", "probationary": "2", "flowOut": "1", "flowIn": "3", "unbound": "6", "noPhone": "7", "left": "0", "incoming": "0"} {
		if got := first.get("counts." + count); got != want {
			t.Errorf("%s: %s, want %s", count, got, want)
		}
	}
	if first.get("items.8.letter") != "Z" {
		t.Errorf("letter: %s", first.Text)
	}
	var walked []string
	for after := ""; ; {
		page := secretary.want(http.StatusOK, get, list+"?limit=3&after="+after, nil)
		for _, item := range page.list("items") {
			walked = append(walked, fmt.Sprint(item["name"]))
		}
		if after = page.get("next"); after == "" {
			break
		}
	}
	if got := strings.Join(walked, " "); got != names("") {
		t.Errorf("page by page: %s", got)
	}
}

func memberPosts(t *testing.T, w *world) {
	secretary := w.as("本书记")
	path := members + w.ids["本党员"].String()
	meeting := w.eventBody("本村")
	meeting["kind"] = "committee_meeting"
	event := "/api/v1/events/" + secretary.want(http.StatusCreated, post, "/api/v1/events", meeting).get("id")
	secretary.want(http.StatusOK, post, event+"/publish", nil)
	expected := func() string { return secretary.want(http.StatusOK, get, event, nil).get("counts.expected") }
	if got := expected(); got != "2" {
		t.Errorf("the committee has %s", got)
	}
	card := secretary.want(http.StatusOK, put, path+"/posts", map[string]any{"posts": []string{"publicity", "discipline", "publicity"}})
	if got := len(card.list("posts")); got != 2 || card.get("posts.0.orgId") != w.orgs["本村"].String() {
		t.Errorf("posts: %s", card.Text)
	}
	if got := expected(); got != "3" {
		t.Errorf("with who holds a post, the committee has %s", got)
	}
	if listed := secretary.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/members?q=本党员", nil); listed.get("items.0.posts.1.post") == "" {
		t.Errorf("the list shows no posts: %s", listed.Text)
	}
}

func handOverMember(t *testing.T, w *world) {
	secretary, receiver := w.as("本书记"), w.as("客书记")
	path := members + w.ids["本党员"].String()
	declined := w.handOver("本书记", w.ids["本党员"].String(), "客村")
	if a := secretary.want(http.StatusConflict, post, path+"/transfers", map[string]any{"toOrgId": w.orgs["远村"].String()}); a.get("code") != "transfer_pending" {
		t.Errorf("two at once: %s", a.Text)
	}
	incoming := receiver.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["客村"].String()+"/transfers?pending=true", nil)
	if got := incoming.get("items.0.id") + incoming.get("items.0.member.name") + incoming.get("items.0.mayDecide") + incoming.get("items.0.note"); got != declined+"本党员true搬家" {
		t.Errorf("incoming: %s", incoming.Text)
	}
	told(t, receiver, "有党员等待转入", w.orgs["客村"])
	receiver.want(http.StatusNotFound, get, path, nil) // not theirs yet
	receiver.want(http.StatusOK, post, "/api/v1/transfers/"+declined+"/decline", map[string]string{"reason": "还没搬"})
	if body := told(t, secretary, "转接被退回", w.orgs["本村"]); !strings.Contains(body, "还没搬") {
		t.Errorf("the reason is not told: %s", body)
	}
	if a := receiver.want(http.StatusConflict, post, "/api/v1/transfers/"+declined+"/accept", nil); a.get("code") != "transfer_decided" {
		t.Errorf("decided twice: %s", a.Text)
	}
	accepted := w.handOver("本书记", w.ids["本党员"].String(), "客村")
	w.clock.Advance(time.Minute)
	if a := receiver.want(http.StatusOK, post, "/api/v1/transfers/"+accepted+"/accept", nil); a.get("state") != "accepted" {
		t.Errorf("%s", a.Text)
	}
	told(t, secretary, "转接已确认", w.orgs["本村"])
	if body := told(t, w.as("本党员"), "您所在的组织有变动", 0); !strings.Contains(body, "转到客村") {
		t.Errorf("the member: %s", body)
	}
	secretary.want(http.StatusNotFound, get, path, nil) // theirs no longer
	card := receiver.want(http.StatusOK, get, path, nil)
	if card.get("orgName") != "客村" || len(card.list("moves")) != 2 || len(card.list("posts")) != 0 {
		t.Errorf("the card has come along, posts have not: %s", card.Text)
	}
	out := secretary.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/transfers?direction=out", nil)
	if got := out.get("items.0.state") + " " + out.get("items.1.state") + " " + out.get("items.1.reason"); got != "accepted declined 还没搬" {
		t.Errorf("what became of it: %s", out.Text)
	}
	if both := w.as("乡组织").want(http.StatusCreated, post, path+"/transfers", map[string]any{"toOrgId": w.orgs["本村"].String()}); both.get("state") != "accepted" {
		t.Errorf("who runs both sides: %s", both.Text)
	}
	overtaken := w.handOver("本书记", w.ids["本党员"].String(), "远村")
	w.clock.Advance(time.Minute)
	w.as("区管理").want(http.StatusOK, post, path+"/moves", map[string]any{"orgId": w.orgs["邻村"].String(), "kind": "full", "standing": "normal"})
	if a := w.as("远书记").want(http.StatusConflict, post, "/api/v1/transfers/"+overtaken+"/accept", nil); a.get("code") != "transfer_decided" {
		t.Errorf("overtaken: %s", a.Text)
	}
}

// told looks at the newest message about a transfer, which leads to those of the organisation, and returns what it says.
func told(t *testing.T, p *phone, title string, org ident.ID) string {
	t.Helper()
	for i, m := range p.want(http.StatusOK, get, "/api/v1/messages", nil).list("items") {
		if m["kind"] != "transfer" {
			continue
		}
		leads := m["orgId"]
		if m["title"] != title || (org == 0 && leads != nil) || (org != 0 && leads != org.String()) {
			t.Errorf("message %d, %v: want %s, to %s", i, m, title, org)
		}
		return fmt.Sprint(m["body"])
	}
	t.Errorf("nothing is told of a transfer: want %s", title)
	return ""
}

func leaveMember(t *testing.T, w *world) {
	secretary, id := w.as("本书记"), w.memberNamed("单雄信")
	gone := map[string]any{"orgId": w.orgs["本村"].String(), "kind": "full", "standing": "normal", "left": true}
	secretary.want(http.StatusOK, post, members+id+"/moves", gone)
	list := secretary.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/members?left=true", nil)
	if list.get("items.0.name") != "单雄信" || list.get("counts.left") != "1" || list.get("items.0.left") != "true" {
		t.Errorf("those who left: %s", list.Text)
	}
	card := secretary.want(http.StatusOK, get, members+id, nil)
	if card.get("left") != "true" || card.get("moves.0.here") != "false" {
		t.Errorf("the card: %s", card.Text)
	}
	if a := secretary.want(http.StatusConflict, put, members+id, correction(card)); a.get("code") != "member_left" {
		t.Errorf("corrected nevertheless: %s", a.Text)
	}
	w.clock.Advance(time.Minute)
	delete(gone, "left")
	secretary.want(http.StatusOK, post, members+id+"/moves", gone)
	if back := secretary.want(http.StatusOK, get, members+id, nil); back.get("left") != "false" || len(back.list("moves")) != 3 {
		t.Errorf("back again: %s", back.Text)
	}
}

func revealPhone(t *testing.T, w *world) {
	path := members + w.ids["本未绑"].String() + "/phone"
	if a := w.as("本书记").want(http.StatusOK, post, path, nil); a.get("phone") != "19900000001" {
		t.Errorf("%s", a.Text)
	}
	w.as("本书记").want(http.StatusOK, post, path, nil)
	var looks int
	if err := w.app.DB.Read().NewRaw("SELECT COUNT(*) FROM audit_entries WHERE action = 'look.phone' AND subject_id = ?", w.ids["本未绑"]).Scan(t.Context(), &looks); err != nil || looks != 2 {
		t.Errorf("%d looks are on record, want each: %v", looks, err)
	}
}

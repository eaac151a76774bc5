package app_test

import (
	"net/http"
	"strings"
	"testing"
)

const imports = "/api/v1/roster-imports"

// newcomers is a roster with somebody new, somebody whom the roster knows, and a number that is none.
const newcomers = "所在支部,姓名,手机号,身份证号码\n本村,本新来,19900000077,11010519491231002X\n本村,本未绑,19900000001,\n本村,本写错,1990000,\n"

// rosterImport uploads a file for 本村 and returns the path of its preview.
func (w *world) rosterImport(file string) string {
	w.t.Helper()
	return imports + "/" + w.as("区管理").want(http.StatusCreated, post, "/api/v1/orgs/"+w.orgs["本村"].String()+"/roster-imports?name=花名册.csv", file).get("id")
}

// rosterFor fills in the preview that a call of the access table is about.
func (w *world) rosterFor(id, path string) string {
	w.t.Helper()
	if !strings.HasPrefix(path, imports+"/{id}") {
		return path
	}
	file := newcomers
	if id == "applyRosterImport" {
		file = "姓名\t所在支部\n本新来\t本村\n"
	}
	if id == "settleRosterBranch" {
		file = "姓名\t所在支部\n本新来\t不知何处\n"
	}
	path = strings.Replace(path, imports+"/{id}", w.rosterImport(file), 1)
	if id == "listRosterRows" {
		path += "?verdict=new"
	}
	return path
}

// rosterBody returns what a call of the access table sends.
func rosterBody(id string) (any, bool) {
	switch id {
	case "uploadRoster":
		return newcomers, true
	case "decideRosterRows":
		return map[string]any{"decision": "skip"}, true
	case "settleRosterBranch":
		return map[string]any{"position": 1, "decision": ""}, true
	}
	return nil, false
}

func wrongRosters() []wrong {
	upload := func(name, body string, code string) wrong {
		return wrong{name: "roster: " + name, who: "区管理", method: post, path: "/api/v1/orgs/{org}/roster-imports", body: body, status: 400, code: code}
	}
	decide := func(name, body string) wrong {
		return wrong{name: "roster decision: " + name, who: "区管理", method: post, path: imports + "/{import}/decisions", body: body, status: 400, code: "invalid_input"}
	}
	branch := func(name, body string) wrong {
		return wrong{name: "roster branch: " + name, who: "区管理", method: post, path: imports + "/{import}/branches", body: body, status: 400, code: "invalid_input"}
	}
	return []wrong{
		branch("that is not there", `{"position":9,"decision":"create"}`),
		branch("below nought", `{"position":-1,"decision":""}`),
		branch("unknown word", `{"position":1,"decision":"perhaps"}`),
		branch("an id that is none", `{"position":1,"decision":"map","orgId":"?"}`),
		upload("nothing", "", "file_empty"),
		upload("blanks", " \n \n", "file_empty"),
		upload("no table", `{"姓名":"王磊"}`, "file_type"),
		upload("a page", "<html><table><tr><td>姓名</td></tr></table></html>", "file_type"),
		upload("a picture", "\x89PNG\r\n\x1a\n\x00\x00", "file_type"),
		upload("half a workbook", "PK\x03\x04\x14\x00\x08", "file_truncated"),
		upload("an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00", "file_type"),
		upload("no header", "王磊,13900000001\n李静,13900000002\n", "no_header"),
		upload("a header and nobody", "姓名,电话\n", "nobody"),
		upload("a cell without end", "姓名,电话\n"+strings.Repeat("长", 1001)+",1\n", "file_cell"),
		upload("too many columns", "姓名,电话\n"+strings.Repeat("甲,", 200)+"\n", "file_columns"),
		upload("more than fits", strings.Repeat("姓名,电话\n", 1<<20), "file_too_large"),
		{name: "roster: of an organisation that is not there", who: "区管理", method: post, path: "/api/v1/orgs/zzz/roster-imports", body: "姓名", status: 404, code: "not_found"},
		{name: "roster: imports of a member", who: "区管理", method: get, path: "/api/v1/orgs/{member}/roster-imports", status: 404, code: "not_found"},
		{name: "roster: of a member", who: "区管理", method: get, path: "/api/v1/orgs/{member}/roster", status: 404, code: "not_found"},
		decide("unknown word", `{"positions":[3],"decision":"perhaps"}`),
		decide("nothing said", `{"positions":[3]}`),
		decide("row that is not there", `{"positions":[3,99],"decision":"skip"}`),
		decide("row below nought", `{"positions":[-1],"decision":"skip"}`),
		decide("what the row does not offer", `{"positions":[3],"decision":"take"}`),
		decide("new row as a known person", `{"positions":[1],"decision":"take"}`),
		decide("unchanged row", `{"positions":[2],"decision":"skip"}`),
		decide("too many rows", `{"positions":[`+strings.Repeat("3,", 500)+`3],"decision":"skip"}`),
		{name: "roster rows: no verdict", who: "区管理", method: get, path: imports + "/{import}/rows", status: 400, code: "invalid_input"},
		{name: "roster rows: unknown verdict", who: "区管理", method: get, path: imports + "/{import}/rows?verdict=nice", status: 400, code: "invalid_input"},
		{name: "roster rows: bad cursor", who: "区管理", method: get, path: imports + "/{import}/rows?verdict=new&after=x", status: 400, code: "bad_cursor"},
		{name: "roster: applied with a row open", who: "区管理", method: post, path: imports + "/{import}/apply", status: 409, code: "undecided"},
		{name: "roster: import that is not there", who: "区管理", method: get, path: imports + "/{member}", status: 404, code: "not_found"},
	}
}

// TestRosterImport: the whole way over HTTP; and nothing of the file but what belongs on a roster stays anywhere.
func TestRosterImport(t *testing.T) {
	w := newWorld(t)
	made := w.rosterImport(newcomers)
	admin := w.as("区管理")
	v := admin.want(http.StatusOK, get, made, nil)
	if got := v.get("counts.new") + v.get("counts.unchanged") + v.get("counts.doubtful") + " " + v.get("summary.dropped.0.name") + " " + v.get("summary.dropped.0.identity"); got != "111 身份证号码 true" {
		t.Errorf("preview: %s", v.Text)
	}
	row := admin.want(http.StatusOK, get, made+"/rows?verdict=doubtful", nil)
	if row.get("items.0.cell") != "C4" || row.get("items.0.choices.0") != "apart" || row.get("items.0.phoneMasked") != "" {
		t.Errorf("doubtful: %s", row.Text)
	}
	admin.want(http.StatusOK, post, made+"/decisions", map[string]any{"positions": []int{3}, "decision": "apart"})
	if v = admin.want(http.StatusOK, post, made+"/apply", nil); v.get("state") != "applying" {
		t.Errorf("handed over: %s", v.Text)
	}
	if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v = admin.want(http.StatusOK, post, made+"/apply", nil); v.get("state") != "applied" || v.get("written") != "2" {
		t.Errorf("applied: %s", v.Text)
	}
	members := admin.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/members", nil)
	if !strings.Contains(members.Text, "本新来") || !strings.Contains(members.Text, "199****0077") {
		t.Errorf("members: %s", members.Text)
	}
	exported := admin.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/roster?format=csv", nil)
	if again := w.rosterImport(exported.Text); admin.want(http.StatusOK, get, again, nil).get("counts.writes") != "0" {
		t.Errorf("the export changes something: %s", exported.Text)
	}
	template := admin.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/roster-template", nil)
	if refused := admin.want(http.StatusBadRequest, post, "/api/v1/orgs/"+w.orgs["本村"].String()+"/roster-imports", template.Text); refused.get("code") != "nobody" {
		t.Errorf("the empty template: %s", refused.Text)
	}
	for _, secret := range []string{"19900000077", "11010519491231002X", "本新来", "本写错"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}

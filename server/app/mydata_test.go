package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

const myData = "/api/v1/me/data"

// wrongData is what can be got wrong about one's own data.
func wrongData() []wrong {
	const corrections = myData + "/corrections"
	return []wrong{
		{name: "correction of dreams", method: post, path: corrections, body: `{"field":"dream","wanted":"真的"}`, status: 400, code: "invalid_input"},
		{name: "correction without a wish", method: post, path: corrections, body: `{"field":"name","wanted":" "}`, status: 400, code: "invalid_input"},
		{name: "correction with a number", method: post, path: corrections, body: `{"field":"phone","wanted":"139 0001 0001"}`, status: 400, code: "phone_in_text"},
		{name: "keeping an account that stays", method: http.MethodDelete, path: myData + "/closing", status: 409, code: "not_closing"},
		{name: "looks from nonsense on", method: get, path: myData + "/looks?after=nonsense", status: 400, code: "bad_cursor"},
		{name: "corrections from nonsense on", who: "本书记", method: get, path: "/api/v1/orgs/{org}/corrections?after=!", status: 400, code: "invalid_input"},
		{name: "corrections of a sibling", who: "邻书记", method: get, path: "/api/v1/orgs/{org}/corrections", status: 404, code: "not_found"},
		{name: "answer to nothing", who: "本书记", method: post, path: "/api/v1/corrections/{member}/answer", body: `{"corrected":true}`, status: 404, code: "not_found"},
	}
}

// eachWorld runs the test on SQLite and on every server of TEST_DSNS.
func eachWorld(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	dsns := map[string]string{"sqlite": storetest.SQLiteDSN(t)}
	for _, server := range storetest.Servers() {
		dsns["server"] = storetest.NewDatabase(t, server)
	}
	for name, dsn := range dsns {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, dsn)
			cfg.WeChat.PushToken, cfg.WeChat.PushAESKey = callbackToken, callbackKey
			body(t, worldOn(t, cfg))
		})
	}
}

func (w *world) night() {
	w.t.Helper()
	w.clock.Advance(24 * time.Hour)
	if _, err := w.app.Queue.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) number(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.app.DB.Read().NewRaw(query, args...).Scan(w.t.Context(), &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestMyData: a member sees what is held and who looked, takes it along, has it corrected, withdraws the location, and leaves.
func TestMyData(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		member, secretary := w.as("本党员"), w.as("本书记")
		id := w.ids["本党员"]
		event := w.published("本村")
		secretary.want(http.StatusOK, put, event+"/attendance/"+id.String(), map[string]string{"status": "sick"})
		if _, err := w.app.DB.Exec(t.Context(), "UPDATE attendance SET position = 'near' WHERE member_id = ?", id); err != nil {
			t.Fatal(err)
		}
		secretary.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/members", nil)
		w.as("邻书记").want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["邻村"].String()+"/members", nil)

		held := member.want(http.StatusOK, get, myData, nil)
		for _, key := range []string{"account", "sessions", "roster", "attendance"} {
			if !strings.Contains(held.Text, `"key":"`+key+`"`) {
				t.Errorf("%s is missing in %s", key, held.Text)
			}
		}
		if looks := member.want(http.StatusOK, get, myData+"/looks", nil); len(looks.list("items")) != 1 || looks.get("items.0.name") != "本书记" {
			t.Errorf("looks %s", looks.Text)
		}
		taken := member.want(http.StatusOK, get, myData+"/export", nil)
		if !json.Valid([]byte(taken.Text)) || !strings.Contains(taken.Text, "在附近") || strings.Contains(taken.Text, openID("本党员")) {
			t.Errorf("export %s", taken.Text)
		}
		if page := member.want(http.StatusOK, get, myData+"/export?format=html", nil); !strings.Contains(page.Text, "<h2>签到记录（1）</h2>") {
			t.Errorf("page %s", page.Text)
		}
		w.as("居民").want(http.StatusOK, get, myData+"/export", nil)

		if gone := member.want(http.StatusOK, post, myData+"/location-withdrawal", nil); gone.get("removed") != "1" {
			t.Errorf("withdrawn %s", gone.Text)
		}
		if n := w.number("SELECT COUNT(*) FROM attendance WHERE member_id = ? AND position <> 'none'", id); n != 0 {
			t.Errorf("%d positions left", n)
		}
		w.correct(member, secretary)
		w.leave(member)
	})
}

// openCorrection returns a correction of 本党员 that waits for an answer.
func (w *world) openCorrection() string {
	w.t.Helper()
	member := w.as("本党员")
	if there := member.want(http.StatusOK, get, myData, nil); there.get("corrections.0.state") == "open" {
		return there.get("corrections.0.id")
	}
	return member.want(http.StatusOK, post, myData+"/corrections", map[string]string{"field": "name", "wanted": "改名字"}).get("corrections.0.id")
}

// correct lets the member ask, and the secretary refuse for a reason and then do it.
func (w *world) correct(member, secretary *phone) {
	w.t.Helper()
	asked := member.want(http.StatusOK, post, myData+"/corrections", map[string]string{"field": "since", "wanted": "1989年6月"})
	answer := "/api/v1/corrections/" + asked.get("corrections.0.id") + "/answer"
	second := member.want(http.StatusOK, post, myData+"/corrections", map[string]string{"field": "org", "wanted": "第二小组"}).get("corrections.0.id")
	list := "/api/v1/orgs/" + w.orgs["本村"].String() + "/corrections?limit=1"
	first := secretary.want(http.StatusOK, get, list, nil)
	if first.get("items.0.memberName") != "本党员" || first.get("items.0.field") != "since" || first.get("items.1") != "" {
		w.t.Errorf("the first page %s", first.Text)
	}
	rest := secretary.want(http.StatusOK, get, list+"&after="+first.get("next"), nil)
	if rest.get("items.0.id") != second || rest.get("next") != "" {
		w.t.Errorf("the second page %s", rest.Text)
	}
	secretary.want(http.StatusNoContent, post, "/api/v1/corrections/"+second+"/answer", map[string]any{"corrected": true})
	w.as("邻书记").want(http.StatusNotFound, post, answer, map[string]any{"corrected": true})
	secretary.want(http.StatusBadRequest, post, answer, map[string]any{"corrected": false})
	secretary.want(http.StatusNoContent, post, answer, map[string]any{"corrected": true})
	secretary.want(http.StatusNotFound, post, answer, map[string]any{"corrected": true})
	if after := member.want(http.StatusOK, get, myData, nil); after.get("corrections.1.state") != "done" {
		w.t.Errorf("answered %s", after.Text)
	}
}

// leave closes the account, takes it back, and closes it for good.
func (w *world) leave(member *phone) {
	w.t.Helper()
	member.want(http.StatusOK, post, myData+"/closing", nil)
	if kept := member.want(http.StatusOK, http.MethodDelete, myData+"/closing", nil); kept.get("closingAt") != "null" && kept.get("closingAt") != "" {
		w.t.Errorf("kept %s", kept.Text)
	}
	closing := member.want(http.StatusOK, post, myData+"/closing", nil)
	if again := member.want(http.StatusOK, post, myData+"/closing", nil); again.get("closingAt") != closing.get("closingAt") {
		w.t.Errorf("asked again: %s", again.Text)
	}
	w.night()
	member.want(http.StatusOK, get, myData, nil)
	for range 7 {
		w.night()
	}
	member.want(http.StatusUnauthorized, get, myData, nil)
	if n := w.number("SELECT COUNT(*) FROM users WHERE openid = ?", openID("本党员")); n != 0 {
		w.t.Error("the openid is still there")
	}
	if n := w.number("SELECT COUNT(*) FROM members WHERE id = ? AND left_at = 0", w.ids["本党员"]); n != 1 {
		w.t.Error("the line of the roster is the branch's and must stay")
	}
}

// TestAuthorizationTakenBack: what is taken back in WeChat's own settings is honoured here.
func TestAuthorizationTakenBack(t *testing.T) {
	w := pushWorld(t)
	member := w.as("本党员")
	w.as("本书记").want(http.StatusOK, put, w.published("本村")+"/attendance/"+w.ids["本党员"].String(), map[string]string{"status": "sick"})
	if _, err := w.app.DB.Exec(t.Context(), "UPDATE attendance SET position = 'near'"); err != nil {
		t.Fatal(err)
	}
	near := func() int { return w.number("SELECT COUNT(*) FROM attendance WHERE position = 'near'") }
	take := func(what int, shape sim.PushFault) {
		t.Helper()
		if err := w.app.Sim.Authorization("本党员", what); err != nil {
			t.Fatal(err)
		}
		to := sim.Callback{URL: "/wechat/callback", Token: callbackToken, AESKey: callbackKey}
		statuses, err := w.app.Sim.Push(t.Context(), to, func(r *http.Request) (*http.Response, error) {
			answered := httptest.NewRecorder()
			w.app.API.Handler().ServeHTTP(answered, r)
			return answered.Result(), nil
		}, sim.Duplicate, shape)
		if err != nil || statuses[0] != http.StatusOK {
			t.Fatalf("%v, %v", statuses, err)
		}
		if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if take(8, sim.AsXML); near() != 1 {
		t.Error("the phone number was taken back, not the location")
	}
	if take(13, sim.AsXML); near() != 0 {
		t.Error("the location was taken back")
	}
	member.want(http.StatusOK, get, myData, nil)
	take(0, sim.Numbers)
	member.want(http.StatusUnauthorized, get, myData, nil)
}

package sim_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

// officially calls an endpoint with the official account's token. The address may have a query.
func (w *world) officially(t *testing.T, method, address, body string) result {
	t.Helper()
	request, err := json.Marshal(map[string]string{
		"grant_type": "client_credential", "appid": sim.DefaultOfficialAppID, "secret": sim.DefaultOfficialAppSecret,
	})
	must(t, err)
	token := w.call(t, "POST", "/cgi-bin/stable_token", string(request)).AccessToken
	join := "?"
	if strings.Contains(address, "?") {
		join = "&"
	}
	return w.call(t, method, address+join+"access_token="+token, body)
}

func (w *world) officialSend(t *testing.T, openID, more string) result {
	t.Helper()
	return w.officially(t, "POST", "/cgi-bin/message/template/send",
		fmt.Sprintf(`{"touser":%q,"template_id":"notice","data":{"thing1":{"value":"主题党日"}}%s}`, openID, more))
}

// followed sets a template up and lets wang follow the account.
func followed(t *testing.T) (w *world, openID string) {
	t.Helper()
	w = setUp(t, func(o *sim.Options) { o.UnionIDs = true })
	for id, banned := range map[string]bool{"notice": false, "restricted": true} {
		_, err := w.AddOfficialTemplate(sim.Template{ID: id, Title: "通知", Content: "名称：{{thing1.DATA}}", Banned: banned})
		must(t, err)
	}
	must(t, w.Follow("wang", true))
	var list struct{ Data struct{ OpenID []string } }
	must(t, json.Unmarshal([]byte(w.officially(t, "GET", "/cgi-bin/user/get", "").raw), &list))
	if len(list.Data.OpenID) != 1 {
		t.Fatalf("followers %v", list)
	}
	return w, list.Data.OpenID[0]
}

func TestOfficialAnswers(t *testing.T) {
	w, openID := followed(t)
	const path = "/cgi-bin/message/template/send"
	for name, c := range map[string]struct {
		got  result
		code int
	}{
		"follower":               {w.officially(t, "GET", "/cgi-bin/user/info?openid="+openID, ""), 0},
		"nobody":                 {w.officially(t, "GET", "/cgi-bin/user/info?openid=x", ""), 40003},
		"page of nobody":         {w.officially(t, "GET", "/cgi-bin/user/get?next_openid=x", ""), 40003},
		"batch of nobody":        {w.officially(t, "POST", "/cgi-bin/user/info/batchget", `{"user_list":[{"openid":"x"}]}`), 40003},
		"empty batch":            {w.officially(t, "POST", "/cgi-bin/user/info/batchget", `{"user_list":[]}`), 40032},
		"broken batch":           {w.officially(t, "POST", "/cgi-bin/user/info/batchget", `[`), 47001},
		"broken message":         {w.officially(t, "POST", path, `[`), 47001},
		"restricted template":    {w.officially(t, "POST", path, `{"touser":"`+openID+`","template_id":"restricted"}`), 43116},
		"wrong method":           {w.officially(t, "GET", path, ""), 43002},
		"mini-program's token":   {w.withToken(t, "POST", path, `{}`), 48001},
		"official's token":       {w.officially(t, "GET", "/wxaapi/newtmpl/gettemplate", ""), 48001},
		"official account login": {w.call(t, "GET", "/sns/jscode2session?grant_type=authorization_code&js_code=x&appid="+sim.DefaultOfficialAppID+"&secret="+sim.DefaultOfficialAppSecret, ""), 48001},
	} {
		if c.got.ErrCode != c.code {
			t.Errorf("%s: %s, want %d", name, c.got.raw, c.code)
		}
	}
	if _, err := w.AddOfficialTemplate(sim.Template{Content: "no key"}); err == nil {
		t.Error("a template without keys was added")
	}
}

// One key, one message, for ten minutes.
func TestOfficialKey(t *testing.T) {
	w, openID := followed(t)
	count := func() int {
		messages, err := w.Messages("wang")
		must(t, err)
		return len(messages)
	}
	first, second := w.officialSend(t, openID, `,"client_msg_id":"k"`), w.officialSend(t, openID, `,"client_msg_id":"k"`)
	if first.MsgID != second.MsgID || first.MsgID == "" || count() != 1 {
		t.Errorf("%s and %s, %d messages", first.raw, second.raw, count())
	}
	w.officialSend(t, openID, "")
	w.officialSend(t, openID, `,"client_msg_id":"other"`)
	if count() != 3 {
		t.Errorf("%d messages, want 3: without a key, with another one", count())
	}
	w.clock.Advance(10 * time.Minute)
	w.officialSend(t, openID, `,"client_msg_id":"k"`)
	if count() != 4 {
		t.Errorf("%d messages, want 4: the key has been forgotten", count())
	}
}

// pushedOfficially pushes what waits at the official account, and returns "event message status" of each.
func (w *world) pushedOfficially(t *testing.T) (told []string) {
	t.Helper()
	do := func(r *http.Request) (*http.Response, error) {
		var e struct{ Event, MsgID, Status string }
		must(t, xml.NewDecoder(r.Body).Decode(&e))
		told = append(told, strings.TrimSpace(e.Event+" "+e.MsgID+" "+e.Status))
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}
	_, err := w.PushOfficial(t.Context(), sim.Callback{Token: "t"}, do)
	must(t, err)
	return told
}

func TestOfficialEvents(t *testing.T) {
	w, openID := followed(t)
	id := w.officialSend(t, openID, "").MsgID.String()
	control := httptest.NewServer(w.Control())
	t.Cleanup(control.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, control.URL+"/__sim/follows", strings.NewReader(`{"person":"wang","follows":false}`))
	must(t, err)
	reply, err := control.Client().Do(request)
	must(t, err)
	must(t, reply.Body.Close())
	if reply.StatusCode != http.StatusNoContent {
		t.Errorf("status %d", reply.StatusCode)
	}
	if got := w.officialSend(t, openID, ""); got.ErrCode != 43004 {
		t.Errorf("to somebody who has left: %s", got.raw)
	}
	w.AddPerson(sim.Person{ID: "wang", Name: "王建国", Follows: true, Blocks: true})
	blocked := w.officialSend(t, openID, "").MsgID.String()
	want := []string{"subscribe", "TEMPLATESENDJOBFINISH " + id + " success", "unsubscribe", "TEMPLATESENDJOBFINISH " + blocked + " failed:user block"}
	if got := w.pushedOfficially(t); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, w.Finish("wang", sim.FreqLimit))
	must(t, w.Finish("wang", sim.SystemFailed)) // the one before was not pushed yet
	if got := w.pushedOfficially(t); !slices.Equal(got, []string{"TEMPLATESENDJOBFINISH " + id + " failed: system failed"}) {
		t.Errorf("settled by hand: %q", got)
	}
	messages, err := w.Messages("wang")
	must(t, err)
	if len(messages) != 1 {
		t.Errorf("%d messages, want the one before the block", len(messages))
	}
}

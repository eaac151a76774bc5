package sim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

func TestSendQuotas(t *testing.T) {
	w := setUp(t, func(o *sim.Options) { o.SendsPerMinute, o.SendsPerDay = 2, 3 })
	want := func(errcode int) {
		t.Helper()
		w.grant(t, "wang", "remind")
		if got := w.send(t, "wang"); got.ErrCode != errcode {
			t.Errorf("got %s, want %d", got.raw, errcode)
		}
	}
	want(0)
	want(0)
	want(45011)
	w.clock.Advance(time.Minute)
	want(0)
	want(45009)
	w.clock.Advance(24 * time.Hour)
	want(0)
}

// TestPush: what happened is pushed once, repeated until it is taken, and in the order that is asked for.
func TestPush(t *testing.T) {
	w := setUp(t)
	var events []string
	refusals := 2
	do := func(r *http.Request) (*http.Response, error) {
		var m struct{ Event, FromUserName string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.FromUserName != r.URL.Query().Get("openid") {
			t.Errorf("%+v, %v", m, err)
		}
		answer := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("success"))}
		if refusals > 0 {
			refusals--
			answer.StatusCode = http.StatusBadGateway
			return answer, nil
		}
		events = append(events, strings.TrimSuffix(strings.TrimPrefix(m.Event, "subscribe_msg_"), "_event"))
		return answer, nil
	}
	to := sim.Callback{URL: "https://party.example/wechat/callback", Token: "t"}
	push := func(want string, faults ...sim.PushFault) {
		t.Helper()
		events = nil
		if _, err := w.Push(t.Context(), to, do, faults...); err != nil || strings.Join(events, " ") != want {
			t.Errorf("pushed %q, %v; want %q", events, err, want)
		}
	}
	w.grant(t, "wang", "remind")
	w.send(t, "wang")
	push("popup sent")
	push("")
	w.grant(t, "wang", "remind")
	w.send(t, "wang")
	push("sent popup", sim.OutOfOrder)
	w.grant(t, "wang", "remind")
	refusals = 3
	push("") // it gives up after the third time
	w.grant(t, "wang", "remind")
	push("popup popup", sim.Duplicate)
}

// TestPushByHand: the control side shows what waits to be pushed and pushes it to the server that it is part of, in the
// shapes and with the faults that are asked for.
func TestPushByHand(t *testing.T) {
	w := setUp(t, func(o *sim.Options) {
		o.Callback = sim.Callback{URL: "/wechat/callback", Token: "t"}
		o.OfficialCallback = sim.Callback{URL: "/wechat/callback", Token: "t"}
	})
	var bodies []string
	mux := http.NewServeMux()
	mux.Handle("/__sim/", w.Control())
	mux.HandleFunc("/wechat/callback", func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Query().Get("signature") == "" {
			t.Errorf("%s, %v", r.URL, err)
		}
		bodies = append(bodies, string(body))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	call := func(method, path, body, want string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/__sim/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s %s %s: %s, %v; want %s", method, path, body, text, err, want)
		}
	}
	call("POST", "settings", `{"person":"wang","itemSettings":{"remind":"accept"}}`, `{"mainSwitch":true,"itemSettings":{"remind":"accept"}}`)
	call("POST", "taps", `{"person":"wang","templateIds":["remind"],"results":{"remind":"reject"}}`, `{"results":{"remind":"accept"}}`)
	call("POST", "settings", `{"person":"wang","mainSwitch":false,"itemSettings":{"remind":"reject"}}`, `{"mainSwitch":false,"itemSettings":{"remind":"reject"}}`)
	call("POST", "taps", `{"person":"wang","templateIds":["remind"]}`, `"errCode":20004`)
	call("POST", "settings", `{"person":"wang","itemSettings":{"remind":"perhaps"}}`, `"code":"bad_setting"`)
	call("GET", "settings?person=x", "", `"code":"person_not_found"`)
	call("GET", "pushes", "", `"event":"subscribe_msg_change_event"`)
	call("POST", "pushes", `{"faults":["lost"]}`, `"code":"bad_fault"`)
	call("POST", "pushes", `{"faults":["xml","replayed"]}`, `{"statuses":[200,200,200,200]}`)
	call("POST", "pushes", `{}`, `{"statuses":[]}`)
	if len(bodies) != 4 || bodies[0] != bodies[2] || bodies[1] != bodies[3] ||
		!strings.Contains(bodies[1], "<SubscribeMsgChangeEvent><List><SubscribeStatusString><![CDATA[reject]]>") {
		t.Errorf("pushed %q", bodies)
	}
	bodies = nil
	call("POST", "finishes", `{"person":"wang","status":"success"}`, `"code":"message_not_found"`)
	call("POST", "finishes", `{"person":"wang","status":"lost"}`, `"code":"bad_status"`)
	call("POST", "follows", `{"person":"wang","follows":true}`, "")
	call("POST", "follows", `{"person":"wang","follows":false}`, "")
	call("GET", "official-pushes", "", `","name":"王建国","items":[`)
	call("POST", "official-pushes", `{"faults":["out of order"]}`, `{"statuses":[200,200]}`)
	call("GET", "official-pushes", "", `{"items":[]}`)
	if len(bodies) != 2 || !strings.Contains(bodies[0], "<Event><![CDATA[unsubscribe]]>") || !strings.Contains(bodies[1], "<Event><![CDATA[subscribe]]>") {
		t.Errorf("of the official account %q", bodies)
	}
}

// TestUndelivered: a message that is accepted and does not arrive is reported with a code.
func TestUndelivered(t *testing.T) {
	w := setUp(t)
	w.grant(t, "wang", "remind")
	if _, err := w.SetFault(sim.Fault{Endpoint: "send", Undelivered: 1}); err != nil {
		t.Fatal(err)
	}
	w.send(t, "wang")
	if messages, err := w.Messages("wang"); err != nil || len(messages) != 0 {
		t.Errorf("on the phone: %v, %v", messages, err)
	}
	reported := ""
	do := func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		reported += string(body)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
	}
	if _, err := w.Push(t.Context(), sim.Callback{Token: "t"}, do); err != nil || !strings.Contains(reported, `"ErrorCode":"1"`) {
		t.Errorf("reported %s, %v", reported, err)
	}
}

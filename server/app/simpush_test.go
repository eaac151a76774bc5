package app_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// TestPushesOfThePlatform: whatever the platform's pushes look like, and whatever somebody else sends in their place, each
// tap that it tells of counts once.
func TestPushesOfThePlatform(t *testing.T) {
	attacks := []sim.PushFault{sim.Forged, sim.HalfSigned, sim.Downgraded, sim.Foreign, sim.Late, sim.Oversized}
	onlySafe := []sim.PushFault{sim.HalfSigned, sim.Downgraded, sim.Foreign} // plain mode knows nothing of them
	for mode, key := range map[string]string{"safe": callbackKey, "plain": ""} {
		t.Run(mode, func(t *testing.T) {
			cfg := settings(t, storetest.SQLiteDSN(t))
			cfg.WeChat.PushToken, cfg.WeChat.PushAESKey = callbackToken, key
			w := worldOn(t, cfg)
			member := w.as("本党员")
			template := func() answer { return member.want(http.StatusOK, get, "/api/v1/message-templates", nil) }
			asked := []string{template().get("items.0.id"), template().get("items.1.id")}
			to := sim.Callback{URL: "/wechat/callback", Token: callbackToken, AESKey: key}
			serve := func(r *http.Request) (*http.Response, error) {
				answered := httptest.NewRecorder()
				w.app.API.Handler().ServeHTTP(answered, r)
				return answered.Result(), nil
			}
			allowed := 0
			for _, fault := range append([]sim.PushFault{"none"}, sim.PushFaults()...) {
				if key == "" && slices.Contains(onlySafe, fault) {
					continue
				}
				w.clock.Advance(time.Second)
				if _, err := w.app.Sim.Tap("本党员", asked, nil); err != nil {
					t.Fatal(err)
				}
				statuses, err := w.app.Sim.Push(t.Context(), to, serve, fault)
				if err != nil {
					t.Fatal(err)
				}
				attack := slices.Contains(attacks, fault)
				if (statuses[0] == http.StatusOK) == attack {
					t.Errorf("%s: answered %v", fault, statuses)
				}
				if !attack {
					allowed++
				}
				if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, item := range []string{"items.0.", "items.1."} {
					if got := template().get(item + "remaining"); got != strconv.Itoa(allowed) {
						t.Errorf("%s: %s messages are allowed, want %d", fault, got, allowed)
					}
				}
			}
			if err := w.app.Sim.Settle("本党员", true, map[string]string{asked[0]: "reject"}); err != nil {
				t.Fatal(err)
			}
			if statuses, err := w.app.Sim.Push(t.Context(), to, serve, sim.AsXML); err != nil || !slices.Equal(statuses, []int{http.StatusOK}) {
				t.Fatal(statuses, err)
			}
			w.due()
			if got := template(); got.get("items.0.remaining") != "0" || got.get("items.0.setting") != "reject" || got.get("items.1.remaining") != strconv.Itoa(allowed) {
				t.Errorf("switched off: %s", got.Text)
			}
			if err := w.app.Sim.Settle("本党员", true, map[string]string{asked[1]: "reject"}); err != nil {
				t.Fatal(err)
			}
			w.clock.Advance(time.Second)
			if err := w.app.Sim.Settle("本党员", true, map[string]string{asked[1]: ""}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.app.Sim.Tap("本党员", asked[1:], nil); err != nil {
				t.Fatal(err)
			}
			if _, err := w.app.Sim.Push(t.Context(), to, serve, sim.OutOfOrder); err != nil {
				t.Fatal(err)
			}
			w.due()
			if got := template(); got.get("items.1.remaining") != "1" || got.get("items.1.setting") != "accept" {
				t.Errorf("switched off, then accepted, told of in the other order: %s", got.Text)
			}
		})
	}
}

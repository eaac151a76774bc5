package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

const (
	callbackToken = "token-of-the-console"
	callbackKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// push sends what WeChat would push, in safe mode.
func (w *world) push(message string) answer {
	w.t.Helper()
	stamp := strconv.FormatInt(w.clock.Now().Unix(), 10)
	encrypted, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(message), sim.DefaultAppID, callbackKey)
	if err != nil {
		w.t.Fatal(err)
	}
	query := fmt.Sprintf("?timestamp=%s&nonce=7&encrypt_type=aes&msg_signature=%s", stamp, util.Signature(callbackToken, stamp, "7", string(encrypted)))
	return w.nobody().call(http.MethodPost, "/wechat/callback"+query, fmt.Sprintf(`{"ToUserName":"gh_1","Encrypt":%q}`, encrypted))
}

func pushWorld(t *testing.T) *world {
	cfg := settings(t, storetest.SQLiteDSN(t))
	cfg.WeChat.PushToken, cfg.WeChat.PushAESKey = callbackToken, callbackKey
	return worldOn(t, cfg)
}

// TestPush: what WeChat reports about permissions and messages reaches the ledger, once.
func TestPush(t *testing.T) {
	w := pushWorld(t)
	member := w.as("本党员")
	first := func() (id, remaining, setting string) {
		a := member.want(http.StatusOK, http.MethodGet, "/api/v1/message-templates", nil)
		return a.get("items.0.id"), a.get("items.0.remaining"), a.get("items.0.setting")
	}
	template, _, _ := first()
	event := func(name, status string) string {
		return fmt.Sprintf(`{"FromUserName":%q,"Event":%q,"List":{"TemplateId":%q,"SubscribeStatusString":%q}}`, openID("本党员"), name, template, status)
	}
	steps := []struct{ name, message, remaining, setting string }{
		{"accepted", event("subscribe_msg_popup_event", "accept"), "1", "accept"},
		{"the same push again", event("subscribe_msg_popup_event", "accept"), "1", "accept"},
		{"no to another question", event("subscribe_msg_popup_event", "reject"), "1", "accept"},
		{"an event of others", `{"FromUserName":"o","Event":"user_enter_tempsession"}`, "1", "accept"},
		{"a stranger", strings.Replace(event("subscribe_msg_change_event", "reject"), openID("本党员"), "o-stranger", 1), "1", "accept"},
		{"switched off", event("subscribe_msg_change_event", "reject"), "0", "reject"},
	}
	for _, s := range steps {
		if a := w.push(s.message); a.Status != http.StatusOK || a.Text != "success" {
			t.Fatalf("%s: %d %s", s.name, a.Status, a.Text)
		}
		if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, remaining, setting := first(); remaining != s.remaining || setting != s.setting {
			t.Errorf("%s: %s left, %s; want %s, %s", s.name, remaining, setting, s.remaining, s.setting)
		}
	}
}

func TestPushForged(t *testing.T) {
	w := pushWorld(t)
	for name, path := range map[string]string{
		"verification": "/wechat/callback?signature=0&timestamp=1&nonce=2&echostr=hello",
		"nothing":      "/wechat/callback",
	} {
		if a := w.nobody().call(http.MethodGet, path, nil); a.Status != http.StatusForbidden || a.get("code") != "push_refused" {
			t.Errorf("%s: %d %s", name, a.Status, a.Text)
		}
		if a := w.nobody().call(http.MethodPost, path, `{"Event":"subscribe_msg_popup_event"}`); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, a.Status, a.Text)
		}
	}
	stamp := strconv.FormatInt(w.clock.Now().Unix(), 10)
	echo := "/wechat/callback?timestamp=" + stamp + "&nonce=2&echostr=hello&signature=" + util.Signature(callbackToken, stamp, "2")
	if a := w.nobody().want(http.StatusOK, http.MethodGet, echo, nil); a.Text != "hello" {
		t.Errorf("the console gets %q", a.Text)
	}
}

// TestNoPushWithoutToken: where WeChat is not simulated and no token is configured, the addresses do not exist.
func TestNoPushWithoutToken(t *testing.T) {
	a := atPlatform(t)
	for _, path := range []string{"/wechat/callback", "/wechat/official"} {
		recorder := httptest.NewRecorder()
		a.API.Handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), get, path, nil))
		if recorder.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, recorder.Code)
		}
	}
}

package app_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// officialWorld has the official account's message push connected.
func officialWorld(t *testing.T, dsn string) *world {
	cfg := settings(t, dsn)
	cfg.Official.PushToken, cfg.Official.PushAESKey = callbackToken, callbackKey
	return worldOn(t, cfg)
}

// relay pushes what has happened at the simulated official account since the last time, each event twice, and works on it.
func (w *world) relay() {
	w.t.Helper()
	for i, e := range w.app.Sim.OfficialEvents() {
		xml := fmt.Sprintf("<xml><FromUserName><![CDATA[%s]]></FromUserName><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[%s]]></Event>"+
			"<MsgID>%s</MsgID><Status><![CDATA[%s]]></Status></xml>", e.OpenID, e.Event, e.MsgID, e.Status)
		encrypted, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(xml), sim.DefaultOfficialAppID, callbackKey)
		if err != nil {
			w.t.Fatal(err)
		}
		stamp, nonce := strconv.FormatInt(w.clock.Now().Unix(), 10), strconv.Itoa(i)
		query := fmt.Sprintf("?timestamp=%s&nonce=%s&encrypt_type=aes&msg_signature=%s", stamp, nonce, util.Signature(callbackToken, stamp, nonce, string(encrypted)))
		for range 2 {
			if a := w.nobody().want(http.StatusOK, post, "/wechat/official"+query, fmt.Sprintf("<xml><Encrypt><![CDATA[%s]]></Encrypt></xml>", encrypted)); a.Text != "success" {
				w.t.Errorf("answer %q", a.Text)
			}
		}
	}
	w.due()
}

func (w *world) due() {
	w.t.Helper()
	if _, err := w.app.Queue.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// TestOfficialAccount: who has allowed nothing but follows the official account is told by it, sees nothing twice, and is
// not told by it any more after leaving; the secretary sees by which way.
func TestOfficialAccount(t *testing.T) {
	story := func(t *testing.T, dsn string) {
		w := officialWorld(t, dsn)
		w.as("本党员") // the login tells the unionid
		if err := w.app.Sim.Follow("本党员", true); err != nil {
			t.Fatal(err)
		}
		w.relay()
		if got := w.toldMember(w.published("本村")); got != "official sent " {
			t.Errorf("a follower: %q", got)
		}
		if err := w.app.Sim.Follow("本党员", false); err != nil {
			t.Fatal(err)
		}
		if got := w.toldMember(w.published("本村")); got != "official refused 没有关注公众号" {
			t.Errorf("somebody who has left, which nobody has heard of yet: %q", got)
		}
		w.relay()
		if got := w.toldMember(w.published("本村")); got != "subscribe skipped 未授权提醒" {
			t.Errorf("afterwards: %q", got)
		}
		if messages, err := w.app.Sim.Messages("本党员"); err != nil || len(messages) != 1 || !messages[0].Official {
			t.Errorf("on the phone: %+v, %v", messages, err)
		}
	}
	t.Run("sqlite", func(t *testing.T) { story(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { story(t, storetest.NewDatabase(t, server)) })
	}
}

// toldMember works on what is due and returns channel, state and reason of the event's delivery to 本党员, as the secretary sees
// them.
func (w *world) toldMember(event string) string {
	w.t.Helper()
	w.due()
	a := w.as("本书记").want(http.StatusOK, get, event+"/reminders", nil)
	for _, d := range a.list("deliveries") {
		if d["memberName"] == "本党员" {
			return fmt.Sprint(d["channel"], " ", d["state"], " ", d["reason"])
		}
	}
	return "nothing in " + a.Text
}

func TestOfficialPushForged(t *testing.T) {
	w := officialWorld(t, storetest.SQLiteDSN(t))
	const path = "/wechat/official?signature=0&timestamp=1&nonce=2&echostr=hello"
	for _, method := range []string{get, post} {
		if a := w.nobody().call(method, path, "<xml><Event>unsubscribe</Event></xml>"); a.Status != http.StatusForbidden || a.get("code") != "push_refused" {
			t.Errorf("%s: %d %s", method, a.Status, a.Text)
		}
	}
	stamp := strconv.FormatInt(w.clock.Now().Unix(), 10)
	echo := "/wechat/official?timestamp=" + stamp + "&nonce=2&echostr=hello&signature=" + util.Signature(callbackToken, stamp, "2")
	if a := w.nobody().want(http.StatusOK, get, echo, nil); a.Text != "hello" {
		t.Errorf("the console gets %q", a.Text)
	}
	if a := newWorld(t).nobody().call(get, echo, nil); a.Status != http.StatusNotFound {
		t.Errorf("without a token the address must not exist: %d", a.Status)
	}
}

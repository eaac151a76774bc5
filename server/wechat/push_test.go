package wechat_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"themeday/server/clock"
	"themeday/server/wechat"
)

// The platform's own example account.
const (
	pushAppID = "wxba5fad812f8e6fb9"
	pushToken = "AAAAA"
	pushKey   = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func newPush(t testing.TB, key string, now int64) *wechat.Push {
	t.Helper()
	p, err := wechat.NewPush(pushAppID, pushToken, key, clock.NewFake(time.Unix(now, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPushSettings(t *testing.T) {
	for name, c := range map[string]struct{ token, key string }{
		"no token": {"", pushKey}, "short key": {pushToken, "short"}, "long key": {pushToken, pushKey + "A"},
	} {
		if _, err := wechat.NewPush(pushAppID, c.token, c.key, clock.System()); err == nil || strings.Contains(err.Error(), pushKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The signatures are the platform's published examples.
func TestPushPublishedExamples(t *testing.T) {
	p := newPush(t, "", 1714036504)
	verify := url.Values{"signature": {"f464b24fc39322e44b38aa78f5edd27bd1441696"}, "timestamp": {"1714036504"}, "nonce": {"1514711492"}, "echostr": {"4375120948345356249"}}
	if echo, err := p.Echo(verify); echo != "4375120948345356249" || err != nil {
		t.Errorf("echo %q, %v", echo, err)
	}
	verify.Set("nonce", "1514711493")
	if echo, err := p.Echo(verify); echo != "" || !errors.Is(err, wechat.ErrPush) {
		t.Errorf("forged: %q, %v", echo, err)
	}
	plain := url.Values{"signature": {"899cf89e464efb63f54ddac96b0a0a235f53aa78"}, "timestamp": {"1714037059"}, "nonce": {"486452656"}}
	if _, err := newPush(t, "", 1714037059).Read(plain, []byte(`{"Event":"debug_demo"}`)); err != nil {
		t.Errorf("plain: %v", err)
	}
	const encrypted = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
	safe := url.Values{"msg_signature": {"1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"}, "timestamp": {"1713424427"}, "nonce": {"415670741"}, "encrypt_type": {"aes"}}
	if _, err := newPush(t, pushKey, 1713424427).Read(safe, []byte(`{"ToUserName":"gh_x","Encrypt":"`+encrypted+`"}`)); err != nil {
		t.Errorf("safe: %v", err)
	}
}

const pushNow = 1_770_000_000

// post signs and, with a key, encrypts a message as the platform does.
func post(t testing.TB, appID, key, message string, at int64) (url.Values, []byte) {
	t.Helper()
	stamp := strconv.FormatInt(at, 10)
	query := url.Values{"timestamp": {stamp}, "nonce": {"n1"}, "signature": {util.Signature(pushToken, stamp, "n1")}}
	if key == "" {
		return query, []byte(message)
	}
	encrypted, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(message), appID, key)
	if err != nil {
		t.Fatal(err)
	}
	query.Set("encrypt_type", "aes")
	query.Set("msg_signature", util.Signature(pushToken, stamp, "n1", string(encrypted)))
	return query, fmt.Appendf(nil, `{"ToUserName":"gh_x","Encrypt":%q}`, encrypted)
}

func TestPushShapes(t *testing.T) {
	popup := wechat.Notice{Event: wechat.EventPopup, OpenID: "o1", TemplateID: "t1", Accepted: true}
	at := func(n wechat.Notice) wechat.Notice { n.At = 1610969440; return n }
	no := wechat.Notice{Event: wechat.EventPopup, OpenID: "o1", TemplateID: "t2"}
	off := wechat.Notice{Event: wechat.EventChange, OpenID: "o1", TemplateID: "t1"}
	sent := wechat.Notice{Event: wechat.EventSent, OpenID: "o1", TemplateID: "t1", MsgID: "1316263177503703040"}
	lost := wechat.Notice{Event: wechat.EventSent, OpenID: "o1", TemplateID: "t1", MsgID: "7", Code: 20003}
	cases := map[string]struct {
		body string
		want []wechat.Notice
	}{
		"one, as an object":      {`{"FromUserName":"o1","CreateTime":1610969440,"Event":"subscribe_msg_popup_event","List":{"TemplateId":"t1","SubscribeStatusString":"accept","PopupScene":"0"}}`, []wechat.Notice{at(popup)}},
		"several, time as text":  {`{"FromUserName":"o1","CreateTime":"1610969440","Event":"subscribe_msg_popup_event","List":[{"TemplateId":"t1","SubscribeStatusString":"accept"},{"TemplateId":"t2","SubscribeStatusString":"reject"}]}`, []wechat.Notice{at(popup), at(no)}},
		"nested object":          {`{"FromUserName":"o1","Event":"subscribe_msg_popup_event","SubscribeMsgPopupEvent":{"List":{"TemplateId":"t1","SubscribeStatusString":"accept"}}}`, []wechat.Notice{popup}},
		"nested array":           {`{"FromUserName":"o1","Event":"subscribe_msg_popup_event","SubscribeMsgPopupEvent":{"List":[{"TemplateId":"t1","SubscribeStatusString":"accept"}]}}`, []wechat.Notice{popup}},
		"switched off":           {`{"FromUserName":"o1","Event":"subscribe_msg_change_event","List":{"TemplateId":"t1","SubscribeStatusString":"reject"}}`, []wechat.Notice{off}},
		"sent":                   {`{"FromUserName":"o1","Event":"subscribe_msg_sent_event","List":{"TemplateId":"t1","MsgID":"1316263177503703040","ErrorCode":"0","ErrorStatus":"success"}}`, []wechat.Notice{sent}},
		"sent, numbers":          {`{"FromUserName":"o1","Event":"subscribe_msg_sent_event","List":{"TemplateId":"t1","MsgID":1316263177503703040,"ErrorCode":0}}`, []wechat.Notice{sent}},
		"not delivered":          {`{"FromUserName":"o1","Event":"subscribe_msg_sent_event","List":{"TemplateId":"t1","MsgID":"7","ErrorCode":20003}}`, []wechat.Notice{lost}},
		"sent, without a result": {`{"FromUserName":"o1","Event":"subscribe_msg_sent_event","List":{"TemplateId":"t1"}}`, nil},
		"xml":                    {`<xml><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1610969440</CreateTime><Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent><List><TemplateId>t1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List><List><TemplateId>t2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgPopupEvent></xml>`, []wechat.Notice{at(popup), at(no)}},
		"xml, sent":              {`<xml><FromUserName>o1</FromUserName><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>t1</TemplateId><MsgID>7</MsgID><ErrorCode>20003</ErrorCode></List></SubscribeMsgSentEvent></xml>`, []wechat.Notice{lost}},
		"an event of others":     {`{"FromUserName":"o1","Event":"wxa_media_check","trace_id":"x"}`, nil},
		"an empty list":          {`{"FromUserName":"o1","Event":"subscribe_msg_popup_event","List":null}`, nil},
	}
	for name, c := range cases {
		for mode, key := range map[string]string{"plain": "", "safe": pushKey} {
			t.Run(name+" "+mode, func(t *testing.T) {
				query, body := post(t, pushAppID, key, c.body, pushNow)
				got, err := newPush(t, key, pushNow).Read(query, body)
				if err != nil || !slices.Equal(got.Notices, c.want) {
					t.Errorf("%+v, %v", got.Notices, err)
				}
			})
		}
	}
}

const popupText = `{"FromUserName":"o1","Event":"subscribe_msg_popup_event","List":{"TemplateId":"t1","SubscribeStatusString":"accept"}}`

func TestPushRefused(t *testing.T) {
	safe := func(change func(url.Values)) func(testing.TB) (url.Values, []byte) {
		return func(t testing.TB) (url.Values, []byte) {
			query, body := post(t, pushAppID, pushKey, popupText, pushNow)
			change(query)
			return query, body
		}
	}
	for name, make := range map[string]func(testing.TB) (url.Values, []byte){
		"no query at all":                  safe(func(q url.Values) { clear(q) }),
		"wrong signature of the message":   safe(func(q url.Values) { q.Set("msg_signature", strings.Repeat("0", 40)) }),
		"the other signature in its place": safe(func(q url.Values) { q.Set("msg_signature", q.Get("signature")) }),
		"another nonce":                    safe(func(q url.Values) { q.Set("nonce", "n2") }),
		"says that it is not encrypted":    safe(func(q url.Values) { q.Del("encrypt_type") }),
		"plain in safe mode":               func(t testing.TB) (url.Values, []byte) { return post(t, pushAppID, "", popupText, pushNow) },
		"plain that claims to be encrypted": func(t testing.TB) (url.Values, []byte) {
			query, body := post(t, pushAppID, "", popupText, pushNow)
			query.Set("encrypt_type", "aes")
			return query, body
		},
		"of another mini-program": func(t testing.TB) (url.Values, []byte) {
			return post(t, "wx0000000000000000", pushKey, popupText, pushNow)
		},
		"six minutes old":   func(t testing.TB) (url.Values, []byte) { return post(t, pushAppID, pushKey, popupText, pushNow-360) },
		"six minutes early": func(t testing.TB) (url.Values, []byte) { return post(t, pushAppID, pushKey, popupText, pushNow+360) },
		"no JSON": func(t testing.TB) (url.Values, []byte) {
			query, _ := post(t, pushAppID, pushKey, popupText, pushNow)
			return query, []byte("hello")
		},
		"nothing": func(t testing.TB) (url.Values, []byte) {
			query, _ := post(t, pushAppID, pushKey, popupText, pushNow)
			return query, nil
		},
		"no JSON inside": func(t testing.TB) (url.Values, []byte) { return post(t, pushAppID, pushKey, "hello", pushNow) },
	} {
		t.Run(name, func(t *testing.T) {
			query, body := make(t)
			got, err := newPush(t, pushKey, pushNow).Read(query, body)
			if !errors.Is(err, wechat.ErrPush) || len(got.Notices) > 0 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestPushRepetitionHasTheSameID(t *testing.T) {
	p := newPush(t, pushKey, pushNow)
	read := func(message string, at int64) string {
		query, body := post(t, pushAppID, pushKey, message, at)
		d, err := p.Read(query, body)
		if err != nil {
			t.Fatal(err)
		}
		return d.ID
	}
	first := read(popupText, pushNow)
	if again := read(popupText, pushNow); again != first {
		t.Error("a repetition has another id")
	}
	if other := read(strings.Replace(popupText, "t1", "t2", 1), pushNow); other == first {
		t.Error("two events of one second have the same id")
	}
	if later := read(popupText, pushNow+1); later == first {
		t.Error("the same answer a second later has the same id")
	}
}

func FuzzPush(f *testing.F) {
	query, body := post(f, pushAppID, pushKey, popupText, pushNow)
	f.Add(query.Encode(), string(body))
	query, body = post(f, pushAppID, "", popupText, pushNow)
	f.Add(query.Encode(), string(body))
	f.Fuzz(func(t *testing.T, rawQuery, body string) {
		query, err := url.ParseQuery(rawQuery)
		if err != nil {
			return
		}
		for _, key := range []string{"", pushKey} {
			if _, err := newPush(t, key, pushNow).Read(query, []byte(body)); err != nil && !errors.Is(err, wechat.ErrPush) {
				t.Errorf("an error of another kind: %v", err)
			}
		}
	})
}

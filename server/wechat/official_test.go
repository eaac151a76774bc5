package wechat_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"

	"themeday/server/ident"
	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

const officialTemplate = "official-template"

// official returns the simulated official account, which wang follows and chen does not, with one template.
func (f *fixture) official(t *testing.T) *wechat.Official {
	t.Helper()
	must(t, f.sim.Follow("wang", true))
	_, err := f.sim.AddOfficialTemplate(sim.Template{
		ID: officialTemplate, Title: "活动通知", Content: "名称：{{thing1.DATA}}\n类型：{{const2.DATA}}", Enums: map[string][]string{"const2": {"党课"}},
	})
	must(t, err)
	cfg := wechat.Config{AppID: sim.DefaultOfficialAppID, AppSecret: sim.DefaultOfficialAppSecret}
	return wechat.NewOfficial(cfg, f.cache, f.sim.Transport(), f.clock, ident.NewSource(f.clock, nil), nil)
}

// follower returns the openids of the followers, of whom there must be one.
func follower(t *testing.T, o *wechat.Official) string {
	t.Helper()
	ids, next, err := o.FollowerIDs(t.Context(), "")
	must(t, err)
	if len(ids) != 1 || next != "" {
		t.Fatalf("followers %v, next %q", ids, next)
	}
	return ids[0]
}

func TestOfficialMessage(t *testing.T) {
	f := setUp(t)
	o := f.official(t)
	m := wechat.OfficialMessage{
		OpenID: follower(t, o), TemplateID: officialTemplate, MiniAppID: appID, Page: "pages/event/event?id=1", Key: "once",
		Data: map[string]string{"thing1": strings.Repeat("长", 21), "const2": "党课"},
	}
	first, err := o.SendTemplate(t.Context(), m)
	must(t, err)
	again, err := o.SendTemplate(t.Context(), m)
	must(t, err)
	messages, err := f.sim.Messages("wang")
	must(t, err)
	if len(messages) != 1 || first == "" || first != again || !messages[0].Official || messages[0].Page != m.Page {
		t.Fatalf("ids %q and %q, on the phone %+v", first, again, messages)
	}
	if got := messages[0].Data["thing1"]; got != strings.Repeat("长", 20) {
		t.Errorf("the platform has not cut: %q", got)
	}
	for name, c := range map[string]struct {
		edit func(*wechat.OfficialMessage)
		code int
	}{
		"unknown person":      {func(m *wechat.OfficialMessage) { m.OpenID = f.openID("wang") }, 40003}, // the mini-program's openid
		"unknown template":    {func(m *wechat.OfficialMessage) { m.TemplateID = f.tmpl }, 40037},
		"other mini-program":  {func(m *wechat.OfficialMessage) { m.MiniAppID = "wxother" }, 40013},
		"page not released":   {func(m *wechat.OfficialMessage) { m.Page = "pages/x/x" }, 41030},
		"key missing":         {func(m *wechat.OfficialMessage) { m.Data = map[string]string{"thing1": "x"} }, 47003},
		"not among the words": {func(m *wechat.OfficialMessage) { m.Data = map[string]string{"thing1": "x", "const2": "电影"} }, 47003},
		"nothing in it":       {func(m *wechat.OfficialMessage) { m.Data = nil }, 0},
	} {
		wrong := m
		c.edit(&wrong)
		_, err := o.SendTemplate(t.Context(), wrong)
		if e := failed(t, err); e.Code != c.code {
			t.Errorf("%s: %v, want %d", name, err, c.code)
		}
	}
	must(t, f.sim.Follow("wang", false))
	if _, err := o.SendTemplate(t.Context(), m); wechat.CodeOf(err) != 43004 {
		t.Errorf("to somebody who has left: %v, want 43004", err)
	}
}

func TestOfficialFollowers(t *testing.T) {
	f := setUp(t)
	o := f.official(t)
	openID := follower(t, o)
	login, err := f.sim.LoginCode("wang")
	must(t, err)
	identity, err := f.Login(t.Context(), login)
	must(t, err)
	if identity.OpenID == openID || identity.UnionID == "" {
		t.Errorf("%+v and %s: other openids, one unionid", identity, openID)
	}
	known, err := o.Followers(t.Context(), []string{openID})
	must(t, err)
	if !slices.Equal(known, []wechat.Follower{{OpenID: openID, UnionID: identity.UnionID, Follows: true}}) {
		t.Errorf("%+v", known)
	}
	must(t, f.sim.Follow("wang", false))
	if known, err = o.Followers(t.Context(), []string{openID}); err != nil || !slices.Equal(known, []wechat.Follower{{OpenID: openID}}) {
		t.Errorf("after leaving: %+v, %v", known, err)
	}
	if ids, next, err := o.FollowerIDs(t.Context(), ""); len(ids) != 0 || next != "" || err != nil {
		t.Errorf("nobody follows: %v, %q, %v", ids, next, err)
	}
	if _, err := o.Followers(t.Context(), make([]string, 101)); !errors.Is(err, wechat.ErrInvalid) {
		t.Errorf("101 at once: %v", err)
	}
	templates, err := o.Templates(t.Context())
	must(t, err)
	if len(templates) != 1 || !slices.Equal(templates[0].Fields(), []wechat.Field{{Label: "名称", Key: "thing1"}, {Label: "类型", Key: "const2"}}) {
		t.Errorf("templates %+v", templates)
	}
}

// The tokens of the two accounts are kept apart, and each is renewed when it has gone stale.
func TestOfficialTokens(t *testing.T) {
	f := setUp(t)
	o := f.official(t)
	follower(t, o)
	if _, err := f.Templates(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		follower(t, o)
	}
	if n := f.calls(tokenPath); n != 2 {
		t.Errorf("%d tokens were fetched, want one for each account", n)
	}
	f.sim.KillTokens()
	follower(t, o)
	if n := f.calls(tokenPath); n != 3 {
		t.Errorf("%d tokens after the old ones died, want 3", n)
	}
	foreign := wechat.NewOfficial(wechat.Config{AppID: appID, AppSecret: secret}, newCache(), f.sim.Transport(), f.clock, ident.NewSource(f.clock, nil), nil)
	if _, _, err := foreign.FollowerIDs(t.Context(), ""); wechat.CodeOf(err) != wechat.CodeUnauthorized {
		t.Errorf("the mini-program's token: %v, want 48001", err)
	}
}

// signedQuery is the query of a plain push.
func signedQuery(body string) (url.Values, []byte) {
	const at, nonce = "1714037059", "n1"
	return url.Values{"signature": {util.Signature(pushToken, at, nonce)}, "timestamp": {at}, "nonce": {nonce}}, []byte(body)
}

func TestReadOfficial(t *testing.T) {
	xml := func(event, rest string) string {
		return fmt.Sprintf("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1</CreateTime>"+
			"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[%s]]></Event>%s</xml>", event, rest)
	}
	for name, c := range map[string]struct {
		body string
		want []wechat.OfficialNotice
	}{
		"follows":   {xml("subscribe", "<EventKey></EventKey>"), []wechat.OfficialNotice{{Event: wechat.EventFollow, OpenID: "o1"}}},
		"leaves":    {xml("unsubscribe", ""), []wechat.OfficialNotice{{Event: wechat.EventUnfollow, OpenID: "o1"}}},
		"delivered": {xml("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status><![CDATA[success]]></Status>"), []wechat.OfficialNotice{{Event: wechat.EventFinished, OpenID: "o1", MsgID: "200163836", Delivered: true}}},
		"blocked":   {xml("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID><Status><![CDATA[failed:user block]]></Status>"), []wechat.OfficialNotice{{Event: wechat.EventFinished, OpenID: "o1", MsgID: "2", Blocked: true}}},
		"failed":    {xml("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID><Status><![CDATA[failed: system failed]]></Status>"), []wechat.OfficialNotice{{Event: wechat.EventFinished, OpenID: "o1", MsgID: "2"}}},
		"no status": {xml("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID>"), nil},
		"a click":   {xml("CLICK", ""), nil},
		"a message": {"<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType><Content>subscribe</Content></xml>", nil},
		"in JSON":   {`{"FromUserName":"o1","MsgType":"event","Event":"TEMPLATESENDJOBFINISH","MsgID":5,"Status":"success"}`, []wechat.OfficialNotice{{Event: wechat.EventFinished, OpenID: "o1", MsgID: "5", Delivered: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPush(t, "", 1714037059)
			query, body := signedQuery(c.body)
			got, err := p.ReadOfficial(query, body)
			if err != nil || !slices.Equal(got.Notices, c.want) || got.ID == "" {
				t.Errorf("%+v, %v", got, err)
			}
			query.Set("nonce", "n2")
			if _, err := p.ReadOfficial(query, body); !errors.Is(err, wechat.ErrPush) {
				t.Errorf("forged: %v", err)
			}
		})
	}
	query, body := signedQuery("no XML")
	if _, err := newPush(t, "", 1714037059).ReadOfficial(query, body); !errors.Is(err, wechat.ErrPush) {
		t.Errorf("rubbish: %v", err)
	}
}

func FuzzReadOfficial(f *testing.F) {
	f.Add("<xml><FromUserName>o</FromUserName><MsgType>event</MsgType><Event>subscribe</Event></xml>")
	f.Add(`{"FromUserName":"o","MsgType":"event","Event":"TEMPLATESENDJOBFINISH","MsgID":{},"Status":"success"}`)
	f.Fuzz(func(t *testing.T, text string) {
		query, body := signedQuery(text)
		got, err := newPush(t, "", 1714037059).ReadOfficial(query, body)
		if err != nil && !errors.Is(err, wechat.ErrPush) {
			t.Errorf("error %v", err)
		}
		for _, n := range got.Notices {
			if n.OpenID == "" || n.Event == "" {
				t.Errorf("%+v", n)
			}
		}
	})
}

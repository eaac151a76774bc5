package sim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

var requestID = regexp.MustCompile(` rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`)

// Every endpoint, every refusal that the platform documents for it.
func TestRefusals(t *testing.T) {
	const (
		login  = "/sns/jscode2session?grant_type=authorization_code"
		phone  = "/wxa/business/getuserphonenumber"
		send   = "/cgi-bin/message/subscribe/send"
		code   = "/wxa/getwxacodeunlimit"
		stable = "/cgi-bin/stable_token"
		plain  = "/cgi-bin/token?grant_type=client_credential"
	)
	app := `"appid":"` + sim.DefaultAppID + `"`
	tests := []struct {
		name, method, address, body string
		token                       bool
		errcode                     int
	}{
		{"unknown path", "GET", "/cgi-bin/nothing", "", false, 40066},

		{"token: grant type", "GET", "/cgi-bin/token?grant_type=x" + credentials, "", false, 40002},
		{"token: no app", "GET", plain + "&secret=x", "", false, 41002},
		{"token: another app", "GET", plain + "&appid=wx1&secret=x", "", false, 40013},
		{"token: no secret", "GET", plain + "&appid=" + sim.DefaultAppID, "", false, 41004},
		{"token: wrong secret", "GET", plain + "&appid=" + sim.DefaultAppID + "&secret=x", "", false, 40125},
		{"token: method", "POST", plain + credentials, "{}", false, 43001},

		{"stable: method", "GET", stable, "", false, 43002},
		{"stable: empty", "POST", stable, "", false, 44002},
		{"stable: no JSON", "POST", stable, "grant_type=client_credential", false, 47001},
		{"stable: grant type", "POST", stable, `{"grant_type":"x"}`, false, 40002},
		{"stable: no app", "POST", stable, `{"grant_type":"client_credential"}`, false, 41002},
		{"stable: another app", "POST", stable, `{"grant_type":"client_credential","appid":"wx1"}`, false, 40013},
		{"stable: no secret", "POST", stable, `{"grant_type":"client_credential",` + app + `}`, false, 41004},
		{"stable: wrong secret", "POST", stable, `{"grant_type":"client_credential",` + app + `,"secret":"x"}`, false, 40125},

		{"login: no app", "GET", login, "", false, 41002},
		{"login: another app", "GET", login + "&appid=wx1&secret=x&js_code=x", "", false, 40013},
		{"login: wrong secret", "GET", login + "&appid=" + sim.DefaultAppID + "&secret=x&js_code=x", "", false, 40125},
		{"login: grant type", "GET", "/sns/jscode2session?js_code=x" + credentials, "", false, 40002},
		{"login: no code", "GET", login + credentials, "", false, 41008},
		{"login: unknown code", "GET", login + credentials + "&js_code=x", "", false, 40029},
		{"login: method", "POST", login + credentials, "", false, 43001},

		{"phone: no token", "POST", phone, "{}", false, 41001},
		{"phone: malformed token", "POST", phone + "?access_token=short", "{}", false, 40014},
		{"phone: unknown token", "POST", phone + "?access_token=" + strings.Repeat("a", 120), "{}", false, 40001},
		{"phone: method", "GET", phone, "", true, 43002},
		{"phone: empty", "POST", phone, " ", true, 44002},
		{"phone: no JSON", "POST", phone, "code=1", true, 47001},
		{"phone: unknown code", "POST", phone, `{"code":"x"}`, true, 40029},

		{"send: no token", "POST", send, "{}", false, 41001},
		{"send: no JSON", "POST", send, "[", true, 47001},
		{"send: method", "GET", send, "", true, 43002},

		{"templates: no token", "GET", "/wxaapi/newtmpl/gettemplate", "", false, 41001},
		{"templates: method", "POST", "/wxaapi/newtmpl/gettemplate", "{}", true, 43001},

		{"code: no token", "POST", code, "{}", false, 41001},
		{"code: no JSON", "POST", code, "x", true, 40169},
		{"code: no scene", "POST", code, "{}", true, 40169},
		{"code: long scene", "POST", code, `{"scene":"` + strings.Repeat("a", 33) + `"}`, true, 40169},
		{"code: scene", "POST", code, `{"scene":"a%20b"}`, true, 40129},
		{"code: Chinese scene", "POST", code, `{"scene":"党"}`, true, 40129},
		{"code: reserved", "POST", code, `{"scene":"scancode_time=1"}`, true, 85096},
		{"code: leading slash", "POST", code, `{"scene":"a","page":"/pages/home/home"}`, true, 41030},
		{"code: query", "POST", code, `{"scene":"a","page":"pages/home/home?a=1"}`, true, 41030},
		{"code: page not released", "POST", code, `{"scene":"a","page":"pages/none"}`, true, 41030},
		{"code: version", "POST", code, `{"scene":"a","env_version":"formal"}`, true, 40097},
		{"code: narrow", "POST", code, `{"scene":"a","width":279}`, true, 40097},
		{"code: wide", "POST", code, `{"scene":"a","width":1281}`, true, 40097},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := setUp(t)
			var got result
			if tt.token {
				got = w.withToken(t, tt.method, tt.address, tt.body)
			} else {
				got = w.call(t, tt.method, tt.address, tt.body)
			}
			if got.ErrCode != tt.errcode || got.status != 200 || !requestID.MatchString(got.ErrMsg) {
				t.Errorf("got %d, errcode %d, %q; want 200, errcode %d with a request id", got.status, got.ErrCode, got.ErrMsg, tt.errcode)
			}
		})
	}
}

func (w *world) login(t *testing.T, code string) result {
	t.Helper()
	return w.call(t, "GET", "/sns/jscode2session?grant_type=authorization_code&js_code="+code+credentials, "")
}

func TestLogin(t *testing.T) {
	w := setUp(t)
	code, err := w.LoginCode("wang")
	must(t, err)
	got := w.login(t, code)
	key, err := base64.StdEncoding.DecodeString(got.SessionKey)
	if got.OpenID != w.openID("wang") || err != nil || len(key) != 16 || got.UnionID != "" || strings.Contains(got.raw, "errcode") {
		t.Errorf("got %s", got.raw)
	}
	if got.contentType != "text/plain" {
		t.Errorf("labelled %q, want text/plain as the platform does", got.contentType)
	}
	if again := w.login(t, code); again.ErrCode != 40163 {
		t.Errorf("second use: got %d, want 40163", again.ErrCode)
	}
}

func TestCodesLiveFiveMinutes(t *testing.T) {
	for age, want := range map[time.Duration]int{5 * time.Minute: 0, 5*time.Minute + time.Millisecond: 40029} {
		w := setUp(t)
		login, err := w.LoginCode("wang")
		must(t, err)
		phone, err := w.PhoneCode("wang")
		must(t, err)
		w.clock.Advance(age)
		if got := w.login(t, login); got.ErrCode != want {
			t.Errorf("login code after %s: got %d, want %d", age, got.ErrCode, want)
		}
		if got := w.withToken(t, "POST", "/wxa/business/getuserphonenumber", `{"code":"`+phone+`"}`); got.ErrCode != want {
			t.Errorf("phone code after %s: got %d, want %d", age, got.ErrCode, want)
		}
	}
}

func TestLoginRate(t *testing.T) {
	w := setUp(t)
	for i := range 101 {
		code, err := w.LoginCode("wang")
		must(t, err)
		want := 0
		if i == 100 {
			want = 45011
		}
		if got := w.login(t, code); got.ErrCode != want {
			t.Fatalf("login %d: got %d, want %d", i+1, got.ErrCode, want)
		}
	}
	other, err := w.LoginCode("chen")
	must(t, err)
	if got := w.login(t, other); got.ErrCode != 0 {
		t.Errorf("somebody else: got %d", got.ErrCode)
	}
}

// A restarted simulator knows the same people, and another mini-program knows them by other ids.
func TestOpenIDsLast(t *testing.T) {
	first, second := setUp(t), setUp(t, func(o *sim.Options) { o.UnionIDs = true })
	other := setUp(t, func(o *sim.Options) { o.AppID = "wx2" })
	if id := first.openID("wang"); id != second.openID("wang") || id == other.openID("wang") || id == first.openID("chen") || len(id) != 28 {
		t.Errorf("openids %q, %q, %q, %q", id, second.openID("wang"), other.openID("wang"), first.openID("chen"))
	}
	if id := first.openID("li"); id != "own-openid" {
		t.Errorf("given openid became %q", id)
	}
	code, err := second.LoginCode("wang")
	must(t, err)
	if got := second.login(t, code); len(got.UnionID) != 28 || got.UnionID == got.OpenID {
		t.Errorf("unionid %q", got.UnionID)
	}
}

func TestPhone(t *testing.T) {
	const path = "/wxa/business/getuserphonenumber"
	for person, want := range map[string]string{
		"wang": `{"countryCode":"86","phoneNumber":"13800000001","purePhoneNumber":"13800000001","watermark":{"appid":"` + sim.DefaultAppID + `","timestamp":1773018000}}`,
		"chen": `{"countryCode":"852","phoneNumber":"+85291234567","purePhoneNumber":"91234567","watermark":{"appid":"` + sim.DefaultAppID + `","timestamp":1773018000}}`,
	} {
		w := setUp(t)
		code, err := w.PhoneCode(person)
		must(t, err)
		if got := w.withToken(t, "POST", path, `{"code":"`+code+`","openid":"somebody else"}`); got.ErrCode != 40003 {
			t.Errorf("another's openid: got %d, want 40003", got.ErrCode)
		}
		got := w.withToken(t, "POST", path, `{"code":"`+code+`","openid":"`+w.openID(person)+`"}`)
		var reply struct {
			PhoneInfo json.RawMessage `json:"phone_info"`
		}
		must(t, json.Unmarshal([]byte(got.raw), &reply))
		if string(reply.PhoneInfo) != want {
			t.Errorf("got  %s\nwant %s", reply.PhoneInfo, want)
		}
		if got := w.withToken(t, "POST", path, `{"code":"`+code+`"}`); got.ErrCode != 40029 {
			t.Errorf("second use: got %d, want 40029", got.ErrCode)
		}
		login, err := w.LoginCode(person)
		must(t, err)
		if got := w.withToken(t, "POST", path, `{"code":"`+login+`"}`); got.ErrCode != 40029 {
			t.Errorf("login code: got %d, want 40029", got.ErrCode)
		}
	}
}

func TestTemplates(t *testing.T) {
	w := setUp(t)
	got := w.withToken(t, "GET", "/wxaapi/newtmpl/gettemplate", "")
	var reply struct {
		Data []struct {
			ID      string `json:"priTmplId"`
			Type    int    `json:"type"`
			Example string `json:"example"`
			Enums   []struct {
				Key    string   `json:"keywordCode"`
				Values []string `json:"enumValueList"`
			} `json:"keywordEnumValueList"`
		} `json:"data"`
	}
	must(t, json.Unmarshal([]byte(got.raw), &reply))
	summary := ""
	for _, d := range reply.Data {
		summary += fmt.Sprintf("%s/%d/%v ", d.ID, d.Type, d.Enums)
	}
	if want := "remind/2/[] again/2/[] study/3/[{enum_string1 [开始 结束]}] banned/2/[] "; summary != want {
		t.Errorf("got %s, want %s", summary, want)
	}
	if want := "活动名称：三月主题党日\n开始时间：2026年3月10日 15:01\n"; reply.Data[0].Example != want {
		t.Errorf("example %q, want %q", reply.Data[0].Example, want)
	}
}

func TestAddTemplate(t *testing.T) {
	w := setUp(t)
	id, err := w.AddTemplate(sim.Template{Title: "无编号", Content: "内容：{{thing1.DATA}}"})
	if again, _ := w.AddTemplate(sim.Template{Title: "无编号", Content: "内容：{{thing1.DATA}}"}); err != nil || len(id) != 43 || again != id {
		t.Errorf("got %q and %q, %v; want the same 43 characters", id, again, err)
	}
	for name, bad := range map[string]sim.Template{
		"no key":  {Content: "内容"},
		"empty":   {},
		"type":    {Content: "内容：{{thing1.DATA}}", Type: 4},
		"bad key": {Content: "内容：{{Thing.DATA}}"},
	} {
		if _, err := w.AddTemplate(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

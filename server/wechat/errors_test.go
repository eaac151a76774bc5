package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if part != "" && strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// Every way to fail, at every call: neither the error's text, nor any cause in it, nor the log shows a secret, a token,
// a login code or an openid.
func TestNoSecretInErrors(t *testing.T) {
	const code = "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P"
	echo := "bad request: https://api.weixin.qq.com/x?appid=a&secret=" + secret + "&js_code=" + code + " rid: 01234567-89abcdef-01234567"
	transports := map[string]func(next http.RoundTripper) http.RoundTripper{
		"transport error": func(http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				return nil, fmt.Errorf("cannot reach %s with %s", r.URL, r.Header)
			})
		},
		"address error": func(http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				return nil, &url.Error{Op: "proxy", URL: r.URL.String(), Err: errors.New("no route to " + r.URL.String())}
			})
		},
		"time-out": func(http.RoundTripper) http.RoundTripper { return roundTrip(hang) },
		"status":   func(http.RoundTripper) http.RoundTripper { return replies(500, "text/plain", echo) },
		"platform": func(next http.RoundTripper) http.RoundTripper { return next },
	}
	faults := []sim.Fault{
		{ErrCode: 40029, ErrMsg: echo},
		{ErrCode: 40001, ErrMsg: `{"secret": "` + secret + `", "access_token":"abc", "openid":"oABCD"}`, Times: -1},
		{ErrCode: 47003, ErrMsg: "touser=ABC " + echo},
		{ErrCode: 40029, ErrMsg: "no such code " + code},
		{Body: "<html>" + echo},
		{Body: `{"errcode":"` + secret + `"}`},
		{Body: secret},
		{Truncate: true},
		{Drop: true},
		{Status: 404, Body: echo},
	}
	for name, wrap := range transports {
		for i, fault := range faults {
			if name != "platform" && i > 0 {
				break // these never get as far as the platform's faults
			}
			f := setUp(t)
			for _, endpoint := range []string{"login", "phone", "send", "templates", "minicode"} {
				fault.Endpoint = endpoint
				f.fault(t, fault)
			}
			client := f.newClient(wrap(f.sim.Transport()), func(c *wechat.Config) { c.Timeout = 20 * time.Millisecond })
			for op, err := range everyCall(t.Context(), client, f, code) {
				e := failed(t, err)
				shown := fmt.Sprintf("%v %+v %#v %s", e, e, *e, f.log)
				for cause := error(e); cause != nil; cause = errors.Unwrap(cause) {
					shown += " " + cause.Error()
				}
				if containsAny(shown, secret, code, f.cache.value(tokenKey), f.openID("wang"), "=ABC", "oABCD") {
					t.Errorf("%s, fault %d, %s: a secret is in %q", name, i, op, shown)
				}
			}
		}
	}
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// everyCall makes every call of the client and returns the errors by operation.
func everyCall(ctx context.Context, c *wechat.Client, f *fixture, code string) map[string]error {
	_, login := c.Login(ctx, code)
	_, phone := c.Phone(ctx, code)
	_, send := c.SendSubscribe(ctx, f.message())
	_, templates := c.Templates(ctx)
	_, _, minicode := c.MiniCode(ctx, wechat.MiniCodeRequest{Scene: "a"})
	return map[string]error{"login": login, "phone": phone, "send": send, "templates": templates, "minicode": minicode}
}

// What an operator needs stays readable: the code, the request id, WeChat's own words; and nothing can forge a log line.
func TestErrorText(t *testing.T) {
	for message, want := range map[string]string{
		"invalid code rid: 01234567-89abcdef-01234567":                            "wechat: login: errcode 40029: invalid code rid: 01234567-89abcdef-01234567",
		"invalid credential, could get access_token by getStableAccessToken, see": "wechat: login: errcode 40029: invalid credential, could get access_token by getStableAccessToken, see",
		"a\nlevel=ERROR\r\tb":    "wechat: login: errcode 40029: a level=ERROR  b",
		strings.Repeat("字", 300): "wechat: login: errcode 40029: " + strings.Repeat("字", 200) + "…",
	} {
		f := setUp(t)
		f.fault(t, sim.Fault{Endpoint: "login", Body: fmt.Sprintf(`{"errcode":40029,"errmsg":%q}`, message)})
		_, err := f.Login(t.Context(), "abc")
		if err.Error() != want {
			t.Errorf("got  %q\nwant %q", err, want)
		}
	}
}

// What went wrong on the way is told without the way: the address holds the secret.
func TestTransportErrorText(t *testing.T) {
	f := setUp(t)
	client := f.newClient(roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset by peer") }))
	_, err := client.Login(t.Context(), "abc")
	if want := "wechat: login: outcome unknown: connection reset by peer"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	client = f.newClient(replies(502, "text/html", ""))
	_, err = client.Login(t.Context(), "abc")
	if want := "wechat: login: outcome unknown: HTTP 502"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestTimeoutIsComparable(t *testing.T) {
	f := setUp(t)
	client := f.newClient(roundTrip(hang), func(c *wechat.Config) { c.Timeout = time.Millisecond })
	_, err := client.Login(t.Context(), "abc")
	if e := failed(t, err); !errors.Is(e, context.DeadlineExceeded) || !e.Temporary() {
		t.Errorf("got %v, want a time-out", e)
	}
	network := &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	client = f.newClient(roundTrip(func(*http.Request) (*http.Response, error) { return nil, network }))
	_, err = client.Login(t.Context(), "abc")
	if e := failed(t, err); !errors.Is(e, context.DeadlineExceeded) || e.Outcome != wechat.Unknown {
		t.Errorf("got %v (%s), want a time-out", e, e.Outcome)
	}
}

// Whatever comes back, every call ends without a panic and with either a sound result or a presentable error.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		`{"openid":"o1","session_key":"k"}`, `{"errcode":43101,"errmsg":"user refuse"}`, `{"errcode":0,"errmsg":"ok","msgid":"12"}`,
		`{"errcode":0,"phone_info":{"purePhoneNumber":"13800000001","countryCode":"86"}}`, `{"errcode":0,"data":[{"content":"a：{{thing1.DATA}}"}]}`,
		"<html>", "null", "[]", `{"errcode":1e99}`, "\xff\xd8\xff", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fix := setUp(t)
		client := fix.newClient(replies(200, "text/plain", string(body)))
		for op, err := range everyCall(t.Context(), client, fix, "abc") {
			if err == nil {
				continue
			}
			text := failed(t, err).Error()
			if strings.Contains(text, secret) || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("%s: %q", op, text)
			}
		}
	})
}

package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"themeday/server/store/storetest"
)

// wrong is a request that must be refused. Words in {braces} stand for what ground prepares.
type wrong struct {
	name   string
	who    string // "" is the member 本党员
	method string
	path   string
	body   string
	header map[string]string // replaces what is usual; an empty value takes it away
	status int
	code   string
}

const (
	session  = "/api/v1/session"
	events   = "/api/v1/events"
	scans    = "/api/v1/scans"
	checkins = "/api/v1/checkins"
	post     = http.MethodPost
	get      = http.MethodGet
	put      = http.MethodPut
)

// eventJSON is an event that would be accepted, with one part replaced.
func eventJSON(part, by string) string {
	whole := `{"kind":"theme_day","title":"主题党日","hostOrgId":"{org}","guestOrgIds":[],"startsAt":"2026-12-20T07:00:00Z",` +
		`"endsAt":"2026-12-20T09:00:00Z","place":{"name":"村部","radius":300,"position":{"lat":32.9,"lng":115.8}}}`
	return strings.Replace(whole, part, by, 1)
}

func wrongSessions() []wrong {
	long := strings.Repeat("长", 129)
	return []wrong{
		{name: "broken JSON", method: post, path: session, body: `{"code":`, status: 400, code: "invalid_input"},
		{name: "no body", method: post, path: session, status: 400, code: "invalid_input"},
		{name: "null", method: post, path: session, body: `null`, status: 400, code: "invalid_input"},
		{name: "a list", method: post, path: session, body: `[]`, status: 400, code: "invalid_input"},
		{name: "a text", method: post, path: session, body: `"code"`, status: 400, code: "invalid_input"},
		{name: "nothing in it", method: post, path: session, body: `{}`, status: 400, code: "invalid_input"},
		{name: "empty code", method: post, path: session, body: `{"code":""}`, status: 400, code: "invalid_input"},
		{name: "code is a number", method: post, path: session, body: `{"code":5}`, status: 400, code: "invalid_input"},
		{name: "code is null", method: post, path: session, body: `{"code":null}`, status: 400, code: "invalid_input"},
		{name: "code is an object", method: post, path: session, body: `{"code":{"$ne":""}}`, status: 400, code: "invalid_input"},
		{name: "code too long", method: post, path: session, body: `{"code":"` + long + `"}`, status: 400, code: "invalid_input"},
		{name: "more than one value", method: post, path: session, body: `{"code":"a"} {"code":"b"}`, status: 400, code: "invalid_input"},
		{name: "byte order mark", method: post, path: session, body: "\ufeff{\"code\":\"a\"}", status: 400, code: "invalid_input"},
		{name: "deep nesting", method: post, path: session, body: strings.Repeat("[", 60_000), status: 400, code: "invalid_input"},
		{name: "deep nesting in a field nobody knows", method: post, path: session, body: `{"code":"a","x":` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`, status: 400, code: "invalid_input"},
		{name: "same key twice", method: post, path: session, body: `{"code":"{loginCode}","code":"another"}`, status: 400, code: "bad_login_code"},
		{name: "NUL in the code", method: post, path: session, body: `{"code":"a\u0000b"}`, status: 400, code: "invalid_input"},
		{name: "NUL in a field nobody knows", method: post, path: session, body: `{"code":"a","x":[{"\u0000":1}]}`, status: 400, code: "invalid_input"},
		{name: "raw NUL in the code", method: post, path: session, body: "{\"code\":\"a\x00b\"}", status: 400, code: "invalid_input"},
		{name: "no UTF-8", method: post, path: session, body: "{\"code\":\"\xff\xfe\"}", status: 400, code: "bad_login_code"},
		{name: "lone surrogate", method: post, path: session, body: `{"code":"\ud800"}`, status: 400, code: "bad_login_code"},
		{name: "unknown code", method: post, path: session, body: `{"code":"unknown"}`, status: 400, code: "bad_login_code"},
		{name: "used code", method: post, path: session, body: `{"code":"{usedCode}"}`, status: 400, code: "bad_login_code"},
		{name: "phone code as login code", method: post, path: session, body: `{"code":"{phoneCode}"}`, status: 400, code: "bad_login_code"},
		{name: "login code as phone code", who: "居民", method: post, path: "/api/v1/me/binding", body: `{"phoneCode":"{loginCode}"}`, status: 400, code: "bad_phone_code"},
		{name: "number of nobody", who: "居民", method: post, path: "/api/v1/me/binding", body: `{"phoneCode":"{phoneCode}"}`, status: 404, code: "not_in_roster"},
		{name: "unbind a resident", who: "居民", method: http.MethodDelete, path: "/api/v1/me/binding", status: 409, code: "not_bound"},
		{name: "too large", method: post, path: session, body: `{"code":"` + strings.Repeat("x", 200<<10) + `"}`, status: 413, code: "too_large"},
		{name: "a form", method: post, path: session, body: "code=a", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, code: "unsupported_media_type"},
		{name: "XML", method: post, path: session, body: "<code>a</code>", header: map[string]string{"Content-Type": "text/xml"}, status: 415, code: "unsupported_media_type"},
		{name: "plain text", method: post, path: session, body: `{"code":"a"}`, header: map[string]string{"Content-Type": "text/plain"}, status: 415, code: "unsupported_media_type"},

		{name: "no token", who: "nobody", method: get, path: "/api/v1/me", status: 401, code: "unauthenticated"},
		{name: "garbage token", who: "nobody", method: get, path: "/api/v1/me", header: map[string]string{"Authorization": "Bearer geheim'--"}, status: 401, code: "unauthenticated"},
		{name: "empty token", who: "nobody", method: get, path: "/api/v1/me", header: map[string]string{"Authorization": "Bearer "}, status: 401, code: "unauthenticated"},
		{name: "other scheme", who: "nobody", method: get, path: "/api/v1/me", header: map[string]string{"Authorization": "Basic cm9vdDpnZWhlaW0="}, status: 401, code: "unauthenticated"},
		{name: "endless token", who: "nobody", method: get, path: "/api/v1/me", header: map[string]string{"Authorization": "Bearer " + strings.Repeat("x", 9000)}, status: 401, code: "unauthenticated"},
		{name: "expired token", who: "nobody", method: get, path: "/api/v1/me", header: map[string]string{"Authorization": "Bearer {expiredToken}"}, status: 401, code: "unauthenticated"},
		{name: "token after logout", who: "nobody", method: get, path: "/api/v1/me", header: map[string]string{"Authorization": "Bearer {revokedToken}"}, status: 401, code: "unauthenticated"},
		{name: "broken body without a session", who: "nobody", method: post, path: events, body: `{"title":`, status: 401, code: "unauthenticated"},
	}
}

func wrongRoutes() []wrong {
	return []wrong{
		{name: "unknown route", method: get, path: "/api/v1/nothing", status: 404, code: "not_found"},
		{name: "unknown route with a body", method: post, path: "/api/v2/events", body: `{}`, status: 404, code: "not_found"},
		{name: "slash too many", method: get, path: "/api/v1/events/{event}/", status: 404, code: "not_found"},
		{name: "out of the tree", method: get, path: "/api/v1/../../../etc/passwd", status: 404, code: "not_found"},
		{name: "file that is not there", method: get, path: "/nothing.js", status: 404, code: "not_found"},
		{name: "PATCH", method: http.MethodPatch, path: "/api/v1/events/{event}", body: `{}`, status: 405, code: "method_not_allowed"},
		{name: "DELETE an event", method: http.MethodDelete, path: "/api/v1/events/{event}", status: 405, code: "method_not_allowed"},
		{name: "GET a check-in", method: get, path: checkins, status: 405, code: "method_not_allowed"},
		{name: "method nobody knows", method: "BREW", path: checkins, status: 405, code: "method_not_allowed"},

		{name: "id too short", method: get, path: "/api/v1/events/zzz", status: 404, code: "not_found"},
		{name: "id of none", method: get, path: "/api/v1/events/0000000000000", status: 404, code: "not_found"},
		{name: "id of nobody", method: get, path: "/api/v1/events/7zzzzzzzzzzzz", status: 404, code: "not_found"},
		{name: "id beyond the numbers", method: get, path: "/api/v1/events/zzzzzzzzzzzzz", status: 404, code: "not_found"},
		{name: "id as a number", method: get, path: "/api/v1/events/-1", status: 404, code: "not_found"},
		{name: "id with NUL", method: get, path: "/api/v1/events/%00", status: 404, code: "not_found"},
		{name: "id with SQL", method: get, path: "/api/v1/events/1%27%20OR%20%271%27=%271", status: 404, code: "not_found"},
		{name: "id that is no UTF-8", method: get, path: "/api/v1/events/%ff%fe", status: 404, code: "not_found"},
		{name: "member as an event", method: get, path: "/api/v1/events/{member}", status: 404, code: "not_found"},
		{name: "somebody else's event", method: get, path: "/api/v1/events/{far}", status: 404, code: "not_found"},
		{name: "somebody else's draft", method: get, path: "/api/v1/events/{draft}", status: 404, code: "not_found"},
		{name: "somebody else's list", who: "本书记", method: get, path: "/api/v1/events/{far}/attendance", status: 404, code: "not_found"},
		{name: "somebody else's people", who: "本书记", method: get, path: "/api/v1/orgs/{farOrg}/members", status: 404, code: "not_found"},
		{name: "somebody else's member", who: "本书记", method: put, path: "/api/v1/events/{event}/attendance/{farMember}", body: `{"status":"present"}`, status: 404, code: "not_found"},
		{name: "malformed member", who: "本书记", method: put, path: "/api/v1/events/{event}/attendance/me", body: `{"status":"present"}`, status: 404, code: "not_found"},
		{name: "a member shows the code", method: get, path: "/api/v1/events/{event}/code", status: 403, code: "forbidden"},
		{name: "a member closes", method: post, path: "/api/v1/events/{event}/close", status: 403, code: "forbidden"},
		{name: "live without a socket", who: "本书记", method: get, path: "/api/v1/events/{event}/live", status: 400, code: "not_a_websocket"},
		{name: "live with half a handshake", who: "本书记", method: get, path: "/api/v1/events/{event}/live", header: map[string]string{"Upgrade": "websocket"}, status: 400, code: "not_a_websocket"},
		{name: "live of another kind", who: "本书记", method: get, path: "/api/v1/events/{event}/live", header: map[string]string{"Upgrade": "h2c", "Connection": "Upgrade"}, status: 400, code: "not_a_websocket"},
		{name: "live of somebody else", who: "本书记", method: get, path: "/api/v1/events/{far}/live", header: map[string]string{"Upgrade": "websocket"}, status: 404, code: "not_found"},

		{name: "page of none", method: get, path: events + "?limit=0", status: 400, code: "invalid_input"},
		{name: "negative page", method: get, path: events + "?limit=-1", status: 400, code: "invalid_input"},
		{name: "endless page", method: get, path: events + "?limit=99999999999999999999", status: 400, code: "invalid_input"},
		{name: "page in words", method: get, path: events + "?limit=ten", status: 400, code: "invalid_input"},
		{name: "unknown time", method: get, path: events + "?when=yesterday", status: 400, code: "invalid_input"},
		{name: "unknown scope", method: get, path: events + "?scope=all", status: 400, code: "invalid_input"},
		{name: "unknown kind", method: get, path: events + "?kind=party%00", status: 400, code: "invalid_input"},
		{name: "cursor of nonsense", method: get, path: events + "?after=nonsense", status: 400, code: "bad_cursor"},
		{name: "half a cursor", method: get, path: events + "?after=1.", status: 400, code: "bad_cursor"},
		{name: "cursor out of range", method: get, path: events + "?after=99999999999999999999.{event}", status: 400, code: "bad_cursor"},
		{name: "overlong cursor", method: get, path: events + "?after=" + strings.Repeat("1", 81), status: 400, code: "invalid_input"},
		{name: "cursor that is no UTF-8", method: get, path: "/api/v1/orgs?after=%ff", status: 400, code: "bad_cursor"},
		{name: "cursor of the people", who: "本书记", method: get, path: "/api/v1/orgs/{org}/members?after='", status: 400, code: "bad_cursor"},
		{name: "cursor of the record", method: get, path: "/api/v1/me/attendance?year=2026&after=1", status: 400, code: "bad_cursor"},
		{name: "cursor of the list", who: "本书记", method: get, path: "/api/v1/events/{event}/attendance?after=1", status: 400, code: "invalid_input"},
		{name: "status nobody has", who: "本书记", method: get, path: "/api/v1/events/{event}/attendance?status=here", status: 400, code: "invalid_input"},
		{name: "year in words", method: get, path: "/api/v1/me/attendance?year=now", status: 400, code: "invalid_input"},
		{name: "year before all", method: get, path: "/api/v1/me/attendance?year=-1", status: 400, code: "invalid_input"},
		{name: "no year", method: get, path: "/api/v1/me/attendance", status: 400, code: "invalid_input"},
		{name: "cursor of the inbox", method: get, path: "/api/v1/messages?after=nonsense", status: 400, code: "bad_cursor"},
		{name: "reminders of somebody else", who: "本书记", method: get, path: "/api/v1/events/{far}/reminders", status: 404, code: "not_found"},
		{name: "reminders of nothing", who: "本书记", method: get, path: "/api/v1/events/zzz/reminders", status: 404, code: "not_found"},
	}
}

func wrongEvents() []wrong {
	made := func(name, part, by string) wrong {
		return wrong{name: name, who: "本书记", method: post, path: events, body: eventJSON(part, by), status: 400, code: "invalid_input"}
	}
	step := func(name, who, what, body string, status int, code string) wrong {
		return wrong{name: name, who: who, method: post, path: "/api/v1/events/" + what, body: body, status: status, code: code}
	}
	return []wrong{
		made("unknown kind of event", "theme_day", "party"),
		made("title of one character", "主题党日", "党"),
		made("title of spaces", "主题党日", "   "),
		made("title too long", "主题党日", strings.Repeat("题", 61)),
		made("title with a line break", "主题党日", `主题\n党日`),
		made("title with NUL", "主题党日", `主题\u0000党日`),
		made("title is a number", `"主题党日"`, "42"),
		made("place without a name", "村部", ""),
		made("place with control characters", "村部", `村\u0007部`),
		made("address with a line break", `"radius"`, `"address":"一\n二","radius"`),
		made("summary too long", `"guestOrgIds"`, `"summary":"`+strings.Repeat("长", 2001)+`","guestOrgIds"`),
		made("summary with NUL", `"guestOrgIds"`, `"summary":"内容\u0000","guestOrgIds"`),
		made("negative radius", "300", "-1"),
		made("huge radius", "300", "99999999999999999999999"),
		made("radius beyond numbers", "300", "1e999"),
		made("half a metre", "300", "0.5"),
		made("north of the pole", "32.9", "90.1"),
		made("latitude in words", "32.9", `"NaN"`),
		made("latitude that is no JSON", "32.9", "NaN"),
		made("position without a longitude", `,"lng":115.8`, ""),
		made("start in words", "2026-12-20T07:00:00Z", "tomorrow"),
		made("start without a zone", "2026-12-20T07:00:00Z", "2026-12-20 07:00"),
		made("start on no day", "2026-12-20T07:00:00Z", "2026-02-30T07:00:00Z"),
		made("start as a number", `"2026-12-20T07:00:00Z"`, "1797750000"),
		made("end before the start", "2026-12-20T09:00:00Z", "2026-12-20T06:00:00Z"),
		made("end in a year's time", "2026-12-20T09:00:00Z", "2027-12-20T09:00:00Z"),
		made("start in a thousand years", `"2026-12-20T07:00:00Z","endsAt":"2026-12-20T09:00:00Z"`, `"3026-12-20T07:00:00Z","endsAt":"3026-12-20T09:00:00Z"`),
		made("start in the year 0", `"2026-12-20T07:00:00Z","endsAt":"2026-12-20T09:00:00Z"`, `"0000-01-01T07:00:00Z","endsAt":"0000-01-01T09:00:00Z"`),
		made("window that closes first", `"guestOrgIds"`, `"checkin":{"opensAt":"2026-12-20T08:00:00Z","closesAt":"2026-12-20T07:00:00Z","lateAfter":"2026-12-20T07:30:00Z"},"guestOrgIds"`),
		made("half a window", `"guestOrgIds"`, `"checkin":{"opensAt":"2026-12-20T06:00:00Z"},"guestOrgIds"`),
		made("host that is no id", "{org}", "1"),
		made("host that is a number", `"{org}"`, "1"),
		made("host of somebody else", "{org}", "{farOrg}"),
		made("host that is nobody", "{org}", "7zzzzzzzzzzzz"),
		made("guest that is nobody", "[]", `["7zzzzzzzzzzzz"]`),
		made("guest that is the host", "[]", `["{org}"]`),
		made("guest that is no id", "[]", `[""," "]`),
		made("guests that are no list", "[]", `"{farOrg}"`),
		made("too many guests", "[]", `["{farOrg}"`+strings.Repeat(`,"{farOrg}"`, 100)+`]`),
		made("overlong key", `"guestOrgIds"`, `"key":"`+strings.Repeat("k", 65)+`","guestOrgIds"`),
		made("reminders in words", `"guestOrgIds"`, `"reminders":{"published":"yes"},"guestOrgIds"`),
		{name: "edit of what has changed", who: "本书记", method: put, path: "/api/v1/events/{event}", body: eventJSON(`"guestOrgIds"`, `"revision":1,"guestOrgIds"`), status: 409, code: "event_changed"},
		{name: "negative revision", who: "本书记", method: put, path: "/api/v1/events/{event}", body: eventJSON(`"guestOrgIds"`, `"revision":-1,"guestOrgIds"`), status: 400, code: "invalid_input"},
		{name: "a member edits", method: put, path: "/api/v1/events/{event}", body: eventJSON("", ""), status: 403, code: "forbidden"},
		step("publish twice", "本书记", "{event}/publish", "", 409, "event_not_draft"),
		step("publish with a broken body", "本书记", "{event}/publish", "{", 400, "invalid_input"),
		step("cancel without a body", "本书记", "{event}/cancel", "", 400, "invalid_input"),
		step("cancel without a reason", "本书记", "{event}/cancel", `{}`, 400, "invalid_input"),
		step("cancel for a blank reason", "本书记", "{event}/cancel", `{"reason":"    "}`, 400, "invalid_input"),
		step("cancel for a long reason", "本书记", "{event}/cancel", `{"reason":"`+strings.Repeat("雨", 201)+`"}`, 400, "invalid_input"),
		step("cancel twice", "远书记", "{cancelled}/cancel", `{"reason":"大雨"}`, 409, "event_cancelled"),
		step("close before the start", "本书记", "{event}/close", "", 409, "event_not_started"),
		step("close a draft", "远书记", "{draft}/close", "", 409, "event_not_published"),
		{name: "code of a draft", who: "远书记", method: get, path: "/api/v1/events/{draft}/code", status: 409, code: "event_not_published"},
		{name: "code of a cancelled event", who: "远书记", method: get, path: "/api/v1/events/{cancelled}/code", status: 409, code: "event_cancelled"},
	}
}

func wrongCheckins() []wrong {
	scan := func(name, code string, status int, reason string) wrong {
		return wrong{name: name, method: post, path: scans, body: `{"code":"` + code + `"}`, status: status, code: reason}
	}
	act := func(name, who, body string, status int, reason string) wrong {
		return wrong{name: name, who: who, method: post, path: checkins, body: body, status: status, code: reason}
	}
	mark := func(name, body string, status int, reason string) wrong {
		return wrong{name: name, who: "本书记", method: put, path: "/api/v1/events/{event}/attendance/{member}", body: body, status: status, code: reason}
	}
	return []wrong{
		scan("no code at all", "hello", 400, "code_malformed"),
		scan("somebody else's QR code", "https://u.wechat.com/abc", 400, "code_malformed"),
		scan("truncated code", "{truncated}", 400, "code_malformed"),
		scan("code with a tail", "{code}0", 400, "code_malformed"),
		scan("code with NUL", `{code}\u0000`, 400, "invalid_input"),
		scan("forged code", "{forged}", 400, "code_forged"),
		scan("code with another event's seal", "{foreign}", 400, "code_forged"),
		scan("code of an event that is not there", "e7zzzzzzzzzzzz.178000000.0123456789abcdef", 400, "code_forged"),
		scan("negative step", "e{event}.-1.0123456789abcdef", 400, "code_malformed"),
		scan("step beyond numbers", "e{event}.99999999999999999999.0123456789abcdef", 400, "code_malformed"),
		scan("expired code", "{expired}", 409, "code_expired"),
		scan("code of tomorrow", "{future}", 409, "code_future"),
		scan("spoken code of nothing", "000000", 400, "invalid_input"),
		scan("overlong code", strings.Repeat("x", 301), 400, "invalid_input"),
		scan("empty code", "", 400, "invalid_input"),
		{name: "spoken code of somebody else's event", method: post, path: scans, body: `{"code":"000000","eventId":"{far}"}`, status: 404, code: "not_found"},
		{name: "wrong spoken code", method: post, path: scans, body: `{"code":"{notSpoken}","eventId":"{event}"}`, status: 409, code: "spoken_wrong"},
		{name: "event id of nonsense", method: post, path: scans, body: `{"code":"000000","eventId":"x"}`, status: 400, code: "invalid_input"},

		act("neither code nor ticket", "", `{"key":"k"}`, 400, "invalid_input"),
		act("both code and ticket", "", `{"key":"k","code":"{code}","ticket":"{ticket}"}`, 400, "invalid_input"),
		act("no key", "", `{"code":"{code}"}`, 400, "invalid_input"),
		act("overlong key", "", `{"key":"`+strings.Repeat("k", 65)+`","code":"{code}"}`, 400, "invalid_input"),
		act("garbage ticket", "", `{"key":"k","ticket":"t.%%%"}`, 400, "code_malformed"),
		act("truncated ticket", "", `{"key":"k","ticket":"t.AAAA"}`, 400, "code_malformed"),
		act("forged ticket", "", `{"key":"k","ticket":"{forgedTicket}"}`, 400, "code_forged"),
		act("somebody else's ticket", "客党员", `{"key":"k","ticket":"{ticket}"}`, 400, "code_forged"),
		act("expired ticket", "", `{"key":"k","ticket":"{oldTicket}"}`, 409, "ticket_expired"),
		act("resident", "居民", `{"key":"k","code":"{code}"}`, 403, "not_bound"),
		act("not expected", "邻党员", `{"key":"k","code":"{code}"}`, 403, "not_expected"),
		act("cancelled event", "远党员", `{"key":"k","code":"{cancelledCode}"}`, 409, "event_cancelled"),
		act("not open yet", "远党员", `{"key":"k","code":"{farCode}"}`, 409, "event_not_open_yet"),
		act("position off the globe", "", `{"key":"k","code":"{code}","position":{"lat":-91,"lng":0}}`, 400, "invalid_input"),
		act("position in words", "", `{"key":"k","code":"{code}","position":"here"}`, 400, "invalid_input"),
		act("negative accuracy", "", `{"key":"k","code":"{code}","position":{"lat":1,"lng":1,"accuracy":-1}}`, 400, "invalid_input"),
		{name: "batch of none", method: post, path: checkins + "/batch", body: `{"items":[]}`, status: 400, code: "invalid_input"},
		{name: "batch of null", method: post, path: checkins + "/batch", body: `{"items":null}`, status: 400, code: "invalid_input"},
		{name: "batch too long", method: post, path: checkins + "/batch", body: `{"items":[` + strings.Repeat(`{"key":"k","code":"x","scannedAt":"2026-12-10T07:00:00Z"},`, 100) + `{"key":"k","code":"x","scannedAt":"2026-12-10T07:00:00Z"}]}`, status: 400, code: "invalid_input"},
		{name: "batch without an instant", method: post, path: checkins + "/batch", body: `{"items":[{"key":"k","code":"x"}]}`, status: 400, code: "invalid_input"},

		mark("unknown status", `{"status":"drunk"}`, 400, "invalid_input"),
		mark("status is a number", `{"status":1}`, 400, "invalid_input"),
		mark("overlong reason", `{"status":"sick","reason":"`+strings.Repeat("病", 101)+`"}`, 400, "invalid_input"),
		mark("correction without a reason", `{"status":"absent"}`, 400, "reason_required"),
		mark("correction for a blank reason", `{"status":"absent","reason":" 。 "}`, 400, "reason_required"),

		{name: "grants that are no object", method: post, path: "/api/v1/grants", body: `{"results":[]}`, status: 400, code: "invalid_input"},
		{name: "grant of an unknown word", method: post, path: "/api/v1/grants", body: `{"results":{"demo-published-0000000000000000000000000000":"maybe"}}`, status: 400, code: "invalid_input"},
		{name: "grant with an overlong key", method: post, path: "/api/v1/grants", body: `{"key":"` + strings.Repeat("k", 65) + `","results":{}}`, status: 400, code: "invalid_input"},
		{name: "read messages of nonsense", method: post, path: "/api/v1/messages/read", body: `{"ids":["x"]}`, status: 400, code: "invalid_input"},
		{name: "read messages that are no list", method: post, path: "/api/v1/messages/read", body: `{"ids":"all"}`, status: 400, code: "invalid_input"},
	}
}

// ground is a world in which everything exists that the requests get wrong.
type ground struct {
	*world
	words  *strings.Replacer
	phones map[string]*phone
}

// newGround prepares codes and tickets of the past and of the future, sessions that ended, and other people's events.
// 本村's event can be checked in to, and 本党员 has; the clock stands a quarter of an hour before its start.
func newGround(t *testing.T) *ground {
	t.Helper()
	cfg := settings(t, storetest.SQLiteDSN(t))
	cfg.Limits.SessionBurst, cfg.Limits.AddressBurst = 10_000, 10_000 // the clock stands still: nothing is regained
	g := &ground{world: worldOn(t, cfg), phones: map[string]*phone{}}
	g.clock.Set(start.Add(-40 * 24 * time.Hour))
	expired := g.as("本党员").token
	g.clock.Set(start)
	event, far := g.published("本村", "客村"), g.published("远村")
	cancelled, secretary := g.published("远村"), g.as("远书记")
	cancelledCode := secretary.want(http.StatusOK, get, cancelled+"/code", nil).get("url")
	draft := secretary.want(http.StatusCreated, post, events, g.eventBody("远村")).get("id")
	url := func() string { return g.as("本书记").want(http.StatusOK, get, event+"/code", nil).get("url") }

	g.clock.Set(start.Add(time.Hour + 35*time.Minute))
	old := url()
	oldTicket := g.as("本党员").want(http.StatusOK, post, scans, map[string]string{"code": old}).get("ticket")
	g.clock.Set(start.Add(2 * time.Hour))
	future := url()
	g.clock.Set(start.Add(time.Hour + 45*time.Minute))
	secretary = g.as("远书记")
	cancelledCode = secretary.want(http.StatusOK, get, cancelled+"/code", nil).get("url")
	secretary.want(http.StatusOK, post, cancelled+"/cancel", map[string]string{"reason": "大雨"})
	later := g.eventBody("远村")
	later["checkin"] = map[string]any{"opensAt": g.clock.Now().Add(time.Hour), "closesAt": g.clock.Now().Add(4 * time.Hour), "lateAfter": g.clock.Now().Add(3 * time.Hour)}
	secretary.want(http.StatusOK, put, far, later)
	code, member := url(), g.as("本党员")
	ticket := member.want(http.StatusOK, post, scans, map[string]string{"code": code}).get("ticket")
	member.want(http.StatusCreated, post, checkins, map[string]string{"key": "first", "ticket": ticket})
	farCode := secretary.want(http.StatusOK, get, far+"/code", nil).get("url")
	revoked := g.as("本党员")
	revoked.want(http.StatusNoContent, http.MethodDelete, session, nil)

	tail := code[strings.LastIndex(code, "/")+1:]
	seal := tail[strings.LastIndex(tail, ".")+1:]
	g.words = strings.NewReplacer(
		"{event}", path.Base(event), "{far}", path.Base(far), "{draft}", draft, "{cancelled}", path.Base(cancelled),
		"{org}", g.orgs["本村"].String(), "{farOrg}", g.orgs["远村"].String(), "{member}", g.ids["本党员"].String(), "{farMember}", g.ids["远党员"].String(),
		"{code}", code, "{truncated}", code[:len(code)-3], "{expired}", old, "{future}", future, "{farCode}", farCode, "{cancelledCode}", cancelledCode,
		"{forged}", strings.TrimSuffix(code, seal)+turned(seal), "{foreign}", strings.TrimSuffix(code, seal)+farCode[strings.LastIndex(farCode, ".")+1:],
		"{notSpoken}", turned(g.as("本书记").want(http.StatusOK, get, event+"/code", nil).get("spoken")),
		"{ticket}", ticket, "{oldTicket}", oldTicket, "{forgedTicket}", "t."+turned(ticket[2:]),
		"{expiredToken}", expired, "{revokedToken}", revoked.token,
		"{loginCode}", issued(t, g.app.Sim.LoginCode), "{phoneCode}", issued(t, g.app.Sim.PhoneCode), "{usedCode}", g.usedCode(),
	)
	return g
}

// turned changes the first character for another one that can stand there.
func turned(text string) string {
	if text[0] == '1' {
		return "2" + text[1:]
	}
	return "1" + text[1:]
}

func issued(t *testing.T, issue func(string) (string, error)) string {
	t.Helper()
	code, err := issue("居民")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (g *ground) usedCode() string {
	code := issued(g.t, g.app.Sim.LoginCode)
	g.nobody().want(http.StatusCreated, post, session, map[string]string{"code": code})
	return code
}

// send makes the request as it is on the wire.
func (g *ground) send(r wrong) answer {
	g.t.Helper()
	request := httptest.NewRequestWithContext(g.t.Context(), r.method, g.words.Replace(r.path), strings.NewReader(g.words.Replace(r.body)))
	request.Header.Set("Content-Type", "application/json")
	who := r.who
	if who == "" {
		who = "本党员"
	}
	if who != "nobody" {
		if g.phones[who] == nil {
			g.phones[who] = g.as(who)
		}
		request.Header.Set("Authorization", "Bearer "+g.phones[who].token)
	}
	for name, value := range r.header {
		request.Header.Set(name, g.words.Replace(value))
	}
	recorder := httptest.NewRecorder()
	g.app.API.Handler().ServeHTTP(recorder, request)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

func TestBadInput(t *testing.T) {
	g := newGround(t)
	for _, table := range [][]wrong{wrongSessions(), wrongRoutes(), wrongEvents(), wrongCheckins()} {
		for _, r := range table {
			t.Run(r.name, func(t *testing.T) {
				a := g.send(r)
				if a.Status != r.status || a.get("code") != r.code {
					t.Errorf("%s %s: %d %s, want %d %s", r.method, r.path, a.Status, a.Text, r.status, r.code)
				}
				checkRefusal(t, a)
			})
		}
	}
	g.nothingHappened()
}

// nothingHappened: after all that, the event is as it was.
func (g *ground) nothingHappened() {
	g.t.Helper()
	secretary := g.as("本书记")
	e := secretary.want(http.StatusOK, get, g.words.Replace("/api/v1/events/{event}"), nil)
	if e.get("state") != "published" || e.get("revision") != "2" || e.get("counts.present") != "1" {
		g.t.Errorf("the event has changed: %s", e.Text)
	}
	if mine := secretary.want(http.StatusOK, get, events+"?scope=run", nil).list("items"); len(mine) != 1 {
		g.t.Errorf("%d events, want the one of before", len(mine))
	}
	if made := g.as("本党员").want(http.StatusOK, get, "/api/v1/me/attendance?year=2026", nil).list("items"); len(made) != 1 {
		g.t.Errorf("%d entries in the record, want one", len(made))
	}
}

// internals is what an answer must not show: names of types and packages, what decoders and databases say, files.
var internals = regexp.MustCompile(`(?i:json:|unmarshal|invalid character|strconv|parse error|cannot |unexpected|expected |\bsql\b|sqlite|mysql|` +
	`constraint|syntax error|no such|goroutine|panic|\.go\b|/server/|themeday/|huma|\bgin\b|interface|reflect|` +
	`\bu?int(8|16|32|64)?\b|float64|\bnil\b|EOF|stack|geheim|openid|demo-secret)|[a-z]+\.[A-Z][a-zA-Z]+`)

// checkRefusal looks at what every refusal has in common.
func checkRefusal(t *testing.T, a answer) {
	t.Helper()
	message := a.get("message")
	if !strings.ContainsFunc(message, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("message %q is not Chinese", message)
	}
	if id := a.get("requestId"); id == "" || id != a.Header.Get("X-Request-Id") {
		t.Errorf("requestId %q, header %q", id, a.Header.Get("X-Request-Id"))
	}
	if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("Content-Type %q", kind)
	}
	shown := strings.ReplaceAll(a.Text, a.get("requestId"), "")
	if found := internals.FindString(shown); found != "" {
		t.Errorf("the answer shows %q: %s", found, a.Text)
	}
	if len(a.Text) > 2000 {
		t.Errorf("the answer has %d bytes: it repeats the input", len(a.Text))
	}
}

// TestSpokenCodeCannotBeGuessed: after five wrong tries the right digits do not help either, until the window has passed.
func TestSpokenCodeCannotBeGuessed(t *testing.T) {
	w := newWorld(t)
	event := w.published("本村")
	w.clock.Advance(2 * time.Hour)
	digits := func() string { return w.as("本书记").want(http.StatusOK, get, event+"/code", nil).get("spoken") }
	body := func(code string) map[string]string {
		return map[string]string{"code": code, "eventId": path.Base(event)}
	}
	member := w.as("本党员")
	for i := range 5 {
		if a := member.call(post, scans, body(turned(digits()))); a.get("code") != "spoken_wrong" {
			t.Fatalf("try %d: %d %s", i+1, a.Status, a.Text)
		}
	}
	a := member.want(http.StatusTooManyRequests, post, scans, body(digits()))
	checkRefusal(t, a)
	if a.get("code") != "too_many_attempts" {
		t.Errorf("got %s", a.Text)
	}
	w.as("本组织").want(http.StatusOK, post, scans, body(digits())) // nobody else is held back
	w.clock.Advance(11 * time.Minute)
	member.want(http.StatusOK, post, scans, body(digits()))
}

// TestLateScansAreJudgedOneByOne: a wrong item spoils neither the others nor the request.
func TestLateScansAreJudgedOneByOne(t *testing.T) {
	g := newGround(t)
	now := g.clock.Now().Format(time.RFC3339)
	item := func(code, at string) string {
		return fmt.Sprintf(`{"key":"k-%s","code":"%s","scannedAt":"%s"}`, code[:4], code, at)
	}
	body := g.words.Replace(`{"items":[` + strings.Join([]string{
		item("hello", now), item("{forged}", now), item("{expired}", now), item("{code}", "2036-01-01T00:00:00Z"), item("{code}", "2020-01-01T00:00:00Z"), item("{code}", now),
	}, ",") + `]}`)
	a := g.as("本组织").want(http.StatusOK, post, checkins+"/batch", body)
	var got []string
	for i := range a.list("items") {
		at := fmt.Sprintf("items.%d.", i)
		got = append(got, a.get(at+"status")+" "+a.get(at+"error.code"))
	}
	want := []string{"400 code_malformed", "400 code_forged", "409 code_expired", "409 scan_in_future", "409 scan_too_old", "201 "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if source := a.get("items.5.attendance.source"); source != "offline" {
		t.Errorf("source %q", source)
	}
}

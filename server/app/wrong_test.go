package app_test

import (
	"net/http"
	"strings"
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
		{name: "messages of no event", who: "本书记", method: get, path: "/api/v1/message-templates/preview?eventId=1", status: 400, code: "invalid_input"},
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
		step("renew without a reason", "本书记", "{event}/code/renew", `{"reason":" "}`, 400, "invalid_input"),
		step("renew of a draft", "远书记", "{draft}/code/renew", `{"reason":"被转发"}`, 409, "event_not_published"),
		step("renew of a cancelled event", "远书记", "{cancelled}/code/renew", `{"reason":"被转发"}`, 409, "event_cancelled"),
		{name: "codes of next week", who: "本书记", method: get, path: "/api/v1/events/{event}/code?ahead=600000", status: 400, code: "invalid_input"},
		{name: "failed scans of somebody else's event", who: "本书记", method: get, path: "/api/v1/events/{far}/failed-scans", status: 404, code: "not_found"},
		{name: "hints of nonsense", who: "本书记", method: get, path: "/api/v1/events/x/hints", status: 404, code: "not_found"},
		step("reopen without a reason", "本书记", "{event}/reopen", `{}`, 400, "invalid_input"),
		step("reopen for a blank reason", "本书记", "{event}/reopen", `{"reason":"   "}`, 400, "invalid_input"),
		step("reopen what is not closed", "本书记", "{event}/reopen", `{"reason":"漏记了"}`, 409, "event_not_closed"),
		step("reopen somebody else's", "本书记", "{far}/reopen", `{"reason":"漏记了"}`, 404, "not_found"),
		{name: "settlement of a draft", who: "远书记", method: get, path: "/api/v1/events/{draft}/settlement", status: 409, code: "event_not_published"},
		{name: "settlement of a cancelled event", who: "远书记", method: get, path: "/api/v1/events/{cancelled}/settlement", status: 409, code: "event_cancelled"},
		{name: "settlement of nonsense", who: "本书记", method: get, path: "/api/v1/events/x/settlement.csv", status: 404, code: "not_found"},
		{name: "table of a draft", who: "远书记", method: get, path: "/api/v1/events/{draft}/settlement.csv", status: 409, code: "event_not_published"},
		{name: "explanation of somebody else's member", who: "本书记", method: get, path: "/api/v1/events/{event}/attendance/{farMember}", status: 404, code: "not_found"},
		{name: "move of somebody else's member", who: "本书记", method: post, path: "/api/v1/members/{farMember}/moves", body: `{"orgId":"{org}","kind":"full","standing":"normal"}`, status: 404, code: "not_found"},
		{name: "move to somebody else's organisation", who: "本书记", method: post, path: "/api/v1/members/{member}/moves", body: `{"orgId":"{farOrg}","kind":"full","standing":"normal"}`, status: 400, code: "invalid_input"},
		{name: "move to an unknown standing", who: "本书记", method: post, path: "/api/v1/members/{member}/moves", body: `{"orgId":"{org}","kind":"full","standing":"asleep"}`, status: 400, code: "invalid_input"},
		{name: "move in the future", who: "本书记", method: post, path: "/api/v1/members/{member}/moves", body: `{"orgId":"{org}","kind":"full","standing":"normal","since":"2036-01-01T00:00:00Z"}`, status: 400, code: "invalid_input"},
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

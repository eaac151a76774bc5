package app_test

import "strings"

func wrongPersonal() []wrong {
	const station = "/api/v1/events/{event}/station"
	held := func(name, code string, status int, reason string) wrong {
		return wrong{name: name, who: "本书记", method: post, path: station + "/scans", body: `{"key":"k","code":"` + code + `"}`, status: status, code: reason}
	}
	return []wrong{
		{name: "personal code as an event's", method: post, path: scans, body: `{"code":"{personal}"}`, status: 400, code: "code_personal"},
		{name: "renewal of nothing", method: post, path: "/api/v1/me/personal-code/renew", body: `{}`, status: 400, code: "invalid_input"},
		{name: "renewal of generation 0", method: post, path: "/api/v1/me/personal-code/renew", body: `{"generation":0}`, status: 400, code: "invalid_input"},
		{name: "renewal in words", method: post, path: "/api/v1/me/personal-code/renew", body: `{"generation":"one"}`, status: 400, code: "invalid_input"},
		{name: "renewal of nobody's code", who: "本书记", method: post, path: "/api/v1/members/zzz/personal-code/renew", body: `{"generation":1}`, status: 404, code: "not_found"},
		{name: "renewal of somebody else's", who: "本书记", method: post, path: "/api/v1/members/{farMember}/personal-code/renew", body: `{"generation":1}`, status: 404, code: "not_found"},
		{name: "cards of somebody else", who: "本书记", method: get, path: "/api/v1/orgs/{farOrg}/personal-codes", status: 404, code: "not_found"},
		{name: "endless cards", who: "本书记", method: get, path: "/api/v1/orgs/{org}/personal-codes?limit=201", status: 400, code: "invalid_input"},
		{name: "cards after nonsense", who: "本书记", method: get, path: "/api/v1/orgs/{org}/personal-codes?after=1", status: 400, code: "invalid_input"},
		held("no personal code", "hello", 400, "personal_malformed"),
		held("event code at the station", "{code}", 400, "personal_malformed"),
		held("forged personal code", "p{member}.0000000000000000", 400, "personal_forged"),
		held("personal code of nobody", "p7zzzzzzzzzzzz.0000000000000000", 400, "personal_forged"),
		held("personal code with NUL", `{personal}\u0000`, 400, "invalid_input"),
		held("overlong personal code", strings.Repeat("x", 301), 400, "invalid_input"),
		{name: "personal scan without a key", who: "本书记", method: post, path: station + "/scans", body: `{"code":"{personal}"}`, status: 400, code: "invalid_input"},
		{name: "personal scan by a member", method: post, path: station + "/scans", body: `{"key":"k","code":"{personal}"}`, status: 403, code: "forbidden"},
		{name: "personal scan at somebody else's event", who: "本书记", method: post, path: "/api/v1/events/{far}/station/scans", body: `{"key":"k","code":"{personal}"}`, status: 404, code: "not_found"},
	}
}

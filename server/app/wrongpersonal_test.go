package app_test

import "strings"

func wrongPersonal() []wrong {
	const station = "/api/v1/events/{event}/station"
	held := func(name, code string, status int, reason string) wrong {
		return wrong{name: name, who: "本书记", method: post, path: station + "/scans", body: `{"key":"k","code":"` + code + `"}`, status: status, code: reason}
	}
	kept := func(name, part, by string) wrong {
		item := strings.Replace(`{"key":"k","packId":"{pack}","memberId":"{member}","proof":"x","scannedAt":"2026-12-10T07:50:00Z"}`, part, by, 1)
		return wrong{name: name, who: "本书记", method: post, path: station + "/batch", body: `{"items":[` + item + `]}`, status: 400, code: "invalid_input"}
	}
	answer := func(name, who, body string, status int, reason string) wrong {
		item := `{"key":"k","packId":"{pack}","memberId":"{member}","proof":"x","scannedAt":"2026-12-10T07:50:00Z",`
		return wrong{name: name, who: who, method: post, path: station + "/answers", body: item + body + `}`, status: status, code: reason}
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
		{name: "pack for a device with a long name", who: "本书记", method: post, path: "/api/v1/events/{event}/packs", body: `{"device":"` + strings.Repeat("机", 61) + `"}`, status: 400, code: "invalid_input"},
		{name: "pack by a member", method: post, path: "/api/v1/events/{event}/packs", body: `{}`, status: 403, code: "forbidden"},
		{name: "pack of somebody else's event", who: "本书记", method: post, path: "/api/v1/events/{far}/packs", body: `{}`, status: 404, code: "not_found"},
		{name: "pack of a draft", who: "远书记", method: post, path: "/api/v1/events/{draft}/packs", body: `{}`, status: 409, code: "event_not_published"},
		{name: "pack of a cancelled event", who: "远书记", method: post, path: "/api/v1/events/{cancelled}/packs", body: `{}`, status: 409, code: "event_cancelled"},
		kept("station without a key", `"k"`, `""`),
		kept("station with an overlong key", `"k"`, `"`+strings.Repeat("k", 65)+`"`),
		kept("station with a pack of nonsense", "{pack}", "x"),
		kept("station with a member of nonsense", "{member}", "' OR 1=1"),
		kept("station without a proof", `"x"`, `""`),
		kept("station with an endless proof", `"x"`, `"`+strings.Repeat("x", 65)+`"`),
		kept("station at no time", "2026-12-10T07:50:00Z", "soon"),
		kept("station without an instant", `,"scannedAt":"2026-12-10T07:50:00Z"`, ""),
		{name: "station of none", who: "本书记", method: post, path: station + "/batch", body: `{"items":[]}`, status: 400, code: "invalid_input"},
		{name: "station at somebody else's event", who: "本书记", method: post, path: "/api/v1/events/{far}/station/batch", body: `{"items":[{"key":"k","packId":"{pack}","memberId":"{member}","proof":"x","scannedAt":"2026-12-10T07:50:00Z"}]}`, status: 404, code: "not_found"},
		answer("answer of an unknown word", "本书记", `"answer":"maybe","revision":0`, 400, "invalid_input"),
		answer("answer without a revision", "本书记", `"answer":"keep"`, 400, "invalid_input"),
		answer("answer with a forged proof", "本书记", `"answer":"record","revision":1`, 404, "pack_unknown"),
		answer("answer by a member", "", `"answer":"record","revision":1`, 403, "forbidden"),
	}
}

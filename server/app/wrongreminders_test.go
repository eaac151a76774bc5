package app_test

import "net/http"

// wrongReminders are requests about the choice of reminders that must be refused.
func wrongReminders() []wrong {
	const defaults = "/api/v1/orgs/{org}/reminder-defaults"
	const month = "/api/v1/orgs/{org}/months/"
	return []wrong{
		{name: "mutes of what cannot be muted", method: put, path: "/api/v1/me/mutes", body: `{"muted":["cancelled"]}`, status: http.StatusBadRequest, code: "invalid_input"},
		{name: "mutes of a resident", who: "居民", method: put, path: "/api/v1/me/mutes", body: `{"muted":[]}`, status: http.StatusForbidden, code: "not_bound"},
		{name: "too many mutes", method: put, path: "/api/v1/me/mutes", body: `{"muted":["news","news","news","news","news","news","news","news","news","news","news"]}`, status: http.StatusBadRequest, code: "invalid_input"},
		{name: "month of no calendar", who: "本书记", method: get, path: month + "2026-13", status: http.StatusBadRequest, code: "invalid_input"},
		{name: "month of another century", who: "本书记", method: get, path: month + "1926-12", status: http.StatusBadRequest, code: "invalid_input"},
		{name: "month as a member", method: get, path: month + "2026-12", status: http.StatusNotFound, code: "not_found"},
		{name: "excuse without a reason", who: "本书记", method: put, path: month + "2026-12/excuse", body: `{}`, status: http.StatusBadRequest, code: "invalid_input"},
		{name: "excuse of our own", who: "本书记", method: put, path: month + "2026-12/excuse", body: `{"reason":"lazy"}`, status: http.StatusBadRequest, code: "invalid_input"},
		{name: "other without saying what", who: "本书记", method: put, path: month + "2026-12/excuse", body: `{"reason":"other"}`, status: http.StatusBadRequest, code: "reason_required"},
		{name: "excuse for another branch", who: "本书记", method: put, path: "/api/v1/orgs/{farOrg}/months/2026-12/excuse", body: `{"reason":"flood"}`, status: http.StatusNotFound, code: "not_found"},
		{name: "defaults as a member", method: get, path: defaults, status: http.StatusNotFound, code: "not_found"},
		{name: "defaults of another branch", who: "本书记", method: put, path: "/api/v1/orgs/{farOrg}/reminder-defaults", body: `{"published":true,"dayBefore":true,"soon":true,"recordReady":true}`, status: http.StatusNotFound, code: "not_found"},
		{name: "defaults of nothing", who: "本书记", method: get, path: "/api/v1/orgs/zzz/reminder-defaults", status: http.StatusNotFound, code: "not_found"},
		{name: "defaults half chosen", who: "本书记", method: put, path: defaults, body: `{"published":true}`, status: http.StatusBadRequest, code: "invalid_input"},
		{name: "defaults in words", who: "本书记", method: put, path: defaults, body: `{"published":"yes","dayBefore":true,"soon":true,"recordReady":true}`, status: http.StatusBadRequest, code: "invalid_input"},
	}
}

package app_test

import "net/http"

// wrongReminders are requests about the choice of reminders that must be refused.
func wrongReminders() []wrong {
	const defaults = "/api/v1/orgs/{org}/reminder-defaults"
	return []wrong{
		{name: "defaults as a member", method: get, path: defaults, status: http.StatusNotFound, code: "not_found"},
		{name: "defaults of another branch", who: "本书记", method: put, path: "/api/v1/orgs/{farOrg}/reminder-defaults", body: `{"published":true,"dayBefore":true,"soon":true,"recordReady":true}`, status: http.StatusNotFound, code: "not_found"},
		{name: "defaults of nothing", who: "本书记", method: get, path: "/api/v1/orgs/zzz/reminder-defaults", status: http.StatusNotFound, code: "not_found"},
		{name: "defaults half chosen", who: "本书记", method: put, path: defaults, body: `{"published":true}`, status: http.StatusBadRequest, code: "invalid_input"},
		{name: "defaults in words", who: "本书记", method: put, path: defaults, body: `{"published":"yes","dayBefore":true,"soon":true,"recordReady":true}`, status: http.StatusBadRequest, code: "invalid_input"},
	}
}

package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"themeday/server/audit"
)

// Why an operation leaves nothing in the audit.
const (
	ownDoing  = "- one's own doing, about oneself alone"
	reading   = "- reads what the caller's office has before its eyes all the time: what is taken away, or is of one person, is noted"
	harmless  = "- shows no personal data"
	drafting  = "- changes nothing for anybody until it is published or applied, which is noted"
	ownRecord = "- the row that it writes says who and when, and stays"
	plumbing  = "- of the server, for machines"
)

// noted says for every operation what stands in the audit after it (elsewhere: shown by another test than TestAccess, where
// nobody gets as far), or why nothing does.
var noted = map[string]string{
	"login": ownDoing, "logout": ownDoing, "me": ownDoing,
	"bind": "elsewhere binding.bound", "unbind": "binding.unbound",
	"askBinding": "elsewhere binding.requested", "withdrawBinding": "elsewhere binding.withdrawn", "listBindingRequests": reading,
	"approveBinding": "binding.approved binding.bound", "declineBinding": "binding.refused", "releaseBinding": "binding.unbound", "getBinding": "look.member",
	"createInvitation": "invitation.made", "listInvitations": reading, "revokeInvitation": "invitation.revoked",
	"listOrgs": harmless, "listMembers": "look.members", "moveMember": "member.moved",
	// those of a member's card
	"getMember": "elsewhere look.member", "revealPhone": "elsewhere look.phone", "createMember": "elsewhere member.created", "correctMember": "elsewhere member.edited", "setMemberPosts": "elsewhere member.post_changed",
	"transferMember": "elsewhere member.handed_over", "listTransfers": reading, "acceptTransfer": "elsewhere member.moved", "declineTransfer": "elsewhere member.declined",
	"withdrawTransfer": "elsewhere member.retained",
	// one's own data
	"getMyData": ownDoing, "listMyLooks": ownDoing, "exportMyData": "look.own_data", "askCorrection": "correction.asked", "withdrawLocation": "consent.withdrawn",
	"closeAccount": "account.closing", "keepAccount": "elsewhere account.kept", "listCorrections": reading, "answerCorrection": "correction.answered",
	// the audit itself
	"listAudit": "- looking at looks would never end; what is taken away is noted", "listAuditActions": harmless, "exportAudit": "look.audit",
	// roles: who holds which is no secret in the organisation
	"listRoles": harmless, "grantRole": "role.granted", "revokeRole": "elsewhere role.revoked", "listRoleChanges": harmless, "previewHandOver": drafting, "handOver": "roles.handed_over",
	"listHandOvers": harmless, "undoHandOver": "roles.handed_over", "getSetup": harmless, "redeemSetupCode": "elsewhere role.first_admin",
	// rosters
	"uploadRoster": drafting, "listRosterImports": drafting, "getRosterImport": drafting, "listRosterRows": drafting, "decideRosterRows": drafting, "settleRosterBranch": drafting,
	"applyRosterImport": "elsewhere roster.applied", "discardRosterImport": drafting, "exportRoster": "look.roster", "rosterTemplate": harmless,
	// events
	"createEvent": drafting, "listEvents": harmless, "getEvent": harmless, "editEvent": "event.edited", "publishEvent": "event.published", "cancelEvent": "event.cancelled",
	"closeEvent": "event.closed", "reopenEvent": "elsewhere event.reopened", "renewCode": "event.code_renewed", "getReminderDefaults": harmless,
	"setReminderDefaults": "reminder.defaults_set",
	// sites
	"createSite": "site.created", "listSites": harmless, "getSite": harmless, "editSite": "site.edited", "closeSite": "site.closed", "reopenSite": "site.reopened",
	"getPlate": harmless, "renewPlate": "site.plate_renewed", "plateMiniCode": harmless, "openVisit": ownRecord, "listVisits": reading, "exportVisits": "look.visits",
	"getVisit": reading, "endVisit": ownRecord, "joinVisit": ownDoing,
	// the tree
	"getOrg": harmless, "listOrgHistory": harmless, "editOrg": "org.edited", "createOrg": "org.created", "moveOrg": "org.moved", "mergeOrg": "org.merged",
	"closeOrg": "elsewhere org.closed", "reopenOrg": "elsewhere org.reopened",
	// attendance
	"showCode": harmless, "scan": ownDoing, "checkIn": ownDoing, "checkInLater": ownDoing, "listAttendance": reading, "markAttendance": "elsewhere attendance.corrected",
	"markSeveral": "elsewhere attendance.corrected", "undoMarks": "elsewhere attendance.corrected", "listHelpable": reading, "helpCheckIn": ownRecord, "listAttendanceChanges": reading,
	"myAttendance": ownDoing, "live": harmless, "getSettlement": reading, "exportSettlement": "look.attendance", "explainAttendance": reading, "listFailedScans": reading,
	"listHints": reading, "miniCode": harmless, "landing": harmless,
	// told by WeChat, about what people did themselves
	"verifyPush": harmless, "receivePush": ownDoing, "verifyOfficialPush": harmless, "receiveOfficialPush": ownDoing,
	"myPersonalCode": ownDoing, "renewMyPersonalCode": ownDoing, "renewPersonalCode": "member.code_renewed", "listPersonalCodes": "look.codes",
	"scanPersonalCode": ownRecord, "makePack": "look.pack", "syncStation": ownRecord, "answerStation": "elsewhere attendance.corrected",
	"askForAttendance": ownDoing, "listRequests": reading, "approveRequest": "request.approved", "declineRequest": "request.refused", "withdrawRequest": ownDoing,
	"keepEvidence": ownDoing, "showEvidence": "look.evidence",
	// reminders and messages
	"listMessageTemplates": harmless, "reportGrants": ownDoing, "previewMessages": harmless, "getEventReminders": "elsewhere look.phones", "listDeliveries": reading,
	"sendReminderNow": "elsewhere reminder.sent_now", "tickPhoneCall": ownRecord, "getReminderLoad": harmless, "setReminderCeiling": "reminder.ceiling_set",
	"getMyMutes": ownDoing, "setMyMutes": "- one's own choice: what a duty is announced with cannot be muted", "getMonth": harmless, "excuseMonth": "reminder.quiet_month_set",
	"askAgain": "elsewhere reminder.quiet_month_ended", "listMessages": ownDoing, "readMessages": ownDoing,
	// the server itself
	"listDeadJobs": harmless, "retryDeadJob": "elsewhere job.retried", "dropDeadJob": "elsewhere job.dropped", "retryDeadJobs": "elsewhere job.retried",
	"healthz": plumbing, "readyz": plumbing, "metrics": plumbing, "contract": plumbing,
}

// mustBeNoted checks that what the table promises of an operation stands in the audit, once everybody has called it.
func (w *world) mustBeNoted(t *testing.T, op string) {
	t.Helper()
	promise, known := noted[op]
	switch {
	case !known:
		t.Errorf("%s: say in the table what of it goes into the audit, or why nothing does", op)
		return
	case strings.HasPrefix(promise, "- "):
		return
	}
	words := strings.Fields(promise)
	elsewhere := words[0] == "elsewhere"
	if elsewhere {
		words = words[1:]
	}
	for _, word := range words {
		if !slices.Contains(audit.Actions(), audit.Action(word)) {
			t.Errorf("%s: %q is no action", op, word)
		}
		if !elsewhere && w.number("SELECT COUNT(*) FROM audit_entries WHERE action = ?", word) == 0 {
			t.Errorf("%s has left no %s in the audit", op, word)
		}
	}
}

// TestNotedElsewhere does what nobody in TestAccess gets as far as.
func TestNotedElsewhere(t *testing.T) {
	w := newWorld(t)
	secretary, resident := w.as("本书记"), w.as("居民")
	event, member, village := w.published("本村"), w.ids["本党员"].String(), w.orgs["本村"].String()
	noted := func(action audit.Action, want int) {
		t.Helper()
		if n := w.number("SELECT COUNT(*) FROM audit_entries WHERE action = ?", action); n != want {
			t.Errorf("%s is noted %d times, want %d", action, n, want)
		}
	}
	mark := func(key, status string) string {
		t.Helper()
		body := map[string]any{"key": key, "memberIds": []string{member}, "status": status}
		return secretary.want(http.StatusOK, post, event+"/attendance/marks", body).get("batchId")
	}
	mark("1", "sick")
	noted(audit.AttendanceCorrected, 0) // nothing was said before
	batch := mark("2", "duty")
	noted(audit.AttendanceCorrected, 1)
	for range 2 {
		secretary.want(http.StatusOK, post, event+"/attendance/marks/"+batch+"/undo", nil)
		noted(audit.AttendanceCorrected, 2)
	}

	w.as("本党员").want(http.StatusOK, post, "/api/v1/me/personal-code/renew", map[string]int{"generation": 1})
	noted(audit.CodeRenewed, 0)
	for range 2 {
		secretary.want(http.StatusOK, post, "/api/v1/members/"+member+"/personal-code/renew", map[string]int{"generation": 2})
		noted(audit.CodeRenewed, 1)
	}

	excuse := "/api/v1/orgs/" + village + "/months/2026-12/excuse"
	secretary.want(http.StatusOK, put, excuse, map[string]string{"reason": "flood"})
	for range 2 {
		secretary.want(http.StatusOK, http.MethodDelete, excuse, nil)
		noted(audit.QuietMonthEnded, 1)
	}

	code := secretary.want(http.StatusCreated, post, "/api/v1/orgs/"+village+"/invitations", map[string]string{"key": "k"}).get("code")
	resident.want(http.StatusCreated, post, bindingRequest, map[string]string{"key": "k", "code": code, "name": "本居民"})
	for range 2 {
		resident.want(http.StatusNoContent, http.MethodDelete, bindingRequest, nil)
		noted(audit.BindingWithdrawn, 1)
	}
}

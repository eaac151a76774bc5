package mydata_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"themeday/server/fault"
	"themeday/server/mydata"
	"themeday/server/store/storetest"
)

// done is why a column of tables that name a member is in no category: what somebody does in office is the organisation's record, and
// the person finds it among their actions.
const doneInOffice = "done in office: among the actions"

// reasons are for columns that name a person and that no category asks with. An entry for a whole table ends in ".*".
var reasons = map[string]string{
	"users.member_id":                "the account is asked by its own id",
	"attendance.recorded_by":         doneInOffice,
	"attendance_changes.by_member":   doneInOffice,
	"attendance_requests.decided_by": doneInOffice,
	"binding_log.user_id":            "the lines are shown with the member",
	"binding_log.by_member":          doneInOffice,
	"binding_requests.member_id":     "what others ask for; whom it ends with is in the bindings",
	"binding_requests.decided_by":    doneInOffice,
	"data_corrections.answered_by":   doneInOffice,
	"deliveries.user_id":             "the lines are shown with the member",
	"dropped_jobs.dropped_by":        doneInOffice,
	"event_steps.by_member":          doneInOffice,
	"events.created_by":              doneInOffice,
	"handovers.by_member":            doneInOffice,
	"handovers.undone_by":            doneInOffice,
	"invitations.created_by":         doneInOffice,
	"member_moves.by_member":         doneInOffice,
	"org_changes.by_member":          doneInOffice,
	"personal_codes.changed_by":      doneInOffice,
	"phone_calls.by_member":          doneInOffice,
	"quiet_months.by_member":         doneInOffice,
	"reminder_ceilings.set_by":       doneInOffice,
	"reminder_defaults.by_member":    doneInOffice,
	"role_grants.granted_by":         doneInOffice,
	"role_log.by_member":             doneInOffice,
	"roll_batches.by_member":         doneInOffice,
	"roll_batch_items.*":             "what an undo needs for ten minutes; the changes themselves are shown",
	"roster_import_rows.*":           "gone with the import; what it changed is on the roster and among the moves",
	"roster_imports.created_by":      doneInOffice,
	"setup_codes.used_by":            doneInOffice,
	"site_visits.created_by":         doneInOffice,
	"sites.created_by":               doneInOffice,
	"member_posts.member_id":         "on the member's card, and what was done stands among what concerns the person",
	"member_transfers.member_id":     "likewise; where it led is among the moves",
	"member_posts.by_member":         doneInOffice,
	"member_transfers.by_member":     doneInOffice,
	"member_transfers.decided_by":    doneInOffice,
	"member_transfers.pending_for":   "the member again, while it waits",
}

var personal = regexp.MustCompile(`(^|_)(user|member)(_id)?$|_by$|^pending_for$`)

// TestNothingIsForgotten: every column of the schema that names a person is in a category, or has a reason.
func TestNothingIsForgotten(t *testing.T) {
	db := storetest.New(t)
	var columns []struct{ Place, Name string }
	err := db.Read().NewRaw("SELECT t.name AS place, c.name AS name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'").Scan(t.Context(), &columns)
	if err != nil || len(columns) < 100 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	for _, c := range columns {
		if !personal.MatchString(c.Name) || asks(c.Place, c.Name) || reasons[c.Place+"."+c.Name] != "" || reasons[c.Place+".*"] != "" {
			continue
		}
		t.Errorf("%s.%s names a person: put it into a category of what is held, or say here why not", c.Place, c.Name)
	}
}

// asks reports whether a category reads the table by that column.
func asks(place, column string) bool {
	of := regexp.MustCompile(`\b` + place + `\b.* WHERE .*\b` + column + ` = \?`)
	for _, query := range mydata.Queries() {
		if of.MatchString(query) {
			return true
		}
	}
	return false
}

func TestNormalWanted(t *testing.T) {
	for _, c := range []struct{ field, wanted, kept, code string }{
		{"name", " 张三 ", "张三", ""},
		{"phone", "", "请书记与我核对新的手机号", ""},
		{"phone", "尾号0001", "尾号0001", ""},
		{"phone", "139 0001 0001", "", "phone_in_text"},
		{"other", "号码是13900010001。", "", "phone_in_text"},
		{"name", "张", "", "invalid_input"},
	} {
		if kept, err := mydata.NormalWanted(c.field, c.wanted); kept != c.kept || fault.CodeOf(err) != c.code {
			t.Errorf("%s %q: %q, %v", c.field, c.wanted, kept, err)
		}
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct{ value, as, want string }{
		{"1764381600000", "instant", "2025-11-29 10:00"},
		{"0", "instant", ""},
		{"", "instant", ""},
		{"1", "yesNo", "是"},
		{"true", "yesNo", "是"},
		{"0", "yesNo", "否"},
		{"role.granted", "word", "任命职务"},
		{"sick", "word", "病假"},
		{"by_phone", "word", "用手机号绑定"},
		{"unheard of", "word", "unheard of"},
		{"sick", "text", "sick"},
	} {
		if got := mydata.Shown(c.value, c.as); got != c.want {
			t.Errorf("%q as %s: %q, want %q", c.value, c.as, got, c.want)
		}
	}
	for days, want := range map[int]string{7: "7 天", 365: "1 年", 400: "400 天", 1095: "3 年"} {
		if got := mydata.Span(days); got != want {
			t.Errorf("%d: %q", days, got)
		}
	}
	if got := mydata.Above("/a/b/c/"); !slices.Equal(got, strings.Fields("/a/ /a/b/ /a/b/c/")) {
		t.Errorf("above: %v", got)
	}
}

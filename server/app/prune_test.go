package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPruneAtNight(t *testing.T) {
	w := newWorld(t)
	member := w.as("本党员")
	member.want(http.StatusBadRequest, http.MethodPost, "/api/v1/scans", map[string]string{"code": "no code"})
	count := func(table string) (n int) {
		if err := w.app.DB.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	night := func() {
		if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the first run must plan the next one
		w.clock.Advance(24 * time.Hour)
		night()
	}
	if sessions, scans := count("sessions"), count("failed_scans"); sessions != 1 || scans != 1 {
		t.Errorf("after two nights: %d sessions and %d refused scans, want both kept", sessions, scans)
	}
	w.clock.Advance(200 * 24 * time.Hour)
	night()
	if sessions, scans := count("sessions"), count("failed_scans"); sessions != 0 || scans != 0 {
		t.Errorf("long after: %d sessions and %d refused scans are still there", sessions, scans)
	}
}

// TestPruneEverything: of each thing with an end nothing is left when its time is over, however much it is.
func TestPruneEverything(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		many := strings.TrimSuffix(strings.Repeat("(?, 0, 0, 'x', 1), ", 1200), ", ")
		ids := make([]any, 1200)
		for i := range ids {
			ids[i] = i + 1
		}
		seed := func(statement string, args ...any) {
			t.Helper()
			if _, err := w.app.DB.Exec(t.Context(), statement, args...); err != nil {
				t.Fatal(err)
			}
		}
		seed("INSERT INTO failed_scans (id, event_id, user_id, reason, at) VALUES "+many, ids...) // more than two batches
		seed("INSERT INTO checkin_devices (event_id, device, member_id, at) VALUES (1, 'd', 1, 1)")
		seed("INSERT INTO roster_packs (id, event_id, event_revision, member_id, people, made_at, expires_at) VALUES (1, 1, 1, 1, 1, 1, 1)")
		seed("INSERT INTO messages (id, member_id, reminder_id, kind, title, body, created_at) VALUES (1, 1, 1, 'x', 't', 'b', 1)")
		seed("INSERT INTO deliveries (reminder_id, member_id, event_id, state, created_at, updated_at) VALUES (1, 1, 1, 'sent', 1, 1)")
		seed("INSERT INTO data_corrections (id, member_id, field, wanted, state, answered_at, created_at) VALUES (1, 1, 'name', 'x', 'done', 1, 1)")
		seed("INSERT INTO dropped_jobs (id, kind, payload, attempts, problem, created_at, died_at, dropped_at, dropped_by, reason) VALUES (1, 'x', '{}', 5, 'p', 1, 1, 1, 1, 'r')")
		seed("INSERT INTO attendance_evidence (id, member_id, picture, created_at) VALUES (1, 1, 'p', 1)")
		seed(`INSERT INTO audit_entries (at, user_id, member_id, action, subject_kind, subject_id, org_path, request_id, network, detail)
VALUES (1, 7, 7, 'look.members', 'org', 1, '/a/', 'r', 'n', '{}')`)
		if err := w.app.Sealer.All(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.night()
		for _, table := range []string{"failed_scans", "checkin_devices", "roster_packs", "messages WHERE created_at = 1", "deliveries WHERE updated_at = 1", "data_corrections", "dropped_jobs", "attendance_evidence"} {
			if n := w.number("SELECT COUNT(*) FROM " + table); n != 0 {
				t.Errorf("%s: %d are left", table, n)
			}
		}
		if n := w.number("SELECT COUNT(*) FROM audit_entries WHERE member_id = 7 OR erased = 0"); n != 0 {
			t.Error("the look still says whose it was")
		}
		if !strings.Contains(w.log.String(), "msg=audit anchor=1:") {
			t.Error("the end of the chain is not in the log")
		}
	})
}

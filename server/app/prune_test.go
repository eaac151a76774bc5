package app_test

import (
	"net/http"
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

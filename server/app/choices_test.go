package app_test

import (
	"net/http"
	"testing"
)

// A branch chooses with which reminders its events begin; an event may choose otherwise, and keeps what it has.
func TestBranchChoosesReminders(t *testing.T) {
	w := newWorld(t)
	secretary := w.as("本书记")
	path := "/api/v1/orgs/" + w.orgs["本村"].String() + "/reminder-defaults"
	made := func(name, choice, want string) string {
		t.Helper()
		body := w.eventBody("本村")
		if choice != "" {
			body["reminders"] = map[string]bool{choice: true}
		}
		a := secretary.want(http.StatusCreated, post, events, body)
		wantReminders(t, name, a, want)
		return events + "/" + a.get("id")
	}
	before := made("nothing chosen", "", "true true false true")
	choice := map[string]bool{"published": false, "dayBefore": true, "soon": true, "recordReady": false}
	for range 2 { // the second time over a row that is there
		secretary.want(http.StatusOK, put, path, choice)
	}
	if got := secretary.want(http.StatusOK, get, path, nil); got.get("soon") != "true" || got.get("published") != "false" {
		t.Errorf("chosen: %s", got.Text)
	}
	made("as the branch has it", "", "false true true false")
	own := made("one chosen", "published", "true true true false")
	wantReminders(t, "made before", secretary.want(http.StatusOK, get, before, nil), "true true false true")
	wantReminders(t, "edited by a client that does not know", secretary.want(http.StatusOK, put, own, w.eventBody("本村")), "true true true false")
	body := w.eventBody("客村")
	wantReminders(t, "another branch", w.as("客书记").want(http.StatusCreated, post, events, body), "true true false true")
}

func wantReminders(t *testing.T, name string, a answer, want string) {
	t.Helper()
	got := a.get("reminders.published") + " " + a.get("reminders.dayBefore") + " " + a.get("reminders.soon") + " " + a.get("reminders.recordReady")
	if got != want {
		t.Errorf("%s: %s, want %s", name, got, want)
	}
}

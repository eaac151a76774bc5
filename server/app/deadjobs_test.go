package app_test

import (
	"context"
	"net/http"
	"testing"

	"themeday/server/jobs"
)

// wrongJobs is what can be got wrong about work that was given up.
func wrongJobs() []wrong {
	const dead = "/api/v1/dead-jobs"
	return []wrong{
		{name: "dead jobs, by a secretary", who: "本书记", method: get, path: dead, status: 404, code: "not_found"},
		{name: "dead jobs from nonsense on", who: "区管理", method: get, path: dead + "?after=nonsense", status: 400, code: "bad_cursor"},
		{name: "none of the dead jobs", who: "区管理", method: get, path: dead + "?limit=0", status: 400, code: "invalid_input"},
		{name: "retry of nothing", who: "区管理", method: post, path: dead + "/zzz/retry", status: 404, code: "not_found"},
		{name: "retry of a member", who: "区管理", method: post, path: dead + "/{member}/retry", status: 404, code: "not_found"},
	}
}

// TestDeadJobs: who administers the district sees what was given up, and has it tried again, once.
func TestDeadJobs(t *testing.T) {
	w := newWorld(t)
	broken, runs := true, 0
	w.app.Queue.Handle("test.work", func(context.Context, jobs.Job) error {
		if runs++; broken {
			return jobs.GiveUp(nil)
		}
		return nil
	})
	work := func() {
		t.Helper()
		if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.app.Queue.Enqueue(t.Context(), w.app.DB.Write(), jobs.Job{Kind: "test.work"}, jobs.Job{Kind: "test.work"}); err != nil {
		t.Fatal(err)
	}
	work()
	admin := w.as("区管理")
	page := admin.want(http.StatusOK, get, "/api/v1/dead-jobs?limit=1", nil)
	first, next := page.get("items.0.id"), page.get("next")
	if page.get("items.0.title") != "其他后台工作" || page.get("items.0.attempts") != "1" || next != first {
		t.Errorf("first page %s", page.Text)
	}
	if rest := admin.want(http.StatusOK, get, "/api/v1/dead-jobs?after="+next, nil); len(rest.list("items")) != 1 || rest.get("next") != "" {
		t.Errorf("second page %s", rest.Text)
	}
	broken = false
	admin.want(http.StatusNoContent, post, "/api/v1/dead-jobs/"+first+"/retry", nil)
	admin.want(http.StatusNotFound, post, "/api/v1/dead-jobs/"+first+"/retry", nil)
	work()
	if left := admin.want(http.StatusOK, get, "/api/v1/dead-jobs", nil); len(left.list("items")) != 1 || runs != 3 {
		t.Errorf("%d runs, then %s", runs, left.Text)
	}
}

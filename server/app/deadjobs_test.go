package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

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
		{name: "retry of all, by a secretary", who: "本书记", method: post, path: dead + "/retry", status: 404, code: "not_found"},
		{name: "drop without a reason", who: "区管理", method: post, path: dead + "/{member}/drop", body: `{"reason":"  "}`, status: 400, code: "reason_required"},
		{name: "drop for too long a reason", who: "区管理", method: post, path: dead + "/{member}/drop", body: `{"reason":"` + strings.Repeat("因", 101) + `"}`, status: 400, code: "invalid_input"},
		{name: "drop of nothing", who: "区管理", method: post, path: dead + "/zzz/drop", body: `{"reason":"过期"}`, status: 404, code: "not_found"},
		{name: "drop by a secretary", who: "本书记", method: post, path: dead + "/zzz/drop", body: `{"reason":"过期"}`, status: 404, code: "not_found"},
		{name: "retry of a member", who: "区管理", method: post, path: dead + "/{member}/retry", status: 404, code: "not_found"},
	}
}

// TestDeadJobs: who administers the district sees what was given up and why, has it tried again, one or all, or drops it
// for a reason that others can read.
func TestDeadJobs(t *testing.T) {
	w := newWorld(t)
	w.published("本村")
	broken := true
	w.app.Queue.Handle("test.work", func(context.Context, jobs.Job) error {
		if broken {
			return jobs.GiveUp(nil)
		}
		return nil
	})
	var reminder string
	err := w.app.DB.Read().NewRaw("SELECT payload FROM jobs WHERE kind = 'remind.expand'").Scan(t.Context(), &reminder)
	if err != nil {
		t.Fatal(err)
	}
	w.app.Queue.Handle("remind.expand", func(context.Context, jobs.Job) error { panic("a mistake") })
	for range 3 {
		if err := w.app.Queue.Enqueue(t.Context(), w.app.DB.Write(), jobs.Job{Kind: "test.work"}); err != nil {
			t.Fatal(err)
		}
	}
	w.live(12 * time.Hour)
	admin := w.as("区管理")
	page := admin.want(http.StatusOK, get, "/api/v1/dead-jobs?limit=1", nil)
	if got := page.get("items.0.subject") + " " + page.get("items.0.trouble"); got != "“十二月主题党日”的活动通知 broken" {
		t.Errorf("the first is about %q: %s", got, page.Text)
	}
	rest := admin.want(http.StatusOK, get, "/api/v1/dead-jobs?after="+page.get("next"), nil)
	if len(rest.list("items")) != 3 || rest.get("next") != "" || rest.get("items.0.title") != "其他后台工作" || rest.get("items.0.trouble") != "hopeless" {
		t.Errorf("the others: %s", rest.Text)
	}
	one, two := "/api/v1/dead-jobs/"+rest.get("items.0.id"), "/api/v1/dead-jobs/"+rest.get("items.1.id")
	admin.want(http.StatusNoContent, post, one+"/retry", nil)
	admin.want(http.StatusNotFound, post, one+"/retry", nil)
	admin.want(http.StatusNoContent, post, two+"/drop", map[string]string{"reason": " 活动已取消 "})
	admin.want(http.StatusNotFound, post, two+"/drop", map[string]string{"reason": "活动已取消"})
	admin.want(http.StatusNotFound, post, two+"/retry", nil)
	w.due()
	left := admin.want(http.StatusOK, get, "/api/v1/dead-jobs", nil)
	if got := left.get("dropped.0.byName") + " " + left.get("dropped.0.reason"); len(left.list("items")) != 3 || got != "区管理 活动已取消" {
		t.Errorf("then %s", left.Text)
	}
	if _, err := w.app.DB.Write().NewRaw("UPDATE reminders SET event_id = 1").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	lost := admin.want(http.StatusOK, get, "/api/v1/dead-jobs", nil) // what cannot be read may be what the job died of
	if len(lost.list("items")) != 3 || lost.get("items.0.title") != left.get("items.0.title") || lost.get("items.0.subject") != "" {
		t.Errorf("without its event %s", lost.Text)
	}
	broken = false
	if all := admin.want(http.StatusOK, post, "/api/v1/dead-jobs/retry", nil); all.get("retried") != "3" {
		t.Errorf("all: %s", all.Text)
	}
}

package app_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"themeday/server/app"
)

const audits = "/api/v1/audit"

// wrongAudit is what can be got wrong about the record of what was done, and about one's own data.
func wrongAudit() []wrong {
	return append(wrongData(), []wrong{
		{name: "audit, by a member", who: "本党员", method: get, path: audits, status: 403, code: "forbidden"},
		{name: "audit of nonsense", who: "本书记", method: get, path: audits + "?org=zzz", status: 404, code: "not_found"},
		{name: "audit of a sibling", who: "邻书记", method: get, path: audits + "?org={org}", status: 404, code: "not_found"},
		{name: "audit of nobody", who: "本书记", method: get, path: audits + "?member=zzz", status: 400, code: "invalid_input"},
		{name: "audit of dreams", who: "本书记", method: get, path: audits + "?action=role.dreamt", status: 400, code: "invalid_input"},
		{name: "audit since never", who: "本书记", method: get, path: audits + "?from=never", status: 400, code: "invalid_input"},
		{name: "audit from nonsense on", who: "本书记", method: get, path: audits + "?after=1.zzz", status: 400, code: "bad_cursor"},
		{name: "audit export since never", who: "本书记", method: get, path: audits + "/export?from=never", status: 400, code: "invalid_input"},
	}...)
}

// TestAudit: what a secretary does is read by the secretary, and not by the neighbours.
func TestAudit(t *testing.T) {
	w := newWorld(t)
	secretary := w.as("本书记")
	event := w.published("本村", "客村")
	w.clock.Advance(time.Minute)
	secretary.want(http.StatusOK, put, event+"/attendance/"+w.ids["本党员"].String(), map[string]string{"status": "sick"})
	secretary.want(http.StatusOK, put, event+"/attendance/"+w.ids["本党员"].String(), map[string]string{"status": "duty"})
	w.clock.Advance(time.Minute)
	for range 2 {
		secretary.want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/members", nil)
	}
	secretary.want(http.StatusOK, post, event+"/cancel", map[string]string{"reason": "大雨，请打13800010001"})

	list := secretary.want(http.StatusOK, get, audits, nil)
	var titles []string
	for i := range list.list("items") {
		titles = append(titles, list.get("items."+string(rune('0'+i))+".title"))
	}
	if got := strings.Join(titles, " "); got != "取消活动 查看党员名单 更正签到 发布活动" {
		t.Fatalf("on record: %s\n%s", got, list.Text)
	}
	if strings.Contains(list.Text, "13800010001") || list.get("items.0.by.name") != "本书记" || list.get("items.0.network") == "" || list.get("items.2.subject") != "本党员" {
		t.Errorf("entries %s", list.Text)
	}
	correction := secretary.want(http.StatusOK, get, audits+"?action=attendance&member="+w.ids["本党员"].String(), nil)
	if len(correction.list("items")) != 1 || !strings.Contains(correction.Text, "病假") || !strings.Contains(correction.Text, "公假") {
		t.Errorf("corrections %s", correction.Text)
	}
	if other := w.as("邻书记").want(http.StatusOK, get, audits, nil); len(other.list("items")) != 0 {
		t.Errorf("a neighbour reads %s", other.Text)
	}
}

// TestAuditVerify: the command finds a chain whole, and then not, and says so with its exit status.
func TestAuditVerify(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "audit.db")
	a, err := app.New(t.Context(), settings(t, dsn), slog.New(slog.DiscardHandler), app.WithoutDemo())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.DB.Exec(t.Context(), `INSERT INTO audit_entries (at, user_id, member_id, action, subject_kind, subject_id, org_path, request_id, network, detail)
VALUES (1, 0, 0, 'job.retried', 'job', 1, '', '', '', '{}')`); err != nil {
		t.Fatal(err)
	}
	if err := a.Sealer.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	verify := func(more ...string) (int, string) {
		var out bytes.Buffer
		status := app.Main(append([]string{"audit", "verify", "-database-dsn", dsn}, more...), nil, &out, &out)
		return status, out.String()
	}
	if status, out := verify(); status != 0 || !strings.Contains(out, "checked 1 entries") || !strings.Contains(out, "kept elsewhere: 1:") {
		t.Errorf("whole: %d, %s", status, out)
	}
	if status, out := verify("7"); status == 0 || !strings.Contains(out, "SEQ:HASH") {
		t.Errorf("no anchor: %d, %s", status, out)
	}
	if _, err := a.DB.Exec(t.Context(), "UPDATE audit_entries SET member_id = 7"); err != nil {
		t.Fatal(err)
	}
	if status, out := verify(); status == 0 || !strings.Contains(out, "BROKEN after 0 good entries: entry 1 ") {
		t.Errorf("edited: %d, %s", status, out)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

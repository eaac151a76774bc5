package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"themeday/server/app"
	"themeday/server/remind"
	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// TestTemplatesCheck runs the command against an account that is as the file says, and against one that is not.
func TestTemplatesCheck(t *testing.T) {
	run := func(env ...string) (status int, out string) {
		var stdout, stderr bytes.Buffer
		status = app.Main([]string{"templates", "check"}, env, &stdout, &stderr)
		return status, stdout.String() + stderr.String()
	}
	status, out := run()
	if status != 0 || !strings.Contains(out, "0 problems") || !strings.Contains(out, "活动名称") {
		t.Errorf("demonstration: %d %s", status, out)
	}
	bare := sim.New(sim.Options{})
	if _, err := bare.AddTemplate(sim.Template{ID: "demo-published-0000000000000000000000000000", Title: "活动通知", Content: "名称：{{thing1.DATA}}\n费用：{{amount9.DATA}}"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(bare.API())
	t.Cleanup(server.Close)
	status, out = run("THEMEDAY_WECHAT_API_URL=" + server.URL)
	for _, want := range []string{
		"published: the label is 活动名称 in the file and 名称 on the account", "published: the account's template has no key time2",
		"published: the account's template also has the key amount9", "cancelled: the account has no template with this id",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %s", want, out)
		}
	}
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
	server.Close()
	if status, out = run("THEMEDAY_WECHAT_API_URL=" + server.URL); status != 1 || !strings.Contains(out, "could not be read") {
		t.Errorf("WeChat away: %d %s", status, out)
	}
}

// atPlatform builds the program at a WeChat that is simulated outside of it.
func atPlatform(t *testing.T) *app.App {
	t.Helper()
	platform := httptest.NewServer(sim.New(sim.Options{}).API())
	t.Cleanup(platform.Close)
	cfg := settings(t, storetest.SQLiteDSN(t))
	cfg.WeChat.APIURL = platform.URL
	a, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.WithoutDemo())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.WithoutCancel(t.Context())) })
	return a
}

// TestTemplateProblemsDoNotStopTheServer: it is ready, and says what is wrong.
func TestTemplateProblemsDoNotStopTheServer(t *testing.T) {
	a := atPlatform(t)
	ready := func() (status, notes int) {
		recorder := httptest.NewRecorder()
		a.API.Handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), get, "/readyz", nil))
		var answer struct{ Notes []string }
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		return recorder.Code, len(answer.Notes)
	}
	if status, notes := ready(); status != http.StatusOK || notes != 0 {
		t.Errorf("before the check: %d with %d notes", status, notes)
	}
	if _, err := a.Remind.CheckTemplates(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, notes := ready(); status != http.StatusOK || notes < len(remind.Kinds()) {
		t.Errorf("after it: %d with %d notes", status, notes)
	}
}

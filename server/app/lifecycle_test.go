package app_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/store/storetest"
)

// lastWord is how long a server that has been told to stop may take, with requests in flight.
const lastWord = time.Second

// TestStopFinishesWhatIsInFlight stops a server while logins wait for WeChat, a screen follows an event and an idle
// connection stands open. The logins get their answers.
func TestStopFinishesWhatIsInFlight(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := serving(t, demo(t, storetest.SQLiteDSN(t)))
			secretary := p.as(p.who("secretary").ID)
			newScreen(t, p.base, secretary.token, p.opened(secretary, secretary.want(http.StatusOK, http.MethodGet, "/api/v1/me", nil).get("member.orgId")))
			idle, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer idle.Close()
			statuses := p.whileLoggingIn(p, func() {
				elapsed := clock.Stopwatch()
				p.signal(sig)
				if status := p.wait(); status != 0 {
					t.Errorf("exit status %d\n%s", status, p.log)
				}
				if took := elapsed(); took > lastWord {
					t.Errorf("took %s to stop", took)
				}
			})
			for _, status := range statuses {
				if status != http.StatusCreated {
					t.Errorf("a login in flight was answered with %d, want 201", status)
				}
			}
		})
	}
}

// whileLoggingIn runs f while ten logins wait for a slow WeChat, that of phones, and returns how each was answered: 0 for
// not at all.
func (p *program) whileLoggingIn(phones *program, f func()) []int {
	p.t.Helper()
	const logins = 10
	statuses, codes := make([]int, logins), make([]string, logins)
	person := phones.who("member").ID
	for i := range codes {
		code, err := phones.loginCode(person)
		if err != nil {
			p.t.Fatal(err)
		}
		codes[i] = code
	}
	visitor{p: phones}.want(http.StatusOK, http.MethodPost, "/__sim/faults", map[string]any{"endpoint": "login", "delay": "300ms", "times": logins})
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		inParallel(logins, func(i int) {
			if a, err := (visitor{p: p}).try(http.MethodPost, "/api/v1/session", map[string]string{"code": codes[i]}); err == nil {
				statuses[i] = a.Status
			}
		})
	}()
	eventually(p.t, "the logins to be in flight", func() bool {
		a, err := visitor{p: phones}.try(http.MethodGet, "/__sim/faults", nil)
		return err == nil && len(a.list("items")) == 0 // each hit of the fault is a login that waits
	})
	f()
	<-answered
	return statuses
}

func TestSecondStartKeepsTheData(t *testing.T) {
	env := demo(t, storetest.EmptySQLiteDSN(t)) // the first one makes the tables
	p := serving(t, env)
	admin := p.as(p.who("admin").ID)
	head := admin.want(http.StatusOK, http.MethodGet, "/api/v1/orgs?limit=1", nil).get("items.0.memberCount")
	people := p.people()
	events := admin.want(http.StatusOK, http.MethodGet, "/api/v1/events?limit=100&when=upcoming&scope=run", nil).list("items")
	path := p.opened(admin, admin.want(http.StatusOK, http.MethodGet, "/api/v1/me", nil).get("roles.0.orgId"))
	p.signal(syscall.SIGTERM)
	p.wait()

	again := serving(t, env)
	admin = admin.at(again)
	if now := again.people(); len(now) != len(people) || now[0].ID != people[0].ID || !now[0].Bound {
		t.Errorf("%d people, %+v first; before %d, %+v", len(now), now[0], len(people), people[0])
	}
	if now := admin.want(http.StatusOK, http.MethodGet, "/api/v1/orgs?limit=1", nil).get("items.0.memberCount"); now != head || now == "0" {
		t.Errorf("the district has %s members, before %s", now, head)
	}
	now := admin.want(http.StatusOK, http.MethodGet, "/api/v1/events?limit=100&when=upcoming&scope=run", nil).list("items")
	if len(now) != len(events)+1 {
		t.Errorf("%d events to come, want the %d of before and the one that was made", len(now), len(events))
	}
	admin.want(http.StatusOK, http.MethodGet, path, nil)
	again.as(again.who("secretary").ID)
}

// refusal is a start that must not succeed.
type refusal struct {
	name   string
	env    []string
	args   []string
	status int
	says   []string
	hides  []string
}

func refusals(t *testing.T) []refusal {
	t.Helper()
	newer := storetest.SQLiteDSN(t)
	if _, err := storetest.Open(t, newer).Write().ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99901, 1)"); err != nil {
		t.Fatal(err)
	}
	return []refusal{
		{
			name: "production with everything wrong",
			env: []string{
				"THEMEDAY_MODE=production", "THEMEDAY_ADDR=nowhere", "THEMEDAY_PUBLIC_URL=http://party.example", "THEMEDAY_WECHAT_SIMULATOR=true",
				"THEMEDAY_WECHAT_API_URL=http://127.0.0.1:1/__sim/wx", "THEMEDAY_LOG_LEVEL=loud", "THEMEDAY_LOG_FORMAT=xml", "THEMEDAY_WORKERS=0",
				"THEMEDAY_TRUSTED_PROXIES=everybody", "THEMEDAY_SHUTDOWN_TIMEOUT=-1s", "THEMEDAY_LIMIT_SESSION_RATE=0",
				"THEMEDAY_DATABASE_DSN=postgres://root:geheim@localhost/x",
			},
			status: 1,
			says: []string{
				"secret is the demonstration's", "wechat.simulator", "wechat.api_url", "wechat.app_id", "wechat.app_secret", "https://", "addr is",
				"log_level", "log_format", "workers", "trusted_proxies", "shutdown_timeout", "limits", "database_dsn",
			},
			hides: []string{"geheim", "themeday-demo-secret"},
		},
		{
			name: "production with a short secret", status: 1, says: []string{"secret must have at least 32"}, hides: []string{"kurzes-geheim"},
			env: []string{
				"THEMEDAY_MODE=production", "THEMEDAY_SECRET=kurzes-geheim", "THEMEDAY_PUBLIC_URL=https://party.example",
				"THEMEDAY_WECHAT_APP_ID=wx1", "THEMEDAY_WECHAT_APP_SECRET=streng-geheim", "THEMEDAY_DATABASE_DSN=sqlite:x",
			},
		},
		{
			name: "a demonstration for everybody", status: 1, says: []string{"this machine only"},
			env: []string{"THEMEDAY_ADDR=0.0.0.0:0"},
		},
		{
			name: "a setting that is no number", status: 1, says: []string{"Workers"}, // the name of the field is what the operator sees
			env: []string{"THEMEDAY_WORKERS=many"},
		},
		{
			name: "a secret file that is missing", status: 1, says: []string{"THEMEDAY_SECRET_FILE"},
			env: []string{"THEMEDAY_SECRET_FILE=/nowhere/secret"},
		},
		{
			name: "database away", status: 1, says: []string{"the mysql database cannot be reached"}, hides: []string{"geheim", "goroutine"},
			env: demo(t, "mysql:root:geheim@tcp(127.0.0.1:1)/themeday"),
		},
		{
			name: "database in a folder that cannot be made", status: 1, says: []string{"folder of the database"},
			env: demo(t, "sqlite:/dev/null/x/themeday.db"),
		},
		{name: "newer database", env: demo(t, newer), status: 1, says: []string{"newer version of this program"}},
		{name: "unknown command", env: demo(t, newer), args: []string{"dance"}, status: 2, says: []string{"Commands:"}},
		{name: "unknown flag", args: []string{"-dance"}, status: 2, says: []string{"-dance", "Commands:"}},
		{
			name: "port in use", status: 1, says: []string{"address already in use"},
			env: append(demo(t, storetest.SQLiteDSN(t)), "THEMEDAY_ADDR="+taken(t)),
		},
	}
}

// taken returns an address on which somebody listens until the test ends.
func taken(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func TestRefusesToStart(t *testing.T) {
	for _, r := range refusals(t) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, r.env, r.args...)
			if status := p.wait(); status != r.status {
				t.Errorf("exit status %d, want %d", status, r.status)
			}
			said := p.log.String() + p.out.String()
			contains(t, "the answer", said, r.says...)
			for _, secret := range append(r.hides, "goroutine ", "panic", ".go:") {
				if strings.Contains(said, secret) {
					t.Errorf("the answer shows %q:\n%s", secret, said)
				}
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	for arg, says := range map[string][]string{
		"-h":      {"serve", "import FILE", "openapi", "healthcheck", "-addr", "-database-dsn", "-config"},
		"version": {"themeday "},
	} {
		p := launch(t, nil, arg)
		if status := p.wait(); status != 0 {
			t.Errorf("%s: exit status %d", arg, status)
		}
		contains(t, arg, p.log.String()+p.out.String(), says...)
	}
}

// TestContractIsPrinted compares what the subcommand prints with what a running server serves and can do.
func TestContractIsPrinted(t *testing.T) {
	p := launch(t, nil, "openapi")
	if status := p.wait(); status != 0 || p.log.String() != "" {
		t.Fatalf("exit status %d: %s", status, p.log)
	}
	w := newWorld(t)
	if served := w.nobody().want(http.StatusOK, http.MethodGet, "/api/v1/openapi.yaml", nil); served.Text != p.out.String() {
		t.Error("the server serves another contract than it prints")
	}
	for _, op := range w.app.API.Operations() {
		if !op.Raw {
			contains(t, "the contract", p.out.String(), "operationId: "+op.ID+"\n", op.Path+":\n")
		}
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	p := serving(t, demo(t, storetest.SQLiteDSN(t)))
	at := "THEMEDAY_ADDR=" + strings.TrimPrefix(p.base, "http://")
	if status := launch(t, []string{at}, "healthcheck").wait(); status != 0 {
		t.Errorf("healthy server: exit status %d", status)
	}
	p.kill()
	if status := launch(t, []string{at}, "healthcheck").wait(); status != 1 {
		t.Errorf("dead server: exit status %d, want 1", status)
	}
}

const goodTree = `
name: 某区委
kind: district
theme_day: 15
orgs:
  - name: 某乡党委
    kind: committee
    orgs:
      - name: 某村党支部
        kind: branch
        members:
          - {name: 王书记, phone: "199 0000 0001", roles: [secretary, "admin@某区委"]}
          - {name: 李大爷, standing: long_illness}
          - {name: 小张, phone: "+86 19900000002", kind: probationary}
`

func TestImport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := demo(t, storetest.SQLiteDSN(t))
	for _, tt := range []struct {
		name, file string
		status     int
		says       string
	}{
		{"no file", "", 1, "needs a file"},
		{"missing file", filepath.Join(dir, "nothing"), 1, "no such file"},
		{"no YAML", file("a", "name: [某区"), 1, "not found"},
		{"unknown word", file("b", goodTree+"secretary: 王\n"), 1, "secretary"},
		{"unknown kind", file("c", strings.Replace(goodTree, "kind: branch", "kind: club", 1)), 1, `"某村党支部" has the unknown kind "club"`},
		{"bad number", file("d", strings.Replace(goodTree, "199 0000 0001", "0558-1234567", 1)), 1, "the phone number of 王书记 in 某村党支部 is none"},
		{"unknown role", file("e", strings.Replace(goodTree, "[secretary,", "[boss,", 1)), 1, `unknown role "boss"`},
		{"role elsewhere", file("f", strings.Replace(goodTree, "admin@某区委", "admin@别区委", 1)), 1, `"别区委", which is not above`},
		{"good", file("g", goodTree), 0, "imported 某区委"},
		{"twice", file("h", goodTree), 1, "not empty"},
	} {
		p := launch(t, env, "import", tt.file)
		if status := p.wait(); status != tt.status {
			t.Errorf("%s: exit status %d, want %d: %s", tt.name, status, tt.status, p.log)
		}
		said := p.log.String() + p.out.String()
		contains(t, tt.name, said, tt.says)
		if strings.Contains(said, "0558-1234567") {
			t.Errorf("%s shows the number", tt.name)
		}
	}
	// the server then serves what was imported: nobody was made up beside it, and who has no phone can be nobody on one
	p := serving(t, env)
	var names bytes.Buffer
	for _, f := range p.people() {
		if f.Roles[0] != "resident" {
			fmt.Fprintf(&names, "%s %v; ", f.Name, f.Bound)
		}
	}
	if names.String() != "王书记 false; 小张 false; " {
		t.Errorf("people: %s", names.String())
	}
}

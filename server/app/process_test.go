package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything real — a process, a socket — may take before the test gives up. It is far more than is
// needed: a busy machine must not fail a test.
const patience = 30 * time.Second

// buildDir holds the server's binary for all tests of a run.
var buildDir string

func TestMain(m *testing.M) { os.Exit(inBuildDir(m.Run)) }

func inBuildDir(run func() int) int {
	var err error
	if buildDir, err = os.MkdirTemp("", "themeday-binary"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(buildDir)
	return run()
}

// built builds the server once, as it is shipped: without cgo and without the race detector.
var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(buildDir, "themeday")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-buildvcs=false", "-o", binary, module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return binary, nil
})

// program is one run of the binary.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *lockedBuffer
	log  *watchedLog
	done chan struct{} // closed when the process has ended
	base string        // "http://127.0.0.1:PORT" once it is ready
	http *http.Client
}

var readyLine = regexp.MustCompile(`msg=ready addr=(\S+) `)

// watchedLog collects what the process says and notices when it is ready.
type watchedLog struct {
	lockedBuffer
	ready chan string // receives the address
	once  sync.Once
}

func (l *watchedLog) Write(p []byte) (int, error) {
	n, err := l.lockedBuffer.Write(p)
	if found := readyLine.FindStringSubmatch(l.String()); found != nil {
		l.once.Do(func() { l.ready <- found[1] })
	}
	return n, err
}

// launch starts the binary with nothing but these settings and arguments. Whatever still runs at the end is killed.
func launch(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{
		t: t, out: &lockedBuffer{}, log: &watchedLog{ready: make(chan string, 1)}, done: make(chan struct{}),
		http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
	}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), binary, args...)
	p.cmd.Dir = "../.." // where the templates' default path begins
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append([]string{"HOME=" + t.TempDir()}, env...), p.out, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start: %v", err)
	}
	go func() {
		_ = p.cmd.Wait() // the status is in ProcessState
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		p.wait()
		p.http.CloseIdleConnections()
	})
	return p
}

// demo is the settings of a demonstration on a database.
func demo(t *testing.T, dsn string, more ...string) []string {
	t.Helper()
	return append([]string{
		"THEMEDAY_ADDR=127.0.0.1:0", "THEMEDAY_DATA_DIR=" + t.TempDir(), "THEMEDAY_CLIENT_DIR=" + t.TempDir(),
		"THEMEDAY_DATABASE_DSN=" + dsn, "THEMEDAY_PUBLIC_URL=http://party.example",
	}, more...)
}

// serving launches the binary and waits until it is ready.
func serving(t *testing.T, env []string) *program {
	t.Helper()
	p := launch(t, env)
	p.awaitReady()
	return p
}

func (p *program) awaitReady() {
	p.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case addr := <-p.log.ready:
		p.base = "http://" + addr
	case <-p.done:
		p.t.Fatalf("ended before it was ready: %s\n%s", p.cmd.ProcessState, p.log)
	case <-timer.C:
		p.t.Fatalf("not ready in time\n%s", p.log)
	}
}

func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %v: %v", s, err)
	}
}

// wait returns the exit status when the process has ended; -1 when a signal ended it.
func (p *program) wait() int {
	p.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-timer.C:
		p.t.Fatalf("does not end\n%s", p.log)
		return -1
	}
}

// kill ends the process as a power cut would, as far as a process can feel one.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	p.wait()
}

// eventually waits until the condition holds. The pause between two looks is only for the processor's sake.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !holds() {
		look := time.NewTimer(5 * time.Millisecond)
		select {
		case <-look.C:
		case <-ctx.Done():
			look.Stop()
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// visitor is one person's phone on a real connection to a program.
type visitor struct {
	p     *program
	token string
}

// try sends a request with a JSON body (nil for none). The error is a connection that broke.
func (v visitor) try(method, path string, body any) (answer, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(v.p.t.Context(), method, v.p.base+path, reader)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		request.Header.Set("Authorization", "Bearer "+v.token)
	}
	response, err := v.p.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

// want sends a request and fails the test unless it is answered with the status.
func (v visitor) want(status int, method, path string, body any) answer {
	v.p.t.Helper()
	a, err := v.try(method, path, body)
	if err != nil || a.Status != status {
		v.p.t.Fatalf("%s %s: %d, want %d: %s %v", method, path, a.Status, status, a.Text, err)
	}
	return a
}

// at is the same session at another server.
func (v visitor) at(p *program) visitor { return visitor{p, v.token} }

// figure is somebody of the simulated WeChat.
type figure struct {
	ID, Name, Org string
	Roles         []string
	Bound         bool
}

// people returns who can be played, in roster order.
func (p *program) people() []figure {
	p.t.Helper()
	var body struct{ Items []figure }
	a := visitor{p: p}.want(http.StatusOK, http.MethodGet, "/__sim/people", nil)
	if err := json.Unmarshal([]byte(a.Text), &body); err != nil {
		p.t.Fatal(err)
	}
	return body.Items
}

// who returns the first bound person whose first role it is.
func (p *program) who(role string) figure {
	p.t.Helper()
	for _, f := range p.people() {
		if f.Bound && f.Roles[0] == role {
			return f
		}
	}
	p.t.Fatalf("nobody is %s", role)
	return figure{}
}

// loginCode takes a login code from the simulator, which may be another server's.
func (p *program) loginCode(person string) (string, error) {
	a, err := visitor{p: p}.try(http.MethodPost, "/__sim/login-codes", map[string]string{"person": person})
	return a.get("code"), err
}

// as logs a person in who is known to this server's own simulator.
func (p *program) as(person string) visitor {
	p.t.Helper()
	v, err := p.login(person)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

func (p *program) login(person string) (visitor, error) { return p.loginWith(p, person) }

// loginWith logs a person of another server's simulator in.
func (p *program) loginWith(phones *program, person string) (visitor, error) {
	code, err := phones.loginCode(person)
	if err != nil {
		return visitor{}, err
	}
	a, err := visitor{p: p}.try(http.MethodPost, "/api/v1/session", map[string]string{"code": code})
	if err != nil || a.Status != http.StatusCreated {
		return visitor{}, errors.Join(err, fmt.Errorf("login: %d %s", a.Status, a.Text))
	}
	return visitor{p, a.get("token")}, nil
}

// opened makes and publishes an event to which everybody below the host can check in now, and returns its path.
func (p *program) opened(by visitor, host string) string {
	p.t.Helper()
	now, err := time.Parse(time.RFC3339, by.want(http.StatusOK, http.MethodGet, "/api/v1/me", nil).get("serverTime"))
	if err != nil {
		p.t.Fatal(err)
	}
	made := by.want(http.StatusCreated, http.MethodPost, "/api/v1/events", map[string]any{
		"kind": "theme_day", "title": "全区主题党日", "hostOrgId": host, "place": map[string]any{"name": "区会议中心"},
		"startsAt": now.Add(10 * time.Minute), "endsAt": now.Add(2 * time.Hour),
		"reminders": map[string]bool{"published": false, "dayBefore": false},
	})
	path := "/api/v1/events/" + made.get("id")
	by.want(http.StatusOK, http.MethodPost, path+"/publish", nil)
	return path
}

// inParallel calls f once for every number below n, all at the same time, and waits for all.
func inParallel(n int, f func(i int)) {
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	group.Wait()
}

// contains reports every part that a text should have and has not.
func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not contain %q:\n%s", what, part, text)
		}
	}
}

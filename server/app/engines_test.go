package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver with which the tests trouble their own database
)

// engine is a database or cache server of one test alone, so that it can be killed.
type engine struct {
	t       *testing.T
	command []string
	port    int
	cmd     *exec.Cmd
	done    chan struct{}
	answers func(address string) error // nil when the server takes requests
}

// address is where the engine listens, before and after every restart.
func (e *engine) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(e.port)) }

func (e *engine) start() {
	e.t.Helper()
	e.cmd = exec.CommandContext(context.WithoutCancel(e.t.Context()), e.command[0], e.command[1:]...) //nolint:gosec // the test's own command
	if err := e.cmd.Start(); err != nil {
		e.t.Fatalf("start %s: %v", e.command[0], err)
	}
	done := make(chan struct{})
	e.done = done
	cmd := e.cmd
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	eventually(e.t, e.command[0]+" to answer", func() bool { return e.answers(e.address()) == nil })
}

// kill ends the engine as a power cut would.
func (e *engine) kill() {
	_ = e.cmd.Process.Kill()
	<-e.done
}

// stall stops the engine without closing anything, until wake.
func (e *engine) stall() { _ = e.cmd.Process.Signal(syscall.SIGSTOP) }
func (e *engine) wake()  { _ = e.cmd.Process.Signal(syscall.SIGCONT) }

// found returns the path of a program, also where Debian keeps servers.
func found(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener
}

// privateMariaDB starts a MariaDB with an empty database "themeday" and a lock-wait limit of a second.
func privateMariaDB(t *testing.T) *engine {
	t.Helper()
	server, install := found(t, "mariadbd"), found(t, "mariadb-install-db")
	dir, err := os.MkdirTemp("", "themeday-db") // short: the path of a socket has at most 107 characters
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--innodb-log-file-size=16M"}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	made := exec.CommandContext(t.Context(), install, append(args, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")...) //nolint:gosec // found above
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("prepare MariaDB: %v\n%s", err, out)
	}
	script := filepath.Join(dir, "init.sql")
	text := "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1';\nGRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\nCREATE DATABASE IF NOT EXISTS themeday CHARACTER SET utf8mb4;\n"
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &engine{t: t, port: freePort(t), answers: func(address string) error {
		db, err := sql.Open("mysql", "root@tcp("+address+")/themeday?timeout=1s")
		if err != nil {
			return err
		}
		defer db.Close()
		return db.PingContext(t.Context())
	}}
	e.command = append([]string{server}, append(args, "--port="+strconv.Itoa(e.port), "--bind-address=127.0.0.1", "--socket="+filepath.Join(dir, "s"),
		"--pid-file="+filepath.Join(dir, "pid"), "--skip-name-resolve", "--init-file="+script, "--max-connections=300",
		"--innodb-lock-wait-timeout=1", "--log-error="+filepath.Join(dir, "log"))...)
	e.start()
	t.Cleanup(e.kill)
	return e
}

// privateRedis starts a Redis that keeps nothing.
func privateRedis(t *testing.T) *engine {
	t.Helper()
	server := found(t, "redis-server")
	e := &engine{t: t, port: freePort(t), answers: func(address string) error { return redisCommand(t.Context(), address, "PING", "+PONG\r\n") }}
	e.command = []string{server, "--bind", "127.0.0.1", "--port", strconv.Itoa(e.port), "--dir", t.TempDir(), "--save", "", "--appendonly", "no"}
	e.start()
	t.Cleanup(e.kill)
	return e
}

// redisCommand sends one command and compares the answer.
func redisCommand(ctx context.Context, address, command, want string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return err
	}
	reply := make([]byte, len(want))
	if _, err := io.ReadFull(conn, reply); err != nil || string(reply) != want {
		return fmt.Errorf("%s: %q %w", command, reply, err)
	}
	return nil
}

// wire is a network between a server and its database that can be cut, or carry nothing for a while.
type wire struct {
	listener net.Listener
	target   string
	silent   atomic.Bool

	mu    sync.Mutex
	ends  map[net.Conn]bool
	awake *sync.Cond
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: target, ends: map[net.Conn]bool{}}
	w.awake = sync.NewCond(&w.mu)
	go w.accept(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		_ = l.Close()
		w.speak()
		w.cut()
	})
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

func (w *wire) accept(ctx context.Context) {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.ends[near], w.ends[far] = true, true
		w.mu.Unlock()
		go w.carry(near, far)
		go w.carry(far, near)
	}
}

// carry moves bytes one way until either end is closed.
func (w *wire) carry(from, to net.Conn) {
	defer w.drop(from, to)
	chunk := make([]byte, 32<<10)
	for {
		n, err := from.Read(chunk)
		w.untilHeard()
		if n > 0 {
			if _, err := to.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) untilHeard() {
	if !w.silent.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.silent.Load() {
		w.awake.Wait()
	}
}

func (w *wire) drop(ends ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		_ = end.Close()
		delete(w.ends, end)
	}
}

// cut breaks all connections; new ones may be made at once.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for end := range w.ends {
		_ = end.Close()
	}
}

// hush carries nothing any more, and says nothing about it, until speak.
func (w *wire) hush() { w.silent.Store(true) }

func (w *wire) speak() {
	w.silent.Store(false)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.awake.Broadcast()
}

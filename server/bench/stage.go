package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// engine is a kind of database.
type engine struct {
	name string
	// fresh returns the DSN of an empty database, and how to drop it.
	fresh func(ctx context.Context, dir, name string) (dsn string, drop func(), err error)
}

// engines are SQLite, and the first server of TEST_DSNS, which scripts/engines sets.
func engines() []engine {
	all := []engine{{"sqlite", func(_ context.Context, dir, name string) (string, func(), error) {
		return "sqlite:" + filepath.Join(dir, name+".db"), func() {}, nil
	}}}
	server, _, _ := strings.Cut(os.Getenv("TEST_DSNS"), ",")
	if server != "" {
		all = append(all, engine{"mysql", func(ctx context.Context, _, name string) (string, func(), error) {
			return freshOn(ctx, server, name)
		}})
	}
	return all
}

func freshOn(ctx context.Context, server, name string) (string, func(), error) {
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(server, "mysql:"))
	if err != nil {
		return "", nil, err
	}
	admin, err := store.Open(ctx, server)
	if err != nil {
		return "", nil, err
	}
	cfg.DBName = "themeday_bench_" + name + "_" + ident.NewSource(clock.System(), nil).New().String()
	_, err = admin.Exec(ctx, "CREATE DATABASE "+cfg.DBName)
	drop := func() {
		_, _ = admin.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+cfg.DBName) // the private server goes away anyway
		_ = admin.Close()
	}
	return "mysql:" + cfg.FormatDSN(), drop, err
}

// stage is the servers of one engine.
type stage struct {
	engine  engine
	dir     string
	plan    plan
	servers map[string]*server // by way
	drops   []func()
}

// server is one way, running.
type server struct {
	cmd   *exec.Cmd
	alive io.Closer // its standard input
	addr  string
	crew  *crew // who checks in there
}

func newStage(ctx context.Context, e engine, p plan) (*stage, error) {
	dir, err := os.MkdirTemp("", "themeday-bench")
	if err != nil {
		return nil, err
	}
	s := &stage{engine: e, dir: dir, plan: p, servers: map[string]*server{}}
	for _, way := range []string{"b", "c", "a"} {
		if err := s.start(ctx, way, nil); err != nil {
			s.close()
			return nil, fmt.Errorf("start %s: %w", way, err)
		}
	}
	return s, nil
}

// start prepares a database and a server for a way; before is done to the database in between.
func (s *stage) start(ctx context.Context, way string, before func(*crew) error) error {
	if way == "a" { // it needs no database: the requests are those for b
		return s.launch(ctx, way, "", s.servers["b"].crew)
	}
	dsn, drop, err := s.engine.fresh(ctx, s.dir, way)
	if drop != nil {
		s.drops = append(s.drops, drop)
	}
	if err != nil {
		return err
	}
	people, err := newCrew(ctx, dsn, s.plan.members)
	if err != nil {
		return err
	}
	s.drops = append(s.drops, people.close)
	if before != nil {
		if err := before(people); err != nil {
			return err
		}
	}
	return s.launch(ctx, way, dsn, people)
}

func (s *stage) launch(ctx context.Context, way, dsn string, people *crew) error {
	args := []string{way, dsn, s.dir}
	if way == "c" {
		args = append(args, s.plan.profile)
	}
	v, err := spawn(ctx, filepath.Join(s.dir, way+".log"), args...)
	if v != nil {
		v.crew = people
		s.servers[way] = v
	}
	return err
}

// spawn lets this program serve in a process of its own and waits for its address. The server is nil when none was started.
func spawn(ctx context.Context, logFile string, args ...string) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, append([]string{"serve"}, args...)...)
	cmd.Env, cmd.Stderr = append(os.Environ(), "THEMEDAY_BENCH=serve"), log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	alive, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	v := &server{cmd: cmd, alive: alive}
	if v.addr, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		text, _ := os.ReadFile(logFile)
		return v, fmt.Errorf("it did not start: %w\n%s", err, text)
	}
	v.addr = strings.TrimSpace(v.addr)
	return v, nil
}

// tick is the unit of processor time that Linux tells.
const tick = 10 * time.Millisecond

// processor returns how much processor time the server has used; 0 where /proc does not tell.
func (v *server) processor() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", v.cmd.Process.Pid))
	_, after, found := strings.Cut(string(text), ") ") // the name may hold spaces
	fields := strings.Fields(after)
	if err != nil || !found || len(fields) < 13 {
		return 0
	}
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * tick
}

// age starts one more c on a database with a past.
func (s *stage) age(ctx context.Context, p plan) error {
	return s.start(ctx, "aged", func(c *crew) error {
		return errors.Join(c.past(ctx, p.rows), c.plan(ctx, p.open))
	})
}

func (s *stage) close() {
	for _, v := range s.servers {
		v.end()
	}
	for _, drop := range s.drops {
		drop()
	}
	_ = os.RemoveAll(s.dir)
}

// end lets the process stop and waits for it.
func (v *server) end() {
	_ = v.alive.Close()
	_ = v.cmd.Wait()
}

// fastest bounds what is prepared: no way is faster than this many check-ins per second.
const fastest = 45_000

// load prepares as many check-ins as the way can use up in the time.
func (s *stage) load(ctx context.Context, way string, length time.Duration) (*load, error) {
	v := s.servers[way]
	n := int(fastest * length.Seconds())
	switch way {
	case "a": // nothing is recorded: the same ones again
		return &load{addr: v.addr, next: v.crew.again}, nil
	case "b":
		n /= 3
		fallthrough
	default:
		next, err := v.crew.ready(ctx, v, n, way != "b")
		return &load{addr: v.addr, next: next}, err
	}
}

package app_test

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// stage is a running product with everything it stands on, and a crowd whose phones are logged in.
type stage struct {
	t       *testing.T // of the trouble that is played
	whole   *testing.T // of all of them: what is started must outlive one
	dsn     string     // of the database itself, past the wire
	env     []string
	servers []*atomic.Pointer[program]
	files   string // the small disk of SQLite
	db      *engine
	wire    *wire
	redis   *engine
	admin   visitor
	host    string
	phones  []rusher
	event   string
	code    atomic.Value // the text on the screen
	release func()       // ends what holds locks
	rows    []figures
}

// figures is one line of the table of figures.
type figures struct {
	name                                    string
	tried, acked, stored, doubles, troubled int
	slowest, back                           time.Duration
}

// rusher is one member's phone.
type rusher struct {
	member  string
	visitor visitor
	server  int // of stage.servers
	ticket  bool

	body  map[string]string
	acked bool
	at    string
	met   int // tries that the trouble has spoilt
	took  time.Duration
}

func onSQLite(t *testing.T) *stage {
	s := &stage{t: t, whole: t, files: smallDisk(t)}
	s.dsn = "sqlite:" + filepath.Join(s.files, "test.db")
	s.env = demo(t, s.dsn)
	s.open(1)
	return s
}

func onMariaDB(t *testing.T) *stage {
	s := &stage{t: t, whole: t, db: privateMariaDB(t), redis: privateRedis(t)}
	s.wire = newWire(t, s.db.address())
	s.dsn = "mysql:root@tcp(" + s.db.address() + ")/themeday"
	s.env = demo(t, "mysql:root@tcp("+s.wire.address()+")/themeday?readTimeout=3s", "THEMEDAY_REDIS_URL=redis://"+s.redis.address())
	s.open(2)
	return s
}

// smallDisk is a file system of a few megabytes, which only the system's administrator can make.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=112m"); err != nil {
		t.Skipf("a small disk cannot be made here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// open starts the servers, the second one with the first one's simulated WeChat, and logs everybody in.
func (s *stage) open(servers int) {
	s.t.Helper()
	first := serving(s.t, s.env)
	s.env = append(s.env, "THEMEDAY_WECHAT_API_URL="+first.base+"/__sim/wx")
	for i := range servers {
		at := &atomic.Pointer[program]{}
		at.Store(first)
		if i > 0 {
			at.Store(serving(s.t, s.env))
		}
		s.servers = append(s.servers, at)
	}
	s.admin = first.as(first.who("admin").ID)
	s.host = s.admin.want(http.StatusOK, get, "/api/v1/me", nil).get("roles.0.orgId")
	var members []figure
	for _, f := range first.people() {
		if f.Bound {
			members = append(members, f)
		}
	}
	s.phones = make([]rusher, rushers+1) // the last one looks whether the service is back
	inParallel(len(s.phones), func(i int) {
		v, err := first.login(members[i].ID)
		if err != nil {
			s.t.Errorf("%s: %v", members[i].Name, err)
		}
		s.phones[i] = rusher{member: members[i].ID, visitor: v, server: i % servers, ticket: i%4 < 2}
	})
}

// suffer plays the troubles one after the other, each with an event of its own, and prints the figures.
func (s *stage) suffer(troubles []trouble) {
	for _, tr := range troubles {
		s.t.Run(tr.name, func(t *testing.T) {
			s.t = t
			defer func() { s.t = s.whole }()
			s.play(tr)
		})
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fault\ttried\thad to repeat\tslowest answer\tacknowledged\tstored\tdoubles\tback after")
	for _, r := range s.rows {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\t%d\t%d\t%s\n", r.name, r.tried, r.troubled, r.slowest.Round(time.Millisecond), r.acked, r.stored, r.doubles, r.back.Round(time.Millisecond))
	}
	_ = w.Flush()
	s.t.Logf("\n%s", table.String())
}

// play is one rush with the trouble in its middle.
func (s *stage) play(tr trouble) {
	s.admin = s.admin.at(s.server(0))
	s.event = s.server(0).opened(s.admin, s.host)
	s.readCode()
	for i := range s.phones {
		s.phones[i].prepare(s, fmt.Sprintf("rush-%d", i))
	}
	if tr.send == nil {
		tr.send = (*stage).once
	}
	back := s.rush(tr)
	s.check(tr, back)
}

func (s *stage) server(i int) *program { return s.servers[i].Load() }

// last is the server that is troubled: the only one, or the second of two.
func (s *stage) last() *atomic.Pointer[program] { return s.servers[len(s.servers)-1] }

func (s *stage) readCode() {
	s.code.Store(s.admin.want(http.StatusOK, get, s.event+"/code", nil).get("url"))
}

// prepare gives the phone a new act: half of them hold a ticket, the others send the code itself.
func (r *rusher) prepare(s *stage, key string) {
	r.body, r.acked, r.at, r.met, r.took = map[string]string{"key": key}, false, "", 0, 0
	code, _ := s.code.Load().(string)
	if !r.ticket {
		r.body["code"] = code
		return
	}
	v := r.visitor.at(s.server(r.server))
	r.body["ticket"] = v.want(http.StatusOK, post, scans, map[string]string{"code": code}).get("ticket")
}

// rush lets everybody check in, makes and ends the trouble meanwhile, and returns how long after its end the service
// was back.
func (s *stage) rush(tr trouble) time.Duration {
	var acked, met atomic.Int64
	enough, begun, troubled := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var onEnough, onTroubled sync.Once
	back := make(chan time.Duration, 1)
	go func() {
		<-enough
		back <- s.makeTrouble(tr, begun, troubled)
	}()
	line := make(chan struct{}, onTheLine)
	inParallel(rushers, func(i int) {
		line <- struct{}{}
		defer func() { <-line }()
		if acked.Load() >= before {
			<-begun // who is under way meets its beginning; the others must not be through before
		}
		s.persist(tr, &s.phones[i], func(spoilt bool) {
			if spoilt && met.Add(1) == noticed {
				onTroubled.Do(func() { close(troubled) })
			}
		})
		if acked.Add(1) == before {
			onEnough.Do(func() { close(enough) })
		}
	})
	return <-back
}

// makeTrouble returns how long after the end of the trouble a phone that had not tried before had its answer.
func (s *stage) makeTrouble(tr trouble, begun chan<- struct{}, troubled <-chan struct{}) time.Duration {
	if tr.begin != nil {
		tr.begin(s)
	}
	close(begun)
	if tr.end != nil {
		hold := time.NewTimer(holdAtMost)
		defer hold.Stop()
		select {
		case <-troubled:
		case <-hold.C:
		}
		tr.end(s)
	}
	elapsed := clock.Stopwatch()
	probe := &s.phones[rushers]
	s.persist(tr, probe, func(bool) {})
	return elapsed()
}

// persist sends the act until it has an answer, as phones do: a broken line, "busy" and "try again" are no answers, and
// a code that has died meanwhile is read again from the screen.
func (s *stage) persist(tr trouble, r *rusher, report func(spoilt bool)) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	elapsed := clock.Stopwatch()
	defer func() { r.took = elapsed() }()
	for ctx.Err() == nil {
		a, err := tr.send(s, r)
		switch {
		case err == nil && (a.Status == http.StatusCreated || a.Status == http.StatusOK):
			r.acked, r.at = true, a.get("attendance.at")
			return
		case err == nil && a.Status != http.StatusServiceUnavailable && !s.excused(a):
			s.t.Errorf("%s: %d %s\n%s", r.member, a.Status, a.Text, s.server(r.server).log.String())
			return
		}
		r.met++
		report(true)
		if err == nil && r.body["code"] != "" && s.excused(a) {
			r.body["code"], _ = s.code.Load().(string)
		}
		if !clock.Pause(ctx, phonesPause) {
			break
		}
	}
	s.t.Errorf("%s never had an answer", r.member)
}

// excused are refusals that are true while a server's clock is wrong.
func (s *stage) excused(a answer) bool {
	switch a.get("code") {
	case "code_future", "code_expired", "ticket_expired", "event_not_open_yet":
		return true
	}
	return false
}

// once sends the act to the phone's own server.
func (s *stage) once(r *rusher) (answer, error) {
	return r.visitor.at(s.server(r.server)).try(post, checkins, r.body)
}

// thrice sends the act three times at once and once more afterwards, and reports the first broken or differing answer.
func (s *stage) thrice(r *rusher) (answer, error) {
	answers, errs := make([]answer, 3), make([]error, 3)
	inParallel(3, func(i int) { answers[i], errs[i] = s.once(r) })
	for i, a := range answers {
		if errs[i] != nil || a.Status != http.StatusCreated || a.get("attendance.at") != answers[0].get("attendance.at") {
			return a, errs[i]
		}
	}
	return s.once(r)
}

// atBoth sends one act to all servers at the same instant.
func (s *stage) atBoth(r *rusher) (answer, error) {
	answers, errs := make([]answer, len(s.servers)), make([]error, len(s.servers))
	inParallel(len(s.servers), func(i int) { answers[i], errs[i] = r.visitor.at(s.server(i)).try(post, checkins, r.body) })
	for i, a := range answers {
		if errs[i] != nil || a.Status != http.StatusCreated || a.get("attendance.at") != answers[0].get("attendance.at") {
			return a, errs[i]
		}
	}
	return answers[0], nil
}

// check compares what the phones were told with what the database holds, and sends everything once more.
func (s *stage) check(tr trouble, back time.Duration) {
	stored, rows := s.stored()
	line := figures{name: tr.name, tried: len(s.phones), doubles: rows - len(stored), stored: len(stored), back: back}
	for _, r := range s.phones {
		if r.met > 0 {
			line.troubled++
		}
		line.slowest = max(line.slowest, r.took)
		if !r.acked {
			continue
		}
		line.acked++
		told, err := time.Parse(time.RFC3339, r.at)
		if at, there := stored[r.member]; err != nil || !there || at != told.UnixMilli() {
			s.t.Errorf("%s was told %q, stored is %d (%v)", r.member, r.at, at, there)
		}
	}
	s.rows = append(s.rows, line)
	if line.acked != line.tried || line.stored != line.tried || line.doubles != 0 {
		s.t.Errorf("%d tried, %d acknowledged, %d stored, %d doubles", line.tried, line.acked, line.stored, line.doubles)
	}
	if tr.felt && line.troubled == 0 && line.slowest < holdAtMost/2 {
		s.t.Errorf("nobody has noticed the trouble; the slowest answer took %s", line.slowest)
	}
	if back > backWithin {
		s.t.Errorf("back after %s, want at most %s", back, backWithin)
	}
	inParallel(len(s.phones), func(i int) {
		r := &s.phones[i]
		again, err := s.once(r)
		for range backWithin / phonesPause {
			if err == nil && again.Status != http.StatusServiceUnavailable {
				break
			}
			clock.Pause(s.t.Context(), phonesPause) // as a phone does: an idle connection may have been cut as well
			again, err = s.once(r)
		}
		if err != nil || again.get("attendance.at") != r.at {
			s.t.Errorf("%s sent it again: %d %s %v, told before %s", r.member, again.Status, again.Text, err, r.at)
		}
	})
}

// stored returns the stored instants by member, and the number of rows.
func (s *stage) stored() (at map[string]int64, rows int) {
	s.t.Helper()
	at = map[string]int64{}
	s.query(func(db *store.DB) {
		found, err := db.Read().QueryContext(s.t.Context(), "SELECT member_id, at FROM attendance WHERE event_id = ? AND status IN ('present', 'late')", s.eventID())
		if err != nil {
			s.t.Fatal(err)
		}
		defer found.Close()
		for found.Next() {
			var member ident.ID
			var instant int64
			if err := found.Scan(&member, &instant); err != nil {
				s.t.Fatal(err)
			}
			at[member.String()] = instant
			rows++
		}
		if err := found.Err(); err != nil {
			s.t.Fatal(err)
		}
	})
	return at, rows
}

func (s *stage) eventID() ident.ID {
	id, err := ident.Parse(path.Base(s.event))
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *stage) query(f func(db *store.DB)) {
	s.t.Helper()
	db, err := store.Open(s.t.Context(), s.dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	f(db)
}

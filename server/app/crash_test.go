package app_test

import (
	"fmt"
	"net/http"
	"path"
	"sync"
	"testing"

	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// crowd is how many people check in at once, and lanes how many of their connections the network lets through at a time:
// without a bound one commit might answer them all, and there would be no middle to crash in.
const (
	crowd = 200
	lanes = 40
)

// TestNothingAcknowledgedIsLost kills the server in the middle of a rush and looks afterwards for every check-in that
// it had acknowledged.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { crashOn(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { crashOn(t, storetest.NewDatabase(t, server)) })
	}
}

// arrival is one member's check-in and what the server said before the crash.
type arrival struct {
	member string
	phone  visitor
	body   map[string]string
	acked  bool
	at     string
}

// rush is one rush of people to one event.
type rush struct {
	t        *testing.T
	dsn      string
	event    string
	officer  visitor
	arrivals []arrival
}

func crashOn(t *testing.T, dsn string) {
	t.Parallel()
	env := demo(t, dsn)
	p := serving(t, env)
	r := newRush(t, p, dsn)
	p.http.Transport = &http.Transport{MaxConnsPerHost: lanes}
	if acked := r.untilKilled(p); acked < crowd/2 {
		t.Errorf("only %d acknowledged before the end", acked)
	}
	r.moveTo(serving(t, env))
	stored := r.checkStored()
	r.checkRetries(stored)
}

// newRush logs a crowd of distinct members in and opens an event for them. Every other one has a ticket; the others
// send the code itself.
func newRush(t *testing.T, p *program, dsn string) *rush {
	t.Helper()
	r := &rush{t: t, dsn: dsn, officer: p.as(p.who("admin").ID), arrivals: make([]arrival, crowd)}
	r.event = p.opened(r.officer, r.officer.want(http.StatusOK, http.MethodGet, "/api/v1/me", nil).get("roles.0.orgId"))
	var members []figure
	for _, f := range p.people() {
		if f.Bound {
			members = append(members, f)
		}
	}
	inParallel(crowd, func(i int) {
		phone, err := p.login(members[i].ID)
		if err != nil {
			t.Errorf("%s: %v", members[i].Name, err)
		}
		r.arrivals[i] = arrival{member: members[i].ID, phone: phone, body: map[string]string{"key": fmt.Sprintf("rush-%d", i)}}
	})
	code := r.officer.want(http.StatusOK, http.MethodGet, r.event+"/code", nil).get("url")
	inParallel(crowd, func(i int) {
		a := &r.arrivals[i]
		if i%2 == 0 {
			a.body["code"] = code
			return
		}
		scanned, err := a.phone.try(http.MethodPost, "/api/v1/scans", map[string]string{"code": code})
		if a.body["ticket"] = scanned.get("ticket"); err != nil || scanned.Status != http.StatusOK {
			t.Errorf("scan: %d %s %v", scanned.Status, scanned.Text, err)
		}
	})
	return r
}

// untilKilled lets everybody check in at once, kills the server as soon as half have their answer, and returns how many
// got one.
func (r *rush) untilKilled(p *program) (acked int) {
	var mu sync.Mutex
	inParallel(crowd, func(i int) {
		a := &r.arrivals[i]
		got, err := a.phone.try(http.MethodPost, "/api/v1/checkins", a.body)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil: // the connection broke: nothing is known
		case got.Status != http.StatusCreated:
			r.t.Errorf("check-in: %d %s", got.Status, got.Text)
		default:
			a.acked, a.at = true, got.get("attendance.at")
			if acked++; acked == crowd/2 {
				_ = p.cmd.Process.Kill()
			}
		}
	})
	p.kill()
	return acked
}

// moveTo points all phones at the server that was started instead.
func (r *rush) moveTo(p *program) {
	r.officer = r.officer.at(p)
	for i := range r.arrivals {
		r.arrivals[i].phone = r.arrivals[i].phone.at(p)
	}
}

// checkStored compares the list, and the rows themselves, with what was acknowledged, and returns the instants by member.
func (r *rush) checkStored() map[string]string {
	r.t.Helper()
	stored := map[string]string{}
	next := ""
	for {
		page := r.officer.want(http.StatusOK, http.MethodGet, r.event+"/attendance?status=present&after="+next, nil)
		for _, row := range page.list("items") {
			member, _ := row["memberId"].(string)
			if _, twice := stored[member]; twice {
				r.t.Errorf("%s is listed twice", member)
			}
			stored[member], _ = row["at"].(string)
		}
		if next = page.get("next"); next == "" {
			break
		}
	}
	acked, lost := 0, 0
	for _, a := range r.arrivals {
		if !a.acked {
			continue
		}
		acked++
		if at, there := stored[a.member]; !there || at != a.at {
			lost++
			r.t.Errorf("%s was told %s, stored is %q", a.member, a.at, at)
		}
	}
	rows, members := r.rows()
	r.t.Logf("tried %d, acknowledged %d, stored %d, lost %d, doubles %d", crowd, acked, len(stored), lost, rows-members)
	if rows != members || rows != len(stored) {
		r.t.Errorf("%d rows of %d members, %d in the list", rows, members, len(stored))
	}
	return stored
}

// rows counts in the database itself.
func (r *rush) rows() (rows, members int) {
	r.t.Helper()
	db, err := store.Open(r.t.Context(), r.dsn)
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	id, err := ident.Parse(path.Base(r.event))
	if err != nil {
		r.t.Fatal(err)
	}
	row := db.Read().QueryRowContext(r.t.Context(), "SELECT COUNT(*), COUNT(DISTINCT member_id) FROM attendance WHERE event_id = ?", id)
	if err := row.Scan(&rows, &members); err != nil {
		r.t.Fatal(err)
	}
	return rows, members
}

// checkRetries sends everything again as phones do that had no answer: who is stored gets the stored instant, as a first
// answer; who is not is recorded now. Another act of the same member is a repeated one.
func (r *rush) checkRetries(stored map[string]string) {
	inParallel(crowd, func(i int) {
		a := &r.arrivals[i]
		again, err := a.phone.try(http.MethodPost, "/api/v1/checkins", a.body)
		at, was := stored[a.member]
		if err != nil || again.Status != http.StatusCreated || again.get("repeated") != "false" || was && again.get("attendance.at") != at {
			r.t.Errorf("retry of %s: %d %s %v, want 201 with %s", a.member, again.Status, again.Text, err, at)
		}
		a.body["key"] += "-another"
		other, err := a.phone.try(http.MethodPost, "/api/v1/checkins", a.body)
		if err != nil || other.Status != http.StatusOK || other.get("repeated") != "true" || other.get("attendance.at") != again.get("attendance.at") {
			r.t.Errorf("another act of %s: %d %v at %s, first %s", a.member, other.Status, err, other.get("attendance.at"), again.get("attendance.at"))
		}
	})
	if rows, members := r.rows(); rows != crowd || members != crowd {
		r.t.Errorf("after the retries %d rows of %d members, want %d", rows, members, crowd)
	}
}

package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/app"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/recall"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// neighbour is one more server on the database of w, by the same clock.
func (w *world) neighbour() *world {
	w.t.Helper()
	log := slog.New(slog.NewTextHandler(w.log, nil))
	other, err := app.New(w.t.Context(), w.app.Config, log, app.WithClock(w.clock), app.WithoutDemo())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := other.Stop(w.t.Context()); err != nil {
			w.t.Errorf("stop: %v", err)
		}
	})
	n := *w
	n.app = other
	return &n
}

// poll lets the server hear of what has changed.
func (w *world) poll() {
	w.t.Helper()
	if err := w.app.Watch.Poll(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// at is the same phone at another server.
func (p *phone) at(w *world) *phone { return &phone{w, p.name, p.token} }

// opened is two events of 本村 to which one can check in now: the path of the first and the codes of both.
func (w *world) opened() (first string, codes [2]string) {
	w.t.Helper()
	secretary := w.as("本书记")
	paths := [2]string{w.published("本村"), w.published("本村")}
	w.clock.Advance(2 * time.Hour)
	w.poll()
	for i, event := range paths {
		codes[i] = secretary.want(http.StatusOK, http.MethodGet, event+"/code", nil).get("url")
	}
	return paths[0], codes
}

func (p *phone) checkIn(code string) answer {
	p.w.t.Helper()
	return p.call(http.MethodPost, "/api/v1/checkins", map[string]string{"key": "k", "code": code})
}

// change does something to a member, as an operation on members would: with a note in its transaction.
func (w *world) change(kind recall.Kind, id ident.ID, query string, args ...any) {
	w.t.Helper()
	err := w.app.DB.WithTx(w.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(query, args...).Exec(ctx); err != nil {
			return err
		}
		return w.app.Watch.Note(ctx, tx, recall.Ref{Kind: kind, ID: id})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestNothingSlipsThrough changes something at one server and checks in at another that remembers how it was. Once the
// other has heard of the change it refuses; and a server that hears nothing refuses when its memory is no longer fresh.
func TestNothingSlipsThrough(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name   string
			change func(here *world, member *phone, event string)
			status int
			code   string
		}{
			{"a revoked session", func(_ *world, member *phone, _ string) {
				member.want(http.StatusNoContent, http.MethodDelete, "/api/v1/session", nil)
			}, http.StatusUnauthorized, "unauthenticated"},
			{"an unbound user", func(_ *world, member *phone, _ string) {
				member.want(http.StatusNoContent, http.MethodDelete, "/api/v1/me/binding", nil)
			}, http.StatusForbidden, "not_bound"},
			{"a released member", func(here *world, member *phone, _ string) {
				here.as("本书记").want(http.StatusOK, post, "/api/v1/members/"+here.ids[member.name].String()+"/binding/release", map[string]string{"reason": "绑错了"})
			}, http.StatusForbidden, "not_bound"},
			{"a removed member", func(here *world, member *phone, _ string) {
				id := here.ids[member.name]
				here.change(recall.Member, id, "UPDATE members SET left_at = 1 WHERE id = ?", id)
			}, http.StatusForbidden, "not_bound"},
			{"a suspended member", func(here *world, member *phone, _ string) {
				id := here.ids[member.name]
				here.change(recall.Member, id, "UPDATE members SET standing = ? WHERE id = ?", org.Suspended, id)
			}, http.StatusForbidden, "not_expected"},
			{"a moved member", func(here *world, member *phone, _ string) {
				id := here.ids[member.name]
				here.change(recall.Member, id, "UPDATE members SET org_id = ? WHERE id = ?", here.orgs["远村"], id)
			}, http.StatusForbidden, "not_expected"},
			{"a cancelled event", func(here *world, _ *phone, event string) {
				here.as("本书记").want(http.StatusOK, http.MethodPost, event+"/cancel", map[string]string{"reason": "大雨"})
			}, http.StatusConflict, "event_cancelled"},
		} {
			for heard, how := range map[bool]string{true: "heard", false: "not heard"} {
				t.Run(c.name+" "+how, func(t *testing.T) {
					here := worldOn(t, settings(t, fresh(t, db)))
					there := here.neighbour()
					event, codes := here.opened()
					member := here.as("本党员")
					there.poll()
					// The neighbour remembers the member by another event, and this event by another member.
					if a := member.at(there).checkIn(codes[1]); a.Status != http.StatusCreated {
						t.Fatalf("before: %d %s", a.Status, a.Text)
					}
					if a := here.as("本组织").at(there).checkIn(codes[0]); a.Status != http.StatusCreated {
						t.Fatalf("before: %d %s", a.Status, a.Text)
					}
					c.change(here, member, event)
					if heard {
						there.poll()
					} else {
						here.clock.Advance(recall.Fresh + time.Millisecond)
					}
					if a := member.at(there).checkIn(codes[0]); a.Status != c.status || a.get("code") != c.code {
						t.Errorf("%d %s, want %d %s", a.Status, a.Text, c.status, c.code)
					}
				})
			}
		}
	})
}

// fresh returns the DSN of a new database on the engine of db.
func fresh(t *testing.T, db *store.DB) string {
	t.Helper()
	if db.Engine() == store.SQLite {
		return storetest.SQLiteDSN(t)
	}
	return storetest.NewDatabase(t, storetest.Servers()[0])
}

// TestNobodyIsTurnedAwayFromMemory: what a server remembers only ever lets people in.
func TestNobodyIsTurnedAwayFromMemory(t *testing.T) {
	here := newWorld(t)
	there := here.neighbour()
	_, codes := here.opened()
	there.poll()
	resident := here.as("本未绑")
	if a := resident.at(there).checkIn(codes[0]); a.get("code") != "not_bound" {
		t.Fatalf("unbound: %d %s", a.Status, a.Text)
	}
	phoneCode, err := here.app.Sim.PhoneCode("本未绑")
	if err != nil {
		t.Fatal(err)
	}
	resident.want(http.StatusOK, http.MethodPost, "/api/v1/me/binding", map[string]string{"phoneCode": phoneCode})
	if a := resident.at(there).checkIn(codes[0]); a.Status != http.StatusCreated {
		t.Errorf("bound at the other server a moment ago: %d %s", a.Status, a.Text)
	}
}

// TestHotPathReadsNothing: once a server knows the event and its people, a check-in is one insert.
func TestHotPathReadsNothing(t *testing.T) {
	w := newWorld(t)
	member, first := w.as("本党员"), w.as("本组织")
	_, codes := w.opened() // shows the codes, so that everybody is read
	first.checkIn(codes[0])
	first.checkIn(codes[1])
	w.app.Checkin.Stop() // waits for the reading
	var statements []string
	w.app.DB.Observe(func(verb string, _ time.Duration) { statements = append(statements, verb) })
	for _, code := range codes {
		if a := member.checkIn(code); a.Status != http.StatusCreated {
			t.Fatalf("%d %s", a.Status, a.Text)
		}
	}
	if got := strings.Join(statements, " "); got != "INSERT INSERT" {
		t.Errorf("two check-ins are %q", got)
	}
}

package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/app"
	"themeday/server/config"
	"themeday/server/store/storetest"
	"themeday/server/wechat/sim"
)

// numberOf returns the made-up number of the i-th person.
func numberOf(i int) string { return fmt.Sprintf("1370000%04d", i) }

const numbered = 250 // more than two steps of the rotation

// TestKeyRotation changes the key of the numbers while people are corrected, put on the roster and bound by their number, and
// looks afterwards for every number, sealed with the new key alone.
func TestKeyRotation(t *testing.T) {
	story := func(t *testing.T, dsn string) {
		cfg := settings(t, dsn)
		cfg.Limits.SessionBurst, cfg.Limits.AddressBurst = 10_000, 10_000
		before := worldOn(t, cfg)
		secretary, list := before.as("本书记"), "/api/v1/orgs/"+before.orgs["本村"].String()+"/members"
		ids := make([]string, numbered)
		for i := range ids {
			body := map[string]any{"key": fmt.Sprint(i), "name": "号主", "namesake": true, "kind": "full", "standing": "normal", "phone": numberOf(i)}
			ids[i] = secretary.want(http.StatusCreated, post, list, body).get("id")
		}
		before.rosterImport("所在支部,姓名,手机号\n本村,本新来,19900000077\n")

		cfg.PhoneSecrets = []string{"another secret of the tests, long enough to pass"}
		w := before.restarted(cfg)
		var out bytes.Buffer
		if err := w.app.PrintKeys(t.Context(), &out); err == nil {
			t.Errorf("old keys are no reason to worry: %s", out.String())
		}
		w.rotateUnderLoad(ids)
		out.Reset()
		if err := w.app.PrintKeys(t.Context(), &out); err != nil || strings.Contains(out.String(), "old") {
			t.Errorf("afterwards: %v\n%s", err, out.String())
		}

		alone := cfg
		alone.Secret = "a third secret, with which no number was ever sealed"
		w = w.restarted(alone)
		secretary = w.as("本书记")
		for i, id := range ids {
			want := numberOf(i)
			if i%5 == 0 {
				want = numberOf(i + 5000)
			}
			if got := secretary.want(http.StatusOK, post, members+id+"/phone", nil).get("phone"); got != want {
				t.Errorf("number %d: %s, want %s", i, got, want)
			}
			if i%50 != 0 && i%7 != 0 {
				continue
			}
			if found := secretary.want(http.StatusOK, get, list+"?q="+want, nil).list("items"); len(found) != 1 {
				t.Errorf("%d people have %s", len(found), want)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { story(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { story(t, storetest.NewDatabase(t, server)) })
	}
}

// restarted is the same world on a server that was started anew with other settings.
func (w *world) restarted(cfg config.Config) *world {
	w.t.Helper()
	if err := w.app.Stop(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.beside(cfg)
}

// beside is another server on the database of this world.
func (w *world) beside(cfg config.Config) *world {
	w.t.Helper()
	next := *w
	a, err := app.New(w.t.Context(), cfg, loggerTo(w.log), app.WithClock(w.clock), app.WithoutDemo())
	if err != nil {
		w.t.Fatal(err)
	}
	next.app = a
	w.t.Cleanup(func() { _ = a.Stop(w.t.Context()) })
	next.learn()
	return &next
}

// rotateUnderLoad rotates while every fifth number is corrected and every seventh owner binds by it.
func (w *world) rotateUnderLoad(ids []string) {
	w.t.Helper()
	var group sync.WaitGroup
	secretary := w.as("本书记")
	guests := map[int]*phone{}
	for i := range ids {
		if i%7 == 0 && i%5 != 0 {
			name := fmt.Sprint("新手机", i)
			w.app.Sim.AddPerson(sim.Person{ID: name, Name: name, Phone: numberOf(i)})
			guests[i] = w.as(name)
		}
	}
	group.Go(func() {
		var out bytes.Buffer
		if err := w.app.RotateKeys(w.t.Context(), &out); err != nil {
			w.t.Errorf("rotate: %v", err)
		}
	})
	group.Go(func() {
		for i := 0; i < len(ids); i += 5 {
			card := secretary.call(get, members+ids[i], nil)
			if a := secretary.call(put, members+ids[i], correction(card, "phone", numberOf(i+5000))); a.Status != http.StatusOK {
				w.t.Errorf("correction %d: %d %s", i, a.Status, a.Text)
			}
		}
	})
	group.Go(func() {
		for i, guest := range guests {
			code, err := w.app.Sim.PhoneCode(guest.name)
			if err != nil {
				w.t.Error(err)
				continue
			}
			if a := guest.call(post, "/api/v1/me/binding", map[string]string{"phoneCode": code}); a.get("member.id") != ids[i] {
				w.t.Errorf("bound by number %d: %d %s", i, a.Status, a.Text)
			}
		}
	})
	group.Wait()
}

// TestNumbersNowhere goes through all that is done with numbers, right and wrong, and looks for each of them in the files of
// the database, in the log, in the metrics and in every answer but the one that was asked for it.
func TestNumbersNowhere(t *testing.T) {
	dsn := storetest.SQLiteDSN(t)
	cfg := settings(t, dsn)
	cfg.Limits.SessionBurst, cfg.Limits.AddressBurst = 10_000, 10_000
	w := worldOn(t, cfg)
	var said strings.Builder
	tell := func(p *phone, method, path string, body any) answer {
		a := p.call(method, path, body)
		said.WriteString(a.Text)
		return a
	}
	admin, secretary, list := w.as("区管理"), w.as("本书记"), "/api/v1/orgs/"+w.orgs["本村"].String()+"/members"
	made := w.rosterImport("所在支部,姓名,手机号,备注\n本村,本新来,13512340001,13512340002\n本村,本写错13512340003,1351234000\n")
	for _, verdict := range []string{"new", "doubtful", "refused"} {
		tell(admin, get, made+"/rows?verdict="+verdict, nil)
	}
	tell(admin, post, made+"/decisions", map[string]any{"decision": "skip"})
	tell(admin, post, made+"/apply", nil)
	if _, err := w.app.Queue.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"key": "k", "name": "本有号", "kind": "full", "standing": "normal", "phone": "+86 135-1234-0004"}
	created := tell(secretary, post, list, body)
	tell(secretary, put, members+created.get("id"), correction(created, "phone", "13512340005"))
	body["name"] = "13512340006"
	tell(secretary, post, list, body)
	body["name"], body["phone"], body["key"] = "本错号", "135123400071", "other"
	tell(secretary, post, list, body)
	body["phone"], body["since"] = "", "13512340008"
	tell(secretary, post, list, body)
	for _, find := range []string{"13512340005", "13512340009", "0005"} {
		tell(secretary, get, list+"?q="+find, nil)
	}
	tell(secretary, get, members+"13512340010", nil)
	tell(secretary, post, members+created.get("id")+"/transfers", map[string]any{"toOrgId": "13512340011"})
	tell(secretary, put, members+created.get("id"), `{"name":"x","phone":13512340012}`)
	w.app.Sim.AddPerson(sim.Person{ID: "来客", Name: "来客", Phone: "13512340013"})
	w.app.Sim.AddPerson(sim.Person{ID: "新机", Name: "新机", Phone: "13512340005"})
	for _, name := range []string{"来客", "新机"} {
		code, err := w.app.Sim.PhoneCode(name)
		if err != nil {
			t.Fatal(err)
		}
		tell(w.as(name), post, "/api/v1/me/binding", map[string]string{"phoneCode": code})
	}
	if a := secretary.call(post, members+created.get("id")+"/phone", nil); a.get("phone") != "13512340005" {
		t.Errorf("asked for it: %s", a.Text)
	}
	tell(admin, get, "/api/v1/orgs/"+w.orgs["本村"].String()+"/roster?format=csv", nil)
	said.WriteString(w.nobody().call(get, "/metrics", nil).Text)
	w.clock.Advance(time.Minute)

	places := map[string]string{"an answer": said.String(), "the log": w.log.String()}
	file := strings.TrimPrefix(dsn, "sqlite:")
	for _, name := range []string{file, file + "-wal"} {
		text, err := os.ReadFile(name) //nolint:gosec // the test's own
		if err != nil {
			t.Fatal(err)
		}
		places[name] = string(text)
	}
	for place, text := range places {
		for i := range 14 {
			if number := fmt.Sprintf("1351234%04d", i); strings.Contains(text, number) {
				t.Errorf("%s shows %s", place, number)
			}
		}
		if !strings.Contains(text, "1351234") {
			continue
		}
		t.Errorf("%s shows the beginning of a number", place)
	}
}

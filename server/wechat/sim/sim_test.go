package sim_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"themeday/server/wechat/sim"
)

// The zero options give a simulator that works.
func TestZeroOptions(t *testing.T) {
	s := sim.New(sim.Options{})
	s.AddPerson(sim.Person{ID: "wang"})
	template, err := s.AddTemplate(sim.Template{Content: "内容：{{thing1.DATA}}"})
	must(t, err)
	w := &world{Sim: s, http: &http.Client{Transport: s.Transport()}}
	w.grant(t, "wang", template)
	got := w.send(t, "wang", func(m map[string]any) {
		m["template_id"], m["page"], m["data"] = template, "any/page", data("thing1", "会议")
	})
	if got.ErrCode != 0 {
		t.Errorf("got %s", got.raw)
	}
}

// One stream of random bytes gives one course of events, to the byte.
func TestReproducible(t *testing.T) {
	course := func() (seen []string) {
		w := setUp(t, func(o *sim.Options) { o.Random = rand.NewChaCha8([32]byte{1}) })
		login, err := w.LoginCode("wang")
		must(t, err)
		phone, err := w.PhoneCode("wang")
		must(t, err)
		w.grant(t, "wang", "remind")
		return []string{
			login, phone, w.plainToken(t).raw, w.stableToken(t, false).raw, w.login(t, login).raw, w.login(t, login).raw,
			w.send(t, "wang").raw, w.send(t, "wang").raw,
		}
	}
	if first, second := course(), course(); !slices.Equal(first, second) {
		t.Errorf("got %v, then %v", first, second)
	}
}

// Adding somebody or something again replaces it and disturbs nothing that is under way.
func TestReplacing(t *testing.T) {
	w := setUp(t)
	code, err := w.PhoneCode("wang")
	must(t, err)
	w.grant(t, "wang", "remind")
	w.AddPerson(sim.Person{ID: "wang", Name: "王建国", Phone: "13900000009"})
	_, err = w.AddTemplate(sim.Template{ID: "remind", Title: "新的提醒", Content: "名称：{{thing1.DATA}}"})
	must(t, err)
	if people := w.People(); len(people) != 3 || people[0].ID != "wang" || people[0].Phone != "13900000009" {
		t.Errorf("people %+v", people)
	}
	if got := w.withToken(t, "POST", "/wxa/business/getuserphonenumber", `{"code":"`+code+`"}`); !strings.Contains(got.raw, "13900000009") {
		t.Errorf("phone: %s", got.raw)
	}
	if got := w.send(t, "wang"); got.ErrCode != 0 || w.onPhone(t, "wang")[0].Title != "新的提醒" || len(w.onPhone(t, "wang")[0].Lines) != 1 {
		t.Errorf("message: %s, %+v", got.raw, w.onPhone(t, "wang"))
	}
}

// The clock that the control side moves is the platform's.
func TestMovedClockExpiresCodes(t *testing.T) {
	w := setUp(t)
	code, err := w.LoginCode("wang")
	must(t, err)
	if status, got := w.control(t, "POST", "/__sim/clock", `{"advance":"301s"}`); status != 200 || got != `{"now":"2026-03-09T01:05:01Z"}`+"\n" {
		t.Errorf("got %d %s", status, got)
	}
	if got := w.login(t, code); got.ErrCode != 40029 {
		t.Errorf("got %d, want 40029", got.ErrCode)
	}
}

// A middleware that turns panics into answers does not turn a dropped connection into one.
func TestDropBehindRecovery(t *testing.T) {
	w := setUp(t)
	server := httptest.NewServer(http.HandlerFunc(func(reply http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				reply.WriteHeader(http.StatusInternalServerError)
			}
		}()
		w.Control().ServeHTTP(reply, r)
	}))
	defer server.Close()
	w.http.Transport = towards{strings.TrimPrefix(server.URL, "http://")}
	_, err := w.SetFault(sim.Fault{Drop: true})
	must(t, err)
	if got := w.plainToken(t); got.err == nil {
		t.Errorf("got an answer: %d %s", got.status, got.raw)
	}
}

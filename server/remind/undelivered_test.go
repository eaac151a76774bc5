package remind_test

import (
	"testing"
	"time"

	"themeday/server/ident"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// undelivered is WeChat's report that a message which it had accepted could not be delivered.
func (w *world) undelivered(user ident.ID, msgID string) error {
	return w.Sent(w.t.Context(), user, w.Templates[remind.Published].ID, msgID, 1)
}

// TestUndeliveredLater: what WeChat has accepted and then could not deliver goes to a follower by the official account, once;
// for everybody else it has failed.
func TestUndeliveredLater(t *testing.T) {
	for name, c := range map[string]struct {
		follows bool
		first   []behaviour
		want    string
		channel string
		calls   int
	}{
		"a follower":               {true, nil, "sent", "official", 1},
		"somebody else":            {false, nil, "failed 1 微信收下了，但没有送到（1）", "subscribe", 0},
		"the answer had been lost": {true, []behaviour{lostRequest}, "sent", "official", 1},
		"it was refused at once":   {true, []behaviour{errcode(43101)}, "sent", "official", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := withOfficial(t, storetest.New(t))
			m := w.member("甲", 1)
			if c.follows {
				w.follow(m)
			}
			w.wechat.script = c.first
			w.onlyAnnounced()
			w.work()
			for range 2 { // as WeChat repeats what it is not answered in time
				if err := w.undelivered(w.users[m.ID].ID, "msg1"); err != nil {
					t.Fatal(err)
				}
			}
			w.workUntil(noon.Add(time.Hour))
			w.wantDeliveries("甲 published " + c.want)
			w.want("channel", w.channels(), []string{c.channel})
			if w.official.calls != c.calls {
				t.Errorf("%d calls of the official account, want %d", w.official.calls, c.calls)
			}
		})
	}
}

// TestReportBeforeTheAnswer: a report that overtakes the answer to its call is looked at again after it.
func TestReportBeforeTheAnswer(t *testing.T) {
	w := withOfficial(t, storetest.New(t))
	m := w.member("甲", 1)
	w.follow(m)
	var early error
	w.wechat.linger = func() { early = w.undelivered(w.users[m.ID].ID, "msg1") }
	w.onlyAnnounced()
	w.work()
	if early == nil {
		t.Error("the report was taken while nobody knew what it is about")
	}
	w.wantDeliveries("甲 published sent")
	if err := w.undelivered(w.users[m.ID].ID, "msg1"); err != nil {
		t.Fatal(err)
	}
	w.work()
	w.want("channel", w.channels(), []string{"official"})
}

// TestHeldOnAllServers: one server is told that the day is used up; another one, and one that starts afterwards, do not ask.
func TestHeldOnAllServers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		one := newWorld(t, db)
		two := one.beside(db)
		one.member("甲", 3)
		one.wechat.script = many(errcode(45009), 9)
		one.onlyAnnounced()
		one.work()
		one.onlyAnnounced()
		two.work()
		one.onlyAnnounced()
		one.beside(db).work()
		if one.wechat.calls != 1 {
			t.Errorf("%d calls, want the one that was told", one.wechat.calls)
		}
		one.wechat.script = nil
		one.clock.Set(cst(7, 7, 29))
		two.work()
		if one.wechat.calls != 1 {
			t.Errorf("%d calls before the morning", one.wechat.calls)
		}
		one.clock.Set(cst(7, 7, 32))
		two.work()
		if one.wechat.calls != 4 {
			t.Errorf("%d calls in the morning, want three more", one.wechat.calls)
		}
	})
}

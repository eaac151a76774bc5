package checkin_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestStation tells what happens to check-ins that a secretary's phone has made without signal, on every engine.
func TestStation(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"pack": packContent, "who may take it": packRights, "sent": kept, "refusals": keptRefusals, "renewed code": keptRenewed, "questions": questions,
		"event closed": keptAfterClose, "event edited": keptAfterEdit, "member left": keptOfWhoLeft, "event cancelled": keptAfterCancel,
		"two stations": twoStations, "answers": answers, "pruned": packsPruned,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

// station is a phone that has taken a pack along.
type station struct {
	w       *world
	who     string
	event   event.Event
	content checkin.PackContent
}

func (w *world) station(t *testing.T, who string, e event.Event) station {
	t.Helper()
	pack, err := w.checkin.MakePack(t.Context(), w.actor(t, who), e.ID, "华为")
	if err != nil {
		t.Fatal(err)
	}
	return station{w, who, e, opened(t, pack)}
}

// opened does what the phone does with a pack.
func opened(t *testing.T, pack checkin.Pack) checkin.PackContent {
	t.Helper()
	aead, err := checkin.PackCipher(pack.Key)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := aead.Open(nil, pack.Sealed[:aead.NonceSize()], pack.Sealed[aead.NonceSize():], checkin.PackLabel(pack.ID))
	if err != nil {
		t.Fatal(err)
	}
	var content checkin.PackContent
	if err := json.Unmarshal(plain, &content); err != nil {
		t.Fatal(err)
	}
	return content
}

func (s station) person(t *testing.T, name string) checkin.PackPerson {
	t.Helper()
	i := slices.IndexFunc(s.content.People, func(p checkin.PackPerson) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("%s is not in the pack", name)
	}
	return s.content.People[i]
}

// keep makes a check-in without signal; code is "" for a tick.
func (s station) keep(t *testing.T, key, name, code string, scanned time.Time) checkin.Kept {
	t.Helper()
	p := s.person(t, name)
	return checkin.Kept{Key: key, Pack: s.content.ID, Member: p.ID, Proof: p.Proof, Code: code, ScannedAt: scanned}
}

// send hands one in.
func (s station) send(t *testing.T, item checkin.Kept) checkin.KeptResult {
	t.Helper()
	results, err := s.w.checkin.SyncKept(t.Context(), s.w.actor(t, s.who), s.event.ID, []checkin.Kept{item})
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

// become fails unless the result is this outcome with this doubt or code.
func become(t *testing.T, what string, got checkin.KeptResult, outcome checkin.Outcome, why string) {
	t.Helper()
	if got.Outcome != outcome || string(got.Doubt)+fault.CodeOf(got.Err) != why {
		t.Errorf("%s: %s %s (%v), want %s %s", what, got.Outcome, got.Doubt, got.Err, outcome, why)
	}
}

func packContent(t *testing.T, w *world) {
	e := w.event(t)
	w.mark(t, e, "组员", checkin.Sick, "")
	pack, err := w.checkin.MakePack(t.Context(), w.actor(t, "书记"), e.ID, "华为")
	if err != nil || pack.People != 7 || !pack.ExpiresAt.Equal(at("16:30").AddDate(0, 0, 1)) || !pack.MadeAt.Equal(w.clock.Now()) || len(pack.Key) != 32 {
		t.Fatalf("%+v, %v", pack, err)
	}
	content := opened(t, pack)
	said := map[string]string{}
	for _, p := range content.People {
		said[p.Name] = string(p.Status)
		code, err := checkin.ParsePersonal(w.own(t, p.Name).URL)
		if err != nil || !slices.Equal(p.Hash, checkin.HashPersonal(content.Salt, code)) {
			t.Errorf("%s has another hash (%v)", p.Name, err)
		}
	}
	want := map[string]string{"书记": "pending", "委员": "pending", "党员": "pending", "流入": "pending", "组员": "sick", "流出": "pending", "病休": "pending"}
	if !maps.Equal(said, want) {
		t.Errorf("in the pack: %v, want %v", said, want)
	}
	if n := w.count(t, "SELECT COUNT(*) FROM roster_packs WHERE id = ? AND member_id = ? AND device = ? AND people = 7", pack.ID, w.actor(t, "书记").MemberID, "华为"); n != 1 {
		t.Error("who took the pack is not kept")
	}
	another, err := w.checkin.MakePack(t.Context(), w.actor(t, "书记"), e.ID, "")
	if err != nil || another.ID == pack.ID || slices.Equal(another.Key, pack.Key) || opened(t, another).Salt[0] == 0 && slices.Equal(opened(t, another).Salt, content.Salt) {
		t.Errorf("two packs share a secret, %v", err)
	}
}

func packRights(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Guests = []ident.ID{w.orgID(t, "二支部")} })
	for name, code := range map[string]string{"党员": "forbidden", "外书记": "not_found", "居民": "not_bound"} {
		_, err := w.checkin.MakePack(t.Context(), w.actor(t, name), e.ID, "")
		refused(t, err, code)
	}
	guests := w.station(t, "客书记", e)
	if len(guests.content.People) != 2 {
		t.Errorf("the guest's secretary took %d people along, want the guest's 2", len(guests.content.People))
	}
	item := guests.keep(t, "k", "客党员", "", w.clock.Now())
	_, err := w.checkin.SyncKept(t.Context(), w.actor(t, "党员"), e.ID, []checkin.Kept{item})
	refused(t, err, "forbidden")
	results, err := w.checkin.SyncKept(t.Context(), w.actor(t, "书记"), e.ID, []checkin.Kept{item})
	if err != nil || fault.CodeOf(results[0].Err) != "pack_unknown" {
		t.Errorf("somebody else's pack: %+v, %v", results, err)
	}
	become(t, "their own", guests.send(t, item), checkin.Recorded, "")
	w.close(t, w.past(t, e))
	_, err = w.checkin.MakePack(t.Context(), w.actor(t, "书记"), e.ID, "")
	refused(t, err, "event_closed")
}

// past moves the clock beyond the event's end.
func (w *world) past(t *testing.T, e event.Event) event.Event {
	t.Helper()
	w.clock.Set(at("17:00"))
	return e
}

func kept(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	scanned, ticked := s.keep(t, "a", "党员", w.own(t, "党员").URL, at("15:05")), s.keep(t, "b", "组员", "", at("15:20").Add(time.Millisecond/3))
	w.clock.Set(at("18:00"))
	for range 2 { // the answer to the first was lost
		become(t, "scanned", s.send(t, scanned), checkin.Recorded, "")
		become(t, "ticked", s.send(t, ticked), checkin.Recorded, "")
	}
	scanned.Key = "c"
	become(t, "scanned twice", s.send(t, scanned), checkin.Repeated, "")
	a := s.send(t, scanned).There
	if a.Source != checkin.Personal || a.Status != checkin.Present || !a.At.Equal(at("15:05")) || a.RecordedBy != w.actor(t, "书记").MemberID || a.Revision != 1 {
		t.Errorf("recorded as %+v", a)
	}
	if got := w.status(t, e, "组员"); got != "late/roll!" {
		t.Errorf("ticked after the late limit: %s", got)
	}
}

func keptRefusals(t *testing.T, w *world) {
	e, other := w.event(t), w.event(t)
	s := w.station(t, "书记", e)
	honest := s.keep(t, "k", "党员", w.own(t, "党员").URL, at("15:05"))
	w.clock.Set(at("15:30"))
	for name, c := range map[string]struct {
		change func(*checkin.Kept)
		code   string
	}{
		"no pack":              {func(k *checkin.Kept) { k.Pack = 0 }, "pack_unknown"},
		"other proof":          {func(k *checkin.Kept) { k.Proof = s.person(t, "组员").Proof }, "pack_unknown"},
		"other member":         {func(k *checkin.Kept) { k.Member = s.person(t, "组员").ID }, "pack_unknown"},
		"member of nowhere":    {func(k *checkin.Kept) { k.Member = 1 }, "pack_unknown"},
		"other code":           {func(k *checkin.Kept) { k.Code = w.own(t, "组员").URL }, "personal_forged"},
		"forged code":          {func(k *checkin.Kept) { k.Code = k.Code[:len(k.Code)-4] + "0000" }, "personal_forged"},
		"no code":              {func(k *checkin.Kept) { k.Code = "hello" }, "personal_malformed"},
		"before the pack":      {func(k *checkin.Kept) { k.ScannedAt = at("14:57:59") }, "scan_before_pack"},
		"in the future":        {func(k *checkin.Kept) { k.ScannedAt = at("15:31:01") }, "scan_in_future"},
		"after the pack's end": {func(k *checkin.Kept) { k.ScannedAt = at("16:30:01").AddDate(0, 0, 1) }, "pack_expired"},
	} {
		item := honest
		c.change(&item)
		become(t, name, s.send(t, item), checkin.Refused, c.code)
	}
	s.event = other
	become(t, "at another event", s.send(t, honest), checkin.Refused, "pack_unknown")
	s.event = e
	w.clock.Set(at("18:00"))
	late := s.keep(t, "late", "党员", "", at("17:59")) // the window has not been edited: it was outside when it was made
	become(t, "after the window", s.send(t, late), checkin.Refused, "event_over")
	w.clock.Set(at("16:00").AddDate(0, 0, 8))
	become(t, "a week later", s.send(t, honest), checkin.Refused, "scan_too_old")
	if got := w.status(t, e, "党员"); got != "pending/!" {
		t.Errorf("after all that: %s", got)
	}
}

func keptRenewed(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:00:01"))
	dead := w.own(t, "流入").URL
	w.renew(t, "流入")
	s := w.station(t, "书记", e)
	become(t, "renewed before", s.send(t, s.keep(t, "a", "流入", dead, at("15:05"))), checkin.Refused, "scan_in_future")
	w.clock.Set(at("15:10"))
	become(t, "renewed before", s.send(t, s.keep(t, "a", "流入", dead, at("15:05"))), checkin.Refused, "personal_revoked")
	was := w.own(t, "流入").URL
	w.renew(t, "流入")
	item := s.keep(t, "b", "流入", was, at("15:05"))
	got := s.send(t, item)
	become(t, "renewed after", got, checkin.Questioned, "code_renewed")
	if w.status(t, e, "流入") != "pending/!" || got.Offered.Status != checkin.Present || got.There.Revision != 0 {
		t.Errorf("a question has changed the record, or offers %+v", got.Offered)
	}
	a, err := w.checkin.AnswerKept(t.Context(), w.actor(t, "书记"), e.ID, item, true, 0)
	if err != nil || a.Status != checkin.Present || !a.At.Equal(at("15:05")) {
		t.Errorf("%+v, %v", a, err)
	}
	become(t, "sent again", s.send(t, item), checkin.Recorded, "")
}

func questions(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	w.clock.Set(at("15:30"))
	for name, status := range map[string]checkin.Status{"党员": checkin.Sick, "组员": checkin.Absent, "委员": checkin.Exempt} {
		w.mark(t, e, name, status, "")
		got := s.send(t, s.keep(t, "k", name, w.own(t, name).URL, at("15:05")))
		become(t, name, got, checkin.Questioned, "marked_otherwise")
		if got.There.Status != status || got.Offered.Status != checkin.Present {
			t.Errorf("%s: %s against %s", name, got.There.Status, got.Offered.Status)
		}
	}
	w.mark(t, e, "流入", checkin.Present, "")
	w.mark(t, e, "流入", checkin.Pending, "记错了")
	become(t, "a mark taken back", s.send(t, s.keep(t, "k", "流入", "", at("15:05"))), checkin.Questioned, "marked_otherwise")
}

func answers(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	w.clock.Set(at("15:30"))
	w.mark(t, e, "党员", checkin.Sick, "")
	item := s.keep(t, "k", "党员", "", at("15:05"))
	answer := func(record bool, revision int) (checkin.Attendance, error) {
		return w.checkin.AnswerKept(t.Context(), w.actor(t, "书记"), e.ID, item, record, revision)
	}
	if a, err := answer(false, 1); err != nil || a.Status != checkin.Sick {
		t.Errorf("kept: %+v, %v", a, err)
	}
	if n := w.count(t, "SELECT COUNT(*) FROM failed_scans WHERE event_id = ? AND reason = 'station_overruled'", e.ID); n != 1 {
		t.Error("what was overruled is not kept")
	}
	w.mark(t, e, "党员", checkin.Private, "")
	_, err := answer(true, 1)
	refused(t, err, "attendance_changed")
	for range 2 {
		if a, err := answer(true, 2); err != nil || a.Status != checkin.Present || a.Revision != 3 || !a.At.Equal(at("15:05")) {
			t.Errorf("recorded: %+v, %v", a, err)
		}
	}
	if got := w.history(t, e, "党员"); got != "1 pending>sick roll; 2 sick>private roll; 3 private>present roll 离线签到台，书记确认" {
		t.Errorf("history %s", got)
	}
}

func keptAfterClose(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	item, came := s.keep(t, "k", "党员", w.own(t, "党员").URL, at("15:05")), s.keep(t, "l", "组员", "", at("15:05"))
	w.clock.Set(at("15:06"))
	w.scan(t, e, "组员")
	w.close(t, w.past(t, e))
	become(t, "absent", s.send(t, item), checkin.Questioned, "event_closed")
	become(t, "who came anyway", s.send(t, came), checkin.Repeated, "")
	a, err := w.checkin.AnswerKept(t.Context(), w.actor(t, "书记"), e.ID, item, true, 1)
	if err != nil || a.Status != checkin.Present || w.status(t, e, "党员") != "present/personal!" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, counts := w.list(t, e); counts.Expected != len(expectedHere) || counts.Present != 2 {
		t.Errorf("counts %+v", counts)
	}
}

func keptAfterEdit(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	item := s.keep(t, "k", "党员", "", at("15:10"))
	w.clock.Set(at("15:30"))
	_, err := w.events.Update(t.Context(), w.actor(t, "书记"), e.ID, event.Draftable{
		Kind: e.Kind, Title: e.Title, Host: e.Host.ID, StartsAt: at("20:00"), EndsAt: at("21:00"), Place: e.Place,
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	become(t, "before the new window", s.send(t, item), checkin.Questioned, "event_edited")
}

func keptOfWhoLeft(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	item := s.keep(t, "k", "流出", w.own(t, "流出").URL, at("15:05"))
	w.clock.Set(at("15:30"))
	leave := func(at int64) {
		if _, err := w.db.Write().NewRaw("UPDATE members SET left_at = ? WHERE id = ?", at, item.Member).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	leave(1)
	defer leave(0)
	become(t, "who left", s.send(t, item), checkin.Questioned, "member_moved")
	if a, err := w.checkin.AnswerKept(t.Context(), w.actor(t, "书记"), e.ID, item, true, 0); err != nil || a.Expected {
		t.Errorf("%+v, %v", a, err)
	}
	if got := w.status(t, e, "流出"); got != "present/personal" {
		t.Errorf("recorded as %s", got)
	}
}

func keptAfterCancel(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	item := s.keep(t, "k", "党员", "", at("15:05"))
	w.clock.Set(at("15:10"))
	if _, err := w.events.Cancel(t.Context(), w.actor(t, "书记"), e.ID, "", "大雨"); err != nil {
		t.Fatal(err)
	}
	become(t, "cancelled", s.send(t, item), checkin.Refused, "event_cancelled")
	_, err := w.checkin.AnswerKept(t.Context(), w.actor(t, "书记"), e.ID, item, true, 0)
	refused(t, err, "event_cancelled")
}

// twoStations: the first instant wins, whichever station has signal first.
func twoStations(t *testing.T, w *world) {
	e := w.event(t)
	one, two := w.station(t, "书记", e), w.station(t, "委员", e)
	early, late := one.keep(t, "same key", "党员", w.own(t, "党员").URL, at("15:05")), two.keep(t, "same key too", "党员", "", at("15:20"))
	w.clock.Set(at("18:00"))
	become(t, "the later one, sent first", two.send(t, late), checkin.Recorded, "")
	if got := w.status(t, e, "党员"); got != "late/roll!" {
		t.Errorf("recorded as %s", got)
	}
	become(t, "the earlier one", one.send(t, early), checkin.Recorded, "")
	become(t, "the later one again", two.send(t, late), checkin.Repeated, "")
	become(t, "the earlier one again", one.send(t, early), checkin.Recorded, "")
	if got := w.history(t, e, "党员"); got != "1 pending>late roll; 2 late>present personal" {
		t.Errorf("history %s", got)
	}
	both := []station{one, two}
	outcomes := make([]checkin.Outcome, len(both))
	var wait sync.WaitGroup
	for i, s := range both {
		item := s.keep(t, "race "+s.who, "组员", "", at("15:05"))
		wait.Go(func() { outcomes[i] = s.send(t, item).Outcome })
	}
	wait.Wait()
	slices.Sort(outcomes)
	if !slices.Equal(outcomes, []checkin.Outcome{checkin.Recorded, checkin.Repeated}) {
		t.Errorf("at the same instant: %v", outcomes)
	}
}

func packsPruned(t *testing.T, w *world) {
	e := w.event(t)
	s := w.station(t, "书记", e)
	if _, err := w.checkin.PrunePacks(t.Context(), at("16:30").AddDate(0, 0, 1), 100); err != nil {
		t.Fatal(err)
	}
	item := s.keep(t, "k", "党员", "", at("15:00"))
	become(t, "not yet", s.send(t, item), checkin.Recorded, "")
	if _, err := w.checkin.PrunePacks(t.Context(), at("16:31").AddDate(0, 0, 1), 100); err != nil {
		t.Fatal(err)
	}
	become(t, "forgotten", s.send(t, item), checkin.Refused, "pack_unknown")
}

// FuzzOpenPack: a pack that was changed anywhere, or is opened as another or with another key, does not open.
func FuzzOpenPack(f *testing.F) {
	key := []byte(strings.Repeat("k", 32))
	f.Add([]byte(`{"people":[]}`), 0, byte(1), int64(7))
	f.Add([]byte{}, 3, byte(255), int64(0))
	f.Fuzz(func(t *testing.T, content []byte, where int, by byte, id int64) {
		sealed, err := checkin.SealPack(key, []byte("twelve bytes"), ident.ID(id), content)
		if err != nil {
			t.Fatal(err)
		}
		aead, err := checkin.PackCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		open := func(sealed []byte, id ident.ID) ([]byte, error) {
			return aead.Open(nil, sealed[:12], sealed[12:], checkin.PackLabel(id))
		}
		if plain, err := open(sealed, ident.ID(id)); err != nil || !slices.Equal(plain, content) {
			t.Fatalf("%q sealed and opened: %q, %v", content, plain, err)
		}
		if _, err := open(sealed, ident.ID(id^1)); err == nil {
			t.Error("opens as another pack")
		}
		sealed[uint(where)%uint(len(sealed))] ^= max(by, 1)
		if _, err := open(sealed, ident.ID(id)); err == nil {
			t.Error("opens although it was changed")
		}
	})
}

// FuzzKeptItem: whatever a phone sends as an item is read or refused, and no instant is believed that cannot have been.
func FuzzKeptItem(f *testing.F) {
	f.Add(`{"key":"k","packId":"0123456789abc","memberId":"0123456789abd","proof":"x","code":"p","scannedAt":"2026-07-10T07:05:00Z"}`)
	f.Add(`{"key":1}`)
	f.Add(`{"scannedAt":"9999-12-31T23:59:59+14:00"}`)
	f.Add(`{"scannedAt":"0000-01-01T00:00:00Z"}`)
	made, expires, now := at("15:00"), at("16:30").AddDate(0, 0, 1), at("18:00")
	f.Fuzz(func(t *testing.T, text string) {
		var item checkin.KeptInput
		if json.Unmarshal([]byte(text), &item) != nil {
			return
		}
		_, _ = checkin.ParsePersonal(item.Code)
		if checkin.JudgeKept(item.ScannedAt, made, expires, now) == nil &&
			(item.ScannedAt.Before(made.Add(-5*time.Minute)) || item.ScannedAt.After(now.Add(5*time.Minute))) {
			t.Errorf("%v is believed", item.ScannedAt)
		}
	})
}

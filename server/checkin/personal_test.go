package checkin_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestPersonalCodes tells what happens to members' own codes, on every engine.
func TestPersonalCodes(t *testing.T) {
	stories := map[string]func(*testing.T, *world){
		"scan": personalScan, "refusals": personalRefusals, "renewal": personalRenewal, "renewed by the secretary": renewedFor,
		"cards": cards, "over a leave": personalOverLeave, "guest": personalOfGuests, "shown to the wrong page": personalAsEventCode,
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, name := range slices.Sorted(maps.Keys(stories)) {
			t.Run(name, func(t *testing.T) { stories[name](t, w) })
		}
	})
}

// own returns the person's code of this moment.
func (w *world) own(t *testing.T, name string) checkin.PersonalCode {
	t.Helper()
	c, err := w.checkin.MyCode(t.Context(), w.actor(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) renew(t *testing.T, name string) checkin.PersonalCode {
	t.Helper()
	c, err := w.checkin.RenewMine(t.Context(), w.actor(t, name), w.own(t, name).Generation)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// held scans a personal code at the event.
func (w *world) held(t *testing.T, by string, e event.Event, key, code string) (checkin.Attendance, bool, error) {
	t.Helper()
	return w.checkin.ScanPersonal(t.Context(), w.actor(t, by), e.ID, key, code)
}

func personalScan(t *testing.T, w *world) {
	e := w.event(t)
	w.clock.Set(at("15:05"))
	code := w.own(t, "党员").URL
	a, repeated, err := w.held(t, "书记", e, "one", code)
	want := checkin.Attendance{
		EventID: e.ID, Member: w.member(t, "党员"), Expected: true, Status: checkin.Present, Source: checkin.Personal, At: at("15:05"),
		RecordedBy: w.actor(t, "书记").MemberID, Position: checkin.NoPosition, Revision: 1, OpID: a.OpID,
	}
	if err != nil || repeated || a != want {
		t.Fatalf("got  %+v (repeated %v), %v\nwant %+v", a, repeated, err, want)
	}
	for name, again := range map[string]struct {
		key      string
		repeated bool
	}{"same key": {"one", false}, "another scan": {"two", true}} {
		got, repeated, err := w.held(t, "书记", e, again.key, code)
		if err != nil || repeated != again.repeated || got.At != a.At || got.Revision != 1 {
			t.Errorf("%s: %+v (repeated %v), %v", name, got, repeated, err)
		}
	}
	w.clock.Set(at("17:00"))
	w.close(t, e)
	if got, repeated, err := w.held(t, "书记", e, "one", code); err != nil || repeated || got.At != a.At {
		t.Errorf("the same key after the close: %+v (repeated %v), %v", got, repeated, err)
	}
}

func personalRefusals(t *testing.T, w *world) {
	e := w.event(t)
	own, outsider, suspended := w.own(t, "组员"), w.own(t, "外人"), w.own(t, "停权")
	forged := strings.TrimSuffix(own.URL, own.URL[len(own.URL)-4:]) + "0000"
	foreign := own.URL[:strings.LastIndexByte(own.URL, '.')] + outsider.URL[strings.LastIndexByte(outsider.URL, '.'):]
	before := w.count(t, "SELECT COUNT(*) FROM failed_scans WHERE event_id = ?", e.ID)
	for code, reason := range map[string]string{
		"hello": "personal_malformed", w.code(t, e): "personal_malformed", own.URL[:len(own.URL)-1]: "personal_malformed", own.URL + "0": "personal_malformed",
		forged: "personal_forged", foreign: "personal_forged", outsider.URL: "personal_not_expected", suspended.URL: "personal_not_expected",
	} {
		if _, _, err := w.held(t, "书记", e, w.newKey(), code); fault.CodeOf(err) != reason {
			t.Errorf("%s: %v, want %s", code, err, reason)
		}
	}
	if kept := w.count(t, "SELECT COUNT(*) FROM failed_scans WHERE event_id = ?", e.ID) - before; kept != 8 {
		t.Errorf("%d refused scans are kept, want 8", kept)
	}
	for name, reason := range map[string]string{"党员": "forbidden", "外书记": "not_found"} {
		_, _, err := w.held(t, name, e, "k", own.URL)
		refused(t, err, reason)
	}
	w.clock.Set(at("09:00"))
	_, _, err := w.held(t, "书记", e, "k", own.URL)
	refused(t, err, "event_not_open_yet")
	w.clock.Set(at("16:40"))
	w.close(t, e)
	_, _, err = w.held(t, "书记", e, "k", own.URL)
	refused(t, err, "event_closed")
}

func personalRenewal(t *testing.T, w *world) {
	e := w.event(t)
	old := w.own(t, "流入")
	fresh := w.renew(t, "流入")
	if fresh.URL == old.URL || fresh.Generation != old.Generation+1 || !fresh.ChangedAt.Equal(w.clock.Now()) {
		t.Fatalf("renewed %+v to %+v", old, fresh)
	}
	again, err := w.checkin.RenewMine(t.Context(), w.actor(t, "流入"), old.Generation)
	if err != nil || again.URL != fresh.URL {
		t.Errorf("a retry made %+v, %v", again, err)
	}
	_, _, err = w.held(t, "书记", e, w.newKey(), old.URL)
	refused(t, err, "personal_revoked")
	newest := w.renew(t, "流入")
	for _, dead := range []string{old.URL, fresh.URL} {
		_, _, err = w.held(t, "书记", e, w.newKey(), dead)
		refused(t, err, "personal_revoked")
	}
	if _, repeated, err := w.held(t, "书记", e, w.newKey(), newest.URL); err != nil || repeated {
		t.Errorf("the newest code: repeated %v, %v", repeated, err)
	}
	another := w.another(t)
	if c, err := another.MyCode(t.Context(), w.actor(t, "流入")); err != nil || c.URL != newest.URL {
		t.Errorf("another server shows %s, %v", c.URL, err)
	}
	_, err = w.checkin.MyCode(t.Context(), w.actor(t, "居民"))
	refused(t, err, "not_bound")
}

func renewedFor(t *testing.T, w *world) {
	member := w.own(t, "组员")
	for name, reason := range map[string]string{"党员": "not_found", "客书记": "not_found", "外书记": "not_found", "居民": "not_bound"} {
		_, err := w.checkin.RenewFor(t.Context(), w.actor(t, name), member.Member.ID, member.Generation)
		refused(t, err, reason)
	}
	c, err := w.checkin.RenewFor(t.Context(), w.actor(t, "书记"), member.Member.ID, member.Generation)
	if err != nil || c.Generation != member.Generation+1 || c != w.own(t, "组员") {
		t.Errorf("%+v, %v", c, err)
	}
	by := w.count(t, "SELECT COUNT(*) FROM personal_codes WHERE member_id = ? AND changed_by = ?", member.Member.ID, w.actor(t, "书记").MemberID)
	if by != 1 {
		t.Error("who renewed it is not kept")
	}
}

func cards(t *testing.T, w *world) {
	branch := w.orgID(t, "一支部")
	var names []string
	for after := ident.ID(0); ; {
		page, next, err := w.checkin.Cards(t.Context(), w.actor(t, "书记"), branch, true, after, 3)
		if err != nil || len(page) > 3 {
			t.Fatal(len(page), err)
		}
		for _, c := range page {
			names = append(names, c.Member.Name)
			if c.Member.Name == "党员" && c != w.own(t, "党员") {
				t.Errorf("the card shows %+v", c)
			}
		}
		if after = next; next == 0 {
			break
		}
	}
	if want := []string{"书记", "委员", "党员", "流出", "流入", "病休", "停权", "组员"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if page, _, err := w.checkin.Cards(t.Context(), w.actor(t, "书记"), branch, false, 0, 50); err != nil || len(page) != 0 {
		t.Errorf("everybody here has WeChat: %v, %v", page, err)
	}
	_, _, err := w.checkin.Cards(t.Context(), w.actor(t, "党员"), branch, true, 0, 50)
	refused(t, err, "not_found")
}

func personalOverLeave(t *testing.T, w *world) {
	e := w.event(t)
	w.mark(t, e, "党员", checkin.Sick, "")
	if _, repeated, err := w.held(t, "书记", e, w.newKey(), w.own(t, "党员").URL); err != nil || repeated {
		t.Fatal(repeated, err)
	}
	if got := w.history(t, e, "党员"); got != "1 pending>sick roll; 2 sick>present personal" {
		t.Errorf("history %s", got)
	}
	w.mark(t, e, "党员", checkin.Absent, "不是本人")
	_, _, err := w.held(t, "书记", e, w.newKey(), w.own(t, "党员").URL)
	refused(t, err, "attendance_corrected")
}

func personalOfGuests(t *testing.T, w *world) {
	e := w.event(t, func(d *event.Draftable) { d.Guests = []ident.ID{w.orgID(t, "二支部")} })
	if _, _, err := w.held(t, "客书记", e, w.newKey(), w.own(t, "客党员").URL); err != nil {
		t.Error(err)
	}
	_, _, err := w.held(t, "客书记", e, w.newKey(), w.own(t, "组员").URL)
	refused(t, err, "personal_not_expected")
	if _, _, err := w.held(t, "书记", e, w.newKey(), w.own(t, "流出").URL); err != nil {
		t.Errorf("somebody excused who comes: %v", err)
	}
	if got := w.status(t, e, "流出"); got != "present/personal" {
		t.Errorf("recorded as %s", got)
	}
}

func personalAsEventCode(t *testing.T, w *world) {
	_, err := w.checkin.Scan(t.Context(), w.actor(t, "党员"), checkin.Proof{Code: w.own(t, "党员").URL})
	refused(t, err, "code_personal")
}

func TestParsePersonal(t *testing.T) {
	code := checkin.MakePersonal(codeKey, codeEvent, 1).String()
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"the code":         {code, true},
		"in a URL":         {"https://party.example.cn/c/" + code, true},
		"with a query":     {"https://party.example.cn/c/" + code + "?from=card#top", true},
		"with spaces":      {" " + code + "\n", true},
		"nothing":          {"", false},
		"an event's code":  {checkin.MakeCode(codeKey, codeEvent, 1), false},
		"cut off":          {code[:len(code)-1], false},
		"with a tail":      {code + "0", false},
		"without a member": {"p." + lastPart(code), false},
		"without a seal":   {strings.TrimSuffix(code, "."+lastPart(code)), false},
		"two seals":        {code + "." + lastPart(code), false},
		"too long":         {strings.Repeat("/", 300) + code, false},
	} {
		if _, err := checkin.ParsePersonal(c.text); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGenerations(t *testing.T) {
	for name, c := range map[string]struct{ made, current, want int }{
		"the present one": {3, 3, 3}, "the first": {1, 1, 1}, "one before": {2, 3, 2}, "not made yet": {4, 3, 0}, "long dead": {1, 65, 0},
	} {
		if got := checkin.GenerationOf(codeKey, checkin.MakePersonal(codeKey, codeEvent, c.made), c.current); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := checkin.GenerationOf([]byte("another key"), checkin.MakePersonal(codeKey, codeEvent, 1), 1); got != 0 {
		t.Errorf("a code of another server counts as generation %d", got)
	}
}

func FuzzParsePersonal(f *testing.F) {
	code := checkin.MakePersonal(codeKey, codeEvent, 1).String()
	for _, seed := range []string{"", "p", code, "https://x/c/" + code + "?a#b", strings.ToUpper(code), "p.", "p0000000000000.0000000000000000", "p" + code, "p0000000000000.00000000000000\u0085"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := checkin.ParsePersonal(text)
		if err != nil {
			return
		}
		again, err := checkin.ParsePersonal(c.String())
		if err != nil || again != c {
			t.Errorf("%+v written and read again: %+v, %v", c, again, err)
		}
		if g := checkin.GenerationOf(codeKey, c, 2); g != 0 && c != checkin.MakePersonal(codeKey, c.Member, g) {
			t.Errorf("%q is believed", text)
		}
	})
}

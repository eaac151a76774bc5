package audit_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/audit"
	"themeday/server/ident"
	"themeday/server/origin"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

var noon = time.Date(2026, 11, 10, 4, 0, 0, 0, time.UTC)

const year = 365 * 24 * time.Hour

// note writes n entries, a second apart, and seals them when asked to.
func note(t *testing.T, db *store.DB, n int, seal bool) {
	t.Helper()
	ctx := origin.With(t.Context(), &origin.Origin{RequestID: "r1", Address: "203.0.113.9", UserID: 5, MemberID: 6})
	for i := range n {
		err := audit.Note(ctx, db.Write(), audit.Entry{
			At: noon.Add(time.Duration(i) * time.Second), Action: audit.RoleGranted, Subject: audit.On(audit.Member, ident.ID(i+1)), Org: "/a/b/",
			Detail: map[string]any{"role": "secretary", "reason": "电话13800010001通知"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seal {
		sealAll(t, db)
	}
}

func sealAll(t *testing.T, db *store.DB) {
	t.Helper()
	if err := audit.NewSealer(db, nil).All(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, db *store.DB, anchors ...audit.Anchor) audit.Report {
	t.Helper()
	report, err := audit.Verify(t.Context(), db, noon.Add(time.Minute), year, anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func exec(t *testing.T, db *store.DB, statements string) {
	t.Helper()
	for statement := range strings.SplitSeq(statements, "; ") {
		if statement == "" {
			continue
		}
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTampering: what is done to the table by hand shows, in the order it is done here.
func TestTampering(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		note(t, db, 7, true)
		whole := verify(t, db)
		if whole.Entries != 7 || whole.Broken != "" || whole.Head.Seq != 7 {
			t.Fatalf("untouched: %+v", whole)
		}
		text := whole.Head.String()
		if kept, err := audit.ParseAnchor(text); err != nil || kept != whole.Head {
			t.Errorf("anchor %q: %+v, %v", text, kept, err)
		}
		const head = "UPDATE audit_head SET seq = 7, hash = (SELECT hash FROM audit_entries WHERE seq = 7)"
		for _, c := range []struct{ name, harm, repair, want string }{
			{
				"edited", "UPDATE audit_entries SET member_id = 7 WHERE seq = 3",
				"UPDATE audit_entries SET member_id = 6 WHERE seq = 3", "entry 3 ",
			},
			{
				"detail edited", `UPDATE audit_entries SET detail = '{"role":"admin"}' WHERE seq = 2`,
				"UPDATE audit_entries SET detail = (SELECT d FROM (SELECT detail AS d FROM audit_entries WHERE seq = 1) t) WHERE seq = 2", "entry 2 ",
			},
			{"dated back", "UPDATE audit_entries SET at = at - 60000 WHERE seq = 4", "UPDATE audit_entries SET at = at + 60000 WHERE seq = 4", "entry 4 "},
			{"hidden", "UPDATE audit_entries SET erased = 1 WHERE seq = 5", "UPDATE audit_entries SET erased = 0 WHERE seq = 5", "entry 5 "},
			{"head changed", "UPDATE audit_head SET hash = 'x'", head, "the head of the chain has been changed"},
			{"head put back", "UPDATE audit_head SET seq = 6", head, "entries up to 7"},
			{
				"reordered", "UPDATE audit_entries SET seq = 1000 WHERE seq = 5; UPDATE audit_entries SET seq = 5 WHERE seq = 6; UPDATE audit_entries SET seq = 6 WHERE seq = 1000",
				"UPDATE audit_entries SET seq = 1000 WHERE seq = 5; UPDATE audit_entries SET seq = 5 WHERE seq = 6; UPDATE audit_entries SET seq = 6 WHERE seq = 1000", "entry 5 ",
			},
			{"appended", appended, "DELETE FROM audit_entries WHERE seq = 8", "entries up to 8"},
			{"tail cut", "DELETE FROM audit_entries WHERE seq = 7", "", "entries 7 to 7 have been removed from the end"},
			{"tail cut with the head", "UPDATE audit_head SET seq = 6, hash = (SELECT hash FROM audit_entries WHERE seq = 6)", "", "entries 7 to 7"},
			{"removed", "DELETE FROM audit_entries WHERE seq = 2", "", "entries 2 to 2 have been removed"},
			{"no head", "DELETE FROM audit_head", "", "the head of the chain has been removed"},
		} {
			exec(t, db, c.harm)
			if got := verify(t, db, whole.Head); !strings.Contains(got.Broken, c.want) {
				t.Errorf("%s: %q, want %q", c.name, got.Broken, c.want)
			}
			exec(t, db, c.repair)
		}
	})
}

// appended is a row after the last one of seven, with the link of that one.
const appended = `INSERT INTO audit_entries (at, user_id, member_id, action, subject_kind, subject_id, org_path, request_id, network, detail, seq, digest, hash)
  SELECT at + 1, user_id, 9, action, subject_kind, subject_id, org_path, request_id, network, detail, 8, digest, hash FROM audit_entries WHERE seq = 7`

// TestTamperingAfterErasing: the same shows in a chain whose old looks have lost their content, and so does what is done to them.
func TestTamperingAfterErasing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for user := range ident.ID(3) {
			ctx := origin.With(t.Context(), &origin.Origin{UserID: user + 1, MemberID: user + 1})
			if err := audit.Look(ctx, db, audit.Entry{At: noon, Action: audit.LookMembers, Subject: audit.On(audit.Org, 1), Org: "/a/"}); err != nil {
				t.Fatal(err)
			}
		}
		note(t, db, 4, true)
		if n, err := audit.Erase(t.Context(), db, noon.Add(time.Hour), 10); err != nil || n != 3 {
			t.Fatalf("erased %d, %v", n, err)
		}
		later := func() audit.Report {
			t.Helper()
			report, err := audit.Verify(t.Context(), db, noon.Add(2*year), year)
			if err != nil {
				t.Fatal(err)
			}
			return report
		}
		if whole := later(); whole.Broken != "" || whole.Entries != 7 || whole.Erased != 3 {
			t.Fatalf("untouched: %+v", whole)
		}
		const swapped = "UPDATE audit_entries SET seq = 1000 WHERE seq = 3; UPDATE audit_entries SET seq = 3 WHERE seq = 4; UPDATE audit_entries SET seq = 4 WHERE seq = 1000"
		for _, c := range []struct{ name, harm, repair, want string }{
			{"an erased one dated back", "UPDATE audit_entries SET at = at - 60000 WHERE seq = 2", "UPDATE audit_entries SET at = at + 60000 WHERE seq = 2", "entry 2 "},
			{"an erased one filled in", "UPDATE audit_entries SET erased = 0, member_id = 9 WHERE seq = 2", "UPDATE audit_entries SET erased = 1, member_id = 0 WHERE seq = 2", "entry 2 "},
			{"an edit passed off as a look", "UPDATE audit_entries SET action = 'look.members', erased = 1 WHERE seq = 5", "UPDATE audit_entries SET action = 'role.granted', erased = 0 WHERE seq = 5", "entry 5 "},
			{"another one edited", "UPDATE audit_entries SET member_id = 9 WHERE seq = 6", "UPDATE audit_entries SET member_id = 6 WHERE seq = 6", "entry 6 "},
			{"reordered", swapped, swapped, "entry 3 "},
			{"appended", appended, "DELETE FROM audit_entries WHERE seq = 8", "entries up to 8"},
			{"an erased one removed", "DELETE FROM audit_entries WHERE seq = 1", "", "entries 1 to 1 have been removed"},
		} {
			exec(t, db, c.harm)
			if got := later(); !strings.Contains(got.Broken, c.want) {
				t.Errorf("%s: %q, want %q", c.name, got.Broken, c.want)
			}
			exec(t, db, c.repair)
		}
	})
}

// TestAnchor: who writes the whole chain anew is found by an end that was kept elsewhere.
func TestAnchor(t *testing.T) {
	db := storetest.New(t)
	note(t, db, 3, true)
	kept := verify(t, db).Head
	exec(t, db, "UPDATE audit_entries SET member_id = 9 WHERE seq = 2")
	exec(t, db, "UPDATE audit_entries SET seq = NULL")
	exec(t, db, "UPDATE audit_head SET seq = 0, hash = ''")
	sealAll(t, db)
	if got := verify(t, db); got.Broken != "" {
		t.Fatalf("a chain written anew is whole in itself: %s", got.Broken)
	}
	if got := verify(t, db, kept); !strings.Contains(got.Broken, "anchor") {
		t.Errorf("with the anchor: %q", got.Broken)
	}
}

// TestSealersAtOnce: however many seal, and even when one dies between two statements, there is one chain.
func TestSealersAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const entries = 450 // three batches
		note(t, db, entries, false)
		dying, kill := context.WithCancel(t.Context())
		db.Observe(func(verb string, _ time.Duration) {
			if verb == "UPDATE" {
				kill()
			}
		})
		if n, err := audit.Seal(dying, db); err == nil || n != 0 {
			t.Fatalf("a killed sealer: %d, %v", n, err)
		}
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				for verifyWaiting(t, db) > 0 {
					if _, err := audit.Seal(t.Context(), db); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		if got := verify(t, db); got.Broken != "" || got.Entries != entries || got.Waiting != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func verifyWaiting(t *testing.T, db *store.DB) (n int) {
	if err := db.Read().NewRaw("SELECT COUNT(*) FROM audit_entries WHERE seq IS NULL").Scan(t.Context(), &n); err != nil {
		t.Error(err)
	}
	return n
}

// TestUnsealed: entries that nobody seals are fresh for a while, then a fault.
func TestUnsealed(t *testing.T) {
	db := storetest.New(t)
	note(t, db, 2, false)
	if got := verify(t, db); got.Waiting != 2 || got.Broken != "" {
		t.Errorf("fresh: %+v", got)
	}
	report, err := audit.Verify(t.Context(), db, noon.Add(time.Hour), year)
	if err != nil || report.Waiting != 2 || !strings.Contains(report.Broken, "not been sealed") {
		t.Errorf("an hour later: %+v, %v", report, err)
	}
}

// TestLooks: once a person, thing and day; gone after their time, with the chain whole, and not before.
func TestLooks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		look := func(at time.Time, user ident.ID) {
			t.Helper()
			ctx := origin.With(t.Context(), &origin.Origin{UserID: user, MemberID: user})
			if err := audit.Look(ctx, db, audit.Entry{At: at, Action: audit.LookMembers, Subject: audit.On(audit.Org, 1), Org: "/a/"}); err != nil {
				t.Fatal(err)
			}
		}
		note(t, db, 1, false)
		look(noon, 1)
		look(noon.Add(time.Hour), 1)
		look(noon.Add(24*time.Hour), 1)
		look(noon, 2)
		sealAll(t, db)
		list := func(f audit.Filter) []audit.Read {
			t.Helper()
			found, err := audit.List(t.Context(), db, f, 100)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if got := list(audit.Filter{Actions: []audit.Action{audit.LookMembers}}); len(got) != 3 {
			t.Fatalf("%d looks, want 3", len(got))
		}
		if n, err := audit.Erase(t.Context(), db, noon.Add(2*time.Hour), 10); err != nil || n != 2 {
			t.Fatalf("erased %d, %v", n, err)
		}
		if got := list(audit.Filter{}); len(got) != 2 || got[0].Action != audit.LookMembers || got[1].Action != audit.RoleGranted {
			t.Errorf("after erasing: %+v", got)
		}
		later, err := audit.Verify(t.Context(), db, noon.Add(year+2*time.Hour), year)
		if err != nil || later.Broken != "" || later.Entries != 4 || later.Erased != 2 {
			t.Errorf("after a year: %+v, %v", later, err)
		}
		if got := verify(t, db); !strings.Contains(got.Broken, "has been erased") {
			t.Errorf("erased too early: %+v", got)
		}
	})
}

// TestList: what is asked for comes back as it was noted, newest first, a page at a time.
func TestList(t *testing.T) {
	db := storetest.New(t)
	note(t, db, 5, true)
	all := audit.Filter{Paths: []string{"/a/"}, Member: 6, By: 6, Actions: []audit.Action{audit.RoleGranted}, From: noon, To: noon.Add(time.Hour)}
	first, err := audit.List(t.Context(), db, all, 3)
	if err != nil || len(first) != 3 {
		t.Fatalf("%d, %v", len(first), err)
	}
	newest := first[0]
	if newest.Subject != audit.On(audit.Member, 5) || newest.Network != "203.0.113.0/24" || newest.RequestID != "r1" || newest.Seq != 5 ||
		newest.Detail["role"] != "secretary" || newest.Detail["reason"] != "电话1**********通知" {
		t.Errorf("%+v", newest)
	}
	all.After = audit.Cursor{At: first[2].At.UnixMilli(), ID: first[2].ID}
	if rest, err := audit.List(t.Context(), db, all, 3); err != nil || len(rest) != 2 || rest[1].Subject.ID != 1 {
		t.Errorf("%+v, %v", rest, err)
	}
	for name, f := range map[string]audit.Filter{
		"a sibling": {Paths: []string{"/a/c/"}}, "nowhere": {Paths: []string{}}, "somebody else": {Member: 99}, "before": {To: noon},
	} {
		if got, err := audit.List(t.Context(), db, f, 3); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWrongEntries(t *testing.T) {
	db := storetest.New(t)
	for name, e := range map[string]audit.Entry{
		"no instant": {Action: audit.RoleGranted}, "no such action": {At: noon, Action: "role.dreamt"},
		"too much": {At: noon, Action: audit.RoleGranted, Detail: map[string]any{"x": strings.Repeat("x", 2000)}},
	} {
		if err := audit.Note(t.Context(), db.Write(), e); err == nil {
			t.Errorf("%s was noted", name)
		}
	}
	for _, a := range audit.Actions() {
		if a.Title() == "" || len(a) > 40 {
			t.Errorf("%q has title %q", a, a.Title())
		}
	}
}

package roster_test

import (
	"slices"
	"strings"
	"testing"

	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/roster"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

const strangersFile = head +
	"机关党支部,王磊,正式,正常,13900000001,\n" +
	"新桥村,李静,正式,正常,13900000002,\n" +
	"新桥村,周敏,正式,正常,1390,\n" +
	"新桥村,王磊,正式,正常,13900000011,\n" + // a namesake elsewhere has a number of his own
	"大李村二支部,钱勇,正式,正常,13900000004,\n" +
	"三里铺党支部,孙平,正式,正常,13900000005,\n"

func (w *world) settle(v roster.RosterImport, position int, d roster.BranchDecision, of string) roster.RosterImport {
	w.t.Helper()
	if err := w.roster.SettleBranch(w.t.Context(), w.admin, v.ID, position, d, w.orgs[of].ID); err != nil {
		w.t.Fatalf("settle branch %d: %v", position, err)
	}
	return w.look(v.ID)
}

// TestUnknownBranches: one is made, one is another name of a branch that is there, one is left out.
func TestUnknownBranches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		v := w.upload([]byte(strangersFile))
		var names []string
		for _, b := range v.Branches {
			names = append(names, b.Name+">"+b.NewName)
		}
		if got, want := strings.Join(names, " "), "新桥村>新桥村党支部 大李村二支部>大李村二支部 三里铺党支部>三里铺党支部"; got != want || figures(v) != "1/0/0/0/5" {
			t.Fatalf("%s, want %s; %s", got, want, figures(v))
		}
		if v.Branches[0].People != 3 || v.Branches[1].Candidates[0].Name != "大李村党支部" {
			t.Errorf("%+v", v.Branches)
		}
		v = w.settle(v, 1, roster.Create, "")
		if got := figures(v); got != "3/0/0/1/2" {
			t.Errorf("after one is to be made: %s", got)
		}
		if said := w.rows(v, roster.Newcomer); !slices.Contains(said, "B3 李静: 新增到新桥村党支部（新建）") {
			t.Errorf("%q", said)
		}
		w.decide(v, roster.Apart)
		v = w.settle(v, 2, roster.Map, "大李村党支部")
		if got := figures(v); got != "4/0/0/1/1" || v.Counts.Undecided != 0 {
			t.Errorf("after one is another name: %s, %d open", got, v.Counts.Undecided)
		}
		if v = w.apply(v); v.State != roster.Applied || v.Written != 5 {
			t.Fatalf("applied: %+v", v)
		}
		want := []string{
			"大李村党支部 钱勇 full normal 13900000004 ", "新桥村党支部 周敏 full normal  ", "新桥村党支部 李静 full normal 13900000002 ",
			"新桥村党支部 王磊 full normal 13900000011 ", "机关党支部 王磊 full normal 13900000001 ",
		}
		if got := slices.Sorted(slices.Values(w.everybody())); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		w.wantHistoryOf("新桥村党支部")
		if again := w.upload([]byte(strangersFile)); again.Counts.Refused != 2 || len(again.Branches) != 2 { // 新桥村 is known by now
			t.Errorf("again: %s, %+v", figures(again), again.Branches)
		}
	})
}

// wantHistoryOf: the branch came about as one that is made by hand does.
func (w *world) wantHistoryOf(name string) {
	w.t.Helper()
	var got struct {
		Acts, Notes int
		Revision    int
	}
	err := w.db.Read().NewRaw(`
SELECT (SELECT revision FROM org_tree) AS revision,
  (SELECT COUNT(*) FROM org_changes c JOIN orgs o ON o.id = c.org_id WHERE o.name = ? AND c.act = 'created' AND c.by_member = ?) AS acts,
  (SELECT COUNT(*) FROM audit_entries a JOIN orgs o ON o.id = a.subject_id WHERE o.name = ? AND a.action = 'org.created') AS notes`,
		name, w.admin.MemberID, name).Scan(w.t.Context(), &got)
	if err != nil || got.Acts != 1 || got.Notes != 1 || got.Revision != 1 {
		w.t.Errorf("%s: %+v, %v", name, got, err)
	}
}

// TestBranchIsNotMade: while nobody is put into it, and when one of that name was made meanwhile.
func TestBranchIsNotMade(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	one := w.settle(w.upload([]byte(strangersFile)), 3, roster.Create, "")
	w.decide(one, roster.Skip, 6)
	if one = w.apply(one); one.Written != 1 || len(w.below()) != 6 {
		t.Errorf("%d written, %v", one.Written, w.below())
	}
	v := w.upload([]byte(strangersFile))
	v = w.settle(v, 3, roster.Create, "")
	if back := w.settle(w.settle(v, 3, roster.LeaveOut, ""), 3, roster.Create, ""); figures(back) != figures(v) {
		t.Errorf("left out and taken in again: %s, before %s", figures(back), figures(v))
	}
	other := w.orgs["冉庙乡党委"]
	if _, err := w.people.Create(t.Context(), w.admin, other.ID, org.Branch, org.Facts{Name: "三里铺党支部", ThemeDay: 10}, ""); err != nil {
		t.Fatal(err)
	}
	if v = w.apply(v); v.State != roster.Failed || !strings.Contains(v.Problem, "花名册又有改动") {
		t.Errorf("made twice: %+v", v)
	}
}

func (w *world) below() []org.Org {
	w.t.Helper()
	all, err := w.people.OrgsWithin(w.t.Context(), w.db.Read(), w.orgs["冉庙乡党委"].Path)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// TestBranchRefused: what cannot be said about a branch.
func TestBranchRefused(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	v := w.upload([]byte(strangersFile))
	elsewhere := w.orgs["镇机关党支部"].ID
	for name, c := range map[string]struct {
		position int
		decision roster.BranchDecision
		of       ident.ID
	}{
		"no such branch":               {9, roster.Create, 0},
		"to an organisation elsewhere": {1, roster.Map, elsewhere},
		"to no organisation":           {1, roster.Map, 0},
	} {
		if err := w.roster.SettleBranch(t.Context(), w.admin, v.ID, c.position, c.decision, c.of); fault.CodeOf(err) != "invalid_input" {
			t.Errorf("%s: %v", name, err)
		}
	}
	im, err := w.roster.Upload(t.Context(), w.admin, w.orgs["机关党支部"].ID, "x.csv", []byte(strangersFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.roster.SettleBranch(t.Context(), w.admin, im.ID, 1, roster.Create, 0); fault.CodeOf(err) != "invalid_input" {
		t.Errorf("below a branch: %v", err)
	}
	if b := w.look(im.ID).Branches; len(b) == 0 || b[0].NewName != "" {
		t.Errorf("%+v", b)
	}
}

package roster_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/fault"
	"themeday/server/org"
	"themeday/server/roster"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestSampleRoster: the roster of a township as its office sends it. Counted by hand: 180 rows with a person; 5 of them typed
// twice (each sheet's own total says so too); 4 with a number that is one digit short; of the other 171, two have no number.
func TestSampleRoster(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		v := w.upload(sample(t))
		if got := figures(v); got != "171/0/0/4/5" {
			t.Fatalf("new/changed/unchanged/doubtful/refused: %s", got)
		}
		for i, want := range []int{18, 47, 19, 45, 46} {
			if s := v.Summary.Sheets[i]; s.People != want || s.Total != want {
				t.Errorf("%+v, want %d people", s, want)
			}
		}
		if !slices.Contains(v.Summary.Dropped, roster.RosterColumn{Name: "身份证号码", Identity: true}) {
			t.Errorf("dropped: %+v", v.Summary.Dropped)
		}
		if _, err := w.roster.Apply(t.Context(), w.admin, v.ID); fault.CodeOf(err) != "undecided" {
			t.Errorf("with doubtful rows open: %v", err)
		}
		w.decide(v, roster.Apart)
		if v = w.apply(v); v.State != roster.Applied || v.Written != 175 {
			t.Fatalf("applied: %+v", v)
		}
		w.wantSampleApplied()
		again := w.upload(sample(t))
		if got := figures(again); got != "0/0/175/0/5" || again.Counts.Writes != 0 || again.Summary.Missing != 0 {
			t.Errorf("the same file again: %s, %+v", got, again)
		}
		if _, err := w.roster.Apply(t.Context(), w.admin, again.ID); fault.CodeOf(err) != "nothing_to_do" {
			t.Errorf("applied again: %v", err)
		}
		w.wantNothingLeaked()
	})
}

// wantSampleApplied: by hand count, of 175 people 169 have a number, 8 are probationary, 9 flowed out, 13 are ill for long.
func (w *world) wantSampleApplied() {
	w.t.Helper()
	members, err := w.people.MembersWithin(w.t.Context(), w.db.Read(), []string{w.orgs["冉庙乡党委"].Path})
	if err != nil {
		w.t.Fatal(err)
	}
	var phones, probationary, out, ill, dated int
	for _, m := range members {
		count(&phones, m.Phone.Hash != "")
		count(&probationary, m.Kind == org.MemberKindProbationary)
		count(&out, m.Standing == org.FlowOut)
		count(&ill, m.Standing == org.LongIllness)
		count(&dated, m.Since != "")
	}
	if got, want := [...]int{len(members), phones, probationary, out, ill, dated}, [...]int{175, 169, 8, 9, 13, 175}; got != want {
		w.t.Errorf("members, phones, probationary, flowed out, ill, with a date: %v, want %v", got, want)
	}
	for _, want := range []string{"冉庙村党支部 朱明 full normal 13988600007 1977-06-05", "机关党支部 孙涛 full normal  2025-12", "清凉寺村党支部 郭翠花 probationary normal 13988600329 1988-05"} {
		if !slices.Contains(w.everybody(), want) {
			w.t.Errorf("%q is not there", want)
		}
	}
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

// wantNothingLeaked: no number of the file stands in clear in what was stored.
func (w *world) wantNothingLeaked() {
	w.t.Helper()
	for _, table := range []string{"roster_imports", "roster_import_rows", "members"} {
		rows, err := w.db.Read().QueryContext(w.t.Context(), "SELECT * FROM "+table)
		if err != nil {
			w.t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			w.t.Fatal(err)
		}
		for rows.Next() {
			cells, into := make([][]byte, len(columns)), make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				w.t.Fatal(err)
			}
			for i, c := range cells {
				if bytes.Contains(c, []byte("13988600")) || bytes.Contains(c, []byte("0000001998")) {
					w.t.Fatalf("%s.%s holds %q", table, columns[i], c)
				}
			}
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
	}
}

const head = "所在支部,姓名,人员类别,状态,手机号,入党时间\n"

// TestVerdicts: each row against a roster that is known, and what applying makes of it.
func TestVerdicts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.apply(w.upload([]byte(head +
			"机关党支部,王磊,正式,正常,13900000001,1989-06-20\n机关党支部,李静,正式,正常,13900000002,\n机关党支部,赵霞,,,,\n" +
			"大李村党支部,钱勇,,,13900000004,\n大李村党支部,孙平,,,,\n")))
		v := w.upload([]byte(head +
			"机关党支部,王磊,,,,1989.06\n" + // says nothing new
			"机关,李静,预备,流出,13900000012,\n" + // another number
			",赵霞,,,13900000003,1990\n" + // a number at last
			"机关党支部,钱勇,,,13900000004,\n" + // moved
			"机关党支部,孙平,,,,\n" + // the same or another
			"机关党支部,钱勇勇,,,13900000002,\n" + // shares 李静's number
			"机关党支部,周敏,,,1390,\n" + // a bad number
			"机关党支部,周敏,,,,\n" + // and again without
			"县党支部,吴伟,,,,\n" + // unknown branch
			"机关党支部,郑强,,,13900000009,2001-07-01\n"))
		if got := figures(v); got != "1/2/1/5/1" {
			t.Errorf("new/changed/unchanged/doubtful/refused: %s", got)
		}
		said := slices.Concat(w.rows(v, roster.Changed), w.rows(v, roster.Doubtful), w.rows(v, roster.Refused))
		want := []string{
			"B4 赵霞: 补上手机号；补上入党时间 1990",
			"B5 钱勇: 从大李村党支部转到机关党支部",
			"B3 李静: 支部里有同名党员，但手机号不同：是换了号码，还是另一个人？",
			"B6 孙平: 大李村党支部也有一位孙平：是转过来的，还是另一个人？",
			"B7 钱勇勇: 手机号与机关党支部的李静相同：是同一个人改了名字，还是两人共用一个号码？",
			"E8 周敏: 手机号不是 11 位有效号码：先不填号码导入，还是改好再导？",
			"B9 周敏: 表里前面有同名的人，请确认是不是两个人；与第 8 行同名",
			"B10 吴伟: 在冉庙乡党委范围内没有找到“县党支部”，请核对支部名称",
		}
		if !slices.Equal(said, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
		}
		w.decide(v, roster.Take, 2, 5)
		w.decide(v, roster.Apart, 6, 7)
		w.decide(v, roster.Skip)
		if v = w.apply(v); v.State != roster.Applied || v.Written != 7 {
			t.Fatalf("applied: %+v", v)
		}
		wantPeople := []string{
			"机关党支部 王磊 full normal 13900000001 1989-06-20", "机关党支部 李静 probationary flow_out 13900000012 ", "机关党支部 赵霞 full normal 13900000003 1990",
			"机关党支部 钱勇 full normal 13900000004 ", "机关党支部 孙平 full normal  ",
			"机关党支部 钱勇勇 full normal 13900000002 ", "机关党支部 周敏 full normal  ", "机关党支部 郑强 full normal 13900000009 2001-07-01",
		}
		if got := w.everybody(); !slices.Equal(got, wantPeople) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wantPeople, "\n"))
		}
		w.wantHistory()
	})
}

// wantHistory: 钱勇 was with 大李村 until the second import.
func (w *world) wantHistory() {
	w.t.Helper()
	then, err := w.people.MembersAsOf(w.t.Context(), w.db.Read(), []string{w.orgs["大李村党支部"].Path}, begin.Add(time.Minute+time.Second))
	if err != nil || len(then) != 2 {
		w.t.Errorf("%d people in 大李村 a minute ago (%v), want 2", len(then), err)
	}
	if before, err := w.people.MembersAsOf(w.t.Context(), w.db.Read(), []string{w.orgs["大李村党支部"].Path}, begin); err != nil || len(before) != 0 {
		w.t.Errorf("%d people in 大李村 before the first import (%v)", len(before), err)
	}
}

// TestAllOrNothing: when the roster is no longer what the person has seen, nothing is written.
func TestAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.apply(w.upload([]byte(head + "机关党支部,王磊,正式,正常,13900000001,\n")))
		first := w.upload([]byte(head + "机关党支部,郑强,,,13900000009,\n机关党支部,王磊,预备,,,\n"))
		other, err := w.roster.Upload(t.Context(), w.admin, w.orgs["颍东区委"].ID, "另一份.csv", []byte(head+"机关党支部,王磊,,长期病休,,\n"))
		if err != nil {
			t.Fatal(err)
		}
		w.apply(w.look(other.ID))
		before := w.everybody()
		v := w.apply(first)
		if v.State != roster.Failed || !strings.Contains(v.Problem, "又有改动") || v.Written != 0 {
			t.Errorf("%+v", v)
		}
		if after := w.everybody(); !slices.Equal(before, after) {
			t.Errorf("written in part: %q", after)
		}
		if _, err := w.roster.Apply(t.Context(), w.admin, v.ID); fault.CodeOf(err) != "import_not_ready" {
			t.Errorf("applied once more: %v", err)
		}
	})
}

// TestPreviewEnds: after a day it is not there, and then it is deleted; a newer preview replaces an older one.
func TestPreviewEnds(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	older, newer := w.upload([]byte(head+"机关党支部,王磊,,,,\n")), w.upload([]byte(head+"机关党支部,李静,,,,\n"))
	if _, err := w.roster.Look(t.Context(), w.admin, older.ID); fault.CodeOf(err) != "not_found" {
		t.Errorf("the older preview: %v", err)
	}
	w.clock.Set(newer.ExpiresAt)
	if _, err := w.roster.Look(t.Context(), w.admin, newer.ID); fault.CodeOf(err) != "not_found" {
		t.Errorf("after a day: %v", err)
	}
	if err := w.roster.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := w.db.Read().NewRaw("SELECT COUNT(*) FROM roster_import_rows").Scan(t.Context(), &left); err != nil || left != 0 {
		t.Errorf("%d rows left (%v)", left, err)
	}
}

// TestExportComesBack: what is given out, with masked numbers, changes nothing when it is taken in.
func TestExportComesBack(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	v := w.upload(sample(t))
	w.decide(v, roster.Apart)
	w.apply(v)
	_, lines, err := w.roster.Export(t.Context(), w.admin, w.orgs["冉庙乡党委"].ID)
	if err != nil || len(lines) != 176 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for _, format := range []string{"xlsx", "csv"} {
		raw, _, err := roster.File(format, lines)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte("13988600")) {
			t.Errorf("%s shows a number", format)
		}
		if v := w.upload(raw); figures(v) != "0/0/175/0/0" || v.Summary.Missing != 0 {
			t.Errorf("%s comes back as %s: %q", format, figures(v), w.rows(v, roster.Doubtful))
		}
	}
}

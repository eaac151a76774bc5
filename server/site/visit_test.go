package site_test

import (
	"testing"
	"time"

	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/site"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func TestVisits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		there := w.made(t)
		plan := site.VisitPlan{Org: w.orgID(t, "二支部"), OpensAt: begin, ClosesAt: begin.Add(2 * time.Hour)}
		_, err := w.sites.OpenVisit(t.Context(), w.actor(t, "党员"), there.ID, plan, "")
		refused(t, err, "invalid_input")
		v, err := w.sites.OpenVisit(t.Context(), w.actor(t, "客书记"), there.ID, plan, "key")
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.sites.OpenVisit(t.Context(), w.actor(t, "客书记"), there.ID, plan, "key")
		if err != nil || again.ID != v.ID {
			t.Errorf("the same key: %v, %v", again.ID, err)
		}
		joins(t, w, v)
		visible(t, w, there, v)
		ends(t, w, v)
	})
}

// TestVisitsOfMergedOrg: what an organisation has planned its successor's members visit, with those who came along; nothing
// more is planned in its name.
func TestVisitsOfMergedOrg(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		there, admin := w.made(t), w.actor(t, "管理员")
		plan := site.VisitPlan{Org: w.orgID(t, "二支部"), OpensAt: begin, ClosesAt: begin.Add(2 * time.Hour)}
		open := func() site.Visit {
			v, err := w.sites.OpenVisit(t.Context(), admin, there.ID, plan, "")
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		ended, planned := open(), open()
		if _, err := w.sites.EndVisit(t.Context(), admin, ended.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.people.Merge(t.Context(), admin, plan.Org, w.orgID(t, "一支部"), 1, "merge"); err != nil {
			t.Fatal(err)
		}
		for id, name := range map[ident.ID]string{ended.ID: "二支部", planned.ID: "一支部"} {
			if v, err := w.sites.LoadVisit(t.Context(), db.Read(), id); err != nil || v.Org.Name != name {
				t.Errorf("of %s, not %s; %v", v.Org.Name, name, err)
			}
		}
		for _, name := range []string{"客党员", "党员"} {
			m, err := w.people.MemberByID(t.Context(), db.Read(), w.actor(t, name).MemberID)
			if err != nil {
				t.Fatal(err)
			}
			_, made, err := w.sites.Join(t.Context(), planned.ID, m, begin.Add(time.Minute), nowhere)
			if err != nil || !made {
				t.Errorf("%s: %v, %v", name, made, err)
			}
		}
		_, err := w.sites.OpenVisit(t.Context(), admin, there.ID, plan, "")
		refused(t, err, "invalid_input")
	})
}

func nowhere(site.Site) string { return "none" }

// joins: once each, only those who visit, only while it is open.
func joins(t *testing.T, w *world, v site.Visit) {
	t.Helper()
	member := func(name string) org.Member {
		m, err := w.people.MemberByID(t.Context(), w.db.Read(), w.actor(t, name).MemberID)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		name, who string
		at        time.Duration
		made      bool
		code      string
	}{
		{"before", "客党员", -time.Second, false, "visit_not_open"},
		{"at the first moment", "客党员", 0, true, ""},
		{"twice", "客党员", time.Minute, false, ""},
		{"another", "客书记", time.Hour, true, ""},
		{"another organisation", "党员", time.Hour, false, "not_found"},
		{"at the last moment", "客党员", 2 * time.Hour, false, "visit_ended"},
	} {
		_, made, err := w.sites.Join(t.Context(), v.ID, member(c.who), begin.Add(c.at), nowhere)
		refused(t, err, c.code)
		if made != c.made {
			t.Errorf("%s: made %v", c.name, made)
		}
	}
}

// visible: the keepers of the site see all visits of the time, beginning included and end not.
func visible(t *testing.T, w *world, there site.Site, v site.Visit) {
	t.Helper()
	for _, c := range []struct {
		from, before time.Duration
		want         int
	}{{0, time.Second, 1}, {-time.Hour, 0, 0}, {time.Second, time.Hour, 0}} {
		_, list, err := w.sites.Visits(t.Context(), w.actor(t, "讲解员"), there.ID, begin.Add(c.from), begin.Add(c.before))
		if err != nil || len(list) != c.want {
			t.Errorf("from %v: %d visits, %v", c.from, len(list), err)
		}
		for _, seen := range list {
			if seen.ID != v.ID || seen.Visitors != 2 {
				t.Errorf("%+v", seen)
			}
		}
	}
	_, _, err := w.sites.Visits(t.Context(), w.actor(t, "客书记"), there.ID, begin, begin.Add(time.Hour))
	refused(t, err, "forbidden")
}

func ends(t *testing.T, w *world, v site.Visit) {
	t.Helper()
	for who, code := range map[string]string{"党员": "not_found", "客党员": "not_found"} {
		_, err := w.sites.EndVisit(t.Context(), w.actor(t, who), v.ID)
		refused(t, err, code)
	}
	open := func() int {
		list, err := w.sites.VisitsOpen(t.Context(), w.db.Read(), v.Site, begin, w.actor(t, "客党员").OrgPath)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if open() != 1 {
		t.Error("the visit is not open")
	}
	after, err := w.sites.EndVisit(t.Context(), w.actor(t, "客书记"), v.ID)
	if err != nil || !after.EndedAt.Equal(begin) || open() != 0 {
		t.Errorf("%+v, %v, %d open", after, err, open())
	}
	_, err = w.sites.EndVisit(t.Context(), w.actor(t, "客书记"), v.ID)
	refused(t, err, "visit_ended")
	_, err = w.sites.EndVisit(t.Context(), w.actor(t, "客书记"), ident.ID(1))
	refused(t, err, "not_found")
}

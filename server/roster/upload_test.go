package roster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/fault"
	"themeday/server/roster"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func manyPeople(n int) []byte {
	var file strings.Builder
	file.WriteString(head)
	for i := range n {
		fmt.Fprintf(&file, "机关党支部,王%c,正式,正常,139%08d,\n", '一'+i, i)
	}
	return []byte(file.String())
}

// TestReadingIsSeen: how far the reading of a large file is, and that it can be stopped.
func TestReadingIsSeen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		older := w.upload([]byte(head + "机关党支部,李静,,,,\n"))
		var seen []string
		w.told = func() {
			mine := w.mine()
			seen = append(seen, fmt.Sprint(mine[0].State, " ", mine[0].Read, "/", mine[0].Rows, " ", len(mine)))
		}
		v := w.upload(manyPeople(700))
		if want := []string{"reading 500/0 2", "reading 700/0 2", "reading 500/700 2", "reading 700/700 2"}; !slices.Equal(seen, want) {
			t.Errorf("%q, want %q", seen, want)
		}
		if mine := w.mine(); len(mine) != 1 || mine[0].ID != v.ID || mine[0].State != roster.Ready || mine[0].Counts.New != 700 {
			t.Errorf("afterwards: %+v; the older was %s", mine, older.ID)
		}
		w.told = func() {
			if im := w.mine()[0]; im.Rows > 0 {
				if err := w.roster.Discard(t.Context(), w.admin, im.ID); err != nil {
					t.Error(err)
				}
				w.told = nil
			}
		}
		if _, err := w.roster.Upload(t.Context(), w.admin, w.orgs["冉庙乡党委"].ID, "x.csv", manyPeople(1200)); fault.CodeOf(err) != "import_stopped" {
			t.Errorf("stopped: %v", err)
		}
		var left int
		if err := db.Read().NewRaw("SELECT COUNT(*) FROM roster_import_rows").Scan(t.Context(), &left); err != nil || left != 700 {
			t.Errorf("%d rows (%v), want those of the preview before", left, err)
		}
	})
}

func (w *world) mine() []roster.RosterImport {
	w.t.Helper()
	mine, err := w.roster.Mine(w.t.Context(), w.admin, w.orgs["冉庙乡党委"].ID)
	if err != nil || len(mine) == 0 {
		w.t.Fatalf("%d imports, %v", len(mine), err)
	}
	return mine
}

// TestReadingWithoutEnd: what was being read when a server went down is not shown for ever.
func TestReadingWithoutEnd(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	w.upload([]byte(head + "机关党支部,李静,,,,\n"))
	if _, err := w.db.Write().NewRaw("UPDATE roster_imports SET state = 'reading'").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(w.mine()); n != 1 {
		t.Errorf("%d imports at once", n)
	}
	w.clock.Advance(6 * time.Minute)
	if mine, err := w.roster.Mine(t.Context(), w.admin, w.orgs["冉庙乡党委"].ID); err != nil || len(mine) != 0 {
		t.Errorf("%d imports later, %v", len(mine), err)
	}
}

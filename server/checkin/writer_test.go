package checkin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

var noon = time.Date(2026, 12, 10, 4, 0, 0, 0, time.UTC)

func presence(event, member ident.ID, op int64) Attendance {
	return Attendance{
		EventID: event, Member: org.Member{ID: member, OrgID: 1}, Expected: true, Status: Present, Source: Scan, At: noon,
		Position: NoPosition, Revision: 1, OpID: op,
	}
}

// together runs f for 0…n-1 at the same time and waits.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	group.Wait()
}

func countRows(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	if err := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM attendance").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriterCommitsTogether(t *testing.T) {
	const people = 1000
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var statements atomic.Int64
		db.Observe(func(verb string, _ time.Duration) {
			if verb == "INSERT" {
				statements.Add(1)
			}
		})
		w := newWriter(db)
		together(people, func(i int) {
			made, err := w.insert(t.Context(), presence(1, ident.ID(i+1), int64(i+1)), noon)
			if err != nil || !made {
				t.Errorf("member %d: made %t, %v", i+1, made, err)
			}
		})
		if n := countRows(t, db); n != people {
			t.Errorf("%d rows, want %d", n, people)
		}
		if n := statements.Load(); n > people/2 {
			t.Errorf("%d statements for %d people who came together", n, people)
		}
	})
}

func TestWriterAloneWaitsForNobody(t *testing.T) {
	w := newWriter(storetest.New(t))
	for i := range 3 {
		if made, err := w.insert(t.Context(), presence(1, ident.ID(i+1), 1), noon); !made || err != nil {
			t.Fatalf("made %t, %v", made, err)
		}
		if w.writing || len(w.waiting) > 0 {
			t.Fatal("the writer did not come to rest")
		}
	}
}

func TestWriterTellsNewFromThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWriter(db)
		steps := []struct {
			name   string
			event  ident.ID
			member ident.ID
			op     int64
			made   bool
		}{
			{"first", 1, 1, 11, true},
			{"the same operation again: its own row", 1, 1, 11, true},
			{"another operation: somebody else's row", 1, 1, 12, false},
			{"another member", 1, 2, 12, true},
			{"another event", 2, 1, 12, true},
		}
		for _, s := range steps {
			made, err := w.insert(t.Context(), presence(s.event, s.member, s.op), noon)
			if err != nil || made != s.made {
				t.Errorf("%s: made %t, %v", s.name, made, err)
			}
		}
	})
}

// Two servers get the same members at the same time, in opposite order, each with an operation of its own.
func TestWritersOnTwoServers(t *testing.T) {
	const people = 400
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		servers := [2]*writer{newWriter(db), newWriter(db)}
		var won [people]atomic.Int64
		together(2*people, func(i int) {
			server, member := i%2, i/2
			if server == 1 {
				member = people - 1 - member
			}
			made, err := servers[server].insert(t.Context(), presence(1, ident.ID(member+1), int64(server+1)), noon)
			if err != nil {
				t.Errorf("member %d: %v", member, err)
			}
			if made {
				won[member].Add(1)
			}
		})
		for member := range won {
			if n := won[member].Load(); n != 1 {
				t.Errorf("member %d: %d servers say that they made the row", member, n)
			}
		}
		if n := countRows(t, db); n != people {
			t.Errorf("%d rows, want %d", n, people)
		}
	})
}

// poison makes the database refuse one member.
func poison(t *testing.T, db *store.DB, member int) {
	t.Helper()
	trigger := "CREATE TRIGGER poison BEFORE INSERT ON attendance WHEN NEW.member_id = %d BEGIN SELECT RAISE(ABORT, 'poison'); END"
	if db.Engine() == store.MySQL {
		trigger = "CREATE TRIGGER poison BEFORE INSERT ON attendance FOR EACH ROW BEGIN IF NEW.member_id = %d THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poison'; END IF; END"
	}
	if _, err := db.Write().ExecContext(t.Context(), fmt.Sprintf(trigger, member)); err != nil {
		t.Fatal(err)
	}
}

func TestWriterLetsPoisonFailAlone(t *testing.T) {
	const people, bad = 200, 77
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		poison(t, db, bad)
		w := newWriter(db)
		together(people, func(i int) {
			made, err := w.insert(t.Context(), presence(1, ident.ID(i+1), 1), noon)
			switch {
			case i+1 == bad && (err == nil || made):
				t.Error("the poisoned row was acknowledged")
			case i+1 != bad && (err != nil || !made):
				t.Errorf("member %d: made %t, %v", i+1, made, err)
			}
		})
		if n := countRows(t, db); n != people-1 {
			t.Errorf("%d rows, want %d", n, people-1)
		}
	})
}

func TestWriterSkipsWhoHasGone(t *testing.T) {
	db := storetest.New(t)
	w := newWriter(db)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	if made, err := w.insert(gone, presence(1, 1, 1), noon); made || !errors.Is(err, context.Canceled) {
		t.Errorf("made %t, %v", made, err)
	}
	if made, err := w.insert(t.Context(), presence(1, 2, 1), noon); !made || err != nil {
		t.Errorf("the next one: made %t, %v", made, err)
	}
	if n := countRows(t, db); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestWriterRefusesWhenFull(t *testing.T) {
	w := &writer{db: storetest.New(t), writing: true, waiting: make([]*pending, maxWaiting)}
	if made, err := w.insert(t.Context(), presence(1, 1, 1), noon); made || !errors.Is(err, errFull) {
		t.Errorf("made %t, %v", made, err)
	}
}

func TestWriterGivesUpOnFullDisk(t *testing.T) {
	db := storetest.New(t)
	var pages int
	if err := db.Write().QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Write().ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
		t.Fatal(err)
	}
	w := newWriter(db)
	acknowledged := 0
	var err error
	for i := 0; i < 5000 && err == nil; i++ {
		a := presence(1, ident.ID(i+1), 1)
		a.Reason = strings.Repeat("满", 60)
		var made bool
		if made, err = w.insert(t.Context(), a, noon); made {
			acknowledged++
		}
	}
	if !store.IsFull(err) || !store.IsUnavailable(err) {
		t.Fatalf("got %v, want a full disk", err)
	}
	if n := countRows(t, db); n != acknowledged {
		t.Errorf("%d rows, %d acknowledged", n, acknowledged)
	}
}

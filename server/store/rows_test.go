package store_test

import (
	"context"
	"slices"
	"testing"

	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestRowInsert inserts lists shorter and longer than one statement takes, with rows that are there already, and one
// that spoils its whole list.
func TestRowInsert(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		if _, err := db.Write().ExecContext(ctx, "CREATE TABLE pairs (a BIGINT NOT NULL, b BIGINT NOT NULL, PRIMARY KEY (a))"); err != nil {
			t.Fatal(err)
		}
		insert := db.NewRowInsert("pairs", []string{"a", "b"}, "a")
		there := 0
		for _, upTo := range []int{1, 1, 64, 65, 256, 300, 128, 1000} {
			fresh, err := insert.Exec(ctx, pairs(upTo))
			if want := max(upTo-there, 0); err != nil || fresh != int64(want) {
				t.Errorf("%d rows onto %d: %d new, %v; want %d", upTo, there, fresh, err, want)
			}
			there = max(there, upTo)
		}
		spoilt := pairs(1200)
		spoilt[len(spoilt)-1] = nil
		if fresh, err := insert.Exec(ctx, spoilt); err == nil {
			t.Errorf("a row without a value: %d new", fresh)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := insert.Exec(gone, pairs(1200)); err == nil {
			t.Error("a caller who has gone")
		}
		var n int
		if err := db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM pairs").Scan(&n); err != nil || n != there {
			t.Errorf("%d rows, %v; want %d", n, err, there)
		}
	})
}

func pairs(upTo int) []any {
	values := make([]any, 0, 2*upTo)
	for i := range upTo {
		values = append(values, int64(i), int64(-i))
	}
	return slices.Clip(values)
}

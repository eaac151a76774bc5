package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestLogIsCopied: what was committed gets into the database file although nobody writes any more.
func TestLogIsCopied(t *testing.T) {
	dsn := storetest.SQLiteDSN(t)
	file := strings.TrimPrefix(dsn, "sqlite:")
	db := storetest.Open(t, dsn)
	if _, err := db.Write().ExecContext(t.Context(), insertSession+"('copied', 1, 0, 0)"); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if sessionsIn(t, file, filepath.Join(t.TempDir(), "copy.db")) == 1 {
			return
		}
		clock.Pause(t.Context(), 50*time.Millisecond)
	}
	t.Error("five seconds later the row is still in the log alone")
}

// sessionsIn counts the sessions in the database file without its log.
func sessionsIn(t *testing.T, file, scratch string) int {
	t.Helper()
	bytes, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scratch, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), "sqlite:"+scratch)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.Read().NewRaw("SELECT COUNT(*) FROM sessions").Scan(t.Context(), &n); err != nil {
		return 0 // a page was just being written
	}
	return n
}

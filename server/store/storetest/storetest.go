// Package storetest gives tests a fresh, migrated database on every engine they must pass on.
package storetest

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// Each runs body once on SQLite and once on every server named in TEST_DSNS (comma separated, each as "mysql:DSN" of a
// user who may create databases). Each run has a database of its own that is dropped at the end.
func Each(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { body(t, Open(t, SQLiteDSN(t))) })
	each(t, body)
}

// EachServer is Each without SQLite, for what cannot happen where one writer is let in at a time. It skips the test when
// TEST_DSNS names no server.
func EachServer(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	if len(Servers()) == 0 {
		t.Skip("TEST_DSNS names no database server; scripts/engines starts one and sets it")
	}
	each(t, body)
}

func each(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	for i, server := range Servers() {
		t.Run("server"+string(rune('1'+i)), func(t *testing.T) { body(t, Open(t, NewDatabase(t, server))) })
	}
}

// Servers returns the DSNs of TEST_DSNS.
func Servers() []string {
	return strings.FieldsFunc(os.Getenv("TEST_DSNS"), func(r rune) bool { return r == ',' || r == '\n' })
}

// SQLiteDSN returns the DSN of a migrated file that goes away with the test.
func SQLiteDSN(t testing.TB) string {
	t.Helper()
	content, err := migratedFile()
	if err != nil {
		t.Fatalf("migrate a file: %v", err)
	}
	dsn := EmptySQLiteDSN(t)
	if err := os.WriteFile(strings.TrimPrefix(dsn, "sqlite:"), content, 0o600); err != nil {
		t.Fatalf("copy the migrated file: %v", err)
	}
	return dsn
}

// EmptySQLiteDSN is SQLiteDSN without tables, and without the file: for tests of what happens at the first start.
func EmptySQLiteDSN(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// New returns a migrated SQLite database, for tests in which the engine does not matter.
func New(t testing.TB) *store.DB {
	t.Helper()
	return Open(t, SQLiteDSN(t))
}

// Open opens the database, migrates it where it is not yet, and closes it with the test.
func Open(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}

// NewDatabase creates a migrated database on the server and returns the DSN that names it.
func NewDatabase(t testing.TB, server string) string {
	t.Helper()
	dsn := EmptyDatabase(t, server)
	db, err := sql.Open("mysql", strings.TrimPrefix(dsn, "mysql:"))
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	defer db.Close()
	if err := fill(t.Context(), server, dsn, db); err != nil {
		t.Fatalf("fill the database: %v", err)
	}
	return dsn
}

// EmptyDatabase is NewDatabase without tables.
func EmptyDatabase(t testing.TB, server string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(server, "mysql:"))
	if err != nil {
		t.Fatalf("TEST_DSNS: %v", err)
	}
	name := "themeday_test_" + ident.NewSource(clock.System(), nil).New().String()
	cfg.DBName = ""
	admin, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatalf("open the server: %v", err)
	}
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create the database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name); err != nil {
			t.Errorf("drop the database: %v", err)
		}
		if err := admin.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	cfg.DBName = name
	return "mysql:" + cfg.FormatDSN()
}

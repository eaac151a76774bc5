package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"themeday/server/store"
)

// Bringing an empty database up to date takes a transaction per statement of the migrations, for every test again. So
// each test binary does it once per engine, and every further database is made from what came out.

// migratedFile is the content of a SQLite file that has been migrated and closed.
var migratedFile = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "themeday-template")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "template.db")
	if err := migrate(context.Background(), "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // made above
})

func migrate(ctx context.Context, dsn string) error {
	db, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		_ = db.Close()
		return err
	}
	return db.Close()
}

// templates holds, per server, what makes a migrated database out of an empty one.
var templates = struct {
	sync.Mutex
	of map[string][]string
}{of: map[string][]string{}}

// fill gives the empty database the tables of all migrations: the first one on a server by migrating it.
func fill(ctx context.Context, server, dsn string, db *sql.DB) error {
	templates.Lock()
	defer templates.Unlock()
	script, known := templates.of[server]
	if !known {
		if err := migrate(ctx, dsn); err != nil {
			return err
		}
		script, err := dump(ctx, db)
		templates.of[server] = script
		return err
	}
	for _, statement := range script {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// dump returns the statements that make the tables of a database, and its rows: those in which the migrations are
// recorded, and what a migration may have written.
func dump(ctx context.Context, db *sql.DB) ([]string, error) {
	names, err := texts(ctx, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name")
	if err != nil {
		return nil, err
	}
	var script []string
	for _, name := range names {
		made, err := texts(ctx, db, "SHOW CREATE TABLE "+name)
		if err != nil {
			return nil, err
		}
		rows, err := inserts(ctx, db, name)
		if err != nil {
			return nil, err
		}
		script = append(append(script, made[1]), rows...)
	}
	return script, nil
}

// inserts returns a statement that writes the rows of a table, or none.
func inserts(ctx context.Context, db *sql.DB, table string) ([]string, error) {
	columns, err := texts(ctx, db, "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position", table)
	if err != nil {
		return nil, err
	}
	tuples, err := texts(ctx, db, "SELECT CONCAT_WS(',', QUOTE("+strings.Join(columns, "), QUOTE(")+")) FROM "+table)
	if err != nil || len(tuples) == 0 {
		return nil, err
	}
	return []string{"INSERT INTO " + table + " VALUES (" + strings.Join(tuples, "),(") + ")"}, nil
}

// texts returns all values of a query's answer, row by row.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []string
	for rows.Next() {
		row := make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, row...)
	}
	return all, rows.Err()
}

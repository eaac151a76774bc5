package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"themeday/server/clock"
)

// maxPrepared is how many rows one statement of SQLite inserts. Reading a statement costs it a fifth of running it, so
// those of every length up to this are kept as they were read, and longer lists go in several statements.
const maxPrepared = 64

// RowInsert is an INSERT that runs thousands of times a second, with another number of rows each time. It is safe for
// concurrent use.
type RowInsert struct {
	db              *DB
	head, row, tail string
	width           int

	mu       sync.Mutex
	texts    map[int]string    // by number of rows
	prepared map[int]*sql.Stmt // SQLite only; they end with the database's connection
}

// NewRowInsert returns the insert of rows into the columns of a table, each with a value given to Exec. Rows whose key
// is already there are left alone.
func (db *DB) NewRowInsert(table string, columns []string, key ...string) *RowInsert {
	return &RowInsert{
		db: db, width: len(columns), head: "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ",
		row: "(" + strings.Repeat("?, ", len(columns)-1) + "?)", tail: db.IgnoreDuplicate(key...),
		texts: map[int]string{}, prepared: map[int]*sql.Stmt{},
	}
}

// Exec inserts the rows whose values follow one another, all or none, with one commit, and returns how many are new. It
// returns the database's errors.
func (r *RowInsert) Exec(ctx context.Context, values []any) (fresh int64, err error) {
	elapsed := clock.Stopwatch()
	if r.db.engine == SQLite {
		fresh, err = r.inParts(ctx, values)
	} else { // the values travel with the text in one round trip
		fresh, err = Changed(r.db.write.DB.ExecContext(ctx, r.text(len(values)/r.width), values...))
	}
	if r.db.observe != nil {
		r.db.observe("INSERT", elapsed())
	}
	return fresh, err
}

// inParts inserts with prepared statements: one, or several in a transaction.
func (r *RowInsert) inParts(ctx context.Context, values []any) (fresh int64, err error) {
	part := min(len(values), maxPrepared*r.width)
	stmt, err := r.stmt(ctx, part/r.width)
	if err != nil {
		return 0, err
	}
	if part == len(values) {
		return Changed(stmt.ExecContext(ctx, values...))
	}
	rest := stmt // prepared before the transaction takes the only connection
	if n := len(values) % part; n > 0 {
		if rest, err = r.stmt(ctx, n/r.width); err != nil {
			return 0, err
		}
	}
	tx, err := r.db.write.DB.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	for ; len(values) > 0; values = values[part:] {
		if len(values) <= part {
			part, stmt = len(values), rest
		}
		n, err := Changed(tx.StmtContext(ctx, stmt).ExecContext(ctx, values[:part]...)) //nolint:sqlclosecheck // the transaction does
		if err != nil {
			return 0, err
		}
		fresh += n
	}
	return fresh, tx.Commit()
}

// text returns the insert of n rows.
func (r *RowInsert) text(n int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.texts[n] == "" {
		r.texts[n] = r.head + strings.Repeat(r.row+", ", n-1) + r.row + r.tail
	}
	return r.texts[n]
}

// stmt returns the insert of n rows, prepared.
func (r *RowInsert) stmt(ctx context.Context, n int) (*sql.Stmt, error) {
	text := r.text(n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if stmt, there := r.prepared[n]; there {
		return stmt, nil
	}
	stmt, err := r.db.write.DB.PrepareContext(ctx, text) //nolint:sqlclosecheck // kept
	if err == nil {
		r.prepared[n] = stmt
	}
	return stmt, err
}

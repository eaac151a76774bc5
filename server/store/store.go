// Package store opens the database and hides what differs between the engines: SQLite, and the MySQL family
// (MySQL 8, MariaDB ≥ 10.6, TiDB). Features write one SQL text for all of them; only the clause that makes an insert
// idempotent and the reading of driver errors live here.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the driver named "sqlite", without cgo

	"themeday/server/clock"
)

// Engine names the family of the database.
type Engine string

// The engines.
const (
	SQLite Engine = "sqlite"
	MySQL  Engine = "mysql"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine  Engine
	write   *bun.DB
	read    *bun.DB
	observe func(verb string, took time.Duration) // nil until Observe
	coach   Coach[*passenger]                     // of Together
	stop    func()                                // ends writeBack; nil where there is none
}

// pool sizes: SQLite takes one writer at a time, so a second write connection would only wait inside the engine;
// on MySQL more than 64 connections cost throughput.
const (
	sqliteReaders = 4
	mysqlConns    = 64
)

// Open connects to the database named by dsn: "sqlite:PATH" (the file and its folder are made when missing) or
// "mysql:" followed by a go-sql-driver DSN. It does not create tables; see Migrate. The error says in words what is
// wrong with the DSN or why the server cannot be reached, and never contains a password.
func Open(ctx context.Context, dsn string) (*DB, error) {
	scheme, rest, found := strings.Cut(dsn, ":")
	switch {
	case found && scheme == "sqlite" && rest != "":
		return openSQLite(ctx, rest)
	case found && scheme == "mysql" && rest != "":
		return openMySQL(ctx, rest)
	}
	return nil, errors.New("store: the database must be given as sqlite:PATH or mysql:DSN")
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("store: folder of the database: %w", err)
	}
	// busy_timeout comes first: the other pragmas may already have to wait for another process.
	// synchronous FULL, because what is acknowledged must survive a power cut.
	source := "file:" + path + "?_pragma=busy_timeout(10000)" + sqliteLog + "&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"
	write, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, fmt.Errorf("store: open sqlite: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", source+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: open sqlite: %w", err), write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	db := &DB{engine: SQLite, write: bun.NewDB(write, sqlitedialect.New()), read: bun.NewDB(read, sqlitedialect.New())}
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(unreachable(SQLite, err), db.Close())
	}
	db.stop = writeBack(context.WithoutCancel(ctx), read)
	return db, nil
}

func openMySQL(ctx context.Context, dsn string) (*DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("store: the mysql DSN cannot be read; expected user:password@tcp(host:port)/database")
	}
	if cfg.ClientFoundRows {
		return nil, errors.New("store: clientFoundRows must not be set: it hides which rows of an insert were new")
	}
	cfg.InterpolateParams = true // one round trip per statement
	cfg.ParseTime = true         // for the table of migrations; ours hold no times
	cfg.Loc = time.UTC
	cfg.Collation = "utf8mb4_bin"
	setDefault(&cfg.Timeout, 3*time.Second)
	setDefault(&cfg.ReadTimeout, 5*time.Second)
	setDefault(&cfg.WriteTimeout, 5*time.Second)
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, errors.New("store: the mysql DSN cannot be used")
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(mysqlConns)
	pool.SetMaxIdleConns(mysqlConns)
	pool.SetConnMaxLifetime(3 * time.Minute) // below every common wait_timeout and load-balancer limit
	// bun asks for the server's version at once and complains on its own log when there is none.
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(unreachable(MySQL, err), pool.Close())
	}
	handle := bun.NewDB(pool, mysqldialect.New(mysqldialect.WithTimeLocation("UTC")))
	return &DB{engine: MySQL, write: handle, read: handle}, nil
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

func unreachable(engine Engine, err error) error {
	return fmt.Errorf("store: the %s database cannot be reached: %w", engine, err)
}

// Engine returns the family of the database.
func (db *DB) Engine() Engine { return db.engine }

// Write returns the handle for single statements that change something. On SQLite it has one connection: inside
// WithTx it must not be used, only the transaction.
func (db *DB) Write() *bun.DB { return db.write }

// Read returns the handle for queries. It sees committed rows only.
func (db *DB) Read() *bun.DB { return db.read }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.write.PingContext(ctx) }

// Close closes all connections.
func (db *DB) Close() error {
	if db.stop != nil {
		db.stop()
	}
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// Observe calls f after every statement with its first word (SELECT, INSERT, …) and how long it took.
func (db *DB) Observe(f func(verb string, took time.Duration)) {
	db.observe = f
	hook := observer{f}
	db.write = db.write.WithQueryHook(hook)
	if db.engine == MySQL {
		db.read = db.write
		return
	}
	db.read = db.read.WithQueryHook(hook)
}

// Exec runs one statement without the query builder, for the few that run thousands of times a second.
func (db *DB) Exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	elapsed := clock.Stopwatch()
	res, err := db.write.DB.ExecContext(ctx, statement, args...)
	if db.observe != nil {
		db.observe(verbOf(statement), elapsed())
	}
	return res, err
}

// IgnoreDuplicate returns the end of an INSERT that leaves rows alone whose key, the named columns, is already there.
// The affected-row count is then the number of new rows, on every engine.
func (db *DB) IgnoreDuplicate(keyColumns ...string) string {
	if db.engine == MySQL {
		return " ON DUPLICATE KEY UPDATE " + keyColumns[0] + " = " + keyColumns[0]
	}
	return " ON CONFLICT (" + strings.Join(keyColumns, ", ") + ") DO NOTHING"
}

// A transaction that lost against another one is tried again, at most attempts times, after a random wait of up to
// backoff times the number of the try.
const (
	attempts = 6
	backoff  = 15 * time.Millisecond
)

// DeleteSome deletes up to limit rows of the table that meet the condition, and returns how many: many rows are deleted in pieces, so
// that nobody waits for long behind them.
func (db *DB) DeleteSome(ctx context.Context, limit int, table, condition string, args ...any) (int64, error) {
	statement := "DELETE FROM " + table + " WHERE " + condition + " LIMIT ?"
	if db.engine == SQLite {
		statement = "DELETE FROM " + table + " WHERE rowid IN (SELECT rowid FROM " + table + " WHERE " + condition + " LIMIT ?)"
	}
	return Changed(db.write.NewRaw(statement, append(args, limit)...).Exec(ctx))
}

// WithTx runs f in one transaction and commits. It runs f again, a bounded number of times, when the engine gave the
// transaction up in favour of another (deadlock, lock wait, busy): f must not change anything outside tx.
func (db *DB) WithTx(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	var err error
	for attempt := 1; attempt <= attempts; attempt++ {
		err = db.write.RunInTx(ctx, nil, f)
		if err == nil || !IsRetryable(err) {
			return err
		}
		if !clock.Pause(ctx, rand.N(time.Duration(attempt)*backoff)) { //nolint:gosec // spreads retries; no secret
			return err
		}
	}
	return fmt.Errorf("store: gave up after %d attempts: %w", attempts, err)
}

// Affected reports whether the statement changed exactly one row: the test of every guarded update.
func Affected(res sql.Result, err error) (bool, error) {
	n, err := Changed(res, err)
	return n == 1, err
}

// Changed returns how many rows the statement changed.
func Changed(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// WarnWeakDurability logs when the server's settings would let it lose acknowledged rows in a power cut. SQLite's are
// set by Open.
func (db *DB) WarnWeakDurability(ctx context.Context, log *slog.Logger) {
	if db.engine != MySQL {
		return
	}
	var flush string
	row := db.read.QueryRowContext(ctx, "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit")
	if err := row.Scan(&flush); err != nil {
		log.WarnContext(ctx, "durability of the database is not known", "cause", err)
		return
	}
	if flush != "1" {
		log.WarnContext(ctx, "the database may lose acknowledged check-ins in a power cut; set innodb_flush_log_at_trx_commit = 1", "value", flush)
	}
}

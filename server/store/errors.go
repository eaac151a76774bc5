package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"themeday/server/clock"
)

// Error numbers of the MySQL family, from the servers' own error references; those from 8002 on are TiDB's.
var (
	mysqlDuplicate   = []uint16{1062, 1586}
	mysqlAlready     = []uint16{1050, 1060, 1061, 1091} // table, column, index exists; index is gone
	mysqlRetry       = []uint16{1213, 1205, 1020, 8002, 8022, 8028, 9007}
	mysqlFull        = []uint16{1021, 1114}
	mysqlUnavailable = []uint16{
		1040, 1053, 1129, 1203, 1290, 1317, 1836, 1927, 3024, // too many connections, shutting down, read-only, killed
		9001, 9002, 9003, 9004, 9005, 9006, // storage busy or away
	}
)

// IsDuplicate reports whether err says that a row with this key is already there.
func IsDuplicate(err error) bool {
	if in(err, mysqlDuplicate) {
		return true
	}
	code, ok := sqliteCode(err)
	return ok && (code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || code == sqlite3.SQLITE_CONSTRAINT_UNIQUE)
}

// IsNoRows reports whether err says that a query found nothing.
func IsNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsRetryable reports whether the engine gave a transaction up so that another could go on.
func IsRetryable(err error) bool {
	if in(err, mysqlRetry) {
		return true
	}
	code, ok := sqliteCode(err)
	return ok && (code&0xff == sqlite3.SQLITE_BUSY || code&0xff == sqlite3.SQLITE_LOCKED)
}

// IsFull reports whether the disk is full: trying again at once cannot help.
func IsFull(err error) bool {
	code, ok := sqliteCode(err)
	return in(err, mysqlFull) || ok && code&0xff == sqlite3.SQLITE_FULL
}

// IsUnavailable reports whether the database is away, full or overloaded, so that the same call may work later.
func IsUnavailable(err error) bool {
	if in(err, mysqlUnavailable) || IsRetryable(err) || IsFull(err) {
		return true
	}
	if code, ok := sqliteCode(err); ok {
		return code&0xff == sqlite3.SQLITE_IOERR
	}
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, sql.ErrConnDone) || errors.As(err, &network) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, mysql.ErrPktSync) || errors.Is(err, mysql.ErrPktSyncMul) ||
		errors.Is(err, mysql.ErrMalformPkt) || errors.Is(err, mysql.ErrBusyBuffer) // a connection cut in the middle of an answer
}

func alreadyThere(err error) bool { return in(err, mysqlAlready) }

func in(err error, numbers []uint16) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && slices.Contains(numbers, e.Number)
}

func sqliteCode(err error) (int, bool) {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code(), true
	}
	return 0, false
}

// observer is the bun hook behind Observe. bun stamps the start itself.
type observer struct {
	report func(verb string, took time.Duration)
}

func (observer) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (o observer) AfterQuery(_ context.Context, event *bun.QueryEvent) {
	o.report(verbOf(event.Query), clock.Since(event.StartTime))
}

// verbOf returns the first word of a statement.
func verbOf(statement string) string {
	verb, _, _ := strings.Cut(strings.TrimSpace(statement), " ")
	return strings.ToUpper(verb)
}

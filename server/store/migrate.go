package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer is returned by Migrate when the database was last used by a newer version of the program.
var ErrNewer = errors.New("store: the database belongs to a newer version of this program")

// Migrate brings the tables up to date. Servers that start together wait for one another. It returns ErrNewer when
// the database knows steps that this program does not: an old binary must not write into a new schema.
func (db *DB) Migrate(ctx context.Context) error {
	steps, err := readSteps(migrationFiles, db.engine)
	if err != nil {
		return err
	}
	provider, err := db.provider(steps)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("store: read the version of the tables: %w", err)
	}
	if len(steps) > 0 && current > steps[len(steps)-1].version {
		return ErrNewer
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

func (db *DB) provider(steps []step) (*goose.Provider, error) {
	migrations := make([]*goose.Migration, len(steps))
	for i, s := range steps {
		migrations[i] = goose.NewGoMigration(s.version, &goose.GoFunc{RunTx: s.run}, nil)
	}
	options := []goose.ProviderOption{goose.WithGoMigrations(migrations...), goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if db.engine == MySQL {
		dialect = goose.DialectMySQL
		// Without the lock two servers that start together fail with "table already exists".
		locker, err := lock.NewMySQLTableLocker(lock.WithTableLockTimeout(200*time.Millisecond, 300))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithLocker(locker))
	}
	return goose.NewProvider(dialect, db.write.DB, nil, options...)
}

// step is one statement. MySQL commits every table change by itself, so each statement is recorded by itself: a
// server that dies in the middle of a file goes on with the next statement.
type step struct {
	version   int64
	statement string
}

func (s step) run(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, s.statement)
	if alreadyThere(err) {
		return nil // died after the statement and before it was recorded
	}
	return err
}

// readSteps reads the files NNN_name.sql in order; where NNN_name.sqlite.sql exists it replaces the general file on
// SQLite. Statements end with a semicolon at the end of a line; statement k of file NNN has the version NNN*100+k.
func readSteps(files fs.FS, engine Engine) ([]step, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var steps []step
	for _, name := range names {
		if strings.HasSuffix(name, ".sqlite.sql") {
			continue
		}
		added, err := readFile(files, name, engine)
		if err != nil {
			return nil, err
		}
		steps = append(steps, added...)
	}
	return steps, nil
}

const statementsPerFile = 100

func readFile(files fs.FS, name string, engine Engine) ([]step, error) {
	base := strings.TrimPrefix(name, "migrations/")
	number, err := strconv.ParseInt(strings.SplitN(base, "_", 2)[0], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("store: migration %s has no number", base)
	}
	text, err := fs.ReadFile(files, strings.TrimSuffix(name, ".sql")+".sqlite.sql")
	if engine != SQLite || err != nil {
		if text, err = fs.ReadFile(files, name); err != nil {
			return nil, err
		}
	}
	var steps []step
	for i, statement := range statements(string(text)) {
		steps = append(steps, step{number*statementsPerFile + int64(i) + 1, statement})
	}
	return steps, nil
}

func statements(text string) []string {
	var all []string
	for part := range strings.SplitSeq(text+"\n", ";\n") {
		if part = strings.TrimSpace(withoutComments(part)); part != "" {
			all = append(all, part)
		}
	}
	return all
}

func withoutComments(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

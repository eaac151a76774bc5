package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"themeday/server/store"
	"themeday/server/store/storetest"
)

func TestOpenRefuses(t *testing.T) {
	for name, dsn := range map[string]string{
		"nothing":           "",
		"no scheme":         "data/themeday.db",
		"unknown scheme":    "postgres://localhost/x",
		"no path":           "sqlite:",
		"unreadable":        "mysql:root:geheim@nowhere(",
		"found rows":        "mysql:root:geheim@tcp(127.0.0.1:1)/x?clientFoundRows=true",
		"nobody listening":  "mysql:root:geheim@tcp(127.0.0.1:1)/x",
		"folder is no file": "sqlite:" + t.TempDir(),
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), dsn)
			if err == nil {
				_ = db.Close()
				t.Fatal("opened")
			}
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
}

func TestMigrateTwiceAndTogether(t *testing.T) {
	check := func(t *testing.T, dsn string) {
		var group sync.WaitGroup
		for range 2 {
			db, err := store.Open(t.Context(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			group.Go(func() {
				if err := db.Migrate(t.Context()); err != nil {
					t.Errorf("migrate beside another server: %v", err)
				}
			})
		}
		group.Wait()
		db := storetest.Open(t, dsn) // and once more, when all is done
		if _, err := db.Write().ExecContext(t.Context(), "DELETE FROM orgs"); err != nil {
			t.Errorf("no tables: %v", err)
		}
	}
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { check(t, storetest.EmptyDatabase(t, server)) })
	}
}

func TestMigrateRefusesNewerDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, err := db.Write().ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99901, 1)")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); !errors.Is(err, store.ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		}
	})
}

const insertSession = "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES "

func TestIgnoreDuplicateCountsNewRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		insert := func(values string) int64 {
			res, err := db.Write().ExecContext(t.Context(), insertSession+values+db.IgnoreDuplicate("token_hash"))
			if err != nil {
				t.Fatal(err)
			}
			n, err := res.RowsAffected()
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := insert("('a', 1, 1, 1), ('b', 1, 1, 1)"); n != 2 {
			t.Errorf("two new rows: affected %d", n)
		}
		if n := insert("('b', 2, 2, 2), ('c', 2, 2, 2)"); n != 1 {
			t.Errorf("one new row: affected %d", n)
		}
		if n := insert("('c', 2, 2, 2)"); n != 0 {
			t.Errorf("no new row: affected %d", n)
		}
	})
}

func TestDuplicateIsRecognised(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, err := db.Write().ExecContext(t.Context(), insertSession+"('a', 1, 1, 1)")
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Write().ExecContext(t.Context(), insertSession+"('a', 1, 1, 1)")
		if !store.IsDuplicate(err) {
			t.Errorf("got %v, want a duplicate", err)
		}
		if store.IsUnavailable(err) || store.IsRetryable(err) || store.IsNoRows(err) {
			t.Errorf("%v is nothing else", err)
		}
	})
}

func TestWithTxRollsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		stop := errors.New("stop")
		err := db.WithTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, insertSession+"('a', 1, 1, 1)"); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatalf("got %v", err)
		}
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows after the rollback", n)
		}
	})
}

func TestWithTxSurvivesContention(t *testing.T) {
	const writers, rounds = 8, 10
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, err := db.Write().ExecContext(t.Context(), insertSession+"('a', 0, 1, 1), ('b', 0, 1, 1)")
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for w := range writers {
			order := []string{"a", "b"}
			if w%2 == 1 {
				order = []string{"b", "a"} // the other way round: a deadlock on engines that lock rows
			}
			group.Go(func() {
				for range rounds {
					if err := bumpBoth(t.Context(), db, order); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		group.Wait()
		var a, b int
		row := db.Read().QueryRowContext(t.Context(), "SELECT MIN(user_id), MAX(user_id) FROM sessions")
		if err := row.Scan(&a, &b); err != nil {
			t.Fatal(err)
		}
		if a != writers*rounds || b != writers*rounds {
			t.Errorf("counted %d and %d, want %d", a, b, writers*rounds)
		}
	})
}

func bumpBoth(ctx context.Context, db *store.DB, order []string) error {
	return db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, key := range order {
			if _, err := tx.ExecContext(ctx, "UPDATE sessions SET user_id = user_id + 1 WHERE token_hash = ?", key); err != nil {
				return err
			}
		}
		return nil
	})
}

func count(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	if err := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM sessions").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

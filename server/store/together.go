package store

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

// Together is WithTx for what many do at the same time. SQLite has one writer and waits for the disk with every commit,
// so there those who come while another commits share the next commit, each behind a savepoint of its own: a function
// that fails takes nothing of the others back. The servers of the MySQL family do this by themselves with plain
// transactions. When Together returns nil the function's changes are committed. f may see what others of its commit have
// changed, and is run again when the commit is not to be had: it must not change anything outside tx.
func (db *DB) Together(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	if db.engine != SQLite {
		return db.WithTx(ctx, f)
	}
	m := &passenger{ctx: ctx, f: f, err: errSpoilt}
	db.coach.Ride(m, db.commit)
	if m.panicked != nil {
		panic(m.panicked) // in the goroutine that it concerns
	}
	return m.err
}

// passenger is one function that waits for its commit.
type passenger struct {
	ctx context.Context //nolint:containedctx // the caller's, for its function
	f   func(ctx context.Context, tx bun.Tx) error

	err      error
	panicked any
}

// errSpoilt says that the engine gave up the transaction of all over the statement of one.
var errSpoilt = errors.New("store: transaction lost")

// commit runs all functions in one transaction. When one of them spoils it, each gets its own.
func (db *DB) commit(aboard []*passenger) {
	if len(aboard) > 1 {
		err := db.WithTx(context.WithoutCancel(aboard[0].ctx), func(ctx context.Context, tx bun.Tx) error {
			for _, m := range aboard {
				if err := m.behindSavepoint(ctx, tx); err != nil {
					return errors.Join(errSpoilt, err)
				}
			}
			return nil
		})
		if err == nil {
			return
		}
		if !errors.Is(err, errSpoilt) {
			for _, m := range aboard {
				m.err = err
			}
			return
		}
	}
	for _, m := range aboard {
		m.err = db.WithTx(m.ctx, func(ctx context.Context, tx bun.Tx) error { return m.run(ctx, tx) })
	}
}

// behindSavepoint runs the function so that its failure takes back nothing else. The error is of the savepoint.
func (m *passenger) behindSavepoint(ctx context.Context, tx bun.Tx) error {
	if m.err = m.ctx.Err(); m.err != nil {
		return nil //nolint:nilerr // it is the caller's, not the transaction's
	}
	if _, err := tx.ExecContext(ctx, "SAVEPOINT seat"); err != nil {
		return err
	}
	// A statement that is interrupted takes the whole transaction with it: a caller who gives up now is told the outcome.
	if m.err = m.run(context.WithoutCancel(m.ctx), tx); m.err != nil { //nolint:contextcheck // the function's own caller's
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO seat"); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "RELEASE seat")
	return err
}

func (m *passenger) run(ctx context.Context, tx bun.Tx) (err error) {
	defer func() {
		if m.panicked = recover(); m.panicked != nil {
			err = errSpoilt // rolls back; Together goes on with the panic
		}
	}()
	return m.f(ctx, tx)
}

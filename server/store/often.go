package store

import (
	"context"
	"database/sql"
	"sync"

	"themeday/server/clock"
)

// maxPrepared bounds how many statements are kept prepared, and maxPreparedArgs how long they may be: the few that are
// longer are prepared each time, which their length outweighs.
const (
	maxPrepared     = 80
	maxPreparedArgs = 1000
)

// preparedSet is statements that SQLite has read already, by their text.
type preparedSet struct {
	mu     sync.Mutex
	byText map[string]*sql.Stmt
}

// ExecOften is Exec for a statement with few variants that is run again and again. On SQLite, where reading it costs a
// fifth of running it, it is kept prepared; on the others the values travel with the text in one round trip.
func (db *DB) ExecOften(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if db.engine != SQLite || len(args) > maxPreparedArgs {
		return db.Exec(ctx, statement, args...)
	}
	stmt, err := db.often.get(ctx, db.write.DB, statement) //nolint:sqlclosecheck // kept
	if err != nil {
		return nil, err
	}
	elapsed := clock.Stopwatch()
	res, err := stmt.ExecContext(ctx, args...)
	if db.observe != nil {
		db.observe(verbOf(statement), elapsed())
	}
	return res, err
}

func (p *preparedSet) get(ctx context.Context, db *sql.DB, statement string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt, there := p.byText[statement]; there {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, statement) //nolint:sqlclosecheck // kept
	if err != nil {
		return nil, err
	}
	if p.byText == nil || len(p.byText) >= maxPrepared {
		p.closeAll()
		p.byText = map[string]*sql.Stmt{}
	}
	p.byText[statement] = stmt
	return stmt, nil
}

func (p *preparedSet) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeAll()
	p.byText = nil
}

func (p *preparedSet) closeAll() {
	for _, stmt := range p.byText {
		_ = stmt.Close() // its connection may be gone already
	}
}

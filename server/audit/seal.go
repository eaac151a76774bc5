package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/store"
)

// Anchor names a place in the chain: whoever has kept one can tell later that nothing before it was changed or removed.
type Anchor struct {
	Seq  int64 // 0 before the first entry
	Hash string
}

// String returns the anchor as SEQ:HASH.
func (a Anchor) String() string { return strconv.FormatInt(a.Seq, 10) + ":" + a.Hash }

// ParseAnchor reads what String wrote.
func ParseAnchor(text string) (Anchor, error) {
	number, hash, _ := strings.Cut(text, ":")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || seq < 1 || len(hash) != 64 {
		return Anchor{}, errors.New("audit: an anchor is written as SEQ:HASH, as verify and the log print it")
	}
	return Anchor{seq, hash}, nil
}

// batch is how many entries are sealed with one commit, and read at once when the chain is walked.
const batch = 200

// Seal puts up to 200 new entries at the end of the chain and returns how many; 0 when there is nothing to do, or when another server
// does it at this moment. It may be called at any time by any number of servers: whoever seals moves the head of the chain
// on first, from where it was read, and only one can.
func Seal(ctx context.Context, db *store.DB) (n int, err error) {
	var waiting int
	err = db.Read().NewRaw("SELECT COUNT(*) FROM (SELECT id FROM audit_entries WHERE seq IS NULL LIMIT 1) t").Scan(ctx, &waiting)
	if err != nil || waiting == 0 {
		return 0, err
	}
	err = db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		n, err = sealBatch(ctx, tx)
		return err
	})
	return n, err
}

// errOther says that another server has taken entries that this one was about to seal. It cannot happen after the head was moved
// on, unless somebody changes the table by hand.
var errOther = errors.New("audit: an entry was sealed behind the sealer's back")

func sealBatch(ctx context.Context, tx bun.Tx) (int, error) {
	head, err := headOf(ctx, tx)
	if err != nil {
		return 0, err
	}
	var entries []sealed
	err = tx.NewRaw("SELECT "+contentColumns+" FROM audit_entries WHERE seq IS NULL ORDER BY id LIMIT ?", batch).Scan(ctx, &entries)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	next := head
	for i := range entries {
		e := &entries[i]
		e.Seq, e.Digest = next.Seq+1, e.contentDigest()
		e.Hash = e.link(next.Hash)
		next = Anchor{e.Seq, e.Hash}
	}
	res, err := tx.NewRaw("UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1 AND seq = ? AND hash = ?", next.Seq, next.Hash, head.Seq, head.Hash).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		return 0, err
	}
	for _, e := range entries {
		res, err := tx.NewRaw("UPDATE audit_entries SET seq = ?, digest = ?, hash = ? WHERE id = ? AND seq IS NULL", e.Seq, e.Digest, e.Hash, e.ID).Exec(ctx)
		if ok, err := store.Affected(res, err); err != nil || !ok {
			return 0, errors.Join(err, errOther)
		}
	}
	return len(entries), nil
}

func headOf(ctx context.Context, db bun.IDB) (Anchor, error) {
	var head Anchor
	err := db.NewRaw("SELECT seq, hash FROM audit_head WHERE id = 1").Scan(ctx, &head)
	if err != nil {
		return Anchor{}, fmt.Errorf("audit: the head of the chain: %w", err)
	}
	return head, nil
}

// Head returns the end of the chain: write it where those who can change the database cannot.
func Head(ctx context.Context, db *store.DB) (Anchor, error) { return headOf(ctx, db.Read()) }

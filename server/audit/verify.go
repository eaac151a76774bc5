package audit

import (
	"context"
	"fmt"
	"time"

	"themeday/server/clock"
	"themeday/server/store"
)

// Report is what a walk along the chain has found.
type Report struct {
	Entries int       // that were checked
	Erased  int       // of them, looks whose time is over
	From    time.Time // instants of the first and the last entry
	To      time.Time
	Head    Anchor // the last link that was found to be right
	Waiting int    // entries that are not sealed yet
	Broken  string // what is wrong at the first broken link; "" when all is well
}

// Patience is how long an entry may wait for its seal while a server runs.
const Patience = 10 * time.Minute

// Verify walks the whole chain and says where it is broken first: by a change, a removal, another order, a cut end, or entries that
// nobody has sealed. looksKept is how long looks must be kept: none may be erased earlier. The anchors are ends of the
// chain that were kept elsewhere; each must still be a part of it. The error is of the database only.
func Verify(ctx context.Context, db *store.DB, now time.Time, looksKept time.Duration, anchors ...Anchor) (Report, error) {
	w := walk{youngest: clock.Millis(now.Add(-looksKept)), anchors: map[int64]string{}}
	for _, a := range anchors {
		w.anchors[a.Seq] = a.Hash
	}
	end, err := w.end(ctx, db)
	if err != nil || w.report.Broken != "" {
		return w.report, err
	}
	for more := true; more && err == nil; {
		more, err = w.next(ctx, db, end.Seq)
	}
	if err != nil || w.report.Broken != "" {
		return w.report, err
	}
	w.finish(end)
	return w.report, w.unsealed(ctx, db, now)
}

// walk is a Verify under way.
type walk struct {
	report   Report
	youngest int64 // unix milliseconds: younger looks are not erased
	anchors  map[int64]string
}

// end returns where the chain ends, before it is walked: what is sealed meanwhile only makes it longer.
func (w *walk) end(ctx context.Context, db *store.DB) (end Anchor, err error) {
	var last int64 // read first: the head is moved on with the entries
	if err := db.Read().NewRaw("SELECT COALESCE(MAX(seq), 0) FROM audit_entries").Scan(ctx, &last); err != nil {
		return Anchor{}, err
	}
	end, err = Head(ctx, db)
	switch {
	case store.IsNoRows(err):
		w.report.Broken, err = "the head of the chain has been removed", nil
	case err == nil && last > end.Seq:
		w.report.Broken = fmt.Sprintf("the chain should end with entry %d, and there are entries up to %d", end.Seq, last)
	}
	return end, err
}

// next checks the next entries up to the number to, and reports whether there may be more.
func (w *walk) next(ctx context.Context, db *store.DB, to int64) (more bool, err error) {
	var entries []sealed
	err = db.Read().NewRaw("SELECT "+sealedColumns+" FROM audit_entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", w.report.Head.Seq, to, batch).Scan(ctx, &entries)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if w.report.Broken = w.check(e); w.report.Broken != "" {
			return false, nil
		}
		w.take(e)
	}
	return len(entries) == batch, nil
}

func (w *walk) check(e sealed) string {
	kept, anchored := w.anchors[e.Seq]
	switch before := w.report.Head; {
	case e.Seq != before.Seq+1:
		return fmt.Sprintf("entries %d to %d have been removed", before.Seq+1, e.Seq-1)
	case e.Erased && (!e.Action.Looks() || e.At > w.youngest):
		return fmt.Sprintf("entry %d (%s) has been erased, and should not be", e.Seq, clock.FromMillis(e.At).Format(time.RFC3339))
	case !e.Erased && e.Digest != e.contentDigest(), e.Hash != e.link(before.Hash):
		return fmt.Sprintf("entry %d (%s) is not what was sealed", e.Seq, clock.FromMillis(e.At).Format(time.RFC3339))
	case anchored && kept != e.Hash:
		return fmt.Sprintf("entry %d is not the one of the anchor: the chain has been written anew", e.Seq)
	}
	return ""
}

func (w *walk) take(e sealed) {
	r := &w.report
	if r.Entries == 0 {
		r.From = clock.FromMillis(e.At)
	}
	r.Entries, r.To, r.Head = r.Entries+1, clock.FromMillis(e.At), Anchor{e.Seq, e.Hash}
	if e.Erased {
		r.Erased++
	}
	delete(w.anchors, e.Seq)
}

// finish compares where the walk has ended with where it should have.
func (w *walk) finish(end Anchor) {
	if w.report.Head.Seq != end.Seq {
		w.report.Broken = fmt.Sprintf("entries %d to %d have been removed from the end", w.report.Head.Seq+1, end.Seq)
		return
	}
	if w.report.Head.Hash != end.Hash {
		w.report.Broken = "the head of the chain has been changed"
		return
	}
	for seq := range w.anchors {
		if seq > end.Seq {
			w.report.Broken = fmt.Sprintf("entries %d to %d have been removed from the end: an anchor names the last of them", end.Seq+1, seq)
		}
	}
}

// unsealed counts what waits, and complains about what has waited too long.
func (w *walk) unsealed(ctx context.Context, db *store.DB, now time.Time) error {
	var late int
	err := db.Read().NewRaw("SELECT COUNT(*), COALESCE(SUM(CASE WHEN at < ? THEN 1 ELSE 0 END), 0) FROM audit_entries WHERE seq IS NULL",
		clock.Millis(now.Add(-Patience))).Scan(ctx, &w.report.Waiting, &late)
	if err == nil && late > 0 && w.report.Broken == "" {
		w.report.Broken = fmt.Sprintf("%d entries have not been sealed for more than %s: does a server run?", late, Patience)
	}
	return err
}

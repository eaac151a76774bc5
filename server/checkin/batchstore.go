package checkin

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// batchRow is a batch as stored.
type batchRow struct {
	bun.BaseModel `bun:"table:roll_batches,alias:b"`

	ID        ident.ID
	EventID   ident.ID
	ByMember  ident.ID
	ClientKey string
	At        int64
	UndoneAt  int64
}

func (r batchRow) at() time.Time { return clock.FromMillis(r.At) }

// batchItem is what a row said before the batch, and the revision that the batch led to.
type batchItem struct {
	bun.BaseModel `bun:"table:roll_batch_items,alias:i"`

	BatchID        ident.ID
	MemberID       ident.ID
	Revision       int
	FromStatus     Status
	FromSource     Source
	FromAt         int64
	FromRecordedBy ident.ID
	FromReason     string
	Undone         int
}

// before returns the row as it was. Where nothing was recorded it is a mark that the roll has taken back.
func (i batchItem) before(there Attendance, by ident.ID, now time.Time) Attendance {
	to := there
	to.Status, to.Source, to.RecordedBy, to.Reason = i.FromStatus, cmp.Or(i.FromSource, Roll), i.FromRecordedBy, i.FromReason
	to.At, to.OpID = clock.FromMillis(i.FromAt), operation(i.MemberID, "undo"+i.BatchID.String())
	if i.FromStatus == Pending {
		to.At, to.RecordedBy = now, by
	}
	return to
}

func (s *Service) insertBatch(ctx context.Context, tx bun.IDB, id, e, by ident.ID, key string, now time.Time) error {
	_, err := tx.NewInsert().Model(&batchRow{ID: id, EventID: e, ByMember: by, ClientKey: key, At: clock.Millis(now)}).Exec(ctx)
	return err
}

func (s *Service) insertBatchItem(ctx context.Context, tx bun.IDB, batch ident.ID, from Attendance, revision int) error {
	_, err := tx.NewInsert().Model(&batchItem{
		BatchID: batch, MemberID: from.Member.ID, Revision: revision, FromStatus: from.Status, FromSource: from.Source,
		FromAt: clock.Millis(from.At), FromRecordedBy: from.RecordedBy, FromReason: from.Reason,
	}).Exec(ctx)
	return err
}

// batchByKey returns the zero row when the key has made none.
func (s *Service) batchByKey(ctx context.Context, tx bun.IDB, by ident.ID, key string) (batchRow, error) {
	var r batchRow
	err := tx.NewRaw("SELECT b.* FROM roll_batches b WHERE b.by_member = ? AND b.client_key = ?", by, key).Scan(ctx, &r)
	if store.IsNoRows(err) {
		return batchRow{}, nil
	}
	return r, err
}

func (s *Service) batchByID(ctx context.Context, tx bun.IDB, id ident.ID) (batchRow, error) {
	var r batchRow
	err := tx.NewRaw("SELECT b.* FROM roll_batches b WHERE b.id = ?", id).Scan(ctx, &r)
	if store.IsNoRows(err) {
		return r, errNoBatch
	}
	return r, err
}

func (s *Service) batchItems(ctx context.Context, tx bun.IDB, batch ident.ID) ([]batchItem, error) {
	var items []batchItem
	err := tx.NewRaw("SELECT i.* FROM roll_batch_items i WHERE i.batch_id = ? ORDER BY i.member_id", batch).Scan(ctx, &items)
	return items, err
}

// claimUndo reports whether this is the one undo of the batch.
func (s *Service) claimUndo(ctx context.Context, tx bun.IDB, batch ident.ID, now time.Time) (bool, error) {
	return store.Affected(tx.NewRaw("UPDATE roll_batches SET undone_at = ? WHERE id = ? AND undone_at = 0", clock.Millis(now), batch).Exec(ctx))
}

func (s *Service) noteUndone(ctx context.Context, tx bun.IDB, item batchItem) error {
	_, err := tx.NewRaw("UPDATE roll_batch_items SET undone = 1 WHERE batch_id = ? AND member_id = ?", item.BatchID, item.MemberID).Exec(ctx)
	return err
}

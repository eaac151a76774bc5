package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
	"themeday/server/origin"
)

// maxTries bounds how often a job tries to write one import before the person is told that it did not work.
const maxTries = 3

// write is the job: all of an import, or nothing of it.
func (s *Service) write(ctx context.Context, j jobs.Job) error {
	var p applyPayload
	if err := j.Decode(&p); err != nil {
		return jobs.GiveUp(err)
	}
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error { return s.writeAll(ctx, tx, p) })
	if err == nil {
		return nil
	}
	told, problem := (*fault.Error)(nil), errNotWritten.Message
	switch refused := errors.As(err, &told); {
	case j.Attempt < maxTries && (!refused || errors.Is(err, org.ErrTreeChanged)):
		return err
	case refused:
		problem = told.Message
	default:
		s.log.ErrorContext(ctx, "roster not written", "import", p.Import, "cause", err)
	}
	return s.fail(ctx, s.db.Write(), p.Import, problem)
}

// writeAll compares once more, now with the roster that it is about to change: whatever a decision rests on must still be
// as the person saw it.
func (s *Service) writeAll(ctx context.Context, tx bun.Tx, p applyPayload) error {
	im, err := s.importByID(ctx, tx, p.Import)
	if err != nil || im.State != Applying {
		return err
	}
	roots, err := s.orgs.Orgs(ctx, tx, []ident.ID{im.OrgID})
	if err != nil {
		return err
	}
	if len(roots) == 0 {
		return errChanged
	}
	c, err := s.comparison(ctx, tx, roots[0])
	if err != nil {
		return err
	}
	if err := s.asSeen(ctx, tx, im.ID, c); err != nil {
		return err
	}
	by := origin.With(ctx, &origin.Origin{MemberID: p.By}) // who asked for it, some moments ago
	w := writing{s: s, tx: tx, im: im.ID, by: p.By, places: c.places}
	if err := w.found(by, roots[0]); err != nil {
		return err
	}
	if err := s.eachRow(ctx, tx, im.ID, written, func(rows []keptRow) error { return w.rows(ctx, rows) }); err != nil {
		return err
	}
	err = audit.Note(by, tx, audit.Entry{
		At: s.clock.Now(), Action: audit.RosterApplied, Subject: audit.On(audit.Import, im.ID), Org: roots[0].Path, Detail: map[string]any{"people": w.done},
	})
	if err != nil {
		return err
	}
	return s.finish(ctx, tx, im.ID)
}

// asSeen compares once more. It returns roster_changed when a row that is to be written means something else now.
func (s *Service) asSeen(ctx context.Context, tx bun.Tx, im ident.ID, c *comparison) error {
	const comparable = "verdict <> 'refused'"
	if err := s.eachRow(ctx, tx, im, comparable, func(rows []keptRow) error { return c.first(ctx, rows) }); err != nil {
		return err
	}
	return s.eachRow(ctx, tx, im, comparable, func(rows []keptRow) error {
		seen := slices.Clone(rows)
		if err := c.judge(ctx, rows); err != nil {
			return err
		}
		for i, r := range seen {
			same := rows[i].Verdict == r.Verdict && rows[i].MemberID == r.MemberID && rows[i].Seen == r.Seen
			if stepOf(r.Verdict, r.Decision) != nothing && !same {
				return errChanged
			}
		}
		return nil
	})
}

// writing is the part that changes the roster.
type writing struct {
	s      *Service
	tx     bun.Tx
	im     ident.ID
	by     ident.ID
	places *branches
	done   int
}

// written is the condition for rows that applying adds or changes; stepOf says which.
const written = "decision <> 'skip' AND (verdict IN ('new', 'changed') OR verdict = 'doubtful' AND decision IN ('apart', 'take'))"

func (w *writing) rows(ctx context.Context, rows []keptRow) error {
	ids := make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.MemberID
	}
	before, err := w.s.orgs.MembersByID(ctx, w.tx, ids)
	if err != nil {
		return err
	}
	var fresh []org.Member
	for _, r := range rows {
		e, m := r.entry(), before[r.MemberID]
		e.Phone = w.s.orgs.CurrentPhone(e.Phone) // the key may have changed since the preview
		if _, there := w.places.byID[e.Org]; !there {
			return errChanged
		}
		if stepOf(r.Verdict, r.Decision) == add {
			fresh = append(fresh, e.fresh())
			continue
		}
		if err := w.s.orgs.Amend(ctx, w.tx, m, e.over(m), w.by); err != nil {
			return err
		}
	}
	if err := w.s.orgs.Enrol(ctx, w.tx, fresh, w.by); err != nil {
		return err
	}
	w.done += len(rows)
	w.s.tell(ctx, w.im, w.done, 0)
	return nil
}

const keepProgress = 10 * time.Minute

func progressKey(im ident.ID) string { return "roster:progress:" + im.String() }

// tell notes how many rows have been read or written, of how many; outside of a transaction, which nobody else can look into.
func (s *Service) tell(ctx context.Context, im ident.ID, done, of int) {
	_ = s.cache.Set(ctx, progressKey(im), fmt.Sprint(done, of), keepProgress) // a bar that stands still
}

// progress returns what was told last; 0 where that is not known.
func (s *Service) progress(ctx context.Context, im ident.ID) (done, of int) {
	text, found, err := s.cache.Get(ctx, progressKey(im))
	if err == nil && found {
		_, _ = fmt.Sscan(text, &done, &of)
	}
	return done, of
}

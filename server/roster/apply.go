package roster

import (
	"context"
	"errors"
	"strconv"
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
	rows, err := s.comparable(ctx, tx, im.ID)
	if err != nil {
		return err
	}
	roster, places, err := s.current(ctx, tx, roots[0])
	if err != nil {
		return err
	}
	by := origin.With(ctx, &origin.Origin{MemberID: p.By}) // who asked for it, some moments ago
	w := writing{s: s, tx: tx, im: im.ID, by: p.By, members: roster.byID(), places: places}
	if err := w.found(by, roots[0], rows); err != nil {
		return err
	}
	entries := make([]Entry, len(rows))
	for i, r := range rows {
		entries[i] = r.entry()
	}
	for i, f := range roster.compare(entries) {
		if err := w.row(ctx, rows[i], entries[i], f); err != nil {
			return err
		}
	}
	if err := w.flush(ctx); err != nil {
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

// writing collects newcomers, who are written many at once.
type writing struct {
	s       *Service
	tx      bun.Tx
	im      ident.ID
	by      ident.ID
	members map[ident.ID]org.Member
	places  *branches
	fresh   []org.Member
	done    int
}

const enrolAtOnce = 500

func (w *writing) row(ctx context.Context, r keptRow, e Entry, f Finding) error {
	do := stepOf(r.Verdict, r.Decision)
	if do == nothing {
		return nil
	}
	if _, there := w.places.byID[e.Org]; !there || f.Verdict != r.Verdict || f.Member != r.MemberID || f.Seen != r.Seen {
		return errChanged
	}
	if do == add {
		w.fresh = append(w.fresh, e.fresh())
		if len(w.fresh) >= enrolAtOnce {
			return w.flush(ctx)
		}
		return nil
	}
	before := w.members[f.Member]
	if err := w.s.orgs.Amend(ctx, w.tx, before, e.over(before), w.by); err != nil {
		return err
	}
	w.done++
	if w.done%50 == 0 {
		w.tell(ctx)
	}
	return nil
}

func (w *writing) flush(ctx context.Context) error {
	if err := w.s.orgs.Enrol(ctx, w.tx, w.fresh, w.by); err != nil {
		return err
	}
	w.done += len(w.fresh)
	w.fresh = w.fresh[:0]
	w.tell(ctx)
	return nil
}

const keepProgress = 10 * time.Minute

func progressKey(im ident.ID) string { return "roster:written:" + im.String() }

// tell notes how far it has come, outside of the transaction, which nobody else can look into.
func (w *writing) tell(ctx context.Context) {
	_ = w.s.cache.Set(ctx, progressKey(w.im), strconv.Itoa(w.done), keepProgress) // a bar that stands still
}

// written returns how many rows a job has written so far; 0 when that is not known.
func (s *Service) written(ctx context.Context, im ident.ID) int {
	text, found, err := s.cache.Get(ctx, progressKey(im))
	if err != nil || !found {
		return 0
	}
	n, _ := strconv.Atoi(text)
	return n
}

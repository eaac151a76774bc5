package roster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
)

// Upload reads a file, compares it with the roster of the organisation and of all below it, and keeps what comes of it for
// a day. The caller's earlier previews of the same organisation are forgotten. Once the file is here it is read to its end,
// also when the caller is gone: they find it among their imports, where they can stop it, too. It returns what KeepsRoster
// returns, import_stopped, file_empty, file_type, file_password, file_macros, file_truncated, file_too_large, file_sheets,
// file_rows, file_columns, file_cell or file_formula for a file that is none, no_header or nobody.
func (s *Service) Upload(ctx context.Context, actor authz.Actor, id ident.ID, name string, raw []byte) (Import, error) {
	root, err := s.orgs.KeepsRoster(ctx, actor, id)
	if err != nil {
		return Import{}, err
	}
	file, err := open(raw)
	if err != nil {
		return Import{}, err
	}
	ctx, now := context.WithoutCancel(ctx), s.clock.Now()
	im := Import{
		ID: s.ids.New(), OrgID: root.ID, CreatedBy: actor.MemberID, State: Reading, FileName: cmp.Or(told(name), "花名册"),
		CreatedAt: now, ExpiresAt: now.Add(keepPreview),
	}
	if err := s.insertImport(ctx, im); err != nil {
		return Import{}, err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	if err := s.read(ctx, root, file, &im); err != nil {
		return Import{}, cmp.Or(s.forget(ctx, s.db.Write(), "id = ? AND state = ?", im.ID, Reading), err)
	}
	im.State = Ready
	return im, nil
}

// read goes through the file twice, as a comparison needs it, and has only the rows at hand in memory.
func (s *Service) read(ctx context.Context, root org.Org, file table, im *Import) error {
	c, err := s.comparison(ctx, s.db.Read(), root)
	if err != nil {
		return err
	}
	before := part{s: s, im: im.ID, places: c.places, look: c.first}
	if _, err := before.whole(ctx, file); err != nil {
		return err
	}
	p := part{s: s, im: im.ID, places: c.places, look: c.judge, keep: true, of: before.done}
	contents, err := p.whole(ctx, file)
	if err != nil {
		return err
	}
	im.Summary.Sheets, im.Summary.Dropped = contents.Sheets, contents.Dropped
	return s.finishReading(ctx, c, im, p.met)
}

// part is the rows at hand while a file is read.
type part struct {
	s      *Service
	im     ident.ID
	places *branches
	look   func(context.Context, []keptRow) error
	keep   bool
	of     int // rows of the file, 0 while that is not known
	done   int
	rows   []keptRow
	met    []stranger
}

func (p *part) whole(ctx context.Context, file table) (Contents, error) {
	contents, err := readPeople(file, func(r Row) error { return p.add(ctx, r) })
	if err != nil {
		return contents, err
	}
	return contents, p.flush(ctx)
}

func (p *part) add(ctx context.Context, r Row) error {
	unknown := false
	if r.Trouble == "" {
		r.Org, r.Trouble, unknown = p.places.place(r)
	}
	row := p.s.keep(p.im, p.done+len(p.rows)+1, r)
	if unknown {
		p.met, row.Branch = meet(p.met, p.im, r.Branch)
	}
	if p.rows = append(p.rows, row); len(p.rows) < rowsAtOnce {
		return nil
	}
	return p.flush(ctx)
}

// flush looks at the rows at hand, keeps them or not, and lets go of them. It returns import_stopped when the import has been
// discarded meanwhile.
func (p *part) flush(ctx context.Context) error {
	if err := p.look(ctx, p.rows); err != nil {
		return err
	}
	err := p.s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := p.s.advance(ctx, tx, p.im, Reading, Reading); err != nil || !p.keep {
			return err
		}
		return insertRows(ctx, tx, p.rows)
	})
	if errors.Is(err, errNotReady) {
		return errStopped
	}
	p.done += len(p.rows)
	p.rows = p.rows[:0]
	p.s.tell(ctx, p.im, p.done, p.of)
	return err
}

// finishReading turns what was read into a preview, in the place of earlier ones.
func (s *Service) finishReading(ctx context.Context, c *comparison, im *Import, met []stranger) (err error) {
	if im.Summary.Missing, err = c.missing(ctx); err != nil {
		return err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.advance(ctx, tx, im.ID, Reading, Ready); err != nil {
			return err
		}
		if len(met) > 0 {
			if _, err := tx.NewInsert().Model(&met).Exec(ctx); err != nil {
				return err
			}
		}
		if err := s.setSummary(ctx, tx, *im); err != nil {
			return err
		}
		return s.forget(ctx, tx, "created_by = ? AND org_id = ? AND state IN (?, ?) AND id < ?", im.CreatedBy, im.OrgID, Ready, Reading, im.ID)
	})
	if errors.Is(err, errNotReady) {
		return errStopped
	}
	return err
}

// keep is a row without anything that must not be stored.
func (s *Service) keep(im ident.ID, position int, r Row) keptRow {
	if r.Number != "" {
		r.Phone, _ = s.orgs.SealPhone(r.Number) // it was read as one
	}
	row := keptRow{
		ImportID: im, Position: position, Sheet: r.Sheet, Line: r.Line, Cell: r.Cell, Name: r.Name, OrgID: r.Org, Kind: r.Kind, Standing: r.Standing,
		PhoneHash: r.Phone.Hash, PhoneCipher: r.Phone.Cipher, PhoneKey: r.Phone.Key, PhoneMask: r.Mask, BadPhone: r.BadPhone, PartySince: r.Since, Twice: r.Twice,
		Remarks: sentence(r.Remarks),
	}
	row.found(Finding{Verdict: Refused, Sentence: r.Trouble})
	return row
}

// sentence makes one of several, cut to what a column takes.
func sentence(parts []string) string {
	said := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" })
	text := []rune(strings.Join(said, "；"))
	return string(text[:min(len(text), maxSentence)])
}

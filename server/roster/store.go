package roster

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// maxSentence is the width of the column, in characters.
const maxSentence = 200

type importRow struct {
	bun.BaseModel `bun:"table:roster_imports"`

	ID        ident.ID
	OrgID     ident.ID
	CreatedBy ident.ID
	State     State
	FileName  string
	Summary   string
	Problem   string
	CreatedAt int64
	ExpiresAt int64
	AppliedAt int64
	UpdatedAt int64
}

// keptRow is what is kept of a row of the file.
type keptRow struct {
	bun.BaseModel `bun:"table:roster_import_rows"`

	ImportID    ident.ID
	Position    int
	Sheet       string
	Line        int
	Cell        string
	Name        string
	OrgID       ident.ID
	Kind        string
	Standing    org.Standing
	PhoneHash   string
	PhoneCipher string
	PhoneKey    string
	PhoneMask   string
	BadPhone    bool
	PartySince  string
	Twice       bool
	Verdict     Verdict
	Sentence    string
	MemberID    ident.ID
	Seen        string
	Choices     string
	Decision    Decision
	Branch      int    // position of a branch that is not known; 0 for none
	Remarks     string // what the sentence says besides the verdict
}

func (r *keptRow) entry() Entry {
	return Entry{
		Name: r.Name, Org: r.OrgID, Kind: r.Kind, Standing: r.Standing, Phone: org.SealedPhone{Hash: r.PhoneHash, Cipher: r.PhoneCipher, Key: r.PhoneKey},
		Mask: r.PhoneMask, BadPhone: r.BadPhone, Since: r.PartySince, Twice: r.Twice,
	}
}

func (r *keptRow) found(f Finding) {
	r.Verdict, r.MemberID, r.Seen = f.Verdict, f.Member, f.Seen
	r.Sentence = sentence([]string{f.Sentence, r.Remarks})
	words := make([]string, len(f.Choices))
	for i, c := range f.Choices {
		words[i] = string(c)
	}
	r.Choices = strings.Join(words, " ")
}

func (r *keptRow) choices() []Decision {
	found := []Decision{}
	for word := range strings.FieldsSeq(r.Choices) {
		found = append(found, Decision(word))
	}
	return found
}

// rowsAtOnce bounds one statement.
const rowsAtOnce = 500

func (s *Service) insertImport(ctx context.Context, im Import) error {
	row := importRow{
		ID: im.ID, OrgID: im.OrgID, CreatedBy: im.CreatedBy, State: im.State, FileName: im.FileName, Summary: "{}",
		CreatedAt: clock.Millis(im.CreatedAt), ExpiresAt: clock.Millis(im.ExpiresAt), UpdatedAt: clock.Millis(im.CreatedAt),
	}
	_, err := s.db.Write().NewInsert().Model(&row).Exec(ctx)
	return err
}

func insertRows(ctx context.Context, tx bun.Tx, rows []keptRow) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (s *Service) setSummary(ctx context.Context, tx bun.IDB, im Import) error {
	summary, err := json.Marshal(im.Summary)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("UPDATE roster_imports SET summary = ? WHERE id = ?", string(summary), im.ID).Exec(ctx)
	return err
}

func (s *Service) importByID(ctx context.Context, db bun.IDB, id ident.ID) (Import, error) {
	var row importRow
	err := db.NewRaw("SELECT "+importColumns+" FROM roster_imports WHERE id = ?", id).Scan(ctx, &row)
	if store.IsNoRows(err) {
		return Import{}, errNoImport
	}
	if err != nil {
		return Import{}, err
	}
	return row.asImport()
}

const importColumns = "id, org_id, created_by, state, file_name, summary, problem, created_at, expires_at, applied_at"

func (row importRow) asImport() (Import, error) {
	im := Import{
		ID: row.ID, OrgID: row.OrgID, CreatedBy: row.CreatedBy, State: row.State, FileName: row.FileName, Problem: row.Problem,
		CreatedAt: clock.FromMillis(row.CreatedAt), ExpiresAt: clock.FromMillis(row.ExpiresAt),
	}
	if row.AppliedAt > 0 {
		im.AppliedAt = clock.FromMillis(row.AppliedAt)
	}
	return im, json.Unmarshal([]byte(row.Summary), &im.Summary)
}

// maxMine bounds how many imports are listed: one is read while another waits and the last ones are written.
const maxMine = 5

// own returns imports of a member, the latest first. One that was being read when its server went down is not listed.
func (s *Service) own(ctx context.Context, by, of ident.ID) ([]Import, error) {
	now := s.clock.Now()
	var rows []importRow
	err := s.db.Read().NewRaw("SELECT "+importColumns+` FROM roster_imports
WHERE created_by = ? AND org_id = ? AND expires_at > ? AND (state <> ? OR updated_at > ?) ORDER BY id DESC LIMIT ?`,
		by, of, clock.Millis(now), Reading, clock.Millis(now.Add(-keepReading)), maxMine).Scan(ctx, &rows)
	imports := make([]Import, len(rows))
	for i := range rows {
		if err == nil {
			imports[i], err = rows[i].asImport()
		}
	}
	return imports, err
}

// advance takes an import from one state to the next, or touches it in the one it is in; import_not_ready when it is in
// another.
func (s *Service) advance(ctx context.Context, tx bun.IDB, id ident.ID, from, to State) error {
	now := clock.Millis(s.clock.Now()) // a row that is left as it was does not count as affected everywhere
	res, err := tx.NewRaw("UPDATE roster_imports SET state = ?, updated_at = CASE WHEN updated_at < ? THEN ? ELSE updated_at + 1 END WHERE id = ? AND state = ?",
		to, now, now, id, from).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		return cmp.Or[error](err, errNotReady)
	}
	return nil
}

func (s *Service) fail(ctx context.Context, db bun.IDB, id ident.ID, problem string) error {
	_, err := db.NewRaw("UPDATE roster_imports SET state = ?, problem = ?, updated_at = ? WHERE id = ? AND state = ?",
		Failed, problem, clock.Millis(s.clock.Now()), id, Applying).Exec(ctx)
	return err
}

func (s *Service) finish(ctx context.Context, tx bun.IDB, id ident.ID) error {
	now := clock.Millis(s.clock.Now())
	_, err := tx.NewRaw("UPDATE roster_imports SET state = ?, applied_at = ?, updated_at = ? WHERE id = ? AND state = ?", Applied, now, now, id, Applying).Exec(ctx)
	return err
}

// RosterCounts are how many rows there are of each kind.
type RosterCounts struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Doubtful  int `json:"doubtful"`
	Refused   int `json:"refused"`
	Undecided int `json:"undecided" doc:"Doubtful rows that are still open"`
	Writes    int `json:"writes" doc:"Members whom applying would add or change"`
}

func (s *Service) counts(ctx context.Context, db bun.IDB, id ident.ID) (RosterCounts, error) {
	var rows []struct {
		Verdict  Verdict
		Decision Decision
		N        int
	}
	var c RosterCounts
	err := db.NewRaw("SELECT verdict, decision, COUNT(*) AS n FROM roster_import_rows WHERE import_id = ? GROUP BY verdict, decision", id).Scan(ctx, &rows)
	of := map[Verdict]*int{Newcomer: &c.New, Changed: &c.Changed, Unchanged: &c.Unchanged, Doubtful: &c.Doubtful, Refused: &c.Refused}
	for _, r := range rows {
		if n := of[r.Verdict]; n != nil {
			*n += r.N
		}
		if r.Verdict == Doubtful && r.Decision == Undecided {
			c.Undecided += r.N
		}
		if stepOf(r.Verdict, r.Decision) != nothing {
			c.Writes += r.N
		}
	}
	return c, err
}

const rowColumns = `import_id, position, sheet, line, cell, name, org_id, kind, standing, phone_hash, phone_cipher, phone_key, phone_mask, bad_phone, party_since,
twice, verdict, sentence, member_id, seen, choices, decision, branch, remarks`

// rowsAfter returns the rows of one verdict behind a position.
func (s *Service) rowsAfter(ctx context.Context, id ident.ID, v Verdict, after, limit int) ([]keptRow, error) {
	var rows []keptRow
	err := s.db.Read().NewRaw("SELECT "+rowColumns+" FROM roster_import_rows WHERE import_id = ? AND verdict = ? AND position > ? ORDER BY position LIMIT ?",
		id, v, after, limit).Scan(ctx, &rows)
	return rows, err
}

// eachRow calls visit with the rows of an import for which the condition holds, in the order of the file, some hundreds at a
// time.
func (s *Service) eachRow(ctx context.Context, db bun.IDB, id ident.ID, where string, visit func([]keptRow) error) error {
	for after := 0; ; {
		var rows []keptRow
		err := db.NewRaw("SELECT "+rowColumns+" FROM roster_import_rows WHERE import_id = ? AND position > ? AND "+where+" ORDER BY position LIMIT ?",
			id, after, rowsAtOnce).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].Position // visit may change the rows
		if err := visit(rows); err != nil {
			return err
		}
	}
}

func (s *Service) rowsToDecide(ctx context.Context, db bun.IDB, id ident.ID, positions []int) ([]keptRow, error) {
	where, args := "verdict = ? AND decision = ?", []any{id, Doubtful, Undecided}
	if len(positions) > 0 {
		where, args = "position IN (?)", []any{id, bun.List(positions)}
	}
	var rows []keptRow
	err := db.NewRaw("SELECT position, verdict, choices FROM roster_import_rows WHERE import_id = ? AND "+where, args...).Scan(ctx, &rows)
	return rows, err
}

func (s *Service) setDecision(ctx context.Context, db bun.IDB, id ident.ID, positions []int, d Decision) error {
	for start := 0; start < len(positions); start += rowsAtOnce {
		part := positions[start:min(start+rowsAtOnce, len(positions))]
		if _, err := db.NewRaw("UPDATE roster_import_rows SET decision = ? WHERE import_id = ? AND position IN (?)", d, id, bun.List(part)).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// forget deletes imports with their rows.
func (s *Service) forget(ctx context.Context, tx bun.IDB, where string, args ...any) error {
	var ids []ident.ID
	if err := tx.NewRaw("SELECT id FROM roster_imports WHERE "+where, args...).Scan(ctx, &ids); err != nil || len(ids) == 0 {
		return err
	}
	for _, table := range []string{"roster_import_rows", "roster_import_branches"} {
		if _, err := tx.NewRaw("DELETE FROM "+table+" WHERE import_id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
			return err
		}
	}
	_, err := tx.NewRaw("DELETE FROM roster_imports WHERE id IN (?)", bun.List(ids)).Exec(ctx)
	return err
}

package roster

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
)

// BranchDecision is what the person says about a branch of the file that is not known.
type BranchDecision string

// The decisions about a branch.
const (
	LeaveOut BranchDecision = ""       // its rows are refused
	Create   BranchDecision = "create" // make it, below the organisation of the import, when the import is applied
	Map      BranchDecision = "map"    // it is another name of one that is there
)

// stranger is a branch of the file that is not known.
type stranger struct {
	bun.BaseModel `bun:"table:roster_import_branches"`

	ImportID ident.ID
	Position int
	Name     string // as told
	Decision BranchDecision
	OrgID    ident.ID
}

// maxStrangers bounds how many are offered; the rows of further ones stay refused.
const maxStrangers = 200

var errBranch = fault.Invalid("invalid_input", "这个支部不能这样处理，请刷新后重选").WithField("position", "这个支部不能这样处理")

// newName is what a branch will be called that is made from the file.
func newName(told string) string {
	if name := orgKey(told); !levelSuffix.MatchString(name) {
		return name + "党支部"
	}
	return orgKey(told)
}

// meet returns the position of a branch that is not known among those met so far, and notes a new one; 0 when there are too
// many, or nothing of its name may be repeated.
func meet(met []stranger, im ident.ID, text string) ([]stranger, int) {
	name := told(text)
	if i := slices.IndexFunc(met, func(b stranger) bool { return orgKey(b.Name) == orgKey(name) }); i >= 0 {
		return met, met[i].Position
	}
	if len(met) >= maxStrangers || strings.Contains(name, "…") {
		return met, 0
	}
	return append(met, stranger{ImportID: im, Position: len(met) + 1, Name: name}), len(met) + 1
}

// alike returns up to most organisations whose names share most characters with a name, the likeliest first.
func (b *branches) alike(name string, most int) []org.Org {
	key, shared := shortKey(orgKey(name)), make(map[ident.ID]int, len(b.byID))
	for id, o := range b.byID {
		for _, r := range shortKey(orgKey(o.Name)) {
			if strings.ContainsRune(key, r) {
				shared[id]++
			}
		}
	}
	all := slices.Collect(maps.Values(b.byID))
	slices.SortFunc(all, func(x, y org.Org) int { return cmp.Or(shared[y.ID]-shared[x.ID], cmp.Compare(x.ID, y.ID)) })
	return all[:min(len(all), most)]
}

// SettleBranch sets what the person says about a branch of the file that is not known, and judges its rows anew: of is the
// organisation for Map. It returns not_found, import_not_ready, or invalid_input when that cannot be.
func (s *Service) SettleBranch(ctx context.Context, actor authz.Actor, id ident.ID, position int, d BranchDecision, of ident.ID) error {
	im, err := s.Import(ctx, actor, id)
	if err != nil {
		return err
	}
	root, err := s.orgs.KeepsRoster(ctx, actor, im.OrgID)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.advance(ctx, tx, im.ID, Ready, Ready); err != nil {
			return err
		}
		c, err := s.comparison(ctx, tx, root)
		if err != nil {
			return err
		}
		met, err := s.strangers(ctx, tx, im.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(met, func(b stranger) bool { return b.Position == position })
		_, known := c.places.byID[of]
		switch {
		case i < 0, d == Map && !known, d == Create && !org.MayStand(org.Branch, root.Kind):
			return errBranch
		case d == Create:
			of = s.ids.New()
		case d == LeaveOut:
			of = 0
		}
		met[i].Decision, met[i].OrgID = d, of
		_, err = tx.NewRaw("UPDATE roster_import_branches SET decision = ?, org_id = ? WHERE import_id = ? AND position = ?", d, of, im.ID, position).Exec(ctx)
		if err != nil {
			return err
		}
		return s.judgeAgain(ctx, tx, im, c, met)
	})
}

// judgeAgain compares an import with the roster once more, now that a branch stands for another organisation. What the
// person has said about a row holds where the row means the same as before.
func (s *Service) judgeAgain(ctx context.Context, tx bun.Tx, im Import, c *comparison, met []stranger) error {
	c.list.expect(met)
	const comparable = "(org_id > 0 OR branch > 0)"
	err := s.eachRow(ctx, tx, im.ID, comparable, func(rows []keptRow) error {
		c.settled(rows, met)
		return c.first(ctx, rows)
	})
	if err != nil {
		return err
	}
	err = s.eachRow(ctx, tx, im.ID, comparable, func(rows []keptRow) error {
		before := slices.Clone(rows)
		c.settled(rows, met)
		if err := c.judge(ctx, rows); err != nil {
			return err
		}
		return rewrite(ctx, tx, rows, before)
	})
	if err != nil {
		return err
	}
	if im.Summary.Missing, err = c.missing(ctx); err != nil {
		return err
	}
	return s.setSummary(ctx, tx, im)
}

// settled puts rows where the person has said that their branch is.
func (c *comparison) settled(rows []keptRow, met []stranger) {
	for i := range rows {
		r := &rows[i]
		if r.Branch == 0 {
			continue
		}
		b := met[r.Branch-1]
		if r.OrgID = b.OrgID; b.OrgID == 0 {
			r.found(Finding{Verdict: Refused, Sentence: c.places.unknown(b.Name)})
		}
	}
}

func rewrite(ctx context.Context, tx bun.Tx, rows, before []keptRow) error {
	for i, r := range rows {
		if r == before[i] {
			continue
		}
		_, err := tx.NewRaw("UPDATE roster_import_rows SET org_id = ?, verdict = ?, sentence = ?, member_id = ?, seen = ?, choices = ?, decision = '' WHERE import_id = ? AND position = ?",
			r.OrgID, r.Verdict, r.Sentence, r.MemberID, r.Seen, r.Choices, r.ImportID, r.Position).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// expect names the organisations that applying will make.
func (l *list) expect(met []stranger) {
	for _, b := range met {
		if b.Decision == Create {
			l.names[b.OrgID] = newName(b.Name) + "（新建）"
		}
	}
}

// found makes the branches that the person has asked for and that somebody is to be put into. It returns roster_changed when
// one of that name has been made meanwhile.
func (w *writing) found(ctx context.Context, root org.Org) error {
	met, err := w.s.strangers(ctx, w.tx, w.im)
	if err != nil {
		return err
	}
	var needed []ident.ID
	err = w.tx.NewRaw("SELECT DISTINCT org_id FROM roster_import_rows WHERE import_id = ? AND branch > 0 AND "+written, w.im).Scan(ctx, &needed)
	if err != nil {
		return err
	}
	var branches []org.Promised
	for _, b := range met {
		if b.Decision != Create || !slices.Contains(needed, b.OrgID) {
			continue
		}
		name := newName(b.Name)
		if len(w.places.exact[orgKey(name)]) > 0 {
			return errChanged
		}
		branches = append(branches, org.Promised{ID: b.OrgID, Name: name})
		w.places.add(org.Org{ID: b.OrgID, Name: name})
	}
	return w.s.orgs.FoundBranches(ctx, w.tx, root, branches, w.by)
}

func (s *Service) strangers(ctx context.Context, db bun.IDB, im ident.ID) ([]stranger, error) {
	var met []stranger
	err := db.NewRaw("SELECT import_id, position, name, decision, org_id FROM roster_import_branches WHERE import_id = ? ORDER BY position", im).Scan(ctx, &met)
	return met, err
}

// RosterBranch is a branch of the file that is not known.
type RosterBranch struct {
	Position   int            `json:"position"`
	Name       string         `json:"name" doc:"As the file has it"`
	NewName    string         `json:"newName" doc:"What it would be called; empty where none can be made"`
	People     int            `json:"people" doc:"Rows that name it"`
	Decision   BranchDecision `json:"decision" enum:",create,map"`
	OrgName    string         `json:"orgName" doc:"Of a decision: where its people go"`
	Candidates []org.OrgRef   `json:"candidates" doc:"Up to 12 that it may be another name of, the likeliest first"`
}

const maxCandidates = 12

// branchViews returns the branches of a file that are not known, as clients see them.
func (s *Service) branchViews(ctx context.Context, im Import) ([]RosterBranch, error) {
	views := []RosterBranch{}
	met, err := s.strangers(ctx, s.db.Read(), im.ID)
	if err != nil || len(met) == 0 {
		return views, err
	}
	roots, err := s.orgs.Orgs(ctx, s.db.Read(), []ident.ID{im.OrgID})
	if err != nil || len(roots) == 0 {
		return views, err
	}
	below, err := s.orgs.OrgsWithin(ctx, s.db.Read(), roots[0].Path)
	if err != nil {
		return views, err
	}
	people, err := s.namedBy(ctx, im.ID)
	places := newBranches(roots[0], below)
	for _, b := range met {
		v := RosterBranch{Position: b.Position, Name: b.Name, People: people[b.Position], Decision: b.Decision, OrgName: places.byID[b.OrgID].Name, Candidates: []org.OrgRef{}}
		if org.MayStand(org.Branch, roots[0].Kind) {
			v.NewName = newName(b.Name)
		}
		if b.Decision == Create {
			v.OrgName = v.NewName
		}
		for _, o := range places.alike(b.Name, maxCandidates) {
			v.Candidates = append(v.Candidates, o.Ref())
		}
		views = append(views, v)
	}
	return views, err
}

// namedBy counts the rows of each branch that is not known.
func (s *Service) namedBy(ctx context.Context, im ident.ID) (map[int]int, error) {
	var rows []struct{ Branch, N int }
	err := s.db.Read().NewRaw("SELECT branch, COUNT(*) AS n FROM roster_import_rows WHERE import_id = ? AND branch > 0 GROUP BY branch", im).Scan(ctx, &rows)
	counts := map[int]int{}
	for _, r := range rows {
		counts[r.Branch] = r.N
	}
	return counts, err
}

package roster

import (
	"context"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/org"
)

// comparison holds the rows of a file against the roster of a subtree, some hundreds at a time, so that neither has to be in
// memory as a whole. All rows are shown to it twice, in the same order: first, to find out whom a row is about for sure, then
// to judge.
type comparison struct {
	orgs      *org.Service
	db        bun.IDB
	root      org.Org
	places    *branches
	list      *list
	mentioned map[ident.ID]bool // organisations
}

func (s *Service) comparison(ctx context.Context, db bun.IDB, root org.Org) (*comparison, error) {
	orgs, err := s.orgs.OrgsWithin(ctx, db, root.Path)
	if err != nil {
		return nil, err
	}
	places := newBranches(root, orgs)
	return &comparison{orgs: s.orgs, db: db, root: root, places: places, list: newList(places.byID, s.orgs.Masked), mentioned: map[ident.ID]bool{}}, nil
}

// first is the first look at rows.
func (c *comparison) first(ctx context.Context, rows []keptRow) error {
	if err := c.load(ctx, rows); err != nil {
		return err
	}
	for i := range rows {
		if m, ok := c.list.exactly(rows[i].entry(), nobody); ok && rows[i].OrgID != 0 {
			c.list.take(m, rows[i].Position)
		}
	}
	return nil
}

// judge is the second look at rows: it says what each means for the roster, of those that have a place there.
func (c *comparison) judge(ctx context.Context, rows []keptRow) error {
	if err := c.load(ctx, rows); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if r.OrgID == 0 {
			continue
		}
		c.mentioned[r.OrgID] = true
		r.found(c.list.judge(r.entry(), r.Position))
	}
	return nil
}

// load gets whom of the roster these rows may be about.
func (c *comparison) load(ctx context.Context, rows []keptRow) error {
	var names []string
	var phones []org.SealedPhone
	for i := range rows {
		if r := &rows[i]; r.OrgID != 0 {
			names = append(names, r.Name)
			if r.PhoneHash != "" {
				p := c.orgs.CurrentPhone(r.entry().Phone)
				r.PhoneHash, r.PhoneCipher, r.PhoneKey = p.Hash, p.Cipher, p.Key
				phones = append(phones, r.entry().Phone)
			}
		}
	}
	members, err := c.orgs.Namesakes(ctx, c.db, c.root.Path, names, phones)
	for i := range members {
		members[i].Phone = c.orgs.CurrentPhone(members[i].Phone)
	}
	c.list.load(members)
	return err
}

// missing counts, after all, the members of the organisations in the file whom no row was about.
func (c *comparison) missing(ctx context.Context) (int, error) {
	var orgs []ident.ID
	about := 0
	for id := range c.mentioned {
		orgs = append(orgs, id)
		about += c.list.met[id]
	}
	all, err := c.orgs.CountMembers(ctx, c.db, orgs)
	return all - about, err
}

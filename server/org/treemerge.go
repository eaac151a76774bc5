package org

import (
	"context"
	"errors"
	"strconv"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
)

// Merge makes one organisation part of another of the same kind: its people, what stands below it and what is open in its
// name go along, and it is closed and points to its successor. The actor must administer the one above it, and the
// successor. It returns not_found, forbidden, invalid_input, org_is_root, org_closed, org_changed, or what a Stake refuses
// with.
func (s *Service) Merge(ctx context.Context, actor authz.Actor, id, into ident.ID, revision int, key string) (Detail, error) {
	return s.reshape(ctx, actor, key, func(ctx context.Context, tx bun.Tx, d deed) (ident.ID, error) {
		o, _, err := s.shapeable(ctx, tx, actor, id, revision)
		if err != nil {
			return 0, err
		}
		to, err := s.administered(ctx, tx, actor, into, "intoId")
		if err != nil {
			return 0, err
		}
		if err := mayMerge(o.Org, to.Org); err != nil {
			return 0, err
		}
		what, err := s.pass(ctx, tx, o, to, &d)
		if err != nil {
			return 0, err
		}
		if err := s.setClosed(ctx, tx, o, to.ID, d.at); err != nil {
			return 0, err
		}
		merged := done{act: ActMerged, org: o.Org, revision: o.Revision + 1, what: append([]Difference{{What: "successor", To: to.Name}}, what...), about: map[string]any{"into": to.ID}}
		if err := s.keep(ctx, tx, merged, d); err != nil {
			return 0, err
		}
		return id, s.absorb(ctx, tx, to.detail(), append([]Difference{{What: "absorbed", To: o.Name}}, what...), d)
	})
}

// pass gives all that one organisation has to another one, and tells what it was. The merge happens after the last change of
// anybody who goes along.
func (s *Service) pass(ctx context.Context, tx bun.IDB, o, to detailRow, d *deed) ([]Difference, error) {
	last, err := s.lastMove(ctx, tx, o.ID)
	if err != nil {
		return nil, err
	}
	if d.at <= last {
		d.at = last + 1
		if _, err := tx.NewRaw("UPDATE org_tree SET at = ? WHERE id = 1", d.at).Exec(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.passChildren(ctx, tx, o, to, *d); err != nil {
		return nil, err
	}
	members, err := s.passMembers(ctx, tx, o.ID, to.ID, d.by, d.at)
	if err != nil {
		return nil, err
	}
	what := along(nil, "people", members)
	for _, h := range s.stakes {
		n, err := h.HandOver(ctx, tx, o.Org, to.Org, d.by, asTime(d.at))
		if err != nil {
			return nil, err
		}
		what = along(what, h.what, n)
	}
	return what, nil
}

// along adds how many of something went along in a merge, of which nothing is said when there were none.
func along(what []Difference, kind string, n int) []Difference {
	if n == 0 {
		return what
	}
	return append(what, Difference{What: kind, To: strconv.Itoa(n)})
}

func (s *Service) passChildren(ctx context.Context, tx bun.IDB, o, to detailRow, d deed) error {
	children, err := s.childrenOf(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	for _, c := range children {
		child, err := s.detailRow(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if err := s.passChild(ctx, tx, child.detail(), o, to, d); err != nil {
			return err
		}
	}
	return nil
}

// passChild moves what stood below an organisation under its successor, with a name of its own there.
func (s *Service) passChild(ctx context.Context, tx bun.IDB, child Detail, o, to detailRow, d deed) error {
	what := []Difference{{"parent", o.Name, to.Name}}
	switch err := s.nameTaken(ctx, tx, to.ID, child.ID, child.Facts.Name); {
	case errors.Is(err, errSameName) && child.Open():
		f := child.Facts
		f.Name = besides(f.Name, o.Name)
		what = append(what, child.differences(f)...)
		if _, err := tx.NewRaw("UPDATE orgs SET name = ? WHERE id = ? AND revision = ?", f.Name, child.ID, child.Revision).Exec(ctx); err != nil {
			return err
		}
	case err != nil && !errors.Is(err, errSameName):
		return err
	}
	if err := s.setParent(ctx, tx, child, to.Org, d.at); err != nil {
		return err
	}
	moved := done{act: ActMoved, org: child.Org, revision: child.Revision + 1, what: what, about: fromTo(o.ID, to.ID)}
	moved.org.Path = PathOf(to.Path, child.ID)
	return s.keep(ctx, tx, moved, deed{by: d.by, at: d.at})
}

// absorb writes into the successor's history that it took another one in.
func (s *Service) absorb(ctx context.Context, tx bun.IDB, to Detail, what []Difference, d deed) error {
	if err := s.setFacts(ctx, tx, to, to.Facts, d.at); err != nil {
		return err
	}
	return s.keep(ctx, tx, done{act: ActAbsorbed, org: to.Org, revision: to.Revision + 1, what: what}, deed{by: d.by, at: d.at})
}

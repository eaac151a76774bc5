package org

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
)

// Detail returns the organisation with all that is kept of it, also after it was closed; every member may see it.
func (s *Service) Detail(ctx context.Context, actor authz.Actor, id ident.ID) (Detail, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Detail{}, err
	}
	row, err := s.detailRow(ctx, s.db.Read(), id)
	return row.detail(), err
}

// Create puts a new organisation under the parent. The actor must administer the parent. It returns not_found, forbidden,
// invalid_input or org_name_taken. The same key of the same member answers with the first one.
func (s *Service) Create(ctx context.Context, actor authz.Actor, parent ident.ID, kind Kind, f Facts, key string) (Detail, error) {
	f = f.normal()
	return s.reshape(ctx, actor, key, func(ctx context.Context, tx bun.Tx, d deed) (ident.ID, error) {
		above, err := s.detailRow(ctx, tx, parent)
		if err != nil {
			return 0, err
		}
		if err := authz.Can(actor, authz.AdminOrg, authz.Object{Host: above.Path}).Fault(); err != nil {
			return 0, err
		}
		o, err := s.found(ctx, tx, s.ids.New(), kind, above.Org, f, d)
		return o.ID, err
	})
}

// found puts a new organisation with this id under another one, and writes it into the history and the audit.
func (s *Service) found(ctx context.Context, tx bun.Tx, id ident.ID, kind Kind, above Org, f Facts, d deed) (Org, error) {
	if err := cmp.Or(mayStand(kind, 1, above), f.check()); err != nil {
		return Org{}, err
	}
	if err := s.nameTaken(ctx, tx, above.ID, 0, f.Name); err != nil {
		return Org{}, err
	}
	o, err := s.insertOrg(ctx, tx, id, kind, above, f, d.at)
	if err != nil {
		return o, err
	}
	what := append([]Difference{{What: "parent", To: above.Name}}, Facts{}.differences(f)...)
	return o, s.keep(ctx, tx, done{act: ActCreated, org: o, revision: 1, what: what, about: map[string]any{"kind": kind}}, d)
}

// Edit replaces the facts of an organisation that the actor runs; only who administers it gives it another name. revision is
// the one that the client has seen, 0 when it does not care. It returns not_found, forbidden, invalid_input, org_name_taken,
// org_closed or org_changed.
func (s *Service) Edit(ctx context.Context, actor authz.Actor, id ident.ID, f Facts, revision int, key string) (Detail, error) {
	f = f.normal()
	return s.reshape(ctx, actor, key, func(ctx context.Context, tx bun.Tx, d deed) (ident.ID, error) {
		row, err := s.detailRow(ctx, tx, id)
		if err != nil {
			return 0, err
		}
		o := row.detail()
		if err := mayEdit(actor, o, f, revision); err != nil {
			return 0, err
		}
		what := o.differences(f)
		if len(what) == 0 {
			return id, nil
		}
		if err := s.nameTaken(ctx, tx, o.ParentID, id, f.Name); err != nil {
			return 0, err
		}
		if err := s.setFacts(ctx, tx, o, f, d.at); err != nil {
			return 0, err
		}
		return id, s.keep(ctx, tx, done{act: ActEdited, org: o.Org, revision: o.Revision + 1, what: what}, d)
	})
}

func mayEdit(actor authz.Actor, o Detail, f Facts, revision int) error {
	at := authz.Object{Host: o.Path}
	if err := authz.Can(actor, authz.RunOrg, at).Fault(); err != nil {
		return err
	}
	switch {
	case f.Name != o.Facts.Name && !authz.Can(actor, authz.AdminOrg, at).Allowed:
		return errRename
	case !o.Open():
		return errOrgClosed
	case revision != 0 && revision != o.Revision:
		return errOrgChanged
	}
	return f.check()
}

// Move puts the organisation, with everything below it, under another parent. The actor must administer both parents. Moving
// it back undoes it. It returns not_found, forbidden, invalid_input, org_is_root, org_there_already, org_name_taken,
// org_closed or org_changed.
func (s *Service) Move(ctx context.Context, actor authz.Actor, id, parent ident.ID, revision int, key string) (Detail, error) {
	return s.reshape(ctx, actor, key, func(ctx context.Context, tx bun.Tx, d deed) (ident.ID, error) {
		row, above, err := s.shapeable(ctx, tx, actor, id, revision)
		if err != nil {
			return 0, err
		}
		to, err := s.administered(ctx, tx, actor, parent, "parentId")
		if err != nil {
			return 0, err
		}
		levels, err := s.levelsOf(ctx, tx, row.Path)
		if err != nil {
			return 0, err
		}
		if err := cmp.Or(mayMove(row.Org, levels, to.Org), s.nameTaken(ctx, tx, parent, id, row.Name)); err != nil {
			return 0, err
		}
		if err := s.setParent(ctx, tx, row.detail(), to.Org, d.at); err != nil {
			return 0, err
		}
		moved := done{act: ActMoved, org: row.Org, revision: row.Revision + 1, what: []Difference{{"parent", above.Name, to.Name}}, about: fromTo(above.ID, to.ID)}
		moved.org.Path = PathOf(to.Path, id)
		return id, s.keep(ctx, tx, moved, d)
	})
}

// Close ends an organisation that has neither people nor open organisations below it nor anything open in its name. The
// actor must administer the one above. It returns not_found, forbidden, org_is_root, org_not_empty, org_closed or org_changed.
func (s *Service) Close(ctx context.Context, actor authz.Actor, id ident.ID, reason string, revision int, key string) (Detail, error) {
	return s.reshape(ctx, actor, key, func(ctx context.Context, tx bun.Tx, d deed) (ident.ID, error) {
		row, _, err := s.shapeable(ctx, tx, actor, id, revision)
		if err != nil {
			return 0, err
		}
		if !row.Open() {
			return 0, errOrgClosed
		}
		parts, err := s.remains(ctx, tx, row.Org)
		if err != nil {
			return 0, err
		}
		if err := notEmpty(row.Name, parts); err != nil {
			return 0, err
		}
		if err := s.setClosed(ctx, tx, row, 0, d.at); err != nil {
			return 0, err
		}
		var what []Difference
		if reason = strings.TrimSpace(reason); reason != "" {
			what = []Difference{{What: "reason", To: reason}}
		}
		return id, s.keep(ctx, tx, done{act: ActClosed, org: row.Org, revision: row.Revision + 1, what: what}, d)
	})
}

// remains tells what is in the organisation that is not over, such as "12 名党员".
func (s *Service) remains(ctx context.Context, tx bun.IDB, o Org) ([]string, error) {
	members, err := s.CountMembers(ctx, tx, []ident.ID{o.ID})
	if err != nil {
		return nil, err
	}
	children, err := s.childrenOf(ctx, tx, o.ID)
	if err != nil {
		return nil, err
	}
	below := 0
	for _, child := range children {
		if child.Open() {
			below++
		}
	}
	parts := counted(counted([]string{}, members, "名党员"), below, "个下级组织")
	for _, h := range s.stakes {
		n, called, err := h.Open(ctx, tx, o.ID)
		if err != nil {
			return nil, err
		}
		parts = counted(parts, n, called)
	}
	return parts, nil
}

// Reopen takes a close back. People who went along with a merge stay where they are. It returns not_found, forbidden,
// org_not_closed, org_name_taken, invalid_input when the one above is closed too, or org_changed.
func (s *Service) Reopen(ctx context.Context, actor authz.Actor, id ident.ID, key string) (Detail, error) {
	return s.reshape(ctx, actor, key, func(ctx context.Context, tx bun.Tx, d deed) (ident.ID, error) {
		row, above, err := s.shapeable(ctx, tx, actor, id, 0)
		if err != nil {
			return 0, err
		}
		if row.Open() {
			return 0, errOrgOpen
		}
		if err := cmp.Or(mayStand(row.Kind, 1, above.Org), s.nameTaken(ctx, tx, above.ID, id, row.Name)); err != nil {
			return 0, err
		}
		if err := s.setOpen(ctx, tx, row.detail(), d.at); err != nil {
			return 0, err
		}
		return id, s.keep(ctx, tx, done{act: ActReopened, org: row.Org, revision: row.Revision + 1}, d)
	})
}

// shapeable returns an organisation whose place the actor may change, because they administer the one above, and that one.
func (s *Service) shapeable(ctx context.Context, tx bun.IDB, actor authz.Actor, id ident.ID, revision int) (o, above detailRow, err error) {
	if o, err = s.detailRow(ctx, tx, id); err != nil {
		return o, above, err
	}
	if err := authz.Can(actor, authz.RunOrg, authz.Object{Host: o.Path}).Fault(); err != nil {
		return o, above, err
	}
	if o.ParentID == 0 {
		return o, above, errRoot
	}
	if above, err = s.detailRow(ctx, tx, o.ParentID); err != nil {
		return o, above, err
	}
	switch {
	case !authz.Can(actor, authz.AdminOrg, authz.Object{Host: above.Path}).Allowed:
		return o, above, errNotAbove
	case revision != 0 && revision != o.Revision:
		return o, above, errOrgChanged
	}
	return o, above, nil
}

// administered returns another organisation that takes part in a change, if the actor administers it.
func (s *Service) administered(ctx context.Context, tx bun.IDB, actor authz.Actor, id ident.ID, field string) (detailRow, error) {
	o, err := s.detailRow(ctx, tx, id)
	if errors.Is(err, errOrgNotFound) || err == nil && !authz.Can(actor, authz.AdminOrg, authz.Object{Host: o.Path}).Allowed {
		return o, wrongField(field, "没有找到这个组织，或不在您管理的范围内")
	}
	return o, err
}

// treeRaces bounds how often a change is tried again because another one came between.
const treeRaces = 5

// reshape is the frame of every change: one after the other, in one transaction, and heard of by every server.
func (s *Service) reshape(ctx context.Context, actor authz.Actor, key string, apply func(ctx context.Context, tx bun.Tx, d deed) (ident.ID, error)) (Detail, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Detail{}, err
	}
	var id ident.ID
	try := func(ctx context.Context, tx bun.Tx) (err error) {
		if id, err = s.changedByKey(ctx, tx, actor.MemberID, key); err != nil || id != 0 {
			return err
		}
		at, err := s.holdTree(ctx, tx)
		if err != nil {
			return err
		}
		if id, err = apply(ctx, tx, deed{actor.MemberID, at, key}); err != nil {
			return err
		}
		return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Tree})
	}
	err := s.db.WithTx(ctx, try)
	for n := 1; n < treeRaces && (errors.Is(err, ErrTreeChanged) || store.IsDuplicate(err)); n++ {
		err = s.db.WithTx(ctx, try)
	}
	if err != nil {
		return Detail{}, err
	}
	row, err := s.detailRow(ctx, s.db.Write(), id)
	return row.detail(), err
}

func fromTo(from, to ident.ID) map[string]any { return map[string]any{"from": from, "to": to} }

// maxOrgName is the length of the column.
const maxOrgName = 64

// besides tells two organisations of the same name apart after a merge, if there is room.
func besides(name, of string) string {
	if both := name + "（" + of + "）"; utf8.RuneCountInString(both) <= maxOrgName {
		return both
	}
	return name
}

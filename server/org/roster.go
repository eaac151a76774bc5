package org

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
)

// SealPhone seals a mobile number in any usual spelling; ErrPhone when it is none.
func (s *Service) SealPhone(text string) (SealedPhone, error) {
	phone, err := NormalPhone(text)
	if err != nil {
		return SealedPhone{}, err
	}
	return s.vault.Seal(phone), nil
}

// CurrentPhone returns the number sealed with the key in use, so that equal numbers have equal hashes.
func (s *Service) CurrentPhone(p SealedPhone) SealedPhone { return s.vault.Current(p) }

// OrgsWithin returns the organisation at this path and all below it that work, each parent before its children.
func (s *Service) OrgsWithin(ctx context.Context, db bun.IDB, path string) ([]Org, error) {
	where, args := within("o.path", []string{path})
	var orgs []Org
	err := db.NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE "+where+" AND o.closed_at = 0 ORDER BY o.path", args...).Scan(ctx, &orgs)
	return orgs, err
}

// Namesakes returns, by id, the members at this path and below who have one of the names or one of the phone numbers.
func (s *Service) Namesakes(ctx context.Context, db bun.IDB, path string, names []string, phones []SealedPhone) ([]Member, error) {
	where, args := within("o.path", []string{path})
	var hashes []string
	for _, p := range phones {
		hashes = append(hashes, s.vault.hashesOf(p)...) // some may not have been sealed anew yet
	}
	found := map[ident.ID]memberRow{}
	for column, values := range map[string][]string{"m.name": names, "m.phone_hash": hashes} {
		if len(values) == 0 {
			continue
		}
		var rows []memberRow
		err := db.NewRaw(selectMembers+present+" AND "+where+" AND "+column+" IN (?)", append(slices.Clone(args), bun.List(values))...).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.ID] = r
		}
	}
	rows := slices.SortedFunc(maps.Values(found), func(x, y memberRow) int { return cmp.Compare(x.ID, y.ID) })
	return membersOf(rows), nil
}

// CountMembers returns how many members these organisations have themselves.
func (s *Service) CountMembers(ctx context.Context, db bun.IDB, orgs []ident.ID) (n int, err error) {
	if len(orgs) == 0 {
		return 0, nil
	}
	err = db.NewRaw("SELECT COUNT(*) FROM members m WHERE m.org_id IN (?) AND "+present, bun.List(orgs)).Scan(ctx, &n)
	return n, err
}

// Promised is a branch that is to be made, with an id that was promised to it before.
type Promised struct {
	ID   ident.ID
	Name string
}

// FoundBranches makes branches below parent as Create does, for somebody who may do so and in a transaction that does more.
// It returns ErrTreeChanged when the whole should be tried again, org_name_taken, or invalid_input when parent takes none.
func (s *Service) FoundBranches(ctx context.Context, tx bun.Tx, parent Org, branches []Promised, by ident.ID) error {
	if len(branches) == 0 {
		return nil
	}
	at, err := s.holdTree(ctx, tx)
	if err != nil {
		return err
	}
	for _, b := range branches {
		if _, err := s.found(ctx, tx, b.ID, Branch, parent, Facts{Name: b.Name, ThemeDay: parent.ThemeDay}, deed{by: by, at: at}); err != nil {
			return err
		}
	}
	return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Tree})
}

// Enrol puts people on the roster from now on: name, organisation, kind, standing, phone and date of joining the Party count.
// It returns org_closed.
func (s *Service) Enrol(ctx context.Context, tx bun.Tx, people []Member, by ident.ID) error {
	if len(people) == 0 {
		return nil
	}
	orgs := make([]ident.ID, len(people))
	for i, p := range people {
		orgs[i] = p.OrgID
	}
	if err := s.Receive(ctx, tx, orgs...); err != nil {
		return err
	}
	members, moves := s.enrolment(people, by)
	if err := insertAll(ctx, tx, members); err != nil {
		return err
	}
	return insertAll(ctx, tx, moves)
}

// enrolment returns the rows that put people on the roster from now on.
func (s *Service) enrolment(people []Member, by ident.ID) ([]memberInsert, []moveRow) {
	at := clock.Millis(s.clock.Now())
	members, moves := make([]memberInsert, len(people)), make([]moveRow, len(people))
	for i, p := range people {
		id, phone := s.ids.New(), s.vault.Current(p.Phone)
		initials, spelling := said(p.Name)
		members[i] = memberInsert{
			ID: id, OrgID: p.OrgID, Name: p.Name, Initials: initials, Pinyin: spelling, Kind: p.Kind, Standing: p.Standing,
			PhoneHash: phone.Hash, PhoneCipher: phone.Cipher, PhoneKey: phone.Key, PartySince: p.Since, JoinedAt: at, CreatedAt: at, UpdatedAt: at,
		}
		moves[i] = moveRow{MemberID: id, At: at, OrgID: p.OrgID, Kind: p.Kind, Standing: p.Standing, Here: true, ByMember: by}
	}
	return members, moves
}

// Amend makes a member what after says, if they are still what before says; else member_changed. A change of place, kind or
// standing goes into the history, and may be refused with move_out_of_order.
func (s *Service) Amend(ctx context.Context, tx bun.Tx, before, after Member, by ident.ID) error {
	now, phone := s.clock.Now(), s.vault.Current(after.Phone) // the number may have been sealed anew since it was read
	initials, spelling := said(after.Name)
	// A row that is left as it was does not count as affected everywhere.
	res, err := tx.NewRaw(`
UPDATE members SET name = ?, initials = ?, pinyin = ?, phone_hash = ?, phone_cipher = ?, phone_key = ?, party_since = ?,
  updated_at = CASE WHEN updated_at < ? THEN ? ELSE updated_at + 1 END
WHERE id = ? AND left_at = 0 AND org_id = ? AND kind = ? AND standing = ? AND name = ? AND phone_hash IN (?) AND party_since = ?`,
		after.Name, initials, spelling, phone.Hash, phone.Cipher, phone.Key, after.Since, clock.Millis(now), clock.Millis(now),
		before.ID, before.OrgID, before.Kind, before.Standing, before.Name, bun.List(s.vault.hashesOf(before.Phone)), before.Since).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		return cmp.Or[error](err, errMoved)
	}
	if before.OrgID == after.OrgID && before.Kind == after.Kind && before.Standing == after.Standing {
		return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Member, ID: before.ID})
	}
	return s.noteMove(ctx, tx, before, Move{OrgID: after.OrgID, Kind: after.Kind, Standing: after.Standing, At: now}, by)
}

// KeepsRoster returns the organisation if the actor may take in and give out its roster; else not_found or forbidden.
func (s *Service) KeepsRoster(ctx context.Context, actor authz.Actor, id ident.ID) (Org, error) {
	return s.OrgForActor(ctx, actor, authz.AdminOrg, id)
}

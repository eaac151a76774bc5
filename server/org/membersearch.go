package org

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/web"
)

// search is what somebody typed to find a person. At most one of its fields is set.
type search struct {
	name    string // a part of the name as it is written
	letters string // of the name in pinyin: some of its initials, or its beginning
	phone   string // a whole normal number
	tail    string // the last two to four digits of a number: what lists show of it
	nobody  bool   // nothing can be found by it
}

const (
	maxTail = 4 // digits that a masked number shows at its end
	minTail = 2
)

// searchOf reads what was typed. A single digit narrows nothing yet; more digits than are shown find nobody until the
// number is whole, so that hidden digits cannot be guessed one by one.
func searchOf(text string) search {
	text = strings.ToLower(strings.Map(HalfWidth, strings.TrimSpace(text)))
	if phone, err := NormalPhone(text); err == nil {
		return search{phone: phone}
	}
	switch plain := strings.ReplaceAll(text, " ", ""); {
	case plain == "":
		return search{}
	case strings.Trim(plain, "0123456789") == "":
		switch {
		case len(plain) < minTail:
			return search{}
		case len(plain) > maxTail:
			return search{nobody: true}
		}
		return search{tail: plain}
	case strings.Trim(plain, "abcdefghijklmnopqrstuvwxyz0123456789") == "":
		return search{letters: plain}
	}
	return search{name: text}
}

// memberQuery is what a list of members shows.
type memberQuery struct {
	path     string
	find     search
	kind     string   // "" for all
	standing Standing // "" for all
	left     bool     // those who have left, instead of those who are here
	bound    string   // yes, no, or "" for all
	phone    string   // likewise: whether there is a number
	limit    int

	afterPinyin string
	afterID     ident.ID
}

// where returns the conditions of the query, without those of its page.
func (q memberQuery) where() (string, []any) {
	where, args := within("o.path", []string{q.path})
	add := func(condition string, values ...any) {
		where, args = where+" AND "+condition, append(args, values...)
	}
	if q.left {
		add("m.left_at > 0")
	} else {
		add(present)
	}
	if q.kind != "" {
		add("m.kind = ?", q.kind)
	}
	if q.standing != "" {
		add("m.standing = ?", q.standing)
	}
	switch q.bound {
	case "yes":
		add(isBound)
	case "no":
		add("NOT " + isBound)
	}
	switch q.phone {
	case "yes":
		add("m.phone_hash <> ''")
	case "no":
		add("m.phone_hash = ''")
	}
	if q.find.name != "" {
		add("INSTR(m.name, ?) > 0", q.find.name)
	}
	if q.find.letters != "" {
		add("(INSTR(m.initials, ?) > 0 OR INSTR(m.pinyin, ?) = 1)", q.find.letters, q.find.letters)
	}
	return where, args
}

// findMembers returns a page of members by name, in the order of its pinyin.
func (s *Service) findMembers(ctx context.Context, q memberQuery) ([]listedRow, error) {
	where, args := q.where()
	switch {
	case q.find.nobody:
		return nil, nil
	case q.find.phone != "":
		where, args = where+" AND m.phone_hash IN (?)", append(args, bun.List(s.vault.Find(q.find.phone)))
	case q.find.tail != "":
		ids, err := s.withTail(ctx, where, args, q.find.tail)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		where, args = where+" AND m.id IN (?)", append(args, bun.List(ids))
	}
	if q.afterID != 0 {
		where, args = where+" AND (m.pinyin > ? OR (m.pinyin = ? AND m.id > ?))", append(args, q.afterPinyin, q.afterPinyin, q.afterID)
	}
	var rows []listedRow
	err := s.db.Read().NewRaw("SELECT m.pinyin, "+memberColumns+fromMembers+
		where+" ORDER BY m.pinyin, m.id LIMIT ?", append(args, q.limit)...).Scan(ctx, &rows)
	return rows, err
}

// withTail returns those whose number ends so. Nothing about the end of a number is stored: all numbers of the list are
// opened, a microsecond each.
func (s *Service) withTail(ctx context.Context, where string, args []any, tail string) ([]ident.ID, error) {
	var rows []struct {
		ID          ident.ID
		PhoneCipher string
		PhoneKey    string
	}
	err := s.db.Read().NewRaw("SELECT m.id, m.phone_cipher, m.phone_key"+fromMembers+"m.phone_hash <> '' AND "+where,
		args...).Scan(ctx, &rows)
	var ids []ident.ID
	for _, r := range rows {
		if strings.HasSuffix(s.vault.Masked(SealedPhone{Cipher: r.PhoneCipher, Key: r.PhoneKey}), tail) {
			ids = append(ids, r.ID)
		}
	}
	return ids, err
}

// listedRow is a member of a list.
type listedRow struct {
	memberRow
	Pinyin string
}

// cursor names the row that a page ends with: how it sorts, and its id.
func (r listedRow) cursor() string { return r.Pinyin + "." + r.ID.String() }

// readCursor reads what cursor wrote; bad_cursor for anything else.
func readCursor(text string) (spelling string, id ident.ID, err error) {
	if text == "" {
		return "", 0, nil
	}
	spelling, after, found := strings.Cut(text, ".")
	if id, err = ident.Parse(after); err != nil || !found {
		return "", 0, web.ErrCursor
	}
	return spelling, id, nil
}

// MemberCounts are how many members there are of each sort.
type MemberCounts struct {
	All          int `json:"all"`
	Full         int `json:"full"`
	Probationary int `json:"probationary"`
	Normal       int `json:"normal"`
	FlowOut      int `json:"flowOut"`
	FlowIn       int `json:"flowIn"`
	LongIllness  int `json:"longIllness"`
	Suspended    int `json:"suspended"`
	Unbound      int `json:"unbound" doc:"For whom no WeChat identity stands"`
	NoPhone      int `json:"noPhone"`
	Left         int `json:"left" doc:"No longer on the roster; in no other number"`
	Incoming     int `json:"incoming" doc:"Transfers to here that wait for an answer"`
}

func (s *Service) memberCounts(ctx context.Context, path string) (*MemberCounts, error) {
	where, args := within("o.path", []string{path})
	var rows []struct {
		Kind     string
		Standing Standing
		Unbound  bool
		NoPhone  bool
		Gone     bool
		N        int
	}
	err := s.db.Read().NewRaw(`
SELECT t.kind, t.standing, t.unbound, t.no_phone, t.gone, COUNT(*) AS n FROM (
  SELECT m.kind, m.standing, CASE WHEN `+isBound+` THEN 0 ELSE 1 END AS unbound, CASE WHEN m.phone_hash = '' THEN 1 ELSE 0 END AS no_phone,
         CASE WHEN m.left_at = 0 THEN 0 ELSE 1 END AS gone
  FROM members m JOIN orgs o ON o.id = m.org_id WHERE `+where+`) t
GROUP BY t.kind, t.standing, t.unbound, t.no_phone, t.gone`, args...).Scan(ctx, &rows)
	c := &MemberCounts{}
	standings := map[Standing]*int{Normal: &c.Normal, FlowOut: &c.FlowOut, FlowIn: &c.FlowIn, LongIllness: &c.LongIllness, Suspended: &c.Suspended}
	for _, r := range rows {
		if r.Gone {
			c.Left += r.N
			continue
		}
		add := func(n *int, counts bool) {
			if counts {
				*n += r.N
			}
		}
		add(&c.All, true)
		add(&c.Full, r.Kind == MemberKindFull)
		add(&c.Probationary, r.Kind == MemberKindProbationary)
		add(&c.Unbound, r.Unbound)
		add(&c.NoPhone, r.NoPhone)
		if n := standings[r.Standing]; n != nil {
			add(n, true)
		}
	}
	return c, err
}

// SpellNames fills in how names are said where that is not known yet, which is after an update from a version that did not
// keep it. It returns how many it filled in.
func (s *Service) SpellNames(ctx context.Context) (int, error) {
	done := 0
	for {
		var rows []struct {
			ID   ident.ID
			Name string
		}
		if err := s.db.Read().NewRaw("SELECT id, name FROM members WHERE pinyin = '' LIMIT ?", insertChunk).Scan(ctx, &rows); err != nil || len(rows) == 0 {
			return done, err
		}
		err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			for _, r := range rows {
				initials, spelling := said(r.Name)
				if _, err := tx.NewRaw("UPDATE members SET initials = ?, pinyin = ? WHERE id = ? AND name = ?", initials, spelling, r.ID, r.Name).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done += len(rows)
	}
}

// groupsOf returns the groups of an organisation itself, by name.
func (s *Service) groupsOf(ctx context.Context, o Org) ([]OrgRef, error) {
	var orgs []Org
	err := s.db.Read().NewRaw("SELECT "+orgColumns+" FROM orgs o WHERE o.parent_id = ? AND o.kind = ? AND o.closed_at = 0 ORDER BY o.id", o.ID, Group).Scan(ctx, &orgs)
	refs := make([]OrgRef, len(orgs))
	for i, group := range orgs {
		refs[i] = group.Ref()
	}
	return refs, err
}

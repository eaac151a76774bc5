package org

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
)

// Tree is an organisation to load, with its people and everything below it: the way a district begins. It is read from
// YAML by the import command.
type Tree struct {
	Name     string   `yaml:"name"`
	Kind     Kind     `yaml:"kind"`
	ThemeDay int      `yaml:"theme_day"` // 1–28; 0 is the parent's, 10 at the root
	Members  []Person `yaml:"members"`
	Orgs     []Tree   `yaml:"orgs"`
}

// Person is somebody to load.
type Person struct {
	Name     string   `yaml:"name"`
	Phone    string   `yaml:"phone"`    // as NormalPhone reads it; empty for people without one
	Kind     string   `yaml:"kind"`     // full (the default) or probationary
	Standing Standing `yaml:"standing"` // normal is the default
	// Roles the person holds: "secretary" on the organisation the person is listed in, "admin@区委" on one above by its name.
	Roles []string `yaml:"roles"`
	// OpenID binds the person to a WeChat identity at once. Demonstrations use it; nobody knows openids beforehand.
	OpenID  string `yaml:"-"`
	UnionID string `yaml:"-"` // goes with OpenID
}

// ErrNotEmpty is returned by Load when there are organisations already.
var ErrNotEmpty = errors.New("org: the tree is not empty")

// defaultThemeDay is the day of the month on which branches of this district meet.
const defaultThemeDay = 10

// Empty reports whether no organisation has been loaded yet.
func (s *Service) Empty(ctx context.Context) (bool, error) {
	var n int
	err := s.db.Read().NewRaw("SELECT COUNT(*) FROM orgs").Scan(ctx, &n)
	return n == 0, err
}

// Load puts a whole district into an empty database, all or nothing. The error names the person or organisation that
// is wrong; it returns ErrNotEmpty when there is a tree.
func (s *Service) Load(ctx context.Context, root Tree) error {
	if empty, err := s.Empty(ctx); err != nil || !empty {
		return cmp.Or[error](err, ErrNotEmpty)
	}
	l := &loading{service: s, now: s.clock.Now(), paths: map[string]Org{}}
	if err := l.org(root, Org{ThemeDay: defaultThemeDay}); err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error { return l.write(ctx, tx) })
}

type orgInsert struct {
	bun.BaseModel `bun:"table:orgs"`

	ID        ident.ID
	ParentID  ident.ID
	Kind      Kind
	Name      string
	Path      string
	ThemeDay  int
	CreatedAt int64
	UpdatedAt int64
}

type memberInsert struct {
	bun.BaseModel `bun:"table:members"`

	ID          ident.ID
	OrgID       ident.ID
	Name        string
	Initials    string
	Pinyin      string
	Kind        string
	Standing    Standing
	PhoneHash   string
	PhoneCipher string
	PhoneKey    string
	PartySince  string
	EnrolKey    string `bun:",nullzero"`
	JoinedAt    int64
	CreatedAt   int64
	UpdatedAt   int64
}

type grantInsert struct {
	bun.BaseModel `bun:"table:role_grants"`

	MemberID  ident.ID
	Role      authz.Role
	OrgID     ident.ID
	GrantedAt int64
}

type userInsert struct {
	bun.BaseModel `bun:"table:users"`

	ID        ident.ID
	Openid    string
	Unionid   string
	MemberID  ident.ID
	BoundAt   int64
	CreatedAt int64
	UpdatedAt int64
}

// loading collects the rows of a tree before anything is written.
type loading struct {
	service *Service
	now     time.Time
	paths   map[string]Org // by name, of the branch being walked
	orgs    []orgInsert
	members []memberInsert
	grants  []grantInsert
	users   []userInsert
}

func (l *loading) org(t Tree, parent Org) error {
	switch t.Kind {
	case District, Committee, GeneralBranch, Branch, Group:
	default:
		return fmt.Errorf("org: %q has the unknown kind %q", t.Name, t.Kind)
	}
	name := strings.TrimSpace(t.Name)
	if name == "" || t.ThemeDay < 0 || t.ThemeDay > 28 {
		return fmt.Errorf("org: %q needs a name and a theme day from 1 to 28", t.Name)
	}
	o := Org{ID: l.service.ids.New(), ParentID: parent.ID, Kind: t.Kind, Name: name, ThemeDay: t.ThemeDay}
	if o.ThemeDay == 0 {
		o.ThemeDay = parent.ThemeDay
	}
	o.Path = PathOf(parent.Path, o.ID)
	outer, hidden := l.paths[name]
	l.paths[name] = o
	defer func() { // the name is known on this branch of the tree only
		if delete(l.paths, name); hidden {
			l.paths[name] = outer
		}
	}()
	at := clock.Millis(l.now)
	l.orgs = append(l.orgs, orgInsert{ID: o.ID, ParentID: o.ParentID, Kind: o.Kind, Name: o.Name, Path: o.Path, ThemeDay: o.ThemeDay, CreatedAt: at, UpdatedAt: at})
	for _, p := range t.Members {
		if err := l.person(p, o); err != nil {
			return err
		}
	}
	for _, below := range t.Orgs {
		if err := l.org(below, o); err != nil {
			return err
		}
	}
	return nil
}

func (l *loading) person(p Person, o Org) error {
	name := strings.TrimSpace(p.Name)
	if name == "" {
		return fmt.Errorf("org: somebody in %s has no name", o.Name)
	}
	at := clock.Millis(l.now)
	m := memberInsert{ID: l.service.ids.New(), OrgID: o.ID, Name: name, Kind: p.Kind, Standing: p.Standing, JoinedAt: at, CreatedAt: at, UpdatedAt: at}
	m.Initials, m.Pinyin = said(name)
	if m.Kind == "" {
		m.Kind = MemberKindFull
	}
	if m.Standing == "" {
		m.Standing = Normal
	}
	if !known(m) {
		return fmt.Errorf("org: %s in %s has the unknown kind %q or standing %q", name, o.Name, m.Kind, m.Standing)
	}
	if p.Phone != "" {
		phone, err := NormalPhone(p.Phone)
		if err != nil {
			return fmt.Errorf("org: the phone number of %s in %s is none", name, o.Name)
		}
		sealed := l.service.vault.Seal(phone)
		m.PhoneHash, m.PhoneCipher, m.PhoneKey = sealed.Hash, sealed.Cipher, sealed.Key
	}
	l.members = append(l.members, m)
	if p.OpenID != "" {
		l.users = append(l.users, userInsert{ID: l.service.ids.New(), Openid: p.OpenID, Unionid: p.UnionID, MemberID: m.ID, BoundAt: at, CreatedAt: at, UpdatedAt: at})
	}
	return l.roles(p, m.ID, o)
}

func known(m memberInsert) bool {
	switch m.Standing {
	case Normal, FlowOut, FlowIn, LongIllness, Suspended:
		return m.Kind == MemberKindFull || m.Kind == MemberKindProbationary
	}
	return false
}

func (l *loading) roles(p Person, member ident.ID, o Org) error {
	for _, text := range p.Roles {
		role, where, elsewhere := strings.Cut(text, "@")
		on := o
		if elsewhere {
			var found bool
			if on, found = l.paths[where]; !found {
				return fmt.Errorf("org: %s in %s holds a role on %q, which is not above", p.Name, o.Name, where)
			}
		}
		if !isRole(authz.Role(role)) {
			return fmt.Errorf("org: %s in %s has the unknown role %q", p.Name, o.Name, role)
		}
		l.grants = append(l.grants, grantInsert{MemberID: member, Role: authz.Role(role), OrgID: on.ID, GrantedAt: clock.Millis(l.now)})
	}
	return nil
}

func isRole(r authz.Role) bool {
	for _, known := range authz.Roles() {
		if r == known {
			return true
		}
	}
	return false
}

func (l *loading) write(ctx context.Context, tx bun.Tx) error {
	// One after the other: a transaction that the engine has given up must not be written to.
	if err := insertAll(ctx, tx, l.orgs); err != nil {
		return err
	}
	if err := insertAll(ctx, tx, l.members); err != nil {
		return err
	}
	if err := insertAll(ctx, tx, l.grants); err != nil {
		return err
	}
	return insertAll(ctx, tx, l.users)
}

// insertChunk bounds one statement.
const insertChunk = 500

func insertAll[T any](ctx context.Context, tx bun.Tx, rows []T) error {
	for start := 0; start < len(rows); start += insertChunk {
		part := rows[start:min(start+insertChunk, len(rows))]
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

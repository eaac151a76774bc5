package org

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
)

// Of a setup code: how long it is good, how often it may be entered wrong, and how many characters it has. Sixty bits
// and ten tries leave nothing to guess.
const (
	SetupLife   = 24 * time.Hour
	setupTries  = 10
	setupLength = 12
	setupGroup  = 4
)

// setupAlphabet has no letters that look like digits.
const setupAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Errors of the first administrator.
var (
	ErrHasAdmin  = errors.New("org: somebody administers the root already")
	errSetupCode = fault.Invalid("setup_code", "设置码不对或已失效，请联系部署人员重新生成").WithField("code", "设置码不对或已失效")
	errSetupDone = fault.Conflict("setup_done", "已有管理员，不能再用设置码；请让管理员任命您")
	errSetupName = fault.Invalid("invalid_input", "请填写组织名称和您的姓名").WithField("orgName", "请填写组织名称").WithField("name", "请填写姓名")
)

// normalSetupCode forgives spaces, hyphens, small letters and the letters that look like digits.
func normalSetupCode(text string) string {
	return strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
}

func hashSetupCode(code string) string {
	sum := sha256.Sum256([]byte("themeday setup code " + normalSetupCode(code)))
	return hex.EncodeToString(sum[:])
}

// NewSetupCode makes a code with which somebody who is logged in becomes the first administrator, and makes earlier ones
// worthless. It returns ErrHasAdmin when there is one.
func (s *Service) NewSetupCode(ctx context.Context) (string, error) {
	raw := s.ids.Bytes(setupLength)
	var code strings.Builder
	for i, b := range raw {
		if i > 0 && i%setupGroup == 0 {
			code.WriteByte('-')
		}
		code.WriteByte(setupAlphabet[int(b)%len(setupAlphabet)])
	}
	return code.String(), s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if has, err := s.hasAdmin(ctx, tx); err != nil || has {
			return cmp.Or[error](err, ErrHasAdmin)
		}
		_, err := tx.NewRaw("INSERT INTO setup_codes (id, code_hash, expires_at) VALUES (?, ?, ?)",
			s.ids.New(), hashSetupCode(code.String()), clock.Millis(s.clock.Now().Add(SetupLife))).Exec(ctx)
		return err
	})
}

// HasAdmin reports whether anybody on the roster administers a root.
func (s *Service) HasAdmin(ctx context.Context) (bool, error) { return s.hasAdmin(ctx, s.db.Read()) }

func (s *Service) hasAdmin(ctx context.Context, db bun.IDB) (bool, error) {
	var n int
	err := db.NewRaw("SELECT COUNT(*) FROM role_grants g JOIN orgs o ON o.id = g.org_id JOIN members m ON m.id = g.member_id WHERE o.parent_id = 0 AND g.role = ? AND "+present,
		authz.Admin).Scan(ctx, &n)
	return n > 0, err
}

// setupOpen reports whether a code could be entered now.
func (s *Service) setupOpen(ctx context.Context) (bool, error) {
	var n int
	err := s.db.Read().NewRaw("SELECT COUNT(*) FROM setup_codes WHERE used_at = 0 AND expires_at > ? AND tries < ?", clock.Millis(s.clock.Now()), setupTries).Scan(ctx, &n)
	return n > 0, err
}

// Setup is what the first administrator enters.
type Setup struct {
	Code    string
	OrgName string // of the root, when there is no organisation yet
	Name    string // of the person, likewise
}

// FirstAdmin makes the actor the administrator of the root. In an empty database the root and the actor's own line of the
// roster are made, too; otherwise the actor must be a member. It returns setup_code, setup_done, not_bound, invalid_input
// or roles_changed.
func (s *Service) FirstAdmin(ctx context.Context, actor authz.Actor, in Setup) error {
	code, err := s.tryCode(ctx, in.Code)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if has, err := s.hasAdmin(ctx, tx); err != nil || has {
			return cmp.Or[error](err, errSetupDone)
		}
		root, member, err := s.firstPlace(ctx, tx, actor, in)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		ok, err := store.Affected(tx.NewRaw("UPDATE setup_codes SET used_at = ?, used_by = ? WHERE id = ? AND used_at = 0", clock.Millis(now), actor.UserID, code).Exec(ctx))
		if err != nil || !ok {
			return cmp.Or[error](err, errSetupCode)
		}
		return s.firstGrant(ctx, tx, root, member, "用设置码开通")
	})
}

// tryCode counts the try, also when it fails, and returns the id of the newest code if this is it.
func (s *Service) tryCode(ctx context.Context, text string) (ident.ID, error) {
	var rows []struct {
		ID       ident.ID
		CodeHash string
	}
	err := s.db.Write().NewRaw("SELECT id, code_hash FROM setup_codes ORDER BY id DESC LIMIT 1").Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return 0, cmp.Or[error](err, errSetupCode)
	}
	ok, err := store.Affected(s.db.Write().NewRaw("UPDATE setup_codes SET tries = tries + 1 WHERE id = ? AND used_at = 0 AND tries < ? AND expires_at > ?",
		rows[0].ID, setupTries, clock.Millis(s.clock.Now())).Exec(ctx))
	switch {
	case err != nil:
		return 0, err
	case !ok || subtle.ConstantTimeCompare([]byte(rows[0].CodeHash), []byte(hashSetupCode(text))) != 1:
		return 0, errSetupCode
	}
	return rows[0].ID, nil
}

// firstPlace returns the root and the member behind the actor, made now when the database is empty.
func (s *Service) firstPlace(ctx context.Context, tx bun.Tx, actor authz.Actor, in Setup) (Org, ident.ID, error) {
	roots, err := s.roots(ctx, tx)
	if err != nil {
		return Org{}, 0, err
	}
	if len(roots) > 0 {
		return roots[0], actor.MemberID, authz.Can(actor, authz.BeMember, authz.Object{}).Fault()
	}
	in.OrgName, in.Name = strings.TrimSpace(in.OrgName), strings.TrimSpace(in.Name)
	if in.OrgName == "" || in.Name == "" {
		return Org{}, 0, errSetupName
	}
	l := &loading{service: s, now: s.clock.Now(), paths: map[string]Org{}}
	tree := Tree{Name: in.OrgName, Kind: District, Members: []Person{{Name: in.Name}}}
	if err := l.org(tree, Org{ThemeDay: defaultThemeDay}); err != nil {
		return Org{}, 0, errSetupName.WithCause(err)
	}
	if err := l.write(ctx, tx); err != nil {
		return Org{}, 0, err
	}
	member := l.members[0].ID
	if ok, err := s.setBinding(ctx, tx, actor.UserID, actor.MemberID, member, l.now); err != nil || !ok {
		return Org{}, 0, cmp.Or[error](err, errAlready)
	}
	root := l.orgs[0]
	return Org{ID: root.ID, Kind: root.Kind, Name: root.Name, Path: root.Path, ThemeDay: root.ThemeDay}, member, s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Tree})
}

// firstGrant makes the member an admin in the name of the operator.
func (s *Service) firstGrant(ctx context.Context, tx bun.IDB, on Org, member ident.ID, reason string) error {
	if err := s.claimRoles(ctx, tx, on.ID); err != nil {
		return err
	}
	a := appointing{Service: s, tx: tx, on: on, now: s.clock.Now(), reason: reason}
	if _, err := a.grant(ctx, member, authz.Admin); err != nil {
		return err
	}
	return audit.Note(ctx, tx, audit.Entry{At: a.now, Action: audit.FirstAdmin, Subject: audit.On(audit.Member, member), Org: on.Path})
}

// AdminGrant is whom the operator of the server makes an administrator.
type AdminGrant struct {
	Member ident.ID // 0: the one with the phone number
	Phone  string
	Org    ident.ID // 0: the root
}

// GrantAdmin makes somebody of the roster an administrator, for the operator of the server, who needs no role. The error
// says in English what is missing. It returns the organisation and the member.
func (s *Service) GrantAdmin(ctx context.Context, g AdminGrant) (on Org, m Member, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if on, err = s.operatorsOrg(ctx, tx, g.Org); err != nil {
			return err
		}
		if m, err = s.operatorsMember(ctx, tx, g); err != nil {
			return err
		}
		return s.firstGrant(ctx, tx, on, m.ID, "由部署人员任命")
	})
	return on, m, err
}

func (s *Service) operatorsOrg(ctx context.Context, tx bun.IDB, id ident.ID) (Org, error) {
	if id == 0 {
		roots, err := s.roots(ctx, tx)
		if err != nil || len(roots) == 0 {
			return Org{}, errors.New("org: there are no organisations yet: import them, or use the setup code")
		}
		return roots[0], nil
	}
	o, err := s.orgOrNone(ctx, tx, id)
	if err == nil && o.ID == 0 {
		err = errors.New("org: there is no such organisation")
	}
	return o, err
}

func (s *Service) operatorsMember(ctx context.Context, tx bun.IDB, g AdminGrant) (Member, error) {
	if g.Member != 0 {
		m, err := s.MemberByID(ctx, tx, g.Member)
		if err != nil {
			err = errors.New("org: nobody on the roster has this id")
		}
		return m, err
	}
	phone, err := NormalPhone(g.Phone)
	if err != nil {
		return Member{}, errors.New("org: this is no mobile number")
	}
	found, err := s.membersByPhone(ctx, tx, s.vault.Find(phone))
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("org: %d people on the roster have this number; name one with -member", len(found))
	}
	if err != nil {
		return Member{}, err
	}
	return found[0], nil
}

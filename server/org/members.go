package org

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
)

// Newcomer is somebody to be put on the roster by hand.
type Newcomer struct {
	Name     string
	Kind     string
	Standing Standing
	Phone    string // in any usual spelling; "" for people without one
	Since    string // when they joined the Party: 1989-06-20, 1989-06 or 1989; "" when it is not known
	Namesake bool   // there is somebody of this name already, and this is another person
	Key      string // the client's; the same key puts nobody on the roster twice
}

// Correction is what is put right about a member.
type Correction struct {
	Name     string
	Kind     string
	Phone    *string // nil leaves the number as it is, "" takes it away
	Since    string
	Revision int64 // of the card that was looked at
}

var (
	errMemberName = fault.Invalid("invalid_input", "请填写姓名").WithField("name", "请填写 1 到 40 个字的姓名，不要填数字")
	errPhone      = fault.Invalid("invalid_input", "手机号不对").WithField("phone", "请填写 11 位手机号；没有手机可以不填")
	errSince      = fault.Invalid("invalid_input", "入党时间不对").WithField("since", "请写成 1989-06-20、1989-06 或 1989，不晚于今天")
	errNamesake   = fault.Conflict("namesake", "这里已有同名党员。如果是另一个人，请确认后再添加")
	errNoPhone    = fault.NotFound("no_phone", "这位党员没有登记手机号")
	errUnread     = fault.Unavailable("phone_unreadable", "号码暂时读不出来，请联系管理员")
)

const (
	maxName   = 40 // characters
	maxDigits = 5  // in a name: more are a number that nobody would look for there
)

// properName returns the name without blanks around it; invalid_input when it is none.
func properName(text string) (string, error) {
	name := strings.TrimSpace(text)
	digits := 0
	for _, r := range name {
		if unicode.IsDigit(r) {
			digits++
		}
		if unicode.IsControl(r) {
			return "", errMemberName
		}
	}
	if name == "" || utf8.RuneCountInString(name) > maxName || digits > maxDigits {
		return "", errMemberName
	}
	return name, nil
}

// properSince checks a date of joining the Party; invalid_input when it is none, or lies ahead.
func properSince(text string, now time.Time) (string, error) {
	layout := map[int]string{0: "", 4: "2006", 7: "2006-01", 10: time.DateOnly}
	form, known := layout[len(text)]
	if text == "" {
		return "", nil
	}
	at, err := time.ParseInLocation(form, text, clock.Beijing)
	if !known || err != nil || at.After(now) || at.Year() < 1921 {
		return "", errSince
	}
	return text, nil
}

// seal reads and seals a number that was typed; the zero value for none. It returns invalid_input.
func (s *Service) seal(text string) (SealedPhone, error) {
	if strings.TrimSpace(text) == "" {
		return SealedPhone{}, nil
	}
	sealed, err := s.SealPhone(strings.TrimSpace(text))
	if err != nil {
		return SealedPhone{}, errPhone
	}
	return sealed, nil
}

// memberRun returns the member as they are, also after leaving, to whoever runs their organisation; else not_found.
func (s *Service) memberRun(ctx context.Context, db bun.IDB, actor authz.Actor, id ident.ID) (Member, error) {
	found, err := s.MembersByID(ctx, db, []ident.ID{id})
	if err != nil {
		return Member{}, err
	}
	m, known := found[id]
	if !known || !actor.Runs(m.OrgPath) {
		return Member{}, cmp.Or[error](authz.Can(actor, authz.BeMember, authz.Object{}).Fault(), errMemberNotFound)
	}
	return m, nil
}

// memberHere is memberRun without those who have left.
func (s *Service) memberHere(ctx context.Context, db bun.IDB, actor authz.Actor, id ident.ID) (Member, error) {
	m, err := s.memberRun(ctx, db, actor, id)
	if err == nil && m.Left {
		err = errLeft
	}
	return m, err
}

var errLeft = fault.Conflict("member_left", "这位党员已不在花名册上")

// AddMember puts somebody on the roster of an organisation that the actor runs, from now on. It returns not_found,
// invalid_input, or namesake when there is somebody of that name and the newcomer is not said to be another.
func (s *Service) AddMember(ctx context.Context, actor authz.Actor, id ident.ID, n Newcomer) (member ident.ID, err error) {
	o, err := s.OrgForActor(ctx, actor, authz.RunOrg, id)
	if err != nil {
		return 0, err
	}
	if n.Name, err = properName(n.Name); err != nil {
		return 0, err
	}
	if n.Since, err = properSince(n.Since, s.clock.Now()); err != nil {
		return 0, err
	}
	phone, err := s.seal(n.Phone)
	if err != nil {
		return 0, err
	}
	key := actor.UserID.String() + ":" + n.Key
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if member, err = s.enrolledBy(ctx, tx, key); err != nil || member != 0 {
			return err
		}
		if !n.Namesake {
			if err := s.noNamesake(ctx, tx, o.ID, n.Name); err != nil {
				return err
			}
		}
		m := Member{OrgID: o.ID, Name: n.Name, Kind: n.Kind, Standing: n.Standing, Phone: phone, Since: n.Since}
		if member, err = s.enrolOne(ctx, tx, m, key, actor.MemberID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, s.about(audit.MemberCreated, member, o.Path, nil))
	})
	if store.IsDuplicate(err) { // the same request came twice in the same moment
		return s.enrolledBy(ctx, s.db.Write(), key)
	}
	return member, err
}

// Correct puts right what is known of a member. A change of kind holds from now on and goes into the history. It returns
// not_found, member_left, invalid_input, or member_changed when the card that was looked at is an old one.
func (s *Service) Correct(ctx context.Context, actor authz.Actor, member ident.ID, c Correction) (err error) {
	if c.Name, err = properName(c.Name); err != nil {
		return err
	}
	if c.Since, err = properSince(c.Since, s.clock.Now()); err != nil {
		return err
	}
	var phone SealedPhone
	if c.Phone != nil {
		if phone, err = s.seal(*c.Phone); err != nil {
			return err
		}
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.memberHere(ctx, tx, actor, member)
		if err != nil {
			return err
		}
		if err := s.writeCorrection(ctx, tx, member, c, phone); err != nil {
			return err
		}
		if err := audit.Note(ctx, tx, s.about(audit.MemberEdited, member, m.OrgPath, changed(m, c, phone))); err != nil {
			return err
		}
		if c.Kind != m.Kind {
			return s.noteMove(ctx, tx, m, Move{OrgID: m.OrgID, Kind: c.Kind, Standing: m.Standing, At: s.clock.Now()}, actor.MemberID)
		}
		return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Member, ID: member})
	})
}

// Reveal returns a member's whole number to somebody who runs the member's organisation and wants to phone them. Each
// time is put on record. It returns not_found, or no_phone.
func (s *Service) Reveal(ctx context.Context, actor authz.Actor, member ident.ID) (string, error) {
	m, err := s.memberRun(ctx, s.db.Read(), actor, member)
	if err != nil {
		return "", err
	}
	if m.Phone.Cipher == "" {
		return "", errNoPhone
	}
	phone, err := s.vault.Open(m.Phone)
	if err != nil {
		return "", errUnread.WithCause(err)
	}
	return phone, audit.Note(ctx, s.db.Write(), s.about(audit.LookPhone, member, m.OrgPath, nil))
}

// about is an entry of the record about a member of the organisation at path.
func (s *Service) about(action audit.Action, member ident.ID, path string, detail map[string]any) audit.Entry {
	return audit.Entry{At: s.clock.Now(), Action: action, Subject: audit.On(audit.Member, member), Org: path, Detail: detail}
}

// changed says what a correction changes, without a number.
func changed(m Member, c Correction, phone SealedPhone) map[string]any {
	detail := map[string]any{}
	if c.Name != m.Name {
		detail["fromName"], detail["toName"] = m.Name, c.Name
	}
	if c.Kind != m.Kind {
		detail["fromKind"], detail["toKind"] = m.Kind, c.Kind
	}
	if c.Since != m.Since {
		detail["fromSince"], detail["toSince"] = m.Since, c.Since
	}
	if c.Phone != nil && phone.Hash != m.Phone.Hash {
		detail["phone"] = "changed"
	}
	return detail
}

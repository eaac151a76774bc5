package mydata

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/web"
)

// Correction is what a member asks to have put right on the roster. The secretary does it there, and answers.
type Correction struct {
	ID         ident.ID
	Member     org.Member
	Field      string // name, phone, kind, standing, since, org or other
	Wanted     string
	State      string // open, done or declined
	Answer     string
	AnsweredAt time.Time
	CreatedAt  time.Time
}

// The states of a correction.
const (
	open     = "open"
	done     = "done"
	declined = "declined"
)

// maxOpen bounds how many corrections one member may have open.
const maxOpen = 5

const minText = 2 // characters

var (
	errWanted  = fault.Invalid("invalid_input", "请写明应该是什么（至少两个字）").WithField("wanted", "请写明应该是什么")
	errNumber  = fault.Invalid("phone_in_text", "请不要在这里填写手机号：选择“手机号”后提交，由书记向您核对").WithField("wanted", "请不要填写手机号")
	errTooMany = fault.Conflict("corrections_open", "您已有几项更正在等书记处理，请先等答复")
	errNone    = fault.NotFound("not_found", "没有找到这项申请，可能已处理，或不在您的范围内")
	errWhy     = fault.Invalid("reason_required", "请写明为什么不更正（至少两个字）").WithField("answer", "请写明原因")
)

// normalWanted is what is kept of the wish. A new phone number is told to the secretary, not to this table.
func normalWanted(field, wanted string) (string, error) {
	wanted = strings.TrimSpace(wanted)
	switch {
	case audit.HasNumber(strings.NewReplacer(" ", "", "-", "").Replace(wanted)): // somebody wrote it all the same
		return "", errNumber
	case field == "phone":
		return cmp.Or(wanted, "请书记与我核对新的手机号"), nil
	case utf8.RuneCountInString(wanted) < minText:
		return "", errWanted
	}
	return wanted, nil
}

// AskCorrection asks the secretary to put something right. It returns invalid_input, phone_in_text or corrections_open.
func (s *Service) AskCorrection(ctx context.Context, actor authz.Actor, field, wanted string) error {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return err
	}
	wanted, err := normalWanted(field, wanted)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var waiting int
		if err := tx.NewRaw("SELECT COUNT(*) FROM data_corrections WHERE member_id = ? AND state = ?", actor.MemberID, open).Scan(ctx, &waiting); err != nil {
			return err
		}
		if waiting >= maxOpen {
			return errTooMany
		}
		_, err := tx.NewRaw("INSERT INTO data_corrections (id, member_id, field, wanted, state, created_at) VALUES (?, ?, ?, ?, ?, ?)",
			s.IDs.New(), actor.MemberID, field, wanted, open, clock.Millis(now)).Exec(ctx)
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{
			At: now, Action: audit.CorrectionAsked, Subject: audit.On(audit.Member, actor.MemberID), Org: actor.OrgPath, Detail: map[string]any{"field": field},
		})
	})
}

// Mine returns the actor's corrections, the latest first.
func (s *Service) Mine(ctx context.Context, actor authz.Actor) ([]Correction, error) {
	return s.corrections(ctx, s.DB.Read(), "member_id = ? ORDER BY id DESC LIMIT 50", actor.MemberID)
}

// Asked returns up to limit corrections that wait for an answer in the organisation and below, the oldest first, from after
// the given one on, and which one the next page comes after: 0 at the end. It returns not_found or forbidden.
func (s *Service) Asked(ctx context.Context, actor authz.Actor, id, after ident.ID, limit int) ([]Correction, ident.ID, error) {
	o, err := s.People.OrgForActor(ctx, actor, authz.RunOrg, id)
	if err != nil {
		return nil, 0, err
	}
	from, before := org.Subtree(o.Path)
	list, err := s.corrections(ctx, s.DB.Read(), `state = ? AND id > ? AND member_id IN
  (SELECT m.id FROM members m JOIN orgs o ON o.id = m.org_id WHERE o.path >= ? AND o.path < ?) ORDER BY id LIMIT ?`, open, after, from, before, limit+1)
	list, next := web.Cut(list, limit, func(c Correction) ident.ID { return c.ID })
	return list, next, err
}

// Answer says what became of a correction: done, or declined for a reason. It returns not_found, also when it was answered
// before, and reason_required.
func (s *Service) Answer(ctx context.Context, actor authz.Actor, id ident.ID, corrected bool, answer string) error {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return err
	}
	now, state, answer := s.Clock.Now(), done, strings.TrimSpace(answer)
	if !corrected {
		state = declined
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		found, err := s.corrections(ctx, tx, "id = ?", id)
		if err != nil {
			return err
		}
		if len(found) == 0 || !actor.Runs(found[0].Member.OrgPath) {
			return errNone
		}
		if !corrected && utf8.RuneCountInString(answer) < minText {
			return errWhy
		}
		res, err := tx.NewRaw("UPDATE data_corrections SET state = ?, answer = ?, answered_by = ?, answered_at = ? WHERE id = ? AND state = ?",
			state, answer, actor.MemberID, clock.Millis(now), id, open).Exec(ctx)
		if ok, err := store.Affected(res, err); err != nil || !ok {
			return cmp.Or[error](err, errNone)
		}
		m := found[0].Member
		return audit.Note(ctx, tx, audit.Entry{
			At: now, Action: audit.CorrectionAnswered, Subject: audit.On(audit.Member, m.ID), Org: m.OrgPath, Detail: map[string]any{"field": found[0].Field, "to": state},
		})
	})
}

func (s *Service) corrections(ctx context.Context, db bun.IDB, where string, args ...any) ([]Correction, error) {
	var rows []struct {
		ID         ident.ID
		MemberID   ident.ID
		Field      string
		Wanted     string
		State      string
		Answer     string
		AnsweredAt int64
		CreatedAt  int64
	}
	err := db.NewRaw("SELECT id, member_id, field, wanted, state, answer, answered_at, created_at FROM data_corrections WHERE "+where, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.MemberID
	}
	people, err := s.People.MembersByID(ctx, db, ids)
	list := make([]Correction, len(rows))
	for i, r := range rows {
		list[i] = Correction{
			ID: r.ID, Member: people[r.MemberID], Field: r.Field, Wanted: r.Wanted, State: r.State, Answer: r.Answer,
			AnsweredAt: clock.FromMillis(r.AnsweredAt), CreatedAt: clock.FromMillis(r.CreatedAt),
		}
	}
	return list, err
}

// PruneCorrections deletes up to limit corrections that were answered before the instant, and returns how many.
func (s *Service) PruneCorrections(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.DB.DeleteSome(ctx, limit, "data_corrections", "state <> 'open' AND answered_at < ?", clock.Millis(before))
}

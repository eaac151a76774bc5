package remind

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
)

// Answer is what a person says when asked for a template.
type Answer string

// The answers of wx.requestSubscribeMessage.
const (
	Accept Answer = "accept"
	Reject Answer = "reject"
	Ban    Answer = "ban"    // WeChat has banned the template
	Filter Answer = "filter" // not asked, because another one has the same title
)

// unasked is the setting of who has never been asked.
const unasked Answer = "unknown"

// cause is why a ledger changes.
type cause string

const (
	causeSent  cause = "sent"  // a message used one
	causeSpent cause = "spent" // WeChat says that there is none
)

// source is who told of a change.
type source string

const (
	sourcePhone  source = "phone"
	sourceWeChat source = "wechat"
	sourceSend   source = "send"
)

// entry is one line of the ledger of a person and a template.
type entry struct {
	user      ident.ID
	template  string
	cause     cause // an Answer or causeSpent; for causeSent see spend
	source    source
	key       string    // of the report; "" = none
	at        time.Time // when it happened, by WeChat; zero when that is not said
	again     bool      // the same tap has been told of by the other source
	overtaken bool      // WeChat has told of something later already
	kept      int       // of a Reject: taps that were accepted later
}

// maxGrants bounds what a phone can claim; nobody accepts that often.
const maxGrants = 1000

// balance returns how many messages are allowed after the entry.
func balance(remaining int, e entry, kind TemplateType) int {
	switch e.cause {
	case cause(Accept):
		switch {
		case e.overtaken:
		case kind == LongTerm:
			return 1
		case !e.again:
			remaining++
		}
	case cause(Reject):
		if e.source == sourcePhone && kind == OneTime {
			return remaining // a no to one question takes nothing back that was allowed before
		}
		return min(remaining, e.kept)
	case cause(Ban), causeSpent:
		return 0
	}
	return max(0, min(remaining, maxGrants))
}

var errAnswer = fault.Invalid("invalid_input", "填写的内容有误，请检查后重试")

// Report takes what a person has answered on the phone, by template id. Ids that are not in use are left out: an old
// client may still ask for them. The same key again changes nothing. It returns invalid_input for an unknown answer.
func (s *Service) Report(ctx context.Context, user ident.ID, key string, answers map[string]Answer) error {
	var entries []entry
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		answer := answers[id]
		if strings.HasPrefix(string(answer), string(Accept)) {
			answer = Accept // acceptWithAudio, acceptWithAlert
		}
		if !slices.Contains([]Answer{Accept, Reject, Ban, Filter}, answer) {
			return errAnswer.WithField("results."+id, "只能是 accept、reject、ban、filter 中的一个")
		}
		if _, used := s.Templates.OfID(id); used {
			entries = append(entries, entry{user: user, template: id, cause: cause(answer), source: sourcePhone, key: key})
		}
	}
	return s.enterAll(ctx, entries)
}

// Told takes what WeChat itself reports about a person's answer: the popup was accepted or rejected, or the template was
// switched off in the settings (accepted false). It confirms what the phone says, in whichever order the two come, and
// counts once however often it comes. at is when it happened, to the second, or zero: reports come in any order, too.
func (s *Service) Told(ctx context.Context, user ident.ID, key, templateID string, accepted bool, at time.Time) error {
	if _, used := s.Templates.OfID(templateID); !used {
		return nil
	}
	answer := Reject
	if accepted {
		answer = Accept
	}
	if !at.IsZero() { // WeChat repeats what it has told under another signature
		key = fmt.Sprintf("told:%s:%d", answer, at.Unix())
	}
	return s.enterAll(ctx, []entry{{user: user, template: templateID, cause: cause(answer), source: sourceWeChat, key: key, at: at}})
}

func (s *Service) enterAll(ctx context.Context, entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	now := s.Clock.Now()
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, e := range entries {
			if err := s.enter(ctx, tx, e, now); err != nil {
				return err
			}
		}
		return nil
	})
}

type grantRow struct {
	bun.BaseModel `bun:"table:grants"`

	UserID     ident.ID
	TemplateID string
	Remaining  int
	Setting    Answer
	Revision   int
	UpdatedAt  int64
}

type entryRow struct {
	bun.BaseModel `bun:"table:grant_entries"`

	ID         ident.ID
	UserID     ident.ID
	TemplateID string
	Cause      cause
	Source     source
	Delta      int
	ClientKey  string `bun:",nullzero"`
	Matched    bool
	At         int64
}

// enter adds a line to a ledger, unless one with its key is there, and brings the balance up to date. It changes the
// balance's row first, which makes everybody else who writes to this ledger wait.
func (s *Service) enter(ctx context.Context, tx bun.IDB, e entry, now time.Time) error {
	rows := []grantRow{{UserID: e.user, TemplateID: e.template, Setting: unasked, UpdatedAt: clock.Millis(now)}}
	if _, err := s.insertIgnoring(ctx, tx, &rows, "user_id", "template_id"); err != nil {
		return err
	}
	_, err := tx.NewRaw("UPDATE grants SET revision = revision + 1, updated_at = ? WHERE user_id = ? AND template_id = ?",
		clock.Millis(now), e.user, e.template).Exec(ctx)
	if err != nil {
		return err
	}
	if known, err := s.knownKey(ctx, tx, e); err != nil || known {
		return err
	}
	if e.again, err = s.match(ctx, tx, e, now); err != nil {
		return err
	}
	if err := s.order(ctx, tx, &e); err != nil {
		return err
	}
	var g grantRow
	err = tx.NewRaw("SELECT remaining, setting FROM grants WHERE user_id = ? AND template_id = ?", e.user, e.template).Scan(ctx, &g)
	if err != nil {
		return err
	}
	kind, _ := s.Templates.OfID(e.template)
	after := balance(g.Remaining, e, s.Templates[kind].Type)
	_, err = tx.NewInsert().Model(&entryRow{
		ID: s.IDs.New(), UserID: e.user, TemplateID: e.template, Cause: e.cause, Source: e.source, Delta: after - g.Remaining,
		ClientKey: e.key, Matched: e.again, At: clock.Millis(e.happened(now)),
	}).Exec(ctx)
	if err != nil {
		return err
	}
	if e.source != sourceSend && !e.overtaken {
		g.Setting = Answer(e.cause)
	}
	_, err = tx.NewRaw("UPDATE grants SET remaining = ?, setting = ? WHERE user_id = ? AND template_id = ?",
		after, g.Setting, e.user, e.template).Exec(ctx)
	return err
}

// happened returns when the entry's cause was, now if nobody has said.
func (e entry) happened(now time.Time) time.Time {
	if e.at.IsZero() || e.at.After(now) {
		return now
	}
	return e.at
}

// order finds out whether WeChat has told of something later than the entry: a no takes back only what was accepted before
// it, and a yes from before the latest no allows nothing. Within a second the order in which they come counts.
func (s *Service) order(ctx context.Context, tx bun.IDB, e *entry) error {
	if e.source != sourceWeChat || e.at.IsZero() {
		return nil
	}
	query, args := "cause = ? AND (source = ? OR matched = ?)", []any{e.user, e.template, clock.Millis(e.at.Add(time.Second)), Accept, sourceWeChat, false}
	if e.cause == cause(Accept) {
		query, args = "cause = ? AND source = ?", append(args[:3], Reject, sourceWeChat)
	}
	var later int
	err := tx.NewRaw("SELECT COUNT(*) FROM grant_entries WHERE user_id = ? AND template_id = ? AND at >= ? AND "+query, args...).Scan(ctx, &later)
	e.kept, e.overtaken = later, later > 0
	return err
}

func (s *Service) knownKey(ctx context.Context, tx bun.IDB, e entry) (bool, error) {
	if e.key == "" {
		return false, nil
	}
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM grant_entries WHERE user_id = ? AND template_id = ? AND client_key = ?",
		e.user, e.template, e.key).Scan(ctx, &n)
	return n > 0, err
}

// sameTap is how far apart the phone's and WeChat's reports of one tap may come: a phone without signal reports later.
const sameTap = 24 * time.Hour

// match looks for the other source's report of the same accepted tap and uses it up.
func (s *Service) match(ctx context.Context, tx bun.IDB, e entry, now time.Time) (bool, error) {
	other := map[source]source{sourcePhone: sourceWeChat, sourceWeChat: sourcePhone}[e.source]
	if e.cause != cause(Accept) || other == "" {
		return false, nil
	}
	var ids []ident.ID
	err := tx.NewRaw(`
SELECT id FROM grant_entries
WHERE user_id = ? AND template_id = ? AND cause = ? AND source = ? AND matched = ? AND at >= ? ORDER BY id LIMIT 1`,
		e.user, e.template, e.cause, other, false, clock.Millis(now.Add(-sameTap))).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	_, err = tx.NewRaw("UPDATE grant_entries SET matched = ? WHERE id = ?", true, ids[0]).Exec(ctx)
	return true, err
}

// remaining returns how many messages of the template each of these people still allows.
func (s *Service) remaining(ctx context.Context, db bun.IDB, users []ident.ID, templateID string) (map[ident.ID]int, error) {
	left := make(map[ident.ID]int, len(users))
	if len(users) == 0 {
		return left, nil
	}
	var rows []grantRow
	err := db.NewRaw("SELECT user_id, remaining FROM grants WHERE template_id = ? AND user_id IN (?)", templateID, bun.List(users)).Scan(ctx, &rows)
	for _, r := range rows {
		left[r.UserID] = r.Remaining
	}
	return left, err
}

// grantsOf returns all that a person has answered, by template id.
func (s *Service) grantsOf(ctx context.Context, user ident.ID) (map[string]grantRow, error) {
	var rows []grantRow
	err := s.DB.Read().NewRaw("SELECT template_id, remaining, setting FROM grants WHERE user_id = ?", user).Scan(ctx, &rows)
	byID := make(map[string]grantRow, len(rows))
	for _, r := range rows {
		byID[r.TemplateID] = r
	}
	return byID, err
}

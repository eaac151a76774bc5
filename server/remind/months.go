package remind

import (
	"context"
	"net/http"
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

// Excuse is why a branch is not to be asked about a month.
type Excuse string

// The excuses. They quiet the questions; they do not make up for a meeting in any figure.
const (
	HeldOffline Excuse = "held_offline" // 已线下开展
	Merged      Excuse = "merged"       // 本月合并开展
	Flood       Excuse = "flood"        // 因防汛抢险延期
	Harvest     Excuse = "harvest"      // 因农忙延期
	Mourning    Excuse = "mourning"     // 因丧事等延期
	Other       Excuse = "other"        // says what in the note
)

// quietRow is an excuse as stored.
type quietRow struct {
	bun.BaseModel `bun:"table:quiet_months"`

	OrgID    ident.ID
	Month    string
	Reason   Excuse
	Note     string
	ByMember ident.ID
	At       int64
}

// quietOrgs returns the organisations that have an excuse for the month.
func (s *Service) quietOrgs(ctx context.Context, db bun.IDB, month string) (map[ident.ID]bool, error) {
	var ids []ident.ID
	err := db.NewRaw("SELECT org_id FROM quiet_months WHERE month = ?", month).Scan(ctx, &ids)
	quiet := make(map[ident.ID]bool, len(ids))
	for _, id := range ids {
		quiet[id] = true
	}
	return quiet, err
}

// QuietView is an excuse that was given.
type QuietView struct {
	Reason Excuse    `json:"reason" enum:"held_offline,merged,flood,harvest,mourning,other"`
	Note   string    `json:"note"`
	ByName string    `json:"byName"`
	At     time.Time `json:"at"`
}

// AskView is one rung of the ladder.
type AskView struct {
	At   time.Time `json:"at"`
	Whom string    `json:"whom" doc:"In Chinese: 书记, 组织委员 or 上级组织委员"`
}

// MonthView says how a branch stands with its month.
type MonthView struct {
	OrgID    ident.ID   `json:"orgId"`
	OrgName  string     `json:"orgName"`
	Month    string     `json:"month" doc:"Such as 2026-12"`
	ThemeDay int        `json:"themeDay" doc:"Day of the month"`
	Planned  bool       `json:"planned" doc:"A theme day is announced or was held in this month, by the branch or by one that was above it"`
	Quiet    *QuietView `json:"quiet" doc:"null when nobody has given a reason"`
	Asks     []AskView  `json:"asks" doc:"Who is asked when, as long as nothing is planned and no reason given; empty for what is no branch"`
}

const monthPath = "/api/v1/orgs/{id}/months/{month}"

func (s *Service) routeMonths(a *web.API) {
	web.Register(a, web.Op{ID: "getMonth", Method: http.MethodGet, Path: monthPath, Tag: "reminders", Summary: "How a branch stands with a month."}, s.getMonth)
	web.Register(a, web.Op{ID: "excuseMonth", Method: http.MethodPut, Path: monthPath + "/excuse", Tag: "reminders", Summary: "Say why not to ask about a month any more."}, s.excuseMonth)
	web.Register(a, web.Op{ID: "askAgain", Method: http.MethodDelete, Path: monthPath + "/excuse", Tag: "reminders", Summary: "Take the reason back."}, s.askAgain)
}

// MonthInput is an operation on the month of an organisation.
type MonthInput struct {
	ID    web.IDParam `path:"id"`
	Month string      `path:"month" maxLength:"7" doc:"Such as 2026-12; up to a year from now"`
}

type monthOutput struct{ Body MonthView }

// read returns the organisation if the caller runs it, and the month, which must be within a year.
func (s *Service) read(ctx context.Context, in MonthInput) (org.Org, time.Time, error) {
	o, err := s.Orgs.OrgForActor(ctx, web.ActorFrom(ctx), authz.RunOrg, in.ID.ID)
	if err != nil {
		return o, time.Time{}, err
	}
	month, err := time.ParseInLocation(monthLayout, in.Month, clock.Beijing)
	now := firstOf(s.Clock.Now())
	if err != nil || month.Before(now.AddDate(-1, 0, 0)) || month.After(now.AddDate(1, 0, 0)) {
		return o, month, errMonth
	}
	return o, month, nil
}

func (s *Service) getMonth(ctx context.Context, in *MonthInput) (*monthOutput, error) {
	o, month, err := s.read(ctx, *in)
	if err != nil {
		return nil, err
	}
	view, err := s.month(ctx, o, month)
	return &monthOutput{view}, err
}

func (s *Service) month(ctx context.Context, o org.Org, month time.Time) (MonthView, error) {
	view := MonthView{OrgID: o.ID, OrgName: o.Name, Month: month.Format(monthLayout), ThemeDay: o.ThemeDay, Asks: []AskView{}}
	if o.Kind == org.Branch {
		for i, at := range rungDays(month, o.ThemeDay) {
			view.Asks = append(view.Asks, AskView{at, ladder[i].name})
		}
	}
	meetings, err := s.meetingsOf(ctx, s.DB.Read(), month)
	if err != nil {
		return view, err
	}
	view.Planned = meetings.cover(o)
	var rows []quietRow
	err = s.DB.Read().NewRaw("SELECT * FROM quiet_months WHERE org_id = ? AND month = ?", o.ID, view.Month).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return view, err
	}
	by, err := s.People.MembersByID(ctx, s.DB.Read(), []ident.ID{rows[0].ByMember})
	view.Quiet = &QuietView{rows[0].Reason, rows[0].Note, by[rows[0].ByMember].Name, clock.FromMillis(rows[0].At)}
	return view, err
}

type excuseInput struct {
	MonthInput
	Body struct {
		Reason Excuse `json:"reason" enum:"held_offline,merged,flood,harvest,mourning,other"`
		Note   string `json:"note,omitempty" maxLength:"100" doc:"Needed for other"`
	}
}

const minNote = 2 // characters

var errNote = fault.Invalid("reason_required", "请写明情况（至少两个字）").WithField("note", "请写明情况")

// excuseMonth gives a reason, over the one before, and takes back what has not been asked yet.
func (s *Service) excuseMonth(ctx context.Context, in *excuseInput) (*monthOutput, error) {
	o, month, err := s.read(ctx, in.MonthInput)
	if err != nil {
		return nil, err
	}
	note := strings.TrimSpace(in.Body.Note)
	if in.Body.Reason == Other && utf8.RuneCountInString(note) < minNote {
		return nil, errNote
	}
	now := s.Clock.Now()
	row := quietRow{
		OrgID: o.ID, Month: month.Format(monthLayout), Reason: in.Body.Reason, Note: note,
		ByMember: web.ActorFrom(ctx).MemberID, At: clock.Millis(now),
	}
	if err := s.excuse(ctx, o, row, now); err != nil {
		return nil, err
	}
	view, err := s.month(ctx, o, month)
	return &monthOutput{view}, err
}

const whyExcused = "支部已说明情况，不再提醒"

func (s *Service) excuse(ctx context.Context, o org.Org, row quietRow, now time.Time) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := dropExcuse(ctx, tx, row.OrgID, row.Month); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		err := audit.Note(ctx, tx, audit.Entry{
			At: now, Action: audit.QuietMonthSet, Subject: audit.On(audit.Org, o.ID), Org: o.Path, Detail: map[string]any{"month": row.Month, "reason": row.Reason},
		})
		if err != nil {
			return err
		}
		var ids []ident.ID
		err = tx.NewRaw("SELECT id FROM reminders WHERE org_id = ? AND kind = ? AND event_id = 0 AND revision = 0 AND subject LIKE ? AND state <> ?",
			row.OrgID, NotHeld, row.Month+":%", withdrawn).Scan(ctx, &ids)
		if err != nil {
			return err
		}
		return s.withdraw(ctx, tx, ids, whyExcused, now)
	})
}

func dropExcuse(ctx context.Context, tx bun.IDB, id ident.ID, month string) (dropped bool, err error) {
	return store.Affected(tx.NewRaw("DELETE FROM quiet_months WHERE org_id = ? AND month = ?", id, month).Exec(ctx))
}

func (s *Service) endExcuse(ctx context.Context, o org.Org, month string) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if dropped, err := dropExcuse(ctx, tx, o.ID, month); err != nil || !dropped {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{
			At: s.Clock.Now(), Action: audit.QuietMonthEnded, Subject: audit.On(audit.Org, o.ID), Org: o.Path, Detail: map[string]any{"month": month},
		})
	})
}

func (s *Service) askAgain(ctx context.Context, in *MonthInput) (*monthOutput, error) {
	o, month, err := s.read(ctx, *in)
	if err != nil {
		return nil, err
	}
	if err := s.endExcuse(ctx, o, month.Format(monthLayout)); err != nil {
		return nil, err
	}
	view, err := s.month(ctx, o, month)
	return &monthOutput{view}, err
}

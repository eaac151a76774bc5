package checkin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/audit"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/web"
)

func (s *Service) routeSettlement(a *web.API) {
	web.Register(a, web.Op{
		ID: "getSettlement", Method: http.MethodGet, Path: eventPath + "/settlement", Tag: "checkin",
		Summary: "How everybody is counted and why; of an event that is not closed: what closing now would settle.",
	}, s.getSettlement)
	web.Register(a, web.Op{
		ID: "explainAttendance", Method: http.MethodGet, Path: eventPath + "/attendance/{memberId}", Tag: "checkin",
		Summary: "Why one person is counted so.",
	}, s.explainAttendance)
	a.Raw(web.Op{ID: "exportSettlement", Method: http.MethodGet, Path: eventPath + "/settlement.csv", Tag: "checkin", Summary: "The settlement as a table, CSV in UTF-8."}, s.exportSettlement(a))
}

// QuorumView is a quorum as clients see it.
type QuorumView struct {
	Quorum

	Met      bool   `json:"met"`
	Sentence string `json:"sentence" doc:"What that means"`
}

func quorumView(q *Quorum) *QuorumView {
	if q == nil {
		return nil
	}
	return &QuorumView{*q, q.Present >= q.Needed, q.sentence()}
}

// CountedView is one line of a settlement.
type CountedView struct {
	AttendanceView

	MemberKind string   `json:"memberKind" enum:"full,probationary" doc:"As of the meeting"`
	Why        Why      `json:"why" enum:"member,flow_in,flow_out,long_illness,suspended,no_officer,joined_later,elsewhere" doc:"The rule by which the person counts, or does not"`
	Votes      bool     `json:"votes" doc:"Counts for the quorum; false where none is needed"`
	Sentences  []string `json:"sentences" doc:"Why the person is counted so, in words"`
}

// SettlementStep is a close or a reopening.
type SettlementStep struct {
	Step   event.Step `json:"step" enum:"closed,reopened"`
	At     time.Time  `json:"at"`
	By     *PersonRef `json:"by"`
	Reason string     `json:"reason" doc:"Why it was reopened"`
}

type settlementInput struct {
	event.IDInput
	After web.IDParam `query:"after" doc:"next of the page before"`
	Limit int         `query:"limit" minimum:"1" maximum:"500" default:"500"`
}

type settlementOutput struct {
	Body struct {
		Event  event.EventBrief `json:"event"`
		Closed bool             `json:"closed" doc:"false: a preview of closing now"`
		At     time.Time        `json:"at" doc:"Of the close"`
		AsOf   time.Time        `json:"asOf" doc:"The roster of this instant counts: the start of the meeting"`
		Counts event.Counts     `json:"counts" doc:"Of the whole event"`
		Quorum *QuorumView      `json:"quorum" doc:"null when the kind of event needs none"`
		Steps  []SettlementStep `json:"steps" doc:"Closes and reopenings, the oldest first"`
		Items  []CountedView    `json:"items" doc:"The people whom the caller may see"`
		Next   ident.ID         `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) getSettlement(ctx context.Context, in *settlementInput) (*settlementOutput, error) {
	st, err := s.Settlement(ctx, web.ActorFrom(ctx), in.ID.ID)
	if err != nil {
		return nil, err
	}
	var out settlementOutput
	b := &out.Body
	b.Event, b.Closed, b.At, b.AsOf = st.Event.Brief(s.clock.Now()), st.Closed, st.At, st.AsOf
	b.Counts, b.Quorum = st.Counts, quorumView(st.Quorum)
	for len(st.People) > 0 && st.People[0].Member.ID <= in.After.ID {
		st.People = st.People[1:]
	}
	st.People, b.Next = web.Cut(st.People, in.Limit, func(c Counted) ident.ID { return c.Member.ID })
	if b.Items, err = s.countedViews(ctx, st.Event, st.People); err != nil {
		return nil, err
	}
	b.Steps, err = s.settlementSteps(ctx, st.Steps)
	return &out, err
}

func (s *Service) settlementSteps(ctx context.Context, steps []event.History) ([]SettlementStep, error) {
	ids := make([]ident.ID, len(steps))
	for i, h := range steps {
		ids[i] = h.By
	}
	names, err := s.names(ctx, ids)
	views := make([]SettlementStep, len(steps))
	for i, h := range steps {
		views[i] = SettlementStep{h.Step, h.At, personRef(names, h.By), h.Reason}
	}
	return views, err
}

func (s *Service) countedViews(ctx context.Context, e event.Event, people []Counted) ([]CountedView, error) {
	list := make([]Attendance, len(people))
	for i, c := range people {
		list[i] = c.Attendance
	}
	rows, err := s.attendanceViews(ctx, list)
	if err != nil {
		return nil, err
	}
	_, ruled := quorumRules[e.Kind]
	views := make([]CountedView, len(people))
	for i, c := range people {
		views[i] = CountedView{rows[i], c.Member.Kind, c.Why, c.Votes && ruled, c.sentences(e, nameOf(rows[i].RecordedBy))}
	}
	return views, nil
}

func nameOf(p *PersonRef) string {
	if p == nil {
		return ""
	}
	return p.Name
}

type explainOutput struct{ Body CountedView }

func (s *Service) explainAttendance(ctx context.Context, in *RowInput) (*explainOutput, error) {
	st, one, err := s.Explain(ctx, web.ActorFrom(ctx), in.ID.ID, in.MemberID.ID)
	if err != nil {
		return nil, err
	}
	views, err := s.countedViews(ctx, st.Event, []Counted{one})
	if err != nil {
		return nil, err
	}
	return &explainOutput{views[0]}, nil
}

func (s *Service) exportSettlement(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		id, err := ident.Parse(c.Param("id"))
		if err != nil {
			a.Fail(c, errNotOnList)
			return
		}
		st, err := s.Settlement(ctx, web.ActorFrom(ctx), id)
		if err != nil {
			a.Fail(c, err)
			return
		}
		views, err := s.countedViews(ctx, st.Event, st.People)
		if err != nil {
			a.Fail(c, err)
			return
		}
		looked := audit.Entry{At: s.clock.Now(), Action: audit.LookAttendance, Subject: audit.On(audit.Event, id), Org: st.Event.Host.Path}
		if err := audit.Look(ctx, s.db, looked); err != nil {
			a.Fail(c, err)
			return
		}
		name := st.Event.Title + sayDay(st.Event.StartsAt) + ".csv"
		c.Header("Content-Disposition", "attachment; filename=settlement.csv; filename*=UTF-8''"+url.PathEscape(name))
		c.Header("Cache-Control", "no-store")
		c.Data(http.StatusOK, "text/csv; charset=utf-8", table(views))
	}
}

func sayDay(t time.Time) string { return t.In(clock.Beijing).Format("2006-01-02") }

// table writes the settlement for a spreadsheet.
func table(views []CountedView) []byte {
	lines := [][]string{{"姓名", "组织", "类别", "计入应到", "状态", "方式", "时间", "登记人", "原因", "为什么这样算"}}
	for _, v := range views {
		at := ""
		if v.At != nil && v.Source != Settle {
			at = v.At.In(clock.Beijing).Format("2006-01-02 15:04")
		}
		lines = append(lines, []string{
			v.MemberName, v.OrgName, kindWords[v.MemberKind], yesNo(v.Expected), tableStatus(v), sourceWords[v.Source], at,
			nameOf(v.RecordedBy), v.Reason, strings.Join(v.Sentences, ""),
		})
	}
	return web.Table(lines)
}

// tableStatus: who is only named because they do not count has no status.
func tableStatus(v CountedView) string {
	if v.Status == Pending && !v.Expected {
		return "不计入"
	}
	return statusWords[v.Status]
}

func yesNo(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

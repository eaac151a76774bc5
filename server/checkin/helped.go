package checkin

import (
	"context"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// maxHelped bounds for how many people one member can check in at one event: those beside them, not the branch.
const maxHelped = 5

// Refusals of helping.
var (
	errHelperAway  = fault.Conflict("helper_not_present", "请您自己先扫码签到，再帮身边的人签到")
	errHelpEnough  = fault.Conflict("helped_enough", "一次活动最多帮五个人签到，其他人请找书记登记")
	errHelpNobody  = fault.NotFound("not_found", "这次活动的应到名单里，您的支部没有这个人")
	errHelpMarked  = fault.Conflict("already_recorded", "书记已登记过这位同志，如需更改请找书记")
	errHelpOnLeave = fault.Conflict("already_recorded", "这位同志已请假，如果到了请找书记登记")
)

// mayHelp decides whether a member may check in a person beside them. helped is for how many they have done it, x how
// the event counts the person, there what is recorded of them.
func mayHelp(helper Attendance, helped int, x Expectation, there Attendance) error {
	switch {
	case !helper.Status.came() || !helper.Source.byMember():
		return errHelperAway
	case x != Expected || there.Member.OrgID != helper.Member.OrgID || there.Member.ID == helper.Member.ID:
		return errHelpNobody
	case there.Status == Pending && there.Source == Roll:
		return errHelpMarked
	case there.Status.excused():
		return errHelpOnLeave
	case there.Status != Pending && !there.Status.came():
		return errHelpMarked
	case helped >= maxHelped && !there.Status.came():
		return errHelpEnough
	}
	return nil
}

// Help records the presence of a person beside the actor, who has checked in by themselves. repeated says that the
// person was recorded before. It returns the refusals of mayHelp and of a check-in that comes too early or too late.
func (s *Service) Help(ctx context.Context, actor authz.Actor, id, member ident.ID, key string) (a Attendance, repeated bool, err error) {
	err = s.again(func() error {
		return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			a, repeated, err = s.help(ctx, tx, actor, id, member, key, s.clock.Now())
			return err
		})
	})
	if err == nil && !repeated {
		s.observe("new")
		s.announce(ctx, id)
	}
	return a, repeated, err
}

func (s *Service) help(ctx context.Context, tx bun.IDB, actor authz.Actor, id, member ident.ID, key string, now time.Time) (Attendance, bool, error) {
	// The helper's row is locked first, so that nobody exceeds the bound by sending twice at once.
	if _, err := tx.NewRaw("UPDATE attendance SET updated_at = ? WHERE event_id = ? AND member_id = ?", clock.Millis(now), id, actor.MemberID).Exec(ctx); err != nil {
		return Attendance{}, false, err
	}
	e, helper, err := s.ownRow(ctx, tx, actor, id)
	if err != nil {
		return Attendance{}, false, err
	}
	status, err := judge(e, now, false)
	if err != nil {
		return Attendance{}, false, err
	}
	m, err := s.people.MemberByID(ctx, tx, member)
	if err != nil {
		return Attendance{}, false, err
	}
	m, x, err := s.taken(ctx, tx, e, m)
	if err != nil {
		return Attendance{}, false, err
	}
	there, err := s.find(ctx, tx, id, m)
	if err != nil {
		return Attendance{}, false, err
	}
	helped, err := s.helpedBy(ctx, tx, id, actor.MemberID)
	if err != nil {
		return Attendance{}, false, err
	}
	if err := mayHelp(helper, helped, x, there); err != nil {
		return Attendance{}, false, err
	}
	op := operation(m.ID, "helped"+key)
	if there.Status.came() {
		return there, there.OpID != op, nil
	}
	to := there
	to.Expected, to.Status, to.Source, to.At, to.RecordedBy, to.Reason, to.OpID = true, status, Helped, now, actor.MemberID, "", op
	a, err := s.put(ctx, tx, there, to, actor.MemberID, now)
	return a, false, err
}

// ownRow returns the event, which the actor must see, and what is recorded of the actor.
func (s *Service) ownRow(ctx context.Context, db bun.IDB, actor authz.Actor, id ident.ID) (event.Event, Attendance, error) {
	e, err := s.events.For(ctx, db, actor, authz.SeeEvent, id)
	if err != nil {
		return e, Attendance{}, err
	}
	m, err := s.people.MemberByID(ctx, db, actor.MemberID)
	if err != nil {
		return e, Attendance{}, err
	}
	a, err := s.find(ctx, db, id, m)
	return e, a, err
}

func (s *Service) helpedBy(ctx context.Context, db bun.IDB, id, helper ident.ID) (int, error) {
	var n int
	err := db.NewRaw("SELECT COUNT(*) FROM attendance WHERE event_id = ? AND recorded_by = ? AND source = ?", id, helper, Helped).Scan(ctx, &n)
	return n, err
}

// Helpable returns whom of their own organisation the actor may check in, and how many more it may be. It returns
// helper_not_present, or why nobody can check in now.
func (s *Service) Helpable(ctx context.Context, actor authz.Actor, id ident.ID) ([]org.Member, int, error) {
	e, helper, err := s.ownRow(ctx, s.db.Read(), actor, id)
	if err != nil {
		return nil, 0, err
	}
	if !helper.Status.came() || !helper.Source.byMember() {
		return nil, 0, errHelperAway
	}
	if _, err := judge(e, s.clock.Now(), false); err != nil {
		return nil, 0, err
	}
	helped, err := s.helpedBy(ctx, s.db.Read(), id, actor.MemberID)
	if err != nil {
		return nil, 0, err
	}
	all, err := s.list(ctx, s.db.Read(), e)
	var beside []org.Member
	for _, there := range all {
		x := Outside
		if there.Expected {
			x = Expected
		}
		if there.Status == Pending && mayHelp(helper, 0, x, there) == nil {
			beside = append(beside, there.Member)
		}
	}
	return beside, max(0, maxHelped-helped), err
}

func (s *Service) helpedRoutes(a *web.API) {
	web.Register(a, web.Op{ID: "listHelpable", Method: http.MethodGet, Path: eventPath + "/helpable", Tag: "checkin", Summary: "Whom a member who has scanned may check in beside them."}, s.listHelpable)
	web.Register(a, web.Op{
		ID: "helpCheckIn", Method: http.MethodPost, Path: eventPath + "/helped", Status: http.StatusCreated, Tag: "checkin",
		Summary: "Check in a person beside one; 200 with repeated when they were recorded before.",
	}, s.helpCheckIn)
}

type helpableOutput struct {
	Body struct {
		Items []HelpableView `json:"items" doc:"Of the caller's own organisation, expected and not heard of"`
		Left  int            `json:"left" doc:"For how many more the caller may do it"`
	}
}

// HelpableView names somebody who can be checked in.
type HelpableView struct {
	PersonRef
	Initials string `json:"initials" doc:"Of the name in pinyin, lower case, to search by"`
}

func (s *Service) listHelpable(ctx context.Context, in *event.IDInput) (*helpableOutput, error) {
	people, left, err := s.Helpable(ctx, web.ActorFrom(ctx), in.ID.ID)
	var out helpableOutput
	out.Body.Items, out.Body.Left = []HelpableView{}, left
	for _, m := range people {
		out.Body.Items = append(out.Body.Items, HelpableView{PersonRef{ID: m.ID, Name: m.Name}, m.Initials})
	}
	return &out, err
}

type helpInput struct {
	event.IDInput
	Body struct {
		Key      string   `json:"key" minLength:"1" maxLength:"64"`
		MemberID ident.ID `json:"memberId" doc:"Of listHelpable"`
	}
}

type helpOutput struct {
	Status int
	Body   struct {
		Attendance AttendanceView `json:"attendance"`
		Repeated   bool           `json:"repeated" doc:"Recorded before, by another act"`
	}
}

func (s *Service) helpCheckIn(ctx context.Context, in *helpInput) (*helpOutput, error) {
	a, repeated, err := s.Help(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.MemberID, in.Body.Key)
	if err != nil {
		return nil, err
	}
	view, err := s.attendanceView(ctx, a)
	if err != nil {
		return nil, err
	}
	out := &helpOutput{Status: http.StatusCreated}
	if repeated {
		out.Status = http.StatusOK
	}
	out.Body.Attendance, out.Body.Repeated = *view, repeated
	return out, nil
}

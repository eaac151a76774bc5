package checkin

import (
	"context"
	"slices"
	"time"

	"themeday/server/ident"
	"themeday/server/org"
)

// PersonRef names a person.
type PersonRef = org.PersonRef

// AttendanceView is one row as clients see it.
type AttendanceView struct {
	EventID    ident.ID   `json:"eventId"`
	MemberID   ident.ID   `json:"memberId"`
	MemberName string     `json:"memberName"`
	Initials   string     `json:"initials" doc:"Of the name in pinyin, lower case, to search by"`
	OrgID      ident.ID   `json:"orgId" doc:"The member's organisation at the time"`
	OrgName    string     `json:"orgName"`
	Expected   bool       `json:"expected" doc:"In the denominator"`
	Status     Status     `json:"status" enum:"pending,present,late,sick,duty,private,exempt,absent"`
	Source     Source     `json:"source" enum:",scan,spoken,plate,personal,roll,offline,settle,leave,makeup,helped" doc:"Empty while pending"`
	At         *time.Time `json:"at" doc:"The instant of the act; null while pending"`
	RecordedBy *PersonRef `json:"recordedBy" doc:"Who recorded it; null when the member did it or it was settled"`
	Position   Position   `json:"position" enum:"none,near,far_1km,far_5km,far" doc:"Distance from the place, as a band"`
	Reason     string     `json:"reason"`
	Revision   int        `json:"revision" doc:"0 when nothing is recorded"`
}

// ChangeView is one entry of a row's history.
type ChangeView struct {
	Revision int        `json:"revision"`
	From     Status     `json:"from" enum:"pending,present,late,sick,duty,private,exempt,absent"`
	To       Status     `json:"to" enum:"pending,present,late,sick,duty,private,exempt,absent"`
	Source   Source     `json:"source" enum:",scan,spoken,plate,personal,roll,offline,settle,leave,makeup,helped"`
	At       time.Time  `json:"at"`
	By       *PersonRef `json:"by" doc:"null when the member did it or it was settled"`
	Reason   string     `json:"reason"`
}

func (s *Service) attendanceView(ctx context.Context, a Attendance) (*AttendanceView, error) {
	var names map[ident.ID]org.Member
	if a.RecordedBy != 0 {
		var err error
		if names, err = s.names(ctx, []ident.ID{a.RecordedBy}); err != nil {
			return nil, err
		}
	}
	v := a.view(names)
	return &v, nil
}

// attendanceViews shows rows, with one query for the names of all who recorded them.
func (s *Service) attendanceViews(ctx context.Context, list []Attendance) ([]AttendanceView, error) {
	recorders := make([]ident.ID, 0, len(list))
	for _, a := range list {
		recorders = append(recorders, a.RecordedBy)
	}
	names, err := s.names(ctx, recorders)
	if err != nil {
		return nil, err
	}
	views := make([]AttendanceView, len(list))
	for i, a := range list {
		views[i] = a.view(names)
	}
	return views, nil
}

func (a Attendance) view(names map[ident.ID]org.Member) AttendanceView {
	v := AttendanceView{
		EventID: a.EventID, MemberID: a.Member.ID, MemberName: a.Member.Name, Initials: a.Member.Initials, OrgID: a.Member.OrgID, OrgName: a.Member.OrgName,
		Expected: inDenominator(a.Status, a.Expected), Status: a.Status, Position: a.Position, Reason: a.Reason, Revision: a.Revision,
		RecordedBy: personRef(names, a.RecordedBy),
	}
	if a.Status != Pending {
		v.Source, v.At = a.Source, &a.At
	}
	return v
}

func personRef(names map[ident.ID]org.Member, id ident.ID) *PersonRef {
	if id == 0 {
		return nil
	}
	return &PersonRef{ID: id, Name: names[id].Name}
}

// names looks up people; 0 and repetitions are left out.
func (s *Service) names(ctx context.Context, ids []ident.ID) (map[ident.ID]org.Member, error) {
	wanted := slices.DeleteFunc(slices.Clone(ids), func(id ident.ID) bool { return id == 0 })
	slices.Sort(wanted)
	return s.people.MembersByID(ctx, s.db.Read(), slices.Compact(wanted))
}

func (s *Service) changeViews(ctx context.Context, list []Change) ([]ChangeView, error) {
	ids := make([]ident.ID, len(list))
	for i, c := range list {
		ids[i] = c.By
	}
	names, err := s.names(ctx, ids)
	views := make([]ChangeView, len(list))
	for i, c := range list {
		views[i] = ChangeView{c.Revision, c.From, c.To, c.Source, c.At, personRef(names, c.By), c.Reason}
	}
	return views, err
}

// cameLately returns those within scope who came, the latest first, at most liveItems.
func cameLately(all []Attendance, scope []string) []Attendance {
	came := slices.DeleteFunc(slices.Clone(all), func(a Attendance) bool { return !a.Status.came() || !inScope(a.Member, scope) })
	slices.SortStableFunc(came, func(a, b Attendance) int { return b.At.Compare(a.At) })
	return came[:min(len(came), liveItems)]
}

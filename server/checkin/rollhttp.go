package checkin

import (
	"context"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/web"
)

type listInput struct {
	event.IDInput
	After  web.IDParam `query:"after" doc:"next of the page before"`
	Limit  int         `query:"limit" minimum:"1" maximum:"500" default:"200"`
	Status Status      `query:"status" enum:"pending,present,late,sick,duty,private,exempt,absent"`
}

type attendanceOutput struct {
	Body struct {
		Items  []AttendanceView `json:"items"`
		Counts event.Counts     `json:"counts" doc:"Of the whole event"`
		Quorum *QuorumView      `json:"quorum" doc:"Of the whole event; null when its kind needs none"`
		Next   ident.ID         `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listAttendance(ctx context.Context, in *listInput) (*attendanceOutput, error) {
	page, counts, next, err := s.List(ctx, web.ActorFrom(ctx), in.ID.ID, in.Status, in.After.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	var out attendanceOutput
	out.Body.Counts, out.Body.Next = counts, next
	q, err := s.Quorum(ctx, web.ActorFrom(ctx), in.ID.ID)
	if err != nil {
		return nil, err
	}
	out.Body.Quorum = quorumView(q)
	out.Body.Items, err = s.attendanceViews(ctx, page)
	return &out, err
}

// MarkInput is what the roll says.
type MarkInput struct {
	Status Status `json:"status" enum:"pending,present,late,sick,duty,private,exempt,absent" doc:"pending takes a mark back"`
	Reason string `json:"reason,omitempty" maxLength:"100" doc:"Required after the close, and over a member's own check-in"`
}

// RowInput is an operation on one member at one event.
type RowInput struct {
	event.IDInput
	MemberID web.IDParam `path:"memberId"`
}

type markInput struct {
	RowInput
	Body MarkInput
}

type markOutput struct {
	Body struct {
		Attendance AttendanceView `json:"attendance"`
	}
}

func (s *Service) markAttendance(ctx context.Context, in *markInput) (*markOutput, error) {
	a, err := s.Mark(ctx, web.ActorFrom(ctx), in.ID.ID, in.MemberID.ID, in.Body.Status, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return s.marked(ctx, a)
}

// marked answers with the row that was written.
func (s *Service) marked(ctx context.Context, a Attendance) (*markOutput, error) {
	view, err := s.attendanceView(ctx, a)
	if err != nil {
		return nil, err
	}
	var out markOutput
	out.Body.Attendance = *view
	return &out, nil
}

type changesOutput struct {
	Body struct {
		Items []ChangeView `json:"items" doc:"The oldest first"`
		Next  string       `json:"next" doc:"Always empty: a row has few changes"`
	}
}

func (s *Service) listChanges(ctx context.Context, in *RowInput) (*changesOutput, error) {
	list, err := s.Changes(ctx, web.ActorFrom(ctx), in.ID.ID, in.MemberID.ID)
	if err != nil {
		return nil, err
	}
	var out changesOutput
	out.Body.Items, err = s.changeViews(ctx, list)
	return &out, err
}

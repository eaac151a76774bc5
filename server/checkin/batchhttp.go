package checkin

import (
	"context"
	"net/http"
	"time"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/web"
)

func (s *Service) batchRoutes(a *web.API) {
	web.Register(a, web.Op{ID: "markSeveral", Method: http.MethodPost, Path: eventPath + "/attendance/marks", Tag: "checkin", Summary: "The roll for several people at once, all or none."}, s.markSeveral)
	web.Register(a, web.Op{ID: "undoMarks", Method: http.MethodPost, Path: eventPath + "/attendance/marks/{batchId}/undo", Tag: "checkin", Summary: "Undo one's own act of the roll on several people, within ten minutes."}, s.undoMarks)
}

type marksInput struct {
	event.IDInput
	Body struct {
		Key       string     `json:"key" minLength:"1" maxLength:"64" doc:"The same key gives the same batch"`
		MemberIDs []ident.ID `json:"memberIds" minItems:"1" maxItems:"300"`
		MarkInput
	}
}

type marksOutput struct {
	Body struct {
		BatchID   ident.ID   `json:"batchId"`
		UndoUntil time.Time  `json:"undoUntil"`
		Items     []MarkView `json:"items" doc:"Those that were changed first"`
	}
}

// MarkView is what became of one row.
type MarkView struct {
	Changed    bool           `json:"changed" doc:"false when the row was left as it was"`
	Attendance AttendanceView `json:"attendance"`
}

func (s *Service) markSeveral(ctx context.Context, in *marksInput) (*marksOutput, error) {
	b, err := s.MarkMany(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.MemberIDs, in.Body.Status, in.Body.Reason, in.Body.Key)
	return s.batchAnswer(ctx, b, err)
}

type undoInput struct {
	event.IDInput
	BatchID web.IDParam `path:"batchId"`
}

func (s *Service) undoMarks(ctx context.Context, in *undoInput) (*marksOutput, error) {
	b, err := s.Undo(ctx, web.ActorFrom(ctx), in.ID.ID, in.BatchID.ID)
	return s.batchAnswer(ctx, b, err)
}

func (s *Service) batchAnswer(ctx context.Context, b Batch, err error) (*marksOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := s.attendanceViews(ctx, append(b.Changed[:len(b.Changed):len(b.Changed)], b.Same...))
	if err != nil {
		return nil, err
	}
	var out marksOutput
	out.Body.BatchID, out.Body.UndoUntil, out.Body.Items = b.ID, b.UndoUntil, []MarkView{}
	for i, view := range views {
		out.Body.Items = append(out.Body.Items, MarkView{i < len(b.Changed), view})
	}
	return &out, nil
}

package checkin

import (
	"context"

	"themeday/server/event"
	"themeday/server/web"
)

type recordInput struct {
	Year  int    `query:"year" minimum:"2020" maximum:"2100" required:"true" doc:"Of Beijing"`
	After string `query:"after" maxLength:"80" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// EntryView is one line of a record.
type EntryView struct {
	Event      event.EventBrief `json:"event"`
	Attendance event.Mark       `json:"attendance"`
}

type recordOutput struct {
	Body struct {
		Items   []EntryView  `json:"items"`
		Summary event.Counts `json:"summary" doc:"Of the whole year"`
		Next    string       `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) myRecord(ctx context.Context, in *recordInput) (*recordOutput, error) {
	entries, summary, next, err := s.Record(ctx, web.ActorFrom(ctx), in.Year, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &recordOutput{}
	out.Body.Summary, out.Body.Next, out.Body.Items = summary, next, []EntryView{}
	for _, entry := range entries {
		out.Body.Items = append(out.Body.Items, EntryView{entry.Event.Brief(s.clock.Now()), entry.Mark})
	}
	return out, nil
}

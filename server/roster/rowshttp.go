package roster

import (
	"context"
	"strconv"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// RosterRow is one row of the file.
type RosterRow struct {
	Position    int          `json:"position" doc:"In the file, from 1"`
	Sheet       string       `json:"sheet" doc:"Empty for CSV"`
	Line        int          `json:"line" doc:"Row of the sheet, from 1"`
	Cell        string       `json:"cell" doc:"Such as K12: the cell that is wrong, else the one with the name"`
	Name        string       `json:"name" doc:"Empty when there is none"`
	OrgName     string       `json:"orgName" doc:"Empty when it is not known"`
	Kind        string       `json:"kind" doc:"full, probationary, or empty when the file does not say"`
	Standing    org.Standing `json:"standing" doc:"Empty when the file does not say"`
	PhoneMasked string       `json:"phoneMasked"`
	Since       string       `json:"since" doc:"When the person joined the Party: 1989-06-20, 1989-06, 1989 or empty"`
	Verdict     Verdict      `json:"verdict" enum:"new,changed,unchanged,doubtful,refused"`
	Sentence    string       `json:"sentence" doc:"For the person, in Chinese"`
	Choices     []Decision   `json:"choices" doc:"Of a doubtful row"`
	Decision    Decision     `json:"decision" enum:",take,apart,skip"`
	Known       *RosterKnown `json:"known" doc:"null when it was compared with nobody"`
}

type rowsInput struct {
	ID      web.IDParam `path:"id"`
	Verdict Verdict     `query:"verdict" required:"true" enum:"new,changed,unchanged,doubtful,refused"`
	web.Page
}

type rowsOutput struct {
	Body struct {
		Items []RosterRow `json:"items"`
		Next  string      `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listRows(ctx context.Context, in *rowsInput) (*rowsOutput, error) {
	after := 0
	if in.After != "" {
		var err error
		if after, err = strconv.Atoi(in.After); err != nil || after < 0 || after > maxRows {
			return nil, web.ErrCursor
		}
	}
	rows, next, err := s.Rows(ctx, web.ActorFrom(ctx), in.ID.ID, in.Verdict, after, in.Limit)
	out := &rowsOutput{}
	out.Body.Items = rows
	if next > 0 {
		out.Body.Next = strconv.Itoa(next)
	}
	return out, err
}

// Rows returns up to limit rows of one verdict behind a position, and behind which one there are more; 0 at the end.
func (s *Service) Rows(ctx context.Context, actor authz.Actor, id ident.ID, v Verdict, after, limit int) (rows []RosterRow, next int, err error) {
	im, err := s.Import(ctx, actor, id)
	if err != nil {
		return nil, 0, err
	}
	kept, err := s.rowsAfter(ctx, im.ID, v, after, limit+1)
	if err != nil {
		return nil, 0, err
	}
	kept, next = web.Cut(kept, limit, func(r keptRow) int { return r.Position })
	rows, err = s.rowViews(ctx, kept)
	return rows, next, err
}

func (s *Service) rowViews(ctx context.Context, rows []keptRow) ([]RosterRow, error) {
	var orgs, members []ident.ID
	for _, r := range rows {
		orgs, members = append(orgs, r.OrgID), append(members, r.MemberID)
	}
	places, err := s.orgs.OrgsByID(ctx, s.db.Read(), orgs)
	if err != nil {
		return nil, err
	}
	known, err := s.orgs.MembersByID(ctx, s.db.Read(), members)
	views := make([]RosterRow, len(rows))
	for i, r := range rows {
		views[i] = RosterRow{
			Position: r.Position, Sheet: r.Sheet, Line: r.Line, Cell: r.Cell, Name: r.Name, OrgName: places[r.OrgID].Name, Kind: r.Kind, Standing: r.Standing,
			PhoneMasked: r.PhoneMask, Since: r.PartySince, Verdict: r.Verdict, Sentence: r.Sentence, Choices: r.choices(), Decision: r.Decision,
		}
		if r.PhoneHash != "" {
			views[i].PhoneMasked = s.orgs.Masked(org.Member{Phone: r.entry().Phone})
		}
		if m, there := known[r.MemberID]; there {
			views[i].Known = &RosterKnown{m.Name, m.OrgName, s.orgs.Masked(m)}
		}
	}
	return views, err
}

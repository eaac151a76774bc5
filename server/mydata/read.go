package mydata

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
)

// DataCategory is one kind of data that is held.
type DataCategory struct {
	Key   string `json:"key" doc:"A stable word, such as attendance"`
	Title string `json:"title"`
	Why   string `json:"why" doc:"What it is for"`
	Until string `json:"until" doc:"When it goes"`
	Count int    `json:"count" doc:"How many lines there are"`
}

// maxLines bounds what an export holds of one category: more than a lifetime of meetings.
const maxLines = 5000

// ofWhom returns the id that the category is asked with; 0 when the actor has nothing of that kind.
func (h holding) ofWhom(actor authz.Actor) ident.ID {
	if h.of == ofUser {
		return actor.UserID
	}
	return actor.MemberID
}

func (s *Service) category(h holding) DataCategory {
	until := h.until
	if strings.Contains(until, "%s") {
		until = fmt.Sprintf(until, span(s.Days(h.key)))
	}
	return DataCategory{Key: h.key, Title: h.title, Why: h.why, Until: until}
}

// span says a number of days in the unit that people count in.
func span(days int) string {
	const year = 365
	if days >= year && days%year == 0 {
		return strconv.Itoa(days/year) + " 年"
	}
	return strconv.Itoa(days) + " 天"
}

// Held returns what is held about the actor, by category, those without a line left out.
func (s *Service) Held(ctx context.Context, actor authz.Actor) ([]DataCategory, error) {
	held := []DataCategory{}
	for _, h := range holdings {
		id := h.ofWhom(actor)
		if id == 0 {
			continue
		}
		c := s.category(h)
		plain, _, _ := strings.Cut(h.query, " ORDER BY ")
		if err := s.DB.Read().NewRaw("SELECT COUNT(*) FROM ("+counted(plain)+") q", id).Scan(ctx, &c.Count); err != nil {
			return nil, fmt.Errorf("mydata: %s: %w", h.key, err)
		}
		if c.Count > 0 {
			held = append(held, c)
		}
	}
	return held, nil
}

// counted replaces what a query selects: two columns of a derived table may not have one name.
func counted(query string) string {
	return "SELECT 1 FROM " + query[strings.Index(query, " FROM ")+len(" FROM "):]
}

// lines returns the category's lines as they are shown, one cell for each field.
func (s *Service) lines(ctx context.Context, h holding, id ident.ID) ([][]string, error) {
	rows, err := s.DB.Read().QueryContext(ctx, h.query+" LIMIT "+strconv.Itoa(maxLines), id)
	if err != nil {
		return nil, fmt.Errorf("mydata: %s: %w", h.key, err)
	}
	defer rows.Close()
	lines := [][]string{}
	for rows.Next() {
		raw, into := make([]sql.NullString, len(h.fields)), make([]any, len(h.fields))
		for i := range raw {
			into[i] = &raw[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("mydata: %s: %w", h.key, err)
		}
		line := make([]string, len(raw))
		for i, value := range raw {
			line[i] = shown(value.String, h.fields[i].form)
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

func shown(value string, as form) string {
	switch as {
	case instant:
		ms, err := strconv.ParseInt(value, 10, 64)
		if err != nil || ms == 0 {
			return ""
		}
		return beijing(clock.FromMillis(ms))
	case yesNo:
		if value == "1" || value == "true" {
			return "是"
		}
		return "否"
	case word:
		if title := audit.Action(value).Title(); title != "" {
			return title
		}
		if chinese := words[value]; chinese != "" {
			return chinese
		}
	case text:
	}
	return value
}

func beijing(at time.Time) string { return at.In(clock.Beijing).Format("2006-01-02 15:04") }

package mydata

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"html/template"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
)

// Export is all that is held about a person, as it is taken along.
type Export struct {
	Product    string           `json:"product"`
	MadeAt     time.Time        `json:"madeAt"`
	Name       string           `json:"name"`
	Phone      string           `json:"phone" doc:"Masked: the number itself is known to its owner"`
	Categories []ExportCategory `json:"categories"`
	Looks      []DataLook       `json:"looks"`
}

// ExportCategory is a category with its lines.
type ExportCategory struct {
	DataCategory

	Fields []string   `json:"fields"`
	Lines  [][]string `json:"lines"`
}

// Export gathers everything, and puts on record that it was taken.
func (s *Service) Export(ctx context.Context, actor authz.Actor) (Export, error) {
	now := s.Clock.Now()
	e := Export{Product: "主题党日", MadeAt: now, Categories: []ExportCategory{}}
	looked := audit.Entry{At: now, Action: audit.LookOwnData, Subject: audit.On(audit.Account, actor.UserID), Org: actor.OrgPath}
	if err := audit.Look(ctx, s.DB, looked); err != nil {
		return e, err
	}
	if m, err := s.me(ctx, actor); err != nil {
		return e, err
	} else if m.ID != 0 {
		e.Name, e.Phone = m.Name, s.People.Masked(m)
	}
	for _, h := range holdings {
		id := h.ofWhom(actor)
		if id == 0 {
			continue
		}
		lines, err := s.lines(ctx, h, id)
		if err != nil {
			return e, err
		}
		c := ExportCategory{DataCategory: s.category(h), Lines: lines}
		c.Count = len(lines)
		for _, f := range h.fields {
			c.Fields = append(c.Fields, f.label)
		}
		e.Categories = append(e.Categories, c)
	}
	var err error
	e.Looks, _, err = s.Looks(ctx, actor, "", maxLines)
	return e, err
}

//go:embed export.html
var exportText string

var exportPage = template.Must(template.New("export").Funcs(template.FuncMap{"beijing": beijing}).Parse(exportText))

// JSON writes the export for programs.
func (e Export) JSON() ([]byte, error) { return json.MarshalIndent(e, "", "  ") }

// Page writes the export as a page to read and to print, complete in itself.
func (e Export) Page() ([]byte, error) {
	var out bytes.Buffer
	err := exportPage.Execute(&out, e)
	return out.Bytes(), err
}

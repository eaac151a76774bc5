package roster

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// book is a workbook that is read a row at a time, as often as one likes. Of what it unpacks only the common texts are held.
type book struct {
	parts  map[string]*zip.File // by partName
	sheets []bookSheet
	texts  commonTexts
}

type bookSheet struct{ name, part string }

// commonTexts are the texts that cells only have the number of, one behind the other.
type commonTexts struct {
	all  string
	ends []uint32
}

func (t commonTexts) at(number string) (string, error) {
	i, err := strconv.Atoi(number)
	switch {
	case err != nil || i < 0 || i >= len(t.ends):
		return "", errNoText
	case i == 0:
		return t.all[:t.ends[0]], nil
	}
	return t.all[t.ends[i-1]:t.ends[i]], nil
}

var (
	errNoText = errors.New("no such common text")
	errNoCell = errors.New("no such cell")
)

// partName makes the names of parts comparable, whoever packed them.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, "\\", "/"), "/"))
}

func openWorkbook(parts map[string]*zip.File) (*book, error) {
	b := &book{parts: parts}
	if err := b.readTexts(); err != nil {
		return nil, err
	}
	targets := map[string]string{}
	err := b.tokens("xl/_rels/workbook.xml.rels", func(t xml.Token) error {
		if start, ok := t.(xml.StartElement); ok && start.Name.Local == "Relationship" {
			target := attribute(start, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			targets[attribute(start, "Id")] = partName(target)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b, b.tokens("xl/workbook.xml", func(t xml.Token) error {
		start, ok := t.(xml.StartElement)
		if !ok || start.Name.Local != "sheet" {
			return nil
		}
		// what is no sheet of cells, such as one of charts, lies elsewhere
		if part := targets[attribute(start, "id")]; isSheet(part) && parts[part] != nil {
			b.sheets = append(b.sheets, bookSheet{attribute(start, "name"), part})
		}
		return nil
	})
}

func isSheet(part string) bool {
	return strings.HasPrefix(part, "xl/worksheets/") && strings.HasSuffix(part, ".xml")
}

func attribute(of xml.StartElement, name string) string {
	for _, a := range of.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// tokens calls visit with every token of a part; a part that is not there has none.
func (b *book) tokens(part string, visit func(xml.Token) error) error {
	file := b.parts[part]
	if file == nil {
		return nil
	}
	content, err := file.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	d := xml.NewDecoder(bufio.NewReader(content))
	for depth := 0; ; {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) && depth == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if err := visit(token); err != nil {
			return err
		}
	}
}

// richText collects what stands in the <t> of a cell or of a common text; how it is pronounced (<rPh>) does not belong to it.
type richText struct {
	strings.Builder
	inside  bool
	spoken  bool
	written string // name of the element besides <t> that holds a value
}

func (r *richText) take(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		r.inside = (t.Name.Local == "t" || t.Name.Local == r.written) && !r.spoken
		r.spoken = r.spoken || t.Name.Local == "rPh"
	case xml.EndElement:
		r.inside = false
		r.spoken = r.spoken && t.Name.Local != "rPh"
	case xml.CharData:
		if r.inside {
			r.Write(t)
		}
	}
}

func (b *book) readTexts() error {
	var all richText
	err := b.tokens("xl/sharedstrings.xml", func(t xml.Token) error {
		all.take(t)
		if end, ok := t.(xml.EndElement); ok && end.Name.Local == "si" {
			b.texts.ends = append(b.texts.ends, uint32(all.Len())) //nolint:gosec // at most maxStrings
		}
		return nil
	})
	b.texts.all = all.String()
	return err
}

func (b *book) walk(visit func(line) error) error {
	for _, sheet := range b.sheets {
		s := sheetReader{book: b, line: line{sheet: sheet.name}, visit: visit, text: richText{written: "v"}}
		if err := b.tokens(sheet.part, s.token); err != nil {
			return err
		}
	}
	return nil
}

// sheetReader puts the cells of a sheet together to lines.
type sheetReader struct {
	book   *book
	visit  func(line) error
	line   line
	column int    // of the cell, from 1
	kind   string // of the cell: "s" has the number of a common text
	text   richText
}

func (s *sheetReader) token(token xml.Token) error {
	s.text.take(token)
	switch t := token.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "row":
			s.line.number, s.line.cells, s.column = s.line.number+1, s.line.cells[:0], 0
			if n, err := strconv.Atoi(attribute(t, "r")); err == nil && n > 0 {
				s.line.number = n
			}
		case "c":
			s.kind = attribute(t, "t")
			s.text.Reset()
			return s.at(attribute(t, "r"))
		}
	case xml.EndElement:
		switch t.Name.Local {
		case "row":
			return s.visit(s.line)
		case "c":
			return s.put()
		}
	}
	return nil
}

// lastColumn is XFD.
const lastColumn = 16384

// at goes to the cell with this name, such as K12; to the next one when it has none.
func (s *sheetReader) at(name string) error {
	column := 0
	for _, r := range name {
		if r < 'A' || r > 'Z' || column > lastColumn {
			break
		}
		column = column*26 + int(r-'A') + 1
	}
	if column == 0 {
		column = s.column + 1
	}
	if column > lastColumn {
		return errNoCell
	}
	s.column = column
	return nil
}

func (s *sheetReader) put() error {
	text := s.text.String()
	if s.kind == "s" && text != "" {
		var err error
		if text, err = s.book.texts.at(strings.TrimSpace(text)); err != nil {
			return err
		}
	}
	if s.column == 0 {
		return errNoCell
	}
	for len(s.line.cells) < s.column {
		s.line.cells = append(s.line.cells, "")
	}
	s.line.cells[s.column-1] = unescaped(text)
	return nil
}

var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescaped puts back the characters that spreadsheets write as _x000D_.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escape.ReplaceAllStringFunc(text, func(code string) string {
		n, err := strconv.ParseUint(code[2:6], 16, 16)
		if err != nil {
			return code
		}
		return string(rune(n))
	})
}

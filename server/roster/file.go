package roster

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"themeday/server/fault"
)

// What a file may be at most. A roster of 20,000 people is 2 MB, and 17 MB unpacked; only the common
// texts of that are held in memory.
const (
	maxFile     = 8 << 20
	maxUnpacked = 64 << 20
	maxStrings  = 12 << 20 // of the texts of a workbook, which are held at once
	maxParts    = 300
	maxSheets   = 50
	maxRows     = 65_000
	maxColumns  = 100
	maxCell     = 1000 // characters
	maxMarkup   = 64 << 10
)

var (
	errEmpty     = fault.Invalid("file_empty", "文件是空的，请检查是否选对了文件")
	errBigFile   = fault.Invalid("file_too_large", "文件超过 8 MB。花名册不需要这么大，请删掉图片和多余的工作表，或分几次导入")
	errType      = fault.Invalid("file_type", "这不是表格文件。请上传 .xlsx 或 .csv 格式的花名册")
	errOldExcel  = fault.Invalid("file_type", "这是旧版 .xls 表格。请在 Excel 或 WPS 里另存为 .xlsx 后再上传")
	errPassword  = fault.Invalid("file_password", "文件加了打开密码，系统读不了。请去掉密码，另存后再上传")
	errMacros    = fault.Invalid("file_macros", "文件里带有宏，为安全起见不能导入。请另存为不含宏的 .xlsx 后再上传")
	errTruncated = fault.Invalid("file_truncated", "文件不完整，可能没有传完或已损坏。请重新选择文件上传")
	errBomb      = fault.Invalid("file_too_large", "文件解开后太大，不像是花名册，没有读取。请把名单复制到新表格里再上传")
	errSheets    = fault.Invalid("file_sheets", "工作表超过 50 张。请只留下花名册，或分几次导入")
	errRows      = fault.Invalid("file_rows", "名单超过 65000 行。请按党委分几次导入")
	errCell      = fault.Invalid("file_cell", "有的单元格内容特别长，不像是花名册。请检查后再上传")
	errWide      = fault.Invalid("file_columns", "表格超过 100 列，不像是花名册。请检查后再上传")
)

func errFormula(cell string) error {
	return fault.Invalid("file_formula", fmt.Sprintf("表里有公式（%s 单元格）。请全选复制，再用“选择性粘贴—数值”贴到新表，存好后上传", told(cell)))
}

// line is one row of a sheet.
type line struct {
	sheet  string
	number int      // from 1
	cells  []string // only until the next line is read
}

// table is a file that can be walked through, as often as one likes: visit is called with every row that is not empty, sheet
// by sheet, and must not keep the cells. It returns what visit returns, or a fault that says what is wrong with the file.
type table func(visit func(line) error) error

// open looks at a file without taking it apart. It returns a fault that says in a sentence what is wrong with it. Nothing is
// written to a disk: a temporary file would hold identity numbers.
func open(raw []byte) (table, error) {
	var walk table
	var err error
	switch {
	case len(raw) == 0:
		return nil, errEmpty
	case len(raw) > maxFile:
		return nil, errBigFile
	case bytes.HasPrefix(raw, []byte("PK")):
		walk, err = openBox(raw)
	case bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")):
		return nil, compound(raw)
	default:
		walk, err = openText(raw)
	}
	if err != nil {
		return nil, err
	}
	return func(visit func(line) error) error { return walk(checked(visit)) }, nil
}

// checked drops empty rows and stops at what no roster has.
func checked(visit func(line) error) func(line) error {
	rows := 0
	return func(l line) error {
		if len(l.cells) > maxColumns && strings.TrimSpace(strings.Join(l.cells[maxColumns:], "")) != "" {
			return errWide
		}
		l.cells = l.cells[:min(len(l.cells), maxColumns)]
		empty := true
		for _, c := range l.cells {
			if len(c) > maxCell && utf8.RuneCountInString(c) > maxCell {
				return errCell
			}
			empty = empty && strings.TrimSpace(c) == ""
		}
		if empty {
			return nil
		}
		if rows++; rows > maxRows {
			return errRows
		}
		return visit(l)
	}
}

// compound tells a workbook with a password from one of before 2007: both are boxes of the same make.
func compound(raw []byte) error {
	if bytes.Contains(raw, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
		return errPassword
	}
	if bytes.Contains(raw, []byte("W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00")) || bytes.Contains(raw, []byte("B\x00o\x00o\x00k\x00")) {
		return errOldExcel
	}
	return errType
}

func openBox(raw []byte) (table, error) {
	parts, err := inspect(raw)
	if err != nil {
		return nil, err
	}
	book, err := openWorkbook(parts)
	if err != nil {
		return nil, errTruncated.WithCause(err)
	}
	return func(visit func(line) error) error {
		var refused error
		err := book.walk(func(l line) error {
			refused = visit(l)
			return refused
		})
		if err != nil && refused == nil {
			return errTruncated.WithCause(err)
		}
		return err
	}, nil
}

// inspect looks into the box before anything of it is read: what is in it, and how large that really is.
func inspect(raw []byte) (map[string]*zip.File, error) {
	box, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, errTruncated.WithCause(err)
	}
	if len(box.File) > maxParts {
		return nil, errSheets
	}
	parts, sheets := map[string]*zip.File{}, []*zip.File{}
	var unpacked uint64
	for _, part := range box.File {
		name := partName(part.Name)
		parts[name] = part
		unpacked += part.UncompressedSize64
		switch {
		case path.Base(name) == "vbaproject.bin" || strings.HasPrefix(name, "xl/macrosheets/"):
			return nil, errMacros
		case unpacked > maxUnpacked, name == "xl/sharedstrings.xml" && part.UncompressedSize64 > maxStrings:
			return nil, errBomb
		case isSheet(name):
			sheets = append(sheets, part)
		}
	}
	if parts["xl/workbook.xml"] == nil || len(sheets) == 0 {
		return nil, errType
	}
	if len(sheets) > maxSheets {
		return nil, errSheets
	}
	for _, sheet := range sheets {
		if err := inspectSheet(sheet); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// inspectSheet looks for formulas, and for cells that no roster has, without holding more than one of them. The reader of
// the box itself gives up where there is more than the box says.
func inspectSheet(part *zip.File) error {
	content, err := part.Open()
	if err != nil {
		return errTruncated.WithCause(err)
	}
	defer content.Close()
	tags := bufio.NewScanner(content)
	tags.Buffer(make([]byte, 0, 4<<10), maxMarkup)
	tags.Split(byTag)
	cell := ""
	for tags.Scan() {
		name, attributes, _ := strings.Cut(tags.Text(), " ")
		if end := strings.IndexAny(name, "/>\r\n\t"); end > 0 {
			name = name[:end]
		}
		switch name[strings.IndexByte(name, ':')+1:] {
		case "c":
			if _, after, found := strings.Cut(" "+attributes, ` r="`); found {
				cell, _, _ = strings.Cut(after, `"`)
			}
		case "f":
			return errFormula(cell)
		}
	}
	switch err := tags.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return errCell
	case err != nil:
		return errTruncated.WithCause(err)
	}
	return nil
}

// byTag splits markup before each "<".
func byTag(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '<'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// markups are beginnings of files that are text and no table.
var markups = []string{"<", "%pdf", "{\\rtf", "{", "["}

func openText(raw []byte) (table, error) {
	text, err := decoded(raw)
	if err != nil {
		return nil, err
	}
	start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 64)]))
	if start == "" && strings.TrimSpace(text) == "" {
		return nil, errEmpty
	}
	for _, m := range markups {
		if strings.HasPrefix(start, m) {
			return nil, errType
		}
	}
	return func(visit func(line) error) error { return walkText(text, visit) }, nil
}

func walkText(text string, visit func(line) error) error {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
	if first, _, _ := strings.Cut(text, "\n"); strings.Count(first, "\t") > strings.Count(first, ",") {
		r.Comma = '\t'
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errType.WithCause(err)
		}
		n, _ := r.FieldPos(0)
		if err := visit(line{"", n, cells}); err != nil {
			return err
		}
	}
}

// decoded returns a text as UTF-8. What is none is taken for GBK, which Chinese spreadsheets write.
func decoded(raw []byte) (string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
		wide, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
		if err != nil || bytes.Contains(wide, []byte("\ufffd")) {
			return "", errType
		}
		raw = wide
	}
	for _, b := range raw {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' {
			return "", errType
		}
	}
	return string(raw), nil
}

package roster

import (
	"bytes"
	"context"

	"github.com/xuri/excelize/v2"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

var heading = []string{"所在党支部", "姓名", "人员类别", "党员状态", "手机号", "入党时间", "备注"}

// help is the second sheet of the template: what belongs into each column.
var help = [][]string{
	{"列名", "怎么填"},
	{"所在党支部", "必填。与系统里的支部名称一致；同一支部的人排在一起时，可以只在第一行填"},
	{"姓名", "必填。不要加空格和职务"},
	{"人员类别", "正式党员或预备党员。不填按正式党员；已在花名册里的人不填则不改"},
	{"党员状态", "正常、流出、流入、长期病休、停止党籍。不填按正常；已在花名册里的人不填则不改"},
	{"手机号", "11 位手机号。没有手机就空着；系统里只加密保存，导出时中间四位不显示，不改就原样留着"},
	{"入党时间", "如 1989-06-20；只知道年月就写 1989-06"},
	{"备注", "不会导入；写着“预备党员”“流动党员”“长期卧床”时会据此判断类别和状态"},
	{"请注意", "不要填写身份证号码。系统不需要，遇到也会丢弃"},
}

// Export returns the roster of an organisation and of all below it as lines of a table. Numbers are masked: those who need
// one to call look it up, and a file that lies about gives none away. Imported again it changes nothing.
func (s *Service) Export(ctx context.Context, actor authz.Actor, id ident.ID) (org.Org, [][]string, error) {
	root, err := s.orgs.KeepsRoster(ctx, actor, id)
	if err != nil {
		return root, nil, err
	}
	looked := audit.Entry{At: s.clock.Now(), Action: audit.LookRoster, Subject: audit.On(audit.Org, root.ID), Org: root.Path}
	if err := audit.Look(ctx, s.db, looked); err != nil {
		return root, nil, err
	}
	members, err := s.orgs.MembersWithin(ctx, s.db.Read(), []string{root.Path})
	if err != nil {
		return root, nil, err
	}
	orgs, err := s.orgs.OrgsWithin(ctx, s.db.Read(), root.Path)
	if err != nil {
		return root, nil, err
	}
	of := map[ident.ID][]org.Member{}
	for _, m := range members {
		of[m.OrgID] = append(of[m.OrgID], m)
	}
	lines := [][]string{heading}
	for _, o := range orgs {
		for _, m := range of[o.ID] {
			lines = append(lines, []string{o.Name, m.Name, kindWords[m.Kind], standingWords[m.Standing], s.orgs.Masked(m), m.Since, ""})
		}
	}
	return root, lines, nil
}

// Template returns an empty table for an organisation, with the names of its branches to choose from.
func (s *Service) Template(ctx context.Context, actor authz.Actor, id ident.ID) (org.Org, [][]string, error) {
	root, err := s.orgs.KeepsRoster(ctx, actor, id)
	if err != nil {
		return root, nil, err
	}
	orgs, err := s.orgs.OrgsWithin(ctx, s.db.Read(), root.Path)
	if err != nil {
		return root, nil, err
	}
	lines := append([][]string{}, help...)
	for _, o := range orgs {
		lines = append(lines, []string{"系统里的组织", o.Name})
	}
	return root, lines, nil
}

// sheet is one sheet of a workbook to write.
type sheet struct {
	name   string
	widths []float64
	lines  [][]string
}

// workbook writes sheets in which every cell is a text, so that none is a formula and no number loses a digit.
func workbook(sheets ...sheet) ([]byte, error) {
	book := excelize.NewFile()
	defer book.Close() //nolint:errcheck // in memory
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: 49})
	if err != nil {
		return nil, err
	}
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return nil, err
	}
	for i, sh := range sheets {
		if i == 0 {
			err = book.SetSheetName("Sheet1", sh.name)
		} else {
			_, err = book.NewSheet(sh.name)
		}
		if err != nil {
			return nil, err
		}
		if err := sh.write(book, bold, text); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	_, err = book.WriteTo(&out)
	return out.Bytes(), err
}

func (sh sheet) write(book *excelize.File, bold, text int) error {
	w, err := book.NewStreamWriter(sh.name)
	if err != nil {
		return err
	}
	for i, width := range sh.widths {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, cells := range sh.lines {
		style := text
		if i == 0 {
			style = bold
		}
		row := make([]any, len(cells))
		for j, c := range cells {
			row[j] = excelize.Cell{StyleID: style, Value: c}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := w.SetRow(at, row); err != nil {
			return err
		}
	}
	return w.Flush()
}

var rosterWidths = []float64{26, 12, 12, 12, 16, 14, 24}

// File returns lines as a file of the format, xlsx or csv, and its media type.
func File(format string, lines [][]string) ([]byte, string, error) {
	if format == "csv" {
		return web.Table(lines), "text/csv; charset=utf-8", nil
	}
	raw, err := workbook(sheet{"花名册", rosterWidths, lines})
	return raw, xlsxType, err
}

// templateFile returns the empty table with its help; csv has no room for the help.
func templateFile(format string, helpLines [][]string) ([]byte, string, error) {
	if format == "csv" {
		return web.Table([][]string{heading}), "text/csv; charset=utf-8", nil
	}
	raw, err := workbook(sheet{"花名册", rosterWidths, [][]string{heading}}, sheet{"填写说明", []float64{16, 80}, helpLines})
	return raw, xlsxType, err
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

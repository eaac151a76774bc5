package roster_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"themeday/server/fault"
	"themeday/server/roster"
)

const sheetHead = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`

// TestWorkbooks: the same person as different programs write them.
func TestWorkbooks(t *testing.T) {
	texts := func(is ...string) string {
		var row strings.Builder
		for _, text := range is {
			row.WriteString(`<c t="inlineStr"><is><t>` + text + `</t></is></c>`)
		}
		return "<row>" + row.String() + "</row>"
	}
	header := texts("姓名", "手机号", "入党时间", "所在支部")
	for name, rows := range map[string]string{
		"cells without names": header + texts("王磊", "13900000001", "1989-06-20", "机关党支部"),
		"numbers":             header + `<row r="2"><c r="A2" t="inlineStr"><is><t>王磊</t></is></c><c r="B2"><v>13900000001</v></c><c r="C2" s="1"><v>32679</v></c><c r="D2" t="str"><v>机关党支部</v></c></row>`,
		"pieces and sounds":   header + `<row><c t="inlineStr"><is><r><t>王</t></r><r><rPr><b/></rPr><t>磊</t></r><rPh sb="0" eb="1"><t>wang</t></rPh></is></c>` + texts("13900000001", "1989-06-20", "机关党支部")[5:],
		"out of order":        header + `<row r="2"><c r="D2" t="str"><v>机关党支部</v></c><c r="A2" t="str"><v>王磊</v></c><c r="C2" t="str"><v>1989-06-20</v></c><c r="B2"><v>13900000001</v></c></row>`,
		"escapes":             header + texts("王_x000D_&#x78ca;", "13900000001_x000A_", "1989-06-20", "机关党支部<!-- -->"),
		"another prefix":      strings.NewReplacer("<row", "<x:row", "</row", "</x:row").Replace(header + texts("王磊", "13900000001", "1989-06-20", "机关党支部")),
	} {
		raw := repacked(t, book(t, nil), "xl/worksheets/sheet1.xml", strings.NewReader(sheetHead+rows+`</sheetData></worksheet>`))
		_, people, err := roster.ReadAll(raw)
		if err != nil || len(people) != 1 {
			t.Errorf("%s: %d people, %v", name, len(people), err)
			continue
		}
		p := people[0]
		if got := strings.Join([]string{p.Sheet, p.Cell, p.Name, p.Number, p.Since, p.Branch}, " "); got != "Sheet1 A2 王磊 13900000001 1989-06-20 机关党支部" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestWorkbookSheets: in the order of the tabs, with the names of the tabs; merged cells hold for all of their rows.
func TestWorkbookSheets(t *testing.T) {
	raw := book(t, func(f *excelize.File) {
		for _, name := range []string{"大李村", "机关"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
			for cell, text := range map[string]string{"A1": name + "党支部党员花名册", "A3": "党 支 部", "B3": "党员姓名", "C3": "联系方式", "A4": name + "党支部", "B4": "李静", "C4": "１３９０００００００２", "B5": "周敏", "A6": "合计", "B6": "2人", "A7": "填表人：某某"} {
				if err := f.SetCellValue(name, cell, text); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.MergeCell(name, "A4", "A5"); err != nil {
				t.Fatal(err)
			}
		}
	})
	whole, people, err := roster.ReadAll(raw)
	var got []string
	for _, p := range people {
		got = append(got, p.Sheet+p.Cell+p.Name+p.Branch+p.Number)
	}
	if want := "Sheet1A2王磊13900000001 大李村B4李静大李村党支部13900000002 大李村B5周敏大李村党支部 机关B4李静机关党支部13900000002 机关B5周敏机关党支部"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, %v", got, err)
	}
	if s := whole.Sheets[2]; s.Name != "机关" || s.Header != 3 || s.Total != 2 || s.People != 2 {
		t.Errorf("%+v", s)
	}
}

// TestBrokenWorkbooks: what is no sheet is refused as a file that is not whole.
func TestBrokenWorkbooks(t *testing.T) {
	for name, rows := range map[string]string{
		"ends early":          sheetHead + `<row><c t="str"><v>姓名</v></c></row>`,
		"a text without end":  sheetHead + `<row><c t="str"><v>姓名</v></c></row></sheetData></worksheet`,
		"no such common text": sheetHead + `<row><c t="s"><v>99</v></c></row></sheetData></worksheet>`,
		"beyond all columns":  sheetHead + `<row><c r="ZZZZZZ1" t="str"><v>姓名</v></c></row></sheetData></worksheet>`,
		"a value nowhere":     sheetHead + `</c></sheetData></worksheet>`,
	} {
		_, _, err := roster.ReadAll(repacked(t, book(t, nil), "xl/worksheets/sheet1.xml", strings.NewReader(rows)))
		if fault.CodeOf(err) != "file_truncated" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

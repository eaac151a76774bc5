package roster

import (
	"fmt"
	"hash/maphash"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"themeday/server/fault"
)

var (
	errNoHeader = fault.Invalid("no_header", "没有找到表头。表里要有一行写着“姓名”和“联系电话”等列名，可以先下载模板对照")
	errNobody   = fault.Invalid("nobody", "表头下面没有名单，请检查文件")
)

// Row is one person of the file as it was read. Born is compared within the file and then forgotten.
type Row struct {
	Sheet   string
	Line    int    // of the sheet, from 1
	Cell    string // such as K12: the one that is wrong, else the one with the name
	Entry          // without the organisation and the sealed number
	Branch  string // as it is written, filled down; "" when no cell says
	Number  string // in clear; never stored
	Born    string
	Trouble string   // why the row is refused; "" when it is not
	Remarks []string // sentences on what was left out
	unit    *unit
}

// Contents is what is to say about a file as a whole.
type Contents struct {
	Sheets  []RosterSheet
	Dropped []RosterColumn
}

// readPeople calls emit with every person of a roster. It returns file_rows, file_columns, file_cell or file_truncated for a file
// that is none, no_header or nobody, or what emit returns.
func readPeople(walk table, emit func(Row) error) (Contents, error) {
	r := reader{emit: emit, first: map[uint64]earlier{}, dropped: map[string]bool{}, seed: maphash.MakeSeed()}
	if err := walk(r.line); err != nil {
		return Contents{}, err
	}
	r.endSheet()
	if !slices.ContainsFunc(r.out.Sheets, func(s RosterSheet) bool { return s.Header > 0 }) {
		return Contents{}, errNoHeader
	}
	if r.rows == 0 {
		return Contents{}, errNobody
	}
	return r.out, nil
}

// unit is what a sheet says about whose people it lists, besides the column: its name, its title, "填报单位：…".
type unit struct{ hints []string }

type reader struct {
	out     Contents
	rows    int
	sheet   *RosterSheet // the one being read; nil before the first
	name    string       // its name as it is
	unit    *unit
	columns columns
	branch  string // filled down
	emit    func(Row) error
	seed    maphash.Seed
	first   map[uint64]earlier // by name and branch
	dropped map[string]bool
	numbers map[int]bool // columns of this sheet with identity numbers in them
}

func (r *reader) line(l line) error {
	if r.sheet == nil || r.name != l.sheet {
		r.endSheet()
		r.sheet, r.name, r.unit, r.branch, r.numbers = &RosterSheet{Name: told(l.sheet)}, l.sheet, &unit{[]string{l.sheet}}, "", map[int]bool{}
	}
	if c, ok := readHeader(l.cells); ok {
		r.drop()
		r.columns, r.sheet.Header = c, l.number
		return nil
	}
	switch {
	case r.sheet.Header == 0:
		r.title(l.cells)
	case r.footer(l.cells):
	default:
		return r.person(l)
	}
	return nil
}

func (r *reader) endSheet() {
	if r.sheet == nil {
		return
	}
	r.drop()
	r.out.Sheets = append(r.out.Sheets, *r.sheet)
	r.sheet = nil
}

// drop notes the columns of which nothing is kept.
func (r *reader) drop() {
	if r.sheet.Header == 0 {
		return
	}
	identity, declared := r.columns.at[identityField]
	for i, name := range r.columns.names {
		is := declared && i == identity || r.numbers[i]
		if i == r.counter() && !is || r.columns.kept(i) && !is || name == "" || r.dropped[name] {
			continue
		}
		r.dropped[name] = true
		r.out.Dropped = append(r.out.Dropped, RosterColumn{name, is})
	}
}

func (r *reader) counter() int {
	if i, there := r.columns.at[counterField]; there {
		return i
	}
	return -1
}

var (
	unitLine  = regexp.MustCompile(`^(填报单位|单位|支部名称|党支部|党组织|组织名称)[:：](.+)$`)
	titleTail = regexp.MustCompile(`(党员)?(基本信息|基本情况|信息)?(花名册|名册|名单|登记表|统计表|信息表|一览表).*$`)
)

// title reads what stands above the header.
func (r *reader) title(cells []string) {
	for _, c := range cells {
		text := tight(c)
		if p := unitLine.FindStringSubmatch(text); p != nil {
			r.unit.hints = append(r.unit.hints, p[2])
		} else if rest := titleTail.ReplaceAllString(text, ""); rest != text {
			r.unit.hints = append(r.unit.hints, rest)
		}
	}
}

var (
	totals  = regexp.MustCompile(`^(合计|总计|小计|共计|总人数|合计人数)`)
	signing = regexp.MustCompile(`^(填表人|审核人|制表人|填报人|经办人|负责人|单位负责人|审批人|领导签字|签字|签章|盖章|制表|注[:：1]|说明[:：]|填表说明|填表日期|填报日期|备注[:：])`)
	number  = regexp.MustCompile(`[0-9]+`)
)

// footer takes lines that are about the sheet and no person.
func (r *reader) footer(cells []string) bool {
	filled := slices.DeleteFunc(slices.Clone(cells), func(c string) bool { return tight(c) == "" })
	head := tight(filled[0])
	switch {
	case totals.MatchString(strings.ReplaceAll(head, " ", "")):
		for _, c := range filled {
			if n := number.FindString(tight(c)); n != "" && len(n) <= 6 {
				r.sheet.Total, _ = strconv.Atoi(n) // six digits fit
				break
			}
		}
		return true
	case signing.MatchString(head):
		return true
	}
	return false
}

func (r *reader) person(l line) error {
	for i, c := range l.cells {
		if isIdentity(tight(c)) {
			r.numbers[i] = true
		}
	}
	of := func(f field) string { return r.columns.of(l.cells, f) }
	if branch := plain(of(branchField)); branch != "" {
		r.branch = branch
	}
	if tight(of(nameField)) == "" && tight(of(phoneField)) == "" && tight(of(sinceField)) == "" {
		return nil // a numbered line that nobody has filled in
	}
	row := Row{Sheet: r.sheet.Name, Line: l.number, Cell: r.cell(nameField, l.number), Branch: r.branch, unit: r.unit}
	name, note, ok := readName(of(nameField))
	row.Name, note = name, note+" "+plain(of(noteField))
	switch {
	case tight(of(nameField)) == "":
		row.Trouble = "没有填姓名"
	case !ok:
		row.Name, row.Trouble = "", "姓名一格的内容不像姓名"
	}
	if word, gone := notMember(note + of(kindField) + of(standingField)); gone && row.Trouble == "" {
		row.Trouble = fmt.Sprintf("写着“%s”，不作为党员导入；如果已在花名册里，请单独办理移出", word)
	}
	r.details(&row, of, note)
	r.sameAgain(&row)
	r.rows++
	return r.emit(row)
}

// details reads everything but the name.
func (r *reader) details(row *Row, of func(field) string, note string) {
	phone := readPhone(of(phoneField))
	row.Number, row.Mask, row.BadPhone = phone.number, phone.mask, phone.bad
	if phone.bad {
		row.Cell = r.cell(phoneField, row.Line)
	}
	if phone.more {
		row.Remarks = append(row.Remarks, "填了不止一个号码，只用第一个手机号")
	}
	if phone.number != "" && strings.Contains(note, "无手机") {
		row.Remarks = append(row.Remarks, "备注写着无手机，号码可能是家属的")
	}
	if text := tight(of(sinceField)); text != "" && !noPhone[text] {
		date, ok := readDate(text)
		if row.Since = date; !ok {
			row.Since = ""
			row.Remarks = append(row.Remarks, fmt.Sprintf("入党时间（%s 单元格）看不明白，没有导入", r.cell(sinceField, row.Line)))
		}
	}
	row.Born, _ = readDate(of(bornField))
	if row.Kind = kindIn(plain(of(kindField))); row.Kind == "" {
		row.Kind = kindIn(note)
	}
	if row.Standing = standingIn(plain(of(standingField))); row.Standing == "" {
		row.Standing = standingIn(note)
	}
}

func (r *reader) cell(f field, line int) string {
	i, there := r.columns.at[f]
	if !there {
		return ""
	}
	name, err := excelize.CoordinatesToCellName(i+1, line)
	if err != nil {
		return ""
	}
	return name
}

// earlier is what has to be known of a row to tell whether a later one is about the same person: sums in place of texts, 0
// for what the row does not say.
type earlier struct {
	line         int
	number, born uint64
}

func (r *reader) sum(text string) uint64 {
	if text == "" {
		return 0
	}
	return maphash.String(r.seed, text)
}

// sameAgain looks whether an earlier row is about the same person. The same name and number, or name and date of birth, in
// one branch is one person; different numbers and dates of birth are two; anything else is for the person to say.
func (r *reader) sameAgain(row *Row) {
	if row.Trouble != "" {
		return
	}
	branch := row.Branch
	if branch == "" {
		branch = "|" + row.Sheet
	}
	key, this := r.sum(row.Name+"|"+branch), earlier{row.Line, r.sum(row.Number + row.Mask), r.sum(row.Born)}
	before, again := r.first[key]
	if !again {
		r.first[key] = this
		r.sheet.People++
		return
	}
	bothBorn := before.born != 0 && this.born != 0
	switch {
	case before.number == this.number && (before.born == this.born || !bothBorn) && (this.number != 0 || bothBorn):
		row.Trouble = fmt.Sprintf("与第 %d 行是同一个人，只算一次", before.line)
	case bothBorn && before.born != this.born:
		r.sheet.People++
	default:
		r.sheet.People++
		row.Twice = true
		row.Remarks = append(row.Remarks, fmt.Sprintf("与第 %d 行同名", before.line))
	}
}

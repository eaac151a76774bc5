package roster

import (
	"strings"
)

// field is what a column holds.
type field int

// The fields; ignored ones are named to the person and thrown away.
const (
	ignored field = iota
	nameField
	phoneField
	branchField
	sinceField
	kindField
	standingField
	noteField
	bornField
	identityField
	counterField // 序号: of no interest to anybody
)

var headings = map[string]field{
	"姓名": nameField, "党员姓名": nameField, "名字": nameField, "党员": nameField,
	"联系电话": phoneField, "联系方式": phoneField, "手机": phoneField, "手机号": phoneField, "手机号码": phoneField, "电话": phoneField, "电话号码": phoneField,
	"移动电话": phoneField, "联系手机": phoneField, "本人电话": phoneField, "本人手机": phoneField, "本人手机号": phoneField,
	"所在党支部": branchField, "所在支部": branchField, "所属党支部": branchField, "所属支部": branchField, "党支部": branchField, "支部": branchField,
	"支部名称": branchField, "党支部名称": branchField, "所在党组织": branchField, "所属党组织": branchField, "党组织": branchField, "党组织名称": branchField,
	"组织": branchField, "组织名称": branchField, "所在组织": branchField,
	"入党时间": sinceField, "入党日期": sinceField, "入党年月": sinceField, "加入党组织日期": sinceField, "加入中共组织日期": sinceField, "加入党组织时间": sinceField,
	"人员类别": kindField, "党员类别": kindField, "党员类型": kindField, "党员性质": kindField, "类别": kindField, "政治面貌": kindField,
	"状态": standingField, "党员状态": standingField, "党籍状态": standingField, "流动情况": standingField, "参加方式": standingField,
	"备注": noteField, "说明": noteField, "备注说明": noteField, "情况说明": noteField,
	"出生年月": bornField, "出生日期": bornField, "出生": bornField, "生日": bornField, "出生年月日": bornField,
	"身份证号码": identityField, "身份证号": identityField, "身份证": identityField, "公民身份号码": identityField, "公民身份证号": identityField,
	"公民身份证号码": identityField, "证件号码": identityField, "证件号": identityField, "居民身份证号": identityField, "居民身份证号码": identityField,
	"序号": counterField, "编号": counterField, "序": counterField, "no": counterField,
}

// fieldOf reads the heading of a column: spaces, line breaks, stars and what stands in brackets do not matter.
func fieldOf(text string) field {
	text = brackets.ReplaceAllString(tight(text), "")
	return headings[strings.ToLower(strings.Trim(text, "*:："))]
}

// columns says where each field is.
type columns struct {
	at    map[field]int
	names []string // headings of all columns, as told
}

// readHeader returns the columns if the row is a header: it has a column of names and at least one more that is known.
func readHeader(cells []string) (columns, bool) {
	c := columns{at: map[field]int{}, names: make([]string, len(cells))}
	known := 0
	for i, text := range cells {
		c.names[i] = told(tight(text))
		f := fieldOf(text)
		if f == ignored {
			continue
		}
		known++
		if _, taken := c.at[f]; !taken {
			c.at[f] = i
		}
	}
	_, named := c.at[nameField]
	return c, named && known >= 2
}

// of returns the cell of a field, "" where there is none.
func (c columns) of(cells []string, f field) string {
	if i, there := c.at[f]; there && i < len(cells) {
		return cells[i]
	}
	return ""
}

// kept reports whether anything of the column is looked at.
func (c columns) kept(i int) bool {
	for f, at := range c.at {
		if at == i {
			return f != identityField && f != bornField
		}
	}
	return false
}

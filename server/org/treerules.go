package org

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
)

// parents says under which kinds each kind may stand. Districts and committees can be as deep as an office needs them.
var parents = map[Kind][]Kind{
	District:      {District},
	Committee:     {District, Committee},
	GeneralBranch: {District, Committee},
	Branch:        {District, Committee, GeneralBranch},
	Group:         {Branch},
}

// MayStand reports whether an organisation of one kind may stand directly under one of another.
func MayStand(kind, under Kind) bool { return slices.Contains(parents[kind], under) }

// Chinese returns the word for the kind.
func (k Kind) Chinese() string {
	return map[Kind]string{District: "区委", Committee: "党委", GeneralBranch: "党总支", Branch: "党支部", Group: "党小组"}[k]
}

// Open reports whether the organisation works; one that was closed keeps its past.
func (o Org) Open() bool { return o.ClosedAt == 0 }

// Bounds of an organisation.
const (
	minOrgName   = 2
	maxTermYears = 10
	// maxLevels keeps a path, of fourteen bytes for each level, within its column.
	maxLevels = 16
)

// ErrTreeChanged is returned to who came second of two that change the tree at once; to try again helps.
var ErrTreeChanged = fault.Conflict("tree_changed", "组织架构正在被别人调整，请稍后再试")

// Errors of the tree.
var (
	errOrgInput   = fault.Invalid("invalid_input", "填写的内容有误，请检查后重试")
	errNotAbove   = fault.Forbidden("forbidden", "只有上级组织的管理员可以做这项调整")
	errRename     = fault.Forbidden("forbidden", "只有管理员可以修改组织名称，请联系上级党委")
	errRoot       = fault.Conflict("org_is_root", "最上级的组织不能移动、合并或撤销")
	errOrgClosed  = fault.Conflict("org_closed", "这个组织已经撤销，请刷新后再操作")
	errOrgOpen    = fault.Conflict("org_not_closed", "这个组织没有撤销，不用恢复")
	errOrgChanged = fault.Conflict("org_changed", "这个组织刚被别人改过，请刷新后再操作")
	errSameName   = fault.Conflict("org_name_taken", "上级组织下已有同名的组织，请换一个名称")
	errNotEmpty   = fault.Conflict("org_not_empty", "这个组织还不能撤销")
	errSameParent = fault.Conflict("org_there_already", "已经在这个组织下面了")
)

func wrongField(field, sentence string) *fault.Error { return errOrgInput.WithField(field, sentence) }

// normal trims texts.
func (f Facts) normal() Facts {
	f.Name, f.Address = strings.TrimSpace(f.Name), strings.TrimSpace(f.Address)
	return f
}

// check returns nil, or invalid_input with a sentence for every field that is wrong. Lengths are checked by the contract.
func (f Facts) check() error {
	wrong := errOrgInput
	note := func(bad bool, field, sentence string) {
		if bad {
			wrong = wrong.WithField(field, sentence)
		}
	}
	note(utf8.RuneCountInString(f.Name) < minOrgName, "name", "名称至少两个字")
	note(strings.ContainsFunc(f.Name, unicode.IsControl), "name", "名称不能换行")
	note(strings.ContainsFunc(f.Address, unicode.IsControl), "address", "地址不能换行")
	note(f.ThemeDay < 1 || f.ThemeDay > 28, "themeDay", "主题党日在每月 1 日到 28 日之间")
	note(f.TermYears < 0 || f.TermYears > maxTermYears, "termYears", "任期最长十年")
	note(!isDay(f.TermStart), "termStart", "请填写成 2024-06-18 这样的日期")
	note(!isDay(f.ElectionDue), "electionDue", "请填写成 2027-06-18 这样的日期")
	note(f.TermStart != "" && f.ElectionDue != "" && isDay(f.TermStart) && isDay(f.ElectionDue) && f.ElectionDue <= f.TermStart, "electionDue", "换届日期要晚于任期开始")
	if len(wrong.Fields) == 0 {
		return nil
	}
	return wrong
}

// isDay reports whether the text is empty or a day of the calendar.
func isDay(text string) bool {
	_, err := time.ParseInLocation(time.DateOnly, text, clock.Beijing)
	return text == "" || err == nil
}

// due returns the day on which the term is over: the one that was set, else the one that the term leads to; "" when
// neither is known.
func (f Facts) due() string {
	start, err := time.ParseInLocation(time.DateOnly, f.TermStart, clock.Beijing)
	if f.ElectionDue != "" || err != nil || f.TermYears == 0 {
		return f.ElectionDue
	}
	return start.AddDate(f.TermYears, 0, 0).Format(time.DateOnly)
}

// electionNear is how many months before the end of the term people are told.
const electionNear = 3

// Election says how near the end of a term is.
type Election string

// The states of a term.
const (
	ElectionUnknown Election = "unknown"
	ElectionFar     Election = "far"
	ElectionNear    Election = "near" // within three months
	ElectionOver    Election = "over" // the day has passed
)

func (f Facts) election(now time.Time) Election {
	due, err := time.ParseInLocation(time.DateOnly, f.due(), clock.Beijing)
	today := now.In(clock.Beijing)
	switch {
	case err != nil:
		return ElectionUnknown
	case today.Format(time.DateOnly) > f.due():
		return ElectionOver
	case due.AddDate(0, -electionNear, 0).After(today):
		return ElectionFar
	}
	return ElectionNear
}

// mayStand returns nil when an organisation of the kind, with so many levels from itself down, may stand under parent.
func mayStand(kind Kind, levels int, parent Org) error {
	switch {
	case !parent.Open():
		return wrongField("parentId", "所选的上级组织已经撤销")
	case !MayStand(kind, parent.Kind):
		return wrongField("parentId", kind.Chinese()+"不能设在"+parent.Kind.Chinese()+"下面")
	case len(PathIDs(parent.Path))+levels > maxLevels:
		return wrongField("parentId", "层级太多了")
	}
	return nil
}

// mayMove returns nil when o, whose subtree is so many levels deep, may be put under parent.
func mayMove(o Org, levels int, parent Org) error {
	switch {
	case !o.Open():
		return errOrgClosed
	case o.ParentID == parent.ID:
		return errSameParent
	case authz.Within(parent.Path, o.Path):
		return wrongField("parentId", "不能移到自己或自己的下级组织下面")
	}
	return mayStand(o.Kind, levels, parent)
}

// mayMerge returns nil when o may be merged into the other one: of the same kind, so that all that it has finds its place.
func mayMerge(o, into Org) error {
	switch {
	case !o.Open():
		return errOrgClosed
	case !into.Open():
		return wrongField("intoId", "所选的组织已经撤销")
	case o.ID == into.ID || authz.Within(into.Path, o.Path) || authz.Within(o.Path, into.Path):
		return wrongField("intoId", "不能与自己或自己的上下级组织合并")
	case o.Kind != into.Kind:
		return wrongField("intoId", o.Kind.Chinese()+"只能与"+o.Kind.Chinese()+"合并")
	}
	return nil
}

// notEmpty says what stands in the way of closing: each part is a number with its word.
func notEmpty(name string, parts []string) error {
	if len(parts) == 0 {
		return nil
	}
	return errNotEmpty.WithMessage("%s还有 %s，请先转出或结束，再撤销", name, strings.Join(parts, "、"))
}

// counted writes a number with its word, and nothing for none.
func counted(parts []string, n int, called string) []string {
	if n == 0 {
		return parts
	}
	return append(parts, strconv.Itoa(n)+" "+called)
}

// differences lists what of the facts has changed.
func (f Facts) differences(to Facts) []Difference {
	var all []Difference
	note := func(what, from, to string) {
		if from != to {
			all = append(all, Difference{what, from, to})
		}
	}
	note("name", f.Name, to.Name)
	note("themeDay", number(f.ThemeDay), number(to.ThemeDay))
	note("address", f.Address, to.Address)
	note("termStart", f.TermStart, to.TermStart)
	note("termYears", number(f.TermYears), number(to.TermYears))
	note("electionDue", f.ElectionDue, to.ElectionDue)
	return all
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// PathOfParent returns the path of the organisation above the one at the path; "/" for the root.
func PathOfParent(path string) string {
	return path[:strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')+1]
}

// seenFrom returns where a path that was in use at some instant lay below one of the organisations at today's paths, in
// terms of these: the nearest one counts. It is false when it lay below none of them.
func seenFrom(paths []string, then string) (string, bool) {
	best, at := "", -1
	for _, path := range paths {
		last := "/" + strings.TrimPrefix(path, PathOfParent(path))
		if i := strings.Index(then, last); i > at {
			best, at = path+then[i+len(last):], i
		}
	}
	return best, at >= 0
}

// placed is where an organisation stood from an instant on.
type placed struct {
	OrgID ident.ID
	At    int64 // unix milliseconds
	Path  string
}

// during picks from the places of each organisation, in the order of their instants, those of a span of time.
func during(all []placed, from, before int64) map[ident.ID][]string {
	paths := map[ident.ID][]string{}
	for _, p := range all {
		switch {
		case p.At <= from:
			paths[p.OrgID] = []string{p.Path}
		case p.At < before:
			paths[p.OrgID] = append(paths[p.OrgID], p.Path)
		}
	}
	return paths
}

package site

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"themeday/server/fault"
	"themeday/server/ident"
)

// Draftable is what those who run a site's organisation decide about it.
type Draftable struct {
	Kind         Kind
	Name         string
	Address      string
	Position     *Position
	Radius       int
	Org          ident.ID
	Keepers      []ident.ID
	Introduction string
	Opening      string
}

const (
	minName    = 2
	maxKeepers = 20
)

// Errors of this package.
var (
	errInput    = fault.Invalid("invalid_input", "填写的内容有误，请检查后重试")
	errOrg      = errInput.WithField("orgId", "没有找到这个组织，或您不能以它的名义设立场馆")
	errKeepers  = errInput.WithField("keeperIds", "有讲解员不在花名册里，请重新选择")
	errNotFound = fault.NotFound("not_found", "没有找到这个场馆，可能已被删除")
	errChanged  = fault.Conflict("site_changed", "场馆信息刚被别人改过，请刷新后再操作")
	errClosed   = fault.Conflict("site_closed", "这个场馆已停用")
	errIsOpen   = fault.Conflict("site_open", "这个场馆没有停用")
)

// normal trims texts and removes keepers that are named twice.
func (d Draftable) normal() Draftable {
	d.Name, d.Address = strings.TrimSpace(d.Name), strings.TrimSpace(d.Address)
	d.Introduction, d.Opening = strings.TrimSpace(d.Introduction), strings.TrimSpace(d.Opening)
	keepers := slices.Clone(d.Keepers)
	slices.Sort(keepers)
	d.Keepers = slices.Compact(keepers)
	return d
}

// check returns nil or invalid_input with a sentence for every field that is wrong.
func (d Draftable) check() error {
	f := errInput
	note := func(wrong bool, field, sentence string) {
		if wrong {
			f = f.WithField(field, sentence)
		}
	}
	note(utf8.RuneCountInString(d.Name) < minName, "name", "名称至少两个字")
	note(hasControl(d.Name), "name", "名称不能换行")
	note(hasControl(d.Address), "address", "地址不能换行")
	note(hasControl(d.Opening), "opening", "开放时间不能换行")
	note(len(d.Keepers) > maxKeepers, "keeperIds", "讲解员最多二十位")
	if len(f.Fields) == 0 {
		return nil
	}
	return f
}

func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }

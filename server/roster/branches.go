package roster

import (
	"regexp"
	"strings"

	"themeday/server/ident"
	"themeday/server/org"
)

// branches finds the organisation that a file means, among those of one subtree.
type branches struct {
	root  org.Org
	only  bool // there is nothing below root
	exact map[string][]ident.ID
	short map[string][]ident.ID
	names []string
	byID  map[ident.ID]org.Org
}

func newBranches(root org.Org, orgs []org.Org) *branches {
	b := &branches{root: root, only: len(orgs) <= 1, exact: map[string][]ident.ID{}, short: map[string][]ident.ID{}, byID: map[ident.ID]org.Org{}}
	for _, o := range orgs {
		b.add(o)
	}
	return b
}

func (b *branches) add(o org.Org) {
	name := orgKey(o.Name)
	b.exact[name] = append(b.exact[name], o.ID)
	b.short[shortKey(name)] = append(b.short[shortKey(name)], o.ID)
	b.names = append(b.names, name)
	b.byID[o.ID] = o
}

var (
	partyPrefix = regexp.MustCompile(`^(中国共产党|中共)`)
	levelSuffix = regexp.MustCompile(`(党支部委员会|党支部|支部委员会|支部|党总支|总支|党委|党工委|工委|委员会|党组|党小组)$`)
)

func orgKey(name string) string { return partyPrefix.ReplaceAllString(tight(name), "") }

func shortKey(key string) string { return levelSuffix.ReplaceAllString(key, "") }

// find returns the organisation with this name, with or without its prefix and its level, or whose name the text ends
// with (中共冉庙乡委员会冉庙村党支部); not the wrong one where several could be meant.
func (b *branches) find(text string) (id ident.ID, several bool) {
	key := orgKey(text)
	if key == "" {
		return 0, false
	}
	if ids := b.exact[key]; len(ids) > 0 {
		return one(ids)
	}
	if ids := b.short[shortKey(key)]; len(ids) > 0 && shortKey(key) != "" {
		return one(ids)
	}
	longest := ""
	for _, name := range b.names {
		if strings.HasSuffix(key, name) && len(name) > len(longest) {
			longest = name
		}
	}
	return one(b.exact[longest])
}

func one(ids []ident.ID) (ident.ID, bool) {
	if len(ids) == 1 {
		return ids[0], false
	}
	return 0, len(ids) > 1
}

// place says where the row belongs: what its own cell says, else what its sheet says, else the only organisation there is.
// The sentence says why it is not known, and stranger, whether that is because there is no such organisation.
func (b *branches) place(row Row) (id ident.ID, trouble string, stranger bool) {
	if row.Branch != "" {
		id, several := b.find(row.Branch)
		switch {
		case id != 0:
			return id, "", false
		case several:
			return 0, "有几个组织都叫“" + told(row.Branch) + "”，请写全名", false
		}
		return 0, b.unknown(row.Branch), true
	}
	for _, hint := range row.unit.hints {
		if id, _ := b.find(hint); id != 0 {
			return id, "", false
		}
	}
	if b.only {
		return b.root.ID, "", false
	}
	return 0, "没有写所在支部", false
}

func (b *branches) unknown(name string) string {
	return "在" + b.root.Name + "范围内没有找到“" + told(name) + "”，请核对支部名称"
}

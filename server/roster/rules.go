package roster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"themeday/server/ident"
	"themeday/server/org"
)

// list is what a part of the rows is compared with: whoever of a subtree has one of their names or numbers.
type list struct {
	byName  map[string][]org.Member
	byPhone map[string][]org.Member
	names   map[ident.ID]string // of organisations
	mask    func(org.Member) string
	taken   map[ident.ID]int  // members → position of the row that is about them
	doubted map[ident.ID]bool // members whom a row may be about
	met     map[ident.ID]int  // organisations → how many of their members are one or the other
}

func newList(orgs map[ident.ID]org.Org, mask func(org.Member) string) *list {
	l := &list{names: map[ident.ID]string{}, mask: mask, taken: map[ident.ID]int{}, doubted: map[ident.ID]bool{}, met: map[ident.ID]int{}}
	for id, o := range orgs {
		l.names[id] = o.Name
	}
	return l
}

// load puts these members, by id, in the place of those before.
func (l *list) load(members []org.Member) {
	l.byName, l.byPhone = map[string][]org.Member{}, map[string][]org.Member{}
	for _, m := range members {
		l.byName[m.Name] = append(l.byName[m.Name], m)
		if m.Phone.Hash != "" {
			l.byPhone[m.Phone.Hash] = append(l.byPhone[m.Phone.Hash], m)
		}
	}
}

// nobody is the position of no row.
const nobody = 0

// take notes that the row at the position is about the member.
func (l *list) take(m org.Member, position int) {
	l.meet(m)
	l.taken[m.ID] = position
}

// meet counts each member once whom a row is or may be about.
func (l *list) meet(m org.Member) {
	if l.taken[m.ID] == nobody && !l.doubted[m.ID] {
		l.met[m.OrgID]++
	}
}

// exactly returns who has the name, branch and number of the entry, if they are taken by the row at the position. Such a
// member is found before any is judged, so that a namesake in an earlier row is not taken for them.
func (l *list) exactly(e Entry, by int) (org.Member, bool) {
	if e.Phone.Hash == "" {
		return org.Member{}, false
	}
	return first(l.byPhone[e.Phone.Hash], func(m org.Member) bool { return m.Name == e.Name && m.OrgID == e.Org && l.taken[m.ID] == by })
}

// judge says what the entry of the row at the position means. Each member is meant by one row.
func (l *list) judge(e Entry, position int) Finding {
	if m, ok := l.exactly(e, position); ok {
		return l.settle(e, m, position)
	}
	here := l.free(l.byName[e.Name], func(m org.Member) bool { return m.OrgID == e.Org })
	if m, ok := l.likely(e, here); ok {
		return l.settle(e, m, position)
	}
	switch {
	case len(here) > 1:
		return Finding{Verdict: Doubtful, Sentence: fmt.Sprintf("支部里有 %d 位%s，分不清是哪一位", len(here), e.Name), Choices: []Decision{Apart, Skip}}
	case len(here) == 1:
		return l.doubt(here[0], "支部里有同名党员，但手机号不同：是换了号码，还是另一个人？")
	}
	return l.elsewhere(e, position)
}

// likely returns which of the namesakes in the branch is meant, where nothing speaks for another one.
func (l *list) likely(e Entry, here []org.Member) (org.Member, bool) {
	if e.Mask != "" {
		return first(here, func(m org.Member) bool { return l.mask(m) == e.Mask })
	}
	if e.Phone.Hash == "" {
		if m, ok := first(here, func(m org.Member) bool { return len(l.changes(e, m)) == 0 }); ok {
			return m, true
		}
		return first(here, func(org.Member) bool { return len(here) == 1 })
	}
	return first(here, func(m org.Member) bool { return m.Phone.Hash == "" && len(here) == 1 })
}

// elsewhere judges somebody whose name is not known in the branch.
func (l *list) elsewhere(e Entry, position int) Finding {
	for _, m := range l.byPhone[e.Phone.Hash] {
		switch {
		case l.taken[m.ID] != nobody:
		case m.Name == e.Name:
			return l.settle(e, m, position)
		default:
			return l.doubt(m, fmt.Sprintf("手机号与%s的%s相同：是同一个人改了名字，还是两人共用一个号码？", m.OrgName, m.Name))
		}
	}
	away := l.free(l.byName[e.Name], func(m org.Member) bool { return e.Phone.Hash == "" || m.Phone.Hash == "" })
	switch {
	case len(away) == 1 && e.Mask == "":
		return l.doubt(away[0], fmt.Sprintf("%s也有一位%s：是转过来的，还是另一个人？", away[0].OrgName, e.Name))
	case e.Mask != "":
		return Finding{Verdict: Doubtful, Sentence: "号码有几位被遮住了，花名册里又没有对上的人", Choices: []Decision{Apart, Skip}}
	case e.BadPhone:
		return Finding{Verdict: Doubtful, Sentence: "手机号不是 11 位有效号码：先不填号码导入，还是改好再导？", Choices: []Decision{Apart, Skip}}
	case e.Twice:
		return Finding{Verdict: Doubtful, Sentence: "表里前面有同名的人，请确认是不是两个人", Choices: []Decision{Apart, Skip}}
	}
	return Finding{Verdict: Newcomer, Sentence: "新增到" + l.names[e.Org]}
}

func (l *list) doubt(m org.Member, sentence string) Finding {
	l.meet(m)
	l.doubted[m.ID] = true
	return Finding{Verdict: Doubtful, Member: m.ID, Seen: fingerprint(m), Sentence: sentence, Choices: []Decision{Take, Apart, Skip}}
}

// settle says what becomes of a member who is meant for sure.
func (l *list) settle(e Entry, m org.Member, position int) Finding {
	l.take(m, position)
	f := Finding{Verdict: Unchanged, Member: m.ID, Seen: fingerprint(m), Sentence: "与花名册一致"}
	if e.BadPhone {
		f.Sentence = "与花名册一致；手机号不是有效号码，没有用"
	}
	if changes := l.changes(e, m); len(changes) > 0 {
		f.Verdict, f.Sentence = Changed, strings.Join(changes, "；")
	}
	return f
}

// changes says what the entry would change of the member.
func (l *list) changes(e Entry, m org.Member) []string {
	after := e.over(m)
	var said []string
	say := func(changed bool, sentence string) {
		if changed {
			said = append(said, sentence)
		}
	}
	say(after.OrgID != m.OrgID, "从"+m.OrgName+"转到"+l.names[after.OrgID])
	say(after.Name != m.Name, m.Name+"改名为"+after.Name)
	say(after.Kind != m.Kind, kindWords[m.Kind]+"改为"+kindWords[after.Kind])
	say(after.Standing != m.Standing, standingWords[m.Standing]+"改为"+standingWords[after.Standing])
	say(after.Phone.Hash != m.Phone.Hash && m.Phone.Hash == "", "补上手机号")
	say(after.Phone.Hash != m.Phone.Hash && m.Phone.Hash != "", "换手机号")
	say(after.Since != m.Since && m.Since == "", "补上入党时间 "+after.Since)
	say(after.Since != m.Since && m.Since != "", "入党时间 "+m.Since+" 改为 "+after.Since)
	return said
}

// over returns the member as the entry says, and as before where it says nothing.
func (e Entry) over(m org.Member) org.Member {
	m.OrgID, m.Name = e.Org, e.Name
	if e.Kind != "" {
		m.Kind = e.Kind
	}
	if e.Standing != "" {
		m.Standing = e.Standing
	}
	if e.Phone.Hash != "" && e.Phone.Hash != m.Phone.Hash {
		m.Phone = e.Phone
	}
	if !strings.HasPrefix(m.Since, e.Since) { // a month says nothing new where the day is known
		m.Since = e.Since
	}
	return m
}

// fresh returns the entry as a new member: what it does not say is the usual.
func (e Entry) fresh() org.Member {
	return e.over(org.Member{Kind: org.MemberKindFull, Standing: org.Normal})
}

func first(members []org.Member, is func(org.Member) bool) (org.Member, bool) {
	if i := slices.IndexFunc(members, is); i >= 0 {
		return members[i], true
	}
	return org.Member{}, false
}

func (l *list) free(members []org.Member, is func(org.Member) bool) []org.Member {
	var found []org.Member
	for _, m := range members {
		if l.taken[m.ID] == nobody && is(m) {
			found = append(found, m)
		}
	}
	return found
}

// fingerprint changes when anything that an import compares changes.
func fingerprint(m org.Member) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{m.ID.String(), m.OrgID.String(), m.Name, m.Kind, string(m.Standing), m.Phone.Hash, m.Since}, "|")))
	return hex.EncodeToString(sum[:8])
}

// allowed reports whether the person may decide so about a row.
func allowed(verdict Verdict, choices []Decision, d Decision) bool {
	switch verdict {
	case Doubtful:
		return d == Undecided || slices.Contains(choices, d)
	case Newcomer, Changed:
		return d == Undecided || d == Skip
	}
	return false
}

// step is what applying does with a row.
type step int

const (
	nothing step = iota
	add
	amend
)

func stepOf(v Verdict, d Decision) step {
	switch {
	case d == Skip:
		return nothing
	case v == Newcomer, v == Doubtful && d == Apart:
		return add
	case v == Changed, v == Doubtful && d == Take:
		return amend
	}
	return nothing
}

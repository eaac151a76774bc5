package app_test

import (
	"themeday/server/org"
)

// city is the district of the other tests with somebody for every role in every relation to 本村, and another district
// beside it.
func city() org.Tree {
	bound := func(name string, roles ...string) org.Person {
		return org.Person{Name: name, OpenID: openID(name), Roles: roles}
	}
	keepers := func(prefix string) []org.Person {
		return []org.Person{bound(prefix+"管理", "admin"), bound(prefix+"讲解", "keeper")}
	}
	here := district()
	town := &here.Orgs[0]
	town.Members = []org.Person{bound("乡干部")}
	host, guest, sibling := &town.Orgs[0], &town.Orgs[1], &town.Orgs[2]
	host.Members = append(host.Members, bound("本管理", "admin"))
	group := branch("本组", "组", keepers("组")...)
	group.Kind = org.Group
	host.Orgs = []org.Tree{group}
	guest.Members = append(guest.Members, bound("乡书记", "secretary@乡党委"))
	sibling.Members = append(append(sibling.Members, bound("区讲解", "keeper@区委")), keepers("邻")...)
	there := org.Tree{Name: "外区", Kind: org.District, Orgs: []org.Tree{
		{Name: "外乡", Kind: org.Committee, Orgs: []org.Tree{branch("外村", "外", bound("外管理", "admin@外区"), bound("外讲解", "keeper"))}},
	}}
	return org.Tree{Name: "市委", Kind: org.District, Members: []org.Person{bound("市管理", "admin")}, Orgs: []org.Tree{here, there}}
}

// part is somebody of the access table: how they stand to 本村, and with which role there.
type part struct {
	name     string
	relation string
	role     string
	cell     derive // out of a row of the table; nil for those who stand in it
}

// The relations, in the order of the table's columns.
var relations = []string{"nobody, resident", "own", "above", "below", "sibling", "other district", "guest", "city, other committee"}

// parts is everybody. The order within a relation is member, secretary, organiser, admin, keeper.
var parts = []part{
	{"nobody", "nobody, resident", "", nil},
	{"居民", "nobody, resident", "", nil},
	{"本党员", "own", "member", nil},
	{"本书记", "own", "secretary", nil},
	{"本组织", "own", "organiser", organiser("本书记")},
	{"本管理", "own", "admin", admin("本书记")},
	{"本讲解", "own", "keeper", nil},
	{"乡干部", "above", "member", alike("邻党员")}, // a member above has no part in what is below
	{"乡书记", "above", "secretary", secretary("乡组织")},
	{"乡组织", "above", "organiser", nil},
	{"区管理", "above", "admin", nil},
	{"区讲解", "above", "keeper", keeper("邻党员")},
	{"组党员", "below", "member", alike("本党员")},
	{"组书记", "below", "secretary", elsewhere("本党员", "邻书记")},
	{"组组织", "below", "organiser", elsewhere("本党员", "镇组织")},
	{"组管理", "below", "admin", elsewhere("本党员", "邻书记")},
	{"组讲解", "below", "keeper", alike("本党员")},
	{"邻党员", "sibling", "member", nil},
	{"邻书记", "sibling", "secretary", nil},
	{"邻组织", "sibling", "organiser", alike("镇组织")},
	{"邻管理", "sibling", "admin", alike("邻书记")},
	{"邻讲解", "sibling", "keeper", alike("邻党员")},
	{"外党员", "other district", "member", alike("邻党员")},
	{"外书记", "other district", "secretary", alike("邻书记")},
	{"外组织", "other district", "organiser", alike("镇组织")},
	{"外管理", "other district", "admin", alike("邻书记")},
	{"外讲解", "other district", "keeper", alike("邻党员")},
	{"客党员", "guest", "member", nil},
	{"客书记", "guest", "secretary", nil},
	{"客组织", "guest", "organiser", organiser("客书记")},
	{"市管理", "city, other committee", "admin", alike("区管理")},
	{"镇组织", "city, other committee", "organiser", nil},
}

// row is what one operation gives to whom.
type row map[string]string

// derive says what somebody gets of an operation that gives the twelve of the cast what the row says. These are the rules
// that hold for all operations; apart has the exceptions.
type derive func(row) string

// alike: the role makes no difference here, or the relation none with this role.
func alike(name string) derive { return func(r row) string { return r[name] } }

// organiser gets what the secretary there gets, without what organisers never get.
func organiser(secretary string) derive {
	return func(r row) string {
		if r[secretary] == ok && r["乡组织"] == no {
			return no
		}
		return r[secretary]
	}
}

// secretary gets what the organiser there gets, and what the branch's own secretary gets.
func secretary(organiser string) derive {
	return func(r row) string {
		if r[organiser] == no && r["本书记"] == ok {
			return ok
		}
		return r[organiser]
	}
}

// admin gets what the secretary there gets, and what only admins get.
func admin(secretary string) derive {
	return func(r row) string {
		if r[secretary] == no {
			return r["区管理"]
		}
		return r[secretary]
	}
}

// keeper gets what the member there gets, and what keepers get.
func keeper(member string) derive {
	return func(r row) string {
		if r["本讲解"] == ok && r["本党员"] != ok {
			return ok
		}
		return r[member]
	}
}

// elsewhere gets what the member gets, and what whoever holds that role gets wherever it is.
func elsewhere(member, holder string) derive {
	return func(r row) string {
		if r[holder] == ok {
			return ok
		}
		return r[member]
	}
}

// all completes a row of the table: with those who are not in it, by the rules and the exceptions.
func (r row) all(id string) row {
	full := row{}
	for _, p := range parts {
		switch said, apart := apart[id][p.name]; {
		case apart:
			full[p.name] = named[said]
		case p.cell == nil:
			full[p.name] = r[p.name]
		case p.cell(r) == ok && r["本书记"] == ok && r["区管理"] == again:
			full[p.name] = again // the first one has done it
		default:
			full[p.name] = p.cell(r)
		}
	}
	return full
}

// apart says who gets something else than the rules say, and why.
var apart = map[string]map[string]string{
	// shaping an organisation is for those who administer the one above it
	"moveOrg":   {"本管理": "no", "市管理": "409"}, // it is there already
	"mergeOrg":  {"本管理": "no", "市管理": "409"}, // it has been merged
	"closeOrg":  {"本管理": "no"},
	"reopenOrg": {"本管理": "no"},
	// whoever keeps the roster; the secretary does not even see the import
	"getRosterImport":     {"本管理": "ok"},
	"listRosterRows":      {"本管理": "ok"},
	"decideRosterRows":    {"本管理": "ok"},
	"settleRosterBranch":  {"本管理": "ok"},
	"applyRosterImport":   {"本管理": "ok"},
	"discardRosterImport": {"本管理": "ok"},
	// 本书记 has made the pack
	"answerStation": {"本组织": "gone", "本管理": "gone"},
	// 本党员's own
	"listAttendanceChanges": below("no"),
	"approveRequest":        below("gone"),
	"declineRequest":        below("gone"),
	"withdrawRequest":       below("gone"),
	"showEvidence":          below("gone"),
	// of the side that hands over
	"acceptTransfer":  {"本管理": "no"},
	"declineTransfer": {"本管理": "no"},
	// the server is the whole tree's
	"listDeadJobs":  {"市管理": "ok"},
	"retryDeadJobs": {"市管理": "ok"},
}

// below is one outcome for all in the group.
func below(cell string) map[string]string {
	return map[string]string{"组党员": cell, "组书记": cell, "组组织": cell, "组管理": cell, "组讲解": cell}
}

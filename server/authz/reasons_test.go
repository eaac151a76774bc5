package authz_test

import (
	"testing"

	"themeday/server/authz"
	"themeday/server/ident"
)

// TestReasons: what is not about an event, and why not, in the order of AdminOrg, ReadAudit, RunSite, RunAny and KeepSite.
func TestReasons(t *testing.T) {
	actions := []authz.Action{authz.AdminOrg, authz.ReadAudit, authz.RunSite, authz.RunAny, authz.KeepSite}
	for _, c := range []struct {
		name  string
		actor authz.Actor
		want  [5]string
	}{
		{"nobody", authz.Actor{}, [5]string{login, login, login, login, login}},
		{"resident", authz.Actor{UserID: 1}, [5]string{bind, bind, bind, bind, bind}},
		{"resident with a forgotten role", authz.Actor{UserID: 1, Grants: []authz.Grant{holds(authz.Admin, district)}}, [5]string{bind, bind, bind, bind, bind}},
		{"member of the host", member(host), [5]string{unseen, unseen, no, no, no}},
		{"member above", member(committee), [5]string{unseen, unseen, no, no, no}},
		{"secretary of the host", member(host, holds(authz.Secretary, host)), [5]string{no, yes, yes, yes, yes}},
		{"organiser of the host", member(host, holds(authz.Organiser, host)), [5]string{no, no, yes, yes, yes}},
		{"admin of the host", member(host, holds(authz.Admin, host)), [5]string{yes, yes, yes, yes, yes}},
		{"keeper of the host", member(host, holds(authz.Keeper, host)), [5]string{unseen, unseen, no, no, yes}},
		{"secretary above", member(committee, holds(authz.Secretary, committee)), [5]string{no, yes, yes, yes, yes}},
		{"organiser above", member(committee, holds(authz.Organiser, committee)), [5]string{no, no, yes, yes, yes}},
		{"admin above", member(district, holds(authz.Admin, district)), [5]string{yes, yes, yes, yes, yes}},
		{"keeper above", member(district, holds(authz.Keeper, district)), [5]string{unseen, unseen, no, no, yes}},
		{"secretary below", member(group, holds(authz.Secretary, group)), [5]string{unseen, unseen, no, yes, no}},
		{"admin below", member(group, holds(authz.Admin, group)), [5]string{unseen, unseen, no, yes, no}},
		{"keeper below", member(group, holds(authz.Keeper, group)), [5]string{unseen, unseen, no, no, no}},
		{"admin of a sibling", member(sibling, holds(authz.Admin, sibling)), [5]string{unseen, unseen, no, yes, no}},
		{"keeper of a sibling", member(sibling, holds(authz.Keeper, sibling)), [5]string{unseen, unseen, no, no, no}},
		{"admin of another district", member(foreign, holds(authz.Admin, foreign)), [5]string{unseen, unseen, no, yes, no}},
		{"keeper of another district", member(foreign, holds(authz.Keeper, foreign)), [5]string{unseen, unseen, no, no, no}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, action := range actions {
				check(t, c.actor, action, alone, c.want[i])
			}
		})
	}
	named := authz.Object{Host: host, Keepers: []ident.ID{7, 2}}
	check(t, member(foreign), authz.KeepSite, named, yes) // by name, wherever they belong
	check(t, member(foreign), authz.RunSite, named, no)
}

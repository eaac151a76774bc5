package authz_test

import (
	"testing"

	"themeday/server/authz"
)

// TestAppoint: who sees the roles of the host, and who may give and take which of them there.
func TestAppoint(t *testing.T) {
	const above, admin, secretary = "appoint_above", "appoint_admin", "appoint_secretary"
	for _, c := range []struct {
		name  string
		actor authz.Actor
		sees  string
		// secretary, organiser, admin, keeper: what comes back for appointing
		appoints [4]string
	}{
		{"nobody", authz.Actor{}, login, [4]string{login, login, login, login}},
		{"resident", authz.Actor{UserID: 1}, bind, [4]string{bind, bind, bind, bind}},
		{"member of the host", member(host), yes, [4]string{no, no, no, no}},
		{"member of a group below", member(group), yes, [4]string{no, no, no, no}},
		{"member of the committee above", member(committee), unseen, [4]string{unseen, unseen, unseen, unseen}},
		{"secretary of the host", member(host, holds(authz.Secretary, host)), yes, [4]string{admin, yes, admin, yes}},
		{"organiser of the host", member(host, holds(authz.Organiser, host)), yes, [4]string{admin, secretary, admin, secretary}},
		{"admin of the host", member(host, holds(authz.Admin, host)), yes, [4]string{yes, yes, yes, yes}},
		{"keeper of the host", member(host, holds(authz.Keeper, host)), yes, [4]string{no, no, no, no}},
		{"secretary above", member(committee, holds(authz.Secretary, committee)), yes, [4]string{admin, yes, admin, yes}},
		{"organiser above", member(committee, holds(authz.Organiser, committee)), yes, [4]string{admin, secretary, admin, secretary}},
		{"admin above", member(district, holds(authz.Admin, district)), yes, [4]string{yes, yes, yes, yes}},
		{"keeper above", member(committee, holds(authz.Keeper, committee)), unseen, [4]string{unseen, unseen, unseen, unseen}},
		{"secretary below", member(group, holds(authz.Secretary, group)), yes, [4]string{above, above, above, above}},
		{"admin below", member(group, holds(authz.Admin, group)), yes, [4]string{above, above, above, above}},
		{"keeper below", member(group, holds(authz.Keeper, group)), yes, [4]string{no, no, no, no}},
		{"secretary of a sibling", member(sibling, holds(authz.Secretary, sibling)), unseen, [4]string{unseen, unseen, unseen, unseen}},
		{"admin of a sibling", member(sibling, holds(authz.Admin, sibling)), unseen, [4]string{unseen, unseen, unseen, unseen}},
		{"admin of another district", member(foreign, holds(authz.Admin, foreign)), unseen, [4]string{unseen, unseen, unseen, unseen}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, c.actor, authz.SeeRoles, alone, c.sees)
			for i, role := range authz.Roles() {
				check(t, c.actor, authz.Appoint, authz.Object{Host: host, Role: role}, c.appoints[i])
			}
			if c.actor.Appoints("emperor", host) {
				t.Error("appoints to a role that there is not")
			}
		})
	}
}

package authz_test

import (
	"fmt"
	"slices"
	"testing"

	"themeday/server/authz"
	"themeday/server/fault"
)

// The tree of these tests: a district with two committees, each with branches, one of them with a group.
const (
	district    = "/0d/"
	committee   = "/0d/0c/"
	host        = "/0d/0c/0b/"
	group       = "/0d/0c/0b/0g/"
	sibling     = "/0d/0c/0s/"
	elsewhere   = "/0d/0x/"
	guest       = "/0d/0x/0y/"
	guestGroup  = "/0d/0x/0y/0z/"
	otherBranch = "/0d/0x/0o/"
	foreign     = "/0f/"
)

// member belongs to an organisation and holds these roles there or elsewhere.
func member(orgPath string, grants ...authz.Grant) authz.Actor {
	return authz.Actor{UserID: 1, MemberID: 2, OrgID: 3, OrgPath: orgPath, Grants: grants}
}

func holds(role authz.Role, path string) authz.Grant { return authz.Grant{Role: role, OrgPath: path} }

const (
	yes      = "" // allowed
	login    = "unauthenticated"
	bind     = "not_bound"
	no       = "forbidden"
	unseen   = "not_found"
	nameless = authz.Action("something_new")
)

var (
	alone     = authz.Object{Host: host}
	together  = authz.Object{Host: host, Guests: []string{guest}}
	draft     = authz.Object{Host: host, Draft: true}
	draftPair = authz.Object{Host: host, Guests: []string{guest}, Draft: true}
)

func TestCan(t *testing.T) {
	actors := []struct {
		name  string
		actor authz.Actor
		// what comes back for seeing, running and people of an event of the host …
		published [3]string // … alone
		joint     [3]string // … together with the guest
		draft     [3]string // … while it is a draft of both
		org       string    // and for running the host itself
	}{
		{"nobody", authz.Actor{}, [3]string{login, login, login}, [3]string{login, login, login}, [3]string{login, login, login}, login},
		{"resident", authz.Actor{UserID: 1}, [3]string{bind, bind, bind}, [3]string{bind, bind, bind}, [3]string{bind, bind, bind}, bind},
		{"resident with a forgotten role", authz.Actor{UserID: 1, Grants: []authz.Grant{holds(authz.Admin, district)}}, [3]string{bind, bind, bind}, [3]string{bind, bind, bind}, [3]string{bind, bind, bind}, bind},
		{"member of the host", member(host), [3]string{yes, no, no}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"member of a group below", member(group), [3]string{yes, no, no}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"member of the committee above", member(committee), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"member of a sibling", member(sibling), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"member of the guest", member(guest), [3]string{unseen, unseen, unseen}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"member below the guest", member(guestGroup), [3]string{unseen, unseen, unseen}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"member of another district", member(foreign), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},

		{"secretary of the host", member(host, holds(authz.Secretary, host)), [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, yes},
		{"organiser of the host", member(host, holds(authz.Organiser, host)), [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, yes},
		{"admin of the host", member(host, holds(authz.Admin, host)), [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, yes},
		{"keeper of the host", member(host, holds(authz.Keeper, host)), [3]string{yes, no, no}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"secretary from elsewhere", member(foreign, holds(authz.Secretary, host)), [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, yes},
		{"secretary of the committee above", member(committee, holds(authz.Secretary, committee)), [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, yes},
		{"admin of the district", member(district, holds(authz.Admin, district)), [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, [3]string{yes, yes, yes}, yes},
		{"keeper of the district", member(district, holds(authz.Keeper, district)), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"leader of a group below", member(group, holds(authz.Secretary, group)), [3]string{yes, no, no}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"secretary of a group, from a sibling", member(sibling, holds(authz.Secretary, group)), [3]string{yes, no, no}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"keeper of a group, from a sibling", member(sibling, holds(authz.Keeper, group)), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"secretary of a sibling", member(sibling, holds(authz.Secretary, sibling)), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"secretary of the guest", member(guest, holds(authz.Secretary, guest)), [3]string{unseen, unseen, unseen}, [3]string{yes, no, yes}, [3]string{unseen, unseen, unseen}, unseen},
		{"keeper of the guest", member(guest, holds(authz.Keeper, guest)), [3]string{unseen, unseen, unseen}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"secretary above the guest", member(elsewhere, holds(authz.Secretary, elsewhere)), [3]string{unseen, unseen, unseen}, [3]string{yes, no, yes}, [3]string{unseen, unseen, unseen}, unseen},
		{"secretary below the guest", member(guestGroup, holds(authz.Secretary, guestGroup)), [3]string{unseen, unseen, unseen}, [3]string{yes, no, no}, [3]string{unseen, unseen, unseen}, unseen},
		{"secretary beside the guest", member(otherBranch, holds(authz.Secretary, otherBranch)), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"admin of another district", member(foreign, holds(authz.Admin, foreign)), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"a role that there is not", member(sibling, holds("emperor", district)), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
		{"a role on nothing", member(sibling, holds(authz.Admin, "")), [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, [3]string{unseen, unseen, unseen}, unseen},
	}
	for _, c := range actors {
		t.Run(c.name, func(t *testing.T) {
			for i, action := range []authz.Action{authz.SeeEvent, authz.RunEvent, authz.SeePeople} {
				check(t, c.actor, action, alone, c.published[i])
				check(t, c.actor, action, together, c.joint[i])
				check(t, c.actor, action, draftPair, c.draft[i])
				check(t, c.actor, action, draft, c.draft[i])
			}
			check(t, c.actor, authz.RunOrg, alone, c.org)
		})
	}
}

func check(t *testing.T, actor authz.Actor, action authz.Action, o authz.Object, want string) {
	t.Helper()
	d := authz.Can(actor, action, o)
	if got := fault.CodeOf(d.Fault()); got != want || d.Allowed != (want == yes) {
		t.Errorf("%s on %+v: %q (allowed %v), want %q", action, o, got, d.Allowed, want)
	}
}

func TestCanWithoutAnObject(t *testing.T) {
	for _, c := range []struct {
		name                      string
		actor                     authz.Actor
		login, session, beMember  string
		unknown, runNothing, none string
	}{
		{"nobody", authz.Actor{}, yes, login, login, no, login, no},
		{"resident", authz.Actor{UserID: 1}, yes, yes, bind, no, bind, no},
		{"member", member(host), yes, yes, yes, no, unseen, no},
		{"admin of the district", member(district, holds(authz.Admin, district)), yes, yes, yes, no, unseen, no},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, c.actor, authz.Login, authz.Object{}, c.login)
			check(t, c.actor, authz.UseSession, authz.Object{}, c.session)
			check(t, c.actor, authz.BeMember, authz.Object{}, c.beMember)
			check(t, c.actor, authz.RunOrg, authz.Object{}, c.runNothing)
			check(t, c.actor, authz.RunEvent, authz.Object{}, c.runNothing)
			check(t, c.actor, nameless, alone, c.unknown) // fails closed
			check(t, c.actor, "", alone, c.none)
		})
	}
}

func TestZeroDecisionRefuses(t *testing.T) {
	var d authz.Decision
	if d.Allowed || fault.CodeOf(d.Fault()) != no {
		t.Errorf("%+v: %v", d, d.Fault())
	}
	if err := authz.Can(authz.Actor{}, authz.Login, authz.Object{}).Fault(); err != nil {
		t.Errorf("allowed, and yet %v", err)
	}
}

func TestRefusalsHaveTheirStatus(t *testing.T) {
	for name, c := range map[string]struct {
		actor  authz.Actor
		action authz.Action
		want   fault.Kind
	}{
		"no session":  {authz.Actor{}, authz.BeMember, fault.KindUnauthenticated},
		"not bound":   {authz.Actor{UserID: 1}, authz.BeMember, fault.KindForbidden},
		"not seen":    {member(sibling), authz.SeeEvent, fault.KindNotFound},
		"not allowed": {member(host), authz.RunEvent, fault.KindForbidden},
		"unknown":     {member(host), nameless, fault.KindForbidden},
	} {
		f := fault.From(authz.Can(c.actor, c.action, alone).Fault())
		if f == nil || f.Kind != c.want || f.Message == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestScope(t *testing.T) {
	for _, c := range []struct {
		name  string
		actor authz.Actor
		want  []string
	}{
		{"member", member(host), nil},
		{"secretary of the host", member(host, holds(authz.Secretary, host)), []string{host, guest}},
		{"admin above", member(district, holds(authz.Admin, district)), []string{host, guest}},
		{"secretary of the guest", member(guest, holds(authz.Secretary, guest)), []string{guest}},
		{"secretary above the guest", member(elsewhere, holds(authz.Secretary, elsewhere)), []string{guest}},
		{"secretary of a group of the guest", member(guestGroup, holds(authz.Secretary, guestGroup)), nil},
		{"keeper of both", member(host, holds(authz.Keeper, host), holds(authz.Keeper, guest)), nil},
	} {
		if got := c.actor.Scope(together); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if guests := together.Guests; fmt.Sprint(guests) != "["+guest+"]" {
		t.Errorf("the object was changed: %v", guests)
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		path, above string
		want        bool
	}{
		{host, host, true},
		{group, host, true},
		{host, district, true},
		{host, group, false},
		{sibling, host, false},
		{"/0d/0bb/", "/0d/0b/", false},
		{host, "", false},
		{"", host, false},
		{"", "", false},
	} {
		if authz.Within(c.path, c.above) != c.want {
			t.Errorf("%q within %q: want %v", c.path, c.above, c.want)
		}
	}
}

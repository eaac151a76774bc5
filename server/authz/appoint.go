package authz

import (
	"slices"

	"themeday/server/fault"
)

// appointers says who gives and takes which role: the holders of these, on the same organisation or above it. Nobody
// does it above their own organisation, and only admins for the roles that elections or the level above decide.
var appointers = map[Role][]Role{
	Secretary: {Admin},
	Admin:     {Admin},
	Organiser: {Admin, Secretary},
	Keeper:    {Admin, Secretary},
}

// Why somebody who sees an organisation may not appoint there.
var (
	errAppointAbove     = fault.Forbidden("appoint_above", "不能任免上级组织的职务")
	errAppointAdmin     = fault.Forbidden("appoint_admin", "书记和管理员由本级或上级组织的管理员任免")
	errAppointSecretary = fault.Forbidden("appoint_secretary", "组织委员和讲解员由书记或管理员任免")
)

// Appoints reports whether the actor may give and take the role on the organisation at path.
func (a Actor) Appoints(role Role, path string) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool {
		return slices.Contains(appointers[role], g.Role) && Within(path, g.OrgPath)
	})
}

// appoints refuses with a reason: only those come here who see the organisation.
func appoints(a Actor, o Object) Decision {
	switch {
	case a.Appoints(o.Role, o.Host):
		return yes
	case !a.Runs(o.Host) && slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role.runs() && Within(g.OrgPath, o.Host) }):
		return Decision{fault: errAppointAbove}
	case !a.Runs(o.Host):
		return Decision{fault: errForbidden}
	case slices.Contains(appointers[o.Role], Secretary):
		return Decision{fault: errAppointSecretary}
	}
	return Decision{fault: errAppointAdmin}
}

// seesRoles: the roles of an organisation are known to those who belong to it or below it, to those who run it, and to
// those who hold a role below it.
func seesRoles(a Actor, path string) bool {
	return Within(a.OrgPath, path) || a.Runs(path) || slices.ContainsFunc(a.Grants, func(g Grant) bool { return Within(g.OrgPath, path) })
}

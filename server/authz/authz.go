// Package authz decides who may do what. It is pure: an actor, an action and an object go in, a decision comes out.
//
// Roles are granted to a member on an organisation and hold for everything below it. What a person may not see looks
// as if it were not there.
package authz

import (
	"slices"
	"strings"

	"themeday/server/fault"
	"themeday/server/ident"
)

// Role is what a member has been appointed to on an organisation.
type Role string

// The roles.
const (
	Secretary Role = "secretary" // 书记
	Organiser Role = "organiser" // 组织委员
	Admin     Role = "admin"     // 管理员
	Keeper    Role = "keeper"    // 讲解员
)

// Roles lists all roles.
func Roles() []Role { return []Role{Secretary, Organiser, Admin, Keeper} }

// runs reports whether the role may hold events and see people.
func (r Role) runs() bool { return r == Secretary || r == Organiser || r == Admin }

// Grant is one role on one organisation.
type Grant struct {
	Role    Role
	OrgID   ident.ID
	OrgPath string // "/id/id/…/" from the root to the organisation
}

// Actor is who is asking. The zero Actor is anybody without a session.
type Actor struct {
	UserID   ident.ID // the WeChat identity; 0 without a session
	MemberID ident.ID // 0 for a resident
	OrgID    ident.ID // the member's organisation
	OrgPath  string
	Grants   []Grant
}

// Action is something that can be asked for.
type Action string

// The actions. Those on events and organisations need an Object.
const (
	Login      Action = "login"       // anybody
	UseSession Action = "use_session" // anybody with a session: who am I, log out, bind, scan
	BeMember   Action = "be_member"   // members: own record, check in, messages, the tree
	SeeEvent   Action = "see_event"   // those whom a published event concerns; a draft: those who run it
	RunEvent   Action = "run_event"   // create, edit, publish, cancel, close, show the code, reminders
	SeePeople  Action = "see_people"  // the attendance of an event, at least of one's own people
	RunOrg     Action = "run_org"     // an organisation's people
	AdminOrg   Action = "admin_org"   // what holds for all below an organisation, such as its roster as a file and its ceiling of messages
	ReadAudit  Action = "read_audit"  // who did what, in an organisation and below it
	RunSite    Action = "run_site"    // create, edit, close a site, renew its plate
	RunAny     Action = "run_any"     // what helps whoever runs an organisation, whichever it is
	KeepSite   Action = "keep_site"   // show a site's plate, see its visits
	SeeRoles   Action = "see_roles"   // who holds, and held, which role on an organisation
	Appoint    Action = "appoint"     // give and take Object.Role on an organisation
)

// Object is what an action is about. Paths are organisation paths.
type Object struct {
	Host    string     // of the event's host, of the organisation itself, or of the one that looks after the site
	Guests  []string   // of the event's guests
	Draft   bool       // the event has not been published
	Keepers []ident.ID // members who keep the site, named one by one
	Role    Role       // which one is given or taken
}

// Decision is the answer. The zero Decision is no.
type Decision struct {
	Allowed bool
	fault   *fault.Error
}

// Fault returns nil when the action is allowed, else the error to answer with: unauthenticated, not_bound (a resident
// asks for a member's thing), not_found (not to be seen) or forbidden (seen, but not allowed).
func (d Decision) Fault() error {
	switch {
	case d.Allowed:
		return nil
	case d.fault == nil:
		return errForbidden
	}
	return d.fault
}

// ErrNotFound is what is answered to whoever may not see something. Whatever can be hidden answers with it also when it is
// not there: another sentence would tell the two apart.
var ErrNotFound = fault.NotFound("not_found", "没有找到，可能已被删除，或不在您的范围内")

var (
	errUnauthenticated = fault.Unauthenticated("unauthenticated", "请先登录")
	errNotBound        = fault.Forbidden("not_bound", "请先用手机号绑定党员身份")
	errForbidden       = fault.Forbidden("forbidden", "您没有这项权限，请联系支部书记")
)

// Can decides whether the actor may do the action on the object. It fails closed: an unknown action is refused.
func Can(a Actor, action Action, o Object) Decision {
	switch action {
	case Login:
		return yes
	case UseSession:
		return ifElse(a.UserID != 0, errUnauthenticated)
	case BeMember:
		return member(a)
	case SeeEvent:
		return member(a).and(ifElse(canSee(a, o), ErrNotFound))
	case RunEvent:
		return member(a).and(ifElse(canSee(a, o), ErrNotFound)).and(ifElse(a.Runs(o.Host), errForbidden))
	case SeePeople:
		return member(a).and(ifElse(canSee(a, o), ErrNotFound)).and(ifElse(len(a.Scope(o)) > 0, errForbidden))
	case RunOrg:
		return member(a).and(ifElse(a.Runs(o.Host), ErrNotFound))
	case AdminOrg:
		return member(a).and(ifElse(a.Runs(o.Host), ErrNotFound)).and(ifElse(a.administers(o.Host), errForbidden))
	case ReadAudit:
		return member(a).and(ifElse(a.Runs(o.Host), ErrNotFound)).and(ifElse(a.answersFor(o.Host), errForbidden))
	case RunSite: // every member may know that a site is there
		return member(a).and(ifElse(a.Runs(o.Host), errForbidden))
	case RunAny:
		return member(a).and(ifElse(slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role.runs() }), errForbidden))
	case KeepSite:
		return member(a).and(ifElse(keeps(a, o), errForbidden))
	case SeeRoles:
		return member(a).and(ifElse(seesRoles(a, o.Host), ErrNotFound))
	case Appoint:
		return member(a).and(ifElse(seesRoles(a, o.Host), ErrNotFound)).and(appoints(a, o))
	}
	return Decision{}
}

var yes = Decision{Allowed: true}

func ifElse(ok bool, f *fault.Error) Decision {
	if ok {
		return yes
	}
	return Decision{fault: f}
}

func (d Decision) and(next Decision) Decision {
	if !d.Allowed {
		return d
	}
	return next
}

func member(a Actor) Decision {
	return ifElse(a.UserID != 0, errUnauthenticated).and(ifElse(a.MemberID != 0, errNotBound))
}

// Runs reports whether the actor holds a running role on the organisation at path or above it.
func (a Actor) Runs(path string) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role.runs() && Within(path, g.OrgPath) })
}

func (a Actor) administers(path string) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == Admin && Within(path, g.OrgPath) })
}

// answersFor: secretaries and admins, of the organisation or above.
func (a Actor) answersFor(path string) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return (g.Role == Admin || g.Role == Secretary) && Within(path, g.OrgPath) })
}

// Answers returns the parts of the tree that the actor answers for as secretary or admin, as paths.
func (a Actor) Answers() []string {
	paths := []string{}
	for _, g := range a.Grants {
		if g.Role == Admin || g.Role == Secretary {
			paths = append(paths, g.OrgPath)
		}
	}
	return paths
}

// keeps: those named for the site, and those who hold any role on the organisation that looks after it or above.
func keeps(a Actor, o Object) bool {
	return slices.Contains(o.Keepers, a.MemberID) || slices.ContainsFunc(a.Grants, func(g Grant) bool { return Within(o.Host, g.OrgPath) })
}

// Within reports whether the organisation at path is the one at above, or below it.
func Within(path, above string) bool { return above != "" && strings.HasPrefix(path, above) }

// Scope returns the parts of the event whose people the actor may see and mark: all of it for those who run the host
// or stand above it, else the guests that the actor runs. Each element is the path of a subtree.
func (a Actor) Scope(o Object) []string {
	if a.Runs(o.Host) {
		return append([]string{o.Host}, o.Guests...)
	}
	var scope []string
	for _, guest := range o.Guests {
		if a.Runs(guest) {
			scope = append(scope, guest)
		}
	}
	return scope
}

// canSee: a draft is seen by those who run the host; anything else by everybody in or below a taking-part
// organisation, and by those who hold a running role above, on or below one.
func canSee(a Actor, o Object) bool {
	if o.Draft {
		return a.Runs(o.Host)
	}
	return slices.ContainsFunc(append([]string{o.Host}, o.Guests...), func(path string) bool {
		return Within(a.OrgPath, path) || a.Runs(path) || slices.ContainsFunc(a.Grants, func(g Grant) bool {
			return g.Role.runs() && Within(g.OrgPath, path)
		})
	})
}

// Package mydata is what a person can do about what is held of them: see it, see who has looked, have it corrected, take it
// along, withdraw what was allowed, and close the account. It reads the tables of all features and keeps little of its own.
package mydata

import (
	"context"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// People is what this package needs of the organisation.
type People interface {
	ActorOf(ctx context.Context, user ident.ID) (authz.Actor, error)
	OrgForActor(ctx context.Context, actor authz.Actor, action authz.Action, id ident.ID) (org.Org, error)
	MembersByID(ctx context.Context, db bun.IDB, ids []ident.ID) (map[ident.ID]org.Member, error)
	Masked(m org.Member) string
	Stays(ctx context.Context, db bun.IDB, member ident.ID) ([]org.Stay, error)
	// EraseUser makes the WeChat identity nobody's: unbound, without sessions, its openid replaced.
	EraseUser(ctx context.Context, tx bun.IDB, user ident.ID) error
}

// Attendance is what this package needs of the check-ins.
type Attendance interface {
	// ForgetPositions removes where the member was at their check-ins, and returns from how many.
	ForgetPositions(ctx context.Context, tx bun.IDB, member ident.ID) (int64, error)
	// ForgetUser removes what only the WeChat identity has left behind.
	ForgetUser(ctx context.Context, tx bun.IDB, user, member ident.ID) error
}

// Messages is what this package needs of the reminders.
type Messages interface {
	// ForgetUser removes what the WeChat identity has allowed.
	ForgetUser(ctx context.Context, tx bun.IDB, user, member ident.ID) error
}

// Deps are what the service needs.
type Deps struct {
	DB         *store.DB
	Clock      clock.Clock
	IDs        *ident.Source
	Log        *slog.Logger
	People     People
	Attendance Attendance
	Messages   Messages
	Grace      time.Duration        // between asking for the end of an account and the end
	Days       func(key string) int // for how many days the category is kept after its use; 0 when it has no such end
}

// Service is the use cases.
type Service struct{ Deps }

// New returns the service.
func New(d Deps) *Service { return &Service{d} }

// whose says about whom a category is asked.
type whose int

const (
	ofUser   whose = iota // the WeChat identity
	ofMember              // the person on the roster
)

// form says how a value is shown.
type form int

const (
	text    form = iota
	instant      // unix milliseconds
	word         // a stored word that has a Chinese one
	yesNo
)

type field struct {
	label string
	form  form
}

// holding is one category of what is held: why, until when, and the query for it, with one place for whose it is.
type holding struct {
	key    string
	title  string
	why    string
	until  string // with %d for the days from the settings
	of     whose
	fields []field
	query  string
}

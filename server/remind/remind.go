// Package remind tells members about events: it plans reminders with each step of an event, expands each into one
// delivery and one inbox message per expected member when it is due, and sends the deliveries as WeChat subscribe
// messages as far as people have allowed it.
//
// # Never twice
//
// WeChat has no key that would make a send repeatable, so the row of a delivery goes to "sending" with an attempt number
// and is committed before the call. Whoever finds it there, after a crash or an answer that never came, knows that the
// message may have gone out. It is then not simply sent again:
//
//   - The answer may still come by another way: WeChat reports every message that it sent (Told, Sent). So the row waits
//     for a while first (answerWait).
//   - It is repeated once, as a question, if and only if the repeat cannot deliver a second message: the template takes
//     one tap for one message, and the ledger, which still counts the grant of the first call, counts exactly one.
//     43101 then means that the first call used that grant: the delivery counts as sent, marked "unconfirmed". If the
//     repeat is accepted, the first call was not.
//   - Otherwise, and when the repeat stays unanswered too, the delivery ends as failed with outcome unknown, and the member
//     is on the list of people to phone.
//
// What remains is a person who has accepted more taps than either the phone or WeChat has told us about; where WeChat's
// push is connected, that takes the loss of three reports at once. An HTTP 5xx other than 504 is an answer: it is
// repeated after a while, like "busy". 504 is a gateway that gave up waiting: unknown.
//
// Deliveries are counted by the state they end in, and "unconfirmed" and "unknown" besides (Deps.Delivered).
package remind

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
	"themeday/server/store"
)

// State is what has become of a delivery.
type State string

// The states. The last four are final, except that WeChat's own report may still correct Failed and Sent.
const (
	Pending State = "pending" // not tried, or to be tried again
	Sending State = "sending" // a call is under way, or its outcome is not known yet
	Sent    State = "sent"    // accepted by WeChat
	Refused State = "refused" // the person has not allowed it, or not any more
	Failed  State = "failed"  // something else stood in the way
	Skipped State = "skipped" // not tried: nobody to send it to, not allowed, too late or withdrawn
)

// Roster says whom an event expects.
type Roster interface {
	// Expected returns everybody in the denominator of the event.
	Expected(ctx context.Context, db bun.IDB, e event.Event) ([]org.Member, error)
	// StandingOf returns what is known of everybody the event is about; of a closed event, as it was settled.
	StandingOf(ctx context.Context, db bun.IDB, e event.Event) ([]checkin.Attendance, error)
}

// People finds organisations and those who look after them.
type People interface {
	// MembersByID returns these members, also those who have left since.
	MembersByID(ctx context.Context, db bun.IDB, ids []ident.ID) (map[ident.ID]org.Member, error)
	// HoldersOf returns the members who hold one of the roles on the organisation itself.
	HoldersOf(ctx context.Context, db bun.IDB, id ident.ID, roles ...authz.Role) ([]org.Member, error)
	// Orgs returns the organisations with these ids; unknown ids are left out.
	Orgs(ctx context.Context, db bun.IDB, ids []ident.ID) ([]org.Org, error)
	// Branches returns all branches that work.
	Branches(ctx context.Context, db bun.IDB) ([]org.Org, error)
	// PathsDuring returns all paths that organisations had in a span of time, of those that have been moved since it began.
	PathsDuring(ctx context.Context, db bun.IDB, from, before time.Time) (map[ident.ID][]string, error)
	// TreeAsOf returns the organisation and all that stood below it at the instant, with their paths as of then.
	TreeAsOf(ctx context.Context, db bun.IDB, top org.Org, at time.Time) ([]org.Org, error)
}

// Contacts says which WeChat identity stands for whom.
type Contacts interface {
	// UsersOf returns the identity of each member who has one.
	UsersOf(ctx context.Context, db bun.IDB, members []ident.ID) (map[ident.ID]org.User, error)
}

// Events finds events.
type Events interface {
	// Load returns the event, or not_found.
	Load(ctx context.Context, db bun.IDB, id ident.ID) (event.Event, error)
	// Overlapping returns those of the events in which an organisation takes part that is, or is above or below, one of
	// the event's own.
	Overlapping(ctx context.Context, db bun.IDB, e event.Event, among []ident.ID) ([]event.Event, error)
	// ThemeDays returns the organisations that take part in a theme day, announced or held, which starts from one instant
	// on and before the other.
	ThemeDays(ctx context.Context, db bun.IDB, from, before time.Time) ([]ident.ID, error)
}

// Orgs finds organisations for those who ask about them.
type Orgs interface {
	// OrgForActor returns the organisation when the actor may do this on it, else not_found or forbidden.
	OrgForActor(ctx context.Context, actor authz.Actor, action authz.Action, id ident.ID) (org.Org, error)
}

// Phones shows phone numbers in the form that may be shown.
type Phones interface {
	// Masked returns such as 138****0001, or "" when there is none.
	Masked(m org.Member) string
}

// Message is one message to one person, by either channel.
type Message struct {
	OpenID     string // of the account that sends
	TemplateID string
	Page       string            // opened by a tap: path with query, no leading slash
	Data       map[string]string // by key of the template, fitted to its rules
	Key        string            // the same for every try of one delivery; the official account sends one message for it
}

// Sender sends subscribe messages.
type Sender interface {
	// SendSubscribe returns WeChat's id of the message, which may be empty. An error that is no *SendError counts as an
	// outcome that nobody knows.
	SendSubscribe(ctx context.Context, m Message) (msgID string, err error)
}

// SendError is what a Sender knows about a send that failed.
type SendError struct {
	Code    int  // WeChat's errcode; 0 when it gave none
	Status  int  // the HTTP status when it was not 200, else 0
	Unknown bool // no readable answer came: WeChat may have accepted the message
	Final   bool // refused before it left, and would be again: a wrong argument or setting; looked at when Code is 0
	Account bool // WeChat gave this server no token: nothing was sent, and an operator may have to act
	Cause   error
}

// Error returns the text for the log.
func (e *SendError) Error() string {
	return fmt.Sprintf("send: errcode %d, status %d, unknown %t: %v", e.Code, e.Status, e.Unknown, e.Cause)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Cause }

// Deps are what the service needs.
type Deps struct {
	DB        *store.DB
	Clock     clock.Clock
	IDs       *ident.Source
	Log       *slog.Logger // nil is silent
	Jobs      *jobs.Queue
	Templates Templates
	Roster    Roster
	People    People
	Contacts  Contacts
	Events    Events
	Orgs      Orgs
	Phones    Phones
	Sender    Sender
	Lister    Lister
	// Official is the official account, by which those are reached who follow it and whom the mini-program cannot. May be nil.
	Official          OfficialAccount
	OfficialTemplates Templates
	// Delivered is called with the state that a delivery has ended in, and with "unconfirmed" or "unknown" besides. May be nil.
	Delivered func(state string)
}

// Service is the use cases of reminders. It implements event.Follower, checkin.RequestFollower
// and org.Inbox.
type Service struct {
	Deps

	checked atomic.Pointer[checkup]

	deliveries gather[sendPayload, deliveryRow]
	occasions  gather[ident.ID, occasion]
	reaches    gather[addressee, reach]
	audiences  gather[ident.ID, map[ident.ID]bool] // of reminders: whom they mean
	beginnings store.Coach[*beginning]
	arrivals   store.Coach[*arrival]

	hold hold
}

// The kinds of jobs.
const (
	jobExpand = "remind.expand"
	jobSend   = "remind.send"
	jobLadder = "remind.ladder"
	jobHeld   = "remind.held"
)

// New returns the service and makes it the handler of its kinds of jobs.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Delivered == nil {
		d.Delivered = func(string) {}
	}
	s := &Service{Deps: d}
	s.deliveries.read, s.occasions.read, s.reaches.read, s.audiences.read = s.readDeliveries, s.readOccasions, s.readReaches, s.readAudiences
	d.Jobs.Handle(jobExpand, s.expand)
	d.Jobs.Handle(jobSend, s.send)
	d.Jobs.Handle(jobLadder, s.climb)
	d.Jobs.Handle(jobHeld, s.tellHeld)
	d.Jobs.Buried(jobSend, s.buried)
	d.Jobs.Revived(jobSend, s.revived)
	if d.Official != nil {
		d.Jobs.Handle(jobFollowers, s.syncFollowers)
	}
	return s
}

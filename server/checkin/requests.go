package checkin

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// RequestKind is what a member asks for.
type RequestKind string

// The kinds.
const (
	AskLeave  RequestKind = "leave"  // 请假: before the event
	AskMakeup RequestKind = "makeup" // 补签: was there, and is not recorded
)

// RequestState is where a request is in its life: pending → approved, declined or withdrawn; an approved leave can still
// be withdrawn until the event closes.
type RequestState string

// The states.
const (
	RequestPending   RequestState = "pending"
	RequestApproved  RequestState = "approved"
	RequestDeclined  RequestState = "declined"
	RequestWithdrawn RequestState = "withdrawn"
)

// Request is what a member asks of those who keep the attendance.
type Request struct {
	ID             ident.ID
	Event          event.Event
	Member         org.Member
	Kind           RequestKind
	Wanted         Status // what the row becomes when it is approved
	Reason         string
	State          RequestState
	DecidedBy      ident.ID  // member; 0 while nobody has
	DecidedAt      time.Time // zero while nobody has
	DecisionReason string
	CreatedAt      time.Time
	Evidence       []ident.ID // pictures; gone some time after the decision
	Recorded       Status     // what the attendance says now
	MayDecide      bool       // the actor who asked for the list may decide it
	MayWithdraw    bool       // likewise
}

// operation names the row that the request made, so that withdrawing takes back that and nothing else.
func (r Request) operation() int64 { return operation(r.Member.ID, "request"+r.ID.String()) }

// RequestFollower does what follows when a request is decided or withdrawn: tell the member, take reminders back. It works
// in the same transaction, so that both happen or neither does.
type RequestFollower interface {
	// RequestMoved is called with the request as it is now: approved, declined or withdrawn. An error undoes the move.
	RequestMoved(ctx context.Context, tx bun.IDB, r Request, now time.Time) error
}

// FollowRequests sets who is told. Use it before serving.
func (s *Service) FollowRequests(f RequestFollower) { s.requests = f }

// Package event holds what a branch plans and holds: theme days, meetings, lectures, volunteering.
package event

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/site"
)

// Kind is the form of an event.
type Kind string

// The kinds.
const (
	ThemeDay         Kind = "theme_day"         // 主题党日
	MemberMeeting    Kind = "member_meeting"    // 党员大会
	CommitteeMeeting Kind = "committee_meeting" // 支委会: expects only those who hold a role on the organisation
	GroupMeeting     Kind = "group_meeting"     // 党小组会
	Lecture          Kind = "lecture"           // 党课
	Volunteering     Kind = "volunteering"      // 志愿服务
)

// Chinese returns the word for the kind.
func (k Kind) Chinese() string {
	return map[Kind]string{
		ThemeDay: "主题党日", MemberMeeting: "党员大会", CommitteeMeeting: "支委会",
		GroupMeeting: "党小组会", Lecture: "党课", Volunteering: "志愿服务",
	}[k]
}

// State is where an event is in its life: draft → published → closed, or cancelled from the first two. A closed one can
// be reopened for a while.
type State string

// The states.
const (
	Draft     State = "draft"
	Published State = "published"
	Closed    State = "closed"
	Cancelled State = "cancelled"
)

// Position is a point on the map.
type Position = site.Position

// Place is where an event is held.
type Place struct {
	Name     string    `json:"name" minLength:"1" maxLength:"60" doc:"As people call it"`
	Address  string    `json:"address,omitempty" maxLength:"120" doc:"How to find it"`
	Position *Position `json:"position,omitempty" doc:"Where it is on the map, if the branch wants distance shown"`
	Radius   int       `json:"radius,omitempty" minimum:"0" maximum:"5000" doc:"Metres around the position that count as there; 0 is 300"`
}

// Window is when people can check in.
type Window struct {
	OpensAt   time.Time `json:"opensAt" doc:"From when a code is accepted; at most a day before the start"`
	ClosesAt  time.Time `json:"closesAt" doc:"Until when a code is accepted; at most a day after the end"`
	LateAfter time.Time `json:"lateAfter" doc:"Who checks in after this is late"`
}

// Reminders says which reminders the event sends.
type Reminders struct {
	Published   bool `json:"published" doc:"When it is published"`
	DayBefore   bool `json:"dayBefore" doc:"On the day before"`
	Soon        bool `json:"soon" doc:"Two hours before"`
	RecordReady bool `json:"recordReady" doc:"After the close: your record is there"`
}

// Event is one event.
type Event struct {
	ID           ident.ID
	Kind         Kind
	Title        string
	Summary      string
	State        State
	Host         org.Org
	Guests       []org.Org
	StartsAt     time.Time
	EndsAt       time.Time
	Place        Place
	SiteID       ident.ID // where it is held, if at a site
	Window       Window
	Reminders    Reminders
	CodeKey      []byte // secret from which the event's codes are made; never leaves the server
	CancelReason string
	CreatedBy    ident.ID // member
	CreatedAt    time.Time
	PublishedAt  time.Time
	ClosedAt     time.Time
	Revision     int // counts the steps of its life
}

// Object returns the event as authz sees it.
func (e Event) Object() authz.Object {
	o := authz.Object{Host: e.Host.Path, Draft: e.PublishedAt.IsZero()}
	for _, guest := range e.Guests {
		o.Guests = append(o.Guests, guest.Path)
	}
	return o
}

// Paths returns the subtrees that take part: the host's first.
func (e Event) Paths() []string {
	o := e.Object()
	return append([]string{o.Host}, o.Guests...)
}

// Step is one step of an event's life.
type Step string

// The steps.
const (
	StepCreated   Step = "created"
	StepEdited    Step = "edited"
	StepPublished Step = "published"
	StepCancelled Step = "cancelled"
	StepClosed    Step = "closed"
	// StepCodeRenewed voids all codes and tickets of before.
	StepCodeRenewed Step = "code_renewed"
	StepReopened    Step = "reopened" // closed → published, to settle anew
)

// Follower does what follows from a step: settle the attendance, plan or withdraw reminders. It works in the step's
// own transaction, so that the step and what follows happen together or not at all.
type Follower interface {
	// Followed is called with the event as it is after the step, and as it was before. An error undoes the step.
	Followed(ctx context.Context, tx bun.IDB, step Step, now time.Time, before, after Event) error
}

// Mark is what an event shows of one member's attendance.
type Mark struct {
	Status string    `json:"status" enum:"present,late,sick,duty,private,exempt,absent,pending"`
	Source string    `json:"source" enum:"scan,spoken,plate,personal,roll,offline,settle,leave,makeup,helped" doc:"How it was recorded"`
	At     time.Time `json:"at" doc:"When"`
	Reason string    `json:"reason" doc:"What the secretary wrote; mostly empty"`
}

// Counts are the figures of one event.
type Counts struct {
	Expected int `json:"expected" doc:"应到: the denominator; exempt people are outside it"`
	Present  int `json:"present" doc:"实到, late ones included"`
	Late     int `json:"late"`
	Leave    int `json:"leave" doc:"Sick, duty and private leave"`
	Exempt   int `json:"exempt"`
	Absent   int `json:"absent"`
	Pending  int `json:"pending" doc:"Expected and not heard of yet"`
}

// Attendance tells events about attendance, which a higher package keeps.
type Attendance interface {
	// CountsOf returns the figures of each event.
	CountsOf(ctx context.Context, events []Event) (map[ident.ID]Counts, error)
	// MarksOf returns the member's mark on each event that has one.
	MarksOf(ctx context.Context, member ident.ID, events []ident.ID) (map[ident.ID]Mark, error)
	// Expects returns which of the events expect the member, by standing and kind.
	Expects(ctx context.Context, member ident.ID, events []Event) (map[ident.ID]bool, error)
}

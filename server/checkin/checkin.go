// Package checkin records who came to an event, and how it is known. Every way in — a scanned code, a spoken one, the
// secretary's roll — leads to the same row.
package checkin

import (
	"time"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// Status is what is known of one member at one event.
type Status string

// The statuses. Sick, Duty and Private are kinds of leave: excused is not absent.
const (
	Pending Status = "pending" // nothing known, or a mark taken back
	Present Status = "present"
	Late    Status = "late"
	Sick    Status = "sick"    // 病假
	Duty    Status = "duty"    // 公假
	Private Status = "private" // 事假
	Exempt  Status = "exempt"  // outside the denominator: flowed out, long illness
	Absent  Status = "absent"
)

// came reports whether the member was there.
func (s Status) came() bool { return s == Present || s == Late }

// excused reports whether it is a kind of leave.
func (s Status) excused() bool { return s == Sick || s == Duty || s == Private }

// Source is how it is known.
type Source string

// The sources.
const (
	Scan    Source = "scan"    // the member scanned the event's code
	Spoken  Source = "spoken"  // the member typed the spoken code
	Roll    Source = "roll"    // the secretary's roll
	Offline Source = "offline" // scanned without signal, sent later
	Plate   Source = "plate"   // the member scanned the plate of the site where the event is held
	Settle  Source = "settle"  // filled in when the event closed

	Personal Source = "personal" // the secretary scanned the member's own code
	Leave    Source = "leave"    // asked for by the member and approved
	Makeup   Source = "makeup"   // 补签: asked for by the member afterwards and approved
	Helped   Source = "helped"   // by a member beside them who had scanned
)

// byMember reports whether the member did it, or proved it with the own code, so that taking it back needs a reason.
func (s Source) byMember() bool {
	return s == Scan || s == Spoken || s == Offline || s == Personal || s == Plate
}

// Attendance is one row: one member at one event.
type Attendance struct {
	EventID    ident.ID
	Member     org.Member
	Expected   bool
	Status     Status
	Source     Source    // "" while Pending
	At         time.Time // the instant of the act; zero while Pending
	RecordedBy ident.ID  // member; 0 when the member did it or it was settled
	Position   Position
	Reason     string
	Revision   int // 0 when there is no row yet
	OpID       int64
}

// Position is what is kept of where the phone was: never the point itself.
type Position string

// The distance bands.
const (
	NoPosition Position = "none"
	Near       Position = "near"    // within the place's radius, allowing for the phone's accuracy
	Far1km     Position = "far_1km" // up to a kilometre outside
	Far5km     Position = "far_5km" // up to five
	Far        Position = "far"
)

// Point is where a phone says it is. It is judged and forgotten.
type Point struct {
	Lat      float64 `json:"lat" minimum:"-90" maximum:"90" doc:"Degrees north, GCJ-02"`
	Lng      float64 `json:"lng" minimum:"-180" maximum:"180" doc:"Degrees east, GCJ-02"`
	Accuracy float64 `json:"accuracy,omitempty" minimum:"0" maximum:"100000" doc:"Metres, as the phone reports"`
}

// Expectation says how an event counts a person.
type Expectation int

// The expectations.
const (
	Outside  Expectation = iota // not asked to come
	Expected                    // in the denominator
	Excused                     // welcome, but outside the denominator
)

// Person is somebody of an event's roster.
type Person struct {
	org.Member
	Expectation Expectation
	Why         Why
}

// expectation is how the event counts a member; reasonFor is the rule.
func expectation(m org.Member, kind event.Kind, officer bool) Expectation {
	return reasonFor(m, kind, officer).expectation()
}

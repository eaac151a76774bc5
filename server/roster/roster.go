// Package roster takes in rosters as offices send them, and gives them back clean.
//
// A file is held in memory while it is read: what is kept of it are rows of name, branch, kind, standing, sealed
// phone number and the date of joining. Identity numbers and everything else in it are never stored. The rows are compared
// with the roster, the person decides what is doubtful, and a job then writes all of it or nothing.
package roster

import (
	"time"

	"themeday/server/ident"
	"themeday/server/org"
)

// Verdict says what a row of the file means for the roster.
type Verdict string

// The verdicts.
const (
	Newcomer  Verdict = "new"       // somebody who is not on the roster
	Changed   Verdict = "changed"   // somebody of whom the file says something else
	Unchanged Verdict = "unchanged" // the roster says so already
	Doubtful  Verdict = "doubtful"  // the person has to decide
	Refused   Verdict = "refused"   // cannot be taken in; the sentence says why
)

// Decision is what the person says about a row.
type Decision string

// The decisions. Without one, new and changed rows are taken in, and nothing can be applied while a doubtful row is open.
const (
	Undecided Decision = ""
	Take      Decision = "take"  // this is the member whom the row was compared with
	Apart     Decision = "apart" // this is another person: add them
	Skip      Decision = "skip"  // leave this row out
)

// State is where an import stands.
type State string

// The states.
const (
	Reading  State = "reading"  // not there yet as a whole
	Ready    State = "ready"    // read and compared; waits for decisions
	Applying State = "applying" // a job writes it
	Applied  State = "applied"
	Failed   State = "failed" // nothing was written; the problem says why
)

// keepPreview is how long an import waits for the person. Afterwards it is as if it were not there, and is deleted.
const keepPreview = 24 * time.Hour

// keepReading is how long an import that is being read may show no sign of life.
const keepReading = 5 * time.Minute

// Entry is what one row says about a person. What it does not say is empty, and then nothing is changed.
type Entry struct {
	Name     string
	Org      ident.ID
	Kind     string
	Standing org.Standing
	Phone    org.SealedPhone
	Mask     string // a number as exports show it, such as 138****0001, in place of Phone
	BadPhone bool   // there was something, and it is no mobile number
	Since    string // date of joining the Party: 1989-06-20, 1989-06 or 1989
	Twice    bool   // an earlier row has the same name and branch, and nothing tells the two apart
}

// Finding is an entry held against the roster.
type Finding struct {
	Verdict  Verdict
	Member   ident.ID // whom it was compared with; 0 for nobody
	Seen     string   // what the member was then, as a fingerprint
	Sentence string   // for the person, in Chinese
	Choices  []Decision
}

// Import is one file that was read.
type Import struct {
	ID        ident.ID
	OrgID     ident.ID
	CreatedBy ident.ID
	State     State
	FileName  string
	Summary   RosterSummary
	Problem   string
	CreatedAt time.Time
	ExpiresAt time.Time
	AppliedAt time.Time // zero unless applied
}

// RosterSummary is what is told about a file as a whole.
type RosterSummary struct {
	Sheets  []RosterSheet  `json:"sheets"`
	Dropped []RosterColumn `json:"dropped" doc:"Columns of which nothing was kept"`
	Missing int            `json:"missing" doc:"Members of the branches in the file who are not in it; they stay as they are"`
}

// RosterSheet is one sheet of the file.
type RosterSheet struct {
	Name   string `json:"name"`
	People int    `json:"people" doc:"Rows with a person, each person once"`
	Total  int    `json:"total" doc:"What the sheet's own total line says; 0 without one"`
	Header int    `json:"header" doc:"Row of the header, from 1; 0 when none was found and the sheet was left out"`
}

// RosterColumn is a column of which nothing was kept.
type RosterColumn struct {
	Name     string `json:"name"`
	Identity bool   `json:"identity" doc:"It held identity numbers: recognised and thrown away"`
}

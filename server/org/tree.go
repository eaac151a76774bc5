package org

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/ident"
)

// Facts are what an organisation says about itself.
type Facts struct {
	Name        string
	ThemeDay    int    // day of the month, 1–28
	Address     string // where it meets; "" when it is not known
	TermStart   string // when its committee was elected: 2024-06-18; "" when it is not known
	TermYears   int    // how many years that committee serves, 0 when it is not known
	ElectionDue string // when the next election has to be held: 2027-06-18; "" when it is not known
}

// Detail is an organisation with all that is kept of it.
type Detail struct {
	Org
	Facts
	Successor ident.ID // the organisation that it was merged into; 0 unless it was
	Revision  int      // counts its changes
	CreatedAt time.Time
}

// OrgAct is what was done to an organisation.
type OrgAct string

// The acts.
const (
	ActCreated  OrgAct = "created"
	ActEdited   OrgAct = "edited"
	ActMoved    OrgAct = "moved"
	ActMerged   OrgAct = "merged"   // into another one, and closed
	ActAbsorbed OrgAct = "absorbed" // took another one in
	ActClosed   OrgAct = "closed"
	ActReopened OrgAct = "reopened"
)

// Difference is one thing that an act has changed, in the words of that day.
type Difference struct {
	What string `json:"what" enum:"name,themeDay,address,termStart,termYears,electionDue,parent,successor,absorbed,people,events,sites,reason"`
	From string `json:"from" doc:"Empty when there was nothing"`
	To   string `json:"to" doc:"Empty when it was taken away"`
}

// Past is one act in the history of an organisation.
type Past struct {
	Act  OrgAct
	By   ident.ID // member; 0 for whoever set the program up
	At   time.Time
	What []Difference
}

// Stake is what another feature keeps in the name of an organisation.
type Stake interface {
	// Open returns how many there are that are not over, such as 2 and "场未结束的活动".
	Open(ctx context.Context, db bun.IDB, org ident.ID) (n int, called string, err error)
	// HandOver gives what is not over to another organisation, in the transaction of a merge, and returns how many. It may
	// refuse with a conflict that says what has to be done before.
	HandOver(ctx context.Context, tx bun.IDB, from, to Org, by ident.ID, at time.Time) (n int, err error)
}

// HasStake adds what stands in the way of closing an organisation, and goes along when it is merged; what names it in the
// differences of a merge. Use it before serving.
func (s *Service) HasStake(what string, h Stake) { s.stakes = append(s.stakes, stake{what, h}) }

type stake struct {
	what string
	Stake
}

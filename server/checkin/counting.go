package checkin

import (
	"themeday/server/event"
	"themeday/server/org"
)

// Why is the rule by which an event counts a person, or does not.
type Why string

// The reasons. They are stored with the settlement.
const (
	WhyMember      Why = "member"       // in normal standing
	WhyFlowIn      Why = "flow_in"      // takes part where they live
	WhyFlowOut     Why = "flow_out"     // welcome, outside the denominator
	WhyLongIllness Why = "long_illness" // likewise
	WhySuspended   Why = "suspended"    // not asked
	WhyNoOfficer   Why = "no_officer"   // a committee meeting asks the committee only
	WhyJoinedLater Why = "joined_later" // came to the branch after the meeting began
	WhyElsewhere   Why = "elsewhere"    // did not belong here when the meeting began
)

func (w Why) expectation() Expectation {
	switch w {
	case WhyMember, WhyFlowIn:
		return Expected
	case WhyFlowOut, WhyLongIllness:
		return Excused
	case WhySuspended, WhyNoOfficer, WhyJoinedLater, WhyElsewhere:
	}
	return Outside
}

// reasonFor is the rule of who counts: members in normal standing and those who flowed in are expected; those who
// flowed out or are ill for long are excused; suspended members are not asked. A committee meeting asks only those who
// hold a role on the organisation. Source: rules on party membership and on committees, see the decision records.
func reasonFor(m org.Member, kind event.Kind, officer bool) Why {
	if kind == event.CommitteeMeeting && !officer {
		return WhyNoOfficer
	}
	switch m.Standing {
	case org.Normal:
		return WhyMember
	case org.FlowIn:
		return WhyFlowIn
	case org.FlowOut:
		return WhyFlowOut
	case org.LongIllness:
		return WhyLongIllness
	case org.Suspended:
	}
	return WhySuspended
}

// quorumRule is the share of those entitled to vote that must be present for a meeting to be valid.
type quorumRule struct {
	numerator, denominator int
	more                   bool // more than the share; else the share is enough
}

// quorumRules are the district's to check: the sources were read in copies (PEERS of the decision records). A kind that
// is not here needs no quorum: theme days, lectures, group meetings and volunteering decide nothing.
var quorumRules = map[event.Kind]quorumRule{
	// 支部工作条例 (2018), on 党员大会: 有表决权的到会党员超过应到会有表决权党员的半数. Elections ask for four fifths (选举工作条例
	// 2020); they are not told apart here.
	event.MemberMeeting: {1, 2, true},
	// The same, on 支部委员会会议: 须有半数以上委员到会. Half exactly is read either way; the stricter reading is taken.
	event.CommitteeMeeting: {1, 2, true},
}

func (r quorumRule) needed(voters int) int {
	if r.more {
		return voters*r.numerator/r.denominator + 1
	}
	return (voters*r.numerator + r.denominator - 1) / r.denominator
}

// Quorum says whether enough of those with a vote are there.
type Quorum struct {
	Voters  int `json:"voters" doc:"Full members in the denominator; probationary members have no vote"`
	Needed  int `json:"needed" doc:"How many of them must be present"`
	Present int `json:"present" doc:"How many of them are"`
}

// votes reports whether the person counts for the quorum: a full member who is in the denominator.
func votes(m org.Member, expected bool) bool { return expected && m.Kind == org.MemberKindFull }

// quorumOf counts a whole list; nil where the kind of event needs no quorum.
func quorumOf(kind event.Kind, list []Attendance) *Quorum {
	rule, ruled := quorumRules[kind]
	if !ruled {
		return nil
	}
	var q Quorum
	for _, a := range list {
		if !votes(a.Member, inDenominator(a.Status, a.Expected)) {
			continue
		}
		q.Voters++
		if a.Status.came() {
			q.Present++
		}
	}
	q.Needed = rule.needed(q.Voters)
	return &q
}

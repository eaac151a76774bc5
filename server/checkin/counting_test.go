package checkin_test

import (
	"strings"
	"testing"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/org"
)

func TestQuorum(t *testing.T) {
	for _, c := range []struct {
		name            string
		kind            event.Kind
		voters, present int
		needed          int // 0: no quorum
		met             bool
	}{
		{"nobody may vote", event.MemberMeeting, 0, 0, 1, false},
		{"one of one", event.MemberMeeting, 1, 1, 1, true},
		{"half is not more than half", event.MemberMeeting, 4, 2, 3, false},
		{"more than half", event.MemberMeeting, 4, 3, 3, true},
		{"odd", event.MemberMeeting, 23, 12, 12, true},
		{"odd, one short", event.MemberMeeting, 23, 11, 12, false},
		{"committee", event.CommitteeMeeting, 5, 3, 3, true},
		{"theme day", event.ThemeDay, 5, 5, 0, false},
		{"lecture", event.Lecture, 5, 5, 0, false},
		{"volunteering", event.Volunteering, 5, 5, 0, false},
		{"group meeting", event.GroupMeeting, 5, 5, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Probationary members, the excused and those whom the roll exempts change nothing.
			list := []checkin.Attendance{
				{Member: org.Member{Kind: org.MemberKindProbationary}, Expected: true, Status: checkin.Present},
				{Member: org.Member{Kind: org.MemberKindFull}, Status: checkin.Present},
				{Member: org.Member{Kind: org.MemberKindFull}, Expected: true, Status: checkin.Exempt},
			}
			for i := range c.voters {
				a := checkin.Attendance{Member: org.Member{Kind: org.MemberKindFull}, Expected: true, Status: checkin.Sick}
				if i < c.present {
					a.Status = checkin.Late
				}
				list = append(list, a)
			}
			q := checkin.QuorumOf(c.kind, list)
			if q == nil {
				if c.needed != 0 {
					t.Fatal("no quorum")
				}
				return
			}
			if *q != (checkin.Quorum{Voters: c.voters, Needed: c.needed, Present: c.present}) || q.Present >= q.Needed != c.met {
				t.Errorf("%+v", *q)
			}
		})
	}
}

func TestSentences(t *testing.T) {
	full, probationary := org.Member{Kind: org.MemberKindFull}, org.Member{Kind: org.MemberKindProbationary}
	for _, c := range []struct {
		counted  checkin.Counted
		recorder string
		want     string
	}{
		{checkin.Counted{Attendance: checkin.Attendance{Member: full, Expected: true, Status: checkin.Present, Source: checkin.Scan, At: at("15:05")}, Why: checkin.WhyMember, Votes: true}, "", "活动开始时在本组织，计入应到。|7月10日 15:05扫码，记为已到。|正式党员，有表决权，计入法定人数。"},
		{checkin.Counted{Attendance: checkin.Attendance{Member: probationary, Expected: true, Status: checkin.Absent, Source: checkin.Settle}, Why: checkin.WhyFlowIn}, "", "活动开始时是流入党员，在居住地参加，计入应到。|没有签到、点名和请假记录，结束时记为缺席。|预备党员没有表决权，不计入法定人数。"},
		{checkin.Counted{Attendance: checkin.Attendance{Member: full, Expected: true, Status: checkin.Exempt, Source: checkin.Roll, Reason: "住院"}, Why: checkin.WhyMember}, "王书记", "原应参加，书记登记为免到（住院），不计入应到。|不计入法定人数。"},
		{checkin.Counted{Attendance: checkin.Attendance{Member: full, Expected: true, Status: checkin.Duty, Source: checkin.Roll}, Why: checkin.WhyMember, Votes: true}, "王书记", "活动开始时在本组织，计入应到。|由王书记登记为公假，算请假，不算缺席。|正式党员，有表决权，计入法定人数。"},
		{checkin.Counted{Attendance: checkin.Attendance{Member: full, Status: checkin.Pending}, Why: checkin.WhyJoinedLater}, "", "活动开始以后才转入，不计入应到。|不计入法定人数。"},
	} {
		if got := strings.Join(checkin.Sentences(c.counted, event.Event{Kind: event.MemberMeeting}, c.recorder), "|"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

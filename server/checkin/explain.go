package checkin

import (
	"themeday/server/event"
	"themeday/server/org"
)

// Words of a record, for sentences and for the exported table.
var (
	statusWords = map[Status]string{
		Pending: "未到", Present: "已到", Late: "迟到", Sick: "病假", Duty: "公假", Private: "事假", Exempt: "免到", Absent: "缺席",
	}
	sourceWords = map[Source]string{
		Scan: "扫码", Spoken: "口令", Personal: "个人码", Roll: "点名", Offline: "离线补交", Leave: "批准请假", Makeup: "批准补签", Helped: "代为签到", Plate: "场馆码", Settle: "办结结算",
	}
	kindWords = map[string]string{org.MemberKindFull: "正式党员", org.MemberKindProbationary: "预备党员"}
)

// sentence says in plain words by which rule the person counts.
func (w Why) sentence() string {
	switch w {
	case WhyMember:
		return "活动开始时在本组织，计入应到。"
	case WhyFlowIn:
		return "活动开始时是流入党员，在居住地参加，计入应到。"
	case WhyFlowOut:
		return "活动开始时是流出党员，不计入应到；来了同样记为已到。"
	case WhyLongIllness:
		return "活动开始时在长期病休，不计入应到；来了同样记为已到。"
	case WhySuspended:
		return "活动开始时处于停止党籍期间，不通知参加，不计入应到。"
	case WhyNoOfficer:
		return "支委会只要求支部委员参加，不计入应到。"
	case WhyJoinedLater:
		return "活动开始以后才转入，不计入应到。"
	case WhyElsewhere:
	}
	return "活动开始时不在本组织，不计入应到。"
}

// sentences explain one line of a settlement: the rule, what was recorded, and the vote.
func (c Counted) sentences(e event.Event, recorder string) []string {
	lines := []string{c.Why.sentence()}
	if c.Status == Exempt && c.Expected {
		lines = []string{"原应参加，书记登记为免到" + because(c.Reason) + "，不计入应到。"}
	}
	if line := c.recorded(recorder); line != "" {
		lines = append(lines, line)
	}
	if _, ruled := quorumRules[e.Kind]; ruled {
		lines = append(lines, c.vote())
	}
	return lines
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return "（" + reason + "）"
}

func (c Counted) recorded(recorder string) string {
	switch {
	case c.Status == Pending, c.Status == Exempt:
		return ""
	case c.Source == Settle:
		return "没有签到、点名和请假记录，结束时记为缺席。"
	case c.Status.came():
		return sayTime(c.At) + by(recorder, sourceWords[c.Source]) + "，记为" + statusWords[c.Status] + because(c.Reason) + "。"
	case c.Status == Absent:
		return by(recorder, "") + "登记为缺席" + because(c.Reason) + "。"
	}
	return by(recorder, "") + "登记为" + statusWords[c.Status] + because(c.Reason) + "，算请假，不算缺席。"
}

// by names the recorder, or says how it was recorded when the member did it.
func by(recorder, how string) string {
	if recorder == "" {
		return how
	}
	return "由" + recorder + how
}

func (c Counted) vote() string {
	switch {
	case c.Votes:
		return "正式党员，有表决权，计入法定人数。"
	case c.Member.Kind == org.MemberKindProbationary:
		return "预备党员没有表决权，不计入法定人数。"
	}
	return "不计入法定人数。"
}

// sentence says whether the meeting is valid.
func (q Quorum) sentence() string {
	if q.Present >= q.Needed {
		return "有表决权的应到党员过半数到会，可以开会表决。"
	}
	return "有表决权的应到党员到会不足半数，按规定不能表决。"
}

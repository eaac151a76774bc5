package roster

import "themeday/server/org"

var kindWords = map[string]string{org.MemberKindFull: "正式党员", org.MemberKindProbationary: "预备党员"}

var standingWords = map[org.Standing]string{
	org.Normal: "正常", org.FlowOut: "流出", org.FlowIn: "流入", org.LongIllness: "长期病休", org.Suspended: "停止党籍",
}

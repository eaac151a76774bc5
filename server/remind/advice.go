package remind

import (
	"strings"
	"time"

	"themeday/server/event"
)

// Held is what a pending delivery is shown as while it waits for something: the morning, the next day, or the next try
// after one that failed. It is never stored.
const Held State = "held"

// What a held delivery waits for.
const (
	whyNight    = "夜间不打扰，早上 7:30 以后再发"
	whyNextTry  = "刚才没有发成，过一会儿自动再发"
	whyDayLimit = "今天的微信发送额度已用完，明天自动再发"
	whyCeiling  = "本月提醒已达上限，只进站内信"
	whyAwaiting = "已交给微信，在等回音"
)

// shown returns a delivery's state and reason as the secretary reads them.
func (d deliveryRow) shown(r reminderRow, now time.Time) (State, string) {
	switch {
	case d.State == Sending && d.Reason == "":
		return Sending, whyAwaiting
	case d.State != Pending:
		return d.State, d.Reason
	case d.Code == codeDayQuota:
		return Held, whyDayLimit
	case isHeldByNight(r, now):
		return Held, whyNight
	case d.Attempt > 0:
		return Held, whyNextTry
	}
	return Pending, d.Reason
}

func isHeldByNight(r reminderRow, now time.Time) bool { return !r.Urgent && afterQuiet(now).After(now) }

// The second half of an advice: whether to phone.
const (
	callNow    = "这次请打电话通知。"
	callUrgent = "要紧的话，请打电话通知。"
	noCall     = ""
)

// advice is what the secretary can do about a delivery that did not arrive.
type advice struct {
	begins string // of the reason
	does   string // what helps next time, or lastingly
	call   string
}

// advices are read by people who have never heard of a grant or a template.
var advices = []advice{
	{whyUnbound, "请他打开小程序，用手机号绑定。", callNow},
	{whyNoGrant, "请他在活动页点一次“提醒我”。", callNow},
	{whyRefused, "请他在活动页点一次“提醒我”。", callNow},
	{whyNotFollowing, "请他关注公众号，或在活动页点一次“提醒我”。", callNow},
	{strangers[codeNoGrant], "请他在公众号的设置里打开通知，或在活动页点一次“提醒我”。", callNow},
	{whyBlocked, "请他在活动页点一次“提醒我”。", callNow},
	{whyNoTemplate, "请管理员配置微信通知。", callNow},
	{whyMuted, "这是本人的选择，小程序的消息里有。", callUrgent},
	{whyOnLeave, "不用再做什么。", noCall},
	{whyTooLate, "不用再做什么。", noCall},
	{whyQuiet, "", callUrgent},
	{whyCeiling, "他打开小程序就能看到。", callUrgent},
	{finals[codeOpenID], "请他退出小程序，重新打开登录一次。", callNow},
	{finals[codeSensitive], "请换一种说法，改了活动的名称或地点会重新通知。", callNow},
	{officialFinals[codeMarketing], "请换一种说法，改了活动的名称或地点会重新通知。", callNow},
	{whyNotArrived, "请他看看微信里是不是关了这个小程序的通知。", callNow},
	{whyBusy, "", callNow},
	{whyDayLimit, "不用做什么。", callUrgent}, // begins as the next one does
	{whyQuota, "", callNow},
	{whyUnknown, "打电话问一声就清楚了。", noCall},
	{whyUnconfirmed, "不用再做什么。", noCall},
	{whyFault, "", callNow},
	{whyNeverTold, "他是后来加进名单的。", callNow},
	{whyNight, "等不及可以点“现在就发”。", noCall},
	{whyNextTry, "不用做什么。", callUrgent},
	{whyAwaiting, "过一会儿再看。", noCall},
	{whyTakenBack, "不用再做什么。", noCall},
	{whySwitchedOff, "", callUrgent},
	{whyRevoked, "不用再做什么。", noCall},
	{whyNotMeant, "不用再做什么。", noCall},
	{"活动有变更", "不用做什么，新通知会接着发。", noCall},
	{"活动已", "不用再做什么。", noCall},
	{whyWithdrawn[event.StepReopened], "不用做什么，再次结束时会发。", noCall},
}

const whyNotArrived = "微信收下了，但没有送到"

// adviceFor returns what the secretary can do about a delivery in this state with this reason, and whether to phone. A
// reason that it does not know leads to the phone, too, for what has not arrived.
func adviceFor(state State, reason string) advice {
	for _, a := range advices {
		if reason != "" && strings.HasPrefix(reason, a.begins) {
			return a
		}
	}
	switch {
	case state == Sent || state == Pending || state == Sending:
		return advice{}
	case strings.Contains(reason, "管理员"):
		return advice{does: "请把这句话告诉管理员。", call: callNow}
	}
	return advice{call: callUrgent}
}

func (a advice) String() string { return a.does + a.call }

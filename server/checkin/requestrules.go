package checkin

import (
	"time"
	"unicode/utf8"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
)

// How long after the end of an event a make-up can be asked for, and a request decided. The record of a month is looked
// at in the following one; after two nobody remembers who was there.
const (
	makeupLife = 30 * 24 * time.Hour
	decideLife = 60 * 24 * time.Hour
)

const (
	minReason   = 2 // characters
	maxEvidence = 2 // pictures per request
)

// Refusals of requests.
var (
	errLeaveLate     = fault.Conflict("leave_too_late", "活动已经开始，不能再请假，请直接联系书记")
	errOnLeave       = fault.Conflict("already_on_leave", "您已经请过假了")
	errCame          = fault.Conflict("already_present", "已经签到，不用再申请")
	errCameBefore    = fault.Conflict("already_present", "本人已经签到，不能再批准请假")
	errMakeupLate    = fault.Conflict("makeup_too_late", "活动结束超过三十天，不能再申请补签，请找书记更正")
	errMakeupEarly   = fault.Conflict("event_not_open_yet", "签到还没有开始，到时请先扫码签到")
	errRequestOpen   = fault.Conflict("request_open", "您的上一个申请还在等待审批，请先撤回")
	errNotPending    = fault.Conflict("request_decided", "这个申请已经处理过了，请刷新")
	errDecideLate    = fault.Conflict("request_expired", "活动结束超过六十天，不能再处理这个申请")
	errOwnRequest    = fault.Forbidden("own_request", "自己的申请要由其他负责人审批")
	errNoWithdraw    = fault.Conflict("request_decided", "这个申请已经处理过，不能撤回了")
	errLeaveSettled  = fault.Conflict("event_closed", "活动已结束，请假记录要请书记更正")
	errExcusedAlways = fault.Conflict("not_expected", "您不在这次活动的应到名单里，不用请假")
	errWanted        = fault.Invalid("invalid_input", "填写的内容有误，请检查后重试").WithField("status", "请选择病假、公假或事假；补签只能登记为到场")
	errRequestReason = fault.Invalid("reason_required", "请写明原因（至少两个字）").WithField("reason", "请写明原因")
)

// checkWanted: a leave is sick, duty or private; a make-up is presence.
func checkWanted(kind RequestKind, wanted Status, reason string) error {
	switch {
	case kind == AskLeave && !wanted.excused(), kind == AskMakeup && wanted != Present:
		return errWanted
	case utf8.RuneCountInString(reason) < minReason:
		return errRequestReason
	}
	return nil
}

// mayAsk decides whether a member of this expectation may ask for this now. recorded is what the attendance says.
func mayAsk(e event.Event, kind RequestKind, x Expectation, recorded Status, now time.Time) error {
	switch {
	case e.State == event.Draft:
		return errNotPublished
	case e.State == event.Cancelled:
		return errCancelled
	case x == Outside:
		return errNotExpected
	case recorded.came():
		return errCame
	case kind == AskLeave:
		return mayAskLeave(e, x, recorded, now)
	case now.Before(e.Window.OpensAt):
		return errMakeupEarly
	case now.Sub(e.EndsAt) > makeupLife:
		return errMakeupLate
	}
	return nil
}

func mayAskLeave(e event.Event, x Expectation, recorded Status, now time.Time) error {
	switch {
	case x != Expected:
		return errExcusedAlways
	case e.State == event.Closed || !now.Before(e.StartsAt):
		return errLeaveLate
	case recorded.excused():
		return errOnLeave
	}
	return nil
}

// mayDecide decides whether a person within whose scope the member is may decide the request. own says that it is their
// own, others that somebody else could decide it: nobody decides for themselves where another one can.
func mayDecide(r Request, own, others bool, now time.Time) error {
	switch {
	case own && others:
		return errOwnRequest
	case r.State != RequestPending:
		return errNotPending
	case r.Event.State == event.Cancelled:
		return errCancelled
	case now.Sub(r.Event.EndsAt) > decideLife:
		return errDecideLate
	}
	return nil
}

// mayApprove: first presence wins, and a later leave does not undo it.
func mayApprove(r Request, recorded Status) error {
	switch {
	case !recorded.came():
		return nil
	case r.Kind == AskLeave:
		return errCameBefore
	}
	return errCame
}

// mayWithdraw: what is open, and a leave that was approved while plans can still change.
func mayWithdraw(r Request) error {
	switch {
	case r.State == RequestPending:
		return nil
	case r.State != RequestApproved || r.Kind != AskLeave:
		return errNoWithdraw
	case r.Event.State == event.Closed:
		return errLeaveSettled
	}
	return nil
}

// decides reports whether the member stands within what the actor may see of the event: the same scope as the roll's.
func decides(actor authz.Actor, r Request) bool {
	return inScope(r.Member, actor.Scope(r.Event.Object()))
}

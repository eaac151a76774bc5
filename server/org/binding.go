package org

import (
	"time"

	"themeday/server/authz"
	"themeday/server/fault"
	"themeday/server/ident"
)

// Invitation lets people ask for a binding: anybody of an organisation, whom a secretary then approves, or one member.
type Invitation struct {
	ID        ident.ID
	Org       Org
	Member    Member // of a personal invitation: whom it is for; the zero Member otherwise
	MaxUses   int
	Uses      int
	CreatedBy ident.ID
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero unless revoked
}

// InvitationState is what an invitation is good for.
type InvitationState string

// The states of an invitation. Only an open one lets anybody ask.
const (
	InvitationOpen    InvitationState = "open"
	InvitationUsed    InvitationState = "used"
	InvitationExpired InvitationState = "expired"
	InvitationRevoked InvitationState = "revoked"
)

// BindingState is how far a request to be bound is.
type BindingState string

// The states of a request.
const (
	BindingPending   BindingState = "pending"
	BindingApproved  BindingState = "approved"
	BindingDeclined  BindingState = "declined"
	BindingWithdrawn BindingState = "withdrawn" // by the asker, or because the identity was bound in another way
)

// BindingRequest is a WeChat identity's wish to stand for a member.
type BindingRequest struct {
	ID         ident.ID
	UserID     ident.ID
	Org        Org
	MemberID   ident.ID // whom the asker has chosen, or whom the request was approved for; 0 until then
	Invitation ident.ID // 0 when the phone number spoke for the asker
	Name       string   // as the asker gave it
	Last4      string   // of the phone number, as the asker gave it; forgotten with the decision
	State      BindingState
	DecidedBy  ident.ID // 0 when nobody had to decide
	DecidedAt  time.Time
	Reason     string // of the decision
	CreatedAt  time.Time
}

// Choice is one of the people with a phone number that several have, or whom another WeChat identity stands for.
type Choice struct {
	Name  string // such as 王＊
	Taken bool   // another identity stands for this person: choosing means to take its place
	Pick  string // to ask with; good for ten minutes and for this identity only
}

// BindingAct is what happened to a binding.
type BindingAct string

// The acts of the log.
const (
	BoundByPhone      BindingAct = "phone"      // by the phone number
	BoundByInvitation BindingAct = "invitation" // by a personal invitation
	BoundByApproval   BindingAct = "approval"   // by somebody who runs the organisation
	Replaced          BindingAct = "replaced"   // let go, because another identity took its place
	LetGo             BindingAct = "left"       // let go by the person
	Released          BindingAct = "released"   // let go by somebody who runs the organisation
)

// binds reports whether the act made a binding; else it ended one.
func (a BindingAct) binds() bool {
	return a == BoundByPhone || a == BoundByInvitation || a == BoundByApproval
}

// BindingEntry is one line of the log of a member's bindings.
type BindingEntry struct {
	Act    BindingAct
	By     ident.ID // 0 when the person did it alone
	Reason string
	At     time.Time
}

// Errors of bindings.
var (
	errNotInRoster = fault.NotFound("not_in_roster", "花名册里没有这个手机号，请联系支部书记登记")
	errTaken       = fault.Conflict("member_taken", "这位党员刚绑定了另一个微信，请先核对")
	errAlready     = fault.Conflict("already_bound", "这个微信已绑定党员，请先解除绑定")
	errNotBoundYet = fault.Conflict("not_bound", "这个微信还没有绑定党员")
	errInvitation  = fault.NotFound("invitation_wrong", "邀请码或姓名不对，或邀请码已失效，请向书记核对")
	errAttempts    = fault.TooMany("too_many_attempts", "试的次数太多了，请过一会儿再试，或请书记帮忙")
	errUncounted   = fault.Unavailable("try_later", "暂时不能核对邀请码，请稍后再试")
	errPick        = fault.Invalid("choice_expired", "核对已过时，请重新用手机号核对")
	errAskOpen     = fault.Conflict("binding_open", "您已有一个申请在等书记确认")
	errNoRequest   = fault.NotFound("not_found", "没有找到这个申请，可能已撤回，或不在您的范围内")
	errDecided     = fault.Conflict("binding_decided", "这个申请已经处理过了")
	errAsksBound   = fault.Conflict("asker_bound", "申请人的微信已绑定其他党员，这个申请不用处理了")
	errRank        = fault.Forbidden("rank_above", "这位党员还担任您管不到的职务，请由上级组织确认")
	errUnbound     = fault.Conflict("member_not_bound", "这位党员没有绑定微信")
	errNoInvite    = authz.ErrNotFound
	errWrongInput  = fault.Invalid("invalid_input", "填写的内容有误，请检查后重试")
	errReason      = errWrongInput.WithField("reason", "请写明原因，至少两个字")
	errName        = errWrongInput.WithField("name", "请填写姓名")
	errCodeText    = errWrongInput.WithField("code", "邀请码是八位字母和数字")
	errLast4       = errWrongInput.WithField("last4", "请填写手机号的后四位数字")
	errWhom        = errWrongInput.WithField("memberId", "请选择是哪位党员")
)

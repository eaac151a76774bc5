package audit

import (
	"maps"
	"slices"
	"strings"
)

// Action is what was done: a noun and what became of it. The words are stored: they are never changed.
type Action string

// What is done to organisations and by those who are in charge of them.
const (
	OrgCreated  Action = "org.created"
	OrgEdited   Action = "org.edited"
	OrgRenamed  Action = "org.renamed"
	OrgMoved    Action = "org.moved"
	OrgMerged   Action = "org.merged"
	OrgClosed   Action = "org.closed"
	OrgReopened Action = "org.reopened"

	RoleGranted     Action = "role.granted"
	RoleRevoked     Action = "role.revoked"
	RolesHandedOver Action = "roles.handed_over"
	FirstAdmin      Action = "role.first_admin"
)

// What is done to people.
const (
	MemberCreated  Action = "member.created"
	MemberEdited   Action = "member.edited"
	MemberMoved    Action = "member.moved" // another organisation, kind or standing
	MemberLeft     Action = "member.left"
	MemberReturned Action = "member.returned"
	MemberHanded   Action = "member.handed_over" // a transfer that the receiving side has to accept
	MemberDeclined Action = "member.declined"
	MemberRetained Action = "member.retained" // the transfer was taken back
	PostChanged    Action = "member.post_changed"
	PhonesRekeyed  Action = "member.phones_rekeyed"
	CodeRenewed    Action = "member.code_renewed" // the personal code, by somebody else

	Bound              Action = "binding.bound"
	Unbound            Action = "binding.unbound"
	BindingRequested   Action = "binding.requested"
	BindingApproved    Action = "binding.approved"
	BindingRefused     Action = "binding.refused"
	BindingWithdrawn   Action = "binding.withdrawn"
	InvitationMade     Action = "invitation.made"
	InvitationRevoked  Action = "invitation.revoked"
	AccountClosing     Action = "account.closing"
	AccountKept        Action = "account.kept" // the closing was taken back
	AccountClosed      Action = "account.closed"
	ConsentWithdrawn   Action = "consent.withdrawn"
	CorrectionAsked    Action = "correction.asked"
	CorrectionAnswered Action = "correction.answered"

	RosterApplied Action = "roster.applied"
)

// What is done to events, attendance, sites and messages.
const (
	EventPublished Action = "event.published"
	EventEdited    Action = "event.edited"
	EventCancelled Action = "event.cancelled"
	EventClosed    Action = "event.closed"
	EventReopened  Action = "event.reopened"
	EventCode      Action = "event.code_renewed"

	AttendanceCorrected Action = "attendance.corrected"
	RequestApproved     Action = "request.approved"
	RequestRefused      Action = "request.refused"

	SiteCreated  Action = "site.created"
	SiteEdited   Action = "site.edited"
	SiteClosed   Action = "site.closed"
	SiteReopened Action = "site.reopened"
	PlateRenewed Action = "site.plate_renewed"

	CeilingSet      Action = "reminder.ceiling_set"
	DefaultsSet     Action = "reminder.defaults_set"
	QuietMonthSet   Action = "reminder.quiet_month_set"
	QuietMonthEnded Action = "reminder.quiet_month_ended"
	SentNow         Action = "reminder.sent_now"
	JobRetried      Action = "job.retried"
	JobDropped      Action = "job.dropped"
)

// Looks at personal data.
const (
	LookRoster     Action = "look.roster"     // gave a roster out as a file
	LookPhones     Action = "look.phones"     // whom to call
	LookMembers    Action = "look.members"    // the list of an organisation's members
	LookMember     Action = "look.member"     // one member's card
	LookPhone      Action = "look.phone"      // one member's whole number
	LookCodes      Action = "look.codes"      // the personal codes of an organisation's members, to print
	LookPack       Action = "look.pack"       // took an event's people onto a phone that is to work without signal
	LookAttendance Action = "look.attendance" // gave an event's attendance out as a file
	LookVisits     Action = "look.visits"     // gave a site's visitors out as a file
	LookEvidence   Action = "look.evidence"   // a picture that somebody sent with a request
	LookAudit      Action = "look.audit"      // gave this record out as a file
	LookOwnData    Action = "look.own_data"
)

const lookPrefix = "look."

// Looks reports whether the action only looked at something.
func (a Action) Looks() bool { return strings.HasPrefix(string(a), lookPrefix) }

// Title returns the action in Chinese, for people.
func (a Action) Title() string { return titles[a] }

// Actions returns all actions, in the order of their words.
func Actions() []Action { return slices.Sorted(maps.Keys(titles)) }

var titles = map[Action]string{
	OrgCreated: "新建组织", OrgEdited: "修改组织信息", OrgRenamed: "组织更名", OrgMoved: "调整上级组织", OrgMerged: "合并组织", OrgClosed: "撤销组织", OrgReopened: "恢复组织",
	RoleGranted: "任命职务", RoleRevoked: "免去职务", RolesHandedOver: "交接工作", FirstAdmin: "设立首位管理员",
	MemberCreated: "新增党员", MemberEdited: "修改党员信息", MemberMoved: "调整党员", MemberLeft: "党员转出", MemberReturned: "党员转回", MemberHanded: "提出转接", MemberDeclined: "退回转接", MemberRetained: "撤回转接",
	PostChanged: "调整职务分工", PhonesRekeyed: "更换手机号密钥", CodeRenewed: "更换个人码",
	Bound: "绑定微信", Unbound: "解除微信绑定", BindingRequested: "申请绑定", BindingApproved: "同意绑定", BindingRefused: "拒绝绑定", BindingWithdrawn: "撤回绑定申请", InvitationMade: "生成邀请码",
	InvitationRevoked: "作废邀请码", AccountClosing: "申请注销账号", AccountKept: "撤回注销", AccountClosed: "注销账号",
	ConsentWithdrawn: "撤回位置授权", CorrectionAsked: "申请更正信息", CorrectionAnswered: "处理更正申请",
	RosterApplied:  "导入花名册",
	EventPublished: "发布活动", EventEdited: "修改活动", EventCancelled: "取消活动", EventClosed: "结束活动", EventReopened: "重新打开活动",
	EventCode:           "更换签到码",
	AttendanceCorrected: "更正签到", RequestApproved: "同意申请", RequestRefused: "不同意申请",
	SiteCreated: "新建场馆", SiteEdited: "修改场馆", SiteClosed: "关闭场馆", SiteReopened: "重新开放场馆", PlateRenewed: "更换场馆码",
	CeilingSet: "设置提醒上限", DefaultsSet: "设置提醒方式", QuietMonthSet: "设置免催月份", QuietMonthEnded: "恢复催办",
	SentNow: "提前发出提醒", JobRetried: "重试后台工作", JobDropped: "放弃后台工作",
	LookRoster: "导出花名册", LookPhones: "查看待电话通知名单", LookMembers: "查看党员名单", LookMember: "查看党员信息", LookPhone: "查看党员手机号", LookCodes: "打印个人码", LookPack: "下载签到名单",
	LookAttendance: "导出签到表", LookVisits: "导出参观记录", LookEvidence: "查看申请照片", LookAudit: "导出操作记录", LookOwnData: "导出本人信息",
}

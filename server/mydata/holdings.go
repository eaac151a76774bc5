package mydata

// holdings are all categories of what is held about a person. A test compares them with the schema: what is not in this list has
// its reason there.
var holdings = []holding{
	{
		"account", "微信身份", "认出是您。微信给本小程序的编号只在服务器上，不是您的微信号；昵称和头像从不读取", "注销账号时删除", ofUser,
		[]field{{"首次登录", instant}, {"绑定时间", instant}, {"已绑定党员", yesNo}},
		"SELECT created_at, bound_at, CASE WHEN member_id > 0 THEN 1 ELSE 0 END FROM users WHERE id = ?",
	},
	{
		"sessions", "登录状态", "不用每次重新登录。只存登录凭证的摘要", "结束后 %s删除", ofUser,
		[]field{{"登录时间", instant}, {"有效期至", instant}, {"已退出", yesNo}},
		"SELECT created_at, expires_at, CASE WHEN revoked_at > 0 THEN 1 ELSE 0 END FROM sessions WHERE user_id = ? ORDER BY created_at DESC",
	},
	{
		"closing", "注销申请", "到期前可以撤回", "撤回或注销时删除", ofUser,
		[]field{{"申请时间", instant}, {"注销时间", instant}},
		"SELECT asked_at, due_at FROM account_closings WHERE user_id = ?",
	},
	{
		"binding_requests", "绑定申请", "由书记确认您是谁", "由支部管理；填写的手机号后四位在处理后删除", ofUser,
		[]field{{"组织", text}, {"姓名", text}, {"结果", word}, {"答复", text}, {"时间", instant}},
		"SELECT o.name, r.name, CASE r.state WHEN 'pending' THEN 'open' ELSE r.state END, r.decision_reason, r.created_at FROM binding_requests r JOIN orgs o ON o.id = r.org_id WHERE r.user_id = ? ORDER BY r.id DESC",
	},
	{
		"roster", "花名册", "党支部的名册，由支部登记。手机号加密保存，用来和微信核对", "由支部管理；注销账号不影响", ofMember,
		[]field{{"姓名", text}, {"组织", text}, {"类别", word}, {"在册状态", word}, {"入党时间", text}, {"登记时间", instant}},
		"SELECT m.name, o.name, m.kind, m.standing, m.party_since, m.created_at FROM members m JOIN orgs o ON o.id = m.org_id WHERE m.id = ?",
	},
	{
		"moves", "组织关系变动", "每次活动按当时的名册计算应到人数", "由支部管理", ofMember,
		[]field{{"生效时间", instant}, {"组织", text}, {"类别", word}, {"在册状态", word}, {"在册", yesNo}},
		"SELECT v.at, o.name, v.kind, v.standing, v.here FROM member_moves v JOIN orgs o ON o.id = v.org_id WHERE v.member_id = ? ORDER BY v.at",
	},
	{
		"bindings", "绑定记录", "查明是谁、怎样用您的名字绑定的", "由支部管理", ofMember,
		[]field{{"经过", word}, {"原因", text}, {"时间", instant}},
		"SELECT CASE act WHEN 'phone' THEN 'by_phone' ELSE act END, reason, at FROM binding_log WHERE member_id = ? ORDER BY id DESC",
	},
	{
		"invitations", "给您的邀请码", "只有您能用的绑定邀请。只存邀请码的摘要", "由支部管理", ofMember,
		[]field{{"生成时间", instant}, {"有效期至", instant}, {"已用次数", text}, {"作废时间", instant}},
		"SELECT created_at, expires_at, uses, revoked_at FROM invitations WHERE member_id = ? ORDER BY id DESC",
	},
	{
		"roles", "职务", "决定您能管理什么", "免职时删除", ofMember,
		[]field{{"职务", word}, {"组织", text}, {"任命时间", instant}},
		"SELECT g.role, o.name, g.granted_at FROM role_grants g JOIN orgs o ON o.id = g.org_id WHERE g.member_id = ? ORDER BY g.granted_at",
	},
	{
		"role_terms", "任职经历", "支部查得到谁在什么时候任过什么职务", "由支部管理", ofMember,
		[]field{{"职务", word}, {"组织", text}, {"任免", word}, {"时间", instant}, {"原因", text}},
		"SELECT l.role, o.name, l.act, l.at, l.reason FROM role_log l JOIN orgs o ON o.id = l.org_id WHERE l.member_id = ? ORDER BY l.id DESC",
	},
	{
		"handed_over", "移交的工作", "支部查得到工作移交给了谁", "由支部管理", ofMember,
		[]field{{"组织", text}, {"时间", instant}, {"撤回时间", instant}, {"原因", text}},
		"SELECT o.name, h.at, h.undone_at, h.reason FROM handovers h JOIN orgs o ON o.id = h.org_id WHERE h.from_member = ? ORDER BY h.at DESC",
	},
	{
		"taken_over", "接手的工作", "支部查得到工作由谁接手", "由支部管理", ofMember,
		[]field{{"组织", text}, {"时间", instant}, {"撤回时间", instant}, {"原因", text}},
		"SELECT o.name, h.at, h.undone_at, h.reason FROM handovers h JOIN orgs o ON o.id = h.org_id WHERE h.to_member = ? ORDER BY h.at DESC",
	},
	{
		"keeps", "讲解的场馆", "决定您能管理哪些场馆", "不再担任时删除", ofMember,
		[]field{{"场馆", text}},
		"SELECT s.name FROM site_keepers k JOIN sites s ON s.id = k.site_id WHERE k.member_id = ? ORDER BY s.name",
	},
	{
		"attendance", "签到记录", "支部的活动记录", "由支部管理；位置只记远近，可随时撤回", ofMember,
		[]field{{"活动", text}, {"状态", word}, {"方式", word}, {"时间", instant}, {"位置", word}, {"说明", text}},
		"SELECT e.title, a.status, a.source, a.at, a.position, a.reason FROM attendance a JOIN events e ON e.id = a.event_id WHERE a.member_id = ? ORDER BY a.at DESC",
	},
	{
		"changes", "签到更正", "说明每个数字的来历", "由支部管理", ofMember,
		[]field{{"活动", text}, {"原来", word}, {"改为", word}, {"时间", instant}, {"原因", text}},
		"SELECT e.title, c.from_status, c.to_status, c.at, c.reason FROM attendance_changes c JOIN events e ON e.id = c.event_id WHERE c.member_id = ? ORDER BY c.at DESC",
	},
	{
		"settled", "应到计算", "每次活动结束时怎样计算了您", "由支部管理", ofMember,
		[]field{{"活动", text}, {"类别", word}, {"在册状态", word}, {"有表决权", yesNo}},
		"SELECT e.title, p.kind, p.standing, p.votes FROM settled_people p JOIN events e ON e.id = p.event_id WHERE p.member_id = ? ORDER BY e.starts_at DESC",
	},
	{
		"requests", "请假和补签申请", "由书记处理", "由支部管理", ofMember,
		[]field{{"活动", text}, {"申请", word}, {"原因", text}, {"结果", word}, {"答复", text}, {"时间", instant}},
		"SELECT e.title, r.kind, r.reason, CASE r.state WHEN 'pending' THEN 'open' ELSE r.state END, r.decision_reason, r.created_at FROM attendance_requests r JOIN events e ON e.id = r.event_id WHERE r.member_id = ? ORDER BY r.id DESC",
	},
	{
		"evidence", "申请附的照片", "只有您和处理的人能看，拍摄地点等信息已去掉", "处理后 %s删除", ofMember,
		[]field{{"上传时间", instant}},
		"SELECT created_at FROM attendance_evidence WHERE member_id = ? ORDER BY id DESC",
	},
	{
		"visits", "参观记录", "场馆统计参观人次", "由支部管理", ofMember,
		[]field{{"场馆", text}, {"时间", instant}, {"位置", word}},
		"SELECT s.name, v.at, v.position FROM site_visitors v JOIN site_visits t ON t.id = v.visit_id JOIN sites s ON s.id = t.site_id WHERE v.member_id = ? ORDER BY v.at DESC",
	},
	{
		"personal_code", "个人码", "没带手机时由书记扫码签到", "可随时换新", ofMember,
		[]field{{"第几次更换", text}, {"更换时间", instant}},
		"SELECT generation, changed_at FROM personal_codes WHERE member_id = ?",
	},
	{
		"devices", "签到时的手机", "提示同一部手机替多人签到。只存摘要，认不出型号", "%s后删除", ofMember,
		[]field{{"活动", text}, {"时间", instant}},
		"SELECT e.title, d.at FROM checkin_devices d JOIN events e ON e.id = d.event_id WHERE d.member_id = ? ORDER BY d.at DESC",
	},
	{
		"packs", "离线签到名单", "您的手机下载过哪次活动的名单", "过期 %s后删除", ofMember,
		[]field{{"活动", text}, {"手机", text}, {"下载时间", instant}, {"有效期至", instant}},
		"SELECT e.title, p.device, p.made_at, p.expires_at FROM roster_packs p JOIN events e ON e.id = p.event_id WHERE p.member_id = ? ORDER BY p.made_at DESC",
	},
	{
		"failed_scans", "未成功的扫码", "查明签不上的原因", "%s后删除", ofUser,
		[]field{{"时间", instant}, {"原因代号", text}},
		"SELECT at, reason FROM failed_scans WHERE user_id = ? ORDER BY at DESC",
	},
	{
		"grants", "提醒授权", "记住您允许过几条微信提醒", "注销账号时删除", ofUser,
		[]field{{"剩余条数", text}, {"设置", word}, {"更新时间", instant}},
		"SELECT remaining, setting, updated_at FROM grants WHERE user_id = ? ORDER BY updated_at DESC",
	},
	{
		"grant_entries", "提醒授权的由来", "算得清您允许过、用掉了几条", "注销账号时删除", ofUser,
		[]field{{"增减", text}, {"时间", instant}},
		"SELECT delta, at FROM grant_entries WHERE user_id = ? ORDER BY id DESC",
	},
	{
		"mutes", "不想收的提醒", "按您的选择少发提醒", "您改回时删除", ofMember,
		[]field{{"种类", word}, {"时间", instant}},
		"SELECT topic, at FROM mutes WHERE member_id = ? ORDER BY topic",
	},
	{
		"messages", "消息", "站内消息，微信没收到时也能看", "%s后删除", ofMember,
		[]field{{"标题", text}, {"内容", text}, {"时间", instant}, {"已读时间", instant}},
		"SELECT title, body, created_at, read_at FROM messages WHERE member_id = ? ORDER BY id DESC",
	},
	{
		"deliveries", "提醒发送结果", "知道谁没收到，好电话通知", "%s后删除", ofMember,
		[]field{{"结果", word}, {"说明", text}, {"时间", instant}},
		"SELECT state, reason, updated_at FROM deliveries WHERE member_id = ? ORDER BY updated_at DESC",
	},
	{
		"calls", "电话通知", "记下书记已电话告知", "由支部管理", ofMember,
		[]field{{"已告知", yesNo}, {"时间", instant}},
		"SELECT told, at FROM phone_calls WHERE member_id = ? ORDER BY at DESC",
	},
	{
		"posts", "支部职务", "记下分工，委员会收到支委会通知", "转走或由支部改动时删除", ofMember,
		[]field{{"组织", text}, {"职务", word}, {"时间", instant}},
		"SELECT o.name, p.post, p.at FROM member_posts p JOIN orgs o ON o.id = p.org_id WHERE p.member_id = ? ORDER BY p.at",
	},
	{
		"transfers", "转接", "由转入的组织确认", "由支部管理", ofMember,
		[]field{{"转出", text}, {"转入", text}, {"结果", text}, {"说明", text}, {"答复", text}, {"时间", instant}},
		`SELECT a.name, b.name, CASE t.state WHEN 'pending' THEN '等待确认' WHEN 'accepted' THEN '已转入' WHEN 'declined' THEN '已退回' ELSE '已撤回' END, t.note, t.reason, t.created_at
		 FROM member_transfers t JOIN orgs a ON a.id = t.from_org JOIN orgs b ON b.id = t.to_org WHERE t.member_id = ? ORDER BY t.id DESC`,
	},
	{
		"corrections", "更正申请", "由书记处理", "处理后 %s删除", ofMember,
		[]field{{"项目", word}, {"应为", text}, {"结果", word}, {"答复", text}, {"时间", instant}},
		"SELECT field, wanted, state, answer, created_at FROM data_corrections WHERE member_id = ? ORDER BY id DESC",
	},
	{
		"actions", "操作记录", "谁做过什么要查得到，任何人不能改", "长期保存；只查看的记录 %s后删除", ofMember,
		[]field{{"操作", word}, {"时间", instant}, {"来源网段", text}},
		"SELECT action, at, network FROM audit_entries WHERE member_id = ? AND erased = 0 ORDER BY at DESC",
	},
	{
		"about", "关于我的操作", "谁对您的信息做过什么要查得到，任何人不能改", "长期保存", ofMember,
		[]field{{"操作", word}, {"时间", instant}},
		"SELECT action, at FROM audit_entries WHERE subject_kind = 'member' AND subject_id = ? AND erased = 0 AND action NOT LIKE 'look.%' ORDER BY at DESC",
	},
	{
		"unbound_actions", "绑定前的操作", "谁做过什么要查得到，任何人不能改", "长期保存；只查看的记录到期删除", ofUser,
		[]field{{"操作", word}, {"时间", instant}, {"来源网段", text}},
		"SELECT action, at, network FROM audit_entries WHERE user_id = ? AND member_id = 0 AND erased = 0 ORDER BY at DESC",
	},
}

// words say in Chinese what stored words mean.
var words = map[string]string{
	"full": "正式党员", "probationary": "预备党员", "normal": "正常", "flow_out": "流出", "flow_in": "流入", "long_illness": "长期病休", "suspended": "停止党籍",
	"secretary": "书记", "organiser": "组织委员", "admin": "管理员", "keeper": "讲解员",
	"pending": "未到", "present": "已签到", "late": "迟到", "sick": "病假", "duty": "公假", "private": "事假", "exempt": "不计入", "absent": "缺席",
	"deputy_secretary": "副书记", "organisation": "组织委员", "publicity": "宣传委员", "discipline": "纪检委员", "youth": "青年委员", "united_front": "统战委员",
	"mass_work": "群众工作委员", "confidentiality": "保密委员", "committee_member": "委员", "group_leader": "党小组长",
	"scan": "扫码", "spoken": "口令", "personal": "个人码", "roll": "书记登记", "offline": "离线扫码", "settle": "结束时计算", "leave": "请假", "makeup": "补签", "helped": "同伴代签",
	"none": "没有", "near": "在附近", "far": "较远", "far_1km": "一公里内", "far_5km": "五公里内", "refused": "未送达", "failed": "未送达", "sent": "已发送", "skipped": "未发送", "sending": "发送中",
	"approved": "已同意", "declined": "未同意", "withdrawn": "已撤回", "open": "待处理", "done": "已更正", "accept": "允许", "reject": "不允许", "ban": "不可用", "unknown": "没有说明",
	"news": "活动消息", "before": "活动前提醒", "record": "记录和总结",
	"name": "姓名", "phone": "手机号", "kind": "人员类别", "standing": "在册状态", "since": "入党时间", "org": "所在组织", "other": "其他",
	"by_phone": "用手机号绑定", "invitation": "用邀请码绑定", "approval": "书记同意绑定", "replaced": "改用另一个微信", "left": "本人解除", "released": "书记解除", "granted": "任职", "revoked": "免职",
}

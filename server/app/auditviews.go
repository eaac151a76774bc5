package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"themeday/server/audit"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
)

// auditNames are the names of whatever entries speak of, which hold ids only.
type auditNames struct {
	members map[ident.ID]org.Member
	orgs    map[ident.ID]org.Org
	events  map[ident.ID]string
}

func (a *App) auditViews(ctx context.Context, entries []audit.Read) ([]AuditView, error) {
	names, err := a.auditNames(ctx, entries)
	if err != nil {
		return nil, err
	}
	views := make([]AuditView, len(entries))
	for i, e := range entries {
		views[i] = names.view(e)
	}
	return views, nil
}

func (a *App) auditNames(ctx context.Context, entries []audit.Read) (n auditNames, err error) {
	wanted := map[audit.SubjectKind][]ident.ID{}
	for _, e := range entries {
		wanted[e.Subject.Kind] = append(wanted[e.Subject.Kind], e.Subject.ID)
		wanted[audit.Member] = append(wanted[audit.Member], e.MemberID)
		if path := org.PathIDs(e.Org); len(path) > 0 {
			wanted[audit.Org] = append(wanted[audit.Org], path[len(path)-1])
		}
		for key, value := range e.Detail {
			if id, ok := idIn(value); ok && namesOrg(key) {
				wanted[audit.Org] = append(wanted[audit.Org], id)
			} else if ok && namesMember(key) {
				wanted[audit.Member] = append(wanted[audit.Member], id)
			}
		}
	}
	for kind, ids := range wanted {
		slices.Sort(ids)
		wanted[kind] = slices.Compact(ids)
	}
	if n.members, err = a.Orgs.MembersByID(ctx, a.DB.Read(), wanted[audit.Member]); err != nil {
		return n, err
	}
	if n.orgs, err = a.Orgs.OrgsByID(ctx, a.DB.Read(), wanted[audit.Org]); err != nil {
		return n, err
	}
	return n, a.auditTitles(ctx, &n, wanted[audit.Event])
}

func (a *App) auditTitles(ctx context.Context, n *auditNames, ids []ident.ID) error {
	n.events = map[ident.ID]string{}
	if len(ids) == 0 {
		return nil
	}
	events, err := a.Events.LoadMany(ctx, a.DB.Read(), ids)
	for _, e := range events {
		n.events[e.ID] = e.Title
	}
	return err
}

// namesOrg and namesMember tell by the key of a detail what an id in it names.
func namesOrg(key string) bool { return key == "org" || strings.HasSuffix(key, "Org") }

func namesMember(key string) bool { return key == "member" || strings.HasSuffix(key, "Member") }

func idIn(value any) (ident.ID, bool) {
	text, ok := value.(string)
	if !ok {
		return 0, false
	}
	id, err := ident.Parse(text)
	return id, err == nil
}

func (n auditNames) view(e audit.Read) AuditView {
	v := AuditView{
		ID: e.ID, At: e.At, Action: e.Action, Title: e.Action.Title(), Subject: n.subject(e), Network: e.Network,
		Detail: n.detail(e), Sealed: e.Seq > 0,
	}
	if m, known := n.members[e.MemberID]; known {
		v.By = &AuditPerson{m.ID, m.Name, m.OrgName}
	}
	if path := org.PathIDs(e.Org); len(path) > 0 {
		v.OrgName = n.orgs[path[len(path)-1]].Name
	}
	return v
}

func (n auditNames) subject(e audit.Read) string {
	switch e.Subject.Kind {
	case audit.Member:
		return n.members[e.Subject.ID].Name
	case audit.Org:
		return n.orgs[e.Subject.ID].Name
	case audit.Event:
		return n.events[e.Subject.ID]
	case audit.Site:
		name, _ := e.Detail["name"].(string)
		return name
	}
	return ""
}

// detailWords say what the keys of details mean. What has no word here is for those who read the table itself.
var detailWords = map[string]string{
	"title": "活动", "reason": "原因", "from": "原来", "to": "改为", "people": "人数", "ceiling": "每月上限", "month": "月份", "asked": "申请", "role": "职务",
	"fromOrg": "原组织", "toOrg": "新组织", "org": "组织", "fromStanding": "原状态", "toStanding": "新状态", "since": "生效时间", "field": "项目", "count": "数量",
	"fields": "项目", "what": "内容", "why": "原因", "fromName": "原名称", "toName": "新名称", "group": "党小组", "post": "分工", "toMember": "接任人",
	"fromMember": "原任", "member": "党员",
}

// detailValues say what stored words mean.
var detailValues = map[string]string{
	"present": "已签到", "late": "迟到", "pending": "未到", "absent": "缺席", "sick": "病假", "duty": "公假", "private": "事假", "exempt": "不计入",
	"leave": "请假", "makeup": "补签", "normal": "正常", "flow_out": "流出", "flow_in": "流入", "long_illness": "长期病休", "suspended": "停止党籍",
	"secretary": "书记", "organiser": "组织委员", "admin": "管理员", "keeper": "讲解员", "name": "姓名", "phone": "手机号", "other": "其他", "kind": "人员类别",
	"standing": "在册状态", "full": "正式党员", "probationary": "预备党员",
}

func (n auditNames) detail(e audit.Read) []AuditDetail {
	details := []AuditDetail{}
	for _, key := range slices.Sorted(maps.Keys(e.Detail)) {
		label, known := detailWords[key]
		value := n.value(key, e.Detail[key])
		if known && value != "" && value != n.subject(e) {
			details = append(details, AuditDetail{label, value})
		}
	}
	return details
}

func (n auditNames) value(key string, value any) string {
	text := fmt.Sprint(value)
	if id, ok := idIn(value); ok && namesOrg(key) {
		return n.orgs[id].Name
	} else if ok && namesMember(key) {
		return n.members[id].Name
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.In(clock.Beijing).Format("2006-01-02 15:04")
	}
	return cmp.Or(detailValues[text], text)
}

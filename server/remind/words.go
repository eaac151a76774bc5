package remind

import (
	"fmt"
	"strings"
	"time"

	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
)

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// spoken writes an instant as people say it: 12月10日（周四）14:30.
func spoken(t time.Time) string {
	t = t.In(clock.Beijing)
	return fmt.Sprintf("%d月%d日（%s）%s", t.Month(), t.Day(), weekdays[t.Weekday()], t.Format("15:04"))
}

func spokenMillis(ms int64) string { return spoken(clock.FromMillis(ms)) }

// span writes from and to; the day is not said twice.
func span(from, to int64) string {
	start, end := clock.FromMillis(from), clock.FromMillis(to)
	if midnight(start).Equal(midnight(end)) {
		return spoken(start) + "至" + end.In(clock.Beijing).Format("15:04")
	}
	return spoken(start) + "至" + spoken(end)
}

// where writes the place with its address.
func (f facts) where() string {
	if f.Address == "" {
		return f.Place
	}
	return f.Place + "（" + f.Address + "）"
}

// text is an inbox message.
type text struct{ title, body string }

// textFor writes the inbox message of a reminder. told is what members knew before a change.
func textFor(kind Kind, e event.Event, told facts) text {
	if kind == Cancelled {
		e = told.on(e)
	}
	now := factsOf(e)
	t := text{title: traits[kind].heading + "：" + e.Title}
	switch kind {
	case Published:
		t.body = fmt.Sprintf("%s定于%s在%s开展%s。点开可看安排，有事请提前告诉书记。", e.Host.Name, span(now.Starts, now.Ends), now.where(), e.Kind.Chinese())
	case DayBefore:
		t.body = fmt.Sprintf("%s将于%s在%s开始，请安排好时间。没带手机也可以现场请书记代为签到。", e.Kind.Chinese(), spokenMillis(now.Starts), now.where())
	case Soon:
		t.body = fmt.Sprintf("%s今天%s在%s开始，路上注意安全。没带手机也可以现场请书记代为签到。", e.Kind.Chinese(), e.StartsAt.In(clock.Beijing).Format("15:04"), now.where())
	case Changed:
		t.body = describe(told, now)
	case Cancelled:
		t.body = fmt.Sprintf("原定%s在%s开展的%s已取消。原因：%s", spokenMillis(now.Starts), e.Place.Name, e.Kind.Chinese(), e.CancelReason)
	case LeaveDecided, MakeupDecided:
		t.body = told.Besides.decision()
	case RecordReady:
		t.body = fmt.Sprintf("%s的%s已结束，您的记录已经有了，点开可以看。有误请在三十天内申请补签或告诉书记。", spokenMillis(now.Starts), e.Kind.Chinese())
	case NotClosed:
		t.body = fmt.Sprintf("%s的%s已过两天，还没有结束。点开核对签到名单，再点“结束活动”，记录才算数。", spokenMillis(now.Starts), e.Kind.Chinese())
	case NotHeld:
		t.title = traits[kind].heading + "：" + told.Besides.monthTask()
		t.body = told.Besides.climb(e.Host.Name)
	}
	return t
}

// leaves names what can be asked for.
var leaves = map[checkin.Status]string{
	checkin.Sick: "病假", checkin.Duty: "公假", checkin.Private: "事假", checkin.Present: "补签",
}

const (
	saidYes = "已同意"
	saidNo  = "未同意"
)

// result says in one word what was decided.
func (a aside) result() string {
	if a.Approved {
		return saidYes
	}
	return saidNo
}

// decision says what was decided on a request, and why.
func (a aside) decision() string {
	said := fmt.Sprintf("您申请的%s%s。", leaves[a.Wanted], a.result())
	if a.Why != "" {
		said += "书记说：" + a.Why
	}
	return said
}

// monthTask names what is to be done about a month.
func (a aside) monthTask() string { return monthWord(a.Month) + "主题党日还没有安排" }

// climb says what the rung is asked to do for the branch.
func (a aside) climb(branch string) string {
	if a.Rung < 1 || a.Rung > rungs {
		return ""
	}
	return fmt.Sprintf(ladder[a.Rung-1].ask, branch, monthWord(a.Month))
}

// task is what a secretary is to do, in a line.
func task(kind Kind, e event.Event, told facts) string {
	switch kind { //nolint:exhaustive // the others ask for nothing
	case NotHeld:
		return told.Besides.monthTask()
	case NotClosed:
		return "请结束：" + e.Title
	}
	return ""
}

// describe says what was and what is now.
func describe(told, now facts) string {
	var parts []string
	for _, c := range changes(told, now) {
		switch c {
		case newTime:
			parts = append(parts, fmt.Sprintf("时间由%s改为%s", span(told.Starts, told.Ends), span(now.Starts, now.Ends)))
		case newPlace:
			parts = append(parts, fmt.Sprintf("地点由%s改为%s", told.where(), now.where()))
		case newTitle:
			parts = append(parts, fmt.Sprintf("名称由“%s”改为“%s”", told.Title, now.Title))
		}
	}
	return strings.Join(parts, "；") + "。"
}

// brief says the same in the twenty characters of a keyword.
func brief(told, now facts) string {
	all := changes(told, now)
	if len(all) != 1 {
		return list(all) + "有变更"
	}
	switch all[0] {
	case newTime:
		return "时间改为" + clock.FromMillis(now.Starts).In(clock.Beijing).Format("1月2日15:04")
	case newPlace:
		return "地点改为" + now.Place
	default:
		return "名称改为" + now.Title
	}
}

// page returns what a tap on the message opens: path with query. The client declares the pages.
func (r reminderRow) page() string {
	if r.OrgID != 0 {
		return "pkg-secretary/pages/month/month?org=" + r.OrgID.String() + "&month=" + monthOf(r.Subject)
	}
	return "pages/event/event?id=" + r.EventID.String()
}

// monthOf returns the month in the subject of a rung.
func monthOf(subject string) string {
	month, _, _ := strings.Cut(subject, ":")
	return month
}

// page is the reminder's; a message that tells of several events leads to the inbox, where each of them is.
func (o outing) page() string {
	if o.Also != "" {
		return "pages/messages/messages"
	}
	return o.reminder.page()
}

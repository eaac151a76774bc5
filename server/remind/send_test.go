package remind_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"themeday/server/event"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

const (
	unknown     = "微信没有回音，可能已送达，为免重复没有再发"
	unconfirmed = "微信没有回音，按已送达处理"
)

// What each answer of WeChat leads to, for somebody with one grant.
func TestAnswers(t *testing.T) {
	const busy, final = "微信一直繁忙，没有送出", "请联系管理员"
	for name, c := range map[string]struct {
		script   []behaviour
		delivery string
		calls    int
		left     int // in our ledger
		counted  map[string]int
	}{
		"accepted":             {nil, "sent", 1, 0, map[string]int{"sent": 1}},
		"busy, then accepted":  {[]behaviour{errcode(-1), errcode(45011), errcode(43108)}, "sent", 4, 0, map[string]int{"sent": 1}},
		"token trouble passes": {[]behaviour{errcode(40001), errcode(42001), errcode(40014)}, "sent", 4, 0, map[string]int{"sent": 1}},
		"not connected":        {[]behaviour{dialFails, dialFails}, "sent", 3, 0, map[string]int{"sent": 1}},
		"gateway says no":      {[]behaviour{gatewayBusy}, "sent", 2, 0, map[string]int{"sent": 1}},
		"busy for ever":        {many(errcode(-1), 20), "failed -1 " + busy, 12, 1, map[string]int{"failed": 1}},
		"never connected":      {many(dialFails, 20), "failed " + busy, 12, 1, map[string]int{"failed": 1}},
		"no grant":             {[]behaviour{errcode(43101)}, "refused 43101 没有允许提醒，或允许的次数已用完", 1, 0, map[string]int{"refused": 1}},
		"unknown person":       {[]behaviour{errcode(40003)}, "failed 40003 微信号对不上，请本人重新打开小程序登录", 1, 1, map[string]int{"failed": 1}},
		"no template":          {[]behaviour{errcode(40037)}, "failed 40037 消息模板不可用，" + final, 1, 1, map[string]int{"failed": 1}},
		"banned":               {[]behaviour{errcode(43107)}, "failed 43107 微信停用了本小程序的订阅消息，" + final, 1, 1, map[string]int{"failed": 1}},
		"bad value":            {[]behaviour{errcode(47003)}, "failed 47003 内容不合微信的要求，" + final, 1, 1, map[string]int{"failed": 1}},
		"blocked word":         {[]behaviour{errcode(45168)}, "failed 45168 内容含微信不允许的词，没有送出", 1, 1, map[string]int{"failed": 1}},
		"bad page":             {[]behaviour{errcode(41030)}, "failed 41030 小程序页面不可用，" + final, 1, 1, map[string]int{"failed": 1}},
		"no such right":        {[]behaviour{errcode(48001)}, "failed 48001 公众平台账号没有开通这项功能，" + final, 1, 1, map[string]int{"failed": 1}},
		"withdrawn by WeChat":  {[]behaviour{errcode(45109)}, "failed 45109 公众平台账号没有开通这项功能，" + final, 1, 1, map[string]int{"failed": 1}},
		"no token in it":       {[]behaviour{errcode(41001)}, "failed 41001 微信拒绝了这条消息（41001），" + final, 1, 1, map[string]int{"failed": 1}},
		"some other code":      {[]behaviour{errcode(99999)}, "failed 99999 微信拒绝了这条消息（99999），" + final, 1, 1, map[string]int{"failed": 1}},
		"refused here":         {[]behaviour{badSetting}, "failed 消息发送设置有误，" + final, 1, 1, map[string]int{"failed": 1}},
		"same text just now":   {[]behaviour{errcode(40241)}, "sent 40241 " + unconfirmed, 1, 0, map[string]int{"sent": 1, "unconfirmed": 1}},
		"quota of the day":     {[]behaviour{errcode(45009)}, "sent", 2, 0, map[string]int{"sent": 1}},
		"quota until too late": {many(errcode(45009), 20), "failed 45009 今天的微信发送额度已用完", 5, 1, map[string]int{"failed": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			m := w.member("甲", 1)
			w.wechat.script = c.script
			w.onlyAnnounced()
			w.workUntil(cst(11, 12, 0))
			w.wantDeliveries("甲 published " + c.delivery)
			w.wantCounted(c.counted)
			w.wantLeft(m, remind.Published, c.left)
			if w.wechat.calls != c.calls {
				t.Errorf("%d calls, want %d", w.wechat.calls, c.calls)
			}
		})
	}
}

func many(b behaviour, n int) []behaviour {
	all := make([]behaviour, n)
	for i := range all {
		all[i] = b
	}
	return all
}

// When a refusal that passes is repeated: not before its time, at most a minute after it, and not in the night.
func TestRepeatsWait(t *testing.T) {
	for name, c := range map[string]struct {
		now   time.Time
		first behaviour
		next  time.Time // of the second call
	}{
		"busy":                     {noon, errcode(-1), noon.Add(15 * time.Second)},
		"busy when night falls":    {cst(6, 21, 30).Add(-time.Second), errcode(-1), cst(7, 7, 30)},
		"quota of the day":         {noon, errcode(45009), cst(7, 7, 30)}, // it is back at midnight
		"no answer":                {noon, lostRequest, noon.Add(45 * time.Second)},
		"no answer in the evening": {cst(6, 21, 30).Add(-time.Second), lostRequest, cst(7, 7, 30)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			w.clock.Set(c.now)
			w.member("甲", 1)
			w.wechat.script = []behaviour{c.first}
			w.onlyAnnounced()
			w.work()
			w.clock.Set(c.next.Add(-time.Millisecond))
			w.work()
			if w.wechat.calls != 1 {
				t.Fatalf("%d calls before %s", w.wechat.calls, c.next)
			}
			w.clock.Set(c.next.Add(time.Minute)) // what failed together is spread over it
			w.work()
			w.wantDeliveries("甲 published sent")
		})
	}
}

func TestWhoIsSkipped(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.member("甲", 1)
		w.member("乙", 0)
		w.unbound("丙")
		w.onlyAnnounced()
		w.work()
		w.wantDeliveries("丙 published skipped 未绑定微信", "乙 published skipped 未授权提醒", "甲 published sent")
		w.wantCounted(map[string]int{"sent": 1, "skipped": 2})
		for _, m := range w.members { // but the inbox is everybody's
			if n, err := w.Unread(t.Context(), m.ID); err != nil || n != 1 {
				t.Errorf("%s has %d messages, error %v", m.Name, n, err)
			}
		}
	})
}

// Between the expansion and the call people may unbind, or another message may use the last grant.
func TestReachIsLookedAtAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		gone, one := w.member("甲", 1), w.member("乙", 1)
		w.wechat.script = []behaviour{errcode(-1), errcode(-1), errcode(-1), errcode(-1)}
		w.onlyAnnounced()
		w.onlyAnnounced()
		w.work()
		w.branch.mu.Lock()
		delete(w.users, gone.ID)
		w.branch.mu.Unlock()
		w.workUntil(noon.Add(time.Hour))
		w.wantPhone("乙 published")
		w.wantDeliveries("乙 published sent", "乙 published skipped 未授权提醒", "甲 published skipped 未绑定微信", "甲 published skipped 未绑定微信")
		w.wantLeft(one, remind.Published, 0)
	})
}

func TestTooLate(t *testing.T) {
	for name, c := range map[string]struct {
		wake   time.Time // when the server is back
		want   string
		unread int
	}{
		"in the evening":     {cst(9, 20, 0), "甲 day_before sent", 1},
		"in the night":       {cst(9, 23, 0), "甲 day_before sent", 1}, // in the morning, that is
		"when it has begun":  {start, "甲 day_before skipped 到发送时活动已开始或已结束", 0},
		"just before it has": {start.Add(-time.Millisecond), "甲 day_before sent", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.New(t))
			m := w.member("甲", 1)
			w.publish(func(e *event.Event) { e.Reminders.Published = false })
			w.clock.Set(c.wake)
			w.work()
			w.workUntil(start.Add(time.Hour))
			w.wantDeliveries(c.want)
			if n, err := w.Unread(t.Context(), m.ID); err != nil || n != c.unread {
				t.Errorf("%d messages, error %v; want %d", n, err, c.unread)
			}
		})
	}
}

// Nobody is woken: what would have to wait until after the event is not sent at all, unless it is urgent.
func TestNight(t *testing.T) {
	for name, c := range map[string]struct {
		script []behaviour
		slow   time.Duration // that the expansion takes
		want   string
	}{
		"busy when night falls":     {[]behaviour{errcode(-1)}, 0, "甲 published failed -1 微信一直繁忙，没有送出"},
		"night falls before a call": {nil, time.Minute, "甲 published skipped 夜间不打扰，等到早上就太迟了"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.member("甲", 2)
				w.clock.Set(cst(9, 21, 30).Add(-time.Second))
				w.wechat.script = c.script
				w.onUsers = func() error { w.clock.Advance(c.slow); return nil }
				e := w.publish(func(e *event.Event) {
					e.StartsAt, e.EndsAt, e.Reminders.DayBefore = cst(10, 6, 0), cst(10, 7, 0), false
				})
				w.workUntil(cst(9, 22, 0))
				w.wantDeliveries(c.want)
				w.step(event.StepCancelled, e, nil)
				w.work()
				w.wantPhone("甲 cancelled")
			})
		})
	}
}

// Everything that goes out fits WeChat's rules, however long the words are.
func TestWhatPeopleRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		m := w.member("甲", 5)
		long := func(e *event.Event) {
			e.Host = org.Org{Name: "黄河社区党委所属退役军人流动党员第3党支部", Path: "/1/"}
			e.Title = "学习贯彻重要讲话精神😀\n专题学习研讨暨主题党日活动"
			e.Place = event.Place{Name: "村部会议室", Address: "柳树村一组12号"}
		}
		e := w.publish(long)
		w.work()
		w.clock.Set(dayBefore)
		w.work()
		w.clock.Set(cst(9, 19, 0))
		e = w.step(event.StepEdited, e, move)
		w.work()
		e = w.step(event.StepEdited, e, func(e *event.Event) { later(e); retitle(e) })
		w.work()
		w.step(event.StepCancelled, e, nil)
		w.work()
		w.want("messages", w.lines(m), []string{
			"学习贯彻重要讲话精神 专题学习研讨暨主…|2026年12月10日 14:30|村部会议室|黄河社区党委所属退役军人流动党员第3党…|点开看安排，有事请提前告诉书记",
			"学习贯彻重要讲话精神 专题学习研讨暨主…|2026年12月10日 14:30|村部会议室|到场后扫现场的码签到，没带手机也行",
			"学习贯彻重要讲话精神 专题学习研讨暨主…|地点改为文化广场|2026年12月10日 14:30|文化广场",
			"参观纪念馆|时间、名称有变更|2026年12月11日 14:30|文化广场",
			"参观纪念馆|2026年12月11日 14:30|下大雨|黄河社区党委所属退役军人流动党员第3党…",
		})
		w.want("inbox", w.bodies(m), []string{
			"活动通知：学习贯彻重要讲话精神😀 专题学习研讨暨主题党日活动|黄河社区党委所属退役军人流动党员第3党支部定于12月10日（周四）14:30至16:30在村部会议室（柳树村一组12号）开展主题党日。点开可看安排，有事请提前告诉书记。",
			"活动提醒：学习贯彻重要讲话精神😀 专题学习研讨暨主题党日活动|主题党日将于12月10日（周四）14:30在村部会议室（柳树村一组12号）开始，请安排好时间。没带手机也可以现场请书记代为签到。",
			"变更通知：学习贯彻重要讲话精神😀 专题学习研讨暨主题党日活动|地点由村部会议室（柳树村一组12号）改为文化广场（柳树村一组12号）。",
			"变更通知：参观纪念馆|时间由12月10日（周四）14:30至16:30改为12月11日（周五）14:30至16:30；名称由“学习贯彻重要讲话精神😀 专题学习研讨暨主题党日活动”改为“参观纪念馆”。",
			"取消通知：参观纪念馆|原定12月11日（周五）14:30在文化广场开展的主题党日已取消。原因：下大雨",
		})
		for _, message := range w.wechat.arrived["openid-甲"] {
			if message.Page != "pages/event/event?id="+e.ID.String() {
				t.Errorf("opens %q", message.Page)
			}
		}
	})
}

var dayBefore = cst(9, 18, 0)

// lines lists the values of the member's WeChat messages in the order of the keys.
func (w *world) lines(m org.Member) (all []string) {
	for _, message := range w.wechat.arrived[w.users[m.ID].OpenID] {
		var values []string
		for n := 1; n <= 5; n++ {
			for key, value := range message.Data {
				if strings.HasSuffix(key, fmt.Sprint(n)) {
					values = append(values, value)
					if utf8.RuneCountInString(value) > 20 {
						w.t.Errorf("%s is too long: %s", key, value)
					}
				}
			}
		}
		all = append(all, strings.Join(values, "|"))
	}
	return all
}

func (w *world) bodies(m org.Member) (all []string) {
	w.t.Helper()
	var rows []struct{ Title, Body string }
	err := w.db.Read().NewRaw("SELECT title, body FROM messages WHERE member_id = ? ORDER BY id", m.ID).Scan(w.t.Context(), &rows)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		all = append(all, strings.ReplaceAll(r.Title, "\n", " ")+"|"+strings.ReplaceAll(r.Body, "\n", " "))
	}
	return all
}

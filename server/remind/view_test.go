package remind_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

func eachSite(t *testing.T, body func(t *testing.T, s *site)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { body(t, siteOn(t, db)) })
}

// toldBody is the part of the overview that says how the news has got to people.
type toldBody struct {
	Told *struct {
		NewsID, Title                                             string
		Expected, WeChat, Read, Answered, Phoned, Waiting, Missed int
	}
	Phone  []struct{ MemberID, MemberName, Why, Advice string }
	Called []struct{ MemberID, MemberName, ByName, At string }
	Items  []struct {
		ID, Kind, State, SendNow string
		DueAt                    time.Time
		Counts                   map[string]int
	}
}

// told writes the news as "title wechat/read/answered+phoned/waiting/missed: names to phone; names phoned".
func (s *site) told(token string, e event.Event) (string, toldBody) {
	s.t.Helper()
	var b toldBody
	s.call(token, "GET", "/events/"+e.ID.String()+"/reminders", "", 200, &b)
	if b.Told == nil {
		return "nothing", b
	}
	n := b.Told
	if sum := n.WeChat + n.Read + n.Answered + n.Phoned + n.Waiting + n.Missed; sum != n.Expected {
		s.t.Errorf("the ways add up to %d of %d", sum, n.Expected)
	}
	line := fmt.Sprintf("%s %d/%d/%d/%d/%d:", n.Title, n.WeChat, n.Read, n.Answered+n.Phoned, n.Waiting, n.Missed)
	for _, p := range b.Phone {
		line += " " + p.MemberName
	}
	line += ";"
	for _, c := range b.Called {
		line += " " + c.MemberName
	}
	return line, b
}

func (s *site) wantTold(token string, e event.Event, want string) toldBody {
	s.t.Helper()
	got, b := s.told(token, e)
	if got != want {
		s.t.Errorf("told %q, want %q", got, want)
	}
	return b
}

// tick says that a member has been phoned, or has not, and returns the error's code.
func (s *site) tick(token string, e event.Event, m org.Member, news string, told bool, key string, status int) string {
	s.t.Helper()
	var answer struct {
		Code, MemberID string
		Told           bool
	}
	body := fmt.Sprintf(`{"newsId": %q, "told": %t, "key": %q}`, news, told, key)
	s.call(token, "PUT", "/events/"+e.ID.String()+"/calls/"+m.ID.String(), body, status, &answer)
	return answer.Code
}

// TestPhoneCalls: whom nothing has reached is phoned and ticked; that counts until there is something new to tell.
func TestPhoneCalls(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		secretary, other := s.login(s.member("甲", 2), true), s.login(s.member("乙", 0), true)
		c, d := s.unbound("丙"), s.unbound("丁")
		stranger := org.Member{ID: s.ids.New()}
		e := s.onlyAnnounced()
		s.wantTold(secretary, e, "nothing")
		s.tick(secretary, e, c, ident.ID(1).String(), true, "early", 409)
		s.work()
		news := s.wantTold(secretary, e, "活动通知 1/0/0/0/3: 乙 丙 丁;").Told.NewsID

		for range 2 { // the phone did not hear the first answer
			s.tick(secretary, e, c, news, true, "k1", 200)
		}
		b := s.wantTold(secretary, e, "活动通知 1/0/1/0/2: 乙 丁; 丙")
		if at, err := time.Parse(time.RFC3339, b.Called[0].At); err != nil || !at.Equal(s.clock.Now()) {
			t.Errorf("called %+v", b.Called)
		}
		s.clock.Advance(time.Minute)
		s.tick(other, e, c, news, true, "k1", 200) // another secretary, whose phone made the same key
		s.tick(other, e, d, news, true, "", 200)
		s.wantTold(secretary, e, "活动通知 1/0/2/0/1: 乙; 丙 丁")
		s.tick(other, e, c, news, false, "k2", 200)
		s.tick(secretary, e, c, news, true, "k1", 200) // a late repeat of what has been taken back since
		s.wantTold(secretary, e, "活动通知 1/0/1/0/2: 乙 丙; 丁")

		if code := s.tick(secretary, e, stranger, news, true, "k3", 404); code != "member_not_found" {
			t.Errorf("somebody who is not expected: %s", code)
		}
		e = s.step(event.StepEdited, e, func(e *event.Event) { e.Place.Name = "镇文化站" })
		s.work()
		if code := s.tick(secretary, e, c, news, true, "k4", 409); code != "news_changed" {
			t.Errorf("told what is no longer true: %s", code)
		}
		s.wantTold(secretary, e, "变更通知 1/0/0/0/3: 乙 丙 丁;")
	})
}

// TestTickingAtOnce: of many who tick the same person at once, each gets an answer and one act is kept.
func TestTickingAtOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		secretary := s.login(s.member("甲", 1), true)
		c := s.unbound("丙")
		e := s.onlyAnnounced()
		s.work()
		_, b := s.told(secretary, e)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() { s.tick(secretary, e, c, b.Told.NewsID, true, fmt.Sprint("k", i%4), 200) })
		}
		all.Wait()
		var acts int
		if err := s.db.Read().NewRaw("SELECT COUNT(*) FROM phone_calls").Scan(t.Context(), &acts); err != nil || acts != 1 {
			t.Errorf("%d acts, %v", acts, err)
		}
	})
}

// TestWhoKnows: a member who reads the message counts, and a message that is on its way is waited for.
func TestWhoKnows(t *testing.T) {
	s := newSite(t)
	secretary := s.login(s.member("甲", 1), true)
	reader := s.unbound("丙")
	s.wechat.script = many(errcode(-1), 1)
	e := s.publish(nil)
	s.work()
	s.wantTold(secretary, e, "活动通知 0/0/0/1/1: 丙;")
	if err := s.MarkRead(t.Context(), reader.ID, nil, true); err != nil {
		t.Fatal(err)
	}
	s.workUntil(noon.Add(time.Hour))
	s.wantTold(secretary, e, "活动通知 1/1/0/0/0:;")

	late := s.unbound("丁") // has been entered since, and asks for leave
	s.wantTold(secretary, e, "活动通知 1/1/0/0/1: 丁;")
	s.marks[late.ID] = checkin.Sick
	s.wantTold(secretary, e, "活动通知 1/1/1/0/0:;")
}

func (s *site) sendNow(token string, e event.Event, kind string, night bool, status int) string {
	s.t.Helper()
	_, b := s.told(token, e)
	var answer struct{ Code string }
	for _, item := range b.Items {
		if item.Kind == kind && item.State != "withdrawn" || kind == "withdrawn" && item.State == kind {
			path := "/events/" + e.ID.String() + "/reminders/" + item.ID + "/send-now"
			s.call(token, "POST", path, fmt.Sprintf(`{"atNight": %t}`, night), status, &answer)
			s.work()
			return answer.Code
		}
	}
	s.t.Fatalf("no reminder %s", kind)
	return ""
}

func (s *site) wantItem(token string, e event.Event, kind, want string) {
	s.t.Helper()
	_, b := s.told(token, e)
	for _, item := range b.Items {
		if got := item.State + " " + item.SendNow; item.Kind == kind && item.State != "withdrawn" && got != want {
			s.t.Errorf("%s is %q, want %q", kind, got, want)
		}
	}
}

// TestSendNow: what is planned or held goes out when the secretary says so, once.
func TestSendNow(t *testing.T) {
	t.Run("planned", func(t *testing.T) {
		eachSite(t, func(t *testing.T, s *site) {
			secretary := s.login(s.member("甲", 3), true)
			e := s.publish(nil)
			s.work()
			s.wantItem(secretary, e, "day_before", "planned yes")
			for range 2 {
				s.sendNow(secretary, e, "day_before", false, 200)
			}
			s.wantItem(secretary, e, "day_before", "done no")
			s.wantPhone("甲 published", "甲 day_before")
			if pressed, err := audit.List(t.Context(), s.db, audit.Filter{Actions: []audit.Action{audit.SentNow}}, 9); err != nil || len(pressed) != 2 {
				t.Errorf("noted: %+v, %v", pressed, err)
			}
			s.workUntil(start) // its own hour comes, too
			s.wantPhone("甲 published", "甲 day_before")
		})
	})
	t.Run("held by night", func(t *testing.T) {
		eachSite(t, func(t *testing.T, s *site) {
			secretary := s.login(s.member("甲", 2), true)
			s.clock.Set(cst(6, 22, 0))
			e := s.onlyAnnounced()
			s.work()
			s.wantItem(secretary, e, "published", "planned night")
			if code := s.sendNow(secretary, e, "published", false, 409); code != "quiet_hours" {
				t.Errorf("by night: %s", code)
			}
			s.wantPhone()
			s.sendNow(secretary, e, "published", true, 200)
			s.sendNow(secretary, e, "published", true, 200)
			s.wantPhone("甲 published")
			s.workUntil(cst(7, 12, 0))
			s.wantPhone("甲 published")
		})
	})
	t.Run("expanded before the night", func(t *testing.T) {
		s := newSite(t)
		secretary := s.login(s.member("甲", 2), true)
		s.clock.Set(cst(6, 21, 29))
		s.wechat.script = many(errcode(-1), 1)
		e := s.onlyAnnounced()
		s.work()
		s.clock.Set(cst(6, 23, 0))
		s.wantItem(secretary, e, "published", "sending night")
		s.sendNow(secretary, e, "published", true, 200)
		s.wantPhone("甲 published")
		s.workUntil(cst(7, 12, 0))
		s.wantPhone("甲 published")
	})
	t.Run("backing off", func(t *testing.T) {
		s := newSite(t)
		secretary := s.login(s.member("甲", 2), true)
		s.wechat.script = many(errcode(-1), 3)
		e := s.onlyAnnounced()
		s.work()
		s.wantItem(secretary, e, "published", "sending yes")
		s.sendNow(secretary, e, "published", false, 200)
		s.sendNow(secretary, e, "published", false, 200)
		s.wantPhone()
		s.sendNow(secretary, e, "published", false, 200)
		s.wantPhone("甲 published")
		s.workUntil(start)
		s.wantPhone("甲 published")
	})
	t.Run("refused", func(t *testing.T) {
		s := newSite(t)
		secretary := s.login(s.member("甲", 2), true)
		s.wechat.script = many(errcode(45009), 1)
		e := s.publish(nil)
		s.work()
		s.wantItem(secretary, e, "published", "sending no")
		e = s.step(event.StepEdited, e, func(e *event.Event) { e.StartsAt, e.EndsAt = e.StartsAt.Add(time.Hour), e.EndsAt.Add(time.Hour) })
		if code := s.sendNow(secretary, e, "withdrawn", false, 409); code != "reminder_withdrawn" {
			t.Errorf("withdrawn: %s", code)
		}
		s.clock.Set(e.StartsAt)
		if code := s.sendNow(secretary, e, "day_before", false, 409); code != "too_late" {
			t.Errorf("after the start: %s", code)
		}
		foreign := "/events/" + s.onlyAnnounced().ID.String() + "/reminders/"
		_, b := s.told(secretary, e)
		s.call(secretary, "POST", foreign+b.Items[0].ID+"/send-now", `{}`, 404, nil)
		s.call(secretary, "GET", foreign+b.Items[0].ID+"/deliveries", "", 404, nil)
	})
}

type deliveriesBody struct {
	Title, Next string
	Counts      map[string]int
	Items       []struct{ MemberName, State, Reason, Advice string }
}

// TestDeliveriesByPerson: who has got one reminder and who has not, a part at a time.
func TestDeliveriesByPerson(t *testing.T) {
	s := newSite(t)
	secretary := s.login(s.member("王秀英", 1), true)
	s.member("王建国", 1)
	s.member("李强", 0)
	s.unbound("李丽")
	s.wechat.script = many(errcode(-1), 1)
	e := s.onlyAnnounced()
	s.work()
	_, b := s.told(secretary, e)
	path := "/events/" + e.ID.String() + "/reminders/" + b.Items[0].ID + "/deliveries"
	for query, want := range map[string]string{
		"":                        "王秀英 held 王建国 sent 李强 skipped 李丽 skipped",
		"state=skipped":           "李强 skipped 李丽 skipped",
		"state=sent,held":         "王秀英 held 王建国 sent",
		"state=surprise":          "",
		"name=李":                  "李强 skipped 李丽 skipped",
		"name=王&state=sent":       "王建国 sent",
		"name=+强+":                "李强 skipped",
		"name=%25":                "",
		"limit=3":                 "王秀英 held 王建国 sent 李强 skipped",
		"limit=1&state=skipped":   "李强 skipped",
		"limit=2&after=next":      "李强 skipped 李丽 skipped",
		"after=last&name=anybody": "",
	} {
		var got deliveriesBody
		if strings.Contains(query, "next") || strings.Contains(query, "last") {
			s.call(secretary, "GET", path+"?limit=2", "", 200, &got)
			query = strings.NewReplacer("next", got.Next, "last", got.Next).Replace(query)
		}
		got = deliveriesBody{}
		s.call(secretary, "GET", path+"?"+escaped(t, query), "", 200, &got)
		var names []string
		for _, item := range got.Items {
			names = append(names, item.MemberName+" "+item.State)
		}
		if line := strings.Join(names, " "); line != want || got.Items == nil {
			t.Errorf("%q: %s, want %s", query, line, want)
		}
		if got.Title != "活动通知" || got.Counts["skipped"] != 2 || got.Counts["held"] != 1 || got.Counts["sent"] != 1 {
			t.Errorf("%q: %+v", query, got)
		}
	}
	s.clock.Set(cst(6, 23, 0))
	var got deliveriesBody
	s.call(secretary, "GET", path+"?state=held", "", 200, &got)
	if item := got.Items[0]; item.Reason != "夜间不打扰，早上 7:30 以后再发" || item.Advice != "等不及可以点“现在就发”。" {
		t.Errorf("by night: %+v", item)
	}
	s.call(secretary, "GET", path+"?after=%F0", "", 400, nil)
	s.sessions["elsewhere"] = authz.Actor{UserID: 1, MemberID: 1, OrgPath: "/2/"}
	s.call("elsewhere", "GET", path, "", 404, nil)
}

// TestRecordOfAGuest: who came although nobody expected them gets the record, and is called by name.
func TestRecordOfAGuest(t *testing.T) {
	s := newSite(t)
	secretary, guest := s.login(s.member("甲", 1), true), s.member("客", 1)
	s.members, s.guests = s.members[:1], []org.Member{guest}
	s.clock.Set(start.Add(2 * time.Hour))
	e := s.step(event.StepPublished, s.draft(), func(e *event.Event) { e.Reminders = event.Reminders{RecordReady: true} })
	s.step(event.StepClosed, e, nil)
	s.workUntil(start.Add(3 * time.Hour))
	_, b := s.told(secretary, e)
	var got deliveriesBody
	s.call(secretary, "GET", "/events/"+e.ID.String()+"/reminders/"+b.Items[0].ID+"/deliveries?name="+url.QueryEscape("客"), "", 200, &got)
	if len(got.Items) != 1 || got.Items[0].State != "sent" {
		t.Errorf("%+v", got)
	}
}

func escaped(t *testing.T, query string) string {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values.Encode()
}

// TestAdvice: every reason leads to something that a secretary can do, or says that nothing need be done.
func TestAdvice(t *testing.T) {
	const now, urgent = "这次请打电话通知。", "要紧的话，请打电话通知。"
	for reason, want := range map[string]string{
		"未绑定微信": "请他打开小程序，用手机号绑定。" + now,
		"未授权提醒": "请他在活动页点一次“提醒我”。" + now,
		"没有允许提醒，或允许的次数已用完":          "请他在活动页点一次“提醒我”。" + now,
		"没有配置这种微信通知":                "请管理员配置微信通知。" + now,
		"到发送时活动已开始或已结束":             "不用再做什么。",
		"夜间不打扰，等到早上就太迟了":            urgent,
		"夜间不打扰，早上 7:30 以后再发":        "等不及可以点“现在就发”。",
		"本月提醒已达上限，只进站内信":            "他打开小程序就能看到。" + urgent,
		"微信号对不上，请本人重新打开小程序登录":       "请他退出小程序，重新打开登录一次。" + now,
		"消息模板不可用，请联系管理员":            "请把这句话告诉管理员。" + now,
		"微信停用了本小程序的订阅消息，请联系管理员":     "请把这句话告诉管理员。" + now,
		"小程序账号暂时不能发送（40125），请联系管理员": "请把这句话告诉管理员。" + now,
		"内容含微信不允许的词，没有送出":           "请换一种说法，改了活动的名称或地点会重新通知。" + now,
		"微信一直繁忙，没有送出":               now,
		"今天的微信发送额度已用完":              now,
		"今天的微信发送额度已用完，明天自动再发":       "不用做什么。" + urgent,
		"微信没有回音，可能已送达，为免重复没有再发":     "打电话问一声就清楚了。",
		"微信没有回音，按已送达处理":             "不用再做什么。",
		"系统故障，没有送出":                 now,
		"微信收下了，但没有送到（3）":            "请他看看微信里是不是关了这个小程序的通知。" + now,
		"名单有变动，还没有通知过":              "他是后来加进名单的。" + now,
		"活动有变更，改发新通知":               "不用做什么，新通知会接着发。",
		"已请假，不再提醒":                  "不用再做什么。",
		"活动已取消，不再发送":                "不用再做什么。",
		"将来才有的原因":                   urgent,
		"":                          urgent,
	} {
		if got := remind.AdviceFor(remind.Failed, reason); got != want {
			t.Errorf("%q: %q, want %q", reason, got, want)
		}
	}
	for _, reason := range remind.Reasons() {
		if remind.AdviceFor(remind.Failed, reason) == urgent && !strings.HasPrefix(reason, "夜间") && !strings.HasPrefix(reason, "这类") {
			t.Errorf("%q: nothing but the advice for what is not known", reason)
		}
	}
	if got := remind.AdviceFor(remind.Sent, ""); got != "" {
		t.Errorf("what has arrived needs %q", got)
	}
}

// TestSendNowAtOnce: two secretaries press on two servers while both work through the queue; everybody hears once.
func TestSendNowAtOnce(t *testing.T) {
	eachPair(t, func(t *testing.T, one, two *world) {
		for i := range 12 {
			one.member(fmt.Sprint("党员", i), 9)
		}
		e := one.publish(nil)
		one.work()
		var id ident.ID
		if err := one.db.Read().NewRaw("SELECT id FROM reminders WHERE kind = ? AND event_id = ?", remind.DayBefore, e.ID).Scan(t.Context(), &id); err != nil {
			t.Fatal(err)
		}
		one.clock.Set(dayBefore) // its own hour comes at this very moment
		var all sync.WaitGroup
		for _, w := range []*world{one, two} {
			for range 2 {
				all.Go(func() {
					if err := w.SendNow(t.Context(), e, id, false); err != nil && fault.CodeOf(err) != "reminder_changed" {
						t.Errorf("send now: %v", err)
					}
					if _, err := w.queue.RunDue(t.Context()); err != nil {
						t.Errorf("run: %v", err)
					}
				})
			}
		}
		all.Wait()
		one.workUntil(start)
		heard := map[string]int{}
		for _, line := range one.phone() {
			heard[line]++
		}
		for i := range 12 {
			if n := heard[fmt.Sprintf("党员%d day_before", i)]; n != 1 {
				t.Errorf("党员%d got %d of it", i, n)
			}
		}
	})
}

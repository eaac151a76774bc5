package remind_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
	"themeday/server/web"
)

// sessions knows actors by their tokens.
type sessions map[string]authz.Actor

func (s sessions) Recognise(ctx context.Context, token string) (authz.Actor, error) {
	return s.Authenticate(ctx, token)
}

func (s sessions) Authenticate(_ context.Context, token string) (authz.Actor, error) {
	return s[token], nil
}

// site is a world with its API.
type site struct {
	*world
	sessions sessions
	handler  http.Handler
}

func newSite(t *testing.T) *site { return siteOn(t, storetest.New(t)) }

func siteOn(t *testing.T, db *store.DB) *site {
	w := newWorld(t, db)
	s := &site{world: w, sessions: sessions{}}
	api := web.New(web.Options{
		Log: slog.New(slog.DiscardHandler), Clock: w.clock, IDs: w.ids, Cache: kv.NewMemory(w.clock), Sessions: s.sessions,
		Metrics: web.NewMetrics(), Limits: web.Limits{Address: kv.Limit{Rate: 100, Burst: 1000}, Session: kv.Limit{Rate: 100, Burst: 1000}},
	})
	w.Routes(api)
	s.handler = api.Handler()
	return s
}

// login gives the member a session; a secretary runs the branch.
func (s *site) login(m org.Member, secretary bool) string {
	actor := authz.Actor{UserID: s.users[m.ID].ID, MemberID: m.ID, OrgPath: "/1/"}
	if secretary {
		actor.Grants = []authz.Grant{{Role: authz.Secretary, OrgPath: "/1/"}}
	}
	s.sessions[m.Name] = actor
	return m.Name
}

// call makes a request and reads the answer into out, which may be nil.
func (s *site) call(token, method, path, body string, status int, out any) {
	s.t.Helper()
	request := httptest.NewRequestWithContext(s.t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, request)
	if answer.Code != status {
		s.t.Fatalf("%s %s: %d %s, want %d", method, path, answer.Code, answer.Body, status)
	}
	if strings.Contains(answer.Body.String(), "openid") {
		s.t.Errorf("%s %s shows an openid", method, path)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer.Body.Bytes(), out); err != nil {
		s.t.Fatalf("%s %s: %v in %s", method, path, err, answer.Body)
	}
}

type templatesBody struct {
	Items []struct {
		ID, Kind, Title, Type, Setting string
		Remaining                      int
	}
}

func TestAskingForGrants(t *testing.T) {
	s := newSite(t)
	resident := "somebody"
	s.sessions[resident] = authz.Actor{UserID: s.ids.New()}
	var got templatesBody
	s.call(resident, "GET", "/message-templates", "", 200, &got)
	kinds := make([]string, len(got.Items))
	for i, item := range got.Items {
		kinds[i] = item.Kind
		if item.Setting != "unknown" || item.Remaining != 0 || item.Type != "one_time" || item.ID == "" || item.Title == "" {
			t.Errorf("before the first tap: %+v", item)
		}
	}
	if !slices.Equal(kinds, []string{"published", "day_before", "changed", "cancelled", "leave_decided", "record_ready", "not_closed"}) {
		t.Errorf("kinds %q", kinds)
	}
	report := `{"key": "k1", "results": {"` + got.Items[0].ID + `": "accept", "` + got.Items[1].ID + `": "reject", "old": "accept"}}`
	for range 2 { // the phone did not hear the first answer
		s.call(resident, "POST", "/grants", report, 200, &got)
		if got.Items[0].Remaining != 1 || got.Items[0].Setting != "accept" || got.Items[1].Remaining != 0 || got.Items[1].Setting != "reject" {
			t.Errorf("after the tap: %+v", got.Items)
		}
	}
	s.call(resident, "POST", "/grants", `{"results": {"x": "perhaps"}}`, 400, nil)
	s.call(resident, "POST", "/grants", `{"key": "`+strings.Repeat("k", 65)+`", "results": {}}`, 400, nil)
	s.call("", "POST", "/grants", `{"results": {}}`, 401, nil)
	s.call("", "GET", "/message-templates", "", 401, nil)
}

type inboxBody struct {
	Items []struct {
		ID, Kind, Title, Body string
		EventID               *string
		CreatedAt             time.Time
		ReadAt                *time.Time
	}
	Next   string
	Unread int
}

func TestInbox(t *testing.T) {
	s := newSite(t)
	m, other := s.unbound("甲"), s.unbound("乙")
	me, stranger := s.login(m, false), s.login(other, false)
	s.sessions[me], s.sessions[stranger] = withUser(s, me), withUser(s, stranger)
	var got inboxBody
	s.call(me, "GET", "/messages", "", 200, &got)
	if got.Items == nil || len(got.Items) != 0 || got.Unread != 0 {
		t.Errorf("an empty inbox: %+v", got)
	}
	var events []string
	for range 3 {
		s.clock.Advance(time.Minute)
		events = append(events, s.onlyAnnounced().ID.String())
		s.work()
	}
	s.call(me, "GET", "/messages?limit=2", "", 200, &got)
	if len(got.Items) != 2 || *got.Items[0].EventID != events[2] || got.Items[0].ReadAt != nil || got.Unread != 3 || got.Next == "" {
		t.Fatalf("the first page: %+v", got)
	}
	newest := got.Items[0]
	s.call(me, "GET", "/messages?limit=2&after="+got.Next, "", 200, &got)
	if len(got.Items) != 1 || *got.Items[0].EventID != events[0] || got.Next != "" {
		t.Errorf("the second page: %+v", got)
	}
	if newest.Kind != "published" || newest.Title != "活动通知：重温入党誓词" || !newest.CreatedAt.Equal(s.clock.Now()) {
		t.Errorf("message %+v", newest)
	}
	read := struct{ Unread int }{}
	s.call(stranger, "POST", "/messages/read", `{"ids": ["`+newest.ID+`"]}`, 200, &read) // of somebody else
	s.call(me, "POST", "/messages/read", `{}`, 200, &read)
	if read.Unread != 3 {
		t.Errorf("%d unread, want 3", read.Unread)
	}
	s.call(me, "POST", "/messages/read", `{"ids": ["`+newest.ID+`"]}`, 200, &read)
	if read.Unread != 2 {
		t.Errorf("%d unread, want 2", read.Unread)
	}
	s.call(me, "POST", "/messages/read", `{"all": true}`, 200, &read)
	s.call(me, "GET", "/messages", "", 200, &got)
	if read.Unread != 0 || got.Unread != 0 || len(got.Items) != 3 || got.Items[2].ReadAt == nil {
		t.Errorf("after reading all: %+v", got)
	}
	s.call(me, "GET", "/messages?after=nonsense", "", 400, nil)
	s.call("", "GET", "/messages", "", 401, nil)
	s.sessions["resident"] = authz.Actor{UserID: 1}
	s.call("resident", "GET", "/messages", "", 403, nil)
	s.call("resident", "POST", "/messages/read", `{"all": true}`, 403, nil)
}

// withUser gives somebody without a phone a session nevertheless, as a borrowed phone would.
func withUser(s *site, token string) authz.Actor {
	actor := s.sessions[token]
	actor.UserID = s.ids.New()
	return actor
}

type remindersBody struct {
	Reach struct{ Expected, Reachable, Unbound, NoGrant int }
	Items []struct {
		ID, Kind, Title, State string
		DueAt                  time.Time
		Counts                 map[string]int
	}
	Deliveries []struct {
		ReminderID, MemberName, State, Reason string
		Code                                  int
		At                                    time.Time
	}
	Phone []struct{ MemberName, OrgName, PhoneMasked, Why string }
}

// phoneList is the list of people to phone as "name why".
func (b remindersBody) phoneList() (all []string) {
	for _, p := range b.Phone {
		all = append(all, p.MemberName+" "+p.Why)
	}
	return all
}

func TestOverview(t *testing.T) {
	s := newSite(t)
	secretary := s.login(s.member("甲", 1), true)
	s.member("乙", 0)
	s.unbound("丙")
	reader := s.unbound("丁")
	draft := s.step(event.StepCreated, s.draft(), nil)
	path := "/events/" + draft.ID.String() + "/reminders"
	var got remindersBody
	s.call(secretary, "GET", path, "", 200, &got)
	if got.Reach.Expected != 4 || got.Reach.Reachable != 1 || got.Reach.Unbound != 2 || got.Reach.NoGrant != 1 {
		t.Errorf("reach of the draft: %+v", got.Reach)
	}
	if got.Items == nil || got.Deliveries == nil || got.Phone == nil || len(got.Items)+len(got.Deliveries)+len(got.Phone) != 0 {
		t.Errorf("the draft has %+v", got)
	}

	e := s.step(event.StepPublished, draft, nil)
	s.call(secretary, "GET", path, "", 200, &got)
	if len(got.Phone) != 0 || got.Items[0].State != "planned" || got.Items[0].Title != "活动通知" || !got.Items[1].DueAt.Equal(dayBefore) {
		t.Errorf("before it is sent: %+v", got)
	}
	s.work()
	if err := s.MarkRead(t.Context(), reader.ID, nil, true); err != nil {
		t.Fatal(err)
	}
	s.call(secretary, "GET", path, "", 200, &got)
	s.want("phone list", got.phoneList(), []string{"乙 未授权提醒", "丙 未绑定微信"})
	if c := got.Items[0].Counts; got.Items[0].State != "done" || c["sent"] != 1 || c["skipped"] != 3 || len(c) != 7 {
		t.Errorf("counts %+v", got.Items[0])
	}
	if d := got.Deliveries; len(d) != 4 || d[0].State != "skipped" || d[3].State != "sent" || d[3].MemberName != "甲" || !d[3].At.Equal(noon) {
		t.Errorf("deliveries %+v", d)
	}
	if p := got.Phone[0]; p.PhoneMasked != "138****乙" || p.OrgName != "柳树村党支部" {
		t.Errorf("phone %+v", p)
	}

	// The evening before reaches nobody, but those who know already know.
	s.clock.Set(dayBefore)
	s.wechat.grants = map[string]int{}
	s.work()
	s.call(secretary, "GET", path, "", 200, &got)
	s.want("phone list", got.phoneList(), []string{"乙 未授权提醒", "丙 未绑定微信"})

	// A change is news to everybody; while it waits for the morning, nobody has been missed.
	s.clock.Set(cst(9, 22, 0))
	e = s.step(event.StepEdited, e, func(e *event.Event) { later(e); move(e) })
	s.call(secretary, "GET", path, "", 200, &got)
	s.want("phone list", got.phoneList(), nil)
	s.clock.Set(cst(10, 7, 30))
	s.unbound("戊")
	s.work()
	s.members = append(s.members, org.Member{ID: s.ids.New(), Name: "己"})
	s.call(secretary, "GET", path, "", 200, &got)
	s.want("phone list", got.phoneList(), []string{"甲 没有允许提醒，或允许的次数已用完", "乙 未授权提醒", "丙 未绑定微信", "丁 未绑定微信", "戊 未绑定微信", "己 名单有变动，还没有通知过"})

	s.clock.Set(e.EndsAt)
	s.call(secretary, "GET", path, "", 200, &got)
	s.want("phone list after the event", got.phoneList(), nil)
}

func TestReachIsOfTheNextReminder(t *testing.T) {
	for name, c := range map[string]struct {
		now   time.Time
		state event.State
		eve   bool
		want  remind.Kind
	}{
		"draft":                       {noon, event.Draft, true, remind.Published},
		"published":                   {noon, event.Published, true, remind.DayBefore},
		"published, no evening":       {noon, event.Published, false, remind.Changed},
		"published, evening over":     {dayBefore, event.Published, true, remind.Changed},
		"cancelled":                   {noon, event.Cancelled, true, remind.Cancelled},
		"draft with only the evening": {noon, event.Draft, true, remind.DayBefore},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			m := s.member("甲", 0)
			secretary := s.login(m, true)
			s.clock.Set(c.now)
			e := s.step(event.StepCreated, s.draft(), func(e *event.Event) {
				e.State, e.Reminders = c.state, event.Reminders{Published: !strings.HasPrefix(name, "draft with"), DayBefore: c.eve}
			})
			for _, kind := range slices.Sorted(maps.Keys(s.distinct())) {
				var got remindersBody
				s.report(s.users[m.ID], s.Templates[kind].ID, remind.Accept)
				s.call(secretary, "GET", "/events/"+e.ID.String()+"/reminders", "", 200, &got)
				if (got.Reach.Reachable == 1) != (kind == c.want) {
					t.Errorf("with a grant for %s: %+v", kind, got.Reach)
				}
				s.report(s.users[m.ID], s.Templates[kind].ID, remind.Ban)
			}
		})
	}
}

func TestWhoSeesTheReminders(t *testing.T) {
	s := newSite(t)
	e := s.onlyAnnounced()
	path := "/events/" + e.ID.String() + "/reminders"
	secretary, member := s.login(s.member("甲", 0), true), s.login(s.member("乙", 0), false)
	s.sessions["elsewhere"] = authz.Actor{UserID: 1, MemberID: 1, OrgPath: "/2/"}
	s.sessions["resident"] = authz.Actor{UserID: 1}
	s.call(secretary, "GET", path, "", 200, nil)
	s.call(member, "GET", path, "", 403, nil)
	s.call("elsewhere", "GET", path, "", 404, nil)
	s.call("resident", "GET", path, "", 403, nil)
	s.call("", "GET", path, "", 401, nil)
	s.call(secretary, "GET", "/events/"+ident.ID(7).String()+"/reminders", "", 404, nil)
	s.call(secretary, "GET", "/events/nonsense/reminders", "", 404, nil)
}

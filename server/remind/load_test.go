package remind_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/remind"
)

// town is a site with a tree: a committee 1 with a branch 2, which has a group 3, and a branch 4.
type town struct{ *site }

func newTown(s *site) town {
	for id, o := range map[ident.ID]org.Org{
		1: {Kind: org.Committee, Name: "乡党委", Path: "/1/"}, 2: {ParentID: 1, Kind: org.Branch, Name: "东村", Path: "/1/2/"},
		3: {ParentID: 2, Kind: org.Group, Name: "一组", Path: "/1/2/3/"}, 4: {ParentID: 1, Kind: org.Branch, Name: "西村", Path: "/1/4/"},
	} {
		o.ID = id
		s.orgs[id] = o
		s.insert("INSERT INTO orgs (id, parent_id, kind, name, path, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 0, 0)", id, o.ParentID, o.Kind, o.Name, o.Path)
	}
	return town{s}
}

func (s *site) insert(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Write().NewRaw(query, args...).Exec(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// resident adds a member of the organisation, with a WeChat identity and grants.
func (w town) resident(name string, at ident.ID) org.Member {
	m := w.member(name, 9)
	for i := range w.members {
		if w.members[i].ID == m.ID {
			w.members[i].OrgID, w.members[i].OrgPath = at, w.orgs[at].Path
			m = w.members[i]
		}
	}
	w.insert("INSERT INTO members (id, org_id, name, kind, standing, joined_at, created_at, updated_at) VALUES (?, ?, ?, 'full', 'normal', 0, 0, 0)", m.ID, at, name)
	return m
}

// got writes down messages that a member has got.
func (w town) got(m org.Member, kind remind.Kind, times int, at time.Time, state remind.State) {
	for range times {
		id := w.ids.New()
		w.insert("INSERT INTO reminders (id, event_id, revision, kind, state, due_at, created_at, updated_at) VALUES (?, ?, 1, ?, 'expanded', 0, 0, 0)", id, id, kind)
		w.insert("INSERT INTO deliveries (reminder_id, member_id, event_id, state, created_at, updated_at) VALUES (?, ?, ?, ?, 0, ?)", id, m.ID, id, state, clock.Millis(at))
	}
}

// appointed gives somebody a session with a role on an organisation.
func (w town) appointed(role authz.Role, at ident.ID) string {
	token := fmt.Sprint(role, at)
	w.sessions[token] = authz.Actor{UserID: w.ids.New(), MemberID: w.ids.New(), OrgPath: w.orgs[at].Path, Grants: []authz.Grant{{Role: role, OrgID: at, OrgPath: w.orgs[at].Path}}}
	return token
}

type loadBody struct {
	Month             string
	Members, Messages int
	Over              int
	Average           float64
	Bands             []struct {
		From    int
		To      *int
		Members int
	}
	Kinds []struct {
		Kind, Title string
		Messages    int
	}
	Own    struct{ Members, Messages int }
	Parts  []part
	Months []struct {
		Month    string
		Messages int
	}
	Named  bool
	People []struct {
		MemberName string
		Messages   int
	}
	Ceiling ceilingBody
}

type part struct {
	Org                     struct{ Name string }
	Members, Messages, Over int
	Average                 float64
}

type ceilingBody struct {
	Own, Most, Above int
	From             *struct{ Name string }
	Editable         bool
}

// text writes a load in a few lines.
func (b loadBody) text() string {
	lines := []string{fmt.Sprintf("%s: %d members, %d messages, %.1f each, %d over", b.Month, b.Members, b.Messages, b.Average, b.Over)}
	line := "bands"
	for _, band := range b.Bands {
		line += fmt.Sprintf(" %d+:%d", band.From, band.Members)
	}
	line += ", kinds"
	for _, k := range b.Kinds {
		line += fmt.Sprintf(" %s:%d", k.Title, k.Messages)
	}
	lines = append(lines, line, fmt.Sprintf("own %d/%d", b.Own.Messages, b.Own.Members))
	for _, p := range b.Parts {
		lines = append(lines, fmt.Sprintf("%s %d/%d %.1f over %d", p.Org.Name, p.Messages, p.Members, p.Average, p.Over))
	}
	line = "months"
	for _, m := range b.Months {
		line += fmt.Sprintf(" %s:%d", strings.TrimPrefix(m.Month, "2026-"), m.Messages)
	}
	if lines = append(lines, line); b.Named {
		line = "people"
		for _, p := range b.People {
			line += fmt.Sprintf(" %s:%d", p.MemberName, p.Messages)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// TestLoad: what people got in a month, by band, kind, part and month; what was not sent and other months do not count.
func TestLoad(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		w := newTown(s)
		head, east, group, west := w.resident("甲", 1), w.resident("乙", 2), w.resident("丙", 3), w.resident("丁", 4)
		left := w.resident("离", 4)
		w.insert("UPDATE members SET left_at = 1 WHERE id = ?", left.ID)
		w.got(left, remind.Published, 3, noon, remind.Sent)
		w.got(head, remind.Published, 1, cst(1, 0, 0), remind.Sent)
		w.got(east, remind.Published, 4, noon, remind.Sent)
		w.got(east, remind.Changed, 3, noon, remind.Sent)
		w.got(group, remind.DayBefore, 10, cst(31, 23, 59), remind.Sent)
		w.got(group, remind.DayBefore, 5, noon, remind.Refused)
		w.got(west, remind.Published, 2, cst(1, 0, 0).Add(-time.Millisecond), remind.Sent)
		w.insert("INSERT INTO reminder_ceilings (org_id, ceiling, set_by, set_at) VALUES (1, 7, 0, 0), (3, 20, 0, 0)")

		for token, want := range map[string]map[string]string{
			w.appointed(authz.Organiser, 1): {
				"1/reminder-load": "2026-12: 4 members, 18 messages, 4.5 each, 2 over\nbands 0+:2 4+:0 7+:1 10+:1, kinds 提前一天:10 活动通知:5 变更通知:3\nown 1/1\n" +
					"东村 17/2 8.5 over 2\n西村 0/1 0.0 over 0\nmonths 07:0 08:0 09:0 10:0 11:2 12:18",
				"1/reminder-load?month=2026-11": "2026-11: 4 members, 2 messages, 0.5 each, 0 over\nbands 0+:4 4+:0 7+:0 10+:0, kinds 活动通知:2\nown 0/1\n" +
					"东村 0/2 0.0 over 0\n西村 2/1 2.0 over 0\nmonths 06:0 07:0 08:0 09:0 10:0 11:2",
				"2/reminder-load": "2026-12: 2 members, 17 messages, 8.5 each, 2 over\nbands 0+:0 4+:0 7+:1 10+:1, kinds 提前一天:10 活动通知:4 变更通知:3\nown 7/1\n" +
					"一组 10/1 10.0 over 1\nmonths 07:0 08:0 09:0 10:0 11:0 12:17",
			},
			w.appointed(authz.Secretary, 2): {
				"2/reminder-load": "2026-12: 2 members, 17 messages, 8.5 each, 2 over\nbands 0+:0 4+:0 7+:1 10+:1, kinds 提前一天:10 活动通知:4 变更通知:3\nown 7/1\n" +
					"一组 10/1 10.0 over 1\nmonths 07:0 08:0 09:0 10:0 11:0 12:17\npeople 乙:7 丙:10",
				"3/reminder-load": "2026-12: 1 members, 10 messages, 10.0 each, 1 over\nbands 0+:0 4+:0 7+:0 10+:1, kinds 提前一天:10\nown 10/1\n" +
					"months 07:0 08:0 09:0 10:0 11:0 12:10\npeople 丙:10",
			},
		} {
			for path, text := range want {
				var got loadBody
				w.call(token, "GET", "/orgs/"+idPath(path), "", 200, &got)
				if text = strings.ReplaceAll(text, "提前一天", "活动提醒"); got.text() != text {
					t.Errorf("%s, %s:\n got %s\nwant %s", token, path, got.text(), text)
				}
			}
		}
		w.call(w.appointed(authz.Secretary, 4), "GET", "/orgs/"+idPath("2/reminder-load"), "", 404, nil)
		w.call(w.appointed(authz.Admin, 1), "GET", "/orgs/"+idPath("1/reminder-load?month=12"), "", 400, nil)
	})
}

// idPath writes the id before the slash as the API does.
func idPath(path string) string {
	var id int64
	rest := path[strings.IndexByte(path, '/'):]
	if _, err := fmt.Sscan(path[:len(path)-len(rest)], &id); err != nil {
		panic(err)
	}
	return ident.ID(id).String() + rest
}

// TestCeilingIsSet: by admins, never looser than above, and taken away with 0.
func TestCeilingIsSet(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		w := newTown(s)
		above, here, organiser := w.appointed(authz.Admin, 1), w.appointed(authz.Admin, 2), w.appointed(authz.Organiser, 1)
		set := func(token string, id int64, most, status int, want string) {
			t.Helper()
			var got ceilingBody
			w.call(token, "PUT", "/orgs/"+ident.ID(id).String()+"/reminder-ceiling", fmt.Sprintf(`{"ceiling": %d}`, most), status, &got)
			from := ""
			if got.From != nil {
				from = got.From.Name
			}
			if line := fmt.Sprint(got.Own, "/", got.Most, "/", got.Above, " ", from); status == 200 && line != want {
				t.Errorf("set to %d: %s, want %s", most, line, want)
			}
		}
		set(here, 2, 9, 200, "9/9/0 东村")
		set(above, 1, 6, 200, "6/6/0 乡党委")
		set(here, 2, 0, 200, "0/6/6 乡党委")
		set(here, 2, 7, 400, "")
		set(here, 2, 4, 200, "4/4/6 东村")
		set(above, 1, 0, 200, "0/0/0 ")
		set(here, 2, 4, 200, "4/4/0 东村")
		set(organiser, 1, 4, 403, "")
		set(here, 1, 4, 404, "")
		set(here, 2, 61, 400, "")
		set(here, 2, -1, 400, "")
	})
}

func TestWhoIsSpared(t *testing.T) {
	for _, c := range []struct {
		kind      remind.Kind
		had, most int
		want      bool
	}{
		{remind.Published, 5, 6, false},
		{remind.Published, 6, 6, true},
		{remind.Published, 7, 6, true},
		{remind.Published, 99, 0, false},
		{remind.RecordReady, 6, 6, true},
		{remind.Soon, 6, 6, false},
		{remind.LeaveDecided, 6, 6, false},
		{remind.NotClosed, 6, 6, false},
		{remind.DayBefore, 6, 6, false},
		{remind.Changed, 6, 6, false},
		{remind.Cancelled, 6, 6, false},
		{"some later kind", 6, 6, false},
	} {
		if got := remind.IsSpared(c.kind, c.had, c.most); got != c.want {
			t.Errorf("%s with %d of %d: %t", c.kind, c.had, c.most, got)
		}
	}
}

// TestCeiling: who has had enough finds the announcement in the inbox, and still gets the reminder of the eve.
func TestCeiling(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		w := newTown(s)
		east, west := w.resident("乙", 2), w.resident("丁", 4)
		secretary := w.login(east, true)
		w.got(east, remind.Published, 1, noon, remind.Sent)
		w.got(east, remind.Published, 1, noon.AddDate(0, -1, 0), remind.Sent)
		w.got(west, remind.Published, 2, noon, remind.Sent)
		w.insert("INSERT INTO reminder_ceilings (org_id, ceiling, set_by, set_at) VALUES (1, 2, 0, 0)")
		var before struct {
			Reach struct{ Expected, Reachable, Spared int }
		}
		draft := w.draft()
		w.events[draft.ID] = draft
		w.call(secretary, "GET", "/events/"+draft.ID.String()+"/reminders", "", 200, &before)
		if r := before.Reach; r.Expected != 2 || r.Reachable != 1 || r.Spared != 1 {
			t.Errorf("before it is published: %+v", r)
		}
		e := w.publish(nil)
		w.work()
		w.wantPhone("乙 published")
		w.wantTold(secretary, e, "活动通知 1/0/0/1/0:;") // the eve is still to come
		var inbox int
		if err := w.db.Read().NewRaw("SELECT COUNT(*) FROM messages WHERE event_id = ?", e.ID).Scan(t.Context(), &inbox); err != nil || inbox != 2 {
			t.Errorf("%d in the inbox, %v", inbox, err)
		}
		w.workUntil(dayBefore)
		w.wantPhone("丁 day_before", "乙 published", "乙 day_before")

		only := w.onlyAnnounced() // nothing more to come
		w.work()
		b := w.wantTold(secretary, only, "活动通知 0/0/0/0/2: 乙 丁;")
		if p := b.Phone[0]; p.Why != "本月提醒已达上限，只进站内信" {
			t.Errorf("phone list: %+v", p)
		}
		w.step(event.StepCancelled, only, nil)
		w.work()
		w.wantPhone("丁 day_before", "丁 cancelled", "乙 published", "乙 day_before", "乙 cancelled")
	})
}

package remind_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// account is the official account with its followers. Safe for concurrent use.
type account struct {
	lister

	mu        sync.Mutex
	followers map[string]string // unionid by openid
	page      int               // how many openids one page of the list has
	script    []behaviour       // of the next sends, then well
	calls     int
	sent      map[string]string           // message id by openid and key
	arrived   map[string][]remind.Message // by openid: what the phone shows
	die       func()
}

func (a *account) SendTemplate(_ context.Context, m remind.Message) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	var how behaviour
	if len(a.script) > 0 {
		how, a.script = a.script[0], a.script[1:]
	}
	var code int
	if _, err := fmt.Sscanf(string(how), "errcode %d", &code); err == nil {
		return "", &remind.SendError{Code: code, Cause: errCrash}
	}
	id, err := "", error(nil)
	if slices.Contains([]behaviour{well, lostAnswer, gatewayLost, diesAfter}, how) {
		id, err = a.accept(m)
	}
	switch how {
	case well:
		return id, err
	case diesAfter:
		a.die()
		panic(errCrash)
	case dialFails:
		return "", &remind.SendError{Cause: errCrash}
	case gatewayBusy, gatewayLost:
		return "", &remind.SendError{Status: 502, Unknown: true, Cause: errCrash}
	}
	return "", &remind.SendError{Unknown: true, Cause: context.DeadlineExceeded}
}

// accept sends one of the messages that have the same key.
func (a *account) accept(m remind.Message) (string, error) {
	if _, follows := a.followers[m.OpenID]; !follows {
		return "", &remind.SendError{Code: 43004, Cause: errCrash}
	}
	key := m.OpenID + "|" + m.Key
	if a.sent[key] == "" {
		a.sent[key] = fmt.Sprint("official", a.calls)
		a.arrived[m.OpenID] = append(a.arrived[m.OpenID], m)
	}
	return a.sent[key], nil
}

func (a *account) FollowerIDs(_ context.Context, after string) ([]string, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids := slices.Sorted(maps.Keys(a.followers))
	ids = slices.DeleteFunc(ids, func(id string) bool { return id <= after })
	if len(ids) <= a.page {
		return ids, "", a.err
	}
	return ids[:a.page], ids[a.page-1], a.err
}

func (a *account) Followers(_ context.Context, openIDs []string) (map[string]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := map[string]string{}
	for _, id := range openIDs {
		if union, ok := a.followers[id]; ok {
			known[id] = union
		}
	}
	return known, a.err
}

// withOfficial gives the world an official account.
func withOfficial(t *testing.T, db *store.DB) *world {
	w := newWorld(t, db)
	w.official = &account{followers: map[string]string{}, page: 2, sent: map[string]string{}, arrived: map[string][]remind.Message{}, die: func() {}}
	return w.boot(db, w.Templates)
}

// follow lets the member follow the account; the product knows.
func (w *world) follow(m org.Member) string {
	w.t.Helper()
	u := w.users[m.ID]
	u.UnionID = "union-" + m.Name
	w.users[m.ID] = u
	_, err := w.db.Write().NewRaw("INSERT INTO users (id, openid, unionid, created_at, updated_at) VALUES (?, ?, ?, 0, 0)", u.ID, u.OpenID, u.UnionID).Exec(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	openID := "official-" + m.Name
	w.official.mu.Lock()
	w.official.followers[openID] = u.UnionID
	w.official.mu.Unlock()
	if err := w.FollowChanged(w.t.Context(), openID, true); err != nil {
		w.t.Fatal(err)
	}
	return openID
}

// followers lists "openid unionid" of what the product knows.
func (w *world) followers() []string {
	w.t.Helper()
	var rows []struct{ Openid, Unionid string }
	if err := w.db.Read().NewRaw("SELECT openid, unionid FROM followers ORDER BY openid").Scan(w.t.Context(), &rows); err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, r := range rows {
		all = append(all, strings.TrimSpace(r.Openid+" "+r.Unionid))
	}
	return all
}

// channels lists the channel of each delivery.
func (w *world) channels() (all []string) {
	w.t.Helper()
	if err := w.db.Read().NewRaw("SELECT channel FROM deliveries").Scan(w.t.Context(), &all); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// arrivals counts the messages on somebody's phone, of both channels together.
func (w *world) arrivals(m org.Member) int {
	w.wechat.mu.Lock()
	defer w.wechat.mu.Unlock()
	w.official.mu.Lock()
	defer w.official.mu.Unlock()
	return len(w.wechat.arrived["openid-"+m.Name]) + len(w.official.arrived["official-"+m.Name])
}

// Whether the official account is used, and what comes of it, for a follower. Only what has certainly not arrived by the
// mini-program goes that way.
func TestSecondChannel(t *testing.T) {
	const sub, off = "subscribe", "official"
	type row struct {
		grants   int
		mini     []behaviour
		official []behaviour
		delivery string
		channel  string
		arrivals int
	}
	rows := map[string]row{
		"allowed":                         {1, nil, nil, "sent", sub, 1},
		"never allowed":                   {0, nil, nil, "sent", off, 1},
		"not connected, then allowed":     {1, []behaviour{dialFails}, nil, "sent", sub, 1},
		"never connected":                 {1, many(dialFails, 20), nil, "sent", off, 1},
		"busy for ever":                   {1, many(errcode(-1), 20), nil, "sent", off, 1},
		"refused here":                    {1, []behaviour{badSetting}, nil, "sent", off, 1},
		"quota of the day until too late": {1, many(errcode(45009), 20), nil, "sent", off, 1},
		"answer lost":                     {1, []behaviour{lostAnswer}, nil, "sent 43101 " + unconfirmed, sub, 1},
		"answer lost, two allowed":        {2, []behaviour{lostAnswer}, nil, "failed " + unknown, sub, 1},
		"request lost, two allowed":       {2, []behaviour{lostRequest}, nil, "failed " + unknown, sub, 0},
		"two answers lost":                {1, []behaviour{lostRequest, lostRequest}, nil, "failed " + unknown, sub, 0},
		"gateway lies, then refused":      {1, []behaviour{gatewayLost}, nil, "sent 43101 " + unconfirmed, sub, 1},
		"gateway, then a final answer":    {1, []behaviour{gatewayBusy, errcode(47003)}, nil, "failed 47003 内容不合微信的要求，请联系管理员", sub, 0},
		"duplicate":                       {1, []behaviour{errcode(40241)}, nil, "sent 40241 " + unconfirmed, sub, 0},
		"official: busy, token, quota":    {0, nil, []behaviour{errcode(-1), errcode(40001), errcode(42001), errcode(40014), errcode(45011)}, "sent", off, 1},
		"official: not connected":         {0, nil, []behaviour{dialFails}, "sent", off, 1},
		"official: quota of the day":      {0, nil, []behaviour{errcode(45009)}, "sent", off, 1},
		"official: answer lost":           {0, nil, []behaviour{lostAnswer}, "sent", off, 1},
		"official: answers lost":          {0, nil, []behaviour{lostAnswer, lostAnswer, lostAnswer}, "sent", off, 1},
		"official: request lost":          {0, nil, []behaviour{lostRequest}, "sent", off, 1},
		"official: gateway":               {0, nil, []behaviour{gatewayBusy}, "sent", off, 1},
		"official: gateway lies":          {0, nil, []behaviour{gatewayLost, gatewayLost}, "sent", off, 1},
		"official: silent":                {0, nil, many(lostRequest, 20), "failed " + unknown, off, 0},
		"official: lost, then a stranger": {0, nil, []behaviour{lostAnswer, errcode(43004)}, "failed " + unknown, off, 1},
		"official: duplicate":             {0, nil, []behaviour{errcode(40241)}, "sent 40241 " + unconfirmed, off, 0},
		"refused, then by a stranger":     {1, []behaviour{errcode(43101)}, []behaviour{errcode(43004)}, "refused 43004 没有关注公众号", off, 0},
	}
	// Every final answer of the mini-program lets the official account try.
	for _, code := range []int{40003, 40037, 41030, 43101, 43107, 45109, 45168, 47003, 48001, 99999} {
		rows[fmt.Sprint("mini-program says ", code)] = row{1, []behaviour{errcode(code)}, nil, "sent", off, 1}
	}
	// And every final answer of the official account ends it.
	for code, why := range map[int]string{
		40008: "公众号消息设置有误，请联系管理员", 40013: "公众号没有关联本小程序，请联系管理员", 40036: "公众号消息模板不可用，请联系管理员",
		40037: "公众号消息模板不可用，请联系管理员", 40039: "公众号消息设置有误，请联系管理员", 40246: "公众号消息模板不可用，请联系管理员",
		40247: "公众号消息模板已过时，请联系管理员", 40249: "公众号认为内容是营销，没有送出", 41030: "小程序页面不可用，请联系管理员",
		43116: "公众号消息模板被限制，请联系管理员", 45109: "公众平台账号没有开通这项功能，请联系管理员", 45168: "内容含微信不允许的词，没有送出",
		47003: "公众号消息内容不合要求，请联系管理员", 48001: "公众平台账号没有开通这项功能，请联系管理员", 99999: "微信拒绝了这条消息（99999），请联系管理员",
	} {
		rows[fmt.Sprint("official says ", code)] = row{0, nil, []behaviour{errcode(code)}, fmt.Sprintf("failed %d %s", code, why), off, 0}
	}
	for code, why := range map[int]string{43004: "没有关注公众号", 40003: "没有关注公众号", 43101: "没有允许公众号的通知"} {
		rows[fmt.Sprint("official says ", code)] = row{0, nil, []behaviour{errcode(code)}, fmt.Sprintf("refused %d %s", code, why), off, 0}
	}
	db := storetest.New(t)
	w := withOfficial(t, db)
	number := 0
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		c := rows[name]
		t.Run(name, func(t *testing.T) {
			number++
			w.t = t
			w.clear()
			m := w.member(fmt.Sprint("甲", number), c.grants)
			w.follow(m)
			w.wechat.script, w.official.script = c.mini, c.official
			w.onlyAnnounced()
			w.workUntil(cst(11, 12, 0))
			w.wantDeliveries(m.Name + " published " + c.delivery)
			w.want("channel", w.channels(), []string{c.channel})
			if got := w.arrivals(m); got != c.arrivals {
				t.Errorf("%d messages on the phone, want %d", got, c.arrivals)
			}
			if strings.Contains(c.delivery, "43004") || strings.Contains(c.delivery, "40003 没有关注") {
				w.want("followers", w.followers(), nil)
			}
			if remaining, sum := w.left(m, remind.Published); remaining != sum || remaining < 0 {
				t.Errorf("ledger %d, its lines %d", remaining, sum)
			}
		})
	}
}

// clear makes the world as new, for the next case on the same database.
func (w *world) clear() {
	w.t.Helper()
	w.clock.Set(noon)
	w.members, w.users = nil, map[ident.ID]org.User{}
	w.wechat.script, w.official.script = nil, nil
	for _, table := range []string{"deliveries", "reminders", "messages", "grants", "grant_entries", "followers", "jobs", "users"} {
		if _, err := w.db.Write().ExecContext(w.t.Context(), "DELETE FROM "+table); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Whatever the two accounts answer, nobody gets a reminder twice, and every delivery ends.
func TestNeverTwiceOverBothChannels(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		db := w.db
		w = withOfficial(t, db)
		random := rand.New(rand.NewPCG(5, 16)) //nolint:gosec // a test
		ways := []behaviour{
			well, lostAnswer, lostRequest, dialFails, gatewayBusy, gatewaySlow, gatewayLost, badSetting, errcode(-1), errcode(43101),
			errcode(47003), errcode(43004), errcode(40241), errcode(45009), errcode(40001),
		}
		some := func(n int) []behaviour {
			script := make([]behaviour, n)
			for i := range script {
				script[i] = ways[random.IntN(len(ways))]
			}
			return script
		}
		for i := range 60 {
			m := w.member(fmt.Sprint("人", i), random.IntN(2)) // who has allowed more than the ledger knows is another story
			if random.IntN(3) > 0 {
				w.follow(m)
			}
		}
		w.wechat.script, w.official.script = some(100), some(100)
		w.onlyAnnounced()
		w.workUntil(cst(11, 12, 0))
		for _, m := range w.members {
			if got := w.arrivals(m); got > 1 {
				t.Errorf("%s has got %d messages", m.Name, got)
			}
		}
		var open int
		if err := db.Read().NewRaw("SELECT COUNT(*) FROM deliveries WHERE state IN ('pending', 'sending')").Scan(t.Context(), &open); err != nil || open > 0 {
			t.Errorf("%d deliveries have not ended, error %v", open, err)
		}
	})
}

// A server that dies over a call to the official account leaves a delivery that the next one finishes, once.
func TestOfficialCallSurvivesCrash(t *testing.T) {
	eachPair(t, func(t *testing.T, one, two *world) {
		official := &account{followers: map[string]string{}, page: 2, sent: map[string]string{}, arrived: map[string][]remind.Message{}, die: one.wechat.die}
		one.official, two.official = official, official
		one.boot(one.db, one.Templates)
		two.boot(two.db, two.Templates)
		m := one.member("甲", 0)
		two.branch = one.branch
		one.follow(m)
		official.script = []behaviour{diesAfter}
		one.onlyAnnounced()
		_ = one.liveUntil(noon.Add(time.Second))
		two.workUntil(noon.Add(10 * time.Minute))
		two.wantDeliveries("甲 published sent")
		if got := two.arrivals(m); got != 1 || official.calls != 2 {
			t.Errorf("%d messages after %d calls", got, official.calls)
		}
	})
}

func TestFollowersAreKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		db := w.db
		w = withOfficial(t, db)
		w.official.followers = map[string]string{"o1": "u1", "o2": "u2", "o3": "", "o4": "u4", "o5": "u5"}
		sync := func() {
			t.Helper()
			if err := w.PlanFollowers(t.Context(), db.Write(), true); err != nil {
				t.Fatal(err)
			}
			w.work()
		}
		sync()
		w.want("the list in pages of two", w.followers(), []string{"o1 u1", "o2 u2", "o3", "o4 u4", "o5 u5"})

		w.official.mu.Lock()
		delete(w.official.followers, "o2")
		w.official.followers["o3"], w.official.followers["o6"] = "u3", "u6"
		w.official.mu.Unlock()
		w.work()
		w.want("before the night", w.followers(), []string{"o1 u1", "o2 u2", "o3", "o4 u4", "o5 u5"})
		w.workUntil(cst(7, 4, 0))
		w.want("after it", w.followers(), []string{"o1 u1", "o3 u3", "o4 u4", "o5 u5", "o6 u6"})

		w.official.mu.Lock()
		w.official.followers["o7"] = "u7"
		delete(w.official.followers, "o1")
		w.official.mu.Unlock()
		for _, who := range []string{"o7", "nobody", "o1", "o3"} { // the last one has left and come back
			if err := w.FollowChanged(t.Context(), who, who != "o1"); err != nil {
				t.Fatal(err)
			}
		}
		w.want("by push", w.followers(), []string{"o3 u3", "o4 u4", "o5 u5", "o6 u6", "o7 u7"})

		w.official.err = errCrash
		for who, follows := range map[string]bool{"o3": true, "o4": false} {
			if err := w.FollowChanged(t.Context(), who, follows); err == nil {
				t.Error("nobody asks again")
			}
		}
		w.want("while WeChat does not answer", w.followers(), []string{"o3 u3", "o5 u5", "o6 u6", "o7 u7"})
		w.official.err = nil
		if err := w.FollowChanged(t.Context(), "o4", false); err != nil { // has come back since
			t.Fatal(err)
		}
		w.want("asked again", w.followers(), []string{"o3 u3", "o4 u4", "o5 u5", "o6 u6", "o7 u7"})
	})
}

// What WeChat reports afterwards about a message of the official account.
func TestOfficialReports(t *testing.T) {
	for name, c := range map[string]struct {
		script             []behaviour
		msgID              string
		delivered, blocked bool
		want               string
	}{
		"delivered":           {nil, "official1", true, false, "sent"},
		"blocked":             {nil, "official1", false, true, "failed 本人屏蔽了公众号的消息"},
		"not delivered":       {nil, "official1", false, false, "failed 微信收下了，但没有送到（公众号）"},
		"of another message":  {nil, "official9", false, true, "sent"},
		"answers an open one": {[]behaviour{lostAnswer}, "official1", true, false, "sent"},
	} {
		t.Run(name, func(t *testing.T) {
			w := withOfficial(t, storetest.New(t))
			openID := w.follow(w.member("甲", 0))
			w.official.script = c.script
			w.onlyAnnounced()
			w.work()
			for range 2 {
				if err := w.OfficialSent(t.Context(), openID, c.msgID, c.delivered, c.blocked); err != nil {
					t.Fatal(err)
				}
			}
			w.wantDeliveries("甲 published " + c.want)
			if err := w.OfficialSent(t.Context(), "somebody", c.msgID, true, false); err != nil {
				t.Error(err)
			}
			w.workUntil(noon.Add(time.Hour))
			w.wantDeliveries("甲 published " + c.want)
			if w.official.calls != 1 {
				t.Errorf("%d calls", w.official.calls)
			}
		})
	}
}

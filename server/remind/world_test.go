package remind_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// cst is an instant of December 2026 in Shanghai.
func cst(day, hour, minute int) time.Time {
	return time.Date(2026, 12, day, hour, minute, 0, 0, time.FixedZone("", 8*60*60)).UTC()
}

// noon is when most tests begin, four days before the event at half past two.
var (
	noon  = cst(6, 12, 0)
	start = cst(10, 14, 30)
)

// branch is the rest of the product: events, roster and WeChat identities. Safe for concurrent use.
type branch struct {
	mu      sync.Mutex
	events  map[ident.ID]event.Event
	members []org.Member
	guests  []org.Member // came although nobody expected them
	users   map[ident.ID]org.User
	orgs    map[ident.ID]org.Org
	onUsers func() error // called before identities are looked up; may be nil
	broken  error        // of every event and of the branches, when not nil
	marks   map[ident.ID]checkin.Status
	excused map[[2]ident.ID]checkin.Status // of one event: its id and the member's
	runners map[authz.Role][]org.Member    // of the branch
	upper   []org.Member                   // organisers of the town
}

// host is the branch that holds the events, upper what it belongs to.
var (
	host  = org.Org{ID: 11, ParentID: 1, Kind: org.Branch, Name: "柳树村党支部", Path: "/1/", ThemeDay: 10}
	upper = org.Org{ID: 1, Kind: org.Committee, Name: "镇党委", Path: "/"}
)

func (b *branch) StandingOf(_ context.Context, _ bun.IDB, e event.Event) ([]checkin.Attendance, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]checkin.Attendance, len(b.members))
	for i, m := range b.members {
		status := cmp.Or(b.excused[[2]ident.ID{e.ID, m.ID}], b.marks[m.ID], checkin.Pending)
		list[i] = checkin.Attendance{EventID: e.ID, Member: m, Expected: status != checkin.Exempt, Status: status}
	}
	for _, m := range b.guests {
		list = append(list, checkin.Attendance{EventID: e.ID, Member: m, Status: checkin.Present})
	}
	return list, nil
}

func (b *branch) MembersByID(_ context.Context, _ bun.IDB, ids []ident.ID) (map[ident.ID]org.Member, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := map[ident.ID]org.Member{}
	for _, m := range b.members {
		if slices.Contains(ids, m.ID) {
			found[m.ID] = m
		}
	}
	return found, nil
}

func (b *branch) HoldersOf(_ context.Context, _ bun.IDB, id ident.ID, roles ...authz.Role) ([]org.Member, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if id == upper.ID {
		return slices.Clone(b.upper), nil
	}
	var all []org.Member
	for _, role := range roles {
		all = append(all, b.runners[role]...)
	}
	return all, nil
}

func (b *branch) Branches(context.Context, bun.IDB) ([]org.Org, error) {
	return []org.Org{host}, b.broken
}

// The tree of these tests never changes.
func (b *branch) PathsDuring(context.Context, bun.IDB, time.Time, time.Time) (map[ident.ID][]string, error) {
	return nil, nil //nolint:nilnil // an empty map
}

func (b *branch) TreeAsOf(_ context.Context, _ bun.IDB, top org.Org, _ time.Time) ([]org.Org, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var tree []org.Org
	for _, id := range slices.Sorted(maps.Keys(b.orgs)) {
		if authz.Within(b.orgs[id].Path, top.Path) {
			tree = append(tree, b.orgs[id])
		}
	}
	return tree, nil
}

func (b *branch) Overlapping(_ context.Context, _ bun.IDB, _ event.Event, among []ident.ID) ([]event.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var events []event.Event
	for _, id := range among {
		if e, ok := b.events[id]; ok {
			events = append(events, e)
		}
	}
	return events, nil
}

func (b *branch) ThemeDays(_ context.Context, _ bun.IDB, from, before time.Time) ([]ident.ID, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []ident.ID
	for _, e := range b.events {
		if (e.State == event.Published || e.State == event.Closed) && !e.StartsAt.Before(from) && e.StartsAt.Before(before) {
			ids = append(ids, e.Host.ID)
		}
	}
	return ids, nil
}

func (b *branch) Orgs(_ context.Context, _ bun.IDB, ids []ident.ID) ([]org.Org, error) {
	var found []org.Org
	for _, o := range []org.Org{host, upper} {
		if slices.Contains(ids, o.ID) {
			found = append(found, o)
		}
	}
	return found, nil
}

func (b *branch) Load(_ context.Context, _ bun.IDB, id ident.ID) (event.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.events[id]
	if b.broken != nil {
		return e, b.broken
	}
	if !ok {
		return e, fault.NotFound("not_found", "没有找到")
	}
	return e, nil
}

func (b *branch) Expected(context.Context, bun.IDB, event.Event) ([]org.Member, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.members), nil
}

func (b *branch) UsersOf(_ context.Context, _ bun.IDB, members []ident.ID) (map[ident.ID]org.User, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.onUsers != nil {
		if err := b.onUsers(); err != nil {
			return nil, err
		}
	}
	users := map[ident.ID]org.User{}
	for _, id := range members {
		if u, ok := b.users[id]; ok {
			users[id] = u
		}
	}
	return users, nil
}

func (b *branch) OrgForActor(_ context.Context, actor authz.Actor, action authz.Action, id ident.ID) (org.Org, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.orgs[id]
	return o, authz.Can(actor, action, authz.Object{Host: cmp.Or(o.Path, "nowhere")}).Fault()
}

func (b *branch) Masked(m org.Member) string { return "138****" + m.Name }

// world is one server with everything around it.
type world struct {
	*remind.Service
	*branch
	t      *testing.T
	db     *store.DB
	clock  *clock.Adjustable
	ids    *ident.Source
	queue  *jobs.Queue
	wechat *wechat
	lister *lister
	// official is the official account; nil: there is none.
	official *account
	mu       sync.Mutex
	counted  map[string]int
}

const lease = 2 * time.Minute

// templates is the default with one kind changed to long-term.
func templates(t *testing.T, longTerm ...remind.Kind) remind.Templates {
	t.Helper()
	all, err := remind.LoadTemplates("")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range longTerm {
		changed := all.Subscribe[kind]
		changed.Type = remind.LongTerm
		all.Subscribe[kind] = changed
	}
	return all.Subscribe
}

func officialTemplates(t *testing.T) remind.Templates {
	t.Helper()
	all, err := remind.LoadTemplates("")
	if err != nil {
		t.Fatal(err)
	}
	return all.Official
}

func newWorld(t *testing.T, db *store.DB, longTerm ...remind.Kind) *world {
	clk := clock.NewFake(noon)
	w := &world{
		t: t, clock: clk, ids: ident.NewSource(clk, nil), counted: map[string]int{},
		branch: &branch{
			events: map[ident.ID]event.Event{}, users: map[ident.ID]org.User{}, orgs: map[ident.ID]org.Org{}, marks: map[ident.ID]checkin.Status{}, excused: map[[2]ident.ID]checkin.Status{}, runners: map[authz.Role][]org.Member{},
		},
		wechat: &wechat{grants: map[string]int{}, arrived: map[string][]remind.Message{}, busy: map[string]bool{}, die: func() {}},
		lister: &lister{},
	}
	return w.boot(db, templates(t, longTerm...))
}

// boot starts a server on the database.
func (w *world) boot(db *store.DB, all remind.Templates) *world {
	w.db = db
	w.queue = jobs.New(db, w.clock, w.ids, nil, jobs.Options{Lease: lease, Poll: time.Hour, Workers: 32})
	deps := remind.Deps{
		DB: db, Clock: w.clock, IDs: w.ids, Jobs: w.queue, Templates: all,
		Roster: w.branch, People: w.branch, Contacts: w.branch, Events: w.branch, Orgs: w.branch, Phones: w.branch, Sender: w.wechat, Lister: w.lister,
		Delivered: func(state string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.counted[state]++
		},
	}
	if w.official != nil {
		deps.Official, deps.OfficialTemplates = w.official, officialTemplates(w.t)
	}
	w.Service = remind.New(deps)
	return w
}

// beside starts another server, with connections of its own, in the same world.
func (w *world) beside(db *store.DB) *world {
	other := &world{t: w.t, clock: w.clock, ids: w.ids, branch: w.branch, wechat: w.wechat, lister: w.lister, counted: map[string]int{}}
	return other.boot(db, templates(w.t))
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { body(t, newWorld(t, db)) })
}

// eachPair gives the test two servers on one database; the first one dies where the script says so.
func eachPair(t *testing.T, body func(t *testing.T, one, two *world)) {
	run := func(t *testing.T, dsn string) {
		one := newWorld(t, storetest.Open(t, dsn))
		one.wechat.die = func() {
			if err := one.db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		body(t, one, one.beside(storetest.Open(t, dsn)))
	}
	t.Run("sqlite", func(t *testing.T) { run(t, storetest.SQLiteDSN(t)) })
	for i, server := range storetest.Servers() {
		t.Run(fmt.Sprintf("server%d", i+1), func(t *testing.T) { run(t, storetest.NewDatabase(t, server)) })
	}
}

// member adds a member with a WeChat identity who has accepted each template so often, as WeChat and we know it.
func (w *world) member(name string, grants int) org.Member {
	w.t.Helper()
	m := w.unbound(name)
	u := org.User{ID: w.ids.New(), OpenID: "openid-" + name, MemberID: m.ID}
	w.users[m.ID] = u
	for range grants {
		for _, template := range w.distinct() {
			w.tap(u, template)
			w.report(u, template.ID, remind.Accept)
		}
	}
	return m
}

// distinct returns the templates, each once however many kinds share it.
func (w *world) distinct() map[remind.Kind]remind.Template {
	all := map[remind.Kind]remind.Template{}
	for kind, template := range w.Templates {
		if first, _ := w.Templates.OfID(template.ID); first == kind {
			all[kind] = template
		}
	}
	return all
}

func (w *world) unbound(name string) org.Member {
	m := org.Member{ID: w.ids.New(), Name: name, OrgName: "柳树村党支部"}
	w.members = append(w.members, m)
	return m
}

// tap is an accepted tap on the phone that nobody but WeChat knows of yet.
func (w *world) tap(u org.User, template remind.Template) {
	w.wechat.mu.Lock()
	defer w.wechat.mu.Unlock()
	if template.Type == remind.LongTerm {
		w.wechat.grants[u.OpenID+"|"+template.ID] = -1
		return
	}
	w.wechat.grants[u.OpenID+"|"+template.ID]++
}

func (w *world) report(u org.User, templateID string, answer remind.Answer) {
	w.t.Helper()
	if err := w.Report(w.t.Context(), u.ID, "", map[string]remind.Answer{templateID: answer}); err != nil {
		w.t.Fatalf("report: %v", err)
	}
}

// draft makes an event that wants both reminders.
func (w *world) draft() event.Event {
	return event.Event{
		ID: w.ids.New(), Kind: event.ThemeDay, Title: "重温入党誓词", State: event.Draft, Host: host,
		StartsAt: start, EndsAt: start.Add(2 * time.Hour), Place: event.Place{Name: "村部会议室"},
		Reminders: event.Reminders{Published: true, DayBefore: true}, Revision: 1,
	}
}

// step takes a step of the event's life, as the event's own service would, and returns the event after it.
func (w *world) step(s event.Step, e event.Event, edit func(*event.Event)) event.Event {
	w.t.Helper()
	before := e
	e.Revision++
	switch s {
	case event.StepPublished:
		e.State, e.PublishedAt = event.Published, w.clock.Now()
	case event.StepCancelled:
		e.State, e.CancelReason = event.Cancelled, "下大雨"
	case event.StepClosed:
		e.State = event.Closed
	case event.StepCreated, event.StepEdited, event.StepReopened, event.StepCodeRenewed:
	}
	if edit != nil {
		edit(&e)
	}
	err := w.db.WithTx(w.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		return w.Followed(ctx, tx, s, w.clock.Now(), before, e)
	})
	if err != nil {
		w.t.Fatalf("step %s: %v", s, err)
	}
	w.branch.mu.Lock()
	defer w.branch.mu.Unlock()
	w.events[e.ID] = e
	return e
}

func (w *world) publish(edit func(*event.Event)) event.Event {
	w.t.Helper()
	return w.step(event.StepPublished, w.draft(), edit)
}

// onlyAnnounced publishes an event with the first reminder alone.
func (w *world) onlyAnnounced() event.Event {
	w.t.Helper()
	return w.publish(func(e *event.Event) { e.Reminders.DayBefore = false })
}

// work runs all that is due.
func (w *world) work() {
	w.t.Helper()
	if _, err := w.queue.RunDue(w.t.Context()); err != nil {
		w.t.Fatalf("run: %v", err)
	}
}

// workUntil runs what becomes due, at the very instant.
func (w *world) workUntil(end time.Time) {
	w.t.Helper()
	if err := w.liveUntil(end); err != nil {
		w.t.Fatalf("run: %v", err)
	}
}

// liveUntil is workUntil for a server that may die.
func (w *world) liveUntil(end time.Time) error {
	for {
		if _, err := w.queue.RunDue(w.t.Context()); err != nil {
			return err
		}
		var next int64
		err := w.db.Read().NewRaw(`
SELECT COALESCE(MIN(CASE WHEN state = 'ready' THEN run_at ELSE lease_until END), 0) FROM jobs WHERE state IN ('ready', 'running')`).Scan(w.t.Context(), &next)
		if err != nil || !w.clock.Now().Before(end) {
			return err
		}
		at := clock.FromMillis(next)
		if next == 0 || at.After(end) {
			at = end
		}
		w.clock.Set(at)
	}
}

// due counts the jobs that wait for nothing but a worker, and those that are worked on.
func (w *world) due() (n int) {
	w.t.Helper()
	err := w.db.Read().NewRaw("SELECT COUNT(*) FROM jobs WHERE state = 'running' OR state = 'ready' AND run_at <= ?", clock.Millis(w.clock.Now())).Scan(w.t.Context(), &n)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// plans lists the event's reminders as "kind day hour:minute state"; that it has to be closed is left out.
func (w *world) plans(e event.Event) []string {
	w.t.Helper()
	return w.plansOf("event_id = ? AND kind <> ?", e.ID, remind.NotClosed)
}

func (w *world) plansOf(condition string, args ...any) []string {
	w.t.Helper()
	var rows []struct {
		Kind   string
		DueAt  int64
		Urgent bool
		State  string
	}
	err := w.db.Read().NewRaw("SELECT kind, due_at, urgent, state FROM reminders WHERE "+condition+" ORDER BY id", args...).Scan(w.t.Context(), &rows)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, r := range rows {
		due := clock.FromMillis(r.DueAt).In(time.FixedZone("", 8*60*60))
		line := fmt.Sprintf("%s %s %s", r.Kind, due.Format("2 15:04"), r.State)
		if r.Urgent {
			line += " urgent"
		}
		all = append(all, line)
	}
	return all
}

// deliveries lists "name kind state code reason".
func (w *world) deliveries() []string {
	w.t.Helper()
	var rows []struct {
		MemberID ident.ID
		Kind     string
		State    string
		Code     int
		Reason   string
	}
	err := w.db.Read().NewRaw(`
SELECT d.member_id, r.kind, d.state, d.code, d.reason FROM deliveries d JOIN reminders r ON r.id = d.reminder_id`).Scan(w.t.Context(), &rows)
	if err != nil {
		w.t.Fatal(err)
	}
	names := map[ident.ID]string{}
	for _, m := range w.members {
		names[m.ID] = m.Name
	}
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = strings.TrimSpace(strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s",
			names[r.MemberID], r.Kind, r.State, strings.TrimPrefix(fmt.Sprint(r.Code), "0"), r.Reason)), " "))
	}
	slices.Sort(all)
	return all
}

func (w *world) want(what string, got, want []string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func (w *world) wantDeliveries(want ...string) {
	w.t.Helper()
	w.want("deliveries", w.deliveries(), want)
}

// phone lists "name kind" of what people's phones show.
func (w *world) phone() []string {
	w.wechat.mu.Lock()
	defer w.wechat.mu.Unlock()
	var all []string
	for _, openID := range slices.Sorted(maps.Keys(w.wechat.arrived)) {
		for _, m := range w.wechat.arrived[openID] {
			for kind, template := range w.distinct() {
				if template.ID == m.TemplateID {
					all = append(all, strings.TrimPrefix(openID, "openid-")+" "+string(kind))
				}
			}
		}
	}
	return all
}

func (w *world) wantPhone(want ...string) {
	w.t.Helper()
	w.want("phones show", w.phone(), want)
}

func (w *world) wantCounted(want map[string]int) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !maps.Equal(w.counted, want) {
		w.t.Errorf("counted %v, want %v", w.counted, want)
	}
}

// left returns what our ledger says and the sum of its lines.
func (w *world) left(m org.Member, kind remind.Kind) (remaining, sum int) {
	w.t.Helper()
	u, id := w.users[m.ID], w.Templates[kind].ID
	err := w.db.Read().NewRaw("SELECT COALESCE(MAX(remaining), 0) FROM grants WHERE user_id = ? AND template_id = ?", u.ID, id).Scan(w.t.Context(), &remaining)
	err = cmp.Or(err, w.db.Read().NewRaw("SELECT COALESCE(SUM(delta), 0) FROM grant_entries WHERE user_id = ? AND template_id = ?", u.ID, id).Scan(w.t.Context(), &sum))
	if err != nil {
		w.t.Fatal(err)
	}
	return remaining, sum
}

func (w *world) wantLeft(m org.Member, kind remind.Kind, want int) {
	w.t.Helper()
	if remaining, sum := w.left(m, kind); remaining != want || sum != want {
		w.t.Errorf("%s may still get %d %s, the ledger's lines add up to %d; want %d", m.Name, remaining, kind, sum, want)
	}
}

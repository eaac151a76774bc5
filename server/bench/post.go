package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/remind"
	"themeday/server/store"
)

// post is a database with people, events and reminders, and no delivery yet.
type post struct {
	crew

	clock    *clock.Adjustable
	template string
	letters  []letter
}

// letter is one reminder for one member.
type letter struct{ Event, Member, User ident.ID }

// newPost loads as many members as there are deliveries, all of whom allow a message, and an event for each branch.
func newPost(ctx context.Context, dsn string, p remindPlan, clk *clock.Adjustable) (*post, error) {
	templates, err := remind.LoadTemplates("")
	if err != nil {
		return nil, err
	}
	vault, err := org.NewVault([]byte(config.Defaults().Secret))
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	o := &post{crew: crew{db: db, ids: ident.NewSource(clk, nil)}, clock: clk, template: templates.Subscribe[remind.Published].ID}
	people := org.New(org.Deps{DB: db, Clock: clk, IDs: o.ids, Vault: vault, Log: slog.New(slog.DiscardHandler)})
	o.events = event.New(db, clk, o.ids, people)
	if err := o.fill(ctx, people, p); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return o, nil
}

func (o *post) fill(ctx context.Context, people *org.Service, p remindPlan) error {
	if err := o.db.Migrate(ctx); err != nil {
		return err
	}
	if err := people.Load(ctx, parish(p.deliveries, p.events)); err != nil {
		return err
	}
	roots, err := people.Roots(ctx)
	if err != nil {
		return err
	}
	o.admin = authz.Actor{UserID: 1, MemberID: 1, OrgID: roots[0].ID, OrgPath: roots[0].Path, Grants: []authz.Grant{{Role: authz.Admin, OrgPath: roots[0].Path}}}
	return o.prepare(ctx)
}

// parish is a district with a branch for each event.
func parish(members, branches int) org.Tree {
	root := org.Tree{Name: "区委", Kind: org.District}
	for b := range branches {
		branch := org.Tree{Name: fmt.Sprint("支部", b), Kind: org.Branch}
		for i := b; i < members; i += branches {
			branch.Members = append(branch.Members, org.Person{Name: fmt.Sprint("党员", i), OpenID: openIDOf(i)})
		}
		root.Orgs = append(root.Orgs, branch)
	}
	return root
}

// prepare publishes the events and writes down that everybody allows one message.
func (o *post) prepare(ctx context.Context) error {
	var rows []struct{ OrgID, Member, User ident.ID }
	err := o.db.Read().NewRaw("SELECT m.org_id, m.id AS member, u.id AS user FROM members m JOIN users u ON u.member_id = m.id ORDER BY m.org_id, m.id").Scan(ctx, &rows)
	if err != nil {
		return err
	}
	events, grants := map[ident.ID]ident.ID{}, make([]string, 0, len(rows))
	for _, r := range rows {
		if events[r.OrgID] == 0 {
			if events[r.OrgID], err = o.publish(ctx, r.OrgID); err != nil {
				return err
			}
		}
		o.letters = append(o.letters, letter{events[r.OrgID], r.Member, r.User})
		grants = append(grants, fmt.Sprintf("(%d, '%s', 1, 'accept', 1)", r.User, o.template))
	}
	return o.insert(ctx, "grants (user_id, template_id, remaining, setting, updated_at)", grants)
}

func (o *post) publish(ctx context.Context, host ident.ID) (ident.ID, error) {
	now := o.clock.Now()
	e, err := o.events.Create(ctx, o.admin, event.Draftable{
		Kind: event.ThemeDay, Title: "主题党日", Host: host, StartsAt: now.Add(24 * time.Hour), EndsAt: now.Add(26 * time.Hour),
		Place: event.Place{Name: "会议中心"},
	}, "")
	if err == nil {
		_, err = o.events.Publish(ctx, o.admin, e.ID, "")
	}
	return e.ID, err
}

// deliver writes down what has to be sent: all of it due at first, or spread from then on at the rate. Members of one
// event follow one another, as an expansion has it.
func (o *post) deliver(ctx context.Context, first time.Time, rate float64) error {
	reminders := map[ident.ID]ident.ID{}
	var plans, deliveries, queue []string
	for i, l := range o.letters {
		due := clock.Millis(first)
		if rate > 0 {
			due += int64(float64(i) / rate * 1000)
		}
		if reminders[l.Event] == 0 {
			reminders[l.Event] = o.ids.New()
			plans = append(plans, fmt.Sprintf("(%d, %d, 1, 'published', 'expanded', %d, 1, 1, 1, 1)", reminders[l.Event], l.Event, due))
		}
		r := reminders[l.Event]
		deliveries = append(deliveries, fmt.Sprintf("(%d, %d, %d, %d, '%s', 'pending', %d, %d)", r, l.Member, l.Event, l.User, o.template, due, due))
		queue = append(queue, fmt.Sprintf(`(%d, 'remind.send', 'remind.send:%s:%s', 'remind.send:%s', '{"reminder":"%s","member":"%s"}', 1, 'ready', %d, 1, 1)`,
			o.ids.New(), r, l.Member, l.User, r, l.Member, due))
	}
	return errors.Join(
		o.insert(ctx, "reminders (id, event_id, revision, kind, state, due_at, urgent, rounds, created_at, updated_at)", plans),
		o.insert(ctx, "deliveries (reminder_id, member_id, event_id, user_id, template_id, state, created_at, updated_at)", deliveries),
		o.insert(ctx, "jobs (id, kind, unique_key, serial_key, payload, priority, state, run_at, created_at, updated_at)", queue))
}

// past writes down deliveries that were sent long ago, of the same people, with jobs that are kept.
func (o *post) past(ctx context.Context, rows int) error {
	at := clock.Millis(o.clock.Now().Add(-time.Hour))
	for written := 0; written < rows; {
		r := o.ids.New()
		n := min(rows-written, len(o.letters))
		deliveries, queue := make([]string, n), make([]string, n)
		for i, l := range o.letters[:n] {
			deliveries[i] = fmt.Sprintf("(%d, %d, %d, %d, '%s', 'sent', '1', 1, %d, %d)", r, l.Member, l.Event, l.User, o.template, at, at)
			queue[i] = fmt.Sprintf(`(%d, 'remind.send', 'remind.send:%s:%s', 'remind.send:%s', '{"reminder":"%s","member":"%s"}', 1, 'done', %d, 1, %d)`,
				o.ids.New(), r, l.Member, l.User, r, l.Member, at, at)
		}
		err := errors.Join(
			o.insert(ctx, "deliveries (reminder_id, member_id, event_id, user_id, template_id, state, msg_id, attempt, created_at, updated_at)", deliveries),
			o.insert(ctx, "jobs (id, kind, unique_key, serial_key, payload, priority, state, run_at, created_at, updated_at)", queue))
		if err != nil {
			return err
		}
		written += n
	}
	return o.settle(ctx)
}

// settle waits until MariaDB has written the pages that it holds back: that work is of filling the tables, not of having them full.
func (o *post) settle(ctx context.Context) (err error) {
	if o.db.Engine() != store.MySQL {
		return nil
	}
	var usual float64
	if err := o.db.Read().NewRaw("SELECT @@GLOBAL.innodb_max_dirty_pages_pct").Scan(ctx, &usual); err != nil {
		return err
	}
	limit := func(percent float64) error {
		_, err := o.db.Exec(ctx, "SET GLOBAL innodb_max_dirty_pages_pct = ?", percent)
		return err
	}
	defer func() { err = errors.Join(err, limit(usual)) }()
	if err := limit(0); err != nil {
		return err
	}
	const clean, patience = 200, 600 // pages, as some are always being changed; looks
	for range patience {
		var name string
		var dirty int
		err := o.db.Read().QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'").Scan(&name, &dirty)
		if err != nil || dirty < clean || !clock.Pause(ctx, look) {
			return err
		}
	}
	return nil
}

// look is how often it is asked whether all is sent.
const look = 100 * time.Millisecond

// await waits until no delivery is left to be sent.
func (o *post) await(ctx context.Context) error {
	for {
		var left []int
		err := o.db.Read().NewRaw("SELECT 1 FROM jobs WHERE kind = 'remind.send' AND state IN ('ready', 'running') LIMIT 1").Scan(ctx, &left)
		if err != nil || len(left) == 0 {
			return err
		}
		if !clock.Pause(ctx, look) {
			return ctx.Err()
		}
	}
}

// outcome reads when each delivery of this run was due and sent.
func (o *post) outcome(ctx context.Context, first time.Time) (sending, error) {
	var rows []struct{ Due, At int64 }
	err := o.db.Read().NewRaw("SELECT created_at AS due, updated_at AS at FROM deliveries WHERE state = 'sent' AND updated_at >= ?", clock.Millis(first)).Scan(ctx, &rows)
	due, sent := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		due[i], sent[i] = r.Due, r.At
	}
	s := summarise(first, due, sent)
	s.Planned = len(o.letters)
	return s, err
}

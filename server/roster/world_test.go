package roster_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/kv"
	"themeday/server/org"
	"themeday/server/roster"
	"themeday/server/store"
)

// begin is a Friday afternoon in Beijing.
var begin = time.Date(2026, 10, 9, 6, 0, 0, 0, time.UTC)

type wechat struct{}

func (wechat) Identify(_ context.Context, code string) (openID, unionID string, err error) {
	return code, "", nil
}

func (wechat) Phone(context.Context, string) (string, error) { return "", errors.New("no phones here") }

// world is a township without people, but for those who run it.
type world struct {
	t      testing.TB
	db     *store.DB
	clock  *clock.Adjustable
	people *org.Service
	queue  *jobs.Queue
	roster *roster.Service
	told   func() // called when the service tells how far it is
	admin  authz.Actor
	orgs   map[string]org.Org
}

// teller is the place where the service tells how far it is.
type teller struct {
	kv.KV
	w *world
}

func (t teller) Set(ctx context.Context, key, value string, keep time.Duration) error {
	err := t.KV.Set(ctx, key, value, keep)
	if t.w.told != nil {
		t.w.told()
	}
	return err
}

func newWorld(t testing.TB, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, clock: clock.NewFake(begin), orgs: map[string]org.Org{}}
	ids, quiet := ident.NewSource(w.clock, nil), slog.New(slog.NewTextHandler(io.Discard, nil))
	vault, err := org.NewVault([]byte("a secret of the tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	w.people = org.New(org.Deps{DB: db, Clock: w.clock, IDs: ids, WeChat: wechat{}, Vault: vault, Log: quiet})
	w.queue = jobs.New(db, w.clock, ids, nil, jobs.Options{})
	w.roster = roster.New(roster.Deps{DB: db, Clock: w.clock, IDs: ids, Orgs: w.people, Queue: w.queue, Cache: teller{kv.NewMemory(w.clock), w}, Log: quiet})
	var branches []org.Tree
	for _, name := range []string{"冉庙村党支部", "清凉寺村党支部", "大李村党支部", "机关党支部", "乡卫生院党支部"} {
		branches = append(branches, org.Tree{Name: name, Kind: org.Branch})
	}
	err = w.people.Load(t.Context(), org.Tree{Name: "颍东区委", Kind: org.District, Members: []org.Person{{Name: "区管理员", OpenID: "admin", Roles: []string{"admin"}}}, Orgs: []org.Tree{
		{Name: "冉庙乡党委", Kind: org.Committee, Orgs: branches},
		{Name: "插花镇党委", Kind: org.Committee, Orgs: []org.Tree{{Name: "镇机关党支部", Kind: org.Branch}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, _, w.admin, err = w.people.Login(t.Context(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.people.OrgsWithin(t.Context(), db.Read(), w.admin.OrgPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		w.orgs[o.Name] = o
	}
	return w
}

func sample(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/ranmiao.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (w *world) upload(raw []byte) roster.RosterImport {
	w.t.Helper()
	im, err := w.roster.Upload(w.t.Context(), w.admin, w.orgs["冉庙乡党委"].ID, "花名册.xlsx", raw)
	if err != nil {
		w.t.Fatalf("upload: %s %v", fault.CodeOf(err), err)
	}
	return w.look(im.ID)
}

func (w *world) look(id ident.ID) roster.RosterImport {
	w.t.Helper()
	v, err := w.roster.Look(w.t.Context(), w.admin, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// figures are new/changed/unchanged/doubtful/refused.
func figures(v roster.RosterImport) string {
	c := v.Counts
	return fmt.Sprintf("%d/%d/%d/%d/%d", c.New, c.Changed, c.Unchanged, c.Doubtful, c.Refused)
}

func (w *world) decide(v roster.RosterImport, d roster.Decision, positions ...int) {
	w.t.Helper()
	if err := w.roster.Decide(w.t.Context(), w.admin, v.ID, positions, d); err != nil {
		w.t.Fatalf("decide: %v", err)
	}
}

// apply writes the import and returns what became of it. The clock goes on, as it does between two imports.
func (w *world) apply(v roster.RosterImport) roster.RosterImport {
	w.t.Helper()
	w.clock.Advance(time.Minute)
	if _, err := w.roster.Apply(w.t.Context(), w.admin, v.ID); err != nil {
		w.t.Fatalf("apply: %v", err)
	}
	if _, err := w.queue.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.look(v.ID)
}

// rows returns "position name: sentence" of a verdict.
func (w *world) rows(v roster.RosterImport, verdict roster.Verdict) []string {
	w.t.Helper()
	found, _, err := w.roster.Rows(w.t.Context(), w.admin, v.ID, verdict, 0, 200)
	if err != nil {
		w.t.Fatal(err)
	}
	var said []string
	for _, r := range found {
		said = append(said, strings.TrimSpace(fmt.Sprintf("%s %s: %s", r.Cell, r.Name, r.Sentence)))
	}
	return said
}

// people returns "branch name kind standing phone since" of everybody in the township, by branch and in the order of joining.
func (w *world) everybody() []string {
	w.t.Helper()
	members, err := w.people.MembersWithin(w.t.Context(), w.db.Read(), []string{w.orgs["冉庙乡党委"].Path})
	if err != nil {
		w.t.Fatal(err)
	}
	var said []string
	for _, m := range members {
		said = append(said, strings.Join([]string{m.OrgName, m.Name, m.Kind, string(m.Standing), w.people.Phone(m), m.Since}, " "))
	}
	return said
}

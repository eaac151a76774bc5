package app

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/goccy/go-yaml"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/wechat/sim"
)

//go:embed demo/district.yaml
var districtText []byte

// district is the part of the demonstration's data that is loaded now.
type district struct {
	District struct{ Name string }
	ThemeDay struct {
		DayOfMonth int `yaml:"dayOfMonth"`
	} `yaml:"themeDay"`
	Committees []struct {
		Name     string
		Branches []string
	}
	Guide struct {
		Packages []struct {
			Title   string
			Form    string
			Months  []int
			Minutes int
		}
	}
	Sites []struct {
		Name     string
		Near     string
		Position struct{ Lat, Lng float64 }
	}
}

// loadDemo fills an empty database with a district, its people and some months of history, and tells the simulator who
// there is. On a database that is not empty it only does the latter.
func (a *App) loadDemo(ctx context.Context) error {
	var d district
	if err := yaml.Unmarshal(districtText, &d); err != nil {
		return fmt.Errorf("app: demonstration data: %w", err)
	}
	empty, err := a.Orgs.Empty(ctx)
	if err != nil {
		return err
	}
	if empty {
		err := a.Orgs.Load(ctx, d.tree())
		if store.IsDuplicate(err) || errors.Is(err, org.ErrNotEmpty) { // another server was faster: the openids are there once
			empty, err = false, nil
		}
		if err != nil {
			return err
		}
	}
	people, err := a.introduce(ctx)
	if err != nil {
		return err
	}
	defer a.Sim.DropPushes() // the product knows already
	if !empty {
		return a.remember(ctx)
	}
	if _, err := a.Queue.RunDue(ctx); err != nil { // learns who follows the official account, before anybody is reminded
		return err
	}
	defer a.demo.Return()
	return newStory(a, d, people).tell(ctx)
}

// The people are made up from a fixed seed, so that every demonstration has the same ones.
var (
	surnames = []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
	firsts   = []rune("建国志秀玉桂文德永春海明家庆保金振云光兰红爱素美晓丽俊宏学立广新守")
	seconds  = []rune("英华兰芳军平强明珍霞荣生民梅林云波刚勇峰艳玲娟涛东山松柏礼义诚信")
)

const (
	smallestBranch = 20
	branchSpread   = 7 // branches have up to this many more
	demoSeed       = 2026
)

// tree makes up the district's people: a secretary and an organiser in each branch, officers of the committees in the
// branch that sits in the office, some people flowed out, ill, without a phone or not bound yet.
func (d district) tree() org.Tree {
	cast := &casting{random: rand.New(rand.NewPCG(demoSeed, 10)), taken: map[string]bool{}} //nolint:gosec // made-up people
	root := org.Tree{Name: d.District.Name, Kind: org.District, ThemeDay: d.ThemeDay.DayOfMonth}
	for _, c := range d.Committees {
		committee := org.Tree{Name: c.Name, Kind: org.Committee}
		for i, name := range c.Branches {
			branch := org.Tree{Name: name, Kind: org.Branch, Members: cast.branch()}
			if i == len(c.Branches)-1 { // the officers of the committee belong to its last branch
				branch.Members[2].Roles = []string{"secretary@" + c.Name}
				branch.Members[3].Roles = []string{"organiser@" + c.Name}
			}
			committee.Orgs = append(committee.Orgs, branch)
		}
		root.Orgs = append(root.Orgs, committee)
	}
	couple(root.Orgs[0].Orgs[len(root.Orgs[0].Orgs)-1].Members)
	office := root.Orgs[len(root.Orgs)-1].Orgs[0].Members
	office[4].Roles = []string{"admin@" + root.Name}
	office[5].Roles = []string{"keeper@" + root.Name}
	return root
}

// couple gives the one who has not bound yet the number of somebody who has.
func couple(people []org.Person) {
	last := len(people) - 1
	people[last-4].Phone = people[last-5].Phone
}

type casting struct {
	random *rand.Rand
	taken  map[string]bool
	number int
}

func (c *casting) branch() []org.Person {
	people := make([]org.Person, smallestBranch+c.random.IntN(branchSpread))
	for i := range people {
		people[i] = c.person()
	}
	people[0].Roles, people[1].Roles = []string{"secretary"}, []string{"organiser"}
	last := len(people) - 1
	people[last].Standing = org.FlowOut
	people[last-1].Standing = org.LongIllness
	people[last-2].Kind = org.MemberKindProbationary
	people[last-3].Phone, people[last-3].OpenID = "", "" // people without a phone are members like all others
	people[last-4].OpenID = ""                           // has not bound yet
	return people
}

func (c *casting) person() org.Person {
	c.number++
	return org.Person{
		Name: c.name(), Phone: fmt.Sprintf("199%08d", c.number*7919%100_000_000),
		OpenID: fmt.Sprintf("sim-openid-%017d", c.number), UnionID: fmt.Sprintf("sim-unionid-%016d", c.number),
	}
}

func (c *casting) name() string {
	for {
		name := string(surnames[c.random.IntN(len(surnames))]) + string(firsts[c.random.IntN(len(firsts))])
		if c.random.IntN(4) > 0 {
			name += string(seconds[c.random.IntN(len(seconds))])
		}
		if !c.taken[name] {
			c.taken[name] = true
			return name
		}
	}
}

// introduce tells the simulator who there is, from the database, and returns everybody by branch in roster order.
func (a *App) introduce(ctx context.Context) (map[ident.ID][]org.Member, error) {
	root, err := a.Orgs.Roots(ctx)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(root))
	for i, o := range root {
		paths[i] = o.Path
	}
	members, err := a.Orgs.MembersWithin(ctx, a.DB.Read(), paths)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	users, err := a.Orgs.UsersOf(ctx, a.DB.Read(), ids)
	if err != nil {
		return nil, err
	}
	roles, err := a.Orgs.RolesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	byBranch := map[ident.ID][]org.Member{}
	for _, m := range members {
		byBranch[m.OrgID] = append(byBranch[m.OrgID], m)
		if a.Orgs.Phone(m) == "" {
			continue // has no phone, so nobody can be this person on one
		}
		p := a.personOf(m, users[m.ID], roles[m.ID])
		p.Follows = len(byBranch[m.OrgID])%3 == 0 // one in three follows the official account
		a.Sim.AddPerson(p)
	}
	for i, name := range []string{"居民小刘", "居民小赵", "居民小孙"} {
		a.Sim.AddPerson(sim.Person{ID: fmt.Sprintf("resident-%d", i+1), Name: name, Roles: []string{"resident"}, Org: "群众", Phone: fmt.Sprintf("1860000000%d", i+1)})
	}
	return byBranch, nil
}

// remember tells the simulator what its people had allowed before the restart: the real platform does not forget.
func (a *App) remember(ctx context.Context) error {
	stocks, err := a.Remind.Stocks(ctx)
	if err != nil {
		return err
	}
	byOpenID := map[string]string{}
	for _, p := range a.Sim.People() {
		byOpenID[p.OpenID] = p.ID
	}
	for _, stock := range stocks {
		for range stock.Remaining {
			if _, err := a.Sim.Tap(byOpenID[stock.OpenID], []string{stock.TemplateID}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *App) personOf(m org.Member, u org.User, roles []org.Role) sim.Person {
	p := sim.Person{ID: m.ID.String(), Name: m.Name, Org: m.OrgName, Bound: m.Bound, OpenID: u.OpenID, UnionID: u.UnionID, Phone: a.Orgs.Phone(m)}
	for _, r := range roles {
		p.Roles = append(p.Roles, string(r.Role))
		if r.OrgID != m.OrgID {
			p.Org = r.OrgName
		}
	}
	p.Roles = append(p.Roles, "member")
	return p
}

// actorOf is a member acting in the story.
func actorOf(m org.Member, roles ...authz.Role) authz.Actor {
	actor := authz.Actor{UserID: m.ID, MemberID: m.ID, OrgID: m.OrgID, OrgPath: m.OrgPath}
	for _, role := range roles {
		actor.Grants = append(actor.Grants, authz.Grant{Role: role, OrgID: m.OrgID, OrgPath: m.OrgPath})
	}
	return actor
}

// themeDayOf returns the instant at which a branch meets in a month.
func themeDayOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 15, 0, 0, 0, clock.Beijing)
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }

func draftOf(host ident.ID, title, place string, startsAt time.Time, length time.Duration) event.Draftable {
	return event.Draftable{
		Kind: event.ThemeDay, Title: title, Host: host, StartsAt: startsAt, EndsAt: startsAt.Add(length),
		Place: event.Place{Name: place}, Reminders: event.UsualReminders(),
	}
}

package app

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/remind"
)

// story is the months before the demonstration began, told through the use cases themselves at the instants at which
// things happened.
type story struct {
	app      *App
	district district
	branches [][]org.Member
	random   *rand.Rand
	now      time.Time
}

func newStory(a *App, d district, people map[ident.ID][]org.Member) *story {
	s := &story{app: a, district: d, random: rand.New(rand.NewPCG(demoSeed, 11)), now: a.Clock.Now()} //nolint:gosec // made-up
	for _, members := range people {
		s.branches = append(s.branches, members)
	}
	slices.SortFunc(s.branches, func(x, y []org.Member) int { return cmp.Compare(x[0].ID, y[0].ID) })
	return s
}

// monthsTold is how far back the story goes.
const monthsTold = 5

func (s *story) tell(ctx context.Context) error {
	for back := monthsTold; back >= 0; back-- {
		local := s.now.In(clock.Beijing)
		month := time.Date(local.Year(), local.Month()-time.Month(back), 1, 0, 0, 0, 0, clock.Beijing)
		at := themeDayOf(month.Year(), month.Month(), s.district.ThemeDay.DayOfMonth)
		if at.Add(hours(3)).After(s.now) {
			continue
		}
		for i, branch := range s.branches {
			if err := s.past(ctx, i, branch, at); err != nil {
				return err
			}
		}
	}
	s.app.demo.Return()
	if err := s.allowed(ctx); err != nil {
		return err
	}
	return s.present(ctx)
}

// allowed lets three in four of those who have bound allow once what a member is asked for after a check-in, on the
// simulated phone and in the product's ledger alike. Who does is fixed, whatever the day: one in three follows the official
// account, so each branch has people of all four sorts.
func (s *story) allowed(ctx context.Context) error {
	var templates []string
	for _, kind := range []remind.Kind{remind.Published, remind.DayBefore, remind.Changed, remind.Cancelled, remind.RecordReady} {
		templates = append(templates, s.app.Remind.Templates[kind].ID)
	}
	for i, branch := range s.branches {
		times := 1
		if i == 0 || i == len(s.branches)-1 { // these two are told of several events
			times = 4
		}
		ids := make([]ident.ID, len(branch))
		for i, m := range branch {
			ids[i] = m.ID
		}
		users, err := s.app.Orgs.UsersOf(ctx, s.app.DB.Read(), ids)
		if err != nil {
			return err
		}
		for place, m := range branch {
			if user, bound := users[m.ID]; bound && (place+1)%4 > 0 {
				if err := s.tapped(ctx, m, user, templates, times); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *story) tapped(ctx context.Context, m org.Member, user org.User, templates []string, times int) error {
	for range times {
		results, err := s.app.Sim.Tap(m.ID.String(), templates, nil)
		if err != nil {
			return err
		}
		answers := make(map[string]remind.Answer, len(results))
		for id, result := range results {
			answers[id] = remind.Answer(result)
		}
		if err := s.app.Remind.Report(ctx, user.ID, "", answers); err != nil {
			return err
		}
	}
	return nil
}

// title picks what the guide recommends for the month; branches differ.
func (s *story) title(at time.Time, branch int) (title string, length time.Duration) {
	var fitting []int
	for i, p := range s.district.Guide.Packages {
		if slices.Contains(p.Months, int(at.In(clock.Beijing).Month())) {
			fitting = append(fitting, i)
		}
	}
	if len(fitting) == 0 {
		return "集体学习与交流研讨", hours(2)
	}
	p := s.district.Guide.Packages[fitting[branch%len(fitting)]]
	return p.Title, time.Duration(p.Minutes) * time.Minute
}

// past is one theme day as it went: announced five days before, held, and closed two hours after its end. One branch in
// nine missed its day.
func (s *story) past(ctx context.Context, number int, branch []org.Member, at time.Time) error {
	if s.random.IntN(9) == 0 {
		return nil
	}
	secretary := actorOf(branch[0], authz.Secretary)
	title, length := s.title(at, number)
	s.app.demo.Set(at.Add(-hours(5 * 24)))
	d := draftOf(branch[0].OrgID, title, "党群服务中心会议室", at, length)
	d.Reminders = event.Reminders{} // long over: nobody needs to be told today
	e, err := s.published(ctx, secretary, d)
	if err != nil {
		return err
	}
	s.app.demo.Set(e.EndsAt.Add(hours(1)))
	if err := s.app.Checkin.Import(ctx, e, s.attended(branch, at)); err != nil {
		return err
	}
	_, err = s.app.Events.Close(ctx, secretary, e.ID, "")
	return err
}

func (s *story) published(ctx context.Context, by authz.Actor, d event.Draftable) (event.Event, error) {
	e, err := s.app.Events.Create(ctx, by, d, "")
	if err != nil {
		return e, err
	}
	return s.app.Events.Publish(ctx, by, e.ID, "")
}

// attended makes up who came: most by scanning, some on the roll, a few late or on leave.
func (s *story) attended(branch []org.Member, at time.Time) []checkin.Imported {
	var marks []checkin.Imported
	for _, m := range branch {
		if m.Standing != org.Normal {
			continue
		}
		mark := checkin.Imported{Member: m, Status: checkin.Present, Source: checkin.Scan, At: at.Add(-time.Duration(s.random.IntN(1500)) * time.Second)}
		switch chance := s.random.IntN(100); {
		case chance < 4:
			continue // absent
		case chance < 10:
			mark.Status, mark.Source, mark.At = []checkin.Status{checkin.Sick, checkin.Duty, checkin.Private}[s.random.IntN(3)], checkin.Roll, at.Add(-hours(2))
		case chance < 15:
			mark.Status, mark.At = checkin.Late, at.Add(time.Duration(11+s.random.IntN(20))*time.Minute)
		}
		if !m.Bound && mark.Source == checkin.Scan {
			mark.Source = checkin.Roll
		}
		if mark.Source == checkin.Roll {
			mark.RecordedBy = branch[0].ID
		}
		marks = append(marks, mark)
	}
	return marks
}

// present is what stands in the calendar now: one event that can be checked in to at once, the next theme days, most of
// them announced and some still drafts, and a joint one.
func (s *story) present(ctx context.Context) error {
	first := s.branches[0]
	soon := s.now.Truncate(time.Minute).Add(5 * time.Minute)
	if _, err := s.published(ctx, actorOf(first[0], authz.Secretary), draftOf(first[0].OrgID, "集中学习：现在就可以签到", "村部一楼会议室", soon, hours(2))); err != nil {
		return err
	}
	local := s.now.In(clock.Beijing)
	next := themeDayOf(local.Year(), local.Month(), s.district.ThemeDay.DayOfMonth)
	if next.Before(s.now.Add(hours(24))) {
		next = themeDayOf(local.Year(), local.Month()+1, s.district.ThemeDay.DayOfMonth)
	}
	for i, branch := range s.branches {
		title, length := s.title(next, i)
		d := draftOf(branch[0].OrgID, title, "党群服务中心会议室", next, length)
		secretary := actorOf(branch[0], authz.Secretary)
		var err error
		if i%3 == 2 {
			_, err = s.app.Events.Create(ctx, secretary, d, "")
		} else {
			_, err = s.published(ctx, secretary, d)
		}
		if err != nil {
			return err
		}
	}
	return s.joint(ctx)
}

// joint is held by the first branch together with one from the town, at a red-education site.
func (s *story) joint(ctx context.Context) error {
	host, guest := s.branches[0], s.branches[len(s.branches)-1]
	sites, err := s.sites(ctx)
	if err != nil {
		return err
	}
	at := time.Date(s.now.In(clock.Beijing).Year(), s.now.In(clock.Beijing).Month(), s.now.In(clock.Beijing).Day()+6, 9, 0, 0, 0, clock.Beijing)
	d := draftOf(host[0].OrgID, "走进“红色小屋”现场教学", "", at, hours(2))
	d.Guests = []ident.ID{guest[0].OrgID}
	d.Place, d.Site = placeOf(sites[0])
	d.Summary = "两个支部联合开展。请穿便于行走的鞋，八点半在村部集合，统一乘车前往。腿脚不便的同志由支部安排车辆接送。"
	e, err := s.published(ctx, actorOf(host[0], authz.Secretary), d)
	if err != nil {
		return err
	}
	return s.asked(ctx, e, host)
}

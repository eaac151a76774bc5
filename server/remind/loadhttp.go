package remind

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// BandView is how many people got so many messages in the month.
type BandView struct {
	From    int  `json:"from"`
	To      *int `json:"to" doc:"null: or more"`
	Members int  `json:"members"`
}

// KindLoadView is how many messages of one kind there were.
type KindLoadView struct {
	Kind     Kind   `json:"kind"`
	Title    string `json:"title" doc:"In Chinese"`
	Messages int    `json:"messages"`
}

// PartLoadView is the load of one of the organisations directly below, with everything below that one.
type PartLoadView struct {
	Org      org.OrgRef `json:"org"`
	Members  int        `json:"members"`
	Messages int        `json:"messages"`
	Average  float64    `json:"average" doc:"Messages per member, to one decimal"`
	Over     int        `json:"over" doc:"Members who have got as many as their ceiling, or more"`
}

// MonthLoadView is one month of a load.
type MonthLoadView struct {
	Month    string `json:"month" doc:"Such as 2026-12, in Shanghai"`
	Messages int    `json:"messages"`
}

// PersonLoadView is one member's messages.
type PersonLoadView struct {
	MemberID   ident.ID `json:"memberId"`
	MemberName string   `json:"memberName"`
	Messages   int      `json:"messages"`
}

// CeilingView is how many messages a month a member may get before the less important ones stay in the inbox.
type CeilingView struct {
	Own      int         `json:"own" doc:"Set on this organisation; 0 is none"`
	Most     int         `json:"most" doc:"What holds here: the lowest of this organisation's and those above it; 0 is none"`
	From     *org.OrgRef `json:"from" doc:"Whose ceiling holds; null when there is none"`
	Above    int         `json:"above" doc:"What organisations above allow at most; 0 is anything"`
	Editable bool        `json:"editable" doc:"The caller may set it"`
}

// LoadView is how many messages people got in a month.
type LoadView struct {
	Org      org.OrgRef       `json:"org"`
	Month    string           `json:"month" doc:"Such as 2026-12, in Shanghai"`
	Members  int              `json:"members" doc:"On the roster now, or at the end of the month when it is over"`
	Messages int              `json:"messages" doc:"Accepted by WeChat; what stays in the inbox does not count"`
	Average  float64          `json:"average" doc:"Messages per member, to one decimal"`
	Over     int              `json:"over" doc:"Members who have got as many as their ceiling, or more"`
	Bands    []BandView       `json:"bands" doc:"The fewest messages first; together everybody"`
	Kinds    []KindLoadView   `json:"kinds" doc:"The most frequent first"`
	Own      PartLoadView     `json:"own" doc:"The members of the organisation itself"`
	Parts    []PartLoadView   `json:"parts" doc:"The organisations directly below, in the order of the tree"`
	Months   []MonthLoadView  `json:"months" doc:"Six months, the oldest first, this one included"`
	Named    bool             `json:"named" doc:"The caller sees names: who was appointed to this branch, and nobody above"`
	People   []PersonLoadView `json:"people" doc:"In the order of the roster; empty unless named"`
	Ceiling  CeilingView      `json:"ceiling"`
}

func (s *Service) routeLoad(a *web.API) {
	web.Register(a, web.Op{
		ID: "getReminderLoad", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/reminder-load",
		Tag: "reminders", Summary: "How many messages people got in a month, without names above the branch.",
	}, s.getLoad)
	web.Register(a, web.Op{
		ID: "setReminderCeiling", Method: http.MethodPut, Path: "/api/v1/orgs/{id}/reminder-ceiling",
		Tag: "reminders", Summary: "Set how many messages a month a member gets before the less important ones stay in the inbox.",
	}, s.setCeiling)
}

const monthLayout = "2006-01"

var errMonth = fault.Invalid("invalid_input", "月份写法不对").WithField("month", "请写成 2026-12 这样")

type loadInput struct {
	ID    web.IDParam `path:"id"`
	Month string      `query:"month" maxLength:"7" doc:"Such as 2026-12; left out: this month"`
}

type loadOutput struct{ Body LoadView }

func (s *Service) getLoad(ctx context.Context, in *loadInput) (*loadOutput, error) {
	actor := web.ActorFrom(ctx)
	o, err := s.Orgs.OrgForActor(ctx, actor, authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	at := s.Clock.Now()
	if in.Month != "" {
		if at, err = time.ParseInLocation(monthLayout, in.Month, clock.Beijing); err != nil {
			return nil, errMonth
		}
	}
	view, err := s.load(ctx, actor, o, at)
	return &loadOutput{view}, err
}

func (s *Service) load(ctx context.Context, actor authz.Actor, o org.Org, at time.Time) (LoadView, error) {
	from, _ := month(at)
	c, tree, err := s.circleOf(ctx, o, from)
	if err != nil {
		return LoadView{}, err
	}
	children := slices.DeleteFunc(slices.Clone(tree), func(below org.Org) bool { return below.ParentID != o.ID })
	all, err := s.ceilings(ctx, s.DB.Read())
	if err != nil {
		return LoadView{}, err
	}
	crowds, err := s.crowds(ctx, c)
	if err != nil {
		return LoadView{}, err
	}
	v := viewOf(o, children, loadOf(o, children, tree, crowds, all))
	v.Month, v.Ceiling, v.Named = from.Format(monthLayout), ceilingView(actor, o, all), namesPeople(actor, o)
	if v.Kinds, err = s.kindViews(ctx, c); err != nil {
		return LoadView{}, err
	}
	if v.Months, err = s.monthViews(ctx, o, from); err != nil {
		return LoadView{}, err
	}
	v.People = []PersonLoadView{}
	if v.Named {
		v.People, err = s.byPerson(ctx, c)
	}
	return v, err
}

func viewOf(o org.Org, children []org.Org, l load) LoadView {
	v := LoadView{
		Org: o.Ref(), Members: l.members, Messages: l.messages, Average: l.average(), Over: l.over,
		Bands: make([]BandView, len(l.bands)), Own: l.parts[0].view(o), Parts: make([]PartLoadView, len(children)),
	}
	for i, members := range l.bands {
		v.Bands[i] = BandView{From: bandEdges[i], Members: members}
		if i+1 < len(bandEdges) {
			last := bandEdges[i+1] - 1
			v.Bands[i].To = &last
		}
	}
	for i, child := range children {
		v.Parts[i] = l.parts[i+1].view(child)
	}
	return v
}

func (w weight) view(o org.Org) PartLoadView {
	return PartLoadView{o.Ref(), w.members, w.messages, w.average(), w.over}
}

func (s *Service) kindViews(ctx context.Context, c circle) ([]KindLoadView, error) {
	all, err := s.byKind(ctx, c)
	for i, k := range all {
		all[i].Title = cmp.Or(traits[k.Kind].heading, "其他提醒")
	}
	return append([]KindLoadView{}, all...), err
}

// monthViews looks back from the month that begins then.
func (s *Service) monthViews(ctx context.Context, o org.Org, last time.Time) ([]MonthLoadView, error) {
	views := make([]MonthLoadView, monthsBack)
	for i := range views {
		from, _ := month(last.AddDate(0, i+1-monthsBack, 0))
		c, _, err := s.circleOf(ctx, o, from)
		if err != nil {
			return nil, err
		}
		n, err := s.messagesIn(ctx, c)
		if err != nil {
			return nil, err
		}
		views[i] = MonthLoadView{from.Format(monthLayout), n}
	}
	return views, nil
}

func ceilingView(actor authz.Actor, o org.Org, all []ceiling) CeilingView {
	v := CeilingView{Editable: authz.Can(actor, authz.AdminOrg, authz.Object{Host: o.Path}).Allowed}
	above := make([]ceiling, 0, len(all))
	for _, c := range all {
		if c.org.ID == o.ID {
			v.Own = c.most
			continue
		}
		above = append(above, c)
	}
	v.Above = strictest(above, o.Path).most
	if least := strictest(all, o.Path); least.most > 0 {
		from := least.org.Ref()
		v.Most, v.From = least.most, &from
	}
	return v
}

type ceilingInput struct {
	ID   web.IDParam `path:"id"`
	Body struct {
		Ceiling int `json:"ceiling" minimum:"0" maximum:"60" doc:"Messages a month and member; 0 takes it away"`
	}
}

type ceilingOutput struct{ Body CeilingView }

func (s *Service) setCeiling(ctx context.Context, in *ceilingInput) (*ceilingOutput, error) {
	actor := web.ActorFrom(ctx)
	o, err := s.Orgs.OrgForActor(ctx, actor, authz.AdminOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if err := s.SetCeiling(ctx, actor, o, in.Body.Ceiling); err != nil {
		return nil, err
	}
	all, err := s.ceilings(ctx, s.DB.Write())
	return &ceilingOutput{ceilingView(actor, o, all)}, err
}

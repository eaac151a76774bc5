package remind

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// ToldView says how the latest news of an event has got to those whom it expects. The six ways add up to expected.
type ToldView struct {
	NewsID   ident.ID  `json:"newsId" doc:"Names the news; ticking somebody as told by phone refers to it"`
	Title    string    `json:"title" doc:"What the news is called, in Chinese"`
	At       time.Time `json:"at" doc:"When it was due"`
	Expected int       `json:"expected"`
	WeChat   int       `json:"wechat" doc:"A message has arrived"`
	Read     int       `json:"read" doc:"Opened it in the inbox"`
	Answered int       `json:"answered" doc:"Have come, or are on leave"`
	Phoned   int       `json:"phoned" doc:"Ticked as told by phone"`
	Waiting  int       `json:"waiting" doc:"A message is on its way or held"`
	Missed   int       `json:"missed" doc:"Nothing has reached them"`
}

// CalledView is a member who was told by phone.
type CalledView struct {
	MemberID   ident.ID  `json:"memberId"`
	MemberName string    `json:"memberName"`
	OrgName    string    `json:"orgName"`
	ByName     string    `json:"byName" doc:"Who phoned; empty when that person is not on the roster any more"`
	At         time.Time `json:"at"`
}

func (n news) view(members []org.Member) *ToldView {
	if n.id() == 0 {
		return nil
	}
	first, c := n.era[0], n.count(members)
	return &ToldView{
		NewsID: first.ID, Title: traits[first.Kind].heading, At: clock.FromMillis(first.DueAt), Expected: len(members),
		WeChat: c[byWeChat], Read: c[byInbox], Answered: c[byAnswer], Phoned: c[byPhone], Waiting: c[coming], Missed: c[missed],
	}
}

func (s *Service) phoneViews(all []toCall) []PhoneView {
	views := make([]PhoneView, 0, min(len(all), maxShown))
	for _, c := range all[:min(len(all), maxShown)] {
		views = append(views, PhoneView{c.member.ID, c.member.Name, c.member.OrgName, s.Phones.Masked(c.member), c.why, adviceFor(Failed, c.why).does})
	}
	return views
}

const noLongerListed = "已不在名单"

func calledViews(calls []called, members []org.Member) []CalledView {
	known := byID(members)
	views := make([]CalledView, len(calls))
	for i, c := range calls {
		m := known[c.member]
		views[i] = CalledView{c.member, cmp.Or(m.Name, noLongerListed), m.OrgName, c.by, c.at}
	}
	return views
}

func byID(members []org.Member) map[ident.ID]org.Member {
	known := make(map[ident.ID]org.Member, len(members))
	for _, m := range members {
		known[m.ID] = m
	}
	return known
}

// listed returns everybody who stands in an event's list: whom it expects, and who came all the same.
func listed(list []checkin.Attendance) map[ident.ID]org.Member {
	known := make(map[ident.ID]org.Member, len(list))
	for _, a := range list {
		known[a.Member.ID] = a.Member
	}
	return known
}

func (d deliveryRow) view(r reminderRow, m org.Member, now time.Time) DeliveryView {
	state, reason := d.shown(r, now)
	return DeliveryView{
		d.ReminderID, d.MemberID, cmp.Or(m.Name, noLongerListed), m.OrgName, state, d.Channel, d.Code, reason, adviceFor(state, reason).String(), clock.FromMillis(d.UpdatedAt),
	}
}

// worstFirst shows deliveries, what went wrong before what went well.
func worstFirst(reminders []reminderRow, deliveries []deliveryRow, known map[ident.ID]org.Member, now time.Time) []DeliveryView {
	of := map[ident.ID]reminderRow{}
	for _, r := range reminders {
		of[r.ID] = r
	}
	views := make([]DeliveryView, len(deliveries))
	for i, d := range deliveries {
		views[i] = d.view(of[d.ReminderID], known[d.MemberID], now)
	}
	slices.SortStableFunc(views, func(a, b DeliveryView) int { return cmp.Compare(rank(a.State), rank(b.State)) })
	return views[:min(len(views), maxShown)]
}

func rank(state State) int {
	return slices.Index([]State{Failed, Refused, Skipped, Sending, Held, Pending, Sent}, state)
}

// routeView adds what the secretary does about reminders.
func (s *Service) routeView(a *web.API) {
	web.Register(a, web.Op{
		ID: "listDeliveries", Method: http.MethodGet, Path: "/api/v1/events/{id}/reminders/{reminderId}/deliveries",
		Tag: "reminders", Summary: "What became of one reminder, person by person.",
	}, s.listDeliveries)
	web.Register(a, web.Op{
		ID: "sendReminderNow", Method: http.MethodPost, Path: "/api/v1/events/{id}/reminders/{reminderId}/send-now",
		Tag: "reminders", Summary: "Bring a reminder forward that is planned or held. Doing it again changes nothing.",
	}, s.sendReminderNow)
	web.Register(a, web.Op{
		ID: "tickPhoneCall", Method: http.MethodPut, Path: "/api/v1/events/{id}/calls/{memberId}",
		Tag: "reminders", Summary: "Note that a member has been told the news by phone, or take that back.",
	}, s.tickPhoneCall)
}

// runnable returns the event to those who run it.
func (s *Service) runnable(ctx context.Context, id ident.ID) (event.Event, error) {
	e, err := s.Events.Load(ctx, s.DB.Read(), id)
	if err != nil {
		return e, err
	}
	return e, authz.Can(web.ActorFrom(ctx), authz.RunEvent, e.Object()).Fault()
}

type deliveriesInput struct {
	event.IDInput
	ReminderID web.IDParam `path:"reminderId"`
	States     []State     `query:"state" maxItems:"10" doc:"Only these, separated by commas: pending, held, sending, sent, refused, failed, skipped; all when it is left out"`
	Name       string      `query:"name" maxLength:"30" doc:"Part of the member's name"`
	web.Page
}

type deliveriesOutput struct {
	Body struct {
		Title  string         `json:"title" doc:"Of the reminder, in Chinese"`
		Counts DeliveryCounts `json:"counts" doc:"Of the whole reminder, whatever is asked for"`
		Items  []DeliveryView `json:"items"`
		Next   ident.ID       `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listDeliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	e, err := s.runnable(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	after, err := in.AfterID()
	if err != nil {
		return nil, err
	}
	r, ok, err := s.reminder(ctx, s.DB.Read(), in.ReminderID.ID)
	if err != nil {
		return nil, err
	}
	if !ok || r.EventID != e.ID {
		return nil, errReminderGone
	}
	views, err := s.deliveriesOf(ctx, e, r)
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	out.Body.Title = traits[r.Kind].heading
	for _, v := range views {
		out.Body.Counts.add(v.State)
	}
	views = slices.DeleteFunc(views, func(v DeliveryView) bool {
		return v.MemberID <= after || len(in.States) > 0 && !slices.Contains(in.States, v.State) || !strings.Contains(v.MemberName, strings.TrimSpace(in.Name))
	})
	out.Body.Items, out.Body.Next = web.Cut(views, in.Limit, func(v DeliveryView) ident.ID { return v.MemberID })
	return out, nil
}

// deliveriesOf returns all deliveries of one reminder in the order of the members' ids. There are as many as the event
// expects people, at most some thousands, which is a few milliseconds; what a delivery is shown as depends on the hour.
func (s *Service) deliveriesOf(ctx context.Context, e event.Event, r reminderRow) ([]DeliveryView, error) {
	list, err := s.Roster.StandingOf(ctx, s.DB.Read(), e)
	if err != nil {
		return nil, err
	}
	var rows []deliveryRow
	if err := s.DB.Read().NewRaw("SELECT * FROM deliveries WHERE reminder_id = ? ORDER BY member_id", r.ID).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	known, now := listed(list), s.Clock.Now()
	views := make([]DeliveryView, len(rows))
	for i, d := range rows {
		views[i] = d.view(r, known[d.MemberID], now)
	}
	return views, nil
}

type sendNowInput struct {
	event.IDInput
	ReminderID web.IDParam `path:"reminderId"`
	Body       struct {
		AtNight bool `json:"atNight,omitempty" doc:"The caller has been asked whether it shall ring at night, and means it"`
	}
}

func (s *Service) sendReminderNow(ctx context.Context, in *sendNowInput) (*remindersOutput, error) {
	e, err := s.runnable(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if err := s.SendNow(ctx, e, in.ReminderID.ID, in.Body.AtNight); err != nil {
		return nil, err
	}
	return s.getReminders(ctx, &in.IDInput)
}

type tickInput struct {
	event.IDInput
	MemberID web.IDParam `path:"memberId"`
	Body     struct {
		Key    string   `json:"key,omitempty" maxLength:"64" doc:"Chosen by the client; the same key counts once"`
		NewsID ident.ID `json:"newsId" doc:"What the member was told, as in told.newsId; another answers news_changed"`
		Told   bool     `json:"told" doc:"false takes it back"`
	}
}

type tickOutput struct {
	Body struct {
		MemberID ident.ID  `json:"memberId"`
		Told     bool      `json:"told" doc:"As it holds now"`
		At       time.Time `json:"at" doc:"When that was said"`
	}
}

func (s *Service) tickPhoneCall(ctx context.Context, in *tickInput) (*tickOutput, error) {
	e, err := s.runnable(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	last, err := s.noteCall(ctx, web.ActorFrom(ctx), e, tick{in.MemberID.ID, in.Body.NewsID, in.Body.Told, in.Body.Key})
	if err != nil {
		return nil, err
	}
	out := &tickOutput{}
	out.Body.MemberID, out.Body.Told, out.Body.At = last.MemberID, last.Told, clock.FromMillis(last.At)
	return out, nil
}

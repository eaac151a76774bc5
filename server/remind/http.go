package remind

import (
	"context"
	"net/http"
	"slices"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/web"
)

// TemplateView is what the client asks a person to allow.
type TemplateView struct {
	ID        string       `json:"id" doc:"For wx.requestSubscribeMessage"`
	Kind      Kind         `json:"kind" enum:"published,day_before,soon,changed,cancelled,leave_decided,makeup_decided,record_ready,not_closed,not_held"`
	Kinds     []Kind       `json:"kinds" doc:"All kinds of reminders that are sent with this template; kind is the first"`
	Title     string       `json:"title"`
	Type      TemplateType `json:"type" enum:"one_time,long_term"`
	Remaining int          `json:"remaining" doc:"How many messages the caller still allows, as far as is known; 1 for a long-term template that is allowed"`
	Setting   Answer       `json:"setting" enum:"unknown,accept,reject,ban,filter" doc:"The caller's last answer"`
}

// ReachView says how many people WeChat can reach with the next reminder.
type ReachView struct {
	Expected  int `json:"expected"`
	Reachable int `json:"reachable"`
	Unbound   int `json:"unbound" doc:"No WeChat identity stands for them"`
	NoGrant   int `json:"noGrant" doc:"They have not allowed this kind of message"`
	Muted     int `json:"muted" doc:"They have switched this kind of message off"`
	Spared    int `json:"spared" doc:"They have had as many messages this month as their ceiling allows"`
}

// DeliveryCounts counts deliveries by state.
type DeliveryCounts struct {
	Pending int `json:"pending"`
	Held    int `json:"held" doc:"Waiting for the morning, the next day, or the next try"`
	Sending int `json:"sending"`
	Sent    int `json:"sent"`
	Refused int `json:"refused"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
}

// ReminderView is one reminder of an event.
type ReminderView struct {
	ID     ident.ID       `json:"id"`
	Kind   Kind           `json:"kind" enum:"published,day_before,soon,changed,cancelled,leave_decided,makeup_decided,record_ready,not_closed,not_held"`
	Title  string         `json:"title"`
	DueAt  time.Time      `json:"dueAt"`
	State  string         `json:"state" enum:"planned,sending,done,withdrawn"`
	Counts DeliveryCounts `json:"counts"`

	SendNow SendNowAnswer `json:"sendNow" enum:"no,yes,night" doc:"Whether there is something to bring forward; night: it would ring at night, so ask first"`
}

// DeliveryView is what became of one reminder for one member.
type DeliveryView struct {
	ReminderID ident.ID  `json:"reminderId"`
	MemberID   ident.ID  `json:"memberId"`
	MemberName string    `json:"memberName"`
	OrgName    string    `json:"orgName"`
	State      State     `json:"state" enum:"pending,held,sending,sent,refused,failed,skipped"`
	Channel    Channel   `json:"channel" enum:"subscribe,official" doc:"By which it was tried last: the mini-program's subscribe message or the official account"`
	Code       int       `json:"code" doc:"WeChat's errcode; 0 when there is none"`
	Reason     string    `json:"reason" doc:"In Chinese; empty when there is nothing to say"`
	Advice     string    `json:"advice" doc:"What the secretary can do about it, in Chinese; empty when nothing need be done"`
	At         time.Time `json:"at" doc:"Of the last change"`
}

// PhoneView is a member whom nothing has reached.
type PhoneView struct {
	MemberID    ident.ID `json:"memberId"`
	MemberName  string   `json:"memberName"`
	OrgName     string   `json:"orgName"`
	PhoneMasked string   `json:"phoneMasked" doc:"Such as 138****0001; empty when there is none"`
	Why         string   `json:"why" doc:"In Chinese"`
	Advice      string   `json:"advice" doc:"What to do beside phoning, in Chinese"`
}

// MessageView is one message of the caller's inbox.
type MessageView struct {
	ID        ident.ID   `json:"id"`
	Kind      Kind       `json:"kind" enum:"published,day_before,soon,changed,cancelled,leave_decided,makeup_decided,record_ready,not_closed,not_held,transfer" doc:"transfer tells of a member who was handed over; it comes to the inbox only"`
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	EventID   *ident.ID  `json:"eventId" doc:"null when it is about no event"`
	OrgID     *ident.ID  `json:"orgId" doc:"The branch whose month, or whose transfers, there is something to do about; null for all others"`
	Month     string     `json:"month" doc:"The branch's month that it asks about, such as 2026-12; empty for all others"`
	CreatedAt time.Time  `json:"createdAt"`
	ReadAt    *time.Time `json:"readAt" doc:"null until it is read"`
}

// Routes adds the operations of this package.
func (s *Service) Routes(a *web.API) {
	s.previewRoutes(a)
	s.routeMutes(a)
	s.routeMonths(a)
	web.Register(a, web.Op{
		ID: "listMessageTemplates", Method: http.MethodGet, Path: "/api/v1/message-templates",
		Tag: "reminders", Summary: "What to ask the caller to allow.",
	}, s.listTemplates)
	web.Register(a, web.Op{
		ID: "reportGrants", Method: http.MethodPost, Path: "/api/v1/grants",
		Tag: "reminders", Summary: "What the caller answered when asked.",
	}, s.reportGrants)
	web.Register(a, web.Op{
		ID: "getEventReminders", Method: http.MethodGet, Path: "/api/v1/events/{id}/reminders",
		Tag: "reminders", Summary: "The plan, who can be reached, what was delivered, whom to phone.",
	}, s.getReminders)
	web.Register(a, web.Op{
		ID: "listMessages", Method: http.MethodGet, Path: "/api/v1/messages",
		Tag: "messages", Summary: "The caller's inbox, newest first.",
	}, s.listMessages)
	web.Register(a, web.Op{
		ID: "readMessages", Method: http.MethodPost, Path: "/api/v1/messages/read",
		Tag: "messages", Summary: "Mark messages as read.",
	}, s.readMessages)
	s.routeView(a)
	s.routeLoad(a)
}

type templatesOutput struct {
	Body struct {
		Items []TemplateView `json:"items"`
	}
}

func (s *Service) listTemplates(ctx context.Context, _ *struct{}) (*templatesOutput, error) {
	grants, err := s.grantsOf(ctx, web.ActorFrom(ctx).UserID)
	if err != nil {
		return nil, err
	}
	out := &templatesOutput{}
	out.Body.Items = []TemplateView{}
	for _, kind := range Kinds() {
		t, ok := s.Templates[kind]
		if !ok {
			continue
		}
		if i := slices.IndexFunc(out.Body.Items, func(v TemplateView) bool { return v.ID == t.ID }); i >= 0 {
			out.Body.Items[i].Kinds = append(out.Body.Items[i].Kinds, kind)
			continue
		}
		view := TemplateView{ID: t.ID, Kind: kind, Kinds: []Kind{kind}, Title: t.Title, Type: t.Type, Setting: unasked}
		if g, ok := grants[t.ID]; ok {
			view.Remaining, view.Setting = g.Remaining, g.Setting
		}
		out.Body.Items = append(out.Body.Items, view)
	}
	return out, nil
}

type grantsInput struct {
	Body struct {
		Key     string            `json:"key,omitempty" maxLength:"64" doc:"Chosen by the client; the same key counts once"`
		Results map[string]Answer `json:"results" maxProperties:"20" doc:"By template id: accept, reject, ban or filter"`
	}
}

func (s *Service) reportGrants(ctx context.Context, in *grantsInput) (*templatesOutput, error) {
	if err := s.Report(ctx, web.ActorFrom(ctx).UserID, in.Body.Key, in.Body.Results); err != nil {
		return nil, err
	}
	return s.listTemplates(ctx, nil)
}

type remindersOutput struct {
	Body struct {
		Reach      ReachView      `json:"reach"`
		Told       *ToldView      `json:"told" doc:"How the latest news has got to people; null before the first"`
		Items      []ReminderView `json:"items"`
		Deliveries []DeliveryView `json:"deliveries" doc:"At most 1000, what went wrong first"`
		Phone      []PhoneView    `json:"phone" doc:"Whom nothing has reached; at most 1000"`
		Called     []CalledView   `json:"called" doc:"Who has been told the latest news by phone, oldest first"`
	}
}

func (s *Service) getReminders(ctx context.Context, in *event.IDInput) (*remindersOutput, error) {
	e, err := s.runnable(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	o, err := s.overview(ctx, e)
	if err != nil {
		return nil, err
	}
	if len(o.phone) > 0 {
		looked := audit.Entry{At: s.Clock.Now(), Action: audit.LookPhones, Subject: audit.On(audit.Event, e.ID), Org: e.Host.Path}
		if err := audit.Look(ctx, s.DB, looked); err != nil {
			return nil, err
		}
	}
	out := &remindersOutput{}
	out.Body.Reach, out.Body.Told, out.Body.Items = o.reach, o.told, o.reminders
	out.Body.Deliveries, out.Body.Phone, out.Body.Called = o.deliveries, o.phone, o.called
	return out, nil
}

type messagesOutput struct {
	Body struct {
		Items  []MessageView `json:"items"`
		Next   ident.ID      `json:"next" doc:"Empty at the end"`
		Unread int           `json:"unread"`
	}
}

func (s *Service) listMessages(ctx context.Context, in *web.Page) (*messagesOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	after, err := in.AfterID()
	if err != nil {
		return nil, err
	}
	rows, err := s.inbox(ctx, actor.MemberID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &messagesOutput{}
	rows, out.Body.Next = web.Cut(rows, in.Limit, func(r messageRow) ident.ID { return r.ID })
	out.Body.Items = make([]MessageView, len(rows))
	for i, r := range rows {
		out.Body.Items[i] = r.view()
	}
	out.Body.Unread, err = s.Unread(ctx, actor.MemberID)
	return out, err
}

type readInput struct {
	Body struct {
		IDs []ident.ID `json:"ids,omitempty" maxItems:"200"`
		All bool       `json:"all,omitempty" doc:"Every message; ids are then not looked at"`
	}
}

type readOutput struct {
	Body struct {
		Unread int `json:"unread"`
	}
}

func (s *Service) readMessages(ctx context.Context, in *readInput) (*readOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	if err := s.MarkRead(ctx, actor.MemberID, in.Body.IDs, in.Body.All); err != nil {
		return nil, err
	}
	out := &readOutput{}
	var err error
	out.Body.Unread, err = s.Unread(ctx, actor.MemberID)
	return out, err
}

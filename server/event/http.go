package event

import (
	"context"
	"net/http"
	"time"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// EventInput is what a secretary fills in.
type EventInput struct {
	Key         string          `json:"key,omitempty" maxLength:"64" doc:"Chosen by the client; the same key answers with the same event"`
	Kind        Kind            `json:"kind" enum:"theme_day,member_meeting,committee_meeting,group_meeting,lecture,volunteering"`
	Title       string          `json:"title" minLength:"2" maxLength:"60"`
	Summary     string          `json:"summary,omitempty" maxLength:"2000"`
	HostOrgID   ident.ID        `json:"hostOrgId" doc:"An organisation that the caller runs"`
	GuestOrgIDs []ident.ID      `json:"guestOrgIds,omitempty" maxItems:"100" doc:"Organisations that take part and are not below the host"`
	StartsAt    time.Time       `json:"startsAt"`
	EndsAt      time.Time       `json:"endsAt" doc:"At most a day after the start"`
	Place       Place           `json:"place"`
	SiteID      ident.ID        `json:"siteId,omitempty" doc:"The site at which it is held, so that the plate there checks people in; what the place leaves out is taken from the site"`
	Checkin     *Window         `json:"checkin,omitempty" doc:"By default from 30 minutes before the start to the end; late after 10 minutes"`
	Reminders   *RemindersInput `json:"reminders,omitempty" doc:"What is left out is as the host usually has it; when editing, as it is"`
	Revision    int             `json:"revision,omitempty" minimum:"0" doc:"When editing: the revision the change is based on; 0 overwrites"`
}

// draftable fills in usual where the caller has not chosen reminders.
func (in EventInput) draftable(usual Reminders) Draftable {
	return Draftable{
		Kind: in.Kind, Title: in.Title, Summary: in.Summary, Host: in.HostOrgID, Guests: in.GuestOrgIDs,
		StartsAt: in.StartsAt.UTC().Truncate(time.Millisecond), EndsAt: in.EndsAt.UTC().Truncate(time.Millisecond),
		Place: in.Place, Site: in.SiteID, Window: in.Checkin, Reminders: in.Reminders.over(usual),
	}
}

// PlaceView is where an event is held.
type PlaceView struct {
	Name     string    `json:"name"`
	Address  string    `json:"address"`
	Position *Position `json:"position" doc:"null when the place has none"`
	Radius   int       `json:"radius" doc:"Metres around the position that count as there"`
}

// MineView is the caller's part in an event.
type MineView struct {
	Expected   bool  `json:"expected" doc:"In the denominator"`
	Attendance *Mark `json:"attendance" doc:"null when nothing is recorded"`
}

// CanView says which buttons to show.
type CanView struct {
	Edit       bool `json:"edit"`
	Publish    bool `json:"publish"`
	Cancel     bool `json:"cancel"`
	Close      bool `json:"close"`
	Reopen     bool `json:"reopen" doc:"Within thirty days of the close"`
	Code       bool `json:"code" doc:"Show the code, see the reminders"`
	Attendance bool `json:"attendance" doc:"See and mark the list, at least of one's own people"`
}

// EventView is an event as clients see it.
type EventView struct {
	ID           ident.ID     `json:"id"`
	Kind         Kind         `json:"kind" enum:"theme_day,member_meeting,committee_meeting,group_meeting,lecture,volunteering"`
	Title        string       `json:"title"`
	Summary      string       `json:"summary"`
	State        State        `json:"state" enum:"draft,published,closed,cancelled"`
	Phase        Phase        `json:"phase" enum:"draft,upcoming,open,ended,closed,cancelled" doc:"The state at serverTime; open while codes are accepted"`
	Host         org.OrgRef   `json:"host"`
	Guests       []org.OrgRef `json:"guests"`
	HostOrgID    ident.ID     `json:"hostOrgId"`
	GuestOrgIDs  []ident.ID   `json:"guestOrgIds"`
	StartsAt     time.Time    `json:"startsAt"`
	EndsAt       time.Time    `json:"endsAt"`
	Place        PlaceView    `json:"place"`
	SiteID       ident.ID     `json:"siteId" doc:"Empty when it is not held at a site"`
	Checkin      Window       `json:"checkin"`
	Reminders    Reminders    `json:"reminders"`
	CancelReason string       `json:"cancelReason"`
	CreatedAt    time.Time    `json:"createdAt"`
	PublishedAt  *time.Time   `json:"publishedAt"`
	ClosedAt     *time.Time   `json:"closedAt"`
	Revision     int          `json:"revision" doc:"Grows with every step"`
	Counts       *Counts      `json:"counts" doc:"null for those who may not see the list"`
	Mine         *MineView    `json:"mine" doc:"null when the event does not concern the caller as a member"`
	Can          CanView      `json:"can"`
}

// EventBrief is an event in one line.
type EventBrief struct {
	ID        ident.ID   `json:"id"`
	Kind      Kind       `json:"kind" enum:"theme_day,member_meeting,committee_meeting,group_meeting,lecture,volunteering"`
	Title     string     `json:"title"`
	State     State      `json:"state" enum:"draft,published,closed,cancelled"`
	Phase     Phase      `json:"phase" enum:"draft,upcoming,open,ended,closed,cancelled"`
	StartsAt  time.Time  `json:"startsAt"`
	EndsAt    time.Time  `json:"endsAt"`
	PlaceName string     `json:"placeName"`
	Placed    bool       `json:"placed" doc:"The place has a position, which that of a phone can be compared with"`
	Host      org.OrgRef `json:"host"`
}

// Brief returns the event in one line.
func (e Event) Brief(now time.Time) EventBrief {
	return EventBrief{e.ID, e.Kind, e.Title, e.State, e.PhaseAt(now), e.StartsAt, e.EndsAt, e.Place.Name, e.Place.Position != nil, e.Host.Ref()}
}

type eventOutput struct{ Body EventView }

// IDInput is an operation on one event.
type IDInput struct {
	ID web.IDParam `path:"id"`
}

const eventPath = "/api/v1/events/{id}"

// Routes adds the operations of this package.
func (s *Service) Routes(a *web.API) {
	web.Register(a, web.Op{
		ID: "createEvent", Method: http.MethodPost, Path: "/api/v1/events", Status: http.StatusCreated,
		Tag: "events", Summary: "Make a draft.",
	}, s.create)
	web.Register(a, web.Op{ID: "listEvents", Method: http.MethodGet, Path: "/api/v1/events", Tag: "events", Summary: "The events that concern me."}, s.list)
	web.Register(a, web.Op{ID: "getEvent", Method: http.MethodGet, Path: eventPath, Tag: "events", Summary: "One event."}, s.get)
	web.Register(a, web.Op{ID: "editEvent", Method: http.MethodPut, Path: eventPath, Tag: "events", Summary: "Replace the content of a draft or a published event."}, s.edit)
	web.Register(a, web.Op{ID: "publishEvent", Method: http.MethodPost, Path: eventPath + "/publish", Tag: "events", Summary: "Show it to those it concerns, and remind them."}, s.publish)
	web.Register(a, web.Op{ID: "cancelEvent", Method: http.MethodPost, Path: eventPath + "/cancel", Tag: "events", Summary: "Call it off."}, s.cancel)
	web.Register(a, web.Op{ID: "closeEvent", Method: http.MethodPost, Path: eventPath + "/close", Tag: "events", Summary: "End it and settle the attendance."}, s.close)
	web.Register(a, web.Op{ID: "reopenEvent", Method: http.MethodPost, Path: eventPath + "/reopen", Tag: "events", Summary: "Take the close back, to put the attendance right and settle it anew."}, s.openAgain)
	s.routeRenew(a)
	s.routeUsual(a)
}

type createInput struct{ Body EventInput }

func (s *Service) create(ctx context.Context, in *createInput) (*eventOutput, error) {
	usual, err := s.usual(ctx, s.db.Read(), in.Body.HostOrgID)
	if err != nil {
		return nil, err
	}
	e, err := s.Create(ctx, web.ActorFrom(ctx), in.Body.draftable(usual), in.Body.Key)
	return s.answer(ctx, e, err)
}

type editInput struct {
	IDInput
	Body EventInput
}

func (s *Service) edit(ctx context.Context, in *editInput) (*eventOutput, error) {
	before, err := s.Load(ctx, s.db.Read(), in.ID.ID)
	if err != nil {
		return nil, err
	}
	e, err := s.Update(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.draftable(before.Reminders), in.Body.Revision)
	return s.answer(ctx, e, err)
}

func (s *Service) get(ctx context.Context, in *IDInput) (*eventOutput, error) {
	e, err := s.For(ctx, s.db.Read(), web.ActorFrom(ctx), authz.SeeEvent, in.ID.ID)
	return s.answer(ctx, e, err)
}

// StepInput is the body of a step: nothing is required.
type StepInput struct {
	Key string `json:"key,omitempty" maxLength:"64" doc:"Chosen by the client; a repeated step with the same key answers as the first"`
}

type stepInput struct {
	IDInput
	Body *StepInput
}

func (in *stepInput) key() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Key
}

func (s *Service) publish(ctx context.Context, in *stepInput) (*eventOutput, error) {
	e, err := s.Publish(ctx, web.ActorFrom(ctx), in.ID.ID, in.key())
	return s.answer(ctx, e, err)
}

func (s *Service) close(ctx context.Context, in *stepInput) (*eventOutput, error) {
	e, err := s.Close(ctx, web.ActorFrom(ctx), in.ID.ID, in.key())
	return s.answer(ctx, e, err)
}

type cancelInput struct {
	IDInput
	Body struct {
		Key    string `json:"key,omitempty" maxLength:"64"`
		Reason string `json:"reason" minLength:"2" maxLength:"200" doc:"Shown to everybody concerned"`
	}
}

func (s *Service) cancel(ctx context.Context, in *cancelInput) (*eventOutput, error) {
	e, err := s.Cancel(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Key, in.Body.Reason)
	return s.answer(ctx, e, err)
}

type reopenInput struct {
	IDInput
	Body struct {
		Key    string `json:"key,omitempty" maxLength:"64"`
		Reason string `json:"reason" minLength:"2" maxLength:"200" doc:"Kept in the event's record"`
	}
}

func (s *Service) openAgain(ctx context.Context, in *reopenInput) (*eventOutput, error) {
	e, err := s.Reopen(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Key, in.Body.Reason)
	return s.answer(ctx, e, err)
}

type listInput struct {
	When  string `query:"when" enum:"upcoming,past,all" default:"all" doc:"upcoming: not ended, soonest first; past and all: latest first"`
	Scope string `query:"scope" enum:"visible,mine,run" default:"visible" doc:"mine: of my organisations; run: I may run it, drafts included"`
	Kind  Kind   `query:"kind" enum:"theme_day,member_meeting,committee_meeting,group_meeting,lecture,volunteering"`
	After string `query:"after" maxLength:"80" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`

	Site web.IDParam `query:"siteId" doc:"Held at this site"`
}

type eventsOutput struct {
	Body struct {
		Items []EventView `json:"items"`
		Next  string      `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) list(ctx context.Context, in *listInput) (*eventsOutput, error) {
	actor := web.ActorFrom(ctx)
	events, next, err := s.List(ctx, actor, Query{in.When, in.Scope, in.Kind, in.Site.ID, in.After, in.Limit})
	if err != nil {
		return nil, err
	}
	var out eventsOutput
	out.Body.Next = next
	out.Body.Items, err = s.views(ctx, actor, events)
	return &out, err
}

func (s *Service) answer(ctx context.Context, e Event, err error) (*eventOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := s.views(ctx, web.ActorFrom(ctx), []Event{e})
	if err != nil {
		return nil, err
	}
	return &eventOutput{views[0]}, nil
}

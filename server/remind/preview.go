package remind

import (
	"context"
	"net/http"
	"time"

	"themeday/server/authz"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// PreviewLine is one line of a message as the phone will show it.
type PreviewLine struct {
	Label     string `json:"label" doc:"As in the template"`
	Value     string `json:"value" doc:"As WeChat will show it: cleaned and cut to what the key allows"`
	Shortened bool   `json:"shortened" doc:"There was more to say than the key has room for"`
	Limit     int    `json:"limit" doc:"The most characters that the key takes; 0 where the form decides"`
}

// PreviewView is what one kind of message will look like.
type PreviewView struct {
	Kind     Kind          `json:"kind" enum:"published,day_before,soon,changed,cancelled,leave_decided,makeup_decided,record_ready,not_closed,not_held"`
	Channel  Channel       `json:"channel" enum:"subscribe,official" doc:"The mini-program's subscribe message, or the official account's template message"`
	Heading  string        `json:"heading" doc:"What this reminder is called in the product"`
	Title    string        `json:"title" doc:"The template's; empty when there is none and only the inbox is used"`
	Type     string        `json:"type" enum:"one_time,long_term,none" doc:"How many messages one accepted tap allows"`
	Lines    []PreviewLine `json:"lines"`
	Inbox    string        `json:"inbox" doc:"The text in the product's own inbox, which is not cut"`
	Problems []string      `json:"problems" doc:"In Chinese: how the template differs from the WeChat account's own"`
}

// previewRoutes adds the operation that shows what messages look like.
func (s *Service) previewRoutes(a *web.API) {
	web.Register(a, web.Op{
		ID: "previewMessages", Method: http.MethodGet, Path: "/api/v1/message-templates/preview",
		Tag: "reminders", Summary: "What each kind of message will look like, for those who run an organisation.",
	}, s.previewMessages)
}

type previewInput struct {
	EventID web.IDParam `query:"eventId" doc:"Of an event that the caller runs; without it the messages are about one that is made up"`
}

type previewOutput struct {
	Body struct {
		Items     []PreviewView `json:"items"`
		CheckedAt *time.Time    `json:"checkedAt" doc:"When the templates were last compared with the account's; null before the first time"`
		Problems  []string      `json:"problems" doc:"What concerns all templates, in Chinese"`
	}
}

func (s *Service) previewMessages(ctx context.Context, in *previewInput) (*previewOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := authz.Can(actor, authz.RunAny, authz.Object{}).Fault(); err != nil {
		return nil, err
	}
	e := sampleEvent(s.Clock.Now())
	if in.EventID.ID != 0 {
		var err error
		if e, err = s.Events.Load(ctx, s.DB.Read(), in.EventID.ID); err != nil {
			return nil, err
		}
		if err := authz.Can(actor, authz.RunEvent, e.Object()).Fault(); err != nil {
			return nil, err
		}
	}
	problems, at := s.TemplateProblems()
	out := &previewOutput{}
	out.Body.Items = s.previews(Subscribe, s.Templates, e, problems)
	out.Body.Problems = troubles(problems, Subscribe, "")
	if s.Official != nil {
		out.Body.Items = append(out.Body.Items, s.previews(Official, s.OfficialTemplates, e, problems)...)
		out.Body.Problems = append(out.Body.Problems, troubles(problems, Official, "")...)
	}
	if !at.IsZero() {
		out.Body.CheckedAt = &at
	}
	return out, nil
}

// previews shows the messages of one channel. The official account is only shown for what it sends.
func (s *Service) previews(channel Channel, templates Templates, e event.Event, problems []Problem) []PreviewView {
	views := make([]PreviewView, 0, len(Kinds()))
	for _, kind := range Kinds() {
		e, told := posed(kind, e)
		t, ok := templates[kind]
		if !ok && channel == Official {
			continue
		}
		view := PreviewView{
			Kind: kind, Channel: channel, Heading: traits[kind].heading, Title: t.Title, Type: string(t.Type), Lines: []PreviewLine{},
			Inbox: textFor(kind, e, told).body, Problems: troubles(problems, channel, kind),
		}
		if !ok {
			view.Type = "none"
		}
		for _, l := range linesFor(t, kind, e, told) {
			view.Lines = append(view.Lines, PreviewLine{l.keyword.Label, l.value, l.shortened(), forms[l.keyword.keyType()].limit})
		}
		views = append(views, view)
	}
	return views
}

// troubles returns the sentences on one kind of a channel, or with "" on all of it.
func troubles(problems []Problem, channel Channel, kind Kind) []string {
	sentences := []string{}
	for _, p := range problems {
		if p.Channel == channel && p.Kind == kind {
			sentences = append(sentences, p.Chinese())
		}
	}
	return sentences
}

// posed returns the event as it would have to be for the kind of message, and what members were told before.
func posed(kind Kind, e event.Event) (event.Event, facts) {
	told := factsOf(e)
	switch {
	case kind == Changed:
		told.Starts, told.Ends = told.Starts-int64(24*time.Hour/time.Millisecond), told.Ends-int64(24*time.Hour/time.Millisecond)
	case kind == Cancelled && e.CancelReason == "":
		e.CancelReason = "会议室检修，改期另行通知"
	case kind == LeaveDecided:
		told.Besides = aside{Asked: checkin.AskLeave, Wanted: checkin.Sick, Approved: true, Why: "好好休息"}
	case kind == MakeupDecided:
		told.Besides = aside{Asked: checkin.AskMakeup, Wanted: checkin.Present, Approved: true}
	case kind == NotHeld:
		told.Besides = aside{Month: e.StartsAt.In(clock.Beijing).Format(monthLayout), Rung: 1}
	}
	return e, told
}

// sampleEvent is made up to show what messages look like. Its title and place are of the length that branches write.
func sampleEvent(now time.Time) event.Event {
	start := midnight(now).Add(7*24*time.Hour + 14*time.Hour + 30*time.Minute)
	return event.Event{
		ID: ident.ID(start.UnixMilli()), Kind: event.ThemeDay, Title: "学习贯彻二十届四中全会精神暨重温入党誓词主题党日",
		Host: org.Org{Name: "柳树村党支部"}, StartsAt: start, EndsAt: start.Add(2 * time.Hour),
		Place: event.Place{Name: "柳树村党群服务中心二楼会议室", Address: "柳树村村部院内"},
	}
}

// Sample returns what the template would say of an event that is made up, by key.
func Sample(t Template, kind Kind, now time.Time) map[string]string {
	e, told := posed(kind, sampleEvent(now))
	return dataFor(t, kind, e, told)
}

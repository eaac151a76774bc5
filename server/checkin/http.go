package checkin

import (
	"context"
	"net/http"
	"time"

	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/site"
	"themeday/server/web"
)

var errNotSocket = fault.Invalid("not_a_websocket", "请用支持实时连接的客户端打开")

const eventPath = "/api/v1/events/{id}"

// Routes adds the operations of this package.
func (s *Service) Routes(a *web.API) {
	web.Register(a, web.Op{ID: "showCode", Method: http.MethodGet, Path: eventPath + "/code", Tag: "checkin", Summary: "The rotating code, for those who run the event."}, s.showCode)
	web.Register(a, web.Op{ID: "scan", Method: http.MethodPost, Path: "/api/v1/scans", Tag: "checkin", Summary: "Turn a scanned text into a ticket and say what it is for."}, s.scan)
	web.RegisterSwift(a, web.Op{
		ID: "checkIn", Method: http.MethodPost, Path: "/api/v1/checkins", Status: http.StatusCreated, Tag: "checkin",
		Summary: "Check in; 201 when recorded now, 200 with repeated when it was before.",
	}, s.checkIn, s.checkInQuickly)
	web.Register(a, web.Op{
		ID: "joinVisit", Method: http.MethodPost, Path: "/api/v1/visits/{id}/visitors", Status: http.StatusCreated, Tag: "sites",
		Summary: "Be recorded as a visitor; 201 when recorded now, 200 with repeated when before.",
	}, s.joinVisit)
	web.Register(a, web.Op{ID: "checkInLater", Method: http.MethodPost, Path: "/api/v1/checkins/batch", Tag: "checkin", Summary: "Send what was scanned without signal."}, s.checkInLater)
	web.Register(a, web.Op{ID: "listAttendance", Method: http.MethodGet, Path: eventPath + "/attendance", Tag: "checkin", Summary: "Everybody expected, and what is known of them."}, s.listAttendance)
	web.Register(a, web.Op{ID: "markAttendance", Method: http.MethodPut, Path: eventPath + "/attendance/{memberId}", Tag: "checkin", Summary: "The secretary's roll and corrections."}, s.markAttendance)
	web.Register(a, web.Op{ID: "listAttendanceChanges", Method: http.MethodGet, Path: eventPath + "/attendance/{memberId}/changes", Tag: "checkin", Summary: "The history of one row."}, s.listChanges)
	web.Register(a, web.Op{ID: "myAttendance", Method: http.MethodGet, Path: "/api/v1/me/attendance", Tag: "who", Summary: "My own record of a year."}, s.myRecord)
	s.personalRoutes(a)
	s.requestRoutes(a)
	s.stationRoutes(a)
	s.helpedRoutes(a)
	s.batchRoutes(a)
	s.routeSettlement(a)
	s.routeReview(a)
	a.Raw(web.Op{ID: "live", Method: http.MethodGet, Path: eventPath + "/live", Tag: "checkin", Summary: "WebSocket: who has just come, and the counts."}, s.live(a))
	a.Raw(web.Op{ID: "miniCode", Method: http.MethodGet, Path: eventPath + "/minicode", Tag: "checkin", Summary: "Picture of the mini-program code that opens the event."}, s.miniCode(a))
	a.Raw(web.Op{ID: "landing", Method: http.MethodGet, Path: "/c/{code}", Tag: "checkin", Summary: "Where a plain camera lands.", Public: true}, landing)
}

type codeInput struct {
	event.IDInput
	Ahead int `query:"ahead" minimum:"0" maximum:"120" doc:"Seconds for which the codes to come are wanted too, for a screen that may lose its network"`
}

// CodeView is one code and when it is shown.
type CodeView struct {
	URL         string    `json:"url" doc:"Draw it as a QR code"`
	ShowFrom    time.Time `json:"showFrom" doc:"Not accepted before, by the server's clock"`
	ValidUntil  time.Time `json:"validUntil" doc:"Accepted until then"`
	Spoken      string    `json:"spoken"`
	SpokenUntil time.Time `json:"spokenUntil"`
}

type codeOutput struct {
	Body struct {
		URL         string     `json:"url" doc:"Draw it as a QR code"`
		ValidUntil  time.Time  `json:"validUntil" doc:"Accepted until then, by the server's clock"`
		RefreshAt   time.Time  `json:"refreshAt" doc:"Fetch and show the next one then; every 10 seconds"`
		ServerTime  time.Time  `json:"serverTime"`
		Spoken      string     `json:"spoken" doc:"Six digits to read out"`
		SpokenUntil time.Time  `json:"spokenUntil"`
		Ahead       []CodeView `json:"ahead" doc:"The codes to come, in order, as far as they were asked for"`
	}
}

func (s *Service) showCode(ctx context.Context, in *codeInput) (*codeOutput, error) {
	shown, ahead, err := s.Show(ctx, web.ActorFrom(ctx), in.ID.ID, time.Duration(in.Ahead)*time.Second)
	if err != nil {
		return nil, err
	}
	var out codeOutput
	out.Body.URL, out.Body.ValidUntil, out.Body.RefreshAt = shown.URL, shown.ValidUntil, shown.RefreshAt
	out.Body.Spoken, out.Body.SpokenUntil, out.Body.ServerTime = shown.Spoken, shown.SpokenUntil, s.clock.Now()
	out.Body.Ahead = make([]CodeView, len(ahead))
	for i, c := range ahead {
		out.Body.Ahead[i] = CodeView{c.URL, c.RefreshAt.Add(-codeStep), c.ValidUntil, c.Spoken, c.SpokenUntil}
	}
	return &out, nil
}

// ScanInput is a scanned text.
type ScanInput struct {
	Code    string   `json:"code" minLength:"1" maxLength:"300" doc:"The whole scanned text, or six spoken digits with eventId"`
	EventID ident.ID `json:"eventId,omitempty" doc:"Which event spoken digits are for"`
}

// SubjectView says what a code is for.
type SubjectView struct {
	Kind  string            `json:"kind" enum:"event,visit,choice" doc:"visit: send the ticket to /visits/{id}/visitors instead; choice: the plate of a site where several things go on, see items"`
	ID    ident.ID          `json:"id" doc:"Of the event or the visit, or of the site for a choice"`
	Title string            `json:"title"`
	Event *event.EventBrief `json:"event" doc:"null unless it is one"`
	Visit *site.VisitBrief  `json:"visit" doc:"null unless it is one"`
}

type scanInput struct{ Body ScanInput }

type scanOutput struct {
	Body struct {
		Ticket       string          `json:"ticket" doc:"Send with POST /checkins; good for five minutes, for this WeChat identity only. Empty for a choice"`
		ExpiresAt    time.Time       `json:"expiresAt"`
		Subject      SubjectView     `json:"subject"`
		NeedsBinding bool            `json:"needsBinding" doc:"The caller must bind to a member first"`
		Already      *AttendanceView `json:"already" doc:"The caller has checked in before; null otherwise"`
		Items        []HereView      `json:"items" doc:"What there is to choose from, each with its own ticket; empty unless it is a choice"`
	}
}

func (s *Service) scan(ctx context.Context, in *scanInput) (*scanOutput, error) {
	actor := web.ActorFrom(ctx)
	if site.IsPlate(lastSegment(in.Body.Code)) {
		return s.scanPlate(ctx, in.Body.Code)
	}
	got, err := s.Scan(ctx, actor, Proof{Code: in.Body.Code, Event: in.Body.EventID})
	if err != nil {
		return nil, err
	}
	var out scanOutput
	out.Body.Ticket, out.Body.ExpiresAt, out.Body.NeedsBinding = got.Ticket, got.ExpiresAt, actor.MemberID == 0
	out.Body.Subject, out.Body.Items = s.subject(got.Event), []HereView{}
	if got.Already != nil {
		out.Body.Already, err = s.attendanceView(ctx, *got.Already)
	}
	return &out, err
}

// CheckinInput is the act.
type CheckinInput struct {
	Key      string   `json:"key" minLength:"1" maxLength:"64" doc:"Chosen by the client for this act and kept for its retries: the same key gives the same answer"`
	Ticket   string   `json:"ticket,omitempty" maxLength:"200" doc:"Of POST /scans; or code"`
	Code     string   `json:"code,omitempty" maxLength:"300" doc:"The scanned text itself, where no question is open; or ticket"`
	EventID  ident.ID `json:"eventId,omitempty" doc:"Which event spoken digits are for"`
	Position *Point   `json:"position,omitempty" doc:"With the member's consent; judged and not kept"`
	Device   string   `json:"device,omitempty" maxLength:"64" doc:"Random name that the client gave itself when it was installed; kept as a hash that differs from event to event, for a month"`
}

// CheckinResult is the answer to the act.
type CheckinResult struct {
	Attendance AttendanceView   `json:"attendance"`
	Repeated   bool             `json:"repeated" doc:"Recorded before, by another act"`
	Event      event.EventBrief `json:"event"`
}

type checkinInput struct{ Body CheckinInput }

type checkinOutput struct {
	Status int
	Body   CheckinResult
}

func (s *Service) checkIn(ctx context.Context, in *checkinInput) (*checkinOutput, error) {
	act := Act{in.Body.Key, Proof{in.Body.Ticket, in.Body.Code, in.Body.EventID}, in.Body.Position}
	a, e, repeated, err := s.CheckIn(ctx, web.ActorFrom(ctx), act)
	if err != nil {
		return nil, err
	}
	out := &checkinOutput{Status: http.StatusCreated, Body: CheckinResult{Repeated: repeated, Event: e.Brief(s.clock.Now())}}
	if repeated {
		out.Status = http.StatusOK
	}
	s.noteDevice(a.Member.ID, e.ID, in.Body.Device)
	view, err := s.attendanceView(ctx, a)
	if err != nil {
		return nil, err
	}
	out.Body.Attendance = *view
	return out, nil
}

// LaterInput is one scan that was kept.
type LaterInput struct {
	Key       string    `json:"key" minLength:"1" maxLength:"64"`
	Code      string    `json:"code" minLength:"1" maxLength:"300"`
	EventID   ident.ID  `json:"eventId,omitempty"`
	ScannedAt time.Time `json:"scannedAt" doc:"By the phone's clock; at most seven days ago"`
	Position  *Point    `json:"position,omitempty"`
}

// LaterResult is what became of it.
type LaterResult struct {
	Key        string          `json:"key"`
	Status     int             `json:"status" doc:"As POST /checkins would have answered: 201, 200, or the status of the refusal"`
	Attendance *AttendanceView `json:"attendance"`
	Repeated   bool            `json:"repeated"`
	Error      *LaterProblem   `json:"error" doc:"null when it was recorded"`
}

// LaterProblem is a refusal of one item.
type LaterProblem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type laterInput struct {
	Body struct {
		Items []LaterInput `json:"items" minItems:"1" maxItems:"100"`
	}
}

type laterOutput struct {
	Body struct {
		Items []LaterResult `json:"items" doc:"In the order of the request"`
	}
}

func (s *Service) checkInLater(ctx context.Context, in *laterInput) (*laterOutput, error) {
	var out laterOutput
	for _, item := range in.Body.Items {
		result, err := s.oneLater(ctx, item)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, result)
	}
	return &out, nil
}

// oneLater records one item. A refusal is the item's own; only trouble of the server's fails the whole request, which
// the phone then sends again.
func (s *Service) oneLater(ctx context.Context, item LaterInput) (LaterResult, error) {
	result := LaterResult{Key: item.Key, Status: http.StatusCreated}
	a, repeated, err := s.CheckInLater(ctx, web.ActorFrom(ctx), Act{item.Key, Proof{Code: item.Code, Event: item.EventID}, item.Position}, item.ScannedAt)
	if f := fault.From(err); f != nil {
		if f.Kind == fault.KindInternal || f.Kind == fault.KindUnavailable {
			return result, err
		}
		result.Status, result.Error = web.StatusOf(f), &LaterProblem{f.Code, f.Message}
		return result, nil
	}
	if repeated {
		result.Status, result.Repeated = http.StatusOK, true
	}
	result.Attendance, err = s.attendanceView(ctx, a)
	return result, err
}

func (s *Service) eventOf(ctx context.Context, id string) (event.Event, error) {
	parsed, err := ident.Parse(id)
	if err != nil {
		return event.Event{}, errNotOnList
	}
	return s.events.For(ctx, s.db.Read(), web.ActorFrom(ctx), authz.RunEvent, parsed)
}

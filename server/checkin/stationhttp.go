package checkin

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/web"
)

func (s *Service) stationRoutes(a *web.API) {
	web.Register(a, web.Op{
		ID: "makePack", Method: http.MethodPost, Path: eventPath + "/packs", Status: http.StatusCreated, Tag: "station",
		Summary: "The event's roster, encrypted, for a phone that goes where there is no signal.",
	}, s.makePack)
	web.Register(a, web.Op{ID: "syncStation", Method: http.MethodPost, Path: eventPath + "/station/batch", Tag: "station", Summary: "Send what a station has kept; contradictions come back as questions."}, s.syncStation)
	web.Register(a, web.Op{ID: "answerStation", Method: http.MethodPost, Path: eventPath + "/station/answers", Tag: "station", Summary: "Say which version holds."}, s.answerStation)
}

type packInput struct {
	event.IDInput
	Body struct {
		Device string `json:"device,omitempty" maxLength:"60" doc:"Which phone, for the record"`
	}
}

// PackView is a sealed roster. Keep key and sealed apart, and delete both at the expiry, at the logout and when the event
// is closed.
type PackView struct {
	ID         ident.ID  `json:"id"`
	EventID    ident.ID  `json:"eventId"`
	People     int       `json:"people" doc:"At most 3000"`
	ExpiresAt  time.Time `json:"expiresAt" doc:"A day after the event's end"`
	ServerTime time.Time `json:"serverTime" doc:"To measure the phone's clock with: half the round trip earlier than the answer came"`
	Key        string    `json:"key" doc:"AES-256 key, base64; of this pack alone"`
	Sealed     string    `json:"sealed" doc:"Base64 of a nonce of 12 bytes, ciphertext and tag (AES-256-GCM); 'roster pack' and the id, with a space between, are authenticated along"`
}

type packOutput struct{ Body PackView }

func (s *Service) makePack(ctx context.Context, in *packInput) (*packOutput, error) {
	p, err := s.MakePack(ctx, web.ActorFrom(ctx), in.ID.ID, strings.TrimSpace(in.Body.Device))
	if err != nil {
		return nil, err
	}
	return &packOutput{PackView{
		ID: p.ID, EventID: p.EventID, People: p.People, ExpiresAt: p.ExpiresAt, ServerTime: p.MadeAt,
		Key: base64.StdEncoding.EncodeToString(p.Key), Sealed: base64.StdEncoding.EncodeToString(p.Sealed),
	}}, nil
}

// KeptInput is one check-in that a station has made without signal.
type KeptInput struct {
	Key       string    `json:"key" minLength:"1" maxLength:"64" doc:"Drawn for this check-in; the same key gives the same answer"`
	PackID    ident.ID  `json:"packId"`
	MemberID  ident.ID  `json:"memberId"`
	Proof     string    `json:"proof" minLength:"1" maxLength:"64" doc:"Of the member, from the pack"`
	Code      string    `json:"code,omitempty" maxLength:"300" doc:"The personal code that was scanned; leave it out when the name was ticked"`
	ScannedAt time.Time `json:"scannedAt" doc:"By the server's clock, as measured with the pack"`
}

func (k KeptInput) kept() Kept {
	return Kept{Key: k.Key, Pack: k.PackID, Member: k.MemberID, Proof: k.Proof, Code: k.Code, ScannedAt: k.ScannedAt}
}

// StationResult is what became of it.
type StationResult struct {
	Key        string           `json:"key"`
	Outcome    Outcome          `json:"outcome" enum:"recorded,repeated,question,refused"`
	Attendance *AttendanceView  `json:"attendance" doc:"What is recorded now; null when it was refused"`
	Question   *StationQuestion `json:"question" doc:"null unless the outcome is question; answer it with POST …/station/answers"`
	Error      *LaterProblem    `json:"error" doc:"null unless it was refused"`
}

// StationQuestion says how the station contradicts the record.
type StationQuestion struct {
	Reason  Doubt     `json:"reason" enum:"event_closed,event_edited,member_moved,code_renewed,marked_otherwise"`
	Message string    `json:"message" doc:"The question, for the secretary"`
	Status  Status    `json:"status" enum:"present,late" doc:"What the station would record"`
	Source  Source    `json:"source" enum:"personal,roll"`
	At      time.Time `json:"at"`
}

type stationInput struct {
	event.IDInput
	Body struct {
		Items []KeptInput `json:"items" minItems:"1" maxItems:"100"`
	}
}

type stationOutput struct {
	Body struct {
		Items []StationResult `json:"items" doc:"In the order of the request"`
	}
}

func (s *Service) syncStation(ctx context.Context, in *stationInput) (*stationOutput, error) {
	items := make([]Kept, len(in.Body.Items))
	for i, item := range in.Body.Items {
		items[i] = item.kept()
	}
	results, err := s.SyncKept(ctx, web.ActorFrom(ctx), in.ID.ID, items)
	if err != nil {
		return nil, err
	}
	out := &stationOutput{}
	for i, r := range results {
		view, err := s.stationView(ctx, items[i].Key, r)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, view)
	}
	return out, nil
}

func (s *Service) stationView(ctx context.Context, key string, r KeptResult) (v StationResult, err error) {
	v = StationResult{Key: key, Outcome: r.Outcome}
	if r.Outcome == Refused {
		f := fault.From(r.Err)
		v.Error = &LaterProblem{f.Code, f.Message}
		return v, nil
	}
	if r.Doubt != NoDoubt {
		v.Question = &StationQuestion{r.Doubt, r.Doubt.Sentence(), r.Offered.Status, r.Offered.Source, r.Offered.At}
	}
	v.Attendance, err = s.attendanceView(ctx, r.There)
	return v, err
}

type answerInput struct {
	event.IDInput
	Body struct {
		KeptInput
		Answer   string `json:"answer" enum:"keep,record" doc:"Keep what is there, or record what the station says"`
		Revision int    `json:"revision" minimum:"0" doc:"Of the attendance that came with the question"`
	}
}

func (s *Service) answerStation(ctx context.Context, in *answerInput) (*markOutput, error) {
	a, err := s.AnswerKept(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.kept(), in.Body.Answer == "record", in.Body.Revision)
	if err != nil {
		return nil, err
	}
	return s.marked(ctx, a)
}

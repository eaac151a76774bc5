package checkin

import (
	"context"
	"net/http"
	"time"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/web"
)

func (s *Service) personalRoutes(a *web.API) {
	web.Register(a, web.Op{ID: "myPersonalCode", Method: http.MethodGet, Path: "/api/v1/me/personal-code", Tag: "personal", Summary: "My own code, to be shown to the secretary."}, s.myPersonalCode)
	web.Register(a, web.Op{ID: "renewMyPersonalCode", Method: http.MethodPost, Path: "/api/v1/me/personal-code/renew", Tag: "personal", Summary: "A new code for me; the old one is dead at once."}, s.renewMyPersonalCode)
	web.Register(a, web.Op{ID: "renewPersonalCode", Method: http.MethodPost, Path: "/api/v1/members/{memberId}/personal-code/renew", Tag: "personal", Summary: "A new code for a member, by whoever runs the member's organisation."}, s.renewPersonalCode)
	web.Register(a, web.Op{ID: "listPersonalCodes", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/personal-codes", Tag: "personal", Summary: "The codes of an organisation's people, to be printed as cards."}, s.listPersonalCodes)
	web.Register(a, web.Op{
		ID: "scanPersonalCode", Method: http.MethodPost, Path: eventPath + "/station/scans", Status: http.StatusCreated, Tag: "personal",
		Summary: "The secretary scans a member's code; 201 when recorded now, 200 with repeated when it was before.",
	}, s.scanPersonalCode)
}

// PersonalCodeView is a member's own code as clients draw it.
type PersonalCodeView struct {
	MemberID   ident.ID   `json:"memberId"`
	MemberName string     `json:"memberName"`
	OrgName    string     `json:"orgName"`
	Bound      bool       `json:"bound" doc:"A WeChat identity stands for the member, who can show the code on a phone"`
	URL        string     `json:"url" doc:"Draw it as a QR code; holds neither name nor number"`
	Generation int        `json:"generation" minimum:"1" doc:"Send it to renew the code"`
	ChangedAt  *time.Time `json:"changedAt" doc:"When it was renewed last; null for the first"`
}

func (c PersonalCode) view() PersonalCodeView {
	v := PersonalCodeView{
		MemberID: c.Member.ID, MemberName: c.Member.Name, OrgName: c.Member.OrgName, Bound: c.Member.Bound, URL: c.URL, Generation: c.Generation,
	}
	if !c.ChangedAt.IsZero() {
		v.ChangedAt = &c.ChangedAt
	}
	return v
}

type personalCodeOutput struct{ Body PersonalCodeView }

func personalOutput(c PersonalCode, err error) (*personalCodeOutput, error) {
	if err != nil {
		return nil, err
	}
	return &personalCodeOutput{c.view()}, nil
}

func (s *Service) myPersonalCode(ctx context.Context, _ *struct{}) (*personalCodeOutput, error) {
	return personalOutput(s.MyCode(ctx, web.ActorFrom(ctx)))
}

// RenewInput says which code is to be replaced.
type RenewInput struct {
	Generation int `json:"generation" minimum:"1" maximum:"1000000" doc:"Of the code to replace; when it has been replaced before, the present code is the answer"`
}

type renewMineInput struct{ Body RenewInput }

func (s *Service) renewMyPersonalCode(ctx context.Context, in *renewMineInput) (*personalCodeOutput, error) {
	return personalOutput(s.RenewMine(ctx, web.ActorFrom(ctx), in.Body.Generation))
}

type renewInput struct {
	MemberID web.IDParam `path:"memberId"`
	Body     RenewInput
}

func (s *Service) renewPersonalCode(ctx context.Context, in *renewInput) (*personalCodeOutput, error) {
	return personalOutput(s.RenewFor(ctx, web.ActorFrom(ctx), in.MemberID.ID, in.Body.Generation))
}

type cardsInput struct {
	ID    web.IDParam `path:"id"`
	All   bool        `query:"all" doc:"Also of those who can show the code on a phone"`
	After web.IDParam `query:"after" doc:"next of the page before"`
	Limit int         `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type cardsOutput struct {
	Body struct {
		Items []PersonalCodeView `json:"items"`
		Next  ident.ID           `json:"next" doc:"Empty at the end"`
	}
}

func (s *Service) listPersonalCodes(ctx context.Context, in *cardsInput) (*cardsOutput, error) {
	codes, next, err := s.Cards(ctx, web.ActorFrom(ctx), in.ID.ID, in.All, in.After.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &cardsOutput{}
	out.Body.Items, out.Body.Next = make([]PersonalCodeView, len(codes)), next
	for i, c := range codes {
		out.Body.Items[i] = c.view()
	}
	return out, nil
}

type stationScanInput struct {
	event.IDInput
	Body struct {
		Key  string `json:"key" minLength:"1" maxLength:"64" doc:"Drawn for this scan; the same key gives the same answer"`
		Code string `json:"code" minLength:"1" maxLength:"300" doc:"The whole scanned text"`
	}
}

type stationScanOutput struct {
	Status int
	Body   struct {
		Attendance AttendanceView `json:"attendance"`
		Repeated   bool           `json:"repeated" doc:"Recorded before, by another act"`
	}
}

func (s *Service) scanPersonalCode(ctx context.Context, in *stationScanInput) (*stationScanOutput, error) {
	a, repeated, err := s.ScanPersonal(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Key, in.Body.Code)
	if err != nil {
		return nil, err
	}
	view, err := s.attendanceView(ctx, a)
	if err != nil {
		return nil, err
	}
	out := &stationScanOutput{Status: http.StatusCreated}
	if repeated {
		out.Status = http.StatusOK
	}
	out.Body.Attendance, out.Body.Repeated = *view, repeated
	return out, nil
}

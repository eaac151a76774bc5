package org

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/web"
)

// ListedMember is a member in a list.
type ListedMember struct {
	MemberView
	Letter string     `json:"letter" doc:"First letter of the name in pinyin, upper case; # when there is none"`
	Posts  []HeldPost `json:"posts"`
	Left   bool       `json:"left" doc:"No longer on the roster"`
}

// MemberCard is all that those who run an organisation may know of a member.
type MemberCard struct {
	MemberView
	Org         OrgRef        `json:"org"`
	Branch      *OrgRef       `json:"branch" doc:"That the member's group is part of; null for who is in no group"`
	Since       string        `json:"since" doc:"When the person joined the Party: 1989-06-20, 1989-06 or 1989; empty when it is not known"`
	SharedPhone bool          `json:"sharedPhone" doc:"Somebody else on the roster has the same number, so that it cannot tell them apart"`
	BoundAt     *time.Time    `json:"boundAt" doc:"null unless a WeChat identity stands for the person"`
	Left        bool          `json:"left" doc:"No longer on the roster"`
	Posts       []HeldPost    `json:"posts"`
	Roles       []RoleView    `json:"roles"`
	Moves       []MoveView    `json:"moves" doc:"The newest first"`
	Transfer    *TransferView `json:"transfer" doc:"That waits for an answer"`
	Revision    int64         `json:"revision" doc:"To be sent with a correction"`
}

// MoveView is one change of where a member belongs and how they take part.
type MoveView struct {
	At       *time.Time `json:"at" doc:"From when it holds; null for since ever, as far as is known"`
	OrgName  string     `json:"orgName"`
	Kind     string     `json:"kind" enum:"full,probationary"`
	Standing Standing   `json:"standing" enum:"normal,flow_out,flow_in,long_illness,suspended"`
	Here     bool       `json:"here" doc:"false: left the roster"`
	ByName   string     `json:"byName" doc:"Who noted it; empty when that is not known"`
}

func (s *Service) routeMembers(a *web.API) {
	web.Register(a, web.Op{
		ID: "listMembers", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/members",
		Tag: "organisation", Summary: "The people of an organisation and of those below it, by name.",
	}, s.listMembers)
	web.Register(a, web.Op{
		ID: "createMember", Method: http.MethodPost, Path: "/api/v1/orgs/{id}/members", Status: http.StatusCreated,
		Tag: "organisation", Summary: "Put somebody on the roster.",
	}, s.createMember)
	web.Register(a, web.Op{
		ID: "getMember", Method: http.MethodGet, Path: "/api/v1/members/{memberId}",
		Tag: "organisation", Summary: "The card of a member.",
	}, s.getMember)
	web.Register(a, web.Op{
		ID: "correctMember", Method: http.MethodPut, Path: "/api/v1/members/{memberId}",
		Tag: "organisation", Summary: "Put right what is known of a member.",
	}, s.correctMember)
	web.Register(a, web.Op{
		ID: "setMemberPosts", Method: http.MethodPut, Path: "/api/v1/members/{memberId}/posts",
		Tag: "organisation", Summary: "Say what a member does in the branch and the group.",
	}, s.setMemberPosts)
	web.Register(a, web.Op{
		ID: "revealPhone", Method: http.MethodPost, Path: "/api/v1/members/{memberId}/phone",
		Tag: "organisation", Summary: "A member's whole phone number, to phone them. It is recorded who asked.",
	}, s.revealPhone)
}

type membersInput struct {
	ID       web.IDParam `path:"id"`
	Find     string      `query:"q" maxLength:"40" doc:"A part of the name, its pinyin initials (zgf) or beginning (zhang), the last 2–4 digits of the number, or all of it"`
	Kind     string      `query:"kind" enum:"full,probationary"`
	Standing Standing    `query:"standing" enum:"normal,flow_out,flow_in,long_illness,suspended"`
	Left     bool        `query:"left" doc:"Those who are no longer on the roster, instead of those who are"`
	Bound    string      `query:"bound" enum:"yes,no"`
	Phone    string      `query:"phone" enum:"yes,no" doc:"Whether there is a number"`
	web.Page
}

type membersOutput struct {
	Body struct {
		Items  []ListedMember `json:"items"`
		Next   string         `json:"next" doc:"Empty at the end"`
		Counts *MemberCounts  `json:"counts" doc:"Of the whole organisation, whatever was asked for; null on later pages"`
		Groups []OrgRef       `json:"groups" doc:"The organisation's own, to list each alone; empty on later pages"`
	}
}

func (s *Service) listMembers(ctx context.Context, in *membersInput) (*membersOutput, error) {
	o, err := s.OrgForActor(ctx, web.ActorFrom(ctx), authz.RunOrg, in.ID.ID)
	if err != nil {
		return nil, err
	}
	q := memberQuery{
		path: o.Path, find: searchOf(in.Find), kind: in.Kind, standing: in.Standing, left: in.Left, bound: in.Bound, phone: in.Phone, limit: in.Limit + 1,
	}
	if q.afterPinyin, q.afterID, err = readCursor(in.After); err != nil {
		return nil, err
	}
	looked := audit.Entry{At: s.clock.Now(), Action: audit.LookMembers, Subject: audit.On(audit.Org, o.ID), Org: o.Path}
	if err := audit.Look(ctx, s.db, looked); err != nil {
		return nil, err
	}
	rows, err := s.findMembers(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &membersOutput{}
	out.Body.Groups = []OrgRef{}
	rows, out.Body.Next = web.Cut(rows, in.Limit, listedRow.cursor)
	if out.Body.Items, err = s.listed(ctx, rows); err != nil || in.After != "" {
		return out, err
	}
	if out.Body.Counts, err = s.memberCounts(ctx, o.Path); err != nil {
		return nil, err
	}
	if out.Body.Counts.Incoming, err = s.incoming(ctx, o.Path); err != nil {
		return nil, err
	}
	out.Body.Groups, err = s.groupsOf(ctx, o)
	return out, err
}

func (s *Service) listed(ctx context.Context, rows []listedRow) ([]ListedMember, error) {
	ids := make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	posts, err := s.postsOf(ctx, s.db.Read(), ids)
	items := make([]ListedMember, len(rows))
	for i, r := range rows {
		items[i] = ListedMember{MemberView: s.view(r.member()), Letter: letterOf(r.Pinyin), Posts: posts[r.ID], Left: r.LeftAt != 0}
		if items[i].Posts == nil {
			items[i].Posts = []HeldPost{}
		}
	}
	return items, err
}

// letterOf returns the letter under which a name is listed.
func letterOf(spelling string) string {
	if spelling == "" || spelling[0] < 'a' || spelling[0] > 'z' {
		return "#"
	}
	return strings.ToUpper(spelling[:1])
}

type createMemberInput struct {
	ID   web.IDParam `path:"id"`
	Body struct {
		Key      string   `json:"key" minLength:"1" maxLength:"64" doc:"Made by the client; the same key puts nobody on the roster twice"`
		Name     string   `json:"name" minLength:"1" maxLength:"40"`
		Kind     string   `json:"kind" enum:"full,probationary"`
		Standing Standing `json:"standing" enum:"normal,flow_out,flow_in,long_illness,suspended"`
		Phone    string   `json:"phone,omitempty" maxLength:"40" doc:"In any usual spelling; left out for people without one"`
		Since    string   `json:"since,omitempty" maxLength:"10" doc:"When the person joined the Party: 1989-06-20, 1989-06 or 1989"`
		Namesake bool     `json:"namesake,omitempty" doc:"There is somebody of this name already, and this is another person"`
	}
}

type cardOutput struct {
	Body MemberCard

	path string // of the member's organisation
}

func (s *Service) createMember(ctx context.Context, in *createMemberInput) (*cardOutput, error) {
	actor, b := web.ActorFrom(ctx), in.Body
	member, err := s.AddMember(ctx, actor, in.ID.ID, Newcomer{
		Name: b.Name, Kind: b.Kind, Standing: b.Standing, Phone: b.Phone, Since: b.Since, Namesake: b.Namesake, Key: b.Key,
	})
	if err != nil {
		return nil, err
	}
	return s.showCard(ctx, actor, member)
}

type oneMember struct {
	MemberID web.IDParam `path:"memberId"`
}

func (s *Service) getMember(ctx context.Context, in *oneMember) (*cardOutput, error) {
	out, err := s.showCard(ctx, web.ActorFrom(ctx), in.MemberID.ID)
	if err != nil {
		return nil, err
	}
	return out, audit.Look(ctx, s.db, s.about(audit.LookMember, in.MemberID.ID, out.path, nil))
}

type memberCorrectionInput struct {
	MemberID web.IDParam `path:"memberId"`
	Body     struct {
		Name     string  `json:"name" minLength:"1" maxLength:"40"`
		Kind     string  `json:"kind" enum:"full,probationary"`
		Phone    *string `json:"phone,omitempty" maxLength:"40" doc:"Left out: stays as it is. Empty: taken away"`
		Since    string  `json:"since" maxLength:"10" doc:"When the person joined the Party; empty when it is not known"`
		Revision int64   `json:"revision" doc:"Of the card that was looked at"`
	}
}

func (s *Service) correctMember(ctx context.Context, in *memberCorrectionInput) (*cardOutput, error) {
	actor, b := web.ActorFrom(ctx), in.Body
	if err := s.Correct(ctx, actor, in.MemberID.ID, Correction{b.Name, b.Kind, b.Phone, b.Since, b.Revision}); err != nil {
		return nil, err
	}
	return s.showCard(ctx, actor, in.MemberID.ID)
}

type memberPostsInput struct {
	MemberID web.IDParam `path:"memberId"`
	Body     struct {
		Posts []Post `json:"posts" maxItems:"11" enum:"secretary,deputy_secretary,organisation,publicity,discipline,youth,united_front,mass_work,confidentiality,committee_member,group_leader"`
	}
}

func (s *Service) setMemberPosts(ctx context.Context, in *memberPostsInput) (*cardOutput, error) {
	actor := web.ActorFrom(ctx)
	if err := s.SetPosts(ctx, actor, in.MemberID.ID, in.Body.Posts); err != nil {
		return nil, err
	}
	return s.showCard(ctx, actor, in.MemberID.ID)
}

type phoneOutput struct {
	Body struct {
		Phone string `json:"phone" doc:"Eleven digits; not to be kept"`
	}
}

func (s *Service) revealPhone(ctx context.Context, in *oneMember) (*phoneOutput, error) {
	phone, err := s.Reveal(ctx, web.ActorFrom(ctx), in.MemberID.ID)
	if err != nil {
		return nil, err
	}
	out := &phoneOutput{}
	out.Body.Phone = phone
	return out, nil
}

// showCard gathers what is known of a member.
func (s *Service) showCard(ctx context.Context, actor authz.Actor, id ident.ID) (*cardOutput, error) {
	m, err := s.memberRun(ctx, s.db.Read(), actor, id)
	if err != nil {
		return nil, err
	}
	card := MemberCard{MemberView: s.view(m), Since: m.Since, Left: m.Left, Revision: m.Revision, Posts: []HeldPost{}, Roles: []RoleView{}}
	chain, err := s.chain(ctx, s.db.Read(), m.OrgPath)
	if err != nil {
		return nil, err
	}
	card.Org = chain[len(chain)-1].Ref()
	if card.Org.Kind == Group && len(chain) > 1 {
		branch := chain[len(chain)-2].Ref()
		card.Branch = &branch
	}
	out := &cardOutput{Body: card, path: m.OrgPath}
	return out, s.fillCard(ctx, actor, m, &out.Body)
}

func (s *Service) fillCard(ctx context.Context, actor authz.Actor, m Member, card *MemberCard) error {
	posts, err := s.postsOf(ctx, s.db.Read(), []ident.ID{m.ID})
	if err != nil {
		return err
	}
	card.Posts = append(card.Posts, posts[m.ID]...)
	roles, err := s.RolesOf(ctx, []ident.ID{m.ID})
	if err != nil {
		return err
	}
	for _, r := range roles[m.ID] {
		card.Roles = append(card.Roles, RoleView(r))
	}
	if card.Moves, err = s.movesOf(ctx, m.ID); err != nil {
		return err
	}
	if m.Bound {
		at, err := s.boundAt(ctx, m.ID)
		if err != nil {
			return err
		}
		bound := clock.FromMillis(at)
		card.BoundAt = &bound
	}
	if m.Phone.Cipher != "" {
		sharing, err := s.membersByPhone(ctx, s.db.Read(), s.vault.hashesOf(m.Phone))
		if err != nil {
			return err
		}
		card.SharedPhone = slices.ContainsFunc(sharing, func(other Member) bool { return other.ID != m.ID })
	}
	return s.fillTransfer(ctx, actor, m, card)
}

func (s *Service) fillTransfer(ctx context.Context, actor authz.Actor, m Member, card *MemberCard) error {
	t, err := s.pendingTransfer(ctx, m.ID)
	if err != nil || t.ID == 0 {
		return err
	}
	views, err := s.transferViews(ctx, actor, []Transfer{t})
	card.Transfer = &views[0]
	return err
}

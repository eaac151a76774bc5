package mydata

import (
	"context"
	"slices"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// DataLook is one time that somebody looked at what includes the person.
type DataLook struct {
	At      time.Time `json:"at" doc:"The first time on that day"`
	Name    string    `json:"name" doc:"Who looked"`
	OrgName string    `json:"orgName"`
	Title   string    `json:"title" doc:"At what, in Chinese"`
}

// Looks returns who has looked at the actor's data, newest first, and where the next page begins: at their card, at a list of an
// organisation that they then belonged to, at an event or a site in whose record they stand.
func (s *Service) Looks(ctx context.Context, actor authz.Actor, after string, limit int) ([]DataLook, string, error) {
	looks := []DataLook{}
	if actor.MemberID == 0 {
		return looks, "", nil
	}
	cursor, err := audit.ParseCursor(after)
	if err != nil {
		return nil, "", err
	}
	about, err := s.about(ctx, actor.MemberID)
	if err != nil {
		return nil, "", err
	}
	entries, err := audit.List(ctx, s.DB, audit.Filter{Actions: lists, About: about, NotBy: actor.MemberID, After: cursor}, limit+1)
	if err != nil {
		return nil, "", err
	}
	entries, next := web.Cut(entries, limit, func(r audit.Read) string { return r.Cursor().String() })
	people, err := s.People.MembersByID(ctx, s.DB.Read(), lookers(entries))
	for _, e := range entries {
		m := people[e.MemberID]
		looks = append(looks, DataLook{At: e.At, Name: m.Name, OrgName: m.OrgName, Title: e.Action.Title()})
	}
	return looks, next, err
}

// lists are the looks that show several people, or one.
var lists = slices.DeleteFunc(audit.Actions(), func(a audit.Action) bool {
	return !a.Looks() || a == audit.LookAudit || a == audit.LookOwnData
})

// maxRecords bounds in how many events it is looked for the member: those of several years.
const maxRecords = 500

// about returns where looks concern the member.
func (s *Service) about(ctx context.Context, member ident.ID) (audit.About, error) {
	a := audit.About{Member: member}
	stays, err := s.People.Stays(ctx, s.DB.Read(), member)
	if err != nil {
		return a, err
	}
	for _, stay := range stays {
		a.Spans = append(a.Spans, audit.Span{Paths: above(stay.Path), From: stay.From, To: stay.To})
	}
	err = s.DB.Read().NewRaw(`
SELECT e.event_id FROM (SELECT event_id FROM attendance WHERE member_id = ? UNION SELECT event_id FROM deliveries WHERE member_id = ? AND event_id > 0) e
ORDER BY e.event_id DESC LIMIT ?`, member, member, maxRecords).Scan(ctx, &a.Events)
	if err != nil {
		return a, err
	}
	err = s.DB.Read().NewRaw("SELECT DISTINCT t.site_id FROM site_visitors v JOIN site_visits t ON t.id = v.visit_id WHERE v.member_id = ?", member).Scan(ctx, &a.Sites)
	return a, err
}

func lookers(entries []audit.Read) []ident.ID {
	ids := make([]ident.ID, len(entries))
	for i, e := range entries {
		ids[i] = e.MemberID
	}
	return ids
}

// above returns the paths of the organisation and of all above it.
func above(path string) []string {
	var paths []string
	for i, c := range path {
		if c == '/' && i > 0 {
			paths = append(paths, path[:i+1])
		}
	}
	return paths
}

// me returns the actor on the roster; the zero Member for a resident.
func (s *Service) me(ctx context.Context, actor authz.Actor) (org.Member, error) {
	if actor.MemberID == 0 {
		return org.Member{}, nil
	}
	found, err := s.People.MembersByID(ctx, s.DB.Read(), []ident.ID{actor.MemberID})
	return found[actor.MemberID], err
}

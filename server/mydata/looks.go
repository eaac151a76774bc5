package mydata

import (
	"context"
	"time"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
)

// DataLook is one time that somebody looked at what includes the person.
type DataLook struct {
	At      time.Time `json:"at" doc:"The first time on that day"`
	Name    string    `json:"name" doc:"Who looked"`
	OrgName string    `json:"orgName"`
	Title   string    `json:"title" doc:"At what, in Chinese"`
}

// Looks returns who has looked at the actor's data: at their card, or at a list of an organisation that they belong to, newest
// first, and where the next page begins. What was looked at while they belonged elsewhere is not known here.
func (s *Service) Looks(ctx context.Context, actor authz.Actor, after string, limit int) ([]DataLook, string, error) {
	looks := []DataLook{}
	if actor.MemberID == 0 {
		return looks, "", nil
	}
	cursor, err := audit.ParseCursor(after)
	if err != nil {
		return nil, "", err
	}
	entries, err := audit.List(ctx, s.DB, audit.Filter{
		Actions: lists, AboutMember: actor.MemberID, AboutOrgs: above(actor.OrgPath), NotBy: actor.MemberID, After: cursor,
	}, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(entries) > limit {
		entries = entries[:limit]
		next = entries[limit-1].Cursor().String()
	}
	people, err := s.People.MembersByID(ctx, s.DB.Read(), lookers(entries))
	for _, e := range entries {
		m := people[e.MemberID]
		looks = append(looks, DataLook{At: e.At, Name: m.Name, OrgName: m.OrgName, Title: e.Action.Title()})
	}
	return looks, next, err
}

// lists are the looks that show several people, or one.
var lists = []audit.Action{audit.LookRoster, audit.LookPhones, audit.LookMembers, audit.LookMember, audit.LookPhone}

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

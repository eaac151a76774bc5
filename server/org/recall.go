package org

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/recall"
)

// session is a session that has not been ended, and who it belongs to.
type session struct {
	expires time.Time
	actor   authz.Actor
}

func (s *Service) remember(w *recall.Watch) {
	s.watch = w
	s.sessions = recall.NewMemory(w, func(ctx context.Context, hashes []string) (map[string]session, error) {
		return s.liveSessions(ctx, "s.token_hash IN (?)", bun.List(hashes))
	}, func(v session) [3]recall.Ref {
		return [3]recall.Ref{{Kind: recall.User, ID: v.actor.UserID}, {Kind: recall.Member, ID: v.actor.MemberID}, {Kind: recall.Tree}}
	})
	s.members = recall.NewMemory(w, func(ctx context.Context, ids []ident.ID) (map[ident.ID]Member, error) {
		return s.presentMembers(ctx, "m.id IN (?)", bun.List(ids))
	}, func(m Member) [3]recall.Ref {
		return [3]recall.Ref{{Kind: recall.Member, ID: m.ID}, {Kind: recall.Tree}}
	})
}

// Recognise implements web.Authenticator: Authenticate from memory, as it was at most recall.Fresh ago.
func (s *Service) Recognise(ctx context.Context, token string) (authz.Actor, error) {
	known, found, err := s.sessions.Get(ctx, hashToken(token))
	switch now := s.clock.Now(); {
	case err != nil || !found || !now.Before(known.expires):
		return authz.Actor{}, err
	case needsRenewal(known.expires, now):
		return s.Authenticate(ctx, token)
	}
	return known.actor, nil
}

// ActorOf returns who the user is now, as Authenticate would.
func (s *Service) ActorOf(ctx context.Context, user ident.ID) (authz.Actor, error) {
	rows, err := s.userRows(ctx, user)
	if err != nil || len(rows) == 0 {
		return authz.Actor{}, err
	}
	return actorOf(rows), nil
}

// RecallMember is MemberByID from memory: the member as they were at most recall.Fresh ago.
func (s *Service) RecallMember(ctx context.Context, id ident.ID) (Member, error) {
	m, found, err := s.members.Get(ctx, id)
	if err == nil && !found {
		err = errMemberNotFound
	}
	return m, err
}

// maxWarm bounds what Warm reads; whoever is beyond it is read, many at once, when they come.
const maxWarm = 5000

// Warm reads the people of the organisations at these paths, and their sessions, with one query each, so that none has
// to be read when they come all at once.
func (s *Service) Warm(ctx context.Context, paths []string) error {
	if !s.watch.Fresh() {
		return nil
	}
	where, args := within("o.path", paths)
	people, err := s.members.Fill(func() (map[ident.ID]Member, error) {
		return s.presentMembers(ctx, where+" LIMIT ?", append(args, maxWarm)...)
	})
	if err != nil || len(people) == 0 {
		return err
	}
	ids := slices.Collect(maps.Keys(people))
	_, err = s.sessions.Fill(func() (map[string]session, error) { return s.liveSessions(ctx, "m.id IN (?)", bun.List(ids)) })
	return err
}

func (s *Service) presentMembers(ctx context.Context, condition string, args ...any) (map[ident.ID]Member, error) {
	var rows []memberRow
	err := s.db.Read().NewRaw(selectMembers+present+" AND "+condition, args...).Scan(ctx, &rows)
	found := make(map[ident.ID]Member, len(rows))
	for _, m := range membersOf(rows) {
		found[m.ID] = m
	}
	return found, err
}

// liveSessions returns sessions that have not ended, by the hash of their tokens.
func (s *Service) liveSessions(ctx context.Context, condition string, args ...any) (map[string]session, error) {
	var rows []actorRow
	args = append([]any{clock.Millis(s.clock.Now())}, args...)
	err := s.db.Read().NewRaw(selectSession+"s.revoked_at = 0 AND s.expires_at > ? AND "+condition, args...).Scan(ctx, &rows)
	byToken := map[string][]actorRow{} // one row for each role
	for _, r := range rows {
		byToken[r.TokenHash] = append(byToken[r.TokenHash], r)
	}
	found := make(map[string]session, len(byToken))
	for hash, rows := range byToken {
		found[hash] = session{clock.FromMillis(rows[0].ExpiresAt), actorOf(rows)}
	}
	return found, err
}

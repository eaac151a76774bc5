package org

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"themeday/server/authz"
	"themeday/server/ident"
)

// What an invitation may be. A personal one is good once and for a short time: it stands for an approval.
const (
	usualUses    = 50
	usualLife    = 7 * 24 * time.Hour
	personalLife = 3 * 24 * time.Hour
)

// State says what the invitation is good for at an instant.
func (i Invitation) State(now time.Time) InvitationState {
	switch {
	case !i.RevokedAt.IsZero():
		return InvitationRevoked
	case i.Uses >= i.MaxUses:
		return InvitationUsed
	case !now.Before(i.ExpiresAt):
		return InvitationExpired
	}
	return InvitationOpen
}

// Personal reports whether the invitation is for one member.
func (i Invitation) Personal() bool { return i.Member.ID != 0 }

// admits reports whether the invitation lets somebody of this name ask. Only a personal one knows its name.
func (i Invitation) admits(name string, now time.Time) bool {
	return i.ID != 0 && i.State(now) == InvitationOpen && (!i.Personal() || plainName(i.Member.Name) == plainName(name))
}

// plainName is a name without spaces and dots, in which people write them differently.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("·•・．.", r) {
			return -1
		}
		return r
	}, name)
}

// checkAsk says what is wrong with what somebody has typed.
func checkAsk(name, last4 string) error {
	n := utf8.RuneCountInString(plainName(name))
	if n == 0 || n > 40 || strings.ContainsFunc(name, unicode.IsControl) {
		return errName
	}
	if last4 != "" && (len(last4) != 4 || strings.Trim(last4, "0123456789") != "") {
		return errLast4
	}
	return nil
}

const minReason = 2 // characters

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) < minReason || strings.ContainsFunc(reason, unicode.IsControl) {
		return errReason
	}
	return nil
}

// MaskNames hides names so that those who share a phone number recognise their own, and nobody else learns more: the first
// character, and the last one too where two would look alike.
func MaskNames(names []string) []string {
	masked, seen := make([]string, len(names)), map[string]int{}
	for i, name := range names {
		masked[i] = mask(name, false)
		seen[masked[i]]++
	}
	for i, name := range names {
		if seen[masked[i]] > 1 {
			masked[i] = mask(name, true)
		}
	}
	return masked
}

func mask(name string, last bool) string {
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		if !last || i < len(runes)-1 {
			runes[i] = '＊'
		}
	}
	return string(runes)
}

// maxMatches is how many people of a name are offered.
const maxMatches = 5

// likely sorts people of the asker's name: those whom no WeChat identity stands for first, and of these those whose number
// ends as the asker says.
func likely(people []Member, fits func(Member) bool) []Member {
	rank := func(m Member) (n int) {
		if m.Bound {
			n += 2
		}
		if !fits(m) {
			n++
		}
		return n
	}
	slices.SortStableFunc(people, func(a, b Member) int { return rank(a) - rank(b) })
	return people[:min(len(people), maxMatches)]
}

// handsIdentity reports whether the actor may say which WeChat identity stands for a member with these roles: it gets all of
// them, so the actor has to run every organisation on which there is one.
func handsIdentity(actor authz.Actor, held []authz.Grant) bool {
	return !slices.ContainsFunc(held, func(g authz.Grant) bool { return !actor.Runs(g.OrgPath) })
}

// alone reports whether the member is the only one of these whom no identity stands for: then the number leaves no doubt.
func alone(member ident.ID, sharing []Member) bool {
	free := slices.DeleteFunc(slices.Clone(sharing), func(m Member) bool { return m.Bound })
	return len(free) == 1 && free[0].ID == member
}

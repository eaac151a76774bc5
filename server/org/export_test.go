package org

import "strings"

// Tamper returns the sealed number with one byte of its text changed.
func (s SealedPhone) Tamper(i int) SealedPhone {
	other := "A"
	if s.Cipher[i] == 'A' {
		other = "B"
	}
	s.Cipher = strings.Join([]string{s.Cipher[:i], other, s.Cipher[i+1:]}, "")
	return s
}

// CodeOf returns the code of an invitation.
func (s *Service) CodeOf(i Invitation) string { return s.seals.code(i.ID) }

// MoveRow and Placed are what stays are made of.
type (
	MoveRow = moveRow
	Placed  = placed
)

// StaysOf cuts moves of a member at moves of organisations.
var StaysOf = staysOf

// The rules of the tree, as its tests see them.
var (
	SeenFrom   = seenFrom
	ElectionOf = Facts.election
	DueOf      = Facts.due
)

// Said is how a name is kept to be found.
var Said = said

// SearchOf says in words what was typed.
func SearchOf(text string) string {
	f := searchOf(text)
	switch {
	case f.nobody:
		return "nobody"
	case f.tail != "":
		return "tail " + f.tail
	case f.phone != "":
		return "phone " + f.phone
	case f.letters != "":
		return "letters " + f.letters
	case f.name != "":
		return "name " + f.name
	}
	return ""
}

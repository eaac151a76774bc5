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

// The rules of the tree, as its tests see them.
var (
	SeenFrom   = seenFrom
	ElectionOf = Facts.election
	DueOf      = Facts.due
)

// Package ident makes identifiers and secrets.
//
// An ID is a 63-bit number: 42 bits of milliseconds since 2020-01-01 UTC (enough until 2159) and 21 bits that start at
// random in every millisecond and then count up. IDs made by one process sort by time; two processes collide with a
// chance of about one in two million per pair of IDs made in the same millisecond, and the primary key refuses that one.
package ident

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"themeday/server/clock"
)

// ID identifies one row. 0 is "none". It is a BIGINT in the database and a 13-character string in JSON and in codes.
type ID int64

// alphabet is Crockford's base32 in lower case: no i, l, o or u, so that an ID can be read aloud.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Length is the number of characters of an ID's text.
const Length = 13

// ErrMalformed is returned for a text that is no ID.
var ErrMalformed = errors.New("ident: malformed id")

// String returns the 13-character text of the ID.
func (id ID) String() string {
	var text [Length]byte
	rest := uint64(id)
	for i := Length - 1; i >= 0; i-- {
		text[i] = alphabet[rest&31]
		rest >>= 5
	}
	return string(text[:])
}

// Parse reads the text made by String. It returns ErrMalformed for anything else.
func Parse(text string) (ID, error) {
	if len(text) != Length {
		return 0, ErrMalformed
	}
	var id uint64
	for i := range Length {
		digit := digits[text[i]]
		if digit == 0 {
			return 0, ErrMalformed
		}
		id = id<<5 | uint64(digit-1)
	}
	// 13 characters hold 65 bits; the first one must leave the sign bit and the two above it clear.
	if text[0] > '7' {
		return 0, ErrMalformed
	}
	return ID(id), nil
}

// digits maps a character to its value plus one; 0 means that it is none of the alphabet.
var digits = func() (table [256]uint8) {
	for i := range len(alphabet) {
		table[alphabet[i]] = uint8(i + 1)
	}
	return table
}()

// MarshalText writes the ID as in String; none is the empty text.
func (id ID) MarshalText() ([]byte, error) {
	if id == 0 {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what MarshalText wrote. It returns ErrMalformed for anything else.
func (id *ID) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*id = 0
		return nil
	}
	*id, err = Parse(string(text))
	return err
}

var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

const counterBits = 21

// Source makes IDs and secrets from a clock and a stream of random bytes. It is safe for concurrent use.
type Source struct {
	clock  clock.Clock
	random io.Reader

	mu      sync.Mutex
	last    int64
	counter uint64
}

// NewSource returns a source; random is crypto/rand.Reader when nil. Tests give a fixed stream.
func NewSource(clk clock.Clock, random io.Reader) *Source {
	if random == nil {
		random = rand.Reader
	}
	return &Source{clock: clk, random: random}
}

// New returns an ID larger than all that this source has made before, even when the clock is set back.
func (s *Source) New() ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now().Sub(epoch).Milliseconds()
	if now > s.last {
		s.last = now
		s.counter = s.draw() >> 1 // the upper half is left for counting
	} else {
		s.counter++
	}
	if s.counter >= 1<<counterBits {
		s.last++
		s.counter = s.draw() >> 1
	}
	return ID(s.last<<counterBits | int64(s.counter))
}

func (s *Source) draw() uint64 {
	var raw [8]byte
	s.fill(raw[:])
	return binary.BigEndian.Uint64(raw[:]) & (1<<counterBits - 1)
}

// Bytes returns n random bytes.
func (s *Source) Bytes(n int) []byte {
	raw := make([]byte, n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fill(raw)
	return raw
}

// Token returns n random bytes as unpadded base64url text. Session tokens use 32 bytes.
func (s *Source) Token(n int) string { return base64.RawURLEncoding.EncodeToString(s.Bytes(n)) }

// fill stops the process when the system has no randomness left to give: no secret may be made without it.
func (s *Source) fill(raw []byte) {
	if _, err := io.ReadFull(s.random, raw); err != nil {
		panic("ident: no randomness: " + err.Error())
	}
}

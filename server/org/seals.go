package org

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"themeday/server/ident"
)

// The codes of invitations: eight characters that are easy to read out and to type. Of what looks alike — 0 and O, 1 and I —
// neither is used. 32⁸ codes cannot be tried with a few wrong tries per person.
const (
	codeLength   = 8
	codeAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	codePrefix   = "i" // of the last part of the address in a QR code
	maxCodeText  = 300
)

var (
	codeText     = base32.NewEncoding(codeAlphabet).WithPadding(base32.NoPadding)
	errMalformed = errors.New("org: malformed")
)

// ParseInvitation reads an invitation's code in any usual spelling — with spaces or dashes, in small or full-width letters —
// or the address of its QR code, and returns the eight characters. It returns an error for anything else.
func ParseInvitation(text string) (string, error) {
	if len(text) > maxCodeText {
		return "", errMalformed
	}
	text = strings.TrimSpace(text)
	if at := strings.LastIndexByte(text, '/'); at >= 0 {
		text, _, _ = strings.Cut(text[at+1:], "#")
		text, _, _ = strings.Cut(text, "?")
	}
	code := strings.ToUpper(ungrouped.Replace(strings.Map(HalfWidth, text)))
	if len(code) == codeLength+len(codePrefix) {
		code = strings.TrimPrefix(code, strings.ToUpper(codePrefix))
	}
	if len(code) != codeLength || strings.Trim(code, codeAlphabet) != "" {
		return "", errMalformed
	}
	return code, nil
}

// seals makes what the server can make or check again without having kept it: codes and choices.
type seals struct{ key []byte }

func newSeals(secret []byte) seals {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("themeday bindings"))
	return seals{mac.Sum(nil)}
}

func (s seals) mac(purpose string, data []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(purpose))
	mac.Write(data)
	return mac.Sum(nil)
}

// code returns the code of an invitation. It is not kept anywhere, and can be shown again all the same.
func (s seals) code(id ident.ID) string {
	return codeText.EncodeToString(s.mac("invitation code", []byte(id.String()))[:codeLength*5/8])
}

// find returns the hash under which a code is stored.
func (s seals) find(code string) string {
	return hex.EncodeToString(s.mac("invitation lookup", []byte(code)))
}

// pickLife is how long somebody may think about who of the people with their number they are.
const pickLife = 10 * time.Minute

// pick is a choice that the phone number allows the user to make.
type pick struct {
	Member ident.ID
	User   ident.ID
	Until  time.Time
	Phone  string // the hash of the number
}

const (
	pickNumbers  = 3 * 8
	pickMACBytes = 16
)

func (s seals) sealPick(p pick) string {
	raw := make([]byte, 0, 128)
	for _, n := range []int64{int64(p.Member), int64(p.User), p.Until.UnixMilli()} {
		raw = binary.BigEndian.AppendUint64(raw, uint64(n)) //nolint:gosec // read back as it was
	}
	raw = append(raw, p.Phone...)
	return base64.RawURLEncoding.EncodeToString(append(raw, s.mac("choice", raw)[:pickMACBytes]...))
}

// openPick reads a choice of the user. It returns an error for one that is forged, somebody else's or too old.
func (s seals) openPick(text string, user ident.ID, now time.Time) (pick, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < pickNumbers+pickMACBytes {
		return pick{}, errMalformed
	}
	body, mac := raw[:len(raw)-pickMACBytes], raw[len(raw)-pickMACBytes:]
	if !hmac.Equal(mac, s.mac("choice", body)[:pickMACBytes]) {
		return pick{}, errMalformed
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(body[8*i:])) } //nolint:gosec // sealed by us
	p := pick{ident.ID(number(0)), ident.ID(number(1)), time.UnixMilli(number(2)).UTC(), string(body[pickNumbers:])}
	if p.User != user || !now.Before(p.Until) {
		return pick{}, errMalformed
	}
	return p, nil
}

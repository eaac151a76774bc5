package site

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"themeday/server/ident"
)

// The text of a plate is "s", the site's id, "." and a MAC. It has to fit into the scene of a mini-program code, 32
// characters. 17 are left for the MAC; 16 of base64url hold 96 whole bits, and one more would add a fraction of a byte.
// A plate hangs for years and can be tried at leisure, so its MAC is longer than that of a code that lives 40 seconds.
const (
	plateMACBytes = 12
	plateLength   = 1 + ident.Length + 1 + plateMACBytes*4/3
	maxOldPlates  = 8 // so many earlier generations are recognised, to say that the plate was replaced
)

// Errors of plates.
var (
	ErrPlateMalformed = errors.New("site: not a plate")
	ErrPlateForged    = errors.New("site: forged plate")
	ErrPlateReplaced  = errors.New("site: plate of an earlier generation")
)

// PlateText is a scanned plate, read but not yet believed.
type PlateText struct {
	Site ident.ID
	MAC  string
}

// IsPlate reports whether the last part of a scanned text claims to be a plate.
func IsPlate(text string) bool { return strings.HasPrefix(text, "s") }

// ParsePlate reads the text of a plate. It returns ErrPlateMalformed for anything else.
func ParsePlate(text string) (PlateText, error) {
	if len(text) != plateLength || text[0] != 's' || text[1+ident.Length] != '.' {
		return PlateText{}, ErrPlateMalformed
	}
	id, err := ident.Parse(text[1 : 1+ident.Length])
	if err != nil {
		return PlateText{}, ErrPlateMalformed
	}
	return PlateText{id, text[1+ident.Length+1:]}, nil
}

// PlateText returns the text on the site's plate: at most 32 characters of those a scene may have.
func (s Site) PlateText() string {
	return "s" + s.ID.String() + "." + s.plateMAC(s.Plate.Generation)
}

func (s Site) plateMAC(generation int) string {
	mac := hmac.New(sha256.New, s.Plate.Key)
	mac.Write(fmt.Appendf(nil, "site plate %s %d", s.ID, generation))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:plateMACBytes])
}

// Verify checks a plate that names this site. It returns ErrPlateReplaced for one that was good before a renewal, and
// ErrPlateForged for any other.
func (s Site) Verify(p PlateText) error {
	for back := range min(maxOldPlates+1, s.Plate.Generation) {
		if !hmac.Equal([]byte(s.plateMAC(s.Plate.Generation-back)), []byte(p.MAC)) {
			continue
		}
		if back > 0 {
			return ErrPlateReplaced
		}
		return nil
	}
	return ErrPlateForged
}

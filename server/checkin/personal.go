package checkin

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
)

// PersonalCode is a member's own code, to be shown to whoever runs the event. It holds neither name nor number, and
// renewing it kills the one before.
type PersonalCode struct {
	Member     org.Member
	URL        string
	Generation int       // counts the renewals; the first is 1
	ChangedAt  time.Time // zero for the first
}

// Refusals of personal codes, each with the sentence that the one who scans reads.
var (
	errPersonalMalformed = fault.Invalid("personal_malformed", "这不是个人码，请扫党员手机或卡片上的个人码")
	errPersonalForged    = fault.Invalid("personal_forged", "这个个人码无效，请核对姓名后在名单里勾选")
	errPersonalRevoked   = fault.Conflict("personal_revoked", "这个个人码已换新，旧码作废，请出示新码，或在名单里勾选")
	errPersonalElsewhere = fault.Forbidden("personal_not_expected", "这个人不在您这次活动的名单里")
	errPersonalShown     = fault.Invalid("code_personal", "这是个人码，请出示给书记扫，自己不用扫")
)

// personalText is a scanned personal code, read but not yet believed.
type personalText struct {
	Member ident.ID
	MAC    string
}

// parsePersonal reads the text of a scan: the code itself or a URL that ends in it.
func parsePersonal(text string) (personalText, error) {
	if len(text) > maxCodeText {
		return personalText{}, errCodeMalformed
	}
	body, ok := strings.CutPrefix(lastSegment(text), "p")
	id, mac, _ := strings.Cut(body, ".")
	member, err := ident.Parse(id)
	if !ok || err != nil || !isMAC(mac) {
		return personalText{}, errCodeMalformed
	}
	return personalText{member, mac}, nil
}

// isMAC reports whether the text is as long as a MAC and of its alphabet: whatever else stands there, such as a space at
// the end, could be lost when the code is written and read again.
func isMAC(text string) bool {
	mac, err := codeEncoding.DecodeString(text)
	return err == nil && len(text) == codeEncoding.EncodedLen(codeMACBytes) && len(mac) == codeMACBytes
}

// String returns the code as it is hashed into roster packs.
func (c personalText) String() string { return "p" + c.Member.String() + "." + c.MAC }

// makePersonal returns the member's code of a generation.
func makePersonal(key []byte, member ident.ID, generation int) personalText {
	mac := hmac.New(sha256.New, key)
	mac.Write(fmt.Appendf(nil, "personal code %s %d", member, generation))
	return personalText{member, codeEncoding.EncodeToString(mac.Sum(nil)[:codeMACBytes])}
}

// oldCodes bounds how many generations back a code is recognised as one that has been renewed. Older ones count as forged.
const oldCodes = 64

// generationOf returns which generation of the member's codes this is; 0 when it is none of them.
func generationOf(key []byte, c personalText, current int) int {
	found := 0
	for g := current; g > 0 && g > current-oldCodes; g-- {
		if hmac.Equal([]byte(makePersonal(key, c.Member, g).MAC), []byte(c.MAC)) {
			found = g
		}
	}
	return found
}

// notEventCode words the refusal of a text that is no event's code: a member who scans the own one is told what it is for.
func notEventCode(text string) error {
	if _, err := parsePersonal(text); err == nil {
		return errPersonalShown
	}
	return errMalformed
}

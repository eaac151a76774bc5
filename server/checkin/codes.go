package checkin

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"themeday/server/ident"
)

// The rotating code. A code is shown for one step and accepted for three more, so that a slow phone is not turned away
// and a picture of it is worthless within the minute.
const (
	codeStep     = 10 * time.Second
	codeMaxAge   = 3 // steps
	codeMACBytes = 10
	maxCodeText  = 300 // a scanned URL; the longest of ours is under 120
)

// The spoken code: six digits that change every few minutes.
const (
	spokenStep  = 5 * time.Minute
	spokenGrace = time.Minute // the one before is still accepted for so long
	spokenSpace = 1_000_000
)

// Errors of codes. Service gives each its sentence.
var (
	errCodeMalformed = errors.New("malformed")
	errCodeForged    = errors.New("forged")
	errCodeExpired   = errors.New("expired")
	errCodeFuture    = errors.New("from the future")
)

// eventCode is a scanned code of an event, read but not yet believed.
type eventCode struct {
	Event ident.ID
	Step  int64 // steps since the unix epoch
	MAC   string
}

var codeEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// parseCode reads the text of a scan: the code itself or a URL that ends in it. Query and fragment are ignored.
func parseCode(text string) (eventCode, error) {
	if len(strings.TrimSpace(text)) > maxCodeText {
		return eventCode{}, errCodeMalformed
	}
	body, ok := strings.CutPrefix(lastSegment(text), "e")
	parts := strings.Split(body, ".")
	if !ok || len(parts) != 3 {
		return eventCode{}, errCodeMalformed
	}
	id, err := ident.Parse(parts[0])
	step, err2 := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || err2 != nil || step < 0 || strconv.FormatInt(step, 10) != parts[1] || len(parts[2]) != codeEncoding.EncodedLen(codeMACBytes) {
		return eventCode{}, errCodeMalformed
	}
	return eventCode{Event: id, Step: step, MAC: parts[2]}, nil
}

// lastSegment returns what a scanned text is about: the text itself, or the end of a URL without query and fragment.
func lastSegment(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "#")
	text, _, _ = strings.Cut(text, "?")
	return text[strings.LastIndexByte(text, '/')+1:]
}

func stepAt(t time.Time) int64 { return t.Unix() / int64(codeStep/time.Second) }

// makeCode returns the text of the event's code for a step.
func makeCode(key []byte, id ident.ID, step int64) string {
	return fmt.Sprintf("e%s.%d.%s", id, step, codeMAC(key, id, step))
}

func codeMAC(key []byte, id ident.ID, step int64) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(strconv.AppendInt(append(append([]byte("event code "), id.String()...), ' '), step, 10))
	return codeEncoding.EncodeToString(mac.Sum(nil)[:codeMACBytes])
}

// verifyCode checks a code against the MAC that its event and step have, at an instant.
func verifyCode(mac string, c eventCode, at time.Time) error {
	if !hmac.Equal([]byte(mac), []byte(c.MAC)) {
		return errCodeForged
	}
	switch age := stepAt(at) - c.Step; {
	case age < 0:
		return errCodeFuture
	case age > codeMaxAge:
		return errCodeExpired
	}
	return nil
}

// codeBook remembers the MACs of the codes that are good now: in a hall everybody scans the same one.
type codeBook struct {
	mu   sync.RWMutex
	macs map[codeStepOf]knownMAC
}

type codeStepOf struct {
	event ident.ID
	step  int64
}

type knownMAC struct {
	key []byte
	mac string
}

// maxCodes bounds the book: four codes of each of a thousand events that are open at once.
const maxCodes = 4000

// verify checks a code against the event's key at an instant. Only what is good at that instant is remembered: a step that
// somebody has made up would fill the book.
func (b *codeBook) verify(key []byte, c eventCode, at time.Time) error {
	if age := stepAt(at) - c.Step; age < 0 || age > codeMaxAge {
		return verifyCode(codeMAC(key, c.Event, c.Step), c, at)
	}
	return verifyCode(b.mac(key, codeStepOf{c.Event, c.Step}), c, at)
}

func (b *codeBook) mac(key []byte, of codeStepOf) string {
	b.mu.RLock()
	known := b.macs[of]
	b.mu.RUnlock()
	if !bytes.Equal(known.key, key) { // not seen yet, or the event has another key now
		known = knownMAC{key, codeMAC(key, of.event, of.step)}
		b.mu.Lock()
		if len(b.macs) >= maxCodes || b.macs == nil {
			b.macs = map[codeStepOf]knownMAC{}
		}
		b.macs[of] = known
		b.mu.Unlock()
	}
	return known.mac
}

// codeTimes returns until when a code made at t is accepted, and from when the next one should be shown.
func codeTimes(t time.Time) (validUntil, refreshAt time.Time) {
	refreshAt = time.Unix((stepAt(t)+1)*int64(codeStep/time.Second), 0).UTC()
	return refreshAt.Add(codeMaxAge * codeStep), refreshAt
}

// spokenCode returns the six digits at an instant, and until when they are shown.
func spokenCode(key []byte, id ident.ID, at time.Time) (digits string, until time.Time) {
	step := at.Unix() / int64(spokenStep/time.Second)
	mac := hmac.New(sha256.New, key)
	mac.Write(fmt.Appendf(nil, "spoken code %s %d", id, step))
	n := binary.BigEndian.Uint64(mac.Sum(nil)) % spokenSpace
	return fmt.Sprintf("%06d", n), time.Unix((step+1)*int64(spokenStep/time.Second), 0).UTC()
}

// verifySpoken reports whether the digits are the event's now, or were a short while ago.
func verifySpoken(key []byte, id ident.ID, digits string, at time.Time) bool {
	now, _ := spokenCode(key, id, at)
	before, _ := spokenCode(key, id, at.Add(-spokenGrace))
	first := hmac.Equal([]byte(digits), []byte(now))
	second := hmac.Equal([]byte(digits), []byte(before))
	return first || second
}

// isSpoken reports whether the text has the form of a spoken code.
func isSpoken(text string) bool {
	if len(text) != 6 {
		return false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// ticketLife is how long a member has for logging in, binding and answering questions after the scan.
const ticketLife = 5 * time.Minute

// ticket is a scan that has been believed, kept by the phone until the member acts on it.
type ticket struct {
	Event   ident.ID
	User    ident.ID // whose scan it was; nobody else can use it
	Scanned time.Time
	Spoken  bool
	Plate   bool   // of a site's plate
	Visit   bool   // Event is a visit to the site
	Key     uint32 // tells which of the event's keys the scanned code was made from
}

const ticketBytes = 8 + 8 + 8 + 1 + 4

// keyTag tells keys of one event apart without saying anything about them.
func keyTag(key []byte) uint32 {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("key of tickets"))
	return binary.BigEndian.Uint32(mac.Sum(nil))
}

// sealTicket signs the ticket with the server's key, so that no server has to remember it.
func sealTicket(key []byte, t ticket) string {
	raw := make([]byte, 0, ticketBytes+sha256.Size)
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.Event))
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.User))
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.Scanned.UnixMilli()))
	raw = append(raw, flag(t.Spoken)|flag(t.Plate)<<1|flag(t.Visit)<<2)
	raw = binary.BigEndian.AppendUint32(raw, t.Key)
	return "t." + base64.RawURLEncoding.EncodeToString(append(raw, ticketMAC(key, raw)...))
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func ticketMAC(key, raw []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("scan ticket"))
	mac.Write(raw)
	return mac.Sum(nil)
}

// openTicket reads a ticket for the user at an instant. It returns errCodeMalformed, errCodeForged (also for somebody
// else's ticket) or errCodeExpired, together with the ticket that has expired.
func openTicket(key []byte, text string, user ident.ID, now time.Time) (ticket, error) {
	body, ok := strings.CutPrefix(text, "t.")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if !ok || err != nil || len(raw) != ticketBytes+sha256.Size || strings.ContainsAny(body, "\r\n") { // which the decoder skips
		return ticket{}, errCodeMalformed
	}
	body, mac := string(raw[:ticketBytes]), raw[ticketBytes:]
	if !hmac.Equal(mac, ticketMAC(key, []byte(body))) {
		return ticket{}, errCodeForged
	}
	t := ticket{
		Event:   ident.ID(binary.BigEndian.Uint64(raw)),                         //nolint:gosec // signed by us: it was an ID
		User:    ident.ID(binary.BigEndian.Uint64(raw[8:])),                     //nolint:gosec // likewise
		Scanned: time.UnixMilli(int64(binary.BigEndian.Uint64(raw[16:]))).UTC(), //nolint:gosec // likewise
		Spoken:  raw[24]&1 != 0,
		Plate:   raw[24]&2 != 0,
		Visit:   raw[24]&4 != 0,
		Key:     binary.BigEndian.Uint32(raw[25:]),
	}
	switch {
	case t.User != user:
		return ticket{}, errCodeForged
	case now.Sub(t.Scanned) >= ticketLife || t.Scanned.Sub(now) > clockSkew: // the clocks of two servers differ a little
		return t, errCodeExpired
	}
	return t, nil
}

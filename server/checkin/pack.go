package checkin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"themeday/server/event"
	"themeday/server/ident"
)

// A roster pack is an event's roster for a phone that goes where there is no signal. It can be opened for a day after the
// event's end; it holds no phone numbers, and no codes but their hashes.
const (
	packLife     = 24 * time.Hour // after the end of the event
	packKeyBytes = 32             // AES-256
	packSalt     = 16
	packHash     = 16 // bytes of a code's hash that are kept
	maxPack      = 3000
)

// Pack is a sealed roster on its way to a phone. Neither the content nor the key is kept here.
type Pack struct {
	ID        ident.ID
	EventID   ident.ID
	People    int
	MadeAt    time.Time
	ExpiresAt time.Time
	Key       []byte
	Sealed    []byte // nonce, ciphertext and tag, bound to the pack's id
}

// PackContent is what is inside, as JSON.
type PackContent struct {
	ID      ident.ID     `json:"id"`
	EventID ident.ID     `json:"eventId"`
	Title   string       `json:"title"`
	Window  event.Window `json:"window"`
	Salt    []byte       `json:"salt"` // before each code when it is hashed
	People  []PackPerson `json:"people"`
}

// PackPerson is one line of the roster.
type PackPerson struct {
	ID       ident.ID `json:"id"`
	Name     string   `json:"name"`
	Org      string   `json:"org"`
	Hash     []byte   `json:"hash"`  // the first 16 bytes of SHA-256 over salt and personal code
	Proof    string   `json:"proof"` // tells the server that this person was in this pack
	Expected bool     `json:"expected"`
	Status   Status   `json:"status"` // so far
}

// sealPack encrypts a pack's content for the key. nonce must not be used for the key again.
func sealPack(key, nonce []byte, id ident.ID, content []byte) ([]byte, error) {
	aead, err := packCipher(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, content, packLabel(id)), nil
}

func packCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// packLabel is authenticated along with the content: a pack cannot pass for another.
func packLabel(id ident.ID) []byte { return []byte("roster pack " + id.String()) }

// hashPersonal returns what a pack holds of a code. 80 bits of seal need no slow hash.
func hashPersonal(salt []byte, c personalText) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(c.String()))
	return h.Sum(nil)[:packHash]
}

// packProof ties a member to a pack, so that a check-in sent later is believed also when the member has moved since.
func packProof(key []byte, pack, member ident.ID) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(fmt.Appendf(nil, "roster pack %s %s", pack, member))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:packHash])
}

package org

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"themeday/server/audit"
)

// SealedPhone is a phone number as it is stored: unreadable without the key, findable by its keyed hash.
type SealedPhone struct {
	Hash   string // hex HMAC-SHA-256; "" when there is no number
	Cipher string // base64 of nonce and AES-256-GCM text
	Key    string // names the key it was sealed with
}

// Vault seals phone numbers with its first key and opens them with any. It is safe for concurrent use.
type Vault struct{ keys []phoneKey }

// phoneKey is what is made of one secret.
type phoneKey struct {
	id   string // the first bytes of a hash of the key, in hex
	aead cipher.AEAD
	hash []byte
}

// ErrPhone is returned for a text that is no mainland mobile number.
var ErrPhone = errors.New("org: not a mobile number")

// NewVault derives its keys from secrets: the first one seals, all of them open and find.
func NewVault(secrets ...[]byte) (*Vault, error) {
	v := &Vault{}
	for _, secret := range secrets {
		key, err := newPhoneKey(secret)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(v.keys, func(k phoneKey) bool { return k.id == key.id }) {
			v.keys = append(v.keys, key)
		}
	}
	if len(v.keys) == 0 {
		return nil, errors.New("org: a vault needs a secret")
	}
	return v, nil
}

func newPhoneKey(secret []byte) (phoneKey, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "themeday phone encryption", 32)
	if err != nil {
		return phoneKey{}, err
	}
	hash, err := hkdf.Key(sha256.New, secret, nil, "themeday phone lookup", 32)
	if err != nil {
		return phoneKey{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return phoneKey{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return phoneKey{}, err
	}
	id := sha256.Sum256(key)
	return phoneKey{id: hex.EncodeToString(id[:4]), aead: aead, hash: hash}, nil
}

// NormalPhone returns the eleven digits of a mainland mobile number written in any usual way: with spaces, dashes,
// +86 or in full-width characters. It returns ErrPhone for anything else.
func NormalPhone(text string) (string, error) {
	text = strings.Map(HalfWidth, text)
	digits := strings.ReplaceAll(ungrouped.Replace(text), "+", "")
	if home, found := strings.CutPrefix(digits, "86"); found && len(digits) == 13 {
		digits = home
	} else if strings.Contains(text, "+") { // a number of another country may look like one of ours: +1 581 234 5678
		return "", ErrPhone
	}
	if !audit.IsNumber(digits) {
		return "", ErrPhone
	}
	return digits, nil
}

// Seal encrypts a normal phone number.
func (v *Vault) Seal(phone string) SealedPhone {
	key := v.keys[0]
	nonce := make([]byte, key.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: the runtime stops the process instead
	sealed := key.aead.Seal(nonce, nonce, []byte(phone), []byte(key.id))
	return SealedPhone{Hash: key.find(phone), Cipher: base64.StdEncoding.EncodeToString(sealed), Key: key.id}
}

// Find returns the hashes under which a normal phone number may be stored: one for each key, the sealing one's first.
func (v *Vault) Find(phone string) []string {
	hashes := make([]string, len(v.keys))
	for i, key := range v.keys {
		hashes[i] = key.find(phone)
	}
	return hashes
}

func (k phoneKey) find(phone string) string {
	mac := hmac.New(sha256.New, k.hash)
	mac.Write([]byte(phone))
	return hex.EncodeToString(mac.Sum(nil))
}

// Open decrypts a sealed number; "" for none. It returns an error when the number was sealed with a key that the vault has
// not got, or changed.
func (v *Vault) Open(s SealedPhone) (string, error) {
	if s.Cipher == "" {
		return "", nil
	}
	i := slices.IndexFunc(v.keys, func(k phoneKey) bool { return k.id == s.Key })
	raw, err := base64.StdEncoding.DecodeString(s.Cipher)
	if i < 0 || err != nil || len(raw) < v.keys[i].aead.NonceSize() {
		return "", errors.New("org: phone sealed with another key")
	}
	key := v.keys[i]
	plain, err := key.aead.Open(nil, raw[:key.aead.NonceSize()], raw[key.aead.NonceSize():], []byte(key.id))
	if err != nil {
		return "", errors.New("org: sealed phone cannot be opened")
	}
	return string(plain), nil
}

// Current returns the number sealed with the first key, as it is when it was already or cannot be opened.
func (v *Vault) Current(s SealedPhone) SealedPhone {
	if s.Key == v.keys[0].id {
		return s
	}
	plain, err := v.Open(s)
	if err != nil || plain == "" {
		return s
	}
	return v.Seal(plain)
}

// hashesOf returns the hashes under which the same number may be stored by now.
func (v *Vault) hashesOf(s SealedPhone) []string {
	plain, err := v.Open(s)
	if err != nil || plain == "" {
		return []string{s.Hash}
	}
	return v.Find(plain)
}

// Masked returns the number as it may be shown, such as 138****0001; "" when there is none or it cannot be read.
func (v *Vault) Masked(s SealedPhone) string {
	plain, err := v.Open(s)
	if err != nil || len(plain) != 11 {
		return ""
	}
	return plain[:3] + "****" + plain[7:]
}

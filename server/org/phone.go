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
	"regexp"
	"strings"
)

// SealedPhone is a phone number as it is stored: unreadable without the key, findable by its keyed hash.
type SealedPhone struct {
	Hash   string // hex HMAC-SHA-256; "" when there is no number
	Cipher string // base64 of nonce and AES-256-GCM text
	Key    string // names the key it was sealed with
}

// Vault seals and opens phone numbers. It is safe for concurrent use.
type Vault struct {
	aead  cipher.AEAD
	hash  []byte
	keyID string
}

// ErrPhone is returned for a text that is no mainland mobile number.
var ErrPhone = errors.New("org: not a mobile number")

var mobile = regexp.MustCompile(`^1[3-9][0-9]{9}$`)

// NewVault derives its keys from the server's secret.
func NewVault(secret []byte) (*Vault, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "themeday phone encryption", 32)
	if err != nil {
		return nil, err
	}
	hash, err := hkdf.Key(sha256.New, secret, nil, "themeday phone lookup", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(key)
	return &Vault{aead: aead, hash: hash, keyID: hex.EncodeToString(id[:4])}, nil
}

// NormalPhone returns the eleven digits of a mainland mobile number written in any usual way: with spaces, dashes,
// +86 or full-width digits. It returns ErrPhone for anything else.
func NormalPhone(text string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '+' || r == '　':
			return -1
		}
		return 'x'
	}, text)
	if home, found := strings.CutPrefix(digits, "86"); found && len(digits) == 13 {
		digits = home
	} else if strings.Contains(text, "+") { // a number of another country may look like one of ours: +1 581 234 5678
		return "", ErrPhone
	}
	if !mobile.MatchString(digits) {
		return "", ErrPhone
	}
	return digits, nil
}

// Seal encrypts a normal phone number.
func (v *Vault) Seal(phone string) SealedPhone {
	nonce := make([]byte, v.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: the runtime stops the process instead
	sealed := v.aead.Seal(nonce, nonce, []byte(phone), []byte(v.keyID))
	return SealedPhone{Hash: v.Find(phone), Cipher: base64.StdEncoding.EncodeToString(sealed), Key: v.keyID}
}

// Find returns the hash under which a normal phone number is stored.
func (v *Vault) Find(phone string) string {
	mac := hmac.New(sha256.New, v.hash)
	mac.Write([]byte(phone))
	return hex.EncodeToString(mac.Sum(nil))
}

// Open decrypts a sealed number. It returns an error when the number was sealed with another key or changed.
func (v *Vault) Open(s SealedPhone) (string, error) {
	if s.Cipher == "" {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(s.Cipher)
	if err != nil || len(raw) < v.aead.NonceSize() || s.Key != v.keyID {
		return "", errors.New("org: phone sealed with another key")
	}
	plain, err := v.aead.Open(nil, raw[:v.aead.NonceSize()], raw[v.aead.NonceSize():], []byte(v.keyID))
	if err != nil {
		return "", errors.New("org: sealed phone cannot be opened")
	}
	return string(plain), nil
}

// Masked returns the number as it may be shown, such as 138****0001; "" when there is none or it cannot be read.
func (v *Vault) Masked(s SealedPhone) string {
	plain, err := v.Open(s)
	if err != nil || len(plain) != 11 {
		return ""
	}
	return plain[:3] + "****" + plain[7:]
}

package org_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"themeday/server/ident"
	"themeday/server/org"
)

func TestNormalPhone(t *testing.T) {
	const plain = "13812340001"
	for _, text := range []string{
		plain, " 13812340001 ", "138 1234 0001", "138-1234-0001", "+8613812340001", "+86 138-1234-0001", "8613812340001", "１３８１２３４０００１", "138　1234　0001", "＋８６ 138－1234－0001",
	} {
		if got, err := org.NormalPhone(text); err != nil || got != plain {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "1381234000", "138123400011", "12812340001", "10812340001", "23812340001", "010-88886666", "+1 5551234567", "＋1 3812340001", "85213812340001", "008613812340001",
		"13812340001x", "x13812340001", "138１234O001", "13812340001\n", "1381234\x000001", "861381234000", "+86 86138123400", "ⅰ3812340001", "١٣٨١٢٣٤٠٠٠١",
	} {
		if got, err := org.NormalPhone(text); !errors.Is(err, org.ErrPhone) || got != "" {
			t.Errorf("%q is taken for %q, %v", text, got, err)
		}
	}
}

func FuzzNormalPhone(f *testing.F) {
	for _, seed := range []string{"", "13812340001", "+86 138-1234-0001", "１３８１２３４０００１", "8613812340001", "\xff138"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := org.NormalPhone(text)
		if err != nil {
			if got != "" {
				t.Errorf("%q: %q beside an error", text, got)
			}
			return
		}
		if len(got) != 11 || got[0] != '1' || strings.Trim(got, "0123456789") != "" {
			t.Errorf("%q gives %q", text, got)
		}
		if again, err := org.NormalPhone("+86 " + got); err != nil || again != got {
			t.Errorf("%q does not stay: %q, %v", got, again, err)
		}
	})
}

func vault(t *testing.T, secret string) *org.Vault {
	t.Helper()
	v, err := org.NewVault([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVault(t *testing.T) {
	const number = "13812340001"
	v := vault(t, "a secret of the tests, long enough")
	sealed := v.Seal(number)
	if got, err := v.Open(sealed); err != nil || got != number {
		t.Errorf("opened %q, %v", got, err)
	}
	if got := v.Masked(sealed); got != "138****0001" {
		t.Errorf("masked %q", got)
	}
	if sealed.Hash != v.Find(number)[0] || sealed.Hash == v.Find("13812340002")[0] {
		t.Error("the hash does not find the number")
	}
	again := v.Seal(number)
	if again.Cipher == sealed.Cipher {
		t.Error("sealed twice, the texts are the same")
	}
	for _, text := range []string{sealed.Cipher, sealed.Hash, sealed.Key} {
		if strings.Contains(text, "1234") && strings.Contains(text, number) {
			t.Errorf("%q holds the number", text)
		}
	}
	same := vault(t, "a secret of the tests, long enough")
	if got, err := same.Open(sealed); err != nil || got != number || same.Find(number)[0] != sealed.Hash {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	if got, err := v.Open(org.SealedPhone{}); err != nil || got != "" || v.Masked(org.SealedPhone{}) != "" {
		t.Errorf("no number: %q, %v", got, err)
	}
}

func TestVaultRefuses(t *testing.T) {
	const number = "13812340001"
	v, other := vault(t, "a secret of the tests, long enough"), vault(t, "another secret of the tests, as long")
	sealed := v.Seal(number)
	if got, err := other.Open(sealed); err == nil {
		t.Errorf("opened with another key: %q", got)
	}
	if other.Masked(sealed) != "" || other.Find(number)[0] == v.Find(number)[0] {
		t.Error("another key shows or finds something")
	}
	renamed := sealed
	renamed.Key = other.Seal(number).Key
	for name, wrong := range map[string]org.SealedPhone{
		"key renamed": renamed, "not base64": {Hash: sealed.Hash, Cipher: "?", Key: sealed.Key}, "too short": {Hash: sealed.Hash, Cipher: "AAAA", Key: sealed.Key},
	} {
		if got, err := v.Open(wrong); err == nil {
			t.Errorf("%s: opened %q", name, got)
		}
	}
	if got, err := other.Open(renamed); err == nil {
		t.Errorf("key renamed: the other opens %q", got)
	}
	for i := range sealed.Cipher {
		if got, err := v.Open(sealed.Tamper(i)); err == nil && got != "" {
			t.Errorf("character %d changed: %q", i, got)
		}
		if got := v.Masked(sealed.Tamper(i)); got != "" {
			t.Errorf("character %d changed: %q is shown", i, got)
		}
	}
}

func TestPaths(t *testing.T) {
	root := org.PathOf("", 1)
	below := org.PathOf(root, 2)
	if want := "/0000000000001/0000000000002/"; below != want {
		t.Errorf("path %s", below)
	}
	for path, want := range map[string][]ident.ID{below: {1, 2}, root: {1}, "": nil, "/": nil, "/x/0000000000002/": {2}, "0000000000003": {3}} {
		if got := org.PathIDs(path); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", path, got, want)
		}
	}
}

func TestSubtreeIsARange(t *testing.T) {
	root := org.PathOf("", 1)
	branch, next := org.PathOf(root, 31), org.PathOf(root, 32)
	from, before := org.Subtree(branch)
	for path, want := range map[string]bool{
		branch: true, org.PathOf(branch, 1): true, org.PathOf(org.PathOf(branch, 1<<62), 5): true,
		root: false, next: false, org.PathOf(root, 30): false, org.PathOf(next, 1): false, "": false, "/": false,
	} {
		if got := path >= from && path < before; got != want {
			t.Errorf("%s below %s: %v", path, branch, got)
		}
	}
}

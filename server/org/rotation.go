package org

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/store"
)

// rotateAtOnce is how many numbers are sealed anew in one transaction: few enough that check-ins hardly wait.
const rotateAtOnce = 100

// SealedTable is a table that holds sealed numbers in phone_hash, phone_cipher and phone_key. First and Second are the
// columns of its key; Second is "" where there is one.
type SealedTable struct{ Name, First, Second string }

// SealedMembers is the roster.
var SealedMembers = SealedTable{Name: "members", First: "id"}

// KeyUse says how many numbers of a table are sealed with a key.
type KeyUse struct {
	Key     string // names the key, and tells nothing about it
	Numbers int
	Known   bool // the configuration has it
	Current bool // it is the one that seals
}

// KeysInUse returns with which keys the numbers of a table are sealed.
func (s *Service) KeysInUse(ctx context.Context, t SealedTable) ([]KeyUse, error) {
	var uses []KeyUse
	err := s.db.Read().NewRaw("SELECT phone_key AS `key`, COUNT(*) AS numbers FROM ? WHERE phone_cipher <> '' GROUP BY phone_key ORDER BY phone_key",
		bun.Ident(t.Name)).Scan(ctx, &uses)
	for i, u := range uses {
		uses[i].Known = slices.ContainsFunc(s.vault.keys, func(k phoneKey) bool { return k.id == u.Key })
		uses[i].Current = u.Key == s.vault.keys[0].id
	}
	return uses, err
}

// Rotate seals anew, with the key in use, the numbers of a table that are sealed with another one. It may run while
// servers work, be stopped half-way, started again, and run twice at once: a row is changed only if its number is still
// sealed as it was read, and each sealing is unlike every other. A number that cannot be opened stays as it is. done is called
// after each step with how many numbers it has sealed anew.
func (s *Service) Rotate(ctx context.Context, t SealedTable, done func(n int)) error {
	for again := true; again; { // until nobody has written with an old key behind our back
		again = false
		for at := (sealedRow{}); ; {
			rows, err := s.sealedBefore(ctx, t, at)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			n, err := s.reseal(ctx, t, rows)
			if err != nil {
				return err
			}
			done(n)
			again, at = again || n > 0, rows[len(rows)-1]
		}
	}
	return nil
}

// sealedRow is a row and the number in it.
type sealedRow struct {
	First, Second ident.ID
	PhoneHash     string
	PhoneCipher   string
	PhoneKey      string
}

func (t SealedTable) second() bun.Safe {
	if t.Second == "" {
		return "0"
	}
	return bun.Safe(t.Second)
}

// sealedBefore returns some rows behind one that are not sealed with the key in use.
func (s *Service) sealedBefore(ctx context.Context, t SealedTable, at sealedRow) ([]sealedRow, error) {
	first, second := bun.Safe(t.First), t.second()
	var rows []sealedRow
	err := s.db.Write().NewRaw(`
SELECT ? AS first, ? AS second, phone_hash, phone_cipher, phone_key FROM ?
WHERE phone_cipher <> '' AND phone_key <> ? AND (? > ? OR (? = ? AND ? > ?)) ORDER BY 1, 2 LIMIT ?`,
		first, second, bun.Ident(t.Name), s.vault.keys[0].id, first, at.First, first, at.First, second, at.Second, rotateAtOnce).Scan(ctx, &rows)
	return rows, err
}

func (s *Service) reseal(ctx context.Context, t SealedTable, rows []sealedRow) (n int, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		n = 0
		for _, r := range rows {
			before := SealedPhone{r.PhoneHash, r.PhoneCipher, r.PhoneKey}
			after := s.vault.Current(before)
			if after == before {
				continue
			}
			changed, err := store.Changed(tx.NewRaw("UPDATE ? SET phone_hash = ?, phone_cipher = ?, phone_key = ? WHERE ? = ? AND ? = ? AND phone_cipher = ?",
				bun.Ident(t.Name), after.Hash, after.Cipher, after.Key, bun.Safe(t.First), r.First, t.second(), r.Second, r.PhoneCipher).Exec(ctx))
			if err != nil {
				return err
			}
			n += int(changed)
		}
		return nil
	})
	return n, err
}

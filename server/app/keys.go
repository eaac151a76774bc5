package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"themeday/server/audit"
	"themeday/server/config"
	"themeday/server/org"
	"themeday/server/roster"
)

// sealedTables are all places where phone numbers are kept.
var sealedTables = []org.SealedTable{org.SealedMembers, roster.SealedRows}

// newVault makes the keys of phone numbers: those of phone_secrets, and the server's own secret behind them, which is the
// only one until there are others.
func newVault(cfg config.Config) (*org.Vault, error) {
	var secrets [][]byte
	for _, secret := range append(cfg.PhoneSecrets, cfg.Secret) {
		secrets = append(secrets, []byte(secret))
	}
	return org.NewVault(secrets...)
}

// prepareRoster fills in what an older version has not kept of names, and looks whether all numbers can be read.
func (a *App) prepareRoster(ctx context.Context) error {
	spelled, err := a.Orgs.SpellNames(ctx)
	if spelled > 0 {
		a.log.Info("names can be searched by pinyin now", "members", spelled)
	}
	return errors.Join(err, a.warnOfLostKeys(ctx))
}

// warnOfLostKeys says in the log that there are numbers which nobody can read with this configuration.
func (a *App) warnOfLostKeys(ctx context.Context) error {
	for _, t := range sealedTables {
		uses, err := a.Orgs.KeysInUse(ctx, t)
		if err != nil {
			return err
		}
		for _, u := range uses {
			if !u.Known {
				a.log.Warn("phone numbers are sealed with a key that is not configured; see phone_secrets", "table", t.Name, "key", u.Key, "numbers", u.Numbers)
			}
		}
	}
	return nil
}

// keysCommand is "keys status" and "keys rotate".
func keysCommand(ctx context.Context, cfg config.Config, log *slog.Logger, rotate bool, out io.Writer) (err error) {
	a, err := New(ctx, cfg, log, WithoutDemo())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(ctx)) }()
	if rotate {
		if err := a.RotateKeys(ctx, out); err != nil {
			return err
		}
	}
	return a.PrintKeys(ctx, out)
}

// RotateKeys seals all numbers with the key in use and tells how far it is. Stopped half-way, it may be called again.
func (a *App) RotateKeys(ctx context.Context, out io.Writer) error {
	all := 0
	for _, t := range sealedTables {
		total := 0
		err := a.Orgs.Rotate(ctx, t, func(n int) {
			total += n
			_, _ = fmt.Fprintf(out, "%s: %d sealed anew\n", t.Name, total) // who does not listen may still ask for the status
		})
		if err != nil {
			return fmt.Errorf("app: %s after %d numbers, start again to go on: %w", t.Name, total, err)
		}
		all += total
	}
	if all == 0 {
		return nil
	}
	return audit.Note(ctx, a.DB.Write(), audit.Entry{
		At: a.Clock.Now(), Action: audit.PhonesRekeyed, Subject: audit.On(audit.Server, 0), Detail: map[string]any{"numbers": all},
	})
}

var errOldKeys = errors.New("app: some numbers are not sealed with the key in use")

// PrintKeys lists which keys seal how many numbers. It returns errOldKeys unless all are sealed with the key in use.
func (a *App) PrintKeys(ctx context.Context, out io.Writer) error {
	lines := []string{"TABLE\tKEY\tNUMBERS\t"}
	old := false
	for _, t := range sealedTables {
		uses, err := a.Orgs.KeysInUse(ctx, t)
		if err != nil {
			return err
		}
		for _, u := range uses {
			word := "in use"
			if !u.Current {
				word, old = "old", true
			}
			if !u.Known {
				word = "not configured"
			}
			lines = append(lines, fmt.Sprintf("%s\t%s\t%d\t%s", t.Name, u.Key, u.Numbers, word))
		}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, err := fmt.Fprintln(table, strings.Join(lines, "\n"))
	if err := errors.Join(err, table.Flush()); err != nil {
		return err
	}
	if old {
		return errOldKeys
	}
	return nil
}

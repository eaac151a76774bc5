package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"themeday/server/audit"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/store"
)

// errBroken is the outcome of a command, not of the program: what is broken has been printed.
var errBroken = errors.New("app: the audit is not whole")

// verifyAudit walks the chain of the audit. It needs nothing but the database, which it leaves as it is.
func verifyAudit(ctx context.Context, cfg config.Config, texts []string, out io.Writer) (err error) {
	anchors := make([]audit.Anchor, len(texts))
	for i, text := range texts {
		if anchors[i], err = audit.ParseAnchor(text); err != nil {
			return err
		}
	}
	db, err := store.Open(ctx, cfg.DatabaseDSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := audit.Verify(ctx, db, clock.System().Now(), time.Duration(cfg.Retention.Looks)*24*time.Hour, anchors...)
	if err != nil {
		return err
	}
	return tellAudit(report, out)
}

func tellAudit(r audit.Report, out io.Writer) error {
	text := fmt.Sprintf("checked %d entries", r.Entries)
	if r.Entries > 0 {
		text += fmt.Sprintf(", from %s to %s, of them %d looks whose content has been deleted after its time",
			r.From.Format(time.RFC3339), r.To.Format(time.RFC3339), r.Erased)
	}
	text += fmt.Sprintf("\nnot sealed yet: %d\n", r.Waiting)
	outcome := error(nil)
	switch {
	case r.Broken != "":
		text += fmt.Sprintf("BROKEN after %d good entries: %s\n", r.Entries, r.Broken)
		outcome = errBroken
	case r.Entries > 0:
		text += fmt.Sprintf("whole; its end, to be kept elsewhere: %s\n", r.Head)
	}
	_, err := io.WriteString(out, text)
	return errors.Join(err, outcome)
}

package event

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
)

// actions are the steps that go on record. A draft is its author's own business.
var actions = map[Step]audit.Action{
	StepPublished: audit.EventPublished, StepEdited: audit.EventEdited, StepCancelled: audit.EventCancelled,
	StepClosed: audit.EventClosed, StepReopened: audit.EventReopened, StepCodeRenewed: audit.EventCode,
}

func audited(ctx context.Context, tx bun.IDB, step Step, now time.Time, after Event, reason string) error {
	action, recorded := actions[step]
	if !recorded || after.State == Draft {
		return nil
	}
	detail := map[string]any{"title": after.Title, "revision": after.Revision}
	if reason != "" {
		detail["reason"] = reason
	}
	return audit.Note(ctx, tx, audit.Entry{At: now, Action: action, Subject: audit.On(audit.Event, after.ID), Org: after.Host.Path, Detail: detail})
}

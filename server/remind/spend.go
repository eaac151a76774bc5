package remind

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// spend notes that a message of the template was sent to the person: of a one-time template it used one of the allowed
// ones, if we know of any. It is what enter does, for the one cause that comes thousands of times a minute.
func (s *Service) spend(ctx context.Context, tx bun.IDB, user ident.ID, template string, now time.Time) error {
	delta := 0
	if kind, _ := s.Templates.OfID(template); s.Templates[kind].Type == OneTime {
		res, err := tx.NewRaw("UPDATE grants SET remaining = remaining - 1, revision = revision + 1, updated_at = ? WHERE user_id = ? AND template_id = ? AND remaining > 0",
			clock.Millis(now), user, template).Exec(ctx)
		used, err := store.Affected(res, err)
		if err != nil {
			return err
		}
		if used {
			delta = -1
		}
	}
	_, err := tx.NewInsert().Model(&entryRow{
		ID: s.IDs.New(), UserID: user, TemplateID: template, Cause: causeSent, Source: sourceSend, Delta: delta, At: clock.Millis(now),
	}).Exec(ctx)
	return err
}

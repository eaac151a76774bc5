package remind

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// messageRow is an inbox message as stored.
type messageRow struct {
	bun.BaseModel `bun:"table:messages"`

	ID         ident.ID
	MemberID   ident.ID
	ReminderID ident.ID
	EventID    ident.ID
	Kind       Kind
	Title      string
	Body       string
	CreatedAt  int64
	ReadAt     int64
	OrgID      ident.ID
	Subject    string `bun:",scanonly"` // of its reminder, when that is about an organisation
}

// deliverInbox puts the reminder into the members' inboxes: everybody gets it there, whatever WeChat can do. Only "it is
// tomorrow" and the like are left out when they are not true any more.
func (s *Service) deliverInbox(ctx context.Context, tx bun.IDB, r reminderRow, e event.Event, told facts, members []org.Member, now time.Time) error {
	if traits[r.Kind].topic == Before && !now.Before(e.StartsAt) {
		return nil
	}
	t := textFor(r.Kind, e, told)
	rows := make([]messageRow, len(members))
	for i, m := range members {
		rows[i] = messageRow{
			ID: s.IDs.New(), MemberID: m.ID, ReminderID: r.ID, EventID: e.ID, Kind: r.Kind, Title: t.title, Body: t.body,
			CreatedAt: clock.Millis(now), OrgID: r.OrgID,
		}
	}
	_, err := s.insertIgnoring(ctx, tx, &rows, "reminder_id", "member_id")
	return err
}

// transferMoved is the kind of a message that no reminder brings: it comes to the inbox only.
const transferMoved Kind = "transfer"

// Tell implements org.Inbox. Such a message stands for itself where others name their reminder.
func (s *Service) Tell(ctx context.Context, tx bun.IDB, n org.Notice) error {
	if len(n.To) == 0 {
		return nil
	}
	rows, now := make([]messageRow, len(n.To)), clock.Millis(s.Clock.Now())
	for i, member := range n.To {
		id := s.IDs.New()
		rows[i] = messageRow{ID: id, ReminderID: id, MemberID: member, Kind: transferMoved, Title: n.Title, Body: n.Body, CreatedAt: now, OrgID: n.OrgID}
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// Unread returns how many messages the member has not read.
func (s *Service) Unread(ctx context.Context, member ident.ID) (int, error) {
	var n int
	err := s.DB.Read().NewRaw("SELECT COUNT(*) FROM messages WHERE member_id = ? AND read_at = 0", member).Scan(ctx, &n)
	return n, err
}

// inbox returns the member's messages older than after (0: from the newest on), newest first.
func (s *Service) inbox(ctx context.Context, member, after ident.ID, limit int) ([]messageRow, error) {
	query, args := `
SELECT m.*, COALESCE(r.subject, '') AS subject FROM messages m LEFT JOIN reminders r ON r.id = m.reminder_id AND m.org_id <> 0 WHERE m.member_id = ?`, []any{member}
	if after != 0 {
		query, args = query+" AND m.id < ?", append(args, after)
	}
	var rows []messageRow
	err := s.DB.Read().NewRaw(query+" ORDER BY m.id DESC LIMIT ?", append(args, limit)...).Scan(ctx, &rows)
	return rows, err
}

// MarkRead notes that the member has read these messages, or all of them. Those of others are left alone.
func (s *Service) MarkRead(ctx context.Context, member ident.ID, ids []ident.ID, all bool) error {
	if len(ids) == 0 && !all {
		return nil
	}
	query, args := "UPDATE messages SET read_at = ? WHERE member_id = ? AND read_at = 0", []any{clock.Millis(s.Clock.Now()), member}
	if !all {
		query, args = query+" AND id IN (?)", append(args, bun.List(ids))
	}
	_, err := s.DB.Write().NewRaw(query, args...).Exec(ctx)
	return err
}

func (r messageRow) view() MessageView {
	v := MessageView{ID: r.ID, Kind: r.Kind, Title: r.Title, Body: r.Body, CreatedAt: clock.FromMillis(r.CreatedAt)}
	if r.EventID != 0 {
		v.EventID = &r.EventID
	}
	if r.OrgID != 0 {
		v.OrgID, v.Month = &r.OrgID, monthOf(r.Subject)
	}
	if r.ReadAt != 0 {
		read := clock.FromMillis(r.ReadAt)
		v.ReadAt = &read
	}
	return v
}

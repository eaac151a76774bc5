package remind

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/org"
	"themeday/server/store"
)

// round is how many members one transaction of an expansion takes: few enough that check-ins do not wait for it.
const round = 200

// Why a delivery was not tried, as the secretary reads it.
const (
	whyUnbound    = "未绑定微信"
	whyNoGrant    = "未授权提醒"
	whyNoTemplate = "没有配置这种微信通知"
	whyTooLate    = "到发送时活动已开始或已结束"
	whyQuiet      = "夜间不打扰，等到早上就太迟了"
)

// expand is the job that turns a due reminder into deliveries and inbox messages. It goes in rounds; run again after a
// crash it finds the rows of the rounds before and adds the rest.
func (s *Service) expand(ctx context.Context, j jobs.Job) error {
	var p expandPayload
	if err := j.Decode(&p); err != nil {
		return jobs.GiveUp(err)
	}
	r, ok, err := s.reminder(ctx, s.DB.Read(), p.Reminder)
	if err != nil || !ok || r.State != planned {
		return err
	}
	e, err := s.about(ctx, s.DB.Read(), r)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	if wait := afterQuiet(now).Sub(now); wait > 0 && !r.Urgent {
		return jobs.Postpone(wait) // the server was away when it was due
	}
	if waits, err := s.leading(ctx, r, now); err != nil || waits {
		return cmp.Or(err, jobs.Postpone(time.Second))
	}
	members, err := s.audienceOf(ctx, s.DB.Read(), r, e)
	if err != nil {
		return err
	}
	slices.SortFunc(members, func(a, b org.Member) int { return cmp.Compare(a.ID, b.ID) })
	also, err := s.joint(ctx, r, e, now)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(members, round) {
		if ok, err := s.expandRound(ctx, r, e, chunk, also); err != nil || !ok {
			return cmp.Or(err, jobs.Postpone(time.Second)) // withdrawn, or another one leads it now: look again
		}
	}
	_, err = s.DB.Write().NewRaw("UPDATE reminders SET state = ?, updated_at = ? WHERE id = ? AND state = ?",
		expanded, clock.Millis(s.Clock.Now()), r.ID, planned).Exec(ctx)
	s.Jobs.Wake()
	return err
}

// expandRound adds deliveries, messages and jobs for some of the members. It reports false when the reminder has been
// withdrawn meanwhile, or told of by another one.
func (s *Service) expandRound(ctx context.Context, r reminderRow, e event.Event, members []org.Member, also map[ident.ID]string) (ok bool, err error) {
	told, err := r.told()
	if err != nil {
		return false, jobs.GiveUp(err)
	}
	var skipped int
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := s.Clock.Now()
		res, err := tx.NewRaw("UPDATE reminders SET rounds = rounds + 1, updated_at = ? WHERE id = ? AND state = ? AND lead_id = ?",
			clock.Millis(now), r.ID, planned, r.LeadID).Exec(ctx)
		if ok, err = store.Affected(res, err); !ok || err != nil {
			return err
		}
		late := !now.Before(r.deadline(e))
		deliveries, err := s.draft(ctx, tx, r, members, late, now)
		if err != nil {
			return err
		}
		if err := s.digest(ctx, tx, r, members, deliveries, also); err != nil {
			return err
		}
		fresh, err := s.insertIgnoring(ctx, tx, &deliveries, "reminder_id", "member_id")
		if err != nil {
			return err
		}
		if skipped = 0; fresh > 0 {
			skipped = countState(deliveries, Skipped)
		}
		if err := s.deliverInbox(ctx, tx, r, e, told, members, now); err != nil {
			return err
		}
		return s.Jobs.Enqueue(ctx, tx, sendJobs(r, deliveries)...)
	})
	for range skipped {
		s.Delivered(string(Skipped))
	}
	return ok, err
}

// insertIgnoring adds the rows, a pointer to a slice, that are not there yet and returns how many that were.
func (s *Service) insertIgnoring(ctx context.Context, tx bun.IDB, rows any, key ...string) (int64, error) {
	return store.Changed(tx.NewInsert().Model(rows).On(strings.TrimPrefix(s.DB.IgnoreDuplicate(key...), " ON ")).Exec(ctx))
}

// draft decides for each member whether there is something to send.
func (s *Service) draft(ctx context.Context, tx bun.IDB, r reminderRow, members []org.Member, late bool, now time.Time) ([]deliveryRow, error) {
	template, hasTemplate := s.Templates[r.Kind]
	users, allowed, err := s.reachOf(ctx, tx, members, template.ID)
	if err != nil {
		return nil, err
	}
	follows, err := s.following(ctx, tx, r.Kind, users)
	if err != nil {
		return nil, err
	}
	spared, err := s.spared(ctx, tx, r.Kind, members, now)
	if err != nil {
		return nil, err
	}
	muted, err := s.mutedAmong(ctx, tx, r.Kind, members)
	if err != nil {
		return nil, err
	}
	rows := make([]deliveryRow, len(members))
	for i, m := range members {
		user, bound := users[m.ID]
		rows[i] = deliveryRow{
			ReminderID: r.ID, MemberID: m.ID, EventID: r.EventID, UserID: user.ID, TemplateID: template.ID, State: Pending,
			CreatedAt: clock.Millis(now), UpdatedAt: clock.Millis(now),
		}
		channel, why := choose(hasTemplate, bound, allowed[user.ID], follows[user.ID] != "")
		if rows[i].Channel = channel; channel == Official {
			rows[i].TemplateID = s.OfficialTemplates[r.Kind].ID
		}
		switch {
		case late:
			why = whyTooLate
		case muted[m.ID]:
			why = whyMuted
		case why == "" && spared[m.ID]:
			why = whyCeiling
		}
		if why != "" {
			rows[i].State, rows[i].Reason = Skipped, why
		}
	}
	return rows, nil
}

// unreachable returns why WeChat cannot be used for somebody, "" when it can.
func unreachable(hasTemplate, bound bool, remaining int) string {
	switch {
	case !hasTemplate:
		return whyNoTemplate
	case !bound:
		return whyUnbound
	case remaining < 1:
		return whyNoGrant
	}
	return ""
}

// reachOf returns the members' WeChat identities and how many messages of the template each of those still allows.
func (s *Service) reachOf(ctx context.Context, db bun.IDB, members []org.Member, templateID string) (map[ident.ID]org.User, map[ident.ID]int, error) {
	ids := make([]ident.ID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	users, err := s.Contacts.UsersOf(ctx, db, ids)
	if err != nil {
		return nil, nil, err
	}
	userIDs := make([]ident.ID, 0, len(users))
	for _, u := range users {
		userIDs = append(userIDs, u.ID)
	}
	allowed, err := s.remaining(ctx, db, userIDs, templateID)
	return users, allowed, err
}

type sendPayload struct {
	Reminder ident.ID `json:"reminder"`
	Member   ident.ID `json:"member"`
}

// sendJobs returns a job for each delivery to be tried. What cannot wait goes before what can; WeChat takes one send per
// person at a time (43108).
func sendJobs(r reminderRow, deliveries []deliveryRow) []jobs.Job {
	priority := jobs.Patient
	if r.Kind == Changed || r.Kind == Cancelled {
		priority = jobs.Ordinary
	}
	var all []jobs.Job
	for _, d := range deliveries {
		if d.State == Pending {
			all = append(all, jobs.Job{
				Kind: jobSend, Payload: sendPayload{r.ID, d.MemberID}, Priority: priority,
				Unique: jobSend + ":" + r.ID.String() + ":" + d.MemberID.String(), Serial: jobSend + ":" + d.UserID.String(),
			})
		}
	}
	return all
}

func countState(rows []deliveryRow, state State) (n int) {
	for _, d := range rows {
		if d.State == state {
			n++
		}
	}
	return n
}

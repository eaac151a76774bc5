package remind

import (
	"context"

	"themeday/server/ident"
	"themeday/server/jobs"
)

// Subject says in Chinese what a job of this package is about, such as “主题党日”的活动通知，发给王建国; "" when that cannot be told
// any more.
func (s *Service) Subject(ctx context.Context, j jobs.Job) (string, error) {
	if j.Kind != jobSend && j.Kind != jobExpand && j.Kind != jobHeld {
		return "", nil
	}
	var p sendPayload // those of the other kinds have no member
	if err := j.Decode(&p); err != nil {
		return "", nil //nolint:nilerr // a job that nobody can read is about nothing
	}
	db := s.DB.Read()
	r, ok, err := s.reminder(ctx, db, p.Reminder)
	if err != nil || !ok {
		return "", err
	}
	text := traits[r.Kind].heading
	if r.EventID != 0 {
		e, err := s.Events.Load(ctx, db, r.EventID)
		if err != nil {
			return "", err
		}
		text = "“" + e.Title + "”的" + text
	}
	if p.Member == 0 {
		return text, nil
	}
	members, err := s.People.MembersByID(ctx, db, []ident.ID{p.Member})
	if name := members[p.Member].Name; name != "" {
		text += "，发给" + name
	}
	return text, err
}

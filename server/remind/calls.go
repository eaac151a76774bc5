package remind

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

var (
	errNotExpected = fault.NotFound("member_not_found", "没有找到这位党员，或不在这次活动的应到名单里")
	errNewsChanged = fault.Conflict("news_changed", "活动内容刚有变动，请刷新后按新的内容通知")
	errTicking     = fault.Conflict("tick_conflict", "别人正在登记这位党员，请刷新后再看")
)

// callRow is one act of ticking, as stored.
type callRow struct {
	bun.BaseModel `bun:"table:phone_calls"`

	NewsID    ident.ID
	MemberID  ident.ID
	Revision  int
	EventID   ident.ID
	Told      bool
	ByMember  ident.ID
	At        int64
	ClientKey string `bun:",nullzero"`
}

// tick is what a secretary says of one member: told by phone, or not after all.
type tick struct {
	member ident.ID
	news   ident.ID // what the member was told; guards against news that has come meanwhile
	told   bool
	key    string
}

// noteCall notes that a member has been told by phone, or takes that back, and returns what holds then. It returns
// member_not_found, news_changed, or tick_conflict.
func (s *Service) noteCall(ctx context.Context, actor authz.Actor, e event.Event, t tick) (callRow, error) {
	if err := s.tickable(ctx, e, t); err != nil {
		return callRow{}, err
	}
	last, err := s.note(ctx, actor.MemberID, e, t)
	if store.IsDuplicate(err) { // the same at once: the other one has done it
		last, err = s.note(ctx, actor.MemberID, e, t)
	}
	if store.IsDuplicate(err) {
		err = errTicking.WithCause(err)
	}
	return last, err
}

// tickable: only somebody whom the event expects, and only for the news that members have last been told.
func (s *Service) tickable(ctx context.Context, e event.Event, t tick) error {
	members, err := s.Roster.Expected(ctx, s.DB.Read(), e)
	if err != nil {
		return err
	}
	if !hasMember(members, t.member) {
		return errNotExpected
	}
	reminders, err := s.remindersOf(ctx, s.DB.Read(), e.ID)
	if err != nil {
		return err
	}
	if era := eraOf(reminders); len(era) == 0 || era[0].ID != t.news {
		return errNewsChanged
	}
	return nil
}

func hasMember(members []org.Member, id ident.ID) bool {
	for _, m := range members {
		if m.ID == id {
			return true
		}
	}
	return false
}

// note writes the act as the next revision, unless it has been written under this key or says what holds already.
func (s *Service) note(ctx context.Context, by ident.ID, e event.Event, t tick) (last callRow, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		acts, err := s.calls(ctx, tx, t.news, t.member)
		if err != nil {
			return err
		}
		last = callRow{NewsID: t.news, MemberID: t.member}
		if len(acts) > 0 {
			last = acts[len(acts)-1]
		}
		if last.Told == t.told || done(acts, by, t.key) {
			return nil
		}
		last = callRow{
			NewsID: t.news, MemberID: t.member, Revision: last.Revision + 1, EventID: e.ID, Told: t.told, ByMember: by,
			At: clock.Millis(s.Clock.Now()), ClientKey: t.key,
		}
		_, err = tx.NewInsert().Model(&last).Exec(ctx)
		return err
	})
	return last, err
}

func done(acts []callRow, by ident.ID, key string) bool {
	for _, a := range acts {
		if key != "" && a.ClientKey == key && a.ByMember == by {
			return true
		}
	}
	return false
}

// calls returns the acts that concern the news, oldest first; member 0 is everybody.
func (s *Service) calls(ctx context.Context, db bun.IDB, news, member ident.ID) (acts []callRow, err error) {
	query, args := "SELECT * FROM phone_calls WHERE news_id = ?", []any{news}
	if member != 0 {
		query, args = query+" AND member_id = ?", append(args, member)
	}
	err = db.NewRaw(query+" ORDER BY member_id, revision", args...).Scan(ctx, &acts)
	return acts, err
}

// called is somebody who has been told by phone.
type called struct {
	member ident.ID
	by     string
	at     time.Time
}

// calledFor returns who has been told the news by phone, with the name of the one who did it.
func (s *Service) calledFor(ctx context.Context, db bun.IDB, news ident.ID) ([]called, error) {
	var rows []struct {
		MemberID ident.ID
		Told     bool
		At       int64
		Name     string
	}
	err := db.NewRaw(`
SELECT c.member_id, c.told, c.at, COALESCE(m.name, '') AS name FROM phone_calls c LEFT JOIN members m ON m.id = c.by_member
WHERE c.news_id = ? AND c.revision = (SELECT MAX(n.revision) FROM phone_calls n WHERE n.news_id = c.news_id AND n.member_id = c.member_id)
ORDER BY c.at, c.member_id`, news).Scan(ctx, &rows)
	var all []called
	for _, r := range rows {
		if r.Told {
			all = append(all, called{r.MemberID, r.Name, clock.FromMillis(r.At)})
		}
	}
	return all, err
}

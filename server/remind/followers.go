package remind

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/jobs"
)

// OfficialAccount is the service account (服务号) of the organisation: whoever follows it can be sent template messages
// without having tapped for each. Its openids are its own; what joins it with the mini-program is the unionid.
type OfficialAccount interface {
	Lister
	// SendTemplate is Sender.SendSubscribe for a follower. WeChat sends one of several messages with the same Key.
	SendTemplate(ctx context.Context, m Message) (msgID string, err error)
	// FollowerIDs returns openids after the given one and what to ask for next: "" at the end.
	FollowerIDs(ctx context.Context, after string) (openIDs []string, next string, err error)
	// Followers returns the unionids of at most 100 followers, by openid; those who have left are not in it.
	Followers(ctx context.Context, openIDs []string) (map[string]string, error)
}

// followerRow is a follower as stored.
type followerRow struct {
	bun.BaseModel `bun:"table:followers"`

	Openid  string
	Unionid string
	SeenAt  int64
}

// jobFollowers reads one page of the list of followers.
const jobFollowers = "remind.followers"

// followersPayload says how far a round has come: began is its start in unix milliseconds.
type followersPayload struct {
	Began int64  `json:"began"`
	After string `json:"after"`
}

// followersAt is after midnight in Beijing, when nothing else is sent.
const followersAt = 4 * time.Hour

// PlanFollowers enqueues the round that reads the list of followers: one at once when now is true, else in the night. Once
// a day is enough, since WeChat pushes who comes and goes; the list repairs what was missed.
func (s *Service) PlanFollowers(ctx context.Context, db bun.IDB, now bool) error {
	if s.Official == nil {
		return nil
	}
	at, key := s.Clock.Now(), "start"
	if !now {
		at = midnight(at).Add(24*time.Hour + followersAt).UTC()
		key = "night"
	}
	return s.Jobs.Enqueue(ctx, db, jobs.Job{
		Kind: jobFollowers, Unique: fmt.Sprintf("%s:%s:%s", jobFollowers, key, at.In(clock.Beijing).Format(time.DateOnly)),
		RunAt: at, Priority: jobs.Patient, Payload: followersPayload{Began: clock.Millis(at)},
	})
}

// syncFollowers reads one page and plans the next; after the last one, who has not been seen in the round has left.
func (s *Service) syncFollowers(ctx context.Context, j jobs.Job) error {
	var p followersPayload
	if err := j.Decode(&p); err != nil {
		return jobs.GiveUp(err)
	}
	if p.After == "" { // before anything can go wrong
		if err := s.PlanFollowers(ctx, s.DB.Write(), false); err != nil {
			return err
		}
	}
	openIDs, next, err := s.Official.FollowerIDs(ctx, p.After)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(openIDs, followerBatch) {
		if err := s.syncChunk(ctx, chunk); err != nil {
			return err
		}
	}
	if next != "" {
		return s.Jobs.Enqueue(ctx, s.DB.Write(), jobs.Job{
			Kind: jobFollowers, Unique: fmt.Sprintf("%s:%d:%s", jobFollowers, p.Began, next), Priority: jobs.Patient,
			Payload: followersPayload{Began: p.Began, After: next},
		})
	}
	_, err = s.DB.Write().NewRaw("DELETE FROM followers WHERE seen_at < ?", p.Began).Exec(ctx)
	return err
}

// followerBatch is how many followers WeChat tells of at once.
const followerBatch = 100

// syncChunk notes that these follow the account, and asks for the unionids of those that are not known with one.
func (s *Service) syncChunk(ctx context.Context, openIDs []string) error {
	var known []string
	err := s.DB.Read().NewRaw("SELECT openid FROM followers WHERE openid IN (?) AND unionid <> ''", bun.List(openIDs)).Scan(ctx, &known)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(openIDs), func(id string) bool { return slices.Contains(known, id) })
	if len(known) > 0 {
		_, err = s.DB.Write().NewRaw("UPDATE followers SET seen_at = ? WHERE openid IN (?)", clock.Millis(s.Clock.Now()), bun.List(known)).Exec(ctx)
	}
	if err != nil || len(fresh) == 0 {
		return err
	}
	return s.learn(ctx, fresh)
}

// learn asks WeChat for the unionids of these people, notes those who follow the account and forgets the others.
func (s *Service) learn(ctx context.Context, openIDs []string) error {
	unionIDs, err := s.Official.Followers(ctx, openIDs)
	if err != nil {
		return err
	}
	seen := clock.Millis(s.Clock.Now())
	return s.DB.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, openID := range openIDs {
			if err := s.unfollowed(ctx, tx, openID); err != nil {
				return err
			}
			if _, follows := unionIDs[openID]; !follows {
				continue
			}
			row := followerRow{Openid: openID, Unionid: unionIDs[openID], SeenAt: seen}
			if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// FollowChanged takes WeChat's report that somebody follows the official account now, or has left it. Which of the two is
// asked, not believed: reports come late and in any order. That somebody has left is believed as long as WeChat does not
// answer, which may be for good.
func (s *Service) FollowChanged(ctx context.Context, openID string, follows bool) error {
	err := s.learn(ctx, []string{openID})
	if err != nil && !follows {
		err = errors.Join(err, s.unfollowed(ctx, s.DB.Write(), openID))
	}
	return err
}

// unfollowed forgets somebody who has left the official account.
func (s *Service) unfollowed(ctx context.Context, db bun.IDB, openID string) error {
	_, err := db.NewRaw("DELETE FROM followers WHERE openid = ?", openID).Exec(ctx)
	return err
}

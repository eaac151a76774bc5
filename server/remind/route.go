package remind

import (
	"cmp"
	"context"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/org"
)

// whyNotFollowing is read beside a delivery that was to go by the official account.
const whyNotFollowing = "没有关注公众号"

// target is whom the next call goes to, and by which channel.
type target struct {
	user     org.User // stands for the member
	channel  Channel
	template Template
	openID   string // of the channel's account
	left     int    // subscribe messages that the person still allows
}

// choose returns the channel of a delivery that has not been tried, or why there is none: the mini-program's subscribe
// message as long as it is allowed, else the official account for those who follow it.
func choose(hasTemplate, bound bool, left int, follows bool) (Channel, string) {
	why := unreachable(hasTemplate, bound, left)
	if why != "" && follows {
		return Official, ""
	}
	return Subscribe, why
}

// aim returns how the person can be reached, or why they cannot. A delivery whose calls may have been accepted stays on its
// channel.
func (s *Service) aim(ctx context.Context, db bun.IDB, o outing, person reach) (to target, why string, err error) {
	user := person.user
	to = target{user: user, channel: Subscribe, template: o.template, openID: user.OpenID, left: person.left}
	if o.Channel == Subscribe {
		why = unreachable(o.template.ID != "", user.ID != 0, to.left)
		if why == "" || o.Doubt != noDoubt {
			return to, why, nil
		}
	}
	follows, err := s.following(ctx, db, o.reminder.Kind, map[ident.ID]org.User{o.MemberID: user})
	if openID := follows[user.ID]; openID != "" {
		return target{user: user, channel: Official, template: s.OfficialTemplates[o.reminder.Kind], openID: openID}, "", err
	}
	return to, cmp.Or(why, whyNotFollowing), err
}

// following returns the official account's openids of those of the users who can get the kind of message from it.
func (s *Service) following(ctx context.Context, db bun.IDB, kind Kind, users map[ident.ID]org.User) (map[ident.ID]string, error) {
	byUnion := map[string]ident.ID{}
	for _, u := range users {
		if u.UnionID != "" {
			byUnion[u.UnionID] = u.ID
		}
	}
	if _, ok := s.OfficialTemplates[kind]; !ok || s.Official == nil || len(byUnion) == 0 {
		return nil, nil
	}
	unionIDs := make([]string, 0, len(byUnion))
	for id := range byUnion {
		unionIDs = append(unionIDs, id)
	}
	var rows []followerRow
	err := db.NewRaw("SELECT openid, unionid FROM followers WHERE unionid IN (?)", bun.List(unionIDs)).Scan(ctx, &rows)
	openIDs := make(map[ident.ID]string, len(rows))
	for _, r := range rows {
		openIDs[byUnion[r.Unionid]] = r.Openid
	}
	return openIDs, err
}

// divert sends a delivery that certainly has not arrived on its way by the official account, if the person follows it.
func (s *Service) divert(ctx context.Context, tx bun.IDB, o outing, v verdict) (verdict, error) {
	lost := v.state == Refused || v.state == Failed
	if !lost || !v.certain || o.Channel != Subscribe {
		return v, nil
	}
	follows, err := s.following(ctx, tx, o.reminder.Kind, map[ident.ID]org.User{o.MemberID: o.to.user})
	if err != nil || follows[o.UserID] == "" {
		return v, err
	}
	v.state, v.channel, v.wait, v.late = Pending, Official, 0, false
	return v, nil
}

package app

import (
	"context"
	"fmt"
	"slices"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/org"
)

// wishes are what members of the first branch ask for, so that its secretary has something to decide.
var wishes = []checkin.Ask{
	{Kind: checkin.AskLeave, Wanted: checkin.Sick, Reason: "约了县医院复查，上午去不了"},
	{Kind: checkin.AskLeave, Wanted: checkin.Duty, Reason: "那天要去镇里开防汛会"},
	{Kind: checkin.AskLeave, Wanted: checkin.Private, Reason: "孙子开家长会，儿子在外地"},
}

// asked lets the last of the branch ask for leave from an event.
func (s *story) asked(ctx context.Context, e event.Event, branch []org.Member) error {
	next := 0
	for _, m := range slices.Backward(branch) {
		if next == len(wishes) {
			return nil
		}
		if m.Standing != org.Normal || !m.Bound {
			continue
		}
		ask := wishes[next]
		ask.Key = fmt.Sprintf("demo-%d", next)
		if _, _, err := s.app.Checkin.Ask(ctx, actorOf(m), e.ID, ask); err != nil {
			return err
		}
		next++
	}
	return nil
}

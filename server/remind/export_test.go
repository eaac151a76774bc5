package remind

import (
	"maps"
	"slices"
)

// AdviceFor is what the secretary reads beside a delivery.
func AdviceFor(state State, reason string) string { return adviceFor(state, reason).String() }

// IsSpared is the rule of the month's ceiling.
func IsSpared(kind Kind, had, most int) bool { return isSpared(kind, had, most) }

// RungDays is when a month's rungs are asked.
var RungDays = rungDays

// Reasons are all that a delivery which did not arrive can say, except those with a number in them.
func Reasons() []string {
	own := []string{
		whyUnbound, whyNoGrant, whyNoTemplate, whyTooLate, whyQuiet, whyRefused, whyBusy, whyQuota, whyUnknown, whyFault, whyFinal, whyNoAPI, whyMuted, whyCeiling,
		whyTakenBack, whyOnLeave, whyRevoked, whyNotMeant, whySwitchedOff, whyBlocked, whyOfficialDropped, whyNotFollowing, whyNeverTold,
	}
	return slices.Concat(own, slices.Collect(maps.Values(finals)), slices.Collect(maps.Values(officialFinals)), slices.Collect(maps.Values(strangers)), slices.Collect(maps.Values(whyWithdrawn)))
}

package remind

// AdviceFor is what the secretary reads beside a delivery.
func AdviceFor(state State, reason string) string { return adviceFor(state, reason).String() }

// IsSpared is the rule of the month's ceiling.
func IsSpared(kind Kind, had, most int) bool { return isSpared(kind, had, most) }

// RungDays is when a month's rungs are asked.
var RungDays = rungDays

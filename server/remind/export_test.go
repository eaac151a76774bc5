package remind

// AdviceFor is what the secretary reads beside a delivery.
func AdviceFor(state State, reason string) string { return adviceFor(state, reason).String() }

package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrGivenUp is in the error of a GiveUp that has no cause.
var ErrGivenUp = errors.New("jobs: given up")

// outcome is what Postpone and GiveUp return, and what is made of any other error.
type outcome struct {
	postpone time.Duration // 0 when it is not put off
	giveUp   bool
	cause    error
}

func (o *outcome) Error() string {
	switch {
	case o.giveUp:
		return fmt.Sprintf(problemHopeless+"%v", o.cause)
	case o.postpone > 0:
		return "postponed"
	}
	return fmt.Sprint(o.cause)
}

func (o *outcome) Unwrap() error { return o.cause }

// Postpone puts the job off, by at least a millisecond, without counting the attempt: it is not the job's fault.
func Postpone(after time.Duration) error {
	return &outcome{postpone: max(after, time.Millisecond)}
}

// GiveUp makes the job dead at once.
func GiveUp(cause error) error {
	if cause == nil {
		cause = ErrGivenUp
	}
	return &outcome{giveUp: true, cause: cause}
}

// outcomeOf reads any error of a handler.
func outcomeOf(err error) *outcome {
	var o *outcome
	if errors.As(err, &o) {
		return o
	}
	return &outcome{cause: err}
}

// backoff returns how long to wait after the attempt, counted from 1: between half and all of first·2^(attempt-1), at
// most limit. chance, in [0,1), spreads jobs that failed together.
func backoff(attempt int, first, limit time.Duration, chance float64) time.Duration {
	wait := first
	for i := 1; i < attempt && wait < limit; i++ {
		wait *= 2
	}
	wait = min(wait, limit)
	return wait/2 + time.Duration(chance*float64(wait/2))
}

// maxProblem is the width of the column, in characters.
const maxProblem = 200

// problem returns the start of the error's text that fits the column.
func problem(err error) string {
	if err == nil {
		return ""
	}
	text := strings.ToValidUTF8(err.Error(), "?")
	if utf8.RuneCountInString(text) > maxProblem {
		text = string([]rune(text)[:maxProblem-1]) + "…"
	}
	return text
}

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

// outcome is what Retry, Postpone and GiveUp return.
type outcome struct {
	after    time.Duration
	postpone bool
	giveUp   bool
	cause    error
}

func (o *outcome) Error() string {
	switch {
	case o.giveUp:
		return fmt.Sprintf(problemHopeless+"%v", o.cause)
	case o.postpone:
		return "postponed"
	}
	return fmt.Sprint(o.cause)
}

func (o *outcome) Unwrap() error { return o.cause }

// Retry fails this attempt; the next one comes after the given time, or after the usual backoff when it is not positive.
func Retry(after time.Duration, cause error) error {
	return &outcome{after: after, cause: cause}
}

// Postpone puts the job off, by at least a millisecond, without counting the attempt: it is not the job's fault.
func Postpone(after time.Duration) error {
	return &outcome{after: max(after, time.Millisecond), postpone: true}
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

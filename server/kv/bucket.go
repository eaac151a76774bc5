package kv

import (
	"math"
	"time"
)

// bucket is the state of one limit at the instant at. A bucket nobody has seen is full.
type bucket struct {
	tokens float64
	at     time.Time
}

// take refills b until now and takes a token if there is one. The script of the Redis implementation does the same.
func (l Limit) take(b bucket, now time.Time) (bucket, Decision) {
	tokens := float64(l.Burst)
	if !b.at.IsZero() {
		elapsed := math.Max(0, now.Sub(b.at).Seconds()) // a clock set back refills nothing
		tokens = math.Min(tokens, b.tokens+elapsed*l.Rate)
	}
	if tokens >= 1 {
		return bucket{tokens - 1, now}, Decision{Allowed: true}
	}
	wait := math.Ceil((1 - tokens) * 1000 / l.Rate)
	return bucket{tokens, now}, Decision{RetryAfter: time.Duration(wait) * time.Millisecond}
}

// forgetAfter is the time after which b is full again and need not be remembered.
func (l Limit) forgetAfter(b bucket) time.Duration {
	missing := float64(l.Burst) - b.tokens
	return time.Duration(math.Ceil(missing*1000/l.Rate)+1) * time.Millisecond
}

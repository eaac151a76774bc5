// Package kv is the small shared memory of the servers: cache, counters, rate limits and a whisper between them.
//
// It holds only what may vanish. Emptying it at any moment must lose nothing and deny nobody, so whatever is kept here
// can be made again from the database. One server keeps it in the process (NewMemory); several share a Redis (OpenRedis).
// Both behave alike; one test suite runs on both.
package kv

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// KV is the store. It is safe for concurrent use. Keys and channels are short names with colons ("wechat:token")
// without personal data. A counter is a value that happens to be a number; limits have names of their own.
//
// Every method may return an error that satisfies errors.Is(err, ErrUnavailable): the shared store does not answer.
// That costs a caller 0.2 s at most, and nothing while it is known to be away. What to do then is said at each method.
type KV interface {
	// Get returns the value of key and whether there is one. On an error go on as if there were none.
	Get(ctx context.Context, key string) (val string, found bool, err error)

	// Set keeps val under key for ttl (1 ms or longer). On an error go on: the next reader will find nothing.
	Set(ctx context.Context, key, val string, ttl time.Duration) error

	// SetNX keeps val for ttl (1 ms or longer) unless the key has a value, and reports whether it did. As a lock it
	// only saves work (one server refreshes, the others wait): on an error do the work without it.
	SetNX(ctx context.Context, key, val string, ttl time.Duration) (set bool, err error)

	// Delete forgets key; a missing key is no error. On an error the value may live on until its ttl ends: what must be
	// gone at once (a session that was ended) is decided by the database.
	Delete(ctx context.Context, key string) error

	// CompareAndDelete forgets key if its value is val and reports whether it did: the way to give back a lock that may
	// already belong to somebody else. On an error the lock ends with its ttl.
	CompareAndDelete(ctx context.Context, key, val string) (deleted bool, err error)

	// Incr adds one to the counter key and returns the sum. A counter starts at 1 and ends ttl (1 ms or longer) after
	// that first increment; later ones do not prolong it. On an error the caller decides as with Allow.
	Incr(ctx context.Context, key string, ttl time.Duration) (int64, error)

	// Allow takes one token from the bucket key, which holds l.Burst tokens and regains l.Rate tokens per second, and
	// reports whether there was one. On an error the decision is to refuse, and the caller may overrule it: let
	// check-in pass (a member must not be turned away because a cache is down), keep login closed (guessing must not
	// become free).
	Allow(ctx context.Context, key string, l Limit) (Decision, error)

	// Publish tells everybody who is subscribed to channel, on all servers. Delivery is not certain. On an error the
	// subscribers of this process have been told all the same; those of other servers will read again by themselves.
	Publish(ctx context.Context, channel, payload string) error

	// Subscribe listens to channel until the subscription or the KV is closed. It fails only when ctx has ended or the
	// KV is closed; while the shared store is away it hears this process alone, and gets a Resync when the store is back.
	Subscribe(ctx context.Context, channel string) (Subscription, error)

	// Ping reports whether the store answers: for the status page, not a reason to call a server unready.
	Ping(ctx context.Context) error

	// Close ends all subscriptions and background work. Closing twice is fine; afterwards everything returns ErrClosed.
	Close() error
}

// Subscription is one listener. A message says that something has changed, not what is true now: payloads are dropped
// (the oldest first) when the listener is slower than Buffer messages, and lost while a shared store is away. So a
// listener reads the state again at every message, and now and then without one.
type Subscription interface {
	// C delivers the payloads and is closed at the end.
	C() <-chan string
	// Close ends the subscription. Closing twice is fine.
	Close()
}

// Resync is the payload that means: messages may have been lost, read the state again.
const Resync = ""

// Buffer is the number of payloads that wait for a slow listener before the oldest is dropped.
const Buffer = 16

// Limit is a token bucket: bursts of up to Burst calls, Rate calls per second in the long run.
type Limit struct {
	Rate  float64 // tokens per second, above zero
	Burst int     // size of the bucket, one or more
}

// Decision is the answer of Allow. The zero value refuses.
type Decision struct {
	Allowed    bool
	RetryAfter time.Duration // when refused: until there will be a token, in whole milliseconds
}

// Errors that callers may meet. ErrUnavailable: the shared store does not answer or refused. ErrClosed: Close was called.
// ErrArgument: a ttl, limit, key or value out of range, which is a fault of the caller.
var (
	ErrUnavailable = errors.New("kv: the shared store is not available")
	ErrClosed      = errors.New("kv: closed")
	ErrArgument    = errors.New("kv: argument out of range")
)

// Bounds of what is kept, in bytes.
const (
	MaxKey   = 256
	MaxValue = 256 << 10
)

// checkWrite tells whether an entry may be kept; both implementations refuse the same.
func checkWrite(key, val string, ttl time.Duration) error {
	switch {
	case key == "" || len(key) > MaxKey:
		return fmt.Errorf("%w: a key has 1 to %d bytes, not %d", ErrArgument, MaxKey, len(key))
	case len(val) > MaxValue:
		return fmt.Errorf("%w: a value has up to %d bytes, not %d", ErrArgument, MaxValue, len(val))
	case ttl < time.Millisecond:
		return fmt.Errorf("%w: a ttl is 1 ms or longer, not %v", ErrArgument, ttl)
	}
	return nil
}

// check tells whether l can be kept under key: a bucket refills within a year.
func (l Limit) check(key string) error {
	const longest = 366 * 24 * time.Hour
	if math.IsNaN(l.Rate) || math.IsInf(l.Rate, 0) || l.Rate <= 0 || l.Burst < 1 ||
		float64(l.Burst)/l.Rate > longest.Seconds() {
		return fmt.Errorf("%w: a limit of %d with %v per second", ErrArgument, l.Burst, l.Rate)
	}
	return checkWrite(key, "", time.Millisecond)
}

// Values and limits live in rooms of their own, so that neither can be taken for the other.
const (
	values = "v:"
	limits = "l:"
)

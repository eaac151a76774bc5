// Package clock is the one place that reads the time.
//
// Everything else takes a Clock, so that a test, or the demonstration, can decide what time it is.
package clock

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells the time.
type Clock interface {
	// Now returns the current instant in UTC, truncated to milliseconds, which is what the database keeps.
	Now() time.Time
}

type system struct{}

func (system) Now() time.Time { return Trim(time.Now()) }

// System returns the machine's clock.
func System() Clock { return system{} }

// Trim returns t in UTC without anything finer than a millisecond.
func Trim(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Beijing is where all members live: China has one time and no summer time, so that no zone table is needed.
var Beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// Millis returns t as unix milliseconds, the form in which every instant is stored. The zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMillis is the inverse of Millis: 0 is the zero time.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Stopwatch starts measuring elapsed real time; calling the result returns the time since.
// It is for measurements (logs, metrics) only: no rule may depend on it.
func Stopwatch() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// Adjustable is a clock that can be moved. It is safe for concurrent use.
type Adjustable struct {
	base   Clock
	offset atomic.Int64 // nanoseconds; changed under mu

	mu    sync.Mutex
	moved []func()
}

// NewAdjustable returns a clock that runs with base and can be moved away from it.
func NewAdjustable(base Clock) *Adjustable { return &Adjustable{base: base} }

// NewFake returns a clock that stands still at t until it is moved.
func NewFake(t time.Time) *Adjustable { return NewAdjustable(stopped(Trim(t))) }

type stopped time.Time

func (s stopped) Now() time.Time { return time.Time(s) }

// Now returns the base clock's time plus all that the clock has been moved.
func (a *Adjustable) Now() time.Time {
	return Trim(a.base.Now().Add(time.Duration(a.offset.Load())))
}

// Advance moves the clock by d, which may be negative.
func (a *Adjustable) Advance(d time.Duration) {
	a.move(func() { a.offset.Add(int64(d)) })
}

// Set moves the clock so that Now returns t.
func (a *Adjustable) Set(t time.Time) {
	a.move(func() { a.offset.Store(int64(t.Sub(a.base.Now()))) })
}

// OnMove registers f to be called after every move, so that waiting work can look at the time again.
func (a *Adjustable) OnMove(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.moved = append(a.moved, f)
}

func (a *Adjustable) move(change func()) {
	a.mu.Lock()
	change()
	moved := append([]func(){}, a.moved...)
	a.mu.Unlock()
	for _, f := range moved {
		f()
	}
}

// Since returns the real time since an instant that a library has stamped. Like Stopwatch it is for measurements only.
func Since(start time.Time) time.Duration { return time.Since(start) }

// Return puts the clock back to its base.
func (a *Adjustable) Return() {
	a.move(func() { a.offset.Store(0) })
}

// Pause waits for d of real time, less when ctx ends before, and reports whether ctx is still alive. It is for backing
// off from a database or a service that is away; no rule may depend on it.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

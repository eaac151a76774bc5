package kv

import (
	"sync"
	"time"

	"themeday/server/clock"
)

// The breaker opens after this many failures in a row and lets one call try again after the pause.
const (
	breakAfter = 3
	breakPause = time.Second
)

// breaker keeps callers from waiting for a store that is known to be away.
type breaker struct {
	clk    clock.Clock
	change func(open bool) // told when it opens and when it closes again

	mu       sync.Mutex
	failures int
	retryAt  time.Time
	probing  bool
}

type outcome int

const (
	answered  outcome = iota // the store replied, if only with an error
	silent                   // it did not
	abandoned                // the call ended on this side (given up, or no free connection): says nothing about the store
)

// allow reports whether a call may be made; each allowed call must be reported. While open, one at a time may probe.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakAfter {
		return true
	}
	if b.probing || b.clk.Now().Before(b.retryAt) {
		return false
	}
	b.probing = true
	return true
}

func (b *breaker) report(result outcome) {
	b.mu.Lock()
	wasOpen := b.failures >= breakAfter
	b.probing = false
	switch result {
	case answered:
		b.failures = 0
	case silent:
		b.failures++
		b.retryAt = b.clk.Now().Add(breakPause)
	case abandoned:
	}
	isOpen := b.failures >= breakAfter
	b.mu.Unlock()
	if wasOpen != isOpen {
		b.change(isOpen)
	}
}

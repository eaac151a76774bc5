package kv

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"themeday/server/clock"
)

// MemoryBytes bounds what a Memory keeps, by its own estimate. At the bound it forgets entries, those near their end first.
const MemoryBytes = 16 << 20

const (
	entryCost = 128 // what an empty entry costs beside its key and value: map slot, headers, instants
	sampled   = 4   // entries looked at per new key, so that expired ones stay about a quarter of all at most
)

// Memory is the KV of a single server. It starts no goroutine.
type Memory struct {
	clk clock.Clock
	hub *hub

	mu      sync.Mutex
	closed  bool
	entries map[string]*entry
	bytes   int
}

// entry is a value, a counter (as decimal text, which is how Redis has it too) or the bucket of a limit.
type entry struct {
	val     string
	bucket  bucket
	expires time.Time
}

// NewMemory returns an empty store that lives in this process and expires its entries by clk.
func NewMemory(clk clock.Clock) *Memory {
	return &Memory{clk: clk, hub: newHub(), entries: map[string]*entry{}}
}

// begin locks m for a call on behalf of ctx; without an error the caller unlocks it.
func (m *Memory) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return ErrClosed
	}
	return nil
}

// Get implements KV.
func (m *Memory) Get(ctx context.Context, key string) (string, bool, error) {
	if err := m.begin(ctx); err != nil {
		return "", false, err
	}
	defer m.mu.Unlock()
	e, found := m.load(values+key, m.clk.Now())
	return e.val, found, nil
}

// Set implements KV.
func (m *Memory) Set(ctx context.Context, key, val string, ttl time.Duration) error {
	if err := checkWrite(key, val, ttl); err != nil {
		return err
	}
	if err := m.begin(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	now := m.clk.Now()
	m.store(values+key, entry{val: val, expires: now.Add(ttl)}, now)
	return nil
}

// SetNX implements KV.
func (m *Memory) SetNX(ctx context.Context, key, val string, ttl time.Duration) (bool, error) {
	if err := checkWrite(key, val, ttl); err != nil {
		return false, err
	}
	if err := m.begin(ctx); err != nil {
		return false, err
	}
	defer m.mu.Unlock()
	now := m.clk.Now()
	if _, found := m.load(values+key, now); found {
		return false, nil
	}
	m.store(values+key, entry{val: val, expires: now.Add(ttl)}, now)
	return true, nil
}

// Delete implements KV.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	m.drop(values + key)
	return nil
}

// CompareAndDelete implements KV.
func (m *Memory) CompareAndDelete(ctx context.Context, key, val string) (bool, error) {
	if err := m.begin(ctx); err != nil {
		return false, err
	}
	defer m.mu.Unlock()
	if e, found := m.load(values+key, m.clk.Now()); !found || e.val != val {
		return false, nil
	}
	m.drop(values + key)
	return true, nil
}

// Incr implements KV. A value that is not a number is ErrArgument.
func (m *Memory) Incr(ctx context.Context, key string, ttl time.Duration) (int64, error) {
	if err := checkWrite(key, "", ttl); err != nil {
		return 0, err
	}
	if err := m.begin(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	now := m.clk.Now()
	e, found := m.load(values+key, now)
	if !found {
		e = entry{val: "0", expires: now.Add(ttl)}
	}
	n, err := strconv.ParseInt(e.val, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not a counter", ErrArgument, key)
	}
	e.val = strconv.FormatInt(n+1, 10)
	m.store(values+key, e, now)
	return n + 1, nil
}

// Allow implements KV.
func (m *Memory) Allow(ctx context.Context, key string, l Limit) (Decision, error) {
	if err := l.check(key); err != nil {
		return Decision{}, err
	}
	if err := m.begin(ctx); err != nil {
		return Decision{}, err
	}
	defer m.mu.Unlock()
	now := m.clk.Now()
	e, _ := m.load(limits+key, now)
	b, decision := l.take(e.bucket, now)
	m.store(limits+key, entry{bucket: b, expires: now.Add(l.forgetAfter(b))}, now)
	return decision, nil
}

// Publish implements KV.
func (m *Memory) Publish(ctx context.Context, channel, payload string) error {
	if err := m.Ping(ctx); err != nil {
		return err
	}
	m.hub.deliver(channel, payload)
	return nil
}

// Subscribe implements KV.
func (m *Memory) Subscribe(ctx context.Context, channel string) (Subscription, error) {
	if err := m.Ping(ctx); err != nil {
		return nil, err
	}
	return m.hub.subscribe(channel)
}

// Ping implements KV.
func (m *Memory) Ping(ctx context.Context) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	m.mu.Unlock()
	return nil
}

// Close implements KV.
func (m *Memory) Close() error {
	m.mu.Lock()
	m.closed = true
	clear(m.entries)
	m.bytes = 0
	m.mu.Unlock()
	m.hub.close()
	return nil
}

// load returns the living entry of key.
func (m *Memory) load(key string, now time.Time) (entry, bool) {
	e, found := m.entries[key]
	if !found {
		return entry{}, false
	}
	if !now.Before(e.expires) {
		m.drop(key)
		return entry{}, false
	}
	return *e, true
}

// store keeps e. For a new key it clears away some of what has expired, and makes room when the bound is reached.
func (m *Memory) store(key string, e entry, now time.Time) {
	cost := entryCost + len(key) + len(e.val)
	if old, found := m.entries[key]; found && len(old.val) >= len(e.val) {
		m.bytes -= len(old.val) - len(e.val)
		*old = e
		return
	}
	m.drop(key)
	m.sweep(now)
	for m.bytes+cost > MemoryBytes {
		m.drop(m.nearestEnd())
	}
	m.entries[key] = &e
	m.bytes += cost
}

func (m *Memory) drop(key string) {
	if e, found := m.entries[key]; found {
		m.bytes -= entryCost + len(key) + len(e.val)
		delete(m.entries, key)
	}
}

// sweep drops the expired ones among a few entries; ranging over a map begins at a random place.
func (m *Memory) sweep(now time.Time) {
	seen := 0
	for key, e := range m.entries {
		if !now.Before(e.expires) {
			m.drop(key)
		}
		if seen++; seen == sampled {
			return
		}
	}
}

// nearestEnd returns, of a few entries, the key of the one that would expire first.
func (m *Memory) nearestEnd() string {
	var key string
	var end time.Time
	seen := 0
	for k, e := range m.entries {
		if seen == 0 || e.expires.Before(end) {
			key, end = k, e.expires
		}
		if seen++; seen == sampled {
			break
		}
	}
	return key
}

package recall

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Bounds of one read for many.
const (
	maxKeys     = 256
	readTimeout = 5 * time.Second // as the database's own
)

// errUnread is what a group has until it is read, should the read be torn away in between.
var errUnread = errors.New("recall: not read")

// gathering reads for all who ask while another read is under way with one query. Nobody waits for company: who finds
// no read under way reads at once.
type gathering[K comparable, V any] struct {
	read func(context.Context, []K) (map[K]V, error)
	turn chan struct{} // held by the read under way

	mu   sync.Mutex
	next *group[K, V] // who waits for the next read; nil when nobody does
}

// group is those who are answered by one read.
type group[K comparable, V any] struct {
	keys   []K
	done   chan struct{}
	values map[K]V
	err    error
}

func newGathering[K comparable, V any](read func(context.Context, []K) (map[K]V, error)) *gathering[K, V] {
	return &gathering[K, V]{read: read, turn: make(chan struct{}, 1)}
}

func (g *gathering[K, V]) get(ctx context.Context, key K) (value V, found bool, err error) {
	ours, first := g.join(key)
	if first {
		// The read is everybody's: that the phone of the first has hung up must not stop it.
		g.lead(context.WithoutCancel(ctx), ours)
	}
	select {
	case <-ours.done:
	case <-ctx.Done():
		return value, false, ctx.Err()
	}
	value, found = ours.values[key]
	return value, found, ours.err
}

func (g *gathering[K, V]) join(key K) (ours *group[K, V], first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ours = g.next
	if ours == nil {
		ours, first = &group[K, V]{done: make(chan struct{})}, true
		g.next = ours
	}
	ours.keys = append(ours.keys, key)
	if len(ours.keys) == maxKeys {
		g.next = nil // full: who comes now begins another
	}
	return ours, first
}

func (g *gathering[K, V]) lead(ctx context.Context, ours *group[K, V]) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	g.turn <- struct{}{}
	defer func() { <-g.turn }()
	g.mu.Lock()
	if g.next == ours {
		g.next = nil
	}
	g.mu.Unlock()
	ours.err = errUnread
	defer close(ours.done)
	ours.values, ours.err = g.read(ctx, ours.keys)
}

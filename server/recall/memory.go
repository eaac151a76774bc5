package recall

import (
	"context"
	"sync"
	"time"
)

// maxKnown bounds a memory: beyond it everything is forgotten, which costs a read of each that is asked for again.
const maxKnown = 50_000

// Memory keeps what was read under K. What it does not know, or no longer believes, it reads from the database, with one
// query for all who ask in the same moment. It is safe for concurrent use. Its values are shared: nobody may change
// what they hold.
type Memory[K comparable, V any] struct {
	watch *Watch
	about func(V) [3]Ref
	read  *gathering[K, V]

	mu    sync.RWMutex
	known map[K]remembered[V]
	swept time.Time
}

type remembered[V any] struct {
	value  V
	number int64 // of the last change heard before it was read
	read   time.Time
}

// NewMemory returns an empty memory. read returns what the database has of the keys, leaving out what it has not; that
// is not remembered. about says which objects a value was made from: a change of one ends it.
func NewMemory[K comparable, V any](w *Watch, read func(context.Context, []K) (map[K]V, error), about func(V) [3]Ref) *Memory[K, V] {
	m := &Memory[K, V]{watch: w, about: about, known: map[K]remembered[V]{}}
	m.read = newGathering(func(ctx context.Context, keys []K) (map[K]V, error) {
		return m.Fill(func() (map[K]V, error) { return read(ctx, keys) })
	})
	if w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.expire = append(w.expire, m.expire)
	}
	return m
}

// Get returns the value of the key and whether there is one, as it was at most Fresh ago.
func (m *Memory[K, V]) Get(ctx context.Context, key K) (V, bool, error) {
	if value, known := m.Known(key); known {
		return value, true, nil
	}
	return m.read.get(ctx, key)
}

// Known returns the value if it is remembered and believed, and never reads.
func (m *Memory[K, V]) Known(key K) (V, bool) {
	m.mu.RLock()
	r, known := m.known[key]
	m.mu.RUnlock()
	if known && m.watch.believes(r.number, r.read, m.about(r.value)) {
		return r.value, true
	}
	var none V
	return none, false
}

// Fill remembers all that read returns, and returns it.
func (m *Memory[K, V]) Fill(read func() (map[K]V, error)) (map[K]V, error) {
	if m.watch == nil {
		return read()
	}
	number, at := m.watch.now() // before reading: what changes meanwhile must not be believed
	values, err := read()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known)+len(values) > maxKnown {
		clear(m.known)
	}
	for key, value := range values {
		m.known[key] = remembered[V]{value, number, at}
	}
	return values, nil
}

// expire drops what is too old to be believed again, now and then.
func (m *Memory[K, V]) expire(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if within(now, m.swept, Life/2) {
		return
	}
	m.swept = now
	for key, r := range m.known {
		if !within(now, r.read, Life) {
			delete(m.known, key)
		}
	}
}

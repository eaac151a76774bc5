package store

import "sync"

// Coach takes those who come at the same time along together. There is no timer and no goroutine: who finds nobody
// driving drives at once, alone; who comes meanwhile waits, and the oldest of those drives next, with all of them. The
// zero value is ready for use.
type Coach[T any] struct {
	mu      sync.Mutex
	waiting []*rider[T]
	driving bool
}

type rider[T any] struct {
	item T
	turn chan bool // true: arrived; false: drive yourself
}

// seats bounds a ride, so that nobody waits for long.
const seats = 64

// Ride returns when drive has been called with the item, possibly together with the items of others and on the goroutine
// of one of them.
func (c *Coach[T]) Ride(item T, drive func([]T)) {
	r := &rider[T]{item: item, turn: make(chan bool, 1)}
	if !c.board(r) && <-r.turn {
		return
	}
	aboard := c.leave()
	items := make([]T, len(aboard))
	for i, r := range aboard {
		items[i] = r.item
	}
	defer c.arrive(aboard) // whatever happens: the others must not wait for good
	drive(items)
}

// board reports whether the rider has to drive.
func (c *Coach[T]) board(r *rider[T]) (drive bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, r)
	drive = !c.driving
	c.driving = true
	return drive
}

// leave returns those who are taken along; the driver is the first of them, being the oldest.
func (c *Coach[T]) leave() []*rider[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), seats)
	aboard := c.waiting[:n:n]
	c.waiting = append([]*rider[T](nil), c.waiting[n:]...)
	return aboard
}

// arrive lets those who were taken along go, and the oldest who waits drive.
func (c *Coach[T]) arrive(aboard []*rider[T]) {
	for _, r := range aboard[1:] {
		r.turn <- true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.driving = len(c.waiting) > 0; c.driving {
		c.waiting[0].turn <- false
	}
}

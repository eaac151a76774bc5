package jobs

import (
	"context"
	"time"

	"themeday/server/clock"
)

// Start lets Options.Workers goroutines run what becomes due, until Stop. Starting twice is starting once.
func (q *Queue) Start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stop != nil {
		return
	}
	looping, stop := context.WithCancel(context.Background())
	working, abandon := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	q.stop, q.abandon, q.stopped = stop, abandon, stopped
	go func() {
		defer close(stopped)
		q.loop(looping, working)
	}()
}

// Stop takes no new job and waits for those that run. When ctx ends first it also ends the handlers' contexts, waits
// for them to return, and returns ctx's error; their jobs are tried again later. Stopping twice is stopping once.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	stop, abandon, stopped := q.stop, q.abandon, q.stopped
	q.mu.Unlock()
	if stop == nil {
		return nil
	}
	stop()
	defer abandon()
	var err error
	select {
	case <-stopped:
	case <-ctx.Done():
		err = ctx.Err()
		abandon()
		<-stopped
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped == stopped {
		q.stop = nil
	}
	return err
}

// Wake makes a running queue look for due work at once: after a commit that enqueued some, or when the clock was moved.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pace is the least time between two claims of a busy queue, and between two records of what has ended, so that each can
// take all that has gathered meanwhile: a statement for one job costs nearly as much as one for fifty.
const pace = 20 * time.Millisecond

func (q *Queue) loop(looping, working context.Context) {
	tick := time.NewTicker(q.opts.Poll)
	defer tick.Stop()
	c := q.newCrew(working)
	defer c.goHome()
	for looping.Err() == nil {
		q.pruneSometimes(looping)
		n, err := c.takeUp(looping)
		if err != nil && looping.Err() == nil {
			q.log.ErrorContext(looping, "jobs cannot be read", "cause", err)
		}
		if n > 0 && err == nil {
			clock.Pause(looping, pace)
			continue
		}
		select {
		case <-looping.Done():
		case <-tick.C:
		case <-q.wake:
		}
	}
}

package jobs

import (
	"context"
	"sync"
	"time"
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

func (q *Queue) loop(looping, working context.Context) {
	tick := time.NewTicker(q.opts.Poll)
	defer tick.Stop()
	workers := make(chan struct{}, q.opts.Workers)
	var running sync.WaitGroup
	defer running.Wait()
	for looping.Err() == nil {
		q.pruneSometimes(looping)
		n, err := q.hand(looping, working, workers, &running)
		if err != nil && looping.Err() == nil {
			q.log.ErrorContext(looping, "jobs cannot be read", "cause", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-looping.Done():
		case <-tick.C:
		case <-q.wake:
		}
	}
}

// hand claims jobs and lets each run on a worker of its own. A job is claimed only when a worker is free for it, so that
// no lease runs while its job waits.
func (q *Queue) hand(looping, working context.Context, workers chan struct{}, running *sync.WaitGroup) (int, error) {
	return q.each(looping, func(r row) (bool, error) {
		select {
		case workers <- struct{}{}:
		case <-looping.Done():
			return false, looping.Err()
		}
		ok, err := q.claim(context.WithoutCancel(looping), &r, q.clock.Now())
		if !ok {
			<-workers
			return false, err
		}
		running.Go(func() {
			q.run(working, r)
			<-workers
			q.Wake() // the next one of its key may go
		})
		return true, nil
	})
}

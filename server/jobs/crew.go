package jobs

import (
	"context"
	"sync"
	"time"

	"themeday/server/clock"
)

// crew is the workers of a running queue and the clerk who records what they have finished.
type crew struct {
	*Queue
	working context.Context //nolint:containedctx // outlives the loop: ends only when running jobs are abandoned
	desks   chan struct{}   // one element for each worker who is busy
	busy    sync.WaitGroup
	ended   chan ended
	clerk   chan struct{} // closed when all is recorded

	ahead  []row // what was seen to be due and has not been taken up; in turn
	lapses time.Time
}

// lookAhead is how many jobs are looked for at once for each worker. A look costs the database as much as many claims: a
// busy queue's index begins with the traces of all that has just gone. What has become due since goes after these: half a
// second of work at most.
const lookAhead = 3

// ended is a job that has been run.
type ended struct {
	row
	ending
}

func (q *Queue) newCrew(working context.Context) *crew {
	c := &crew{
		Queue: q, working: working, desks: make(chan struct{}, q.opts.Workers), ended: make(chan ended, q.opts.Workers), clerk: make(chan struct{}),
	}
	go c.record(context.WithoutCancel(working))
	return c
}

// goHome waits until what runs has ended and is recorded.
func (c *crew) goHome() {
	c.busy.Wait()
	close(c.ended)
	<-c.clerk
}

// takeUp claims as many jobs as there are idle workers and returns how many were to be had, of which other servers may
// have taken some. It waits for one of the workers to be idle. A job is claimed only when a worker is there for it, so that no lease runs while its job waits.
func (c *crew) takeUp(looping context.Context) (int, error) {
	idle := c.idle(looping)
	claimed := 0
	defer func() {
		for range idle - claimed {
			<-c.desks
		}
	}()
	rows, err := c.inTurn(looping, idle)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	got, err := c.claim(context.WithoutCancel(looping), rows, c.clock.Now())
	claimed = len(got)
	for _, r := range got {
		c.busy.Go(func() {
			e := c.perform(c.working, r)
			<-c.desks
			c.ended <- ended{r, e}
		})
	}
	return len(rows), err
}

// inTurn returns up to n jobs that are to be claimed now. Others may have taken them since they were seen.
func (c *crew) inTurn(ctx context.Context, n int) (rows []row, err error) {
	if now := c.clock.Now(); len(c.ahead) == 0 || now.After(c.lapses) {
		if c.ahead, err = c.next(ctx, max(n, lookAhead*c.opts.Workers)); err != nil {
			return nil, err
		}
		c.lapses = now.Add(c.opts.Poll)
	}
	n = min(n, len(c.ahead))
	rows, c.ahead = c.ahead[:n], c.ahead[n:]
	return rows, nil
}

// idle reserves all workers who have nothing to do, at least one and at most batch, and returns how many; 0 when the loop ends.
func (c *crew) idle(looping context.Context) int {
	select {
	case c.desks <- struct{}{}:
	case <-looping.Done():
		return 0
	}
	for n := 1; n < batch; n++ {
		select {
		case c.desks <- struct{}{}:
		default:
			return n
		}
	}
	return batch
}

// record writes down how jobs have ended: what ends while it writes is written together, with one commit.
func (c *crew) record(ctx context.Context) {
	defer close(c.clerk)
	for first := range c.ended {
		all := []ended{first}
		for more := true; more && len(all) < batch; {
			select {
			case e, open := <-c.ended:
				if more = open; open {
					all = append(all, e)
				}
			default:
				more = false
			}
		}
		c.settle(ctx, all)
		c.Wake() // the next ones of their keys may go
		if len(all) > 1 {
			clock.Pause(ctx, pace)
		}
	}
}

// settle records those that went well with one statement; when that does not find all of them, and for the others, each
// by itself.
func (c *crew) settle(ctx context.Context, all []ended) {
	var well []row
	for _, e := range all {
		if e.state == done {
			well = append(well, e.row)
		}
	}
	together := len(well) > 1 && c.complete(ctx, well, c.clock.Now()) == nil
	for _, e := range all {
		if e.state != done || !together {
			c.finish(ctx, e.row, e.ending)
		}
	}
}

package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"themeday/server/jobs"
)

func (b *bench) stop() {
	b.t.Helper()
	if err := b.Stop(b.t.Context()); err != nil {
		b.t.Errorf("stop: %v", err)
	}
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	each(t, jobs.Options{Poll: time.Hour, Workers: 1}, func(t *testing.T, b *bench) {
		entered, leave := make(chan struct{}), make(chan struct{})
		b.Handle("work", func(ctx context.Context, _ jobs.Job) error {
			close(entered)
			<-leave
			return ctx.Err()
		})
		b.enqueue(jobs.Job{Kind: "work"}, jobs.Job{Kind: "work", RunAt: start.Add(time.Minute)})
		b.Start()
		b.Start()
		<-entered
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			b.stop()
		}()
		b.clock.Advance(time.Minute)
		b.Wake() // the second one is due, but the queue takes no more
		select {
		case <-stopped:
			t.Error("stopped over a running job")
		default:
		}
		close(leave)
		<-stopped
		b.stop()
		b.wantDepth(jobs.Depth{Ready: 1})
	})
}

func TestStopAbandonsWhatDoesNotEnd(t *testing.T) {
	each(t, jobs.Options{Poll: time.Hour}, func(t *testing.T, b *bench) {
		entered := make(chan struct{})
		b.Handle("work", func(ctx context.Context, _ jobs.Job) error {
			close(entered)
			<-ctx.Done()
			return ctx.Err()
		})
		b.enqueue(jobs.Job{Kind: "work"})
		b.Start()
		<-entered
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Stop(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("stop: %v", err)
		}
		b.wantDepth(jobs.Depth{Ready: 1}) // to be tried again
	})
}

func TestStartAgain(t *testing.T) {
	each(t, jobs.Options{Poll: time.Hour, Keep: time.Hour}, func(t *testing.T, b *bench) {
		b.stop() // before any start
		ran := make(chan struct{})
		b.Handle("work", func(context.Context, jobs.Job) error { ran <- struct{}{}; return nil })
		for range 2 {
			b.Start()
			b.enqueue(jobs.Job{Kind: "work"})
			b.Wake()
			<-ran
			b.stop()
			b.wantDepth(jobs.Depth{})
		}
	})
}

func TestARunningQueuePrunes(t *testing.T) {
	each(t, jobs.Options{Poll: time.Hour, Keep: time.Hour}, func(t *testing.T, b *bench) {
		b.note("say")
		b.enqueue(jobs.Job{Kind: "say", Payload: "old", Unique: "k"})
		b.runDue(1)
		b.clock.Advance(2 * time.Hour)
		ran := make(chan struct{})
		b.Handle("signal", func(context.Context, jobs.Job) error { ran <- struct{}{}; return nil })
		b.Start()
		b.enqueue(jobs.Job{Kind: "signal"})
		b.Wake()
		<-ran
		b.stop()
		b.wantPruned(0) // the loop has been there already
		b.enqueue(jobs.Job{Kind: "say", Payload: "new", Unique: "k"})
		b.runDue(1)
		b.wantRan("old", "new")
	})
}

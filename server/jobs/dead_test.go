package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/ident"
	"themeday/server/jobs"
)

func TestDeadLetters(t *testing.T) {
	each(t, jobs.Options{MaxAttempts: 2, Backoff: time.Second}, func(t *testing.T, b *bench) {
		broken, attempts := true, []int{}
		b.Handle("work", func(_ context.Context, j jobs.Job) error {
			if attempts = append(attempts, j.Attempt); broken {
				return errBroken
			}
			return nil
		})
		revived := ""
		b.Revived("work", func(_ context.Context, _ bun.IDB, j jobs.Job) error { return j.Decode(&revived) })
		b.enqueue(jobs.Job{Kind: "work", Payload: "one", Serial: "s"}, jobs.Job{Kind: "work", Payload: "two"})
		b.runDue(2)
		b.clock.Advance(time.Second)
		b.runDue(2)
		dead := b.dead(2)
		d := dead[0]
		if d.Kind != "work" || d.Attempts != 2 || !d.CreatedAt.Equal(start) || !d.DiedAt.Equal(start.Add(time.Second)) {
			t.Errorf("dead %+v", d)
		}
		if rest, err := b.Dead(t.Context(), d.ID, 10); err != nil || len(rest) != 1 || rest[0].ID != dead[1].ID {
			t.Errorf("after the first: %+v, %v", rest, err)
		}
		broken = false
		if ok, err := b.Revive(t.Context(), d.ID); !ok || err != nil || revived != "one" {
			t.Errorf("revive: %t, %v, told of %q", ok, err, revived)
		}
		if ok, err := b.Revive(t.Context(), d.ID); ok || err != nil {
			t.Errorf("revived twice: %t, %v", ok, err)
		}
		b.runDue(1)
		if last := attempts[len(attempts)-1]; last != 1 {
			t.Errorf("the revived job's attempt is %d, want 1", last)
		}
		b.wantDepth(jobs.Depth{Dead: 1})
		b.dead(1)
	})
}

// TestDrop: what nobody wants to be tried again leaves the queue with a note, once; its key is free again.
func TestDrop(t *testing.T) {
	each(t, jobs.Options{}, func(t *testing.T, b *bench) {
		b.Handle("work", func(context.Context, jobs.Job) error { return jobs.GiveUp(errBroken) })
		b.enqueue(jobs.Job{Kind: "work", Payload: "one", Unique: "k"}, jobs.Job{Kind: "work", Payload: "two"}, jobs.Job{Kind: "work"})
		b.runDue(3)
		all := b.dead(3)
		for i, want := range []bool{true, false} {
			if ok, err := b.Drop(t.Context(), all[0].ID, 7, "人已调走"); ok != want || err != nil {
				t.Errorf("drop %d: %t, %v", i+1, ok, err)
			}
		}
		dropped, err := b.Dropped(t.Context(), 5)
		if err != nil || len(dropped) != 1 || dropped[0].ID != all[0].ID || dropped[0].By != 7 || dropped[0].Reason != "人已调走" ||
			string(dropped[0].Payload) != `"one"` || dropped[0].Trouble != jobs.Hopeless || !dropped[0].DroppedAt.Equal(b.clock.Now()) {
			t.Errorf("dropped %+v, %v", dropped, err)
		}
		if n, err := b.ReviveAll(t.Context(), func(context.Context, bun.IDB, ident.ID) error { return nil }); n != 2 || err != nil {
			t.Errorf("revived %d, %v", n, err)
		}
		b.enqueue(jobs.Job{Kind: "work", Unique: "k"})
		b.wantDepth(jobs.Depth{Ready: 3})
	})
}

// dead returns the dead jobs, which must be so many.
func (b *bench) dead(want int) []jobs.DeadJob {
	b.t.Helper()
	all, err := b.Dead(b.t.Context(), 0, 10)
	if err != nil || len(all) != want {
		b.t.Fatalf("dead: %+v, %v; want %d", all, err, want)
	}
	return all
}

// Nobody is told of a revival that does not happen.
func TestRevivalIsOneTransaction(t *testing.T) {
	each(t, jobs.Options{}, func(t *testing.T, b *bench) {
		b.Handle("work", func(context.Context, jobs.Job) error { return jobs.GiveUp(nil) })
		b.Revived("work", func(context.Context, bun.IDB, jobs.Job) error { return errBroken })
		b.enqueue(jobs.Job{Kind: "work"})
		b.runDue(1)
		if ok, err := b.Revive(t.Context(), b.dead(1)[0].ID); ok || err == nil {
			t.Errorf("revived: %t, %v", ok, err)
		}
		b.wantDepth(jobs.Depth{Dead: 1})
	})
}

package clock_test

import (
	"sync"
	"testing"
	"time"

	"themeday/server/clock"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

func TestSystemTellsUTCMilliseconds(t *testing.T) {
	for range 100 {
		now := clock.System().Now()
		if now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
			t.Fatalf("%v", now)
		}
	}
}

func TestMillis(t *testing.T) {
	shanghai := time.FixedZone("Asia/Shanghai", 8*60*60)
	for _, c := range []struct {
		name string
		at   time.Time
		ms   int64
		back time.Time
	}{
		{"none", time.Time{}, 0, time.Time{}},
		{"noon", noon, 1783684800000, noon},
		{"noon in Shanghai", time.Date(2026, 7, 10, 20, 0, 0, 0, shanghai), 1783684800000, noon},
		{"with a millisecond", noon.Add(time.Millisecond), 1783684800001, noon.Add(time.Millisecond)},
		{"finer than that", noon.Add(1999 * time.Microsecond), 1783684800001, noon.Add(time.Millisecond)},
		{"before 1970", time.Date(1921, 7, 23, 0, 0, 0, 0, time.UTC), -1528761600000, time.Date(1921, 7, 23, 0, 0, 0, 0, time.UTC)},
	} {
		if got := clock.Millis(c.at); got != c.ms {
			t.Errorf("%s: %d, want %d", c.name, got, c.ms)
		}
		if got := clock.FromMillis(c.ms); !got.Equal(c.back) || got.Location() != time.UTC {
			t.Errorf("%s: back %v, want %v", c.name, got, c.back)
		}
	}
}

func TestTrim(t *testing.T) {
	at := time.Date(2026, 7, 10, 20, 0, 0, 1_999_999, time.FixedZone("x", 8*60*60))
	if got := clock.Trim(at); got != noon.Add(time.Millisecond) {
		t.Errorf("%v", got)
	}
}

func TestFakeStandsStillUntilMoved(t *testing.T) {
	c := clock.NewFake(noon.Add(999 * time.Nanosecond))
	for range 2 {
		if got := c.Now(); got != noon {
			t.Errorf("%v", got)
		}
	}
	c.Advance(90 * time.Second)
	c.Advance(-30 * time.Second)
	if got := c.Now(); got != noon.Add(time.Minute) {
		t.Errorf("advanced to %v", got)
	}
	c.Set(noon.AddDate(1, 0, 0))
	if got := c.Now(); got != noon.AddDate(1, 0, 0) {
		t.Errorf("set to %v", got)
	}
	c.Return()
	if got := c.Now(); got != noon {
		t.Errorf("returned to %v", got)
	}
}

func TestAdjustableRunsWithItsBase(t *testing.T) {
	base := clock.NewFake(noon)
	c := clock.NewAdjustable(base)
	c.Set(noon.Add(time.Hour))
	base.Advance(time.Minute)
	if got := c.Now(); got != noon.Add(time.Hour+time.Minute) {
		t.Errorf("%v", got)
	}
}

func TestOnMove(t *testing.T) {
	c := clock.NewFake(noon)
	var seen []time.Time
	c.OnMove(func() { seen = append(seen, c.Now()) })
	c.Advance(time.Second)
	c.Set(noon)
	c.Return()
	if len(seen) != 3 || seen[0] != noon.Add(time.Second) || seen[1] != noon {
		t.Errorf("told at %v", seen)
	}
}

func TestAdjustableTogether(t *testing.T) {
	c := clock.NewFake(noon)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				c.OnMove(func() {})
				c.Advance(time.Millisecond)
				c.Now()
			}
		})
	}
	group.Wait()
	if got := c.Now(); got != noon.Add(800*time.Millisecond) {
		t.Errorf("%v", got)
	}
}

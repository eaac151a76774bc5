package sim_test

import (
	"testing"
	"time"

	"themeday/server/wechat/sim"
)

// works returns the errcode that a call with the token gets; 0 when the token works.
func (w *world) works(t *testing.T, token string) int {
	t.Helper()
	return w.call(t, "GET", "/wxaapi/newtmpl/gettemplate?access_token="+token, "").ErrCode
}

func TestPlainToken(t *testing.T) {
	w := setUp(t)
	first, second := w.plainToken(t), w.plainToken(t)
	if first.AccessToken == second.AccessToken || first.ExpiresIn != 7200 || len(first.AccessToken) < 120 || len(first.AccessToken) > 512 {
		t.Fatalf("got %+v and %+v", first, second)
	}
	steps := []struct {
		advance       time.Duration
		first, second int
	}{
		{0, 0, 0},
		{300*time.Second - time.Millisecond, 0, 0},
		{time.Millisecond, 40001, 0}, // replaced
		{6900*time.Second - time.Millisecond, 40001, 0},
		{time.Millisecond, 40001, 42001}, // expired
	}
	for _, s := range steps {
		w.clock.Advance(s.advance)
		if a, b := w.works(t, first.AccessToken), w.works(t, second.AccessToken); a != s.first || b != s.second {
			t.Errorf("at %s: got %d and %d, want %d and %d", w.clock.Now().Sub(start), a, b, s.first, s.second)
		}
	}
}

func TestPlainTokenQuota(t *testing.T) {
	w := setUp(t)
	for range 2000 {
		if got := w.plainToken(t); got.ErrCode != 0 {
			t.Fatalf("got %d within the quota", got.ErrCode)
		}
	}
	if got := w.plainToken(t); got.ErrCode != 45009 {
		t.Errorf("got %d beyond the quota, want 45009", got.ErrCode)
	}
	w.clock.Advance(24 * time.Hour)
	if got := w.plainToken(t); got.ErrCode != 0 {
		t.Errorf("got %d on the next day", got.ErrCode)
	}
}

func TestStableToken(t *testing.T) {
	w := setUp(t)
	first := w.stableToken(t, false)
	w.plainToken(t) // the two kinds do not disturb each other
	w.clock.Advance(1000 * time.Second)
	same := w.stableToken(t, false)
	if same.AccessToken != first.AccessToken || same.ExpiresIn != 6200 {
		t.Fatalf("got another token, or %d s left, want the same with 6200", same.ExpiresIn)
	}
	w.clock.Advance(5900 * time.Second)
	next := w.stableToken(t, false)
	if next.AccessToken == first.AccessToken || next.ExpiresIn != 7200 {
		t.Fatalf("five minutes before the end: got the same token, or %d s", next.ExpiresIn)
	}
	if a, b := w.works(t, first.AccessToken), w.works(t, next.AccessToken); a != 0 || b != 0 {
		t.Errorf("during the hand-over: got %d and %d", a, b)
	}
	w.clock.Advance(300 * time.Second)
	if a, b := w.works(t, first.AccessToken), w.works(t, next.AccessToken); a != 42001 || b != 0 {
		t.Errorf("after the hand-over: got %d and %d, want 42001 and 0", a, b)
	}
}

func TestForceRefresh(t *testing.T) {
	w := setUp(t)
	first := w.stableToken(t, false)
	forced := w.stableToken(t, true)
	if forced.AccessToken == first.AccessToken || w.works(t, first.AccessToken) != 40001 {
		t.Error("forcing did not replace the token at once")
	}
	if soon := w.stableToken(t, true); soon.AccessToken != forced.AccessToken {
		t.Error("forced again within 30 s")
	}
	for i := range 19 {
		w.clock.Advance(30 * time.Second)
		if got := w.stableToken(t, true); got.ErrCode != 0 {
			t.Fatalf("force %d: got %d", i+2, got.ErrCode)
		}
	}
	w.clock.Advance(30 * time.Second)
	if got := w.stableToken(t, true); got.ErrCode != 45009 {
		t.Errorf("force 21 of the day: got %d, want 45009", got.ErrCode)
	}
}

func TestKillTokens(t *testing.T) {
	w := setUp(t)
	stable, plain := w.stableToken(t, false).AccessToken, w.plainToken(t).AccessToken
	if status, _ := w.control(t, "DELETE", "/__sim/tokens", ""); status != 204 {
		t.Errorf("status %d", status)
	}
	if a, b := w.works(t, stable), w.works(t, plain); a != 40001 || b != 40001 {
		t.Errorf("got %d and %d, want 40001", a, b)
	}
	if got := w.works(t, w.stableToken(t, false).AccessToken); got != 0 {
		t.Errorf("new token: got %d", got)
	}
}

func TestShortLivedToken(t *testing.T) {
	for _, endpoint := range []string{"token", "stable_token"} {
		w := setUp(t)
		_, err := w.SetFault(sim.Fault{Endpoint: endpoint, ExpiresIn: 1501})
		must(t, err)
		get := w.plainToken
		if endpoint == "stable_token" {
			get = func(t *testing.T) result { return w.stableToken(t, false) }
		}
		got := get(t)
		w.clock.Advance(1501 * time.Second)
		if got.ExpiresIn != 1501 || w.works(t, got.AccessToken) != 42001 {
			t.Errorf("%s: %d s announced, errcode %d at its end", endpoint, got.ExpiresIn, w.works(t, got.AccessToken))
		}
	}
}

func TestStableTokenRate(t *testing.T) {
	w := setUp(t)
	for range 10_000 {
		if got := w.stableToken(t, false); got.ErrCode != 0 {
			t.Fatalf("got %d within the rate", got.ErrCode)
		}
	}
	if got := w.stableToken(t, false); got.ErrCode != 45011 {
		t.Errorf("got %d beyond the rate, want 45011", got.ErrCode)
	}
	w.clock.Advance(time.Minute)
	if got := w.stableToken(t, false); got.ErrCode != 0 {
		t.Errorf("got %d in the next minute", got.ErrCode)
	}
	if n := len(w.Requests()); n != 500 {
		t.Errorf("%d requests kept, want the last 500", n)
	}
}

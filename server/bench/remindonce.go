package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"themeday/server/clock"
)

// setting is one way to send a set of deliveries.
type setting struct {
	servers int
	rate    float64 // deliveries that become due in a second; 0 = all at once
	past    int
}

// once prepares a database, lets the servers send everything and says how it went.
func (p remindPlan) once(ctx context.Context, e engine, c setting) (sending, error) {
	dir, err := os.MkdirTemp("", "themeday-bench")
	if err != nil {
		return sending{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	dsn, drop, err := e.fresh(ctx, dir, "remind")
	if drop != nil {
		defer drop()
	}
	if err != nil {
		return sending{}, err
	}
	shift := untilNoon(clock.System().Now())
	post, err := newPost(ctx, dsn, p, daytime(shift))
	if err != nil {
		return sending{}, err
	}
	defer post.close()
	if err := post.past(ctx, c.past); err != nil {
		return sending{}, err
	}
	wechat, servers, err := p.cast(ctx, dir, dsn, shift, c.servers)
	for _, v := range append(servers, wechat) {
		if v != nil {
			defer v.end()
		}
	}
	if err != nil {
		return sending{}, err
	}
	s, err := p.play(ctx, post, servers, c)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "server0.log"))
		err = fmt.Errorf("%w\n%s", err, log)
	}
	return s, err
}

// cast starts the simulated WeChat and the servers.
func (p remindPlan) cast(ctx context.Context, dir, dsn string, shift time.Duration, n int) (wechat *server, servers []*server, err error) {
	wechat, err = spawn(ctx, filepath.Join(dir, "wechat.log"), "wechat", shift.String(), strconv.Itoa(p.deliveries), p.latency.String())
	if err != nil {
		return wechat, nil, err
	}
	for i := range n {
		args := []string{"remind", shift.String(), dsn, dir, wechat.addr, strconv.Itoa(p.workers / n)}
		if n == 1 && p.profile != "" {
			args = append(args, p.profile)
		}
		v, err := spawn(ctx, filepath.Join(dir, fmt.Sprintf("server%d.log", i)), args...)
		servers = append(servers, v)
		if err != nil {
			return wechat, servers, err
		}
	}
	return wechat, servers, nil
}

func (p remindPlan) play(ctx context.Context, post *post, servers []*server, c setting) (sending, error) {
	first := clock.Trim(post.clock.Now().Add(p.ahead))
	if err := post.deliver(ctx, first, c.rate); err != nil {
		return sending{}, err
	}
	late := post.clock.Now().Sub(first)
	if late > 0 {
		return sending{}, fmt.Errorf("writing the deliveries took %s longer than there was time", late)
	}
	clock.Pause(ctx, -late)
	before, err := usageOf(ctx, servers)
	if err != nil {
		return sending{}, err
	}
	if err := post.await(ctx); err != nil {
		return sending{}, err
	}
	after, err := usageOf(ctx, servers)
	if err != nil {
		return sending{}, err
	}
	s, err := post.outcome(ctx, first)
	n := float64(max(s.Sent, 1))
	s.Servers, s.OfCeiling = c.servers, s.PerSecond*p.latency.Seconds()/float64(p.workers)
	s.Statements, s.Commits, s.CPU = (after.statements-before.statements)/n, (after.commits-before.commits)/n, float64((after.cpu-before.cpu).Microseconds())/n
	return s, err
}

// usage is what the servers have used since their start.
type usage struct {
	statements, commits float64
	cpu                 time.Duration
}

func usageOf(ctx context.Context, servers []*server) (usage, error) {
	var total usage
	for _, v := range servers {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.addr+"/metrics", nil)
		if err != nil {
			return total, err
		}
		response, err := (&http.Client{Timeout: patience}).Do(request)
		if err != nil {
			return total, err
		}
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), " ")
			n, err := strconv.ParseFloat(value, 64)
			if err != nil || !strings.HasPrefix(name, "themeday_database_seconds_count") {
				continue
			}
			total.statements += n
			if strings.Contains(name, `"COMMIT"`) || strings.Contains(name, `"commit"`) {
				total.commits += n
			}
		}
		if err := errors.Join(lines.Err(), response.Body.Close()); err != nil {
			return total, err
		}
		total.cpu += v.processor()
	}
	return total, nil
}

// summarise says how a set of deliveries went, from the instants at which they were due and sent.
func summarise(first time.Time, due, sent []int64) sending {
	s := sending{Sent: len(sent)}
	if len(sent) == 0 {
		return s
	}
	delays := make([]int64, len(sent))
	for i := range sent {
		delays[i] = sent[i] - due[i]
	}
	slices.Sort(delays)
	at := func(q float64) float64 { return float64(delays[min(len(delays)-1, int(q*float64(len(delays))))]) }
	s.P50ms, s.P99ms, s.MaxMs = at(.5), at(.99), at(1)
	s.PerSecond = float64(len(sent)) / (time.Duration(slices.Max(sent)-clock.Millis(first)) * time.Millisecond).Seconds()
	return s
}

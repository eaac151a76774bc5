package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"themeday/server/clock"
)

// load is prepared check-ins for one server. The client writes bytes and reads no more of an answer than its status and
// length, so that it costs little, and the same for every way.
type load struct {
	addr string
	next func() ([]byte, error) // the next request; nobody gets the same one twice
}

// result is what a measurement saw.
type result struct {
	took  time.Duration
	times []time.Duration // sorted
}

func (r result) perSecond() float64 { return float64(len(r.times)) / r.took.Seconds() }

// quantile returns a latency in milliseconds.
func (r result) quantile(q float64) float64 {
	if len(r.times) == 0 {
		return 0
	}
	return float64(r.times[int(q*float64(len(r.times)-1))].Microseconds()) / 1000
}

// asFast lets every connection send its next request when its last one is answered.
func (l *load) asFast(ctx context.Context, connections int, length time.Duration) (result, error) {
	elapsed := clock.Stopwatch()
	return l.together(ctx, connections, elapsed, func(c *connection) (time.Duration, bool, error) {
		sent := elapsed()
		if sent >= length {
			return 0, false, nil
		}
		err := c.one(l)
		return elapsed() - sent, true, err
	})
}

// atRate sends requests at fixed instants, whatever has been answered. The time of a request that finds no connection
// free runs all the same.
func (l *load) atRate(ctx context.Context, connections int, rate float64, length time.Duration) (result, error) {
	elapsed := clock.Stopwatch()
	var arrivals atomic.Int64
	return l.together(ctx, connections, elapsed, func(c *connection) (time.Duration, bool, error) {
		due := time.Duration(float64(arrivals.Add(1)) / rate * float64(time.Second))
		if due >= length {
			return 0, false, nil
		}
		if early := due - elapsed(); early > 0 {
			clock.Pause(ctx, early)
		}
		err := c.one(l)
		return elapsed() - due, true, err
	})
}

// oneByOne sends n requests on one connection with a pause before each.
func (l *load) oneByOne(ctx context.Context, n int, pause time.Duration) (result, error) {
	elapsed, sent := clock.Stopwatch(), 0
	return l.together(ctx, 1, elapsed, func(c *connection) (time.Duration, bool, error) {
		if sent++; sent > n {
			return 0, false, nil
		}
		clock.Pause(ctx, pause)
		one := clock.Stopwatch()
		err := c.one(l)
		return one(), true, err
	})
}

// together runs step on every connection until it says that it is over.
func (l *load) together(ctx context.Context, connections int, elapsed func() time.Duration, step func(*connection) (time.Duration, bool, error)) (result, error) {
	lanes := make([][]time.Duration, connections)
	problems := make([]error, connections)
	var group sync.WaitGroup
	for i := range connections {
		group.Go(func() {
			c, err := dial(ctx, l.addr)
			if err != nil {
				problems[i] = err
				return
			}
			defer c.Close()
			for ctx.Err() == nil {
				took, more, err := step(c)
				if err != nil || !more {
					problems[i] = err
					return
				}
				lanes[i] = append(lanes[i], took)
			}
		})
	}
	group.Wait()
	r := result{took: elapsed(), times: slices.Concat(lanes...)}
	slices.Sort(r.times)
	return r, errors.Join(append(problems, ctx.Err())...)
}

type connection struct {
	net.Conn
	answers *bufio.Reader
}

// patience ends a measurement of a server that does not answer.
const patience = 30 * time.Second

func dial(ctx context.Context, addr string) (*connection, error) {
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{conn, bufio.NewReader(conn)}, nil
}

// one sends the next request and waits for its answer, which must be 201.
func (c *connection) one(l *load) error {
	request, err := l.next()
	if err != nil {
		return err
	}
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, body, err := c.answer()
	if err == nil && status != "201" {
		err = fmt.Errorf("answered %s: %s", status, body)
	}
	return err
}

// answer reads one answer. The body is returned only when it is not the expected one.
func (c *connection) answer() (status string, body []byte, err error) {
	line, err := c.answers.ReadSlice('\n')
	if err != nil || len(line) < len("HTTP/1.1 201") {
		return "", nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	status = string(line[9:12])
	length := -1
	for {
		line, err = c.answers.ReadSlice('\n')
		if err != nil {
			return status, nil, err
		}
		if len(line) <= 2 {
			break
		}
		if text, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
				return status, nil, err
			}
		}
	}
	if length < 0 {
		return status, nil, errors.New("an answer without length")
	}
	if status == "201" {
		_, err = c.answers.Discard(length)
		return status, nil, err
	}
	body = make([]byte, length)
	_, err = io.ReadFull(c.answers, body)
	return status, body, err
}

package kv

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	feedQuiet = 3 * time.Second // silence after which the feed asks Redis for a sign of life; twice this is an outage
	feedPause = time.Second     // between two attempts to connect
)

// feed listens to every channel of the product on one connection and hands the payloads to the hub. All servers hear
// everything: a message is one per committed batch, not one per person, so that costs less than keeping Redis's list of
// subscriptions in step with the hub's.
type feed struct {
	client *redis.Client
	hub    *hub
	prefix string
	log    *slog.Logger

	mu      sync.Mutex
	started bool
	up      bool
	settled chan struct{} // closed when the first attempt to connect has succeeded or failed
	stop    context.CancelFunc
	done    chan struct{}
	closed  bool
}

func newFeed(client *redis.Client, hub *hub, prefix string, log *slog.Logger) *feed {
	return &feed{client: client, hub: hub, prefix: prefix, log: log, settled: make(chan struct{}), done: make(chan struct{})}
}

// await starts the feed when it is not running and waits until it has connected or failed to, or callTime has passed.
// Subscribing goes on in all these cases: a feed that connects later tells its listeners to read again.
func (f *feed) await(ctx context.Context) error {
	if err := f.start(ctx); err != nil {
		return err
	}
	limit := time.NewTimer(callTime)
	defer limit.Stop()
	select {
	case <-f.settled:
	case <-limit.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func (f *feed) start(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	if f.started {
		return nil
	}
	f.started = true
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // lives as long as the store, not as its first subscriber
	f.stop = stop
	go f.run(ctx)
	return nil
}

func (f *feed) close() {
	f.mu.Lock()
	f.closed = true
	started := f.started
	f.mu.Unlock()
	if started {
		f.stop()
		<-f.done
	}
}

// connected reports whether what is published now will come back through Redis.
func (f *feed) connected() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.up
}

// change notes whether the feed is connected. Whoever is listening when it comes up has waited through a gap.
func (f *feed) change(up bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.up = up
	if up {
		f.hub.resync()
	}
	select {
	case <-f.settled:
	default:
		close(f.settled)
	}
}

func (f *feed) run(ctx context.Context) {
	defer close(f.done)
	for ctx.Err() == nil {
		err := f.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		f.log.Debug("the redis feed was lost", "err", err)
		f.change(false)
		pause(ctx, feedPause)
	}
}

// listen connects and delivers until the connection is lost or ctx ends.
func (f *feed) listen(ctx context.Context) error {
	conn := f.client.PSubscribe(ctx, f.prefix+"*")
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // a read does not notice the end of ctx
	defer func() { _ = conn.Close() }()
	asked := false
	for {
		message, err := conn.ReceiveTimeout(ctx, feedQuiet)
		if err != nil && (asked || !isTimeout(err)) {
			return err
		}
		if asked = err != nil; asked {
			if err := conn.Ping(ctx); err != nil {
				return err
			}
			continue
		}
		f.receive(message)
	}
}

func (f *feed) receive(message any) {
	switch m := message.(type) {
	case *redis.Subscription:
		f.change(true)
	case *redis.Message:
		f.hub.deliver(strings.TrimPrefix(m.Channel, f.prefix), m.Payload)
	}
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

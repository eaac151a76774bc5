package kv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"themeday/server/clock"
)

// How long Redis may take. The library's own limits would let a hung Redis cost a request ten seconds and more.
const (
	callTime = 200 * time.Millisecond // a whole call, whatever happens in it
	dialTime = 200 * time.Millisecond
	stepTime = 100 * time.Millisecond // one read, one write, or the wait for a free connection
)

// Redis is the KV that several servers share. It starts its one goroutine, which listens for messages, with the first
// Subscribe; Close ends it.
type Redis struct {
	client  *redis.Client
	prefix  string
	breaker *breaker
	hub     *hub
	feed    *feed
	closed  atomic.Bool
}

// Option changes how OpenRedis works.
type Option func(*options)

type options struct {
	clk clock.Clock
	log *slog.Logger
}

// WithClock sets the clock that the breaker pauses by; the machine's without it. Entries expire by Redis's clock.
func WithClock(clk clock.Clock) Option { return func(o *options) { o.clk = clk } }

// WithLogger sets where the loss and the return of Redis are reported; nowhere without it.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// OpenRedis returns the store at rawURL, redis://[user:password@]host:port[/database] or rediss:// for TLS. Every key
// begins with "themeday:". It does not connect: a server must start while Redis is away, and the first call finds out.
// The error says that the URL cannot be read, without the password in it.
func OpenRedis(rawURL string, opts ...Option) (KV, error) {
	o := options{clk: clock.System(), log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&o)
	}
	if _, err := url.Parse(rawURL); err != nil { // its message repeats the URL
		return nil, errors.New("kv: the Redis URL cannot be read; expected redis://[user:password@]host:port[/database]")
	}
	settings, err := redis.ParseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("kv: the Redis URL: %w", err)
	}
	limitTimes(settings)
	redis.SetLogger(quiet{})
	r := &Redis{client: redis.NewClient(settings), prefix: "themeday:", hub: newHub()}
	r.breaker = &breaker{clk: o.clk, change: func(open bool) { reportChange(o.log, open) }}
	// channels, unlike keys, are not kept apart by the number of the database
	r.feed = newFeed(r.client, r.hub, r.prefix+strconv.Itoa(settings.DB)+":", o.log)
	return r, nil
}

// limitTimes overrides whatever the URL says about waiting, and turns off what this package does not use.
func limitTimes(s *redis.Options) {
	s.DialTimeout, s.ReadTimeout, s.WriteTimeout, s.PoolTimeout = dialTime, stepTime, stepTime, stepTime
	s.MaxRetries, s.DialerRetries = -1, 1
	s.ContextTimeoutEnabled = true
	s.Protocol, s.DisableIdentity, s.PipelinePoolSize = 2, true, -1
	s.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// quiet drops the library's own lines: it writes one per failed connection, the breaker one per outage.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func reportChange(log *slog.Logger, open bool) {
	if open {
		log.Warn("redis does not answer; going on without it")
		return
	}
	log.Info("redis answers again")
}

// do makes one call within callTime, unless Redis is known to be away.
func (r *Redis) do(ctx context.Context, call func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.closed.Load() {
		return ErrClosed
	}
	if !r.breaker.allow() {
		return ErrUnavailable
	}
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := call(limited)
	r.breaker.report(judge(ctx, err))
	switch {
	case err == nil, errors.Is(err, redis.Nil):
		return err
	case errors.Is(err, redis.ErrClosed):
		return ErrClosed
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// judge tells what the result of a call made for ctx says about Redis.
func judge(ctx context.Context, err error) outcome {
	var reply redis.Error
	switch {
	case err == nil, errors.As(err, &reply):
		return answered
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, redis.ErrClosed), errors.Is(err, redis.ErrPoolTimeout):
		return abandoned
	}
	return silent
}

// Get implements KV.
func (r *Redis) Get(ctx context.Context, key string) (string, bool, error) {
	var val string
	err := r.do(ctx, func(ctx context.Context) (err error) {
		val, err = r.client.Get(ctx, r.value(key)).Result()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	return val, err == nil, err
}

// Set implements KV.
func (r *Redis) Set(ctx context.Context, key, val string, ttl time.Duration) error {
	if err := checkWrite(key, val, ttl); err != nil {
		return err
	}
	return r.do(ctx, func(ctx context.Context) error {
		return r.client.Set(ctx, r.value(key), val, ttl).Err()
	})
}

// SetNX implements KV.
func (r *Redis) SetNX(ctx context.Context, key, val string, ttl time.Duration) (bool, error) {
	if err := checkWrite(key, val, ttl); err != nil {
		return false, err
	}
	err := r.do(ctx, func(ctx context.Context) error {
		return r.client.SetArgs(ctx, r.value(key), val, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	})
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return err == nil, err
}

// Delete implements KV.
func (r *Redis) Delete(ctx context.Context, key string) error {
	return r.do(ctx, func(ctx context.Context) error { return r.client.Del(ctx, r.value(key)).Err() })
}

// CompareAndDelete implements KV.
func (r *Redis) CompareAndDelete(ctx context.Context, key, val string) (bool, error) {
	n, err := r.run(ctx, compareAndDeleteScript, r.value(key), val)
	return err == nil && n[0] == 1, err
}

// Incr implements KV.
func (r *Redis) Incr(ctx context.Context, key string, ttl time.Duration) (int64, error) {
	if err := checkWrite(key, "", ttl); err != nil {
		return 0, err
	}
	n, err := r.run(ctx, incrScript, r.value(key), ttl.Milliseconds())
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// Allow implements KV.
func (r *Redis) Allow(ctx context.Context, key string, l Limit) (Decision, error) {
	if err := l.check(key); err != nil {
		return Decision{}, err
	}
	n, err := r.run(ctx, allowScript, r.prefix+limits+key, l.Rate, l.Burst)
	if err != nil {
		return Decision{}, err
	}
	return Decision{Allowed: n[0] == 1, RetryAfter: time.Duration(n[1]) * time.Millisecond}, nil
}

// Publish implements KV.
func (r *Redis) Publish(ctx context.Context, channel, payload string) error {
	err := r.do(ctx, func(ctx context.Context) error {
		return r.client.Publish(ctx, r.feed.prefix+channel, payload).Err()
	})
	if err != nil || !r.feed.connected() {
		r.hub.deliver(channel, payload)
	}
	return err
}

// Subscribe implements KV.
func (r *Redis) Subscribe(ctx context.Context, channel string) (Subscription, error) {
	if err := r.feed.await(ctx); err != nil {
		return nil, err
	}
	return r.hub.subscribe(channel)
}

// Ping implements KV.
func (r *Redis) Ping(ctx context.Context) error {
	return r.do(ctx, func(ctx context.Context) error { return r.client.Ping(ctx).Err() })
}

// Close implements KV.
func (r *Redis) Close() error {
	r.closed.Store(true)
	r.feed.close()
	r.hub.close()
	if err := r.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("kv: close: %w", err)
	}
	return nil
}

// value is the name in Redis of a value or counter.
func (r *Redis) value(key string) string { return r.prefix + values + key }

// run calls script and returns its reply, a number or a list of two.
func (r *Redis) run(ctx context.Context, script *redis.Script, key string, args ...any) ([]int64, error) {
	var reply []int64
	err := r.do(ctx, func(ctx context.Context) (err error) {
		cmd := script.Run(ctx, r.client, []string{key}, args...)
		if _, list := cmd.Val().([]any); list {
			reply, err = cmd.Int64Slice()
			return err
		}
		n, err := cmd.Int64()
		reply = []int64{n}
		return err
	})
	return reply, err
}

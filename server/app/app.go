// Package app builds the program from its parts, starts it and stops it. It is the only package that knows them all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"themeday/server/audit"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/kv"
	"themeday/server/mydata"
	"themeday/server/org"
	"themeday/server/recall"
	"themeday/server/remind"
	"themeday/server/roster"
	"themeday/server/site"
	"themeday/server/store"
	"themeday/server/web"
	"themeday/server/wechat/sim"
)

// App is the built program. Tests use its parts; main only runs it.
type App struct {
	Config  config.Config
	Clock   clock.Clock
	DB      *store.DB
	Cache   kv.KV
	Queue   *jobs.Queue
	Watch   *recall.Watch
	Orgs    *org.Service
	Roster  *roster.Service
	Sites   *site.Service
	Events  *event.Service
	Checkin *checkin.Service
	Remind  *remind.Service
	MyData  *mydata.Service
	API     *web.API
	Sealer  *audit.Sealer
	Sim     *sim.Sim // nil unless WeChat is simulated in this process

	log      *slog.Logger
	ids      *ident.Source
	metrics  *web.Metrics
	demo     *clock.Adjustable // nil in production
	bare     bool              // leaves an empty database empty
	unwatch  func()            // ends the watch over the message templates; nil before Start
	stopOnce sync.Once
}

// Option changes how an App is built, for tests.
type Option func(*App)

// WithClock makes the program run by this clock.
func WithClock(c *clock.Adjustable) Option {
	return func(a *App) { a.Clock, a.demo = c, c }
}

// WithoutDemo leaves the database empty and the simulator without people.
func WithoutDemo() Option {
	return func(a *App) { a.bare = true }
}

// New opens the database and the cache, brings the tables up to date and builds everything. The error says what could
// not be reached or read, without secrets. Nothing runs until Start.
func New(ctx context.Context, cfg config.Config, log *slog.Logger, options ...Option) (*App, error) {
	a := &App{Config: cfg, log: log, metrics: web.NewMetrics(), Clock: clock.System()}
	if cfg.Mode == config.Demo {
		a.demo = clock.NewAdjustable(clock.System())
		a.Clock = a.demo
	}
	for _, option := range options {
		option(a)
	}
	a.ids = ident.NewSource(a.Clock, nil)
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// open connects to what runs outside this process. Both problems are told at once.
func (a *App) open(ctx context.Context) error {
	var err error
	a.DB, err = store.Open(ctx, a.Config.DatabaseDSN)
	cache, cacheErr := a.openCache()
	a.Cache = cache
	if err != nil || cacheErr != nil {
		return errors.Join(err, cacheErr, a.close())
	}
	a.DB.Observe(a.metrics.Statement)
	if err := a.DB.Migrate(ctx); err != nil {
		return errors.Join(err, a.close())
	}
	a.DB.WarnWeakDurability(ctx, a.log)
	return nil
}

// openCache: a Redis that is away is no reason not to start, since it holds only what may vanish.
func (a *App) openCache() (kv.KV, error) {
	if a.Config.RedisURL == "" {
		return kv.NewMemory(a.Clock), nil
	}
	return kv.OpenRedis(a.Config.RedisURL, kv.WithLogger(a.log))
}

// jobsPerLine is how many jobs are worked on for each message that may be on its way: while some wait for WeChat, others
// are made ready or written down, which takes as long where many share one commit.
const jobsPerLine = 3

func (a *App) build(ctx context.Context) error {
	account, err := a.connectWeChat()
	if err != nil {
		return err
	}
	vault, err := newVault(a.Config)
	if err != nil {
		return err
	}
	a.Queue = jobs.New(a.DB, a.Clock, a.ids, a.log, jobs.Options{Workers: jobsPerLine * a.Config.Workers})
	a.Sealer = audit.NewSealer(a.DB, a.log)
	a.Watch = recall.NewWatch(a.DB, a.Clock, a.ids, a.log)
	a.Orgs = org.New(org.Deps{
		DB: a.DB, Clock: a.Clock, IDs: a.ids, WeChat: account, Vault: vault, Log: a.log, Demo: a.Config.Mode == config.Demo, Watch: a.Watch,
		Cache: a.Cache, Secret: []byte(a.Config.Secret), PublicURL: a.Config.PublicURL,
	})
	a.Roster = roster.New(roster.Deps{DB: a.DB, Clock: a.Clock, IDs: a.ids, Orgs: a.Orgs, Queue: a.Queue, Cache: a.Cache, Log: a.log})
	a.Sites = site.New(site.Deps{DB: a.DB, Clock: a.Clock, IDs: a.ids, People: a.Orgs, Painter: account, PublicURL: a.Config.PublicURL})
	a.Events = event.New(a.DB, a.Clock, a.ids, a.Orgs)
	a.Events.Remember(a.Watch)
	a.Checkin, err = checkin.New(checkin.Deps{
		DB: a.DB, Clock: a.Clock, IDs: a.ids, Cache: a.Cache, People: a.Orgs, Events: a.Events, Sites: a.Sites, Painter: account, Log: a.log,
		PublicURL: a.Config.PublicURL, Secret: []byte(a.Config.Secret), Observe: a.metrics.Checkin,
	})
	if err != nil {
		return err
	}
	if err := a.buildReminders(ctx, account); err != nil {
		return err
	}
	a.buildMyData()
	a.Events.SetAttendance(a.Checkin)
	a.Events.SetSites(a.Sites)
	a.Events.Follow(a.Checkin)
	a.Events.Follow(a.Remind)
	a.Checkin.FollowRequests(a.Remind)
	a.Orgs.SetInbox(a.Remind)
	a.Orgs.SetDesks(a.Events, a.Checkin, a.Sites)
	a.Orgs.HasStake("events", a.Events.Stake())
	a.Orgs.HasStake("sites", a.Sites.Stake())
	a.buildAPI()
	if err := errors.Join(a.buildPush(), a.buildOfficialPush()); err != nil {
		return err
	}
	a.buildPruning()
	if err := a.planPruning(ctx, a.Clock.Now()); err != nil {
		return err
	}
	if err := a.Remind.PlanLadder(ctx, a.DB.Write(), a.Clock.Now()); err != nil {
		return err
	}
	if err := a.prepareRoster(ctx); err != nil {
		return err
	}
	if a.demo != nil && a.Sim != nil && !a.bare {
		return a.loadDemo(ctx)
	}
	return nil
}

func (a *App) buildAPI() {
	limits := a.Config.Limits
	a.API = web.New(web.Options{
		Log: a.log, Clock: a.Clock, IDs: a.ids, Cache: a.Cache, Sessions: a.Orgs, Metrics: a.metrics, ClientDir: a.Config.ClientDir,
		Secure: a.Config.Mode == config.Production, TrustedProxies: a.Config.TrustedProxies,
		Limits: web.Limits{
			Address: kv.Limit{Rate: limits.AddressRate, Burst: limits.AddressBurst},
			Session: kv.Limit{Rate: limits.SessionRate, Burst: limits.SessionBurst},
		},
		Ready: a.ready, Notes: a.templateNotes,
	})
	a.Orgs.Routes(a.API)
	a.Roster.Routes(a.API)
	a.Sites.Routes(a.API)
	a.Events.Routes(a.API)
	a.Checkin.Routes(a.API)
	a.Remind.Routes(a.API)
	a.MyData.Routes(a.API)
	a.routeDeadJobs()
	a.routeAudit()
	if a.Sim != nil {
		a.API.Mount("/__sim", a.Sim.Control())
	}
	a.metrics.Gauge("checkins_waiting", "Check-ins that wait for their commit.", func() float64 { return float64(a.Checkin.Waiting()) })
	a.metrics.Gauge("jobs_ready", "Jobs that wait, due or not.", a.depth(func(d jobs.Depth) int { return d.Ready }))
	a.metrics.Gauge("jobs_running", "Jobs being worked on.", a.depth(func(d jobs.Depth) int { return d.Running }))
	a.metrics.Gauge("jobs_dead", "Jobs given up.", a.depth(func(d jobs.Depth) int { return d.Dead }))
}

// probe bounds what health and metrics ask of the database.
const probe = 2 * time.Second

func (a *App) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), probe)
	defer cancel()
	return a.DB.Ping(ctx)
}

func (a *App) depth(of func(jobs.Depth) int) func() float64 {
	return func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), probe)
		defer cancel()
		depth, err := a.Queue.Len(ctx)
		if err != nil {
			return -1
		}
		return float64(of(depth))
	}
}

// Start begins the work that nobody waits for.
func (a *App) Start() {
	if a.demo != nil {
		a.demo.OnMove(a.Queue.Wake)
	}
	a.Watch.Start()
	a.Sealer.Start()
	a.Queue.Start()
	a.unwatch = a.watchTemplates()
}

// Stop ends that work, waiting for what is in flight until ctx ends, and closes the connections. It may be called twice.
func (a *App) Stop(ctx context.Context) (err error) {
	a.stopOnce.Do(func() {
		a.Checkin.Stop()
		a.Watch.Stop()
		if a.unwatch != nil {
			a.unwatch()
		}
		err = a.Queue.Stop(ctx)
		a.Sealer.Stop() // last, so that nothing is left without a seal when all is well
		err = errors.Join(err, a.close())
	})
	return err
}

func (a *App) close() error {
	var problems []error
	if a.DB != nil {
		problems = append(problems, a.DB.Close())
	}
	if a.Cache != nil {
		problems = append(problems, a.Cache.Close())
	}
	return errors.Join(problems...)
}

// Time limits of the listener. Live connections leave the HTTP server when they are upgraded and have their own.
const (
	readTimeout  = 15 * time.Second // of headers and body together: one deadline less to set for every request
	writeTimeout = 30 * time.Second
	idleTimeout  = 2 * time.Minute
	maxHeader    = 16 << 10
)

// garbage is how much may gather before it is collected, in percent of what is in use. In use are a few megabytes, and a
// hall that checks in leaves hundreds a second: with Go's own 100 a tenth of the processor would go into collecting.
const garbage = 400

// Serve listens and works until ctx ends, then finishes what is in flight. ready is called with the address.
func (a *App) Serve(ctx context.Context, ready func(addr string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("app: %w", err), a.Stop(ctx))
	}
	var unused fresh
	server := &http.Server{
		ConnState: unused.follow, Handler: a.API.Handler(), ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(unused.close)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	a.Start()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ready(listener.Addr().String())
	select {
	case err := <-failed:
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Config.ShutdownTimeout)
	defer cancel()
	a.Checkin.Stop() // live connections would keep the server from stopping
	err = server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) { // somebody is still sending: the retry will find another server
		a.log.Warn("requests were cut off", "after", a.Config.ShutdownTimeout.String())
		err = server.Close()
	}
	return errors.Join(err, a.Stop(ending))
}

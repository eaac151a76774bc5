// Package jobs is a durable queue of work on the database.
//
// A job is a row, written in the transaction of its cause: it exists if and only if the cause happened. A server claims
// it for the length of a lease, under a claim number of its own (Options.Lease); completing it demands that claim and
// a lease that still runs. So a job is run at least once, by one worker at a time, and a worker that was held up for
// longer than its lease cannot spoil what another one has meanwhile done. Handlers must bear being run again.
//
// Nobody starves: kinds take turns, and within a kind a priority is worth a minute of waiting for each step (fair).
//
// The statements are the portable kind: a plain query for what is due, then a guarded update for all that are to be run
// now; those that went well end together in one more. No engine needs row locks for it. That only one job of a serial key
// runs at a time is a unique index, not a promise. What a claim costs depends neither on what is finished nor on what is
// planned for later: each part of the query is a range of one index.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/store"
)

// Job is one piece of work. Kind and Payload are all that is needed to enqueue one; the queue fills in ID, Attempt and
// Last when it hands the job to its handler.
type Job struct {
	Kind     string    // names the handler, at most 32 bytes
	Payload  any       // anything that JSON can hold; read it with Decode
	Unique   string    // "" or a key, at most 96 bytes: as long as a job with this key is kept, another one is not added
	Serial   string    // "" or a key, at most 96 bytes: jobs of the same key run one at a time, in no promised order
	RunAt    time.Time // not before this instant; zero is at once
	Priority int       // Urgent, Ordinary or Patient; other numbers count as the nearest of them

	ID      ident.ID
	Attempt int  // counts the claims, from 1; Postpone gives one back
	Last    bool // an error now makes the job dead
}

// Decode reads the payload into a pointer.
func (j Job) Decode(into any) error {
	raw, ok := j.Payload.(json.RawMessage)
	if !ok {
		return errors.New("jobs: the payload has not been through the queue")
	}
	return json.Unmarshal(raw, into)
}

// Handler does the work of one kind. Its context ends shortly before the lease does. nil completes the job;
// Postpone and GiveUp say what else; after any other error it is tried again, later and later.
type Handler func(ctx context.Context, j Job) error

// Undertaker is told, in the transaction in which a job dies or is revived, so that what the job was for can be said to
// have failed, or to be tried again.
type Undertaker func(ctx context.Context, tx bun.IDB, j Job) error

// Options tune a queue. Zero values take the defaults, which suit work that talks to other people's servers.
type Options struct {
	Workers     int           // jobs run at the same time by Start; default 4
	Poll        time.Duration // how often to look for due work without Wake; default 1 s
	Lease       time.Duration // after which a silent worker counts as dead; default 2 min
	MaxAttempts int           // claims before a job is dead; default 20
	Backoff     time.Duration // wait after the first failure, doubled with each further one; default 5 s
	MaxBackoff  time.Duration // longest wait; default 1 h
	Keep        time.Duration // how long finished jobs, and with them their Unique keys, are kept; default 72 h
}

func (o Options) withDefaults() Options {
	setDefault(&o.Workers, 4)
	setDefault(&o.Poll, time.Second)
	setDefault(&o.Lease, 2*time.Minute)
	setDefault(&o.MaxAttempts, 20)
	setDefault(&o.Backoff, 5*time.Second)
	setDefault(&o.MaxBackoff, time.Hour)
	setDefault(&o.Keep, 72*time.Hour)
	return o
}

func setDefault[T int | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// Queue hands jobs to handlers. It is safe for concurrent use; any number of queues, in any number of processes, may
// work on one database.
type Queue struct {
	db    *store.DB
	clock clock.Clock
	ids   *ident.Source
	log   *slog.Logger
	opts  Options
	wake  chan struct{}

	mu        sync.Mutex
	handlers  map[string]Handler
	turns     []string // the kinds with a handler, the one that was served longest ago first
	buried    map[string]Undertaker
	revived   map[string]Undertaker
	stop      func()        // ends the loop; nil when it does not run
	abandon   func()        // ends the contexts of handlers
	stopped   chan struct{} // closed when the loop and all handlers have returned
	nextPrune time.Time
}

// New returns a queue that does nothing until RunDue or Start. A nil log is silent.
func New(db *store.DB, clk clock.Clock, ids *ident.Source, log *slog.Logger, opts Options) *Queue {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Queue{
		db: db, clock: clk, ids: ids, log: log, opts: opts.withDefaults(), wake: make(chan struct{}, 1),
		handlers: map[string]Handler{}, buried: map[string]Undertaker{}, revived: map[string]Undertaker{},
	}
}

// Handle sets who works on a kind. Kinds without a handler are left for servers that know them.
func (q *Queue) Handle(kind string, h Handler) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.handlers[kind] == nil {
		q.turns = append(q.turns, kind)
	}
	q.handlers[kind] = h
}

// Buried sets who is told when a job of the kind becomes dead.
func (q *Queue) Buried(kind string, u Undertaker) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.buried[kind] = u
}

// Revived sets who is told when a dead job of the kind is to be tried again.
func (q *Queue) Revived(kind string, u Undertaker) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.revived[kind] = u
}

func (q *Queue) handler(kind string) Handler {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.handlers[kind]
}

func (q *Queue) kinds() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.turns)
}

// The widths of the columns.
const (
	maxKind    = 32
	maxKey     = 96
	maxPayload = 60_000
)

// Enqueue adds the jobs in the caller's transaction. After the commit they are found within Options.Poll, or at once
// with Wake. It returns an error for a job that does not fit, and the database's errors.
func (q *Queue) Enqueue(ctx context.Context, tx bun.IDB, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	now := q.clock.Now()
	rows := make([]row, len(jobs))
	for i, j := range jobs {
		payload, err := j.check()
		if err != nil {
			return err
		}
		runAt := j.RunAt
		if runAt.IsZero() {
			runAt = now
		}
		rows[i] = row{
			ID: q.ids.New(), Kind: j.Kind, UniqueKey: j.Unique, SerialKey: j.Serial, Payload: string(payload), Priority: max(Urgent, min(j.Priority, Patient)),
			State: ready, RunAt: clock.Millis(runAt), CreatedAt: clock.Millis(now), UpdatedAt: clock.Millis(now),
		}
	}
	return q.insert(ctx, tx, rows)
}

func (j Job) check() (payload []byte, err error) {
	if payload, err = json.Marshal(j.Payload); err != nil {
		return nil, fmt.Errorf("jobs: payload of %s: %w", j.Kind, err)
	}
	fits := j.Kind != "" && len(j.Kind) <= maxKind && len(j.Unique) <= maxKey && len(j.Serial) <= maxKey &&
		len(payload) <= maxPayload
	if !fits {
		return nil, fmt.Errorf("jobs: a job of kind %q does not fit", j.Kind)
	}
	return payload, nil
}

// Depth is how much work there is.
type Depth struct {
	Ready   int // waiting, due or not
	Running int
	Dead    int // given up; kept until somebody looks at them
}

// Len counts the jobs that are not finished.
func (q *Queue) Len(ctx context.Context) (Depth, error) { return q.count(ctx) }

// Prune deletes jobs that were finished more than Options.Keep ago and returns how many. Dead ones stay.
func (q *Queue) Prune(ctx context.Context) (int, error) {
	return q.deleteDone(ctx, q.clock.Now().Add(-q.opts.Keep))
}

package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"themeday/server/store"
)

// Every is how often a sealer looks for new entries, and about how long an entry is without its seal.
const Every = time.Second

// Sealer seals what is new, again and again. Any number of them may work on one database.
type Sealer struct {
	db  *store.DB
	log *slog.Logger

	mu      sync.Mutex
	stop    context.CancelFunc
	stopped chan struct{}
}

// NewSealer returns a Sealer that does nothing until Start.
func NewSealer(db *store.DB, log *slog.Logger) *Sealer { return &Sealer{db: db, log: log} }

// Start seals until Stop. Starting twice is starting once.
func (s *Sealer) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.stopped = stop, make(chan struct{})
	go s.loop(ctx)
}

// Stop seals what is there now and ends. Stopping twice is fine.
func (s *Sealer) Stop() {
	s.mu.Lock()
	stop, stopped := s.stop, s.stopped
	s.mu.Unlock()
	if stop != nil {
		stop()
		<-stopped
	}
}

// All seals until nothing is left to do here.
func (s *Sealer) All(ctx context.Context) error {
	for {
		if n, err := Seal(ctx, s.db); err != nil || n == 0 {
			return err
		}
	}
}

func (s *Sealer) loop(ctx context.Context) {
	defer close(s.stopped)
	ticker := time.NewTicker(Every)
	defer ticker.Stop()
	failing := false
	for {
		ending := ctx.Err() != nil
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience/100)
		err := s.All(bounded)
		cancel()
		if (err != nil) != failing {
			failing = err != nil
			s.log.WarnContext(ctx, "sealing the audit", "works", !failing, "cause", err)
		}
		if ending {
			return
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

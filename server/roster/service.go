package roster

import (
	"context"
	"log/slog"
	"sync"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/jobs"
	"themeday/server/kv"
	"themeday/server/org"
	"themeday/server/store"
)

// Service is the use cases of this package.
type Service struct {
	db      *store.DB
	clock   clock.Clock
	ids     *ident.Source
	orgs    *org.Service
	queue   *jobs.Queue
	cache   kv.KV
	log     *slog.Logger
	reading sync.Mutex // one file is read at a time, so that it takes no more than one core
}

// Deps are what the service needs.
type Deps struct {
	DB    *store.DB
	Clock clock.Clock
	IDs   *ident.Source
	Orgs  *org.Service
	Queue *jobs.Queue
	Cache kv.KV // keeps how far a job has come
	Log   *slog.Logger
}

// New returns the service, and makes the queue write what is applied.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, ids: d.IDs, orgs: d.Orgs, queue: d.Queue, cache: d.Cache, log: d.Log}
	d.Queue.Handle(jobApply, s.write)
	d.Queue.Buried(jobApply, func(ctx context.Context, tx bun.IDB, j jobs.Job) error {
		var p applyPayload
		if err := j.Decode(&p); err != nil {
			return err
		}
		return s.fail(ctx, tx, p.Import, errNotWritten.Message)
	})
	return s
}

var (
	errStopped     = fault.Conflict("import_stopped", "已取消，没有导入任何内容")
	errNoImport    = fault.NotFound("not_found", "没有找到这次导入，可能已过期，请重新上传")
	errNotReady    = fault.Conflict("import_not_ready", "这次导入已经提交，不能再改")
	errUndecided   = fault.Conflict("undecided", "还有存疑的人没有定，请逐条选择，或先不导入")
	errDecision    = fault.Invalid("invalid_input", "有的行不能这样处理，请刷新后重选").WithField("decision", "有的行不能这样处理")
	errChanged     = fault.Conflict("roster_changed", "预览之后花名册又有改动，这次没有写入任何内容。请重新上传同一文件")
	errNotWritten  = fault.Conflict("not_written", "系统繁忙，没有写入任何内容。请稍后重新上传")
	errNothingToDo = fault.Conflict("nothing_to_do", "没有需要写入的内容")
)

// Import returns an import to those who keep the roster it is about; for anybody else, and after its day, it is not there.
func (s *Service) Import(ctx context.Context, actor authz.Actor, id ident.ID) (Import, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Import{}, err
	}
	im, err := s.importByID(ctx, s.db.Read(), id)
	if err != nil {
		return Import{}, err
	}
	if !s.clock.Now().Before(im.ExpiresAt) {
		return Import{}, errNoImport
	}
	if _, err := s.orgs.KeepsRoster(ctx, actor, im.OrgID); err != nil {
		return Import{}, errNoImport
	}
	return im, nil
}

// Decide sets what the person says about rows of an import that waits; without positions, about all doubtful rows that are
// still open. It returns not_found, import_not_ready, or invalid_input when one of the rows does not allow it.
func (s *Service) Decide(ctx context.Context, actor authz.Actor, id ident.ID, positions []int, d Decision) error {
	im, err := s.Import(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.advance(ctx, tx, im.ID, Ready, Ready); err != nil {
			return err
		}
		rows, err := s.rowsToDecide(ctx, tx, im.ID, positions)
		if err != nil {
			return err
		}
		if len(rows) < len(positions) {
			return errDecision
		}
		decided := make([]int, len(rows))
		for i, r := range rows {
			if decided[i] = r.Position; !allowed(r.Verdict, r.choices(), d) {
				return errDecision
			}
		}
		return s.setDecision(ctx, tx, im.ID, decided, d)
	})
}

const jobApply = "roster.apply"

type applyPayload struct {
	Import ident.ID `json:"import"`
	By     ident.ID `json:"by"`
}

// Apply hands an import to the job that writes it. Asking again changes nothing. It returns not_found, undecided while a
// doubtful row is open, nothing_to_do, or import_not_ready when it has failed.
func (s *Service) Apply(ctx context.Context, actor authz.Actor, id ident.ID) (Import, error) {
	im, err := s.Import(ctx, actor, id)
	if err != nil || im.State == Applying || im.State == Applied {
		return im, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.advance(ctx, tx, im.ID, Ready, Applying); err != nil {
			return err
		}
		c, err := s.counts(ctx, tx, im.ID)
		switch {
		case err != nil:
			return err
		case c.Undecided > 0:
			return errUndecided
		case c.Writes == 0:
			return errNothingToDo
		}
		// One at a time: two files with the same newcomer must not both find them missing.
		return s.queue.Enqueue(ctx, tx, jobs.Job{Kind: jobApply, Payload: applyPayload{im.ID, actor.MemberID}, Serial: jobApply})
	})
	if err != nil {
		return im, err
	}
	s.queue.Wake()
	im.State = Applying
	return im, nil
}

// Discard forgets an import that is not being written. It returns not_found or import_not_ready.
func (s *Service) Discard(ctx context.Context, actor authz.Actor, id ident.ID) error {
	im, err := s.Import(ctx, actor, id)
	if err != nil {
		return err
	}
	if im.State == Applying {
		return errNotReady
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return s.forget(ctx, tx, "id = ? AND state <> ?", im.ID, Applying)
	})
}

// Prune deletes imports whose day has passed.
func (s *Service) Prune(ctx context.Context) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return s.forget(ctx, tx, "expires_at <= ? AND state <> ?", clock.Millis(s.clock.Now()), Applying)
	})
}

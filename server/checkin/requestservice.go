package checkin

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
	"themeday/server/web"
)

var errNoRequest = fault.NotFound("not_found", "没有找到这个申请，可能已被删除，或不在您的范围内")

// Ask is what a member asks for.
type Ask struct {
	Key      string // of the client; the same key gives the same request
	Kind     RequestKind
	Wanted   Status
	Reason   string
	Evidence []ident.ID
}

// Ask makes a request of the actor's own. again says that the key has made it before. It returns invalid_input,
// reason_required, request_open, no_picture, or what mayAsk returns.
func (s *Service) Ask(ctx context.Context, actor authz.Actor, id ident.ID, ask Ask) (r Request, again bool, err error) {
	ask.Reason = strings.TrimSpace(ask.Reason)
	if made, err := s.askedBefore(ctx, actor, ask.Key); err != nil || made != 0 {
		r, err = s.requestFor(ctx, actor, made, err)
		return r, true, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		r, err = s.ask(ctx, tx, actor, id, ask, s.clock.Now())
		return err
	})
	if !store.IsDuplicate(err) {
		r, err = s.requestFor(ctx, actor, r.ID, err)
		return r, false, err
	}
	made, err := s.askedBefore(ctx, actor, ask.Key)
	if err == nil && made == 0 {
		err = errRequestOpen
	}
	r, err = s.requestFor(ctx, actor, made, err)
	return r, true, err
}

func (s *Service) askedBefore(ctx context.Context, actor authz.Actor, key string) (ident.ID, error) {
	if actor.MemberID == 0 {
		return 0, nil
	}
	return s.requestByKey(ctx, s.db.Write(), actor.MemberID, key)
}

func (s *Service) requestFor(ctx context.Context, actor authz.Actor, id ident.ID, err error) (Request, error) {
	if err != nil {
		return Request{}, err
	}
	r, err := s.loadRequest(ctx, s.db.Write(), id)
	if err != nil {
		return r, err
	}
	shown, err := s.judgeFor(ctx, actor, []Request{r})
	if err != nil {
		return r, err
	}
	return shown[0], nil
}

func (s *Service) ask(ctx context.Context, tx bun.IDB, actor authz.Actor, id ident.ID, ask Ask, now time.Time) (Request, error) {
	e, err := s.events.For(ctx, tx, actor, authz.SeeEvent, id)
	if err != nil {
		return Request{}, err
	}
	if err := checkWanted(ask.Kind, ask.Wanted, ask.Reason); err != nil {
		return Request{}, err
	}
	m, err := s.people.MemberByID(ctx, tx, actor.MemberID)
	if err != nil {
		return Request{}, err
	}
	x, err := s.expectationOf(ctx, tx, e, m)
	if err != nil {
		return Request{}, err
	}
	there, err := s.find(ctx, tx, id, m)
	if err != nil {
		return Request{}, err
	}
	if err := mayAsk(e, ask.Kind, x, there.Status, now); err != nil {
		return Request{}, err
	}
	r := Request{ID: s.ids.New(), Event: e, Member: m, Kind: ask.Kind, Wanted: ask.Wanted, Reason: ask.Reason}
	if err := s.insertRequest(ctx, tx, r, ask.Key, now); err != nil {
		return r, err
	}
	return r, s.attachEvidence(ctx, tx, r, ask.Evidence)
}

// Requests returns a page of requests, the latest first, and the cursor of the next page, 0 at the end. A page may hold
// fewer than the limit, or none, and yet have a next one.
func (s *Service) Requests(ctx context.Context, actor authz.Actor, q RequestQuery) ([]Request, ident.ID, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return nil, 0, err
	}
	limit := q.Limit
	q.Limit++
	rows, err := s.requestRows(ctx, actor, q)
	if err != nil {
		return nil, 0, err
	}
	rows, next := web.Cut(rows, limit, func(r requestRow) ident.ID { return r.ID })
	list, err := s.requestsOf(ctx, s.db.Read(), rows)
	if err != nil {
		return nil, 0, err
	}
	if !q.Mine {
		list = slices.DeleteFunc(list, func(r Request) bool { return !decides(actor, r) })
	}
	list, err = s.judgeFor(ctx, actor, list)
	return list, next, err
}

// judgeFor says of each request what the actor may do with it.
func (s *Service) judgeFor(ctx context.Context, actor authz.Actor, list []Request) ([]Request, error) {
	for i, r := range list {
		own, others, err := s.ownership(ctx, s.db.Read(), actor, r)
		if err != nil {
			return nil, err
		}
		list[i].MayDecide = decides(actor, r) && mayDecide(r, own, others, s.clock.Now()) == nil
		list[i].MayWithdraw = own && mayWithdraw(r) == nil
	}
	return list, nil
}

// ownership reports whether the request is the actor's own, and then whether somebody else could decide it: another one who
// holds a role on an organisation above the member, as the roll's rights go.
func (s *Service) ownership(ctx context.Context, db bun.IDB, actor authz.Actor, r Request) (own, others bool, err error) {
	if actor.MemberID != r.Member.ID {
		return false, true, nil
	}
	above := []ident.ID{}
	for _, path := range r.Event.Paths() {
		if authz.Within(r.Member.OrgPath, path) {
			above = append(above, orgsOnPath(path)...)
		}
	}
	runners, err := s.people.RunnersOf(ctx, db, above)
	delete(runners, actor.MemberID)
	return true, len(runners) > 0, err
}

// orgsOnPath returns the organisations of a path "/id/id/".
func orgsOnPath(path string) []ident.ID {
	var ids []ident.ID
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if id, err := ident.Parse(part); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Approve grants what was asked: the row says so, with the request's reason. It returns not_found, own_request,
// request_decided, request_expired, event_cancelled, or already_present.
func (s *Service) Approve(ctx context.Context, actor authz.Actor, id ident.ID, reason string) (Request, error) {
	return s.decide(ctx, actor, id, RequestApproved, strings.TrimSpace(reason))
}

// Decline refuses what was asked. It returns reason_required, or what Approve returns except already_present.
func (s *Service) Decline(ctx context.Context, actor authz.Actor, id ident.ID, reason string) (Request, error) {
	return s.decide(ctx, actor, id, RequestDeclined, strings.TrimSpace(reason))
}

var decisionActions = map[RequestState]audit.Action{RequestApproved: audit.RequestApproved, RequestDeclined: audit.RequestRefused}

func (s *Service) decide(ctx context.Context, actor authz.Actor, id ident.ID, to RequestState, reason string) (Request, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Request{}, err
	}
	var of ident.ID
	err := s.advance(ctx, id, func(ctx context.Context, tx bun.IDB, r Request, now time.Time) error {
		of = r.Event.ID
		own, others, err := s.ownership(ctx, tx, actor, r)
		switch {
		case err != nil:
			return err
		case !decides(actor, r) && !own:
			return errNoRequest
		case !decides(actor, r):
			return errOwnRequest
		case r.State == to && r.DecidedBy == actor.MemberID: // the answer was lost on the way
			return nil
		case to == RequestDeclined && len([]rune(reason)) < minReason:
			return errRequestReason
		}
		if err := mayDecide(r, own, others, now); err != nil {
			return err
		}
		if to == RequestApproved {
			if err := s.grant(ctx, tx, r, actor.MemberID, now); err != nil {
				return err
			}
		}
		decided := r
		decided.State, decided.DecidedBy, decided.DecidedAt, decided.DecisionReason = to, actor.MemberID, now, reason
		if err := s.moved(ctx, tx, r, decided, now); err != nil {
			return err
		}
		return audit.Note(ctx, tx, audit.Entry{
			At: now, Action: decisionActions[to], Subject: audit.On(audit.Member, r.Member.ID), Org: r.Member.OrgPath,
			Detail: map[string]any{"request": r.ID, "event": of, "title": r.Event.Title, "asked": r.Kind},
		})
	})
	if err == nil && to == RequestApproved {
		s.announce(ctx, of)
	}
	return s.requestFor(ctx, actor, id, err)
}

// advance runs f on the request in one transaction, again when somebody else changed the row or the request meanwhile.
func (s *Service) advance(ctx context.Context, id ident.ID, f func(context.Context, bun.IDB, Request, time.Time) error) error {
	return s.again(func() error {
		return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			r, err := s.loadRequest(ctx, tx, id)
			if err != nil {
				return err
			}
			return f(ctx, tx, r, s.clock.Now())
		})
	})
}

func (s *Service) moved(ctx context.Context, tx bun.IDB, from, to Request, now time.Time) error {
	if ok, err := s.advanceRequest(ctx, tx, from, to, now); err != nil || !ok {
		return cmp.Or[error](err, errRowChanged)
	}
	if s.requests == nil {
		return nil
	}
	return s.requests.RequestMoved(ctx, tx, to, now)
}

// grant writes what was asked into the attendance, as a correction once the event is closed.
func (s *Service) grant(ctx context.Context, tx bun.IDB, r Request, by ident.ID, now time.Time) error {
	x, err := s.expectationOf(ctx, tx, r.Event, r.Member)
	if err != nil {
		return err
	}
	there, err := s.find(ctx, tx, r.Event.ID, r.Member)
	if err != nil {
		return err
	}
	if err := mayApprove(r, there.Status); err != nil {
		return err
	}
	if r.Event.State != event.Closed { // afterwards the denominator stays as it was settled
		there.Expected = x == Expected
	}
	to := there
	to.Status, to.Source, to.At, to.RecordedBy, to.Reason, to.OpID = r.Wanted, sourceOf(r.Kind), now, by, r.Reason, r.operation()
	_, err = s.put(ctx, tx, there, to, by, now)
	return err
}

func sourceOf(kind RequestKind) Source {
	if kind == AskMakeup {
		return Makeup
	}
	return Leave
}

// Withdraw takes the actor's own request back. A leave that was approved goes back to pending, unless the row says
// something else by now. It returns not_found, request_decided or event_closed; doing it again changes nothing.
func (s *Service) Withdraw(ctx context.Context, actor authz.Actor, id ident.ID) (Request, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Request{}, err
	}
	var of ident.ID
	err := s.advance(ctx, id, func(ctx context.Context, tx bun.IDB, r Request, now time.Time) error {
		of = r.Event.ID
		if r.Member.ID != actor.MemberID {
			return errNoRequest
		}
		if r.State == RequestWithdrawn {
			return nil
		}
		if err := mayWithdraw(r); err != nil {
			return err
		}
		if err := s.takeBack(ctx, tx, r, now); err != nil {
			return err
		}
		withdrawn := r
		withdrawn.State = RequestWithdrawn
		return s.moved(ctx, tx, r, withdrawn, now)
	})
	if err == nil {
		s.announce(ctx, of)
	}
	return s.requestFor(ctx, actor, id, err)
}

func (s *Service) takeBack(ctx context.Context, tx bun.IDB, r Request, now time.Time) error {
	there, err := s.find(ctx, tx, r.Event.ID, r.Member)
	if err != nil || r.State != RequestApproved || there.OpID != r.operation() {
		return err
	}
	to := there
	to.Status, to.At, to.RecordedBy, to.Reason = Pending, now, 0, ""
	to.OpID = operation(r.Member.ID, "withdrawn"+r.ID.String())
	_, err = s.put(ctx, tx, there, to, 0, now)
	return err
}

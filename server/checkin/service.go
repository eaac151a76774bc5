package checkin

import (
	"cmp"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/org"
	"themeday/server/site"
	"themeday/server/store"
)

// People is what check-in needs to know of the roster. Package org provides it.
type People interface {
	MembersWithin(ctx context.Context, db bun.IDB, paths []string) ([]org.Member, error)
	MembersAsOf(ctx context.Context, db bun.IDB, paths []string, at time.Time) ([]org.Member, error)
	MemberAsOf(ctx context.Context, db bun.IDB, id ident.ID, paths []string, at time.Time) (m org.Member, here bool, err error)
	PlacesAsOf(ctx context.Context, db bun.IDB, paths []string, at time.Time) (map[ident.ID]string, error)
	Orgs(ctx context.Context, db bun.IDB, ids []ident.ID) ([]org.Org, error)
	MembersByID(ctx context.Context, db bun.IDB, ids []ident.ID) (map[ident.ID]org.Member, error)
	MemberByID(ctx context.Context, db bun.IDB, id ident.ID) (org.Member, error)
	OfficersOf(ctx context.Context, db bun.IDB, orgs []ident.ID) (map[ident.ID]bool, error)
	OrgForActor(ctx context.Context, actor authz.Actor, action authz.Action, id ident.ID) (org.Org, error)
	RunnersOf(ctx context.Context, db bun.IDB, orgs []ident.ID) (map[ident.ID]bool, error)
	// ActorOf returns who a user is now.
	ActorOf(ctx context.Context, user ident.ID) (authz.Actor, error)
	// RecallMember is MemberByID from memory, at most recall.Fresh old. Warm fills that memory, and that of the sessions.
	RecallMember(ctx context.Context, id ident.ID) (org.Member, error)
	Warm(ctx context.Context, paths []string) error
}

// Events is what check-in needs of events. Package event provides it.
type Events interface {
	Load(ctx context.Context, db bun.IDB, id ident.ID) (event.Event, error)
	LoadMany(ctx context.Context, db bun.IDB, ids []ident.ID) ([]event.Event, error)
	For(ctx context.Context, db bun.IDB, actor authz.Actor, action authz.Action, id ident.ID) (event.Event, error)
	// Recall is Load from memory, at most recall.Fresh old.
	Recall(ctx context.Context, id ident.ID) (event.Event, error)
	Steps(ctx context.Context, db bun.IDB, id ident.ID) ([]event.History, error)
	AtSite(ctx context.Context, db bun.IDB, at ident.ID, now, before time.Time) ([]event.Event, error)
}

// Painter draws mini-program codes.
type Painter interface {
	// MiniCode returns the picture of a code that opens page with scene, and its media type.
	MiniCode(ctx context.Context, scene, page string) (picture []byte, mediaType string, err error)
}

// Deps are what the service needs.
type Deps struct {
	DB        *store.DB
	Clock     clock.Clock
	IDs       *ident.Source
	Cache     kv.KV // attempt limits and live news; may vanish at any moment
	People    People
	Events    Events
	Sites     Sites
	Painter   Painter
	Log       *slog.Logger
	PublicURL string // before "/c/…" in codes
	Secret    []byte // the keys of tickets and personal codes are made from it
	Observe   func(result string)
}

// Service is the use cases of check-in.
type Service struct {
	db          *store.DB
	clock       clock.Clock
	ids         *ident.Source
	cache       kv.KV
	people      People
	events      Events
	sites       Sites
	painter     Painter
	log         *slog.Logger
	publicURL   string
	ticketKey   []byte
	personalKey []byte
	observe     func(result string)
	writer      *writer
	quick       *Service // the same, believing what the server remembers; see recall.go
	warmed      *warmed
	knocks      *knocks
	background  *background
	running     context.Context //nolint:containedctx // the life of the live connections, ended by Stop
	stop        context.CancelFunc
	devices     *devices
	codes       *codeBook
	drawing     *sync.Mutex     // one picture at a time is in memory
	requests    RequestFollower // may be nil
}

// New returns the service.
func New(d Deps) (*Service, error) {
	key, err := hkdf.Key(sha256.New, d.Secret, nil, "themeday scan tickets", 32)
	personal, personalErr := hkdf.Key(sha256.New, d.Secret, nil, "themeday personal codes", 32)
	running, stop := context.WithCancel(context.Background())
	s := &Service{
		running: running, stop: stop, writer: newWriter(d.DB), db: d.DB, clock: d.Clock, ids: d.IDs, cache: d.Cache, people: d.People, events: d.Events, sites: d.Sites, painter: d.Painter, log: d.Log,
		publicURL: strings.TrimSuffix(d.PublicURL, "/"), ticketKey: key, personalKey: personal, observe: d.Observe,
		warmed: &warmed{last: map[string]time.Time{}}, drawing: &sync.Mutex{}, devices: &devices{key: personal}, codes: &codeBook{},
		knocks: &knocks{again: map[ident.ID]bool{}}, background: &background{},
	}
	s.quick = s.believing()
	return s, errors.Join(err, personalErr)
}

// Scanned is the answer to a scan.
type Scanned struct {
	Ticket    string
	ExpiresAt time.Time
	Event     event.Event
	Already   *Attendance // the member has been recorded before
}

// Scan turns a scanned text into a ticket for the actor and says what it is for. Residents get one too: they can bind
// within the ticket's life.
func (s *Service) Scan(ctx context.Context, actor authz.Actor, p Proof) (Scanned, error) {
	got, named, err := s.verify(ctx, actor, p, s.clock.Now())
	if err != nil {
		s.refused(ctx, named, actor, err)
		return Scanned{}, err
	}
	t := ticket{Event: got.event.ID, User: actor.UserID, Scanned: got.at, Spoken: got.source == Spoken, Plate: got.source == Plate, Key: keyTag(got.event.CodeKey)}
	out := Scanned{Ticket: sealTicket(s.ticketKey, t), ExpiresAt: got.at.Add(ticketLife), Event: got.event}
	if actor.MemberID == 0 {
		return out, nil
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), actor.MemberID)
	if err != nil {
		return Scanned{}, err
	}
	row, err := s.find(ctx, s.db.Read(), got.event.ID, m)
	if row.Status.came() {
		out.Already = &row
	}
	return out, err
}

// Act is one check-in by a member.
type Act struct {
	Key   string // of the client; the same key gives the same answer
	Proof Proof
	Point *Point
}

// CheckInLater records a presence that a phone kept while it had no signal, judged by the instant of the scan.
func (s *Service) CheckInLater(ctx context.Context, actor authz.Actor, act Act, scanned time.Time) (Attendance, bool, error) {
	if err := judgeOffline(scanned, s.clock.Now()); err != nil {
		s.refused(ctx, 0, actor, err)
		return Attendance{}, false, err
	}
	a, _, repeated, err := s.attempt(ctx, actor, act, clock.Trim(scanned), true)
	return a, repeated, err
}

// attempt is one try of an act at the instant of the scan. What is refused is kept as a failed scan.
func (s *Service) attempt(ctx context.Context, actor authz.Actor, act Act, at time.Time, afterwards bool) (a Attendance, e event.Event, repeated bool, err error) {
	got, named, err := s.verify(ctx, actor, act.Proof, at)
	if err == nil {
		a, repeated, err = s.record(ctx, actor, got, act, afterwards)
	}
	if err == nil {
		return a, got.event, repeated, nil
	}
	if named == 0 && site.IsPlate(lastSegment(act.Proof.Code)) { // when the event is over its site's plate stands for it no more
		got.event = s.actedAt(ctx, actor, act.Key)
		named = got.event.ID
	}
	if a, ok := s.recorded(ctx, actor, named, act.Key, err); ok {
		return a, got.event, false, nil
	}
	s.refused(ctx, named, actor, err)
	return Attendance{}, event.Event{}, false, err
}

// actedAt returns the event at which the actor's act with this key was recorded; none when there is no such act.
func (s *Service) actedAt(ctx context.Context, actor authz.Actor, key string) event.Event {
	var id ident.ID
	err := s.db.Read().NewRaw("SELECT event_id FROM attendance WHERE member_id = ? AND op_id = ? ORDER BY event_id DESC LIMIT 1",
		actor.MemberID, operation(actor.MemberID, key)).Scan(ctx, &id)
	if err != nil {
		return event.Event{}
	}
	e, err := s.events.Load(ctx, s.db.Read(), id)
	if err != nil {
		return event.Event{}
	}
	return e
}

// recorded finds what an earlier try of the same act has made, for a retry that comes when its code has died or the
// event is over: the answer was lost on the way, and the same key gives the same answer.
func (s *Service) recorded(ctx context.Context, actor authz.Actor, e ident.ID, key string, refusal error) (Attendance, bool) {
	if e == 0 || actor.MemberID == 0 || fault.From(refusal).Kind != fault.KindConflict {
		return Attendance{}, false
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), actor.MemberID)
	if err != nil {
		return Attendance{}, false
	}
	a, err := s.find(ctx, s.db.Read(), e, m)
	return a, err == nil && a.Status.came() && a.OpID == operation(m.ID, key)
}

// record judges and writes a believed proof.
func (s *Service) record(ctx context.Context, actor authz.Actor, got seen, act Act, afterwards bool) (Attendance, bool, error) {
	if afterwards {
		got.source = Offline
	}
	a, err := s.judged(ctx, actor, got, act, afterwards)
	if err != nil {
		return Attendance{}, false, err
	}
	a, repeated, err := s.write(ctx, a, got.event.State == event.Closed)
	if err != nil {
		return Attendance{}, false, err
	}
	s.told(ctx, got.event.ID, repeated)
	return a, repeated, nil
}

// told counts a presence that was recorded, and knocks when it is a new one.
func (s *Service) told(ctx context.Context, e ident.ID, repeated bool) {
	if repeated {
		s.observe("repeated")
		return
	}
	s.observe("new")
	s.announce(ctx, e)
}

// judged returns the row that the presence should become, or why it is refused.
func (s *Service) judged(ctx context.Context, actor authz.Actor, got seen, act Act, afterwards bool) (Attendance, error) {
	if actor.MemberID == 0 {
		return Attendance{}, errNotBound
	}
	m, err := s.people.MemberByID(ctx, s.db.Read(), actor.MemberID)
	if err != nil {
		return Attendance{}, err
	}
	m, x, err := s.taken(ctx, s.db.Read(), got.event, m)
	if err != nil {
		return Attendance{}, err
	}
	if x == Outside {
		return Attendance{}, errNotExpected
	}
	// A ticket gives five minutes for binding and questions; that the event closes in them must not undo the scan.
	status, err := judge(got.event, got.at, afterwards || act.Proof.Ticket != "")
	return Attendance{
		EventID: got.event.ID, Member: m, Expected: x == Expected, Status: status, Source: got.source, At: got.at,
		Position: band(got.event.Place, act.Point), Revision: 1, OpID: operation(m.ID, act.Key),
	}, err
}

// write makes the row, or finds the one that was first. First presence wins; anything else gives way to a presence.
// Once the event is closed, frozen, the denominator stays as it was settled.
func (s *Service) write(ctx context.Context, a Attendance, frozen bool) (Attendance, bool, error) {
	a.Expected = a.Expected && !frozen
	made, err := s.writer.insert(ctx, a, s.clock.Now())
	if made || err != nil {
		return a, false, err
	}
	var got Attendance
	err = s.again(func() error {
		return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			there, err := s.find(ctx, tx, a.EventID, a.Member)
			if err != nil || there.Status.came() {
				got = there
				return err
			}
			if corrected, err := s.corrected(ctx, tx, there); err != nil || corrected {
				return cmp.Or[error](err, errCorrected)
			}
			to := a
			to.Expected = a.Expected || frozen && there.Expected
			got, err = s.change(ctx, tx, there, to, a.RecordedBy)
			return err
		})
	})
	return got, got.OpID != a.OpID, err
}

// change replaces a row and returns what it has become, or attendance_changed when somebody else was faster.
func (s *Service) change(ctx context.Context, tx bun.IDB, from, to Attendance, by ident.ID) (Attendance, error) {
	ok, err := s.replace(ctx, tx, from, to, by, s.clock.Now())
	if err == nil && !ok {
		err = errRowChanged
	}
	to.Revision = from.Revision + 1
	return to, err
}

// races bounds how often an act is tried again because somebody else changed the same row in between.
const races = 3

func (s *Service) again(f func() error) error {
	err := f()
	for try := 1; try < races && errors.Is(err, errRowChanged); try++ {
		err = f()
	}
	return err
}

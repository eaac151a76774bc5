package event

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/site"
	"themeday/server/store"
)

// row is an event as stored.
type row struct {
	bun.BaseModel `bun:"table:events,alias:e"`

	ID               ident.ID `bun:",pk"`
	Kind             Kind
	Title            string
	Summary          string
	HostOrgID        ident.ID
	State            State
	StartsAt         int64
	EndsAt           int64
	PlaceName        string
	PlaceAddress     string
	PlaceLat         *int64
	PlaceLng         *int64
	PlaceRadius      int
	SiteID           ident.ID
	CheckinOpensAt   int64
	CheckinClosesAt  int64
	CheckinLateAfter int64
	RemindPublished  bool
	RemindDayBefore  bool
	RemindSoon       bool
	CodeKey          string
	CancelReason     string
	CreatedBy        ident.ID
	ClientKey        *string
	PublishedAt      int64
	ClosedAt         int64
	Revision         int
	CreatedAt        int64
	UpdatedAt        int64

	RemindRecordReady bool
}

func (r *row) setReminders(c Reminders) {
	r.RemindPublished, r.RemindDayBefore, r.RemindSoon, r.RemindRecordReady = c.Published, c.DayBefore, c.Soon, c.RecordReady
}

func (r *row) reminders() Reminders {
	return Reminders{Published: r.RemindPublished, DayBefore: r.RemindDayBefore, Soon: r.RemindSoon, RecordReady: r.RemindRecordReady}
}

func (r *row) setPlace(p Place) {
	r.PlaceName, r.PlaceAddress, r.PlaceRadius = p.Name, p.Address, p.Radius
	r.PlaceLat, r.PlaceLng = p.Position.Stored()
}

func (r *row) place() Place {
	return Place{Name: r.PlaceName, Address: r.PlaceAddress, Radius: r.PlaceRadius, Position: site.StoredPosition(r.PlaceLat, r.PlaceLng)}
}

func (r *row) set(d Draftable) {
	r.Kind, r.Title, r.Summary, r.HostOrgID = d.Kind, d.Title, d.Summary, d.Host
	r.StartsAt, r.EndsAt = clock.Millis(d.StartsAt), clock.Millis(d.EndsAt)
	r.CheckinOpensAt, r.CheckinClosesAt = clock.Millis(d.Window.OpensAt), clock.Millis(d.Window.ClosesAt)
	r.CheckinLateAfter = clock.Millis(d.Window.LateAfter)
	r.setReminders(d.Reminders)
	r.setPlace(d.Place)
	r.SiteID = d.Site
}

func (r *row) event() (Event, error) {
	key, err := hex.DecodeString(r.CodeKey)
	return Event{
		ID: r.ID, Kind: r.Kind, Title: r.Title, Summary: r.Summary, State: r.State,
		StartsAt: clock.FromMillis(r.StartsAt), EndsAt: clock.FromMillis(r.EndsAt), Place: r.place(), SiteID: r.SiteID,
		Window: Window{
			OpensAt: clock.FromMillis(r.CheckinOpensAt), ClosesAt: clock.FromMillis(r.CheckinClosesAt),
			LateAfter: clock.FromMillis(r.CheckinLateAfter),
		},
		Reminders: r.reminders(),
		CodeKey:   key, CancelReason: r.CancelReason, CreatedBy: r.CreatedBy, CreatedAt: clock.FromMillis(r.CreatedAt),
		PublishedAt: clock.FromMillis(r.PublishedAt), ClosedAt: clock.FromMillis(r.ClosedAt), Revision: r.Revision,
	}, err
}

// Load returns the event with its organisations, or not_found.
func (s *Service) Load(ctx context.Context, db bun.IDB, id ident.ID) (Event, error) {
	events, err := s.find(ctx, db, "e.id = ?", id)
	return store.One(events, err, errNotFound)
}

// LoadMany returns these events in no particular order; unknown ids are left out.
func (s *Service) LoadMany(ctx context.Context, db bun.IDB, ids []ident.ID) ([]Event, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.find(ctx, db, "e.id IN (?)", bun.List(ids))
}

// find returns the events that match, in the order of the condition's ORDER BY.
func (s *Service) find(ctx context.Context, db bun.IDB, condition string, args ...any) ([]Event, error) {
	var rows []row
	if err := db.NewRaw("SELECT e.* FROM events e WHERE "+condition, args...).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	events := make([]Event, len(rows))
	for i := range rows {
		var err error
		if events[i], err = rows[i].event(); err != nil {
			return nil, err
		}
	}
	return events, s.attachOrgs(ctx, db, events)
}

// attachOrgs loads hosts and guests of all the events with one query.
func (s *Service) attachOrgs(ctx context.Context, db bun.IDB, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	ids := make([]ident.ID, len(events))
	at := make(map[ident.ID]int, len(events))
	for i, e := range events {
		ids[i], at[e.ID] = e.ID, i
	}
	var rows []struct {
		EventID ident.ID
		Part    string
		org.Org
	}
	err := db.NewRaw(`
SELECT eo.event_id, eo.part, o.id, o.parent_id, o.kind, o.name, o.path, o.theme_day
FROM event_orgs eo JOIN orgs o ON o.id = eo.org_id WHERE eo.event_id IN (?) ORDER BY o.id`, bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		e := &events[at[r.EventID]]
		if r.Part == partHost {
			e.Host = r.Org
		} else {
			e.Guests = append(e.Guests, r.Org)
		}
	}
	return err
}

const (
	partHost  = "host"
	partGuest = "guest"
)

func (s *Service) insert(ctx context.Context, tx bun.IDB, d Draftable, by ident.ID, key string, now time.Time) (ident.ID, error) {
	r := row{
		ID: s.ids.New(), State: Draft, CodeKey: hex.EncodeToString(s.ids.Bytes(codeKeyBytes)), CreatedBy: by,
		Revision: 1, CreatedAt: clock.Millis(now), UpdatedAt: clock.Millis(now),
	}
	if key != "" {
		r.ClientKey = &key
	}
	r.set(d)
	if _, err := tx.NewInsert().Model(&r).Exec(ctx); err != nil {
		return 0, err
	}
	return r.ID, s.setOrgs(ctx, tx, r.ID, d)
}

func (s *Service) setOrgs(ctx context.Context, tx bun.IDB, id ident.ID, d Draftable) error {
	if _, err := tx.NewRaw("DELETE FROM event_orgs WHERE event_id = ?", id).Exec(ctx); err != nil {
		return err
	}
	type orgRow struct {
		bun.BaseModel `bun:"table:event_orgs"`

		EventID ident.ID
		OrgID   ident.ID
		Part    string
	}
	rows := []orgRow{{EventID: id, OrgID: d.Host, Part: partHost}}
	for _, guest := range d.Guests {
		rows = append(rows, orgRow{EventID: id, OrgID: guest, Part: partGuest})
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// update writes a new content over the revision that was read.
func (s *Service) update(ctx context.Context, tx bun.IDB, e Event, d Draftable, now time.Time) (bool, error) {
	r := row{UpdatedAt: clock.Millis(now), Revision: e.Revision + 1}
	r.set(d)
	res, err := tx.NewUpdate().Model(&r).
		Column("kind", "title", "summary", "host_org_id", "starts_at", "ends_at", "place_name", "place_address", "place_lat", "place_lng",
			"place_radius", "site_id", "checkin_opens_at", "checkin_closes_at", "checkin_late_after", "remind_published", "remind_day_before",
			"remind_soon", "remind_record_ready", "revision", "updated_at").
		Where("id = ? AND state = ? AND revision = ?", e.ID, e.State, e.Revision).Exec(ctx)
	if ok, err := store.Affected(res, err); !ok || err != nil {
		return ok, err
	}
	return true, s.setOrgs(ctx, tx, e.ID, d)
}

// advance moves the event to another state, from the state and revision that were read.
func (s *Service) advance(ctx context.Context, tx bun.IDB, e Event, to State, reason string, now time.Time) (bool, error) {
	published, closed := clock.Millis(e.PublishedAt), clock.Millis(e.ClosedAt)
	switch to {
	case Published:
		published = clock.Millis(now)
	case Closed:
		closed = clock.Millis(now)
	case Cancelled, Draft:
	}
	res, err := tx.NewRaw(`
UPDATE events SET state = ?, cancel_reason = ?, published_at = ?, closed_at = ?, revision = revision + 1, updated_at = ?
WHERE id = ? AND state = ? AND revision = ?`,
		to, reason, published, closed, clock.Millis(now), e.ID, e.State, e.Revision).Exec(ctx)
	return store.Affected(res, err)
}

// reopen makes a closed event a published one again, as it was first published.
func (s *Service) reopen(ctx context.Context, tx bun.IDB, e Event, now time.Time) (bool, error) {
	res, err := tx.NewRaw("UPDATE events SET state = ?, closed_at = 0, revision = revision + 1, updated_at = ? WHERE id = ? AND state = ? AND revision = ?",
		Published, clock.Millis(now), e.ID, Closed, e.Revision).Exec(ctx)
	return store.Affected(res, err)
}

// History is one step of an event's life as it was taken.
type History struct {
	Revision int
	Step     Step
	By       ident.ID // member
	At       time.Time
	Reason   string // of a cancellation or a reopening; else ""
}

// Steps returns the steps of the event's life, the oldest first.
func (s *Service) Steps(ctx context.Context, db bun.IDB, id ident.ID) ([]History, error) {
	var rows []struct {
		Revision int
		Step     Step
		ByMember ident.ID
		At       int64
		Reason   string
	}
	err := db.NewRaw("SELECT revision, step, by_member, at, reason FROM event_steps WHERE event_id = ? ORDER BY revision", id).Scan(ctx, &rows)
	steps := make([]History, len(rows))
	for i, r := range rows {
		steps[i] = History{r.Revision, r.Step, r.ByMember, clock.FromMillis(r.At), r.Reason}
	}
	return steps, err
}

// note appends the step to the event's history.
func (s *Service) note(ctx context.Context, tx bun.IDB, id ident.ID, revision int, step Step, by ident.ID, key, reason string, now time.Time) error {
	_, err := tx.NewRaw("INSERT INTO event_steps (event_id, revision, step, by_member, at, client_key, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
		id, revision, step, by, clock.Millis(now), key, reason).Exec(ctx)
	return err
}

// stepByKey reports whether the member has already taken this step on the event with this key.
func (s *Service) stepByKey(ctx context.Context, tx bun.IDB, id ident.ID, step Step, by ident.ID, key string) (bool, error) {
	if key == "" {
		return false, nil
	}
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM event_steps WHERE event_id = ? AND step = ? AND by_member = ? AND client_key = ?",
		id, step, by, key).Scan(ctx, &n)
	return n > 0, err
}

func (s *Service) idByKey(ctx context.Context, db bun.IDB, by ident.ID, key string) (ident.ID, error) {
	var id ident.ID
	err := db.NewRaw("SELECT id FROM events WHERE created_by = ? AND client_key = ?", by, key).Scan(ctx, &id)
	if store.IsNoRows(err) {
		return 0, nil
	}
	return id, err
}

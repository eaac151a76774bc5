package site

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// People is what sites need to know about the tree. Package org provides it.
type People interface {
	Orgs(ctx context.Context, db bun.IDB, ids []ident.ID) ([]org.Org, error)
	MembersByID(ctx context.Context, db bun.IDB, ids []ident.ID) (map[ident.ID]org.Member, error)
	Receive(ctx context.Context, tx bun.IDB, ids ...ident.ID) error
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
	People    People
	Painter   Painter
	PublicURL string // before "/c/…" in codes
}

// Service is the use cases of sites.
type Service struct {
	db        *store.DB
	clock     clock.Clock
	ids       *ident.Source
	people    People
	painter   Painter
	publicURL string
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, ids: d.IDs, people: d.People, painter: d.Painter, publicURL: strings.TrimSuffix(d.PublicURL, "/")}
}

// plateKeyBytes is the length of the secret behind a plate: as long as the hash that uses it.
const plateKeyBytes = 32

// For returns the site if the actor may do the action on it; else not_found or forbidden.
func (s *Service) For(ctx context.Context, db bun.IDB, actor authz.Actor, action authz.Action, id ident.ID) (Site, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Site{}, err
	}
	found, err := s.Load(ctx, db, id)
	if err != nil {
		return Site{}, err
	}
	return found, authz.Can(actor, action, found.Object()).Fault()
}

// Create opens a site. The same key of the same member answers with the first one. It returns invalid_input, also for
// an organisation that the actor does not run: it might as well not exist.
func (s *Service) Create(ctx context.Context, actor authz.Actor, d Draftable, key string) (Site, error) {
	if err := authz.Can(actor, authz.BeMember, authz.Object{}).Fault(); err != nil {
		return Site{}, err
	}
	now, d := s.clock.Now(), d.normal()
	var made Site
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, err := s.earlier(ctx, tx, actor, key)
		if err != nil {
			return err
		}
		if id == 0 {
			if err := s.allowed(ctx, tx, actor, d); err != nil {
				return err
			}
			if id, err = s.insert(ctx, tx, d, actor.MemberID, key, now); err != nil {
				return err
			}
			if made, err = s.Load(ctx, tx, id); err != nil {
				return err
			}
			return audited(ctx, tx, audit.SiteCreated, made, now)
		}
		made, err = s.Load(ctx, tx, id)
		return err
	})
	if store.IsDuplicate(err) { // the same key, twice at once: the other one has made it
		id, err := s.idByKey(ctx, s.db.Write(), actor.MemberID, key)
		if err != nil {
			return Site{}, err
		}
		return s.Load(ctx, s.db.Write(), id)
	}
	return made, err
}

func (s *Service) earlier(ctx context.Context, tx bun.IDB, actor authz.Actor, key string) (ident.ID, error) {
	if key == "" {
		return 0, nil
	}
	return s.idByKey(ctx, tx, actor.MemberID, key)
}

// allowed checks the content, that the actor runs the organisation, and that the keepers are on the roster.
func (s *Service) allowed(ctx context.Context, tx bun.IDB, actor authz.Actor, d Draftable) error {
	orgs, err := s.people.Orgs(ctx, tx, []ident.ID{d.Org})
	if err != nil {
		return err
	}
	if len(orgs) == 0 || !orgs[0].Open() || !actor.Runs(orgs[0].Path) {
		return errOrg
	}
	if err := d.check(); err != nil {
		return err
	}
	if err := s.people.Receive(ctx, tx, d.Org); err != nil {
		return err
	}
	known, err := s.people.MembersByID(ctx, tx, d.Keepers)
	if err == nil && len(known) != len(d.Keepers) {
		err = errKeepers
	}
	return err
}

// Update replaces the content. revision is the one the client has seen, 0 when it does not care. It returns
// site_changed when somebody else was faster, site_closed, or what Create returns.
func (s *Service) Update(ctx context.Context, actor authz.Actor, id ident.ID, d Draftable, revision int) (Site, error) {
	d = d.normal()
	return s.change(ctx, actor, id, audit.SiteEdited, func(ctx context.Context, tx bun.IDB, there Site, now time.Time) (bool, error) {
		if revision != 0 && revision != there.Revision {
			return false, nil
		}
		if !there.Open() {
			return false, errClosed
		}
		if err := s.allowed(ctx, tx, actor, d); err != nil {
			return false, err
		}
		return s.update(ctx, tx, there, d, now)
	})
}

// Close takes the site out of use: its plate counts no more. It returns site_closed when it is already.
func (s *Service) Close(ctx context.Context, actor authz.Actor, id ident.ID) (Site, error) {
	return s.change(ctx, actor, id, audit.SiteClosed, func(ctx context.Context, tx bun.IDB, there Site, now time.Time) (bool, error) {
		if !there.Open() {
			return false, errClosed
		}
		return s.setClosed(ctx, tx, there, now, now)
	})
}

// Reopen takes it into use again, with the same plate. It returns site_open when it is.
func (s *Service) Reopen(ctx context.Context, actor authz.Actor, id ident.ID) (Site, error) {
	return s.change(ctx, actor, id, audit.SiteReopened, func(ctx context.Context, tx bun.IDB, there Site, now time.Time) (bool, error) {
		if there.Open() {
			return false, errIsOpen
		}
		return s.setClosed(ctx, tx, there, time.Time{}, now)
	})
}

// RenewPlate makes all earlier plates of the site worthless, for one that was stolen or copied. It returns site_closed.
func (s *Service) RenewPlate(ctx context.Context, actor authz.Actor, id ident.ID) (Site, error) {
	return s.change(ctx, actor, id, audit.PlateRenewed, func(ctx context.Context, tx bun.IDB, there Site, now time.Time) (bool, error) {
		if !there.Open() {
			return false, errClosed
		}
		return s.nextPlate(ctx, tx, there, now)
	})
}

// change is the frame of every change: allowed, guarded, on record, in one transaction.
func (s *Service) change(ctx context.Context, actor authz.Actor, id ident.ID, action audit.Action, apply func(ctx context.Context, tx bun.IDB, there Site, now time.Time) (bool, error)) (Site, error) {
	now := s.clock.Now()
	var after Site
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		there, err := s.For(ctx, tx, actor, authz.RunSite, id)
		if err != nil {
			return err
		}
		if ok, err := apply(ctx, tx, there, now); err != nil || !ok {
			return cmp.Or[error](err, errChanged)
		}
		if after, err = s.Load(ctx, tx, id); err != nil {
			return err
		}
		return audited(ctx, tx, action, after, now)
	})
	return after, err
}

func audited(ctx context.Context, tx bun.IDB, action audit.Action, s Site, now time.Time) error {
	return audit.Note(ctx, tx, audit.Entry{
		At: now, Action: action, Subject: audit.On(audit.Site, s.ID), Org: s.Object().Host, Detail: map[string]any{"name": s.Name},
	})
}

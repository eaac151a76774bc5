package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/recall"
	"themeday/server/store"
)

// WeChat tells who is behind the codes that a phone sends.
type WeChat interface {
	// Identify exchanges a login code. It returns bad_login_code for one that is unknown, used or too old, and
	// wechat_unavailable when WeChat cannot tell.
	Identify(ctx context.Context, code string) (openID, unionID string, err error)
	// Phone exchanges a phone code for the number. It returns bad_phone_code or wechat_unavailable likewise.
	Phone(ctx context.Context, code string) (string, error)
}

// Inbox keeps the messages of members.
type Inbox interface {
	// Unread says how many messages the member has not read.
	Unread(ctx context.Context, member ident.ID) (int, error)
	// Tell puts a notice into the inboxes of those whom it is for.
	Tell(ctx context.Context, tx bun.IDB, n Notice) error
}

// Service is the organisation's use cases. Exported methods that take a bun.IDB can be part of another feature's
// transaction.
type Service struct {
	db     *store.DB
	clock  clock.Clock
	ids    *ident.Source
	wechat WeChat
	vault  *Vault
	log    *slog.Logger
	inbox  Inbox
	desks  []Desk
	demo   bool

	cache     kv.KV
	seals     seals
	publicURL string
	stakes    []stake

	watch    *recall.Watch
	sessions *recall.Memory[string, session]
	members  *recall.Memory[ident.ID, Member]
}

// Deps are what the service needs.
type Deps struct {
	DB     *store.DB
	Clock  clock.Clock
	IDs    *ident.Source
	WeChat WeChat
	Vault  *Vault
	Log    *slog.Logger
	Demo   bool          // shown to clients, so that the browser offers its simulated people
	Watch  *recall.Watch // nil: nothing is remembered

	// What invitations need.
	Cache     kv.KV  // counts wrong codes
	Secret    []byte // the server's; codes and choices are made from it
	PublicURL string // before "/c/…" in codes
}

// New returns the service. Use SetInbox before serving.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, ids: d.IDs, wechat: d.WeChat, vault: d.Vault, log: d.Log, demo: d.Demo,
		cache: d.Cache, seals: newSeals(d.Secret), publicURL: d.PublicURL,
	}
	s.remember(d.Watch)
	return s
}

// SetInbox connects the messages, which a higher package keeps.
func (s *Service) SetInbox(inbox Inbox) { s.inbox = inbox }

// Errors of this package.
var (
	errMemberNotFound = authz.ErrNotFound
	errOrgNotFound    = authz.ErrNotFound
)

// tokenBytes is the length of a session token: 256 bits cannot be guessed.
const tokenBytes = 32

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Login turns a WeChat login code into a session. It returns what Identify returns.
func (s *Service) Login(ctx context.Context, code string) (token string, expires time.Time, actor authz.Actor, err error) {
	openID, unionID, err := s.wechat.Identify(ctx, code)
	if err != nil {
		return "", time.Time{}, authz.Actor{}, err
	}
	now := s.clock.Now()
	user, err := s.userByOpenID(ctx, openID, unionID, now)
	if err != nil {
		return "", time.Time{}, authz.Actor{}, err
	}
	token = s.ids.Token(tokenBytes)
	if err := s.insertSession(ctx, hashToken(token), user.ID, now); err != nil {
		return "", time.Time{}, authz.Actor{}, err
	}
	actor, err = s.Authenticate(ctx, token)
	return token, now.Add(SessionLife), actor, err
}

// Logout ends the session. An unknown token is no error: the wish is fulfilled.
func (s *Service) Logout(ctx context.Context, token string) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return s.revokeSession(ctx, tx, hashToken(token), s.clock.Now())
	})
}

// Authenticate implements web.Authenticator. Using a session prolongs it.
func (s *Service) Authenticate(ctx context.Context, token string) (authz.Actor, error) {
	hash, now := hashToken(token), s.clock.Now()
	rows, err := s.sessionRows(ctx, hash)
	if err != nil || len(rows) == 0 {
		return authz.Actor{}, err
	}
	expires := clock.FromMillis(rows[0].ExpiresAt)
	if rows[0].RevokedAt != 0 || !now.Before(expires) {
		return authz.Actor{}, nil
	}
	if needsRenewal(expires, now) {
		if err := s.prolongSession(ctx, hash, now.Add(SessionLife)); err != nil {
			s.log.WarnContext(ctx, "session not prolonged", "cause", err) // it is good for now
		}
	}
	return actorOf(rows), nil
}

// OrgForActor returns the organisation if the actor may do the action on it; else not_found or forbidden.
func (s *Service) OrgForActor(ctx context.Context, actor authz.Actor, action authz.Action, id ident.ID) (Org, error) {
	orgs, err := s.Orgs(ctx, s.db.Read(), []ident.ID{id})
	o, err := store.One(orgs, err, errOrgNotFound)
	if err != nil {
		return Org{}, err
	}
	return o, authz.Can(actor, action, authz.Object{Host: o.Path}).Fault()
}

// Masked returns the member's phone number as it may be shown; "" when there is none.
func (s *Service) Masked(m Member) string { return s.vault.Masked(m.Phone) }

// Phone returns the member's number in clear, for the simulated WeChat of the demonstration; "" when there is none.
func (s *Service) Phone(m Member) string {
	plain, err := s.vault.Open(m.Phone)
	if err != nil {
		return ""
	}
	return plain
}

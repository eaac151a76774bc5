package wechat

import (
	"context"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/util"
	"golang.org/x/sync/singleflight"

	"themeday/server/clock"
	"themeday/server/ident"
)

// Cache is what the servers of one installation share. It may lose anything at any time. Errors mean that it could not
// be reached; the client then goes on without it.
type Cache interface {
	// Get returns the value and whether there is one.
	Get(ctx context.Context, key string) (value string, ok bool, err error)
	// Set stores the value for ttl, which is at least one second.
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	// SetNX stores the value for ttl unless the key has one, and reports whether it did.
	SetNX(ctx context.Context, key, value string, ttl time.Duration) (bool, error)
	// CompareAndDelete deletes the key if it holds this value, and reports whether it did.
	CompareAndDelete(ctx context.Context, key, value string) (bool, error)
}

const (
	// tokenMargin is how long before its end WeChat starts to hand out the next stable token; both work meanwhile.
	tokenMargin = 300 * time.Second
	// minTTL: a stable token may come with exactly tokenMargin left, and a cache refuses to store for 0 seconds.
	minTTL = time.Second
	// spareLife is how old a token kept in this process may be when the cache cannot be asked; WeChat advises a minute.
	spareLife = time.Minute
	// lockLife outlasts any fetch (maxTimeout), so that a lock is never taken from a server that is still fetching.
	lockLife = maxTimeout + 5*time.Second
	// lockPatience is how long to wait for another server's fetch. Afterwards this one fetches as well: WeChat gives all
	// of them the same stable token, so the lock saves calls and is not needed for correctness.
	lockPatience = 3 * time.Second
	lockPoll     = 20 * time.Millisecond
)

// tokenShape is what a token may look like; it goes into addresses unescaped. WeChat asks for room for 512 characters.
var tokenShape = regexp.MustCompile(`^[0-9A-Za-z_-]{1,1000}$`)

// tokenKeeper keeps the access token in the shared cache and fetches it when it is not there: one fetch at a time in
// this process (fetching) and, as long as the cache works, one at a time in the installation (lock).
type tokenKeeper struct {
	key, lock string
	cache     Cache
	clock     clock.Clock
	ids       *ident.Source
	log       *slog.Logger
	fetch     func(context.Context) (token string, life time.Duration, err error)
	patience  time.Duration
	fetching  singleflight.Group

	mu      sync.Mutex
	spare   string
	spareAt time.Time
}

// get returns a token that WeChat accepted when it was last heard of. Callers who find none share one fetch and its
// fate; the fetch does not end with the caller who happened to start it, and is bounded by lockPatience and a time-out.
func (k *tokenKeeper) get(ctx context.Context) (string, error) {
	if token, _ := k.known(ctx); token != "" {
		return token, nil
	}
	fetched := k.fetching.DoChan("", func() (any, error) { return k.renewOnce(context.WithoutCancel(ctx)) })
	select {
	case result := <-fetched:
		token, _ := result.Val.(string)
		return token, result.Err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// known returns the token in the cache, or "" when there is none. When the cache cannot be asked, it returns the spare
// one, or the error when that is too old.
func (k *tokenKeeper) known(ctx context.Context) (string, error) {
	token, ok, err := k.cache.Get(ctx, k.key)
	if err != nil {
		k.log.WarnContext(ctx, "wechat token cache cannot be read", "error", err)
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.spare != "" && k.clock.Now().Sub(k.spareAt) < spareLife {
			return k.spare, nil
		}
		return "", err
	}
	if !ok || !tokenShape.MatchString(token) {
		return "", nil
	}
	return token, nil
}

// renewOnce fetches a token unless another server is doing so, in which case it waits for that one.
func (k *tokenKeeper) renewOnce(ctx context.Context) (string, error) {
	owner := k.ids.Token(12)
	patience := time.NewTimer(k.patience)
	defer patience.Stop()
	for {
		won, err := k.cache.SetNX(ctx, k.lock, owner, lockLife)
		if err != nil {
			k.log.WarnContext(ctx, "wechat token lock cannot be asked for", "error", err)
			return k.renew(ctx)
		}
		if won {
			defer k.release(ctx, owner)
		}
		if token, _ := k.known(ctx); token != "" {
			return token, nil
		}
		if won {
			return k.renew(ctx)
		}
		select {
		case <-time.After(lockPoll):
		case <-patience.C:
			return k.renew(ctx)
		}
	}
}

// release gives the lock back; otherwise the others would lose their patience over it until it expires.
func (k *tokenKeeper) release(ctx context.Context, owner string) {
	if _, err := k.cache.CompareAndDelete(ctx, k.lock, owner); err != nil {
		k.log.WarnContext(ctx, "wechat token lock cannot be released", "error", err)
	}
}

// renew fetches a token and stores it. A cache that does not take it costs only the next caller a fetch.
func (k *tokenKeeper) renew(ctx context.Context) (string, error) {
	token, life, err := k.fetch(ctx)
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	k.spare, k.spareAt = token, k.clock.Now()
	k.mu.Unlock()
	if err := k.cache.Set(ctx, k.key, token, max(life-tokenMargin, minTTL)); err != nil {
		k.log.WarnContext(ctx, "wechat token cannot be cached", "error", err)
	}
	return token, nil
}

// drop forgets a token that WeChat has refused, unless a newer one has already taken its place.
func (k *tokenKeeper) drop(ctx context.Context, failed string) {
	k.mu.Lock()
	if k.spare == failed {
		k.spare = ""
	}
	k.mu.Unlock()
	if _, err := k.cache.CompareAndDelete(ctx, k.key, failed); err != nil {
		k.log.WarnContext(ctx, "wechat token cannot be dropped", "error", err)
	}
}

const stableTokenURL = "https://" + apiHost + "/cgi-bin/stable_token"

// fetchToken asks for the stable token in normal mode: all servers get the same one, and asking replaces nothing.
// Forcing a new one is limited to 20 a day and kills the old one at once, so it is left to the operator's console.
func (c *Client) fetchToken(ctx context.Context) (token string, life time.Duration, err error) {
	request := map[string]any{
		"grant_type": "client_credential", "appid": c.cfg.AppID, "secret": c.cfg.AppSecret, "force_refresh": false,
	}
	var reply credential.ResAccessToken
	err = c.call(ctx, "token", func(ctx context.Context) error {
		body, err := util.PostJSONContext(ctx, stableTokenURL, request)
		if err != nil {
			return err
		}
		if err := decode(body, &reply); err != nil {
			return err
		}
		if !tokenShape.MatchString(reply.AccessToken) || reply.ExpiresIn <= 0 {
			return unreadable("no token in it")
		}
		return nil
	})
	return reply.AccessToken, time.Duration(reply.ExpiresIn) * time.Second, err
}

// oneToken gives the SDK exactly the token that the current attempt is made with.
type oneToken string

func (t oneToken) GetAccessToken() (string, error) { return string(t), nil }

func (t oneToken) GetAccessTokenContext(context.Context) (string, error) { return string(t), nil }

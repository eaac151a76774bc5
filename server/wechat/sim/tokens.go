package sim

import (
	"encoding/json"
	"regexp"
	"time"
)

const (
	tokenLife = 7200 * time.Second
	// tokenOverlap is how long before its end a stable token gets a successor, and how long a replaced one still works.
	tokenOverlap = 300 * time.Second
	// forceInterval and forcePerDay limit force_refresh.
	forceInterval = 30 * time.Second
	forcePerDay   = 20
)

// token is an access token of one of the two accounts.
type token struct {
	value    string
	appID    string
	dies     time.Time
	replaced bool // its death was brought forward: afterwards it is “not latest” rather than “expired”
}

var tokenForm = regexp.MustCompile(`^[0-9A-Za-z_-]{100,512}$`)

func (s *Sim) newToken(appID string, now time.Time, life time.Duration) *token {
	for value, t := range s.tokens {
		if now.Sub(t.dies) > 24*time.Hour {
			delete(s.tokens, value)
		}
	}
	if life == 0 {
		life = tokenLife
	}
	t := &token{value: "sim" + s.ids.Token(100), appID: appID, dies: now.Add(life)} // 137 characters
	s.tokens[t.value] = t
	return t
}

// replace ends a token's life at the given instant unless it ends before.
func (t *token) replace(end time.Time) {
	if t != nil && end.Before(t.dies) {
		t.dies, t.replaced = end, true
	}
}

// KillTokens ends every access token at once, as somebody else's forced refresh would: they are refused with 40001.
func (s *Sim) KillTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Clock.Now()
	for _, t := range s.tokens {
		t.replace(now)
	}
	clear(s.plain)
	clear(s.stable)
}

// checkToken returns the refusal for a token that does not work for the account; its errcode is 0 for one that does.
func (s *Sim) checkToken(value, appID string, now time.Time) reply {
	if value == "" {
		return refuse(41001, "access_token missing")
	}
	if !tokenForm.MatchString(value) {
		return refuse(40014, "invalid access_token")
	}
	t := s.tokens[value]
	switch {
	case t == nil, t.replaced && !now.Before(t.dies):
		return refuse(40001, "invalid credential, access_token is invalid or not latest, could get access_token by "+
			"getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r")
	case !now.Before(t.dies):
		return refuse(42001, "access_token expired")
	case t.appID != appID:
		return refuse(48001, "api unauthorized")
	}
	return reply{}
}

// checkApp returns the refusal for credentials of neither account; its errcode is 0 for the right ones.
func (s *Sim) checkApp(appID, secret string) reply {
	switch {
	case appID == "":
		return refuse(41002, "appid missing")
	case appID != s.opts.AppID && appID != s.opts.OfficialAppID:
		return refuse(40013, "invalid appid")
	case secret == "":
		return refuse(41004, "appsecret missing")
	case appID == s.opts.AppID && secret != s.opts.AppSecret, appID == s.opts.OfficialAppID && secret != s.opts.OfficialAppSecret:
		return refuse(40125, "invalid appsecret")
	}
	return reply{}
}

// getToken is GET /cgi-bin/token: always a new token; the one before works for another five minutes.
func (s *Sim) getToken(c call) reply {
	if c.query.Get("grant_type") != "client_credential" {
		return refuse(40002, "invalid grant_type")
	}
	appID := c.query.Get("appid")
	if refusal := s.checkApp(appID, c.query.Get("secret")); refusal.errcode != 0 {
		return refusal
	}
	if s.over("token "+appID, 2000, 24*time.Hour) {
		return refuse(45009, "reach max api daily quota limit")
	}
	s.plain[appID].replace(c.now.Add(tokenOverlap))
	s.plain[appID] = s.newToken(appID, c.now, c.life)
	return s.handOut(s.plain[appID], c.now)
}

// getStableToken is POST /cgi-bin/stable_token: the same token for everybody until five minutes before its end.
func (s *Sim) getStableToken(c call) reply {
	var request struct {
		GrantType    string `json:"grant_type"`
		AppID        string `json:"appid"`
		Secret       string `json:"secret"`
		ForceRefresh bool   `json:"force_refresh"`
	}
	if json.Unmarshal(c.body, &request) != nil {
		return refuse(47001, "data format error")
	}
	if request.GrantType != "client_credential" {
		return refuse(40002, "invalid grant_type")
	}
	if refusal := s.checkApp(request.AppID, request.Secret); refusal.errcode != 0 {
		return refusal
	}
	switch {
	case s.over("stable minute "+request.AppID, 10_000, time.Minute):
		return refuse(45011, "api minute-quota reach limit  mustslower  retry next minute")
	case s.over("stable day "+request.AppID, 500_000, 24*time.Hour):
		return refuse(45009, "reach max api daily quota limit")
	}
	if request.ForceRefresh && c.now.Sub(s.forced[request.AppID]) >= forceInterval {
		if s.over("force "+request.AppID, forcePerDay, 24*time.Hour) {
			return refuse(45009, "reach max api daily quota limit")
		}
		s.forced[request.AppID] = c.now
		s.stable[request.AppID].replace(c.now)
		delete(s.stable, request.AppID)
	}
	if t := s.stable[request.AppID]; t == nil || t.dies.Sub(c.now) <= tokenOverlap || c.life > 0 {
		s.stable[request.AppID] = s.newToken(request.AppID, c.now, c.life)
	}
	return s.handOut(s.stable[request.AppID], c.now)
}

func (s *Sim) handOut(t *token, now time.Time) reply {
	return answer(map[string]any{"access_token": t.value, "expires_in": int(t.dies.Sub(now) / time.Second)})
}

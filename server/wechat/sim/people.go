package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Person is somebody with a simulated phone.
type Person struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Roles []string `json:"roles"` // secretary, organiser, admin, keeper, member, resident
	Org   string   `json:"org"`   // name of the organisation, for people who choose whom to be
	Bound bool     `json:"bound"` // whether the product has joined this person's WeChat with the roster
	Phone string   `json:"-"`     // eleven digits, or "+852 91234567"
	// OpenID is derived from the app id and ID when empty, 28 characters as at the platform.
	OpenID string `json:"-"`
	// UnionID joins the person's openids of both accounts. Derived from ID when empty.
	UnionID string `json:"-"`
	// Follows says whether the person follows the official account.
	Follows bool `json:"follows,omitempty"`
	// Blocks says that the person has switched the official account's messages off: they are accepted, and reported as
	// failed afterwards.
	Blocks bool `json:"-"`

	off     bool              // the main switch of this mini-program's messages
	settled map[string]string // accept or reject by template: 总是保持以上选择
}

// AddPerson adds a person, or replaces the one with the same id.
func (s *Sim) AddPerson(p Person) {
	if p.OpenID == "" {
		p.OpenID = derive(s.opts.AppID, "sim-openid-", p.ID)
	}
	if p.UnionID == "" {
		p.UnionID = derive(s.opts.AppID, "sim-unionid-", p.ID)
	}
	if p.Roles == nil {
		p.Roles = []string{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.byID[p.ID]; old != nil {
		delete(s.byOpenID, old.OpenID)
		p.off, p.settled = old.off, old.settled
		*old = p
		s.byOpenID[p.OpenID] = old
		return
	}
	s.people = append(s.people, &p)
	s.byID[p.ID], s.byOpenID[p.OpenID] = &p, &p
}

// derive makes a lasting id of 28 characters, for this account, from a person's id.
func derive(appID, prefix, id string) string {
	sum := sha256.Sum256([]byte(appID + "\x00" + prefix + id))
	return prefix + base64.RawURLEncoding.EncodeToString(sum[:])[:28-len(prefix)]
}

// People returns everybody in the order in which they were added.
func (s *Sim) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	people := make([]Person, len(s.people))
	for i, p := range s.people {
		people[i] = *p
	}
	return people
}

// personWhere returns the first match, or nil. The caller holds the lock.
func (s *Sim) personWhere(match func(*Person) bool) *Person {
	if i := slices.IndexFunc(s.people, match); i >= 0 {
		return s.people[i]
	}
	return nil
}

func (s *Sim) personByOpenID(openID string) *Person { return s.byOpenID[openID] }

// person finds somebody by id, by openid, or by a name that only one person has. The caller holds the lock.
func (s *Sim) person(ref string) (*Person, error) {
	for _, by := range []map[string]*Person{s.byID, s.byOpenID} {
		if found := by[ref]; found != nil {
			return found, nil
		}
	}
	named := func(p *Person) bool { return p.Name == ref }
	first := s.personWhere(named)
	if first == nil || s.personWhere(func(p *Person) bool { return named(p) && p != first }) != nil {
		return nil, &problem{status: http.StatusNotFound, Code: "person_not_found", Message: "没有这个模拟用户，或者重名"}
	}
	return first, nil
}

// codeLife is how long a login or phone code can be redeemed.
const codeLife = 5 * time.Minute

// code is what a phone got from wx.login or from the phone-number button.
type code struct {
	phone  bool
	person *Person
	issued time.Time
	used   bool
}

// LoginCode returns what wx.login would give the person's phone: 32 characters, for five minutes and one use.
func (s *Sim) LoginCode(person string) (string, error) {
	return s.issueCode(person, false, func() string { return s.ids.Token(24) })
}

// PhoneCode returns what the phone-number button would give: 64 characters, for five minutes and one use.
func (s *Sim) PhoneCode(person string) (string, error) {
	return s.issueCode(person, true, func() string { return hex.EncodeToString(s.ids.Bytes(32)) })
}

func (s *Sim) issueCode(ref string, phone bool, text func() string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(ref)
	if err != nil {
		return "", err
	}
	now := s.opts.Clock.Now()
	for old, c := range s.codes {
		if now.Sub(c.issued) > 2*codeLife {
			delete(s.codes, old)
		}
	}
	issued := text()
	s.codes[issued] = &code{phone: phone, person: p, issued: now}
	return issued, nil
}

// jscode2session is GET /sns/jscode2session.
func (s *Sim) jscode2session(c call) reply {
	if refusal := s.checkApp(c.query.Get("appid"), c.query.Get("secret")); refusal.errcode != 0 {
		return refusal
	}
	if c.query.Get("appid") != s.opts.AppID {
		return refuse(48001, "api unauthorized")
	}
	if c.query.Get("grant_type") != "authorization_code" {
		return refuse(40002, "invalid grant_type")
	}
	text := c.query.Get("js_code")
	if text == "" {
		return refuse(41008, "missing code")
	}
	found := s.codes[text]
	switch {
	case found == nil || found.phone || c.now.Sub(found.issued) > codeLife:
		return refuse(40029, "invalid code")
	case found.used:
		return refuse(40163, "code been used")
	case s.over("login:"+found.person.OpenID, 100, time.Minute):
		return refuse(45011, "api minute-quota reach limit  mustslower  retry next minute")
	}
	found.used = true
	session := map[string]string{
		"openid":      found.person.OpenID,
		"session_key": base64.StdEncoding.EncodeToString(s.ids.Bytes(16)),
	}
	if s.opts.UnionIDs {
		session["unionid"] = found.person.UnionID
	}
	r := answer(session)
	r.contentType = "text/plain" // as the platform labels it
	return r
}

// getuserphonenumber is POST /wxa/business/getuserphonenumber.
func (s *Sim) getuserphonenumber(c call) reply {
	var request struct{ Code, OpenID string }
	if !c.read(&request) {
		return refuse(47001, "data format error")
	}
	found := s.codes[request.Code]
	switch {
	case found == nil || !found.phone || found.used || c.now.Sub(found.issued) > codeLife:
		return refuse(40029, "invalid code")
	case request.OpenID != "" && request.OpenID != found.person.OpenID:
		return refuse(40003, "invalid openid")
	}
	found.used = true
	country, pure := "86", found.person.Phone
	full := pure
	if abroad, ok := strings.CutPrefix(pure, "+"); ok {
		country, pure, _ = strings.Cut(abroad, " ")
		full = "+" + country + pure
	}
	return answer(map[string]any{
		"errcode": 0, "errmsg": "ok",
		"phone_info": map[string]any{
			"phoneNumber": full, "purePhoneNumber": pure, "countryCode": country,
			"watermark": map[string]any{"timestamp": c.now.Unix(), "appid": s.opts.AppID},
		},
	})
}

package sim

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
)

// The mini-program that a simulator stands for when Options names none. The secret opens nothing.
const (
	DefaultAppID     = "wxd15ab1ed0000demo"
	DefaultAppSecret = "0123456789abcdef0123456789abcdef"
)

// The official account (服务号) beside it.
const (
	DefaultOfficialAppID     = "wx0ff1c1a10000demo"
	DefaultOfficialAppSecret = "fedcba9876543210fedcba9876543210"
)

// How both push, in safe mode, to a server for which nothing else was configured. They prove nothing.
const (
	DefaultPushToken  = "simulatedpush"
	DefaultPushAESKey = "simulatedpushsimulatedpushsimulatedpush0000"
)

// Options set up a simulator. The zero value is useful.
type Options struct {
	AppID     string      // empty = DefaultAppID
	AppSecret string      // empty = DefaultAppSecret
	Clock     clock.Clock // nil = the machine's; POST /__sim/clock works when it is Movable
	Random    io.Reader   // nil = crypto/rand; a fixed stream makes every code and token reproducible
	Name      string      // of the mini-program, shown on the phone; empty = 主题党日
	Pages     []string    // released pages, without leading slash; the first is the home page; empty = every page exists
	PageLink  string      // what stands before a message's page to make it a link on the phone; empty = /#/
	UnionIDs  bool        // mini-program and official account are bound to one open-platform account

	OfficialAppID     string // empty = DefaultOfficialAppID
	OfficialAppSecret string // empty = DefaultOfficialAppSecret
	// Callback is where POST /__sim/pushes pushes to: a path of the server that serves the control side. No token: it refuses.
	Callback Callback
	// OfficialCallback is the same for POST /__sim/official-pushes, which pushes what the official account is told.
	OfficialCallback Callback
	// SensitiveWords make a message be refused with 45168; empty = 敏感词测试.
	SensitiveWords []string
	// OneSendPerPerson refuses, with 43108, a message to somebody to whom another one is still being sent.
	OneSendPerPerson bool
	// SendsPerMinute and SendsPerDay refuse more messages with 45011 and 45009; 0 = no limit. A day begins at midnight in
	// Beijing.
	SendsPerMinute, SendsPerDay int
}

// Movable is a clock that the control API may move.
type Movable interface {
	Advance(time.Duration)
	Set(time.Time)
}

// Sim is the simulated platform. It is safe for concurrent use, holds no goroutine and needs no stopping. Its state is
// lost with the process, but a person's openid depends on nothing but the app id and the person's id.
type Sim struct {
	opts Options
	ids  *ident.Source

	mu        sync.Mutex
	people    []*Person
	byID      map[string]*Person
	byOpenID  map[string]*Person
	templates []*storedTemplate
	codes     map[string]*code
	tokens    map[string]*token
	plain     map[string]*token // the latest of /cgi-bin/token, by app id
	stable    map[string]*token // the latest of /cgi-bin/stable_token
	forced    map[string]time.Time
	official  []*storedTemplate  // of the official account
	seen      map[string]sentKey // by official openid and client_msg_id
	grants    map[grantKey]int
	sending   map[string]int // sends under way by openid
	messages  []Message
	events    map[app][]event // not pushed yet
	faults    []*Fault
	requests  []Request
	windows   map[string]*window
	lastMsgID int64
}

// New returns a simulator without people and templates.
func New(o Options) *Sim {
	setDefault(&o.AppID, DefaultAppID)
	setDefault(&o.AppSecret, DefaultAppSecret)
	setDefault(&o.OfficialAppID, DefaultOfficialAppID)
	setDefault(&o.OfficialAppSecret, DefaultOfficialAppSecret)
	setDefault(&o.Name, "主题党日")
	setDefault(&o.PageLink, "/#/")
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if len(o.SensitiveWords) == 0 {
		o.SensitiveWords = []string{"敏感词测试"}
	}
	return &Sim{
		opts: o, ids: ident.NewSource(o.Clock, o.Random),
		byID: map[string]*Person{}, byOpenID: map[string]*Person{}, codes: map[string]*code{}, tokens: map[string]*token{}, grants: map[grantKey]int{},
		sending: map[string]int{}, windows: map[string]*window{},
		plain: map[string]*token{}, stable: map[string]*token{}, forced: map[string]time.Time{}, seen: map[string]sentKey{},
		events: map[app][]event{},
	}
}

func setDefault(value *string, fallback string) {
	if *value == "" {
		*value = fallback
	}
}

// problem is a refusal of the control side.
type problem struct {
	status  int    // HTTP
	Code    string `json:"code"`
	Message string `json:"message"`
	ErrCode int    `json:"errCode,omitempty"` // what wx.* would have reported on the phone
}

func (p *problem) Error() string { return fmt.Sprintf("sim: %s: %s", p.Code, p.Message) }

// window counts calls within one minute or day of the simulated clock.
type window struct {
	index int64
	n     int
}

// beijing is how far the platform's day is ahead of that in Greenwich.
const beijing = 8 * time.Hour

// over counts a call and reports whether it is beyond the limit for the period.
func (s *Sim) over(what string, limit int, period time.Duration) bool {
	index := s.opts.Clock.Now().Add(beijing).UnixNano() / int64(period)
	w := s.windows[what]
	if w == nil || w.index != index {
		w = &window{index: index}
		s.windows[what] = w
	}
	w.n++
	return w.n > limit
}

// keepLast bounds a log by dropping its oldest entries; it lets the log overshoot by half so as to copy rarely.
func keepLast[T any](log []T, n int) []T {
	if len(log) < n+n/2 {
		return log
	}
	return slices.Clone(log[len(log)-n:])
}

package checkin

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/web"
)

// News of an event is only a knock at the door: who hears it reads the state from the database. So a lost knock delays
// a screen until the next look, and nothing that is shown can be wrong.
func newsOf(id ident.ID) string { return "event:" + id.String() }

// announce knocks after the commit. Nobody's check-in depends on it. While a hall checks in one knock stands for many:
// who comes during a knock leaves it to the next one, which follows after knockPause.
func (s *Service) announce(ctx context.Context, id ident.ID) {
	if !s.knocks.begin(id) {
		return
	}
	s.knock(ctx, id)
	if s.knocks.end(id) {
		return
	}
	s.beside(func() {
		for done := false; !done; done = s.knocks.end(id) {
			clock.Pause(s.running, knockPause) //nolint:contextcheck // it outlives the request
			s.knock(context.WithoutCancel(ctx), id)
		}
	})
}

func (s *Service) knock(ctx context.Context, id ident.ID) {
	if err := s.cache.Publish(ctx, newsOf(id), "changed"); err != nil {
		s.log.WarnContext(ctx, "live news not sent", "cause", err)
	}
}

// knockPause is between two knocks of one event, and between two looks of one screen, while many check in.
const knockPause = 200 * time.Millisecond

// knocks is the events about which somebody is knocking now.
type knocks struct {
	mu    sync.Mutex
	again map[ident.ID]bool // whether something has happened since the knock began
}

// begin reports whether the caller has to knock; else somebody does, and will once more.
func (k *knocks) begin(id ident.ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, knocking := k.again[id]
	k.again[id] = knocking
	return !knocking
}

// end reports whether that was the last knock for now.
func (k *knocks) end(id ident.ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.again[id] {
		k.again[id] = false
		return false
	}
	delete(k.again, id)
	return true
}

// Timing of a live connection.
const (
	liveLook  = 5 * time.Second  // looks again without a knock, in case one was lost
	livePing  = 25 * time.Second // below the idle limit of common proxies
	liveWrite = 5 * time.Second
	liveItems = 50
)

// LiveState is what a live connection sends: at the start, and after every change.
type LiveState struct {
	Type       string           `json:"type" enum:"state"`
	Counts     event.Counts     `json:"counts"`
	Quorum     *QuorumView      `json:"quorum" doc:"null when the kind of event needs none"`
	Items      []AttendanceView `json:"items" doc:"Who came, the latest first, at most 50"`
	ServerTime time.Time        `json:"serverTime"`
}

// live serves the socket on which a code screen and a list follow the event.
func (s *Service) live(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		id, err := ident.Parse(c.Param("id"))
		if err != nil {
			a.Fail(c, errNotOnList)
			return
		}
		actor := web.ActorFrom(ctx)
		if _, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id); err != nil {
			a.Fail(c, err)
			return
		}
		if c.GetHeader("Upgrade") == "" {
			a.Fail(c, errNotSocket)
			return
		}
		news, err := s.cache.Subscribe(ctx, newsOf(id))
		if err != nil {
			a.Fail(c, err)
			return
		}
		defer news.Close()
		conn, err := websocket.Accept(&handshake{c.Writer, http.Header{}}, c.Request, &websocket.AcceptOptions{
			Subprotocols: []string{web.Subprotocol},
			// Phones and browsers say in different ways where they come from. It does not matter: what counts is the token,
			// which no browser adds by itself.
			InsecureSkipVerify: true,
		})
		if err != nil {
			a.Fail(c, errNotSocket.WithCause(err))
			return
		}
		defer func() { _ = conn.CloseNow() }()
		// The phone sends nothing; reading is only for its farewell.
		ctx = conn.CloseRead(s.untilStopped(ctx))
		s.follow(ctx, conn, actor, id, news)
	}
}

// handshake lets through the switch to the socket's protocol. The library's own words for a refusal are dropped.
type handshake struct {
	gin.ResponseWriter
	header http.Header
}

// Header returns the headers of the switch.
func (h *handshake) Header() http.Header { return h.header }

// WriteHeader makes the switch.
func (h *handshake) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		maps.Copy(h.ResponseWriter.Header(), h.header)
		h.ResponseWriter.WriteHeader(status)
	}
}

// Write drops the text of a refusal.
func (h *handshake) Write(text []byte) (int, error) { return len(text), nil }

// follow sends the state until the phone goes, the server stops, or the person loses the right to see it.
func (s *Service) follow(ctx context.Context, conn *websocket.Conn, actor authz.Actor, id ident.ID, news kv.Subscription) {
	look, ping := time.NewTicker(liveLook), time.NewTicker(livePing)
	defer look.Stop()
	defer ping.Stop()
	var shown []byte
	for {
		state, err := s.liveState(ctx, actor.UserID, id)
		if err != nil {
			_ = conn.Close(websocket.StatusGoingAway, "")
			return
		}
		if changed := fingerprint(state); string(changed) != string(shown) {
			shown = changed
			if send(ctx, conn, state) != nil {
				return
			}
		}
		if !clock.Pause(ctx, knockPause) || !wait(ctx, conn, news.C(), look.C, ping.C) {
			_ = conn.Close(websocket.StatusGoingAway, "")
			return
		}
	}
}

// wait returns true when it is time to look again, and false when the connection is over.
func wait(ctx context.Context, conn *websocket.Conn, news <-chan string, look, ping <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case _, open := <-news:
			for open && len(news) > 0 { // one look answers all knocks that are waiting
				_, open = <-news
			}
			return open
		case <-look:
			return true
		case <-ping:
			if send(ctx, conn, map[string]string{"type": "ping"}) != nil {
				return false
			}
		}
	}
}

func send(ctx context.Context, conn *websocket.Conn, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, liveWrite)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, text)
}

// fingerprint is the state without the time, to send only what has changed.
func fingerprint(state LiveState) []byte {
	state.ServerTime = time.Time{}
	text, err := json.Marshal(state)
	if err != nil {
		return nil
	}
	return text
}

// liveState asks each time who the person is now: a role may have been taken away since the connection was opened.
func (s *Service) liveState(ctx context.Context, user, id ident.ID) (LiveState, error) {
	actor, err := s.people.ActorOf(ctx, user)
	if err != nil {
		return LiveState{}, err
	}
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.SeePeople, id)
	if err != nil {
		return LiveState{}, err
	}
	all, err := s.list(ctx, s.db.Read(), e)
	if err != nil {
		return LiveState{}, err
	}
	state := LiveState{Type: "state", Counts: tally(all), Quorum: quorumView(quorumOf(e.Kind, all)), ServerTime: s.clock.Now()}
	state.Items, err = s.attendanceViews(ctx, cameLately(all, actor.Scope(e.Object())))
	return state, err
}

// Stop ends the live connections, so that the server can stop at once, and waits for what goes on beside the requests.
// It may be called twice.
func (s *Service) Stop() {
	s.stop()
	s.background.stop()
}

func (s *Service) untilStopped(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(s.running, cancel)
	return ctx
}

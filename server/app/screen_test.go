package app_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// screen is a phone that follows an event on a live connection.
type screen struct {
	t    *testing.T
	conn *websocket.Conn
	kept *shown
}

// shown is what a live connection says.
type shown struct {
	Type   string
	Counts struct{ Expected, Present, Late, Leave, Pending int }
	Items  []struct{ MemberID, MemberName, Status, Source, At string }
}

// newScreen connects as a browser does, with the token as a subprotocol. The connection ends with the test.
func newScreen(t *testing.T, base, token, event string) *screen {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), base+event+"/live", &websocket.DialOptions{Subprotocols: []string{"themeday.v1", "bearer." + token}})
	if err != nil {
		t.Fatalf("live: %v", err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if conn.Subprotocol() != "themeday.v1" {
		t.Errorf("speaks %q", conn.Subprotocol())
	}
	return &screen{t: t, conn: conn}
}

// next returns the next state.
func (s *screen) next(within time.Duration) shown {
	s.t.Helper()
	if s.kept != nil {
		state := *s.kept
		s.kept = nil
		return state
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	for {
		_, text, err := s.conn.Read(ctx)
		if err != nil {
			s.t.Fatalf("nothing new on the screen: %v", err)
		}
		var state shown
		if err := json.Unmarshal(text, &state); err != nil {
			s.t.Fatal(err)
		}
		if state.Type == "state" {
			return state
		}
	}
}

// unread makes next return the state once more.
func (s *screen) unread(state shown) { s.kept = &state }

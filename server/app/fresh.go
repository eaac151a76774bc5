package app

import (
	"net"
	"net/http"
	"sync"
)

// fresh are the connections on which nothing has been asked yet. Browsers and balancers open them in advance, and
// http.Server.Shutdown would wait for each until it is five seconds old.
type fresh struct {
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	closing bool
}

// follow is an http.Server's ConnState.
func (f *fresh) follow(c net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(f.conns, c)
	case f.closing:
		_ = c.Close()
	default:
		if f.conns == nil {
			f.conns = map[net.Conn]struct{}{}
		}
		f.conns[c] = struct{}{}
	}
}

// close closes them, and those that are still accepted.
func (f *fresh) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closing = true
	for c := range f.conns {
		_ = c.Close()
	}
}

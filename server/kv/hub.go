package kv

import "sync"

// hub hands payloads to the listeners of this process. Delivering never waits for a listener.
type hub struct {
	mu        sync.Mutex
	closed    bool
	listeners map[string]map[*listener]struct{} // by channel
}

type listener struct {
	hub     *hub
	channel string
	queue   chan string
}

func newHub() *hub { return &hub{listeners: map[string]map[*listener]struct{}{}} }

func (h *hub) subscribe(channel string) (Subscription, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	l := &listener{hub: h, channel: channel, queue: make(chan string, Buffer)}
	if h.listeners[channel] == nil {
		h.listeners[channel] = map[*listener]struct{}{}
	}
	h.listeners[channel][l] = struct{}{}
	return l, nil
}

// deliver hands payload to the listeners of channel.
func (h *hub) deliver(channel, payload string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners[channel] {
		l.push(payload)
	}
}

// resync tells every listener that it may have missed something.
func (h *hub) resync() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, listeners := range h.listeners {
		for l := range listeners {
			l.push(Resync)
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, listeners := range h.listeners {
		for l := range listeners {
			close(l.queue)
		}
	}
	clear(h.listeners)
}

// push queues payload and drops the oldest when the queue is full. The hub's lock makes it the only sender.
func (l *listener) push(payload string) {
	for {
		select {
		case l.queue <- payload:
			return
		default:
		}
		select {
		case <-l.queue:
		default:
		}
	}
}

// C implements Subscription.
func (l *listener) C() <-chan string { return l.queue }

// Close implements Subscription.
func (l *listener) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	if _, open := l.hub.listeners[l.channel][l]; !open {
		return
	}
	delete(l.hub.listeners[l.channel], l)
	if len(l.hub.listeners[l.channel]) == 0 {
		delete(l.hub.listeners, l.channel)
	}
	close(l.queue)
}

package sim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// Transport returns a round tripper that serves API in this process, without a socket, whatever the host of the request.
// A request whose context ends returns the context's error at once.
func (s *Sim) Transport() http.RoundTripper { return inProcess{s.API()} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		if closed := r.Body.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	received := r.Clone(r.Context())
	received.Body = io.NopCloser(bytes.NewReader(body))
	received.RequestURI = r.URL.RequestURI()
	received.RemoteAddr = "127.0.0.1:0"
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.serve(w, received)
	}()
	select {
	case <-done:
		if w.dropped {
			return nil, io.ErrUnexpectedEOF // what a dropped connection looks like
		}
		return w.response(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err() // the handler sees it too, and its reply is not read
	}
}

// serve runs the handler and notes whether it dropped the connection.
func (t inProcess) serve(w *recorder, r *http.Request) {
	defer func() {
		thrown := recover()
		if err, ok := thrown.(error); thrown != nil && (!ok || !errors.Is(err, http.ErrAbortHandler)) {
			panic(thrown)
		}
		w.dropped = thrown != nil
	}()
	t.handler.ServeHTTP(w, r)
}

// recorder keeps what a handler writes.
type recorder struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	dropped bool
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }

// response returns what was written. A body that is shorter than announced ends as it would on a broken connection.
func (w *recorder) response(r *http.Request) *http.Response {
	var body io.Reader = bytes.NewReader(w.body.Bytes())
	announced, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	if err != nil {
		announced = int64(w.body.Len())
	}
	if announced > int64(w.body.Len()) {
		body = io.MultiReader(body, brokenOff{})
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(body), ContentLength: announced, Request: r,
	}
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

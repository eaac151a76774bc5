package app_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestSlowUpload: a roster that takes longer than other requests may is read to its end.
func TestSlowUpload(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewUnstartedServer(w.app.API.Handler())
	server.Config.ReadTimeout = 50 * time.Millisecond
	server.Start()
	defer server.Close()
	file, into := io.Pipe()
	go func() {
		_, _ = io.WriteString(into, newcomers[:20])
		outlast(t, server.Listener.Addr().String())
		_, err := io.WriteString(into, newcomers[20:])
		into.CloseWithError(err)
	}()
	url := server.URL + "/api/v1/orgs/" + w.orgs["本村"].String() + "/roster-imports"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, file)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.as("区管理").token)
	request.ContentLength = int64(len(newcomers))
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
}

// outlast returns when the server has given up a request that does not come to its end.
func outlast(t *testing.T, addr string) {
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_, _ = io.Copy(conn, strings.NewReader("GET /healthz HTTP/1.1\r\n"))
	_, _ = io.Copy(io.Discard, conn)
}

package web

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/gin-gonic/gin"

	"themeday/server/authz"
)

// Quick serves the plain requests of a swift operation, those that are certainly in order, without the library's
// general machinery. taken is false for everything else, which then goes the declared way: what is refused, and in which
// words, is decided in one place.
type Quick func(ctx context.Context, body []byte) (status int, answer Answer, taken bool, err error)

// Answer writes itself as the declared way would.
type Answer interface {
	// AppendJSON appends the answer to b.
	AppendJSON(b []byte) []byte
}

// RegisterSwift is Register for an operation that is called very often: the session may be believed as it was a second
// ago, and plain requests are served by quick.
func RegisterSwift[I, O any](a *API, op Op, handler func(context.Context, *I) (*O, error), quick Quick) {
	a.swift[swiftKey{op.Method, ginPath(op.Path)}] = quick
	Register(a, op, handler)
}

// swiftKey names a swift operation.
type swiftKey struct{ method, path string }

// maxQuick is the longest body, in bytes, that is tried the quick way.
const maxQuick = 2 << 10

var jsonType = []string{"application/json"} // without a charset, as the declared way

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// serveQuick is the last of the middleware.
func (a *API) serveQuick(c *gin.Context) {
	ctx := c.Request.Context()
	quick := callOf(ctx).quick
	if quick == nil || c.Request.ContentLength <= 0 || c.Request.ContentLength > maxQuick || c.ContentType() != "application/json" {
		return
	}
	if !authz.Can(ActorFrom(ctx), authz.UseSession, authz.Object{}).Allowed {
		return
	}
	body := make([]byte, c.Request.ContentLength)
	n, err := io.ReadFull(c.Request.Body, body)
	if err == nil {
		var status int
		var answer Answer
		var taken bool
		if status, answer, taken, err = quick(ctx, body); taken {
			a.answerQuick(c, status, answer, err)
			return
		}
	}
	c.Request.Body = &again{bytes.NewReader(body[:n]), c.Request.Body}
}

func (a *API) answerQuick(c *gin.Context, status int, answer Answer, err error) {
	c.Writer.Header()["Content-Type"] = jsonType
	if err != nil {
		a.Fail(c, err)
		return
	}
	buffer, _ := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	*buffer = append(answer.AppendJSON((*buffer)[:0]), '\n')
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.Write(*buffer) // a phone that has hung up is no error
	c.Abort()
}

// again is a body of which the beginning has been read.
type again struct {
	*bytes.Reader
	rest io.ReadCloser
}

// Read returns the beginning once more, and then the rest.
func (b *again) Read(p []byte) (int, error) {
	if b.Len() > 0 {
		return b.Reader.Read(p)
	}
	return b.rest.Read(p)
}

// Close closes the connection's body.
func (b *again) Close() error { return b.rest.Close() }

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/gin-gonic/gin"

	"themeday/server/authz"
)

// Quick serves the plain requests of a swift operation, those that are certainly in order, without the library's
// general machinery. taken is false for everything else, which then goes the declared way: what is refused, and in which
// words, is decided in one place.
type Quick func(ctx context.Context, body []byte) (status int, answer any, taken bool, err error)

// RegisterSwift is Register for an operation that is called very often: the session may be believed as it was a second
// ago, and plain requests are served by quick.
func RegisterSwift[I, O any](a *API, op Op, handler func(context.Context, *I) (*O, error), quick Quick) {
	a.swift[op.Method+ginPath(op.Path)] = quick
	Register(a, op, handler)
}

// maxQuick is the longest body, in bytes, that is tried the quick way.
const maxQuick = 2 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// serveQuick is the last of the middleware.
func (a *API) serveQuick(c *gin.Context) {
	quick := a.quickOf(c)
	if quick == nil || c.Request.ContentLength <= 0 || c.Request.ContentLength > maxQuick || c.ContentType() != "application/json" {
		return
	}
	ctx := c.Request.Context()
	if !authz.Can(ActorFrom(ctx), authz.UseSession, authz.Object{}).Allowed {
		return
	}
	body := make([]byte, c.Request.ContentLength)
	n, err := io.ReadFull(c.Request.Body, body)
	if err == nil {
		var status int
		var answer any
		var taken bool
		if status, answer, taken, err = quick(ctx, body); taken {
			a.answerQuick(c, status, answer, err)
			return
		}
	}
	c.Request.Body = &again{bytes.NewReader(body[:n]), c.Request.Body}
}

func (a *API) quickOf(c *gin.Context) Quick { return a.swift[c.Request.Method+c.FullPath()] }

func (a *API) answerQuick(c *gin.Context, status int, answer any, err error) {
	c.Header("Content-Type", "application/json") // without a charset, as the declared way
	if err != nil {
		a.Fail(c, err)
		return
	}
	buffer, _ := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false) // as the declared way
	if err := encoder.Encode(answer); err != nil {
		a.Fail(c, err)
		return
	}
	c.Data(status, "application/json", buffer.Bytes())
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

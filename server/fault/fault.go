// Package fault is the one error type that crosses package borders on its way to a person.
//
// An Error carries a stable code for programs, a Chinese sentence for people, and the cause, which stays in the log.
// Every other error is shown as Internal: a constant sentence.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// Kind says what sort of failure it is. It decides the HTTP status.
type Kind int

// The kinds, with the HTTP status that package web answers for each.
const (
	KindInternal        Kind = iota // 500
	KindInvalid                     // 400: the input is wrong
	KindUnauthenticated             // 401: no session, or one that has ended
	KindForbidden                   // 403: known, but not allowed
	KindNotFound                    // 404: not there, or not yours to see
	KindConflict                    // 409: the state does not allow it
	KindTooMany                     // 429: slow down
	KindUnavailable                 // 503: try again
)

// Error is a failure that can be shown. The zero value is not useful; use the constructors.
type Error struct {
	Kind       Kind
	Code       string            // stable snake_case, for programs
	Message    string            // a Chinese sentence that a member understands
	Fields     map[string]string // by input field: what is wrong with it, in Chinese; may be nil
	RetryAfter time.Duration     // for KindTooMany and KindUnavailable; 0 when nothing is known
	cause      error
}

// Error returns the text for the log: code and cause, never shown to people.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is a fault with the same code, so that errors.Is works on the values declared by features.
func (e *Error) Is(target error) bool {
	var other *Error
	return errors.As(target, &other) && other.Code == e.Code
}

// WithCause returns a copy that carries the cause for the log.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// WithField returns a copy that also says what is wrong with one input field.
func (e *Error) WithField(name, message string) *Error {
	c := *e
	c.Fields = maps.Clone(e.Fields)
	if c.Fields == nil {
		c.Fields = map[string]string{}
	}
	c.Fields[name] = message
	return &c
}

// WithRetryAfter returns a copy that says how long to wait before the next try.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithMessage returns a copy with a sentence made for the occasion.
func (e *Error) WithMessage(format string, args ...any) *Error {
	c := *e
	c.Message = fmt.Sprintf(format, args...)
	return &c
}

// Invalid returns a fault for wrong input.
func Invalid(code, message string) *Error {
	return &Error{Kind: KindInvalid, Code: code, Message: message}
}

// Unauthenticated returns a fault for a missing or ended session.
func Unauthenticated(code, message string) *Error {
	return &Error{Kind: KindUnauthenticated, Code: code, Message: message}
}

// Forbidden returns a fault for something the person may not do.
func Forbidden(code, message string) *Error {
	return &Error{Kind: KindForbidden, Code: code, Message: message}
}

// NotFound returns a fault for something that is not there, or not the person's to see: the two look alike.
func NotFound(code, message string) *Error {
	return &Error{Kind: KindNotFound, Code: code, Message: message}
}

// Conflict returns a fault for something that the present state does not allow.
func Conflict(code, message string) *Error {
	return &Error{Kind: KindConflict, Code: code, Message: message}
}

// TooMany returns a fault for a caller who must slow down.
func TooMany(code, message string) *Error {
	return &Error{Kind: KindTooMany, Code: code, Message: message}
}

// Unavailable returns a fault for something that may work when tried again.
func Unavailable(code, message string) *Error {
	return &Error{Kind: KindUnavailable, Code: code, Message: message}
}

// Internal wraps an error that nobody outside may see.
func Internal(cause error) *Error {
	return &Error{Kind: KindInternal, Code: "internal", Message: "系统出了点问题，请稍后再试", cause: cause}
}

// From returns err as a fault: itself, or Internal around it. It returns nil for nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return Internal(err)
}

// CodeOf returns the code of err: "" for nil, "internal" for an error that is no fault.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return From(err).Code
}

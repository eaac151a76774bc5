package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/silenceper/wechat/v2/util"
)

// Outcome says what became of a request that failed.
type Outcome int

const (
	// NotSent: the request never left, so nothing can have happened.
	NotSent Outcome = iota
	// Refused: WeChat, or something before it, answered that it did not do it.
	Refused
	// Unknown: no readable answer came. WeChat may have done it; repeating may do it twice.
	Unknown
)

// String returns the outcome as a word for the log.
func (o Outcome) String() string {
	return [...]string{"not sent", "refused", "outcome unknown"}[o]
}

var (
	// ErrInvalid is the cause when an argument was refused here, before anything was sent.
	ErrInvalid = errors.New("wechat: invalid argument")
	// ErrUnreadable is the cause when the reply was not what WeChat documents.
	ErrUnreadable = errors.New("wechat: unreadable reply")
)

// Error is a failed call. Its text and its cause never contain the secret, a token, a login code or an openid.
type Error struct {
	Op      string // login, phone, send, minicode, templates or token
	Code    int    // WeChat's errcode; 0 when it gave none
	Status  int    // the HTTP status when it was not 200, else 0
	Message string // WeChat's errmsg, masked, at most 200 characters; its wording changes, branch on Code only
	Outcome Outcome
	cause   error
}

// Error returns the text for the log.
func (e *Error) Error() string {
	switch {
	case e.Code != 0:
		return fmt.Sprintf("wechat: %s: errcode %d: %s", e.Op, e.Code, e.Message)
	case e.Status != 0:
		return fmt.Sprintf("wechat: %s: %s: HTTP %d", e.Op, e.Outcome, e.Status)
	}
	return fmt.Sprintf("wechat: %s: %s: %v", e.Op, e.Outcome, e.cause)
}

// Unwrap returns the cause when there is one: ErrInvalid, ErrForeignHost, ErrReplyTooLarge, ErrUnreadable,
// context.Canceled, context.DeadlineExceeded (any time-out), or an opaque error with a masked text.
func (e *Error) Unwrap() error { return e.cause }

// Temporary reports whether the same call may succeed later with nothing changed. Look at Outcome before repeating it.
func (e *Error) Temporary() bool {
	if e.Code != 0 {
		return passes(e.Code)
	}
	if e.Status != 0 {
		return e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
	}
	return !errors.Is(e.cause, ErrInvalid) && !errors.Is(e.cause, ErrForeignHost)
}

// BadUserCode reports whether the code that the phone sent (for login or phone number) is spent, outdated, foreign or
// malformed: the phone must get a new one.
func (e *Error) BadUserCode() bool {
	return e.Code == CodeInvalidCode || e.Code == CodeUsedCode || errors.Is(e.cause, ErrInvalid)
}

// CodeOf returns WeChat's errcode in err; 0 when err is nil or has none.
func CodeOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// tokenTrouble: WeChat refused the access token.
func tokenTrouble(code int) bool {
	return code == CodeInvalidCredential || code == CodeInvalidToken || code == CodeExpiredToken
}

// failure turns what an exchange returned into an *Error; nil stays nil, an *Error stays as it is.
func (c *Client) failure(op string, err error) error {
	var (
		done    *Error
		refused *util.CommonError
		status  statusError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &done):
		return done
	case errors.As(err, &refused):
		return &Error{Op: op, Code: int(refused.ErrCode), Message: c.mask(refused.ErrMsg), Outcome: Refused}
	case errors.As(err, &status):
		outcome := Refused
		if status >= http.StatusInternalServerError {
			outcome = Unknown // a gateway that gave up waiting says this too
		}
		return &Error{Op: op, Status: int(status), Outcome: outcome}
	}
	return &Error{Op: op, Outcome: outcomeOf(err), cause: c.safe(err)}
}

// outcomeOf judges a failure without an answer. It says NotSent only where that is certain.
func outcomeOf(err error) Outcome {
	var (
		dial *net.OpError
		name *net.DNSError
	)
	switch {
	case errors.Is(err, ErrInvalid), errors.Is(err, ErrForeignHost), errors.As(err, &name),
		errors.As(err, &dial) && dial.Op == "dial":
		return NotSent
	}
	return Unknown
}

// notSent marks the failure to get a token: whatever became of that, the call it was for has not been made.
func notSent(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	marked := *e
	marked.Outcome = NotSent
	return &marked
}

// invalid refuses an argument. The reason must not quote the argument.
func invalid(op, reason string) error {
	return &Error{Op: op, Outcome: NotSent, cause: fmt.Errorf("%w: %s", ErrInvalid, reason)}
}

// unreadable refuses a reply. The reason must not quote the reply.
func unreadable(reason string) error { return fmt.Errorf("%w: %s", ErrUnreadable, reason) }

// safe returns a cause without the request's address in its text. Known causes stay comparable.
func (c *Client) safe(err error) error {
	for _, known := range []error{ErrForeignHost, ErrReplyTooLarge, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return context.DeadlineExceeded
	}
	if errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnreadable) {
		return err // made here, quotes nothing
	}
	var (
		syntax  *json.SyntaxError
		kind    *json.UnmarshalTypeError
		address *url.Error
	)
	if errors.As(err, &syntax) || errors.As(err, &kind) {
		return unreadable("broken JSON")
	}
	if errors.As(err, &address) {
		err = address.Err
	}
	return errors.New(c.mask(err.Error()))
}

var (
	// namedSecret finds key=value and "key":"value" for the keys that hold secrets.
	namedSecret = regexp.MustCompile(`(?i)(\b(?:[a-z_]*secret|[a-z_]*token|session_key|js_code|code|openid|touser)"?\s*[=:]\s*"?)[^&\s"',}]+`)
	// opaqueWord finds what is long enough to be a secret (32), a token (over 100), a login code (32) or an openid (28),
	// and spares WeChat's request id, three groups of eight (26).
	opaqueWord = regexp.MustCompile(`[0-9A-Za-z_-]{27,}`)
)

// maxMessage is the longest errmsg kept, in characters.
const maxMessage = 200

// mask makes outside text fit for a log line: one line, bounded, without secrets.
func (c *Client) mask(text string) string {
	if c.cfg.AppSecret != "" {
		text = strings.ReplaceAll(text, c.cfg.AppSecret, "***")
	}
	text = namedSecret.ReplaceAllString(text, "$1***")
	text = opaqueWord.ReplaceAllString(text, "***")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "…"
	}
	return text
}

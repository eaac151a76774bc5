package wechat

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"themeday/server/clock"
)

// Push reads what WeChat pushes to the server about subscribe messages. It is safe for concurrent use.
//
// The SDK's own receiver is not used: in safe mode it checks the signature that does not cover the body, takes a message
// without encryption all the same, and refuses shapes that the platform really sends.
type Push struct {
	token  string
	aesKey string // empty in plain mode
	appID  string
	clock  clock.Clock
}

// aesKeyLength is the length of the EncodingAESKey in the platform's console.
const aesKeyLength = 43

// NewPush returns a reader for the token and EncodingAESKey of the platform's console; an empty key is plain mode. The
// error says what is wrong with them without showing them.
func NewPush(appID, token, aesKey string, clk clock.Clock) (*Push, error) {
	if token == "" {
		return nil, errors.New("wechat: the push token is missing")
	}
	if aesKey != "" && len(aesKey) != aesKeyLength {
		return nil, fmt.Errorf("wechat: the push AES key must have %d characters", aesKeyLength)
	}
	return &Push{token: token, aesKey: aesKey, appID: appID, clock: clk}, nil
}

// ErrPush is returned for a push that did not come from WeChat, came in the wrong mode or too late, or cannot be read.
var ErrPush = errors.New("wechat: push refused")

func refused(why string) error { return fmt.Errorf("%w: %s", ErrPush, why) }

// pushWindow is how old or new a push may be by its own time. WeChat repeats one after five seconds, twice.
const pushWindow = 5 * time.Minute

// Echo answers the request with which the platform's console verifies the address: the text to send back as it is.
func (p *Push) Echo(query url.Values) (string, error) {
	if !p.signed(query.Get("signature"), query.Get("timestamp"), query.Get("nonce")) {
		return "", refused("wrong signature")
	}
	return query.Get("echostr"), nil
}

func (p *Push) signed(signature string, parts ...string) bool {
	want := util.Signature(append([]string{p.token}, parts...)...)
	return subtle.ConstantTimeCompare([]byte(want), []byte(signature)) == 1
}

// The events that are understood; others are read without complaint and have no notices.
const (
	EventPopup  = "subscribe_msg_popup_event"  // somebody answered the question for permission
	EventChange = "subscribe_msg_change_event" // somebody switched a template off in the settings
	EventSent   = "subscribe_msg_sent_event"   // a message was delivered, or was not

	EventModified = "user_info_modified"              // somebody has another name or picture in WeChat
	EventRevoke   = "user_authorization_revoke"       // somebody took back what the mini-program may use
	EventCancel   = "user_authorization_cancellation" // somebody closed their account with the mini-program in WeChat
)

// Notice is one thing that WeChat tells about one person and one template.
type Notice struct {
	Event      string
	At         int64 // when it happened, in unix seconds; 0 when that is not said
	OpenID     string
	TemplateID string
	Accepted   bool   // of EventPopup and EventChange
	MsgID      string // of EventSent: the id that SendSubscribe returned
	Code       int    // of EventSent: 0 when it was delivered; of EventRevoke: what was taken back, 13 is the location
}

// Delivery is one push: its notices, and an id under which a repetition of the same push comes again.
type Delivery[N Notice | OfficialNotice] struct {
	ID      string
	Notices []N // none for events that concern nobody here
}

// Read checks and reads a push. It returns ErrPush for anything that WeChat would not have sent.
func (p *Push) Read(query url.Values, body []byte) (Delivery[Notice], error) {
	body, id, err := p.message(query, body)
	if err != nil {
		return Delivery[Notice]{}, err
	}
	var m pushed
	if err := m.read(body); err != nil {
		return Delivery[Notice]{}, err
	}
	return Delivery[Notice]{ID: id, Notices: m.notices()}, nil
}

// message checks a push and returns what is in it, and an id under which a repetition comes again.
func (p *Push) message(query url.Values, body []byte) (message []byte, id string, err error) {
	timestamp, nonce := query.Get("timestamp"), query.Get("nonce")
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || p.clock.Now().Sub(time.Unix(sent, 0)).Abs() > pushWindow {
		return nil, "", refused("not of this moment")
	}
	var envelope envelope
	if err := envelope.read(body); err != nil {
		return nil, "", err
	}
	if body, err = p.open(query, envelope.Encrypt, body); err != nil {
		return nil, "", err
	}
	// The same push comes again with the same nonce; two events of one second differ in their content. In plain mode the
	// signature covers nothing else, so another content under it is nothing new: it was made up by somebody who saw it.
	covered := body
	if p.aesKey == "" {
		covered = nil
	}
	sum := sha256.Sum256(append([]byte(timestamp+"\x00"+nonce+"\x00"), covered...))
	return body, hex.EncodeToString(sum[:16]), nil
}

// open checks the signature that belongs to the configured mode and returns the message itself. In safe mode what is not
// encrypted is refused: its signature does not cover it, so anybody who has seen one could replay it with other content.
func (p *Push) open(query url.Values, encrypted string, body []byte) ([]byte, error) {
	timestamp, nonce := query.Get("timestamp"), query.Get("nonce")
	if p.aesKey == "" {
		if !p.signed(query.Get("signature"), timestamp, nonce) {
			return nil, refused("wrong signature")
		}
		return body, nil
	}
	if encrypted == "" || query.Get("encrypt_type") != "aes" {
		return nil, refused("not encrypted")
	}
	if !p.signed(query.Get("msg_signature"), timestamp, nonce, encrypted) {
		return nil, refused("wrong signature of the message")
	}
	_, message, err := util.DecryptMsg(p.appID, encrypted, p.aesKey)
	if err != nil {
		return nil, refused("cannot be decrypted")
	}
	return message, nil
}

// envelope is the part of a body that is never encrypted.
type envelope struct {
	Encrypt string `json:"Encrypt" xml:"Encrypt"`
}

func (e *envelope) read(body []byte) error { return readEither(body, e) }

// readEither reads JSON or XML, whichever it is; the content type that WeChat sends with it cannot be relied on.
func readEither(body []byte, into any) error {
	read := json.Unmarshal
	if strings.HasPrefix(strings.TrimSpace(string(body)), "<") {
		read = xml.Unmarshal
	}
	if read(body, into) != nil {
		return refused("neither JSON nor XML")
	}
	return nil
}

// pushed is a message in any of the shapes that WeChat sends: XML, or JSON with the list at the top or nested.
type pushed struct {
	From   string   `json:"FromUserName" xml:"FromUserName"`
	At     loose    `json:"CreateTime" xml:"CreateTime"`
	Event  string   `json:"Event" xml:"Event"`
	List   items    `json:"List" xml:"-"`
	Popup  itemList `json:"SubscribeMsgPopupEvent" xml:"SubscribeMsgPopupEvent"`
	Change itemList `json:"SubscribeMsgChangeEvent" xml:"SubscribeMsgChangeEvent"`
	Sent   itemList `json:"SubscribeMsgSentEvent" xml:"SubscribeMsgSentEvent"`

	OpenID string `json:"OpenID" xml:"OpenID"`         // of the events about an account, whose From is the platform
	Revoke loose  `json:"RevokeInfo" xml:"RevokeInfo"` // a number
}

type itemList struct {
	List items `json:"List" xml:"List"`
}

type item struct {
	TemplateID string `json:"TemplateId" xml:"TemplateId"`
	Status     string `json:"SubscribeStatusString" xml:"SubscribeStatusString"`
	MsgID      loose  `json:"MsgID" xml:"MsgID"`
	Code       loose  `json:"ErrorCode" xml:"ErrorCode"`
}

// items is a list that comes as a plain object when it has one element.
type items []item

// UnmarshalJSON takes an array, an object or nothing.
func (l *items) UnmarshalJSON(raw []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	return json.Unmarshal(raw, (*[]item)(l))
}

// loose is a text that sometimes comes as a number.
type loose string

// UnmarshalJSON takes a string or a number.
func (l *loose) UnmarshalJSON(raw []byte) error {
	*l = loose(strings.Trim(string(raw), `"`))
	return nil
}

func (m *pushed) read(body []byte) error { return readEither(body, m) }

// at returns when it happened, 0 when that is not said.
func (m *pushed) at() int64 {
	seconds, err := strconv.ParseInt(string(m.At), 10, 64)
	if err != nil || seconds < 0 {
		return 0
	}
	return seconds
}

// account returns the notice about a whole account; none when it does not say whose, or what was taken back.
func (m *pushed) account() []Notice {
	n := Notice{Event: m.Event, At: m.at(), OpenID: m.OpenID}
	if m.Event == EventRevoke {
		what, err := strconv.Atoi(string(m.Revoke))
		if err != nil {
			return nil
		}
		n.Code = what
	}
	if n.OpenID == "" {
		return nil
	}
	return []Notice{n}
}

func (m *pushed) notices() []Notice {
	var list items
	switch m.Event {
	case EventModified, EventRevoke, EventCancel:
		return m.account()
	case EventPopup:
		list = slices.Concat(m.List, m.Popup.List)
	case EventChange:
		list = slices.Concat(m.List, m.Change.List)
	case EventSent:
		list = slices.Concat(m.List, m.Sent.List)
	}
	notices := make([]Notice, 0, len(list))
	for _, i := range list {
		n := Notice{Event: m.Event, At: m.at(), OpenID: m.From, TemplateID: i.TemplateID, Accepted: i.Status == "accept", MsgID: string(i.MsgID)}
		code, err := strconv.Atoi(string(i.Code))
		if err != nil && m.Event == EventSent {
			continue // a report that does not say how it went
		}
		n.Code = code
		notices = append(notices, n)
	}
	return notices
}

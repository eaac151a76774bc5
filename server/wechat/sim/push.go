package sim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platform's signature
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Callback is where the platform pushes to, as entered in its console.
type Callback struct {
	URL    string
	Token  string
	AESKey string // EncodingAESKey, 43 characters; empty = plain mode
}

// PushFault is a way in which a push goes wrong, or is not the platform's at all.
type PushFault string

// The faults. Those from Forged on are attacks: a good receiver refuses them.
const (
	Duplicate  PushFault = "duplicate"    // sent twice, as after an answer that came too late
	Resigned   PushFault = "signed anew"  // sent twice, each under a signature of its own
	OutOfOrder PushFault = "out of order" // the latest first
	Nested     PushFault = "nested"       // the list lies one level deeper
	Numbers    PushFault = "numbers"      // ids and codes as numbers
	AsXML      PushFault = "xml"          // as an account that has chosen XML
	Together   PushFault = "together"     // what one person did in one moment as one list of several
	Replayed   PushFault = "replayed"     // all of them once more, word for word, when all have been sent
	Unknown    PushFault = "unknown"      // an event that nobody has heard of besides
	Forged     PushFault = "forged"       // signed with another token
	HalfSigned PushFault = "half signed"  // safe mode: msg_signature wrong, signature right
	Downgraded PushFault = "downgraded"   // safe mode: in plain, with a right plain signature
	Foreign    PushFault = "foreign"      // safe mode: of another mini-program
	Late       PushFault = "late"         // signed ten minutes ago
	Altered    PushFault = "altered"      // another content under a signature that was used
	Oversized  PushFault = "oversized"    // a megabyte of it
)

// PushFaults lists all of them.
func PushFaults() []PushFault {
	return []PushFault{Duplicate, Resigned, OutOfOrder, Nested, Numbers, AsXML, Together, Replayed, Unknown, Forged, HalfSigned, Downgraded, Foreign, Late, Altered, Oversized}
}

// event is one thing that the platform has to tell.
type event struct {
	of     app
	openID string
	name   string
	items  []map[string]string
	at     time.Time
}

// keptEvents bounds what waits to be pushed when nobody ever does.
const keptEvents = 1000

func (s *Sim) happened(openID, name string, item map[string]string) {
	s.happenedAt(miniApp, openID, name, item)
}

// happenedAt notes an event of one of the accounts.
func (s *Sim) happenedAt(of app, openID, name string, item map[string]string) {
	s.events[of] = keepLast(append(s.events[of], event{of, openID, name, []map[string]string{item}, s.opts.Clock.Now()}), keptEvents)
}

// DropPushes forgets what has happened and was not pushed yet.
func (s *Sim) DropPushes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.events)
}

// Authorization lets a person take back in WeChat's settings what the mini-program may use (what is the platform's number, such as 13 for the
// location; 0 closes the account with it altogether): the platform pushes that.
func (s *Sim) Authorization(person string, what int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(person)
	if err != nil {
		return err
	}
	if what == 0 {
		s.happened(p.OpenID, "user_authorization_cancellation", nil)
		return nil
	}
	s.happened(p.OpenID, "user_authorization_revoke", map[string]string{"RevokeInfo": strconv.Itoa(what)})
	return nil
}

// pushTries is how often the platform sends a push that is not answered with success or nothing.
const pushTries = 3

// Do sends a request, as http.Client.Do.
type Do func(*http.Request) (*http.Response, error)

// Push sends what has happened at the mini-program since the last time — questions that were answered, messages that were
// sent — through do, with the faults. It returns the last answer's status for each push, 0 when none came.
func (s *Sim) Push(ctx context.Context, to Callback, do Do, faults ...PushFault) ([]int, error) {
	return s.pushAll(ctx, miniApp, to, do, faults)
}

// PushOfficial is Push for the official account: who came and left, and what became of template messages. They are always
// XML, one event each: nested, numbers and together mean nothing there.
func (s *Sim) PushOfficial(ctx context.Context, to Callback, do Do, faults ...PushFault) ([]int, error) {
	return s.pushAll(ctx, officialApp, to, do, faults)
}

func (s *Sim) pushAll(ctx context.Context, of app, to Callback, do Do, faults []PushFault) ([]int, error) {
	s.mu.Lock()
	events := s.events[of]
	s.events[of] = nil
	s.mu.Unlock()
	with := func(f PushFault) bool { return slices.Contains(faults, f) }
	if with(OutOfOrder) {
		slices.Reverse(events)
	}
	if with(Unknown) {
		events = append(events, event{of, "o-nobody", "wxa_something_new", []map[string]string{{"Text": "?"}}, s.opts.Clock.Now()})
	}
	if with(Together) && of == miniApp {
		events = together(events)
	}
	var pushes []push
	for _, e := range events {
		p := s.dress(e, to, faults)
		pushes = append(pushes, p)
		if with(Duplicate) {
			pushes = append(pushes, p)
		}
		if with(Resigned) {
			pushes = append(pushes, s.dress(e, to, faults))
		}
		if with(Altered) {
			pushes = append(pushes, p.altered())
		}
	}
	if with(Replayed) {
		pushes = append(pushes, pushes...)
	}
	var statuses []int
	for _, p := range pushes {
		status, err := p.send(ctx, do)
		if statuses = append(statuses, status); err != nil {
			return statuses, err
		}
	}
	return statuses, nil
}

// together joins what follows each other of the same kind, person and second.
func together(events []event) (joined []event) {
	for _, e := range events {
		last := len(joined) - 1
		if last >= 0 && joined[last].openID == e.openID && joined[last].name == e.name && joined[last].at.Unix() == e.at.Unix() {
			joined[last].items = slices.Concat(joined[last].items, e.items)
			continue
		}
		joined = append(joined, e)
	}
	return joined
}

// altered says that the template was switched off, that somebody has left or that a message has not arrived, where one can
// without the key, and damages the message elsewhere.
func (p push) altered() push {
	p.body = bytes.ReplaceAll(p.body, []byte("popup_event"), []byte("change_event"))
	p.body = bytes.ReplaceAll(p.body, []byte("accept"), []byte("reject"))
	p.body = bytes.ReplaceAll(p.body, []byte("[subscribe]"), []byte("[unsubscribe]"))
	p.body = bytes.ReplaceAll(p.body, []byte("[success]"), []byte("["+UserBlock+"]"))
	p.body = bytes.ReplaceAll(p.body, []byte(`"Encrypt":"`), []byte(`"Encrypt":"A`))
	p.body = bytes.ReplaceAll(p.body, []byte("<Encrypt><![CDATA["), []byte("<Encrypt><![CDATA[A"))
	return p
}

// push is one push as it goes over the wire.
type push struct {
	address string
	body    []byte
}

// dress signs the event, and encrypts it in safe mode.
func (s *Sim) dress(e event, to Callback, faults []PushFault) push {
	with := func(f PushFault) bool { return slices.Contains(faults, f) }
	stamp, nonce, token, appID := s.opts.Clock.Now(), strconv.Itoa(int(binary.BigEndian.Uint32(s.ids.Bytes(4)))), to.Token, s.appID(e.of)
	if with(Late) {
		stamp = stamp.Add(-10 * time.Minute)
	}
	if with(Forged) {
		token += "-guessed"
	}
	if with(Foreign) {
		appID = "wx0000000000000000"
	}
	at := strconv.FormatInt(stamp.Unix(), 10)
	query := url.Values{"timestamp": {at}, "nonce": {nonce}, "openid": {e.openID}, "signature": {signature(token, at, nonce)}}
	body := e.body(with)
	if with(Oversized) {
		body = append(body, bytes.Repeat([]byte(" "), 1<<20)...)
	}
	if to.AESKey != "" && !with(Downgraded) {
		sealed := encrypt(s.ids.Bytes(16), body, appID, to.AESKey)
		query.Set("encrypt_type", "aes")
		query.Set("msg_signature", signature(token, at, nonce, sealed))
		if with(HalfSigned) {
			query.Set("msg_signature", signature(token, at, nonce))
		}
		body = fmt.Appendf(nil, `{"ToUserName":"gh_sim","Encrypt":%q}`, sealed)
		if with(AsXML) || e.of == officialApp {
			body = fmt.Appendf(nil, "<xml><ToUserName><![CDATA[gh_sim]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>", sealed)
		}
	}
	return push{to.URL + "?" + query.Encode(), body}
}

// wrapped is the name of the field around the list in XML, and in one of the shapes of JSON.
var wrapped = map[string]string{
	popupEvent: "SubscribeMsgPopupEvent", changeEvent: "SubscribeMsgChangeEvent", sentEvent: "SubscribeMsgSentEvent",
}

// The events.
const (
	popupEvent  = "subscribe_msg_popup_event"
	changeEvent = "subscribe_msg_change_event"
	sentEvent   = "subscribe_msg_sent_event"
)

// body writes the event as the platform does: a list of one is an object, beside the other fields.
func (e event) body(with func(PushFault) bool) []byte {
	switch {
	case e.of == officialApp:
		return e.flat(e.openID, nil, true)
	case strings.HasPrefix(e.name, accountEvents): // not in the person's name
		return e.flat("oPlatform", map[string]string{"OpenID": e.openID, "AppID": DefaultAppID}, with(AsXML))
	}
	if with(AsXML) {
		return e.xml()
	}
	var items []any
	for _, i := range e.items {
		item := map[string]any{}
		for name, value := range i {
			item[name] = value
			if with(Numbers) && (name == "MsgID" || name == "ErrorCode") {
				item[name] = json.Number(value)
			}
		}
		items = append(items, item)
	}
	message := map[string]any{"ToUserName": "gh_sim", "FromUserName": e.openID, "CreateTime": e.at.Unix(), "MsgType": "event", "Event": e.name}
	switch {
	case with(Nested):
		message[wrapped[e.name]] = map[string]any{"List": items}
	case len(items) == 1:
		message["List"] = items[0]
	default:
		message["List"] = items
	}
	body, _ := json.Marshal(message) // texts and numbers
	return body
}

// accountEvents begins the names of events about a whole account.
const accountEvents = "user_"

// flat writes an event without a list, in somebody's name and with more fields than its own.
func (e event) flat(from string, more map[string]string, asXML bool) []byte {
	message := map[string]any{"ToUserName": "gh_sim", "FromUserName": from, "CreateTime": e.at.Unix(), "MsgType": "event", "Event": e.name}
	for _, item := range append([]map[string]string{more}, e.items...) {
		for name, value := range item {
			message[name] = value
		}
	}
	if !asXML {
		body, _ := json.Marshal(message) // texts and numbers
		return body
	}
	text := []byte("<xml>")
	for _, name := range slices.Sorted(maps.Keys(message)) {
		text = fmt.Appendf(text, "<%s><![CDATA[%v]]></%s>", name, message[name], name)
	}
	return append(text, "</xml>"...)
}

func (e event) xml() []byte {
	text := fmt.Appendf(nil, "<xml><ToUserName><![CDATA[gh_sim]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime>"+
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[%s]]></Event>", e.openID, e.at.Unix(), e.name)
	around := cmp.Or(wrapped[e.name], "Unknown")
	text = fmt.Appendf(text, "<%s>", around)
	for _, item := range e.items {
		text = append(text, "<List>"...)
		for _, name := range slices.Sorted(maps.Keys(item)) {
			text = fmt.Appendf(text, "<%s><![CDATA[%s]]></%s>", name, item[name], name)
		}
		text = append(text, "</List>"...)
	}
	return fmt.Appendf(text, "</%s></xml>", around)
}

// send repeats the push as the platform does until it is taken.
func (p push) send(ctx context.Context, do Do) (status int, err error) {
	for range pushTries {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address, bytes.NewReader(p.body))
		if err != nil {
			return 0, err
		}
		request.Header.Set("Content-Type", "application/json")
		if bytes.HasPrefix(p.body, []byte("<")) {
			request.Header.Set("Content-Type", "text/xml")
		}
		response, err := do(request)
		if err != nil {
			status = 0
			continue
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if status = response.StatusCode; err == nil && status == http.StatusOK && (len(text) == 0 || string(text) == "success") {
			return status, nil
		}
	}
	return status, nil
}

// signature is the platform's over its sorted parts.
func signature(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, ""))) //nolint:gosec // the platform's
	return hex.EncodeToString(sum[:])
}

// encrypt is the platform's safe mode: AES-256-CBC over random bytes, length, message and app id, padded to 32.
func encrypt(random, message []byte, appID, aesKey string) string {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return ""
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return ""
	}
	plain := append(binary.BigEndian.AppendUint32(slices.Clone(random), uint32(len(message))), message...) //nolint:gosec // far below
	plain = append(plain, appID...)
	pad := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

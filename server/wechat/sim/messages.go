package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Message is a subscribe message, or a template message of the official account, that the platform accepted and showed on a phone.
type Message struct {
	ID         string            `json:"id"`     // WeChat's msgid
	Person     string            `json:"person"` // id of the person
	TemplateID string            `json:"templateId"`
	Title      string            `json:"title"`
	Page       string            `json:"page"`  // empty = not clickable
	Lines      []Line            `json:"lines"` // as the phone shows them, in the template's order
	Data       map[string]string `json:"data"`  // by key of the template
	At         time.Time         `json:"at"`
	Official   bool              `json:"official,omitempty"` // came from the official account
}

// Line is one labelled line of a message.
type Line struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// keptMessages bounds the memory of a demonstration that runs for weeks.
const keptMessages = 20_000

type sendRequest struct {
	ToUser     string `json:"touser"`
	TemplateID string `json:"template_id"`
	Page       string `json:"page"`
	State      string `json:"miniprogram_state"`
	Lang       string `json:"lang"`
	Data       map[string]struct {
		Value any `json:"value"`
	} `json:"data"`
}

// send is POST /cgi-bin/message/subscribe/send.
func (s *Sim) send(c call) reply {
	var request sendRequest
	if !c.read(&request) {
		return refuse(47001, "data format error")
	}
	p, t := s.personByOpenID(request.ToUser), s.template(request.TemplateID)
	switch o := s.opts; {
	case o.SendsPerMinute > 0 && s.over("send minute", o.SendsPerMinute, time.Minute):
		return refuse(45011, "api minute-quota reach limit  mustslower  retry next minute")
	case o.SendsPerDay > 0 && s.over("send day", o.SendsPerDay, 24*time.Hour):
		return refuse(45009, "reach max api daily quota limit")
	case p == nil:
		return refuse(40003, "invalid openid")
	case t == nil:
		return refuse(40037, "invalid template_id")
	case t.Banned:
		return refuse(43107, "subscribe ability is banned")
	case !oneOf(request.State, "", "developer", "trial", "formal"):
		return refuse(47003, "argument invalid! miniprogram_state is invalid")
	case !oneOf(request.Lang, "", "zh_CN", "en_US", "zh_HK", "zh_TW"):
		return refuse(47003, "argument invalid! lang is invalid")
	case !s.released(request.Page):
		return refuse(41030, "invalid page")
	}
	m := Message{Person: p.ID, TemplateID: t.ID, Title: t.Title, Page: request.Page, Data: map[string]string{}, At: c.now}
	for _, f := range t.fields {
		value, refusal := checkedValue(f.key, request.Data[f.key].Value, t.Enums[f.key])
		if refusal.errcode != 0 {
			return refusal
		}
		m.Data[f.key] = value
		m.Lines = append(m.Lines, Line{Label: f.label, Value: value})
	}
	return s.deliver(m, request.ToUser, c.undelivered)
}

// deliver spends a grant and puts the message on the phone, unless something about the person or the words forbids it. A
// message that is accepted and then not delivered is reported with the code undelivered.
func (s *Sim) deliver(m Message, openID string, undelivered int) reply {
	for _, line := range m.Lines {
		if slices.ContainsFunc(s.opts.SensitiveWords, func(word string) bool { return strings.Contains(line.Value, word) }) {
			return refuse(45168, "message contains sensitive words")
		}
	}
	key := grantKey{m.Person, m.TemplateID}
	switch {
	case s.opts.OneSendPerPerson && s.sending[openID] > 1:
		return refuse(43108, "concurrent sending to the same user")
	case s.grants[key] == 0:
		return refuse(43101, "user refuse to accept the msg")
	case s.grants[key] > 0:
		s.grants[key]--
	}
	id := s.nextMsgID(m.At)
	m.ID = strconv.FormatInt(id, 10)
	said := "success"
	if undelivered == 0 {
		s.messages = keepLast(append(s.messages, m), keptMessages)
	} else {
		said = "failed:system failed"
	}
	s.happened(openID, sentEvent, map[string]string{
		"TemplateId": m.TemplateID, "MsgID": m.ID, "ErrorCode": strconv.Itoa(undelivered), "ErrorStatus": said,
	})
	return answer(map[string]any{"errcode": 0, "errmsg": "ok", "msgid": id})
}

// nextMsgID returns a number beyond 2^53, as real ones are, so that a sender who reads it as a float is found out.
func (s *Sim) nextMsgID(now time.Time) int64 {
	s.lastMsgID = max(s.lastMsgID+1, now.UnixMilli()*1_000_000+1)
	return s.lastMsgID
}

func oneOf(value string, allowed ...string) bool { return slices.Contains(allowed, value) }

// released reports whether a message may open the page; its query does not matter, no page always may.
func (s *Sim) released(page string) bool {
	path, _, _ := strings.Cut(page, "?")
	return path == "" || len(s.opts.Pages) == 0 || slices.Contains(s.opts.Pages, path)
}

// checkedValue returns a value of a message as text, or the refusal.
func checkedValue(key string, value any, enum []string) (string, reply) {
	bad := func(how string) (string, reply) {
		return "", refuse(47003, fmt.Sprintf("argument invalid! data.%s.value is %s", key, how))
	}
	text, ok := value.(string)
	switch {
	case value == nil, ok && text == "":
		return bad("emtpy") //nolint:misspell // so the platform spells it
	case !ok || !valueFits(key, text, enum):
		return bad("invalid")
	}
	return text, reply{}
}

// startSend counts a send as under way until the function it returns is called.
func (s *Sim) startSend(e endpoint, body []byte) (end func()) {
	var request sendRequest
	if e.name != "send" || json.Unmarshal(body, &request) != nil {
		return func() {}
	}
	change := func(by int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.sending[request.ToUser] += by; s.sending[request.ToUser] == 0 {
			delete(s.sending, request.ToUser)
		}
	}
	change(1)
	return func() { change(-1) }
}

// Messages returns the messages on the person's phone, or on all phones when it is empty, newest first.
func (s *Sim) Messages(person string) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := ""
	if person != "" {
		p, err := s.person(person)
		if err != nil {
			return nil, err
		}
		id = p.ID
	}
	found := []Message{}
	for _, m := range slices.Backward(s.messages) {
		if id == "" || m.Person == id {
			found = append(found, m)
		}
	}
	return found, nil
}

package wechat

import (
	"net/url"
	"strings"
)

// The events of an official account that are understood.
const (
	EventFollow   = "subscribe"             // somebody follows the account now
	EventUnfollow = "unsubscribe"           // somebody does not any more
	EventFinished = "TEMPLATESENDJOBFINISH" // a template message was delivered, or was not
)

// OfficialNotice is one thing that WeChat tells about a follower.
type OfficialNotice struct {
	Event     string
	OpenID    string // of the official account
	MsgID     string // of EventFinished: the id that SendTemplate returned
	Delivered bool   // of EventFinished
	Blocked   bool   // of EventFinished: the person does not want messages of this account
}

// ReadOfficial is Read for the pushes of an official account, which are XML, one event each.
func (p *Push) ReadOfficial(query url.Values, body []byte) (Delivery[OfficialNotice], error) {
	body, id, err := p.message(query, body)
	if err != nil {
		return Delivery[OfficialNotice]{}, err
	}
	var m struct {
		From   string `json:"FromUserName" xml:"FromUserName"`
		Type   string `json:"MsgType" xml:"MsgType"`
		Event  string `json:"Event" xml:"Event"`
		MsgID  loose  `json:"MsgID" xml:"MsgID"`
		Status string `json:"Status" xml:"Status"`
	}
	if err := readEither(body, &m); err != nil {
		return Delivery[OfficialNotice]{}, err
	}
	d := Delivery[OfficialNotice]{ID: id}
	known := m.Event == EventFollow || m.Event == EventUnfollow || m.Event == EventFinished && m.Status != ""
	if m.Type == "event" && known && m.From != "" {
		d.Notices = []OfficialNotice{{
			Event: m.Event, OpenID: m.From, MsgID: string(m.MsgID), Delivered: m.Status == "success", Blocked: strings.Contains(m.Status, "user block"),
		}}
	}
	return d, nil
}

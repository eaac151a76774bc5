package wechat

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram/subscribe"
	"github.com/silenceper/wechat/v2/util"
)

// SubscribeMessage is one subscribe message to one user.
type SubscribeMessage struct {
	OpenID     string
	TemplateID string
	Page       string            // page of the mini-program with its query, no leading slash; empty = not clickable
	Data       map[string]string // by key of the template (thing1, time2 …); all keys must be there, none empty
}

// sendRequest is the body of subscribe/send. The SDK's own type sends page, colour and language even when empty.
type sendRequest struct {
	ToUser     string               `json:"touser"`
	TemplateID string               `json:"template_id"`
	Page       string               `json:"page,omitempty"`
	State      string               `json:"miniprogram_state"`
	Lang       string               `json:"lang"`
	Data       map[string]sendValue `json:"data"`
}

type sendValue struct {
	Value string `json:"value"`
}

type sendReply struct {
	util.CommonError
	MsgID json.Number `json:"msgid"` // a number beyond 2^53; also read from a string
}

const sendURL = "https://" + apiHost + "/cgi-bin/message/subscribe/send?access_token="

// SendSubscribe sends a message and returns WeChat's id for it, which may be empty. WeChat takes one send per user at a
// time (43108), so callers serialise per openid. An error whose Outcome is Unknown means that the message may have been
// accepted.
func (c *Client) SendSubscribe(ctx context.Context, m SubscribeMessage) (msgID string, err error) {
	if m.OpenID == "" || m.TemplateID == "" || len(m.Data) == 0 {
		return "", invalid("send", "openid, template and data are needed")
	}
	request := sendRequest{
		ToUser: m.OpenID, TemplateID: m.TemplateID, Page: m.Page,
		State: c.cfg.State, Lang: "zh_CN", Data: make(map[string]sendValue, len(m.Data)),
	}
	for key, value := range m.Data {
		request.Data[key] = sendValue{value}
	}
	return c.post(ctx, sendURL, request)
}

// post sends a message of either account and returns WeChat's id for it.
func (c *Client) post(ctx context.Context, address string, request any) (msgID string, err error) {
	err = c.callWithToken(ctx, "send", func(ctx context.Context, token string) error {
		body, err := util.PostJSONContext(ctx, address+token, request)
		if err != nil {
			return err
		}
		var reply sendReply
		if err := decode(body, &reply); err != nil {
			return err
		}
		if reply.MsgID == "" && reply.ErrMsg == "" {
			return unreadable("neither id nor verdict in it")
		}
		msgID = reply.MsgID.String()
		return nil
	})
	return msgID, err
}

// The kinds of templates.
const (
	TemplateOneTime  = 2 // one accepted tap, one message
	TemplateLongTerm = 3 // one accepted tap, many messages
)

// Template is a message template of the account.
type Template struct {
	ID      string
	Title   string
	Content string              // "label：{{key.DATA}}", one per line
	Example string              // the same with sample values
	Type    int                 // TemplateOneTime or TemplateLongTerm
	Enums   map[string][]string // for keys of kind enum: the values that are allowed; nil when there are none
}

// Field is one line of a template.
type Field struct {
	Label string // as the member reads it: 活动名称
	Key   string // as the sender fills it: thing1
}

var fieldLine = regexp.MustCompile(`^\s*(.*?)\s*[：:]?\s*\{\{\s*([A-Za-z_]{1,32}[0-9]{1,4})\.DATA\s*\}\}`)

// Fields returns the lines of the template in order. Lines that hold no key are left out.
func (t Template) Fields() []Field {
	var fields []Field
	for line := range strings.SplitSeq(t.Content, "\n") {
		if found := fieldLine.FindStringSubmatch(line); found != nil {
			fields = append(fields, Field{Label: found[1], Key: found[2]})
		}
	}
	return fields
}

const templatesURL = "https://" + apiHost + "/wxaapi/newtmpl/gettemplate?access_token="

// Templates returns the account's message templates.
func (c *Client) Templates(ctx context.Context) ([]Template, error) {
	var list subscribe.TemplateList
	err := c.callWithToken(ctx, "templates", func(ctx context.Context, token string) error {
		body, err := util.HTTPGetContext(ctx, templatesURL+token)
		if err != nil {
			return err
		}
		list = subscribe.TemplateList{}
		return decode(body, &list)
	})
	if err != nil {
		return nil, err
	}
	templates := make([]Template, 0, len(list.Data))
	for _, item := range list.Data {
		t := Template{ID: item.PriTmplID, Title: item.Title, Content: item.Content, Example: item.Example, Type: int(item.Type)}
		for _, enum := range item.KeywordEnumValueList {
			if t.Enums == nil {
				t.Enums = map[string][]string{}
			}
			t.Enums[enum.KeywordCode] = enum.EnumValueList
		}
		templates = append(templates, t)
	}
	return templates, nil
}

package wechat

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/officialaccount/user"
	"github.com/silenceper/wechat/v2/util"

	"themeday/server/clock"
	"themeday/server/ident"
)

// Official speaks for one official account (服务号): template messages to those who follow it. It shares with Client all
// that an account is — gate, token, errors — and nothing of what it says. It is safe for concurrent use.
type Official struct{ client *Client }

// NewOfficial returns the account of cfg, whose State means nothing here. The other arguments are those of New; the token
// has a place of its own in the cache, because it is another app id's.
func NewOfficial(cfg Config, cache Cache, transport http.RoundTripper, clk clock.Clock, ids *ident.Source, log *slog.Logger) *Official {
	return &Official{New(cfg, cache, transport, clk, ids, log)}
}

// OfficialMessage is one template message to one follower.
type OfficialMessage struct {
	OpenID     string // of the official account: another one than the mini-program's
	TemplateID string
	MiniAppID  string            // with Page: the mini-program that a tap opens; it must be associated with the account
	Page       string            // its page with query, no leading slash; empty = not clickable
	Data       map[string]string // by key of the template; all keys must be there; what is longer than 20 characters is cut
	// Key makes WeChat send only one of several messages to a follower that have it, for ten minutes (client_msg_id).
	Key string
}

type officialRequest struct {
	ToUser     string               `json:"touser"`
	TemplateID string               `json:"template_id"`
	Mini       *officialMini        `json:"miniprogram,omitempty"` // the SDK's own type sends it even when empty
	Data       map[string]sendValue `json:"data"`
	Key        string               `json:"client_msg_id,omitempty"`
}

type officialMini struct {
	AppID string `json:"appid"`
	Page  string `json:"pagepath"`
}

const officialSendURL = "https://" + apiHost + "/cgi-bin/message/template/send?access_token="

// SendTemplate sends a message and returns WeChat's id for it, which may be empty. An error whose Outcome is Unknown means
// that the message may have been accepted; a repeat with the same Key within ten minutes then sends no second one.
func (o *Official) SendTemplate(ctx context.Context, m OfficialMessage) (msgID string, err error) {
	if m.OpenID == "" || m.TemplateID == "" || len(m.Data) == 0 {
		return "", invalid("send", "openid, template and data are needed")
	}
	request := officialRequest{ToUser: m.OpenID, TemplateID: m.TemplateID, Key: m.Key, Data: make(map[string]sendValue, len(m.Data))}
	if m.Page != "" {
		request.Mini = &officialMini{AppID: m.MiniAppID, Page: m.Page}
	}
	for key, value := range m.Data {
		request.Data[key] = sendValue{value}
	}
	return o.client.post(ctx, officialSendURL, request)
}

const officialTemplatesURL = "https://" + apiHost + "/cgi-bin/template/get_all_private_template?access_token="

type officialTemplates struct {
	util.CommonError
	Items []message.TemplateItem `json:"template_list"`
}

// Templates returns the account's message templates. They have no type: a follower gets as many as are sent.
func (o *Official) Templates(ctx context.Context) ([]Template, error) {
	list, err := read[officialTemplates](ctx, o, "templates", officialTemplatesURL, "")
	templates := make([]Template, len(list.Items))
	for i, item := range list.Items {
		templates[i] = Template{ID: item.TemplateID, Title: item.Title, Content: item.Content, Example: item.Example}
	}
	return templates, err
}

// FollowerPage is how many openids FollowerIDs returns at most, and FollowerBatch how many Followers takes.
const (
	FollowerPage  = 10_000
	FollowerBatch = 100
)

const followerIDsURL = "https://" + apiHost + "/cgi-bin/user/get?access_token="

// FollowerIDs returns the openids of those who follow the account, from after the given one on (empty: from the first), and
// what to ask for next; that is empty at the end.
func (o *Official) FollowerIDs(ctx context.Context, after string) (openIDs []string, next string, err error) {
	list, err := read[user.OpenidList](ctx, o, "followers", followerIDsURL, "&next_openid="+url.QueryEscape(after))
	if err != nil {
		return nil, "", err
	}
	if len(list.Data.OpenIDs) < FollowerPage { // WeChat names the last one as next even when nobody comes after
		list.NextOpenID = ""
	}
	return list.Data.OpenIDs, list.NextOpenID, nil
}

// Follower is somebody as the official account knows them.
type Follower struct {
	OpenID  string
	UnionID string // empty unless the account is bound to an open-platform account
	Follows bool   // false: has unfollowed, and nothing else is known
}

const followersURL = "https://" + apiHost + "/cgi-bin/user/info/batchget?access_token="

// Followers returns what WeChat says about at most 100 people. Those whom it does not know are left out.
func (o *Official) Followers(ctx context.Context, openIDs []string) ([]Follower, error) {
	if len(openIDs) == 0 || len(openIDs) > FollowerBatch {
		return nil, invalid("followers", "1 to 100 openids are needed")
	}
	var request user.BatchGetUserInfoParams
	for _, id := range openIDs {
		request.UserList = append(request.UserList, user.BatchGetUserListItem{OpenID: id, Lang: "zh_CN"})
	}
	var list user.InfoList
	err := o.client.callWithToken(ctx, "followers", func(ctx context.Context, token string) error {
		body, err := util.PostJSONContext(ctx, followersURL+token, request)
		if err != nil {
			return err
		}
		list = user.InfoList{}
		return decode(body, &list)
	})
	followers := make([]Follower, 0, len(list.UserInfoList))
	for _, u := range list.UserInfoList {
		followers = append(followers, Follower{OpenID: u.OpenID, UnionID: u.UnionID, Follows: u.Subscribe == 1})
	}
	return followers, err
}

// read asks an address that ends where the token goes; query is what comes after it.
func read[T any](ctx context.Context, o *Official, op, address, query string) (reply T, err error) {
	err = o.client.callWithToken(ctx, op, func(ctx context.Context, token string) error {
		body, err := util.HTTPGetContext(ctx, address+token+query)
		if err != nil {
			return err
		}
		var fresh T // nothing of the reply to an attempt with a stale token
		err = decode(body, &fresh)
		reply = fresh
		return err
	})
	return reply, err
}

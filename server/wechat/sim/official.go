package sim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// The official account (服务号): who follows it, and its template messages. Its openids are others than the mini-program's;
// what joins the two is the unionid.

// appID returns the app id of the account.
func (s *Sim) appID(of app) string {
	if of == officialApp {
		return s.opts.OfficialAppID
	}
	return s.opts.AppID
}

// officialOpenID is the person's openid at the official account.
func (s *Sim) officialOpenID(p *Person) string {
	return derive(s.opts.OfficialAppID, "sim-official", p.ID)
}

func (s *Sim) personByOfficialOpenID(openID string) *Person {
	return s.personWhere(func(p *Person) bool { return s.officialOpenID(p) == openID })
}

// Follow lets the person follow the official account, or leave it.
func (s *Sim) Follow(person string, follows bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(person)
	if err != nil {
		return err
	}
	if p.Follows != follows {
		s.followChanged(p, follows)
	}
	p.Follows = follows
	return nil
}

// keptOfficial bounds how many keys of messages are remembered.
const keptOfficial = 1000

// AddOfficialTemplate is AddTemplate for the official account; the type means nothing there.
func (s *Sim) AddOfficialTemplate(t Template) (id string, err error) {
	added, err := newTemplate(t)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.official = withTemplate(s.official, added)
	return added.ID, nil
}

// officialTemplates is GET /cgi-bin/template/get_all_private_template.
func (s *Sim) officialTemplates(call) reply {
	type item struct {
		ID      string `json:"template_id"`
		Title   string `json:"title"`
		Content string `json:"content"`
		Example string `json:"example"`
	}
	items := make([]item, len(s.official))
	for i, t := range s.official {
		items[i] = item{t.ID, t.Title, t.Content, t.Example}
	}
	return answer(map[string]any{"template_list": items})
}

// sentKey is a message that was sent with a client_msg_id.
type sentKey struct {
	id int64
	at time.Time
}

const (
	// keyLife is how long the platform promises to send one message for one client_msg_id.
	keyLife = 10 * time.Minute
	// officialDay is what an account that few follow may send in a day.
	officialDay = 100_000
	// officialCut is where the official account cuts values that are too long, without a word.
	officialCut = 20
)

type officialRequest struct {
	ToUser     string `json:"touser"`
	TemplateID string `json:"template_id"`
	Mini       *struct {
		AppID string `json:"appid"`
		Page  string `json:"pagepath"`
	} `json:"miniprogram"`
	Data map[string]struct {
		Value any `json:"value"`
	} `json:"data"`
	Key string `json:"client_msg_id"`
}

// officialSend is POST /cgi-bin/message/template/send.
func (s *Sim) officialSend(c call) reply {
	var request officialRequest
	if !c.read(&request) {
		return refuse(47001, "data format error")
	}
	p := s.personByOfficialOpenID(request.ToUser)
	i := slices.IndexFunc(s.official, func(t *storedTemplate) bool { return t.ID == request.TemplateID })
	page := ""
	if request.Mini != nil {
		page = request.Mini.Page
	}
	switch {
	case p == nil:
		return refuse(40003, "invalid openid")
	case i < 0:
		return refuse(40037, "invalid template_id")
	case !p.Follows:
		return refuse(43004, "require subscribe")
	case request.Mini != nil && request.Mini.AppID != s.opts.AppID:
		return refuse(40013, "invalid appid")
	case !s.released(page):
		return refuse(41030, "invalid page")
	case s.official[i].Banned:
		return refuse(43116, "template is restricted")
	case s.over("official day", officialDay, 24*time.Hour):
		return refuse(45009, "reach max api daily quota limit")
	}
	t := s.official[i]
	m := Message{Person: p.ID, TemplateID: t.ID, Title: t.Title, Page: page, Data: map[string]string{}, At: c.now, Official: true}
	for _, f := range t.fields {
		value, ok := request.Data[f.key].Value.(string)
		if !ok || value == "" || prefix(f.key) == "const" && !slices.Contains(t.Enums[f.key], value) {
			return refuse(47003, "argument invalid! data."+f.key+".value is invalid")
		}
		if utf8.RuneCountInString(value) > officialCut {
			value = string([]rune(value)[:officialCut])
		}
		m.Data[f.key] = value
		m.Lines = append(m.Lines, Line{Label: f.label, Value: value})
	}
	return s.deliverOfficial(m, request, p.Blocks)
}

// deliverOfficial puts the message on the phone, unless one with its key is there already.
func (s *Sim) deliverOfficial(m Message, request officialRequest, blocks bool) reply {
	key := request.ToUser + "\x00" + request.Key
	if sent, ok := s.seen[key]; ok && request.Key != "" && m.At.Sub(sent.at) < keyLife {
		return answer(map[string]any{"errcode": 0, "errmsg": "ok", "msgid": sent.id})
	}
	id := s.nextMsgID(m.At)
	m.ID = strconv.FormatInt(id, 10)
	if request.Key != "" {
		maps.DeleteFunc(s.seen, func(_ string, old sentKey) bool { return len(s.seen) > keptOfficial && m.At.Sub(old.at) >= keyLife })
		s.seen[key] = sentKey{id, m.At}
	}
	status := UserBlock
	if !blocks {
		s.messages = keepLast(append(s.messages, m), keptMessages)
		status = Delivered
	}
	s.finished(request.ToUser, m.ID, status)
	return answer(map[string]any{"errcode": 0, "errmsg": "ok", "msgid": id})
}

// followerPage is how many openids one call of user/get returns.
const followerPage = 10_000

// userGet is GET /cgi-bin/user/get.
func (s *Sim) userGet(c call) reply {
	var openIDs []string
	for _, p := range s.people {
		if p.Follows {
			openIDs = append(openIDs, s.officialOpenID(p))
		}
	}
	slices.Sort(openIDs)
	total := len(openIDs)
	if next := c.query.Get("next_openid"); next != "" {
		i, found := slices.BinarySearch(openIDs, next)
		if !found {
			return refuse(40003, "invalid openid")
		}
		openIDs = openIDs[i+1:]
	}
	openIDs = openIDs[:min(len(openIDs), followerPage)]
	last := ""
	if len(openIDs) > 0 {
		last = openIDs[len(openIDs)-1]
	}
	body := map[string]any{"total": total, "count": len(openIDs), "next_openid": last}
	if len(openIDs) > 0 {
		body["data"] = map[string]any{"openid": openIDs}
	}
	return answer(body)
}

// info is what the platform says of one person.
func (s *Sim) info(p *Person) map[string]any {
	if !p.Follows {
		return map[string]any{"subscribe": 0, "openid": s.officialOpenID(p)}
	}
	told := map[string]any{"subscribe": 1, "openid": s.officialOpenID(p), "nickname": "", "headimgurl": "", "language": "zh_CN"}
	if s.opts.UnionIDs {
		told["unionid"] = p.UnionID
	}
	return told
}

// userInfo is GET /cgi-bin/user/info.
func (s *Sim) userInfo(c call) reply {
	p := s.personByOfficialOpenID(c.query.Get("openid"))
	if p == nil {
		return refuse(40003, "invalid openid")
	}
	return answer(s.info(p))
}

// userBatchGet is POST /cgi-bin/user/info/batchget.
func (s *Sim) userBatchGet(c call) reply {
	var request struct {
		Users []struct {
			OpenID string `json:"openid"`
		} `json:"user_list"`
	}
	if json.Unmarshal(c.body, &request) != nil {
		return refuse(47001, "data format error")
	}
	if len(request.Users) == 0 || len(request.Users) > 100 {
		return refuse(40032, "invalid openid list size")
	}
	infos := make([]map[string]any, len(request.Users))
	for i, u := range request.Users {
		p := s.personByOfficialOpenID(u.OpenID)
		if p == nil {
			return refuse(40003, "invalid openid")
		}
		infos[i] = s.info(p)
	}
	return answer(map[string]any{"user_info_list": infos})
}

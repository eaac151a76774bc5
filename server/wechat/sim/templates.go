package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The kinds of templates.
const (
	OneTime  = 2 // one accepted tap, one message
	LongTerm = 3 // one accepted tap, many messages
)

// Template is a message template of the mini-program's account.
type Template struct {
	ID      string // derived from title and content when empty, 43 characters as at the platform
	Title   string
	Content string              // "活动名称：{{thing1.DATA}}", one per line
	Example string              // made from Content when empty
	Type    int                 // OneTime or LongTerm; 0 = OneTime
	Enums   map[string][]string // allowed values of enum keys
	Banned  bool                // a tap answers "ban", a send is refused with 43107
}

type storedTemplate struct {
	Template
	fields []field
}

type field struct{ label, key string }

var templateLine = regexp.MustCompile(`^\s*([^{：:]*?)\s*[：:]?\s*\{\{\s*([a-z_]+[0-9]+)\.DATA\s*\}\}\s*$`)

// AddTemplate adds a template, or replaces the one with the same id, and returns its id. It returns an error when a line
// of the content has not the form label：{{key.DATA}} or the type is unknown.
func (s *Sim) AddTemplate(t Template) (id string, err error) {
	added, err := newTemplate(t)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.templates = withTemplate(s.templates, added)
	return added.ID, nil
}

func withTemplate(all []*storedTemplate, added *storedTemplate) []*storedTemplate {
	if i := slices.IndexFunc(all, func(o *storedTemplate) bool { return o.ID == added.ID }); i >= 0 {
		all[i] = added
		return all
	}
	return append(all, added)
}

func newTemplate(t Template) (*storedTemplate, error) {
	if t.Type == 0 {
		t.Type = OneTime
	}
	if t.Type != OneTime && t.Type != LongTerm {
		return nil, errors.New("sim: template type is neither 2 nor 3")
	}
	added := &storedTemplate{Template: t}
	for line := range strings.SplitSeq(strings.TrimSpace(t.Content), "\n") {
		found := templateLine.FindStringSubmatch(line)
		if found == nil {
			return nil, errors.New("sim: template line has no {{key.DATA}}: " + line)
		}
		added.fields = append(added.fields, field{label: found[1], key: found[2]})
	}
	if added.ID == "" {
		sum := sha256.Sum256([]byte(t.Title + "\x00" + t.Content))
		added.ID = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if added.Example == "" {
		for _, f := range added.fields {
			added.Example += f.label + "：" + kinds[prefix(f.key)].example + "\n"
		}
	}
	return added, nil
}

// template returns the template with this id, or nil. The caller holds the lock.
func (s *Sim) template(id string) *storedTemplate {
	if i := slices.IndexFunc(s.templates, func(t *storedTemplate) bool { return t.ID == id }); i >= 0 {
		return s.templates[i]
	}
	return nil
}

// gettemplate is GET /wxaapi/newtmpl/gettemplate.
func (s *Sim) gettemplate(call) reply {
	type enum struct {
		Values []string `json:"enumValueList"`
		Key    string   `json:"keywordCode"`
	}
	type item struct {
		ID      string `json:"priTmplId"`
		Title   string `json:"title"`
		Content string `json:"content"`
		Example string `json:"example"`
		Type    int    `json:"type"`
		Enums   []enum `json:"keywordEnumValueList"`
	}
	items := make([]item, 0, len(s.templates))
	for _, t := range s.templates {
		i := item{ID: t.ID, Title: t.Title, Content: t.Content, Example: t.Example, Type: t.Type, Enums: []enum{}}
		for _, key := range slices.Sorted(maps.Keys(t.Enums)) {
			i.Enums = append(i.Enums, enum{Values: t.Enums[key], Key: key})
		}
		items = append(items, i)
	}
	return answer(map[string]any{"errcode": 0, "errmsg": "ok", "data": items})
}

// grantKey names the stock of accepted taps of one person for one template.
type grantKey struct{ person, template string }

// lasting is the stock of a long-term template that was accepted once.
const lasting = -1

// tapLimit is how many templates one tap may ask for.
const tapLimit = 5

// The errCodes of wx.requestSubscribeMessage.
const (
	tapEmpty   = 10001
	tapUnknown = 20001
	tapMixed   = 20002
	tapTooMany = 20003
	tapOff     = 20004
)

// Tap answers as wx.requestSubscribeMessage would when the person taps: per template accept, reject, ban (the template is
// banned) or filter (another one of the same title was asked for too). wanted overrides accept. Every accept adds one
// message to the person's stock, or for a long-term template makes it endless. What the person has settled for good
// (Settle) is answered that way without a question.
func (s *Sim) Tap(person string, templateIDs []string, wanted map[string]string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(person)
	if err != nil {
		return nil, err
	}
	asked, err := s.askable(templateIDs)
	if err != nil {
		return nil, err
	}
	if p.off {
		return nil, &problem{status: http.StatusBadRequest, Code: "tap_refused", Message: "用户关闭了全部订阅消息", ErrCode: tapOff}
	}
	results, titles := map[string]string{}, map[string]bool{}
	for _, t := range asked {
		result := "accept"
		if said := cmp.Or(p.settled[t.ID], wanted[t.ID]); said != "" {
			result = said
		}
		switch {
		case titles[t.Title]:
			result = "filter"
		case t.Banned:
			result = "ban"
		}
		titles[t.Title] = true
		if results[t.ID] = result; result == "accept" {
			s.grant(grantKey{p.ID, t.ID}, t.Type)
		}
		if result == "accept" || result == "reject" {
			s.happened(p.OpenID, popupEvent, map[string]string{"TemplateId": t.ID, "SubscribeStatusString": result, "PopupScene": "0"})
		}
	}
	return results, nil
}

// askable returns the templates of one tap, or what the phone would refuse the tap with.
func (s *Sim) askable(ids []string) ([]*storedTemplate, error) {
	refuseTap := func(errCode int, message string) error {
		return &problem{status: http.StatusBadRequest, Code: "tap_refused", Message: message, ErrCode: errCode}
	}
	switch {
	case len(ids) == 0:
		return nil, refuseTap(tapEmpty, "没有要订阅的模板")
	case len(ids) > tapLimit:
		return nil, refuseTap(tapTooMany, "一次最多订阅 5 个模板")
	}
	var asked []*storedTemplate
	for _, id := range ids {
		t := s.template(id)
		if t == nil {
			return nil, refuseTap(tapUnknown, "没有这个模板")
		}
		if t.Type != s.template(ids[0]).Type {
			return nil, refuseTap(tapMixed, "一次性模板和长期模板不能一起订阅")
		}
		if !slices.Contains(asked, t) {
			asked = append(asked, t)
		}
	}
	return asked, nil
}

func (s *Sim) grant(key grantKey, kind int) {
	if kind == LongTerm {
		s.grants[key] = lasting
		return
	}
	s.grants[key]++
}

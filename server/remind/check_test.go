package remind_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"themeday/server/remind"
	"themeday/server/store/storetest"
)

// onAccount is what the account has when it is as the file says.
func onAccount(all remind.Templates) []remind.AccountTemplate {
	var account []remind.AccountTemplate
	for _, kind := range remind.Kinds() {
		t, ok := all[kind]
		if !ok {
			continue
		}
		theirs := remind.AccountTemplate{ID: t.ID, Title: t.Title, Type: t.Type, Options: map[string][]string{}}
		for _, k := range t.Keywords {
			theirs.Fields = append(theirs.Fields, remind.Field{Key: k.Key, Label: k.Label})
			theirs.Options[k.Key] = k.Options
		}
		account = append(account, theirs)
	}
	return account
}

func sentences(problems []remind.Problem) []string {
	all := make([]string, len(problems))
	for i, p := range problems {
		all[i] = p.String()
	}
	return all
}

// Each edit of what the account has must be noticed, and named.
func TestCompare(t *testing.T) {
	parsed, err := remind.ParseTemplates([]byte(strings.Replace(fine, "      - {key: name4, label: 主办, value: host}",
		"      - {key: const4, label: 类别, value: kind, options: [主题党日, 其他]}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	ours := parsed.Subscribe
	for name, c := range map[string]struct {
		edit func(*remind.AccountTemplate)
		want []string
	}{
		"as it should be": {func(*remind.AccountTemplate) {}, nil},
		"not there":       {func(a *remind.AccountTemplate) { a.ID = "other" }, []string{"the account has no template with this id"}},
		"title":           {func(a *remind.AccountTemplate) { a.Title = "通知" }, []string{"the title is 变更 in the file and 通知 on the account"}},
		"type":            {func(a *remind.AccountTemplate) { a.Type = remind.LongTerm }, []string{"the type is one_time in the file and long_term on the account"}},
		"label":           {func(a *remind.AccountTemplate) { a.Fields[0].Label = "主题" }, []string{"the label is 名称 in the file and 主题 on the account"}},
		"other key": {func(a *remind.AccountTemplate) { a.Fields[0].Key = "thing9" }, []string{
			"the account's template has no key thing1", "the account's template also has the key thing9; without it WeChat refuses every message",
		}},
		"one more key": {func(a *remind.AccountTemplate) {
			a.Fields = append(a.Fields, remind.Field{Key: "date6", Label: "日期"})
		}, []string{
			"the account's template also has the key date6; without it WeChat refuses every message",
		}},
		"option":         {func(a *remind.AccountTemplate) { a.Options["const4"] = []string{"主题党日"} }, []string{"the account's template does not list the option 其他"}},
		"options hidden": {func(a *remind.AccountTemplate) { a.Options = nil }, nil}, // WeChat does not always list them
	} {
		t.Run(name, func(t *testing.T) {
			account := onAccount(ours)
			c.edit(&account[0])
			problems := ours.Compare(account)
			for i := range c.want {
				c.want[i] = "message template changed: " + c.want[i]
			}
			if got := sentences(problems); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for _, p := range problems {
				if text := p.Chinese(); text == "" || strings.Contains(text, "HERE") {
					t.Errorf("%s: in Chinese %q", p, text)
				}
			}
		})
	}
}

// lister is an account's list of templates.
type lister struct {
	all []remind.AccountTemplate
	err error
}

func (l *lister) Templates(context.Context) ([]remind.AccountTemplate, error) { return l.all, l.err }

func TestCheckTemplatesRemembers(t *testing.T) {
	w := newWorld(t, storetest.New(t))
	if problems, at := w.TemplateProblems(); problems != nil || !at.IsZero() {
		t.Errorf("before the first check: %v at %v", problems, at)
	}
	w.lister.err = errors.New("away")
	if problems, err := w.CheckTemplates(t.Context()); err == nil || len(problems) != 1 || problems[0].Trouble != remind.Unchecked {
		t.Errorf("while WeChat is away: %v, %v", problems, err)
	}
	w.lister.err = nil
	if problems, err := w.CheckTemplates(t.Context()); err != nil || len(problems) != len(remind.Kinds()) {
		t.Errorf("an empty account: %v, %v", problems, err)
	}
	w.lister.all = onAccount(w.Templates)
	if problems, err := w.CheckTemplates(t.Context()); err != nil || len(problems) != 0 {
		t.Errorf("a good account: %v, %v", problems, err)
	}
	if problems, at := w.TemplateProblems(); len(problems) != 0 || !at.Equal(noon) {
		t.Errorf("remembered: %v at %v", problems, at)
	}
}

type previewBody struct {
	Items []struct {
		Kind, Heading, Title, Type, Inbox string
		Lines                             []struct {
			Label, Value string
			Shortened    bool
			Limit        int
		}
		Problems []string
	}
	CheckedAt *string
	Problems  []string
}

func TestPreview(t *testing.T) {
	s := newSite(t)
	secretary, member := s.login(s.member("书记", 0), true), s.login(s.member("甲", 0), false)
	s.call(member, "GET", "/message-templates/preview", "", 403, nil)
	var got previewBody
	s.call(secretary, "GET", "/message-templates/preview", "", 200, &got)
	if len(got.Items) != len(remind.Kinds()) || got.CheckedAt != nil || len(got.Problems) != 0 {
		t.Fatalf("%+v", got)
	}
	for _, item := range got.Items {
		if item.Title == "" || item.Type != "one_time" || len(item.Lines) < 2 || item.Inbox == "" {
			t.Errorf("%+v", item)
		}
		if first := item.Lines[0]; item.Kind != "not_held" && (!first.Shortened || first.Limit != 20 || len([]rune(first.Value)) != 20 || !strings.HasSuffix(first.Value, "…")) {
			t.Errorf("the long title of the sample: %+v", first)
		}
	}
	s.lister.all = onAccount(s.Templates)[1:]
	if _, err := s.CheckTemplates(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := s.onlyAnnounced()
	s.call(secretary, "GET", "/message-templates/preview?eventId="+e.ID.String(), "", 200, &got)
	if line := got.Items[0].Lines[0]; line.Value != e.Title || line.Shortened || got.CheckedAt == nil {
		t.Errorf("of a real event: %+v, checked at %v", line, got.CheckedAt)
	}
	if problems := got.Items[0].Problems; !slices.Equal(problems, []string{"公众平台账号里没有这个模板"}) || len(got.Items[1].Problems) != 0 {
		t.Errorf("problems %q and %q", problems, got.Items[1].Problems)
	}
	s.call(secretary, "GET", "/message-templates/preview?eventId=0000000000001", "", 404, nil)
	s.call(secretary, "GET", "/message-templates/preview?eventId=x", "", 400, nil)
}

package remind

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// AccountTemplate is a message template as the WeChat account has it.
type AccountTemplate struct {
	ID      string
	Title   string
	Type    TemplateType
	Fields  []Field
	Options map[string][]string // what is allowed under the keys of enumerations
}

// Field is one line of an account's template.
type Field struct{ Key, Label string }

// Trouble names what is wrong with a template.
type Trouble string

// The troubles.
const (
	NotListed   Trouble = "not_listed"   // the account has no template of this id
	OtherTitle  Trouble = "other_title"  // it is called otherwise there
	OtherType   Trouble = "other_type"   // one_time instead of long_term, or the other way round
	KeyUnknown  Trouble = "key_unknown"  // the account's template has no such key
	KeyMissing  Trouble = "key_missing"  // the account's template has a key that the file has not: WeChat refuses every message
	OtherLabel  Trouble = "other_label"  // the key stands for something else there
	OtherOption Trouble = "other_option" // an option that the account's template does not list
	Unchecked   Trouble = "unchecked"    // the account's list could not be read
)

// troubleWords say it in English for the log and in Chinese for those who run organisations; HERE is what the file says,
// THERE what the account says.
var troubleWords = map[Trouble]struct{ english, chinese string }{
	NotListed:   {"the account has no template with this id", "公众平台账号里没有这个模板"},
	OtherTitle:  {"the title is HERE in the file and THERE on the account", "模板标题与账号里的“THERE”不一致"},
	OtherType:   {"the type is HERE in the file and THERE on the account", "模板类型（一次性或长期）与账号里的不一致"},
	KeyUnknown:  {"the account's template has no key HERE", "账号里的模板没有 HERE 这一项"},
	KeyMissing:  {"the account's template also has the key THERE; without it WeChat refuses every message", "账号里的模板还有 THERE 这一项没有填，微信会全部拒收"},
	OtherLabel:  {"the label is HERE in the file and THERE on the account", "“HERE”在账号的模板里叫“THERE”"},
	OtherOption: {"the account's template does not list the option HERE", "账号的模板不允许填“HERE”"},
	Unchecked:   {"the account's templates could not be read", "暂时读不到公众平台账号里的模板"},
}

// Problem is one thing that is wrong with the template of a kind.
type Problem struct {
	Channel Channel
	Kind    Kind // "" when it concerns all templates of the channel
	Trouble Trouble
	here    string
	there   string
}

// String returns the sentence for the log, without ids.
func (p Problem) String() string {
	about := strings.TrimSpace(Template{Channel: p.Channel}.name(p.Kind))
	return about + ": " + p.fill(troubleWords[p.Trouble].english)
}

// Chinese returns the sentence for those who run organisations.
func (p Problem) Chinese() string { return p.fill(troubleWords[p.Trouble].chinese) }

func (p Problem) fill(sentence string) string {
	return strings.NewReplacer("THERE", p.there, "HERE", p.here).Replace(sentence)
}

// Compare returns how the templates differ from the account's own, in the order of the kinds.
func (t Templates) Compare(account []AccountTemplate) []Problem {
	var problems []Problem
	for _, kind := range Kinds() {
		ours, configured := t[kind]
		if !configured {
			continue
		}
		note := func(trouble Trouble, here, there string) {
			problems = append(problems, Problem{ours.Channel, kind, trouble, here, there})
		}
		i := slices.IndexFunc(account, func(a AccountTemplate) bool { return a.ID == ours.ID })
		if i < 0 {
			note(NotListed, "", "")
			continue
		}
		ours.compare(account[i], note)
	}
	return problems
}

func (t Template) compare(theirs AccountTemplate, note func(trouble Trouble, here, there string)) {
	if t.Title != theirs.Title {
		note(OtherTitle, t.Title, theirs.Title)
	}
	if t.Type != theirs.Type && t.Channel != Official {
		note(OtherType, string(t.Type), string(theirs.Type))
	}
	for _, k := range t.Keywords {
		i := slices.IndexFunc(theirs.Fields, func(f Field) bool { return f.Key == k.Key })
		switch {
		case i < 0:
			note(KeyUnknown, k.Key, "")
		case theirs.Fields[i].Label != k.Label:
			note(OtherLabel, k.Label, theirs.Fields[i].Label)
		}
		for _, option := range k.Options {
			if listed := theirs.Options[k.Key]; len(listed) > 0 && !slices.Contains(listed, option) {
				note(OtherOption, option, "")
			}
		}
	}
	for _, f := range theirs.Fields {
		if !slices.ContainsFunc(t.Keywords, func(k Keyword) bool { return k.Key == f.Key }) {
			note(KeyMissing, "", f.Key)
		}
	}
}

// Lister reads the templates that the account has.
type Lister interface {
	Templates(ctx context.Context) ([]AccountTemplate, error)
}

// checkup is the result of the latest comparison with the account.
type checkup struct {
	at       time.Time
	problems []Problem
}

// CheckTemplates compares the templates with the account's and remembers the result. When the list cannot be read, that is
// the one problem, and the error says why.
func (s *Service) CheckTemplates(ctx context.Context) ([]Problem, error) {
	problems, err := compareAt(ctx, s.Lister, s.Templates, Subscribe)
	if s.Official != nil {
		more, failed := compareAt(ctx, s.Official, s.OfficialTemplates, Official)
		problems, err = append(problems, more...), errors.Join(err, failed)
	}
	s.checked.Store(&checkup{at: s.Clock.Now(), problems: problems})
	return problems, err
}

func compareAt(ctx context.Context, at Lister, ours Templates, channel Channel) ([]Problem, error) {
	account, err := at.Templates(ctx)
	if err != nil {
		return []Problem{{Channel: channel, Trouble: Unchecked}}, err
	}
	return ours.Compare(account), nil
}

// TemplateProblems returns what the latest check has found, and when that was: the zero time before the first one.
func (s *Service) TemplateProblems() ([]Problem, time.Time) {
	found := s.checked.Load()
	if found == nil {
		return nil, time.Time{}
	}
	return found.problems, found.at
}

// How often the templates are checked: somebody may change them in the console at any time.
const (
	checkEvery = 6 * time.Hour
	checkAgain = 10 * time.Minute // when WeChat could not be asked
)

// WatchTemplates checks the templates now and again until ctx ends, and logs what is wrong. It never stops the server:
// people check in whatever WeChat's templates look like.
func (s *Service) WatchTemplates(ctx context.Context) {
	for {
		wait := checkEvery
		problems, err := s.CheckTemplates(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.Log.WarnContext(ctx, "message templates not checked", "cause", err)
			wait = checkAgain
		}
		for _, p := range problems {
			s.Log.WarnContext(ctx, p.String())
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

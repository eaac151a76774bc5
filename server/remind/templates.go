package remind

import (
	_ "embed" // for the templates of the demonstration
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Channel is a way to a person's phone.
type Channel string

// The channels, in the order in which they are tried.
const (
	Subscribe Channel = "subscribe" // 订阅消息 of the mini-program: needs a grant
	Official  Channel = "official"  // 模板消息 of the official account: needs a follower
)

// TemplateType says how many messages one accepted tap allows.
type TemplateType string

// The types.
const (
	OneTime  TemplateType = "one_time"  // one
	LongTerm TemplateType = "long_term" // many; only accounts that WeChat has admitted to it
)

// Keyword is one line of a template.
type Keyword struct {
	Key   string `yaml:"key"`   // prefix and number, such as thing1; the prefix is the type
	Label string `yaml:"label"` // as the member reads it
	Value string `yaml:"value"` // what it is filled with; fixed is the text below
	Text  string `yaml:"text"`  // for the value fixed: what it always says
	// Options are what the platform allows under a key of an enumeration (const, enum_string), as the console shows them.
	// A value that is none of them becomes the first.
	Options []string `yaml:"options"`
}

// keyType returns the prefix of the key.
func (k Keyword) keyType() string { return strings.TrimRight(k.Key, "0123456789") }

// Template is a WeChat message template and what a reminder fills into it.
type Template struct {
	ID       string       `yaml:"id"`
	Title    string       `yaml:"title"`
	Type     TemplateType `yaml:"type"`
	Note     string       `yaml:"note"` // for keywords whose value is note
	Keywords []Keyword    `yaml:"keywords"`
	Channel  Channel      `yaml:"-"`
}

// Templates is the template of each kind of reminder at one account. Kinds without one are not sent by it.
type Templates map[Kind]Template

// Catalogue is the templates of both accounts.
type Catalogue struct {
	Subscribe Templates `yaml:"templates"`
	Official  Templates `yaml:"official"`
}

//go:embed message-templates.yaml
var defaultTemplates []byte

// LoadTemplates reads the file at path; an empty path is the templates of the demonstration, as in
// configs/message-templates.yaml. It returns every problem that it finds, joined.
func LoadTemplates(path string) (Catalogue, error) {
	raw := defaultTemplates
	if path != "" {
		var err error
		if raw, err = os.ReadFile(path); err != nil {
			return Catalogue{}, fmt.Errorf("message templates: %w", err)
		}
	}
	return ParseTemplates(raw)
}

// ParseTemplates reads the text of a templates file. It returns every problem that it finds, joined.
func ParseTemplates(raw []byte) (Catalogue, error) {
	var c Catalogue
	if err := yaml.UnmarshalWithOptions(raw, &c, yaml.Strict()); err != nil {
		return Catalogue{}, fmt.Errorf("message templates: %w", err)
	}
	c.Subscribe.belongTo(Subscribe)
	c.Official.belongTo(Official)
	return c, errors.Join(c.Subscribe.check(), c.Official.check())
}

// belongTo notes which account the templates are of. A follower of the official account gets as many messages as are sent.
func (t Templates) belongTo(channel Channel) {
	for kind, template := range t {
		template.Channel = channel
		if channel == Official && template.Type == "" {
			template.Type = LongTerm
		}
		t[kind] = template
	}
}

// IDs returns the ids of all templates.
func (t Templates) IDs() []string {
	ids := make([]string, 0, len(t))
	for _, template := range t {
		ids = append(ids, template.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// OfID returns the first of the kinds that are sent with this template.
func (t Templates) OfID(id string) (Kind, bool) {
	for _, kind := range Kinds() {
		if template, ok := t[kind]; ok && template.ID == id {
			return kind, true
		}
	}
	return "", false
}

// WeChat's bounds: 2 to 5 keywords in a template; ids have 43 characters, of which only the alphabet is relied on.
const (
	minKeywords = 2
	maxKeywords = 5
)

// fixed is the value that is written into the file itself.
const fixed = "fixed"

var (
	idForm  = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	keyForm = regexp.MustCompile(`^[a-z_]+[0-9]{1,4}$`)
)

// fills says which types of keys each value may be put under. Fixed texts go under every type, if they fit as they are.
var fills = map[string][]string{
	"title": words, "place": words, "address": words, "note": words, "change": words, "reason": words, "host": words, "kind": words,
	"asked": words, "result": words, "task": words,
	"startsAt": moments, "endsAt": moments, "period": {"time", "date"}, "number": {"character_string"},
}

var (
	words   = []string{"thing", "name", "phrase", "const", "enum_string"}
	moments = []string{"time", "date", "character_string"}
)

// isEnum reports whether keys of the type take one of a list of values: const at the official account, enum_string in the
// mini-program's documentation.
func isEnum(keyType string) bool { return keyType == "const" || strings.HasPrefix(keyType, "enum") }

// check looks at all templates. Kinds may share one, which is then the same for all of them but for the note. Two
// templates of the same title are refused because WeChat asks a person for only one of them.
func (t Templates) check() error {
	var problems []error
	note := func(kind Kind, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", t[kind].name(kind), fmt.Sprintf(format, args...)))
	}
	for kind := range t {
		if !slices.Contains(Kinds(), kind) {
			note(kind, "there is no such reminder; known are %v", Kinds())
		}
	}
	ids, titles := map[string]Template{}, map[string]string{}
	for _, kind := range Kinds() {
		template, ok := t[kind]
		if !ok {
			continue
		}
		if same, there := ids[template.ID]; there && !template.isSame(same) {
			note(kind, "another template has the same id, but not the same title, type and keys")
		}
		if id, there := titles[template.Title]; there && id != template.ID && template.Channel != Official {
			note(kind, "another template has the same title, so WeChat would ask for only one of them")
		}
		ids[template.ID], titles[template.Title] = template, template.ID
		template.check(func(format string, args ...any) { note(kind, format, args...) })
	}
	return errors.Join(problems...)
}

// isSame reports whether the other kind of reminder is sent with the same template of the account.
func (t Template) isSame(other Template) bool {
	sameKey := func(a, b Keyword) bool { return a.Key == b.Key && a.Label == b.Label }
	return t.ID == other.ID && t.Title == other.Title && t.Type == other.Type && slices.EqualFunc(t.Keywords, other.Keywords, sameKey)
}

// name says in a log which template is meant.
func (t Template) name(kind Kind) string {
	if t.Channel == Official {
		return "official message template " + string(kind)
	}
	return "message template " + string(kind)
}

func (t Template) check(note func(format string, args ...any)) {
	if !idForm.MatchString(t.ID) {
		note("id %q is no template id", t.ID)
	}
	if t.Title == "" {
		note("the title is missing")
	}
	if t.Type != OneTime && t.Type != LongTerm {
		note("type %q is neither one_time nor long_term", t.Type)
	}
	if Fit("thing", t.Note) != t.Note && t.Note != "" {
		note("the note does not fit into 20 characters")
	}
	if n := len(t.Keywords); t.Channel != Official && (n < minKeywords || n > maxKeywords) || n == 0 {
		note("%d keywords; a template has 2 to 5", n)
	}
	seen := map[string]bool{}
	for _, k := range t.Keywords {
		if seen[k.Key] {
			note("key %s is there twice", k.Key)
		}
		seen[k.Key] = true
		k.check(t, note)
	}
}

func (k Keyword) check(t Template, note func(format string, args ...any)) {
	types, known := fills[k.Value]
	switch {
	case !keyForm.MatchString(k.Key):
		note("key %q is not of the form thing1", k.Key)
	case k.Label == "":
		note("key %s has no label", k.Key)
	case k.Value == fixed:
		k.checkText(note)
	case !known:
		note("key %s: there is no value %q", k.Key, k.Value)
	case !slices.Contains(types, k.keyType()):
		note("key %s: %s fits keys of type %v only", k.Key, k.Value, types)
	case k.Value == "note" && t.Note == "":
		note("key %s wants a note, and there is none", k.Key)
	}
	if isEnum(k.keyType()) && len(k.Options) == 0 {
		note("key %s is an enumeration and has no options", k.Key)
	}
	if isEnum(k.keyType()) && k.Value == "result" && (k.fit(saidYes) != saidYes || k.fit(saidNo) != saidNo) {
		note("key %s: the options must have %s and %s, else a refusal would be told as its opposite", k.Key, saidYes, saidNo)
	}
}

// checkText refuses a fixed text that could not be sent as it is written.
func (k Keyword) checkText(note func(format string, args ...any)) {
	switch fitted := k.fit(k.Text); {
	case k.Text == "":
		note("key %s wants a text, and there is none", k.Key)
	case fitted == "":
		note("key %s: there is no type %q for texts", k.Key, k.keyType())
	case fitted != k.Text:
		note("key %s: the text does not fit; %q would", k.Key, fitted)
	}
}

// fit returns a text as it can stand under the key.
func (k Keyword) fit(value string) string {
	if !isEnum(k.keyType()) {
		return Fit(k.keyType(), value)
	}
	if len(k.Options) == 0 || slices.Contains(k.Options, value) {
		return value
	}
	return k.Options[0]
}

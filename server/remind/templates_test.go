package remind_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"themeday/server/remind"
)

func TestTheDefaultIsTheDocumentedFile(t *testing.T) {
	documented, err := os.ReadFile("../../configs/message-templates.yaml")
	if err != nil {
		t.Fatal(err)
	}
	built, err := os.ReadFile("message-templates.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(documented) != string(built) {
		t.Error("server/remind/message-templates.yaml must be a copy of configs/message-templates.yaml")
	}
	all, err := remind.LoadTemplates("")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range remind.Kinds() {
		if t1 := all.Subscribe[kind]; t1.ID == "" || len(t1.Keywords) < 2 {
			t.Errorf("%s: %+v", kind, t1)
		}
	}
}

func TestLoadTemplatesFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.yaml")
	if _, err := remind.LoadTemplates(path); err == nil {
		t.Error("a missing file was read")
	}
	if err := os.WriteFile(path, []byte("templates: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := remind.LoadTemplates(path); err != nil || len(all.Subscribe)+len(all.Official) != 0 {
		t.Errorf("%v, error %v", all, err)
	}
}

const fine = `
templates:
  changed:
    id: abc
    title: 变更
    type: one_time
    note: 请留意
    keywords:
      - {key: thing1, label: 名称, value: title}
      - {key: character_string2, label: 时间, value: startsAt}
      - {key: phrase3, label: 类型, value: kind}
      - {key: name4, label: 主办, value: host}
      - {key: thing5, label: 提示, value: note}
`

// Each edit of a good file must be refused, and by name.
func TestParseTemplatesRefuses(t *testing.T) {
	if _, err := remind.ParseTemplates([]byte(fine)); err != nil {
		t.Fatalf("the good file: %v", err)
	}
	_, afterFirst, _ := strings.Cut(fine, "value: title}\n")
	for name, c := range map[string]struct{ from, to, want string }{
		"no YAML":             {"templates:", "templates: [", "message templates"},
		"unknown setting":     {"title:", "tilte:", "tilte"},
		"unknown reminder":    {"changed:", "sometimes:", "no such reminder"},
		"id":                  {"abc", "a b", "no template id"},
		"title":               {"title: 变更", `title: ""`, "title is missing"},
		"type":                {"one_time", "twice", "neither one_time nor long_term"},
		"note too long":       {"请留意", strings.Repeat("长", 21), "20 characters"},
		"note missing":        {"note: 请留意", "", "wants a note"},
		"key":                 {"thing1", "Thing", "not of the form"},
		"key twice":           {"thing1", "thing5", "there twice"},
		"label":               {"label: 名称", `label: ""`, "no label"},
		"unknown value":       {"value: title", "value: points", `no value "points"`},
		"text as time":        {"thing1", "time1", "fits keys of type"},
		"time as text":        {"character_string2", "thing2", "fits keys of type"},
		"type we cannot fill": {"thing1", "amount1", "fits keys of type"},
		"a refusal as a yes":  {"thing5, label: 提示, value: note", "const5, label: 结果, value: result, options: [通过, 不通过]", "told as its opposite"},
		"too few keywords":    {afterFirst, "", "1 keywords"},
		"too many keywords":   {"      - {key: thing5", "      - {key: thing6, label: 地点, value: place}\n      - {key: thing5", "6 keywords"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := remind.ParseTemplates([]byte(strings.Replace(fine, c.from, c.to, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s…", err, c.want)
			}
		})
	}
}

func TestParseTemplatesReportsEverything(t *testing.T) {
	twice := fine + strings.TrimPrefix(strings.ReplaceAll(strings.Replace(fine, "changed", "cancelled", 1), "thing1", "thing0x"), "\ntemplates:\n")
	_, err := remind.ParseTemplates([]byte(twice))
	for _, want := range []string{"cancelled: another template has the same id, but", `cancelled: key "thing0x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// Two kinds may share a template of the account; two templates may not share a title.
func TestSharedTemplates(t *testing.T) {
	second := func(from, to string) string {
		return fine + strings.Replace(strings.TrimPrefix(strings.Replace(fine, "changed", "cancelled", 1), "\ntemplates:\n"), from, to, 1)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"same":          {"", "", ""},
		"another note":  {"请留意", "请看", ""},
		"another value": {"value: kind", "value: host", ""},
		"another type":  {"one_time", "long_term", "not the same title, type and keys"},
		"another label": {"label: 名称", "label: 标题", "not the same title, type and keys"},
		"another id":    {"id: abc", "id: def", "has the same title"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := remind.ParseTemplates([]byte(second(c.from, c.to)))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want …%s…", err, c.want)
			}
		})
	}
}

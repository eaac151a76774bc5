package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors orders the packages: each may import those of lower floors only. Packages of one floor do not know each other.
var floors = [][]string{
	{"clock", "fault"},
	{"ident"},
	{"authz", "store", "kv", "config", "origin"},
	{"audit"},
	{"jobs", "wechat", "web", "recall", "store/storetest"},
	{"wechat/sim"},
	{"org"},
	{"site", "roster"},
	{"event"},
	{"checkin"},
	{"remind"},
	{"mydata"},
	{"app"},
	{"bench"},
	{""},
}

// forbidden are arrows that the floors would allow and the design does not.
var forbidden = map[string][]string{
	"wechat": {"org", "roster", "site", "event", "checkin", "remind", "store", "web", "jobs"},
	"org":    {"wechat", "wechat/sim"}, "roster": {"wechat", "wechat/sim"}, "site": {"wechat", "wechat/sim"}, "event": {"wechat", "wechat/sim"}, "checkin": {"wechat", "wechat/sim"}, "remind": {"wechat", "wechat/sim"},
	"wechat/sim": {"web", "store", "jobs", "kv", "wechat"},
}

const module = "themeday/server"

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportArrows(t *testing.T) {
	level := map[string]int{}
	for i, names := range floors {
		for _, name := range names {
			level[name] = i
		}
	}
	for _, p := range listPackages(t) {
		from := short(p.ImportPath)
		floor, known := level[from]
		if !known {
			t.Errorf("package %q is on no floor: say in this test where it belongs", from)
			continue
		}
		for _, imported := range p.Imports {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				checkOutside(t, from, imported)
				continue
			}
			to := short(imported)
			if level[to] >= floor {
				t.Errorf("%s → %s: an arrow may only lead to a lower floor", from, to)
			}
			if slices.Contains(forbidden[from], to) {
				t.Errorf("%s → %s: reach it through a small interface that %s declares", from, to, from)
			}
		}
	}
}

// checkOutside: only package wechat knows the SDK, only kv knows Redis, and the leaves know nothing but the standard library.
func checkOutside(t *testing.T, from, imported string) {
	t.Helper()
	if strings.Contains(imported, "silenceper/wechat") && from != "wechat" {
		t.Errorf("%s → %s: only package wechat may import the SDK", from, imported)
	}
	if strings.Contains(imported, "go-redis") && from != "kv" {
		t.Errorf("%s → %s: only package kv may import Redis", from, imported)
	}
	if strings.Contains(imported, ".") && slices.Contains([]string{"clock", "ident", "fault", "authz"}, from) {
		t.Errorf("%s → %s: a leaf imports the standard library only", from, imported)
	}
}

func short(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

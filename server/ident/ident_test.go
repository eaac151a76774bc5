package ident_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"themeday/server/clock"
	"themeday/server/ident"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// ones is a stream of randomness that has every bit set: the counter starts as high as it can.
type ones struct{}

func (ones) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0xff
	}
	return len(p), nil
}

func TestNewSortsByTime(t *testing.T) {
	clk := clock.NewFake(noon)
	source := ident.NewSource(clk, nil)
	last := ident.ID(0)
	for name, move := range map[string]time.Duration{"standing still": 0, "running": time.Millisecond, "set back": -time.Hour, "far ahead": 24 * time.Hour} {
		for range 1000 {
			clk.Advance(move)
			id := source.New()
			if id <= last || len(id.String()) != ident.Length || id.String() <= last.String() {
				t.Fatalf("%s: %s (%d) after %s (%d)", name, id, id, last, last)
			}
			last = id
		}
	}
}

func TestNewInAFullMillisecond(t *testing.T) {
	source := ident.NewSource(clock.NewFake(noon), ones{})
	last := source.New()
	for range 1<<20 + 1000 { // more than one millisecond has room for
		id := source.New()
		if id <= last {
			t.Fatalf("%d after %d", id, last)
		}
		last = id
	}
}

func TestNewBeforeTheEpoch(t *testing.T) {
	for _, year := range []int{1970, 2019, 2020, 2158} {
		source := ident.NewSource(clock.NewFake(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)), bytes.NewReader(make([]byte, 64)))
		if first, second := source.New(), source.New(); first < 0 || second <= first {
			t.Errorf("%d: %d, %d", year, first, second)
		}
	}
}

func TestNewTogether(t *testing.T) {
	source := ident.NewSource(clock.NewFake(noon), nil)
	const workers, each = 8, 500
	made := make([][]ident.ID, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for range each {
				made[w] = append(made[w], source.New())
			}
		})
	}
	group.Wait()
	seen := map[ident.ID]bool{}
	for _, ids := range made {
		for _, id := range ids {
			if seen[id] {
				t.Fatalf("%s twice", id)
			}
			seen[id] = true
		}
	}
}

func TestTextOfIDs(t *testing.T) {
	for id, text := range map[ident.ID]string{
		0: "0000000000000", 1: "0000000000001", 31: "000000000000z", 32: "0000000000010", math.MaxInt64: "7zzzzzzzzzzzz", 1 << 60: "1000000000000",
	} {
		if got := id.String(); got != text {
			t.Errorf("%d: %s, want %s", id, got, text)
		}
		if got, err := ident.Parse(text); err != nil || got != id {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "0", "000000000000", "00000000000000", "8000000000000", "zzzzzzzzzzzzz", "000000000000A", "000000000000i", "000000000000l", "000000000000o",
		"000000000000u", "0000 00000000", "-000000000001", "000000000000\x00", "００００", strings.Repeat("0", 1000),
	} {
		if got, err := ident.Parse(text); !errors.Is(err, ident.ErrMalformed) || got != 0 {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

func TestJSON(t *testing.T) {
	type thing struct {
		ID   ident.ID            `json:"id"`
		None ident.ID            `json:"none"`
		List []ident.ID          `json:"list"`
		By   map[ident.ID]string `json:"by"`
	}
	want := `{"id":"0000000000001","none":"","list":["7zzzzzzzzzzzz"],"by":{"0000000000002":"x"}}`
	raw, err := json.Marshal(thing{ID: 1, List: []ident.ID{math.MaxInt64}, By: map[ident.ID]string{2: "x"}})
	if err != nil || string(raw) != want {
		t.Errorf("%s, %v", raw, err)
	}
	var back thing
	if err := json.Unmarshal([]byte(want), &back); err != nil || back.ID != 1 || back.None != 0 || back.List[0] != math.MaxInt64 || back.By[2] != "x" {
		t.Errorf("%+v, %v", back, err)
	}
	for _, text := range []string{`{"id":"x"}`, `{"id":1}`, `{"id":true}`, `{"id":"000000000000U"}`} {
		if err := json.Unmarshal([]byte(text), &thing{}); err == nil {
			t.Errorf("%s is read", text)
		}
	}
}

func TestSecrets(t *testing.T) {
	source := ident.NewSource(clock.NewFake(noon), nil)
	if a, b := source.Token(32), source.Token(32); a == b || len(a) != 43 || strings.ContainsAny(a, "+/=") {
		t.Errorf("%q, %q", a, b)
	}
	if a, b := source.Bytes(32), source.Bytes(32); bytes.Equal(a, b) || len(a) != 32 {
		t.Errorf("%x, %x", a, b)
	}
	fixed := ident.NewSource(clock.NewFake(noon), strings.NewReader("abcdef"))
	if got := fixed.Token(6); got != "YWJjZGVm" {
		t.Errorf("from a fixed stream: %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a secret was made without randomness")
		}
	}()
	ident.NewSource(clock.NewFake(noon), io.LimitReader(ones{}, 3)).Token(4)
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "0000000000000", "7zzzzzzzzzzzz", "8000000000000", "000000000000\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ident.Parse(text)
		if err == nil && (id < 0 || id.String() != text) {
			t.Errorf("%q is %d, which is %s", text, id, id)
		}
	})
}

func FuzzUnmarshalText(f *testing.F) {
	for _, seed := range []string{"", "0000000000001", "x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		id := ident.ID(99)
		if err := id.UnmarshalText(text); err != nil {
			return
		}
		again, err := id.MarshalText()
		if err != nil || id != 0 && !bytes.Equal(again, text) {
			t.Errorf("%q is %d, which is %q, %v", text, id, again, err)
		}
	})
}

package checkin_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/ident"
)

const (
	codeEvent = ident.ID(0x0123456789abcde)
	otherID   = ident.ID(0x0123456789abcdf)
)

var (
	codeKey  = []byte("0123456789abcdef0123456789abcdef")
	otherKey = []byte("0123456789abcdef0123456789abcdeX")
	stepZero = time.Date(2026, 7, 10, 7, 0, 0, 0, time.UTC) // a border between two steps
)

func TestCodeAges(t *testing.T) {
	const step = 10 * time.Second
	text := checkin.MakeCode(codeKey, codeEvent, checkin.StepAt(stepZero))
	for _, c := range []struct {
		name string
		at   time.Duration // after the beginning of the code's step
		want error
	}{
		{"a step too early", -step, checkin.ErrCodeFuture},
		{"the last moment before its step", -time.Millisecond, checkin.ErrCodeFuture},
		{"the first moment of its step", 0, nil},
		{"the last moment of its step", step - time.Millisecond, nil},
		{"one step old", step, nil},
		{"two steps old", 2 * step, nil},
		{"three steps old", 3 * step, nil},
		{"the last moment of its life", 4*step - time.Millisecond, nil},
		{"four steps old", 4 * step, checkin.ErrCodeExpired},
		{"a day old", 24 * time.Hour, checkin.ErrCodeExpired},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, err := checkin.ParseCode(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkin.VerifyCode(codeKey, code, stepZero.Add(c.at)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestCodeTimesAreThoseOfVerification(t *testing.T) {
	for _, made := range []time.Duration{0, time.Millisecond, 4321 * time.Millisecond, 9999 * time.Millisecond} {
		at := stepZero.Add(made)
		validUntil, refreshAt := checkin.CodeTimes(at)
		code, err := checkin.ParseCode(checkin.MakeCode(codeKey, codeEvent, checkin.StepAt(at)))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkin.VerifyCode(codeKey, code, validUntil.Add(-time.Millisecond)); err != nil {
			t.Errorf("made %v: just before validUntil: %v", made, err)
		}
		if err := checkin.VerifyCode(codeKey, code, validUntil); !errors.Is(err, checkin.ErrCodeExpired) {
			t.Errorf("made %v: at validUntil: %v", made, err)
		}
		if checkin.StepAt(refreshAt) != checkin.StepAt(at)+1 || !refreshAt.After(at) {
			t.Errorf("made %v: refreshAt %v is not the next step", made, refreshAt)
		}
	}
}

func TestCodeIsBoundToKeyEventAndStep(t *testing.T) {
	step := checkin.StepAt(stepZero)
	honest := checkin.MakeCode(codeKey, codeEvent, step)
	mac := honest[strings.LastIndexByte(honest, '.')+1:]
	for name, text := range map[string]string{
		"another key":         checkin.MakeCode(otherKey, codeEvent, step),
		"another event":       fmt.Sprintf("e%s.%d.%s", otherID, step, mac),
		"another step":        fmt.Sprintf("e%s.%d.%s", codeEvent, step+1, mac),
		"upper-case mac":      fmt.Sprintf("e%s.%d.%s", codeEvent, step, strings.ToUpper(mac)),
		"letters of no mac":   fmt.Sprintf("e%s.%d.%s", codeEvent, step, strings.Repeat("u", len(mac))),
		"a mac of another":    fmt.Sprintf("e%s.%d.%s", codeEvent, step, strings.Repeat("0", len(mac))),
		"one character wrong": honest[:len(honest)-1] + other(honest[len(honest)-1]),
	} {
		t.Run(name, func(t *testing.T) {
			code, err := checkin.ParseCode(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := checkin.VerifyCode(codeKey, code, stepZero); !errors.Is(err, checkin.ErrCodeForged) {
				t.Errorf("got %v", err)
			}
		})
	}
	if len(mac)*5 < 80 {
		t.Errorf("the mac has %d bits; the design asks for 80", len(mac)*5)
	}
}

func other(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

func TestParseCode(t *testing.T) {
	code := checkin.MakeCode(codeKey, codeEvent, 178373160)
	want, err := checkin.ParseCode(code)
	if err != nil {
		t.Fatal(err)
	}
	if want.Event != codeEvent || want.Step != 178373160 {
		t.Fatalf("read %+v", want)
	}
	for name, text := range map[string]string{
		"bare":                 code,
		"spaces around":        " \n" + code + "\t",
		"path":                 "/c/" + code,
		"url":                  "https://party.example.cn/c/" + code,
		"url with port":        "http://127.0.0.1:8080/c/" + code,
		"query":                "https://party.example.cn/c/" + code + "?from=wechat&x=1",
		"fragment":             "https://party.example.cn/c/" + code + "#top",
		"query with slash":     "https://party.example.cn/c/" + code + "?to=/a/b",
		"fragment with slash":  "https://party.example.cn/c/" + code + "#/a/b",
		"fragment before mark": "https://party.example.cn/c/" + code + "#x?y",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := checkin.ParseCode(text); err != nil || got != want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	parts := strings.Split(code, ".")
	for name, text := range map[string]string{
		"nothing":          "",
		"spaces":           "   ",
		"only an e":        "e",
		"no e":             code[1:],
		"upper-case e":     "E" + code[1:],
		"all upper case":   strings.ToUpper(code),
		"two parts":        parts[0] + "." + parts[1],
		"four parts":       code + ".0",
		"truncated":        code[:len(code)-1],
		"too long":         code + "0",
		"no step":          parts[0] + ".." + parts[2],
		"negative step":    parts[0] + ".-1." + parts[2],
		"signed step":      parts[0] + ".+178373160." + parts[2],
		"step with zeros":  parts[0] + ".0178373160." + parts[2],
		"step too large":   parts[0] + ".99999999999999999999." + parts[2],
		"step in words":    parts[0] + ".now." + parts[2],
		"short event":      "e0123." + parts[1] + "." + parts[2],
		"a site plate":     "s" + code[1:],
		"somebody's url":   "https://example.com/",
		"slash at the end": "https://party.example.cn/c/" + code + "/",
		"a book":           strings.Repeat("x", 301),
		"a long url":       "https://party.example.cn/" + strings.Repeat("x", 300) + "/" + code,
		"six digits":       "482913",
		"bytes":            "\xff\xfe",
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			if _, err := checkin.ParseCode(text); !errors.Is(err, checkin.ErrCodeMalformed) {
				t.Errorf("%q: %v", text, err)
			}
		})
	}
}

func FuzzParseCode(f *testing.F) {
	code := checkin.MakeCode(codeKey, codeEvent, 178373160)
	for _, seed := range []string{"", "e", code, "https://x/c/" + code + "?a#b", strings.ToUpper(code), "e..", "e0000000000000.0.0000000000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := checkin.ParseCode(text)
		if err != nil {
			if c != (checkin.EventCode{}) {
				t.Errorf("a refused text gives %+v", c)
			}
			return
		}
		again, err := checkin.ParseCode(fmt.Sprintf("e%s.%d.%s", c.Event, c.Step, c.MAC))
		if err != nil || again != c {
			t.Errorf("%+v written and read again: %+v, %v", c, again, err)
		}
		if verdict := checkin.VerifyCode(codeKey, c, stepZero); verdict == nil && c.MAC != lastPart(checkin.MakeCode(codeKey, c.Event, c.Step)) {
			t.Errorf("%q is believed", text)
		}
	})
}

func lastPart(code string) string { return code[strings.LastIndexByte(code, '.')+1:] }

func TestSpokenCodeWindow(t *testing.T) {
	const step = 5 * time.Minute
	digits, until := checkin.SpokenCode(codeKey, codeEvent, stepZero)
	if !checkin.IsSpoken(digits) || !until.Equal(stepZero.Add(step)) {
		t.Fatalf("%q until %v", digits, until)
	}
	for _, c := range []struct {
		name string
		at   time.Duration
		want bool
	}{
		{"before it is shown", -time.Millisecond, false},
		{"when it is shown first", 0, true},
		{"when it is shown last", step - time.Millisecond, true},
		{"when the next one is shown", step, true},
		{"the last moment of grace", step + time.Minute - time.Millisecond, true},
		{"a minute after the next one", step + time.Minute, false},
		{"the one after the next", 2 * step, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := checkin.VerifySpoken(codeKey, codeEvent, digits, stepZero.Add(c.at)); got != c.want {
				t.Errorf("accepted: %v", got)
			}
		})
	}
	for name, accepted := range map[string]bool{
		"another event": checkin.VerifySpoken(codeKey, otherID, digits, stepZero),
		"another key":   checkin.VerifySpoken(otherKey, codeEvent, digits, stepZero),
		"no digits":     checkin.VerifySpoken(codeKey, codeEvent, "", stepZero),
	} {
		if accepted {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestIsSpoken(t *testing.T) {
	for text, want := range map[string]bool{
		"482913": true, "000000": true, "": false, "48291": false, "4829130": false, "48291a": false, "４８２９１３": false, "-48291": false, "4829 3": false,
	} {
		if checkin.IsSpoken(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

const ticketUser = ident.ID(42)

func TestTicketRoundTrip(t *testing.T) {
	for _, spoken := range []bool{false, true} {
		want := checkin.Ticket{Event: codeEvent, User: ticketUser, Scanned: stepZero.Add(123 * time.Millisecond), Spoken: spoken}
		text := checkin.SealTicket(codeKey, want)
		got, err := checkin.OpenTicket(codeKey, text, ticketUser, want.Scanned)
		if err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
		if len(text) > 200 {
			t.Errorf("%d characters do not fit the input", len(text))
		}
	}
}

func TestTicketIsRefused(t *testing.T) {
	text := checkin.SealTicket(codeKey, checkin.Ticket{Event: codeEvent, User: ticketUser, Scanned: stepZero})
	for _, c := range []struct {
		name  string
		key   []byte
		text  string
		user  ident.ID
		after time.Duration
		want  error
	}{
		{"the last moment of its life", codeKey, text, ticketUser, 5*time.Minute - time.Millisecond, nil},
		{"five minutes old", codeKey, text, ticketUser, 5 * time.Minute, checkin.ErrCodeExpired},
		{"a server whose clock is a little behind", codeKey, text, ticketUser, -time.Second, nil},
		{"from the future", codeKey, text, ticketUser, -2 * time.Minute, checkin.ErrCodeExpired},
		{"somebody else's", codeKey, text, ticketUser + 1, 0, checkin.ErrCodeForged},
		{"without a session", codeKey, text, 0, 0, checkin.ErrCodeForged},
		{"another server's", otherKey, text, ticketUser, 0, checkin.ErrCodeForged},
		{"empty", codeKey, "", ticketUser, 0, checkin.ErrCodeMalformed},
		{"no prefix", codeKey, text[2:], ticketUser, 0, checkin.ErrCodeMalformed},
		{"truncated", codeKey, text[:len(text)-1], ticketUser, 0, checkin.ErrCodeMalformed},
		{"with more", codeKey, text + "A", ticketUser, 0, checkin.ErrCodeMalformed},
		{"with a line break", codeKey, text + "\n", ticketUser, 0, checkin.ErrCodeMalformed},
		{"an event code", codeKey, checkin.MakeCode(codeKey, codeEvent, 1), ticketUser, 0, checkin.ErrCodeMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := checkin.OpenTicket(c.key, c.text, c.user, stepZero.Add(c.after))
			if !errors.Is(err, c.want) {
				t.Errorf("got %+v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestTicketTamperingOfEveryByte(t *testing.T) {
	text := checkin.SealTicket(codeKey, checkin.Ticket{Event: codeEvent, User: ticketUser, Scanned: stepZero})
	raw, err := base64.RawURLEncoding.DecodeString(text[2:])
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, flip := range []byte{1, 0x80} {
			forged := slices.Clone(raw)
			forged[i] ^= flip
			_, err := checkin.OpenTicket(codeKey, "t."+base64.RawURLEncoding.EncodeToString(forged), ticketUser, stepZero)
			if !errors.Is(err, checkin.ErrCodeForged) {
				t.Errorf("byte %d changed by %#x: %v", i, flip, err)
			}
		}
	}
}

func FuzzOpenTicket(f *testing.F) {
	honest := checkin.SealTicket(codeKey, checkin.Ticket{Event: codeEvent, User: ticketUser, Scanned: stepZero})
	for _, seed := range []string{"", "t.", honest, honest + "=", "t." + strings.Repeat("A", 76)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := checkin.OpenTicket(codeKey, text, ticketUser, stepZero)
		if err == nil && checkin.SealTicket(codeKey, got) != text {
			t.Errorf("%q is believed as %+v", text, got)
		}
	})
}

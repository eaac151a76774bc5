package site_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"themeday/server/ident"
	"themeday/server/site"
)

const (
	someSite  = ident.ID(0x0123456789abcde)
	otherSite = ident.ID(0x0123456789abcdf)
)

func plated(id ident.ID, generation int) site.Site {
	return site.Site{ID: id, Plate: site.Plate{Key: []byte("0123456789abcdef0123456789abcdef"), Generation: generation}}
}

// scene is what getwxacodeunlimit takes.
var scene = regexp.MustCompile(`^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$`)

func TestPlateFitsIntoAScene(t *testing.T) {
	for generation := 1; generation < 300; generation++ {
		if text := plated(someSite, generation).PlateText(); !scene.MatchString(text) {
			t.Fatalf("%q is no scene", text)
		}
	}
}

func TestVerifyPlate(t *testing.T) {
	here := plated(someSite, 12)
	stranger := here
	stranger.Plate.Key = []byte("another key of another server...")
	other := plated(otherSite, 12)
	good := here.PlateText()
	mac := good[strings.IndexByte(good, '.')+1:]
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"the plate":                 {good, nil},
		"of the generation before":  {plated(someSite, 11).PlateText(), site.ErrPlateReplaced},
		"of eight generations ago":  {plated(someSite, 4).PlateText(), site.ErrPlateReplaced},
		"of nine generations ago":   {plated(someSite, 3).PlateText(), site.ErrPlateForged},
		"of the next generation":    {plated(someSite, 13).PlateText(), site.ErrPlateForged},
		"another key":               {stranger.PlateText(), site.ErrPlateForged},
		"the MAC of another site":   {"s" + someSite.String() + "." + other.PlateText()[15:], site.ErrPlateForged},
		"a MAC in the wrong case":   {good[:15] + swapCase(mac), site.ErrPlateForged},
		"a MAC of nothing":          {good[:15] + strings.Repeat("A", len(mac)), site.ErrPlateForged},
		"truncated":                 {good[:len(good)-1], site.ErrPlateMalformed},
		"too long":                  {good + "A", site.ErrPlateMalformed},
		"another letter in front":   {"e" + good[1:], site.ErrPlateMalformed},
		"no dot":                    {strings.Replace(good, ".", "x", 1), site.ErrPlateMalformed},
		"an id with a letter o":     {"so" + good[2:], site.ErrPlateMalformed},
		"nothing":                   {"", site.ErrPlateMalformed},
		"an id that is too large":   {"s8" + good[2:], site.ErrPlateMalformed},
		"an id in capitals, forged": {strings.ToUpper(good), site.ErrPlateMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := site.ParsePlate(c.text)
			if err == nil {
				err = here.Verify(p)
			}
			if !errors.Is(err, c.want) {
				t.Errorf("%q: got %v, want %v", c.text, err, c.want)
			}
		})
	}
}

func swapCase(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ToUpper(string(r)) == string(r) {
			return []rune(strings.ToLower(string(r)))[0]
		}
		return []rune(strings.ToUpper(string(r)))[0]
	}, text)
}

func TestFirstGenerationHasNoEarlierOnes(t *testing.T) {
	p, err := site.ParsePlate(plated(someSite, 0).PlateText())
	if err != nil {
		t.Fatal(err)
	}
	if err := plated(someSite, 1).Verify(p); !errors.Is(err, site.ErrPlateForged) {
		t.Errorf("got %v", err)
	}
}

// FuzzPlate: no text breaks the parser, what it reads it writes again, and nothing but the plate itself is believed.
func FuzzPlate(f *testing.F) {
	here := plated(someSite, 3)
	for _, seed := range []string{here.PlateText(), plated(someSite, 2).PlateText(), plated(otherSite, 3).PlateText(), "s", "s.", "", "s0000000000000.AAAAAAAAAAAAAAAA", "党"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := site.ParsePlate(text)
		if err != nil {
			if !errors.Is(err, site.ErrPlateMalformed) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again := "s" + p.Site.String() + "." + p.MAC; again != text {
			t.Errorf("%q was read as %q", text, again)
		}
		if err := here.Verify(p); p.Site == someSite && (err == nil) != (text == here.PlateText()) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

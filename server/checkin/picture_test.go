package checkin_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"themeday/server/checkin"
)

// webpDot is one red point.
const webpDot = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

// drawn returns a picture with a red left half and a blue right one.
func drawn(width, height int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{R: 230, A: 255}
			if x >= width/2 {
				c = color.RGBA{B: 230, A: 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

func asJPEG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asPNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withExif puts an Exif block with an orientation and a telling text behind the start of a JPEG.
func withExif(raw []byte, orientation uint16) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	body := append([]byte("Exif\x00\x00"), append(tiff, "\x00\x00\x00\x00\x00\x00GPS 30.123,120.456"...)...)
	block := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)) //nolint:gosec // short
	return append(append(append([]byte{}, raw[:2]...), append(block, body...)...), raw[2:]...)
}

// bomb is a small PNG that says it is 50,000 points wide and high.
func bomb(t testing.TB) []byte {
	raw := asPNG(t, drawn(2, 2))
	binary.BigEndian.PutUint32(raw[16:], 50_000)
	binary.BigEndian.PutUint32(raw[20:], 50_000)
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return raw
}

func TestRedraw(t *testing.T) {
	webp, err := base64.StdEncoding.DecodeString(webpDot)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		raw           []byte
		width, height int
		code          string
	}{
		{"JPEG", asJPEG(t, drawn(40, 20)), 40, 20, ""},
		{"PNG", asPNG(t, drawn(40, 20)), 40, 20, ""},
		{"WebP", webp, 1, 1, ""},
		{"large one is scaled down", asJPEG(t, drawn(3200, 800)), 1600, 400, ""},
		{"long and thin", asPNG(t, drawn(6000, 1)), 1600, 1, ""},
		{"on its side", withExif(asJPEG(t, drawn(40, 20)), 6), 20, 40, ""},
		{"nothing", nil, 0, 0, "not_a_picture"},
		{"text", []byte("<svg onload=alert(1)>"), 0, 0, "not_a_picture"},
		{"cut off", asJPEG(t, drawn(40, 20))[:200], 0, 0, "not_a_picture"},
		{"bomb", bomb(t), 0, 0, "picture_too_large"},
		{"too many bytes", append(asJPEG(t, drawn(40, 20)), make([]byte, 1<<20)...), 0, 0, "picture_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := checkin.Redraw(c.raw)
			refused(t, err, c.code)
			if c.code != "" {
				return
			}
			head, kind, err := image.DecodeConfig(bytes.NewReader(out))
			if err != nil || kind != "jpeg" || head.Width != c.width || head.Height != c.height {
				t.Errorf("%s %d×%d, %v", kind, head.Width, head.Height, err)
			}
		})
	}
}

func TestRedrawForgetsWhereItWasTaken(t *testing.T) {
	out, err := checkin.Redraw(withExif(asJPEG(t, drawn(40, 20)), 1))
	if err != nil || bytes.Contains(out, []byte("GPS")) || bytes.Contains(out, []byte("Exif")) {
		t.Errorf("the place is still in it, %v", err)
	}
}

// TestRedrawTurns looks where the red half has gone.
func TestRedrawTurns(t *testing.T) {
	for orientation, want := range map[uint16]string{1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom", 0: "left", 9: "left"} {
		out, err := checkin.Redraw(withExif(asJPEG(t, drawn(64, 32)), orientation))
		if err != nil {
			t.Fatal(err)
		}
		p, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		size := p.Bounds()
		for place, at := range map[string]image.Point{
			"left": {4, size.Dy() / 2}, "right": {size.Dx() - 5, size.Dy() / 2}, "top": {size.Dx() / 2, 4}, "bottom": {size.Dx() / 2, size.Dy() - 5},
		} {
			red, _, blue, _ := p.At(at.X, at.Y).RGBA()
			if place == want && red < blue {
				t.Errorf("orientation %d: %s is not red", orientation, place)
			}
		}
	}
}

func FuzzRedraw(f *testing.F) {
	f.Add(asJPEG(f, drawn(8, 4)))
	f.Add(asPNG(f, drawn(8, 4)))
	f.Add(withExif(asJPEG(f, drawn(8, 4)), 6))
	f.Add(bomb(f))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if o := checkin.OrientationOf(raw); o < 0 {
			t.Errorf("orientation %d", o)
		}
		head, _, err := image.DecodeConfig(bytes.NewReader(raw))
		if err != nil || head.Width*head.Height > 1_000_000 {
			return // bounded by the header, and slow to try thousands of times
		}
		out, err := checkin.Redraw(raw)
		if err != nil {
			return
		}
		if _, err := jpeg.Decode(bytes.NewReader(out)); err != nil {
			t.Errorf("what was drawn cannot be read: %v", err)
		}
	})
}

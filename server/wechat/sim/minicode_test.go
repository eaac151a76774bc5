package sim_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"themeday/server/wechat/sim"
)

// What a phone reads off the picture.
func scan(t *testing.T, picture []byte) (text, format string) {
	t.Helper()
	decoded, format, err := image.Decode(bytes.NewReader(picture))
	must(t, err)
	paper := image.NewRGBA(decoded.Bounds()) // a picture without background is read on white
	draw.Draw(paper, paper.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(paper, paper.Bounds(), decoded, image.Point{}, draw.Over)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(paper)
	must(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	must(t, err)
	return result.GetText(), format
}

func TestMiniCode(t *testing.T) {
	const home = "wxa://" + sim.DefaultAppID + "/pages/home/home?env_version=release&scene="
	tests := []struct {
		name    string
		request map[string]any
		text    string
		format  string
	}{
		{"plain", map[string]any{"scene": "e=1"}, home + "e%3D1", "jpeg"},
		{"page, version", map[string]any{"scene": "a", "page": "pages/event/event", "env_version": "trial"}, "wxa://" + sim.DefaultAppID + "/pages/event/event?env_version=trial&scene=a", "jpeg"},
		{"smallest", map[string]any{"scene": strings.Repeat("m", 32), "width": 280}, home + strings.Repeat("m", 32), "jpeg"},
		{"largest", map[string]any{"scene": "!#$&'()*+,/:;=?@-._~", "width": 1280}, home + "%21%23%24%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40-._~", "jpeg"},
		{"without background", map[string]any{"scene": "a", "is_hyaline": true}, home + "a", "png"},
		{"page unchecked", map[string]any{"scene": "a", "page": "pages/new/new", "check_path": false}, "wxa://" + sim.DefaultAppID + "/pages/new/new?env_version=release&scene=a", "jpeg"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := setUp(t)
			body, err := json.Marshal(tt.request)
			must(t, err)
			got := w.withToken(t, "POST", "/wxa/getwxacodeunlimit", string(body))
			text, format := scan(t, []byte(got.raw))
			if text != tt.text || format != tt.format || got.contentType != "image/jpeg" {
				t.Errorf("got %q, %s labelled %s; want %q, %s labelled image/jpeg", text, format, got.contentType, tt.text, tt.format)
			}
		})
	}
}

// Without background the paper shows through everywhere but at the dark modules.
func TestMiniCodeBackground(t *testing.T) {
	for transparent, want := range map[string]uint32{"true": 0, "false": 0xffff} {
		w := setUp(t)
		got := w.withToken(t, "POST", "/wxa/getwxacodeunlimit", `{"scene":"a","is_hyaline":`+transparent+`}`)
		picture, _, err := image.Decode(strings.NewReader(got.raw))
		must(t, err)
		if _, _, _, alpha := picture.At(0, 0).RGBA(); alpha != want {
			t.Errorf("is_hyaline %s: the corner's opacity is %d, want %d", transparent, alpha, want)
		}
	}
}

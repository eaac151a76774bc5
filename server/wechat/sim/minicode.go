package sim

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/yeqown/go-qrcode/v2"
)

var sceneForm = regexp.MustCompile(`^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+$`)

type miniCodeRequest struct {
	Scene      string `json:"scene"`
	Page       string `json:"page"`
	CheckPath  *bool  `json:"check_path"`
	EnvVersion string `json:"env_version"`
	Width      int    `json:"width"`
	IsHyaline  bool   `json:"is_hyaline"`
}

// getwxacodeunlimit is POST /wxa/getwxacodeunlimit.
func (s *Sim) getwxacodeunlimit(c call) reply {
	var request miniCodeRequest
	if !c.read(&request) {
		return refuse(40169, "invalid length for scene, or the data is not json string")
	}
	if request.Width == 0 {
		request.Width = 430
	}
	if request.EnvVersion == "" {
		request.EnvVersion = "release"
	}
	if refusal := s.checkMiniCode(request); refusal.errcode != 0 {
		return refusal
	}
	if s.over("minicode", 5000, time.Minute) {
		return refuse(45011, "api minute-quota reach limit  mustslower  retry next minute")
	}
	picture, err := drawCode(s.codeText(request), request.Width, request.IsHyaline)
	if err != nil {
		return refuse(-1, "system error")
	}
	return reply{contentType: "image/jpeg", body: picture} // so labelled whatever it is
}

func (s *Sim) checkMiniCode(r miniCodeRequest) reply {
	switch {
	case strings.Contains(r.Scene, "scancode_time"):
		return refuse(85096, "not allow include scancode_time field")
	case r.Scene == "" || len(r.Scene) > 32:
		return refuse(40169, "invalid length for scene, or the data is not json string")
	case !sceneForm.MatchString(r.Scene):
		return refuse(40129, "invalid scene")
	case strings.HasPrefix(r.Page, "/"), strings.Contains(r.Page, "?"),
		(r.CheckPath == nil || *r.CheckPath) && !s.released(r.Page):
		return refuse(41030, "invalid page")
	case !oneOf(r.EnvVersion, "release", "trial", "develop"):
		return refuse(40097, "invalid args")
	case r.Width < 280 || r.Width > 1280:
		return refuse(40097, "invalid args")
	}
	return reply{}
}

// codeText is what the drawn code reads: all that the phone would know after scanning the real one.
func (s *Sim) codeText(r miniCodeRequest) string {
	page := r.Page
	if page == "" {
		page = slices.Concat(s.opts.Pages, []string{"pages/index/index"})[0]
	}
	query := url.Values{"scene": {r.Scene}, "env_version": {r.EnvVersion}}
	return "wxa://" + s.opts.AppID + "/" + page + "?" + query.Encode()
}

// bitmap takes the modules of a QR code from the library, which leaves drawing to its caller.
type bitmap struct{ modules [][]bool }

func (b *bitmap) Write(m qrcode.Matrix) error {
	b.modules = m.Bitmap()
	return nil
}

func (b *bitmap) Close() error { return nil }

// quiet is the empty border that the QR standard demands, in modules.
const quiet = 4

// drawCode draws text as a QR code of width × width pixels: a JPEG, or a PNG without background.
func drawCode(text string, width int, transparent bool) ([]byte, error) {
	code, err := qrcode.NewWith(text,
		qrcode.WithEncodingMode(qrcode.EncModeByte), qrcode.WithErrorCorrectionLevel(qrcode.ErrorCorrectionMedium))
	if err != nil {
		return nil, err
	}
	var b bitmap
	if err := code.Save(&b); err != nil {
		return nil, err
	}
	background := color.Gray{Y: 255}
	palette := color.Palette{background, color.Black}
	if transparent {
		palette[0] = color.Transparent
	}
	picture := image.NewPaletted(image.Rect(0, 0, width, width), palette)
	scale := width / (len(b.modules) + 2*quiet)
	margin := (width - scale*len(b.modules)) / 2
	for y := range scale * len(b.modules) {
		for x := range scale * len(b.modules) {
			if b.modules[y/scale][x/scale] {
				picture.SetColorIndex(margin+x, margin+y, 1)
			}
		}
	}
	var file bytes.Buffer
	if transparent {
		err = png.Encode(&file, picture)
	} else {
		err = jpeg.Encode(&file, picture, &jpeg.Options{Quality: 90})
	}
	return file.Bytes(), err
}

package wechat

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram/qrcode"
	"github.com/silenceper/wechat/v2/util"
)

// MiniCodeRequest says what a mini-program code opens and how it looks.
type MiniCodeRequest struct {
	Scene         string // 1–32 characters of 0-9A-Za-z and !#$&'()*+,/:;=?@-._~
	Page          string // no leading slash, no query; empty = home page
	Width         int    // 280–1280 pixels; 0 = WeChat's default of 430
	Transparent   bool   // no background; WeChat then returns a PNG, whatever its header says
	SkipPageCheck bool   // do not insist that the page is in the released version (at most 60,000 distinct pages)
}

var sceneShape = regexp.MustCompile(`^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$`)

// codeVersions names the state of the mini-program as getwxacodeunlimit calls it.
var codeVersions = map[string]string{StateDeveloper: "develop", StateTrial: "trial", StateFormal: "release"}

const miniCodeURL = "https://" + apiHost + "/wxa/getwxacodeunlimit?access_token="

// MiniCode returns the picture of a mini-program code and its content type, image/jpeg or image/png, judged by its bytes.
// Codes never expire and are unlimited in number, but only 5,000 may be asked for per minute: store them.
func (c *Client) MiniCode(ctx context.Context, r MiniCodeRequest) (image []byte, contentType string, err error) {
	switch {
	case !sceneShape.MatchString(r.Scene):
		return nil, "", invalid("minicode", "the scene has a character that is not allowed, or more than 32")
	case strings.HasPrefix(r.Page, "/") || strings.Contains(r.Page, "?"):
		return nil, "", invalid("minicode", "the page must have no leading slash and no query")
	case r.Width != 0 && (r.Width < 280 || r.Width > 1280):
		return nil, "", invalid("minicode", "the width must be 280 to 1280 pixels")
	}
	check := !r.SkipPageCheck
	request := qrcode.QRCoder{
		Scene: r.Scene, Page: r.Page, Width: r.Width, CheckPath: &check,
		IsHyaline: r.Transparent, EnvVersion: codeVersions[c.cfg.State],
	}
	err = c.callWithToken(ctx, "minicode", func(ctx context.Context, token string) error {
		body, err := util.PostJSONContext(ctx, miniCodeURL+token, request)
		if err != nil {
			return err
		}
		image, contentType, err = picture(body)
		return err
	})
	return image, contentType, err
}

// picture tells a picture from a refusal by its bytes. The reply's header is no help: it says image/jpeg for a PNG too.
func picture(body []byte) ([]byte, string, error) {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		var refusal struct{ util.CommonError }
		if err := decode(body, &refusal); err != nil {
			return nil, "", err
		}
		return nil, "", unreadable("JSON instead of a picture")
	}
	kind := http.DetectContentType(body)
	if kind != "image/jpeg" && kind != "image/png" {
		return nil, "", unreadable("no picture")
	}
	return body, kind, nil
}

package wechat

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram/auth"
	"github.com/silenceper/wechat/v2/miniprogram/config"
	sdk "github.com/silenceper/wechat/v2/miniprogram/context"
	"github.com/silenceper/wechat/v2/util"
)

// Identity is who a login code stands for.
type Identity struct {
	OpenID  string // of this mini-program, 28 characters in practice
	UnionID string // empty unless the mini-program is bound to an open-platform account
}

var (
	// loginCode is what a code of wx.login may look like. The SDK puts it into the address unescaped.
	loginCode = regexp.MustCompile(`^[0-9A-Za-z_-]{1,128}$`)
	// phoneCode is wider: it travels in a JSON body, and WeChat does not publish its form.
	phoneCode = regexp.MustCompile(`^[\x21-\x7e]{1,256}$`)
	userID    = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	digits    = regexp.MustCompile(`^[0-9]{5,15}$`) // ITU-T E.164 allows 15
	country   = regexp.MustCompile(`^[0-9]{1,4}$`)
)

// Login exchanges a code of wx.login for the user's identity. The session key that comes along is dropped: nothing here
// decrypts or signs with it. The *Error says BadUserCode for a code that is malformed (refused here), spent, foreign or
// older than five minutes; 40226 means that WeChat considers the user high-risk.
func (c *Client) Login(ctx context.Context, code string) (Identity, error) {
	if !loginCode.MatchString(code) {
		return Identity{}, invalid("login", "the code is malformed")
	}
	var identity Identity
	err := c.call(ctx, "login", func(ctx context.Context) error {
		reply, err := c.auth("").Code2SessionContext(ctx, code)
		if reply.ErrCode != 0 { // the SDK's error has lost the code
			return util.NewCommonError("login", reply.ErrCode, reply.ErrMsg)
		}
		if err != nil {
			return err
		}
		if !userID.MatchString(reply.OpenID) {
			return unreadable("no openid in it")
		}
		identity = Identity{OpenID: reply.OpenID, UnionID: reply.UnionID}
		return nil
	})
	return identity, err
}

// Phone exchanges a code of the phone-number button for the number: eleven digits for mainland China, otherwise "+",
// country code and number. The *Error says BadUserCode as for Login.
func (c *Client) Phone(ctx context.Context, code string) (string, error) {
	if !phoneCode.MatchString(code) {
		return "", invalid("phone", "the code is malformed")
	}
	var number string
	err := c.callWithToken(ctx, "phone", func(ctx context.Context, token string) error {
		reply, err := c.auth(token).GetPhoneNumberContext(ctx, code)
		if reply == nil {
			return err
		}
		if err = verdict(err); err != nil {
			return err
		}
		if app := reply.PhoneInfo.WaterMark.AppID; app != "" && app != c.cfg.AppID {
			return unreadable("the number is for another mini-program")
		}
		number, err = phoneNumber(reply.PhoneInfo)
		return err
	})
	return number, err
}

// phoneNumber joins the parts so that a foreign number can never look like a mainland one.
func phoneNumber(info auth.PhoneInfo) (string, error) {
	pure := strings.NewReplacer(" ", "", "-", "").Replace(info.PurePhoneNumber)
	code := strings.TrimPrefix(info.CountryCode, "+")
	if !digits.MatchString(pure) || (code != "" && !country.MatchString(code)) {
		return "", unreadable("no phone number in it")
	}
	if code == "" || code == "86" {
		return pure, nil
	}
	return "+" + code + pure, nil
}

// auth returns the SDK's calls for one attempt. They keep no state.
func (c *Client) auth(token string) *auth.Auth {
	return auth.NewAuth(&sdk.Context{
		Config:                   &config.Config{AppID: c.cfg.AppID, AppSecret: c.cfg.AppSecret},
		AccessTokenContextHandle: oneToken(token),
	})
}

// decode reads a JSON reply into target, which embeds util.CommonError. It returns a *util.CommonError for a refusal and
// ErrUnreadable for what is no JSON object.
func decode(body []byte, target any) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return unreadable("no JSON object")
	}
	return verdict(util.DecodeWithError(body, target, ""))
}

// verdict passes WeChat's refusal on and turns the SDK's other decoding errors, which are mere text, into ErrUnreadable.
func verdict(err error) error {
	var refused *util.CommonError
	if err == nil || errors.As(err, &refused) {
		return err
	}
	return unreadable("broken JSON")
}

package app

import (
	"context"
	"errors"
	"net/http"

	"themeday/server/config"
	"themeday/server/fault"
	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

// account is the mini-program as the features see it: their small interfaces, and their errors.
type account struct {
	client *wechat.Client
	lines  lines
}

// connectWeChat returns the account: at WeChat, at a simulator elsewhere on this machine, or at one in this process.
func (a *App) connectWeChat() (account, error) {
	cfg := wechat.Config{AppID: a.Config.WeChat.AppID, AppSecret: a.Config.WeChat.AppSecret, State: a.Config.WeChat.State, BaseURL: a.Config.WeChat.APIURL}
	var transport http.RoundTripper
	if a.Config.Simulated() {
		cfg.AppID, cfg.AppSecret = sim.DefaultAppID, sim.DefaultAppSecret
		a.Config.WeChat.AppID = cfg.AppID
		if cfg.BaseURL == "" {
			setPush(&a.Config.WeChat.PushToken, &a.Config.WeChat.PushAESKey)
			setPush(&a.Config.Official.PushToken, &a.Config.Official.PushAESKey)
			a.Sim = a.newSim()
			transport = a.Sim.Transport()
		}
	}
	if err := cfg.Validate(); err != nil {
		return account{}, err
	}
	return account{wechat.New(cfg, a.Cache, transport, a.Clock, a.ids, a.log), make(chan struct{}, a.Config.Workers)}, nil
}

// setPush lets a simulator push although no push was configured, so that a demonstration shows what pushes do.
func setPush(token, aesKey *string) {
	if *token == "" {
		*token, *aesKey = sim.DefaultPushToken, sim.DefaultPushAESKey
	}
}

func (a *App) newSim() *sim.Sim {
	options := sim.Options{Clock: a.Clock, OneSendPerPerson: true, UnionIDs: true}
	options.Callback = sim.Callback{URL: "/wechat/callback", Token: a.Config.WeChat.PushToken, AESKey: a.Config.WeChat.PushAESKey}
	options.OfficialCallback = sim.Callback{URL: "/wechat/official", Token: a.Config.Official.PushToken, AESKey: a.Config.Official.PushAESKey}
	if a.Config.Mode == config.Demo {
		options.Clock = a.demo // so that /__sim/clock moves the product and the platform together
	}
	return sim.New(options)
}

var (
	errLoginCode  = fault.Invalid("bad_login_code", "微信登录已失效，请退出后重新进入")
	errPhoneCode  = fault.Invalid("bad_phone_code", "手机号授权已失效，请重新点击授权")
	errWeChatAway = fault.Unavailable("wechat_unavailable", "微信暂时没有响应，请稍后再试")
	errWeChatNo   = fault.Unavailable("wechat_refused", "微信没有受理，请稍后再试或联系管理员")
)

// forPeople turns an error of the client into what a person can do about it.
func forPeople(err error, badCode *fault.Error) error {
	var w *wechat.Error
	switch {
	case err == nil:
		return nil
	case badCode != nil && errors.As(err, &w) && w.BadUserCode():
		return badCode.WithCause(err)
	case errors.As(err, &w) && !w.Temporary():
		return errWeChatNo.WithCause(err)
	}
	return errWeChatAway.WithCause(err)
}

// Identify implements org.WeChat.
func (w account) Identify(ctx context.Context, code string) (openID, unionID string, err error) {
	identity, err := w.client.Login(ctx, code)
	return identity.OpenID, identity.UnionID, forPeople(err, errLoginCode)
}

// Phone implements org.WeChat.
func (w account) Phone(ctx context.Context, code string) (string, error) {
	number, err := w.client.Phone(ctx, code)
	return number, forPeople(err, errPhoneCode)
}

// MiniCode implements checkin.Painter.
func (w account) MiniCode(ctx context.Context, scene, page string) ([]byte, string, error) {
	picture, mediaType, err := w.client.MiniCode(ctx, wechat.MiniCodeRequest{Scene: scene, Page: page})
	return picture, mediaType, forPeople(err, nil)
}

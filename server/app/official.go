package app

import (
	"context"
	"net/http"

	"themeday/server/remind"
	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

// official is the official account as package remind sees it.
type official struct {
	client *wechat.Official
	mini   string // app id of the mini-program that a message opens
	lines  lines
}

// connectOfficial returns the official account, nil when there is none. It is simulated together with the mini-program.
func (a *App) connectOfficial(shared lines) (remind.OfficialAccount, error) {
	cfg := wechat.Config{AppID: a.Config.Official.AppID, AppSecret: a.Config.Official.AppSecret, BaseURL: a.Config.WeChat.APIURL}
	if a.Config.Simulated() {
		cfg.AppID, cfg.AppSecret = sim.DefaultOfficialAppID, sim.DefaultOfficialAppSecret
		a.Config.Official.AppID = cfg.AppID
	}
	if cfg.AppID == "" {
		return nil, nil
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	var transport http.RoundTripper
	if a.Sim != nil {
		transport = a.Sim.Transport()
	}
	return official{wechat.NewOfficial(cfg, a.Cache, transport, a.Clock, a.ids, a.log), a.Config.WeChat.AppID, shared}, nil
}

// SendTemplate implements remind.OfficialAccount.
func (o official) SendTemplate(ctx context.Context, m remind.Message) (string, error) {
	free, err := o.lines.take(ctx)
	if err != nil {
		return "", err
	}
	defer free()
	id, err := o.client.SendTemplate(ctx, wechat.OfficialMessage{
		OpenID: m.OpenID, TemplateID: m.TemplateID, MiniAppID: o.mini, Page: m.Page, Data: m.Data, Key: m.Key,
	})
	return id, sendError(err)
}

// Templates implements remind.OfficialAccount.
func (o official) Templates(ctx context.Context) ([]remind.AccountTemplate, error) {
	listed, err := o.client.Templates(ctx)
	return accountTemplates(listed), err
}

// FollowerIDs implements remind.OfficialAccount.
func (o official) FollowerIDs(ctx context.Context, after string) ([]string, string, error) {
	return o.client.FollowerIDs(ctx, after)
}

// Followers implements remind.OfficialAccount.
func (o official) Followers(ctx context.Context, openIDs []string) (map[string]string, error) {
	infos, err := o.client.Followers(ctx, openIDs)
	unionIDs := make(map[string]string, len(infos))
	for _, f := range infos {
		if f.Follows {
			unionIDs[f.OpenID] = f.UnionID
		}
	}
	return unionIDs, err
}

// officialSim makes the official account's templates known to the simulator.
func (a *App) officialSim(templates remind.Templates) error {
	if a.Sim == nil {
		return nil
	}
	for _, t := range templates {
		if _, err := a.Sim.AddOfficialTemplate(simulated(t)); err != nil {
			return err
		}
	}
	return nil
}

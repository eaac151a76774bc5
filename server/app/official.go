package app

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"themeday/server/jobs"
	"themeday/server/remind"
	"themeday/server/web"
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

// jobOfficialPush works on what WeChat has pushed about the official account.
const jobOfficialPush = "wechat.official"

// officialPath is the address of the official account's own message push.
const officialPath = "/wechat/official"

// buildOfficialPush serves the official account's message push where its token is configured.
func (a *App) buildOfficialPush() error {
	cfg := a.Config.Official
	if cfg.PushToken == "" || a.Remind.Official == nil {
		return nil
	}
	push, err := wechat.NewPush(cfg.AppID, cfg.PushToken, cfg.PushAESKey, a.Clock)
	if err != nil {
		return err
	}
	a.API.Raw(web.Op{ID: "verifyOfficialPush", Method: http.MethodGet, Path: officialPath, Tag: "wechat", Summary: "WeChat verifies this address.", Public: true},
		func(c *gin.Context) {
			echo, err := push.Echo(c.Request.URL.Query())
			if err != nil {
				a.API.Fail(c, errPush.WithCause(err))
				return
			}
			c.String(http.StatusOK, "%s", echo)
		})
	a.API.Raw(web.Op{ID: "receiveOfficialPush", Method: http.MethodPost, Path: officialPath, Tag: "wechat", Summary: "WeChat tells who follows the official account, and what became of messages.", Public: true},
		func(c *gin.Context) {
			if err := a.receiveOfficialPush(c.Request, push); err != nil {
				a.API.Fail(c, err)
				return
			}
			c.String(http.StatusOK, "success")
		})
	a.Queue.Handle(jobOfficialPush, a.workOnOfficialPush)
	return nil
}

// receiveOfficialPush writes the push down. A repetition has the same key and is not written again.
func (a *App) receiveOfficialPush(r *http.Request, push *wechat.Push) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return errPush.WithCause(err)
	}
	delivery, err := push.ReadOfficial(r.URL.Query(), body)
	if err != nil {
		return errPush.WithCause(err)
	}
	if len(delivery.Notices) == 0 {
		return nil
	}
	err = a.Queue.Enqueue(r.Context(), a.DB.Write(), jobs.Job{Kind: jobOfficialPush, Unique: jobOfficialPush + ":" + delivery.ID, Payload: delivery.Notices})
	if err == nil {
		a.Queue.Wake()
	}
	return err
}

func (a *App) workOnOfficialPush(ctx context.Context, j jobs.Job) error {
	var notices []wechat.OfficialNotice
	if err := j.Decode(&notices); err != nil {
		return jobs.GiveUp(err)
	}
	var problems []error
	for _, n := range notices {
		switch n.Event {
		case wechat.EventFollow:
			problems = append(problems, a.Remind.FollowedOfficial(ctx, n.OpenID))
		case wechat.EventUnfollow:
			problems = append(problems, a.Remind.Unfollowed(ctx, a.DB.Write(), n.OpenID))
		case wechat.EventFinished:
			problems = append(problems, a.Remind.OfficialSent(ctx, n.OpenID, n.MsgID, n.Delivered, n.Blocked))
		}
	}
	return errors.Join(problems...)
}

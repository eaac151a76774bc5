package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/fault"
	"themeday/server/jobs"
	"themeday/server/web"
	"themeday/server/wechat"
)

// pushTimeout leaves time to answer within WeChat's five seconds, whatever the database does.
const pushTimeout = 4 * time.Second

var errPush = fault.Forbidden("push_refused", "不是来自微信的消息")

// The kinds of jobs that work on what WeChat has pushed: WeChat waits five seconds for an answer and then repeats, so a
// push is only written down at once.
const (
	jobPush         = "wechat.push"
	jobOfficialPush = "wechat.official"
)

// pushes is one address at which WeChat tells what has happened, and who works on it.
type pushes[N wechat.Notice | wechat.OfficialNotice] struct {
	name    string // ends the ids of its operations
	path    string
	summary string
	job     string
	read    func(url.Values, []byte) (wechat.Delivery[N], error)
	work    func(ctx context.Context, n N, key string) error // key is the same whenever the job is run again
}

// buildPush serves WeChat's message push where the console's token is configured.
func (a *App) buildPush() error {
	if a.Config.WeChat.PushToken == "" {
		return nil
	}
	push, err := wechat.NewPush(a.Config.WeChat.AppID, a.Config.WeChat.PushToken, a.Config.WeChat.PushAESKey, a.Clock)
	if err != nil {
		return err
	}
	servePush(a, push, pushes[wechat.Notice]{
		"Push", "/wechat/callback", "WeChat tells what became of messages and permissions.", jobPush, push.Read, a.noticed,
	})
	return nil
}

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
	servePush(a, push, pushes[wechat.OfficialNotice]{
		"OfficialPush", "/wechat/official", "WeChat tells who follows the official account, and what became of messages.",
		jobOfficialPush, push.ReadOfficial, a.officialNoticed,
	})
	return nil
}

func servePush[N wechat.Notice | wechat.OfficialNotice](a *App, push *wechat.Push, p pushes[N]) {
	a.API.Raw(web.Op{ID: "verify" + p.name, Method: http.MethodGet, Path: p.path, Tag: "wechat", Summary: "WeChat verifies this address.", Public: true},
		func(c *gin.Context) {
			echo, err := push.Echo(c.Request.URL.Query())
			if err != nil {
				a.API.Fail(c, errPush.WithCause(err))
				return
			}
			c.String(http.StatusOK, "%s", echo)
		})
	a.API.Raw(web.Op{ID: "receive" + p.name, Method: http.MethodPost, Path: p.path, Tag: "wechat", Summary: p.summary, Public: true},
		func(c *gin.Context) {
			if err := p.receive(a, c.Request); err != nil {
				a.API.Fail(c, err)
				return
			}
			c.String(http.StatusOK, "success")
		})
	a.Queue.Handle(p.job, p.run)
}

// receive writes the push down. A repetition has the same key and is not written again.
func (p pushes[N]) receive(a *App, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return errPush.WithCause(err)
	}
	delivery, err := p.read(r.URL.Query(), body)
	if err != nil {
		return errPush.WithCause(err)
	}
	if len(delivery.Notices) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), pushTimeout)
	defer cancel()
	err = a.Queue.Enqueue(ctx, a.DB.Write(), jobs.Job{Kind: p.job, Unique: p.job + ":" + delivery.ID, Payload: delivery.Notices})
	if err == nil {
		a.Queue.Wake()
	}
	return err
}

// run is the job of one push.
func (p pushes[N]) run(ctx context.Context, j jobs.Job) error {
	var notices []N
	if err := j.Decode(&notices); err != nil {
		return jobs.GiveUp(err)
	}
	var problems []error
	for i, n := range notices {
		problems = append(problems, p.work(ctx, n, fmt.Sprintf("push:%s:%d", j.ID, i)))
	}
	return errors.Join(problems...)
}

// noticed passes a notice on; the key makes sure that it counts once, however often the job is run. Somebody whom the
// product does not know has never logged in here: there is nothing to do.
func (a *App) noticed(ctx context.Context, n wechat.Notice, key string) error {
	user, known, err := a.Orgs.UserByOpenID(ctx, n.OpenID)
	if err != nil || !known {
		return err
	}
	switch {
	case n.Event == wechat.EventModified:
		return nil // neither name nor picture is kept
	case n.Event == wechat.EventRevoke:
		return a.MyData.Revoked(ctx, user.ID, n.Code)
	case n.Event == wechat.EventCancel:
		return a.MyData.Close(ctx, user.ID)
	case n.Event == wechat.EventSent:
		return a.Remind.Sent(ctx, user.ID, n.TemplateID, n.MsgID, n.Code)
	case n.Event == wechat.EventPopup && !n.Accepted:
		return nil // a no to one question takes nothing back that was allowed before
	}
	var at time.Time
	if n.At > 0 {
		at = time.Unix(n.At, 0)
	}
	return a.Remind.Told(ctx, user.ID, key, n.TemplateID, n.Accepted, at)
}

// officialNoticed passes on what is told of a follower. Each of them may be said again without harm.
func (a *App) officialNoticed(ctx context.Context, n wechat.OfficialNotice, _ string) error {
	switch n.Event {
	case wechat.EventFollow, wechat.EventUnfollow:
		return a.Remind.FollowChanged(ctx, n.OpenID, n.Event == wechat.EventFollow)
	case wechat.EventFinished:
		return a.Remind.OfficialSent(ctx, n.OpenID, n.MsgID, n.Delivered, n.Blocked)
	}
	return nil
}

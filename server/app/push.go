package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/fault"
	"themeday/server/jobs"
	"themeday/server/web"
	"themeday/server/wechat"
)

// jobPush works on what WeChat has pushed: WeChat waits five seconds for an answer and then repeats, so the push is only
// written down at once.
const jobPush = "wechat.push"

// pushTimeout leaves time to answer within WeChat's five seconds, whatever the database does.
const pushTimeout = 4 * time.Second

var errPush = fault.Forbidden("push_refused", "不是来自微信的消息")

// buildPush serves WeChat's message push where the console's token is configured.
func (a *App) buildPush() error {
	if a.Config.WeChat.PushToken == "" {
		return nil
	}
	push, err := wechat.NewPush(a.Config.WeChat.AppID, a.Config.WeChat.PushToken, a.Config.WeChat.PushAESKey, a.Clock)
	if err != nil {
		return err
	}
	const path = "/wechat/callback"
	a.API.Raw(web.Op{ID: "verifyPush", Method: http.MethodGet, Path: path, Tag: "wechat", Summary: "WeChat verifies this address.", Public: true},
		func(c *gin.Context) {
			echo, err := push.Echo(c.Request.URL.Query())
			if err != nil {
				a.API.Fail(c, errPush.WithCause(err))
				return
			}
			c.String(http.StatusOK, "%s", echo)
		})
	a.API.Raw(web.Op{ID: "receivePush", Method: http.MethodPost, Path: path, Tag: "wechat", Summary: "WeChat tells what became of messages and permissions.", Public: true},
		func(c *gin.Context) {
			if err := a.receivePush(c.Request, push); err != nil {
				a.API.Fail(c, err)
				return
			}
			c.String(http.StatusOK, "success")
		})
	a.Queue.Handle(jobPush, a.workOnPush)
	return nil
}

// receivePush writes the push down. A repetition has the same key and is not written again.
func (a *App) receivePush(r *http.Request, push *wechat.Push) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return errPush.WithCause(err)
	}
	delivery, err := push.Read(r.URL.Query(), body)
	if err != nil {
		return errPush.WithCause(err)
	}
	if len(delivery.Notices) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), pushTimeout)
	defer cancel()
	err = a.Queue.Enqueue(ctx, a.DB.Write(), jobs.Job{Kind: jobPush, Unique: jobPush + ":" + delivery.ID, Payload: delivery.Notices})
	if err == nil {
		a.Queue.Wake()
	}
	return err
}

func (a *App) workOnPush(ctx context.Context, j jobs.Job) error {
	var notices []wechat.Notice
	if err := j.Decode(&notices); err != nil {
		return jobs.GiveUp(err)
	}
	var problems []error
	for i, n := range notices {
		problems = append(problems, a.noticed(ctx, n, fmt.Sprintf("push:%s:%d", j.ID, i)))
	}
	return errors.Join(problems...)
}

// noticed passes a notice on; the key makes sure that it counts once, however often the job is run. Somebody whom the product does not know has never logged in here: there is nothing to do.
func (a *App) noticed(ctx context.Context, n wechat.Notice, key string) error {
	user, known, err := a.Orgs.UserByOpenID(ctx, n.OpenID)
	if err != nil || !known {
		return err
	}
	switch {
	case n.Event == wechat.EventSent:
		return a.Remind.Sent(ctx, user.ID, n.TemplateID, n.MsgID, n.Code)
	case n.Event == wechat.EventPopup && !n.Accepted:
		return nil // a no to one question takes nothing back that was allowed before
	}
	return a.Remind.Told(ctx, user.ID, key, n.TemplateID, n.Accepted)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"themeday/server/config"
	"themeday/server/remind"
	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

// demoTemplate begins the ids of templates that exist in the simulator only.
const demoTemplate = "demo-"

// loadTemplates reads the templates, and makes them known to the simulator where there is one.
func (a *App) loadTemplates() (remind.Templates, error) {
	templates, err := remind.LoadTemplates(a.Config.WeChat.Templates)
	if err != nil {
		return nil, err
	}
	for kind, t := range templates {
		if a.Config.Mode == config.Production && strings.HasPrefix(t.ID, demoTemplate) {
			return nil, fmt.Errorf("app: the message template %s is the demonstration's; set wechat.templates to a file with your account's", kind)
		}
		if first, _ := templates.OfID(t.ID); a.Sim == nil || first != kind {
			continue
		}
		if _, err := a.Sim.AddTemplate(simulated(t)); err != nil {
			return nil, err
		}
	}
	return templates, nil
}

func (a *App) buildReminders(wechat account) error {
	templates, err := a.loadTemplates()
	if err != nil {
		return err
	}
	a.Remind = remind.New(remind.Deps{
		DB: a.DB, Clock: a.Clock, IDs: a.ids, Log: a.log, Jobs: a.Queue, Templates: templates, Roster: a.Checkin, People: a.Orgs, Contacts: a.Orgs,
		Events: a.Events, Orgs: a.Orgs, Phones: a.Orgs, Sender: wechat, Lister: wechat, Delivered: a.metrics.Delivery,
	})
	return nil
}

func simulated(t remind.Template) sim.Template {
	lines := make([]string, len(t.Keywords))
	for i, k := range t.Keywords {
		lines[i] = k.Label + "：{{" + k.Key + ".DATA}}"
	}
	kind := sim.OneTime
	if t.Type == remind.LongTerm {
		kind = sim.LongTerm
	}
	return sim.Template{ID: t.ID, Title: t.Title, Type: kind, Content: strings.Join(lines, "\n")}
}

// SendSubscribe implements remind.Sender. So many messages are on their way at a time as the setting of workers allows; the
// next one waits until there is a line, and is not sent when its caller gives up before.
func (w account) SendSubscribe(ctx context.Context, m remind.Message) (string, error) {
	select {
	case w.lines <- struct{}{}:
		defer func() { <-w.lines }()
	case <-ctx.Done():
		return "", &remind.SendError{Cause: ctx.Err()}
	}
	id, err := w.client.SendSubscribe(ctx, wechat.SubscribeMessage{OpenID: m.OpenID, TemplateID: m.TemplateID, Page: m.Page, Data: m.Data})
	return id, sendError(err)
}

// sendError says what the client knows in the words of package remind. Trouble with the token means that nothing was
// sent, whatever its own code says.
func sendError(err error) error {
	var w *wechat.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &w):
		return &remind.SendError{Unknown: true, Cause: err}
	case w.Op == "token":
		return &remind.SendError{Code: w.Code, Account: true, Cause: err}
	}
	return &remind.SendError{Code: w.Code, Status: w.Status, Unknown: w.Outcome == wechat.Unknown, Final: !w.Temporary(), Cause: err}
}

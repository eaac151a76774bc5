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

// loadTemplates reads the templates, and makes them known to the simulator where there is one. Those of the official account
// are left out where there is no such account.
func (a *App) loadTemplates() (remind.Catalogue, error) {
	all, err := remind.LoadTemplates(a.Config.WeChat.Templates)
	if err != nil {
		return all, err
	}
	if a.Config.Official.AppID == "" {
		all.Official = nil
	}
	for _, templates := range []remind.Templates{all.Subscribe, all.Official} {
		for kind, t := range templates {
			if a.Config.Mode == config.Production && strings.HasPrefix(t.ID, demoTemplate) {
				return all, fmt.Errorf("app: the message template %s is the demonstration's; set wechat.templates to a file with your account's", kind)
			}
		}
	}
	if a.Sim == nil {
		return all, nil
	}
	for kind, t := range all.Subscribe {
		if first, _ := all.Subscribe.OfID(t.ID); first != kind {
			continue // another kind is sent with the same template
		}
		if _, err := a.Sim.AddTemplate(simulated(t)); err != nil {
			return all, err
		}
	}
	return all, a.officialSim(all.Official)
}

func (a *App) buildReminders(ctx context.Context, minis account) error {
	official, err := a.connectOfficial(minis.lines)
	if err != nil {
		return err
	}
	templates, err := a.loadTemplates()
	if err != nil {
		return err
	}
	a.Remind = remind.New(remind.Deps{
		DB: a.DB, Clock: a.Clock, IDs: a.ids, Log: a.log, Jobs: a.Queue, Templates: templates.Subscribe, Roster: a.Checkin, People: a.Orgs, Contacts: a.Orgs,
		Events: a.Events, Orgs: a.Orgs, Phones: a.Orgs, Sender: minis, Lister: minis, Delivered: a.metrics.Delivery,
		Official: official, OfficialTemplates: templates.Official,
	})
	return a.Remind.PlanFollowers(ctx, a.DB.Write(), true)
}

func simulated(t remind.Template) sim.Template {
	lines, enums := make([]string, len(t.Keywords)), map[string][]string{}
	for i, k := range t.Keywords {
		if len(k.Options) > 0 {
			enums[k.Key] = k.Options
		}
		lines[i] = k.Label + "：{{" + k.Key + ".DATA}}"
	}
	kind := sim.OneTime
	if t.Type == remind.LongTerm {
		kind = sim.LongTerm
	}
	return sim.Template{ID: t.ID, Title: t.Title, Type: kind, Content: strings.Join(lines, "\n"), Enums: enums}
}

// lines has one element for each message that is on its way, to whichever account. So many are at a time as the setting of
// workers allows.
type lines chan struct{}

// take waits until there is a line. When the caller gives up before, the message is not sent.
func (l lines) take(ctx context.Context) (free func(), err error) {
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, &remind.SendError{Cause: ctx.Err()}
	}
}

// SendSubscribe implements remind.Sender.
func (w account) SendSubscribe(ctx context.Context, m remind.Message) (string, error) {
	free, err := w.lines.take(ctx)
	if err != nil {
		return "", err
	}
	defer free()
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

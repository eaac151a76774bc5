package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/ident"
	"themeday/server/kv"
	"themeday/server/remind"
	"themeday/server/web"
	"themeday/server/wechat"
)

// Templates implements remind.Lister.
func (w account) Templates(ctx context.Context) ([]remind.AccountTemplate, error) {
	listed, err := w.client.Templates(ctx)
	return accountTemplates(listed), err
}

func accountTemplates(listed []wechat.Template) []remind.AccountTemplate {
	all := make([]remind.AccountTemplate, len(listed))
	for i, t := range listed {
		all[i] = remind.AccountTemplate{ID: t.ID, Title: t.Title, Type: templateType(t.Type), Options: t.Enums}
		for _, f := range t.Fields() {
			all[i].Fields = append(all[i].Fields, remind.Field{Key: f.Key, Label: f.Label})
		}
	}
	return all
}

func templateType(number int) remind.TemplateType {
	if number == wechat.TemplateLongTerm {
		return remind.LongTerm
	}
	return remind.OneTime
}

// templateNotes tells /readyz what is wrong with the message templates.
func (a *App) templateNotes() []string {
	problems, _ := a.Remind.TemplateProblems()
	notes := make([]string, len(problems))
	for i, p := range problems {
		notes[i] = p.String()
	}
	return notes
}

// watchTemplates compares the message templates with the account's until the returned function is called.
func (a *App) watchTemplates() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Remind.WatchTemplates(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

var errTemplates = errors.New("app: the message templates are not as the account has them")

// checkTemplates compares the message templates with the account's and prints a table. It needs no database and serves
// nothing, so that an operator can run it before the first start.
func checkTemplates(ctx context.Context, cfg config.Config, log *slog.Logger, out io.Writer) error {
	clk := clock.System()
	cache := kv.NewMemory(clk)
	a := &App{Config: cfg, log: log, metrics: web.NewMetrics(), Clock: clk, demo: clock.NewAdjustable(clk), Cache: cache, ids: ident.NewSource(clk, nil)}
	defer func() { _ = cache.Close() }()
	account, err := a.connectWeChat()
	if err != nil {
		return err
	}
	second, err := a.connectOfficial(account.lines)
	if err != nil {
		return err
	}
	templates, err := a.loadTemplates()
	if err != nil {
		return err
	}
	listed, err := account.Templates(ctx)
	if err != nil {
		return fmt.Errorf("app: the account's templates could not be read: %w", err)
	}
	problems := templates.Subscribe.Compare(listed)
	if second != nil {
		if listed, err = second.Templates(ctx); err != nil {
			return fmt.Errorf("app: the official account's templates could not be read: %w", err)
		}
		problems = append(problems, templates.Official.Compare(listed)...)
	} else {
		templates.Official = nil
	}
	if err := printTemplates(out, templates, problems, clk.Now()); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errTemplates
	}
	return nil
}

func printTemplates(out io.Writer, all remind.Catalogue, problems []remind.Problem, now time.Time) error {
	var rows, end strings.Builder
	fmt.Fprintln(&rows, "REMINDER\tTEMPLATE\tTYPE\tKEY\tLABEL\tVALUE\tSAMPLE")
	for _, kind := range remind.Kinds() {
		if t, ok := all.Subscribe[kind]; ok {
			printTemplate(&rows, kind, t, string(t.Type), now)
		} else {
			fmt.Fprintf(&rows, "%s\t(none)\t\t\t\t\t\n", kind)
		}
		if t, ok := all.Official[kind]; ok {
			printTemplate(&rows, kind, t, string(t.Channel), now)
		}
	}
	for _, p := range problems {
		fmt.Fprintln(&end, "PROBLEM", p)
	}
	fmt.Fprintf(&end, "%d templates, %d problems\n", len(all.Subscribe)+len(all.Official), len(problems))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(table, rows.String()); err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, end.String())
	return err
}

func printTemplate(rows *strings.Builder, kind remind.Kind, t remind.Template, form string, now time.Time) {
	sample := remind.Sample(t, kind, now)
	name, title := string(kind), t.Title
	for _, k := range t.Keywords {
		fmt.Fprintf(rows, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, title, form, k.Key, k.Label, k.Value, sample[k.Key])
		name, title, form = "", "", ""
	}
}

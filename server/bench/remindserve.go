package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"themeday/server/app"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/remind"
	"themeday/server/wechat/sim"
)

// daytime is a clock by which it is about noon in Beijing, whenever the bench is run: at night nobody is sent anything. All
// processes of a run are given the same shift.
func daytime(shift time.Duration) *clock.Adjustable {
	c := clock.NewAdjustable(clock.System())
	c.Advance(shift)
	return c
}

func untilNoon(now time.Time) time.Duration {
	local := now.In(clock.Beijing)
	noon := time.Date(local.Year(), local.Month(), local.Day()+1, 12, 0, 0, 0, clock.Beijing)
	return noon.Sub(now)
}

// serveRemind is the part of the reminders' bench that the words name.
func serveRemind(ctx context.Context, args []string) error {
	shift, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	if args[0] == "remind" {
		workers, err := strconv.Atoi(args[5])
		return errors.Join(err, serveReminders(ctx, shift, args[2], args[3], args[4], workers))
	}
	people, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	latency, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	return serveWeChat(ctx, shift, people, latency)
}

// serveWeChat is the simulated WeChat of so many people, all of whom allow one message, which answers after the latency.
func serveWeChat(ctx context.Context, shift time.Duration, people int, latency time.Duration) error {
	templates, err := remind.LoadTemplates("")
	if err != nil {
		return err
	}
	s := sim.New(sim.Options{Clock: daytime(shift), OneSendPerPerson: true})
	for i := range people {
		s.AddPerson(sim.Person{ID: openIDOf(i), OpenID: openIDOf(i)})
	}
	if err := template(s, templates.Subscribe[remind.Published], people); err != nil {
		return err
	}
	if _, err := s.SetFault(sim.Fault{Endpoint: "send", Times: -1, Delay: sim.Duration(latency)}); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.API(), ReadHeaderTimeout: time.Minute}
	fmt.Println(listener.Addr()) //nolint:forbidigo // for the parent
	context.AfterFunc(ctx, func() { _ = server.Close() })
	_ = server.Serve(listener)
	return nil
}

// template makes one known to the simulator, and everybody allow one message of it.
func template(s *sim.Sim, t remind.Template, people int) error {
	content := ""
	for _, k := range t.Keywords {
		content += k.Label + "：{{" + k.Key + ".DATA}}\n"
	}
	if _, err := s.AddTemplate(sim.Template{ID: t.ID, Title: t.Title, Type: sim.OneTime, Content: content}); err != nil {
		return err
	}
	for i := range people {
		if _, err := s.Tap(openIDOf(i), []string{t.ID}, nil); err != nil {
			return err
		}
	}
	return nil
}

func openIDOf(i int) string { return "o-" + strconv.Itoa(i) }

// serveReminders is the whole program, with a WeChat elsewhere on this machine.
func serveReminders(ctx context.Context, shift time.Duration, dsn, dir, wechat string, workers int) error {
	cfg := config.Defaults()
	cfg.Addr, cfg.DataDir, cfg.ClientDir, cfg.DatabaseDSN, cfg.Workers = "127.0.0.1:0", dir, dir, dsn, workers
	cfg.PublicURL, cfg.WeChat.APIURL = "http://127.0.0.1:8080", "http://"+wechat
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.New(ctx, cfg, log, app.WithClock(daytime(shift)), app.WithoutDemo())
	if err != nil {
		return err
	}
	return a.Serve(ctx, func(addr string) { fmt.Println(addr) }) //nolint:forbidigo // for the parent
}

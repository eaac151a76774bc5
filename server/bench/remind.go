package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// remindPlan is what one run of "bench remind" does.
type remindPlan struct {
	deliveries int           // one message to one member each
	events     int           // over which they are spread, one branch each
	workers    int           // messages on their way at a time, of all servers together
	latency    time.Duration // of the simulated WeChat
	share      float64       // of the ceiling at which messages become due for the measurement of delay
	past       int           // finished deliveries, each with its finished job, for the measurement of growth
	runs       int
	ahead      time.Duration // between the writing of the deliveries and their due time
	json       string
	only       string
	profile    string
}

// benchReminders measures how fast reminders go out: the whole program, one or two servers on one database, against a
// simulated WeChat in a process of its own that answers after a while.
func benchReminders(args []string) error {
	var p remindPlan
	flags := flag.NewFlagSet("remind", flag.ExitOnError)
	flags.IntVar(&p.deliveries, "deliveries", 50_000, "messages, each to another member")
	flags.IntVar(&p.events, "events", 500, "events that they are about")
	flags.IntVar(&p.workers, "workers", 100, "messages on their way at a time, of all servers together")
	flags.DurationVar(&p.latency, "latency", 50*time.Millisecond, "of the simulated WeChat")
	flags.Float64Var(&p.share, "share", .5, "of the ceiling at which messages become due for the measurement of delay")
	flags.IntVar(&p.past, "past", 5_000_000, "finished deliveries for the measurement of growth; 0 leaves it out")
	flags.DurationVar(&p.ahead, "ahead", 30*time.Second, "how long before they are due the deliveries are written")
	flags.IntVar(&p.runs, "runs", 1, "of each measurement; the median counts")
	flags.StringVar(&p.json, "json", "", "file to write the figures to")
	flags.StringVar(&p.only, "engine", "", "sqlite or mysql; both when empty")
	flags.StringVar(&p.profile, "profile", "", "file to write a CPU profile of a single server to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return p.run(ctx, os.Stdout)
}

func (p remindPlan) run(ctx context.Context, out io.Writer) error {
	return onEngines(p.only, p.json, out, func(e engine) (*remindFigures, error) { return p.measure(ctx, e, out) })
}

// remindFigures are what was measured on one engine.
type remindFigures struct {
	Engine  string
	Ceiling float64 // messages a second: workers ÷ latency
	Most    []sending
	Paced   sending  // at a share of the ceiling
	Growth  *sending `json:",omitempty"` // as the first of Most, with a long past
	Past    int
}

// sending is what became of one set of deliveries, medians of all runs.
type sending struct {
	Servers       int
	PerSecond     float64 // from the instant at which the first is due to the last one's answer
	OfCeiling     float64
	Statements    float64 // of the database for each delivery, BEGIN and COMMIT counted
	Commits       float64
	CPU           float64 // microseconds of the servers' processor time for each delivery
	P50ms, P99ms  float64 // from due to sent
	MaxMs         float64
	Sent, Planned int
}

// What is to be reached.
const (
	goalOfCeiling = 0.9
	goalDelay     = 2000.0
)

func (p remindPlan) measure(ctx context.Context, e engine, out io.Writer) (*remindFigures, error) {
	f := &remindFigures{Engine: e.name, Ceiling: float64(p.workers) / p.latency.Seconds(), Past: p.past}
	for _, servers := range []int{1, 2} {
		say(out, "%s: %d server(s), all due at once\n", e.name, servers)
		s, err := p.median(ctx, e, setting{servers: servers})
		if err != nil {
			return nil, err
		}
		f.Most = append(f.Most, s)
	}
	say(out, "%s: %.0f %% of the ceiling\n", e.name, 100*p.share)
	var err error
	if f.Paced, err = p.median(ctx, e, setting{servers: 1, rate: p.share * f.Ceiling}); err != nil || p.past == 0 {
		return f, err
	}
	say(out, "%s: with %d finished deliveries\n", e.name, p.past)
	grown, err := p.median(ctx, e, setting{servers: 1, past: p.past})
	f.Growth = &grown
	return f, err
}

// median measures a setting several times, each on a fresh database, and returns the run with the median rate.
func (p remindPlan) median(ctx context.Context, e engine, c setting) (sending, error) {
	var rates []float64
	byRate := map[float64]sending{}
	for range p.runs {
		s, err := p.once(ctx, e, c)
		if err != nil {
			return s, err
		}
		rates = append(rates, s.PerSecond)
		byRate[s.PerSecond] = s
	}
	return byRate[median(rates)], nil
}

func (f *remindFigures) print(out io.Writer) {
	say(out, "\n%-7s %-34s %9s %9s %9s %9s %9s %9s %9s\n", f.Engine, "", "sent /s", "ceiling", "of it", "stmts", "commits", "CPU µs", "p99 ms")
	line := func(what string, s sending, missed bool) {
		verdict := ""
		if missed || s.Sent != s.Planned {
			verdict = "  missed"
		}
		say(out, "%-7s %-34s %9.0f %9.0f %8.0f%% %9.1f %9.2f %9.0f %9.0f%s\n",
			"", what, s.PerSecond, f.Ceiling, 100*s.OfCeiling, s.Statements, s.Commits, s.CPU, s.P99ms, verdict)
	}
	line("one server, all due at once", f.Most[0], f.Most[0].OfCeiling < goalOfCeiling)
	line("two servers, all due at once", f.Most[1], false)
	if g := f.Growth; g != nil {
		line(fmt.Sprintf("one server, %d finished", f.Past), *g, g.PerSecond < goalOfCeiling*f.Most[0].PerSecond)
	}
	line("one server, not saturated", f.Paced, f.Paced.P99ms > goalDelay)
	say(out, "%-7s from due to sent, not saturated: p50 %.0f ms, p99 %.0f ms (goal ≤ %.0f), max %.0f ms\n\n",
		"", f.Paced.P50ms, f.Paced.P99ms, goalDelay, f.Paced.MaxMs)
}

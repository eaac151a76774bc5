// Command bench compares ways of checking in, over real HTTP on the loopback device, in one run:
//
//	a  a bare Gin handler that decodes and encodes the same JSON, and does nothing
//	b  the plain way: session, event and row with a query each, one transaction per request
//	c  the whole program
//
// Each way is a process of its own; they are measured in turns by one client that knows nothing of them. Every check-in
// is of another member or to another event. scripts/bench checkin starts it beside a database server.
//
// "bench remind" measures how fast reminders go out instead (benchReminders); scripts/bench remind starts that.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// plan is what one run of the program does.
type plan struct {
	runs    int           // of each measurement, in turns
	length  time.Duration // of one of them
	members int           // who check in
	rows    int           // attendance rows of the past, for the measurement of growth
	open    int           // open events, likewise
	json    string        // file for the figures
	only    string        // one engine
	profile string        // file for a CPU profile of c
	rates   []float64     // shares of the maximum at which requests arrive in the open loop
	conns   []int
	idle    int // single check-ins on an idle server
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		end(serve(os.Args[2:]))
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "remind" {
		end(benchReminders(os.Args[2:]))
		return
	}
	p := plan{rates: []float64{.5, .8}, conns: []int{64, 256}}
	flag.IntVar(&p.runs, "runs", 5, "interleaved runs of each measurement; the median counts")
	flag.DurationVar(&p.length, "length", 3*time.Second, "of one run")
	flag.IntVar(&p.members, "members", 4000, "members who check in")
	flag.IntVar(&p.rows, "rows", 1_000_000, "attendance rows of the past, for the measurement of growth; 0 leaves it out")
	flag.IntVar(&p.open, "open", 2000, "open events, likewise")
	flag.IntVar(&p.idle, "idle", 200, "check-ins of one person at a time on an idle server")
	flag.StringVar(&p.json, "json", "", "file to write the figures to")
	flag.StringVar(&p.only, "engine", "", "sqlite or mysql; both when empty")
	flag.StringVar(&p.profile, "profile", "", "file to write a CPU profile of c to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	end(p.run(ctx, os.Stdout))
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures every engine and says what came out.
func (p plan) run(ctx context.Context, out io.Writer) error {
	return onEngines(p.only, p.json, out, func(e engine) (*figures, error) { return p.measure(ctx, e, out) })
}

// printed is what was measured on one engine.
type printed interface{ print(out io.Writer) }

// onEngines measures on every engine, or on the named one, prints what came out, and writes it to a file if one is named.
func onEngines[F printed](only, file string, out io.Writer, measure func(engine) (F, error)) error {
	var all []F
	for _, e := range engines() {
		if only != "" && only != e.name {
			continue
		}
		f, err := measure(e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		all = append(all, f)
		f.print(out)
	}
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

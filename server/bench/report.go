package main

import (
	"fmt"
	"io"
	"slices"
)

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// say writes to the terminal; when that is gone nobody misses it.
func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }

// What is to be reached.
const (
	goalToA   = 0.5
	goalP99   = 50.0
	goalIdle  = 1.2
	goalGrows = 0.9
)

// goalToB is how much faster than the plain way at the largest crowd.
var goalToB = map[string]float64{"sqlite": 5, "mysql": 2.5}

// print shows the ratios first: they hold on other machines, the rates do not.
func (f *figures) print(out io.Writer) {
	say(out, "\n%-7s %-28s %9s %9s\n", f.Engine, "ratio", "measured", "goal")
	line := func(what string, value, goal float64, atLeast bool) {
		sign, verdict := "≥", ""
		if !atLeast {
			sign = "≤"
		}
		if atLeast == (value < goal) && value != goal {
			verdict = "  missed"
		}
		say(out, "%-7s %-28s %9.2f %8s%s\n", "", what, value, fmt.Sprintf("%s %g", sign, goal), verdict)
	}
	for _, c := range f.Closed {
		line(fmt.Sprintf("c / a, %d connections", c.Connections), c.CtoA, goalToA, true)
		line(fmt.Sprintf("c / b, %d connections", c.Connections), c.CtoB, goalToB[f.Engine], true)
	}
	for _, o := range f.Open {
		line(fmt.Sprintf("p99 ms at %.0f %%", 100*o.Share), o.P99ms, goalP99, false)
	}
	line("one on an idle server, c / b", f.Idle.CtoB, goalIdle, false)
	if f.Growth != nil {
		line("with a long past, c / c", f.Growth.Ratio, goalGrows, true)
	}
	say(out, "\n%-7s %11s %9s %9s %9s %9s %9s   %s\n", "", "connections", "a /s", "b /s", "c /s", "c p50 ms", "c p99 ms", "server's CPU µs per answer: a, b, c")
	for _, c := range f.Closed {
		say(out, "%-7s %11d %9.0f %9.0f %9.0f %9.1f %9.1f   %.0f, %.0f, %.0f\n", "", c.Connections, c.A, c.B, c.C, c.P50ms, c.P99ms, c.CPU["a"], c.CPU["b"], c.CPU["c"])
	}
	say(out, "\n%-7s %11s %9s %9s %9s %9s\n", "", "open loop", "c /s", "p50 ms", "p99 ms", "max ms")
	for _, o := range f.Open {
		say(out, "%-7s %10.0f%% %9.0f %9.1f %9.1f %9.1f\n", "", 100*o.Share, o.Rate, o.P50ms, o.P99ms, o.MaxMs)
	}
	say(out, "\n%-7s one on an idle server: b %.2f ms, c %.2f ms\n", "", f.Idle.BMedianMs, f.Idle.CMedianMs)
	if g := f.Growth; g != nil {
		say(out, "%-7s %d rows and %d open events: %.0f /s, without %.0f /s\n", "", g.Rows, g.OpenEvents, g.With, g.Without)
	}
	say(out, "\n")
}

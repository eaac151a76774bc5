package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own binary play the servers, as the program's does.
func TestMain(m *testing.M) {
	if os.Getenv("THEMEDAY_BENCH") == "serve" {
		end(serve(os.Args[2:]))
		return
	}
	os.Exit(m.Run())
}

// TestRuns keeps the program working: the smallest run there is, with everything in it. It proves nothing about speed.
func TestRuns(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "figures.json")
	p := plan{
		runs: 1, length: 100 * time.Millisecond, members: 200, rows: 500, open: 3, idle: 5, json: file, only: "sqlite",
		rates: []float64{.5}, conns: []int{4},
	}
	var out bytes.Buffer
	if err := p.run(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	figures, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"c / a, 4 connections", "c / b, 4 connections", "p99 ms at 50 %", "one on an idle server", "with a long past"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the table lacks %q:\n%s", part, out.String())
		}
	}
	if !bytes.Contains(figures, []byte(`"Engine": "sqlite"`)) || bytes.Contains(figures, []byte(`"C": 0,`)) {
		t.Errorf("figures: %s", figures)
	}
}

// TestRemindRuns is the same for the reminders' bench.
func TestRemindRuns(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "figures.json")
	p := remindPlan{
		deliveries: 60, events: 3, workers: 4, latency: time.Millisecond, share: .2, past: 100, runs: 1, json: file, only: "sqlite", ahead: 2 * time.Second,
	}
	var out bytes.Buffer
	if err := p.run(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	figures, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(figures, []byte(`"Sent": 60,`)) != 4 || !strings.Contains(out.String(), "one server, 100 finished") {
		t.Errorf("the table is\n%s\nfigures: %s", out.String(), figures)
	}
}

func TestQuantiles(t *testing.T) {
	r := result{took: 2 * time.Second, times: []time.Duration{time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond, 40 * time.Millisecond}}
	if r.perSecond() != 2 || r.quantile(0) != 1 || r.quantile(.5) != 2 || r.quantile(1) != 40 || (result{}).quantile(.5) != 0 {
		t.Errorf("%v %v %v %v", r.perSecond(), r.quantile(0), r.quantile(.5), r.quantile(1))
	}
	if median([]float64{9, 1, 5}) != 5 || median(nil) != 0 {
		t.Error("median")
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// figures are what was measured on one engine.
type figures struct {
	Engine string
	Closed []closed   // as fast as the connections can
	Open   []openLoop // at fixed rates
	Idle   idle
	Growth *growth `json:",omitempty"`
}

// closed is one number of connections, medians of all runs.
type closed struct {
	Connections  int
	A, B, C      float64            // answers per second
	CtoA, CtoB   float64            // medians of the ratios within one round
	CPU          map[string]float64 // microseconds of the server's processor time per answer; 0 where it is not known
	P50ms, P99ms float64            // of c
}

// openLoop is c at a fixed arrival rate; latency counts from the instant at which a request was due.
type openLoop struct {
	Share, Rate, P50ms, P99ms, MaxMs float64
}

// idle is one person at a time.
type idle struct{ BMedianMs, CMedianMs, CtoB float64 }

// growth is c with a long past and many open events beside c without.
type growth struct {
	Rows, OpenEvents int
	Without, With    float64 // answers per second
	Ratio            float64
}

// measure starts the three ways on an engine and measures them.
func (p plan) measure(ctx context.Context, e engine, out io.Writer) (*figures, error) {
	s, err := newStage(ctx, e, p)
	if err != nil {
		return nil, err
	}
	defer s.close()
	f := &figures{Engine: e.name}
	for _, connections := range p.conns {
		say(out, "%s: %d connections\n", e.name, connections)
		c, err := p.closedLoop(ctx, s, connections)
		if err != nil {
			return nil, err
		}
		f.Closed = append(f.Closed, c)
	}
	connections := p.conns[len(p.conns)-1]
	for _, share := range p.rates {
		say(out, "%s: %.0f %% of the maximum\n", e.name, 100*share)
		o, err := p.openLoop(ctx, s, share, connections)
		if err != nil {
			return nil, err
		}
		f.Open = append(f.Open, o)
	}
	if f.Idle, err = p.oneByOne(ctx, s); err != nil {
		return nil, err
	}
	if p.rows > 0 {
		say(out, "%s: growth\n", e.name)
		f.Growth, err = p.grow(ctx, s, connections)
	}
	return f, err
}

// flatOut lets a way answer as many as it can; cpu is what an answer costs its server, in microseconds.
func (p plan) flatOut(ctx context.Context, s *stage, way string, connections int) (r result, cpu float64, err error) {
	load, err := s.load(ctx, way, p.length)
	if err != nil {
		return r, 0, err
	}
	before := s.servers[way].processor()
	if r, err = load.asFast(ctx, connections, p.length); err != nil {
		return r, 0, fmt.Errorf("%s: %w", way, err)
	}
	return r, float64((s.servers[way].processor() - before).Microseconds()) / float64(len(r.times)), nil
}

func (p plan) closedLoop(ctx context.Context, s *stage, connections int) (closed, error) {
	rates, cpu := map[string][]float64{}, map[string][]float64{}
	var toA, toB, p50, p99 []float64
	for range p.runs {
		round := map[string]float64{}
		for _, way := range []string{"a", "b", "c"} {
			r, perAnswer, err := p.flatOut(ctx, s, way, connections)
			if err != nil {
				return closed{}, err
			}
			cpu[way] = append(cpu[way], perAnswer)
			round[way] = r.perSecond()
			rates[way] = append(rates[way], round[way])
			if way == "c" {
				p50, p99 = append(p50, r.quantile(.5)), append(p99, r.quantile(.99))
			}
		}
		toA, toB = append(toA, round["c"]/round["a"]), append(toB, round["c"]/round["b"])
	}
	return closed{
		Connections: connections, A: median(rates["a"]), B: median(rates["b"]), C: median(rates["c"]),
		CtoA: median(toA), CtoB: median(toB), P50ms: median(p50), P99ms: median(p99),
		CPU: map[string]float64{"a": median(cpu["a"]), "b": median(cpu["b"]), "c": median(cpu["c"])},
	}, nil
}

// openLoop sends at a share of what c can do. Each run first asks how much that is: on a machine whose speed wanders, 80 %
// of what was measured minutes ago may be more than everything.
func (p plan) openLoop(ctx context.Context, s *stage, share float64, connections int) (openLoop, error) {
	o := openLoop{Share: share}
	var rates, p50, p99, worst []float64
	for range p.runs {
		full, _, err := p.flatOut(ctx, s, "c", connections)
		if err != nil {
			return o, err
		}
		rate := share * full.perSecond()
		load, err := s.load(ctx, "c", p.length)
		if err != nil {
			return o, err
		}
		r, err := load.atRate(ctx, connections, rate, p.length)
		if err != nil {
			return o, err
		}
		rates, p50, p99, worst = append(rates, rate), append(p50, r.quantile(.5)), append(p99, r.quantile(.99)), append(worst, r.quantile(1))
	}
	o.Rate, o.P50ms, o.P99ms, o.MaxMs = median(rates), median(p50), median(p99), median(worst)
	return o, nil
}

// think is the pause between two people on an idle server.
const think = 2 * time.Millisecond

func (p plan) oneByOne(ctx context.Context, s *stage) (idle, error) {
	var b, c []float64
	for range p.runs {
		for way, times := range map[string]*[]float64{"b": &b, "c": &c} {
			load, err := s.load(ctx, way, p.length)
			if err != nil {
				return idle{}, err
			}
			r, err := load.oneByOne(ctx, p.idle, think)
			if err != nil {
				return idle{}, err
			}
			*times = append(*times, r.quantile(.5))
		}
	}
	return idle{median(b), median(c), median(c) / median(b)}, nil
}

// grow compares c on a database with a past with c on the one that has none.
func (p plan) grow(ctx context.Context, s *stage, connections int) (*growth, error) {
	if err := s.age(ctx, p); err != nil {
		return nil, err
	}
	g := &growth{Rows: p.rows, OpenEvents: p.open}
	var without, with, ratios []float64
	for range p.runs {
		var round [2]float64
		for i, way := range []string{"c", "aged"} {
			r, _, err := p.flatOut(ctx, s, way, connections)
			if err != nil {
				return nil, err
			}
			round[i] = r.perSecond()
		}
		without, with, ratios = append(without, round[0]), append(with, round[1]), append(ratios, round[1]/round[0])
	}
	g.Without, g.With, g.Ratio = median(without), median(with), median(ratios)
	return g, nil
}

package web

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are the figures at /metrics. Labels never hold a person, a code or an id.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	database *prometheus.HistogramVec
	checkins *prometheus.CounterVec
	sends    *prometheus.CounterVec

	series sync.Map // prometheus.Observer by route: finding it by its labels costs ten times as much
}

// route names a series of requests.
type route struct {
	method, path string
	status       int
}

// NewMetrics returns an empty set with the process and runtime figures.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "themeday_request_seconds", Help: "Requests by route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}, []string{"method", "route", "status"}),
		database: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "themeday_database_seconds", Help: "Statements by their first word.",
			Buckets: []float64{.0002, .0005, .001, .0025, .005, .01, .05, .25, 1, 5},
		}, []string{"verb"}),
		checkins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "themeday_checkins_total", Help: "Check-ins by result: new (a retry of the same act counts again), repeated, or the code of the refusal.",
		}, []string{"result"}),
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "themeday_deliveries_total", Help: "Deliveries of reminders by the state they reached.",
		}, []string{"state"}),
	}
	m.registry.MustRegister(m.requests, m.database, m.checkins, m.sends,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) request(r route, took time.Duration) {
	series, known := m.series.Load(r)
	if !known {
		series, _ = m.series.LoadOrStore(r, m.requests.WithLabelValues(r.method, r.path, strconv.Itoa(r.status)))
	}
	series.(prometheus.Observer).Observe(took.Seconds()) //nolint:forcetypeassert,errcheck // nothing else is stored
}

// Statement counts a database statement.
func (m *Metrics) Statement(verb string, took time.Duration) {
	m.database.WithLabelValues(verb).Observe(took.Seconds())
}

// Checkin counts a check-in by its result.
func (m *Metrics) Checkin(result string) { m.checkins.WithLabelValues(result).Inc() }

// Delivery counts a delivery by the state it reached.
func (m *Metrics) Delivery(state string) { m.sends.WithLabelValues(state).Inc() }

// Gauge adds a figure that is read when it is asked for, such as the length of a queue.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "themeday_" + name, Help: help}, read))
}

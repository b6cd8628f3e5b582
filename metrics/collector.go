package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"
)

// patience is how long a part of a scrape may take. Prometheus gives a scrape
// ten seconds unless it is told otherwise.
const patience = 4 * time.Second

// part is something that is asked for at a scrape.
type part struct {
	name string
	ask  func(ctx context.Context) ([]prometheus.Metric, error)
	late []prometheus.Metric // told when there is no answer in time
}

// collector asks all parts when it is scraped.
type collector struct {
	words    []word
	parts    []part
	patience time.Duration
	asking   singleflight.Group
	failed   func(part string, err error) // for the log
}

var _ prometheus.Collector = (*collector)(nil)

// Describe tells the words, of which a scrape may lack some.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, w := range c.words {
		out <- w.Desc
	}
}

// Collect asks all parts at once and tells what comes in time.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), c.patience) // a Collector is given none
	defer cancel()
	answers := make([]<-chan singleflight.Result, len(c.parts))
	for i, p := range c.parts {
		answers[i] = c.asking.DoChan(p.name, func() (any, error) { return p.answer(c.patience) })
	}
	for i, p := range c.parts {
		for _, m := range c.await(ctx, p, answers[i]) {
			out <- m
		}
	}
}

// answer asks. It has a context of its own, since several scrapes may wait for
// it.
func (p part) answer(patience time.Duration) ([]prometheus.Metric, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return p.ask(ctx)
}

func (c *collector) await(ctx context.Context, p part, answer <-chan singleflight.Result) []prometheus.Metric {
	var r singleflight.Result
	select {
	case r = <-answer:
	case <-ctx.Done():
		select { // the time may have passed while another part was waited for
		case r = <-answer:
		default:
			r.Err = ctx.Err()
		}
	}
	if r.Err != nil {
		c.failed(p.name, r.Err)
		return p.late
	}
	told, _ := r.Val.([]prometheus.Metric)
	return told
}

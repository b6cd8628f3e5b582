package metrics

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/artdag/artdag/api"
)

// mostTags is how many sets of tags are told apart.
const mostTags = 20

// need is what steps ask of a worker, and counts how many are in each state.
type need struct{ class, tags string }
type counts struct{ ready, queued, delayed, running int }

// scale tells the backlog of every class, also that of one without.
func (s Sources) scale(now api.Scale) []prometheus.Metric {
	found := make(map[need]counts)
	for _, class := range s.Classes {
		found[need{class: class}] = counts{}
	}
	groups := slices.SortedStableFunc(slices.Values(now.Groups), func(a, b api.ScaleGroup) int { return cmp.Compare(size(b), size(a)) })
	tagged := 0
	for _, g := range groups {
		n := need{g.Class, strings.Join(g.Tags, ",")}
		if n.tags != "" {
			if tagged++; tagged > mostTags {
				n.tags = "other"
			}
		}
		c := found[n]
		found[n] = counts{c.ready + g.Ready, c.queued + g.Queued, c.delayed + g.Delayed, c.running + g.Running}
	}
	out := []prometheus.Metric{desired.is(float64(now.Desired))}
	for n, c := range found {
		for state, count := range map[string]int{"ready": c.ready, "queued": c.queued, "delayed": c.delayed, "running": c.running} {
			out = append(out, steps.is(float64(count), n.class, n.tags, state))
		}
	}
	return out
}

func size(g api.ScaleGroup) int { return g.Ready + g.Queued + g.Delayed + g.Running }

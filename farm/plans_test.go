package farm

import (
	"fmt"
	"testing"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// Plans in memory are many while they are small, and some however large they
// are; those that were used last.
func TestPlansKept(t *testing.T) {
	c, err := cache.Open(t.TempDir(), cache.Options{}) // which has no plan
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, test := range []struct{ plans, steps, want int }{
		{1000, 100, 1000}, {1000, 400, 500}, {30, 20_000, 16}, {3, 300_000, 3},
	} {
		t.Run(fmt.Sprintf("%d of %d steps", test.plans, test.steps), func(t *testing.T) {
			p := newPlans(c)
			id := func(i int) dag.PlanID { return dag.PlanID(dag.HashContent(fmt.Append(nil, i))) }
			for i := range test.plans {
				p.add(&dag.Plan{ID: id(i), Steps: make([]dag.Step, test.steps)})
				if _, err := p.get(id(0)); err != nil {
					t.Fatalf("after %d the first is gone, which is always used: %v", i, err)
				}
			}
			kept := 0
			for i := range test.plans {
				if _, err := p.get(id(i)); err == nil {
					kept++
				}
			}
			if kept != test.want {
				t.Errorf("%d are kept, want %d", kept, test.want)
			}
		})
	}
}

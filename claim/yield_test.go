package claim_test

import (
	"fmt"
	"testing"

	"github.com/artdag/artdag/claim"
)

// A chain that has had its time goes on with steps of its own job, and passes
// none of another's that waits in the queue.
func TestAChainYieldsToOtherJobs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.ok(f.Resize(f.ctx(), "cpu", 8, nil))
		for i := range 20 {
			f.submit("large", step(fmt.Sprint("l", i)))
		}
		list := f.released("cpu")
		owned := f.claimed("l0", w)
		complete := func(yield bool) *claim.Owned {
			t.Helper()
			c := f.finish(owned, w, claim.Hand{Token: claim.NewToken(), Slots: 4, Yield: yield})
			return c.Next
		}
		if owned = complete(true); owned == nil || owned.Job != "large" {
			t.Fatalf("with %d steps of its own job in the queue a chain got %+v, want one of them all the same", len(list), owned)
		}
		f.submit("small", step("s"))
		f.released("cpu")
		if owned = complete(false); owned == nil {
			t.Fatal("a chain that need not yield got nothing")
		}
		if next := complete(true); next != nil {
			t.Errorf("a chain that yields got %s, want nothing while small's step is in the queue", next.Spec.Label)
		}
		f.claimed("s", w)
		owned = f.claimed("l1", w)
		if complete(true) == nil {
			t.Error("a chain got nothing although small's step has left the queue")
		}
	})
}

package claim_test

import (
	"testing"

	"github.com/artdag/artdag/dag"
)

// The queue may keep the tasks of a step's former life in its archive; under the
// same number of release a new one would never get in.
func TestReleasesAreNotUsedTwice(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id := stepID("s")
	f.submit("a", step("s"))
	first := f.released("cpu")[id].Release
	f.ok(f.Forget(f.ctx(), "a", []dag.CacheID{id}))
	f.submit("b", step("s"))
	if second := f.released("cpu")[id].Release; second <= first {
		t.Errorf("the release is %d, and was %d in the step's former life", second, first)
	}
}

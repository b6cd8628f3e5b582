// Package catalogtest is the conformance suite that every catalog passes,
// whatever database it is kept in.
package catalogtest

import (
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// Run tests the catalogs that open returns. Each call of open returns an empty
// one that nobody else uses, and closes it when its test ends.
func Run(t *testing.T, open func(t *testing.T) *catalog.DB) {
	for _, test := range []struct {
		name string
		test func(*testing.T, *catalog.DB)
	}{
		{"job", testJob},
		{"job states", testJobStates},
		{"counts must add up", testCounts},
		{"jobs share a run", testSharedRun},
		{"find by prefix", testPrefix},
		{"pages of jobs", testJobPages},
		{"filters", testFilters},
		{"interrupted", testInterrupted},
		{"outputs", testOutputs},
		{"steps", testSteps},
		{"step states", testStepStates},
		{"pages of steps", testStepPages},
		{"many steps at once", testManySteps},
		{"recording twice is recording once", testTwice},
		{"all or nothing", testAtomic},
		{"hostile text", testText},
		{"the first result stands", testFirstStands},
		{"one fact for the same work", testResolved},
		{"bytes that are gone are replaced", testReplaces},
		{"timings", testTimings},
		{"items", testItems},
		{"analyses", testAnalyses},
		{"pause and resume", testPause},
		{"cancel", testCancel},
		{"reopen", testReopen},
		{"priority", testPriority},
		{"requests", testRequest},
		{"durable and provenance", testProvenance},
		{"jobs without provenance", testUnattested},
		{"unfinished jobs", testOpenJobs},
		{"numbers of unfinished jobs", testCountOpen},
		{"lists of jobs", testListJobs},
		{"many results", testManyResults},
		{"many items", testManyItems},
		{"one step of two jobs", testTwoJobs},
		{"backends", testBackends},
		{"pins", testPins},
		{"unpinned", testUnpinned},
		{"durable jobs", testDurableJobs},
		{"leases", testLeases},
		{"advance", testAdvance},
		{"advance all or nothing", testAdvanceAtomic},
		{"one of many advances", testAdvanceRace},
		{"faults", testFaults},
		{"audit", testAudit},
		{"one fact of many writers", testFactRace},
		{"writers of the same items", testItemRace},
		{"one end of a job", testFinishRace},
		{"cancelled context", testCancelled},
		{"writers at once", testWriters},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.test(t, open(t))
		})
	}
}

// epoch is when the tests happen.
func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// after returns the time that many milliseconds later.
func after(ms int) time.Time { return epoch().Add(time.Duration(ms) * time.Millisecond) }

// content returns the hash of the text.
func content(text string) dag.ContentHash { return dag.HashContent([]byte(text)) }

// step returns some cache_id for the name.
func step(name string) dag.CacheID { return dag.CacheID(content("step " + name)) }

// NewJob returns a job that CreateJob accepts, created so many milliseconds
// into the test.
func NewJob(name string, ms int) catalog.Job {
	return catalog.Job{
		ID: catalog.NewJobID(after(ms)), Name: name, Created: after(ms), PlanID: dag.PlanID(content("plan")),
		RunID: dag.RunID(content("run " + name)), Recipe: dag.RecipeHash(content("recipe " + name)),
		Params: map[string]any{"fps": 24.0}, Inputs: map[string][]dag.ContentHash{"clip": {content("clip")}},
	}
}

// Executed returns the record of a step that was executed with that output.
func Executed(job, name string, position int, output string) catalog.StepRecord {
	return catalog.StepRecord{
		JobID: job, CacheID: step(name), Position: position, Node: "cut", Label: "cut[" + name + "]", Type: "SEGMENT@1",
		Status: catalog.StepCompleted, Content: content(output), Started: after(10), Finished: after(1010),
		Result: &catalog.Result{
			ResolvedID: dag.CacheID(content("resolved " + name)), Content: content(output), Toolchain: "ffmpeg 5.1",
			Worker: "here", Wall: time.Second, Tool: 900 * time.Millisecond, Cost: 0.5, Bytes: 1000,
		},
		Items: []catalog.Item{{Content: content(output), CID: "bafy" + output, Size: 1000, MediaType: "video/x-matroska"}},
	}
}

// created returns a job that is in the catalog.
func created(t *testing.T, db *catalog.DB, name string, ms int) catalog.Job {
	t.Helper()
	job := NewJob(name, ms)
	must(t, db.CreateJob(t.Context(), job))
	return job
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

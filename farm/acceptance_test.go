package farm_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

const shots = `
name: shots
nodes:
  - {id: clip, type: GENERATE, config: {kind: testsrc, size: [96, 64], fps: 10, duration: 4}}
  - {id: tone, type: GENERATE, config: {kind: tone, duration: 4}}
  - id: parts
    for_each: "range(0, 8)"
    type: SEGMENT
    config: {offset: "${item * 0.4}", duration: 0.4}
    inputs: [clip]
  - id: colours
    for_each: {each: parts}
    type: TRANSFORM
    config: {hue: "${index * 20}"}
    inputs: [$item]
  - {id: cut, type: SEQUENCE, inputs: [colours]}
  - {id: film, type: MUX, inputs: {video: cut, audio: tone}}
  - {id: stills, type: FRAMES, config: {rate: 5}, inputs: [cut]}
  - {id: delivery, type: ENCODE, config: {format: h264}, inputs: [film]}
outputs: [delivery, stills]
`

// Three worker processes share a job on real servers; it comes to the same bytes
// as on one machine, and IPFS has them under the cids that are printed.
func TestThreeWorkersAndOneMachineAgree(t *testing.T) {
	t.Parallel()
	want := onThisMachine(t, shots)
	node := servicetest.Kubo(t)
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL(), Database: servicetest.Postgres(t), IPFS: node.API()})
	f.Scheduler()
	for range 3 {
		f.Worker("--slots", "1")
	}
	job := f.Completed(f.Submit(shots).ID, 2*time.Minute)
	for _, o := range job.Outputs {
		if o.Content != want[o.Name] {
			t.Errorf("output %s is %s on the farm, %s here", o.Name, o.Content, want[o.Name])
		}
	}
	busy := 0
	for _, w := range f.Workers {
		if w.Says("msg=executing") > 0 {
			busy++
		}
	}
	if busy < 2 {
		t.Errorf("%d of 3 workers executed steps", busy)
	}
	farmtest.Until(t, 2*time.Minute, "the job is durable", func() (err error) {
		if job, err = f.Client.Job(t.Context(), job.ID); err == nil && !job.Durable {
			err = errors.New("it is not")
		}
		return err
	})
	for _, o := range job.Outputs {
		if got := dag.HashContent(cat(t, node, o.CID)); got != o.Content {
			t.Errorf("IPFS has %s under %s, want %s", got, o.CID, o.Content)
		}
	}
}

// onThisMachine runs a recipe as artdag run does and returns its outputs.
func onThisMachine(t *testing.T, text string) map[string]dag.ContentHash {
	t.Helper()
	parsed, err := recipe.Parse("shots.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	store, err := cache.Open(t.TempDir(), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	box, err := sandbox.New(sandbox.Options{Reexec: true})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	types, err := executor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	preparer := &engine.Preparer{Cache: store, Planner: &planner.Planner{Types: types}, Parallel: 1}
	prepared, err := preparer.Prepare(t.Context(), engine.Request{Recipe: parsed, Params: map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	one := &engine.Engine{Cache: store, Types: types, Runner: box, Slots: 2}
	report, err := one.Run(context.WithoutCancel(t.Context()), engine.Job{Plan: prepared.Plan})
	if err != nil || report.Status != engine.Completed {
		t.Fatalf("run: %v, %+v", err, report)
	}
	out := make(map[string]dag.ContentHash)
	for _, o := range report.Outputs {
		out[o.Name] = o.Content
	}
	return out
}

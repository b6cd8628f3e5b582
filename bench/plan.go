package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/executor"
)

// measurePlan plans in a process of its own for each figure, so that its
// memory is that of the plan. Linear compares what a step more costs from 10k
// to 100k with what it costs from 1k to 10k.
func measurePlan(b *bench) ([]result, error) {
	var rows []result
	for _, n := range []int{1_000, 10_000, 100_000} {
		var memory []float64
		row, err := alone(b.n(5, 1), func() (float64, error) {
			planned, err := planInChild(b.ctx, n)
			memory = append(memory, planned.MB)
			return planned.Seconds, err
		})
		if err != nil {
			return rows, err
		}
		row.Name = fmt.Sprintf("plan %dk", n/1000)
		rows = append(rows, row)
		if n == 100_000 {
			rows = append(rows, result{Name: "plan 100k memory", Unit: "MB", Ours: median(memory), Goal: atMost("ours", 400)}.judged())
		}
	}
	rows[2].Goal = atMost("ours", 1.5)
	rows[2] = rows[2].judged()
	late, early := (rows[2].Ours-rows[1].Ours)/90_000, (rows[1].Ours-rows[0].Ours)/9_000
	linear := result{
		Name: "plan linear", Unit: "s", Ours: late, Theirs: early, Ratio: late / early,
		Beside: "a step more at 10k to 100k, at 1k to 10k", Goal: atMost("ratio", 1.25),
	}
	return append(rows, linear.judged()), nil
}

// planned is what the child prints.
type planned struct {
	Seconds float64
	MB      float64 // largest resident size of the process
}

const planArgument = "plan-in-child"

func planInChild(ctx context.Context, n int) (planned, error) {
	var p planned
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	out, err := exec.CommandContext(ctx, self, planArgument, strconv.Itoa(n)).Output()
	if err != nil {
		return p, fmt.Errorf("plan of %d steps: %w", n, err)
	}
	return p, json.Unmarshal(out, &p)
}

// planAndTell plans and prints what that took.
func planAndTell(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	took, err := seconds(func() error { return planOnce(n) })
	if err != nil {
		return err
	}
	var kib float64
	if _, err := fmt.Sscanf(field("/proc/self/status", "VmHWM"), "%f kB", &kib); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(planned{took, kib * 1024 / 1e6})
}

// planOnce does what `artdag plan` does between reading the files and printing:
// a fan-out of n cuts, and their join.
func planOnce(n int) error {
	r, err := recipe.Parse("fan-out.yaml", []byte(fmt.Sprintf(`
name: fan-out
inputs: {clip: {kind: video}}
nodes:
  - id: cuts
    for_each: "range(%d)"
    type: SEGMENT
    config: {offset: "${mod(item * 0.0001, 11)}", duration: "${1 + index %% 7}"}
    inputs: [clip]
  - {id: film, type: SEQUENCE, inputs: [cuts]}
outputs: [film]
`, n)))
	if err != nil {
		return err
	}
	types, err := executor.Builtin()
	if err != nil {
		return err
	}
	clip := dag.HashContent([]byte("clip"))
	p := planner.Planner{Types: types, Features: analysis.Features()}
	plan, err := p.Plan(context.Background(), planner.Request{
		Recipe: r, Inputs: map[string][]dag.ContentHash{"clip": {clip}},
		Facts: map[dag.ContentHash]*dag.Facts{clip: {
			Kind: dag.Video, Format: "mp4", Duration: 30,
			Video: &dag.VideoFacts{Codec: "h264", Width: 1280, Height: 720, FPS: dag.Rate{Num: 25, Den: 1}, Frames: 750},
		}},
	})
	if err == nil && len(plan.Steps) != n+1 {
		err = fmt.Errorf("%d steps instead of %d", len(plan.Steps), n+1)
	}
	return err
}

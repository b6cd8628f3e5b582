package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
)

// The thread that starts tools lives as long as the process.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/artdag/artdag/executor/sandbox.(*starter).serve"))
}

// join is a step type of the tests: its output is its text with the contents
// of its inputs behind it. So what a step makes shows what it was given, in
// which order, and the farm's tools are not needed to see it.
type join struct {
	executor.Declared
	calls *calls
}

// calls counts executions by text.
type calls struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *calls) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count[text]++
}

func (c *calls) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, k := range c.count {
		n += k
	}
	return n
}

func newJoin() join {
	return join{executor.Declare(executor.Spec{
		Name: "JOIN", Version: 1, Arity: dag.Arity{Rest: &dag.Slot{Name: "part"}},
		Keys: []executor.Key{
			{Name: "text", Type: executor.String, Default: ""},
			{Name: "fail", Type: executor.Boolean, Default: false},
			{Name: "note", Type: executor.String}, // changes the identity, not the bytes
			{Name: "random", Type: executor.Boolean, Default: false},
			{Name: "wait", Type: executor.Boolean, Default: false},
		},
	}), &calls{count: make(map[string]int)}}
}

func (join) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Data }

func (join) Expect(map[string]any, []*dag.Facts) (dag.Expectation, error) {
	return dag.Expectation{Facts: &dag.Facts{Kind: dag.Data}, Slots: 1, Cost: 1}, nil
}

func (j join) Execute(ctx context.Context, req executor.Request) (executor.Result, error) {
	text, _ := req.Config["text"].(string)
	j.calls.add(text)
	if req.Config["wait"] == true {
		<-ctx.Done()
		return executor.Result{}, ctx.Err()
	}
	if req.Config["fail"] == true {
		fmt.Fprintln(req.Log, "about to fail")
		return executor.Result{}, executor.Failed("told to")
	}
	for _, in := range req.Inputs {
		more, err := os.ReadFile(in.Path)
		if err != nil {
			return executor.Result{}, err
		}
		text += "(" + string(more) + ")"
	}
	if req.Config["random"] == true {
		text += fmt.Sprint(j.calls.total())
	}
	path := filepath.Join(req.Scratch, "output.txt")
	return executor.Result{Path: path, MediaType: "text/plain"}, os.WriteFile(path, []byte(text), 0o600)
}

// bench is an engine on a cache of its own.
type bench struct {
	*Engine
	t     *testing.T
	calls *calls
}

func newBench(t *testing.T, dir string) bench {
	t.Helper()
	c, err := cache.Open(dir, cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	typ := newJoin()
	types, err := executor.NewRegistry(typ)
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return bench{&Engine{Cache: c, Types: types, Runner: box, Slots: 2}, t, typ.calls}
}

// planOf builds a plan from lines "label <- inputs | config", the last label
// being the output. The text of a step is its label unless given.
func planOf(t *testing.T, lines ...string) *dag.Plan {
	t.Helper()
	plan := &dag.Plan{Name: t.Name()}
	ids := make(map[string]dag.CacheID)
	for _, line := range lines {
		head, config, _ := strings.Cut(line, "|")
		label, inputs, _ := strings.Cut(head, "<-")
		label = strings.TrimSpace(label)
		values := map[string]any{"text": label}
		if config = strings.TrimSpace(config); config != "" {
			if err := json.Unmarshal([]byte(config), &values); err != nil {
				t.Fatal(err)
			}
		}
		s := dag.Step{Type: "JOIN@1", Node: label, Label: label, Slots: 1, Cost: 1}
		for _, name := range strings.Fields(inputs) {
			s.Inputs = append(s.Inputs, dag.StepInput(ids[name], ""))
		}
		normal, err := newJoin().Normalize(values)
		if err != nil {
			t.Fatal(err)
		}
		if s.Config, err = dag.Canonical(normal); err != nil {
			t.Fatal(err)
		}
		s.ID = dag.StepID(s.Type, s.Config, s.Inputs, "")
		ids[label] = s.ID
		plan.Steps = append(plan.Steps, s)
		plan.Outputs = []dag.Output{{Name: label, Input: dag.StepInput(s.ID, "")}}
	}
	return plan
}

func (b bench) run(job Job) *Report {
	b.t.Helper()
	report, err := b.Run(b.t.Context(), job)
	if err != nil {
		b.t.Fatal(err)
	}
	if sum := report.Executed + report.Cached + report.Failed + report.Skipped; sum != report.Total {
		b.t.Errorf("the counts add up to %d of %d: %+v", sum, report.Total, report)
	}
	return report
}

func (b bench) want(r *Report, status Status, executed, cached, failed, skipped int) {
	b.t.Helper()
	if r.Status != status || r.Executed != executed || r.Cached != cached || r.Failed != failed || r.Skipped != skipped {
		b.t.Errorf("got %s, %d executed, %d cached, %d failed, %d skipped; want %s, %d, %d, %d, %d (failures: %v)",
			r.Status, r.Executed, r.Cached, r.Failed, r.Skipped, status, executed, cached, failed, skipped, r.Failures)
	}
}

func output1(t *testing.T, r *Report) string {
	t.Helper()
	if len(r.Outputs) != 1 {
		t.Fatalf("got %d outputs, want 1", len(r.Outputs))
	}
	text, err := os.ReadFile(r.Outputs[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRunExecutesOnceAndThenNothing(t *testing.T) {
	b := newBench(t, t.TempDir())
	plan := planOf(t, "a", "b", "c <- a b", "d <- c a")
	first := b.run(Job{Plan: plan})
	b.want(first, Completed, 4, 0, 0, 0)
	if got, want := output1(t, first), "d(c(a)(b))(a)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.want(b.run(Job{Plan: plan}), Completed, 0, 4, 0, 0)
	if n := b.calls.total(); n != 4 {
		t.Errorf("%d executions, want 4", n)
	}
}

func TestChangedStepExecutesOnlyWhatDependsOnIt(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.run(Job{Plan: planOf(t, "a", "b", "c <- a", "d <- c b")})
	r := b.run(Job{Plan: planOf(t, "a", `b | {"text":"B"}`, "c <- a", "d <- c b")})
	b.want(r, Completed, 2, 2, 0, 0)
}

func TestOrderOfInputsIsAnotherResult(t *testing.T) {
	b := newBench(t, t.TempDir())
	ab := b.run(Job{Plan: planOf(t, "a", "b", "film <- a b")})
	ba := b.run(Job{Plan: planOf(t, "a", "b", "film <- b a")})
	b.want(ba, Completed, 1, 2, 0, 0)
	if x, y := output1(t, ab), output1(t, ba); x == y {
		t.Errorf("both orders gave %q", x)
	}
}

func TestSameBytesUpstreamCutOffTheRest(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.run(Job{Plan: planOf(t, "a", "b <- a", "c <- b")})
	r := b.run(Job{Plan: planOf(t, `a | {"note":"edited, same bytes"}`, "b <- a", "c <- b")})
	b.want(r, Completed, 1, 2, 0, 0)
}

func TestFailureSkipsWhatDependsOnItAndNothingElse(t *testing.T) {
	b := newBench(t, t.TempDir())
	plan := planOf(t, `a | {"fail":true}`, "b <- a", "c", "d <- c", "e <- b d")
	r := b.run(Job{Plan: plan})
	b.want(r, HasFailed, 2, 0, 1, 2)
	if len(r.Failures) != 1 || r.Failures[0].Step.Label != "a" || !strings.Contains(r.Failures[0].Error(), "told to") {
		t.Errorf("failures are %v, want a: told to", r.Failures)
	}
	log, err := b.Cache.Log(plan.Steps[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	text := make([]byte, 100)
	if n, _ := log.Read(text); !strings.Contains(string(text[:n]), "about to fail") {
		t.Errorf("the log of the failed step is %q", text[:n])
	}
}

func TestTwoRunsAtOnceExecuteEachStepOnce(t *testing.T) {
	dir := t.TempDir()
	a, b := newBench(t, dir), newBench(t, dir)
	var lines []string
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("s%d", i))
	}
	all := append(lines, "film <- "+strings.Join(lines, " "))
	plan := planOf(t, all...)
	var group sync.WaitGroup
	for _, e := range []bench{a, b} {
		group.Go(func() {
			if _, err := e.Run(t.Context(), Job{Plan: plan}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := a.calls.total() + b.calls.total(); n != len(plan.Steps) {
		t.Errorf("%d executions by two runs, want %d", n, len(plan.Steps))
	}
}

func TestVerifyExecutesAgainAndNamesWhatDiffers(t *testing.T) {
	b := newBench(t, t.TempDir())
	plan := planOf(t, "a", `b <- a | {"random":true}`)
	first := b.run(Job{Plan: plan})
	r := b.run(Job{Plan: plan, Verify: true})
	b.want(r, Completed, 2, 0, 0, 0)
	if len(r.Differed) != 1 || r.Differed[0].Step.Label != "b" {
		t.Errorf("differed: %v, want b alone", r.Differed)
	}
	if r.Outputs[0].Content != first.Outputs[0].Content {
		t.Error("a second execution replaced the recorded result")
	}
}

func TestRedoExecutesOneStepAgain(t *testing.T) {
	b := newBench(t, t.TempDir())
	plan := planOf(t, "a", "b <- a")
	b.run(Job{Plan: plan})
	b.want(b.run(Job{Plan: plan, Redo: []dag.CacheID{plan.Steps[0].ID}}), Completed, 1, 1, 0, 0)
}

func TestStoppedRunKeepsWhatIsDoneAndResumes(t *testing.T) {
	b := newBench(t, t.TempDir())
	plan := planOf(t, "a", `b <- a | {"wait":true}`, "c <- b")
	ctx, cancel := context.WithCancel(t.Context())
	b.Watch = func(e Event) {
		if e.Kind == Started && e.Step.Label == "b" {
			cancel()
		}
	}
	r, err := b.Run(ctx, Job{Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	b.want(r, Interrupted, 1, 0, 0, 2)
	known, err := Known(b.Cache, plan)
	if err != nil {
		t.Fatal(err)
	}
	if !known[0] || known[1] || known[2] {
		t.Errorf("known after the stop: %v, want only the first", known)
	}
}

func TestLongestRemainingPathGoesFirst(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.Slots = 1
	var order []string
	b.Watch = func(e Event) {
		if e.Kind == Started {
			order = append(order, e.Step.Label)
		}
	}
	b.run(Job{Plan: planOf(t, "short", "long1", "long2 <- long1", "long3 <- long2", "end <- short long3")})
	if got, want := strings.Join(order, " "), "long1 long2 long3 short end"; got != want && got != "long1 long2 short long3 end" {
		t.Errorf("order %q, want %q", got, want)
	}
}

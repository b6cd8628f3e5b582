package farm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// lines is a recipe of several lines of steps, each of which reads the one
// before and takes some seconds without using a core, and of a last step that
// joins them. Each line ends with its own text, so that bytes tell who was lost.
func lines(wide, long int, seconds float64) string {
	var b strings.Builder
	b.WriteString("name: lines\nnodes:\n")
	var ends []string
	for w := range wide {
		for l := range long {
			from, cat := "", ""
			if l > 0 {
				from, cat = fmt.Sprintf(", inputs: [s%d-%d]", w, l-1), `, "{in[0]}"`
			}
			fmt.Fprintf(&b, "  - {id: s%d-%d, type: COMMAND, config: {argv: [sh, -c, 'sleep %g; ( [ -z \"$1\" ] || cat \"$1\"; echo %d %d ) > \"$0\"', \"{out}\"%s]}%s}\n",
				w, l, seconds, w, l, cat, from)
		}
		ends = append(ends, fmt.Sprintf("s%d-%d", w, long-1))
	}
	fmt.Fprintf(&b, "  - {id: all, type: COMMAND, config: {argv: [sh, -c, 'out=$0; cat \"$@\" > \"$out\"', \"{out}\"%s]}, inputs: [%s]}\noutputs: [all]\n",
		inputs(len(ends)), strings.Join(ends, ", "))
	return b.String()
}

func inputs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `, "{in[%d]}"`, i)
	}
	return b.String()
}

// linesMake is what the recipe makes, worked out by hand.
func linesMake(wide, long int) dag.ContentHash {
	var b strings.Builder
	for w := range wide {
		for l := range long {
			fmt.Fprintf(&b, "%d %d\n", w, l)
		}
	}
	return dag.HashContent([]byte(b.String()))
}

// whole checks that a job came to what it must, however it was disturbed.
func whole(t *testing.T, job api.Job, want dag.ContentHash) {
	t.Helper()
	if len(job.Outputs) != 1 || job.Outputs[0].Content != want {
		t.Errorf("the job came to %+v, want %s", job.Outputs, want)
	}
}

// once checks that each step of the farm was executed exactly once, but for
// those that may be executed so many times more.
func once(t *testing.T, f *farmtest.Farm, steps int, more map[string]int) {
	t.Helper()
	got := f.Executions()
	if len(got) != steps {
		t.Errorf("%d steps were executed, want %d: %v", len(got), steps, got)
	}
	for label, n := range got {
		if n > 1+more[label] {
			t.Errorf("step %s was executed %d times, want at most %d", label, n, 1+more[label])
		}
	}
}

// A worker that is killed loses its steps to others, and its tools with it.
func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	f.Worker("--slots", "1")
	f.Worker("--slots", "1")
	job := f.Submit(lines(2, 1, 8)) // nothing that the dead worker made is needed again
	step, killed := f.Running(job.ID, "")
	var tools []farmtest.Relative
	farmtest.Until(t, time.Minute, "the tool runs", func() error {
		if tools = killed.Tools("sleep"); len(tools) == 0 {
			return fmt.Errorf("%s has %v", killed.ID, killed.Family())
		}
		return nil
	})
	family := killed.Family()
	killed.Kill()
	at := time.Now()
	farmtest.Until(t, 5*time.Second, "the family of the dead is gone", func() error {
		for _, r := range family {
			if r.Alive() {
				return fmt.Errorf("%s lives", r)
			}
		}
		return nil
	})
	elsewhere(t, f, killed, step.Label)
	t.Logf("step %s ran elsewhere %v after its worker was killed", step.Label, time.Since(at).Round(time.Millisecond))
	whole(t, f.Completed(job.ID, time.Minute), linesMake(2, 1))
	once(t, f, 3, map[string]int{step.Label: 1})
}

// A worker that was frozen for longer than its lease finds its step taken: what
// it does about that harms nobody.
func TestWorkerFrozen(t *testing.T) {
	t.Parallel()
	t.Run("its tool runs on", func(t *testing.T) {
		t.Parallel()
		f, job, frozen := freeze(t, 40)
		tools := frozen.Tools("sleep")
		elsewhere(t, f, frozen, "s0-0")
		frozen.Thaw()
		farmtest.Until(t, time.Minute, "the tools of the late worker are gone", func() error {
			for _, r := range tools {
				if r.Alive() {
					return fmt.Errorf("%s lives", r)
				}
			}
			return nil
		})
		frozen.Await("stopped a step whose claim is lost")
		whole(t, f.Completed(job, 3*time.Minute), linesMake(1, 1))
		once(t, f, 2, map[string]int{"s0-0": 1})
	})
	t.Run("its result is there", func(t *testing.T) {
		t.Parallel()
		f, job, frozen := freeze(t, 5)
		elsewhere(t, f, frozen, "s0-0")
		whole(t, f.Completed(job, 3*time.Minute), linesMake(1, 1))
		frozen.Thaw()
		farmtest.Until(t, time.Minute, "the late result is refused", func() error {
			if frozen.Says("came too late")+frozen.Says("claim is lost") == 0 {
				return fmt.Errorf("it was not")
			}
			return nil
		})
		if left := frozen.Tools("sleep"); len(left) > 0 {
			t.Errorf("%v are left", left)
		}
		whole(t, f.Completed(job, time.Second), linesMake(1, 1))
		once(t, f, 2, map[string]int{"s0-0": 1})
	})
}

// elsewhere waits until another worker executes a step.
func elsewhere(t *testing.T, f *farmtest.Farm, than *farmtest.Worker, step string) {
	t.Helper()
	farmtest.Until(t, 90*time.Second, "the step runs elsewhere", func() error {
		for _, w := range f.Workers {
			if w != than && w.Says("msg=executing step="+step) > 0 {
				return nil
			}
		}
		return fmt.Errorf("it does not")
	})
}

// freeze stops the worker of a step that takes so many seconds.
func freeze(t *testing.T, seconds float64) (*farmtest.Farm, string, *farmtest.Worker) {
	t.Helper()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	f.Worker("--slots", "1")
	f.Worker("--slots", "1")
	job := f.Submit(lines(1, 1, seconds))
	_, frozen := f.Running(job.ID, "s0-0")
	farmtest.Until(t, time.Minute, "the tool runs", func() error {
		if len(frozen.Tools("sleep")) == 0 {
			return fmt.Errorf("it does not")
		}
		return nil
	})
	frozen.Freeze()
	return f, job.ID, frozen
}

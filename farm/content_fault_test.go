package farm_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// Without IPFS jobs complete, and are durable once it is back.
func TestKuboDown(t *testing.T) {
	t.Parallel()
	node := servicetest.Kubo(t)
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL(), IPFS: node.API()})
	f.Scheduler()
	f.Worker("--slots", "2")
	node.Kill()
	job := f.Completed(f.Submit(lines(2, 1, 0)).ID, time.Minute)
	whole(t, job, linesMake(2, 1))
	if job.Durable {
		t.Errorf("the job is durable without IPFS")
	}
	node.Start()
	farmtest.Until(t, 2*time.Minute, "the job is durable", func() (err error) {
		if job, err = f.Client.Job(t.Context(), job.ID); err == nil && !job.Durable {
			err = errors.New("it is not")
		}
		return err
	})
	if got := dag.HashContent(cat(t, node, job.Outputs[0].CID)); got != job.Outputs[0].Content {
		t.Errorf("IPFS has %s under %s, want %s", got, job.Outputs[0].CID, job.Outputs[0].Content)
	}
}

// cat reads from the node itself.
func cat(t *testing.T, node *servicetest.KuboNode, cid string) []byte {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := c.Post("http://"+node.Addr()+"/api/v0/cat?arg="+cid, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("cat %s: %s, %v: %s", cid, answer.Status, err, text)
	}
	return text
}

// halfDone submits a line of two steps of which the first is done by the only
// worker, and the second may not begin yet.
func halfDone(t *testing.T, f *farmtest.Farm) (job string, first api.Step) {
	t.Helper()
	job = f.Submit(lines(1, 2, 1)).ID
	f.Running(job, "s0-0")
	if _, err := f.Client.Pause(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	farmtest.Until(t, time.Minute, "the first step is done", func() error {
		steps, err := f.Client.Steps(t.Context(), job)
		for _, step := range steps {
			if step.Label == "s0-0" && !step.Content.IsZero() {
				first = step
				return nil
			}
		}
		return errors.Join(err, fmt.Errorf("%+v", steps))
	})
	return job, first
}

// What was made, and is gone everywhere before it was used, is made again.
func TestIntermediateVanishes(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	scheduler := f.Scheduler()
	maker := f.Worker("--slots", "1")
	job, first := halfDone(t, f)
	maker.Kill()
	for _, dir := range []string{maker.Dir, scheduler.Dir} {
		for _, file := range holding(t, dir, first.Content) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.Worker("--slots", "1")
	if _, err := f.Client.Resume(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	whole(t, f.Completed(job, 2*time.Minute), linesMake(1, 2))
	once(t, f, 3, map[string]int{"s0-0": 1})
	if scheduler.Says("are gone: made again") == 0 {
		t.Errorf("the scheduler does not say that a result was made again")
	}
}

// What a leaving worker handed on is handed on again when its taker leaves too.
func TestHandedOnTwice(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	leaving := f.Worker("--slots", "1")
	job, first := halfDone(t, f)
	for range 2 {
		next := f.Worker("--slots", "1")
		if err := f.Client.Drain(t.Context(), leaving.ID); err != nil {
			t.Fatal(err)
		}
		if code := leaving.Wait(); code != 0 {
			t.Errorf("%s ended with %d, want 0", leaving.ID, code)
		}
		if len(holding(t, next.Dir, first.Content)) == 0 {
			t.Fatalf("%s did not hand on what it held", leaving.ID)
		}
		leaving = next
	}
	if _, err := f.Client.Resume(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	whole(t, f.Completed(job, time.Minute), linesMake(1, 2))
	once(t, f, 3, nil)
}

// Bytes that changed on a worker's disk are refused by who fetches them, and
// found or made elsewhere.
func TestIntermediateIsDamaged(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	maker := f.Worker("--slots", "1")
	job, first := halfDone(t, f)
	files := holding(t, maker.Dir, first.Content)
	if len(files) == 0 {
		t.Fatal("the worker that made it does not hold it")
	}
	for _, file := range files {
		damage(t, file)
	}
	busy := f.Submit(lines(1, 1, 14))
	f.Running(busy.ID, "s0-0") // on the maker, which has one slot
	f.Worker("--slots", "1")
	if _, err := f.Client.Resume(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	whole(t, f.Completed(job, 2*time.Minute), linesMake(1, 2))
	whole(t, f.Completed(busy.ID, time.Minute), linesMake(1, 1))
}

// holding returns the files under a folder that hold a content.
func holding(t *testing.T, dir string, want dag.ContentHash) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && dag.HashContent(text) == want {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// damage changes bytes of a file and not its size.
func damage(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text[0] ^= 0xff
	if err := errors.Join(os.Chmod(file, 0o644), os.WriteFile(file, text, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// A file may be what the identity of a step is the hash of: then it has the
// name of the step, and is not taken for its result.
func TestFileNamedLikeAStep(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{})
	f.Scheduler()
	f.Worker("--slots", "1")
	probe := f.Completed(f.Submit(lines(1, 1, 0)).ID, time.Minute)
	steps, err := f.Client.Steps(t.Context(), probe.ID)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := f.Client.Plan(t.Context(), probe.ID)
	if err != nil {
		t.Fatal(err)
	}
	// Of another farm, on which nothing is known, and where the text is there
	// before the step.
	f = farmtest.New(t, farmtest.On{})
	f.Scheduler()
	f.Worker("--slots", "1")
	text := []byte(fmt.Sprintf(`{"config":%s,"inputs":[],"type":%q}`, plan.Steps[0].Config, plan.Steps[0].Type))
	if got := dag.HashContent(text); got.String() != steps[0].ID.String() {
		t.Fatalf("the text of step %s hashes to %s: %s", steps[0].ID, got, text)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	if _, err := f.Client.Put(t.Context(), dag.HashContent(text), int64(len(text)), open); err != nil {
		t.Fatal(err)
	}
	job := f.Completed(f.Submit(lines(1, 1, 0)).ID, time.Minute)
	whole(t, job, linesMake(1, 1))
	if job.Steps.Executed != 2 {
		t.Errorf("the steps of the job: %+v, want 2 executed", job.Steps)
	}
	if content, err := f.Client.Stat(t.Context(), dag.HashContent(text)); err != nil || content.Size != int64(len(text)) {
		t.Errorf("the file afterwards: %+v, %v", content, err)
	}
}

// A worker whose disk is full says so and takes no steps; others do.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	small := f.WorkerOnDisk(16<<20, "--slots", "1")
	job := f.Submit(`
name: large
nodes:
  - {id: large, type: COMMAND, config: {argv: [sh, -c, 'head -c 30000000 /dev/zero > "$0"', "{out}"]}}
outputs: [large]
`)
	small.Await("the disk is full")
	farmtest.Until(t, 20*time.Second, "the farm knows that the disk is full", func() error {
		workers, err := f.Client.Workers(t.Context())
		if len(workers) == 1 && strings.Contains(workers[0].Note, "full") {
			return nil
		}
		return errors.Join(err, fmt.Errorf("%+v", workers))
	})
	f.Worker("--slots", "1")
	whole(t, f.Completed(job.ID, time.Minute), dag.HashContent(make([]byte, 30_000_000)))
}

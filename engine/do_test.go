package engine

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/executor"
)

// farmRecipe goes through films, lists of images and single files.
const farmRecipe = `name: farm
inputs:
  logo: {kind: image}
nodes:
  - {id: made, type: GENERATE, config: {kind: testsrc, size: 64x48, fps: 12, duration: 2}}
  - {id: cut, type: SEGMENT, config: {offset: 0.5, duration: 1}, inputs: [made]}
  - {id: stills, type: FRAMES, config: {rate: 6}, inputs: [cut]}
  - {id: again, type: ASSEMBLE, config: {fps: 6}, inputs: [logo, stills]}
  - {id: film, type: ENCODE, config: {format: h264}, inputs: [again]}
outputs: [film]
`

// newMediaBench is a bench with the step types that artdag ships.
func newMediaBench(t *testing.T) bench {
	t.Helper()
	b := newBench(t, t.TempDir())
	types, err := executor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	b.Types = types
	return b
}

// fetch copies content from another cache, told nothing but the hash.
func (b bench) fetch(from *cache.Cache, h dag.ContentHash) {
	b.t.Helper()
	path, err := from.Content(h)
	if err != nil {
		b.t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	if _, err := b.Cache.PutSource(b.t.Context(), f, h); err != nil {
		b.t.Fatal(err)
	}
}

// give fetches what is missing until the input is whole.
func (b bench) give(from *cache.Cache, ref dag.ContentHash, multi bool, member string) Given {
	b.t.Helper()
	for {
		g, err := b.Given(ref, multi, member)
		var missing *MissingError
		if !errors.As(err, &missing) {
			if err != nil {
				b.t.Fatal(err)
			}
			return g
		}
		b.fetch(from, missing.Content)
	}
}

// logo is a small picture that the farm's tools made, under a name of its own.
func (b bench) logo() string {
	b.t.Helper()
	r, err := recipe.Parse("logo.yaml", []byte("name: logo\nnodes:\n"+
		"  - {id: made, type: GENERATE, config: {kind: testsrc, size: 64x48, fps: 12, duration: 1}}\n"+
		"  - {id: logo, type: THUMBNAIL, config: {format: png, width: 64}, inputs: [made]}\noutputs: [logo]\n"))
	if err != nil {
		b.t.Fatal(err)
	}
	p, err := b.preparer().Prepare(b.t.Context(), Request{Recipe: r})
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(b.t.TempDir(), "100% logo.png")
	if err := b.Cache.Export(b.t.Context(), b.run(Job{Plan: p.Plan}).Outputs[0].Path, path); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// Every step of the farm runs in a cache that has its inputs by their hash and
// knows nothing else of them.
func TestDoMakesTheBytesThatRunMakes(t *testing.T) {
	t.Parallel()
	one := newMediaBench(t)
	r, err := recipe.Parse("farm.yaml", []byte(farmRecipe))
	if err != nil {
		t.Fatal(err)
	}
	p, err := one.preparer().Prepare(t.Context(), Request{Recipe: r, Inputs: map[string][]string{"logo": {one.logo()}}})
	if err != nil {
		t.Fatal(err)
	}
	report := one.run(Job{Plan: p.Plan, Sources: p.Sources, Facts: p.Facts})
	one.want(report, Completed, len(p.Plan.Steps), 0, 0, 0)
	multi := make(map[dag.CacheID]bool)
	for i := range p.Plan.Steps {
		step := &p.Plan.Steps[i]
		multi[step.ID] = step.Multi
		worker := newMediaBench(t)
		task := Task{Step: step, Slots: 1}
		for _, in := range step.Inputs {
			if source, ok := p.Sources[in.Content]; ok {
				f, err := os.Open(source.Path)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := worker.Cache.PutSource(t.Context(), f, in.Content); err != nil {
					t.Fatal(err)
				}
				f.Close()
				task.Inputs = append(task.Inputs, worker.give(one.Cache, in.Content, false, ""))
				continue
			}
			producer, err := one.Cache.Get(in.Step)
			if err != nil {
				t.Fatal(err)
			}
			task.Inputs = append(task.Inputs, worker.give(one.Cache, producer.Content, multi[in.Step], in.Member))
		}
		want, err := one.Cache.Get(step.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := worker.Do(t.Context(), task)
		if err != nil {
			t.Fatalf("%s: %v", step.Label, err)
		}
		if !got.Executed || got.Entry.Content != want.Content {
			t.Errorf("%s: executed %v, content %s; want the %s of a run", step.Label, got.Executed, got.Entry.Content.Short(), want.Content.Short())
		}
		if got.ToolSeconds <= 0 || got.Seconds < 0 {
			t.Errorf("%s took %v s, %v s in tools", step.Label, got.Seconds, got.ToolSeconds)
		}
	}
}

// stepOf is the last step of a plan of one or two joins.
func stepOf(plan *dag.Plan) *dag.Step { return &plan.Steps[len(plan.Steps)-1] }

func TestDoFindsExecutesAgainAndCompares(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	task := Task{Step: stepOf(planOf(t, `a | {"random":true}`))}
	first, err := b.Do(t.Context(), task)
	if err != nil || !first.Executed {
		t.Fatalf("executed %v, error %v; want an execution", first.Executed, err)
	}
	again, err := b.Do(t.Context(), task)
	if err != nil || again.Executed || again.Entry.Content != first.Entry.Content {
		t.Errorf("again: executed %v, error %v; want it found", again.Executed, err)
	}
	task.Force = true
	forced, err := b.Do(t.Context(), task)
	if err != nil || !forced.Executed || forced.Differed == nil || forced.Entry.Content != first.Entry.Content {
		t.Errorf("forced: executed %v, differed %v, error %v; want the first to stand", forced.Executed, forced.Differed, err)
	}
}

func TestDoShowsTheLogAndTheFailure(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	var live bytes.Buffer
	done, err := b.Do(t.Context(), Task{Step: stepOf(planOf(t, `a | {"fail":true}`)), Log: &live})
	if err == nil || executor.IsInvalid(err) || done.Entry != nil {
		t.Errorf("error %v, entry %v; want a failure that may be tried again", err, done.Entry)
	}
	if !strings.Contains(live.String(), "about to fail") {
		t.Errorf("the log showed %q", live.String())
	}
	if _, err := b.Do(t.Context(), Task{Step: stepOf(planOf(t, "a", "b <- a"))}); err == nil {
		t.Error("a step without its inputs was performed")
	}
}

func TestGivenNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	put := func(text string) cache.Source {
		s, err := b.Cache.PutSource(t.Context(), strings.NewReader(text), dag.ContentHash{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	here, gone := put("here"), dag.ContentHash{1}
	text, err := cache.Manifest([]cache.Member{{Name: "1", Content: here.Hash, CID: here.CID}, {Name: "2", Content: gone}})
	if err != nil {
		t.Fatal(err)
	}
	list := put(string(text))
	_, err = b.Given(list.Hash, true, "")
	var missing *MissingError
	if !errors.As(err, &missing) || missing.Content != gone || !errors.Is(err, cache.ErrMissing) {
		t.Errorf("the list gives %v, want the second member missing", err)
	}
	one, err := b.Given(list.Hash, true, "1")
	if err != nil || one.Content != here.Hash || one.Name != "1" {
		t.Errorf("the member is %+v, error %v", one, err)
	}
	if _, err := b.Given(list.Hash, true, "3"); err == nil || errors.Is(err, cache.ErrMissing) {
		t.Errorf("a member that is not listed gives %v", err)
	}
}

func TestExtensionsByFirstBytes(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"\x1aE\xdf\xa3....B\x82\x88matroska": ".mkv", "\x1aE\xdf\xa3....B\x82\x84webm": ".webm",
		"\x00\x00\x00\x20ftypisom": ".mp4", "\x89PNG\r\n\x1a\n": ".png", "RIFF....WAVEfmt ": ".wav", "plain text": "", "": "",
	} {
		if got := extensionOf([]byte(head)); got != want {
			t.Errorf("%q: got %q, want %q", head, got, want)
		}
	}
}

package analysis

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

func TestEveryFeatureIsDeclared(t *testing.T) {
	t.Parallel()
	set := Features()
	want := []string{"beats", "energy", "loudness", "onsets", "probe", "scenes", "silence"}
	if diff := cmp.Diff(want, set.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	owner := make(map[string]string)
	for _, name := range set.Names() {
		f, _ := set.Lookup(name)
		if f.Doc == "" || f.Version < 1 || len(f.Kinds) == 0 || len(f.Tools) == 0 || len(f.Fields) == 0 {
			t.Errorf("%s is not fully declared: %+v", name, f)
		}
		for field := range f.Fields {
			// Documents are flat: two features may not claim one field.
			if owner[field] != "" {
				t.Errorf("%s and %s both have the field %s", owner[field], name, field)
			}
			owner[field] = name
		}
	}
	if _, ok := set.Fields("beatz"); ok {
		t.Error("a feature that does not exist has fields")
	}
}

// What is measured is what is declared, and each feature is measured and stored
// alone.
func TestMeasureStoresEachFeatureAlone(t *testing.T) {
	t.Parallel()
	a := newAnalyst(t)
	store := a.Store.(*shelf)
	song, _ := music(120, 10, 0.25)
	file := write(t, "song.wav", song)
	clip := filepath.Join(filepath.Dir(file), "clip.mkv")
	remux(t, filepath.Dir(file), "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=10", "-i", file, "-c:v", "ffv1", "-c:a", "copy", clip)
	in := source(t, clip, dag.Video)
	names := Features().Names()
	doc, err := a.Measure(t.Context(), in, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, _ := Features().Lookup(name)
		stored, err := store.Analysis(dag.HashAnalysis(in.Hash, f.Versioned()))
		if err != nil {
			t.Errorf("%s is not stored", f.Versioned())
			continue
		}
		values, _ := readValues(stored)
		for field := range values {
			if _, ok := f.Fields[field]; !ok {
				t.Errorf("%s measured %s, which it does not declare", name, field)
			}
		}
		for field := range f.Fields {
			// A Matroska file does not say how many samples it has.
			if _, ok := values[field]; !ok && field != "samples" {
				t.Errorf("%s declares %s, but did not measure it", name, field)
			}
		}
	}
	if store.puts != len(names) {
		t.Errorf("%d documents stored, want %d", store.puts, len(names))
	}
	if doc.Hash != dag.HashContent(doc.JSON) {
		t.Error("the hash is not that of the canonical form")
	}
	reading := &Analyst{Run: noTools{t}, Store: store, Scratch: a.Scratch}
	again, err := reading.Measure(t.Context(), in, append([]string{"scenes"}, names...), nil)
	if err != nil || again.Hash != doc.Hash {
		t.Errorf("read from the store: %v, hash %s; want %s", err, again.Hash, doc.Hash)
	}
	if diff := cmp.Diff(doc.Values, again.Values); diff != "" {
		t.Errorf("stored values differ (-measured +stored):\n%s", diff)
	}
}

// noTools fails a test that runs a tool where the store has the answer.
type noTools struct{ t *testing.T }

func (n noTools) Run(_ context.Context, cmd sandbox.Command) error {
	n.t.Errorf("%s was run", cmd.Tool)
	return errors.New("no tools here")
}

func TestOnlyWhatWasAskedForIsInTheDocument(t *testing.T) {
	t.Parallel()
	got := measure(t, film(t, "a.wav", tone), "loudness")
	if len(got) != 3 {
		t.Errorf("got %v, want the fields of loudness", got)
	}
}

func TestDamagedStoreIsMeasuredAgain(t *testing.T) {
	t.Parallel()
	a := newAnalyst(t)
	in := source(t, film(t, "a.wav", tone), dag.Audio)
	id := dag.HashAnalysis(in.Hash, probeFeature().Versioned())
	if err := a.Store.PutAnalysis(id, []byte(`{"kind":"au`)); err != nil {
		t.Fatal(err)
	}
	doc, err := a.Measure(t.Context(), in, []string{"probe"}, nil)
	if err != nil || doc.Values["kind"] != "audio" {
		t.Errorf("got %s, %v; want the facts", doc.JSON, err)
	}
}

func TestReadOnlyStoreIsNotWritten(t *testing.T) {
	t.Parallel()
	a := newAnalyst(t)
	store := a.Store.(*shelf)
	store.only = true
	if _, err := a.Measure(t.Context(), source(t, film(t, "a.wav", tone), ""), []string{"probe"}, nil); err != nil || store.puts != 0 {
		t.Errorf("got %v and %d documents stored, want none", err, store.puts)
	}
}

func TestUnknownFeature(t *testing.T) {
	t.Parallel()
	_, err := newAnalyst(t).Measure(t.Context(), Source{}, []string{"beets"}, nil)
	if err == nil || !strings.Contains(err.Error(), "did you mean beats?") {
		t.Errorf("got %v, want a suggestion", err)
	}
}

func TestMissingToolNamesItsPackage(t *testing.T) {
	t.Parallel()
	song, _ := music(120, 10, 0.25)
	// A folder with ffmpeg and without aubio.
	bin := t.TempDir()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if err := os.Symlink(filepath.Join("/usr/bin", tool), filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	run, err := sandbox.New(sandbox.Options{Path: bin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(run.Close)
	a := newAnalyst(t)
	a.Run = run
	_, err = a.Measure(t.Context(), source(t, write(t, "song.wav", song), ""), []string{"beats"}, nil)
	if !errors.Is(err, sandbox.ErrMissing) || !strings.Contains(err.Error(), "aubio-tools") {
		t.Errorf("got %v, want ErrMissing naming aubio-tools", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	a := newAnalyst(t)
	in := source(t, film(t, "a.mkv", small+" -c:v ffv1"), "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var cancelled bool
	_, err := a.Measure(ctx, in, []string{"scenes"}, func(feature string, _ float64) {
		if feature == "scenes" {
			cancelled = true
			cancel()
		}
	})
	if !cancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v (cancelled: %v), want context.Canceled", err, cancelled)
	}
	if _, err := a.Store.Analysis(dag.HashAnalysis(in.Hash, scenesFeature().Versioned())); err == nil {
		t.Error("a cancelled measurement was stored")
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	song, _ := music(120, 20, 0.25)
	heard := make(map[string][]float64)
	_, err := newAnalyst(t).Measure(t.Context(), source(t, write(t, "song.wav", song), ""), []string{"beats", "energy", "loudness"},
		func(feature string, done float64) { heard[feature] = append(heard[feature], done) })
	if err != nil {
		t.Fatal(err)
	}
	for _, feature := range []string{"probe", "beats", "energy", "loudness"} {
		parts := heard[feature]
		if len(parts) < 3 || !slices.IsSorted(parts) || parts[0] < 0 || parts[len(parts)-1] != 1 {
			t.Errorf("%s reported %d parts, sorted: %v; want a few, rising from 0 to 1", feature, len(parts), slices.IsSorted(parts))
		}
	}
}

// meddler changes the file while a tool reads it.
type meddler struct {
	sandbox.Runner
	path string
}

func (m meddler) Run(ctx context.Context, cmd sandbox.Command) error {
	err := m.Runner.Run(ctx, cmd)
	file, openErr := os.OpenFile(m.path, os.O_APPEND|os.O_WRONLY, 0)
	if openErr != nil {
		return openErr
	}
	_, writeErr := file.WriteString("more")
	return errors.Join(err, writeErr, file.Close())
}

func TestFileThatChanges(t *testing.T) {
	t.Parallel()
	a := newAnalyst(t)
	in := source(t, film(t, "a.wav", tone), "")
	a.Run = meddler{a.Run, in.Path}
	_, err := a.Measure(t.Context(), in, []string{"probe"}, nil)
	if err == nil || !strings.Contains(err.Error(), "changed while it was read") || a.Store.(*shelf).puts != 0 {
		t.Errorf("got %v and %d documents stored, want an error and none", err, a.Store.(*shelf).puts)
	}
}

func TestScratchIsRemoved(t *testing.T) {
	t.Parallel()
	a := newAnalyst(t)
	dir, removed := t.TempDir(), 0
	a.Scratch = func() (string, func(), error) { return dir, func() { removed++ }, nil }
	if _, err := a.Measure(t.Context(), source(t, film(t, "a.wav", tone), ""), []string{"probe"}, nil); err != nil || removed != 1 {
		t.Errorf("got %v, scratch removed %d times, want once", err, removed)
	}
}

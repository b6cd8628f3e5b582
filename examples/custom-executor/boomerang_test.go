package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
	"github.com/artdag/artdag/executor/sandbox"
)

// The program under test starts tools, and may be executed again to confine
// one.
func TestMain(m *testing.M) {
	sandbox.Supervise()
	os.Exit(m.Run())
}

type config = map[string]any

func clip(t *testing.T) string {
	return et.Media(t, et.Clip{Size: "96x54", FPS: "30000/1001", Seconds: 0.4, Rate: 44100})
}

// thereAndBack is what the frames of a film should become.
func thereAndBack(frames []string) []string {
	back := slices.Clone(frames)
	slices.Reverse(back)
	return append(slices.Clone(frames), back...)
}

func TestBoomerang(t *testing.T) {
	t.Parallel()
	path := clip(t)
	got := et.Run(t, NewBoomerang(), config{"times": 2}, et.File(t, path))
	once := thereAndBack(et.FrameHashes(t, path))
	if diff := cmp.Diff(append(once, once...), et.FrameHashes(t, got.Path)); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	if got.Facts.Audio != nil {
		t.Error("it has sound")
	}
}

// The same bytes, however many threads there are.
func TestBoomerangIsDeterministic(t *testing.T) {
	t.Parallel()
	in := et.File(t, clip(t))
	first := et.Run(t, NewBoomerang(), nil, in)
	many := et.Changing(et.Sandbox(t), func(c sandbox.Command) sandbox.Command {
		if i := slices.Index(c.Args, "-filter_threads"); i >= 0 {
			c.Args[i+1] = "7"
		}
		return c
	})
	second, err := et.TryWith(t, many, NewBoomerang(), nil, in)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytesOf(t, first), bytesOf(t, second)) {
		t.Error("other bytes with 7 filter threads")
	}
}

func TestBoomerangRefuses(t *testing.T) {
	t.Parallel()
	if _, err := NewBoomerang().Normalize(config{"times": 0}); err == nil {
		t.Error("times: 0 was accepted")
	}
	long := &dag.Facts{Kind: dag.Video, Video: &dag.VideoFacts{Width: 1920, Height: 1080, FPS: dag.Rate{Num: 25, Den: 1}, Frames: 1000}}
	if _, err := NewBoomerang().Expect(config{"times": 1.0}, []*dag.Facts{long}); err == nil || !strings.Contains(err.Error(), "SEGMENT") {
		t.Errorf("a film of 40 s: %v; want advice to cut it", err)
	}
}

func TestNamesAreTakenOnce(t *testing.T) {
	t.Parallel()
	builtin, err := executor.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	types, err := builtin.With(NewBoomerang())
	if err != nil {
		t.Fatal(err)
	}
	if len(types.Names()) != len(builtin.Names())+1 {
		t.Errorf("got %v", types.Names())
	}
	if _, err := types.With(NewBoomerang()); err == nil {
		t.Error("two types of one name were accepted")
	}
}

// The whole program, twice on one cache.
func TestRun(t *testing.T) {
	t.Parallel()
	path, folder := clip(t), t.TempDir()
	film := filepath.Join(t.TempDir(), "film.mp4")
	for _, want := range []string{"COMPLETED: 3 executed, 0 cached\n", "COMPLETED: 0 executed, 3 cached\n"} {
		var out strings.Builder
		if err := run(t.Context(), []string{path, film}, folder, &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	}
	if n := len(et.FrameHashes(t, film)); n != 4*len(et.FrameHashes(t, path)) {
		t.Errorf("%d frames", n)
	}
}

func bytesOf(t *testing.T, r executor.Result) []byte {
	t.Helper()
	b, err := os.ReadFile(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

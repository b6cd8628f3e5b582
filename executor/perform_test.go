package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
	"github.com/artdag/artdag/executor/sandbox"
)

// act is a type whose Execute is given by the test, and which states 25 frames
// of 96x54.
type act struct {
	executor.Declared
	do func(ctx context.Context, req executor.Request) (executor.Result, error)
}

func (act) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Video }

func (act) Expect(map[string]any, []*dag.Facts) (dag.Expectation, error) {
	return dag.Expectation{Slots: 1, Facts: &dag.Facts{Kind: dag.Video, Duration: 1,
		Video: &dag.VideoFacts{Width: 96, Height: 54, FPS: dag.Rate{Num: 25, Den: 1}, Frames: 25}}}, nil
}

func (a act) Execute(ctx context.Context, req executor.Request) (executor.Result, error) {
	return a.do(ctx, req)
}

func perform(t *testing.T, ctx context.Context, config config, do func(context.Context, executor.Request) (executor.Result, error)) (executor.Result, error) {
	t.Helper()
	a := act{executor.Declare(executor.Spec{Name: "ACT", Version: 1}), do}
	return executor.Perform(ctx, a, executor.Request{Config: config, Scratch: t.TempDir(), Slots: 1,
		Run: et.Sandbox(t), Log: io.Discard, Progress: func(float64) {}})
}

func TestPerformBelievesOnlyWhatItMeasured(t *testing.T) {
	t.Parallel()
	for want, clip := range map[string]et.Clip{
		"":                               {Size: "96x54", FPS: "25", Seconds: 1},
		"15 frames instead of 25":        {Size: "96x54", FPS: "25", Seconds: 0.6},
		"64x54 instead of 96x54":         {Size: "64x54", FPS: "25", Seconds: 1},
		"sound that was not asked for":   {Size: "96x54", FPS: "25", Seconds: 1, Rate: 48000},
		"no picture":                     {Seconds: 1, Rate: 48000},
		"30 frames per second instead o": {Size: "96x54", FPS: "30", Seconds: 25.0 / 30},
	} {
		path := et.Media(t, clip)
		got, err := perform(t, t.Context(), nil, func(_ context.Context, req executor.Request) (executor.Result, error) {
			made := filepath.Join(req.Scratch, "clip.mkv")
			return executor.Result{Path: made}, os.Rename(path, made)
		})
		if want == "" {
			if err != nil || got.Facts.Video.Frames != 25 || got.MediaType != "video/x-matroska" {
				t.Errorf("got %+v, %v", got, err)
			}
			continue
		}
		if err == nil || executor.IsInvalid(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a failure that says %q", err, want)
		}
	}
}

func TestPerformClassifiesErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	fail := func(err error) func(context.Context, executor.Request) (executor.Result, error) {
		return func(context.Context, executor.Request) (executor.Result, error) { return executor.Result{}, err }
	}
	var failure *executor.Failure
	if _, err := perform(t, t.Context(), nil, fail(boom)); !errors.Is(err, boom) || !errors.As(err, &failure) || !failure.Retry {
		t.Errorf("an error of a tool: got %v", err)
	}
	if _, err := perform(t, t.Context(), nil, fail(executor.Invalid("bad"))); !executor.IsInvalid(err) {
		t.Errorf("an invalid input: got %v", err)
	}
	if _, err := perform(t, t.Context(), nil, fail(fmt.Errorf("ffmpeg: %w", sandbox.ErrMissing))); !errors.Is(err, sandbox.ErrMissing) || errors.As(err, &failure) {
		t.Errorf("a missing tool: got %v", err)
	}
	panics := func(context.Context, executor.Request) (executor.Result, error) { panic("aargh") }
	if _, err := perform(t, t.Context(), nil, panics); err == nil || !strings.Contains(err.Error(), "aargh") || !strings.Contains(err.Error(), "perform_test.go") {
		t.Errorf("a panic: got %v, want its stack", err)
	}
}

func TestPerformEndsInTime(t *testing.T) {
	t.Parallel()
	wait := func(ctx context.Context, req executor.Request) (executor.Result, error) {
		return executor.Result{}, req.Run.Run(ctx, sandbox.Command{Tool: "sleep", Args: []string{"600"}, Dir: req.Scratch})
	}
	var failure *executor.Failure
	if _, err := perform(t, t.Context(), config{"timeout": 0.2}, wait); !errors.As(err, &failure) || !strings.Contains(err.Error(), "timeout of the step after 200ms") {
		t.Errorf("past its timeout: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelling := func(ctx context.Context, req executor.Request) (executor.Result, error) {
		cancel()
		return wait(ctx, req)
	}
	if _, err := perform(t, ctx, nil, cancelling); !errors.Is(err, context.Canceled) || errors.As(err, &failure) {
		t.Errorf("cancelled: got %v", err)
	}
}

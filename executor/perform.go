package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
	"github.com/artdag/artdag/executor/sandbox"
)

// Perform executes one step and believes nothing: the type states what it will
// produce, does it, and what came out is measured and compared. Only a result
// that passes is returned, with its measured facts.
//
// Inputs without facts are measured first. It blocks until every process of
// the step is gone. Errors: IsInvalid when the config or an input is wrong,
// sandbox.ErrMissing when a tool is not installed, the error of ctx when it
// ended, else Failed. A panic of the executor is a failed step whose error
// keeps the stack; the step's timeout is its config's "timeout" in seconds, or
// DefaultTimeout.
func Perform(ctx context.Context, e Executor, req Request) (Result, error) {
	limit := timeout(req.Config)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := perform(limited, e, req)
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		return Result{}, fmt.Errorf("%s: %w", e.Type(), context.Cause(ctx))
	case limited.Err() != nil:
		return Result{}, Failed("%s: timeout of the step after %s: %w", e.Type(), limit, err)
	}
	return Result{}, classify(e, err)
}

func perform(ctx context.Context, e Executor, req Request) (Result, error) {
	inputs, err := measureInputs(ctx, req.Run, req.Inputs)
	if err != nil {
		return Result{}, err
	}
	req.Inputs = inputs
	want, err := e.Expect(req.Config, factsOf(inputs))
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	result, err := execute(ctx, e, req)
	if err != nil {
		return Result{}, err
	}
	return verified(ctx, req, want, result)
}

// execute keeps a panic inside the step.
func execute(ctx context.Context, e Executor, req Request) (result Result, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = Failed("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	return e.Execute(ctx, req)
}

// classify names the type and sees to it that every error has a class.
func classify(e Executor, err error) error {
	var failure *Failure
	if errors.As(err, &failure) {
		return &Failure{Retry: failure.Retry, Err: fmt.Errorf("%s: %w", e.Type(), err)}
	}
	if errors.Is(err, sandbox.ErrMissing) {
		return fmt.Errorf("%s: %w", e.Type(), err)
	}
	return Failed("%s: %w", e.Type(), err)
}

func timeout(config map[string]any) time.Duration {
	if seconds, ok := config["timeout"].(float64); ok && seconds > 0 {
		return time.Duration(seconds * float64(time.Second))
	}
	return DefaultTimeout
}

// measureInputs returns the inputs with facts for each file.
func measureInputs(ctx context.Context, run sandbox.Runner, inputs []File) ([]File, error) {
	out := make([]File, len(inputs))
	for i, in := range inputs {
		var err error
		switch {
		case in.Path == "":
			in.Members, err = measureInputs(ctx, run, in.Members)
		case in.Facts == nil:
			in.Facts, _, err = ffmpeg.Measure(ctx, run, in.Path)
		}
		if err != nil {
			return nil, err
		}
		out[i] = in
	}
	return out, nil
}

// factsOf returns the facts of each input; a list stands for images.
func factsOf(inputs []File) []*dag.Facts {
	facts := make([]*dag.Facts, len(inputs))
	for i, in := range inputs {
		facts[i] = in.Facts
		if in.Facts == nil && len(in.Members) > 0 {
			facts[i] = listFacts(in.Members)
		}
	}
	return facts
}

// listFacts describes a list by its first member and its length.
func listFacts(members []File) *dag.Facts {
	facts := dag.Facts{Kind: dag.Images}
	if first := members[0].Facts; first != nil && first.Video != nil {
		video := *first.Video
		video.Frames = int64(len(members))
		facts.Video, facts.Format = &video, first.Format
	}
	return &facts
}

// verified measures every output and compares it with what was stated.
func verified(ctx context.Context, req Request, want dag.Expectation, result Result) (Result, error) {
	if !want.Multi {
		facts, mediaType, err := verifiedFile(ctx, req, want.Facts, result.Path)
		result.Facts = facts
		if result.MediaType == "" {
			result.MediaType = mediaType
		}
		return result, err
	}
	if err := checkMembers(want.Members, result.Members); err != nil {
		return Result{}, err
	}
	for i := range result.Members {
		m := &result.Members[i]
		facts, mediaType, err := verifiedFile(ctx, req, want.Facts, m.Path)
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", m.Name, err)
		}
		m.Facts = facts
		if m.MediaType == "" {
			m.MediaType = mediaType
		}
	}
	return result, nil
}

// verifiedFile measures one output. It must be a file in the scratch folder: a
// tool that was led astray by its input could leave a link to any file of the
// user's there, and the result is read outside the sandbox.
func verifiedFile(ctx context.Context, req Request, want *dag.Facts, path string) (*dag.Facts, string, error) {
	name, err := filepath.Rel(req.Scratch, path)
	if err != nil || !filepath.IsLocal(name) {
		return nil, "", Failed("the output %s is not in the scratch folder", path)
	}
	if _, err := madeFile(req.Scratch, name); err != nil {
		return nil, "", err
	}
	if want != nil && want.Kind == dag.Data {
		return dataFacts(path)
	}
	got, mediaType, err := ffmpeg.Measure(ctx, req.Run, path)
	if err != nil {
		return nil, "", err
	}
	if want != nil {
		if err := ffmpeg.Check(want, got); err != nil {
			return nil, "", &Failure{Retry: true, Err: err}
		}
	}
	return got, mediaType, nil
}

// dataFacts describes what is stated to be no media: nothing is asked of a
// tool about it.
func dataFacts(path string) (*dag.Facts, string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", Failed("the output is missing: %w", err)
	}
	return &dag.Facts{Kind: dag.Data, Size: info.Size()}, "application/octet-stream", nil
}

func checkMembers(want []string, got []Member) error {
	if len(got) == 0 {
		return Failed("the result is not what was asked for: no output at all")
	}
	if want == nil {
		return nil
	}
	if len(want) != len(got) {
		return Failed("the result is not what was asked for: %d outputs instead of %d", len(got), len(want))
	}
	for i, name := range want {
		if got[i].Name != name {
			return Failed("the result is not what was asked for: output %d is %s instead of %s", i, got[i].Name, name)
		}
	}
	return nil
}

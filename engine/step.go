package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
)

// work is one step with everything that it needs, so that its goroutine shares
// nothing with the run.
type work struct {
	index     int
	step      *dag.Step
	inputs    []input
	realm     string
	slots     int
	force     bool
	log       io.Writer // also gets the tools' output; may be nil
	progress  func(done float64)
	performed func() // called when the result is made: no tool of the step runs any more
}

// outcome is what became of a step.
type outcome struct {
	index    int
	entry    *cache.Entry
	executed bool
	err      error
	differed *cache.DifferentError // executed again with other bytes; entry is what was recorded
	seconds  float64
	tool     float64
	// toolchain that executed the step, when it was executed.
	toolchain string
}

func (o outcome) state() state {
	switch {
	case o.err == nil && o.executed:
		return executed
	case o.err == nil:
		return cached
	case isStop(o.err):
		// Neither done nor failed: the next run takes it up again.
		return waiting
	}
	return failed
}

// isStop reports whether err only says that the run was stopped.
func isStop(err error) bool { return errors.Is(err, context.Canceled) }

// do brings one step to its result. It holds the lock on the resolved_id from
// the last look until the result is stored, so that one process executes and
// the others find.
func (e *Engine) do(ctx context.Context, w work) outcome {
	began := time.Now()
	o := e.locked(ctx, w)
	o.index, o.seconds = w.index, time.Since(began).Seconds()
	return o
}

func (e *Engine) locked(ctx context.Context, w work) (o outcome) {
	resolved := w.step.Resolve(contents(w.inputs), w.realm)
	lock, err := e.Cache.Lock(ctx, resolved)
	if err != nil {
		return outcome{err: err}
	}
	defer func() { o.err = errors.Join(o.err, lock.Unlock()) }()
	if !w.force {
		entry, err := e.known(w.step.ID, resolved)
		if err != nil || entry != nil {
			return outcome{entry: entry, err: err}
		}
	}
	return e.execute(ctx, w, resolved)
}

// known looks for the result under the step's own id, then under what the
// step comes to with these bytes.
func (e *Engine) known(id, resolved dag.CacheID) (*cache.Entry, error) {
	entry, err := e.Cache.Get(id)
	if err == nil || !errors.Is(err, cache.ErrMissing) {
		return entry, err
	}
	same, err := e.Cache.Get(resolved)
	if errors.Is(err, cache.ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return e.Cache.Link(id, same)
}

// execute performs the step in a scratch folder and stores what it made. The
// scratch folder holds in/, which tools may only read, and out/.
func (e *Engine) execute(ctx context.Context, w work, resolved dag.CacheID) (o outcome) {
	scratch, err := e.Cache.Scratch(w.step.TypeName())
	if err != nil {
		return outcome{err: err}
	}
	defer func() { o.err = errors.Join(o.err, scratch.Close()) }()
	// Tools are shown the folder of inputs whether or not there are any.
	if err := os.Mkdir(filepath.Join(scratch.Dir, "in"), 0o700); err != nil {
		return outcome{err: fmt.Errorf("engine: make scratch folder: %w", err)}
	}
	files, err := e.borrow(scratch, w.inputs)
	if err != nil {
		return outcome{err: err}
	}
	usage := &sandbox.Usage{}
	var asking sync.WaitGroup
	asking.Go(func() { e.toolchain("") }) // meanwhile; the answer is kept
	result, err := e.logged(w, scratch.Dir, func(log io.Writer) (executor.Result, error) {
		return e.perform(ctx, w, scratch.Dir, files, log, usage)
	})
	asking.Wait()
	toolchain := e.toolchain(result.Tool)
	if err == nil {
		err = unchanged(w.inputs)
	} else if e.Cache.Full() { // before the scratch folder goes and makes room
		err = fmt.Errorf("%w: %w", cache.ErrFull, err)
	}
	if err != nil {
		return outcome{err: err, tool: usage.Seconds()}
	}
	w.performed()
	o = e.store(ctx, w, resolved, output(w, result, usage, toolchain))
	o.executed, o.tool, o.toolchain = true, usage.Seconds(), toolchain
	return o
}

// toolchain names the tools that made a result; see executor.Result.Tool.
func (e *Engine) toolchain(tool string) string {
	if e.Toolchain == nil {
		return ""
	}
	return e.Toolchain.With(tool)
}

// logged keeps the step's log, above all when the step fails.
func (e *Engine) logged(w work, dir string, perform func(io.Writer) (executor.Result, error)) (executor.Result, error) {
	log, err := os.Create(filepath.Join(dir, "log.txt"))
	if err != nil {
		return executor.Result{}, fmt.Errorf("engine: make log: %w", err)
	}
	defer log.Close()
	result, err := perform(alsoTo(log, w.log))
	if _, seekErr := log.Seek(0, io.SeekStart); seekErr != nil {
		return result, errors.Join(err, seekErr)
	}
	return result, errors.Join(err, e.Cache.PutLog(w.step.ID, log))
}

func (e *Engine) perform(ctx context.Context, w work, dir string, files []executor.File, log io.Writer, usage *sandbox.Usage) (executor.Result, error) {
	typ, ok := e.Types.Get(w.step.TypeName())
	if !ok || typ.Type() != w.step.Type {
		return executor.Result{}, executor.Invalid("%w %s", ErrNoType, w.step.Type)
	}
	config, err := dag.ReadConfig(w.step.Config)
	if err != nil {
		return executor.Result{}, err
	}
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o700); err != nil {
		return executor.Result{}, fmt.Errorf("engine: make scratch folder: %w", err)
	}
	return executor.Perform(ctx, typ, executor.Request{
		Config: config, Inputs: files, Scratch: out, Slots: w.slots, Log: log,
		Run:      sandbox.Bind(e.Runner, out, append(inPlace(w.inputs), filepath.Join(dir, "in")), usage),
		Progress: w.progress,
	})
}

// store moves the result into the cache. Bytes that differ from what is
// recorded change nothing; the record stands and the difference is reported.
func (e *Engine) store(ctx context.Context, w work, resolved dag.CacheID, out cache.Output) outcome {
	entry, err := e.Cache.Put(ctx, w.step.ID, resolved, out)
	var differed *cache.DifferentError
	if errors.As(err, &differed) {
		entry, err = e.Cache.Get(w.step.ID)
	}
	return outcome{entry: entry, err: err, differed: differed}
}

func output(w work, result executor.Result, usage *sandbox.Usage, toolchain string) cache.Output {
	out := cache.Output{
		Path: result.Path, MediaType: result.MediaType, Facts: result.Facts, Multi: w.step.Multi,
		Made: cache.Made{
			Type: w.step.Type, Config: w.step.Config, Inputs: contents(w.inputs), Seconds: usage.Seconds(), Toolchain: toolchain,
		},
	}
	for _, m := range result.Members {
		out.Members = append(out.Members, cache.OutputMember{
			Name: m.Name, Path: m.Path, MediaType: m.MediaType, Facts: m.Facts,
		})
	}
	return out
}

package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/peer"
)

// Renderer performs steps with the engine of this machine: it fetches what the
// cache lacks, executes in the sandbox, and stores.
type Renderer struct {
	Engine  *engine.Engine
	Fetcher *peer.Fetcher
	// Logs shows the logs of steps while they run.
	Logs *Logs
	// Announce tells the farm that this worker holds content; the result of a
	// step itself is told by its completion.
	Announce func(ctx context.Context, items []claim.MetaItem) error
	// NoteLog tells which content is a step's log.
	NoteLog func(ctx context.Context, step dag.CacheID, log claim.MetaItem) error
}

var _ Performer = (*Renderer)(nil)

// Perform holds the inputs in the cache, fetches, and does the step.
func (r *Renderer) Perform(ctx context.Context, a Assignment) (Made, error) {
	began := time.Now()
	hold, err := r.Engine.Cache.Hold()
	if err != nil {
		return Made{}, orNoRoom(err)
	}
	defer hold.Release() //nolint:errcheck // a hold whose owner is gone counts for nothing
	step, err := r.stepOf(ctx, a.Spec)
	if err != nil {
		return Made{}, err
	}
	inputs, err := r.inputs(ctx, hold, a)
	if err != nil {
		return Made{}, orNoRoom(err)
	}
	a.Begins()
	log := r.Logs.begin(a.Spec.ID)
	defer r.Logs.end(a.Spec.ID, log)
	done, err := r.Engine.Do(ctx, engine.Task{
		Step: step, Realm: a.Spec.Realm, Slots: max(a.Spec.Slots, 1), Inputs: inputs, Log: log, Progress: a.Progress,
	})
	if err != nil {
		_, _ = r.keepLog(context.WithoutCancel(ctx), a.Spec.ID) // the attempt has failed, with or without its log
		return Made{}, orNoRoom(err)
	}
	return r.made(ctx, a, done, began)
}

func orNoRoom(err error) error {
	if errors.Is(err, cache.ErrFull) {
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	return err
}

// stepOf is the step to perform, its config fetched where that is kept apart.
func (r *Renderer) stepOf(ctx context.Context, spec claim.Spec) (*dag.Step, error) {
	step := spec.Step()
	if spec.ConfigAt.IsZero() {
		return step, nil
	}
	path, err := r.Fetcher.Fetch(ctx, spec.ConfigAt, 0)
	if err != nil {
		return nil, unavailable(err, dag.Input{Content: spec.ConfigAt}, spec.ConfigAt)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tasks: read config: %w", err)
	}
	step.Config = json.RawMessage(text)
	return step, nil
}

// inputs fetches what is missing, several at a time, held before it is looked
// for.
func (r *Renderer) inputs(ctx context.Context, hold *cache.Hold, a Assignment) ([]engine.Given, error) {
	out := make([]engine.Given, len(a.Spec.Inputs))
	errs := make([]error, len(out))
	var group errgroup.Group
	group.SetLimit(4)
	for i, in := range a.Spec.Inputs {
		group.Go(func() error {
			out[i], errs[i] = r.input(ctx, hold, in, a.Contents[i], a.Spec.IsList(i))
			return nil
		})
	}
	_ = group.Wait() // errors are kept by input
	return out, worst(errs)
}

// worst joins what is gone into one error, so that all of it is made again at
// once; any other error comes first.
func worst(errs []error) error {
	var all GoneError
	for _, err := range errs {
		var gone *GoneError
		switch {
		case err == nil:
		case errors.As(err, &gone):
			all.Missing = append(all.Missing, gone.Missing...)
			all.Sources = append(all.Sources, gone.Sources...)
		default:
			return err
		}
	}
	if len(all.Missing)+len(all.Sources) > 0 {
		return &all
	}
	return nil
}

func (r *Renderer) input(ctx context.Context, hold *cache.Hold, in dag.Input, content dag.ContentHash, list bool) (engine.Given, error) {
	if err := hold.Add(dag.ContentInput(content)); err != nil {
		return engine.Given{}, err
	}
	if _, err := r.Fetcher.Fetch(ctx, content, 0); err != nil {
		return engine.Given{}, unavailable(err, in, content)
	}
	if list && in.Member == "" {
		if _, err := r.Fetcher.FetchAll(ctx, content, 0); err != nil {
			return engine.Given{}, unavailable(err, in, content)
		}
	}
	for {
		given, err := r.Engine.Given(content, list || in.Member != "", in.Member)
		var missing *engine.MissingError
		if !errors.As(err, &missing) {
			return given, err
		}
		if err := r.fetch(ctx, hold, in, missing.Content, content); err != nil {
			return given, err
		}
	}
}

func (r *Renderer) fetch(ctx context.Context, hold *cache.Hold, in dag.Input, h, of dag.ContentHash) error {
	if err := hold.Add(dag.ContentInput(h)); err != nil {
		return err
	}
	if _, err := r.Fetcher.Fetch(ctx, h, 0); err != nil {
		return unavailable(err, in, of)
	}
	return nil
}

// unavailable says of which input nothing can be had, if nobody has it; else
// that it may be had later.
func unavailable(err error, in dag.Input, content dag.ContentHash) error {
	switch {
	case errors.Is(err, peer.ErrGone) && in.IsSource():
		return &GoneError{Sources: []dag.ContentHash{content}}
	case errors.Is(err, peer.ErrGone):
		return &GoneError{Missing: []claim.Missing{{Producer: in.Step, Content: content}}}
	case errors.Is(err, peer.ErrUnreachable), errors.Is(err, peer.ErrStopped):
		return fmt.Errorf("%w: %w", ErrLater, err)
	}
	return err
}

// made describes the result, keeps its log as content, and announces what the
// completion does not.
func (r *Renderer) made(ctx context.Context, a Assignment, done engine.Done, began time.Time) (Made, error) {
	e := done.Entry
	meta := claim.Meta{
		Label: a.Spec.Label, Type: a.Spec.Type, Toolchain: done.Toolchain, Started: began, Attempt: a.Attempt, Cost: a.Spec.Cost,
		Wall: time.Since(began).Milliseconds(), Tool: int64(done.ToolSeconds * 1000),
		Items: []claim.MetaItem{{Content: e.Content, CID: e.CID, Size: e.Size, MediaType: e.MediaType}},
	}
	for _, m := range e.Members {
		meta.Items = append(meta.Items, claim.MetaItem{Content: m.Content, CID: m.CID, Size: m.Size, MediaType: m.MediaType})
	}
	if done.Executed {
		if log, err := r.keepLog(ctx, a.Spec.ID); err == nil {
			meta.Log = log.Content
			meta.Items = append(meta.Items, log)
		}
	}
	made := Made{Content: e.Content, CID: e.CID, Size: e.Size, Executed: done.Executed, Meta: meta}
	if done.Differed != nil {
		made.Content, made.CID = done.Differed.Got, ""
	}
	if len(meta.Items) > 1 {
		if err := r.Announce(ctx, meta.Items[1:]); err != nil {
			return made, fmt.Errorf("%w: %w", ErrLater, err)
		}
	}
	return made, nil
}

// keepLog makes the step's log content. A step without one is no worse.
func (r *Renderer) keepLog(ctx context.Context, id dag.CacheID) (claim.MetaItem, error) {
	log, err := r.Engine.Cache.Log(id)
	if err != nil {
		return claim.MetaItem{}, err
	}
	defer log.Close()
	source, err := r.Engine.Cache.PutSource(ctx, io.LimitReader(log, 16<<20), dag.ContentHash{})
	if err == nil && source.Size == 0 {
		err = io.EOF
	}
	item := claim.MetaItem{Content: source.Hash, CID: source.CID, Size: source.Size, MediaType: "text/plain"}
	if err == nil {
		err = r.NoteLog(ctx, id, item)
	}
	return item, err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/provenance"
)

// reexecute executes a sample of the steps here, on the farm's bytes of their
// inputs, in a cache that is thrown away, and compares the results.
func (c verifyCmd) reexecute(a *app, farm *client.Client, record provenance.Record, part float64) error {
	plan, err := farm.Plan(a.ctx, record.Job)
	if err != nil {
		return err
	}
	types, err := registry(c.Effects)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "artdag-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := cache.Open(dir, cache.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	run := &tools{}
	defer run.close()
	r := &again{
		app: a, farm: farm, plan: plan, made: make(map[dag.CacheID]dag.ContentHash),
		engine: &engine.Engine{Cache: store, Types: types, Runner: run, Toolchain: engine.NewToolchain(run), Slots: 1},
	}
	for _, s := range record.Steps {
		r.made[s.CacheID] = s.Content
	}
	return r.sample(record.Steps, part)
}

// again executes steps of a farm's job here.
type again struct {
	app    *app
	farm   *client.Client
	plan   *dag.Plan
	engine *engine.Engine
	made   map[dag.CacheID]dag.ContentHash // what the record says
}

// sample takes at least one step, at random.
func (r *again) sample(steps []provenance.Step, part float64) error {
	at := make(map[dag.CacheID]*dag.Step)
	for i := range r.plan.Steps {
		at[r.plan.Steps[i].ID] = &r.plan.Steps[i]
	}
	order := rand.Perm(len(steps))
	differ := 0
	taken := order[:min(len(order), int(math.Ceil(part*float64(len(steps)))))]
	for _, i := range taken {
		step := at[steps[i].CacheID]
		if step == nil {
			return fmt.Errorf("the record names the step %s, which the plan does not have", steps[i].Label)
		}
		same, err := r.one(r.app.ctx, step, steps[i])
		if err != nil {
			return fmt.Errorf("execute %s again: %w", step.Label, err)
		}
		if !same {
			differ++
		}
	}
	r.app.printf("%d steps executed again here, %d with other bytes\n", len(taken), differ)
	if differ > 0 {
		return errDamaged
	}
	return nil
}

func (r *again) one(ctx context.Context, step *dag.Step, s provenance.Step) (bool, error) {
	inputs := make([]engine.Given, len(step.Inputs))
	for i, in := range step.Inputs {
		var err error
		if inputs[i], err = r.input(ctx, in); err != nil {
			return false, err
		}
	}
	done, err := r.engine.Do(ctx, engine.Task{Step: step, Realm: r.plan.Realm, Slots: 1, Inputs: inputs, Force: true})
	if err != nil {
		return false, err
	}
	got := done.Entry.Content
	if done.Differed != nil {
		got = done.Differed.Got
	}
	if got == s.Content {
		return true, nil
	}
	r.app.printf("DIFFERS %s: %s here, %s on the farm\n  here  %s\n  farm  %s\n", step.Label, got, s.Content, done.Toolchain, s.Toolchain)
	return false, nil
}

// input fetches what is missing until the whole input is here.
func (r *again) input(ctx context.Context, in dag.Input) (engine.Given, error) {
	content, list := in.Content, false
	if !in.IsSource() {
		content = r.made[in.Step]
		for i := range r.plan.Steps {
			list = list || r.plan.Steps[i].ID == in.Step && r.plan.Steps[i].Multi
		}
	}
	for {
		given, err := r.engine.Given(content, list, in.Member)
		missing, ok := errors.AsType[*engine.MissingError](err)
		if !ok {
			return given, err
		}
		if err := r.fetch(ctx, missing.Content); err != nil {
			return given, err
		}
	}
}

func (r *again) fetch(ctx context.Context, h dag.ContentHash) error {
	body, _, err := r.farm.Open(ctx, h, 0)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = r.engine.Cache.PutSource(ctx, body, h)
	return err
}

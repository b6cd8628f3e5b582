package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
)

type submitCmd struct {
	shared
	remote
	Recipe   string            `arg:"" help:"File of the recipe."`
	Inputs   []string          `name:"input" short:"i" sep:"none" placeholder:"NAME=PATH" help:"An input: a path, a folder or pattern of images, or a content hash that the farm has. Repeat it for an input that takes several."`
	Params   map[string]string `name:"param" short:"p" mapsep:"none" placeholder:"NAME=VALUE" help:"A parameter."`
	Until    string            `placeholder:"NODE" help:"Stop at this node instead of the recipe's outputs."`
	Priority string            `enum:"high,default,low" default:"default" help:"high, default or low."`
	Wait     bool              `short:"w" help:"Show the progress until the job has ended."`
	Output   []string          `name:"output" short:"o" sep:"none" placeholder:"FILE" help:"Wait, and copy the output to FILE; NAME=FILE where the recipe has several."`
	JSON     bool              `name:"json" help:"Print one JSON object a line; the last is the job, with --wait the result."`
	Rehash   bool              `help:"Read every input again, whatever is remembered of it."`
}

// Run checks the recipe here, uploads what the farm lacks and submits the job.
func (c submitCmd) Run(a *app) error {
	began := time.Now()
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	show := newDisplay(a, c.JSON, leaving)
	defer show.close()
	s, err := c.submission(w, show)
	if err != nil {
		return err
	}
	if err := c.upload(a.ctx, farm, show, s.gathered); err != nil {
		return err
	}
	job, err := farm.Submit(a.ctx, s.Submission)
	if err != nil {
		return err
	}
	if !c.Wait && len(c.Output) == 0 {
		return c.submitted(a, show, job)
	}
	f := &follower{app: a, farm: farm, remote: c.remote, show: show, job: job.ID, began: began, exports: c.Output, fresh: true}
	return f.run()
}

// gathered is a submission with the files that it was made from.
type gathered struct {
	api.Submission
	gathered *engine.Gathered
}

// submission checks everything that needs no farm.
func (c submitCmd) submission(w *workshop, show display) (*gathered, error) {
	args := recipeArgs{Recipe: c.Recipe, Inputs: c.Inputs, Params: c.Params, Until: c.Until, Rehash: c.Rehash}
	req, err := args.request()
	if err != nil {
		return nil, err
	}
	warn(w.app, req.Recipe)
	if err := checkOutputs(c.Output, req); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(c.Recipe)
	if err != nil {
		return nil, usageError{fmt.Errorf("recipe: %w", err)}
	}
	preparer := w.preparer(slots(0), show.activity)
	preparer.Elsewhere = true
	g, err := preparer.Gather(w.app.ctx, req)
	if err != nil {
		return nil, err
	}
	return &gathered{api.Submission{
		Recipe: string(text), File: filepath.Base(c.Recipe), Inputs: g.Inputs, InputNames: fileNames(g), Params: req.Params,
		Until: c.Until, Priority: claim.Priority(c.Priority),
	}, g}, nil
}

// checkOutputs refuses -o flags that cannot be right, before anything is sent.
// What a node that is stopped at makes is known only to the plan.
func checkOutputs(flags []string, req engine.Request) error {
	for _, flag := range flags {
		file := flag
		if req.Until == "" {
			e, err := exportOf(flag, recipeOutputs(req.Recipe))
			if err != nil {
				return err
			}
			file = e.file
		}
		if err := checkFolder(file); err != nil {
			return err
		}
	}
	return nil
}

func recipeOutputs(r *recipe.Recipe) []dag.Output {
	out := make([]dag.Output, len(r.Outputs))
	for i, ref := range r.Outputs {
		out[i].Name = ref.Name
	}
	return out
}

func fileNames(g *engine.Gathered) map[dag.ContentHash]string {
	names := make(map[dag.ContentHash]string)
	for hash, source := range g.Sources {
		names[hash] = filepath.Base(source.Path)
	}
	return names
}

// upload sends what the farm lacks.
func (c submitCmd) upload(ctx context.Context, farm *client.Client, show display, g *engine.Gathered) error {
	up := &uploader{farm: farm, show: show}
	for name, hashes := range g.Inputs {
		for _, h := range hashes {
			source, ok := g.Sources[h]
			if err := up.send(ctx, name, h, source, ok); err != nil {
				return err
			}
		}
	}
	return nil
}

// submitted says what the job is called and how to watch it.
func (c submitCmd) submitted(a *app, show display, job api.Job) error {
	if c.JSON {
		return printLine(a.stdout, job)
	}
	show.close()
	a.printf("%s\n", job.ID)
	fmt.Fprintf(a.stderr, "%s; watch it: artdag watch %s%s\n", stateOf(job), c.flags(a), job.ID)
	return nil
}

func stateOf(job api.Job) string {
	if job.Missing != "" {
		return string(job.Status) + " (" + job.Missing + ")"
	}
	return string(job.Status)
}

// errLeft ends a command that waited for a job when the user stops waiting.
var errLeft = errors.Join(errReported, context.Canceled)

package main

import (
	"context"
	"crypto/sha3"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

type getCmd struct {
	remote
	Job    string   `arg:"" help:"A job's id, or its beginning."`
	Output []string `name:"output" short:"o" sep:"none" placeholder:"FILE" help:"Where to; NAME=FILE where the job has several outputs. Default: every output, under its name, here."`
	JSON   bool     `name:"json" help:"Print one JSON object for each file."`
}

// Run downloads outputs. What arrives is hashed before it gets its name.
func (c getCmd) Run(a *app) error {
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	job, err := farm.Job(a.ctx, c.Job)
	if err != nil {
		return onJob(err, c.Job)
	}
	if len(job.Outputs) == 0 {
		return usagef("job %s has no outputs: it is %s", job.ID, stateOf(job))
	}
	wanted, err := c.wanted(job)
	if err != nil {
		return err
	}
	note := &activityLine{out: a.stderr}
	tell := func(string) {}
	if terminal(a.stderr) {
		tell = note.show
	}
	paths, err := (&getter{farm: farm, tell: tell}).all(a.ctx, wanted)
	note.clear()
	if err != nil {
		return err
	}
	return c.print(a, wanted, paths)
}

// wanted are the outputs that were asked for, or all of them.
func (c getCmd) wanted(job api.Job) ([]wantedOutput, error) {
	if len(c.Output) > 0 {
		return outputsFor(c.Output, job)
	}
	var out []wantedOutput
	for _, o := range job.Outputs {
		file := o.Name
		if len(o.Members) == 0 {
			file += extensionOf(o)
		}
		if _, err := os.Lstat(file); err == nil {
			return nil, usagef("%s exists; say where to with -o %s=FILE", file, o.Name)
		}
		out = append(out, wantedOutput{o, file})
	}
	return out, nil
}

func (c getCmd) print(a *app, wanted []wantedOutput, paths map[string]string) error {
	for _, o := range wanted {
		if !c.JSON {
			a.printf("%s\n", paths[o.Name])
			continue
		}
		if err := printLine(a.stdout, closingOutput{o.Name, o.Content, o.CID, paths[o.Name]}); err != nil {
			return err
		}
	}
	return nil
}

// extensionOf is the usual one of the output's format.
func extensionOf(o api.Output) string {
	if usual := extensions(o.Format); len(usual) > 0 {
		return usual[0]
	}
	return extensionFor(o.MediaType)
}

// extensionFor is the inverse of what the cache makes of names.
func extensionFor(mediaType string) string {
	switch kind, _, _ := mime.ParseMediaType(mediaType); kind {
	case "video/x-matroska":
		return ".mkv"
	case "video/quicktime":
		return ".mov"
	case "audio/mpeg":
		return ".mp3"
	case "audio/mp4":
		return ".m4a"
	case "image/jpeg":
		return ".jpg"
	case "image/x-exr":
		return ".exr"
	case "text/plain":
		return ".txt"
	case "video/mp4", "video/webm", "audio/flac", "audio/wav", "audio/ogg", "image/png", "image/gif", "image/webp", "application/json":
		return "." + kind[strings.IndexByte(kind, '/')+1:]
	}
	return ""
}

// wantedOutput is an output and where it goes: a file, or a folder for one with
// several.
type wantedOutput struct {
	api.Output
	file string
}

// outputsFor reads the -o flags against what the job made.
func outputsFor(flags []string, job api.Job) ([]wantedOutput, error) {
	names := make([]dag.Output, len(job.Outputs))
	for i, o := range job.Outputs {
		names[i].Name = o.Name
	}
	var out []wantedOutput
	for _, flag := range flags {
		e, err := exportOf(flag, names)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(job.Outputs, func(o api.Output) bool { return o.Name == e.output })
		w := wantedOutput{job.Outputs[i], e.file}
		if err := w.check(); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// check refuses what could not be written, or would carry an extension that
// lies about what is inside.
func (w wantedOutput) check() error {
	if err := checkFolder(w.file); err != nil {
		return err
	}
	several := len(w.Members) > 0
	switch info, err := os.Stat(w.file); {
	case err != nil && several:
		return nil
	case err == nil && several && !info.IsDir():
		return usagef("-o %s is a file; the output %s has several, so give a folder", w.file, w.Name)
	case err == nil && !several && !info.Mode().IsRegular():
		return usagef("-o %s is no file; give the name of a file", w.file)
	case several:
		return nil
	}
	return checkExtension(export{output: w.Name, file: w.file}, w.Format)
}

// getter downloads outputs.
type getter struct {
	farm *client.Client
	tell func(string)
}

// all downloads outputs one after the other and returns where each is, by name.
func (g *getter) all(ctx context.Context, wanted []wantedOutput) (map[string]string, error) {
	paths := make(map[string]string)
	for _, w := range wanted {
		if err := g.output(ctx, w); err != nil {
			return paths, fmt.Errorf("output %s: %w", w.Name, err)
		}
		paths[w.Name], _ = filepath.Abs(w.file)
	}
	return paths, nil
}

func (g *getter) output(ctx context.Context, w wantedOutput) error {
	if len(w.Members) == 0 {
		return g.file(ctx, w.Content, w.file, false)
	}
	if err := os.MkdirAll(w.file, 0o755); err != nil {
		return err
	}
	for _, m := range w.Members {
		if !filepath.IsLocal(m.Name) || strings.ContainsAny(m.Name, `/\`) {
			return fmt.Errorf("the farm names a file %q, which leads out of the folder", m.Name)
		}
		if err := g.file(ctx, m.Content, filepath.Join(w.file, m.Name), true); err != nil {
			return err
		}
	}
	return nil
}

// file downloads one file beside its place, and gives it its name when it is
// whole and right: extended by the usual extension of what it is, if so told
// and it has none.
func (g *getter) file(ctx context.Context, h dag.ContentHash, dest string, extend bool) error {
	body, content, err := g.farm.Open(ctx, h, 0)
	if errors.Is(err, catalog.ErrNotFound) {
		return fmt.Errorf("the farm does not have %s any more; artdag retry makes it again", h.Short())
	}
	if err != nil {
		return err
	}
	defer body.Close()
	if extend && filepath.Ext(dest) == "" {
		dest += extensionFor(content.MediaType)
	}
	part, err := os.CreateTemp(filepath.Dir(dest), ".artdag-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	counting := &counted{ReadCloser: body, what: "downloading " + filepath.Base(dest), size: content.Size, show: g.tell}
	if err := errors.Join(receive(part, counting, h), part.Close()); err != nil {
		return fmt.Errorf("%s: %w", dest, err)
	}
	return os.Rename(part.Name(), dest)
}

// receive writes a stream to the disk and compares its hash.
func receive(part *os.File, body io.Reader, want dag.ContentHash) error {
	digest := sha3.New256()
	if _, err := io.Copy(io.MultiWriter(part, digest), body); err != nil {
		return err
	}
	if got := dag.ContentHash(digest.Sum(nil)); got != want {
		return &cache.MismatchError{Want: want, Got: got}
	}
	return errors.Join(part.Chmod(0o644), part.Sync())
}

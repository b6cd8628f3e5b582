package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// read is one declared input with the files that were given for it.
type read struct {
	decl  recipe.Input
	files []file
}

// file is one file of an input. What the cache holds itself is borrowed from
// there; all else is read in place.
type file struct {
	cache.Source
	held bool
}

func (f file) unchanged() error {
	if f.held {
		return nil
	}
	return f.Unchanged()
}

// label names one of the files: "song", or "photos[3]" where there are several.
func (r read) label(n int) string {
	if len(r.files) > 1 {
		return fmt.Sprintf("%s[%d]", r.decl.Name, n)
	}
	return r.decl.Name
}

// kind is what each file of the input is.
func (r read) kind() dag.Kind {
	if r.decl.Kind == dag.Images {
		return dag.Image
	}
	return r.decl.Kind
}

// readInputs finds and hashes every input. All faults are reported at once.
func (p *Preparer) readInputs(ctx context.Context, req Request) ([]read, error) {
	faults := unknownInputs(req)
	inputs := make([]read, len(req.Recipe.Inputs))
	for i, decl := range req.Recipe.Inputs {
		given, err := expand(req.Recipe, decl, req.Inputs[decl.Name])
		if err != nil {
			faults = append(faults, recipe.Fault{File: req.Recipe.File, Pos: decl.Pos, Message: err.Error()})
		}
		inputs[i] = read{decl, make([]file, len(given))}
		for n, g := range given {
			inputs[i].files[n].Path = g
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return inputs, p.hashAll(ctx, inputs, req.Rehash)
}

func (p *Preparer) hashAll(ctx context.Context, inputs []read, rehash bool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(p.Parallel, 1))
	for _, in := range inputs {
		for n := range in.files {
			group.Go(func() error {
				var err error
				if in.files[n], err = p.find(ctx, in.files[n].Path, rehash); err != nil {
					return &InputError{in.label(n), err}
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// find resolves what was given: a content hash or a cid that the cache holds,
// or a path.
func (p *Preparer) find(ctx context.Context, given string, rehash bool) (file, error) {
	if hash, err := dag.ParseID[dag.ContentHash](given); err == nil {
		return p.held(given, hash)
	}
	if isCID(given) {
		hash, err := p.Cache.ByCID(given)
		if err != nil {
			return file{}, notHeld(given, err)
		}
		return p.held(given, hash)
	}
	switch info, err := os.Stat(given); {
	case errors.Is(err, fs.ErrNotExist):
		return file{}, fmt.Errorf("there is no file %s", given)
	case err == nil && info.IsDir():
		return file{}, fmt.Errorf("%s is a folder; give a file", given)
	}
	p.watch("reading %s", given)
	source, err := p.Cache.HashSource(ctx, given, rehash, nil)
	return file{Source: source}, err
}

func (p *Preparer) held(given string, hash dag.ContentHash) (file, error) {
	path, err := p.Cache.Content(hash)
	if p.Elsewhere && errors.Is(err, cache.ErrMissing) {
		return file{cache.Source{Hash: hash}, true}, nil
	}
	if err != nil {
		return file{}, notHeld(given, err)
	}
	return file{cache.Source{Hash: hash, Path: path}, true}, nil
}

// notHeld says that the cache cannot give what was asked for, and why when it
// is for any reason but not having it.
func notHeld(given string, err error) error {
	if errors.Is(err, cache.ErrMissing) {
		return fmt.Errorf("%s is %w; give the file itself", given, cache.ErrMissing)
	}
	return fmt.Errorf("%s: %w", given, err)
}

var cidForm = regexp.MustCompile(`^(b[a-z2-7]{50,}|Qm[1-9A-HJ-NP-Za-km-z]{44})$`)

func isCID(s string) bool { return cidForm.MatchString(s) }

func unknownInputs(req Request) recipe.Faults {
	var names []string
	for _, in := range req.Recipe.Inputs {
		names = append(names, in.Name)
	}
	var faults recipe.Faults
	for name := range req.Inputs {
		if !slices.Contains(names, name) {
			faults = append(faults, recipe.Fault{File: req.Recipe.File, Message: fmt.Sprintf(
				"the recipe has no input named %s%s; it has: %s", name, dag.Suggest(name, names), orNone(names))})
		}
	}
	return faults
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// expand returns the paths, hashes and cids that stand for an input: a folder
// or a pattern of images becomes its files in order.
func expand(r *recipe.Recipe, decl recipe.Input, given []string) ([]string, error) {
	if len(given) == 0 && decl.Asset != nil {
		given = []string{assetSource(r, *decl.Asset)}
	}
	if len(given) == 0 && !decl.Optional {
		return nil, fmt.Errorf("input %s is missing: give it with -i %s=PATH", decl.Name, decl.Name)
	}
	if decl.Kind == dag.Images {
		return expandImages(decl, given)
	}
	if len(given) > 1 && !decl.Many {
		return nil, fmt.Errorf("input %s takes one file, got %d; declare it with many: true to take several", decl.Name, len(given))
	}
	return given, nil
}

func assetSource(r *recipe.Recipe, a recipe.Asset) string {
	switch {
	case a.Hash != "":
		return a.Hash
	case a.CID != "":
		return a.CID
	case filepath.IsAbs(a.Path):
		return a.Path
	}
	return filepath.Join(filepath.Dir(r.File), a.Path)
}

func hashes(inputs []read) map[string][]dag.ContentHash {
	out := make(map[string][]dag.ContentHash)
	for _, in := range inputs {
		for _, f := range in.files {
			out[in.decl.Name] = append(out[in.decl.Name], f.Hash)
		}
	}
	return out
}

// sources are the files that are read in place.
func sources(inputs []read) map[dag.ContentHash]cache.Source {
	out := make(map[dag.ContentHash]cache.Source)
	for _, in := range inputs {
		for _, f := range in.files {
			if !f.held {
				out[f.Hash] = f.Source
			}
		}
	}
	return out
}

package effects

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed *.yaml
var shipped embed.FS

// maxEffects bounds a folder of documents, which may be anybody's.
const maxEffects = 1000

// Shipped returns the effects that are part of artdag, sorted by name.
func Shipped() ([]Effect, error) { return Load(shipped) }

// Load reads every *.yaml file in the root of fsys and returns the effects
// sorted by name, or the faults of all documents joined. A file is named after
// its effect. Symbolic links and other irregular files are refused.
func Load(fsys fs.FS) ([]Effect, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("effects: %w", err)
	}
	if len(names) > maxEffects {
		return nil, fmt.Errorf("effects: %d documents in one folder; at most %d are read", len(names), maxEffects)
	}
	var list []Effect
	var faults []error
	for _, name := range names {
		effect, err := load(fsys, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("effect %s: %w", name, err))
			continue
		}
		list = append(list, effect)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	slices.SortFunc(list, func(a, b Effect) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func load(fsys fs.FS, name string) (Effect, error) {
	data, err := readRegular(fsys, name)
	if err != nil {
		return Effect{}, err
	}
	effect, err := Parse(data)
	if err != nil {
		return Effect{}, err
	}
	if want := strings.TrimSuffix(path.Base(name), ".yaml"); want != effect.Name {
		return Effect{}, fmt.Errorf("its name is %q; name the file %s.yaml or the effect %s", effect.Name, effect.Name, want)
	}
	return effect, nil
}

// readRegular looks before it opens: a named pipe would block for ever.
func readRegular(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Lstat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	if info.Size() > maxDocument {
		return nil, fmt.Errorf("%d bytes; a document has at most %d", info.Size(), maxDocument)
	}
	return fs.ReadFile(fsys, name)
}

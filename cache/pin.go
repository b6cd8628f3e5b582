package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
)

// Pin keeps an entry or bytes from being evicted until Unpin, across processes
// and restarts.
func (c *Cache) Pin(ref dag.Input) error {
	err := ErrReadOnly
	if !c.readOnly {
		err = c.holding(func() error { return writeFile(c.pinPath(ref), nil) })
	}
	if err != nil {
		return fmt.Errorf("cache: pin %s: %w", ref, err)
	}
	return nil
}

// Unpin takes a pin back; without one it is ErrMissing.
func (c *Cache) Unpin(ref dag.Input) error {
	err := ErrReadOnly
	if !c.readOnly {
		err = os.Remove(c.pinPath(ref))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrMissing
	}
	if err != nil {
		return fmt.Errorf("cache: unpin %s: %w", ref, err)
	}
	return nil
}

// Pins returns what is pinned.
func (c *Cache) Pins() ([]dag.Input, error) {
	names, err := os.ReadDir(c.path("pins"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cache: pins: %w", err)
	}
	var pins []dag.Input
	for _, name := range names {
		var ref dag.Input
		if ref.UnmarshalText([]byte(strings.Replace(name.Name(), "-", ":", 1))) == nil {
			pins = append(pins, ref)
		}
	}
	return pins, nil
}

// pinPath is an empty file named after what it pins. A member is pinned by its
// content.
func (c *Cache) pinPath(ref dag.Input) string {
	ref.Member = ""
	return c.path("pins", filepath.Base(strings.Replace(ref.String(), ":", "-", 1)))
}

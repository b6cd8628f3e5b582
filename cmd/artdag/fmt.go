package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/dag/recipe"
)

type fmtCmd struct {
	Recipe string `arg:"" help:"File of the recipe."`
	Write  bool   `short:"w" help:"Write the result back to the file."`
}

// Run prints the recipe in its standard form, also one that was written for
// the original system.
func (c fmtCmd) Run(a *app) error {
	r, err := readRecipe(c.Recipe)
	if err != nil {
		return err
	}
	text, err := recipe.Format(r)
	if err != nil {
		return err
	}
	if !c.Write {
		_, err := a.stdout.Write(text)
		return err
	}
	before, err := os.ReadFile(c.Recipe)
	if err != nil || bytes.Equal(before, text) {
		return err
	}
	if err := replace(c.Recipe, text); err != nil {
		return fmt.Errorf("fmt: %w", err)
	}
	return nil
}

// replace writes a new file beside the old one and takes its place, so that a
// full disk leaves the recipe as it was.
func replace(name string, text []byte) (err error) {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".fmt-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/google/renameio/v2"

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
	if err := renameio.WriteFile(c.Recipe, text, 0o644, renameio.WithExistingPermissions()); err != nil {
		return fmt.Errorf("fmt: %w", err)
	}
	return nil
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const commands = `
name: commands
nodes:
  - {id: s, for_each: "range(%d)", type: COMMAND, config: {argv: [sh, -c, ": ${index} > {out}"], outputs: out.txt}}
outputs: [s]
`

// measureLocal runs a recipe whose steps are all known: every one is an output,
// so each is looked up. make has one target for each, newer than what it
// depends on.
func measureLocal(b *bench) ([]result, error) {
	n := b.n(1000, 100)
	cache, err := b.folder("cache")
	if err != nil {
		return nil, err
	}
	recipe, err := b.file("commands.yaml", fmt.Sprintf(commands, n))
	if err != nil {
		return nil, err
	}
	if _, err := b.artdagRun(cache, ran(n), recipe); err != nil {
		return nil, err
	}
	folder, err := b.makeFolder(n)
	if err != nil {
		return nil, err
	}
	row, err := alternate(b.n(15, 3),
		func() (float64, error) { return b.artdagRun(cache, cached(n), recipe) },
		func() (float64, error) {
			return seconds(func() error { _, err := b.command(folder, "make", "--silent"); return err })
		})
	if err != nil {
		return nil, err
	}
	row.Beside = "make, all up to date"
	whole, share := row, row
	whole.Name, whole.Goal = fmt.Sprintf("local %d cached", n), atMost("ours", 0.3)
	share.Name, share.Goal = fmt.Sprintf("local %d beside make", n), atMost("ratio", 3)
	return []result{whole.judged(), share.judged()}, nil
}

// makeFolder makes a Makefile of n targets, and makes them.
func (b *bench) makeFolder(n int) (string, error) {
	dir, err := b.folder("make")
	if err != nil {
		return "", err
	}
	var text strings.Builder
	text.WriteString("all:")
	for i := range n {
		fmt.Fprintf(&text, " %d.out", i)
	}
	for i := range n {
		fmt.Fprintf(&text, "\n%d.out: %d.in\n\tcp %d.in %d.out\n", i, i, i, i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".in")), nil, 0o644); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(text.String()), 0o644); err != nil {
		return "", err
	}
	_, err = b.command(dir, "make", "--silent")
	return dir, err
}

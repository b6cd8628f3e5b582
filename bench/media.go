package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// clip makes a film of a moving picture and a tone. Every picture of it stands
// alone (all), so that cuts of one length are equal work, or it is as a camera
// writes it.
func (b *bench) clip(name, size string, length int, all bool) (string, error) {
	path := filepath.Join(b.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	group := "48"
	if all {
		group = "1"
	}
	_, err := b.command("", "ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=25:duration=%d", size, length),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:sample_rate=48000:duration=%d", length),
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", group, "-c:a", "aac", path)
	return path, err
}

// cutRecipe cuts n pieces and joins them.
func cutRecipe(n int, step, length float64) string {
	return fmt.Sprintf(`
name: cuts
inputs: {clip: {kind: video}}
nodes:
  - {id: cuts, for_each: "range(%d)", type: SEGMENT, config: {offset: "${index * %v}", duration: %v}, inputs: [clip]}
  - {id: film, type: SEQUENCE, inputs: [cuts]}
outputs: [film]
`, n, step, length)
}

// segmentRecipe cuts n pieces, which are the outputs.
func segmentRecipe(n int, step, length float64) string {
	return strings.Replace(cutRecipe(n, step, length), "  - {id: film, type: SEQUENCE, inputs: [cuts]}\noutputs: [film]", "outputs: [cuts]", 1)
}

// artdagFresh runs a recipe in a whole process on an empty cache, which goes
// afterwards.
func (b *bench) artdagFresh(steps int, args ...string) (took float64, err error) {
	dir, err := b.folder("cache")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return b.artdagRun(dir, ran(steps), args...)
}

package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

const blenderRecipe = `
name: frames
inputs: {clip: {kind: blend}}
nodes:
  - id: frames
    type: BLENDER
    config: {frames: "1-%d", engine: CYCLES, samples: 8, resolution: [320, 180]}
    inputs: [clip]
outputs: [frames]
`

// measureBlender renders the scene of the Blender example.
func measureBlender(b *bench) ([]result, error) {
	scene, err := b.scene()
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf(blenderRecipe, b.n(48, 4))
	recipe, err := b.file("blender.yaml", text)
	if err != nil {
		return nil, err
	}
	calls, err := b.commandsOf("blender", work{recipe: text, input: scene, slots: 2})
	if err != nil {
		return nil, err
	}
	row, err := alternate(b.n(7, 1),
		b.costing("artdag", b.n(48, 4), func() (float64, error) { return b.artdagFresh(1, recipe, "--jobs", "2", "-i", "clip="+scene) }),
		b.costing("xargs", b.n(48, 4), func() (float64, error) { return b.xargs(calls, 2) }))
	if err != nil {
		return nil, err
	}
	row.Name, row.Beside, row.Goal = "media blender", "xargs -P 2, the same command", atMost("ratio", 1.05)
	return []result{row.judged()}, nil
}

// scene makes the .blend of the example.
func (b *bench) scene() (string, error) {
	root, err := b.command("", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return "", err
	}
	path := filepath.Join(b.dir, "scene.blend")
	script := filepath.Join(strings.TrimSpace(string(root)), "examples", "blender", "scene.py")
	_, err = b.command("", "blender", "--background", "--factory-startup", "--python-exit-code", "1", "--python", script, "--", path)
	return path, err
}

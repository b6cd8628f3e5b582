package executor

import (
	"context"
	_ "embed" // for the script
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// Blender renders frames of a .blend, one member per frame.
//
// A .blend may run Python and open any file: it is rendered in the sandbox with
// its scripts disabled. What it links (images, libraries, fonts, caches, sounds)
// is packed into it, or given as further inputs, each named by its path beside
// the .blend: the input "textures/wood.png" is what the scene calls
// //textures/wood.png. Whatever is missing is listed before anything renders.
//
// The same frames are the same bytes on every machine with this version of
// Blender: rendering is by the CPU, pictures carry no stamps.
type Blender struct{ Declared }

var _ Executor = Blender{}

// allSlots is more than any machine has: Blender keeps all cores busy.
const allSlots = 1 << 16

// sceneFile is what the .blend is called while it renders.
const sceneFile = "scene.blend"

//go:embed blender/render.py
var renderScript []byte

// NewBlender returns the type.
func NewBlender() Blender {
	return Blender{Declare(Spec{
		Name: "BLENDER", Version: 1,
		Doc: "Renders frames of a .blend, one output per frame.",
		Arity: dag.Arity{Named: true, Min: 1, Rest: &dag.Slot{Name: "blend",
			Doc: "the .blend, and the files it links named by their path beside it: {blend: scene, textures/wood.png: wood}"}},
		Keys: []Key{
			{Name: "frames", Type: String, Also: []KeyType{Integer}, Required: true, MaxLen: 1000,
				Doc: "which frames: 12, or 1-48, or 1-100x2 (every second), or several with commas"},
			{Name: "engine", Type: Choice, Choices: []string{"CYCLES", "EEVEE", "WORKBENCH"}, Default: "CYCLES", Doc: "what renders"},
			{Name: "samples", Type: Integer, Min: Bound(1), Max: Bound(1 << 20), Doc: "per pixel; absent: as the scene says"},
			{Name: "resolution", Type: Size, Doc: "at 100 percent; absent: as the scene says"},
			{Name: "percentage", Type: Integer, Unit: "%", Min: Bound(1), Max: Bound(400), Doc: "of the resolution; absent: 100 with resolution, else as the scene says"},
			{Name: "camera", Type: String, Doc: "the object to look through; absent: as the scene says"},
			{Name: "scene", Type: String, Doc: "which scene; absent: the one that was open"},
			{Name: "seed", Type: Integer, Default: 0.0, Min: Bound(0), Max: Bound(1<<31 - 1), Doc: "of the noise of CYCLES"},
			{Name: "format", Type: Choice, Choices: []string{"png", "exr", "jpg"}, Default: "png", Doc: "of each frame"},
			slotsKey(),
		},
		Example: "{frames: 1-48, engine: CYCLES, samples: 64, resolution: [1280, 720]}",
	})}
}

type blenderConfig struct {
	Frames     string   `json:"frames"`
	Engine     string   `json:"engine"`
	Samples    int      `json:"samples,omitempty"`
	Resolution []int    `json:"resolution,omitempty"`
	Percentage int      `json:"percentage,omitempty"`
	Camera     string   `json:"camera,omitempty"`
	Scene      string   `json:"scene,omitempty"`
	Seed       int      `json:"seed"`
	Format     string   `json:"format"`
	Slots      []string `json:"slots,omitempty"`
}

// Normalize writes the frames in one form, so that 1-3 and 1,2,3 are one step.
func (b Blender) Normalize(config map[string]any) (map[string]any, error) {
	out, err := b.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	text, _ := out["frames"].(string)
	if number, ok := out["frames"].(float64); ok {
		text = plain(number)
	}
	frames, err := parseFrames(text)
	if err != nil {
		return nil, dag.ConfigErrors{{Path: []string{"frames"}, Message: err.Error()}}
	}
	out["frames"] = showFrames(frames)
	var faults dag.ConfigErrors
	for i, name := range slotNames(out) {
		if !isBeside(name) {
			faults = append(faults, dag.ConfigError{Path: []string{"slots", fmt.Sprint(i)},
				Message: fmt.Sprintf("%s: name a linked file by its path beside the .blend, such as textures/wood.png", show(name))})
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

func slotNames(config map[string]any) []string {
	var names []string
	list, _ := config["slots"].([]any)
	for _, name := range list {
		names = append(names, fmt.Sprint(name))
	}
	return names
}

// isBeside reports whether a slot's name is a path below the .blend's folder.
func isBeside(name string) bool {
	return filepath.IsLocal(name) && path.Clean(name) == name && !strings.Contains(name, `\`) && name != sceneFile
}

// Output is images, one per frame.
func (b Blender) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Images }

// Expect states a member per frame; their size only where the config gives it.
func (b Blender) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	c, err := Decode[blenderConfig](config)
	if err != nil {
		return dag.Expectation{}, err
	}
	if _, err := c.blendIndex(len(inputs)); err != nil {
		return dag.Expectation{}, err
	}
	frames, err := parseFrames(c.Frames)
	if err != nil {
		return dag.Expectation{}, err
	}
	want := dag.Expectation{Multi: true, Slots: allSlots, Facts: c.facts(), Cost: c.secondsPerFrame() * float64(len(frames))}
	for _, frame := range frames {
		want.Members = append(want.Members, frameName(frame))
	}
	return want, nil
}

func frameName(frame int) string { return fmt.Sprintf("%08d", frame) }

func (c blenderConfig) facts() *dag.Facts {
	if len(c.Resolution) != 2 {
		return nil
	}
	percentage := c.Percentage
	if percentage == 0 {
		percentage = 100
	}
	return &dag.Facts{Kind: dag.Image, Format: map[string]string{"png": "png", "jpg": "jpeg", "exr": "exr"}[c.Format],
		Video: &dag.VideoFacts{Width: c.Resolution[0] * percentage / 100, Height: c.Resolution[1] * percentage / 100, Frames: 1}}
}

// secondsPerFrame is a guess; what a scene takes only rendering tells.
func (c blenderConfig) secondsPerFrame() float64 {
	return map[string]float64{"CYCLES": 20, "EEVEE": 5, "WORKBENCH": 1}[c.Engine]
}

// blendIndex returns which input is the .blend.
func (c blenderConfig) blendIndex(inputs int) (int, error) {
	if len(c.Slots) == 0 && inputs > 1 {
		return 0, errors.New("the files that a .blend links need names: {blend: ..., textures/wood.png: ...}")
	}
	if len(c.Slots) == 0 {
		return 0, nil
	}
	at := slices.Index(c.Slots, "blend")
	if at < 0 {
		return 0, fmt.Errorf("none of the inputs is named blend, for the .blend; they are %s", strings.Join(c.Slots, ", "))
	}
	return at, nil
}

// Execute renders the frames and takes the stamps off.
func (b Blender) Execute(ctx context.Context, req Request) (Result, error) {
	c, err := Decode[blenderConfig](req.Config)
	if err != nil {
		return Result{}, err
	}
	frames, err := parseFrames(c.Frames)
	if err != nil {
		return Result{}, err
	}
	blend, err := c.arrange(req)
	if err != nil {
		return Result{}, err
	}
	if err := c.writeTask(req.Scratch, blend, frames); err != nil {
		return Result{}, err
	}
	watch := &renderWatch{to: req.Log, frames: len(frames), report: req.Progress}
	err = req.Run.Run(ctx, sandbox.Command{
		Tool: "blender", Dir: req.Scratch, Read: inputPaths(req.Inputs), Stdout: watch, Stderr: watch,
		Env: []string{"LIBGL_ALWAYS_SOFTWARE=1", "PYTHONHASHSEED=0"},
		Args: []string{"--background", "--factory-startup", "--disable-autoexec", "-noaudio", "--python-exit-code", "1",
			"--threads", fmt.Sprint(max(req.Slots, 1)), blend, "--python", "render.py", "--", "task.json"},
	})
	if err != nil {
		return Result{}, c.failure(req.Scratch, watch.by != "", err)
	}
	result, err := c.collect(req.Scratch, frames)
	result.Tool = watch.by
	return result, err
}

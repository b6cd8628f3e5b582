package executor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
	"github.com/artdag/artdag/executor/sandbox"
)

// blendFile makes the example's scene, changed by lines of Python, and returns it.
func blendFile(t *testing.T, lines ...string) executor.File {
	t.Helper()
	path, err := filepath.Abs("../examples/blender/scene.py")
	if err != nil {
		t.Fatal(err)
	}
	blend := filepath.Join(t.TempDir(), "made.blend")
	change := strings.Join(append([]string{"import bpy"}, append(lines, "bpy.ops.wm.save_mainfile()")...), "\n")
	cmd := exec.CommandContext(t.Context(), "blender", "--background", "--factory-startup", "-noaudio", "--python-exit-code", "1",
		"--python", path, "--python-expr", change, "--", blend)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make scene: %v\n%s", err, out)
	}
	return executor.File{Path: blend, Name: "made.blend"}
}

// tinyRender is a config that renders fast.
func tinyRender(change config) config {
	c := config{"frames": "1", "samples": 2.0, "resolution": "64x36"}
	for key, value := range change {
		c[key] = value
	}
	return c
}

// texture gives the ball a picture that is not packed.
const texture = `
image = bpy.data.images.new("Wood", 8, 8)
image.filepath_raw = "//textures/wood.png"
image.source = "FILE"
nodes = bpy.data.materials["Ball"].node_tree.nodes
node = nodes.new("ShaderNodeTexImage")
node.image = image
bpy.data.materials["Ball"].node_tree.links.new(node.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
`

func bytesOf(t *testing.T, result executor.Result) [][]byte {
	t.Helper()
	var all [][]byte
	for _, m := range result.Members {
		b, err := os.ReadFile(m.Path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// oneThread has Blender render by one thread.
func oneThread(cmd sandbox.Command) sandbox.Command {
	if cmd.Tool == "blender" {
		cmd.Args[slices.Index(cmd.Args, "--threads")+1] = "1"
	}
	return cmd
}

// version is what Blender says of itself when it is asked.
func version(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "blender", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestBlenderRenders(t *testing.T) {
	t.Parallel()
	blend := blendFile(t)
	for _, change := range []config{
		{"frames": "1,7"}, {"format": "jpg"}, {"format": "exr"}, {"engine": "EEVEE"}, {"engine": "WORKBENCH"},
	} {
		e, c := executor.NewBlender(), tinyRender(change)
		first := et.Run(t, e, c, blend)
		if change["engine"] == nil {
			again, err := et.TryWith(t, et.Changing(et.Sandbox(t), oneThread), e, c, blend)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(bytesOf(t, first), bytesOf(t, again), bytes.Equal) {
				t.Errorf("%v: rendered again by one thread, the bytes differ", change)
			}
		}
		if change["frames"] != nil {
			c["seed"] = 5.0
			if other := et.Run(t, e, c, blend); bytes.Equal(bytesOf(t, first)[0], bytesOf(t, other)[0]) {
				t.Errorf("%v: another seed gives the same picture", change)
			}
		}
		for _, m := range first.Members {
			if m.Facts == nil || m.Facts.Video == nil || m.Facts.Video.Width != 64 || m.Facts.Video.Height != 36 {
				t.Errorf("%v: member %s is %+v", change, m.Name, m.Facts)
			}
		}
		if !strings.HasPrefix(version(t), first.Tool+"\n") || first.Tool == "" {
			t.Errorf("%v: made by %q, and --version says %q", change, first.Tool, version(t))
		}
		if first.Members[0].Name != "00000001" {
			t.Errorf("%v: the first member is %s", change, first.Members[0].Name)
		}
		if all := bytesOf(t, first); len(all) == 2 && bytes.Equal(all[0], all[1]) {
			t.Errorf("%v: nothing moves", change)
		}
	}
}

func TestBlenderListsAllThatIsMissing(t *testing.T) {
	t.Parallel()
	blend := blendFile(t, texture, `
sound = bpy.data.sounds.new if hasattr(bpy.data.sounds, "new") else bpy.data.sounds.load
import os, wave
here = os.path.dirname(bpy.data.filepath)
with wave.open(here + "/hum.wav", "wb") as w:
    w.setparams((1, 2, 8000, 8, "NONE", ""))
    w.writeframes(bytes(16))
bpy.data.sounds.load("//hum.wav").use_fake_user = True
cache = bpy.data.objects["Sphere"].modifiers.new("Cache", "MESH_CACHE")
cache.filepath = "//caches/ball.pc2"
`)
	if err := os.Remove(filepath.Join(filepath.Dir(blend.Path), "hum.wav")); err != nil {
		t.Fatal(err)
	}
	_, err := et.Try(t, executor.NewBlender(), tinyRender(nil), blend)
	if !executor.IsInvalid(err) {
		t.Fatalf("got %v, want an invalid input", err)
	}
	for _, want := range []string{"3 files that are missing", "image Wood: textures/wood.png", "sound hum.wav: hum.wav", "caches/ball.pc2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
}

func TestBlenderUsesWhatIsLinked(t *testing.T) {
	t.Parallel()
	blend := blendFile(t, texture)
	e := executor.NewBlender()
	render := func(n int) [][]byte {
		wood := et.File(t, et.Image(t, "any.png", "16x16", n))
		return bytesOf(t, et.Run(t, e, tinyRender(config{"slots": []any{"blend", "textures/wood.png"}}), blend, wood))
	}
	if slices.EqualFunc(render(0), render(20), bytes.Equal) {
		t.Error("another texture gives the same picture")
	}
}

// A .blend is somebody else's program: its scripts do not run.
func TestBlenderRunsNoScriptOfTheScene(t *testing.T) {
	t.Parallel()
	blend := blendFile(t, `
text = bpy.data.texts.new("auto.py")
text.write("import bpy\nbpy.context.scene.camera = None\nprint('SCRIPT RAN')\nraise SystemExit(9)\n")
text.use_module = True
`)
	var log bytes.Buffer
	normal, err := executor.NewBlender().Normalize(tinyRender(nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = executor.Perform(t.Context(), executor.NewBlender(), executor.Request{
		Config: normal, Inputs: []executor.File{blend}, Scratch: t.TempDir(), Slots: 2, Run: et.Sandbox(t), Log: &log, Progress: func(float64) {},
	})
	if err != nil || strings.Contains(log.String(), "SCRIPT RAN") || !strings.Contains(log.String(), "scripts in the .blend are not run") {
		t.Errorf("error %v, log:\n%s", err, log.String())
	}
}

func TestBlenderNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	blend := blendFile(t)
	for name, test := range map[string]struct {
		config config
		input  executor.File
		want   string
	}{
		"camera":      {config{"camera": "Sphere"}, blend, `there is no camera 'Sphere'; there is Camera`},
		"scene":       {config{"scene": "Intro"}, blend, `there is no scene 'Intro'; there is Scene`},
		"not a blend": {nil, written(t, "a.blend", "text"), "Blender cannot read it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := et.Try(t, executor.NewBlender(), tinyRender(test.config), test.input)
			if !executor.IsInvalid(err) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want invalid with %q", err, test.want)
			}
		})
	}
}

func TestBlenderConfig(t *testing.T) {
	t.Parallel()
	for text, want := range map[any]string{
		"1-3, 2,5": "1-3,5", "1-9x3": "1-7x3", "1,4": "1,4", "1-100000x2": "1-99999x2", "1,3,5,6,7": "1-5x2,6-7", 7.0: "7", "3": "3", "0-2": "0-2",
	} {
		got, err := executor.NewBlender().Normalize(config{"frames": text})
		if err != nil || got["frames"] != want {
			t.Errorf("frames %v: got %v, %v, want %s", text, got["frames"], err, want)
		}
	}
	for _, text := range []string{"", "a", "3-1", "-1", "1-1000000", "1x2", "1-5x0", "1--2", "1-1048574,1-1048574"} {
		var faults dag.ConfigErrors
		if _, err := executor.NewBlender().Normalize(config{"frames": text}); !errors.As(err, &faults) {
			t.Errorf("frames %q: got %v, want a fault", text, err)
		}
	}
	for _, name := range []string{"../up.png", "/etc/passwd", `a\b`, "a/../b", "scene.blend"} {
		_, err := executor.NewBlender().Normalize(config{"frames": "1", "slots": []any{"blend", name}})
		if err == nil || !strings.Contains(err.Error(), "beside the .blend") {
			t.Errorf("a file named %q: got %v", name, err)
		}
	}
}

func TestBlenderExpects(t *testing.T) {
	t.Parallel()
	e := executor.NewBlender()
	normal, err := e.Normalize(config{"frames": "9-11", "resolution": "1921x1080", "percentage": 50.0})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Expect(normal, []*dag.Facts{nil})
	want := dag.Expectation{Multi: true, Slots: 1 << 16, Cost: 60, Members: []string{"00000009", "00000010", "00000011"},
		Facts: &dag.Facts{Kind: dag.Image, Format: "png", Video: &dag.VideoFacts{Width: 960, Height: 540, Frames: 1}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v: -want +got\n%s", err, diff)
	}
	if _, err := e.Expect(normal, []*dag.Facts{nil, nil}); err == nil {
		t.Error("a second input without a name was accepted")
	}
	if _, err := json.Marshal(normal); err != nil {
		t.Error(err)
	}
}

package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	et "github.com/artdag/artdag/executor/executortest"
)

func TestBlender(t *testing.T) {
	scene := filepath.Join(t.TempDir(), "scene.blend")
	cmd := exec.CommandContext(t.Context(), "blender", "--background", "--factory-startup", "-noaudio", "--python-exit-code", "1",
		"--python", "blender/scene.py", "--", scene)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make scene: %v\n%s", err, out)
	}
	p := newProject(t, "blender/blender.yaml", "-i", "scene="+scene, "-p", "chunk=2", "-p", "samples=1", "-p", "percentage=5", "-p", "frames=1-4")
	film := p.render("film.mp4")[0]
	wantPicture(t, film, "h264", 64, 36, "24/1", 4)
	frames := et.FrameHashes(t, film)
	slices.Sort(frames)
	if different := slices.Compact(frames); len(different) != 4 {
		t.Errorf("%d different frames, the ring turns in each of 4", len(different))
	}
	// The ball is in the middle and orange, the world at the edge dark.
	picture := et.Frame(t, film, 0)
	if ball := picture.At(32, 16); ball[0] < ball[2]+40 {
		t.Errorf("the ball is %v, want it red rather than blue", ball)
	}
	if edge := picture.At(2, 2); edge[0] > 60 {
		t.Errorf("the edge is %v, want it dark", edge)
	}
	// Two more frames: their chunk, and what puts the film together.
	p.executes(4, "-p", "frames=1-6")
}

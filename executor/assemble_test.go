package executor_test

import (
	"slices"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func TestAssembleGivesTheFramesBack(t *testing.T) {
	t.Parallel()
	source := et.Media(t, et.Clip{Size: "64x36", FPS: "25", Seconds: 1})
	want := rgbHashes(t, source)
	frames := et.Run(t, executor.NewFrames(), config{"rate": 25}, et.File(t, source))
	got := et.Run(t, executor.NewAssemble(), config{"fps": "30000/1001"}, et.FileOf(executor.Result{Members: frames.Members}))
	if hashes := rgbHashes(t, got.Path); !slices.Equal(hashes, want) {
		t.Errorf("%d frames, want the %d of the source", len(hashes), len(want))
	}
	if fps := got.Facts.Video.FPS.String(); fps != "30000/1001" {
		t.Errorf("rate %s", fps)
	}
}

// More images than one call takes.
func TestAssembleManyImages(t *testing.T) {
	t.Parallel()
	a, b := et.File(t, blocks(t, "a.png", "16x8", "red", "red")), et.File(t, blocks(t, "b.png", "16x8", "blue", "blue"))
	files := make([]executor.File, 1003)
	for i := range files {
		files[i] = a
		if i%3 == 0 {
			files[i] = b
		}
	}
	got := et.Run(t, executor.NewAssemble(), nil, files...)
	hashes := et.FrameHashes(t, got.Path)
	if len(hashes) != 1003 {
		t.Fatalf("%d frames, want 1003", len(hashes))
	}
	for i, hash := range hashes {
		if (hash == hashes[0]) != (i%3 == 0) {
			t.Fatalf("frame %d is the wrong image", i)
		}
	}
}

func TestAssembleFitsUnlikeImages(t *testing.T) {
	t.Parallel()
	files := []executor.File{
		et.File(t, blocks(t, "a.png", "40x20", "red", "red")),
		et.File(t, blocks(t, "b.jpg", "20x40", "blue", "blue", "-frames:v", "1", "-update", "1")),
		et.File(t, blocks(t, "c.png", "80x40", "lime", "lime")),
	}
	got := et.Run(t, executor.NewAssemble(), nil, files...)
	for n, want := range [][4]byte{{255, 0, 0, 255}, {0, 0, 255, 255}, {0, 255, 0, 255}} {
		if pixel := et.Frame(t, got.Path, n).At(20, 10); !et.Near(pixel, want, 6) {
			t.Errorf("frame %d is %v, want %v", n, pixel, want)
		}
	}
	if edge := et.Frame(t, got.Path, 1).At(2, 10); !et.Near(edge, [4]byte{0, 0, 0, 255}, 3) {
		t.Errorf("beside the tall image is %v, want black", edge)
	}
	if v := got.Facts.Video; v.Frames != 3 || v.Width != 40 || v.Height != 20 || v.FPS.Num != 24 {
		t.Errorf("got %+v", v)
	}
}

package ffmpeg_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
	"github.com/artdag/artdag/executor/sandbox"
)

func box(t testing.TB) sandbox.Runner {
	t.Helper()
	b, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func makeMedia(t testing.TB, name string, options ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args := append([]string{"-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=96x72:rate=30000/1001:duration=1.001",
		"-f", "lavfi", "-i", "sine=frequency=500:sample_rate=48000:duration=1.001"}, options...)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", args, err, out)
	}
	return path
}

// TestMeasureAgreesWithFFprobe compares what is read in process with ffprobe's
// word for the same file.
func TestMeasureAgreesWithFFprobe(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]string{
		"ffv1.mkv":   {"-c:v", "ffv1", "-g", "1", "-c:a", "pcm_s24le"},
		"plain.mkv":  {"-c:v", "libx264", "-c:a", "aac"},
		"sar.mkv":    {"-c:v", "libx264", "-vf", "setsar=4/3", "-c:a", "libmp3lame"},
		"gop.webm":   {"-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"},
		"sound.mkv":  {"-vn", "-c:a", "pcm_s16le"},
		"mute.mkv":   {"-an", "-c:v", "ffv1", "-pix_fmt", "yuv422p10le"},
		"still.png":  {"-frames:v", "1", "-update", "1"},
		"alpha.png":  {"-frames:v", "1", "-pix_fmt", "rgba", "-update", "1"},
		"still.jpg":  {"-frames:v", "1", "-update", "1"},
		"flac.mkv":   {"-vn", "-c:a", "flac"},
		"vorbis.mkv": {"-vn", "-c:a", "libvorbis"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := makeMedia(t, name, options...)
			got, medium, err := ffmpeg.Measure(t.Context(), never{t}, path)
			if err != nil {
				t.Fatal(err)
			}
			want, err := ffmpeg.Ask(t.Context(), box(t), path)
			if err != nil {
				t.Fatal(err)
			}
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 0.005 })
			same := cmp.Options{near, cmpopts.IgnoreFields(dag.Facts{}, "Size", "Format"), cmpopts.IgnoreFields(dag.VideoFacts{}, "PixFmt"),
				cmp.Transformer("samples", func(a dag.AudioFacts) [3]any { return [3]any{a.Codec, a.Rate, a.Channels} })}
			if diff := cmp.Diff(want, got, same); diff != "" {
				t.Errorf("-ffprobe +in process\n%s", diff)
			}
			if want.Video != nil && got.Video.PixFmt != "" && got.Video.PixFmt != want.Video.PixFmt {
				t.Errorf("pixel format %s, ffprobe says %s", got.Video.PixFmt, want.Video.PixFmt)
			}
			if medium == "application/octet-stream" {
				t.Error("no media type")
			}
		})
	}
}

// never is a Runner for files that must be measured without a process.
type never struct{ testing.TB }

func (n never) Run(_ context.Context, cmd sandbox.Command) error {
	n.Errorf("%s was started", cmd.Tool)
	return nil
}

func TestMeasureOfOtherFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data []byte
		kind dag.Kind
	}{
		"empty": {nil, dag.Data}, "text.txt": {[]byte("hello\nworld\n"), dag.Data},
		"a.m3u8":  {[]byte("#EXTM3U\n#EXTINF:10,\n/etc/passwd\n"), dag.Data},
		"a.blend": {[]byte("BLENDER-v304REND"), dag.Blend},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, test.data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := ffmpeg.Measure(t.Context(), box(t), path)
		if err != nil || got.Kind != test.kind || got.Size != int64(len(test.data)) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if _, _, err := ffmpeg.Measure(t.Context(), box(t), filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("a file that is not there was measured")
	}
}

func TestMeasureFollowsALink(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]dag.Kind{"a.mp4": dag.Video, "a.dat": dag.Data} {
		real := filepath.Join(t.TempDir(), "a.dat")
		if kind == dag.Video {
			real = makeMedia(t, name)
		} else if err := os.WriteFile(real, []byte("no media"), 0o600); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(t.TempDir(), name)
		if err := os.Symlink(real, link); err != nil {
			t.Fatal(err)
		}
		if got, _, err := ffmpeg.Measure(t.Context(), box(t), link); err != nil || got.Kind != kind {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzMeasureStill(f *testing.F) {
	for _, name := range []string{"a.png", "a.jpg"} {
		data, err := os.ReadFile(makeMedia(f, name, "-frames:v", "1", "-update", "1"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		facts := ffmpeg.InProcess(bytes.NewReader(data), int64(len(data)))
		if facts != nil && facts.Video != nil && (facts.Video.Width <= 0 && facts.Kind == dag.Image) {
			t.Errorf("an image of %dx%d", facts.Video.Width, facts.Video.Height)
		}
	})
}

func BenchmarkMeasure(b *testing.B) {
	path := makeMedia(b, "a.mkv", "-c:v", "ffv1", "-g", "1", "-c:a", "pcm_s24le")
	run := box(b)
	for b.Loop() {
		if _, _, err := ffmpeg.Measure(b.Context(), run, path); err != nil {
			b.Fatal(err)
		}
	}
}

// watching is a Runner that looks at what ffprobe may write to.
type watching struct {
	sandbox.Runner
	testing.TB
	path string
}

func (w watching) Run(ctx context.Context, cmd sandbox.Command) error {
	entries, err := os.ReadDir(cmd.Dir)
	if err != nil || len(entries) > 0 || cmd.Dir == filepath.Dir(w.path) {
		w.Errorf("it may write in %s, which holds %v, %v", cmd.Dir, entries, err)
	}
	w.Cleanup(func() {
		if _, err := os.Stat(cmd.Dir); err == nil {
			w.Errorf("%s is left", cmd.Dir)
		}
	})
	return w.Runner.Run(ctx, cmd)
}

func TestMeasureGivesTheToolAnEmptyFolder(t *testing.T) {
	t.Parallel()
	path := makeMedia(t, "a.mp4")
	facts, _, err := ffmpeg.Measure(t.Context(), watching{box(t), t, path}, path)
	if err != nil || facts.Kind != dag.Video {
		t.Errorf("got %+v, %v", facts, err)
	}
}

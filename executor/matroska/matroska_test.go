package matroska_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/artdag/artdag/executor/matroska"
)

func clip(t testing.TB, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.mkv")
	all := append([]string{"-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30000/1001:duration=1.001",
		"-f", "lavfi", "-i", "aevalsrc=0.5*sin(400*t)|0.5*sin(700*t):s=48000:d=1.001", "-fflags", "+bitexact"}, args...)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", append(all, path)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", all, err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadCounts(t *testing.T) {
	t.Parallel()
	data := clip(t, "-c:v", "ffv1", "-g", "1", "-c:a", "pcm_s24le")
	f, err := matroska.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	v, a := f.Find(matroska.Picture), f.Find(matroska.Sound)
	if v == nil || a == nil {
		t.Fatalf("tracks: %+v", f.Tracks)
	}
	if v.Frames != 30 || v.Width != 64 || v.Height != 48 || !v.IsFFV1() || v.FrameTime != 33366666 {
		t.Errorf("picture: %d frames, %dx%d, %s, %d ns", v.Frames, v.Width, v.Height, v.Codec, v.FrameTime)
	}
	if samples := a.Bytes / 6; samples != 48048 || a.Rate != 48000 || a.Channels != 2 || a.BitDepth != 24 {
		t.Errorf("sound: %d samples, %v Hz, %d channels, %d bits", samples, a.Rate, a.Channels, a.BitDepth)
	}
	if f.Truncated || f.Declared < 1 || f.Declared > 1.01 {
		t.Errorf("truncated %v, declared %v s", f.Truncated, f.Declared)
	}
}

func TestReadTellsTruncation(t *testing.T) {
	t.Parallel()
	data := clip(t, "-c:v", "ffv1", "-g", "1", "-c:a", "pcm_s24le")
	half := data[:len(data)/2]
	f, err := matroska.Read(bytes.NewReader(half), int64(len(half)))
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Find(matroska.Picture).Frames; !f.Truncated || n >= 30 || n < 5 {
		t.Errorf("half of the file: truncated %v, %d frames", f.Truncated, n)
	}
}

func TestCopyPCMIsExact(t *testing.T) {
	t.Parallel()
	data := clip(t, "-c:v", "ffv1", "-c:a", "pcm_s24le")
	var whole, parts bytes.Buffer
	n, err := matroska.CopyPCM(&whole, bytes.NewReader(data), int64(len(data)), 0, 1<<40)
	if err != nil || n != 48048 || whole.Len() != 48048*6 {
		t.Fatalf("whole: %d samples, %d bytes, %v", n, whole.Len(), err)
	}
	for at := int64(0); at < 48048; at += 777 {
		if _, err := matroska.CopyPCM(&parts, bytes.NewReader(data), int64(len(data)), at, 777); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(whole.Bytes(), parts.Bytes()) {
		t.Errorf("adjoining parts are not the whole: %d and %d bytes", parts.Len(), whole.Len())
	}
}

func TestFFV1PixFmt(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"yuv420p", "yuv422p", "yuv444p", "yuva420p", "yuv420p10le", "yuv422p10le", "yuva444p10le",
		"yuv444p16le", "bgr0", "bgra", "gbrp10le", "gbrap12le", "gray", "gray10le", "ya8", "yuv411p", "yuv440p"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			data := clip(t, "-c:v", "ffv1", "-level", "3", "-pix_fmt", format, "-frames:v", "1")
			f, err := matroska.Header(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Find(matroska.Picture).FFV1PixFmt(); got != format {
				t.Errorf("got %q, want %q", got, format)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	data := clip(f, "-c:v", "ffv1", "-g", "1", "-c:a", "pcm_s24le", "-frames:v", "2", "-t", "0.05")
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add(slices.Concat(data[:40], []byte{0x1F, 0x43, 0xB6, 0x75, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, data[40:]))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := matroska.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, track := range file.Tracks {
			if track.Bytes > int64(len(data)) || track.Frames > 256*int64(len(data)) {
				t.Errorf("%d bytes and %d frames in a file of %d bytes", track.Bytes, track.Frames, len(data))
			}
			track.FFV1PixFmt()
		}
		var sink bytes.Buffer
		_, _ = matroska.CopyPCM(&sink, bytes.NewReader(data), int64(len(data)), 1, 1000)
		if sink.Len() > len(data) {
			t.Errorf("copied %d bytes of %d", sink.Len(), len(data))
		}
	})
}

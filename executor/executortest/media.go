package executortest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Clip describes media for a test: a picture of counted frames that all
// differ, and a tone whose pitch rises so that no two moments sound alike.
type Clip struct {
	Size    string  // "320x180"; empty: no picture
	FPS     string  // "25" or "30000/1001"
	Seconds float64 // length
	Rate    int     // samples per second of the sound; 0: no sound
	// Options are ffmpeg's output options; the default is FFV1 with PCM.
	Options []string
	Name    string // file name with extension; the default is "clip.mkv"
}

// Media makes the clip in a folder of the test and returns its path.
func Media(t testing.TB, c Clip) string {
	t.Helper()
	if c.Name == "" {
		c.Name = "clip.mkv"
	}
	if c.Options == nil {
		c.Options = []string{"-c:v", "ffv1", "-g", "1", "-c:a", "pcm_s24le"}
	}
	path := filepath.Join(t.TempDir(), c.Name)
	var args []string
	if c.Size != "" {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=%s:duration=%v", c.Size, c.FPS, c.Seconds))
	}
	if c.Rate > 0 {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("aevalsrc=0.5*sin(400*t*(1+t/20))|0.5*sin(700*t*(1+t/30)):s=%d:d=%v", c.Rate, c.Seconds))
	}
	args = append(append(args, "-fflags", "+bitexact"), c.Options...)
	FFmpeg(t, append(args, path)...)
	return path
}

// FFmpeg runs ffmpeg outside the sandbox, to make what a test needs.
func FFmpeg(t testing.TB, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-hide_banner", "-nostdin", "-v", "error", "-y"}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", args, err, stderr.String())
	}
	return stdout.Bytes()
}

// FrameHashes returns the MD5 of each decoded picture, in order.
func FrameHashes(t testing.TB, path string, options ...string) []string {
	t.Helper()
	args := append([]string{"-i", path, "-map", "0:v:0", "-fps_mode", "passthrough"}, options...)
	return frameMD5s(FFmpeg(t, append(args, "-f", "framemd5", "-")...))
}

func frameMD5s(out []byte) []string {
	var hashes []string
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, ",")
		hashes = append(hashes, strings.TrimSpace(fields[len(fields)-1]))
	}
	return hashes
}

// Decode is FrameHashes and AudioSamples of one file in one process.
func Decode(t testing.TB, path string) (hashes []string, samples []int32) {
	t.Helper()
	sound := filepath.Join(t.TempDir(), "sound.s32le")
	out := FFmpeg(t, "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-",
		"-map", "0:a:0", "-ar", strconv.Itoa(48000), "-f", "s32le", sound)
	raw, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	return frameMD5s(out), samplesOf(raw)
}

// AudioSamples returns the sound at 48 kHz as 32-bit samples, channels
// interleaved.
func AudioSamples(t testing.TB, path string) []int32 {
	t.Helper()
	return samplesOf(FFmpeg(t, "-i", path, "-map", "0:a:0", "-ar", strconv.Itoa(48000), "-f", "s32le", "-"))
}

func samplesOf(raw []byte) []int32 {
	samples := make([]int32, len(raw)/4)
	for i := range samples {
		samples[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return samples
}

package examples_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	et "github.com/artdag/artdag/executor/executortest"
)

// A numbered film carries its frame number in each frame: bars, white for one,
// black for nought, the highest bit on the left.
const (
	bits   = 13
	bar    = 16 // pixels, wide and high enough to survive a delivery
	width  = bits * bar
	height = 2 * bar
)

// numbered makes a film of so many numbered frames.
func numbered(t *testing.T, fps string, frames int) string {
	t.Helper()
	raw := make([]byte, 0, frames*width*height)
	for n := range frames {
		for i := range width * height {
			one := n >> (bits - 1 - i%width/bar) & 1
			raw = append(raw, byte(16+one*219))
		}
	}
	path := filepath.Join(t.TempDir(), "numbered.mp4")
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-color_range", "tv",
		"-video_size", strconv.Itoa(width)+"x"+strconv.Itoa(height), "-framerate", fps, "-i", "-",
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", path)
	cmd.Stdin = bytes.NewReader(raw)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make numbered film: %v\n%s", err, out)
	}
	return path
}

// numbers reads the frame numbers back, of the part of a picture whose left top
// corner is at x, y.
func numbers(t *testing.T, path string, x, y int) []int {
	t.Helper()
	crop := "crop=" + strconv.Itoa(width) + ":" + strconv.Itoa(height) + ":" + strconv.Itoa(x) + ":" + strconv.Itoa(y)
	raw := et.FFmpeg(t, "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf", crop, "-f", "rawvideo", "-pix_fmt", "gray", "-")
	var all []int
	for frame := range len(raw) / (width * height) {
		n := 0
		for b := range bits {
			n <<= 1
			if raw[frame*width*height+height/2*width+b*bar+bar/2] > 127 {
				n |= 1
			}
		}
		all = append(all, n)
	}
	return all
}

// song makes music of kick, snare and a chord at that tempo.
func song(t *testing.T, bpm, seconds float64) string {
	t.Helper()
	const rate = 44100
	sound := make([]float64, int(seconds*rate))
	add := func(at, length float64, voice func(t float64) float64) {
		from := int(at * rate)
		for i := 0; i < int(length*rate) && from+i < len(sound); i++ {
			sound[from+i] += voice(float64(i) / rate)
		}
	}
	noise := rand.New(rand.NewPCG(3, 4))
	interval := 60 / bpm
	for n := 0; 0.3+float64(n)*interval < seconds; n++ {
		at := 0.3 + float64(n)*interval
		if n%2 == 0 {
			add(at, 0.35, func(t float64) float64 {
				return 0.6 * math.Sin(2*math.Pi*(50*t+8*(1-math.Exp(-t*30)))) * math.Exp(-t*9)
			})
		} else {
			add(at, 0.2, func(t float64) float64 { return 0.3 * (2*noise.Float64() - 1) * math.Exp(-t*25) })
		}
		if n%4 == 0 {
			for _, hz := range []float64{220, 277.18, 329.63} {
				add(at, 4*interval, func(t float64) float64 { return 0.06 * math.Sin(2*math.Pi*hz*t) * math.Exp(-t*1.5) })
			}
		}
	}
	return wav(t, rate, sound)
}

// wav writes samples of 16 bits, one channel.
func wav(t *testing.T, rate uint32, sound []float64) string {
	t.Helper()
	samples := make([]int16, len(sound))
	for i, v := range sound {
		samples[i] = int16(32767 * max(-1, min(1, v)))
	}
	var b bytes.Buffer
	size := uint32(2 * len(samples))
	for _, part := range []any{
		[]byte("RIFF"), size + 36, []byte("WAVEfmt "), uint32(16), [2]uint16{1, 1}, [2]uint32{rate, 2 * rate}, [2]uint16{2, 16},
		[]byte("data"), size, samples,
	} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "song.wav")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// stream is what ffprobe says of one.
type stream struct {
	Kind     string `json:"codec_type"`
	Codec    string `json:"codec_name"`
	Width    int
	Height   int
	Rate     string `json:"r_frame_rate"`
	Frames   string `json:"nb_read_frames"`
	Duration string
}

// seconds is how long the stream lasts.
func (s stream) seconds(t *testing.T) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s.Duration, 64)
	if err != nil {
		t.Fatalf("duration of the %s: %v", s.Kind, err)
	}
	return v
}

// probe decodes a file and returns its picture and its sound; nil for none.
func probe(t *testing.T, path string) (picture, sound *stream) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", path).Output()
	if err != nil {
		t.Fatalf("ffprobe %s: %v", path, err)
	}
	var report struct{ Streams []stream }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	for i := range report.Streams {
		if s := &report.Streams[i]; s.Kind == "video" {
			picture = s
		} else {
			sound = s
		}
	}
	return picture, sound
}

// wantPicture compares the form of a film's picture.
func wantPicture(t *testing.T, path, codec string, width, height int, rate string, frames int) {
	t.Helper()
	got, _ := probe(t, path)
	want := stream{Kind: "video", Codec: codec, Width: width, Height: height, Rate: rate, Frames: strconv.Itoa(frames)}
	if got != nil {
		want.Duration = got.Duration
	}
	if got == nil || *got != want {
		t.Errorf("%s: picture %+v, want %+v", filepath.Base(path), got, want)
	}
}

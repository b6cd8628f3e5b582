package analysis

import (
	"bytes"
	"math"
	"testing"
)

func TestWAVSeconds(t *testing.T) {
	t.Parallel()
	whole := wav(make([]float64, 2*sampleRate))
	for _, test := range []struct {
		name string
		file []byte
		want float64
		ok   bool
	}{
		{"whole", whole, 2, true},
		{"cut short", whole[:100], 2, true},
		{"written to a pipe", bytes.Replace(whole[:100], []byte{0x10, 0xb1, 2, 0}, []byte{255, 255, 255, 255}, 1), 0, false},
		{"no samples", wav(nil), 0, false},
		{"header cut short", whole[:30], 0, false},
		{"something else", []byte("RIFF????AVI LIST"), 0, false},
	} {
		if got, ok := wavSeconds(bytes.NewReader(test.file)); got != test.want || ok != test.ok {
			t.Errorf("%s: got %v, %v; want %v, %v", test.name, got, ok, test.want, test.ok)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add(wav(make([]float64, 10)))
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x05.....\xff\xfbXing"))
	f.Add(append([]byte("RIFF....AVI LIST....hdrlavih....\x40\x9c\x00\x00............"), 100, 0, 0, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := bytes.NewReader(data)
		for _, format := range []string{"wav", "avi"} {
			if seconds, ok := riffSeconds(format, file); ok && (!(seconds > 0) || math.IsInf(seconds, 0)) {
				t.Errorf("%s: %v s", format, seconds)
			}
		}
		if start, err := wavData(file); err == nil && (start < 20 || start > int64(len(data))) {
			t.Errorf("samples begin at %d of %d bytes", start, len(data))
		}
		if _, err := file.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		hasXing(file)
	})
}

// Whatever ffprobe is made to print, values have a canonical form.
func FuzzReport(f *testing.F) {
	f.Add("packet|stream_index=0|pts_time=0.04|duration_time=0.04|pos=48|flags=K_\n" +
		"packet|stream_index=0|pts_time=0.00|duration_time=0.04|pos=9|flags=K_\n" +
		"stream|index=0|codec_name=h264|codec_type=video|width=320|height=180|sample_aspect_ratio=4:3|r_frame_rate=25/1|side_data|rotation=-90\n" +
		"stream|index=1|codec_name=aac|codec_type=audio|sample_rate=48000|channels=2|duration=0.05\n" +
		"format|format_name=mov,mp4,m4a|duration=0.08\n")
	f.Fuzz(func(t *testing.T, output string) {
		r := &report{tracks: make(map[string]*track), seen: func(float64) {}}
		l := &lines{each: r.line}
		l.Write([]byte(output))
		for _, t := range r.tracks {
			t.finish()
		}
		if _, err := newDocument(r.values()); err != nil {
			t.Errorf("%v of %q", err, output)
		}
	})
}

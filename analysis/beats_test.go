package analysis

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// music returns a WAV file of seconds of kick, snare and a chord at that tempo,
// and where its beats are. The first beat is at lead; the kick falls on the
// first and third beat of a bar, the snare on the second and fourth, a chord of
// two bars under all, struck on the first.
func music(bpm, seconds, lead float64) ([]byte, []float64) {
	sound := make([]float64, int(seconds*sampleRate))
	noise := rand.New(rand.NewPCG(1, 2))
	interval := 60 / bpm
	var beats []float64
	for n := 0; lead+float64(n)*interval < seconds; n++ {
		at := lead + float64(n)*interval
		beats = append(beats, at)
		switch n % 4 {
		case 0:
			add(sound, at, 0.35, kick)
			add(sound, at, 4*interval, chord)
		case 2:
			add(sound, at, 0.35, kick)
		default:
			add(sound, at, 0.2, func(t float64) float64 { return 0.3 * (2*noise.Float64() - 1) * math.Exp(-t*25) })
		}
	}
	return wav(sound), beats
}

func kick(t float64) float64 {
	return 0.6 * math.Sin(2*math.Pi*(50*t+8*(1-math.Exp(-t*30)))) * math.Exp(-t*9)
}

func chord(t float64) float64 {
	var v float64
	for _, hz := range []float64{220, 277.18, 329.63} {
		v += 0.06 * math.Sin(2*math.Pi*hz*t)
	}
	return v * math.Exp(-t*1.5)
}

func add(sound []float64, at, length float64, voice func(t float64) float64) {
	start := int(at * sampleRate)
	for i := 0; i < int(length*sampleRate) && start+i < len(sound); i++ {
		sound[start+i] += voice(float64(i) / sampleRate)
	}
}

// wav writes mono 16 bit samples at 44.1 kHz.
func wav(sound []float64) []byte {
	var b bytes.Buffer
	size := uint32(2 * len(sound))
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, size+36)
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, uint32(16))
	for _, v := range []uint16{1, 1} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	for _, v := range []uint32{sampleRate, 2 * sampleRate} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	for _, v := range []uint16{2, 16} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, size)
	samples := make([]int16, len(sound))
	for i, v := range sound {
		samples[i] = int16(32767 * max(-1, min(1, v)))
	}
	binary.Write(&b, binary.LittleEndian, samples)
	return b.Bytes()
}

// fMeasure is the harmonic mean of precision and recall, each beat matched once
// within the tolerance (Davies, Degara and Plumbley 2009, section 4.1).
func fMeasure(want, got []float64, tolerance float64) float64 {
	hits, j := 0, 0
	for _, w := range want {
		for j < len(got) && got[j] < w-tolerance {
			j++
		}
		if j < len(got) && got[j] <= w+tolerance {
			hits++
			j++
		}
	}
	if hits == 0 {
		return 0
	}
	return 2 * float64(hits) / float64(len(want)+len(got))
}

func TestBeats(t *testing.T) {
	t.Parallel()
	for _, bpm := range []float64{100, 120, 129.2} {
		t.Run(fmt.Sprint(bpm), func(t *testing.T) {
			t.Parallel()
			file, want := music(bpm, 60, 0.25)
			doc := measure(t, write(t, "song.wav", file), "beats")
			got, down := numbers(t, doc["beats"]), numbers(t, doc["downbeats"])
			f := fMeasure(want, got, 0.07)
			t.Logf("%v bpm: F %.3f, tempo %v, %d of %d beats", bpm, f, doc["tempo"], len(got), len(want))
			if f < 0.9 {
				t.Errorf("F is %.3f, want 0.9\nwant %v\n got %v", f, want, got)
			}
			if tempo := doc["tempo"].(float64); math.Abs(tempo-bpm) > bpm/200 {
				t.Errorf("tempo is %v, want %v within 0.5%%", tempo, bpm)
			}
			// Kick and chord together fall on every fourth beat.
			var bars []float64
			for i := 0; i < len(want); i += 4 {
				bars = append(bars, want[i])
			}
			if f := fMeasure(bars, down, 0.07); f < 0.8 {
				t.Errorf("downbeats: F is %.3f, want 0.8\nwant %v\n got %v", f, bars, down)
			}
			for _, at := range got {
				if round(at, 1000) != at {
					t.Errorf("%v is not rounded to 1 ms", at)
				}
			}
		})
	}
}

func TestNoBeats(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		file []byte
		loud string
	}{
		{"silence", wav(make([]float64, 5*sampleRate)), "below -70 LUFS"},
		{"too short", func() []byte { file, _ := music(120, 0.8, 0.1); return file }(), "LUFS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, source(t, write(t, "song.wav", test.file), ""), []string{"beats"}, "no beats found in", "s of sound", test.loud)
		})
	}
}

func TestTempo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		beats []float64
		want  float64
	}{
		{[]float64{1, 1.5}, 120},
		{[]float64{0, 0.5, 1.1}, 109.09},
		// One beat was missed, and one heard late.
		{[]float64{0, 0.5, 1, 1.6, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5, 11.5}, 120},
	} {
		if got := tempo(test.beats); got != test.want {
			t.Errorf("tempo of %v is %v, want %v", test.beats, got, test.want)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	got := times([]float64{-0.1, 0.0001, 0.0004, 1.23456, 1.2, 2})
	if diff := cmp.Diff([]float64{0, 1.235, 2}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

package examples_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os/exec"
	"strconv"
	"testing"
)

// Three minutes: each cut lies within one frame of its beat, no beat is left
// out, every shot shows what it should from its first frame on, and the song
// is where the beats say.
func TestBeatCut(t *testing.T) {
	const seconds, fps, sourceFrames, step = 180.0, 30000.0 / 1001, 4800, 1.5
	video, music := numbered(t, "30000/1001", sourceFrames), song(t, 100, seconds+2)
	p := newProject(t, "beat-cut/beat-cut.yaml", "-i", "video="+video, "-i", "song="+music, "-p", "length=180")
	film := p.render("film.mp4")[0]

	beats := p.beats(music, seconds)
	if len(beats) < 290 {
		t.Fatalf("%d beats in %v s at 100 a minute", len(beats), seconds)
	}
	frame := func(at float64) int { return int(math.Round(at * fps)) }
	first, last := frame(beats[0]), frame(beats[len(beats)-1])
	wantPicture(t, film, "h264", width, height, "30000/1001", last-first)
	shown := numbers(t, film, 0, 0)
	cuts := cutsOf(shown)
	if len(cuts) != len(beats)-1 {
		t.Fatalf("%d shots between %d beats", len(cuts), len(beats))
	}
	for i, cut := range cuts {
		if off := float64(cut)/fps + float64(first)/fps - beats[i]; math.Abs(off) > 1/fps {
			t.Errorf("shot %d begins %.1f ms beside its beat", i, 1000*off)
		}
		length := float64(frame(beats[i+1])-frame(beats[i])) / fps
		offset := math.Mod(float64(i)*step, sourceFrames/fps-length)
		if want := frame(offset); shown[cut] < want-1 || shown[cut] > want+1 {
			t.Errorf("shot %d begins with frame %d of the video, want %d", i, shown[cut], want)
		}
	}
	soundIsAt(t, film, music, float64(first)/fps)

	// A shorter film has the same shots: only what joins and delivers runs.
	p.executes(3, "-p", "length=150")
}

// beats are those that the recipe sees.
func (p project) beats(song string, until float64) []float64 {
	p.Helper()
	var all struct{ Beats []float64 }
	out := p.artdag("analyze", song, "--features", "beats")
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		p.Fatalf("beats: %v in %s", err, out)
	}
	for i, beat := range all.Beats {
		if beat > until {
			return all.Beats[:i]
		}
	}
	return all.Beats
}

// cutsOf lists the frames that do not follow on the one before.
func cutsOf(shown []int) []int {
	cuts := []int{0}
	for n := 1; n < len(shown); n++ {
		if shown[n] != shown[n-1]+1 {
			cuts = append(cuts, n)
		}
	}
	return cuts
}

// soundIsAt compares ten seconds near the end of the film with the song: they
// are most alike when the film starts at that offset of the song.
func soundIsAt(t *testing.T, film, song string, offset float64) {
	t.Helper()
	const rate, from, length = 8000, 165, 10
	heard := samples(t, film, rate)[from*rate:][:length*rate]
	played := samples(t, song, rate)
	start := int(math.Round((from + offset) * rate))
	best, at := 0.0, 0
	for lag := -rate / 20; lag <= rate/20; lag += 4 {
		sum := 0.0
		for i, v := range heard {
			sum += v * played[start+lag+i]
		}
		if sum > best {
			best, at = sum, lag
		}
	}
	if ms := 1000 * float64(at) / rate; math.Abs(ms) > 5 {
		t.Errorf("the sound is %.1f ms off", ms)
	}
}

// samples decodes the sound of a file to one channel.
func samples(t *testing.T, path string, rate int) []float64 {
	t.Helper()
	raw, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0",
		"-ac", "1", "-ar", strconv.Itoa(rate), "-f", "s16le", "-").Output()
	if err != nil {
		t.Fatalf("decode %s: %v", path, err)
	}
	out := make([]float64, len(raw)/2)
	for i := range out {
		out[i] = float64(int16(binary.LittleEndian.Uint16(raw[2*i:])))
	}
	return out
}

package examples_test

import (
	"math"
	"testing"

	et "github.com/artdag/artdag/executor/executortest"
)

func TestTitle(t *testing.T) {
	p := newProject(t, "title/title.yaml", "-p", "height=72")
	film := p.render("title.mp4")[0]
	const frames = (4+4+4+5)*24 - 3*18 // four scenes, three passages of 18 frames
	wantPicture(t, film, "h264", 128, 72, "24/1", frames)
	if _, sound := probe(t, film); sound == nil || math.Abs(sound.seconds(t)-frames/24.0) > 0.05 {
		t.Errorf("sound %+v, want %.2f s", sound, frames/24.0)
	}
	// It comes out of black, goes into black, and is bright where the title is.
	if first, last, title := mean(t, film, 0), mean(t, film, frames-1), mean(t, film, 12*24); first > 6 || last > 6 || title < 30 {
		t.Errorf("brightness is %.0f in the beginning, %.0f at the title, %.0f at the end", first, title, last)
	}
	if peak := loudest(t, film); peak < 0.1 || peak >= 1 {
		t.Errorf("the loudest sample is %.2f", peak)
	}
	// The words of the title stand in eight steps; the music is left alone.
	p.executes(8, "-p", "title=another")
	if r := p.run("-p", "hue=20"); r.Steps.Executed == 0 || r.Steps.Executed > 20 {
		t.Errorf("another color executes %+v", r.Steps)
	}
}

// mean is the mean brightness of a frame, 0 to 255.
func mean(t *testing.T, film string, n int) float64 {
	t.Helper()
	p := et.Frame(t, film, n)
	sum := 0
	for i := 0; i < len(p.RGBA); i += 4 {
		sum += int(p.RGBA[i]) + int(p.RGBA[i+1]) + int(p.RGBA[i+2])
	}
	return float64(sum) / float64(3*p.Width*p.Height)
}

// loudest is the highest sample, 0 to 1.
func loudest(t *testing.T, film string) float64 {
	t.Helper()
	peak := 0.0
	for _, s := range et.AudioSamples(t, film) {
		peak = max(peak, math.Abs(float64(s))/math.MaxInt32)
	}
	return peak
}

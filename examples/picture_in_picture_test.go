package examples_test

import (
	"math"
	"testing"

	et "github.com/artdag/artdag/executor/executortest"
)

func TestPictureInPicture(t *testing.T) {
	dir := t.TempDir()
	main, inset := dir+"/main.mp4", dir+"/inset.mp4"
	et.FFmpeg(t, "-f", "lavfi", "-i", "color=c=0x808080:size=320x180:rate=25:duration=3", "-f", "lavfi", "-i", "sine=frequency=440:duration=3",
		"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", main)
	et.FFmpeg(t, "-f", "lavfi", "-i", "color=c=red:size=160x120:rate=30:duration=5", "-c:v", "libx264", "-pix_fmt", "yuv420p", inset)
	p := newProject(t, "picture-in-picture/picture-in-picture.yaml", "-i", "main="+main, "-i", "inset="+inset)
	film := p.render("film.mp4")[0]

	wantPicture(t, film, "h264", 320, 180, "25/1", 75)
	if _, sound := probe(t, film); sound == nil || sound.Codec != "aac" || math.Abs(sound.seconds(t)-3) > 0.05 {
		t.Errorf("sound %+v, want 3 s of aac", sound)
	}
	// The small picture is 96x72 and its card 108x84, with 4 and 6 percent of
	// what is left on each side: from 204, 90 to 312, 174.
	before, after := et.Frame(t, film, 24), et.Frame(t, film, 26)
	if warm := before.At(160, 60); warm[0] < warm[2]+20 {
		t.Errorf("the light is %v, want it warm", warm)
	}
	if center, corner := before.At(160, 90), before.At(2, 2); corner[0] > center[0]-30 {
		t.Errorf("the corner is %v and the middle %v, want it darker", corner, center)
	}
	if early := before.At(258, 93); et.Near(early, [4]byte{255, 255, 255, 255}, 20) {
		t.Error("the card is there before its time")
	}
	if card := after.At(258, 93); !et.Near(card, [4]byte{255, 255, 255, 255}, 20) {
		t.Errorf("the card is %v, want white", card)
	}
	small := after.At(258, 132)
	if gray := [4]byte{small[1], small[1], small[1], 255}; !et.Near(small, gray, 6) || small[0] > 120 {
		t.Errorf("the small picture is %v, want the gray of red", small)
	}
	if beside := after.At(196, 132); beside[0] < beside[2]+10 {
		t.Errorf("beside the card it is %v, want the large picture", beside)
	}
	p.executes(2, "-p", "corner=top left")
	p.executes(0, "-p", "corner=bottom right")
}

package examples_test

import (
	"testing"

	et "github.com/artdag/artdag/executor/executortest"
)

func TestContactSheet(t *testing.T) {
	const columns, rows, gap, frames = 4, 3, 16, 120
	// As wide as the film's own pictures, so that their numbers can be read.
	p := newProject(t, "contact-sheet/contact-sheet.yaml", "-i", "film="+numbered(t, "24", frames), "-p", "tile=208", "-p", "gap=16")
	files := p.render("delivery=sheet.mp4", "image=sheet.png")
	film, sheet := files[0], files[1]

	wantPicture(t, film, "h264", columns*(width+gap)+gap, rows*(height+gap)+gap, "24/1", (columns*rows/4+2)*24)
	picture := et.Frame(t, sheet, 0)
	if picture.Width != columns*(width+gap)+gap || picture.Height != rows*(height+gap)+gap {
		t.Errorf("the sheet is %dx%d", picture.Width, picture.Height)
	}
	if paper := picture.At(gap/2, gap/2); !et.Near(paper, [4]byte{0x14, 0x14, 0x1c, 255}, 3) {
		t.Errorf("the paper is %v", paper)
	}
	for n := range columns * rows {
		x, y := gap+n%columns*(width+gap), gap+n/columns*(height+gap)
		want := (2*n + 1) * frames / (2 * columns * rows)
		if got := numbers(t, sheet, x, y); len(got) != 1 || got[0] != want {
			t.Errorf("picture %d is frame %v, want %d", n, got, want)
		}
		// It appears when its turn comes, six frames after the one before it.
		for at, got := range numbers(t, film, x, y) {
			if shown := got == want; shown != (at >= 6*(n+1)) {
				t.Fatalf("picture %d in frame %d of the film: number %d", n, at, got)
			}
		}
	}
	// The same pictures on other paper.
	p.executes(4, "-p", "paper=white")
}

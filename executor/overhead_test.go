package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
	"github.com/artdag/artdag/executor/sandbox"
)

// timed adds up the time that tools take.
type timed struct {
	sandbox.Runner
	spent time.Duration
}

func (r *timed) Run(ctx context.Context, cmd sandbox.Command) error {
	start := time.Now()
	defer func() { r.spent += time.Since(start) }()
	return r.Runner.Run(ctx, cmd)
}

// BenchmarkCut performs a cut of half a second out of a clip of 320x180 and
// reports what a step costs beside its tool.
func BenchmarkCut(b *testing.B) {
	path := et.Media(b, et.Clip{Size: "320x180", FPS: "25", Seconds: 20, Rate: 48000,
		Options: []string{"-c:v", "libx264", "-g", "48", "-c:a", "aac"}, Name: "clip.mp4"})
	run := &timed{Runner: et.Sandbox(b)}
	e := executor.NewSegment()
	whole := et.Run(b, e, config{"duration": 0.5}, et.File(b, path))
	in := executor.File{Path: path, Facts: whole.Facts}
	facts := *whole.Facts
	facts.Format, facts.Duration = "mp4", 20
	video := *facts.Video
	video.Codec, video.Frames = "h264", 500
	facts.Video, in.Facts = &video, &facts
	for b.Loop() {
		if _, err := et.TryWith(b, run, e, config{"offset": 12.3, "duration": 0.5}, in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((b.Elapsed()-run.spent).Microseconds())/1000/float64(b.N), "ms-beside-tool/op")
	b.ReportMetric(float64(run.spent.Microseconds())/1000/float64(b.N), "ms-in-tool/op")
}

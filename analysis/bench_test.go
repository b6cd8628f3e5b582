package analysis

import (
	"testing"

	"github.com/artdag/artdag/dag"
)

// BenchmarkMeasure measures each feature of a minute of 1080p with sound.
func BenchmarkMeasure(b *testing.B) {
	clip := film(b, "clip.mp4", "-f lavfi -i testsrc2=s=1920x1080:r=25:d=60 -f lavfi -i anoisesrc=r=48000:d=60:seed=1 "+h264+" -c:a aac -shortest")
	in := source(b, clip, dag.Video)
	for _, name := range Features().Names() {
		b.Run(name, func(b *testing.B) {
			a := newAnalyst(b)
			// Every other feature finds the probe in the store.
			if _, err := a.Measure(b.Context(), in, []string{"probe"}, nil); err != nil {
				b.Fatal(err)
			}
			f, _ := Features().Lookup(name)
			for b.Loop() {
				delete(a.Store.(*shelf).docs, dag.HashAnalysis(in.Hash, f.Versioned()))
				if _, err := a.Measure(b.Context(), in, []string{name}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
